// SPDX-License-Identifier: Apache-2.0
//
// The text of a uprobe: `BINARY:FUNC[+OFFSET]`, `BINARY:ADDRESS`, `BINARY:cpp:FUNC`, `BINARY@FILE:LINE[:COLUMN]`; with
// -p the binary may be left out. No file is looked at, but that one whose path holds a `@` is told from a source line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "avocet/provider.hpp"

namespace avocet::uprobe {

struct Request {
    std::string binary;    // empty: the program of -p
    std::string function;  // a name or pattern, empty with an address
    bool is_cpp = false;
    bool is_return = false;
    std::optional<uint64_t> address;
    std::string source;  // FILE of a source line
    int line = 0, column = 0;
    std::optional<uint64_t> offset;
    bool wildcard() const { return has_wildcard(binary) || has_wildcard(function); }
};

// Throws avocet::Error.
Request parse_spec(const ProbeSpec& spec);
// Whether the text names one place that is no function's begin: a source line, an address, an offset.
bool names_a_place(const ProbeSpec& spec);
// For listing: missing parts match everything.
Request parse_listing(const ProbeSpec& spec);

}  // namespace avocet::uprobe
