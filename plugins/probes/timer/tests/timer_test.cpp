// SPDX-License-Identifier: Apache-2.0
//
// profile and interval through the C tables.
#include <linux/perf_event.h>

#include "testing/loaded_provider.hpp"

using namespace avocet;
using avocet::testing::LoadedProvider;

TEST(Profile, frequency_on_every_cpu) {
    LoadedProvider provider("probe.timer");
    auto plans = provider.resolve("profile:hz:99");
    ASSERT_EQ(plans.size(), 1u) << provider.last_message();
    EXPECT_EQ(plans[0].kind, AVOCET_PLAN_PERF_EVENT);
    EXPECT_EQ(plans[0].perf_type, static_cast<uint32_t>(PERF_TYPE_SOFTWARE));
    EXPECT_EQ(plans[0].perf_config, static_cast<uint64_t>(PERF_COUNT_SW_CPU_CLOCK));
    EXPECT_EQ(plans[0].period, 99u);
    EXPECT_EQ(plans[0].flags, static_cast<uint32_t>(AVOCET_PLAN_FREQUENCY));
    EXPECT_EQ(plans[0].pid, -1);
    EXPECT_EQ(plans[0].cpu, -1);
    EXPECT_EQ(plans[0].targets.at(0).name, "profile:hz:99");
    EXPECT_EQ(provider.resolve("profile:hz:99", 42).at(0).pid, 42);
}

TEST(Profile, period_in_units) {
    LoadedProvider provider("probe.timer");
    EXPECT_EQ(provider.resolve("profile:s:2").at(0).period, 2000000000u);
    EXPECT_EQ(provider.resolve("profile:ms:10").at(0).period, 10000000u);
    EXPECT_EQ(provider.resolve("profile:us:100").at(0).period, 100000u);
    EXPECT_EQ(provider.resolve("profile:us:100").at(0).flags, 0u);
}

TEST(Profile, is_described_as_a_perf_event) {
    LoadedProvider provider("probe.timer");
    auto g = provider.describe("profile:hz:99").at(0);
    EXPECT_EQ(g.context, AVOCET_CONTEXT_PERF_EVENT);
    EXPECT_EQ(g.identity, AVOCET_IDENTITY_COOKIE);
    EXPECT_EQ(g.has, static_cast<uint32_t>(AVOCET_HAS_REGS | AVOCET_HAS_TASK));
    EXPECT_EQ(g.probetype, "profile");
}

TEST(Interval, runs_in_the_tracer_and_ignores_the_pid) {
    LoadedProvider provider("probe.timer");
    auto g = provider.describe("interval:s:1").at(0);
    EXPECT_EQ(g.context, AVOCET_CONTEXT_RUNTIME);
    EXPECT_EQ(g.has, 0u);
    auto plan = provider.resolve("interval:s:1", 42).at(0);
    EXPECT_EQ(plan.kind, AVOCET_PLAN_TIMER);
    EXPECT_EQ(plan.period, 1000000000u);
    EXPECT_EQ(plan.pid, -1);
    EXPECT_EQ(provider.resolve("interval:hz:4").at(0).period, 250000000u);
}

TEST(Interval, names_of_numbers_alone) {
    LoadedProvider provider("probe.timer");
    auto name = [&](const std::string& text) { return provider.resolve(text).at(0).targets.at(0).name; };
    EXPECT_EQ(name("interval:10000000"), "interval:us:10000");
    EXPECT_EQ(name("interval:1s"), "interval:us:1000000");
    EXPECT_EQ(name("interval:s:1"), "interval:s:1");
    EXPECT_EQ(name("interval:ms:0x10"), "interval:ms:16");
    EXPECT_EQ(provider.resolve("interval:1500").at(0).period, 1000u);
}

TEST(Timer, specs_round_trip) {
    LoadedProvider provider("probe.timer");
    for (const char* text : {"interval:10000000", "interval:2ms", "profile:hz:99", "profile:us:5"}) {
        auto group = provider.describe(text).at(0);
        EXPECT_EQ(provider.resolved_names(group.spec), group.targets);
    }
}

TEST(Timer, refusals) {
    LoadedProvider provider("probe.timer");
    auto message = [&](const std::string& text) {
        EXPECT_TRUE(provider.resolve(text).empty()) << text;
        EXPECT_EQ(provider.status, AVOCET_ERR_INVALID) << text;
        return provider.last_message();
    };
    EXPECT_EQ(message("interval:10"), "invalid rate of interval probe. Minimum is 1000 or 1us. Found: 10 nanoseconds");
    EXPECT_EQ(message("interval:s:0"), "interval frequency should be a positive integer, found '0'");
    EXPECT_EQ(message("interval:s:-1"), "interval frequency should be a positive integer, found '-1'");
    EXPECT_EQ(message("profile:minutes:1"), "'minutes' is not an accepted unit of time");
    EXPECT_EQ(message("profile:s:99999999999999"), "profile period is longer than 292 years");
    EXPECT_EQ(message("profile:a:b:c"), "profile probe type requires 1 or 2 arguments, found 3");
    EXPECT_EQ(message("profile"), "profile probe type requires 1 or 2 arguments, found 0");
}

TEST(Timer, lists_units) {
    LoadedProvider provider("probe.timer");
    EXPECT_EQ(provider.names("profile:*"),
              (std::vector<std::string>{"profile:hz:", "profile:ms:", "profile:s:", "profile:us:"}));
    EXPECT_EQ(provider.names("interval:hz:5"), std::vector<std::string>{"interval:hz:"});
}
