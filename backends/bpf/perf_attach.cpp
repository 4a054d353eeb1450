// SPDX-License-Identifier: Apache-2.0
#include "perf_attach.hpp"

#include <linux/hw_breakpoint.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "rejection.hpp"
#include "syscall.hpp"

namespace avocet::bpf {
namespace {

std::string read_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

uint64_t address(const void* p) { return reinterpret_cast<uintptr_t>(p); }

[[noreturn]] void refuse(int error, const std::string& what, std::string_view needs) {
    const avocet_status status = error == EPERM || error == EACCES        ? AVOCET_ERR_PERMISSION
                                 : error == ENOENT                        ? AVOCET_ERR_NOT_FOUND
                                 : error == EOPNOTSUPP || error == ENODEV ? AVOCET_ERR_UNSUPPORTED
                                                                          : AVOCET_ERR_IO;
    std::string why = errno_text(error), hint(needs);
    if (error == EMFILE) hint = "each attach point takes a file descriptor: raise 'ulimit -n'";
    if (error == EOPNOTSUPP || error == ENODEV) why = "this kernel or machine does not support it";
    if (error == EACCES || error == EPERM)
        hint = "needs root or CAP_PERFMON (see also /proc/sys/kernel/perf_event_paranoid)";
    throw Error(status, what + ": " + why, hint);
}

uint64_t tracepoint_id(const avocet_plan& plan) {
    const std::string root = tracefs_root();
    if (root.empty())
        throw Error(AVOCET_ERR_NOT_FOUND, "tracefs: not mounted",
                    "mount it: mount -t tracefs tracefs /sys/kernel/tracing");
    const std::string category = string(plan.category), event = string(plan.event);
    const std::string text = read_line(root + "/events/" + category + "/" + event + "/id");
    uint64_t id = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), id).ec != std::errc{})
        throw Error(AVOCET_ERR_NOT_FOUND,
                    "tracepoint '" + category + ":" + event + "': the kernel has no such tracepoint");
    return id;
}

Fd open_tracepoint(const avocet_plan& plan) {
    perf_event_attr attr{};
    attr.type = PERF_TYPE_TRACEPOINT;
    attr.config = tracepoint_id(plan);
    attr.sample_period = 1;
    // One event on any one CPU: the program hangs on the tracepoint and runs on every CPU.
    Fd fd = perf_event_open(attr, -1, 0);
    if (!fd) refuse(errno, "tracepoint '" + string(plan.category) + ":" + string(plan.event) + "'", {});
    return fd;
}

// Texts for what register_kprobe and create_local_trace_kprobe (kernel/trace/trace_kprobe.c) answer.
[[noreturn]] void refuse_kprobe(int error, const std::string& what) {
    switch (error) {
        case EPERM:
        case EACCES: throw forbidden_kind("kprobes");
        case ENOENT: refuse(error, what, "no such function, or it must not be probed (notrace, inlined)");
        case EADDRNOTAVAIL:
            throw Error(AVOCET_ERR_INVALID, what + ": several functions of the kernel have this name",
                        "kprobe:*:NAME attaches to all of them, kprobe:MODULE:NAME to those of one module");
        case EILSEQ:
            throw Error(AVOCET_ERR_INVALID,
                        what + ": possible attachment attempt in the middle of an instruction, try a different offset",
                        "the offset is not the start of an instruction");
        case EINVAL:
            throw Error(AVOCET_ERR_UNSUPPORTED, what + ": the kernel permits no probe there",
                        "it is notrace or on the list /sys/kernel/debug/kprobes/blacklist");
        case EBUSY: throw Error(AVOCET_ERR_UNSUPPORTED, what + ": the kernel is changing this code itself");
        default: refuse(error, what, {});
    }
}

Fd open_kprobe(const avocet_plan& plan, const avocet_plan_target& target) {
    const int type = pmu_type("kprobe");
    const std::string what = "'" + string(target.name) + "'", symbol = string(target.symbol);
    if (type < 0)
        throw Error(AVOCET_ERR_UNSUPPORTED, what + ": this kernel has no kprobes", "needs CONFIG_KPROBE_EVENTS");
    perf_event_attr attr{};
    attr.type = static_cast<uint32_t>(type);
    attr.config = plan.flags & AVOCET_PLAN_RETURN ? 1 : 0;
    // By name and offset, or, with no name, by address.
    attr.config1 = target.value ? 0 : address(symbol.c_str());
    attr.config2 = target.value + plan.offset;
    Fd fd = perf_event_open(attr, -1, 0);
    if (!fd) refuse_kprobe(errno, what);
    return fd;
}

Fd open_uprobe(const avocet_plan& plan, const avocet_plan_target& target) {
    const int type = pmu_type("uprobe");
    const std::string path = string(plan.path), name = "uprobe '" + path + ":" + string(target.symbol) + "'";
    if (type < 0)
        throw Error(AVOCET_ERR_UNSUPPORTED, name + ": this kernel has no uprobes", "needs CONFIG_UPROBE_EVENTS");
    perf_event_attr attr{};
    attr.type = static_cast<uint32_t>(type);
    // Formats of the PMU: retprobe config:0, ref_ctr_offset config:32-63 (Linux 4.20).
    attr.config = (plan.flags & AVOCET_PLAN_RETURN ? 1 : 0) | target.semaphore << 32;
    attr.config1 = address(path.c_str());
    attr.config2 = target.value;
    Fd fd = perf_event_open(attr, plan.pid, plan.pid < 0 ? 0 : -1);
    if (fd) return fd;
    const int error = errno;
    if (error == ESRCH)
        throw Error(AVOCET_ERR_NOT_FOUND, name + ": process " + std::to_string(plan.pid) + " does not exist");
    refuse(error, name,
           error == EINVAL ? "the place is not inside a function of the file, or the file system does not allow probes"
                           : "");
}

// The threads of a process; events are per thread and new threads inherit them.
std::vector<int> threads_of(int pid) {
    std::vector<int> out;
    std::error_code error;
    for (auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", error))
        out.push_back(std::stoi(entry.path().filename().string()));
    if (out.empty()) throw Error(AVOCET_ERR_NOT_FOUND, "process " + std::to_string(pid) + ": does not exist");
    return out;
}

// Throws if that is why.
void check_rate(const perf_event_attr& attr, const std::string& what) {
    const int error = errno;
    const std::string text = read_line("/proc/sys/kernel/perf_event_max_sample_rate");
    uint64_t most = 0;
    std::from_chars(text.data(), text.data() + text.size(), most);
    if (attr.freq && most && attr.sample_freq > most)
        throw Error(AVOCET_ERR_INVALID, what + ": this kernel permits " + text + " samples per second",
                    "sysctl kernel.perf_event_max_sample_rate=" + std::to_string(attr.sample_freq) + " permits more");
    errno = error;
}

std::vector<Fd> open_everywhere(perf_event_attr& attr, const avocet_plan& plan, const std::string& what) {
    std::vector<Fd> out;
    auto open = [&](int pid, int cpu) {
        Fd fd = perf_event_open(attr, pid, cpu);
        if (!fd && (errno == ESRCH && pid > 0)) return;  // the thread is gone
        if (!fd && errno == ENOENT)
            throw Error(AVOCET_ERR_UNSUPPORTED, what + ": this machine has no such counter",
                        "hardware counters are often missing in virtual machines");
        if (!fd && errno == EINVAL) check_rate(attr, what);
        if (!fd) refuse(errno, what, {});
        out.push_back(std::move(fd));
    };
    if (plan.pid > 0) {
        attr.inherit = 1;
        for (int thread : threads_of(plan.pid)) open(thread, plan.cpu);
    } else if (plan.cpu >= 0) {
        open(-1, plan.cpu);
    } else {
        for (int cpu : online_cpus()) open(-1, cpu);
    }
    return out;
}

std::vector<Fd> open_counter(const avocet_plan& plan, const avocet_plan_target& target) {
    perf_event_attr attr{};
    attr.type = plan.perf_type;
    attr.config = plan.perf_config;
    attr.config1 = plan.offset;  // the plan's words for what raw events of some units need
    attr.config2 = target.value;
    attr.freq = plan.flags & AVOCET_PLAN_FREQUENCY ? 1 : 0;
    attr.sample_period = plan.period;  // in one union with sample_freq
    return open_everywhere(attr, plan, "perf event '" + string(target.name) + "'");
}

std::vector<Fd> open_breakpoint(const avocet_plan& plan, const avocet_plan_target& target) {
    perf_event_attr attr{};
    attr.type = PERF_TYPE_BREAKPOINT;
    attr.sample_period = 1;
    attr.bp_type = plan.mode;
    attr.bp_addr = target.value;
    attr.bp_len = plan.mode == HW_BREAKPOINT_X ? sizeof(long) : plan.length;
    return open_everywhere(attr, plan, "watchpoint '" + string(target.name) + "'");
}

std::vector<Fd> one(Fd fd) {
    std::vector<Fd> out;
    out.push_back(std::move(fd));
    return out;
}

}  // namespace

std::vector<Fd> open_perf_events(const avocet_plan& plan, const avocet_plan_target& target) {
    switch (plan.kind) {
        case AVOCET_PLAN_TRACEPOINT: return one(open_tracepoint(plan));
        case AVOCET_PLAN_KPROBE:
        case AVOCET_PLAN_KPROBE_MULTI: return one(open_kprobe(plan, target));
        case AVOCET_PLAN_UPROBE:
        case AVOCET_PLAN_UPROBE_MULTI: return one(open_uprobe(plan, target));
        case AVOCET_PLAN_PERF_EVENT: return open_counter(plan, target);
        default: return open_breakpoint(plan, target);
    }
}

std::string tracefs_root() {
    for (const char* root : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"})
        if (access((std::string(root) + "/events").c_str(), F_OK) == 0) return root;
    return {};
}

int pmu_type(std::string_view pmu) {
    const std::string text = read_line("/sys/bus/event_source/devices/" + std::string(pmu) + "/type");
    int type = -1;
    std::from_chars(text.data(), text.data() + text.size(), type);
    return type;
}

std::vector<int> parse_cpu_list(std::string_view text) {
    std::vector<int> out;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
        int first = 0, last = 0;
        auto read = std::from_chars(at, end, first);
        if (read.ec != std::errc{}) break;
        last = first;
        if (read.ptr < end && *read.ptr == '-') read = std::from_chars(read.ptr + 1, end, last);
        for (int cpu = first; cpu <= last; ++cpu) out.push_back(cpu);
        at = read.ptr < end && *read.ptr == ',' ? read.ptr + 1 : end;
    }
    return out;
}

std::vector<int> online_cpus() {
    auto cpus = parse_cpu_list(read_line("/sys/devices/system/cpu/online"));
    return cpus.empty() ? std::vector<int>{0} : cpus;
}

}  // namespace avocet::bpf
