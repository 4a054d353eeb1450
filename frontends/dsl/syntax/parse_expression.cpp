// SPDX-License-Identifier: Apache-2.0
//
// Expressions. Binary operators by precedence climbing over one table; everything tighter is a function of its own.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "avocet/nearest.hpp"
#include "syntax/literals.hpp"
#include "syntax/parser_class.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {
namespace {

struct BinaryOperator {
    Tok token;
    Op op;
    int level;  // higher binds tighter
};
constexpr std::array binary_operators{
    BinaryOperator{Tok::pipe_pipe, Op::log_or, 1}, BinaryOperator{Tok::amp_amp, Op::log_and, 2},
    BinaryOperator{Tok::pipe, Op::bit_or, 3},      BinaryOperator{Tok::caret, Op::bit_xor, 4},
    BinaryOperator{Tok::amp, Op::bit_and, 5},      BinaryOperator{Tok::eq_eq, Op::eq, 6},
    BinaryOperator{Tok::bang_eq, Op::ne, 6},       BinaryOperator{Tok::less, Op::lt, 7},
    BinaryOperator{Tok::greater, Op::gt, 7},       BinaryOperator{Tok::less_eq, Op::le, 7},
    BinaryOperator{Tok::greater_eq, Op::ge, 7},    BinaryOperator{Tok::shl, Op::shl, 8},
    BinaryOperator{Tok::shr, Op::shr, 8},          BinaryOperator{Tok::plus, Op::add, 9},
    BinaryOperator{Tok::minus, Op::sub, 9},        BinaryOperator{Tok::star, Op::mul, 10},
    BinaryOperator{Tok::slash, Op::div, 10},       BinaryOperator{Tok::percent, Op::mod, 10},
};

const BinaryOperator* find_binary(Tok token) {
    for (const BinaryOperator& op : binary_operators)
        if (op.token == token) return &op;
    return nullptr;
}

}  // namespace

ExprPtr Parser::whole_expression() {
    ExprPtr result = expression();
    if (!at(Tok::end)) fail("syntax: unexpected input after the expression");
    return result;
}

ExprPtr Parser::expression() {
    Nesting nesting(*this);
    Span begin = here();
    ExprPtr condition = binary(1);
    unsigned height = height_;
    if (!at(Tok::question)) return condition;
    Span question = here();
    advance();
    ExprPtr then;
    if (!at(Tok::colon)) then = expression();
    height = std::max(height, then ? height_ : 0);
    if (!accept(Tok::colon)) {
        error_here("syntax: expected ':' of the conditional expression").with_context(question, "this '?' begins it");
        throw SyntaxError{};
    }
    ExprPtr otherwise = expression();
    grow(std::max(height, height_));
    return std::make_unique<TernaryExpr>(since(begin), std::move(condition), std::move(then), std::move(otherwise));
}

ExprPtr Parser::binary(int level) {
    Span begin = here();
    ExprPtr left = unary();
    while (const BinaryOperator* found = find_binary(token_.kind)) {
        if (found->level < level) break;
        if (at(Tok::slash) && peek().kind == Tok::l_brace) break;  // closes the predicate
        unsigned height = height_;
        Span op_span = here();
        advance();
        ExprPtr right = binary(found->level + 1);
        grow(std::max(height, height_));
        auto node = std::make_unique<BinaryExpr>(since(begin), found->op, std::move(left), std::move(right));
        node->op_span = op_span;
        left = std::move(node);
    }
    return left;
}

ExprPtr Parser::step(Op op, const Span& begin, ExprPtr operand) {
    if (operand->kind != ExprKind::variable && operand->kind != ExprKind::map && operand->kind != ExprKind::map_element)
        fail_at(since(begin), "syntax: increment/decrement requires a variable or map");
    grow(height_);
    return std::make_unique<UnaryExpr>(since(begin), op, std::move(operand));
}

ExprPtr Parser::unary() {
    Span begin = here();
    Op op;
    switch (token_.kind) {
        case Tok::plus_plus: op = Op::pre_inc; break;
        case Tok::minus_minus: op = Op::pre_dec; break;
        case Tok::minus: op = Op::neg; break;
        case Tok::bang: op = Op::log_not; break;
        case Tok::tilde: op = Op::bit_not; break;
        case Tok::star: op = Op::deref; break;
        case Tok::amp: op = Op::address_of; break;
        case Tok::plus: fail("syntax: expected expression");
        default:
            if (!at_word("comptime")) return postfix();
            {
                Nesting nesting(*this);
                advance();
                ExprPtr operand = unary();
                grow(height_);
                return std::make_unique<ComptimeExpr>(since(begin), std::move(operand));
            }
    }
    Nesting nesting(*this);
    advance();
    ExprPtr operand = unary();
    if (op == Op::pre_inc || op == Op::pre_dec) return step(op, begin, std::move(operand));
    if (op == Op::address_of && operand->kind != ExprKind::variable && operand->kind != ExprKind::map)
        fail_at(since(begin), "syntax: address-of operator (&) can only be used on a map or variable");
    grow(height_);
    return std::make_unique<UnaryExpr>(since(begin), op, std::move(operand));
}

ExprPtr Parser::postfix() {
    Span begin = here();
    ExprPtr result = primary();
    while (true) {
        switch (token_.kind) {
            case Tok::dot:
            case Tok::arrow: result = member(std::move(result)); break;
            case Tok::l_bracket: {
                unsigned height = height_;
                Span open = here();
                advance();
                ExprPtr index = expression();
                expect_close(Tok::r_bracket, "']' after the index", open);
                grow(std::max(height, height_));
                result = std::make_unique<IndexExpr>(since(begin), std::move(result), std::move(index));
                break;
            }
            case Tok::plus_plus:
            case Tok::minus_minus: {
                Op op = at(Tok::plus_plus) ? Op::post_inc : Op::post_dec;
                advance();
                result = step(op, begin, std::move(result));
                break;
            }
            default: return result;
        }
    }
}

ExprPtr Parser::member(ExprPtr object) {
    Span begin = object->span;
    bool arrow = at(Tok::arrow);
    advance();
    Span name = here();
    if (at(Tok::word)) {
        std::string text(token_.text);
        advance();
        grow(height_);
        auto field = std::make_unique<FieldExpr>(since(begin), std::move(object), std::move(text));
        field->name_span = name;
        field->arrow = arrow;
        return field;
    }
    if (arrow || !at(Tok::integer)) fail(fmt::format("syntax: expected field name after '{}'", arrow ? "->" : "."));
    auto number = integer_value();
    grow(height_);
    return std::make_unique<TupleFieldExpr>(since(begin), std::move(object), number.value_or(0));
}

ExprPtr Parser::primary() {
    switch (token_.kind) {
        case Tok::l_paren: return parenthesised();
        case Tok::word: return word();
        case Tok::map: return map();
        case Tok::integer: return integer();
        case Tok::string: return string();
        case Tok::positional: return positional();
        case Tok::variable: {
            auto result = std::make_unique<VariableExpr>(here(), std::string(token_.text.substr(1)));
            advance();
            height_ = 1;
            return result;
        }
        case Tok::count: {
            auto result = std::make_unique<PositionalCountExpr>(here());
            advance();
            height_ = 1;
            return result;
        }
        case Tok::l_brace: {
            Span begin = here();
            auto body = block(BlockValue::kept, "");
            grow(height_);
            return std::make_unique<BlockExpr>(since(begin), std::move(body));
        }
        default: fail("syntax: expected expression");
    }
}

// Everything that begins with `(`: empty tuple, record, cast, tuple, grouping.
ExprPtr Parser::parenthesised() {
    Nesting nesting(*this);
    Span open = here();
    advance();
    if (accept(Tok::r_paren)) {
        height_ = 1;
        return std::make_unique<EmptyTupleExpr>(since(open));
    }
    if (at(Tok::word) && !is_parser_builtin(token_.text) && peek().kind == Tok::assign) return record(open);
    if (auto target = cast_target()) {
        ExprPtr operand = unary();
        grow(height_);
        return std::make_unique<CastExpr>(since(open), std::move(target), std::move(operand));
    }
    ExprPtr first = expression();
    if (at(Tok::comma)) return tuple(open, std::move(first));
    expect_close(Tok::r_paren, "')'", open);
    return first;
}

ExprPtr Parser::record(const Span& open) {
    auto result = std::make_unique<RecordExpr>(open);
    unsigned height = 0;
    do {
        if (!at(Tok::word)) fail("syntax: expected field name in record");
        RecordExpr::Member member{std::string(token_.text), here(), nullptr};
        for (const auto& known : result->members)
            if (known.name == member.name)
                report(here(), fmt::format("syntax: named argument list already contains name: {}", member.name))
                    .with_context(known.name_span, "this is the first one");
        advance();
        expect(Tok::assign, fmt::format("'=' after record field '{}'", member.name));
        member.value = expression();
        height = std::max(height, height_);
        result->members.push_back(std::move(member));
    } while (accept(Tok::comma));
    expect_close(Tok::r_paren, "')' at the end of the record", open);
    result->span = since(open);
    grow(height);
    return result;
}

ExprPtr Parser::tuple(const Span& open, ExprPtr first) {
    auto result = std::make_unique<TupleExpr>(open);
    unsigned height = height_;
    result->elements.push_back(std::move(first));
    while (accept(Tok::comma) && !at(Tok::r_paren)) {
        result->elements.push_back(expression());
        height = std::max(height, height_);
    }
    expect_close(Tok::r_paren, "')' at the end of the tuple", open);
    result->span = since(open);
    grow(height);
    return result;
}

ExprPtr Parser::word() {
    bool opens = peek().kind == Tok::l_paren;
    if (at_word("if")) return if_expression();
    if (opens && at_word("sizeof")) return sizeof_expression();
    if (opens && at_word("typeinfo")) return typeinfo_expression();
    if (opens && at_word("offsetof")) return offsetof_expression();
    if (opens && at_word("typeof")) return argument();
    if (std::find(statement_words.begin(), statement_words.end(), token_.text) != statement_words.end() && !opens)
        fail("syntax: expected expression");
    Token name = token_;
    advance();
    height_ = 1;
    if (opens) return call(name);
    if (name.text == "true" || name.text == "false")
        return std::make_unique<BooleanExpr>(span_of(name), name.text == "true");
    return std::make_unique<IdentifierExpr>(span_of(name), std::string(name.text));
}

ExprPtr Parser::call(const Token& name) {
    auto result = std::make_unique<CallExpr>(span_of(name), std::string(name.text));
    result->name_span = result->span;
    unsigned height = 0;
    Span open = here();
    advance();
    if (!at(Tok::r_paren)) {
        do {
            result->args.push_back(argument());
            height = std::max(height, height_);
        } while (accept(Tok::comma));
    }
    if (at(Tok::colon)) {  // `fro ($i : 0..3)`
        Message& message = error_here(fmt::format("syntax: expected ')' or ',' in the arguments of '{}'", name.text));
        message.with_hint(nearest_hint(name.text, statement_words));
        throw SyntaxError{};
    }
    expect_close(Tok::r_paren, fmt::format("')' or ',' in the arguments of '{}'", name.text), open);
    result->span = since(result->name_span);
    grow(height);
    return result;
}

ExprPtr Parser::argument() {
    if (!at_word("typeof") || peek().kind != Tok::l_paren) return expression();
    Span begin = here();
    auto type = type_name();
    grow(height_);
    return std::make_unique<TypeArgExpr>(since(begin), std::move(type));
}

ExprPtr Parser::map() {
    Span begin = here();
    std::string name(token_.text);
    advance();
    height_ = 1;
    if (!at(Tok::l_bracket)) return std::make_unique<MapExpr>(begin, std::move(name));
    auto result = std::make_unique<MapElementExpr>(begin, std::move(name));
    result->name_span = begin;
    Span open = here();
    advance();
    Span keys_begin = here();
    result->key = expression();
    unsigned height = height_;
    if (at(Tok::comma)) {
        auto keys = std::make_unique<TupleExpr>(keys_begin);
        keys->elements.push_back(std::move(result->key));
        while (accept(Tok::comma)) {
            keys->elements.push_back(expression());
            height = std::max(height, height_);
        }
        keys->span = since(keys_begin);
        result->several_keys = true;
        result->key = std::move(keys);
    }
    expect_close(Tok::r_bracket, "']' after the key", open);
    result->span = since(begin);
    grow(height + 1);
    return result;
}

ExprPtr Parser::positional() {
    uint64_t number = 0;
    bool fits = true;
    for (char c : token_.text.substr(1)) {
        fits &= !__builtin_mul_overflow(number, uint64_t{10}, &number);
        fits &= !__builtin_add_overflow(number, static_cast<uint64_t>(c - '0'), &number);
    }
    if (!fits || number == 0 || number > uint64_t{INT64_MAX})
        report(here(), fmt::format("syntax: param {} is out of integer range [1, 9223372036854775807]", token_.text));
    auto result = std::make_unique<PositionalExpr>(here(), number);
    advance();
    height_ = 1;
    return result;
}

std::optional<uint64_t> Parser::integer_value() {
    ConvertedInteger number = convert_integer(token_.text, false);
    if (!number.error.empty()) {
        const bool octal = number.error.starts_with("invalid trailing") &&
                           token_.text.find_first_not_of("0123456789") == std::string_view::npos;
        report(here(), number.error).with_hint(octal ? "a leading 0 makes a number octal: its digits are 0 to 7" : "");
    }
    advance();
    return number.error.empty() ? std::optional(number.value) : std::nullopt;
}

ExprPtr Parser::integer() {
    auto result = std::make_unique<IntegerExpr>(here(), 0);
    result->spelling = token_.text;
    result->has_suffix = convert_integer(token_.text, false).has_suffix;
    result->value = integer_value().value_or(0);
    height_ = 1;
    return result;
}

std::string Parser::string_value() {
    ConvertedString converted = convert_string(token_.text.substr(1, token_.text.size() - 2));
    if (!converted.error.empty()) {
        Span span = here();
        span.column += static_cast<uint32_t>(1 + converted.error_offset);
        span.end_column = span.column + static_cast<uint32_t>(converted.error_length);
        report(span, converted.error).with_hint("escapes are \\n \\t \\r \\\" \\\\, \\ooo (octal) and \\xhh (hex)");
    }
    advance();
    return std::move(converted.value);
}

ExprPtr Parser::string() {
    Span span = here();
    height_ = 1;
    return std::make_unique<StringExpr>(span, string_value());
}

}  // namespace avocet::dsl
