// SPDX-License-Identifier: Apache-2.0
#include "syntax/layout.hpp"

#include <string_view>

namespace avocet::dsl {
namespace {

std::string trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
    return std::string(text);
}

// The lines of a comment without its markers.
std::vector<std::string> comment_lines(const Comment& comment) {
    std::string_view text = comment.text;
    bool block = text.starts_with("/*");
    text.remove_prefix(std::min<size_t>(2, text.size()));
    if (block && text.ends_with("*/")) text.remove_suffix(2);
    std::vector<std::string> lines;
    while (true) {
        size_t end = text.find('\n');
        lines.push_back(trimmed(text.substr(0, end)));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    if (block && lines.size() > 1) {
        for (std::string& line : lines)
            if (line.starts_with("* ") || line == "*") line = trimmed(std::string_view(line).substr(1));
        if (lines.front().empty()) lines.erase(lines.begin());
        if (!lines.empty() && lines.back().empty()) lines.pop_back();
    }
    return lines;
}

std::string line_comment(const std::string& line) {
    return line.empty() || line[0] == '/' ? "//" + line : "// " + line;
}

// Text that may stand between /* and */.
std::string harmless(std::string text) {
    for (size_t at = 0; (at = text.find("*/", at)) != std::string::npos; at += 3) text.insert(at + 1, " ");
    return text;
}

bool is_before(const Comment& c, uint32_t line, uint32_t column) {
    return c.span.line < line || (c.span.line == line && c.span.column < column);
}

}  // namespace

size_t Layout::column() const {
    size_t newline = out_.rfind('\n');
    return newline == std::string::npos ? out_.size() : out_.size() - newline - 1;
}

const Comment* Layout::pending() const {
    return comments_ && next_comment_ < comments_->size() ? &(*comments_)[next_comment_] : nullptr;
}

bool Layout::comment_before(uint32_t line, uint32_t column) const {
    const Comment* c = pending();
    return c && is_before(*c, line, column);
}

void Layout::blank_line_before(uint32_t line) {
    if (last_line_ && line > last_line_ + 1) out_ += '\n';
}

void Layout::begin_at(const Span& span) {
    own_line_comments(span.line, span.column);
    if (span.line) blank_line_before(span.line);
}

void Layout::own_line_comments(uint32_t line, uint32_t column) {
    for (const Comment* c = pending(); c && is_before(*c, line, column); next_comment_++, c = pending()) {
        blank_line_before(c->span.line);
        if (c->text.starts_with("#!")) {
            out_ += c->text + "\n";
        } else {
            for (const std::string& text : comment_lines(*c)) {
                indent();
                out_ += line_comment(text) + "\n";
            }
        }
        last_line_ = c->span.end_line;
    }
}

void Layout::end_line(uint32_t line, const Span* next) {
    last_line_ = line;
    if (!next) next = next_item_;
    bool any = false;
    std::string behind;
    for (const Comment* c = pending(); c && line && !c->own_line && c->span.line == line;
         next_comment_++, c = pending()) {
        if (next && !is_before(*c, next->line, next->column)) break;
        any = true;
        for (const std::string& text : comment_lines(*c))
            if (!text.empty()) behind += " " + text;
        last_line_ = c->span.end_line;
    }
    if (any) out_ += " //" + behind;
    out_ += '\n';
}

void Layout::inline_comments(const Span& span) {
    if (span.line == 0) return;
    for (const Comment* c = pending(); c && is_before(*c, span.line, span.column); next_comment_++, c = pending()) {
        out_ += "/*";
        for (const std::string& text : comment_lines(*c)) out_ += " " + harmless(text);
        out_ += " */ ";
    }
}

}  // namespace avocet::dsl
