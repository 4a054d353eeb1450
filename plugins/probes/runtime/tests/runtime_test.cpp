// SPDX-License-Identifier: Apache-2.0
//
// begin, end and self through the C tables.
#include <csignal>

#include "testing/loaded_provider.hpp"

using namespace avocet;
using avocet::testing::LoadedProvider;

TEST(Runtime, begin_and_end) {
    LoadedProvider provider("probe.runtime");
    for (std::string kind : {"begin", "end"}) {
        auto groups = provider.describe(kind);
        ASSERT_EQ(groups.size(), 1u) << provider.last_message();
        EXPECT_EQ(groups[0].context, AVOCET_CONTEXT_RUNTIME);
        EXPECT_EQ(groups[0].identity, AVOCET_IDENTITY_FIXED);
        EXPECT_EQ(groups[0].probetype, "special");
        EXPECT_EQ(groups[0].has, 0u);
        EXPECT_EQ(groups[0].targets, std::vector<std::string>{kind});
        auto plans = provider.resolve(groups[0].spec);
        ASSERT_EQ(plans.size(), 1u);
        EXPECT_EQ(plans[0].kind, AVOCET_PLAN_RUNTIME);
        EXPECT_EQ(plans[0].event, kind);
        EXPECT_EQ(plans[0].targets.at(0).name, kind);
        EXPECT_TRUE(provider.list(kind).empty());
    }
}

TEST(Runtime, signal) {
    LoadedProvider provider("probe.runtime");
    auto plans = provider.resolve("self:signal:SIGUSR1");
    ASSERT_EQ(plans.size(), 1u);
    EXPECT_EQ(plans[0].event, "signal");
    EXPECT_EQ(plans[0].period, static_cast<uint64_t>(SIGUSR1));
    EXPECT_EQ(provider.describe("self:signal:SIGUSR1").at(0).spec, "self:signal:SIGUSR1");
    EXPECT_EQ(provider.names("self:*"), std::vector<std::string>{"self:signal:SIGUSR1"});
    EXPECT_TRUE(provider.names("self:timer").empty());
}

TEST(Runtime, tests_and_benches) {
    LoadedProvider provider("probe.runtime");
    auto group = provider.describe("test:good").at(0);
    EXPECT_EQ(group.probetype, "test");
    EXPECT_EQ(group.has, 0u);
    EXPECT_EQ(provider.resolve("test:good").at(0).event, "test");
    EXPECT_EQ(provider.resolve("test:good").at(0).targets.at(0).name, "test:good");
    group = provider.describe("bench:inc").at(0);
    EXPECT_EQ(group.probetype, "benchmark");
    EXPECT_EQ(group.has, static_cast<uint32_t>(AVOCET_HAS_ARGN));
    EXPECT_EQ(group.argn_place, AVOCET_PLACE_WORD);
    EXPECT_EQ(provider.resolve("bench:inc").at(0).event, "bench");
    EXPECT_TRUE(provider.list("test:*").empty());
}

TEST(Runtime, refusals) {
    LoadedProvider provider("probe.runtime");
    provider.describe("test:*");
    EXPECT_EQ(provider.last_message(), "test probe type does not support wildcards");
    provider.describe("bench");
    EXPECT_EQ(provider.last_message(), "bench probe type requires 1 argument, found 0");
    provider.describe("begin:x");
    EXPECT_EQ(provider.status, AVOCET_ERR_INVALID);
    EXPECT_EQ(provider.last_message(), "begin probe type requires 0 arguments, found 1");
    provider.resolve("self:signal:SIGKILL");
    EXPECT_EQ(provider.last_message(), "'SIGKILL' is not a supported signal");
    provider.resolve("self:timer:x");
    EXPECT_EQ(provider.last_message(), "'timer' is not a supported trigger");
    provider.resolve("self:signal");
    EXPECT_EQ(provider.last_message(), "self probe type requires 2 arguments, found 1");
}
