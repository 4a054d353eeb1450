// SPDX-License-Identifier: Apache-2.0
//
// Type names, and the places where a type and an expression look alike: casts and the arguments of sizeof and its kin.
// Both are decided by trying the type first and looking at the token behind it.
#include <fmt/format.h>

#include "syntax/literals.hpp"
#include "syntax/parser_class.hpp"

namespace avocet::dsl {
namespace {

bool is_sized_word(std::string_view name) { return name == "string" || name == "buffer" || name == "inet"; }

bool starts_operand(const Token& token) {
    switch (token.kind) {
        case Tok::word:
        case Tok::integer:
        case Tok::string:
        case Tok::variable:
        case Tok::map:
        case Tok::positional:
        case Tok::count:
        case Tok::l_paren:
        case Tok::minus:
        case Tok::minus_minus:
        case Tok::bang:
        case Tok::tilde:
        case Tok::star:
        case Tok::amp:
        case Tok::lone_dollar:
        case Tok::unterminated_string: return true;
        default: return false;
    }
}

}  // namespace

// `*`, `[]`, `[N]` behind a word. False if something else stands in the brackets.
bool Parser::type_suffixes(TypeName& type) {
    while (true) {
        if (accept(Tok::star)) {
            type.suffixes.push_back({TypeName::Suffix::pointer, std::nullopt});
        } else if (at(Tok::l_bracket)) {
            Token inner = peek();
            if (inner.kind != Tok::integer && inner.kind != Tok::r_bracket) return false;
            advance();
            bool sized = type.suffixes.empty() && type.tag.empty() && is_sized_word(type.name) && at(Tok::integer);
            TypeName::Suffix suffix{sized ? TypeName::Suffix::sized : TypeName::Suffix::array, std::nullopt};
            if (at(Tok::integer)) {
                ConvertedInteger number = convert_integer(token_.text, false);
                if (!number.error.empty()) return false;
                suffix.count = number.value;
                advance();
            }
            if (!accept(Tok::r_bracket)) return false;
            type.suffixes.push_back(suffix);
        } else {
            return true;
        }
    }
}

// Reads a type if there is one; otherwise returns null, and the position is anywhere.
std::unique_ptr<TypeName> Parser::try_type(bool cast) {
    auto type = std::make_unique<TypeName>();
    Span begin = here();
    if (at_word("typeof") && peek().kind == Tok::l_paren) {
        type = typeof_type();
    } else if ((at_word("struct") || at_word("union") || at_word("enum")) && peek().kind == Tok::word) {
        type->tag = token_.text;
        advance();
        type->name = token_.text;
        advance();
    } else if (at(Tok::word) && !(cast && is_parser_builtin(token_.text))) {
        type->name = token_.text;
        advance();
    } else {
        return nullptr;
    }
    if (!type_suffixes(*type)) return nullptr;
    type->span = since(begin);
    return type;
}

std::unique_ptr<TypeName> Parser::type_name() {
    if (!at(Tok::word)) fail("syntax: expected a type");
    Mark begin = mark();
    if (auto type = try_type(false)) return type;
    if (!at(Tok::l_bracket)) reset(begin);
    fail("syntax: expected a type");
}

std::unique_ptr<TypeName> Parser::typeof_type() {
    auto type = std::make_unique<TypeName>();
    Span begin = here();
    Nesting nesting(*this);
    advance();
    Span open = here();
    advance();
    TypeOrExpr operand = type_argument();
    type->typeof_type = std::move(operand.type);
    type->typeof_expr = std::move(operand.expr);
    expect_close(Tok::r_paren, "')' after the operand of typeof", open);
    type->span = since(begin);
    return type;
}

// After `(`: the target of a cast, or null with the position unchanged when the parenthesis only groups.
std::unique_ptr<TypeName> Parser::cast_target() {
    if (!at(Tok::word)) return nullptr;
    Mark begin = mark();
    bool is_typeof = at_word("typeof") && peek().kind == Tok::l_paren;
    auto type = try_type(true);
    // Never read what is inside typeof() twice: that would double with each level of nesting.
    if (is_typeof && !(type && at(Tok::r_paren))) fail("syntax: expected ')' after the type of the cast");
    if (type && at(Tok::r_paren)) {
        bool surely = !type->tag.empty() || type->name.empty();
        if (surely || starts_operand(peek())) {
            advance();
            return type;
        }
    }
    reset(begin);
    return nullptr;
}

TypeOrExpr Parser::type_argument() {
    TypeOrExpr operand;
    if (at(Tok::word)) {
        Mark begin = mark();
        bool is_typeof = at_word("typeof") && peek().kind == Tok::l_paren;
        height_ = 0;
        operand.type = try_type(true);
        if (operand.type && (at(Tok::r_paren) || at(Tok::comma))) return operand;
        if (is_typeof) fail("syntax: expected ')' after the type");
        operand.type = nullptr;
        reset(begin);
    }
    operand.expr = expression();
    return operand;
}

ExprPtr Parser::sizeof_expression() {
    auto result = std::make_unique<SizeofExpr>(here());
    advance();
    Span open = here();
    advance();
    result->operand = type_argument();
    expect_close(Tok::r_paren, "')' after the operand of sizeof", open);
    result->span = since(result->span);
    grow(height_);
    return result;
}

ExprPtr Parser::typeinfo_expression() {
    auto result = std::make_unique<TypeinfoExpr>(here());
    advance();
    Span open = here();
    advance();
    result->operand = type_argument();
    expect_close(Tok::r_paren, "')' after the operand of typeinfo", open);
    result->span = since(result->span);
    grow(height_);
    return result;
}

ExprPtr Parser::offsetof_expression() {
    auto result = std::make_unique<OffsetofExpr>(here());
    advance();
    Span open = here();
    advance();
    result->operand = type_argument();
    expect(Tok::comma, "',' and a field after the first operand of offsetof");
    do {
        if (!at(Tok::word)) fail("syntax: expected field name in offsetof");
        result->path.emplace_back(token_.text);
        advance();
    } while (accept(Tok::dot));
    expect_close(Tok::r_paren, "')' after the field of offsetof", open);
    result->span = since(result->span);
    grow(height_);
    return result;
}

}  // namespace avocet::dsl
