// SPDX-License-Identifier: Apache-2.0
//
// A macro of the dialect that is misspelt is no macro: Clang takes it for a function without a type and says several
// things about that, and then that the map is not there. What is meant is one thing.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "compile/compiler.hpp"

namespace avocet::c {

// "BPF_HASH", "TRACEPOINT_PROBE" and the like that a header defines with arguments.
std::vector<std::string> dialect_macros(std::string_view header);

class MisspeltMacros {
public:
    MisspeltMacros(const std::vector<std::string>& macros, const std::string& source);

    enum class Verdict { none, said, follows };
    // said: `m` tells of the macro now. follows: another message does.
    Verdict look(Message& m);
    // The line of the source; empty: there is none.
    std::string_view line(uint32_t number) const;

private:
    const std::vector<std::string>& macros_;
    std::vector<std::string_view> lines_;
    std::set<uint32_t> said_;
    std::set<std::string, std::less<>> names_;  // what the macros would have defined
};

}  // namespace avocet::c
