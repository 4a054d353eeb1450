// SPDX-License-Identifier: Apache-2.0
//
// Numbers are computed as 128-bit integers and must fit 64 bits again, so signs and widths cannot get in the way; bit
// operations work on the 64-bit pattern. What has no meaning here (an operand that is no literal, two booleans added)
// is left for infer_types to judge.
#include "passes/fold_constants.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "syntax/dump.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {
namespace {

using Wide = __int128;

constexpr Wide minimum = -(Wide{1} << 63), maximum = (Wide{1} << 64) - 1;

bool is_number(const Expr& e) { return e.kind == ExprKind::integer || e.kind == ExprKind::boolean; }

Wide wide(const Expr& e) {
    if (e.kind == ExprKind::boolean) return as<BooleanExpr>(e).value;
    const auto& i = as<IntegerExpr>(e);
    return i.negative ? Wide{static_cast<int64_t>(i.value)} : Wide{i.value};
}

ExprPtr integer(const Span& span, Wide value) {
    auto result = std::make_unique<IntegerExpr>(span, static_cast<uint64_t>(value));
    result->negative = value < 0;
    result->is_constant = true;
    return result;
}
ExprPtr boolean(const Span& span, bool value) {
    auto result = std::make_unique<BooleanExpr>(span, value);
    result->is_constant = true;
    return result;
}
ExprPtr text(const Span& span, std::string value) {
    auto result = std::make_unique<StringExpr>(span, std::move(value));
    result->is_constant = true;
    return result;
}

bool is_comparison(Op op) { return op >= Op::eq && op <= Op::ge; }

template <class T>
bool compare(Op op, const T& a, const T& b) {
    switch (op) {
        case Op::eq: return a == b;
        case Op::ne: return !(a == b);
        case Op::lt: return a < b;
        case Op::gt: return b < a;
        case Op::le: return !(b < a);
        default: return !(a < b);
    }
}

// Truth of a literal; nullopt: it has none.
std::optional<bool> truth(const Expr& e) {
    if (is_number(e)) return wide(e) != 0;
    if (e.kind == ExprKind::string) return !as<StringExpr>(e).value.empty() && as<StringExpr>(e).value[0] != '\0';
    return std::nullopt;
}

// Equality of constants; nullopt: of different shapes, for infer_types to report.
std::optional<bool> equal(const Expr& a, const Expr& b);

std::optional<bool> equal_tuples(const TupleExpr& a, const TupleExpr& b) {
    if (a.elements.size() != b.elements.size()) return std::nullopt;
    bool same = true;
    for (size_t i = 0; i < a.elements.size(); i++) {
        auto part = equal(*a.elements[i], *b.elements[i]);
        if (!part) return std::nullopt;
        same &= *part;
    }
    return same;
}

std::optional<bool> equal_records(const RecordExpr& a, const RecordExpr& b) {
    if (a.members.size() != b.members.size()) return std::nullopt;
    bool same = true;
    for (const auto& member : a.members) {
        auto other =
            std::find_if(b.members.begin(), b.members.end(), [&](const auto& m) { return m.name == member.name; });
        if (other == b.members.end()) return std::nullopt;
        auto part = equal(*member.value, *other->value);
        if (!part) return std::nullopt;
        same &= *part;
    }
    return same;
}

std::optional<bool> equal(const Expr& a, const Expr& b) {
    if (is_number(a) && is_number(b)) return a.kind == b.kind ? std::optional(wide(a) == wide(b)) : std::nullopt;
    if (a.kind != b.kind) return std::nullopt;
    if (a.kind == ExprKind::string) return as<StringExpr>(a).value == as<StringExpr>(b).value;
    if (a.kind == ExprKind::tuple) return equal_tuples(as<TupleExpr>(a), as<TupleExpr>(b));
    if (a.kind == ExprKind::record) return equal_records(as<RecordExpr>(a), as<RecordExpr>(b));
    return std::nullopt;
}

class Folder : public Walker {
public:
    explicit Folder(DiagnosticList& diagnostics) : diagnostics_(diagnostics) {}

    void on_expr(ExprPtr& e) override {
        if (e->kind == ExprKind::if_expr && choose_arm(e)) return on_expr(e);
        walk_children(*e);
        visit(*e, Cases{
                      [](Expr&) {},
                      [](IntegerExpr& n) { n.is_constant = true; },
                      [](StringExpr& n) { n.is_constant = true; },
                      [](BooleanExpr& n) { n.is_constant = true; },
                      [](TupleExpr& n) {
                          n.is_constant =
                              std::all_of(n.elements.begin(), n.elements.end(), [](auto& x) { return x->is_constant; });
                      },
                      [](RecordExpr& n) {
                          n.is_constant = std::all_of(n.members.begin(), n.members.end(),
                                                      [](auto& m) { return m.value->is_constant; });
                      },
                      [&](UnaryExpr& n) { replace(e, unary(n)); },
                      [&](BinaryExpr& n) { replace(e, binary(n)); },
                      [&](TernaryExpr& n) { replace(e, ternary(n)); },
                      [&](TupleFieldExpr& n) { replace(e, element(n)); },
                      [&](FieldExpr& n) { replace(e, member(n)); },
                      [&](ComptimeExpr& n) {
                          if (n.operand->is_constant) replace(e, std::move(n.operand));
                      },
                      [&](BlockExpr& n) {
                          Block& b = *n.block;
                          if (b.statements.empty() && b.value && b.value->is_constant) replace(e, std::move(b.value));
                      },
                  });
    }

private:
    static void replace(ExprPtr& e, ExprPtr folded) {
        if (!folded) return;
        ExprPtr old = std::move(e);  // `folded` may come from inside
        e = std::move(folded);
    }

    // `if comptime (c)`: the arm taken, as a block. The other one is not looked at.
    bool choose_arm(ExprPtr& e) {
        auto& n = as<IfExpr>(*e);
        if (n.condition->kind != ExprKind::comptime) return false;
        auto& comptime = as<ComptimeExpr>(*n.condition);
        on_expr(comptime.operand);
        if (!comptime.operand->is_constant) return false;
        auto taken = truth(*comptime.operand);
        if (!taken) return false;
        std::unique_ptr<Block> arm = std::move(*taken ? n.then : n.otherwise);
        if (!arm) arm = std::make_unique<Block>();
        replace(e, std::make_unique<BlockExpr>(n.span, std::move(arm)));
        return true;
    }

    ExprPtr refuse(const Span& span, const char* text) {
        diagnostics_.error(span, text);
        return nullptr;
    }
    ExprPtr overflow(const Span& span) { return refuse(span, "unable to fold literals due to overflow or underflow"); }
    ExprPtr number(const Span& span, Wide value) {
        return value < minimum || value > maximum ? overflow(span) : integer(span, value);
    }

    ExprPtr unary(const UnaryExpr& e) {
        const Expr& x = *e.operand;
        if (!is_number(x)) return nullptr;
        switch (e.op) {
            case Op::log_not: return boolean(e.span, wide(x) == 0);
            case Op::neg:
                if (x.kind != ExprKind::integer) return nullptr;
                if (-wide(x) < minimum) return refuse(e.span, "negative value will underflow");
                return integer(e.span, -wide(x));
            case Op::bit_not:
                if (x.kind != ExprKind::integer) return nullptr;
                return integer(e.span, static_cast<uint64_t>(~wide(x)));
            default: return nullptr;
        }
    }

    ExprPtr binary(const BinaryExpr& e) {
        const Expr &a = *e.left, &b = *e.right;
        if (!a.is_constant || !b.is_constant) return nullptr;
        if (e.op == Op::log_and || e.op == Op::log_or) return logical(e);
        if (is_number(a) && is_number(b)) return numbers(e);
        if (a.kind == ExprKind::string || b.kind == ExprKind::string) return strings(e);
        if (e.op != Op::eq && e.op != Op::ne) return nullptr;
        auto same = equal(a, b);
        return same ? boolean(e.span, *same == (e.op == Op::eq)) : nullptr;
    }

    ExprPtr logical(const BinaryExpr& e) {
        auto a = truth(*e.left), b = truth(*e.right);
        if (!a || !b) return nullptr;
        return boolean(e.span, e.op == Op::log_and ? *a && *b : *a || *b);
    }

    ExprPtr numbers(const BinaryExpr& e) {
        Wide a = wide(*e.left), b = wide(*e.right), result = 0;
        bool booleans = e.left->kind == ExprKind::boolean && e.right->kind == ExprKind::boolean;
        if (is_comparison(e.op)) return boolean(e.span, compare(e.op, a, b));
        switch (e.op) {
            case Op::bit_and:
            case Op::bit_or:
            case Op::bit_xor: return bits(e, booleans);
            default: break;
        }
        if (booleans) return nullptr;
        switch (e.op) {
            case Op::add: return number(e.span, a + b);
            case Op::sub: return number(e.span, a - b);
            case Op::mul: return __builtin_mul_overflow(a, b, &result) ? overflow(e.span) : number(e.span, result);
            case Op::div:
            case Op::mod:
                if (b == 0) return refuse(e.span, "unable to fold literals: division by zero");
                return number(e.span, e.op == Op::div ? a / b : a % b);
            case Op::shl:
            case Op::shr: return shift(e, a, b);
            default: return nullptr;
        }
    }

    ExprPtr bits(const BinaryExpr& e, bool booleans) {
        auto a = static_cast<uint64_t>(wide(*e.left)), b = static_cast<uint64_t>(wide(*e.right));
        uint64_t result = e.op == Op::bit_and ? a & b : e.op == Op::bit_or ? a | b : a ^ b;
        if (booleans) return boolean(e.span, result != 0);
        bool is_signed = wide(*e.left) < 0 || wide(*e.right) < 0;
        return integer(e.span, is_signed ? Wide{static_cast<int64_t>(result)} : Wide{result});
    }

    // As a 64-bit machine shifts: bits pushed out to the left are lost, negative values keep their sign.
    ExprPtr shift(const BinaryExpr& e, Wide value, Wide count) {
        if (count < 0 || count > 63) return refuse(e.span, "unable to fold literals: the shift count must be 0 to 63");
        if (e.op == Op::shr) return integer(e.span, value >> static_cast<int>(count));
        uint64_t result = static_cast<uint64_t>(value) << static_cast<int>(count);
        return integer(e.span, value < 0 ? Wide{static_cast<int64_t>(result)} : Wide{result});
    }

    ExprPtr strings(const BinaryExpr& e) {
        auto* a = as_if<StringExpr>(e.left.get(), ExprKind::string);
        auto* b = as_if<StringExpr>(e.right.get(), ExprKind::string);
        if (a && b && is_comparison(e.op)) return boolean(e.span, compare(e.op, a->value, b->value));
        if (a && b && e.op == Op::add) return text(e.span, a->value + b->value);
        if (a && e.op == Op::add && e.right->kind == ExprKind::integer && wide(*e.right) >= 0) {
            auto skip = static_cast<uint64_t>(wide(*e.right));
            if (skip < a->value.size()) return text(e.span, a->value.substr(skip));
            diagnostics_.warning(e.span, "literal string will always be empty");
            return text(e.span, "");
        }
        if (is_comparison(e.op)) return nullptr;  // unlike classes: infer_types has the better message
        return refuse(e.span, "illegal literal operation with strings");
    }

    // Only between literals of one class: the arm not taken would still decide the type.
    ExprPtr ternary(TernaryExpr& e) {
        if (!e.condition->is_constant || !e.otherwise->is_constant || (e.then && !e.then->is_constant)) return nullptr;
        auto taken = truth(*e.condition);
        ExprPtr& then = e.then ? e.then : e.condition;
        if (!taken || then->kind != e.otherwise->kind || then->kind == ExprKind::tuple ||
            then->kind == ExprKind::record)
            return nullptr;
        return std::move(*taken ? then : e.otherwise);
    }

    ExprPtr element(TupleFieldExpr& e) {
        if (e.object->kind != ExprKind::tuple || !e.object->is_constant) return nullptr;
        auto& elements = as<TupleExpr>(*e.object).elements;
        return e.number < elements.size() ? std::move(elements[e.number]) : nullptr;
    }

    ExprPtr member(FieldExpr& e) {
        if (e.object->kind != ExprKind::record || !e.object->is_constant) return nullptr;
        for (auto& m : as<RecordExpr>(*e.object).members)
            if (m.name == e.name) return std::move(m.value);
        return nullptr;
    }

    DiagnosticList& diagnostics_;
};

// A string literal must fit a string of max_strlen bytes, unless only the compiler looks at it.
class StringLimit : public Walker {
public:
    explicit StringLimit(Unit& unit) : unit_(unit) {}
    void on_expr(ExprPtr& e) override {
        if (auto* call = as_if<CallExpr>(e.get(), ExprKind::call)) {
            static const std::set<std::string_view> formatted{"printf", "errorf", "warnf"};
            static const std::set<std::string_view> compiled{
                "cgroupid", "kaddr", "uaddr", "pton", "reg", "kfunc_exist", "kfunc_allowed", "fail", "static_assert"};
            const size_t first = compiled.count(call->name) ? call->args.size() : formatted.count(call->name);
            for (size_t i = first; i < call->args.size(); i++) walk(call->args[i]);
            return;
        }
        auto* literal = as_if<StringExpr>(e.get(), ExprKind::string);
        if (!literal) return walk_children(*e);
        uint64_t most = std::max<uint64_t>(unit_.settings.max_strlen, 1) - 1;
        if (literal->value.size() <= most) return;
        unit_.diagnostics
            ->error(e->span, fmt::format("string is too long (over {} bytes): {}", most, literal->value.substr(0, 200)))
            .with_hint("raise max_strlen in the config block");
    }

private:
    Unit& unit_;
};

void fold_constants(Unit& unit) {
    Folder folder(*unit.diagnostics);
    StringLimit limit(unit);
    for (Clause& clause : unit.script.clauses) {
        folder.on_clause(clause);
        limit.on_clause(clause);
    }
    for (Function& function : unit.script.functions) {
        folder.on_block(*function.body);
        limit.on_block(*function.body);
    }
}

}  // namespace

bool fold(ExprPtr& expr, DiagnosticList& diagnostics) {
    Folder(diagnostics).on_expr(expr);
    return expr->is_constant;
}

Pass fold_constants_pass() { return {"fold_constants", false, fold_constants, dump_ast, "ast", true}; }

}  // namespace avocet::dsl
