// SPDX-License-Identifier: Apache-2.0
#include "passes/expand_functions.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "passes/macro_body.hpp"
#include "syntax/clone.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {
namespace {

constexpr size_t max_calls = 20000, max_nodes = 1000000, max_chain = 64;

bool returns_nothing(const Function& function) {
    return function.result && function.result->name == "void" && function.result->suffixes.empty();
}

std::unique_ptr<LetStmt> declare(const Span& span, std::string name, const TypeName& type, ExprPtr value) {
    auto let = std::make_unique<LetStmt>(span);
    let->name = std::move(name);
    let->name_span = span;
    let->type = clone(type);
    let->value = std::move(value);
    return let;
}

// `return e;` in a function's copy: the result is kept, and the block left.
class Returns final : public Walker {
public:
    Returns(const Function& function, std::string result, DiagnosticList& diagnostics)
        : function_(function), result_(std::move(result)), diagnostics_(diagnostics) {}

    void on_stmt(StmtPtr& stmt) override {
        const bool loop =
            stmt->kind == StmtKind::for_map || stmt->kind == StmtKind::for_range || stmt->kind == StmtKind::while_;
        if ((stmt->kind == StmtKind::break_ || stmt->kind == StmtKind::continue_) && loops_ == 0)
            diagnostics_.error(stmt->span, "'break' and 'continue' need a loop inside the function")
                .with_hint("return leaves the function");
        loops_ += loop;
        walk_children(*stmt);
        loops_ -= loop;
        if (stmt->kind == StmtKind::return_) replace(stmt);
    }

private:
    void replace(StmtPtr& stmt) {
        auto& s = as<ReturnStmt>(*stmt);
        const bool nothing = returns_nothing(function_);
        if (nothing && s.value)
            diagnostics_.error(s.value->span, fmt::format("function '{}': returns void, not a value", function_.name))
                .with_context(function_.span, "it is defined here");
        if (!nothing && !s.value)
            diagnostics_.error(s.span, fmt::format("function '{}': must return a value", function_.name))
                .with_context(function_.span, "it is defined here");
        auto block = std::make_unique<Block>();
        block->span = s.span;
        if (s.value && !nothing) {
            auto keep = std::make_unique<AssignStmt>(s.span);
            keep->target = std::make_unique<VariableExpr>(s.span, result_);
            keep->value = std::move(s.value);
            block->statements.push_back(std::move(keep));
        }
        block->statements.push_back(std::make_unique<JumpStmt>(StmtKind::leave_, s.span));
        auto both = std::make_unique<ExprStmt>(s.span);
        both->value = std::make_unique<BlockExpr>(s.span, std::move(block));
        stmt = std::move(both);
    }

    const Function& function_;
    const std::string result_;
    DiagnosticList& diagnostics_;
    int loops_ = 0;
};

class Expander final : public Walker {
public:
    explicit Expander(Unit& unit) : unit_(unit) {}

    bool was_called(const Function& function) const { return called_.contains(&function); }
    bool stopped() const { return stopped_; }

    void on_expr(ExprPtr& e) override {
        if (stopped_) return;
        walk_children(*e);  // arguments first
        auto* call = as_if<CallExpr>(e.get(), ExprKind::call);
        if (!call) return;
        const Function* function = find(call->name);
        if (!function) return;
        called_.insert(function);
        expand(e, *call, *function);
    }

private:
    const Function* find(const std::string& name) const {
        for (const Function& f : unit_.script.functions)
            if (f.name == name) return &f;
        return nullptr;
    }

    void expand(ExprPtr& e, CallExpr& call, const Function& function) {
        if (call.args.size() != function.params.size()) {
            unit_.diagnostics
                ->error(call.span, fmt::format("function '{}': takes {} arguments, {} given", function.name,
                                               function.params.size(), call.args.size()))
                .with_context(function.span, "it is defined here");
            stopped_ = true;
            return;
        }
        if (is_recursive(call, function)) return;
        if (unit_.script.expansions.size() >= max_calls) return stop(call.span, "too many calls of functions");
        unit_.script.expansions.push_back({call.span, function.name});
        const auto expansion = static_cast<uint32_t>(unit_.script.expansions.size());
        const std::string prefix = fmt::format("${}_{}_", function.name, expansion);

        auto outer = std::make_unique<Block>();
        outer->span = call.span;
        Macro macro;
        macro.name = function.name;
        macro.span = function.span;
        macro.body = clone(*function.body);
        std::vector<ExprPtr> names;
        for (size_t i = 0; i < call.args.size(); ++i) {
            const auto& param = function.params[i];
            const Span at = call.args[i]->span;
            outer->statements.push_back(declare(at, prefix + param.name, *param.type, std::move(call.args[i])));
            macro.params.push_back({Macro::Param::variable, param.name, param.span});
            names.push_back(std::make_unique<VariableExpr>(param.span, prefix + param.name));
        }
        auto body = instantiate({macro, names, expansion, expansion}, budget_, *unit_.diagnostics);
        if (budget_ == 0) return stop(call.span, "calls of functions make the program too large");
        if (body->value) {  // a body has no value
            auto last = std::make_unique<ExprStmt>(body->value->span);
            last->value = std::move(body->value);
            body->statements.push_back(std::move(last));
        }
        body->is_function = true;
        const bool nothing = returns_nothing(function);
        const std::string result = prefix + "result";
        if (!nothing && function.result)
            outer->statements.push_back(declare(call.span, result, *function.result, nullptr));
        Returns(function, result, *unit_.diagnostics).on_block(*body);
        chain_.push_back(&function);
        on_block(*body);
        chain_.pop_back();
        auto run = std::make_unique<ExprStmt>(call.span);
        run->value = std::make_unique<BlockExpr>(call.span, std::move(body));
        outer->statements.push_back(std::move(run));
        if (!nothing) outer->value = std::make_unique<VariableExpr>(call.span, result);
        const Span span = call.span;
        e = std::make_unique<BlockExpr>(span, std::move(outer));
    }

    bool is_recursive(const CallExpr& call, const Function& function) {
        const bool known = std::find(chain_.begin(), chain_.end(), &function) != chain_.end();
        if (!known && chain_.size() < max_chain) return false;
        std::string names;
        for (const Function* f : chain_) names += f->name + " > ";
        unit_.diagnostics
            ->error(call.name_span,
                    fmt::format("function '{}': calls itself ({}{})", function.name, names, function.name))
            .with_hint("the kernel allows no recursion; a loop may do");
        stopped_ = true;
        return true;
    }

    void stop(const Span& span, const char* text) {
        unit_.diagnostics->error(span, text);
        stopped_ = true;
    }

    Unit& unit_;
    std::set<const Function*> called_;
    std::vector<const Function*> chain_;
    size_t budget_ = max_nodes;
    bool stopped_ = false;
};

// `_ = f($a, $b);` with arguments of the declared types, where no probe is: what the body says is checked all the same.
Clause call_of(const Function& function) {
    Clause clause;
    clause.span = function.span;
    clause.body = std::make_unique<Block>();
    clause.body->span = function.span;
    auto call = std::make_unique<CallExpr>(function.span, function.name);
    call->name_span = function.span;
    for (const auto& param : function.params) {
        const std::string name = "avocet " + param.name;  // no name that can be written
        clause.body->statements.push_back(declare(param.span, name, *param.type, nullptr));
        call->args.push_back(std::make_unique<VariableExpr>(param.span, name));
    }
    auto statement = std::make_unique<ExprStmt>(function.span);
    statement->value = std::move(call);
    clause.body->statements.push_back(std::move(statement));
    return clause;
}

void expand_functions(Unit& unit) {
    const auto& functions = unit.script.functions;
    if (functions.empty()) return;
    for (size_t i = 0; i < functions.size(); ++i)
        for (size_t j = 0; j < i; ++j)
            if (functions[i].name == functions[j].name)
                unit.diagnostics
                    ->error(functions[i].span, fmt::format("function '{}': defined twice", functions[i].name))
                    .with_context(functions[j].span, "this is the first definition");
    Expander expander(unit);
    for (Clause& clause : unit.script.clauses) expander.on_clause(clause);
    for (const Function& function : functions) {
        if (expander.was_called(function) || expander.stopped()) continue;
        unit.idle_functions.push_back(call_of(function));
        expander.on_clause(unit.idle_functions.back());
    }
}

}  // namespace

Pass expand_functions_pass() { return {"expand_functions", false, expand_functions, nullptr, nullptr, true}; }

}  // namespace avocet::dsl
