// SPDX-License-Identifier: Apache-2.0
#include "features.hpp"

#include <algorithm>

#include "messages.hpp"

namespace avocet::bpf {
namespace {

// Grows with every change of a row's name or of what its probe means.
constexpr unsigned table_version = 1;

template <bpf_prog_type Type, int Helper>
Finding helper() {
    return probe_helper(Type, Helper);
}
template <bpf_map_type Type>
Finding map_type() {
    return probe_map_type(Type);
}
template <bpf_prog_type Type>
Finding kernel_function() {
    return probe_kernel_function(Type);
}
Finding typed_tracepoint() { return probe_typed(attach_trace_raw_tp, "btf_trace_sched_process_exit"); }
Finding function_entry() { return probe_typed(attach_trace_fentry, "vfs_read"); }
Finding task_iterator() { return probe_typed(attach_trace_iter, "bpf_iter_task"); }

constexpr auto raw_tp = BPF_PROG_TYPE_RAW_TRACEPOINT;
constexpr auto kprobe = BPF_PROG_TYPE_KPROBE;

// Helper numbers: include/uapi/linux/bpf.h.
constexpr FeatureRow table[] = {
    {"bpf", "Linux 4.17, CONFIG_BPF_SYSCALL", "running programs at all", probe_bpf},
    {"btf", "CONFIG_DEBUG_INFO_BTF", "kernel structs without headers, typed tracepoints, portable programs", probe_btf},
    {"ring_buffer", "Linux 5.8", "events in order and without loss; else perf buffers (transport.kind = \"perf\")",
     map_type<BPF_MAP_TYPE_RINGBUF>},
    {"tracepoint", "CONFIG_EVENT_TRACING, CONFIG_PERF_EVENTS, tracefs", "tracepoint probes", probe_tracepoint},
    {"raw_tracepoint", "Linux 4.17", "rawtracepoint probes, and many system calls at once", probe_raw_tracepoint},
    {"raw_tracepoint_cookie", "Linux 6.10", "one function for several raw tracepoints", helper<raw_tp, 174>},
    {"tracepoint_btf", "Linux 5.5, CONFIG_DEBUG_INFO_BTF", "tracepoint arguments with their types", typed_tracepoint},
    {"perf_event", "Linux 5.15, CONFIG_PERF_EVENTS", "profile, software and hardware probes", probe_perf_event},
    {"attach_cookie", "Linux 5.15", "one function for many attach points; the builtin probe",
     helper<BPF_PROG_TYPE_TRACEPOINT, 174>},
    {"uprobe", "CONFIG_UPROBE_EVENTS", "uprobe, uretprobe and usdt probes", probe_uprobe},
    {"uprobe_multi", "Linux 6.6, CONFIG_UPROBE_EVENTS", "attaching to many user functions quickly", probe_uprobe_multi},
    {"uprobe_refcount", "Linux 4.20", "usdt probes with a semaphore", probe_uprobe_refcount},
    {"kprobe", "CONFIG_KPROBE_EVENTS", "kprobe and kretprobe probes", probe_kprobe},
    {"kprobe_multi", "Linux 5.18, CONFIG_FPROBE", "attaching to many kernel functions quickly", probe_kprobe_multi},
    {"kprobe_session", "Linux 6.10, CONFIG_FPROBE", "entry and return of kernel functions in one attach",
     probe_kprobe_session},
    {"fentry", "Linux 5.5, CONFIG_DEBUG_INFO_BTF, CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS", "fentry and fexit probes",
     function_entry},
    {"tracing_cookie", "Linux 5.19", "one function for several fentry and fexit probes", probe_tracing_cookie},
    {"fmod_ret", "Linux 5.7, CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS", "C programs that replace a function's result",
     probe_modify_return},
    {"lsm", "Linux 5.7, CONFIG_BPF_LSM, bpf in the boot parameter lsm=", "C programs on security hooks", probe_lsm},
    {"iter", "Linux 5.8, CONFIG_DEBUG_INFO_BTF", "iter probes", task_iterator},
    {"loop", "Linux 5.17", "loops of many rounds", helper<raw_tp, 181>},
    {"for_each_map_elem", "Linux 5.13", "loops over maps", helper<raw_tp, 164>},
    {"map_lookup_percpu_elem", "Linux 5.19", "reading counts and sums inside a program", helper<raw_tp, 195>},
    {"get_func_ip", "Linux 5.15", "the builtin func in kprobes", helper<kprobe, 173>},
    {"get_stack", "Linux 4.18", "stack traces", helper<raw_tp, 67>},
    {"probe_read_kernel", "Linux 5.5", "reading kernel and user memory apart", helper<raw_tp, 113>},
    {"ktime_boot", "Linux 5.8", "nsecs that go on during suspend", helper<raw_tp, 125>},
    {"ktime_tai", "Linux 6.1", "nsecs(tai)", helper<raw_tp, 208>},
    {"pid_namespace", "Linux 5.7", "pid and tid as the tracer's namespace sees them", helper<raw_tp, 120>},
    {"kfunc_tracepoint", "Linux 6.12", "comm(PID) in tracepoint probes", kernel_function<BPF_PROG_TYPE_TRACEPOINT>},
    {"kfunc_perf_event", "Linux 6.12", "comm(PID) in profile probes", kernel_function<BPF_PROG_TYPE_PERF_EVENT>},
    {"kfunc_kprobe", "a kernel that registers them for kprobes", "comm(PID) in kprobe and uprobe probes",
     kernel_function<kprobe>},
    {"kfunc_raw_tracepoint", "a kernel that registers them for raw tracepoints", "comm(PID) in begin and end",
     kernel_function<raw_tp>},
    {"signal", "Linux 5.3", "signal()", helper<raw_tp, 109>},
    {"override", "CONFIG_BPF_KPROBE_OVERRIDE", "override()", helper<kprobe, 58>},
    {"write_user", "Linux 4.8, no lockdown", "writing to user memory", helper<raw_tp, 36>},
    {"batch_map_ops", "Linux 5.6", "reading large maps quickly", probe_batch_operations},
    {"hardware_counters", "a CPU and hypervisor that show them", "hardware probes; profile by cycles",
     probe_hardware_counters},
    {"watchpoint", "CONFIG_HAVE_HW_BREAKPOINT", "watchpoint probes", probe_watchpoint},
    {"no_lockdown", "a kernel that is not locked down", "everything above that says it is not permitted",
     probe_no_lockdown},
};

}  // namespace

std::span<const FeatureRow> feature_table() { return table; }

const Finding& Features::probe(const FeatureRow& row) {
    if (const auto it = found_.find(row.name); it != found_.end()) return it->second;
    Finding finding;
    if (!may_load_programs()) {
        finding.detail = "probing needs root or CAP_BPF + CAP_PERFMON";
    } else if (auto known = cache_.find(row.name, table_version)) {
        finding = std::move(*known);
    } else {
        LibbpfMessages quiet;
        finding = row.probe();
        cache_.store(row.name, finding, table_version);
    }
    return found_.emplace(row.name, std::move(finding)).first->second;
}

const Finding& Features::find(std::string_view name) {
    for (const FeatureRow& row : feature_table())
        if (name == row.name) return probe(row);
    throw Error(AVOCET_ERR_NOT_FOUND, "feature '" + std::string(name) + "': not in the table");
}

void Features::list(const char* only, const Backend::FeatureFn& emit) {
    if (only) find(only);
    for (const FeatureRow& row : feature_table()) {
        if (only && std::string_view(only) != row.name) continue;
        const Finding& f = probe(row);
        if (!emit({sizeof(avocet_feature), f.present, row.name, row.needs, row.purpose, to_abi(f.detail)})) break;
    }
    cache_.save();
}

}  // namespace avocet::bpf
