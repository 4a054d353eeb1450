// SPDX-License-Identifier: Apache-2.0
#include "attach.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <optional>
#include <system_error>
#include <thread>

#include "avocet/abi/hook.h"
#include "close.hpp"
#include "perf_attach.hpp"
#include "rejection.hpp"

namespace avocet::bpf {
namespace {

// What the kernel needs for a kind of link, for the hint.
const char* needs(const avocet_plan& plan) {
    switch (plan.kind) {
        case AVOCET_PLAN_TRACEPOINT:
        case AVOCET_PLAN_PERF_EVENT:
        case AVOCET_PLAN_HW_BREAKPOINT: return "needs Linux 5.15 (perf event links)";
        case AVOCET_PLAN_RAW_TRACEPOINT: return "needs Linux 5.7 and a tracepoint of this name";
        case AVOCET_PLAN_TRACEPOINT_BTF: return "needs Linux 5.7 with CONFIG_DEBUG_INFO_BTF";
        case AVOCET_PLAN_KPROBE: return "needs Linux 5.15 with CONFIG_KPROBE_EVENTS";
        case AVOCET_PLAN_KPROBE_MULTI:
            return plan.flags & AVOCET_PLAN_SESSION ? "needs Linux 6.10 with CONFIG_FPROBE"
                                                    : "needs Linux 5.18 with CONFIG_FPROBE";
        case AVOCET_PLAN_FUNCTION:
            if (plan.flags & AVOCET_PLAN_LSM) return "needs Linux 5.7 with CONFIG_BPF_LSM";
            return "needs CONFIG_DEBUG_INFO_BTF, CONFIG_FUNCTION_TRACER and CONFIG_DYNAMIC_FTRACE";
        case AVOCET_PLAN_UPROBE: return "needs Linux 5.15 with CONFIG_UPROBE_EVENTS";
        case AVOCET_PLAN_UPROBE_MULTI: return "needs Linux 6.6 with CONFIG_UPROBE_EVENTS";
        case AVOCET_PLAN_ITERATOR: return "needs Linux 5.8 with CONFIG_DEBUG_INFO_BTF";
        default: return "";
    }
}

Error link_error(int error, const avocet_plan& plan, const avocet_plan_target& target) {
    const std::string what = "'" + string(target.name) + "'";
    switch (error) {
        case EPERM:
        case EACCES:
            if (plan.kind == AVOCET_PLAN_KPROBE || plan.kind == AVOCET_PLAN_KPROBE_MULTI)
                return forbidden_kind("kprobes");
            if (plan.kind == AVOCET_PLAN_FUNCTION)
                return forbidden_kind(
                    probes_of(plan.flags & AVOCET_PLAN_LSM ? BPF_PROG_TYPE_LSM : BPF_PROG_TYPE_TRACING,
                              function_attach(plan.flags)));
            return Error(AVOCET_ERR_PERMISSION, what + ": the kernel does not permit this attach", needs(plan));
        case ENOENT:
            return Error(AVOCET_ERR_NOT_FOUND, what + ": the kernel has nothing of this name to attach to",
                         needs(plan));
        case ESRCH:
            return plan.pid > 0
                       ? Error(AVOCET_ERR_NOT_FOUND, what + ": process " + std::to_string(plan.pid) + " does not exist")
                       : Error(AVOCET_ERR_NOT_FOUND, what + ": no such kernel function", needs(plan));
        case EOPNOTSUPP:
        case EINVAL: return Error(AVOCET_ERR_UNSUPPORTED, what + ": this kernel cannot attach it", needs(plan));
        case E2BIG:
        case ENOSPC: return Error(AVOCET_ERR_NO_SPACE, what + ": too many programs at one place");
        case EMFILE: return Error(AVOCET_ERR_NO_SPACE, what + ": no file descriptor left", "raise 'ulimit -n'");
        default: return Error(AVOCET_ERR_IO, what + ": cannot be attached: " + errno_text(error), needs(plan));
    }
}

UprobeMulti uprobes(const avocet_plan& plan, const std::string& path) {
    UprobeMulti what;
    what.path = path.c_str();
    what.pid = plan.pid > 0 ? static_cast<uint32_t>(plan.pid) : 0;
    what.is_return = plan.flags & AVOCET_PLAN_RETURN;
    bool counted = false;
    for (uint32_t i = 0; i < plan.target_count; ++i) {
        what.offsets.push_back(plan.targets[i].value);
        what.cookies.push_back(plan.targets[i].attach_id);
        what.ref_counters.push_back(plan.targets[i].semaphore);
        counted = counted || plan.targets[i].semaphore;
    }
    if (!counted) what.ref_counters.clear();
    return what;
}

// All of the plan's targets have addresses, or none has; see attach_apart.
KprobeMulti kprobes(const avocet_plan& plan, std::vector<std::string>& symbols) {
    KprobeMulti what;
    for (uint32_t i = 0; i < plan.target_count; ++i) {
        if (plan.targets[i].value)
            what.addresses.push_back(plan.targets[i].value);
        else
            symbols.push_back(string(plan.targets[i].symbol));
        // A session's target may have a second attach id, for the return.
        what.cookies.push_back(plan.targets[i].attach_id | plan.targets[i].semaphore << 32);
    }
    for (const auto& symbol : symbols) what.symbols.push_back(symbol.c_str());
    what.is_return = plan.flags & AVOCET_PLAN_RETURN;
    what.is_session = plan.flags & AVOCET_PLAN_SESSION;
    return what;
}

// What has a perf event for each target.
bool opens_perf_events(const avocet_plan& plan) {
    switch (plan.kind) {
        case AVOCET_PLAN_RAW_TRACEPOINT:
        case AVOCET_PLAN_TRACEPOINT_BTF:
        case AVOCET_PLAN_FUNCTION:
        case AVOCET_PLAN_ITERATOR:
        case AVOCET_PLAN_TIMER: return false;
        default: return true;
    }
}

struct Opened {
    std::vector<Fd> events;
    std::optional<Error> error;
};

// The kernel waits for all CPUs in between: many at once take little longer than one.
std::vector<Opened> open_in_parallel(const avocet_plan& plan) {
    constexpr size_t most_threads = 32, few = 4;
    std::vector<Opened> out(plan.target_count);
    std::atomic<size_t> next{0};
    const auto work = [&] {
        for (size_t i; (i = next.fetch_add(1)) < out.size();) {
            try {
                out[i].events = open_perf_events(plan, plan.targets[i]);
            } catch (const Error& error) { out[i].error = error; }
        }
    };
    std::vector<std::jthread> threads;
    try {
        while (threads.size() + 1 < std::min(out.size() / few, most_threads)) threads.emplace_back(work);
    } catch (const std::system_error&) {  // as many as there are
    }
    work();
    threads.clear();
    return out;
}

// What the kernel counts per link (Linux 6.7); 0 where it does not. struct bpf_link_info by offset: newer than the
// headers.
uint64_t kprobe_misses(int link, avocet_plan_kind kind) {
    if (kind != AVOCET_PLAN_KPROBE && kind != AVOCET_PLAN_KPROBE_MULTI) return 0;
    constexpr uint32_t type_perf_event = 7, type_kprobe_multi = 8, perf_kprobe = 3, perf_kretprobe = 4;
    uint64_t info[32]{};
    uint32_t size = sizeof info;
    if (link_info(link, info, size) < 0) return 0;
    const auto type = static_cast<uint32_t>(info[0]), perf_type = static_cast<uint32_t>(info[2]);
    if (type == type_kprobe_multi) return info[4];
    return type == type_perf_event && (perf_type == perf_kprobe || perf_type == perf_kretprobe) ? info[6] : 0;
}

}  // namespace

// Each target of a perf event takes two descriptors; the usual limit of 1024 is soon reached.
void Attachments::make_room(size_t targets) {
    constexpr rlim_t others = 512;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= 2 * targets + others) return;
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 2 * targets + others);
    setrlimit(RLIMIT_NOFILE, &limit);
}

bool Attachments::one_by_one(const avocet_plan& plan, Features& features) {
    if (plan.kind == AVOCET_PLAN_UPROBE_MULTI) return !features.has("uprobe_multi");
    if (plan.kind == AVOCET_PLAN_KPROBE_MULTI)
        return !(plan.flags & AVOCET_PLAN_SESSION) && !features.has("kprobe_multi");
    return false;
}

bool Attachments::is_multi(const avocet_plan& plan) const {
    return (plan.kind == AVOCET_PLAN_UPROBE_MULTI || plan.kind == AVOCET_PLAN_KPROBE_MULTI) &&
           !one_by_one(plan, features_);
}

bool Attachments::attach(std::string_view function, const avocet_plan& plan, const Backend::AttachErrorFn& on_error) {
    if (plan.kind == AVOCET_PLAN_RUNTIME) return true;
    ++(plan.kind == AVOCET_PLAN_ITERATOR ? iterator_plans_ : other_plans_);
    if (!plan.target_count) return on_error(function, plan, Error(AVOCET_ERR_INVALID, "attach plan: it has no target"));
    return attach_targets(function, plan, on_error);
}

// A link for many targets fails as a whole: halve it until the targets at fault stand alone.
bool Attachments::attach_targets(std::string_view function, const avocet_plan& plan,
                                 const Backend::AttachErrorFn& on_error) {
    if (is_multi(plan) && plan.kind == AVOCET_PLAN_KPROBE_MULTI) {
        const auto* end = plan.targets + plan.target_count;
        const auto with_address = std::count_if(plan.targets, end, [](const auto& t) { return t.value != 0; });
        if (with_address && with_address != plan.target_count) return attach_apart(function, plan, on_error);
    }
    try {
        const int program = object_.program(function, variant_of(plan, one_by_one(plan, features_)));
        if (!is_multi(plan) && opens_perf_events(plan)) return attach_each(function, program, plan, on_error);
        attach_all(function, program, plan);
        return true;
    } catch (const Error& error) {
        if (!is_multi(plan) || plan.target_count == 1 || error.status() == AVOCET_ERR_PERMISSION)
            return on_error(function, plan, error);
    }
    avocet_plan first = plan, second = plan;
    first.target_count /= 2;
    second.targets += first.target_count;
    second.target_count -= first.target_count;
    return attach_targets(function, first, on_error) && attach_targets(function, second, on_error);
}

// A link takes symbols or addresses, not both.
bool Attachments::attach_apart(std::string_view function, const avocet_plan& plan,
                               const Backend::AttachErrorFn& on_error) {
    std::vector<avocet_plan_target> targets(plan.targets, plan.targets + plan.target_count);
    const auto middle =
        std::stable_partition(targets.begin(), targets.end(), [](const auto& t) { return t.value == 0; });
    avocet_plan named = plan, addressed = plan;
    named.targets = targets.data();
    named.target_count = static_cast<uint32_t>(middle - targets.begin());
    addressed.targets = targets.data() + named.target_count;
    addressed.target_count -= named.target_count;
    return attach_targets(function, named, on_error) && attach_targets(function, addressed, on_error);
}

bool Attachments::attach_each(std::string_view function, int program, const avocet_plan& plan,
                              const Backend::AttachErrorFn& on_error) {
    auto opened = open_in_parallel(plan);
    for (uint32_t i = 0; i < plan.target_count; ++i) {
        avocet_plan one = plan;
        one.targets += i;
        one.target_count = 1;
        try {
            if (opened[i].error) throw *opened[i].error;
            link_perf(function, program, one, one.targets[0], std::move(opened[i].events));
        } catch (const Error& error) {
            // What is forbidden for one is forbidden for all.
            const bool all = i == 0 && error.status() == AVOCET_ERR_PERMISSION;
            if (!on_error(function, all ? plan : one, error)) return false;
            if (all) return true;
        }
    }
    return true;
}

void Attachments::keep(std::string_view function, Fd link, const avocet_plan& plan, const avocet_plan_target& target) {
    if (!link) throw link_error(errno, plan, target);
    links_.push_back(
        {plan.target_count == 1 ? string(target.name) : std::string(function), std::move(link), plan.kind});
}

void Attachments::attach_all(std::string_view function, int program, const avocet_plan& plan) {
    const avocet_plan_target& first = plan.targets[0];
    const std::string path = string(plan.path), event = string(plan.event);
    const AttachType type = plan.kind == AVOCET_PLAN_TRACEPOINT_BTF ? attach_trace_raw_tp : function_attach(plan.flags);
    if (is_multi(plan) && plan.kind == AVOCET_PLAN_UPROBE_MULTI)
        return keep(function, link_uprobe_multi(program, uprobes(plan, path)), plan, first);
    if (is_multi(plan)) {
        std::vector<std::string> symbols;
        return keep(function, link_kprobe_multi(program, kprobes(plan, symbols)), plan, first);
    }
    switch (plan.kind) {
        case AVOCET_PLAN_RAW_TRACEPOINT: {
            const uint64_t cookie = plan.flags & AVOCET_PLAN_SELECTED ? 0 : first.attach_id;
            return keep(function, link_raw_tracepoint(program, event.c_str(), cookie), plan, first);
        }
        case AVOCET_PLAN_TRACEPOINT_BTF:
        case AVOCET_PLAN_FUNCTION: return keep(function, link_tracing(program, type, first.attach_id), plan, first);
        case AVOCET_PLAN_ITERATOR: return start_iterator(function, program, plan);
        case AVOCET_PLAN_TIMER: return start_timer(function, program, plan);
        default: throw Error(AVOCET_ERR_INTERNAL, "attach plan of kind " + std::to_string(plan.kind));
    }
}

void Attachments::link_perf(std::string_view function, int program, const avocet_plan& plan,
                            const avocet_plan_target& target, std::vector<Fd> events) {
    for (Fd& event : events) {
        keep(function, link_perf_event(program, event.get(), target.attach_id), plan, target);
        perf_events_.push_back(std::move(event));
    }
}

void Attachments::start_timer(std::string_view function, int program, const avocet_plan& plan) {
    timers_.push_back({std::string(function), program, plan.targets[0].attach_id, 0});
    drain_.add_timer(plan.period ? plan.period : 1);
}

void Attachments::run_timer(size_t timer, uint64_t missed) {
    if (timer >= timers_.size()) return;
    uint32_t result;
    timers_[timer].missed += missed;
    run_program(timers_[timer].program, timers_[timer].attach_id, result);
}

void Attachments::start_iterator(std::string_view function, int program, const avocet_plan& plan) {
    keep(function, Iterators::link(program, plan), plan, plan.targets[0]);
    iterators_.start(links_.back().fd.get(), plan);
}

bool Attachments::finished() const { return iterator_plans_ > 0 && other_plans_ == 0 && iterators_.done(); }

void Attachments::detach() {
    drain_.stop_timers();
    iterators_.clear();
    std::vector<Fd> links;
    for (Link& link : links_) {
        if (const uint64_t misses = kprobe_misses(link.fd.get(), link.kind)) misses_[link.where] += misses;
        links.push_back(std::move(link.fd));
    }
    links_.clear();
    close_in_parallel(std::move(links));
    close_perf_events(std::exchange(perf_events_, {}));
}

void Attachments::losses(const Backend::LossFn& emit) const {
    auto misses = misses_;
    for (const Link& link : links_) misses[link.where] += kprobe_misses(link.fd.get(), link.kind);
    for (const auto& [where, count] : misses)
        if (count) emit({sizeof(avocet_kernel_loss), 0, to_abi(where), "kprobe miss", count});
    for (auto& timer : timers_) {
        if (!timer.missed) continue;
        avocet_kernel_loss loss{sizeof loss, 0, to_abi(timer.function), "timer tick missed", timer.missed};
        emit(loss);
    }
}

}  // namespace avocet::bpf
