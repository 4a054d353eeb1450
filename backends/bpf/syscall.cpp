// SPDX-License-Identifier: Apache-2.0
//
// Thin wrappers: each fills in the part of union bpf_attr it needs, in a layout of its own where the headers lack it.
#include "syscall.hpp"

#include <linux/capability.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

namespace avocet::bpf {
namespace {

// BPF_LINK_CREATE as of Linux 6.12. The kernel refuses non-zero bytes that it does not know, so only what is set is
// sent.
struct LinkCreate {
    uint32_t prog_fd = 0, target_fd = 0, attach_type = 0, flags = 0;
    union {
        struct {
            uint64_t cookie;
        } perf;
        struct {
            uint32_t target_btf_id, pad;
            uint64_t cookie;
        } tracing;
        struct {
            uint32_t flags, count;
            uint64_t symbols, addresses, cookies;
        } kprobe_multi;
        struct {
            uint64_t path, offsets, ref_counters, cookies;
            uint32_t count, flags, pid, pad;
        } uprobe_multi;
        uint64_t raw[6];
    };
    LinkCreate() : raw{} {}
};

struct RawTracepointOpen {
    uint64_t name;
    uint32_t prog_fd, pad;
    uint64_t cookie;  // Linux 6.10
};

long bpf_call(int command, void* attr, size_t size) { return syscall(SYS_bpf, command, attr, size); }
uint64_t address(const void* p) { return reinterpret_cast<uintptr_t>(p); }
template <class T>
uint64_t address(const std::vector<T>& v) {
    return v.empty() ? 0 : address(static_cast<const void*>(v.data()));
}
Fd created(long fd) { return Fd(static_cast<int>(fd)); }

}  // namespace

Fd link_perf_event(int program, int perf_event, uint64_t cookie) {
    LinkCreate attr;
    attr.prog_fd = static_cast<uint32_t>(program);
    attr.target_fd = static_cast<uint32_t>(perf_event);
    attr.attach_type = attach_perf_event;
    attr.perf.cookie = cookie;
    return created(bpf_call(BPF_LINK_CREATE, &attr, sizeof attr));
}

Fd link_tracing(int program, AttachType type, uint64_t cookie) {
    LinkCreate attr;
    attr.prog_fd = static_cast<uint32_t>(program);
    attr.attach_type = type;
    attr.tracing.cookie = cookie;
    Fd link = created(bpf_call(BPF_LINK_CREATE, &attr, sizeof attr));
    if (link || (errno != EINVAL && errno != E2BIG)) return link;
    return link_raw_tracepoint(program, nullptr, 0);  // before Linux 5.19 (fentry) and 6.10 (tp_btf)
}

Fd link_raw_tracepoint(int program, const char* name, uint64_t cookie) {
    RawTracepointOpen attr{address(name), static_cast<uint32_t>(program), 0, cookie};
    Fd link = created(bpf_call(BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof attr));
    if (link || !cookie || (errno != EINVAL && errno != E2BIG)) return link;
    attr.cookie = 0;
    return created(bpf_call(BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof attr));
}

Fd link_uprobe_multi(int program, const UprobeMulti& what) {
    LinkCreate attr;
    attr.prog_fd = static_cast<uint32_t>(program);
    attr.attach_type = attach_uprobe_multi;
    attr.uprobe_multi.path = address(what.path);
    attr.uprobe_multi.offsets = address(what.offsets);
    attr.uprobe_multi.ref_counters = address(what.ref_counters);
    attr.uprobe_multi.cookies = address(what.cookies);
    attr.uprobe_multi.count = static_cast<uint32_t>(what.offsets.size());
    attr.uprobe_multi.flags = what.is_return ? 1 : 0;
    attr.uprobe_multi.pid = what.pid;
    return created(bpf_call(BPF_LINK_CREATE, &attr, sizeof attr));
}

Fd link_kprobe_multi(int program, const KprobeMulti& what) {
    LinkCreate attr;
    attr.prog_fd = static_cast<uint32_t>(program);
    attr.attach_type = what.is_session ? attach_kprobe_session : attach_kprobe_multi;
    attr.kprobe_multi.flags = what.is_return ? 1 : 0;
    attr.kprobe_multi.count = static_cast<uint32_t>(what.symbols.empty() ? what.addresses.size() : what.symbols.size());
    attr.kprobe_multi.symbols = address(what.symbols);
    attr.kprobe_multi.addresses = address(what.addresses);
    attr.kprobe_multi.cookies = address(what.cookies);
    return created(bpf_call(BPF_LINK_CREATE, &attr, sizeof attr));
}

Fd link_iterator(int program) {
    LinkCreate attr;
    attr.prog_fd = static_cast<uint32_t>(program);
    attr.attach_type = attach_trace_iter;
    return created(bpf_call(BPF_LINK_CREATE, &attr, sizeof attr));
}

Fd iterator_create(int link) {
    struct {
        uint32_t link_fd, flags;
    } attr{static_cast<uint32_t>(link), 0};
    return created(bpf_call(BPF_ITER_CREATE, &attr, sizeof attr));
}

Fd perf_event_open(perf_event_attr& attr, int pid, int cpu) {
    attr.size = sizeof attr;
    return created(syscall(SYS_perf_event_open, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC));
}

int run_program(int program, uint64_t first_argument, uint32_t& result) {
    // As many arguments as a raw tracepoint can have, so that a program may read any of them
    // (bpf_prog_test_run_raw_tp).
    const uint64_t context[12] = {first_argument};
    bpf_attr attr{};
    attr.test.prog_fd = static_cast<uint32_t>(program);
    attr.test.ctx_in = address(context);
    attr.test.ctx_size_in = sizeof context;
    if (bpf_call(BPF_PROG_TEST_RUN, &attr, sizeof attr) < 0) return -errno;
    result = attr.test.retval;
    return 0;
}

int link_info(int link, void* info, uint32_t& size) {
    bpf_attr attr{};
    attr.info.bpf_fd = static_cast<uint32_t>(link);
    attr.info.info_len = size;
    attr.info.info = address(info);
    if (bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof attr) < 0) return -errno;
    size = attr.info.info_len;
    return 0;
}

bool may_load_programs() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
    if (syscall(SYS_capget, &header, data) < 0) return true;  // cannot tell: let the kernel decide
    auto has = [&](unsigned capability) { return (data[capability / 32].effective >> (capability % 32)) & 1; };
    return has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON));
}

}  // namespace avocet::bpf
