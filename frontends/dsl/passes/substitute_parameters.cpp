// SPDX-License-Identifier: Apache-2.0
//
// A parameter is a number if its text converts, otherwise a string. Inside str() it is always its text. In attach
// points the text goes in as it is and is scanned again, so a parameter may name another one.
#include "passes/substitute_parameters.hpp"

#include <fmt/format.h>

#include "passes/fold_constants.hpp"
#include "syntax/lexer.hpp"
#include "syntax/literals.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {
namespace {

constexpr size_t max_attach_point_insertions = 64;

class Substitution : public Walker {
public:
    explicit Substitution(Unit& unit) : unit_(unit) {}

    void on_expr(ExprPtr& e) override {
        if (e->kind == ExprKind::positional) return parameter(e);
        if (e->kind == ExprKind::positional_count) {
            e = std::make_unique<IntegerExpr>(e->span, unit_.source ? unit_.source->parameter_count : 0);
            return;
        }
        if (auto* call = as_if<CallExpr>(e.get(), ExprKind::call); call && call->name == "str") {
            if (string_call(e, *call)) return;
        }
        walk_children(*e);
    }

    void attach_point(AttachPoint& point) {
        std::string& text = point.text;
        size_t insertions = 0;
        bool quoted = false;
        for (size_t i = 0; i < text.size();) {
            if (text[i] == '"') quoted = !quoted;
            if (quoted && text[i] == '\\') i++;
            if (quoted || text[i] != '$') {
                i++;
                continue;
            }
            size_t end = i + 1;
            while (end < text.size() && is_digit(text[end])) end++;
            if (end == i + 1 || text[i + 1] == '0') return bad_parameter(point, i);
            if (++insertions > max_attach_point_insertions) {
                point.refused = true;
                unit_.diagnostics->error(point.span,
                                         fmt::format("parameter {} contains itself", text.substr(i, end - i)));
                return;
            }
            text.replace(i, end - i, value(number_at(text.substr(i + 1, end - i - 1))));
        }
    }

private:
    static uint64_t number_at(const std::string& digits) {
        return digits.size() > 18 ? UINT64_MAX : std::stoull(digits);
    }

    std::string value(uint64_t number) const {
        if (!unit_.source || number == 0 || number > unit_.source->parameter_count) return {};
        return string(unit_.source->parameters[number - 1]);
    }

    void bad_parameter(AttachPoint& point, size_t at) {
        point.refused = true;
        std::string rest = point.text.substr(at + 1);
        unit_.diagnostics
            ->error(point.span, fmt::format("invalid trailing character for positional param: {}", rest.substr(0, 1)))
            .with_hint(fmt::format("if this is intentional, quote the entire part, e.g. \"${}\"", rest));
    }

    void parameter(ExprPtr& e) {
        uint64_t number = as<PositionalExpr>(*e).number;
        std::string text = value(number);
        if (text.empty()) {
            unit_.diagnostics->warning(e->span,
                                       fmt::format("positional parameter ${} is empty or not provided", number));
            e = std::make_unique<IntegerExpr>(e->span, 0);
            return;
        }
        bool negative = false;
        if (auto converted = convert_parameter(text, negative)) {
            auto literal = std::make_unique<IntegerExpr>(e->span, *converted);
            literal->negative = negative;
            e = std::move(literal);
        } else {
            e = std::make_unique<StringExpr>(e->span, std::move(text));
        }
    }

    // `$N` or `$N + k`, at the front of str().
    struct Text {
        uint64_t number = 0, skip = 0;
    };
    static std::optional<Text> parameter_text(const Expr& e) {
        if (e.kind == ExprKind::positional) return Text{as<PositionalExpr>(e).number, 0};
        const auto* sum = as_if<BinaryExpr>(&e, ExprKind::binary);
        if (!sum || sum->op != Op::add) return std::nullopt;
        const Expr *left = sum->left.get(), *right = sum->right.get();
        if (left->kind == ExprKind::integer) std::swap(left, right);
        if (left->kind != ExprKind::positional || right->kind != ExprKind::integer) return std::nullopt;
        return Text{as<PositionalExpr>(*left).number, as<IntegerExpr>(*right).value};
    }

    bool string_call(ExprPtr& e, CallExpr& call) {
        if (call.args.empty() || call.args.size() > 2) return false;
        auto wanted = parameter_text(*call.args[0]);
        if (!wanted) return false;
        std::string text = value(wanted->number);
        if (wanted->skip > 0 && wanted->skip >= text.size()) {
            unit_.diagnostics->warning(call.args[0]->span, "literal string will always be empty");
            text.clear();
        } else {
            text.erase(0, wanted->skip);
        }
        if (call.args.size() == 2) {
            walk(call.args[1]);
            fold(call.args[1], *unit_.diagnostics);
            auto* length = as_if<IntegerExpr>(call.args[1].get(), ExprKind::integer);
            if (!length || length->negative) {
                call.args[0] = std::make_unique<StringExpr>(call.args[0]->span, std::move(text));
                return true;
            }
            text.resize(std::min<uint64_t>(text.size(), length->value));
        }
        e = std::make_unique<StringExpr>(e->span, std::move(text));
        return true;
    }

    Unit& unit_;
};

void substitute_parameters(Unit& unit) {
    Substitution substitution(unit);
    for (Clause& clause : unit.script.clauses) {
        for (AttachPoint& point : clause.attach_points) substitution.attach_point(point);
        substitution.on_clause(clause);
    }
    for (Function& function : unit.script.functions)
        if (function.body) substitution.on_block(*function.body);
}

}  // namespace

Pass substitute_parameters_pass() {
    return {"substitute_parameters", false, substitute_parameters, nullptr, nullptr, true};
}

}  // namespace avocet::dsl
