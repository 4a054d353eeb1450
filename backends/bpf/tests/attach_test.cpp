// SPDX-License-Identifier: Apache-2.0
//
// Every way to attach that this kernel has, with workloads whose counts are known.
#include <sys/wait.h>

#include "privileged.hpp"

namespace avocet::test {
namespace {

struct Attach : testing::Test {
    void SetUp() override { NEEDS_ROOT(); }
    BackendUnderTest b{bpf_plugin()};
    const uint32_t pid = static_cast<uint32_t>(getpid());

    void start() {
        b.constant("avocet_filter_pid", pid);
        ASSERT_EQ(b.load(read_file(program_file("probes.o"))), AVOCET_OK) << b.all_reports();
        ASSERT_EQ(b.attach(), AVOCET_OK) << b.all_reports();
        ASSERT_TRUE(b.attach_errors.empty()) << b.attach_errors[0];
    }
};

TEST_F(Attach, RawTracepointSeesEverySyscallWithItsCookie) {
    b.add("on_enter", [] { std::vector<PlanBox> p; p.push_back(raw_sys_enter(7)); return p; }());
    start();
    make_syscalls(1234);
    EXPECT_EQ(b.detach(), AVOCET_OK);
    make_syscalls(100);
    EXPECT_EQ(b.read("by_cookie"), (std::map<uint64_t, uint64_t>{{7, 1234}}));
}

TEST_F(Attach, OneFunctionOnTwoTracepointsTellsThemApart) {
    std::vector<PlanBox> plans;
    plans.push_back(tracepoint("syscalls", "sys_enter_getppid", 1));
    plans.push_back(tracepoint("syscalls", "sys_exit_getpgid", 2));
    b.add("on_tracepoint", std::move(plans));
    start();
    make_syscalls(10);
    for (int i = 0; i < 5; ++i) syscall(SYS_getpgid, 0);
    b.detach();
    EXPECT_EQ(b.read("by_cookie"), (std::map<uint64_t, uint64_t>{{1, 10}, {2, 5}}));
}

}  // namespace
}  // namespace avocet::test
