// SPDX-License-Identifier: Apache-2.0
//
// Maps from user space: everything in them, once, also when there is much; and emptied or zeroed.
#include <gmock/gmock.h>

#include "privileged.hpp"

namespace avocet::test {
namespace {

struct Maps : testing::Test {
    BackendUnderTest b{bpf_plugin()};
    void SetUp() override {
        NEEDS_ROOT();
        std::vector<PlanBox> fill, tick;
        fill.push_back(runtime("begin"));
        tick.push_back(runtime("end"));
        b.add("fill_numbers", std::move(fill));
        b.add("on_tick", std::move(tick));
        ASSERT_EQ(b.load(read_file(program_file("probes.o"))), AVOCET_OK) << b.all_reports();
    }
    void run(const char* function) {
        int64_t result;
        ASSERT_EQ(b.run(function, result), AVOCET_OK) << b.all_reports();
    }
};

TEST_F(Maps, LargeHashIsReadWholeAndOnce) {
    run("fill_numbers");
    size_t rows = 0;
    const auto count = [](void* ctx, const avocet_map_rows* r) -> avocet_status {
        *static_cast<size_t*>(ctx) += r->count;
        return AVOCET_OK;
    };
    ASSERT_EQ(b.factory().map_read(b.self(), to_abi("numbers"), count, &rows), AVOCET_OK);
    EXPECT_EQ(rows, 65000u);
    const auto numbers = b.read("numbers");
    ASSERT_EQ(numbers.size(), 65000u);
    for (auto& [key, value] : numbers) ASSERT_EQ(value, static_cast<uint32_t>(key * 3));
}

TEST_F(Maps, ReaderCanStopEarly) {
    run("fill_numbers");
    size_t calls = 0;
    const auto stop = [](void* ctx, const avocet_map_rows*) -> avocet_status {
        ++*static_cast<size_t*>(ctx);
        return AVOCET_STOP;
    };
    ASSERT_EQ(b.factory().map_read(b.self(), to_abi("numbers"), stop, &calls), AVOCET_OK);
    EXPECT_EQ(calls, 1u);
}

TEST_F(Maps, LookupLeavesMissingKeysOut) {
    run("fill_numbers");
    EXPECT_EQ(b.lookup("numbers", {5, 70000, 64999}), (std::map<uint64_t, uint64_t>{{5, 15}, {64999, 194997}}));
}

TEST_F(Maps, PerCpuRowsHaveASlotForEveryPossibleCpu) {
    run("on_tick");
    avocet_map_rows seen{};
    const auto look = [](void* ctx, const avocet_map_rows* r) -> avocet_status {
        *static_cast<avocet_map_rows*>(ctx) = *r;
        return AVOCET_OK;
    };
    ASSERT_EQ(b.factory().map_read(b.self(), to_abi("by_cookie"), look, &seen), AVOCET_OK);
    EXPECT_EQ(seen.cpu_count, static_cast<uint32_t>(sysconf(_SC_NPROCESSORS_CONF)));
    EXPECT_EQ(seen.slot_size, 8u);
    EXPECT_EQ(seen.key_size, 8u);
    EXPECT_EQ(seen.count, 1u);
    EXPECT_EQ(b.read("by_cookie")[0], 1u);
}

TEST_F(Maps, ArraysAreReadWhole) {
    EXPECT_EQ(b.read("totals").size(), 4u);
    EXPECT_EQ(b.read("avocet_losses").size(), 16u);
}

TEST_F(Maps, ClearEmptiesHashesAndZeroKeepsKeys) {
    run("fill_numbers");
    run("on_tick");
    ASSERT_EQ(b.zero("numbers"), AVOCET_OK) << b.all_reports();
    auto numbers = b.read("numbers");
    ASSERT_EQ(numbers.size(), 65000u);
    for (auto& [key, value] : numbers) ASSERT_EQ(value, 0u);
    ASSERT_EQ(b.clear("numbers"), AVOCET_OK) << b.all_reports();
    EXPECT_TRUE(b.read("numbers").empty());
    ASSERT_EQ(b.zero("by_cookie"), AVOCET_OK);
    EXPECT_EQ(b.read("by_cookie"), (std::map<uint64_t, uint64_t>{{0, 0}}));
    ASSERT_EQ(b.clear("by_cookie"), AVOCET_OK);
    EXPECT_TRUE(b.read("by_cookie").empty());
    ASSERT_EQ(b.clear("avocet_losses"), AVOCET_OK);
}

TEST_F(Maps, WhatTheSessionWritesIsThere) {
    const uint64_t keys[] = {3, 5};
    const uint32_t values[] = {30, 50}, others[] = {31, 51};
    avocet_map_elements elements{sizeof elements, sizeof *keys, sizeof *values, 0, to_abi("numbers"), 2, keys, values};
    ASSERT_EQ(b.map_write().write(b.self(), &elements), AVOCET_OK) << b.all_reports();
    EXPECT_EQ(b.read("numbers"), (std::map<uint64_t, uint64_t>{{3, 30}, {5, 50}}));
    elements.values = others;
    ASSERT_EQ(b.map_write().write(b.self(), &elements), AVOCET_OK) << b.all_reports();
    EXPECT_EQ(b.read("numbers"), (std::map<uint64_t, uint64_t>{{3, 31}, {5, 51}}));
}

TEST_F(Maps, ElementsOfOtherSizesAreRefused) {
    const uint64_t keys[] = {3}, values[] = {30};
    avocet_map_elements elements{sizeof elements, sizeof *keys, sizeof *values, 0, to_abi("numbers"), 1, keys, values};
    EXPECT_EQ(b.map_write().write(b.self(), &elements), AVOCET_ERR_ABI);
    EXPECT_THAT(b.all_reports(), testing::HasSubstr("map 'numbers': its elements have 8 and 4 bytes"));
    elements.map = to_abi("by_cookie");
    EXPECT_EQ(b.map_write().write(b.self(), &elements), AVOCET_ERR_ABI) << "per CPU";
    elements.map = to_abi("nope");
    EXPECT_EQ(b.map_write().write(b.self(), &elements), AVOCET_ERR_NOT_FOUND);
}

TEST_F(Maps, UnknownMapIsNamed) {
    EXPECT_EQ(b.clear("nope"), AVOCET_ERR_NOT_FOUND);
    EXPECT_THAT(b.all_reports(), testing::HasSubstr("map 'nope': the program has no such map"));
}

}  // namespace
}  // namespace avocet::test
