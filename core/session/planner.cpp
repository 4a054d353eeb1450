// SPDX-License-Identifier: Apache-2.0
#include "session/planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "avocet/error.hpp"

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

class Planner {
public:
    Planner(HostServices& host, const PlannerSettings& settings, PlanSet& out)
        : host_(host), settings_(settings), out_(out) {}

    bool run(const Manifest& manifest) {
        out_.attach_names.assign(1, "");
        bool good = true;
        for (const auto& function : manifest.functions) good &= add(function);
        return good;
    }

private:
    bool add(const ManifestFunction& function) {
        FunctionPlans result;
        result.function = &function;
        bool good = true;
        for (const auto& probe : function.probes) good &= resolve(function, probe, result.plans);
        if (settings_.keep) drop_filtered(result.plans);
        choose_multi(result.plans, host_);
        merge(result.plans);
        number(function, result);
        out_.functions.push_back(std::move(result));
        return good;
    }

    bool resolve(const ManifestFunction& function, const ManifestProbe& probe, std::vector<OwnedPlan>& plans) {
        const std::string& missing = function.missing.empty() ? settings_.missing : function.missing;
        Diagnostics& diagnostics = host_.diagnostics();
        auto spec = parse_spec(probe.spec, host_.registry(), diagnostics, probe.place);
        if (!spec) return false;
        spec->pid = settings_.pid;
        spec->flags = settings_.spec_flags;
        if (function.identity == "fixed" && function.context == "tracepoint") spec->flags |= AVOCET_SPEC_OWN_TYPE;
        ProviderInstance* provider = host_.provider(*spec);
        if (!provider) return false;
        std::vector<avocet_str> views;
        avocet_probe_spec abi = abi_spec(*spec, views);
        size_t before = plans.size(), mark = diagnostics.mark();
        avocet_status status = provider->factory()->resolve(provider->self(), &abi, collect, &plans);
        apply_label(plans, before, spec->label);
        if (status == AVOCET_OK && plans.size() > before) return true;
        if (missing == "error") return false;
        if (status == AVOCET_ERR_NOT_FOUND)
            diagnostics.take_back(mark);  // the frontend has said what the policy wants said
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

    HostServices& host_;
    const PlannerSettings& settings_;
    PlanSet& out_;
};

std::string describe_plan(const OwnedPlan& p) {
    std::string where;
    for (const std::string* part : {&p.category, &p.event, &p.path, &p.module}) {
        if (part->empty()) continue;
        if (!where.empty()) where += ", ";
        where += *part;
    }
    if (p.abi.kind == AVOCET_PLAN_TIMER) where = fmt::format("every {} ns", p.abi.period);
    if (p.abi.kind == AVOCET_PLAN_PERF_EVENT)
        where = fmt::format("type {}, config {}, {} {}", p.abi.perf_type, p.abi.perf_config,
                            p.abi.flags & AVOCET_PLAN_FREQUENCY ? "frequency" : "period", p.abi.period);
    return fmt::format("{}({}{})", plan_kind_name(p.abi.kind), where,
                       p.abi.flags & AVOCET_PLAN_RETURN ? ", return" : "");
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
    if (out.target_count == 0) {
        host.diagnostics().error("session", "no probes to attach",
                                 "every probe of the program is missing on this machine", 210);
        return false;
    }
    return true;
}

std::string explain(const PlanSet& plans) {
    size_t attaches = 0;
    for (const auto& f : plans.functions) attaches += f.plans.size();
    std::string out = fmt::format("plan: {} function{}, {} target{}, {} attach{}\n", plans.functions.size(),
                                  plans.functions.size() == 1 ? "" : "s", plans.target_count,
                                  plans.target_count == 1 ? "" : "s", attaches, attaches == 1 ? "" : "es");
    for (const auto& f : plans.functions) {
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
