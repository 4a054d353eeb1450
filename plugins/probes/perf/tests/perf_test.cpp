// SPDX-License-Identifier: Apache-2.0
//
// software and hardware through the C tables.
#include <linux/perf_event.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../sysfs.hpp"

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

// A PMU as the kernel describes it, in a folder of its own.
class RecordedPmu : public ::testing::Test {
protected:
    RecordedPmu() {
        char path[] = "/tmp/avocet-pmu-XXXXXX";
        root_ = mkdtemp(path);
        put("cpu/type", "4");
        put("cpu/format/event", "config:0-7");
        put("cpu/format/umask", "config:8-15");
        put("cpu/format/edge", "config:18");
        put("cpu/format/wide", "config:0-7,32-35");
        put("cpu/format/ldlat", "config1:0-15");
        put("cpu/format/frontend", "config2:4-7");
        put("cpu/format/odd", "config3:0-7");
        put("cpu/events/cache-misses", "event=0x2e,umask=0x41");
        put("cpu/events/cache-misses.scale", "1");
        put("cpu/events/mem-loads", "event=0xcd,umask=0x1,ldlat=3");
        put("cpu/events/open", "event=0x1,umask=?");
        put("uncore/type", "17");
        put("uncore/events/clock", "event=0xff");
        put("uncore/format/event", "config:0-7");
    }
    ~RecordedPmu() override { std::filesystem::remove_all(root_); }
    void put(const std::string& file, const std::string& line) {
        std::filesystem::path path = root_ + "/" + file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << line << '\n';
    }
    std::string refusal(const std::string& text) {
        try {
            perf::pmu_event(text, root_);
        } catch (const Error& error) { return error.what(); }
        return "";
    }
    std::string root_;
};

TEST_F(RecordedPmu, terms_fill_the_bits_of_their_format) {
    auto event = perf::pmu_event("cpu/event=0xa8,umask=0x1/", root_);
    EXPECT_EQ(event.type, 4u);
    EXPECT_EQ(event.config[0], 0x1a8u);
    EXPECT_EQ(perf::pmu_event("cpu/event=0xa8,edge/", root_).config[0], 0x400a8u);
    EXPECT_EQ(perf::pmu_event("cpu/wide=0xfff/", root_).config[0], 0xf000000ffu);
    event = perf::pmu_event("cpu/event=1,ldlat=500,frontend=0xa/", root_);
    EXPECT_EQ(event.config[1], 500u);
    EXPECT_EQ(event.config[2], 0xa0u);
    EXPECT_EQ(perf::pmu_event("cpu/config=0x123,config1=7/", root_).config[1], 7u);
}

// Counted by software, for that every machine can; the kernel takes the further words and ignores them.
TEST_F(RecordedPmu, all_words_reach_the_plan) {
    if (auto reason = avocet::testing::needs_root(); !reason.empty()) GTEST_SKIP() << reason;
    put("soft/type", std::to_string(PERF_TYPE_SOFTWARE));
    put("soft/format/event", "config:0-7");
    put("soft/format/ldlat", "config1:0-15");
    put("soft/format/far", "config2:8-15");
    put("soft/events/slow", "event=0x2,ldlat=0x30");
    LoadedProvider provider("probe.perf", {{"devices_path", root_}});
    auto plans = provider.resolve("hardware:soft/event=1,ldlat=500,far=3/:7");
    ASSERT_EQ(plans.size(), 1u) << provider.last_message();
    EXPECT_EQ(plans[0].perf_type, static_cast<uint32_t>(PERF_TYPE_SOFTWARE));
    EXPECT_EQ(plans[0].perf_config, 1u);
    EXPECT_EQ(plans[0].offset, 500u);
    EXPECT_EQ(plans[0].targets.at(0).value, 0x300u);
    EXPECT_EQ(plans[0].period, 7u);
    plans = provider.resolve("hardware:soft/slow/:7");
    ASSERT_EQ(plans.size(), 1u) << provider.last_message();
    EXPECT_EQ(plans[0].offset, 0x30u);
    EXPECT_EQ(plans[0].targets.at(0).value, 0u);
}

TEST_F(RecordedPmu, names_stand_for_terms) {
    EXPECT_EQ(perf::pmu_event("cpu/cache-misses/", root_).config[0], 0x412eu);
    EXPECT_EQ(perf::pmu_event("cpu/mem-loads/", root_).config[1], 3u);
    EXPECT_EQ(perf::pmu_event("uncore/clock/", root_).type, 17u);
    EXPECT_EQ(perf::pmu_event_names(root_),
              (std::vector<std::string>{"cpu/cache-misses/", "cpu/mem-loads/", "cpu/open/", "uncore/clock/"}));
}

TEST_F(RecordedPmu, raw_numbers) {
    EXPECT_TRUE(perf::is_raw_number("r1A8"));
    for (const char* text : {"r", "ref-cycles", "r1g", "1a8"}) EXPECT_FALSE(perf::is_raw_number(text)) << text;
    auto event = perf::raw_number("r1a8", root_);
    EXPECT_EQ(event.type, static_cast<uint32_t>(PERF_TYPE_RAW));
    EXPECT_EQ(event.config[0], 0x1a8u);
    put("cpu/type", "9");
    EXPECT_EQ(perf::raw_number("r1a8", root_).type, 9u);
}

// Folders of real machines, as far as they differ: a number in two pieces, two kinds of cores, words of their own.
TEST_F(RecordedPmu, of_amd) {
    put("cpu/format/event", "config:0-7,32-35");
    put("cpu/format/umask", "config:8-15");
    put("cpu/format/edge", "config:18");
    put("cpu/format/inv", "config:23");
    put("cpu/format/cmask", "config:24-31");
    EXPECT_EQ(perf::pmu_event("cpu/event=0x1d6,umask=0x3,cmask=1,inv/", root_).config[0], 0x1018003d6u);
    EXPECT_EQ(perf::raw_number("r1018003d6", root_).config[0], 0x1018003d6u);
    put("amd_l3/type", "13");
    put("amd_l3/format/event", "config:0-7");
    put("amd_l3/format/threadmask", "config:56-63");
    EXPECT_EQ(perf::pmu_event("amd_l3/event=0x4,threadmask=0xff/", root_).config[0], 0xff00000000000004u);
}

TEST_F(RecordedPmu, of_intel_with_two_kinds_of_cores) {
    std::filesystem::remove_all(root_ + "/cpu");
    for (const auto& [name, type] : {std::pair{"cpu_core", "4"}, {"cpu_atom", "10"}}) {
        const std::string unit = name;
        put(unit + "/type", type);
        put(unit + "/format/event", "config:0-7");
        put(unit + "/format/umask", "config:8-15");
        put(unit + "/format/offcore_rsp", "config1:0-63");
        put(unit + "/format/frontend", "config1:0-23");
        put(unit + "/events/cache-misses", "event=0x2e,umask=0x41");
    }
    EXPECT_EQ(perf::pmu_event("cpu_core/cache-misses/", root_).type, 4u);
    const auto event = perf::pmu_event("cpu_atom/event=0xb7,umask=0x1,offcore_rsp=0x3fffc00001/", root_);
    EXPECT_EQ(event.type, 10u);
    EXPECT_EQ(event.config[0], 0x1b7u);
    EXPECT_EQ(event.config[1], 0x3fffc00001u);
    EXPECT_EQ(perf::raw_number("r412e", root_).type, static_cast<uint32_t>(PERF_TYPE_RAW));
    LoadedProvider provider("probe.perf", {{"devices_path", root_}});
    EXPECT_TRUE(provider.describe("hardware:cpu/event=0x3c/:1000").empty());
    EXPECT_EQ(provider.last_message(), "performance monitoring unit 'cpu': this machine has none");
    EXPECT_EQ(provider.last_hint(), "it has cpu_atom and cpu_core");
}

TEST_F(RecordedPmu, of_arm) {
    put("armv8_pmuv3_0/type", "8");
    put("armv8_pmuv3_0/format/event", "config:0-15");
    put("armv8_pmuv3_0/format/long", "config1:0");
    put("armv8_pmuv3_0/format/threshold", "config1:5-16");
    put("armv8_pmuv3_0/events/cpu_cycles", "event=0x0011");
    EXPECT_EQ(perf::pmu_event("armv8_pmuv3_0/cpu_cycles,long/", root_).config[0], 0x11u);
    EXPECT_EQ(perf::pmu_event("armv8_pmuv3_0/cpu_cycles,long/", root_).config[1], 1u);
    EXPECT_EQ(perf::pmu_event("armv8_pmuv3_0/event=0x80ff,threshold=0xfff/", root_).config[1], 0x1ffe0u);
    EXPECT_EQ(refusal("armv8_pmuv3_0/umask=1/"), "event term 'umask': 'armv8_pmuv3_0' has none of this name");
}

TEST_F(RecordedPmu, refusals) {
    EXPECT_EQ(refusal("gpu/event=1/"), "performance monitoring unit 'gpu': this machine has none");
    EXPECT_EQ(refusal("cpu/evnt=1/"), "event term 'evnt': 'cpu' has none of this name");
    EXPECT_EQ(refusal("cpu/event=0x100/"), "event term 'event': 256 does not fit");
    EXPECT_EQ(refusal("cpu/event=x/"), "event term 'event=x': its value is not a number");
    EXPECT_EQ(refusal("cpu/open/"), "event term 'umask=?': its value is not a number");
    EXPECT_EQ(refusal("cpu/odd=1/"), "event term 'odd': belongs to 'config3', which is not set here");
    EXPECT_EQ(refusal("cpu/../type/"), "event term '../type': 'cpu' has none of this name");
}

TEST_F(RecordedPmu, probes) {
    LoadedProvider provider("probe.perf", {{"devices_path", root_}});
    EXPECT_EQ(provider.describe("hardware:cpu/event=0xa8,umask=0x1/:1000").at(0).spec,
              "hardware:cpu/event=0xa8,umask=0x1/:1000");
    EXPECT_EQ(provider.describe("hardware:r1a8").at(0).targets.at(0), "hardware:r1a8");
    EXPECT_EQ(
        provider.names("hardware:cpu/*"),
        (std::vector<std::string>{"hardware:cpu/cache-misses/:", "hardware:cpu/mem-loads/:", "hardware:cpu/open/:"}));
    EXPECT_TRUE(provider.describe("hardware:cpu/evnt=1/").empty());
    EXPECT_EQ(provider.last_hint(), "did you mean 'event'?");
    EXPECT_TRUE(provider.describe("software:r1a8").empty());
    EXPECT_EQ(provider.last_message(), "'r1a8' is not a software probe");
}

TEST(Perf, frequencies) {
    if (auto reason = avocet::testing::needs_root(); !reason.empty()) GTEST_SKIP() << reason;
    LoadedProvider provider("probe.perf");
    auto plan = provider.resolve("software:cpu-clock:hz:99").at(0);
    EXPECT_EQ(plan.period, 99u);
    EXPECT_EQ(plan.flags, static_cast<uint32_t>(AVOCET_PLAN_FREQUENCY));
    EXPECT_EQ(plan.targets.at(0).name, "software:cpu-clock:hz:99");
    EXPECT_TRUE(provider.resolve("software:cpu-clock:hz:0").empty());
    EXPECT_EQ(provider.last_message(), "software frequency should be a positive integer, found '0'");
    EXPECT_TRUE(provider.resolve("software:cs:1s").empty());
    EXPECT_EQ(provider.last_message(), "software count should be a positive integer, found '1s'");
}

// Threads inherit the event without its cookie.
TEST(Perf, one_process_has_fixed_identity) {
    LoadedProvider provider("probe.perf");
    EXPECT_EQ(provider.describe("software:cs", 0, 42).at(0).identity, AVOCET_IDENTITY_FIXED);
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
