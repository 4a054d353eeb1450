// SPDX-License-Identifier: Apache-2.0
#include "syntax/lexer.hpp"

#include <array>

namespace avocet::dsl {
namespace {

struct Operator {
    std::string_view text;
    Tok kind;
};

// Longest first.
constexpr std::array operators{
    Operator{"<<=", Tok::shl_eq},   Operator{">>=", Tok::shr_eq},     Operator{"<<", Tok::shl},
    Operator{">>", Tok::shr},       Operator{"<=", Tok::less_eq},     Operator{">=", Tok::greater_eq},
    Operator{"==", Tok::eq_eq},     Operator{"!=", Tok::bang_eq},     Operator{"&&", Tok::amp_amp},
    Operator{"||", Tok::pipe_pipe}, Operator{"+=", Tok::plus_eq},     Operator{"-=", Tok::minus_eq},
    Operator{"*=", Tok::star_eq},   Operator{"/=", Tok::slash_eq},    Operator{"%=", Tok::percent_eq},
    Operator{"&=", Tok::amp_eq},    Operator{"|=", Tok::pipe_eq},     Operator{"^=", Tok::caret_eq},
    Operator{"++", Tok::plus_plus}, Operator{"--", Tok::minus_minus}, Operator{"->", Tok::arrow},
    Operator{"..", Tok::dot_dot},   Operator{"+", Tok::plus},         Operator{"-", Tok::minus},
    Operator{"*", Tok::star},       Operator{"/", Tok::slash},        Operator{"%", Tok::percent},
    Operator{"&", Tok::amp},        Operator{"|", Tok::pipe},         Operator{"^", Tok::caret},
    Operator{"~", Tok::tilde},      Operator{"!", Tok::bang},         Operator{"?", Tok::question},
    Operator{":", Tok::colon},      Operator{"<", Tok::less},         Operator{">", Tok::greater},
    Operator{"=", Tok::assign},     Operator{".", Tok::dot},          Operator{",", Tok::comma},
    Operator{";", Tok::semicolon},  Operator{"(", Tok::l_paren},      Operator{")", Tok::r_paren},
    Operator{"[", Tok::l_bracket},  Operator{"]", Tok::r_bracket},    Operator{"{", Tok::l_brace},
    Operator{"}", Tok::r_brace},    Operator{"#", Tok::hash},
};

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

}  // namespace

void Lexer::advance() {
    if (text_[at_.offset++] == '\n') {
        at_.line++;
        at_.line_start = at_.offset;
        newline_passed_ = true;
    }
}

void Lexer::skip_shebang() {
    while (!at_end() && is_blank(peek())) advance();
    if (peek() != '#' || peek(1) != '!') return;
    Position begin = at_;
    std::string text(rest_of_line());
    comments_.push_back({span_from(begin), std::move(text), true});  // the printer keeps it
}

std::string_view Lexer::rest_of_line() {
    size_t begin = at_.offset;
    size_t end = text_.find('\n', begin);
    at_.offset = end == std::string_view::npos ? text_.size() : end;
    return text_.substr(begin, at_.offset - begin);
}

Span Lexer::span_from(const Position& begin) const {
    return {file_,
            begin.line,
            static_cast<uint32_t>(begin.offset - begin.line_start + 1),
            at_.line,
            static_cast<uint32_t>(at_.offset - at_.line_start + 1),
            0};
}

void Lexer::skip_comment() {
    Position begin = at_;
    bool own_line = newline_passed_;
    if (peek(1) == '/') {
        rest_of_line();
    } else {
        size_t end = text_.find("*/", at_.offset + 2);
        size_t stop = end == std::string_view::npos ? text_.size() : end + 2;
        while (at_.offset < stop) advance();
    }
    if (begin.offset < comments_until_) return;
    comments_until_ = at_.offset;
    comments_.push_back(
        {span_from(begin), std::string(text_.substr(begin.offset, at_.offset - begin.offset)), own_line});
}

void Lexer::skip_layout() {
    while (!at_end()) {
        if (is_blank(peek()))
            advance();
        else if (at_comment())
            skip_comment();
        else
            return;
    }
}

size_t Lexer::word_length(size_t offset) const {
    size_t end = offset;
    if (end < text_.size() && is_word_start(text_[end]))
        while (end < text_.size() && is_word_part(text_[end])) end++;
    return end - offset;
}

// `0x` takes hex digits only, so that `0x10u` is two tokens; everything else takes its suffix along.
size_t Lexer::integer_length() const {
    size_t length = 1;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
        for (length = 2; is_hex(peek(length)) || peek(length) == '_';) length++;
        return length;
    }
    while (is_word_part(peek(length))) length++;
    return length;
}

size_t Lexer::string_length(bool& terminated) const {
    size_t end = at_.offset + 1;
    for (; end < text_.size() && text_[end] != '\n'; end++) {
        if (text_[end] == '"') {
            terminated = true;
            return end + 1 - at_.offset;
        }
        if (text_[end] == '\\' && end + 1 < text_.size() && text_[end + 1] != '\n') end++;
    }
    terminated = false;
    return end - at_.offset;
}

void Lexer::measure(Token& token, size_t& length) const {
    char c = peek();
    if (is_word_start(c)) {
        token.kind = Tok::word;
        length = word_length(at_.offset);
    } else if (is_digit(c)) {
        token.kind = Tok::integer;
        length = integer_length();
    } else if (c == '"') {
        bool terminated = false;
        length = string_length(terminated);
        token.kind = terminated ? Tok::string : Tok::unterminated_string;
    } else if (c == '@') {
        token.kind = Tok::map;
        length = 1 + word_length(at_.offset + 1);
    } else if (c == '$') {
        size_t word = word_length(at_.offset + 1);
        length = 1 + word;
        token.kind = word ? Tok::variable : Tok::lone_dollar;
        if (!word && peek(1) == '#') token.kind = Tok::count, length = 2;
        if (!word && is_digit(peek(1))) {
            token.kind = Tok::positional;
            while (is_digit(peek(length))) length++;
        }
    } else {
        std::string_view rest = text_.substr(at_.offset);
        for (const Operator& op : operators) {
            if (op.text[0] != c || !rest.starts_with(op.text)) continue;
            token.kind = op.kind;
            length = op.text.size();
            return;
        }
        token.kind = Tok::unknown;
        length = 1;
        while ((static_cast<unsigned char>(peek(length)) & 0xc0) == 0x80) length++;  // a whole UTF-8 character
    }
}

Token Lexer::next() {
    skip_layout();
    Token token;
    token.begin = at_.offset;
    token.line = at_.line;
    token.column = static_cast<uint32_t>(at_.offset - at_.line_start + 1);
    token.after_newline = newline_passed_;
    size_t length = 0;
    if (!at_end()) measure(token, length);
    token.text = text_.substr(at_.offset, length);
    at_.offset += length;  // no token holds a newline
    newline_passed_ = false;
    return token;
}

std::string_view Lexer::attach_point(bool& unterminated) {
    size_t begin = at_.offset;
    bool colon = false;
    unterminated = false;
    while (!at_end()) {
        char c = peek();
        if (c == '{' || c == ',' || is_blank(c) || (c == '/' && !colon)) break;
        if (c == ':') colon = true;
        if (c == '"') {
            bool terminated = false;
            at_.offset += string_length(terminated);
            unterminated |= !terminated;
        } else {
            advance();
        }
    }
    return text_.substr(begin, at_.offset - begin);
}

void Lexer::skip_quoted(char quote) {
    advance();
    while (!at_end() && peek() != quote && peek() != '\n') {
        if (peek() == '\\') advance();
        if (!at_end()) advance();
    }
    if (peek() == quote) advance();
}

// From an opening bracket to behind its partner; comments and quoted text are passed over.
bool Lexer::skip_balanced(char open, char close) {
    size_t depth = 0;
    while (!at_end()) {
        char c = peek();
        if (at_comment()) {
            skip_comment();
            continue;
        }
        if (c == '"' || c == '\'') {
            skip_quoted(c);
            continue;
        }
        advance();
        if (c == open) depth++;
        if (c == close && --depth == 0) return true;
    }
    return false;
}

bool Lexer::at_c_definition() const {
    Lexer probe(text_, file_);
    probe.at_ = at_;
    size_t length = probe.word_length(at_.offset);
    std::string_view word = text_.substr(at_.offset, length);
    if (word != "struct" && word != "union" && word != "enum") return false;
    while (true) {
        probe.skip_layout();
        char c = probe.peek();
        if (c == '{') return true;
        if (size_t n = probe.word_length(probe.at_.offset))
            probe.at_.offset += n;
        else if (c == '(' && probe.skip_balanced('(', ')'))
            continue;
        else if (c == '[' && probe.skip_balanced('[', ']'))
            continue;
        else
            return false;
    }
}

void Lexer::skip_attributes() {
    constexpr std::string_view attribute = "__attribute__";
    while (true) {
        Position before = at_;
        skip_layout();
        if (text_.substr(at_.offset, word_length(at_.offset)) == attribute) {
            at_.offset += attribute.size();
            skip_layout();
            if (peek() == '(' && skip_balanced('(', ')')) continue;
        } else if (peek() == ';') {
            advance();
            return;
        }
        at_ = before;
        return;
    }
}

std::string_view Lexer::c_definition(bool& closed) {
    size_t begin = at_.offset, known = comments_.size();
    while (!at_end() && peek() != '{') {
        if (at_comment())
            skip_comment();
        else
            advance();
    }
    closed = skip_balanced('{', '}');
    if (closed) skip_attributes();
    // Comments inside belong to the C text; one that skip_attributes looked at will be met again.
    comments_.resize(known);
    comments_until_ = at_.offset;
    return text_.substr(begin, at_.offset - begin);
}

}  // namespace avocet::dsl
