// SPDX-License-Identifier: Apache-2.0
//
// watchpoint through the C tables.
#include <linux/hw_breakpoint.h>

#include "../spec.hpp"
#include "testing/loaded_provider.hpp"

using namespace avocet;
using avocet::testing::LoadedProvider;

TEST(Watchpoint, describes_a_perf_event) {
    LoadedProvider provider("probe.watchpoint");
    auto group = provider.describe("watchpoint:0x1000:4:w").at(0);
    EXPECT_EQ(group.context, AVOCET_CONTEXT_PERF_EVENT);
    EXPECT_EQ(group.identity, AVOCET_IDENTITY_FIXED);
    EXPECT_EQ(group.has, static_cast<uint32_t>(AVOCET_HAS_REGS | AVOCET_HAS_TASK));
    EXPECT_EQ(group.probetype, "watchpoint");
    EXPECT_EQ(group.targets, std::vector<std::string>{"watchpoint:4096:4:w"});
}

TEST(Watchpoint, plans) {
    LoadedProvider provider("probe.watchpoint");
    auto plan = provider.resolve("watchpoint:0x1000:4:wr", 42).at(0);
    EXPECT_EQ(plan.kind, AVOCET_PLAN_HW_BREAKPOINT);
    EXPECT_EQ(plan.pid, 42);
    EXPECT_EQ(plan.targets.at(0).value, 0x1000u);
    EXPECT_EQ(plan.targets.at(0).name, "watchpoint:4096:4:wr");
    plan = provider.resolve("watchpoint:0xffffffff81000000:1:x").at(0);
    EXPECT_EQ(plan.pid, -1);
}

TEST(Watchpoint, lengths_and_modes) {
    const auto parsed = [](const char* length, const char* mode) {
        avocet_str parts[] = {to_abi("0x1000"), to_abi(length), to_abi(mode)};
        avocet_probe_spec spec{};
        spec.struct_size = sizeof spec;
        spec.part_count = 3;
        spec.parts = parts;
        return watchpoint::parse_watch(ProbeSpec(spec));
    };
    EXPECT_EQ(parsed("8", "w").mode, static_cast<uint32_t>(HW_BREAKPOINT_W));
    EXPECT_EQ(parsed("8", "rw").mode, static_cast<uint32_t>(HW_BREAKPOINT_RW));
    EXPECT_EQ(parsed("8", "wr").mode, static_cast<uint32_t>(HW_BREAKPOINT_RW));
    EXPECT_EQ(parsed("1", "x").mode, static_cast<uint32_t>(HW_BREAKPOINT_X));
    for (const char* length : {"1", "2", "4", "8"}) EXPECT_EQ(std::to_string(parsed(length, "w").length), length);
}

TEST(Watchpoint, refusals) {
    LoadedProvider provider("probe.watchpoint");
    auto message = [&](const std::string& spec) {
        EXPECT_TRUE(provider.resolve(spec, 42).empty()) << spec;
        return provider.last_message();
    };
    EXPECT_EQ(message("watchpoint:0:4:w"), "watchpoint must be attached to a non-zero address");
    EXPECT_EQ(message("watchpoint:main:4:w"), "watchpoint address 'main': not a number");
    EXPECT_EQ(message("watchpoint:0x1000:3:w"), "watchpoint length must be one of (1,2,4,8), found '3'");
    EXPECT_EQ(message("watchpoint:0x1000:4:q"), "watchpoint mode must be combination of (r,w,x), found 'q'");
    EXPECT_EQ(message("watchpoint:0x1000:4:ww"), "watchpoint modes may not be duplicated, found 'ww'");
    for (const char* mode : {"r", "rx", "wx", "rwx"}) {
        EXPECT_EQ(message(std::string("watchpoint:0x1000:4:") + mode), std::string("invalid watchpoint mode: ") + mode);
        EXPECT_EQ(provider.last_hint(), "supported modes: x,w,rw");
    }
    EXPECT_EQ(message("watchpoint:0x1002:4:w"), "watchpoint address '0x1002': not a multiple of its length 4");
    EXPECT_EQ(message("watchpoint:0x1000"), "watchpoint probe type requires 3 arguments, found 1");
}

TEST(Watchpoint, lists_nothing) {
    LoadedProvider provider("probe.watchpoint");
    EXPECT_TRUE(provider.names("watchpoint:*").empty());
}
