// SPDX-License-Identifier: Apache-2.0
#include "advice/macros.hpp"

#include <algorithm>
#include <cctype>

#include "advice/codes.hpp"
#include "avocet/nearest.hpp"

namespace avocet::c {

namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::string_view word_at(std::string_view text, size_t at) {
    size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    return text.substr(at, end - at);
}

// What Clang says of NAME(a, b) outside of functions.
bool is_of_declaration(std::string_view text) {
    for (std::string_view part :
         {"type specifier missing", "a parameter list without types", "unexpected type name",
          "was not declared, defaults to", "without a prototype", "expected parameter declarator",
          "expected identifier", "expected function body", "expected ';' after"})
        if (text.find(part) != std::string_view::npos) return true;
    return false;
}

}  // namespace

std::vector<std::string> dialect_macros(std::string_view header) {
    constexpr std::string_view define = "#define ";
    std::vector<std::string> out;
    for (size_t at = header.find(define); at != std::string_view::npos; at = header.find(define, at + 1)) {
        const std::string_view name = word_at(header, at + define.size());
        const size_t end = at + define.size() + name.size();
        const bool ours = name.starts_with("BPF_") || name.ends_with("_PROBE");
        if (ours && end < header.size() && header[end] == '(') out.emplace_back(name);
    }
    return out;
}

MisspeltMacros::MisspeltMacros(const std::vector<std::string>& macros, const std::string& source) : macros_(macros) {
    for (size_t begin = 0; begin < source.size();) {
        const size_t end = std::min(source.find('\n', begin), source.size());
        lines_.push_back(std::string_view(source).substr(begin, end - begin));
        begin = end + 1;
    }
}

std::string_view MisspeltMacros::line(uint32_t number) const {
    return number && number <= lines_.size() ? lines_[number - 1] : std::string_view();
}

MisspeltMacros::Verdict MisspeltMacros::look(Message& m) {
    constexpr std::string_view undeclared = "use of undeclared identifier '";
    if (m.text.starts_with(undeclared)) {
        const std::string_view name = word_at(m.text, undeclared.size());
        return names_.contains(name) ? Verdict::follows : Verdict::none;
    }
    const std::string_view text = line(m.place.line);
    const size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos || !is_of_declaration(m.text)) return Verdict::none;
    const std::string_view name = word_at(text, begin);
    const size_t open = begin + name.size();
    if (name.empty() || open >= text.size() || text[open] != '(') return Verdict::none;
    if (std::find(macros_.begin(), macros_.end(), name) != macros_.end()) return Verdict::none;
    const std::string near = avocet::nearest(name, macros_);
    if (near.empty()) return Verdict::none;
    if (!said_.insert(m.place.line).second) return Verdict::follows;
    if (const size_t first = text.find_first_not_of(" \t", open + 1); first != std::string_view::npos)
        names_.emplace(word_at(text, first));
    m.severity = Severity::error;
    m.code = code::map_method;
    m.text = "macro '" + std::string(name) + "': there is none of this name";
    m.hint = "did you mean '" + near + "'?";
    m.notes.clear();
    m.place.column = static_cast<uint32_t>(begin) + 1;
    m.place.end_line = m.place.line;
    m.place.end_column = static_cast<uint32_t>(open) + 1;
    return Verdict::said;
}

}  // namespace avocet::c
