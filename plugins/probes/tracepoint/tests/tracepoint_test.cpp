// SPDX-License-Identifier: Apache-2.0
//
// probe.tracepoint through its C tables: on a small tracefs of our own, and on this machine's.
#include <bpf/btf.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "syscall_numbers.hpp"
#include "testing/loaded_provider.hpp"

using namespace avocet;
using avocet::testing::LoadedProvider;
using ::testing::Test;

namespace {

std::string format_text(const std::string& fields) {
    return "name: x\nID: 1\nformat:\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n" + fields +
           "\nprint fmt: \"\"\n";
}

// A directory that looks like tracefs.
class FakeTraceFs : public Test {
protected:
    FakeTraceFs() {
        char name[] = "/tmp/avocet-tracefs-XXXXXX";
        root = mkdtemp(name);
        add("sched", "sched_switch",
            "\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;\n\tfield:pid_t "
            "prev_pid;\toffset:24;\tsize:4;\tsigned:1;\n");
        add("sched", "sched_wakeup", "\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n");
        add("sched", "sched_wakeup_new", "\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n");
        add("module", "module_load", "\tfield:__data_loc char[] name;\toffset:12;\tsize:4;\tsigned:0;\n");
        add("ftrace", "function", "\tfield:unsigned long ip;\toffset:8;\tsize:8;\tsigned:0;\n");
        std::string nr = "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n";
        add("syscalls", "sys_enter_openat",
            nr + "\tfield:int dfd;\toffset:16;\tsize:8;\tsigned:0;\n\tfield:const char * "
                 "filename;\toffset:24;\tsize:8;\tsigned:0;\n"
                 "\tfield:umode_t mode;\toffset:32;\tsize:8;\tsigned:0;\n"
                 "\tfield:__data_loc char[] __filename_val;\toffset:40;\tsize:4;\tsigned:0;\n");
        add("syscalls", "sys_enter_close", nr + "\tfield:unsigned int fd;\toffset:16;\tsize:8;\tsigned:0;\n");
        add("syscalls", "sys_enter_io_submit", nr + "\tfield:long nr;\toffset:24;\tsize:8;\tsigned:0;\n");
        add("syscalls", "sys_enter_dup", nr + "\tfield:unsigned int fd;\toffset:16;\tsize:8;\tsigned:0;\n");
        add("syscalls", "sys_exit_openat", nr + "\tfield:long ret;\toffset:16;\tsize:8;\tsigned:1;\n");
        add("syscalls", "sys_enter_no_such_call", nr + "\tfield:unsigned int fd;\toffset:16;\tsize:8;\tsigned:0;\n");
        add("raw_syscalls", "sys_enter", "\tfield:long id;\toffset:8;\tsize:8;\tsigned:1;\n");
        provider = std::make_unique<LoadedProvider>("probe.tracepoint",
                                                    std::map<std::string, std::string>{{"tracefs_path", root}});
    }
    ~FakeTraceFs() override { std::filesystem::remove_all(root); }
    void add(const std::string& category, const std::string& event, const std::string& fields) {
        std::string dir = root + "/events/" + category + "/" + event;
        std::filesystem::create_directories(dir);
        std::ofstream(dir + "/format") << format_text(fields);
    }
    const ProbeArg& arg(const ProbeGroup& group, const std::string& name) {
        for (const auto& a : group.args)
            if (a.name == name) return a;
        throw std::runtime_error("no argument " + name);
    }
    // Every group's spec must resolve to its targets and nothing else.
    void expect_specs_resolve(const std::vector<ProbeGroup>& groups) {
        for (const auto& group : groups) {
            EXPECT_EQ(group.spec.find(','), std::string::npos);
            EXPECT_EQ(provider->resolved_names(group.spec), group.targets) << group.spec;
            avocet_plan_kind kind =
                group.context == AVOCET_CONTEXT_TRACEPOINT ? AVOCET_PLAN_TRACEPOINT : AVOCET_PLAN_RAW_TRACEPOINT;
            for (const auto& plan : provider->resolve(group.spec)) EXPECT_EQ(plan.kind, kind) << group.spec;
        }
    }
    std::string root;
    std::unique_ptr<LoadedProvider> provider;
};

}  // namespace

TEST_F(FakeTraceFs, lists_sorted_without_the_tracers_own_events) {
    auto all = provider->names("tracepoint:*:*");
    EXPECT_EQ(all.size(), 11u);
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
    EXPECT_EQ(provider->names("tracepoint:sched:*wakeup*"),
              (std::vector<std::string>{"tracepoint:sched:sched_wakeup", "tracepoint:sched:sched_wakeup_new"}));
    EXPECT_EQ(provider->names("tracepoint:*switch"), std::vector<std::string>{"tracepoint:sched:sched_switch"});
    EXPECT_TRUE(provider->names("tracepoint:nothing:*").empty());
    EXPECT_EQ(provider->status, AVOCET_OK);
}

TEST_F(FakeTraceFs, listing_reads_formats_only_when_verbose) {
    std::filesystem::remove(root + "/events/sched/sched_switch/format");
    EXPECT_EQ(provider->list("tracepoint:sched:sched_switch").size(), 1u);
    EXPECT_EQ(provider->status, AVOCET_OK);
    provider->list("tracepoint:sched:sched_switch", AVOCET_SPEC_VERBOSE);
    EXPECT_NE(provider->status, AVOCET_OK);
    auto verbose = provider->list("tracepoint:module:module_load", AVOCET_SPEC_VERBOSE);
    ASSERT_EQ(verbose.size(), 1u);
    EXPECT_EQ(verbose[0].args, std::vector<std::string>{"__data_loc char[] name"});
}

TEST_F(FakeTraceFs, describes_one_event_with_its_fields) {
    auto groups = provider->describe("tracepoint:sched:sched_switch", AVOCET_DESCRIBE_ARGS);
    ASSERT_EQ(groups.size(), 1u);
    const auto& g = groups[0];
    EXPECT_EQ(g.context, AVOCET_CONTEXT_TRACEPOINT);
    EXPECT_EQ(g.identity, AVOCET_IDENTITY_COOKIE);
    EXPECT_EQ(g.space, static_cast<uint32_t>(AVOCET_SPACE_KERNEL));
    EXPECT_EQ(g.has, static_cast<uint32_t>(AVOCET_HAS_ARGS | AVOCET_HAS_TASK | AVOCET_HAS_PID_FILTER));
    EXPECT_EQ(g.probetype, "tracepoint");
    EXPECT_EQ(g.spec, "tracepoint:sched:sched_switch");
    EXPECT_EQ(g.targets, std::vector<std::string>{"tracepoint:sched:sched_switch"});
    EXPECT_EQ(arg(g, "prev_pid").place, AVOCET_PLACE_CONTEXT);
    EXPECT_EQ(arg(g, "prev_pid").index, 24u);
    EXPECT_EQ(arg(g, "prev_pid").size, 4u);
    EXPECT_EQ(arg(g, "prev_pid").flags, static_cast<uint32_t>(AVOCET_ARG_SIGNED));
    btf* types = btf__new(g.btf.data(), static_cast<uint32_t>(g.btf.size()));
    ASSERT_TRUE(types);
    EXPECT_TRUE(btf_is_array(btf__type_by_id(types, arg(g, "prev_comm").type_id)));
    btf__free(types);
    std::pair<std::string, std::string> format{"content", root + "/events/sched/sched_switch/format"};
    EXPECT_NE(std::find(provider->dependencies.begin(), provider->dependencies.end(), format),
              provider->dependencies.end());
}

TEST_F(FakeTraceFs, dynamic_fields_say_where_their_length_and_offset_are) {
    auto groups = provider->describe("tracepoint:module:module_load", AVOCET_DESCRIBE_ARGS);
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(arg(groups[0], "name").place, AVOCET_PLACE_DATA_LOC);
    EXPECT_EQ(arg(groups[0], "name").index, 12u);
}

TEST_F(FakeTraceFs, splits_by_layout_only_when_arguments_are_used) {
    auto groups = provider->describe("tracepoint:sched:*");
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(groups[0].targets.size(), 3u);
    EXPECT_TRUE(groups[0].args.empty());
    EXPECT_EQ(groups[0].spec, "tracepoint:sched:*");
    groups = provider->describe("tracepoint:sched:*", AVOCET_DESCRIBE_ARGS);
    ASSERT_EQ(groups.size(), 2u);
    EXPECT_EQ(groups[1].targets,
              (std::vector<std::string>{"tracepoint:sched:sched_wakeup", "tracepoint:sched:sched_wakeup_new"}));
    expect_specs_resolve(groups);
}

TEST_F(FakeTraceFs, system_call_entry_is_selected_by_number) {
    auto groups = provider->describe("tracepoint:syscalls:sys_enter_openat", AVOCET_DESCRIBE_ARGS);
    ASSERT_EQ(groups.size(), 1u);
    const auto& g = groups[0];
    EXPECT_EQ(g.context, AVOCET_CONTEXT_RAW_TRACEPOINT);
    EXPECT_EQ(g.identity, AVOCET_IDENTITY_SELECTOR);
    EXPECT_EQ(g.selector_word, 1u);
    EXPECT_EQ(g.selector_count, 1024u);
    EXPECT_EQ(g.space, static_cast<uint32_t>(AVOCET_SPACE_USER));
    EXPECT_EQ(arg(g, "__syscall_nr").place, AVOCET_PLACE_WORD);
    EXPECT_EQ(arg(g, "__syscall_nr").index, 1u);
    EXPECT_EQ(arg(g, "dfd").place, AVOCET_PLACE_SYSCALL);
    EXPECT_EQ(arg(g, "dfd").index, 0u);
    EXPECT_EQ(arg(g, "dfd").size, 4u);
    EXPECT_EQ(arg(g, "dfd").flags, static_cast<uint32_t>(AVOCET_ARG_SIGNED));
    EXPECT_EQ(arg(g, "filename").index, 1u);
    EXPECT_EQ(arg(g, "filename").flags, static_cast<uint32_t>(AVOCET_ARG_USER));
    EXPECT_EQ(arg(g, "mode").size, 2u);
    EXPECT_EQ(g.args.size(), 4u);
    auto plans = provider->resolve("tracepoint:syscalls:sys_enter_openat");
    ASSERT_EQ(plans.size(), 1u);
    EXPECT_EQ(plans[0].kind, AVOCET_PLAN_RAW_TRACEPOINT);
    EXPECT_EQ(plans[0].event, "sys_enter");
    EXPECT_EQ(plans[0].flags, static_cast<uint32_t>(AVOCET_PLAN_SELECTED));
    EXPECT_EQ(plans[0].targets[0].value, *tracepoint::syscall_number("openat"));
    EXPECT_EQ(plans[0].targets[0].name, "tracepoint:syscalls:sys_enter_openat");
}

TEST_F(FakeTraceFs, an_argument_called_nr_is_not_the_number) {
    auto groups = provider->describe("tracepoint:syscalls:sys_enter_io_submit", AVOCET_DESCRIBE_ARGS);
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(arg(groups[0], "nr").place, AVOCET_PLACE_SYSCALL);
    EXPECT_EQ(arg(groups[0], "nr").index, 1u);
}

TEST_F(FakeTraceFs, system_call_exit_has_its_result) {
    auto groups = provider->describe("tracepoint:syscalls:sys_exit_openat", AVOCET_DESCRIBE_ARGS);
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(groups[0].selector_word, AVOCET_SYSCALL_NUMBER);
    EXPECT_EQ(arg(groups[0], "ret").place, AVOCET_PLACE_WORD);
    EXPECT_EQ(arg(groups[0], "ret").index, 1u);
    EXPECT_EQ(arg(groups[0], "ret").size, 8u);
    EXPECT_EQ(arg(groups[0], "__syscall_nr").place, AVOCET_PLACE_SYSCALL);
    EXPECT_EQ(arg(groups[0], "__syscall_nr").index, AVOCET_SYSCALL_NUMBER);
    EXPECT_EQ(provider->resolve("tracepoint:syscalls:sys_exit_openat").at(0).event, "sys_exit");
}

TEST_F(FakeTraceFs, a_call_without_known_number_is_an_ordinary_event) {
    auto groups = provider->describe("tracepoint:syscalls:sys_enter_no_such_call", AVOCET_DESCRIBE_ARGS);
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(groups[0].context, AVOCET_CONTEXT_TRACEPOINT);
    EXPECT_EQ(arg(groups[0], "fd").index, 16u);
    EXPECT_EQ(arg(groups[0], "fd").size, 4u);
    auto plans = provider->resolve("tracepoint:syscalls:sys_enter_no_such_call");
    EXPECT_EQ(plans.at(0).kind, AVOCET_PLAN_TRACEPOINT);
    EXPECT_EQ(plans.at(0).category, "syscalls");
}

TEST_F(FakeTraceFs, mixed_patterns_give_groups_whose_specs_are_exact) {
    for (uint32_t flags : {0u, static_cast<uint32_t>(AVOCET_DESCRIBE_ARGS)}) {
        for (const char* pattern : {"tracepoint:*:*", "tracepoint:*:sys_*", "tracepoint:sys*:sys_e*",
                                    "tracepoint:*sys*", "tracepoint:raw_syscalls:*", "tracepoint:*:sys_enter*"}) {
            auto groups = provider->describe(pattern, flags);
            ASSERT_FALSE(groups.empty()) << pattern;
            expect_specs_resolve(groups);
            std::vector<std::string> together;
            for (const auto& g : groups) together.insert(together.end(), g.targets.begin(), g.targets.end());
            std::sort(together.begin(), together.end());
            EXPECT_EQ(together, provider->names(pattern)) << pattern;
        }
    }
}

TEST_F(FakeTraceFs, same_layout_of_two_calls_is_one_group) {
    auto groups = provider->describe("tracepoint:syscalls:sys_enter_*", AVOCET_DESCRIBE_ARGS);
    bool found = false;
    for (const auto& g : groups)
        if (g.targets.size() == 2) {
            found = true;
            EXPECT_EQ(g.spec, "tracepoint:syscalls:sys_enter_close|sys_enter_dup");
        }
    EXPECT_TRUE(found);
}

TEST_F(FakeTraceFs, raw_syscalls_without_arguments_is_a_raw_tracepoint) {
    auto groups = provider->describe("tracepoint:raw_syscalls:sys_enter");
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(groups[0].context, AVOCET_CONTEXT_RAW_TRACEPOINT);
    EXPECT_EQ(groups[0].identity, AVOCET_IDENTITY_FIXED);
    EXPECT_EQ(provider->resolve(groups[0].spec).at(0).kind, AVOCET_PLAN_RAW_TRACEPOINT);
    EXPECT_EQ(provider->resolve("tracepoint:raw_syscalls:sys_enter").at(0).kind, AVOCET_PLAN_TRACEPOINT);
}

TEST_F(FakeTraceFs, says_what_is_wrong_with_a_spec) {
    provider->describe("tracepoint:sched:sched_swich");
    EXPECT_EQ(provider->status, AVOCET_ERR_NOT_FOUND);
    EXPECT_NE(provider->last_message().find("'sched:sched_swich'"), std::string::npos) << provider->last_message();
    EXPECT_EQ(provider->last_hint(), "did you mean 'sched:sched_switch'?");
    EXPECT_EQ(provider->reports.back().line, 7u);
    provider->resolve("tracepoint:shed:sched_switch");
    EXPECT_EQ(provider->last_hint(), "did you mean 'sched:sched_switch'?");
    provider->resolve("tracepoint:nothing*:*");
    EXPECT_EQ(provider->status, AVOCET_ERR_NOT_FOUND);
    provider->describe("tracepoint:sched");
    EXPECT_EQ(provider->status, AVOCET_ERR_INVALID);
    EXPECT_EQ(provider->last_message(), "tracepoint probe type requires 2 arguments, found 1");
    provider->describe("tracepoint:a:b:c");
    EXPECT_EQ(provider->last_message(), "tracepoint probe type requires 2 arguments, found 3");
    provider->describe("tracepoint:..:sched");
    EXPECT_EQ(provider->status, AVOCET_ERR_NOT_FOUND);
}

TEST(RealTraceFs, every_system_call_of_this_kernel_resolves) {
    if (auto reason = avocet::testing::needs_root(); !reason.empty()) GTEST_SKIP() << reason;
    LoadedProvider provider("probe.tracepoint");
    auto names = provider.names("tracepoint:syscalls:*");
    if (names.empty()) GTEST_SKIP() << "this kernel has no syscall events: " << provider.last_message();
    std::set<uint64_t> numbers[2];
    for (const auto& name : names) {
        auto plans = provider.resolve(name);
        ASSERT_EQ(plans.size(), 1u) << name;
        EXPECT_EQ(plans[0].kind, AVOCET_PLAN_RAW_TRACEPOINT) << name << " has no known number";
        EXPECT_LT(plans[0].targets[0].value, 1024u);
        EXPECT_TRUE(numbers[plans[0].event == "sys_exit"].insert(plans[0].targets[0].value).second)
            << name << ": number used twice";
    }
    auto groups = provider.describe("tracepoint:syscalls:sys_enter_*");
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_GT(groups[0].targets.size(), 300u);
    EXPECT_EQ(provider.resolved_names(groups[0].spec), groups[0].targets);
}

TEST(RealTraceFs, every_event_of_this_kernel_can_be_described) {
    if (auto reason = avocet::testing::needs_root(); !reason.empty()) GTEST_SKIP() << reason;
    LoadedProvider provider("probe.tracepoint");
    auto groups = provider.describe("tracepoint:*:*", AVOCET_DESCRIBE_ARGS);
    ASSERT_GT(groups.size(), 100u) << provider.last_message();
    size_t targets = 0;
    for (const auto& g : groups) {
        targets += g.targets.size();
        btf* types = btf__new(g.btf.data(), static_cast<uint32_t>(g.btf.size()));
        ASSERT_TRUE(types) << g.spec;
        for (const auto& a : g.args) {
            const btf_type* type = btf__type_by_id(types, a.type_id);
            ASSERT_TRUE(type) << g.spec << " " << a.name;
            if (a.place != AVOCET_PLACE_CONTEXT) continue;
            EXPECT_EQ(btf__resolve_size(types, a.type_id), a.size) << g.spec << " " << a.name;
        }
        btf__free(types);
    }
    EXPECT_EQ(targets, provider.names("tracepoint:*:*").size());
}
