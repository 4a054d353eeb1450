// SPDX-License-Identifier: Apache-2.0
#include "passes/macro_body.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "syntax/clone.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {
namespace {

const Macro::Param* find_param(const Macro& macro, Macro::Param::Kind kind, const std::string& name) {
    for (const auto& p : macro.params)
        if (p.kind == kind && p.name == name) return &p;
    return nullptr;
}

class Check : public Walker {
public:
    Check(const Macro& macro, DiagnosticList& diagnostics) : macro_(macro), diagnostics_(diagnostics) {}

    void on_expr(ExprPtr& e) override {
        if (auto* map = as_if<MapExpr>(e.get(), ExprKind::map)) check_map(map->span, map->name);
        if (auto* element = as_if<MapElementExpr>(e.get(), ExprKind::map_element))
            check_map(element->name_span, element->name);
        walk_children(*e);
    }

    void on_stmt(StmtPtr& s) override {
        bool loop = s->kind == StmtKind::for_map || s->kind == StmtKind::for_range || s->kind == StmtKind::while_;
        if (s->kind == StmtKind::return_) refuse(s->span, "return");
        if (s->kind == StmtKind::break_ && loops_ == 0) refuse(s->span, "break");
        if (s->kind == StmtKind::continue_ && loops_ == 0) refuse(s->span, "continue");
        visit(*s, Cases{
                      [](Stmt&) {},
                      [&](LetStmt& n) { declared(n.name, n.name_span); },
                      [&](ForMapStmt& n) { declared(n.variable_name, n.variable_span); },
                      [&](ForRangeStmt& n) { declared(n.variable_name, n.variable_span); },
                  });
        loops_ += loop;
        walk_children(*s);
        loops_ -= loop;
    }

private:
    void refuse(const Span& span, const char* word) {
        diagnostics_.error(span, fmt::format("'{}' statement is not allowed in a macro", word));
    }
    void check_map(const Span& span, const std::string& name) {
        if (find_param(macro_, Macro::Param::map, name)) return;
        diagnostics_.error(span, fmt::format("unhygienic access to map: {}", name))
            .with_hint("maps must be passed into the macro as arguments");
    }
    void declared(const std::string& name, const Span& span) {
        if (auto* param = find_param(macro_, Macro::Param::variable, name))
            diagnostics_.error(span, fmt::format("variable declaration shadows macro arg ${}", name))
                .with_context(param->span, "this is the macro's argument");
    }

    const Macro& macro_;
    DiagnosticList& diagnostics_;
    int loops_ = 0;
};

class Instance : public Walker {
public:
    Instance(const MacroCall& call, size_t& budget, DiagnosticList& diagnostics)
        : call_(call), budget_(budget), diagnostics_(diagnostics) {
        for (size_t i = 0; i < call.args.size(); i++) sizes_.push_back(measure(call.args[i]).nodes);
    }

    void on_block(Block& block) override {
        mark(block.span);
        Walker::on_block(block);
    }

    void on_stmt(StmtPtr& s) override {
        mark(s->span);
        visit(*s, Cases{
                      [](Stmt&) {},
                      [&](LetStmt& n) { rename(n.name, n.name_span); },
                      [&](ForMapStmt& n) { rename(n.variable_name, n.variable_span); },
                      [&](ForRangeStmt& n) { rename(n.variable_name, n.variable_span); },
                  });
        walk_children(*s);
    }

    void on_expr(ExprPtr& e) override {
        mark(e->span);
        if (auto* word = as_if<IdentifierExpr>(e.get(), ExprKind::identifier)) {
            if (size_t i = index_of(Macro::Param::expression, word->name); i != none) e = argument(i);
            return;
        }
        visit(*e, Cases{
                      [](Expr&) {},
                      [&](VariableExpr& n) { variable(n); },
                      [&](MapExpr& n) { map(n.name); },
                      [&](MapElementExpr& n) {
                          mark(n.name_span);
                          map(n.name);
                      },
                      [&](CallExpr& n) { mark(n.name_span); },
                      [&](BinaryExpr& n) { mark(n.op_span); },
                      [&](FieldExpr& n) { mark(n.name_span); },
                      [&](RecordExpr& n) {
                          for (auto& m : n.members) mark(m.name_span);
                      },
                      [&](SizeofExpr& n) { operand(n.operand); },
                      [&](TypeinfoExpr& n) { operand(n.operand); },
                      [&](OffsetofExpr& n) {
                          operand(n.operand);
                          field_path(n);
                      },
                  });
        walk_children(*e);
    }

    // A type parameter inside a longer type: `p*`, `typeof(p)`.
    void on_type(TypeName& type) override {
        mark(type.span);
        TypeOrExpr inner{std::move(type.typeof_type), std::move(type.typeof_expr)};
        operand(inner);
        type.typeof_type = std::move(inner.type);
        type.typeof_expr = std::move(inner.expr);
        size_t i = parameter_of(type);
        if (i != none) {
            if (auto* passed = as_if<TypeArgExpr>(call_.args[i].get(), ExprKind::type_arg)) {
                const TypeName& given = *passed->name;  // typeof(...)
                type.name.clear();
                if (given.suffixes.empty() && given.typeof_expr)
                    type.typeof_expr = clone(given.typeof_expr);
                else
                    type.typeof_type = clone(given.suffixes.empty() && given.typeof_type ? *given.typeof_type : given);
                return;
            }
            diagnostics_
                .error(type.span, fmt::format("macro parameter '{}' is used as a type here, but is given an expression",
                                              type.name))
                .with_hint(fmt::format("'({0}) x' is a cast; for an expression leave out the parentheses around '{0}', "
                                       "for a type pass typeof(T)",
                                       type.name));
            return;
        }
        Walker::on_type(type);
    }

private:
    static constexpr size_t none = static_cast<size_t>(-1);

    void mark(Span& span) const { span.expansion = call_.expansion; }

    size_t index_of(Macro::Param::Kind kind, const std::string& name) const {
        auto* param = find_param(call_.macro, kind, name);
        return param ? static_cast<size_t>(param - call_.macro.params.data()) : none;
    }
    size_t parameter_of(const TypeName& type) const {
        return type.tag.empty() && !type.name.empty() ? index_of(Macro::Param::expression, type.name) : none;
    }

    ExprPtr argument(size_t i) {
        budget_ -= std::min(budget_, sizes_[i]);
        if (budget_ == 0) return std::make_unique<IntegerExpr>(call_.args[i]->span, 0);
        return clone(call_.args[i]);
    }

    std::string private_name(const std::string& name) const {
        return fmt::format("${}_{}_${}", call_.macro.name, call_.number, name);
    }
    void rename(std::string& name, Span& span) const {
        mark(span);
        name = private_name(name);
    }
    void variable(VariableExpr& n) const {
        size_t i = index_of(Macro::Param::variable, n.name);
        n.name = i == none ? private_name(n.name) : as<VariableExpr>(*call_.args[i]).name;
    }
    void map(std::string& name) const {
        if (size_t i = index_of(Macro::Param::map, name); i != none) name = as<MapExpr>(*call_.args[i]).name;
    }

    // `sizeof(p)` reads as a type; given an expression, it becomes one.
    void operand(TypeOrExpr& o) {
        if (!o.type) return;
        size_t i = parameter_of(*o.type);
        if (i == none || call_.args[i]->kind == ExprKind::type_arg) return;
        const auto& suffixes = o.type->suffixes;
        bool element = suffixes.size() == 1 && suffixes[0].kind == TypeName::Suffix::array && suffixes[0].count;
        if (!suffixes.empty() && !element) return;
        Span span = o.type->span;
        mark(span);
        ExprPtr expr = std::make_unique<IdentifierExpr>(span, o.type->name);  // replaced when the walk gets there
        if (element)
            expr = std::make_unique<IndexExpr>(span, std::move(expr),
                                               std::make_unique<IntegerExpr>(span, *suffixes[0].count));
        o.expr = std::move(expr);
        o.type = nullptr;
    }

    static bool words_of(const Expr& e, std::vector<std::string>& out) {
        if (auto* word = as_if<IdentifierExpr>(&e, ExprKind::identifier)) {
            out.push_back(word->name);
            return true;
        }
        auto* field = as_if<FieldExpr>(&e, ExprKind::field);
        if (!field || !words_of(*field->object, out)) return false;
        out.push_back(field->name);
        return true;
    }
    void field_path(OffsetofExpr& n) {
        std::vector<std::string> path;
        for (const std::string& word : n.path) {
            size_t i = index_of(Macro::Param::expression, word);
            if (i == none)
                path.push_back(word);
            else if (!words_of(*call_.args[i], path))
                diagnostics_.error(call_.args[i]->span, "a field path for offsetof must be bare words joined by dots");
        }
        n.path = std::move(path);
    }

    const MacroCall& call_;
    size_t& budget_;
    DiagnosticList& diagnostics_;
    std::vector<size_t> sizes_;
};

class Measure : public Walker {
public:
    void on_expr(ExprPtr& e) override {
        enter();
        walk_children(*e);
        depth_--;
    }
    void on_stmt(StmtPtr& s) override {
        enter();
        walk_children(*s);
        depth_--;
    }
    TreeSize size;

private:
    void enter() {
        size.nodes++;
        size.height = std::max(size.height, ++depth_);
    }
    size_t depth_ = 0;
};

}  // namespace

TreeSize measure(ExprPtr& expr) {
    Measure walk;
    walk.on_expr(expr);
    return walk.size;
}

void check_macro(const Macro& macro, DiagnosticList& diagnostics) {
    for (size_t i = 0; i < macro.params.size(); i++)
        for (size_t j = 0; j < i; j++)
            if (macro.params[i].name == macro.params[j].name && macro.params[i].kind == macro.params[j].kind)
                diagnostics.error(macro.params[i].span,
                                  fmt::format("macro parameter '{}' appears twice", macro.params[i].name));
    Check(macro, diagnostics).on_block(const_cast<Block&>(*macro.body));  // replaces nothing
}

std::unique_ptr<Block> instantiate(const MacroCall& call, size_t& budget, DiagnosticList& diagnostics) {
    auto copy = clone(*call.macro.body);
    Instance(call, budget, diagnostics).on_block(*copy);
    return copy;
}

}  // namespace avocet::dsl
