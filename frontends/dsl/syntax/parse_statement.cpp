// SPDX-License-Identifier: Apache-2.0
//
// Blocks and statements. Each statement of a block is tried on its own: one that fails is skipped, the others are kept.
#include <array>

#include <fmt/format.h>

#include "avocet/nearest.hpp"
#include "syntax/parser_class.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {
namespace {

std::optional<Op> compound_operator(Tok token) {
    switch (token) {
        case Tok::plus_eq: return Op::add;
        case Tok::minus_eq: return Op::sub;
        case Tok::star_eq: return Op::mul;
        case Tok::slash_eq: return Op::div;
        case Tok::percent_eq: return Op::mod;
        case Tok::amp_eq: return Op::bit_and;
        case Tok::pipe_eq: return Op::bit_or;
        case Tok::caret_eq: return Op::bit_xor;
        case Tok::shl_eq: return Op::shl;
        case Tok::shr_eq: return Op::shr;
        default: return std::nullopt;
    }
}

StmtPtr statement_of(ExprPtr value) {
    auto result = std::make_unique<ExprStmt>(value->span);
    result->value = std::move(value);
    return result;
}

bool is_block_like(const Expr& e) { return e.kind == ExprKind::if_expr || e.kind == ExprKind::block; }

// The column of the first byte of the line that holds the span, looking back a screen's width.
uint32_t line_indent(std::string_view text, size_t offset, uint32_t column) {
    if (column > 200) return column;
    size_t at = offset + 1 - column;
    uint32_t indent = 1;
    while (at < offset && is_blank(text[at])) at++, indent++;
    return indent;
}

}  // namespace

bool may_have_value(const Expr& expr) {
    if (expr.kind == ExprKind::block) return as<BlockExpr>(expr).block->value != nullptr;
    if (expr.kind != ExprKind::if_expr) return true;
    const auto& e = as<IfExpr>(expr);
    return e.otherwise && e.then->value && e.otherwise->value;
}

void drop_value(Expr& expr) {
    if (expr.kind == ExprKind::block) drop_value(*as<BlockExpr>(expr).block);
    if (expr.kind != ExprKind::if_expr) return;
    drop_value(*as<IfExpr>(expr).then);
    if (as<IfExpr>(expr).otherwise) drop_value(*as<IfExpr>(expr).otherwise);
}

void drop_value(Block& block) {
    if (!block.value) return;
    drop_value(*block.value);
    block.statements.push_back(statement_of(std::move(block.value)));
}

std::unique_ptr<Block> Parser::block(BlockValue value, std::string_view after) {
    Nesting nesting(*this);
    auto result = std::make_unique<Block>();
    Span open = here();
    uint32_t indent = line_indent(sources_.text(file_), token_.begin, token_.column);
    if (!at(Tok::l_brace)) {
        Message& message = error_here(fmt::format("syntax: expected '{{'{}{}", after.empty() ? "" : " after ", after));
        const bool body = at(Tok::word) || at(Tok::variable) || at(Tok::map);
        if (bare_condition_)
            message.with_hint(body ? "the body needs braces: { ... }"
                                   : "a condition with operators needs parentheses: (a > b)");
        throw SyntaxError{};
    }
    bare_condition_ = false;
    advance();
    unsigned height = 0;
    while (!at(Tok::r_brace) && !at(Tok::end)) {
        height_ = 0;
        try {
            block_item(*result);
        } catch (const SyntaxError&) {
            bare_condition_ = false;
            skip_statement();
        }
        height = std::max(height, height_);
    }
    if (at(Tok::end)) {
        if (!std::exchange(end_reported_, true))
            error_here("syntax: expected '}'").with_context(misindented_.value_or(open), "this block is not closed");
        throw SyntaxError{};
    }
    if (token_.after_newline && token_.column < indent && !misindented_) misindented_ = open;
    advance();
    result->span = since(open);
    if (result->value && (value == BlockValue::dropped || !may_have_value(*result->value))) drop_value(*result);
    grow(height);
    return result;
}

void Parser::block_item(Block& block) {
    auto add = [&](StmtPtr statement) { block.statements.push_back(std::move(statement)); };
    if (at(Tok::word)) {
        std::string_view word = token_.text;
        Tok next = peek().kind;
        if (word == "let") return add(let_statement());
        if (word == "for") return add(for_statement());
        if (word == "while") return add(while_statement());
        if (word == "unroll") return add(unroll_statement());
        if (word == "break") return add(jump_statement(StmtKind::break_));
        if (word == "continue") return add(jump_statement(StmtKind::continue_));
        if (word == "return") return add(return_statement());
        if (word == "import" && next == Tok::string) return add(import_statement());
        if (word == "_" && next == Tok::assign) return add(discard_statement());
        if (word == "else") fail("syntax: unexpected input in block: 'else' without 'if'");
    }
    if (at(Tok::semicolon)) {
        error_here("syntax: unexpected input in block").with_hint("there is no empty statement; remove the ';'");
        throw SyntaxError{};
    }
    bool statement_position = at_word("if") || at(Tok::l_brace);
    ExprPtr expr = statement_position ? primary() : expression();
    if (at(Tok::assign) || compound_operator(token_.kind)) return add(assignment(std::move(expr)));
    if (at(Tok::r_brace)) {
        block.value = std::move(expr);
        return;
    }
    if (is_block_like(*expr)) {
        accept(Tok::semicolon);
        drop_value(*expr);
    } else {
        end_statement(expr.get());
    }
    add(statement_of(std::move(expr)));
}

// The `;` behind a statement. Missing, it is reported where it belongs, and parsing goes on if something can begin
// here.
void Parser::end_statement(const Expr* expr) {
    if (accept(Tok::semicolon) || at(Tok::r_brace)) return;
    bool other_line = token_.after_newline;
    if (at(Tok::unterminated_string) || at(Tok::lone_dollar)) fail("");
    Message& message = report(after_previous(), fmt::format("syntax: expected ';', found {}", found()));
    auto* name = as_if<IdentifierExpr>(expr, ExprKind::identifier);
    auto* call = as_if<CallExpr>(expr, ExprKind::call);
    if (name || (call && at(Tok::l_brace))) {
        const std::string& word = name ? name->name : call->name;
        const bool chained = word == "elif" || word == "elsif" || word == "elseif";
        message.with_hint(chained ? "write 'else if'" : nearest_hint(word, statement_words));
        if (message.hint.empty() && at(Tok::l_brace)) message.with_hint("is the '}' of the clause before missing?");
    } else if (at_word("let") || at_word("if") || at(Tok::variable) || at(Tok::map) || other_line) {
        message.with_hint("end the statement with ';'");
    }
    bool goes_on = other_line || (at(Tok::word) && !(expr && expr->kind == ExprKind::identifier)) ||
                   at(Tok::variable) || at(Tok::map);
    if (!goes_on) throw SyntaxError{};
}

StmtPtr Parser::assignment(ExprPtr target) {
    auto result = std::make_unique<AssignStmt>(target->span);
    unsigned height = height_;
    if (target->kind == ExprKind::tuple_field || (target->kind == ExprKind::field && !as<FieldExpr>(*target).arrow))
        report(target->span, "syntax: tuples and records are immutable once created")
            .with_hint("create a new value and assign it instead");
    else if (auto* word = as_if<IdentifierExpr>(target.get(), ExprKind::identifier))
        report(target->span, "syntax: invalid assignment target")
            .with_hint(fmt::format("variables begin with '$': ${} = ...; to compare, use '=='", word->name));
    else if (target->kind != ExprKind::variable && target->kind != ExprKind::map &&
             target->kind != ExprKind::map_element)
        report(target->span, "syntax: invalid assignment target")
            .with_hint("only variables, maps and map elements can be assigned; to compare, use '=='");
    result->op = compound_operator(token_.kind);
    advance();
    result->target = std::move(target);
    result->value = expression();
    grow(std::max(height, height_));
    result->span = since(result->span);
    end_statement(nullptr);
    return result;
}

StmtPtr Parser::let_statement() {
    auto result = std::make_unique<LetStmt>(here());
    advance();
    if (at(Tok::map)) {
        error_here("syntax: expected variable after 'let'")
            .with_hint("maps are declared outside of clauses: let @m = hash(100);");
        throw SyntaxError{};
    }
    if (!at(Tok::variable)) {
        Message& message = error_here("syntax: expected variable after 'let'");
        if (at(Tok::word)) message.with_hint(fmt::format("variables begin with '$': let ${}", token_.text));
        throw SyntaxError{};
    }
    result->name = token_.text.substr(1);
    result->name_span = here();
    advance();
    if (accept(Tok::colon)) result->type = type_name();
    unsigned height = height_;
    if (accept(Tok::assign)) result->value = expression();
    grow(std::max(height, height_));
    result->span = since(result->span);
    end_statement(nullptr);
    return result;
}

StmtPtr Parser::discard_statement() {
    auto result = std::make_unique<DiscardStmt>(here());
    advance();
    advance();
    result->value = expression();
    result->span = since(result->span);
    end_statement(nullptr);
    return result;
}

void Parser::no_semicolon_after_loop() {
    if (!at(Tok::semicolon)) return;
    error_here("syntax: unexpected input in block").with_hint("no ';' stands behind the block of a loop");
    advance();
}

StmtPtr Parser::for_statement() {
    Span begin = here();
    advance();
    Span open = here();
    bool parenthesised = accept(Tok::l_paren);
    if (!at(Tok::variable)) fail("syntax: expected variable in for loop");
    std::string name(token_.text.substr(1));
    Span name_span = here();
    advance();
    if (!accept(Tok::colon)) {
        error_here("syntax: expected ':' after the variable of the for loop")
            .with_hint("for ($i : 0..10) { ... } or for ($kv : @map) { ... }");
        while (!at(Tok::l_brace) && !at(Tok::r_brace) && !at(Tok::end)) advance();  // past the ';' of a loop as in C
        throw SyntaxError{};
    }
    Span low_begin = here();
    if (at(Tok::r_paren) || at(Tok::l_brace)) fail("syntax: expected map or range in for loop");
    ExprPtr low = primary(), high;
    unsigned height = height_;
    if (accept(Tok::dot_dot)) {
        high = primary();
        height = std::max(height, height_);
    } else if (low->kind != ExprKind::map || at(Tok::dot) || at(Tok::plus) || at(Tok::minus)) {
        report(since(low_begin), "syntax: expected map or range in for loop")
            .with_hint("for ($kv : @map) or for ($i : 0..10); other bounds need parentheses: 0..($n + 1)");
        throw SyntaxError{};
    }
    if (parenthesised) {
        if (!at(Tok::r_paren) && high) {
            error_here("syntax: expected ')' after the range")
                .with_hint("bounds with operators need parentheses: 0..($n + 1)");
            throw SyntaxError{};
        }
        expect_close(Tok::r_paren, "')' in for loop", open);
    }
    auto body = block(BlockValue::dropped, "the for loop's head");
    grow(std::max(height, height_));
    auto fill = [&](auto loop) -> StmtPtr {
        loop->variable_name = std::move(name);
        loop->variable_span = name_span;
        loop->body = std::move(body);
        no_semicolon_after_loop();
        return loop;
    };
    if (!high) {
        auto loop = std::make_unique<ForMapStmt>(since(begin));
        loop->map = std::move(low);
        return fill(std::move(loop));
    }
    auto loop = std::make_unique<ForRangeStmt>(since(begin));
    loop->low = std::move(low);
    loop->high = std::move(high);
    return fill(std::move(loop));
}

StmtPtr Parser::while_statement() {
    auto result = std::make_unique<WhileStmt>(here());
    advance();
    result->condition = condition(nullptr);
    unsigned height = height_;
    result->body = block(BlockValue::dropped, "the condition");
    grow(std::max(height, height_));
    result->span = since(result->span);
    no_semicolon_after_loop();
    return result;
}

StmtPtr Parser::unroll_statement() {
    auto result = std::make_unique<UnrollStmt>(here());
    advance();
    result->count = condition(nullptr);
    unsigned height = height_;
    result->body = block(BlockValue::dropped, "the count");
    grow(std::max(height, height_));
    result->span = since(result->span);
    no_semicolon_after_loop();
    return result;
}

StmtPtr Parser::jump_statement(StmtKind kind) {
    auto result = std::make_unique<JumpStmt>(kind, here());
    advance();
    end_statement(nullptr);
    return result;
}

StmtPtr Parser::return_statement() {
    auto result = std::make_unique<ReturnStmt>(here());
    advance();
    if (!at(Tok::semicolon) && !at(Tok::r_brace)) result->value = expression();
    result->span = since(result->span);
    end_statement(nullptr);
    return result;
}

StmtPtr Parser::import_statement() {
    auto result = std::make_unique<ImportStmt>(here());
    advance();
    result->path = string_value();
    result->span = since(result->span);
    end_statement(nullptr);
    return result;
}

// A parenthesised condition is just a grouping to unary(): the `{` behind it cannot belong to the expression.
ExprPtr Parser::condition(bool* parenthesised) {
    if (parenthesised) *parenthesised = at(Tok::l_paren);
    ExprPtr result = unary();
    bare_condition_ = !at(Tok::l_brace);
    return result;
}

ExprPtr Parser::if_expression() {
    Nesting nesting(*this);
    auto result = std::make_unique<IfExpr>(here());
    advance();
    result->condition = condition(&result->parenthesised);
    unsigned height = height_;
    result->then = block(BlockValue::kept, "the condition");
    height = std::max(height, height_);
    if (at_word("else")) {
        advance();
        if (at_word("if")) {
            auto arm = std::make_unique<Block>();
            ExprPtr chained = if_expression();
            arm->span = chained->span;
            if (may_have_value(*chained)) {
                arm->value = std::move(chained);
            } else {
                drop_value(*chained);
                arm->statements.push_back(statement_of(std::move(chained)));
            }
            result->otherwise = std::move(arm);
            height_++;
        } else {
            if (!at(Tok::l_brace)) fail("syntax: expected '{' or 'if' after 'else'");
            result->otherwise = block(BlockValue::kept, "'else'");
        }
        height = std::max(height, height_);
    }
    result->span = since(result->span);
    grow(height);
    return result;
}

}  // namespace avocet::dsl
