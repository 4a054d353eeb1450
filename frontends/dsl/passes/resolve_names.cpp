// SPDX-License-Identifier: Apache-2.0
//
// Scopes are blocks. A variable is visible from its declaration or first assignment to the end of that block, and a
// name is never hidden by another. What has a longer spelling is written out here (desugar.hpp), before names are
// looked up, so that later passes know fewer forms.
#include "passes/resolve_names.hpp"

#include <algorithm>
#include <unordered_map>

#include "passes/builtins/builtins.hpp"
#include "passes/desugar.hpp"
#include "passes/fold_constants.hpp"
#include "passes/member_names.hpp"
#include "passes/typer.hpp"
#include "passes/widen_variables.hpp"
#include "syntax/parser.hpp"
#include "syntax/visit.hpp"
#include "types/kernel_constants.hpp"

namespace avocet::dsl {

namespace {

// How a map is touched, over the whole script.
struct MapUse {
    bool keyed = false, scalar = false, assigned = false;
    bool refused = false;  // reported: what it holds is anyone's guess
    Span keyed_at, scalar_at;
};

// Everything below was expanded from one place.
class ExpansionMarker : public Walker {
public:
    explicit ExpansionMarker(uint32_t expansion) : expansion_(expansion) {}
    void mark(ExprPtr& expr) { walk(expr); }

protected:
    void on_expr(ExprPtr& expr) override {
        expr->span.expansion = expansion_;
        walk_children(*expr);
    }

private:
    uint32_t expansion_;
};

class Resolver final : public Walker {
public:
    explicit Resolver(Unit& unit) : unit_(unit) {}

    void run() {
        declare_maps();
        for (ProbeFunction& function : unit_.functions) {
            function_ = &function;
            scopes_.assign(1, {});
            widen_variables(function.body, *unit_.diagnostics);
            on_clause(function.body);
        }
        finish_maps();
    }

    void on_block(Block& block) override {
        scopes_.emplace_back();
        Walker::on_block(block);
        scopes_.pop_back();
    }

    void on_stmt(StmtPtr& stmt) override {
        visit(*stmt, Cases{
                         [&](Stmt& s) { walk_children(s); },
                         [&](LetStmt& s) {
                             walk(s.type);
                             walk(s.value);
                             s.variable = declare(s.name, s.name_span, s.value != nullptr);
                         },
                         [&](AssignStmt& s) { resolve_assign(s); },
                         [&](ExprStmt& s) {
                             note_lone_aggregate(*s.value);
                             walk(s.value);
                         },
                         [&](ForMapStmt& s) { resolve_for_map(s); },
                         [&](ForRangeStmt& s) {
                             walk(s.low);
                             walk(s.high);
                             resolve_loop(s.variable_name, s.variable_span, s.variable, *s.body);
                         },
                     });
    }

    void on_expr(ExprPtr& owner) override {
        visit(*owner, Cases{
                          [&](Expr& e) { walk_children(e); },
                          [&](IdentifierExpr& e) { resolve_word(owner, e); },
                          [&](CallExpr& e) { resolve_call(owner, e); },
                          [&](VariableExpr& e) {
                              e.variable = use(e.name, e.span);
                              if (e.variable >= 0) variable(e.variable).read = true;
                          },
                          [&](MapExpr& e) { e.map = touch(e.name, e.span, false); },
                          [&](MapElementExpr& e) {
                              e.map = touch(e.name, e.name_span, true);
                              walk(e.key);
                          },
                          [&](UnaryExpr& e) { resolve_unary(e); },
                          [&](TernaryExpr& e) {
                              if (!e.then) owner = desugar_short_ternary(e, function_->body.variables.size());
                              walk_children(*owner);
                          },
                          [&](IfExpr& e) { resolve_if(owner, e); },
                          [&](ComptimeExpr& e) {
                              walk_children(e);
                              fold(owner, *unit_.diagnostics);
                          },
                          [&](SizeofExpr& e) { resolve_operand(e.operand); },
                          [&](TypeinfoExpr& e) { resolve_operand(e.operand); },
                          [&](OffsetofExpr& e) { resolve_operand(e.operand); },
                      });
    }

    void on_type(TypeName& type) override {
        // typeof(@m) is the key's type of a keyed map: the map is not read
        if (!whole_map(type.typeof_expr)) Walker::on_type(type);
    }

private:
    Variable& variable(int index) { return function_->body.variables[static_cast<size_t>(index)]; }

    int find(const std::string& name) const {
        for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
            if (auto found = scope->find(name); found != scope->end()) return found->second;
        return -1;
    }

    int add(const std::string& name, const Span& span, bool assigned) {
        Variable v;
        v.name = name;
        v.declared = span;
        v.assigned = assigned;
        function_->body.variables.push_back(std::move(v));
        const int index = static_cast<int>(function_->body.variables.size()) - 1;
        scopes_.back()[name] = index;
        return index;
    }

    int declare(const std::string& name, const Span& span, bool assigned) {
        const int present = find(name);
        if (present < 0) return add(name, span, assigned);
        unit_.diagnostics->error(span, "variable '$" + name + "': already declared, and names are never hidden")
            .with_context(variable(present).declared, "it is declared here");
        return add(name, span, assigned);
    }

    int use(const std::string& name, const Span& span) {
        const int index = find(name);
        if (index >= 0) return index;
        std::vector<std::string> names;
        for (const auto& scope : scopes_)
            for (const auto& [known, number] : scope) names.push_back(known);
        std::string hint = suggestion(name, names);
        if (const size_t quote = hint.find('\''); quote != std::string::npos) hint.insert(quote + 1, "$");
        if (hint.empty()) hint = missing_hint(name);
        unit_.diagnostics->error(span, "variable '$" + name + "': never declared or assigned before").with_hint(hint);
        return -1;
    }

    // Why a name that looks right is not there.
    std::string missing_hint(const std::string& name) const {
        const auto has = [&](const ProbeFunction& f) {
            return std::any_of(f.body.variables.begin(), f.body.variables.end(),
                               [&](const Variable& v) { return v.name == name; });
        };
        if (has(*function_))
            return "it is gone with the block that assigned it; declare it before that block: let $" + name + ";";
        if (map_numbers_.contains("@" + name)) return "did you mean '@" + name + "'?";
        for (const ProbeFunction& f : unit_.functions)
            if (f.clause != function_->clause && has(f))
                return "variables belong to one clause; maps are shared, e.g. @" + name + "[tid]";
        return "assign it first, or declare it: let $" + name + ";";
    }

    void resolve_assign(AssignStmt& s) {
        auto* target = as_if<VariableExpr>(s.target.get(), ExprKind::variable);
        if (s.op) {
            mark_op_assigned(*s.target);
            desugar_compound(s);
        }
        walk(s.value);
        if (target) {
            const int present = find(target->name);
            target->variable = present < 0 ? add(target->name, target->span, true) : present;
            variable(target->variable).assigned = true;
            return;
        }
        on_expr(s.target);
        mark_map_assigned(*s.target);
    }

    void mark_op_assigned(const Expr& target) {
        if (const auto* v = as_if<const VariableExpr>(&target, ExprKind::variable))
            if (const int index = find(v->name); index >= 0) variable(index).op_assigned = true;
        if (const int index = map_of(target); index >= 0)
            unit_.script.maps[static_cast<size_t>(index)].op_assigned = true;
    }

    // The map itself is meant, with keys or without, not what is in it; nullptr: no map.
    MapExpr* whole_map(ExprPtr& e) {
        auto* map = as_if<MapExpr>(e.get(), ExprKind::map);
        if (map) map->map = map_index(map->name, map->span);
        return map;
    }

    int map_of(const Expr& target) {
        if (const auto* m = as_if<const MapExpr>(&target, ExprKind::map)) return map_index(m->name, m->span);
        if (const auto* m = as_if<const MapElementExpr>(&target, ExprKind::map_element))
            return map_index(m->name, m->name_span);
        return -1;
    }

    void mark_map_assigned(const Expr& target) {
        if (const int index = map_of(target); index >= 0) uses_[static_cast<size_t>(index)].assigned = true;
    }

    void resolve_unary(UnaryExpr& e) {
        if (e.op == Op::address_of && whole_map(e.operand)) return;
        walk(e.operand);
        const bool steps = e.op >= Op::pre_inc;
        if (auto* v = as_if<VariableExpr>(e.operand.get(), ExprKind::variable); v && v->variable >= 0) {
            if (steps || e.op == Op::address_of) variable(v->variable).assigned = true;
            if (steps) variable(v->variable).op_assigned = true;
        }
        if (steps) {
            mark_op_assigned(*e.operand);
            mark_map_assigned(*e.operand);
        }
    }

    // `count(@x);` is `@x = count()` the wrong way round, which infer_types reports.
    void note_lone_aggregate(const Expr& e) {
        const auto* call = as_if<const CallExpr>(&e, ExprKind::call);
        const BuiltinInfo* info = call ? find_builtin(call->name) : nullptr;
        if (!info || !(info->flags & builtin_aggregate) || call->args.empty()) return;
        const auto* map = as_if<const MapExpr>(call->args[0].get(), ExprKind::map);
        if (!map) return;
        MapUse& use = uses_[static_cast<size_t>(map_index(map->name, map->span))];
        use.assigned = use.refused = true;
    }

    void resolve_loop(const std::string& name, const Span& span, int& index, Block& body) {
        scopes_.emplace_back();
        if (const int present = find(name); present >= 0)
            unit_.diagnostics
                ->error(span, "loop variable '$" + name + "': already declared, and names are never hidden")
                .with_context(variable(present).declared, "it is declared here");
        index = add(name, span, true);
        on_block(body);
        scopes_.pop_back();
    }

    void resolve_for_map(ForMapStmt& s) {
        if (auto* map = whole_map(s.map)) keyed_only_.push_back({map->map, map->span, "a loop"});
        resolve_loop(s.variable_name, s.variable_span, s.variable, *s.body);
    }

    // `if comptime` over what only the probe knows: the arm not taken is never looked at.
    void resolve_if(ExprPtr& owner, IfExpr& e) {
        if (e.condition->kind == ExprKind::comptime) {
            walk(e.condition);
            if (e.condition->is_constant)
                e.condition = std::make_unique<ComptimeExpr>(e.condition->span, std::move(e.condition));
            fold(owner, *unit_.diagnostics);
            if (owner->kind != ExprKind::if_expr) return on_expr(owner);
            walk(e.then);
            walk(e.otherwise);
            return;
        }
        walk_children(e);
    }

    void resolve_operand(TypeOrExpr& operand) {
        if (operand.type) on_type(*operand.type);
        if (!whole_map(operand.expr)) walk(operand.expr);
    }

    // ---- words and calls ----
    void resolve_word(ExprPtr& owner, IdentifierExpr& e) {
        const BuiltinInfo* info = find_builtin(e.name);
        if (info && (info->flags & builtin_word)) {
            auto call = std::make_unique<CallExpr>(e.span, e.name);
            call->name_span = e.span;
            owner = std::move(call);
            return resolve_call(owner, as<CallExpr>(*owner));
        }
        // As in C, a macro's name inside its own text is not that macro: `#define IPPROTO_TCP IPPROTO_TCP`.
        const bool within_itself = std::find(expanding_.begin(), expanding_.end(), e.name) != expanding_.end();
        if (const auto macro = unit_.c_macros.find(e.name); macro != unit_.c_macros.end() && !within_itself)
            return expand_c_macro(owner, e, macro->second);
        if (const auto enumerator = unit_.structs.find_enumerator(e.name)) {
            auto number = std::make_unique<IntegerExpr>(e.span, static_cast<uint64_t>(enumerator->first));
            number->negative = enumerator->first < 0;
            number->spelling = e.name;
            number->type = Type::enumeration(enumerator->second, 8);
            number->type.is_signed = number->negative;
            number->type.flexible = !number->negative;
            owner = std::move(number);
            return;
        }
        if (const auto constant = unit_.has_includes ? kernel_constant(e.name) : std::nullopt) {
            auto number = std::make_unique<IntegerExpr>(e.span, static_cast<uint64_t>(*constant));
            number->negative = *constant < 0;
            number->spelling = e.name;
            number->is_constant = true;
            owner = std::move(number);
            return;
        }
        const auto own = std::find_if(unit_.script.macros.begin(), unit_.script.macros.end(),
                                      [&](const Macro& m) { return m.name == e.name && !m.params.empty(); });
        const bool signless = find(e.name) >= 0 || map_numbers_.contains("@" + e.name);
        if (within_itself) {
            std::string chain;
            for (const std::string& name : expanding_) chain += (chain.empty() ? "" : "->") + name;
            unit_.diagnostics->error(e.span, "macro recursion: " + chain + "->" + e.name);
        } else if (info && !signless)
            unit_.diagnostics->error(e.span, "function '" + e.name + "': needs parentheses")
                .with_hint("write " + e.name + (info->min_args > 0 ? "(...)" : "()"));
        else if (own != unit_.script.macros.end())
            unit_.diagnostics->error(e.span, "macro '" + e.name + "': takes arguments")
                .with_hint("write " + e.name + "(...)")
                .with_context(own->span, "it is defined here");
        else if (e.name.starts_with("sarg") && is_parser_builtin(e.name))
            unit_.diagnostics->error(e.span, e.name + ": arguments on the stack have no names any more")
                .with_hint("read them by hand: *(uint64*)(reg(\"sp\") + OFFSET)");
        else if (!was_reported(e.name))
            unit_.diagnostics->error(e.span, "unknown identifier '" + e.name + "'").with_hint(word_hint(e.name));
    }

    // A bare word may be a variable or map without its sign, a name misspelt, or text without quotes.
    std::string word_hint(const std::string& name) {
        if (find(name) >= 0) return "did you mean '$" + name + "'?";
        if (map_numbers_.contains("@" + name)) return "did you mean '@" + name + "'?";
        std::string hint = suggestion(name, known_names(builtin_word));
        if (hint.empty()) hint = suggestion(name, known_names(0));
        return hint.empty() ? "if it is meant as text, write \"" + name + "\"" : hint;
    }

    std::string function_hint(const std::string& name) {
        static constexpr std::pair<std::string_view, const char*> foreign[] = {
            {"strcmp", "texts are compared with == and !="},
            {"puts", "print(\"text\") writes a line"},
            {"println", "print() ends the line itself"},
            {"sprintf", "texts are not built, only written: printf() takes several values"},
        };
        for (const auto& [word, hint] : foreign)
            if (name == word) return hint;
        return suggestion(name, known_names(0));
    }

    // Whether the name is missing only because what defines it was refused.
    bool was_reported(const std::string& name) const {
        return unit_.refused_c_text.find(name) != std::string::npos || is_refused_macro(name);
    }

    // expand_macros leaves none of the script's macros in the tree but where it has reported why.
    bool is_refused_macro(const std::string& name) const {
        return unit_.diagnostics->has_errors() && std::any_of(unit_.script.macros.begin(), unit_.script.macros.end(),
                                                              [&](const Macro& m) { return m.name == name; });
    }

    // A call of the script's function that is still in the tree was refused by expand_functions.
    bool is_refused_function(const std::string& name) const {
        return unit_.diagnostics->has_errors() &&
               std::any_of(unit_.script.functions.begin(), unit_.script.functions.end(),
                           [&](const Function& f) { return f.name == name; });
    }

    // The replacement text is a script expression; it is parsed anew for each use.
    void expand_c_macro(ExprPtr& owner, const IdentifierExpr& e, const std::string& text) {
        const uint32_t file = unit_.sources->add(e.name, text);
        DiagnosticList syntax;
        ExprPtr expanded = parse_expression(*unit_.sources, file, syntax);
        if (!expanded) {
            auto& message = unit_.diagnostics->error(e.span, "unable to expand macro as an expression: " + text);
            if (!syntax.messages().empty()) message.with_context(syntax.messages()[0].span, syntax.messages()[0].text);
            return;
        }
        unit_.script.expansions.push_back({e.span, e.name});
        ExpansionMarker(static_cast<uint32_t>(unit_.script.expansions.size())).mark(expanded);
        expanding_.push_back(e.name);
        owner = std::move(expanded);
        on_expr(owner);
        expanding_.pop_back();
        fold(owner, *unit_.diagnostics);
    }

    std::vector<std::string> known_names(uint32_t wanted) {
        std::vector<std::string> names;
        for (std::string_view name : builtin_names())
            if (!wanted || (find_builtin(name)->flags & wanted)) names.emplace_back(name);
        for (const Macro& macro : unit_.script.macros) names.push_back(macro.name);
        for (const auto& [name, text] : unit_.c_macros) names.push_back(name);
        for (const auto& [name, function] : unit_.c_functions) names.push_back(name);
        return names;
    }

    void resolve_call(ExprPtr& owner, CallExpr& e) {
        const BuiltinInfo* info = find_builtin(e.name);
        if (!info && unit_.c_functions.contains(e.name)) {
            e.builtin = Builtin::c_function;
            for (auto& arg : e.args) walk(arg);
            return;
        }
        if (!info) {
            if (!is_refused_macro(e.name) && !is_refused_function(e.name))
                unit_.diagnostics->error(e.span, "unknown function '" + e.name + "'").with_hint(function_hint(e.name));
            return resolve_lost_arguments(e, is_refused_macro(e.name));
        }
        e.builtin = info->id;
        if (info->id == Builtin::printf) e.member_names = member_names(e, unit_.script);
        if (info->id == Builtin::probetype && e.args.empty()) {
            owner = std::make_unique<StringExpr>(e.span, function_->facts.probetype);
            owner->is_constant = true;
            return;
        }
        if (info->id == Builtin::config && e.args.empty()) {
            owner = settings_record(e.span, unit_.settings);
            return;
        }
        if (info->id == Builtin::assert_) {
            ExprPtr check = desugar_assert(e);
            if (check) {
                owner = std::move(check);
                return on_expr(owner);
            }
        }
        if (info->id == Builtin::container_of) {
            ExprPtr pointer = desugar_container_of(e);
            if (!pointer) {
                unit_.diagnostics->error(e.span, "container_of(): takes a pointer, typeof(TYPE) and a member")
                    .with_hint("container_of($p, typeof(struct foo), bar)");
                e.builtin = Builtin::none;
                if (!e.args.empty()) walk(e.args[0]);
                return;
            }
            owner = std::move(pointer);
            return walk_children(*owner);
        }
        size_t first = 0;
        if ((info->flags & builtin_map_first) && !e.args.empty()) {
            if (auto* map = whole_map(e.args[0])) {
                note_map_call(*info, *map, e.args.size());
                first = 1;
            }
        }
        for (size_t i = first; i < e.args.size(); ++i) {
            const bool bare_word = (info->flags & builtin_literals) && e.args[i]->kind == ExprKind::identifier &&
                                   !find_builtin(as<IdentifierExpr>(*e.args[i]).name);
            if (!bare_word) walk(e.args[i]);
        }
        if (info->id == Builtin::find && e.args.size() == 3)
            if (auto* v = as_if<VariableExpr>(e.args[2].get(), ExprKind::variable); v && v->variable >= 0)
                variable(v->variable).assigned = true;
        if (ExprPtr field = desugar_task_value(e)) owner = std::move(field);
    }

    // Nobody knows what the call would have done: a map may be meant as a whole, and a macro may assign what it is
    // given.
    void resolve_lost_arguments(CallExpr& e, bool may_assign) {
        for (auto& arg : e.args) {
            if (auto* map = whole_map(arg)) {
                if (may_assign)
                    uses_[static_cast<size_t>(map->map)].assigned = uses_[static_cast<size_t>(map->map)].refused = true;
                continue;
            }
            auto* v = as_if<VariableExpr>(arg.get(), ExprKind::variable);
            if (v && may_assign && find(v->name) < 0) variable(add(v->name, v->span, true)).type = Type::refusal();
            walk(arg);
        }
    }

    void note_map_call(const BuiltinInfo& info, const MapExpr& map, size_t arguments) {
        const bool keyed =
            info.id == Builtin::has_key || info.id == Builtin::find || (info.id == Builtin::delete_ && arguments > 1);
        if (keyed)
            touch(map.name, map.span, true);
        else if (info.id == Builtin::len && unit_.c_maps.contains(map.name.substr(1)))
            touch(map.name, map.span, true);
        else if (info.id == Builtin::len)
            keyed_only_.push_back({map.map, map.span, "len()"});
    }

    // ---- maps ----
    void declare_maps() {
        for (const MapDeclaration& declaration : unit_.script.map_declarations) {
            const int index = map_index(declaration.name, declaration.span);
            MapInfo& map = unit_.script.maps[static_cast<size_t>(index)];
            map.declared = declaration;
            map.max_entries = static_cast<uint32_t>(declaration.entries);
        }
    }

    int map_index(const std::string& name, const Span& span) {
        const auto [entry, fresh] = map_numbers_.try_emplace(name, static_cast<int>(unit_.script.maps.size()));
        if (fresh) {
            MapInfo map;
            map.name = name;
            map.first_use = span;
            unit_.script.maps.push_back(std::move(map));
            uses_.emplace_back();
        }
        return entry->second;
    }

    int touch(const std::string& name, const Span& span, bool keyed) {
        const int index = map_index(name, span);
        MapUse& use = uses_[static_cast<size_t>(index)];
        if (keyed ? use.scalar : use.keyed) {
            unit_.diagnostics
                ->error(span, "map '" + name + "': used " +
                                  (keyed ? "with a key here, and without one before"
                                         : "without a key here, and with one before"))
                .with_context(keyed ? use.scalar_at : use.keyed_at, "it is used the other way here")
                .with_hint(keyed ? "a map has keys everywhere or nowhere; take another map"
                                 : "name the element: " + name + "[KEY]");
            use.refused = true;
            return index;
        }
        if (keyed && !use.keyed) use.keyed = true, use.keyed_at = span;
        if (!keyed && !use.scalar) use.scalar = true, use.scalar_at = span;
        return index;
    }

    void finish_maps() {
        for (size_t i = 0; i < uses_.size(); ++i) {
            MapInfo& map = unit_.script.maps[i];
            map.keyed = uses_[i].keyed;
            map.assigned = uses_[i].assigned;
            if (uses_[i].assigned) continue;
            if (unit_.is_imported(map)) {
                map.keyed = false;
                if (!uses_[i].keyed && !uses_[i].scalar) continue;
                uses_[i].refused = true;
                unit_.diagnostics
                    ->error(uses_[i].keyed ? uses_[i].keyed_at : uses_[i].scalar_at,
                            "map '" + map.name + "': is the imported C program's; its elements cannot be used here")
                    .with_hint("print(), clear() and zero() take it; a C function can look an element up");
                continue;
            }
            if (map.declared && !uses_[i].keyed && !uses_[i].scalar) {
                unit_.diagnostics->warning(map.declared->span, "map '" + map.name + "': declared and never used");
                continue;
            }
            std::vector<std::string> names;
            for (size_t j = 0; j < uses_.size(); ++j)
                if (uses_[j].assigned) names.push_back(unit_.script.maps[j].name);
            uses_[i].refused = true;
            const std::string near = suggestion(map.name, names);
            unit_.diagnostics->error(map.first_use, "map '" + map.name + "': nothing is ever assigned to it")
                .with_hint(!near.empty() ? near
                                         : "fill it somewhere, e.g. " + map.name + (uses_[i].keyed ? "[KEY]" : "") +
                                               " = count();");
        }
        for (const auto& [index, span, what] : keyed_only_) {
            const MapInfo& map = unit_.script.maps[static_cast<size_t>(index)];
            if (uses_[static_cast<size_t>(index)].scalar && !uses_[static_cast<size_t>(index)].refused)
                unit_.diagnostics->error(span, "map '" + map.name + "': has no keys, " + what + " needs them")
                    .with_context(uses_[static_cast<size_t>(index)].scalar_at, "it is used without a key here");
        }
        for (const KeyedOnly& use : keyed_only_)
            if (uses_[static_cast<size_t>(use.map)].scalar) uses_[static_cast<size_t>(use.map)].refused = true;
        for (size_t i = 0; i < uses_.size(); ++i)
            if (uses_[i].refused) unit_.script.maps[i].key = unit_.script.maps[i].value = Type::refusal();
    }

    struct KeyedOnly {
        int map;
        Span span;
        const char* what;
    };

    Unit& unit_;
    ProbeFunction* function_ = nullptr;
    std::vector<std::unordered_map<std::string, int>> scopes_;
    std::unordered_map<std::string, int> map_numbers_;
    std::vector<MapUse> uses_;
    std::vector<KeyedOnly> keyed_only_;
    std::vector<std::string> expanding_;  // C macros, outermost first
};

}  // namespace

void resolve_names(Unit& unit) { Resolver(unit).run(); }

Pass resolve_names_pass() { return {"resolve_names", false, resolve_names, nullptr, nullptr, true}; }

}  // namespace avocet::dsl
