// SPDX-License-Identifier: Apache-2.0
//
// probe.rawtracepoint through its C tables, on this machine's kernel BTF.
#include <bpf/btf.h>

#include <algorithm>
#include <filesystem>

#include "testing/loaded_provider.hpp"

using namespace avocet;
using avocet::testing::LoadedProvider;

namespace {

class RawTracepoint : public ::testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists("/sys/kernel/btf/vmlinux")) GTEST_SKIP() << "this kernel has no BTF";
    }
    LoadedProvider provider{"probe.rawtracepoint"};
};

}  // namespace

TEST_F(RawTracepoint, one_event_with_named_and_typed_arguments) {
    auto groups = provider.describe("rawtracepoint:sched_process_exec", AVOCET_DESCRIBE_ARGS);
    ASSERT_EQ(groups.size(), 1u) << provider.last_message();
    const auto& g = groups[0];
    EXPECT_EQ(g.context, AVOCET_CONTEXT_RAW_TRACEPOINT);
    EXPECT_EQ(g.identity, AVOCET_IDENTITY_FIXED);
    EXPECT_EQ(g.space, static_cast<uint32_t>(AVOCET_SPACE_KERNEL));
    EXPECT_EQ(g.has,
              static_cast<uint32_t>(AVOCET_HAS_ARGS | AVOCET_HAS_ARGN | AVOCET_HAS_TASK | AVOCET_HAS_PID_FILTER));
    EXPECT_EQ(g.argn_place, AVOCET_PLACE_WORD);
    EXPECT_EQ(g.argn_count, 3u);
    EXPECT_EQ(g.targets, std::vector<std::string>{"rawtracepoint:sched_process_exec"});
    // (struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm)
    ASSERT_EQ(g.args.size(), 3u);
    EXPECT_EQ(g.args[0].name, "p");
    EXPECT_EQ(g.args[1].name, "old_pid");
    EXPECT_EQ(g.args[1].place, AVOCET_PLACE_WORD);
    EXPECT_EQ(g.args[1].index, 1u);
    EXPECT_EQ(g.args[1].size, 4u);
    EXPECT_EQ(g.args[1].flags, static_cast<uint32_t>(AVOCET_ARG_SIGNED));
    btf* types = btf__new(g.btf.data(), static_cast<uint32_t>(g.btf.size()));
    ASSERT_TRUE(types);
    EXPECT_LT(g.btf.size(), 4096u);
    const btf_type* p = btf__type_by_id(types, g.args[0].type_id);
    ASSERT_TRUE(btf_is_ptr(p));
    const btf_type* task = btf__type_by_id(types, p->type);
    EXPECT_TRUE(btf_is_fwd(task));
    EXPECT_STREQ(btf__name_by_offset(types, task->name_off), "task_struct");
    btf__free(types);
}

TEST_F(RawTracepoint, attaches_by_name) {
    auto plan = provider.resolve("rawtracepoint:sched_switch").at(0);
    EXPECT_EQ(plan.kind, AVOCET_PLAN_RAW_TRACEPOINT);
    EXPECT_EQ(plan.event, "sched_switch");
    EXPECT_EQ(plan.flags, 0u);
    EXPECT_EQ(plan.targets.at(0).name, "rawtracepoint:sched_switch");
    plan = provider.resolve("rawtracepoint:vmlinux:sched_switch").at(0);
    EXPECT_EQ(plan.event, "sched_switch");
    EXPECT_EQ(plan.targets.at(0).name, "rawtracepoint:vmlinux:sched_switch");
}

TEST_F(RawTracepoint, cookie_where_the_kernel_has_it) {
    provider.features = {"raw_tracepoint_cookie"};
    EXPECT_EQ(provider.describe("rawtracepoint:sched_switch").at(0).identity, AVOCET_IDENTITY_COOKIE);
}

TEST_F(RawTracepoint, patterns) {
    auto groups = provider.describe("rawtracepoint:sched_wak*");
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(groups[0].spec, "rawtracepoint:sched_wak*");
    EXPECT_GE(groups[0].targets.size(), 3u);
    EXPECT_EQ(groups[0].targets, provider.names("rawtracepoint:sched_wak*"));
    EXPECT_EQ(groups[0].targets, provider.resolved_names(groups[0].spec));
    for (const char* pattern : {"rawtracepoint:sched_*", "rawtracepoint:vmlinux:block_*"}) {
        std::vector<std::string> together;
        for (const auto& g : provider.describe(pattern, AVOCET_DESCRIBE_ARGS)) {
            EXPECT_EQ(provider.resolved_names(g.spec), g.targets) << g.spec;
            together.insert(together.end(), g.targets.begin(), g.targets.end());
        }
        std::sort(together.begin(), together.end());
        EXPECT_EQ(together, provider.names(pattern));
    }
}

TEST_F(RawTracepoint, lists_declarations_when_verbose) {
    auto listed = provider.list("rawtracepoint:sched_process_exec", AVOCET_SPEC_VERBOSE);
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0].name, "rawtracepoint:vmlinux:sched_process_exec");
    ASSERT_EQ(listed[0].args.size(), 3u);
    EXPECT_EQ(listed[0].args[1], "pid_t old_pid");
    EXPECT_NE(listed[0].args[0].find("struct task_struct *"), std::string::npos) << listed[0].args[0];
}

TEST_F(RawTracepoint, every_tracepoint_of_this_kernel_can_be_described) {
    auto groups = provider.describe("rawtracepoint:*", AVOCET_DESCRIBE_ARGS);
    ASSERT_GT(groups.size(), 50u) << provider.last_message();
    for (const auto& g : groups) {
        btf* types = btf__new(g.btf.data(), static_cast<uint32_t>(g.btf.size()));
        ASSERT_TRUE(types) << g.spec;
        for (const auto& a : g.args)
            EXPECT_TRUE(a.type_id == 0 || btf__type_by_id(types, a.type_id)) << g.spec << " " << a.name;
        btf__free(types);
    }
}

TEST_F(RawTracepoint, refusals) {
    provider.resolve("rawtracepoint:sched_swich");
    EXPECT_EQ(provider.status, AVOCET_ERR_NOT_FOUND);
    EXPECT_EQ(provider.last_message(), "rawtracepoint 'sched_swich': no such event in this kernel");
    EXPECT_EQ(provider.last_hint(), "did you mean 'sched_switch'?");
    provider.describe("rawtracepoint:a:b:c");
    EXPECT_EQ(provider.last_message(), "rawtracepoint probe type requires 2 or 1 arguments, found 3");
    provider.resolve("rawtracepoint:no_such_module:sched_switch");
    EXPECT_EQ(provider.status, AVOCET_ERR_NOT_FOUND);
}

TEST(RawTracepointWithoutBtf, is_refused) {
    LoadedProvider provider("probe.rawtracepoint");
    provider.with_kernel_btf = false;
    provider.describe("rawtracepoint:sched_switch");
    EXPECT_EQ(provider.status, AVOCET_ERR_UNSUPPORTED);
    EXPECT_EQ(provider.last_message(), "rawtracepoints require kernel BTF");
    LoadedProvider alone("probe.rawtracepoint");
    alone.with_kernel_extension = false;
    alone.resolve("rawtracepoint:sched_switch");
    EXPECT_EQ(alone.status, AVOCET_ERR_UNSUPPORTED);
}
