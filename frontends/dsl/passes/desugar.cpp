// SPDX-License-Identifier: Apache-2.0
#include "passes/desugar.hpp"

#include "passes/builtins/builtins.hpp"
#include "syntax/clone.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {

namespace {

bool is_short(const Expr& e) {
    const auto* ternary = as_if<const TernaryExpr>(&e, ExprKind::ternary);
    return ternary && !ternary->then;
}

class ShortTernaryFinder final : public Walker {
public:
    bool look(Expr& e) {
        if (is_short(e)) return true;
        walk_children(e);
        return found_;
    }
    void on_expr(ExprPtr& expr) override {
        found_ = found_ || is_short(*expr);
        if (!found_) walk_children(*expr);
    }

private:
    bool found_ = false;
};

bool field_path(const Expr& e, std::vector<std::string>& path) {
    if (const auto* word = as_if<const IdentifierExpr>(&e, ExprKind::identifier)) {
        path.push_back(word->name);
        return true;
    }
    const auto* field = as_if<const FieldExpr>(&e, ExprKind::field);
    if (!field || !field_path(*field->object, path)) return false;
    path.push_back(field->name);
    return true;
}

}  // namespace

void desugar_compound(AssignStmt& s) {
    s.value = std::make_unique<BinaryExpr>(s.span, *s.op, clone(s.target), std::move(s.value));
    s.op.reset();
}

ExprPtr desugar_short_ternary(TernaryExpr& e, size_t number) {
    const Span span = e.span;
    if (!ShortTernaryFinder().look(*e.condition)) {
        ExprPtr copy = clone(e.condition);
        return std::make_unique<TernaryExpr>(span, std::move(e.condition), std::move(copy), std::move(e.otherwise));
    }
    const std::string name =
        "?" + std::to_string(number) + "_" + std::to_string(span.column);  // no script can write it
    auto let = std::make_unique<LetStmt>(span);
    let->name = name;
    let->name_span = span;
    let->value = std::move(e.condition);
    auto block = std::make_unique<Block>();
    block->span = span;
    block->statements.push_back(std::move(let));
    block->value = std::make_unique<TernaryExpr>(span, std::make_unique<VariableExpr>(span, name),
                                                 std::make_unique<VariableExpr>(span, name), std::move(e.otherwise));
    return std::make_unique<BlockExpr>(span, std::move(block));
}

ExprPtr desugar_task_value(CallExpr& e) {
    const char* via = nullptr;
    const char* field = nullptr;
    switch (e.builtin) {
        case Builtin::ppid: via = "real_parent", field = "pid"; break;
        case Builtin::pcomm: via = "real_parent", field = "comm"; break;
        case Builtin::leader_tid: via = "group_leader", field = "pid"; break;
        case Builtin::leader_comm: via = "group_leader", field = "comm"; break;
        default: return nullptr;
    }
    if (e.args.size() > 1) return nullptr;  // the number of arguments is reported with the types
    const Span span = e.span;
    ExprPtr task;
    if (e.args.empty()) {
        auto call = std::make_unique<CallExpr>(span, "curtask");
        call->name_span = span;
        call->builtin = Builtin::curtask;
        task = std::move(call);
    } else {
        task = std::move(e.args[0]);
    }
    auto parent = std::make_unique<FieldExpr>(span, std::move(task), via);
    parent->name_span = span;
    auto result = std::make_unique<FieldExpr>(span, std::move(parent), field);
    result->name_span = span;
    return result;
}

ExprPtr desugar_container_of(CallExpr& e) {
    std::vector<std::string> path;
    auto* type = e.args.size() == 3 ? as_if<TypeArgExpr>(e.args[1].get(), ExprKind::type_arg) : nullptr;
    if (!type || !field_path(*e.args[2], path)) return nullptr;
    const Span span = e.span;
    auto offset = std::make_unique<OffsetofExpr>(span);
    offset->operand.type = clone(type->name);
    offset->path = std::move(path);
    auto word = std::make_unique<TypeName>();
    word->span = span;
    word->name = "uint64";
    auto address = std::make_unique<CastExpr>(span, std::move(word), std::move(e.args[0]));
    auto start = std::make_unique<BinaryExpr>(span, Op::sub, std::move(address), std::move(offset));
    auto pointer = std::move(type->name);
    pointer->suffixes.push_back({TypeName::Suffix::pointer, std::nullopt});
    return std::make_unique<CastExpr>(span, std::move(pointer), std::move(start));
}

}  // namespace avocet::dsl
