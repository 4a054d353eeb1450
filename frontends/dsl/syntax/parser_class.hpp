// SPDX-License-Identifier: Apache-2.0
//
// The parser's inside: one class, its functions spread over parser.cpp (tokens, errors, recovery), parse_script.cpp,
// parse_statement.cpp, parse_expression.cpp and parse_type.cpp.
//
// A function that cannot go on reports and throws SyntaxError; block() and the top-level loop catch it and skip to the
// next place that is sure to start something. A missing `;` is reported without throwing.
//
// `height_` is the height of the tree that the last function returned. Left-recursive chains (`a + b + c`, `a.b.c`)
// grow without recursion in the parser, so nesting alone does not bound it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "syntax/lexer.hpp"
#include "syntax/parser.hpp"

namespace avocet::dsl {

struct SyntaxError {};

// Words that begin a statement and are never a value.
inline constexpr std::array<std::string_view, 9> statement_words{"break", "continue", "else",   "for",  "if",
                                                                 "let",   "return",   "unroll", "while"};

class Parser {
public:
    Parser(const Sources& sources, uint32_t file, DiagnosticList& diagnostics, bool imported);
    Script script();
    ExprPtr whole_expression();

private:
    // ---- tokens, errors (parser.cpp) ----
    struct Mark {
        Lexer::Position lexer;
        Token token;
        Span previous;
    };
    Mark mark() const { return {lexer_.position(), token_, previous_}; }
    void reset(const Mark& mark);
    Token peek();
    void advance();
    bool at(Tok kind) const { return token_.kind == kind; }
    bool at_word(std::string_view word) const { return token_.kind == Tok::word && token_.text == word; }
    bool accept(Tok kind);
    void expect(Tok kind, std::string_view what);
    void expect_close(Tok kind, std::string_view what, const Span& open);
    Span span_of(const Token& token) const;
    Span here() const { return span_of(token_); }
    Span since(const Span& begin) const;  // from `begin` to the end of the last consumed token
    Span after_previous() const;
    std::string found() const;
    Message& report(const Span& span, std::string text);
    Message& error_here(std::string text);
    [[noreturn]] void fail(std::string text);
    [[noreturn]] void fail_at(const Span& span, std::string text);
    Lexer::Position begin_raw();  // puts the lexer on the current token's first byte
    void end_raw(const Lexer::Position& begin);
    void skip_statement();
    void skip_item();

    class Nesting;              // counts recursion
    void grow(unsigned below);  // height_ = below + 1, checked

    // ---- top level (parse_script.cpp) ----
    void c_item();
    void misplaced_c_item();
    void item();
    void config_block();
    void config_setting();
    void root_import();
    std::string import_path();
    void macro_definition();
    Macro::Param macro_parameter();
    void function_definition();
    void map_declaration();
    void clause();
    void attach_points(Clause& clause);
    AttachPoint attach_point();
    void predicate(Clause& clause);
    template <class Read>
    void one_item(Read read);

    // ---- statements (parse_statement.cpp) ----
    enum class BlockValue { kept, dropped };
    std::unique_ptr<Block> block(BlockValue value, std::string_view after);
    void block_item(Block& block);
    StmtPtr let_statement();
    StmtPtr for_statement();
    StmtPtr while_statement();
    StmtPtr unroll_statement();
    StmtPtr jump_statement(StmtKind kind);
    StmtPtr return_statement();
    StmtPtr import_statement();
    StmtPtr discard_statement();
    StmtPtr assignment(ExprPtr target);
    void no_semicolon_after_loop();
    void end_statement(const Expr* expr);
    ExprPtr condition(bool* parenthesised);
    ExprPtr if_expression();

    // ---- expressions (parse_expression.cpp) ----
    ExprPtr expression();
    ExprPtr binary(int level);
    ExprPtr unary();
    ExprPtr postfix();
    ExprPtr primary();
    ExprPtr parenthesised();
    ExprPtr record(const Span& open);
    ExprPtr tuple(const Span& open, ExprPtr first);
    ExprPtr word();
    ExprPtr call(const Token& name);
    ExprPtr argument();
    ExprPtr map();
    ExprPtr positional();
    ExprPtr integer();
    ExprPtr string();
    ExprPtr member(ExprPtr object);
    ExprPtr step(Op op, const Span& begin, ExprPtr operand);
    std::string string_value();
    std::optional<uint64_t> integer_value();

    // ---- types (parse_type.cpp) ----
    std::unique_ptr<TypeName> type_name();
    std::unique_ptr<TypeName> try_type(bool cast);
    bool type_suffixes(TypeName& type);
    std::unique_ptr<TypeName> cast_target();
    TypeOrExpr type_argument();
    std::unique_ptr<TypeName> typeof_type();
    ExprPtr sizeof_expression();
    ExprPtr typeinfo_expression();
    ExprPtr offsetof_expression();

    const Sources& sources_;
    uint32_t file_;
    DiagnosticList& diagnostics_;
    bool imported_;
    Lexer lexer_;
    Token token_;    // the current token; the lexer stands behind it
    Span previous_;  // the last consumed token
    unsigned height_ = 0;
    unsigned nesting_ = 0;
    size_t errors_at_start_;
    std::optional<Span> misindented_;  // a block whose `}` stands left of the line that opened it
    bool end_reported_ = false;
    bool bare_condition_ = false;  // the last condition was not followed by its block
    Script script_;
    bool config_seen_ = false, middle_seen_ = false, items_seen_ = false;
};

class Parser::Nesting {
public:
    explicit Nesting(Parser& parser);
    ~Nesting() { parser_.nesting_--; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

private:
    Parser& parser_;
};

// Makes statements of the values that nobody takes: the block's own and those of `if` arms and blocks at its end.
void drop_value(Block& block);
void drop_value(Expr& expr);
// Can the expression have a value at all? An `if` without `else`, and a block that ends in a statement, cannot.
bool may_have_value(const Expr& expr);

}  // namespace avocet::dsl
