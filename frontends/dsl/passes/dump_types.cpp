// SPDX-License-Identifier: Apache-2.0
//
// The typed functions as text, for --emit types and golden tests: one statement per line, `expression:type` where the
// type says something that the text does not.
#include "passes/builtins/builtins.hpp"
#include "passes/infer_types.hpp"
#include "passes/typer.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {

namespace {

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (char c : text) {
        if (c == '\n')
            result += "\\n";
        else if (c == '\t')
            result += "\\t";
        else if (c == '"' || c == '\\')
            (result += '\\') += c;
        else
            result += c;
    }
    return result + "\"";
}

class Dumper {
public:
    explicit Dumper(const Unit& unit) : unit_(unit) {}

    std::string run() {
        for (const MapInfo& map : unit_.script.maps) dump_map(map);
        for (const ProbeFunction& function : unit_.functions) dump_function(function);
        for (size_t i = 0; i < unit_.outputs.size(); ++i) dump_output(i, unit_.outputs[i]);
        return std::move(text_);
    }

private:
    void line(const std::string& content) { text_.append(indent_ * 2, ' ').append(content).append("\n"); }

    void dump_map(const MapInfo& map) {
        static constexpr const char* names[] = {"",    "count", "sum",  "min",   "max",
                                                "avg", "stats", "hist", "lhist", "tseries"};
        std::string content = "map " + map.name;
        if (map.keyed) content += "[" + map.key.spelling() + "]";
        content += ": " + map.value.spelling();
        if (map.aggregate != Aggregate::none) content += std::string(" ") + names[static_cast<size_t>(map.aggregate)];
        if (map.aggregate == Aggregate::hist) content += " bits=" + std::to_string(map.hist_bits);
        if (map.aggregate == Aggregate::lhist)
            content += " " + std::to_string(map.lhist_min) + ".." + std::to_string(map.lhist_max) + "/" +
                       std::to_string(map.lhist_step);
        if (map.aggregate == Aggregate::tseries)
            content += " " + std::to_string(map.series_interval_ns) + "ns*" + std::to_string(map.series_intervals) +
                       " " + map.series_combine;
        if (map.declared) content += " " + map.declared->kind + "(" + std::to_string(map.max_entries) + ")";
        line(content);
    }

    void dump_function(const ProbeFunction& function) {
        std::string content =
            "function " + function.name + " clause=" + std::to_string(function.clause) + " " + function.facts.probetype;
        for (const std::string& spec : function.facts.specs) content += " " + spec;
        line(content);
        function_ = &function;
        ++indent_;
        for (const Variable& v : function.body.variables) line("variable $" + v.name + ": " + v.type.spelling());
        if (function.body.predicate) line("predicate " + expr(*function.body.predicate));
        block(*function.body.body);
        --indent_;
    }

    void dump_output(size_t index, const Output& output) {
        std::string content = "output " + std::to_string(index) + " " + output.kind;
        if (!output.format.empty()) content += " " + quoted(output.format);
        if (output.map >= 0) content += " " + unit_.script.maps[static_cast<size_t>(output.map)].name;
        if (output.top || output.div)
            content += " top=" + std::to_string(output.top) + " div=" + std::to_string(output.div);
        for (const Type& member : output.members) content += " " + member.spelling();
        line(content);
    }

    void block(const Block& b) {
        for (const auto& statement : b.statements) dump_statement(*statement);
        if (b.value) line("value " + expr(*b.value));
    }
    void nested(const std::string& head, const Block& b) {
        line(head);
        ++indent_;
        block(b);
        --indent_;
    }

    void dump_statement(const Stmt& stmt) {
        visit(stmt,
              Cases{
                  [&](const Stmt&) {},
                  [&](const LetStmt& s) { line("let $" + s.name + (s.value ? " = " + expr(*s.value) : "")); },
                  [&](const AssignStmt& s) { line(expr(*s.target) + " = " + expr(*s.value)); },
                  [&](const DiscardStmt& s) { line("_ = " + expr(*s.value)); },
                  [&](const ExprStmt& s) { dump_expression(*s.value); },
                  [&](const ForMapStmt& s) { nested("for $" + s.variable_name + " : " + expr(*s.map), *s.body); },
                  [&](const ForRangeStmt& s) {
                      nested("for $" + s.variable_name + " : " + expr(*s.low) + ".." + expr(*s.high), *s.body);
                  },
                  [&](const WhileStmt& s) { nested("while " + expr(*s.condition), *s.body); },
                  [&](const UnrollStmt& s) { nested("unroll " + expr(*s.count), *s.body); },
                  [&](const JumpStmt& s) {
                      line(s.kind == StmtKind::break_ ? "break" : s.kind == StmtKind::leave_ ? "leave" : "continue");
                  },
                  [&](const ReturnStmt& s) { line(s.value ? "return " + expr(*s.value) : "return"); },
              });
    }

    void dump_expression(const Expr& e) {
        if (const auto* branch = as_if<const IfExpr>(&e, ExprKind::if_expr)) {
            nested("if " + expr(*branch->condition), *branch->then);
            if (branch->otherwise) nested("else", *branch->otherwise);
        } else if (const auto* inner = as_if<const BlockExpr>(&e, ExprKind::block)) {
            nested("block", *inner->block);
        } else {
            line(expr(e));
        }
    }

    std::string list(const std::vector<ExprPtr>& elements) {
        std::string content;
        for (const auto& element : elements) content += (content.empty() ? "" : ", ") + expr(*element);
        return content;
    }

    std::string inner_block(const Block& b) {
        std::string outer = std::move(text_);
        text_.clear();
        const size_t indent = std::exchange(indent_, 0);
        block(b);
        std::string content = std::move(text_);
        text_ = std::move(outer);
        indent_ = indent;
        for (char& c : content)
            if (c == '\n') c = ';';
        return "{ " + content + " }";
    }

    std::string typed(const std::string& content, const Type& type) {
        const char* space = type.is_pointer() ? type.is_context               ? "@ctx"
                                                : type.space == Space::user   ? "@user"
                                                : type.space == Space::kernel ? "@kernel"
                                                                              : ""
                                              : "";
        return content + ":" + type.spelling() + space;
    }

    std::string call(const CallExpr& e) {
        std::string content = e.name;
        const bool numbered = e.builtin == Builtin::nsecs || e.builtin == Builtin::reg || e.builtin == Builtin::str ||
                              e.builtin == Builtin::buf || e.builtin == Builtin::pid || e.builtin == Builtin::tid ||
                              e.builtin == Builtin::strncmp || e.builtin == Builtin::memcmp ||
                              e.builtin == Builtin::ntop;
        if (numbered && e.number) content += "#" + std::to_string(e.number);
        content += "(" + list(e.args) + ")";
        if (e.output >= 0) content += " -> output " + std::to_string(e.output);
        return e.type.kind == TypeKind::none ? content : typed(content, e.type);
    }

    std::string field(const FieldExpr& e) {
        std::string content = expr(*e.object) + "." + e.name;
        if (e.arg >= 0)
            content += "#" + std::to_string(e.arg);
        else if (e.object->type.kind != TypeKind::record)
            content += "+" + std::to_string(e.member.offset);
        if (e.member.bit_size)
            content += "/" + std::to_string(e.member.bit_offset) + ":" + std::to_string(e.member.bit_size);
        return typed(content, e.type);
    }

    std::string expr(const Expr& e) {
        return visit(
            e, Cases{
                   [&](const Expr&) { return std::string("?"); },
                   [&](const IntegerExpr& x) {
                       const bool negative = x.type.is_signed && static_cast<int64_t>(x.value) < 0;
                       return typed(negative ? std::to_string(static_cast<int64_t>(x.value)) : std::to_string(x.value),
                                    x.type);
                   },
                   [&](const StringExpr& x) { return typed(quoted(x.value), x.type); },
                   [&](const BooleanExpr& x) { return std::string(x.value ? "true" : "false"); },
                   [&](const CallExpr& x) { return call(x); },
                   [&](const VariableExpr& x) { return "$" + x.name; },
                   [&](const MapExpr& x) { return x.name; },
                   [&](const MapElementExpr& x) { return x.name + "[" + expr(*x.key) + "]"; },
                   [&](const UnaryExpr& x) {
                       const bool post = x.op == Op::post_inc || x.op == Op::post_dec;
                       const std::string inner = expr(*x.operand);
                       return typed(
                           post ? "(" + inner + op_text(x.op) + ")" : "(" + std::string(op_text(x.op)) + inner + ")",
                           x.type);
                   },
                   [&](const BinaryExpr& x) {
                       return typed("(" + expr(*x.left) + " " + op_text(x.op) + " " + expr(*x.right) + ")", x.type);
                   },
                   [&](const TernaryExpr& x) {
                       return typed("(" + expr(*x.condition) + " ? " + expr(*x.then) + " : " + expr(*x.otherwise) + ")",
                                    x.type);
                   },
                   [&](const CastExpr& x) {
                       return (x.target ? "cast<" : "to<") + typed("", x.type).substr(1) + ">(" + expr(*x.operand) +
                              ")";
                   },
                   [&](const FieldExpr& x) { return field(x); },
                   [&](const TupleFieldExpr& x) {
                       return typed(expr(*x.object) + "." + std::to_string(x.number), x.type);
                   },
                   [&](const IndexExpr& x) { return typed(expr(*x.object) + "[" + expr(*x.index) + "]", x.type); },
                   [&](const TupleExpr& x) { return typed("(" + list(x.elements) + ")", x.type); },
                   [&](const RecordExpr& x) {
                       std::string content;
                       for (const auto& m : x.members)
                           content += (content.empty() ? "" : ", ") + m.name + "=" + expr(*m.value);
                       return typed("(" + content + ")", x.type);
                   },
                   [&](const IfExpr& x) {
                       std::string content = "if " + expr(*x.condition) + " " + inner_block(*x.then);
                       if (x.otherwise) content += " else " + inner_block(*x.otherwise);
                       return typed(content, x.type);
                   },
                   [&](const BlockExpr& x) { return typed(inner_block(*x.block), x.type); },
                   [&](const EmptyTupleExpr&) { return std::string("()"); },
               });
    }

    const Unit& unit_;
    const ProbeFunction* function_ = nullptr;
    std::string text_;
    size_t indent_ = 0;
};

}  // namespace

std::string dump_types(const Unit& unit) { return Dumper(unit).run(); }

}  // namespace avocet::dsl
