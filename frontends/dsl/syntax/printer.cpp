// SPDX-License-Identifier: Apache-2.0
//
// Standard form: what each node looks like. Lines, blank lines and comments are Layout's business (layout.hpp).
//
// Parentheses come back from precedence; where a construct would be read differently at its place (a bare word as the
// operand of sizeof, an `if` as the left operand of a statement) they are added.
#include "syntax/printer.hpp"

#include <fmt/format.h>

#include "syntax/dump.hpp"
#include "syntax/layout.hpp"
#include "syntax/literals.hpp"
#include "syntax/parser.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {
namespace {

constexpr size_t line_width = 80;

// How tightly an expression binds; operands looser than their place are parenthesised.
enum Level { ternary_level, log_or_level, unary_level = 11, postfix_level, primary_level };

int binary_level(Op op) {
    switch (op) {
        case Op::log_or: return 1;
        case Op::log_and: return 2;
        case Op::bit_or: return 3;
        case Op::bit_xor: return 4;
        case Op::bit_and: return 5;
        case Op::eq:
        case Op::ne: return 6;
        case Op::lt:
        case Op::gt:
        case Op::le:
        case Op::ge: return 7;
        case Op::shl:
        case Op::shr: return 8;
        case Op::add:
        case Op::sub: return 9;
        default: return 10;
    }
}

bool is_post_step(const Expr& e) {
    return e.kind == ExprKind::unary && (as<UnaryExpr>(e).op == Op::post_inc || as<UnaryExpr>(e).op == Op::post_dec);
}

int level_of(const Expr& e) {
    switch (e.kind) {
        case ExprKind::ternary:
        case ExprKind::if_expr:
        case ExprKind::block: return ternary_level;
        case ExprKind::binary: return binary_level(as<BinaryExpr>(e).op);
        case ExprKind::unary: return is_post_step(e) ? postfix_level : unary_level;
        case ExprKind::cast: return as<CastExpr>(e).target ? unary_level : level_of(*as<CastExpr>(e).operand);
        case ExprKind::comptime: return unary_level;
        case ExprKind::integer: return as<IntegerExpr>(e).negative ? unary_level : primary_level;
        case ExprKind::field:
        case ExprKind::tuple_field:
        case ExprKind::index: return postfix_level;
        default: return primary_level;
    }
}

// Would the text be taken for a type where a type may stand?
bool reads_as_type(const Expr& e) {
    if (e.kind == ExprKind::identifier) return !is_parser_builtin(as<IdentifierExpr>(e).name);
    return e.kind == ExprKind::index && as<IndexExpr>(e).index->kind == ExprKind::integer &&
           reads_as_type(*as<IndexExpr>(e).object);
}

bool is_bare_setting(std::string_view value) {
    if (value.empty()) return false;
    for (char c : value)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
    return true;
}

class Printer : private Layout {
public:
    explicit Printer(const Script* script) : Layout(script ? &script->comments : nullptr), script_(script) {}

    std::string script() {
        for (size_t n = 0; n < script_->items.size(); ++n) {
            next_item_ = n + 1 < script_->items.size() ? begin_of(script_->items[n + 1]) : nullptr;
            print_item(script_->items[n].first, script_->items[n].second);
        }
        own_line_comments(UINT32_MAX, 0);
        return std::move(out_);
    }
    std::string lone(const Expr& e, bool type_argument) {
        if (type_argument)
            operand_of_query(e);
        else
            expr(e, 0);
        return std::move(out_);
    }

private:
    // ---- items ----
    const Span* begin_of(const std::pair<Script::Item, size_t>& item) const {
        const size_t i = item.second;
        switch (item.first) {
            case Script::Item::c_definition: return &script_->c_definition_spans[i];
            case Script::Item::import: return &script_->imports[i].second;
            case Script::Item::map_declaration: return &script_->map_declarations[i].span;
            case Script::Item::config: return &script_->config_span;
            case Script::Item::macro: return &script_->macros[i].span;
            case Script::Item::function: return &script_->functions[i].span;
            case Script::Item::clause:
                return script_->clauses[i].attach_points.empty() ? nullptr : &script_->clauses[i].attach_points[0].span;
        }
        return nullptr;
    }
    void print_item(Script::Item item, size_t i) {
        switch (item) {
            case Script::Item::c_definition:
                begin_at(script_->c_definition_spans[i]);
                out_ += script_->c_definitions[i];
                return end_line(script_->c_definition_spans[i].end_line);
            case Script::Item::import:
                begin_at(script_->imports[i].second);
                out_ += "import " + quote_string(script_->imports[i].first) + ";";
                return end_line(script_->imports[i].second.end_line);
            case Script::Item::map_declaration: {
                const MapDeclaration& m = script_->map_declarations[i];
                begin_at(m.span);
                out_ += fmt::format("let {} = {}({});", m.name, m.kind, m.entries);
                return end_line(m.span.end_line);
            }
            case Script::Item::config: return config();
            case Script::Item::macro: return macro(script_->macros[i]);
            case Script::Item::function: return function(script_->functions[i]);
            case Script::Item::clause: return clause(script_->clauses[i]);
        }
    }

    void config() {
        begin_at(script_->config_span);
        out_ += "config = {";
        if (script_->config.empty())
            out_ += "\n";
        else
            end_line(script_->config_span.line, &script_->config[0].span);
        no_blank_line_next();
        indent_ += 2;
        for (const ConfigSetting& s : script_->config) {
            begin_at(s.span);
            indent();
            out_ += fmt::format("{} = {};", s.key, is_bare_setting(s.value) ? s.value : quote_string(s.value));
            end_line(s.span.end_line);
        }
        own_line_comments(script_->config_span.end_line, script_->config_span.end_column);
        indent_ -= 2;
        out_ += "}";
        end_line(script_->config_span.end_line);
    }

    void macro(const Macro& m) {
        begin_at(m.span);
        out_ += "macro " + m.name + "(";
        for (size_t i = 0; i < m.params.size(); i++)
            out_ +=
                (i ? ", " : "") + std::string(m.params[i].kind == Macro::Param::variable ? "$" : "") + m.params[i].name;
        out_ += ")";
        item_body(*m.body, m.span.line);
    }

    void function(const Function& f) {
        begin_at(f.span);
        out_ += "fn " + f.name + "(";
        for (size_t i = 0; i < f.params.size(); i++) {
            out_ += fmt::format("{}${} : ", i ? ", " : "", f.params[i].name);
            type(*f.params[i].type);
        }
        out_ += ") : ";
        type(*f.result);
        item_body(*f.body, f.span.line);
    }

    void clause(const Clause& c) {
        begin_at(c.span);
        uint32_t line = c.span.line;
        for (size_t i = 0; i < c.attach_points.size(); i++) {
            const AttachPoint& point = c.attach_points[i];
            bool last = i + 1 == c.attach_points.size();
            if (i) own_line_comments(point.span.line, point.span.column);
            if (!point.label.empty()) out_ += point.label + "=";
            out_ += point.text;
            line = point.span.end_line;
            if (last) break;
            out_ += ",";
            end_line(line, &c.attach_points[i + 1].span);
        }
        if (c.predicate) {
            end_line(line, &c.predicate->span);
            out_ += "/";
            expr(*c.predicate, 0);
            out_ += "/";
            line = c.predicate->span.end_line;
        }
        item_body(*c.body, line);
    }

    void item_body(const Block& b, uint32_t head_line) {
        end_line(head_line, &b.span);
        own_line_comments(b.span.line, b.span.column);
        block(b);
        end_line(b.span.end_line);
    }

    // ---- statements ----
    // From `{` to `}`, without what follows.
    void block(const Block& b) {
        out_ += "{";
        bool empty = b.statements.empty() && !b.value;
        if (empty && !(b.span.line && comment_before(b.span.end_line, b.span.end_column))) {
            out_ += "\n";
            indent();
            out_ += "}";
            return;
        }
        const Span& first = empty ? b.span : b.statements.empty() ? b.value->span : b.statements[0]->span;
        Span end = b.span;  // what stands behind the block is not the last statement's
        end.line = b.span.end_line;
        end.column = b.span.end_column;
        const Span* closing = b.span.line ? &end : nullptr;
        end_line(b.span.line, empty ? closing : &first);
        no_blank_line_next();
        indent_ += 2;
        for (size_t i = 0; i < b.statements.size(); i++) {
            begin_at(b.statements[i]->span);
            indent();
            visit(*b.statements[i], [&](const auto& s) { statement(s); });
            const Span* next = i + 1 < b.statements.size() ? &b.statements[i + 1]->span
                               : b.value                   ? &b.value->span
                                                           : closing;
            end_line(b.statements[i]->span.end_line, next);
        }
        if (b.value) {
            begin_at(b.value->span);
            indent();
            expr(*b.value, 0);
            end_line(b.value->span.end_line, closing);
        }
        if (b.span.line) own_line_comments(b.span.end_line, b.span.end_column);
        indent_ -= 2;
        indent();
        out_ += "}";
        no_blank_line_next();
    }

    void statement(const ExprStmt& s) {
        expr(*s.value, 0);
        if (s.value->kind != ExprKind::if_expr && s.value->kind != ExprKind::block) out_ += ";";
    }
    void statement(const LetStmt& s) {
        out_ += "let $" + s.name;
        if (s.type) {
            out_ += " : ";
            type(*s.type);
        }
        if (s.value) {
            out_ += " = ";
            expr(*s.value, 0);
        }
        out_ += ";";
    }
    void statement(const AssignStmt& s) {
        expr(*s.target, 0);
        out_ += " " + (s.op ? spelling(*s.op) : std::string()) + "= ";
        expr(*s.value, 0);
        out_ += ";";
    }
    void statement(const DiscardStmt& s) {
        out_ += "_ = ";
        expr(*s.value, 0);
        out_ += ";";
    }
    void statement(const ForMapStmt& s) {
        out_ += "for $" + s.variable_name + " : ";
        expr(*s.map, primary_level);
        out_ += " ";
        block(*s.body);
    }
    void statement(const ForRangeStmt& s) {
        out_ += "for $" + s.variable_name + " : ";
        expr(*s.low, primary_level);
        out_ += "..";
        expr(*s.high, primary_level);
        out_ += " ";
        block(*s.body);
    }
    void statement(const WhileStmt& s) { loop("while", *s.condition, *s.body); }
    void statement(const UnrollStmt& s) { loop("unroll", *s.count, *s.body); }
    void loop(std::string_view name, const Expr& head, const Block& b) {
        out_ += name;
        out_ += " (";
        expr(head, 0);
        out_ += ") ";
        block(b);
    }
    void statement(const JumpStmt& s) { out_ += s.kind == StmtKind::break_ ? "break;" : "continue;"; }
    void statement(const ReturnStmt& s) {
        out_ += "return";
        if (s.value) {
            out_ += " ";
            expr(*s.value, 0);
        }
        out_ += ";";
    }
    void statement(const ImportStmt& s) { out_ += "import " + quote_string(s.path) + ";"; }

    // ---- expressions ----
    void expr(const Expr& e, int least) {
        inline_comments(e.span);
        bool group = level_of(e) < least;
        if (group) out_ += "(";
        visit(e, [&](const auto& node) { write(node); });
        if (group) out_ += ")";
    }
    void operand_of_query(const Expr& e) {
        if (!reads_as_type(e)) return expr(e, 0);
        out_ += "(";
        expr(e, 0);
        out_ += ")";
    }
    void operand(const TypeOrExpr& o) {
        if (o.type)
            type(*o.type);
        else
            operand_of_query(*o.expr);
    }
    void type(const TypeName& t) { out_ += spelling(t); }

    // Comma-separated; a part that would cross the line's width begins a line of its own, under the first one.
    template <class Parts, class Each>
    void list(const Parts& parts, Each each) {
        size_t left = column();
        for (size_t i = 0; i < parts.size(); i++) {
            if (i) out_ += ",";
            size_t begin = out_.size(), comment = next_comment_;
            if (i) out_ += " ";
            bool measures = i > 0 && !measuring_;
            measuring_ |= measures;  // a part that fits needs no breaks inside
            each(parts[i]);
            if (!measures) continue;
            measuring_ = false;
            if (out_.find('\n', begin) == std::string::npos && column() < line_width) continue;
            out_.resize(begin);
            next_comment_ = comment;
            out_ += "\n" + std::string(left, ' ');
            each(parts[i]);
        }
    }
    void list(const std::vector<ExprPtr>& parts) {
        list(parts, [&](const ExprPtr& part) { expr(*part, 0); });
    }

    void write(const IntegerExpr& e) {
        if (!e.spelling.empty() && !e.negative)
            out_ += e.spelling;
        else
            out_ += e.negative ? std::to_string(static_cast<int64_t>(e.value)) : std::to_string(e.value);
    }
    void write(const StringExpr& e) { out_ += quote_string(e.value); }
    void write(const BooleanExpr& e) { out_ += e.value ? "true" : "false"; }
    void write(const PositionalExpr& e) { out_ += fmt::format("${}", e.number); }
    void write(const PositionalCountExpr&) { out_ += "$#"; }
    void write(const IdentifierExpr& e) { out_ += e.name; }
    void write(const VariableExpr& e) { out_ += "$" + e.name; }
    void write(const MapExpr& e) { out_ += e.name; }
    void write(const CallExpr& e) {
        out_ += e.name + "(";
        list(e.args);
        out_ += ")";
    }
    void write(const MapElementExpr& e) {
        out_ += e.name + "[";
        if (e.several_keys)
            list(as<TupleExpr>(*e.key).elements);
        else
            expr(*e.key, 0);
        out_ += "]";
    }
    void write(const UnaryExpr& e) {
        if (is_post_step(e)) {
            expr(*e.operand, postfix_level);
            out_ += spelling(e.op);
            return;
        }
        out_ += spelling(e.op);
        size_t begin = out_.size();
        expr(*e.operand, unary_level);
        if (e.op == Op::neg && out_[begin] == '-') {  // not a decrement
            out_.insert(begin, "(");
            out_ += ")";
        }
    }
    void write(const BinaryExpr& e) {
        int level = binary_level(e.op);
        expr(*e.left, level);
        out_ += " " + spelling(e.op) + " ";
        expr(*e.right, level + 1);
    }
    void write(const TernaryExpr& e) {
        expr(*e.condition, log_or_level);
        out_ += e.then ? " ? " : " ?: ";
        if (e.then) {
            expr(*e.then, 0);
            out_ += " : ";
        }
        expr(*e.otherwise, 0);
    }
    void write(const CastExpr& e) {
        if (e.target) {
            out_ += "(";
            type(*e.target);
            out_ += ")";
        }
        expr(*e.operand, e.target ? unary_level : 0);
    }
    void write(const FieldExpr& e) {
        expr(*e.object, postfix_level);
        out_ += (e.arrow ? "->" : ".") + e.name;
    }
    void write(const TupleFieldExpr& e) {
        expr(*e.object, postfix_level);
        out_ += fmt::format(".{}", e.number);
    }
    void write(const IndexExpr& e) {
        expr(*e.object, postfix_level);
        out_ += "[";
        expr(*e.index, 0);
        out_ += "]";
    }
    void write(const TupleExpr& e) {
        out_ += "(";
        list(e.elements);
        out_ += e.elements.size() == 1 ? ",)" : ")";
    }
    void write(const RecordExpr& e) {
        out_ += "(";
        list(e.members, [&](const RecordExpr::Member& member) {
            out_ += member.name + "=";
            expr(*member.value, 0);
        });
        out_ += ")";
    }
    void write(const IfExpr& e) {
        out_ += "if ";
        bool group = e.condition->kind == ExprKind::comptime ? false : level_of(*e.condition) < unary_level;
        if (group) out_ += "(";
        expr(*e.condition, 0);
        out_ += group ? ") " : " ";
        block(*e.then);
        if (!e.otherwise) return;
        out_ += " else ";
        const Expr* chained = chained_if(*e.otherwise);
        if (chained)
            visit(*chained, [&](const auto& node) { write(node); });
        else
            block(*e.otherwise);
    }
    // `else if`: the arm is exactly one `if` and was not written with braces.
    static const Expr* chained_if(const Block& b) {
        const Expr* only = b.value.get();
        if (!only && b.statements.size() == 1 && b.statements[0]->kind == StmtKind::expression)
            only = as<ExprStmt>(*b.statements[0]).value.get();
        else if (!b.statements.empty())
            return nullptr;
        if (!only || only->kind != ExprKind::if_expr) return nullptr;
        bool same = only->span.line == b.span.line && only->span.column == b.span.column;
        return same ? only : nullptr;
    }
    void write(const BlockExpr& e) { block(*e.block); }
    void write(const SizeofExpr& e) { query("sizeof", e.operand); }
    void write(const TypeinfoExpr& e) { query("typeinfo", e.operand); }
    void query(std::string_view name, const TypeOrExpr& o) {
        out_ += name;
        out_ += "(";
        operand(o);
        out_ += ")";
    }
    void write(const OffsetofExpr& e) {
        out_ += "offsetof(";
        operand(e.operand);
        out_ += ", ";
        for (size_t i = 0; i < e.path.size(); i++) out_ += (i ? "." : "") + e.path[i];
        out_ += ")";
    }
    void write(const ComptimeExpr& e) {
        out_ += "comptime ";
        expr(*e.operand, unary_level);
    }
    void write(const TypeArgExpr& e) { type(*e.name); }
    void write(const EmptyTupleExpr&) { out_ += "()"; }

    const Script* script_;
    bool measuring_ = false;
};

}  // namespace

std::string print(const Script& script) { return Printer(&script).script(); }
std::string print(const Expr& expr, bool type_argument) { return Printer(nullptr).lone(expr, type_argument); }

}  // namespace avocet::dsl
