// SPDX-License-Identifier: Apache-2.0
//
// Which of the two dialects a C text is written in: libbpf's (sections, BTF-defined maps) or BCC's (map macros with
// methods, programs by function name).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace avocet::c {

enum class Dialect { libbpf, bcc };

struct Evidence {
    std::string token;
    unsigned line = 0;
};

// `conflict`: the text has marks of both; the two are named.
struct DialectGuess {
    Dialect dialect = Dialect::libbpf;
    std::optional<Evidence> libbpf, bcc;
    bool conflict() const { return libbpf && bcc; }
};

DialectGuess guess_dialect(std::string_view text);

}  // namespace avocet::c
