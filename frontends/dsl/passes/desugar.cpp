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

ExprPtr desugar_assert(CallExpr& e) {
    if (e.args.size() != 2) return nullptr;
    const Span span = e.span;
    const auto call = [&](const char* name) {
        auto made = std::make_unique<CallExpr>(span, name);
        made->name_span = e.name_span;
        return made;
    };
    auto report = call("errorf");
    report->args.push_back(std::make_unique<StringExpr>(span, "assert failed: %s"));
    report->args.back()->is_constant = true;
    report->args.push_back(std::move(e.args[1]));
    auto leave = call("exit");
    leave->args.push_back(std::make_unique<IntegerExpr>(span, 1));
    leave->args.back()->is_constant = true;
    auto block = std::make_unique<Block>();
    block->span = span;
    for (auto* value : {&report, &leave}) {
        auto statement = std::make_unique<ExprStmt>(span);
        statement->value = std::move(*value);
        block->statements.push_back(std::move(statement));
    }
    auto result = std::make_unique<IfExpr>(span);
    result->condition = std::make_unique<UnaryExpr>(span, Op::log_not, std::move(e.args[0]));
    result->then = std::move(block);
    return result;
}

ExprPtr settings_record(const Span& span, const Settings& s) {
    auto record = std::make_unique<RecordExpr>(span);
    const auto add = [&](const char* name, ExprPtr value) {
        value->is_constant = true;
        record->members.push_back({name, span, std::move(value)});
    };
    const auto flag = [&](const char* name, bool on) { add(name, std::make_unique<BooleanExpr>(span, on)); };
    const auto number = [&](const char* name, uint64_t n) { add(name, std::make_unique<IntegerExpr>(span, n)); };
    const auto text = [&](const char* name, const std::string& t) { add(name, std::make_unique<StringExpr>(span, t)); };
    const auto unstable = [&](const char* name, const char* otherwise) {
        const auto found = s.unstable.find(name);
        text(name, found == s.unstable.end() ? otherwise : found->second);
    };
    flag("cpp_demangle", s.cpp_demangle);
    flag("lazy_symbolication", s.lazy_symbolication);
    flag("print_maps_on_exit", s.print_maps_on_exit);
    flag("use_blazesym", s.use_blazesym);
    flag("show_debug_info", s.show_debug_info);
    number("log_size", s.log_size);
    number("max_bpf_progs", s.max_bpf_progs);
    number("max_cat_bytes", s.max_cat_bytes);
    number("max_map_keys", s.max_map_keys);
    number("max_probes", s.max_probes);
    number("max_strlen", s.max_strlen);
    number("on_stack_limit", s.on_stack_limit);
    number("perf_rb_pages", s.perf_rb_pages);
    text("str_trunc_trailer", s.str_trunc_trailer);
    unstable("unstable_import_statement", "error");
    unstable("unstable_tseries", "warn");
    unstable("unstable_typeinfo", "error");
    unstable("unstable_dw_ustack", "warn");
    text("missing_probes", s.missing_probes);
    text("stack_mode", s.stack_mode);
    text("license", s.license);
    return record;
}

}  // namespace avocet::dsl
