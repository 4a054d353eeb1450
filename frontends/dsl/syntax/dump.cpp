// SPDX-License-Identifier: Apache-2.0
#include "syntax/dump.hpp"

#include <fmt/format.h>

#include "syntax/literals.hpp"
#include "syntax/printer.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {
namespace {

// Every function appends; `indent_` is that of the line being written, blocks go deeper.
class Dump {
public:
    std::string take() { return std::move(out_); }

    void expr(const Expr& e) {
        visit(e, [&](const auto& node) { write(node); });
    }

    void clause(const Clause& c) {
        out_ += "(clause";
        indent_ += 2;
        for (const AttachPoint& point : c.attach_points) {
            line();
            out_ += point.label.empty() ? fmt::format("(attach {})", point.text)
                                        : fmt::format("(attach {} label {})", point.text, point.label);
        }
        if (c.predicate) {
            line();
            out_ += "(predicate ";
            expr(*c.predicate);
            out_ += ")";
        }
        indent_ -= 2;
        body(*c.body);
        out_ += ")\n";
    }

    void macro(const Macro& m) {
        out_ += "(macro " + m.name;
        for (const auto& p : m.params) out_ += (p.kind == Macro::Param::variable ? " $" : " ") + p.name;
        body(*m.body);
        out_ += ")\n";
    }

    void function(const Function& f) {
        out_ += "(fn " + f.name;
        for (const auto& p : f.params) out_ += fmt::format(" (${} : {})", p.name, spelling(*p.type));
        out_ += " : " + spelling(*f.result);
        body(*f.body);
        out_ += ")\n";
    }

private:
    void line() { out_ += "\n" + std::string(indent_, ' '); }
    void word(std::string_view text) { out_ += text; }
    void operand(const ExprPtr& e) {
        out_ += ' ';
        expr(*e);
    }
    void body(const Block& b) {
        indent_ += 2;
        for (const StmtPtr& s : b.statements) {
            line();
            visit(*s, [&](const auto& node) { write(node); });
        }
        if (b.value) {
            line();
            out_ += "=> ";
            expr(*b.value);
        }
        indent_ -= 2;
    }
    void named_block(std::string_view name, const Block& b) {
        indent_ += 2;
        line();
        out_ += fmt::format("({}", name);
        body(b);
        out_ += ")";
        indent_ -= 2;
    }
    void type_or_expr(const TypeOrExpr& operand_) {
        if (operand_.type)
            out_ += " (type " + spelling(*operand_.type) + ")";
        else
            operand(operand_.expr);
    }
    void list(std::string_view head, const std::vector<ExprPtr>& parts) {
        out_ += fmt::format("({}", head);
        for (const ExprPtr& part : parts) operand(part);
        out_ += ")";
    }

    void write(const IntegerExpr& e) {
        if (e.negative)
            out_ += std::to_string(static_cast<int64_t>(e.value));
        else
            out_ += std::to_string(e.value);
    }
    void write(const StringExpr& e) { out_ += quote_string(e.value); }
    void write(const BooleanExpr& e) { out_ += e.value ? "true" : "false"; }
    void write(const PositionalExpr& e) { out_ += fmt::format("${}", e.number); }
    void write(const PositionalCountExpr&) { out_ += "$#"; }
    void write(const IdentifierExpr& e) { out_ += e.name; }
    void write(const CallExpr& e) { list("call " + e.name, e.args); }
    void write(const VariableExpr& e) { out_ += "$" + e.name; }
    void write(const MapExpr& e) { out_ += e.name; }
    void write(const MapElementExpr& e) {
        if (e.several_keys) return list("element " + e.name, as<TupleExpr>(*e.key).elements);
        out_ += "(element " + e.name;
        operand(e.key);
        out_ += ")";
    }
    void write(const UnaryExpr& e) {
        switch (e.op) {
            case Op::pre_inc: out_ += "(pre++"; break;
            case Op::pre_dec: out_ += "(pre--"; break;
            case Op::post_inc: out_ += "(post++"; break;
            case Op::post_dec: out_ += "(post--"; break;
            case Op::deref: out_ += "(deref"; break;
            case Op::address_of: out_ += "(address"; break;
            default: out_ += "(" + spelling(e.op);
        }
        operand(e.operand);
        out_ += ")";
    }
    void write(const BinaryExpr& e) {
        out_ += "(" + spelling(e.op);
        operand(e.left);
        operand(e.right);
        out_ += ")";
    }
    void write(const TernaryExpr& e) {
        out_ += e.then ? "(?" : "(?:";
        operand(e.condition);
        if (e.then) operand(e.then);
        operand(e.otherwise);
        out_ += ")";
    }
    void write(const CastExpr& e) {
        out_ += e.target ? "(cast " + spelling(*e.target) : std::string("(convert");
        operand(e.operand);
        out_ += ")";
    }
    void write(const FieldExpr& e) {
        out_ += e.arrow ? "(->" : "(.";
        operand(e.object);
        out_ += " " + e.name + ")";
    }
    void write(const TupleFieldExpr& e) {
        out_ += "(.";
        operand(e.object);
        out_ += fmt::format(" {})", e.number);
    }
    void write(const IndexExpr& e) {
        out_ += "(index";
        operand(e.object);
        operand(e.index);
        out_ += ")";
    }
    void write(const TupleExpr& e) { list("tuple", e.elements); }
    void write(const RecordExpr& e) {
        out_ += "(record";
        for (const auto& member : e.members) {
            out_ += " (" + member.name;
            operand(member.value);
            out_ += ")";
        }
        out_ += ")";
    }
    void write(const IfExpr& e) {
        out_ += "(if";
        operand(e.condition);
        named_block("then", *e.then);
        if (e.otherwise) named_block("else", *e.otherwise);
        out_ += ")";
    }
    void write(const BlockExpr& e) {
        out_ += "(block";
        body(*e.block);
        out_ += ")";
    }
    void write(const SizeofExpr& e) { query("sizeof", e.operand); }
    void write(const TypeinfoExpr& e) { query("typeinfo", e.operand); }
    void query(std::string_view name, const TypeOrExpr& o) {
        out_ += fmt::format("({}", name);
        type_or_expr(o);
        out_ += ")";
    }
    void write(const OffsetofExpr& e) {
        out_ += "(offsetof";
        type_or_expr(e.operand);
        out_ += " ";
        for (size_t i = 0; i < e.path.size(); i++) out_ += (i ? "." : "") + e.path[i];
        out_ += ")";
    }
    void write(const ComptimeExpr& e) {
        out_ += "(comptime";
        operand(e.operand);
        out_ += ")";
    }
    void write(const TypeArgExpr& e) { out_ += "(type " + spelling(*e.name) + ")"; }
    void write(const EmptyTupleExpr&) { out_ += "(tuple)"; }

    void write(const LetStmt& s) {
        out_ += "(let $" + s.name;
        if (s.type) out_ += " : " + spelling(*s.type);
        if (s.value) operand(s.value);
        out_ += ")";
    }
    void write(const AssignStmt& s) {
        out_ += "(" + (s.op ? spelling(*s.op) : std::string()) + "=";
        operand(s.target);
        operand(s.value);
        out_ += ")";
    }
    void write(const DiscardStmt& s) {
        out_ += "(discard";
        operand(s.value);
        out_ += ")";
    }
    void write(const ExprStmt& s) { expr(*s.value); }
    void write(const ForMapStmt& s) {
        out_ += "(for $" + s.variable_name;
        operand(s.map);
        body(*s.body);
        out_ += ")";
    }
    void write(const ForRangeStmt& s) {
        out_ += "(for $" + s.variable_name + " (range";
        operand(s.low);
        operand(s.high);
        out_ += ")";
        body(*s.body);
        out_ += ")";
    }
    void write(const WhileStmt& s) { loop("while", s.condition, *s.body); }
    void write(const UnrollStmt& s) { loop("unroll", s.count, *s.body); }
    void loop(std::string_view name, const ExprPtr& head, const Block& b) {
        out_ += fmt::format("({}", name);
        operand(head);
        body(b);
        out_ += ")";
    }
    void write(const JumpStmt& s) { out_ += s.kind == StmtKind::break_ ? "(break)" : "(continue)"; }
    void write(const ReturnStmt& s) {
        out_ += "(return";
        if (s.value) operand(s.value);
        out_ += ")";
    }
    void write(const ImportStmt& s) { out_ += "(import " + quote_string(s.path) + ")"; }

    std::string out_;
    size_t indent_ = 0;
};

std::string dump_item(const Script& script, Script::Item item, size_t i) {
    Dump dump;
    switch (item) {
        case Script::Item::c_definition: return fmt::format("(c {})\n", quote_string(script.c_definitions[i]));
        case Script::Item::import: return fmt::format("(import {})\n", quote_string(script.imports[i].first));
        case Script::Item::map_declaration: {
            const MapDeclaration& m = script.map_declarations[i];
            return fmt::format("(map {} {} {})\n", m.name, m.kind, m.entries);
        }
        case Script::Item::config: {
            std::string out = "(config";
            for (const ConfigSetting& s : script.config)
                out += fmt::format("\n  ({} {})", s.key, quote_string(s.value));
            return out + ")\n";
        }
        case Script::Item::macro: dump.macro(script.macros[i]); break;
        case Script::Item::function: dump.function(script.functions[i]); break;
        case Script::Item::clause: dump.clause(script.clauses[i]); break;
    }
    return dump.take();
}

}  // namespace

std::string spelling(const TypeName& type) {
    std::string out;
    if (type.typeof_type)
        out = "typeof(" + spelling(*type.typeof_type) + ")";
    else if (type.typeof_expr)
        out = "typeof(" + print(*type.typeof_expr, true) + ")";
    else
        out = (type.tag.empty() ? "" : type.tag + " ") + type.name;
    for (const auto& suffix : type.suffixes) {
        if (suffix.kind == TypeName::Suffix::pointer)
            out += "*";
        else
            out += suffix.count ? fmt::format("[{}]", *suffix.count) : "[]";
    }
    return out;
}

std::string spelling(Op op) {
    constexpr const char* texts[] = {"+",  "-",  "*",  "/",  "%", "&", "|", "^", "<<", ">>", "==", "!=", "<", ">",
                                     "<=", ">=", "&&", "||", "-", "~", "!", "*", "&",  "++", "--", "++", "--"};
    return texts[static_cast<size_t>(op)];
}

std::string dump_ast(const Script& script) {
    std::string out;
    for (auto [item, i] : script.items) out += dump_item(script, item, i);
    return out;
}

std::string dump_ast(const Unit& unit) { return dump_ast(unit.script); }

std::string dump_expr(const Expr& expr) {
    Dump dump;
    dump.expr(expr);
    return dump.take();
}

std::string dump_clause(const Clause& clause) {
    Dump dump;
    dump.clause(clause);
    return dump.take();
}

}  // namespace avocet::dsl
