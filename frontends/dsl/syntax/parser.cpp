// SPDX-License-Identifier: Apache-2.0
//
// The parser's ground: tokens, errors with what was found instead, and the two ways to go on after an error.
#include "syntax/parser.hpp"

#include <array>

#include <fmt/format.h>

#include "syntax/parser_class.hpp"

namespace avocet::dsl {
namespace {

constexpr unsigned max_nesting = 256;
constexpr size_t max_errors = 50;

struct TooManyErrors {};

}  // namespace

Parser::Parser(const Sources& sources, uint32_t file, DiagnosticList& diagnostics, bool imported)
    : sources_(sources),
      file_(file),
      diagnostics_(diagnostics),
      imported_(imported),
      lexer_(sources.text(file), file),
      errors_at_start_(diagnostics.error_count()) {
    previous_ = {file, 1, 1, 1, 1, 0};
    lexer_.skip_shebang();
    token_ = lexer_.next();
}

void Parser::reset(const Mark& mark) {
    lexer_.seek(mark.lexer);
    token_ = mark.token;
    previous_ = mark.previous;
}

Token Parser::peek() {
    Lexer::Position here = lexer_.position();
    Token next = lexer_.next();
    lexer_.seek(here);
    return next;
}

void Parser::advance() {
    previous_ = here();
    token_ = lexer_.next();
}

bool Parser::accept(Tok kind) {
    if (!at(kind)) return false;
    advance();
    return true;
}

void Parser::expect(Tok kind, std::string_view what) {
    if (!accept(kind)) fail(fmt::format("syntax: expected {}", what));
}

void Parser::expect_close(Tok kind, std::string_view what, const Span& open) {
    if (accept(kind)) return;
    Message& message = error_here(fmt::format("syntax: expected {}", what));
    if (at(Tok::assign)) message.with_hint("'=' assigns and is a statement; to compare, use '=='");
    if (kind == Tok::r_paren && at(Tok::semicolon)) message.with_hint("a ')' is missing");
    if (what.find("','") != what.npos && (at(Tok::word) || at(Tok::variable) || at(Tok::map) || at(Tok::string)))
        message.with_hint("is a ',' missing?");
    if (at(Tok::end)) message.with_context(open, "this bracket is not closed");
    throw SyntaxError{};
}

Span Parser::span_of(const Token& token) const {
    return {file_, token.line, token.column, token.line, token.column + static_cast<uint32_t>(token.text.size()), 0};
}

Span Parser::since(const Span& begin) const {
    return {file_, begin.line, begin.column, previous_.end_line, previous_.end_column, 0};
}

Span Parser::after_previous() const {
    return {file_, previous_.end_line, previous_.end_column, previous_.end_line, previous_.end_column + 1, 0};
}

std::string Parser::found() const {
    if (at(Tok::end)) return "the end of the script";
    constexpr size_t most = 30;
    std::string text(token_.text.substr(0, most));
    return fmt::format("'{}{}'", text, token_.text.size() > most ? "…" : "");
}

Message& Parser::report(const Span& span, std::string text) {
    if (diagnostics_.error_count() - errors_at_start_ >= max_errors) throw TooManyErrors{};
    return diagnostics_.error(span, std::move(text));
}

Message& Parser::error_here(std::string text) {
    if (at(Tok::unterminated_string))
        return report(here(), "syntax: unterminated string").with_hint("a string ends with '\"' on the same line");
    if (at(Tok::lone_dollar)) return report(here(), "syntax: expected identifier after '$'");
    Message& message = report(here(), fmt::format("{}, found {}", text, found()));
    if (token_.text == "'") message.with_hint("strings stand in double quotes; there are no character literals");
    return message;
}

void Parser::fail(std::string text) {
    error_here(std::move(text));
    throw SyntaxError{};
}

void Parser::fail_at(const Span& span, std::string text) {
    report(span, std::move(text));
    throw SyntaxError{};
}

Lexer::Position Parser::begin_raw() {
    Lexer::Position begin{token_.begin, token_.line, token_.begin + 1 - token_.column};
    lexer_.seek(begin);
    return begin;
}

void Parser::end_raw(const Lexer::Position& begin) {
    previous_ = lexer_.span_from(begin);
    token_ = lexer_.next();
}

void Parser::skip_statement() {
    for (size_t depth = 0; !at(Tok::end);) {
        if (at(Tok::r_brace) && depth == 0) return;
        if (at(Tok::semicolon) && depth == 0) return advance();
        bool closes = at(Tok::r_brace) && --depth == 0;
        if (at(Tok::l_brace)) depth++;
        advance();
        if (!closes || at_word("else")) continue;
        accept(Tok::semicolon);
        return;
    }
}

void Parser::skip_item() {
    for (size_t depth = 0; !at(Tok::end);) {
        if (at(Tok::l_brace)) depth++;
        bool last = (at(Tok::semicolon) && depth == 0) || (at(Tok::r_brace) && (depth == 0 || --depth == 0));
        advance();
        if (last) return;
    }
}

Parser::Nesting::Nesting(Parser& parser) : parser_(parser) {
    if (++parser_.nesting_ <= max_nesting) return;
    parser_.nesting_--;
    parser_.fail_at(parser_.here(), fmt::format("syntax: nested more than {} levels deep", max_nesting));
}

void Parser::grow(unsigned below) {
    height_ = below + 1;
    if (height_ > max_tree_height)
        fail_at(here(),
                fmt::format("syntax: expression with more than {} levels; split it with variables", max_tree_height));
}

bool is_parser_builtin(std::string_view word) {
    constexpr std::array words{"args",
                               "ctx",
                               "kstack",
                               "nsecs",
                               "pid",
                               "tid",
                               "ustack",
                               "__builtin_comm",
                               "__builtin_cpid",
                               "__builtin_cpu",
                               "__builtin_dw_ustack",
                               "__builtin_elapsed",
                               "__builtin_func",
                               "__builtin_ncpus",
                               "__builtin_probe",
                               "__builtin_retval",
                               "__builtin_usermode"};
    for (std::string_view w : words)
        if (w == word) return true;
    if (word.starts_with("sarg"))
        word.remove_prefix(4);
    else if (word.starts_with("arg"))
        word.remove_prefix(3);
    else
        return false;
    return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

Script parse_script(const Sources& sources, uint32_t file, DiagnosticList& diagnostics, bool imported) {
    Parser parser(sources, file, diagnostics, imported);
    try {
        return parser.script();
    } catch (const TooManyErrors&) { return {}; }
}

ExprPtr parse_expression(const Sources& sources, uint32_t file, DiagnosticList& diagnostics) {
    Parser parser(sources, file, diagnostics, true);
    try {
        return parser.whole_expression();
    } catch (const SyntaxError&) { return nullptr; } catch (const TooManyErrors&) {
        return nullptr;
    }
}

}  // namespace avocet::dsl
