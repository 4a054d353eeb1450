// SPDX-License-Identifier: Apache-2.0
#include "types/c_conditions.hpp"

#include <cctype>
#include <optional>

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

std::string_view without_comments(std::string_view text) {
    bool quoted = false;
    for (size_t i = 0; i + 1 < text.size(); ++i) {
        if (text[i] == '\\')
            ++i;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && text[i] == '/' && (text[i + 1] == '/' || text[i + 1] == '*'))
            return trimmed(text.substr(0, i));
    }
    return trimmed(text);
}

class Selector {
public:
    Selector(CSelection& out, const std::vector<std::string>& defined) : out_(out) {
        for (const std::string& name : defined) out_.macros[name] = "1";
    }

    void take(const CPiece& piece) {
        if (piece.text.starts_with("#"))
            directive(piece, piece.text.substr(1));
        else if (counts())
            out_.definitions.push_back(piece);
    }
    void finish() {
        if (!arms_.empty()) out_.needs_compiler = true;  // an #endif is missing: the compiler says it better
    }

private:
    struct Arm {
        bool outer, taken, now;
    };
    bool counts() const { return arms_.empty() || arms_.back().now; }

    void directive(const CPiece& piece, std::string_view line) {
        const std::string_view word = take_word(line);
        line = without_comments(line);
        if (word == "ifdef" || word == "ifndef") {
            const bool is_defined = out_.macros.contains(std::string(take_word(line)));
            open(is_defined == (word == "ifdef"));
        } else if (word == "if") {
            const auto value = condition(line);
            if (!value && counts()) out_.needs_compiler = true;
            open(value.value_or(false));
        } else if (word == "else" || word == "endif" || word == "elif") {
            if (arms_.empty() || word == "elif") {
                out_.needs_compiler = true;
                return;
            }
            if (word == "endif") return arms_.pop_back();
            arms_.back().now = arms_.back().outer && !arms_.back().taken;
        } else if (!counts()) {
            return;
        } else if (word == "define") {
            define(line);
        } else if (word == "undef") {
            out_.macros.erase(std::string(take_word(line)));
        } else if (word == "include") {
            out_.includes.push_back({piece.index, line});
        } else if (!word.empty()) {
            out_.needs_compiler = true;
        }
    }

    void open(bool value) {
        const bool outer = counts();
        arms_.push_back({outer, value, outer && value});
    }

    void define(std::string_view line) {
        const std::string name(take_word(line));
        if (line.starts_with("("))
            out_.needs_compiler = true;  // function-like: other C text may use it
        else
            out_.macros[name] = std::string(trimmed(line));
    }

    // 0, 1, defined(X), !defined(X)
    std::optional<bool> condition(std::string_view text) const {
        if (text == "0" || text == "1") return text == "1";
        bool negative = false;
        if (text.starts_with("!")) {
            negative = true;
            text = trimmed(text.substr(1));
        }
        if (take_word(text) != "defined") return std::nullopt;
        text = trimmed(text);
        const bool parenthesised = text.starts_with("(");
        if (parenthesised) text.remove_prefix(1);
        const std::string name(take_word(text));
        text = trimmed(text);
        if (text != (parenthesised ? ")" : "")) return std::nullopt;
        return out_.macros.contains(name) != negative;
    }

    CSelection& out_;
    std::vector<Arm> arms_;
};

}  // namespace

CSelection select_c_text(const std::vector<std::string>& pieces, const std::vector<std::string>& defined) {
    CSelection out;
    Selector selector(out, defined);
    for (size_t i = 0; i < pieces.size(); ++i) selector.take({i, trimmed(pieces[i])});
    selector.finish();
    for (const std::string& name : defined) out.macros.erase(name);
    return out;
}

}  // namespace avocet::dsl
