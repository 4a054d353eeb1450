// SPDX-License-Identifier: Apache-2.0
//
// Groups of one clause that give the program the same context, identity and arguments become one function: their specs
// are joined. A function whose `probe` cannot be told at run time (fixed identity), or whose program looks at the text
// of it or asks for addresses in the traced file, is made once for each target.
#include "passes/resolve_probes.hpp"

#include <algorithm>
#include <utility>

#include "passes/promotion.hpp"
#include "passes/repeat_bench.hpp"
#include "syntax/clone.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {

namespace {

bool is_probe(const Expr& e) {
    if (const auto* word = as_if<const IdentifierExpr>(&e, ExprKind::identifier)) return word->name == "probe";
    const auto* call = as_if<const CallExpr>(&e, ExprKind::call);
    return call && call->name == "probe" && call->args.empty();
}

// Which words of the language a clause mentions, as far as probes care.
class Mentions final : public Walker {
public:
    bool args = false, probe = false;
    bool typed = false;       // what only programs with typed arguments may ask for
    bool probe_text = false;  // `probe` is compared or searched: its text is wanted inside the program
    bool uaddr = false;       // of one target: another may be in another file

    void on_expr(ExprPtr& expr) override {
        const std::string* name = nullptr;
        if (auto* e = as_if<IdentifierExpr>(expr.get(), ExprKind::identifier)) name = &e->name;
        if (auto* e = as_if<CallExpr>(expr.get(), ExprKind::call)) name = &e->name;
        if (name && *name == "args") args = true;
        if (name && *name == "probe") probe = true;
        if (name && *name == "socket_cookie") typed = true;
        if (name && *name == "uaddr") uaddr = true;
        if (auto* e = as_if<BinaryExpr>(expr.get(), ExprKind::binary))
            probe_text |= is_probe(*e->left) || is_probe(*e->right);
        if (auto* e = as_if<CallExpr>(expr.get(), ExprKind::call); e && e->name.starts_with("str"))
            for (const auto& arg : e->args) probe_text |= is_probe(*arg);
        walk_children(*expr);
    }
};

class ProbeTextWriter final : public Walker {
public:
    explicit ProbeTextWriter(std::string text) : text_(std::move(text)) {}
    void on_expr(ExprPtr& expr) override {
        if (is_probe(*expr))
            expr = std::make_unique<StringExpr>(expr->span, text_);
        else
            walk_children(*expr);
    }

private:
    std::string text_;
};

Space to_space(uint32_t abi) {
    return abi == AVOCET_SPACE_USER ? Space::user : abi == AVOCET_SPACE_KERNEL ? Space::kernel : Space::none;
}

bool same_location(const avocet_arg_location& a, const avocet_arg_location& b) {
    return a.kind == b.kind && a.size == b.size && a.is_signed == b.is_signed && a.shift == b.shift &&
           a.base == b.base && a.index == b.index && a.offset == b.offset;
}

bool same_arg(const ProbeArg& a, const ProbeArg& b) {
    return a.name == b.name && a.place == b.place && a.index == b.index && a.size == b.size && a.flags == b.flags &&
           identical(a.type, b.type) && (a.place != AVOCET_PLACE_LOCATION || same_location(a.location, b.location));
}

// One program can serve both.
bool mergeable(const ProbeFacts& a, const ProbeFacts& b) {
    return a.context == b.context && a.identity == b.identity && a.has == b.has && a.flags == b.flags &&
           a.space == b.space && a.selector_word == b.selector_word && a.selector_count == b.selector_count &&
           a.argn_place == b.argn_place && a.argn_count == b.argn_count && a.probetype == b.probetype &&
           a.label == b.label && same_arg(a.retval, b.retval) &&
           std::equal(a.args.begin(), a.args.end(), b.args.begin(), b.args.end(), same_arg);
}

class ProbeResolver {
public:
    explicit ProbeResolver(Unit& unit)
        : unit_(unit), host_(unit.host->extension<avocet_host_probes>(AVOCET_HOST_PROBES_1)) {}

    void run() {
        for (size_t i = 0; i < unit_.script.clauses.size(); ++i) resolve_clause(static_cast<uint32_t>(i));
        if (unit_.functions.empty() && !unit_.refused && !unit_.diagnostics->has_errors())
            unit_.diagnostics->error({}, "no probes to attach")
                .with_hint(unit_.script.clauses.empty() ? "a script needs a clause, e.g. begin { print(\"hello\"); }"
                                                        : "");
    }

private:
    void resolve_clause(uint32_t index) {
        Clause& clause = unit_.script.clauses[index];
        mentions_ = Mentions();
        mentions_.on_clause(clause);
        groups_.clear();
        refused_ = false;
        for (const AttachPoint& point : clause.attach_points) describe(point);
        for (const Group& group : groups_) add_functions(index, clause, group);
        if (!groups_.empty()) return;
        if (refused_)
            add_function(index, clause, unknown_probe(clause));
        else if (unit_.settings.missing_probes == "warn")
            unit_.diagnostics->warning(clause.span, "clause has no attach points left, it is dropped");
    }

    // Stands for a probe that was refused: the clause is still checked.
    static ProbeFacts unknown_probe(const Clause& clause) {
        const AttachPoint& point = clause.attach_points.front();
        ProbeFacts facts;
        facts.unknown = true;
        facts.has = facts.argn_count = UINT32_MAX;
        facts.probetype = point.text.substr(0, point.text.find(':'));
        facts.label = point.label;
        facts.targets = {point.text};
        return facts;
    }

    void describe(const AttachPoint& point) {
        if (point.refused) {
            refused_ = true;
            return;
        }
        if (!host_) {
            refused_ = true;
            unit_.diagnostics->error(point.span, "attach point '" + point.text + "': this host knows no probes");
            return;
        }
        const bool strict = unit_.settings.missing_probes == "error";
        point_ = &point;
        const avocet_span span{to_abi(unit_.sources->name(point.span.file)), point.span.line, point.span.column,
                               point.span.end_line, point.span.end_column};
        const uint32_t describe_flags = mentions_.args ? uint32_t{AVOCET_DESCRIBE_ARGS} : 0;
        uint32_t spec_flags = unit_.source->flags & AVOCET_COMPILE_UNSAFE ? uint32_t{AVOCET_SPEC_UNSAFE} : 0;
        const bool is_raw = point.text.starts_with("rawtracepoint:") || point.text.starts_with("rt:");
        if (mentions_.typed && is_raw) spec_flags |= AVOCET_SPEC_OWN_TYPE;
        const auto ask = [&](std::string_view text, bool quiet) {
            return host_->describe(host_->ctx, to_abi(text), span, unit_.source->pid, describe_flags, spec_flags, quiet,
                                   &ProbeResolver::on_group, this);
        };
        const std::string_view other = unit_.portable() && !mentions_.args ? stand_in(point.text) : std::string_view();
        avocet_status status = ask(point.text, !strict || !other.empty());
        if (status == AVOCET_ERR_NOT_FOUND && !other.empty()) {
            stands_in_ = true;
            status = ask(other, true);
            stands_in_ = false;
            if (status == AVOCET_OK)
                unit_.diagnostics->warning(point.span, "'" + point.text + "': not on this machine")
                    .with_hint("it is looked for where the program runs");
            else if (strict && !failure_)
                status = ask(point.text, false);
        }
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
        if (status == AVOCET_OK) return;
        if (status != AVOCET_ERR_NOT_FOUND || strict)
            refused_ = unit_.refused = true;
        else if (unit_.settings.missing_probes == "warn")
            unit_.diagnostics->warning(point.span, "no matches for '" + point.text + "', skipped");
    }

    // A target that every machine has, by the kind of one that is missing here: programs for functions differ only in
    // the arguments that they name. Empty: there is none.
    static std::string_view stand_in(std::string_view text) {
        const std::string_view kind = text.substr(0, text.find(':'));
        static constexpr std::pair<std::string_view, std::string_view> usual[] = {
            {"kprobe", "kprobe:vfs_read"},          {"k", "kprobe:vfs_read"},
            {"kretprobe", "kretprobe:vfs_read"},    {"kr", "kretprobe:vfs_read"},
            {"uprobe", "uprobe:libc:malloc"},       {"u", "uprobe:libc:malloc"},
            {"uretprobe", "uretprobe:libc:malloc"}, {"ur", "uretprobe:libc:malloc"}};
        for (const auto& [name, target] : usual)
            if (kind == name) return target;
        return {};
    }

    static avocet_status on_group(void* self, const avocet_probe_group* group) {
        auto* resolver = static_cast<ProbeResolver*>(self);
        try {
            resolver->add_group(*group);
            return AVOCET_OK;
        } catch (...) {  // no exception crosses the ABI
            resolver->failure_ = std::current_exception();
            return AVOCET_STOP;
        }
    }

    ProbeArg convert_arg(const avocet_probe_arg& from, StructTable::Scope* scope, Space space) {
        ProbeArg arg;
        arg.name = string(from.name);
        arg.place = from.place;
        arg.index = from.index;
        arg.size = from.size;
        arg.flags = from.flags;
        arg.location = from.location;
        if (from.flags & AVOCET_ARG_USER)
            space = Space::user;
        else if (from.place == AVOCET_PLACE_DATA_LOC)
            space = Space::kernel;
        if (scope && from.type_id) arg.type = unit_.structs.type_of(*scope, from.type_id, space);
        if (arg.type.kind == TypeKind::none)
            arg.type = Type::integer(from.size ? from.size : 8, from.flags & AVOCET_ARG_SIGNED);
        // What lies at an address has a known size only behind a pointer; the value itself is an address.
        if (from.place == AVOCET_PLACE_DATA_LOC && !arg.type.is_pointer()) arg.type = Type::integer(8, true);
        arg.type.space = space;
        // Structs that a program passes by value are copied out of registers or read from its stack.
        if (space != Space::user && (arg.type.kind == TypeKind::array || arg.type.kind == TypeKind::c_struct))
            arg.type.is_context = true;
        return arg;
    }

    void add_group(const avocet_probe_group& group) {
        ProbeFacts facts;
        facts.context = group.context;
        facts.identity = group.identity;
        facts.has = group.has;
        facts.flags = group.flags;
        facts.space = to_space(group.space);
        facts.selector_word = group.selector_word;
        facts.selector_count = group.selector_count;
        facts.argn_place = group.argn_place;
        facts.argn_count = group.argn_count;
        facts.probetype = string(group.probetype);
        facts.label = point_->label;
        std::shared_ptr<StructTable::Scope> scope;
        // System calls take user pointers to types of the kernel.
        const bool of_program = facts.space == Space::user && facts.context == AVOCET_CONTEXT_PT_REGS;
        if (group.btf.size > 0) scope = unit_.structs.add_btf(group.btf, of_program);
        for (uint32_t i = 0; i < group.arg_count; ++i)
            facts.args.push_back(convert_arg(group.args[i], scope.get(), facts.space));
        if (group.has & AVOCET_HAS_RETVAL) facts.retval = convert_arg(group.retval, scope.get(), facts.space);
        if (stands_in_) {
            facts.targets = facts.specs = {point_->text};
        } else {
            for (uint32_t i = 0; i < group.target_count; ++i) facts.targets.push_back(string(group.targets[i]));
            facts.specs.push_back(string(group.spec));
        }
        facts.spec_spans.push_back(point_->span);
        merge(std::move(facts));
    }

    // Facts that several of the host's groups share. What each of them said of its own targets is kept: only that text
    // is sure to give exactly them.
    struct Part {
        std::string spec;
        Span span;
        std::vector<std::string> targets;
    };
    struct Group {
        ProbeFacts facts;
        std::vector<Part> parts;
    };

    void merge(ProbeFacts facts) {
        Part part{facts.specs[0], facts.spec_spans[0], facts.targets};
        for (auto& [present, parts] : groups_) {
            if (!mergeable(present, facts)) continue;
            parts.push_back(std::move(part));
            present.specs.insert(present.specs.end(), facts.specs.begin(), facts.specs.end());
            present.spec_spans.insert(present.spec_spans.end(), facts.spec_spans.begin(), facts.spec_spans.end());
            present.targets.insert(present.targets.end(), facts.targets.begin(), facts.targets.end());
            std::sort(present.targets.begin(), present.targets.end());
            return;
        }
        groups_.push_back({std::move(facts), {std::move(part)}});
    }

    void add_functions(uint32_t index, const Clause& clause, const Group& group) {
        const bool fixed =
            group.facts.identity == AVOCET_IDENTITY_FIXED && mentions_.probe && group.facts.targets.size() > 1;
        const bool several = mentions_.uaddr && group.facts.targets.size() > 1;
        if (!fixed && !several && !mentions_.probe_text) return add_function(index, clause, group.facts);
        std::vector<std::pair<std::string, const Part*>> targets;
        for (const Part& part : group.parts)
            for (const std::string& target : part.targets) targets.emplace_back(target, &part);
        std::stable_sort(targets.begin(), targets.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        for (const auto& [target, part] : targets) {
            ProbeFacts one = group.facts;
            one.specs = {part->targets.size() == 1 ? part->spec : spec_of(target, group.facts)};
            one.spec_spans = {part->span};
            one.targets = {target};
            add_function(index, clause, std::move(one));
        }
    }

    // The text for one target out of many: asked of the host, since the plain name may lead to another way to attach.
    std::string spec_of(const std::string& target, const ProbeFacts& facts) {
        struct Answer {
            const ProbeFacts& facts;
            std::string spec;
        } answer{facts, target};
        const auto on_answer = [](void* ctx, const avocet_probe_group* group) -> avocet_status {
            auto* a = static_cast<Answer*>(ctx);
            if (group->target_count == 1 && group->context == a->facts.context && group->identity == a->facts.identity)
                a->spec = string(group->spec);
            return AVOCET_OK;
        };
        host_->describe(host_->ctx, to_abi(target), {}, unit_.source->pid, 0, 0, 1, on_answer, &answer);
        return answer.spec;
    }

    void add_function(uint32_t index, const Clause& clause, ProbeFacts facts) {
        ProbeFunction function;
        function.name = "probe_" + std::to_string(unit_.functions.size());
        function.clause = index;
        function.facts = std::move(facts);
        function.body = clone(clause);
        if (function.facts.probetype == "benchmark") repeat_bench(function.body, *unit_.diagnostics);
        if (mentions_.probe_text)
            ProbeTextWriter(function.facts.label.empty() ? function.facts.targets[0] : function.facts.label)
                .on_clause(function.body);
        function.uses_probe_name = mentions_.probe && !mentions_.probe_text;
        unit_.functions.push_back(std::move(function));
    }

    Unit& unit_;
    const avocet_host_probes* host_;
    const AttachPoint* point_ = nullptr;
    Mentions mentions_;
    std::vector<Group> groups_;  // of the clause at hand
    bool refused_ = false;       // one of its attach points was
    bool stands_in_ = false;     // what is described stands in for `point_`
    std::exception_ptr failure_;
};

}  // namespace

// Behind the script's own, whose names count them.
void add_idle_functions(Unit& unit) {
    for (Clause& clause : unit.idle_functions) {
        ProbeFunction function;
        function.clause = UINT32_MAX;
        function.facts.unknown = true;
        function.facts.has = function.facts.argn_count = UINT32_MAX;
        function.body = std::move(clause);
        function.idle = true;
        unit.functions.push_back(std::move(function));
    }
    unit.idle_functions.clear();
}

void resolve_probes(Unit& unit) {
    ProbeResolver(unit).run();
    add_idle_functions(unit);
}

Pass resolve_probes_pass() { return {"resolve_probes", false, resolve_probes, nullptr, nullptr, true}; }

}  // namespace avocet::dsl
