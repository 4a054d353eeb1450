// SPDX-License-Identifier: Apache-2.0
#include "passes/repeat_bench.hpp"

#include <utility>

#include "syntax/visit.hpp"

namespace avocet::dsl {

namespace {

constexpr const char* round_variable = "avocet round";  // no name that can be written

bool returns_nothing(const ReturnStmt& s) {
    const auto* number = as_if<const IntegerExpr>(s.value.get(), ExprKind::integer);
    return !s.value || (number && number->value == 0);
}

class RoundEnds final : public Walker {
public:
    explicit RoundEnds(DiagnosticList& diagnostics) : diagnostics_(diagnostics) {}

    void on_stmt(StmtPtr& stmt) override {
        switch (stmt->kind) {
            case StmtKind::return_: return end_round(stmt);
            case StmtKind::for_map:
            case StmtKind::for_range:
            case StmtKind::while_:
                ++loops_;
                walk_children(*stmt);
                --loops_;
                return;
            default: walk_children(*stmt);
        }
    }

private:
    void end_round(StmtPtr& stmt) {
        if (!returns_nothing(static_cast<const ReturnStmt&>(*stmt))) return;
        if (loops_ > 0)
            diagnostics_.error(stmt->span, "return: inside a loop it would end all rounds of the bench")
                .with_hint("leave the loop with break");
        else
            stmt = std::make_unique<JumpStmt>(StmtKind::continue_, stmt->span);
    }

    DiagnosticList& diagnostics_;
    int loops_ = 0;
};

}  // namespace

void repeat_bench(Clause& clause, DiagnosticList& diagnostics) {
    if (!clause.body) return;
    RoundEnds(diagnostics).on_block(*clause.body);
    const Span span = clause.body->span;
    auto loop = std::make_unique<ForRangeStmt>(span);
    loop->variable_name = round_variable;
    loop->variable_span = span;
    loop->low = std::make_unique<IntegerExpr>(span, 0);
    loop->high = std::make_unique<IdentifierExpr>(span, "arg0");
    loop->body = std::exchange(clause.body, std::make_unique<Block>());
    clause.body->span = span;
    clause.body->statements.push_back(std::move(loop));
}

}  // namespace avocet::dsl
