// SPDX-License-Identifier: Apache-2.0
#include "session/planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "avocet/abi/hook.h"
#include "avocet/error.hpp"
#include "session/kernel_questions.hpp"

namespace avocet::core {

OwnedPlan OwnedPlan::copy(const avocet_plan& plan) {
    OwnedPlan out;
    out.abi = plan;
    out.category = string(plan.category);
    out.event = string(plan.event);
    out.path = string(plan.path);
    out.module = string(plan.module);
    out.note = string(plan.note);
    for (uint32_t i = 0; i < plan.target_count; ++i) {
        const auto& t = plan.targets[i];
        out.targets.push_back(
            {string(t.name), string(t.symbol), t.value, t.semaphore, 0, {t.locations, t.locations + t.location_count}});
    }
    return out;
}

void OwnedPlan::finish() {
    abi.struct_size = sizeof abi;
    abi.category = to_abi(category);
    abi.event = to_abi(event);
    abi.path = to_abi(path);
    abi.module = to_abi(module);
    abi.note = to_abi(note);
    abi_targets.clear();
    for (const auto& t : targets)
        abi_targets.push_back({to_abi(t.name), to_abi(t.symbol), t.value, t.semaphore, t.attach_id,
                               static_cast<uint32_t>(t.locations.size()), t.locations.data()});
    abi.targets = abi_targets.data();
    abi.target_count = static_cast<uint32_t>(abi_targets.size());
}

const char* plan_kind_name(avocet_plan_kind kind) {
    static const char* const names[] = {
        "?",      "tracepoint",   "raw_tracepoint", "tracepoint_btf", "kprobe",   "kprobe_multi", "function",
        "uprobe", "uprobe_multi", "perf_event",     "hw_breakpoint",  "iterator", "timer",        "runtime"};
    return kind > 0 && kind < static_cast<int>(std::size(names)) ? names[kind] : names[0];
}

namespace {

// Plans with equal keys differ only in their targets.
auto merge_key(const OwnedPlan& p) {
    return std::tuple(p.abi.kind, p.abi.flags, p.abi.pid, p.category, p.event, p.path, p.module, p.abi.offset,
                      p.abi.perf_type, p.abi.perf_config, p.abi.period, p.abi.cpu, p.abi.mode, p.abi.length);
}

bool mergeable(const OwnedPlan& p) {
    if (p.abi.kind == AVOCET_PLAN_RAW_TRACEPOINT) return p.abi.flags & AVOCET_PLAN_SELECTED;
    return p.abi.kind == AVOCET_PLAN_UPROBE || p.abi.kind == AVOCET_PLAN_UPROBE_MULTI ||
           p.abi.kind == AVOCET_PLAN_KPROBE || p.abi.kind == AVOCET_PLAN_KPROBE_MULTI;
}

// The multi-attach form of a kind, or 0.
avocet_plan_kind multi_form(avocet_plan_kind kind) {
    if (kind == AVOCET_PLAN_UPROBE) return AVOCET_PLAN_UPROBE_MULTI;
    if (kind == AVOCET_PLAN_KPROBE) return AVOCET_PLAN_KPROBE_MULTI;
    return 0;
}

// A function has one expected attach type, so its plans become multi attaches all together or not at all.
void choose_multi(std::vector<OwnedPlan>& plans, HostServices& host) {
    for (auto [single, feature] :
         {std::pair{AVOCET_PLAN_UPROBE, "uprobe_multi"}, {AVOCET_PLAN_KPROBE, "kprobe_multi"}}) {
        avocet_plan_kind multi = multi_form(single);
        size_t singles = 0, offsets = 0;
        bool any_multi = false, any_return = false;
        for (const auto& p : plans) {
            if (p.abi.kind == multi) any_multi = true;
            if (p.abi.kind != single) continue;
            singles += p.targets.size();
            any_return |= (p.abi.flags & AVOCET_PLAN_RETURN) != 0;  // only a multi link knows the entry's address then
            if (single == AVOCET_PLAN_KPROBE && p.abi.offset) ++offsets;
        }
        if (singles == 0 || offsets > 0) continue;
        if (!any_multi && ((singles < 2 && !any_return) || !host.has_feature(feature))) continue;
        for (auto& p : plans)
            if (p.abi.kind == single) p.abi.kind = multi;
    }
}

void merge(std::vector<OwnedPlan>& plans) {
    std::vector<OwnedPlan> out;
    using Key = decltype(merge_key(plans.front()));
    std::map<Key, size_t> seen;
    for (auto& plan : plans) {
        if (!mergeable(plan) || (multi_form(plan.abi.kind) != 0)) {  // single uprobes and kprobes stay as they are
            out.push_back(std::move(plan));
            continue;
        }
        auto [it, fresh] = seen.emplace(merge_key(plan), out.size());
        if (fresh) {
            out.push_back(std::move(plan));
            continue;
        }
        auto& into = out[it->second].targets;
        for (auto& target : plan.targets) {
            bool known = std::any_of(into.begin(), into.end(), [&](const auto& t) {
                return t.value == target.value && t.symbol == target.symbol;
            });
            if (!known || target.value == 0) into.push_back(std::move(target));
        }
    }
    plans = std::move(out);
}

avocet_status collect(void* ctx, const avocet_plan* plan) {
    static_cast<std::vector<OwnedPlan>*>(ctx)->push_back(OwnedPlan::copy(*plan));
    return AVOCET_OK;
}

// Names carry the label the user gave, if any.
void apply_label(std::vector<OwnedPlan>& plans, size_t from, const std::string& label) {
    if (label.empty()) return;
    for (size_t i = from; i < plans.size(); ++i)
        for (auto& t : plans[i].targets) t.name = label;
}

// A session that stands for two functions of the user's, at the entry and at the return: each target has an attach id
// for both. That of the return, which has a name of its own, takes the place of the semaphore.
bool is_pair(const ManifestFunction& function, const OwnedPlan& plan) {
    return plan.abi.flags & AVOCET_PLAN_SESSION && !function.group.empty();
}

// One spec has several mechanisms; which of them fits is the function's own matter, whose program has one type.
void fit(const ManifestFunction& function, std::vector<OwnedPlan>& plans) {
    for (auto& plan : plans) {
        if (plan.abi.kind == AVOCET_PLAN_RAW_TRACEPOINT && function.context == "tracepoint_btf")
            plan.abi.kind = AVOCET_PLAN_TRACEPOINT_BTF;
        if (plan.abi.kind == AVOCET_PLAN_KPROBE && function.context == "kprobe_session") {
            plan.abi.kind = AVOCET_PLAN_KPROBE_MULTI;
            plan.abi.flags |= AVOCET_PLAN_SESSION;
        }
    }
}

class Planner {
public:
    Planner(HostServices& host, const PlannerSettings& settings, PlanSet& out)
        : host_(host), settings_(settings), out_(out) {}

    bool run(const Manifest& manifest) {
        out_.attach_names.assign(1, "");
        foreign_ = manifest.frontend == "object";
        bool good = true;
        for (const auto& function : manifest.functions) {
            out_.functions.emplace_back();
            out_.functions.back().function = &function;
        }
        std::vector<size_t> order(manifest.functions.size());
        std::iota(order.begin(), order.end(), size_t{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](size_t a, size_t b) { return manifest.functions[a].rank < manifest.functions[b].rank; });
        for (size_t i : order) {
            const ManifestFunction& function = manifest.functions[i];
            good &= function.group.empty() ? add(out_.functions[i]) : add_alternative(out_.functions[i], manifest);
        }
        return good;
    }

    // Functions that are not wanted on this kernel.
    const std::vector<std::string>& left_out() const { return left_out_; }

private:
    // One of several that do the same; functions of one rank do it together. What is wrong with one matters only if all
    // are.
    bool add_alternative(FunctionPlans& result, const Manifest& manifest) {
        const ManifestFunction& function = *result.function;
        const auto settled = settled_.find(function.group);
        if (settled != settled_.end() && settled->second != function.rank) return true;
        if (settings_.keep && function.context == "kprobe_session") return true;  // each end may be chosen alone
        const bool last = std::none_of(manifest.functions.begin(), manifest.functions.end(), [&](const auto& other) {
            return other.group == function.group && other.rank > function.rank;
        });
        const size_t mark = host_.diagnostics().mark();
        const bool good = add(result, foreign_ || !last);
        if (good && !result.plans.empty()) {
            settled_.emplace(function.group, function.rank);
            return true;
        }
        if (last) return good;
        host_.diagnostics().take_back(mark);
        return true;
    }

    // `is_choice`: what this kernel cannot do is found out now, not when it is attached.
    bool add(FunctionPlans& result, bool is_choice = false) {
        const ManifestFunction& function = *result.function;
        if (!answers(function.when, host_)) return left_out_.push_back(function.name), true;
        if (!function.needs.empty()) return lacks_option(function);
        bool good = true;
        if (function.first_of)
            good = resolve_first(function, result.plans);
        else
            for (const auto& probe : function.probes) good &= resolve(function, probe, result.plans);
        // What a function without another way asks for beyond the spec is refused by the backend, which says more.
        if (is_choice) fit(function, result.plans);
        if (function.missing == "warn" || is_choice || function.first_of) good &= offered(function, result.plans);
        fit(function, result.plans);
        if (settings_.keep) drop_filtered(result.plans);
        choose_multi(result.plans, host_);
        merge(result.plans);
        number(function, result);
        return good && (!function.cookie || set_cookie(function, result));
    }

    bool lacks_option(const ManifestFunction& function) {
        host_.diagnostics().report(
            Diagnostic{function.missing == "error" ? AVOCET_ERROR : AVOCET_WARNING,
                       240,
                       "session",
                       fmt::format("option '{}': must be given", function.needs),
                       fmt::format("function '{}' attaches by it: -- --{}=VALUE", function.name, function.needs),
                       {},
                       function.probes.empty() ? Place{} : function.probes.front().place,
                       {},
                       {}});
        return function.missing != "error";
    }

    bool resolve_first(const ManifestFunction& function, std::vector<OwnedPlan>& plans) {
        for (const auto& probe : function.probes) {
            const size_t mark = host_.diagnostics().mark();
            std::vector<OwnedPlan> found;
            const bool last = &probe == &function.probes.back();
            if (resolve(function, probe, found) && !found.empty() && (last || !lacks(found))) {
                plans = std::move(found);
                return true;
            }
            if (!last) host_.diagnostics().take_back(mark);
        }
        return function.missing != "error";
    }

    // The feature that the kernel would need for a plan and has not; nullptr: none.
    const char* lacks(const std::vector<OwnedPlan>& plans) const {
        static constexpr std::pair<avocet_plan_kind, const char*> needs[] = {
            {AVOCET_PLAN_KPROBE, "kprobe"},
            {AVOCET_PLAN_KPROBE_MULTI, "kprobe_multi"},
            {AVOCET_PLAN_FUNCTION, "fentry"},
            {AVOCET_PLAN_RAW_TRACEPOINT, "raw_tracepoint"},
            {AVOCET_PLAN_TRACEPOINT_BTF, "tracepoint_btf"}};
        for (const OwnedPlan& plan : plans)
            for (const auto& [kind, feature] : needs) {
                if (plan.abi.kind != kind) continue;
                const char* wanted = plan.abi.flags & AVOCET_PLAN_LSM      ? "lsm"
                                     : plan.abi.flags & AVOCET_PLAN_MODIFY ? "fmod_ret"
                                                                           : feature;
                if (!host_.has_feature(wanted)) return wanted;
            }
        return nullptr;
    }

    bool lacks_sessions(const std::vector<OwnedPlan>& plans) const {
        return !host_.has_feature("kprobe_session") && std::any_of(plans.begin(), plans.end(), [](const auto& plan) {
            return plan.abi.flags & AVOCET_PLAN_SESSION;
        });
    }

    // Whether this kernel has what the plans are made of; if not, they are dropped and the user is told.
    bool offered(const ManifestFunction& function, std::vector<OwnedPlan>& plans) {
        const char* feature = lacks(plans);
        if (!feature && lacks_sessions(plans)) feature = "kprobe_session";
        if (!feature) return true;
        plans.clear();
        const std::string text =
            fmt::format("function '{}': this kernel has no {} for '{}'", function.name, feature, function.label);
        const Place place = function.probes.empty() ? Place{} : function.probes.front().place;
        if (function.missing == "error")
            host_.diagnostics().error("session", text, "'avocet doctor' shows what it has", 211, place);
        else
            host_.diagnostics().warning("session", text + "; it is left out", "'avocet doctor' shows what it has", 211,
                                        place);
        return function.missing != "error";
    }

    bool resolve(const ManifestFunction& function, const ManifestProbe& probe, std::vector<OwnedPlan>& plans) {
        const std::string& missing = function.missing.empty() ? settings_.missing : function.missing;
        Diagnostics& diagnostics = host_.diagnostics();
        auto spec = parse_spec(probe.spec, host_.registry(), diagnostics, probe.place);
        if (!spec) return false;
        spec->pid = function.pid > 0 ? function.pid : settings_.pid;
        spec->flags = settings_.spec_flags;
        if ((function.identity == "fixed" && function.context == "tracepoint") || function.context == "tracepoint_btf")
            spec->flags |= AVOCET_SPEC_OWN_TYPE;
        ProviderInstance* provider = host_.provider(*spec);
        if (!provider) return false;
        std::vector<avocet_str> views;
        avocet_probe_spec abi = abi_spec(*spec, views);
        size_t before = plans.size(), mark = diagnostics.mark();
        avocet_status status = provider->factory()->resolve(provider->self(), &abi, collect, &plans);
        apply_label(plans, before, spec->label);
        if (status == AVOCET_OK && plans.size() > before) return true;
        out_.forbidden = out_.forbidden || status == AVOCET_ERR_PERMISSION;
        if (missing == "error") return false;
        if (status != AVOCET_ERR_NOT_FOUND) return true;
        const std::string hint = diagnostics.hint_since(mark);
        diagnostics.take_back(mark);  // the frontend has said what the policy wants said
        if (foreign_ && missing == "warn")
            diagnostics.warning(
                "session", fmt::format("probe '{}': not on this machine", probe.spec),
                fmt::format("function '{}' is left out{}", function.name, hint.empty() ? "" : "; " + hint), 211,
                probe.place);
        return true;
    }

    void drop_filtered(std::vector<OwnedPlan>& plans) {
        for (auto& plan : plans)
            if (plan.abi.kind != AVOCET_PLAN_RUNTIME)
                std::erase_if(plan.targets, [&](const auto& t) { return !settings_.keep(t.name); });
        std::erase_if(plans, [](const OwnedPlan& plan) { return plan.targets.empty(); });
    }

    void number(const ManifestFunction& function, FunctionPlans& result) {
        if (function.selector_count) result.selector.assign(function.selector_count, 0);
        size_t count = 0;
        for (auto& plan : result.plans) {
            for (auto& target : plan.targets) {
                target.attach_id = static_cast<uint32_t>(out_.attach_names.size());
                out_.attach_names.push_back(target.name);
                if (is_pair(function, plan)) {
                    target.semaphore = out_.attach_names.size();
                    out_.attach_names.push_back(name_of_return(target.name));
                    ++count;
                }
                if ((plan.abi.flags & AVOCET_PLAN_SELECTED) && target.value < result.selector.size())
                    result.selector[target.value] = static_cast<uint16_t>(target.attach_id);
                result.single_attach_id = target.attach_id;
                ++count;
            }
        }
        if (count != 1) result.single_attach_id = 0;
        out_.target_count += count;
        for (auto& plan : result.plans) plan.finish();
        for (auto& plan : result.plans) result.abi_plans.push_back(plan.abi);
    }

    // The kernel hands out one number for each place; it is the attach id unless the program wants another.
    bool set_cookie(const ManifestFunction& function, FunctionPlans& result) {
        for (auto& plan : result.plans) {
            for (auto& target : plan.targets) {
                if (!target.locations.empty()) {
                    host_.diagnostics().error(
                        "session",
                        fmt::format("function '{}': the cookie of a static probe leads to its arguments",
                                    function.name),
                        "leave 'cookie' out of its [[attach]]", 211,
                        function.probes.empty() ? Place{} : function.probes.front().place);
                    return false;
                }
                target.attach_id = *function.cookie;
            }
            plan.finish();
        }
        result.abi_plans.clear();
        for (auto& plan : result.plans) result.abi_plans.push_back(plan.abi);
        return true;
    }

    std::vector<std::string> left_out_;
    HostServices& host_;
    const PlannerSettings& settings_;
    PlanSet& out_;
    bool foreign_ = false;                     // an object without our manifest: nobody has said anything yet
    std::map<std::string, uint32_t> settled_;  // groups of which functions are taken, and their rank
};

// config1 and config2 of raw events, where they are used.
std::string more_config(const OwnedPlan& p) {
    const uint64_t second = p.abi.offset, third = p.targets.empty() ? 0 : p.targets[0].value;
    return (second ? fmt::format(", config1 {}", second) : "") + (third ? fmt::format(", config2 {}", third) : "");
}

std::string describe_plan(const OwnedPlan& p) {
    std::string where;
    for (const std::string* part : {&p.category, &p.event, &p.path, &p.module}) {
        if (part->empty()) continue;
        if (!where.empty()) where += ", ";
        where += *part;
    }
    if (p.abi.kind == AVOCET_PLAN_TIMER) where = fmt::format("every {} ns", p.abi.period);
    if (p.abi.kind == AVOCET_PLAN_PERF_EVENT)
        where = fmt::format("type {}, config {}{}, {} {}", p.abi.perf_type, p.abi.perf_config, more_config(p),
                            p.abi.flags & AVOCET_PLAN_FREQUENCY ? "frequency" : "period", p.abi.period);
    for (auto [flag, word] : {std::pair{AVOCET_PLAN_RETURN, "return"}, {AVOCET_PLAN_SESSION, "session"}})
        if (p.abi.flags & flag) where += (where.empty() ? "" : ", ") + std::string(word);
    return fmt::format("{}({})", plan_kind_name(p.abi.kind), where);
}

// Only what the program itself asks for.
bool within_limits(const Manifest& manifest, const PlanSet& plans, Diagnostics& diagnostics) {
    const auto programs = static_cast<uint64_t>(std::count_if(plans.functions.begin(), plans.functions.end(),
                                                              [](const FunctionPlans& f) { return !f.plans.empty(); }));
    const auto check = [&](uint64_t limit, uint64_t number, const char* what, const char* name, const char* variable) {
        if (limit == 0 || number <= limit) return true;
        diagnostics.error("session", fmt::format("{} {}: the limit of this program is {}", number, what, limit),
                          fmt::format("raise it: config = {{ {0} = {2} }} or {1}={2}", name, variable, number), 239);
        return false;
    };
    return check(manifest.settings.max_programs, programs, "BPF programs to load", "max_bpf_progs",
                 "BPFTRACE_MAX_BPF_PROGS") &&
           check(manifest.settings.max_probes, plans.target_count, "probes to attach", "max_probes",
                 "BPFTRACE_MAX_PROBES");
}

}  // namespace

std::vector<avocet_function> PlanSet::abi_functions() const {
    std::vector<avocet_function> out;
    for (const auto& f : functions) {
        avocet_function a{};
        a.struct_size = sizeof a;
        a.plan_count = static_cast<uint32_t>(f.abi_plans.size());
        a.name = to_abi(f.function->name);
        a.plans = f.abi_plans.data();
        out.push_back(a);
    }
    return out;
}

bool plan_program(const Manifest& manifest, HostServices& host, const PlannerSettings& settings, PlanSet& out) {
    Planner planner(host, settings, out);
    if (!planner.run(manifest)) return false;
    if (!within_limits(manifest, out, host.diagnostics())) return false;
    if (out.target_count == 0) {
        const std::string left_out = fmt::format("{}", fmt::join(planner.left_out(), ", "));
        host.diagnostics().error("session", "no probes to attach",
                                 left_out.empty() ? "every probe of the program is missing on this machine"
                                                  : "left out by what they ask of this kernel ('when'): " + left_out,
                                 210);
        return false;
    }
    return true;
}

std::string name_of_return(const std::string& entry) {
    const size_t colon = entry.find(':');
    return colon == std::string::npos ? entry : "kretprobe" + entry.substr(colon);
}

std::string explain(const PlanSet& plans) {
    size_t attaches = 0, functions = 0;
    for (const auto& f : plans.functions) {
        attaches += f.plans.size();
        functions += f.plans.empty() ? 0 : 1;
    }
    std::string out =
        fmt::format("plan: {} function{}, {} target{}, {} attach{}\n", functions, functions == 1 ? "" : "s",
                    plans.target_count, plans.target_count == 1 ? "" : "s", attaches, attaches == 1 ? "" : "es");
    for (const auto& f : plans.functions) {
        if (f.plans.empty()) continue;
        out += fmt::format("  {}  {}\n", f.function->name, f.function->label);
        for (const auto& p : f.plans) {
            out += fmt::format("    {}  {} target{}", describe_plan(p), p.targets.size(),
                               p.targets.size() == 1 ? "" : "s");
            if (p.targets.size() > 1) out += ", merged into one attach";
            if (!p.note.empty()) out += ": " + p.note;
            out += '\n';
            for (size_t i = 0; i < p.targets.size() && i < 3; ++i) out += "      " + p.targets[i].name + "\n";
            if (p.targets.size() > 3) out += fmt::format("      ... and {} more\n", p.targets.size() - 3);
        }
    }
    return out;
}

}  // namespace avocet::core
