// SPDX-License-Identifier: Apache-2.0
#include "feature_probes.hpp"

#include <linux/hw_breakpoint.h>
#include <sys/klog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "avocet/error.hpp"
#include "messages.hpp"
#include "perf_attach.hpp"

namespace avocet::bpf {
namespace {

const Finding yes{1, {}};
Finding no(std::string why) { return {0, std::move(why)}; }
Finding from_errno(bool present, int error) { return present ? yes : no(errno_text(error)); }

// r0 = 0; exit
constexpr bpf_insn return_zero[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};

Fd load(bpf_prog_type type, AttachType attach = attach_none, uint32_t type_id = 0) {
    LIBBPF_OPTS(bpf_prog_load_opts, options);
    options.expected_attach_type = static_cast<bpf_attach_type>(attach);
    options.attach_btf_id = type_id;
    Fd fd(bpf_prog_load(type, "avocet_probe", "GPL", return_zero, std::size(return_zero), &options));
    return fd;
}

constexpr const char* probed_function = "vfs_read";  // of every kernel, and never inlined

uint32_t kernel_type_id(const char* name, AttachType attach) {
    std::unique_ptr<btf, decltype(&btf__free)> types(btf__load_vmlinux_btf(), btf__free);
    if (!types) return 0;
    const int id =
        btf__find_by_name_kind(types.get(), name, attach == attach_trace_raw_tp ? BTF_KIND_TYPEDEF : BTF_KIND_FUNC);
    return id > 0 ? static_cast<uint32_t>(id) : 0;
}

Finding probe_kprobe_link(AttachType attach) {
    const Fd program = load(BPF_PROG_TYPE_KPROBE, attach);
    if (!program) return no(errno_text(errno));
    KprobeMulti what;
    what.symbols = {probed_function};
    what.is_session = attach == attach_kprobe_session;
    const Fd link = link_kprobe_multi(program.get(), what);
    return from_errno(static_cast<bool>(link), errno);
}

Finding probe_event(perf_event_attr attr, int pid, int cpu) {
    const Fd event = perf_event_open(attr, pid, cpu);
    return from_errno(static_cast<bool>(event), errno);
}

}  // namespace

Finding probe_bpf() {
    const Fd program = load(BPF_PROG_TYPE_RAW_TRACEPOINT);
    return from_errno(static_cast<bool>(program), errno);
}

Finding probe_btf() { return access("/sys/kernel/btf/vmlinux", R_OK) == 0 ? yes : no("no /sys/kernel/btf/vmlinux"); }

Finding probe_map_type(bpf_map_type type) {
    const bool ring = type == BPF_MAP_TYPE_RINGBUF;
    const Fd map(bpf_map_create(type, "avocet_probe", ring ? 0 : 4, ring ? 0 : 8, ring ? 4096 : 1, nullptr));
    return from_errno(static_cast<bool>(map), errno);
}

// A call with arguments that make no sense: refused for them if the helper is known, for the helper if it is not.
Finding probe_helper(bpf_prog_type type, int helper) {
    const bpf_insn program[] = {{BPF_JMP | BPF_CALL, 0, 0, 0, helper}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    char log[4096] = "";
    LIBBPF_OPTS(bpf_prog_load_opts, options, .log_level = 1, .log_size = sizeof log, .log_buf = log);
    const Fd fd(bpf_prog_load(type, "avocet_probe", "GPL", program, std::size(program), &options));
    if (fd) return yes;
    if (!log[0]) return no(errno_text(errno));
    const bool unknown =
        strstr(log, "invalid func ") || strstr(log, "unknown func ") || strstr(log, "cannot use helper");
    return unknown ? no("the kernel does not know this helper for this type of program") : yes;
}

// A call without its argument: refused for that where the function is allowed, for the function where it is not.
Finding probe_kernel_function(bpf_prog_type type) {
    constexpr const char* name = "bpf_task_from_pid";
    const auto id = static_cast<int>(kernel_type_id(name, attach_trace_fentry));
    if (!id) return no(std::string("the kernel's types have no '") + name + "'");
    const bpf_insn program[] = {{BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, id},
                                {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    char log[4096] = "";
    LIBBPF_OPTS(bpf_prog_load_opts, options, .log_level = 1, .log_size = sizeof log, .log_buf = log);
    const Fd fd(bpf_prog_load(type, "avocet_probe", "GPL", program, std::size(program), &options));
    if (fd) return yes;
    if (!log[0]) return no(errno_text(errno));
    return strstr(log, "is not allowed") ? no("the kernel does not allow it for this type of program") : yes;
}

Finding probe_tracepoint() {
    if (tracefs_root().empty()) return no("tracefs is not mounted");
    std::ifstream file(tracefs_root() + "/events/sched/sched_switch/id");
    perf_event_attr attr{};
    attr.type = PERF_TYPE_TRACEPOINT;
    attr.sample_period = 1;
    if (!(file >> attr.config)) return no("tracefs lists no sched:sched_switch");
    return probe_event(attr, -1, 0);
}

Finding probe_raw_tracepoint() {
    const Fd program = load(BPF_PROG_TYPE_RAW_TRACEPOINT);
    if (!program) return no(errno_text(errno));
    const Fd link = link_raw_tracepoint(program.get(), "sched_process_exit", 0);
    return from_errno(static_cast<bool>(link), errno);
}

Finding probe_perf_event() {
    perf_event_attr attr{};
    attr.type = PERF_TYPE_SOFTWARE;
    attr.config = PERF_COUNT_SW_CPU_CLOCK;
    attr.sample_period = 1'000'000'000;
    const Fd event = perf_event_open(attr, 0, -1), program = load(BPF_PROG_TYPE_PERF_EVENT);
    if (!event || !program) return no(errno_text(errno));
    const Fd link = link_perf_event(program.get(), event.get(), 1);
    return from_errno(static_cast<bool>(link), errno);
}

Finding probe_uprobe() {
    const int type = pmu_type("uprobe");
    if (type < 0) return no("no PMU 'uprobe'");
    perf_event_attr attr{};
    attr.type = static_cast<uint32_t>(type);
    attr.config1 = reinterpret_cast<uintptr_t>("/");  // not a file one can probe: refused for that alone
    const Fd event = perf_event_open(attr, -1, 0);
    return from_errno(event || (errno != EPERM && errno != EACCES && errno != ENOENT && errno != EOPNOTSUPP), errno);
}

Finding probe_uprobe_refcount() {
    return access("/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset", F_OK) == 0
               ? yes
               : no("the PMU 'uprobe' has no ref_ctr_offset");
}

Finding probe_uprobe_multi() {
    const Fd program = load(BPF_PROG_TYPE_KPROBE, attach_uprobe_multi);
    if (!program) return no(errno_text(errno));
    UprobeMulti what;
    what.path = "/";
    what.offsets = {0};
    const Fd link = link_uprobe_multi(program.get(), what);
    // Known and refused, because '/' is no file (bpf_uprobe_multi_link_attach).
    return from_errno(!link && errno == EBADF, errno);
}

Finding probe_kprobe() {
    const int type = pmu_type("kprobe");
    if (type < 0) return no("no PMU 'kprobe'");
    perf_event_attr attr{};
    attr.type = static_cast<uint32_t>(type);
    attr.config1 = reinterpret_cast<uintptr_t>(probed_function);
    return probe_event(attr, -1, 0);
}

Finding probe_kprobe_multi() { return probe_kprobe_link(attach_kprobe_multi); }
Finding probe_kprobe_session() { return probe_kprobe_link(attach_kprobe_session); }

Finding probe_typed(AttachType attach, const char* name) {
    const uint32_t id = kernel_type_id(name, attach);
    if (!id) return no("the kernel's types are not available or have no '" + std::string(name) + "'");
    const Fd program = load(BPF_PROG_TYPE_TRACING, attach, id);
    if (!program) return no(errno_text(errno));
    const Fd link = attach == attach_trace_iter ? link_iterator(program.get()) : link_tracing(program.get(), attach, 0);
    return from_errno(static_cast<bool>(link), errno);
}

// On a hook that is hardly ever used, for a moment.
Finding probe_modify_return() {
    const uint32_t id = kernel_type_id("security_syslog", attach_trace_fentry);
    if (!id) return no("the kernel's types are not available or have no 'security_syslog'");
    const Fd program = load(BPF_PROG_TYPE_TRACING, attach_modify_return, id);
    if (!program) return no(errno_text(errno));
    const Fd link = link_tracing(program.get(), attach_modify_return, 0);
    return from_errno(static_cast<bool>(link), errno);
}

// A kernel that has the hooks may have been started without them: then they attach, and are never called. So one is
// called: by asking for the size of the kernel's log.
Finding probe_lsm() {
    const uint32_t id = kernel_type_id("bpf_lsm_syslog", attach_trace_fentry);
    if (!id) return no("the kernel has no BPF security hooks");
    const Fd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "avocet_probe", 4, 8, 1, nullptr));
    if (!map) return no(errno_text(errno));
    const bpf_insn counts[] = {
        {BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0},
        {BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map.get()},
        {0, 0, 0, 0, 0},
        {BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0},
        {BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4},
        {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem},
        {BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 1, 0},
        {BPF_ST | BPF_MEM | BPF_DW, BPF_REG_0, 0, 0, 1},
        return_zero[0],
        return_zero[1],
    };
    LIBBPF_OPTS(bpf_prog_load_opts, options);
    options.expected_attach_type = static_cast<bpf_attach_type>(attach_lsm);
    options.attach_btf_id = id;
    const Fd program(bpf_prog_load(BPF_PROG_TYPE_LSM, "avocet_probe", "GPL", counts, std::size(counts), &options));
    if (!program) return no(errno_text(errno));
    const Fd link = link_tracing(program.get(), attach_lsm, 0);
    if (!link) return no(errno_text(errno));
    constexpr int size_of_buffer = 10;
    klogctl(size_of_buffer, nullptr, 0);
    const uint32_t key = 0;
    uint64_t called = 0;
    bpf_map_lookup_elem(map.get(), &key, &called);
    return called ? yes : no("'bpf' is not among the active security modules (boot parameter lsm=)");
}

Finding probe_tracing_cookie() {
    const bpf_insn program[] = {{BPF_JMP | BPF_CALL, 0, 0, 0, 174}, return_zero[0], return_zero[1]};
    char log[4096] = "";
    LIBBPF_OPTS(bpf_prog_load_opts, options, .log_level = 1, .log_size = sizeof log, .log_buf = log);
    options.expected_attach_type = static_cast<bpf_attach_type>(attach_trace_fentry);
    options.attach_btf_id = kernel_type_id(probed_function, attach_trace_fentry);
    if (!options.attach_btf_id) return no("the kernel's types are not available");
    const Fd fd(bpf_prog_load(BPF_PROG_TYPE_TRACING, "avocet_probe", "GPL", program, std::size(program), &options));
    return from_errno(static_cast<bool>(fd), errno);
}

Finding probe_batch_operations() {
    const Fd map(bpf_map_create(BPF_MAP_TYPE_HASH, "avocet_probe", 4, 8, 1, nullptr));
    if (!map) return no(errno_text(errno));
    uint32_t next = 0, key = 0, count = 1;
    uint64_t value = 0;
    const int error = bpf_map_lookup_batch(map.get(), nullptr, &next, &key, &value, &count, nullptr);
    return from_errno(!error || error == -ENOENT, -error);
}

Finding probe_hardware_counters() {
    perf_event_attr attr{};
    attr.type = PERF_TYPE_HARDWARE;
    attr.config = PERF_COUNT_HW_CPU_CYCLES;
    return probe_event(attr, 0, -1);
}

Finding probe_watchpoint() {
    static const uint64_t watched = 0;
    perf_event_attr attr{};
    attr.type = PERF_TYPE_BREAKPOINT;
    attr.bp_type = HW_BREAKPOINT_W;
    attr.bp_addr = reinterpret_cast<uintptr_t>(&watched);
    attr.bp_len = 8;
    return probe_event(attr, 0, -1);
}

Finding probe_no_lockdown() {
    std::ifstream file("/sys/kernel/security/lockdown");
    std::string modes;
    if (!std::getline(file, modes)) {
        // Without securityfs the effect tells: this helper alone is forbidden by lockdown "integrity".
        const Finding writes = probe_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_probe_write_user);
        return writes.present == 1 ? yes : no("bpf_probe_write_user is not permitted");
    }
    return modes.find("[none]") != std::string::npos ? yes : no("/sys/kernel/security/lockdown says " + modes);
}

}  // namespace avocet::bpf
