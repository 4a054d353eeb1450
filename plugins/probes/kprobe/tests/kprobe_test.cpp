// SPDX-License-Identifier: Apache-2.0
//
// probe.kprobe through its C tables, on recorded lists: what a kernel says in available_filter_functions and
// /proc/kallsyms. Types come from this machine's BTF.
#include <filesystem>

#include "testing/loaded_provider.hpp"

using namespace avocet;
using avocet::testing::LoadedProvider;
using Names = std::vector<std::string>;

namespace {

constexpr const char* functions =
    "vfs_write\n"
    "vfs_read\n"
    "vfs_open\n"
    "vfs_read.part.0\n"
    "__ftrace_invalid_address___64\n"
    "show_state\n"
    "show_state\n"
    "helper_init [nfs]\n"
    "nfs_open [nfs]\n"
    "helper_init [9p]\n";
constexpr const char* symbols =
    "ffffffff81000000 T vfs_read\n"
    "ffffffff81000040 t vfs_write\n"
    "ffffffff81000100 T vfs_open\n"
    "ffffffff81000180 t show_state\n"
    "ffffffff81000200 t hidden_away\n"
    "ffffffff81000300 t show_state\n"
    "ffffffff81000400 D some_data\n"
    "ffffffffc0000000 t helper_init\t[nfs]\n"
    "ffffffffc0000010 t nfs_open\t[nfs]\n"
    "ffffffffc0010000 t helper_init\t[9p]\n"
    "ffffffffc0010100 t last\t[9p]\n";

class Kprobe : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/avocet-kprobe-XXXXXX";
        directory = mkdtemp(name);
        std::ofstream(directory + "/functions") << functions;
        std::ofstream(directory + "/symbols") << symbols;
        provider = std::make_unique<LoadedProvider>(
            "probe.kprobe", std::map<std::string, std::string>{{"functions_file", directory + "/functions"},
                                                               {"symbols_file", directory + "/symbols"}});
    }
    void TearDown() override { std::filesystem::remove_all(directory); }
    Names targets(const std::string& text) {
        Names out;
        for (const auto& group : provider->describe(text))
            out.insert(out.end(), group.targets.begin(), group.targets.end());
        return out;
    }
    std::string directory;
    std::unique_ptr<LoadedProvider> provider;
};

}  // namespace

TEST_F(Kprobe, one_function) {
    const auto groups = provider->describe("kprobe:vfs_read");
    ASSERT_EQ(groups.size(), 1u) << provider->last_message();
    const auto& g = groups[0];
    EXPECT_EQ(g.targets, Names{"kprobe:vfs_read"});
    EXPECT_EQ(g.spec, "kprobe:vfs_read");
    EXPECT_EQ(g.context, AVOCET_CONTEXT_PT_REGS);
    EXPECT_EQ(g.identity, AVOCET_IDENTITY_COOKIE);
    EXPECT_EQ(g.argn_place, AVOCET_PLACE_REGISTER);
    EXPECT_EQ(g.argn_count, 6u);
    EXPECT_TRUE(g.has & AVOCET_HAS_ARGN);
    EXPECT_FALSE(g.has & AVOCET_HAS_RETVAL);
    const auto plans = provider->resolve("kprobe:vfs_read");
    ASSERT_EQ(plans.size(), 1u);
    EXPECT_EQ(plans[0].kind, AVOCET_PLAN_KPROBE);
    EXPECT_EQ(plans[0].targets.at(0).symbol, "vfs_read");
    EXPECT_EQ(plans[0].targets.at(0).value, 0u);
    EXPECT_TRUE(provider->reports.empty());
}

TEST_F(Kprobe, the_return_has_a_result_and_no_arguments) {
    const auto groups = provider->describe("kretprobe:vfs_read");
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(groups[0].probetype, "kretprobe");
    EXPECT_EQ(groups[0].retval.place, AVOCET_PLACE_RETURN);
    EXPECT_FALSE(groups[0].has & (AVOCET_HAS_ARGN | AVOCET_HAS_ARGS));
    EXPECT_EQ(provider->resolve("kretprobe:vfs_read").at(0).flags, static_cast<uint32_t>(AVOCET_PLAN_RETURN));
}

TEST_F(Kprobe, a_pattern_is_one_sorted_group_without_parts) {
    const Names expected{"kprobe:vfs_open", "kprobe:vfs_read", "kprobe:vfs_write"};
    EXPECT_EQ(targets("kprobe:vfs_*"), expected);
    EXPECT_EQ(provider->names("kprobe:vfs_*"), expected);
    provider->features = {"kprobe_multi"};
    const auto plans = provider->resolve("kprobe:vfs_*");
    ASSERT_EQ(plans.size(), 1u);
    EXPECT_EQ(plans[0].targets.size(), 3u);
    for (const auto& target : plans[0].targets) EXPECT_EQ(target.value, 0u) << target.name;
    EXPECT_EQ(provider->resolved_names("kprobe:vfs_open|vfs_write"), (Names{"kprobe:vfs_open", "kprobe:vfs_write"}));
}

TEST_F(Kprobe, modules) {
    EXPECT_EQ(targets("kprobe:nfs:*"), (Names{"kprobe:nfs:helper_init", "kprobe:nfs:nfs_open"}));
    EXPECT_EQ(targets("kprobe:vmlinux:vfs_o*"), Names{"kprobe:vmlinux:vfs_open"});
    EXPECT_EQ(provider->resolve("kprobe:nfs:nfs_open").at(0).targets.at(0).value, 0xffffffffc0000010u);
    EXPECT_EQ(targets("kprobe:ext9:foo"), Names{});
    EXPECT_EQ(provider->last_message(), "specified module ext9 in probe kprobe:ext9:foo is not loaded");
}

TEST_F(Kprobe, every_function_of_an_ambiguous_name_by_address) {
    auto groups = provider->describe("kprobe:helper_init");
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(groups[0].targets, (Names{"kprobe:9p:helper_init", "kprobe:nfs:helper_init"}));
    auto plan = provider->resolve(groups[0].spec).at(0);
    ASSERT_EQ(plan.targets.size(), 2u);
    EXPECT_EQ(plan.targets[0].value, 0xffffffffc0010000u);
    EXPECT_EQ(plan.targets[1].value, 0xffffffffc0000000u);
    groups = provider->describe("kretprobe:show_state");
    plan = provider->resolve(groups.at(0).spec).at(0);
    ASSERT_EQ(plan.targets.size(), 2u);
    EXPECT_EQ(plan.targets[0].value, 0xffffffff81000180u);
    EXPECT_EQ(plan.targets[1].value, 0xffffffff81000300u);
}

TEST_F(Kprobe, offsets_stay_inside_the_function) {
    EXPECT_EQ(targets("kprobe:vfs_read+63"), Names{"kprobe:vfs_read+63"});
    EXPECT_EQ(provider->resolve("kprobe:vfs_read+63").at(0).offset, 63u);
    EXPECT_EQ(targets("kprobe:vfs_read+64"), Names{});
    EXPECT_EQ(provider->last_message(),
              "'kprobe:vfs_read+64': offset outside the function bounds ('vfs_read' size is 64)");
    EXPECT_EQ(provider->reports.back().line, 7u);
}

TEST_F(Kprobe, an_address) {
    const auto groups = provider->describe("kprobe:0xffffffff81000000", 0, -1, AVOCET_SPEC_UNSAFE);
    ASSERT_EQ(groups.size(), 1u) << provider->last_message();
    EXPECT_EQ(groups[0].targets, Names{"kprobe:18446744071578845184"});
    const auto plan = provider->resolve("kprobe:0xffffffff81000000", -1, AVOCET_SPEC_UNSAFE).at(0);
    EXPECT_EQ(plan.targets.at(0).value, 0xffffffff81000000u);
    EXPECT_EQ(plan.targets.at(0).symbol, "");
}

TEST_F(Kprobe, what_is_not_traceable_is_tried_with_a_warning) {
    EXPECT_EQ(targets("kprobe:hidden_away"), Names{"kprobe:hidden_away"});
    ASSERT_EQ(provider->reports.size(), 1u);
    EXPECT_EQ(provider->reports[0].severity, AVOCET_WARNING);
    EXPECT_EQ(provider->reports[0].message,
              "hidden_away is not traceable (either non-existing, inlined, or marked as \"notrace\"); attaching to it "
              "will likely fail");
    EXPECT_EQ(provider->describe("kprobe:no_such_thing", 0, -1, AVOCET_SPEC_UNSAFE).size(), 1u);
}

TEST_F(Kprobe, refusals) {
    EXPECT_EQ(targets("kprobe:vfs_raed"), Names{});
    EXPECT_EQ(provider->status, AVOCET_ERR_NOT_FOUND);
    EXPECT_EQ(provider->last_message(), "kprobe 'vfs_raed': no such function in this kernel");
    EXPECT_EQ(provider->last_hint(), "did you mean 'vfs_read'?");
    EXPECT_EQ(targets("kprobe:nothing_like_*"), Names{});
    EXPECT_EQ(provider->status, AVOCET_ERR_NOT_FOUND);
    EXPECT_EQ(targets("kprobe:some_data"), Names{});
    EXPECT_EQ(provider->status, AVOCET_ERR_NOT_FOUND);
}

TEST_F(Kprobe, without_the_list_kallsyms_serves) {
    LoadedProvider blind("probe.kprobe",
                         {{"functions_file", directory + "/none"}, {"symbols_file", directory + "/symbols"}});
    EXPECT_EQ(blind.describe("kprobe:vfs_*").at(0).targets.size(), 3u);
    ASSERT_EQ(blind.reports.size(), 1u);
    EXPECT_EQ(blind.reports[0].severity, AVOCET_WARNING);
    EXPECT_EQ(blind.last_message(), "could not read functions from " + directory + "/none: No such file or directory");
}

// vfs_read(struct file *file, char *buf, size_t count, loff_t *pos) and vfs_open(const struct path *, struct file *)
TEST_F(Kprobe, arguments_by_name_where_types_are_known) {
    if (!std::filesystem::exists("/sys/kernel/btf/vmlinux")) GTEST_SKIP() << "this kernel has no BTF";
    const auto groups = provider->describe("kprobe:vfs_*", AVOCET_DESCRIBE_ARGS);
    Names together;
    for (const auto& g : groups) {
        EXPECT_EQ(provider->resolved_names(g.spec), g.targets) << g.spec;
        together.insert(together.end(), g.targets.begin(), g.targets.end());
        EXPECT_TRUE(g.has & AVOCET_HAS_ARGS);
    }
    EXPECT_EQ(together.size(), 3u);
    const auto read = provider->describe("kprobe:vfs_read", AVOCET_DESCRIBE_ARGS).at(0);
    ASSERT_EQ(read.args.size(), 4u);
    EXPECT_EQ(read.args[2].name, "count");
    EXPECT_EQ(read.args[2].place, AVOCET_PLACE_REGISTER);
    EXPECT_EQ(read.args[2].index, 2u);
    EXPECT_EQ(read.args[2].size, 8u);
    const auto listed = provider->list("kprobe:vfs_read", AVOCET_SPEC_VERBOSE);
    EXPECT_EQ(listed.at(0).args, (Names{"struct file * arg0", "char * arg1", "size_t arg2", "loff_t * arg3"}));
    EXPECT_EQ(provider->list("kretprobe:vfs_read", AVOCET_SPEC_VERBOSE).at(0).args, Names{"ssize_t retval"});
}
