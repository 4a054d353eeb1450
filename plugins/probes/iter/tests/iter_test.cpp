// SPDX-License-Identifier: Apache-2.0
//
// iter through the C tables, with the running kernel's BTF.
#include <algorithm>

#include "testing/loaded_provider.hpp"

using namespace avocet;
using avocet::testing::LoadedProvider;

namespace {
bool has_btf() { return access("/sys/kernel/btf/vmlinux", R_OK) == 0; }
}  // namespace

#define NEEDS_BTF() \
    if (!has_btf()) GTEST_SKIP() << "no /sys/kernel/btf/vmlinux"

TEST(Iter, lists_what_the_kernel_has) {
    NEEDS_BTF();
    LoadedProvider provider("probe.iter");
    auto names = provider.names("iter:*");
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
    for (const char* name : {"iter:bpf_map", "iter:task", "iter:task_file"})
        EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
    // Contexts of no iterator, and functions of other things.
    for (const char* name : {"iter:num_new", "iter:task__safe_trusted"})
        EXPECT_EQ(std::count(names.begin(), names.end(), name), 0) << name;
    auto listed = provider.list("iter:task_file", AVOCET_SPEC_VERBOSE).at(0);
    EXPECT_EQ(listed.args, (std::vector<std::string>{"struct bpf_iter_meta *meta", "struct task_struct *task", "u32 fd",
                                                     "struct file *file"}));
}

TEST(Iter, describes) {
    NEEDS_BTF();
    LoadedProvider provider("probe.iter");
    auto group = provider.describe("iter:task").at(0);
    EXPECT_EQ(group.context, AVOCET_CONTEXT_ITERATOR);
    EXPECT_EQ(group.targets, std::vector<std::string>{"iter:task"});
    EXPECT_EQ(provider.describe("iter:bpf_map:maps").at(0).targets,
              std::vector<std::string>{"iter:bpf_map:/sys/fs/bpf/maps"});
}

TEST(Iter, plans) {
    NEEDS_BTF();
    LoadedProvider provider("probe.iter");
    auto plan = provider.resolve("iter:task", 42).at(0);
    EXPECT_EQ(plan.kind, AVOCET_PLAN_ITERATOR);
    EXPECT_EQ(plan.event, "task");
    EXPECT_EQ(plan.pid, 42);
    EXPECT_EQ(plan.path, "");
    EXPECT_EQ(provider.resolve("iter:task:x").at(0).path, "/sys/fs/bpf/x");
    EXPECT_EQ(provider.resolve("iter:task:/sys/fs/bpf/d/x").at(0).path, "/sys/fs/bpf/d/x");
    EXPECT_EQ(provider.resolve("iter:task:x").at(0).targets.at(0).name, "iter:task:/sys/fs/bpf/x");
}

TEST(Iter, refusals) {
    NEEDS_BTF();
    LoadedProvider provider("probe.iter");
    auto message = [&](const std::string& spec, int32_t pid = -1) {
        EXPECT_TRUE(provider.resolve(spec, pid).empty()) << spec;
        return provider.last_message();
    };
    EXPECT_EQ(message("iter:tasks"), "iter tasks not available for your kernel version");
    EXPECT_EQ(provider.last_hint(), "did you mean 'task'?");
    EXPECT_EQ(message("iter:task*"), "iter probe type does not support wildcards");
    EXPECT_EQ(message("iter"), "iter probe type takes 2 arguments (1 optional), found 0");
    EXPECT_EQ(message("iter:task:a:b"), "iter probe type takes 2 arguments (1 optional), found 3");
    EXPECT_EQ(message("iter:bpf_map_elem"),
              "iter bpf_map_elem: walks the elements of one map, which a probe cannot name");
    EXPECT_EQ(message("iter:bpf_map", 42), "iter bpf_map: its objects belong to no process");
}

TEST(Iter, without_btf) {
    LoadedProvider provider("probe.iter");
    provider.with_kernel_btf = false;
    EXPECT_TRUE(provider.describe("iter:task").empty());
    EXPECT_EQ(provider.status, AVOCET_ERR_UNSUPPORTED);
    EXPECT_EQ(provider.last_message(), "iter probes require kernel BTF");
}
