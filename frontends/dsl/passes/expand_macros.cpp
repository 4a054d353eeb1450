// SPDX-License-Identifier: Apache-2.0
//
// A call of a macro becomes a block (or just its value, when there is nothing else). Arguments are expanded first, in
// the caller's scope; then the body is instantiated and the calls in it are expanded in turn, with the chain of macros
// at hand to find recursion. What expansion makes is bounded in number, nodes and height: three nested macros that use
// their argument ten times each are fine, thirty are an error.
#include "passes/expand_macros.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "passes/library_names.hpp"
#include "passes/macro_body.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {
namespace {

constexpr size_t max_expansions = 20000, max_nodes = 1000000, max_height = 1200, max_chain = 64;

using Param = Macro::Param;

bool accepts(const Param& param, const Expr& arg) {
    if (param.kind == Param::variable) return arg.kind == ExprKind::variable;
    if (param.kind == Param::map) return arg.kind == ExprKind::map;
    return true;
}

const char* kind_of(const Expr& arg) {
    if (arg.kind == ExprKind::variable) return "a variable";
    if (arg.kind == ExprKind::map) return "a map";
    return arg.kind == ExprKind::type_arg ? "a type" : "an expression";
}

// Would every call that fits `later` be taken by `earlier`?
bool covers(const Macro& earlier, const Macro& later) {
    if (earlier.name != later.name || earlier.params.size() != later.params.size()) return false;
    for (size_t i = 0; i < earlier.params.size(); i++)
        if (earlier.params[i].kind != Param::expression && earlier.params[i].kind != later.params[i].kind) return false;
    return true;
}

class Expander : public Walker {
public:
    explicit Expander(Unit& unit) : unit_(unit), macros_(unit.script.macros) {}

    void on_expr(ExprPtr& e) override {
        if (stopped_) return;
        walk_children(*e);  // arguments first
        if (auto* word = as_if<IdentifierExpr>(e.get(), ExprKind::identifier)) {
            std::vector<ExprPtr> no_args;
            if (const Macro* macro = find(word->name, no_args)) expand(e, *macro, no_args);
        } else if (auto* call = as_if<CallExpr>(e.get(), ExprKind::call)) {
            if (const Macro* macro = find(call->name, call->args))
                expand(e, *macro, call->args);
            else
                mismatch(*call);
        }
    }

private:
    const Macro* find(const std::string& name, const std::vector<ExprPtr>& args) const {
        for (const Macro& macro : macros_) {
            if (macro.name != name || macro.params.size() != args.size()) continue;
            bool fits = true;
            for (size_t i = 0; i < args.size(); i++) fits &= accepts(macro.params[i], *args[i]);
            if (fits) return &macro;
        }
        return nullptr;
    }

    void expand(ExprPtr& e, const Macro& macro, std::vector<ExprPtr>& args) {
        if (is_recursive(macro, e->span)) return;
        if (unit_.script.expansions.size() >= max_expansions)
            return stop(e->span, fmt::format("more than {} macro expansions", max_expansions));
        unit_.script.expansions.push_back({e->span, macro.name});
        auto expansion = static_cast<uint32_t>(unit_.script.expansions.size());
        Span call_span = e->span;
        auto body = instantiate({macro, args, expansion, expansion}, budget_, *unit_.diagnostics);
        if (budget_ == 0) return stop(call_span, "macro expansion makes the program too large");
        chain_.push_back(&macro);
        on_block(*body);
        chain_.pop_back();
        if (stopped_) return;
        // Only now is the call, and the arguments in it, given up.
        bool plain = body->statements.empty() && body->value && body->value->kind != ExprKind::map;
        ExprPtr result = plain ? std::move(body->value) : std::make_unique<BlockExpr>(call_span, std::move(body));
        if (measure(result).height > max_height) return stop(call_span, "macro expansion nests too deeply");
        e = std::move(result);
    }

    bool is_recursive(const Macro& macro, const Span& span) {
        bool known = std::find(chain_.begin(), chain_.end(), &macro) != chain_.end();
        if (!known && chain_.size() < max_chain) return false;
        std::string names;
        for (const Macro* m : chain_) names += m->name + " > ";
        stop(span, (known ? "recursive macro call detected, call chain: " : "macro calls nest too deeply: ") + names +
                       macro.name);
        return true;
    }

    void stop(const Span& span, std::string text) {
        unit_.diagnostics->error(span, std::move(text));
        stopped_ = true;
    }

    void mismatch(const CallExpr& call) {
        const Macro* closest = nullptr;
        for (const Macro& macro : macros_) {
            if (macro.name != call.name) continue;
            if (!closest || (closest->params.size() != call.args.size() && macro.params.size() == call.args.size()))
                closest = &macro;
        }
        if (!closest || is_library_name(call.name)) return;
        Message& message = unit_.diagnostics->error(
            call.span, fmt::format("call to {}() has arguments that do not match any definition", call.name));
        if (closest->params.size() != call.args.size()) {
            message
                .with_hint(fmt::format(
                    "the closest definition of {}() has a different number of arguments, expected: {} but got {}",
                    call.name, closest->params.size(), call.args.size()))
                .with_context(closest->span, "this is the closest definition");
            return;
        }
        for (size_t i = 0; i < call.args.size(); i++) {
            const Param& param = closest->params[i];
            if (accepts(param, *call.args[i])) continue;
            bool variable = param.kind == Param::variable;
            message
                .with_hint(fmt::format("mismatched arg: {}() expects a {} for arg {}{} but got {}", call.name,
                                       variable ? "variable" : "map", variable ? "$" : "", param.name,
                                       kind_of(*call.args[i])))
                .with_context(param.span, "this is the argument in the closest definition");
            return;
        }
    }

    Unit& unit_;
    const std::vector<Macro>& macros_;
    std::vector<const Macro*> chain_;
    size_t budget_ = max_nodes;
    bool stopped_ = false;
};

void check_definitions(Unit& unit) {
    const auto& macros = unit.script.macros;
    for (size_t i = 0; i < macros.size(); i++) {
        check_macro(macros[i], *unit.diagnostics);
        for (size_t j = 0; j < i; j++) {
            if (!covers(macros[j], macros[i])) continue;
            unit.diagnostics->error(macros[i].span, fmt::format("redefinition of macro: {}", macros[i].name))
                .with_context(macros[j].span, "this is the original definition");
            break;
        }
    }
}

void expand_macros(Unit& unit) {
    check_definitions(unit);
    if (unit.script.macros.empty()) return;
    Expander expander(unit);
    for (Clause& clause : unit.script.clauses) expander.on_clause(clause);
    for (Function& function : unit.script.functions) expander.on_block(*function.body);
}

}  // namespace

Pass expand_macros_pass() { return {"expand_macros", false, expand_macros, nullptr, nullptr, true}; }

}  // namespace avocet::dsl
