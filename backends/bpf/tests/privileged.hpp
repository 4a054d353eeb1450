// SPDX-License-Identifier: Apache-2.0
//
// What tests of the running kernel share: programs, known workloads, a look at the kernel's list of links.
#pragma once

#include <linux/bpf.h>
#include <sys/syscall.h>

#include <set>

#include "backend_under_test.hpp"

#define NEEDS_ROOT()                                                                          \
    if (geteuid() != 0) GTEST_SKIP() << "needs root: loads BPF programs into this kernel"

namespace avocet::test {

inline std::string program_file(const char* name) { return std::string(AVOCET_TEST_PROGRAMS) + "/" + name; }
inline std::string plugin_file(const char* id, const char* file) { return std::string(AVOCET_BINARY_DIR) + "/plugins/" + id + "/" + file; }
inline std::string bpf_plugin() { return plugin_file("backend.bpf", "avocet-backend-bpf.so"); }

// System call 110 on x86-64: cheap, and nobody else here makes it.
inline constexpr uint64_t watched_syscall = SYS_getppid;
inline void make_syscalls(unsigned count) {
    for (unsigned i = 0; i < count; ++i) syscall(SYS_getppid);
}

inline PlanBox raw_sys_enter(uint32_t attach_id) {
    PlanBox box(AVOCET_PLAN_RAW_TRACEPOINT, {target("rawtracepoint:sys_enter", attach_id)});
    box.plan.event = to_abi("sys_enter");
    return box;
}
inline PlanBox runtime(const char* event) {
    PlanBox box(AVOCET_PLAN_RUNTIME, {target(event, 0)});
    box.plan.event = to_abi(event);
    return box;
}
inline PlanBox tracepoint(const char* category, const char* event, uint32_t attach_id) {
    PlanBox box(AVOCET_PLAN_TRACEPOINT, {target(event, attach_id)});
    box.plan.category = to_abi(category);
    box.plan.event = to_abi(event);
    return box;
}

// Ids of all BPF links in the kernel whose program belongs to no one else: those that appeared since `before`.
inline std::set<uint32_t> link_ids() {
    std::set<uint32_t> out;
    bpf_attr attr{};
    while (syscall(SYS_bpf, BPF_LINK_GET_NEXT_ID, &attr, sizeof attr) == 0) {
        out.insert(attr.next_id);
        attr.start_id = attr.next_id;
    }
    return out;
}

// Polls until STOP, or until `enough` says so; every sample goes to `each`.
inline avocet_status drain(BackendUnderTest& b, const std::function<void(const avocet_sample&)>& each,
                           const std::function<bool()>& enough = [] { return false; }) {
    for (int i = 0; i < 100000; ++i) {
        avocet_sample_batch batch;
        const avocet_status status = b.poll(10'000'000, batch);
        if (status != AVOCET_OK) return status;
        for (uint32_t s = 0; s < batch.count; ++s) each(batch.samples[s]);
        if (enough()) return AVOCET_OK;
    }
    return AVOCET_ERR_INTERNAL;
}

}  // namespace avocet::test
