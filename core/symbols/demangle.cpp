// SPDX-License-Identifier: Apache-2.0
//
// Through the C++ runtime's demangler.
#include "symbols/demangle.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace avocet::core {

namespace {

// "core::fmt::write::h0123456789abcdef": the hash tells builds apart, not functions.
void strip_rust_hash(std::string& name) {
    constexpr size_t hash = 19;  // "::h" and 16 digits
    if (name.size() <= hash || name.compare(name.size() - hash, 3, "::h") != 0) return;
    if (name.find_first_not_of("0123456789abcdef", name.size() - 16) != std::string::npos) return;
    name.resize(name.size() - hash);
}

}  // namespace

std::string demangled(std::string_view symbol) {
    std::string plain(symbol);
    if (symbol.substr(0, 2) != "_Z") return plain;
    int status = 0;
    std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(plain.c_str(), nullptr, nullptr, &status), free);
    if (status != 0 || !text) return plain;
    std::string name = text.get();
    strip_rust_hash(name);
    return name;
}

}  // namespace avocet::core
