// SPDX-License-Identifier: Apache-2.0
//
// C++ through the runtime's demangler (Itanium C++ ABI), Rust's v0 names (RFC 2603) through LLVM's. Rust's older names
// are C++ ones with a hash at the end and escapes for what C++ has no letters for.
#include "demangle.hpp"

#include <cxxabi.h>
#include <llvm/Demangle/Demangle.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

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

// "core::fmt::write::h0123456789abcdef": the hash tells builds apart, not functions. True: there was one.
bool strip_rust_hash(std::string& name) {
    constexpr size_t hash = 19;  // "::h" and 16 digits
    if (name.size() <= hash || name.compare(name.size() - hash, 3, "::h") != 0) return false;
    if (name.find_first_not_of("0123456789abcdef", name.size() - 16) != std::string::npos) return false;
    name.resize(name.size() - hash);
    return true;
}

// "_$LT$alloc..vec..Vec$LT$T$GT$$GT$::push" -> "<alloc::vec::Vec<T>>::push"
void decode_rust_escapes(std::string& name) {
    constexpr std::array<std::pair<const char*, const char*>, 16> escapes{{{"$SP$", "@"},
                                                                           {"$BP$", "*"},
                                                                           {"$RF$", "&"},
                                                                           {"$LT$", "<"},
                                                                           {"$GT$", ">"},
                                                                           {"$LP$", "("},
                                                                           {"$RP$", ")"},
                                                                           {"$C$", ","},
                                                                           {"$u20$", " "},
                                                                           {"$u27$", "'"},
                                                                           {"$u5b$", "["},
                                                                           {"$u5d$", "]"},
                                                                           {"$u7b$", "{"},
                                                                           {"$u7d$", "}"},
                                                                           {"$u3b$", ";"},
                                                                           {"..", "::"}}};
    for (size_t at = 0; (at = name.find("_$", at)) != std::string::npos;)  // a word may not begin with an escape
        if (at == 0 || name[at - 1] == ':')
            name.erase(at, 1);
        else
            ++at;
    for (const auto& [from, to] : escapes)
        for (size_t at = 0; (at = name.find(from, at)) != std::string::npos; at += std::string_view(to).size())
            name.replace(at, std::string_view(from).size(), to);
}

}  // namespace

std::string demangle(std::string_view symbol) {
    bool is_rust = symbol.substr(0, 2) == "_R";
    if (!is_rust && symbol.substr(0, 2) != "_Z") return {};
    int status = 0;
    std::string plain(symbol);
    std::unique_ptr<char, void (*)(void*)> text(
        is_rust ? llvm::rustDemangle(plain) : abi::__cxa_demangle(plain.c_str(), nullptr, nullptr, &status), free);
    if (status != 0 || !text) return {};
    std::string name(text.get());
    if (!is_rust && strip_rust_hash(name)) decode_rust_escapes(name);
    return name;
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
