// SPDX-License-Identifier: Apache-2.0
//
// The same call in two functions of one clause (two groups of its probes) shares an output when it sends the same
// types.
#include "passes/plan_outputs.hpp"

#include <algorithm>

#include "passes/builtins/builtins.hpp"
#include "passes/infer_types.hpp"
#include "passes/typer.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {

namespace {

constexpr const char* default_time_format = "%H:%M:%S\n";

bool same_place(const Span& a, const Span& b) {
    return a.file == b.file && a.line == b.line && a.column == b.column && a.end_line == b.end_line &&
           a.end_column == b.end_column && a.expansion == b.expansion;
}

bool same_output(const Output& a, const Output& b) {
    return a.kind == b.kind && a.format == b.format && a.members == b.members && a.names == b.names && a.map == b.map &&
           a.top == b.top && a.div == b.div && a.message == b.message && a.severity == b.severity &&
           a.helper == b.helper && same_place(a.span, b.span);
}

int add_output(Unit& unit, Output output) {
    for (size_t i = 0; i < unit.outputs.size(); ++i)
        if (same_output(unit.outputs[i], output)) return static_cast<int>(i);
    unit.outputs.push_back(std::move(output));
    return static_cast<int>(unit.outputs.size()) - 1;
}

class Planner final : public Walker {
public:
    explicit Planner(Unit& unit) : unit_(unit) {}

    void run() {
        for (ProbeFunction& function : unit_.functions) {
            clause_ = function.clause;
            on_clause(function.body);
        }
    }

    void on_expr(ExprPtr& owner) override {
        walk_children(*owner);
        if (owner->type.kind == TypeKind::kstack || owner->type.kind == TypeKind::ustack)
            unit_.max_stack_frames = std::max(unit_.max_stack_frames, owner->type.limit);
        auto* call = as_if<CallExpr>(owner.get(), ExprKind::call);
        if (!call || call->builtin == Builtin::none || !(builtin_info(call->builtin).flags & builtin_output)) return;
        Output output;
        output.span = call->span;
        output.clause = clause_;
        describe(*call, output);
        call->output = add_output(unit_, std::move(output));
    }

private:
    static uint64_t literal(const CallExpr& e, size_t index) {
        return index < e.args.size() ? static_cast<uint64_t>(literal_int(*e.args[index]).value_or(0)) : 0;
    }

    void describe(CallExpr& e, Output& output) {
        switch (e.builtin) {
            case Builtin::printf:
                output.kind = "printf";
                output.format = *literal_string(*e.args[0]);
                for (size_t i = 1; i < e.args.size(); ++i) output.members.push_back(e.args[i]->type);
                output.names = e.member_names;
                break;
            case Builtin::errorf:
            case Builtin::warnf:
            case Builtin::cat:
            case Builtin::system:
                output.kind = e.builtin == Builtin::cat ? "cat" : e.builtin == Builtin::system ? "system" : "error";
                if (output.kind == "error") output.severity = e.builtin == Builtin::warnf ? "warning" : "error";
                output.format = *literal_string(*e.args[0]);
                for (size_t i = 1; i < e.args.size(); ++i) output.members.push_back(e.args[i]->type);
                break;
            case Builtin::skboutput:
                output.kind = "packet";
                output.format = *literal_string(*e.args[0]);
                output.members = {Type::integer(8, false), Type::buffer(packet_bytes)};
                break;
            case Builtin::print: describe_print(e, output); break;
            case Builtin::clear:
            case Builtin::zero:
                output.kind = e.builtin == Builtin::clear ? "clear" : "zero";
                output.map = as<MapExpr>(*e.args[0]).map;
                break;
            case Builtin::time:
                output.kind = "time";
                output.format = e.args.empty() ? default_time_format : *literal_string(*e.args[0]);
                e.args.clear();
                break;
            case Builtin::join:
                output.kind = "join";
                output.format = e.args.size() > 1 ? *literal_string(*e.args[1]) : " ";
                e.args.resize(1);
                break;
            case Builtin::exit:
                output.kind = "exit";
                output.members = {Type::integer(8, true)};
                break;
            default: break;
        }
    }

    void describe_print(CallExpr& e, Output& output) {
        if (auto* map = as_if<MapExpr>(e.args[0].get(), ExprKind::map)) {
            output.kind = "print_map";
            output.map = map->map;
            output.top = literal(e, 1);
            output.div = literal(e, 2);
            e.args.resize(1);
            return;
        }
        output.kind = "value";
        output.members = {e.args[0]->type};
    }

    Unit& unit_;
    uint32_t clause_ = 0;
};

}  // namespace

void plan_outputs(Unit& unit) { Planner(unit).run(); }

int add_error_output(Unit& unit, const Span& span, const std::string& message, const std::string& severity,
                     const std::string& helper) {
    Output output;
    output.kind = "error";
    output.message = message;
    output.severity = severity;
    output.helper = helper;
    output.span = span;
    output.members = {Type::integer(8, true)};
    return add_output(unit, std::move(output));
}

Pass plan_outputs_pass() { return {"plan_outputs", false, plan_outputs, dump_types, "types"}; }

}  // namespace avocet::dsl
