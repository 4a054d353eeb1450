// SPDX-License-Identifier: Apache-2.0
#include "lower/read_plan.hpp"

#include <algorithm>

#include "passes/builtins/builtins.hpp"

namespace avocet::dsl::lower {

namespace {

constexpr uint64_t largest_window = 64, largest_gap = 16;
constexpr int often = 2;  // set in a loop, or through a pointer: as good as any number of times

bool is_number(const Type& t) {
    return !t.is_aggregate_value() && (t.size == 1 || t.size == 2 || t.size == 4 || t.size == 8);
}

bool is_read(const Expr& e) {
    auto* field = as_if<FieldExpr>(&e, ExprKind::field);
    auto* deref = as_if<UnaryExpr>(&e, ExprKind::unary);
    return (field && field->arg < 0) || (deref && deref->op == Op::deref) || e.kind == ExprKind::index;
}

std::string words_of(const Type& t) {
    return std::to_string(int(t.kind)) + (t.is_signed ? "s" : "u") + std::to_string(t.size) + t.name +
           (t.element ? "*" + words_of(*t.element) : "");
}

}  // namespace

// Counts, and collects what is read one after the other without a condition between.
class ReadPlan::Scan : public Walker {
public:
    explicit Scan(ReadPlan& plan, const std::vector<Variable>& variables) : plan_(plan) {
        for (size_t i = 0; i < variables.size(); ++i)
            if (variables[i].address_taken) plan_.settings_[static_cast<int>(i)] = often;
    }
    std::vector<std::vector<const Expr*>> together;
    std::vector<const Expr*> reads;

    void on_expr(ExprPtr& expr) override {
        Expr& e = *expr;
        if (is_number(e.type) && is_read(e)) {
            reads.push_back(&e);
            if (!groups_.empty()) groups_.back().push_back(&e);
        }
        visit(e, Cases{[&](Expr& x) { walk_children(x); },
                       [&](TernaryExpr& x) {
                           walk(x.condition);
                           apart([&] { walk(x.then); });
                           apart([&] { walk(x.otherwise); });
                       },
                       [&](BinaryExpr& x) {
                           walk(x.left);
                           if (x.op == Op::log_and || x.op == Op::log_or)
                               apart([&] { walk(x.right); });
                           else
                               walk(x.right);
                       },
                       [&](UnaryExpr& x) {
                           if (auto* v = as_if<VariableExpr>(x.operand.get(), ExprKind::variable);
                               v && x.op != Op::deref)
                               if (x.op == Op::pre_inc || x.op == Op::pre_dec || x.op == Op::post_inc ||
                                   x.op == Op::post_dec)
                                   set(v->variable, often);
                           walk_children(x);
                       },
                       [&](CallExpr& x) {
                           for (ExprPtr& arg : x.args)
                               if (auto* v = as_if<VariableExpr>(arg.get(), ExprKind::variable);
                                   v && x.builtin == Builtin::find)
                                   set(v->variable, often);
                           walk_children(x);
                       }});
    }
    void on_stmt(StmtPtr& stmt) override {
        visit(*stmt, Cases{[&](Stmt& s) { walk_children(s); },
                           [&](LetStmt& s) {
                               set(s.variable, 1);
                               plan_.values_[s.variable] = s.value.get();
                               walk_children(s);
                           },
                           [&](AssignStmt& s) {
                               if (auto* v = as_if<VariableExpr>(s.target.get(), ExprKind::variable)) {
                                   set(v->variable, 1);
                                   plan_.values_[v->variable] = s.value.get();
                               }
                               walk_children(s);
                           },
                           [&](ForMapStmt& s) { loop(s.variable, s); }, [&](ForRangeStmt& s) { loop(s.variable, s); },
                           [&](WhileStmt& s) { loop(-1, s); }, [&](UnrollStmt& s) { loop(-1, s); }});
    }
    void on_block(Block& block) override {
        apart([&] { Walker::on_block(block); });
    }

private:
    template <class F>
    void apart(F&& inside) {
        groups_.emplace_back();
        inside();
        together.push_back(std::move(groups_.back()));
        groups_.pop_back();
    }
    template <class Statement>
    void loop(int variable, Statement& s) {
        set(variable, often);
        ++loops_;
        apart([&] { walk_children(s); });
        --loops_;
    }
    void set(int variable, int times) {
        if (variable >= 0) plan_.settings_[variable] += loops_ ? often : times;
    }

    ReadPlan& plan_;
    std::vector<std::vector<const Expr*>> groups_;
    int loops_ = 0;
};

ReadPlan::ReadPlan(Clause& body, std::function<bool(const Type&)> moves) : moves_(std::move(moves)) {
    Scan scan(*this, body.variables);
    scan.on_clause(body);
    for (const Expr* e : scan.reads)
        if (const std::string name = words(*e); !name.empty()) ++reads_[name];
    for (const auto& group : scan.together) find_windows(group);
}

std::string ReadPlan::words(const Expr& e) const {
    const auto behind = [&](const Expr& object, const std::string& rest) {
        const std::string first = words(object);
        return first.empty() ? first : first + rest;
    };
    if (auto* v = as_if<VariableExpr>(&e, ExprKind::variable))
        return is_stable(v->variable) ? "$" + std::to_string(v->variable) : "";
    if (auto* c = as_if<CallExpr>(&e, ExprKind::call)) {
        const bool fixed = c->builtin == Builtin::curtask || c->builtin == Builtin::ctx ||
                           c->builtin == Builtin::argn || c->builtin == Builtin::retval;
        return fixed && c->args.empty() ? c->name + "#" + std::to_string(c->number) : "";
    }
    if (auto* i = as_if<IntegerExpr>(&e, ExprKind::integer)) return std::to_string(i->value);
    if (auto* c = as_if<CastExpr>(&e, ExprKind::cast)) return behind(*c->operand, "(" + words_of(c->type) + ")");
    if (auto* f = as_if<FieldExpr>(&e, ExprKind::field))
        return f->arg >= 0 ? "args." + std::to_string(f->arg) : behind(*f->object, "." + f->name);
    if (auto* i = as_if<IndexExpr>(&e, ExprKind::index))
        return i->index->kind == ExprKind::integer ? behind(*i->object, "[" + words(*i->index) + "]") : "";
    if (auto* u = as_if<UnaryExpr>(&e, ExprKind::unary); u && u->op == Op::deref) return behind(*u->operand, "*");
    return "";
}

bool ReadPlan::is_task(const Expr& e) const {
    if (!e.type.is_pointer() || !e.type.element || e.type.element->name != "task_struct") return false;
    if (auto* c = as_if<CallExpr>(&e, ExprKind::call)) return c->builtin == Builtin::curtask;
    if (auto* c = as_if<CastExpr>(&e, ExprKind::cast)) return is_task(*c->operand);
    auto* v = as_if<VariableExpr>(&e, ExprKind::variable);
    const auto value = v && is_stable(v->variable) ? values_.find(v->variable) : values_.end();
    return value != values_.end() && value->second && is_task(*value->second);
}

std::string ReadPlan::repeated(const Expr& e) const {
    if (!is_number(e.type) || !is_read(e)) return "";
    const std::string name = words(e);
    const auto found = name.empty() ? reads_.end() : reads_.find(name);
    return found != reads_.end() && found->second > 1 ? name : "";
}

FieldPlace ReadPlan::place(const Expr& e) const {
    if (auto* f = as_if<FieldExpr>(&e, ExprKind::field)) {
        if (f->arg >= 0) return {};
        const bool pointer = f->object->type.is_pointer();
        const Type* object = pointer ? f->object->type.element.get() : &f->object->type;
        if (!object || object->kind != TypeKind::c_struct || moves_(*object)) return {};
        FieldPlace p = pointer ? FieldPlace{f->object.get()} : place(*f->object);
        return {p.base, p.offset + f->member.offset, e.type.size};
    }
    if (auto* i = as_if<IndexExpr>(&e, ExprKind::index)) {
        auto* number = as_if<IntegerExpr>(i->index.get(), ExprKind::integer);
        if (!number || i->object->type.kind != TypeKind::array || number->value >= i->object->type.count) return {};
        const FieldPlace p = place(*i->object);
        return {p.base, p.offset + number->value * e.type.size, e.type.size};
    }
    return {};
}

const ReadWindow* ReadPlan::window(const Expr& e) const {
    const auto found = windows_.find(&e);
    return found == windows_.end() ? nullptr : &found->second;
}

// Neighbours within a few bytes of each other, of one kernel object: user memory may be there in part.
void ReadPlan::find_windows(const std::vector<const Expr*>& together) {
    struct Read {
        FieldPlace at;
        const Expr* expr;
    };
    std::map<std::string, std::vector<Read>> objects;
    for (const Expr* e : together) {
        const FieldPlace at = place(*e);
        if (!at.base || !at.base->type.is_pointer() || at.base->type.space != Space::kernel) continue;
        if (at.base->type.is_context) continue;
        if (const std::string object = words(*at.base); !object.empty()) objects[object].push_back({at, e});
    }
    for (auto& [object, reads] : objects) {
        std::sort(reads.begin(), reads.end(), [](const Read& a, const Read& b) { return a.at.offset < b.at.offset; });
        for (size_t from = 0, to; from < reads.size(); from = to) {
            const uint64_t first = reads[from].at.offset / 8 * 8;
            uint64_t end = reads[from].at.offset + reads[from].at.size;
            bool several = false;
            for (to = from + 1; to < reads.size(); ++to) {
                const FieldPlace& next = reads[to].at;
                if (next.offset > end + largest_gap || std::max(end, next.offset + next.size) - first > largest_window)
                    break;
                several |= next.offset != reads[from].at.offset;
                end = std::max(end, next.offset + next.size);
            }
            if (!several) continue;
            for (size_t i = from; i < to; ++i) windows_[reads[i].expr] = {object, reads[i].at.base, first, end - first};
        }
    }
}

}  // namespace avocet::dsl::lower
