// SPDX-License-Identifier: Apache-2.0
//
// software and hardware through the C tables.
#include <linux/perf_event.h>
#include <sys/syscall.h>

#include <cerrno>

#include "testing/loaded_provider.hpp"

using namespace avocet;
using avocet::testing::LoadedProvider;

TEST(Software, default_and_given_counts) {
    if (auto reason = avocet::testing::needs_root(); !reason.empty()) GTEST_SKIP() << reason;
    LoadedProvider provider("probe.perf");
    auto plan = provider.resolve("software:context-switches").at(0);
    EXPECT_EQ(plan.kind, AVOCET_PLAN_PERF_EVENT);
    EXPECT_EQ(plan.perf_type, static_cast<uint32_t>(PERF_TYPE_SOFTWARE));
    EXPECT_EQ(plan.perf_config, static_cast<uint64_t>(PERF_COUNT_SW_CONTEXT_SWITCHES));
    EXPECT_EQ(plan.period, 1000u);
    EXPECT_EQ(plan.pid, -1);
    EXPECT_EQ(plan.targets.at(0).name, "software:context-switches");
    plan = provider.resolve("software:cs:100").at(0);
    EXPECT_EQ(plan.period, 100u);
    EXPECT_EQ(plan.targets.at(0).name, "software:cs:100");
    EXPECT_EQ(provider.resolve("software:faults:").at(0).period, 100u);
    EXPECT_EQ(provider.resolve("software:page-faults:1e3", 42).at(0).pid, 42);
    EXPECT_EQ(provider.resolve("software:page-faults:1e3").at(0).period, 1000u);
}

TEST(Software, every_listed_event_resolves_here) {
    if (auto reason = avocet::testing::needs_root(); !reason.empty()) GTEST_SKIP() << reason;
    LoadedProvider provider("probe.perf");
    auto names = provider.names("software:*");
    EXPECT_EQ(names.size(), 11u);
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
    for (const auto& name : names)
        EXPECT_EQ(provider.resolve(name).size(), 1u) << name << ": " << provider.last_message();
}

TEST(Perf, describes_without_asking_the_machine) {
    LoadedProvider provider("probe.perf");
    for (const char* spec : {"software:cs:100", "hardware:cache-misses:1e6"}) {
        auto g = provider.describe(spec).at(0);
        EXPECT_EQ(g.context, AVOCET_CONTEXT_PERF_EVENT);
        EXPECT_EQ(g.identity, AVOCET_IDENTITY_COOKIE);
        EXPECT_EQ(g.has, static_cast<uint32_t>(AVOCET_HAS_REGS | AVOCET_HAS_TASK));
    }
    EXPECT_EQ(provider.describe("hardware:cache-misses:1e6").at(0).spec, "hardware:cache-misses:1000000");
    EXPECT_EQ(provider.names("hardware:*").size(), 10u);
    EXPECT_EQ(provider.names("hardware:cycles"), std::vector<std::string>{"hardware:cpu-cycles:"});
}

TEST(Hardware, answers_as_the_machine_does) {
    perf_event_attr attr{};
    attr.size = sizeof attr;
    attr.type = PERF_TYPE_HARDWARE;
    attr.config = PERF_COUNT_HW_CPU_CYCLES;
    attr.sample_period = 1000000;
    attr.disabled = 1;
    long fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
    int error = errno;
    LoadedProvider provider("probe.perf");
    auto plans = provider.resolve("hardware:cycles");
    if (fd >= 0) {
        close(static_cast<int>(fd));
        ASSERT_EQ(plans.size(), 1u);
        EXPECT_EQ(plans[0].perf_type, static_cast<uint32_t>(PERF_TYPE_HARDWARE));
    } else if (error == ENOENT || error == EOPNOTSUPP || error == ENODEV) {
        EXPECT_EQ(provider.status, AVOCET_ERR_UNSUPPORTED);
        EXPECT_EQ(provider.last_message(), "hardware event 'cpu-cycles': this machine does not count it");
        EXPECT_FALSE(provider.last_hint().empty());
    } else {
        EXPECT_EQ(provider.status, AVOCET_ERR_PERMISSION) << provider.last_message();
    }
}

TEST(Perf, refusals) {
    LoadedProvider provider("probe.perf");
    auto message = [&](const std::string& spec) {
        EXPECT_TRUE(provider.resolve(spec).empty()) << spec;
        return provider.last_message();
    };
    EXPECT_EQ(message("software:context-switch"), "'context-switch' is not a software probe");
    EXPECT_EQ(provider.status, AVOCET_ERR_NOT_FOUND);
    EXPECT_EQ(provider.last_hint(), "did you mean 'context-switches'?");
    EXPECT_EQ(message("hardware:page-faults"), "'page-faults' is not a hardware probe");
    EXPECT_EQ(provider.last_hint(), "it is a software event");
    EXPECT_EQ(message("software:*"), "wildcards are not allowed for software probe type");
    EXPECT_EQ(message("software:cs:0"), "software count should be a positive integer, found '0'");
    EXPECT_EQ(message("software:cs:many"), "software count should be a positive integer, found 'many'");
    EXPECT_EQ(message("software:a:b:c"), "software probe type requires 1 or 2 arguments, found 3");
}
