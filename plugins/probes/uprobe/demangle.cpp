// SPDX-License-Identifier: Apache-2.0
//
// Through the C++ runtime's demangler (Itanium C++ ABI).
#include "demangle.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

#include "avocet/provider.hpp"

namespace avocet::uprobe {

namespace {

// Position of the parenthesis or bracket that the one at `close` belongs to.
size_t opening(const std::string& text, size_t close) {
    int depth = 0;
    for (size_t i = close + 1; i-- > 0;) {
        if (text[i] == ')') ++depth;
        if (text[i] == '(' && --depth == 0) return i;
    }
    return std::string::npos;
}

// Start of the name behind a result type: after the last blank outside < > and ( ).
size_t after_result_type(const std::string& text) {
    int depth = 0;
    size_t start = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text.compare(i, 8, "operator") == 0) break;
        if (text[i] == '<' || text[i] == '(') ++depth;
        if (text[i] == '>' || text[i] == ')') --depth;
        if (text[i] == ' ' && depth == 0) start = i + 1;
    }
    return start;
}

}  // namespace

std::string demangle(std::string_view symbol) {
    if (symbol.substr(0, 2) != "_Z") return {};
    int status = 0;
    std::unique_ptr<char, void (*)(void*)> text(
        abi::__cxa_demangle(std::string(symbol).c_str(), nullptr, nullptr, &status), free);
    return status == 0 && text ? std::string(text.get()) : std::string();
}

std::string without_parameters(const std::string& demangled) {
    size_t close = demangled.rfind(')');
    size_t open = close == std::string::npos ? close : opening(demangled, close);
    if (open == std::string::npos || open == 0) return demangled;
    return demangled.substr(0, open);
}

bool cpp_name_matches(const std::string& pattern, const std::string& demangled) {
    if (demangled.empty()) return false;
    if (pattern.find('(') != std::string::npos) return wildcard_match(pattern, demangled);
    std::string name = without_parameters(demangled);
    return wildcard_match(pattern, name) || wildcard_match(pattern, name.substr(after_result_type(name)));
}

}  // namespace avocet::uprobe
