// SPDX-License-Identifier: Apache-2.0
#include "advice/clang_words.hpp"

#include <regex>

namespace avocet::c {

std::optional<MissingMember> missing_member(const std::string& text) {
    static const std::regex pattern("^no member named '(\\w+)' in '(?:const |volatile )*(struct|union)? ?(\\w+)'");
    std::smatch found;
    if (!std::regex_search(text, found, pattern)) return std::nullopt;
    return MissingMember{found[1], found[2], found[3]};
}

std::optional<IncompleteType> incomplete_type(const std::string& text) {
    static const std::regex pattern("incomplete.* type '(?:const |volatile )*(struct|union|enum) (\\w+)'");
    std::smatch found;
    if (!std::regex_search(text, found, pattern)) return std::nullopt;
    return IncompleteType{found[1], found[2]};
}

}  // namespace avocet::c
