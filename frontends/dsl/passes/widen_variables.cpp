// SPDX-License-Identifier: Apache-2.0
//
// One walk in source order with the scopes of resolve_names. Behind each `if` whose arms all assign a name that is not
// visible yet, the enclosing scope remembers the name as offered; the first use that finds nothing else takes the
// offer.
#include "passes/widen_variables.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "syntax/visit.hpp"

namespace avocet::dsl {

namespace {

// Of one name: where an arm assigns it first.
using Assigned = std::map<std::string, Span>;

class Widener final : public Walker {
public:
    explicit Widener(DiagnosticList& diagnostics) : diagnostics_(diagnostics) {}

    void on_block(Block& block) override {
        scopes_.emplace_back();
        for (size_t i = 0; i < block.statements.size(); ++i) {
            scopes_.back().statement = i;
            on_stmt(block.statements[i]);
        }
        scopes_.back().statement = block.statements.size();
        if (block.value) value_or_if(block.value);
        declare_taken(block);
        last_block_ = std::move(scopes_.back().assigned);
        scopes_.pop_back();
    }

    void on_stmt(StmtPtr& stmt) override {
        visit(*stmt, Cases{
                         [&](Stmt& s) { walk_children(s); },
                         [&](LetStmt& s) {
                             walk(s.value);
                             scopes_.back().names.insert(s.name);
                         },
                         [&](AssignStmt& s) { assign(s); },
                         [&](ExprStmt& s) { value_or_if(s.value); },
                         [&](ForMapStmt& s) { loop(s.variable_name, *s.body); },
                         [&](ForRangeStmt& s) {
                             walk(s.low);
                             walk(s.high);
                             loop(s.variable_name, *s.body);
                         },
                     });
    }

    void on_expr(ExprPtr& expr) override {
        if (auto* variable = as_if<VariableExpr>(expr.get(), ExprKind::variable)) return use(*variable);
        walk_children(*expr);
    }

private:
    struct Offer {
        size_t statement;  // the `if`, in the scope's block
        Span assigned;
    };
    struct Taken {
        size_t statement;
        std::string name;
        Span assigned;
    };
    struct Scope {
        size_t statement = 0;
        std::set<std::string> names;
        Assigned assigned;  // without `let`, directly or in all arms of an `if`
        std::map<std::string, Offer> offers;
        std::vector<Taken> taken;
    };

    bool visible(const std::string& name) const {
        for (const Scope& scope : scopes_)
            if (scope.names.contains(name)) return true;
        return false;
    }

    void assign(AssignStmt& s) {
        walk(s.value);
        auto* target = as_if<VariableExpr>(s.target.get(), ExprKind::variable);
        if (!target || s.op) return walk(s.target);
        if (visible(target->name)) return;
        for (Scope& scope : scopes_) scope.offers.erase(target->name);  // another variable from here on
        scopes_.back().names.insert(target->name);
        scopes_.back().assigned.emplace(target->name, target->span);
    }

    void loop(const std::string& name, Block& body) {
        scopes_.emplace_back();
        scopes_.back().names.insert(name);
        on_block(body);
        scopes_.pop_back();
    }

    // What an `if` in the place of a statement assigns in all its arms. `else if` is a block with an `if` as its value.
    void value_or_if(ExprPtr& value) {
        auto* choice = as_if<IfExpr>(value.get(), ExprKind::if_expr);
        if (!choice) return walk(value);
        walk(choice->condition);
        const Assigned then = arm(choice->then), otherwise = arm(choice->otherwise);
        for (const auto& [name, span] : then) {
            if (!otherwise.contains(name)) continue;
            scopes_.back().offers.insert_or_assign(name, Offer{scopes_.back().statement, span});
            scopes_.back().assigned.emplace(name, span);
        }
    }

    Assigned arm(std::unique_ptr<Block>& block) {
        if (block) on_block(*block);
        return block ? std::move(last_block_) : Assigned{};
    }

    void use(VariableExpr& variable) {
        if (visible(variable.name)) return;
        for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
            auto offer = scope->offers.find(variable.name);
            if (offer == scope->offers.end()) continue;
            take(*scope, variable, offer->second);
            return;
        }
    }

    // From here on the name is known in the scope of the `if`.
    void take(Scope& scope, const VariableExpr& variable, const Offer& offer) {
        scope.taken.push_back({offer.statement, variable.name, offer.assigned});
        scope.names.insert(variable.name);
        diagnostics_.warning(variable.span, "variable '$" + variable.name + "': used behind the blocks that assign it")
            .with_context(offer.assigned, "it is assigned here")
            .with_hint("declare it in front of them: let $" + variable.name + ";");
    }

    void declare_taken(Block& block) {
        auto& taken = scopes_.back().taken;
        std::stable_sort(taken.begin(), taken.end(),
                         [](const Taken& a, const Taken& b) { return a.statement > b.statement; });
        for (const Taken& t : taken) {  // from behind, so that the other places stay right
            auto let = std::make_unique<LetStmt>(t.assigned);
            let->name = t.name;
            let->name_span = t.assigned;
            block.statements.insert(block.statements.begin() + static_cast<std::ptrdiff_t>(t.statement),
                                    std::move(let));
        }
    }

    DiagnosticList& diagnostics_;
    std::vector<Scope> scopes_;
    Assigned last_block_;  // what the block that has just ended assigned
};

}  // namespace

void widen_variables(Clause& clause, DiagnosticList& diagnostics) {
    if (clause.body) Widener(diagnostics).on_block(*clause.body);
}

}  // namespace avocet::dsl
