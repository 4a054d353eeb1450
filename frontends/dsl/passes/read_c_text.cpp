// SPDX-License-Identifier: Apache-2.0
#include "passes/read_c_text.hpp"

#include <cctype>

#include "types/c_text.hpp"

namespace avocet::dsl {

namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)); }
bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string_view take_word(std::string_view& text) {
    text = trimmed(text);
    size_t size = 0;
    while (size < text.size() && is_word_char(text[size])) ++size;
    const std::string_view word = text.substr(0, size);
    text.remove_prefix(size);
    return word;
}

Message& refuse(Unit& unit, std::string_view text, const Span& span, std::string problem) {
    unit.refused_c_text += std::string(text) + "\n";
    return unit.diagnostics->error(span, std::move(problem));
}

void read_directive(Unit& unit, std::string_view line, const Span& span) {
    line.remove_prefix(1);
    const std::string_view directive = take_word(line);
    if (directive == "include" || directive == "pragma" || directive.empty()) return;
    if (directive == "undef") {
        unit.c_macros.erase(std::string(take_word(line)));
        return;
    }
    if (directive != "define") {
        refuse(unit, line, span, "'#" + std::string(directive) + "': not supported")
            .with_hint("#define and #include are; `if comptime` chooses at compile time");
        return;
    }
    const std::string name(take_word(line));
    if (line.starts_with("(")) return;  // function-like: never expanded
    unit.c_macros[name] = std::string(trimmed(line));
}

}  // namespace

void read_c_text(Unit& unit) {
    for (size_t i = 0; i < unit.script.c_definitions.size(); ++i) {
        const std::string_view text = trimmed(unit.script.c_definitions[i]);
        const Span span = i < unit.script.c_definition_spans.size() ? unit.script.c_definition_spans[i] : Span();
        if (text.starts_with("#"))
            read_directive(unit, text, span);
        else if (const std::string problem = read_c_definition(unit.structs, text); !problem.empty())
            refuse(unit, text, span, "C definition: " + problem);
    }
}

Pass read_c_text_pass() { return {"read_c_text", false, read_c_text, nullptr, nullptr, true}; }

}  // namespace avocet::dsl
