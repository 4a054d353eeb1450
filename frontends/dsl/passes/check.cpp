// SPDX-License-Identifier: Apache-2.0
#include "passes/check.hpp"

#include <algorithm>
#include <map>

#include "passes/builtins/builtins.hpp"
#include "passes/iterator_probe.hpp"
#include "passes/stream_format.hpp"
#include "passes/typer.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {

namespace {

class Checker final : public Walker {
public:
    explicit Checker(Unit& unit) : unit_(unit) {}

    void run() {
        for (ProbeFunction& function : unit_.functions) {
            loops_ = 0;
            pinned_ = is_pinned(function.facts);
            on_clause(function.body);
            check_variables(function);
        }
        check_names();
        for (const MapInfo& map : unit_.script.maps)
            if (map.declared) check_declared(map);
    }

    void on_block(Block& block) override {
        drop_unreachable(block);
        Walker::on_block(block);
    }

    void on_stmt(StmtPtr& stmt) override {
        visit(*stmt,
              Cases{
                  [&](Stmt& s) { walk_children(s); },
                  [&](JumpStmt& s) {
                      if (loops_ == 0 && s.kind != StmtKind::leave_)
                          unit_.diagnostics
                              ->error(s.span, std::string("'") + (s.kind == StmtKind::break_ ? "break" : "continue") +
                                                  "': there is no loop around it")
                              .with_hint("return leaves the clause");
                  },
                  [&](ExprStmt& s) {
                      check_discarded(s);
                      walk(s.value);
                  },
                  [&](ForMapStmt& s) { in_callback(s.body); },
                  [&](ForRangeStmt& s) {
                      walk(s.low);
                      walk(s.high);
                      in_callback(s.body);
                  },
                  [&](ReturnStmt& s) {
                      check_return(s);
                      walk(s.value);
                  },
                  [&](WhileStmt& s) {
                      unit_.diagnostics->warning(s.span, "while: the kernel accepts it only if it can prove an end")
                          .with_hint("a loop over a range is always bounded: for ($i : 0..10) { ... }");
                      walk(s.condition);
                      in_loop(s.body);
                  },
              });
    }

    void on_expr(ExprPtr& owner) override {
        if (auto* call = as_if<CallExpr>(owner.get(), ExprKind::call)) check_call(*call);
        walk_children(*owner);
    }

private:
    // The report of test and bench mode tells them apart by name.
    void check_names() {
        std::map<std::string, Span> seen;
        for (const ProbeFunction& f : unit_.functions) {
            if (f.facts.unknown || (f.facts.probetype != "test" && f.facts.probetype != "benchmark")) continue;
            for (size_t i = 0; i < f.facts.specs.size() && i < f.facts.spec_spans.size(); ++i) {
                const std::string& spec = f.facts.specs[i];
                const auto [first, is_new] = seen.emplace(spec, f.facts.spec_spans[i]);
                if (is_new) continue;
                const std::string kind = f.facts.probetype == "test" ? "TEST" : "BENCH";
                unit_.diagnostics
                    ->error(f.facts.spec_spans[i], "\"" + spec.substr(spec.find(':') + 1) +
                                                       "\" was used as the name for more than one " + kind + " probe")
                    .with_context(first->second, "this is the other instance");
            }
        }
    }

    void in_loop(std::unique_ptr<Block>& body) {
        ++loops_;
        walk(body);
        --loops_;
    }

    // The loops that the kernel calls back hand on one kind of return: with a value, or without.
    void in_callback(std::unique_ptr<Block>& body) {
        if (callbacks_++ == 0) first_return_ = nullptr;
        in_loop(body);
        --callbacks_;
    }

    void check_return(const ReturnStmt& s) {
        if (callbacks_ == 0) return;
        if (!first_return_)
            first_return_ = &s;
        else if (!first_return_->value != !s.value)
            unit_.diagnostics->error(s.span, "return: with a value here and without one elsewhere in the same loop")
                .with_context(first_return_->span, "the other one");
    }

    void check_call(CallExpr& e) {
        if (e.builtin == Builtin::none) return;
        const BuiltinInfo& info = builtin_info(e.builtin);
        if ((info.flags & builtin_unsafe) && !(unit_.source->flags & AVOCET_COMPILE_UNSAFE))
            unit_.diagnostics->error(e.span, e.name + "(): acts on the traced system").with_hint("--unsafe allows it");
        if (pinned_ && e.builtin == Builtin::printf) stream_format(e, unit_.diagnostics);
        if (pinned_ && (info.flags & builtin_output) && e.builtin != Builtin::printf)
            unit_.diagnostics->error(e.span, e.name + "(): a pinned iterator has no tracer that could do this")
                .with_hint("printf() writes text for whoever reads the pinned file");
        const bool whole_map = e.builtin == Builtin::print && !e.args.empty() && e.args[0]->kind == ExprKind::map;
        if (whole_map && loops_ > 0)
            unit_.diagnostics->warning(e.span, "print(): the map is printed later, as it is then")
                .with_hint("print the element's value instead");
    }

    void check_discarded(const ExprStmt& s) {
        const Expr& e = *s.value;
        if (e.type.kind == TypeKind::none || e.type.kind == TypeKind::void_) return;
        if (e.kind == ExprKind::if_expr || e.kind == ExprKind::block || e.kind == ExprKind::ternary) return;
        if (e.kind == ExprKind::unary && static_cast<const UnaryExpr&>(e).op >= Op::pre_inc) return;
        if (e.kind == ExprKind::call && (builtin_info(static_cast<const CallExpr&>(e).builtin).flags & builtin_effect))
            return;
        if (unit_.diagnostics->has_error_within(e.span)) return;
        unit_.diagnostics->warning(e.span, "the value of this expression is not used")
            .with_hint("_ = ...; says that this is meant");
    }

    // Aggregates are kept per CPU, everything else is not.
    void check_declared(const MapInfo& map) {
        const bool per_cpu = map.declared->kind.starts_with("percpu"), aggregate = map.aggregate != Aggregate::none;
        if (map.declared->entries == 0)
            unit_.diagnostics->error(map.declared->span, "map '" + map.name + "': needs room for at least one element");
        if (map.value.kind == TypeKind::none || per_cpu == aggregate) return;
        const bool lru = map.declared->kind.find("lru") != std::string::npos;
        unit_.diagnostics
            ->error(map.declared->span, "map '" + map.name + "': declared '" + map.declared->kind +
                                            "', but its values are " + (aggregate ? "aggregates" : "not aggregates"))
            .with_hint(std::string("declare it as ") + (aggregate ? "percpu" : "") + (lru ? "lruhash" : "hash"));
    }

    void drop_unreachable(Block& block) {
        auto last = std::find_if(block.statements.begin(), block.statements.end(),
                                 [](const StmtPtr& s) { return leaves_block(*s); });
        if (last == block.statements.end()) return;
        const ExprPtr value = std::move(block.value);
        if (++last != block.statements.end()) {
            unit_.diagnostics->warning((*last)->span, "unreachable statement, it is dropped");
            block.statements.erase(last, block.statements.end());
        } else if (value) {
            unit_.diagnostics->warning(value->span, "unreachable expression: the block has no value");
        }
    }

    void check_variables(const ProbeFunction& function) {
        for (const Variable& v : function.body.variables) {
            if (v.assigned || v.address_taken) continue;
            unit_.diagnostics->warning(v.declared,
                                       v.read ? shown_variable(v.name) + ": used before it was assigned, it is zero"
                                              : shown_variable(v.name) + ": never assigned");
        }
    }

    Unit& unit_;
    int loops_ = 0, callbacks_ = 0;
    const ReturnStmt* first_return_ = nullptr;  // of the outermost loop that the kernel calls back
    bool pinned_ = false;                       // the function at hand is a pinned iterator
};

}  // namespace

void check(Unit& unit) { Checker(unit).run(); }

Pass check_pass() { return {"check", false, check, nullptr, nullptr, true}; }

}  // namespace avocet::dsl
