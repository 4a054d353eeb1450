// SPDX-License-Identifier: Apache-2.0
#include "bcc/text_scan.hpp"

#include <algorithm>
#include <cctype>

namespace avocet::c {

namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)); }

// Words and single characters; line markers, strings and blanks are passed over.
std::vector<std::string_view> tokens(std::string_view text) {
    std::vector<std::string_view> out;
    for (size_t i = 0; i < text.size();) {
        const char c = text[i];
        const bool line_start = i == 0 || text[i - 1] == '\n';
        if (c == '#' && line_start) {
            i = std::min(text.find('\n', i), text.size());
        } else if (c == '"' || c == '\'') {
            for (++i; i < text.size() && text[i] != c && text[i] != '\n'; ++i) i += text[i] == '\\';
            ++i;
        } else if (is_word(c)) {
            const size_t begin = i;
            while (i < text.size() && is_word(text[i])) ++i;
            out.push_back(text.substr(begin, i - begin));
        } else {
            if (!is_blank(c)) out.push_back(text.substr(i, 1));
            ++i;
        }
    }
    return out;
}

std::string trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return std::string(text);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> defined_names(std::string_view text) {
    const std::vector<std::string_view> words = tokens(text);
    const auto at = [&](size_t i) { return i < words.size() ? words[i] : std::string_view(); };
    std::vector<std::pair<std::string, std::string>> out;
    size_t depth = 0, typedef_depth = 0;
    bool in_typedef = false;
    for (size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (word == "{") ++depth;
        if (word == "}" && depth) --depth;
        if (word == "typedef") in_typedef = true, typedef_depth = depth;
        if (word == ";" && in_typedef && depth == typedef_depth) {
            if (i && is_word(words[i - 1].front())) out.emplace_back("typedef", words[i - 1]);
            in_typedef = false;
        }
        if (word != "struct" && word != "union" && word != "enum") continue;
        const bool named = !at(i + 1).empty() && is_word(at(i + 1).front());
        if (named && at(i + 2) == "{") out.emplace_back(word, at(i + 1));
        if (word != "enum" || at(i + 1 + named) != "{") continue;
        for (size_t k = i + 2 + named; k < words.size() && words[k] != "}"; ++k)
            if (is_word(words[k].front()) && (words[k - 1] == "{" || words[k - 1] == ","))
                out.emplace_back("enumerator", words[k]);
    }
    return out;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        out.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::map<uint32_t, std::string_view> marked_lines(std::string_view text, const std::string& name) {
    std::map<uint32_t, std::string_view> out;
    bool here = false;
    uint32_t number = 0;
    for (std::string_view line : lines_of(text)) {
        if (line.starts_with("# ") || line.starts_with("#line ")) {
            const size_t digits = line.find_first_of("0123456789"), open = line.find('"'), close = line.rfind('"');
            if (digits == std::string_view::npos || open == std::string_view::npos || close == open) continue;
            number = 0;
            for (size_t i = digits; i < line.size() && std::isdigit(static_cast<unsigned char>(line[i])); ++i)
                number = number * 10 + static_cast<uint32_t>(line[i] - '0');
            here = line.substr(open + 1, close - open - 1) == name;
            continue;
        }
        if (here) out.emplace(number, line);
        ++number;
    }
    return out;
}

std::vector<std::string> call_arguments(std::string_view text, size_t at, size_t& end) {
    while (at < text.size() && is_blank(text[at])) ++at;
    if (at >= text.size() || text[at] != '(') return {};
    std::vector<std::string> out;
    size_t begin = at + 1, depth = 0;
    for (size_t i = at; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '(') ++depth;
        if (c == ',' && depth == 1) {
            out.push_back(trimmed(text.substr(begin, i - begin)));
            begin = i + 1;
        }
        if (c != ')' || --depth) continue;
        out.push_back(trimmed(text.substr(begin, i - begin)));
        end = i + 1;
        return out;
    }
    return {};
}

}  // namespace avocet::c
