// SPDX-License-Identifier: Apache-2.0
//
// Source bytes to tokens, on demand. A token is a kind and a range of bytes: literals are converted by the parser when
// it consumes them, so looking ahead costs nothing and reports nothing. The parser may save and restore the position;
// comments are kept the first time they are passed.
//
// Attach points and C text have their own lexical rules (dsl reference, "attach-point text", "C definitions") and are
// read by functions of their own, from the start of the current token.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "syntax/ast.hpp"

namespace avocet::dsl {

enum class Tok : uint8_t {
    end,
    word,
    variable,
    map,
    positional,
    count,
    string,
    integer,
    unterminated_string,
    lone_dollar,
    unknown,
    plus,
    minus,
    star,
    slash,
    percent,
    amp,
    pipe,
    caret,
    tilde,
    bang,
    question,
    colon,
    less,
    greater,
    less_eq,
    greater_eq,
    eq_eq,
    bang_eq,
    shl,
    shr,
    amp_amp,
    pipe_pipe,
    assign,
    plus_eq,
    minus_eq,
    star_eq,
    slash_eq,
    percent_eq,
    amp_eq,
    pipe_eq,
    caret_eq,
    shl_eq,
    shr_eq,
    plus_plus,
    minus_minus,
    dot,
    arrow,
    dot_dot,
    comma,
    semicolon,
    l_paren,
    r_paren,
    l_bracket,
    r_bracket,
    l_brace,
    r_brace,
    hash
};

struct Token {
    Tok kind = Tok::end;
    std::string_view text;  // all of it: `$x`, `"a\n"`, `10ms`
    size_t begin = 0;       // offset in the file
    uint32_t line = 1, column = 1;
    bool after_newline = false;  // first token of its line
};

class Lexer {
public:
    Lexer(std::string_view text, uint32_t file) : text_(text), file_(file) {}

    struct Position {
        size_t offset = 0;
        uint32_t line = 1;
        size_t line_start = 0;
    };
    Position position() const { return at_; }
    void seek(const Position& position) { at_ = position; }

    void skip_shebang();
    Token next();

    // Reads the text of an attach point from the current position. `unterminated`: a quote is not closed.
    std::string_view attach_point(bool& unterminated);
    // Is there a C definition (`struct foo {`) at the current position?
    bool at_c_definition() const;
    // Reads a C definition or a preprocessor line. `closed`: the braces balance.
    std::string_view c_definition(bool& closed);
    std::string_view rest_of_line();

    std::vector<Comment> take_comments() { return std::move(comments_); }
    Span span_from(const Position& begin) const;

private:
    char peek(size_t ahead = 0) const { return at_.offset + ahead < text_.size() ? text_[at_.offset + ahead] : '\0'; }
    bool at_end() const { return at_.offset >= text_.size(); }
    void advance();
    void skip_layout();
    void skip_comment();
    bool at_comment() const { return peek() == '/' && (peek(1) == '/' || peek(1) == '*'); }
    void skip_quoted(char quote);
    bool skip_balanced(char open, char close);
    void skip_attributes();
    size_t word_length(size_t offset) const;
    size_t integer_length() const;
    size_t string_length(bool& terminated) const;
    void measure(Token& token, size_t& length) const;

    std::string_view text_;
    uint32_t file_;
    Position at_;
    size_t comments_until_ = 0;
    bool newline_passed_ = true;
    std::vector<Comment> comments_;
};

inline bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_word_part(char c) { return is_word_start(c) || is_digit(c); }
inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace avocet::dsl
