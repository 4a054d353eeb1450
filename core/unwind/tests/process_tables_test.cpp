// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "unwind/process_tables.hpp"

namespace avocet::core {

namespace {

// The two maps, as the program would have them.
struct Maps {
    std::vector<avocet_unwind_page> pages;
    avocet_unwind_process process{};
    size_t writes = 0;

    ProcessTables::WriteFn writer() {
        return [this](std::string_view map, const uint32_t* keys, const void* values, size_t count) {
            ++writes;
            if (map == AVOCET_MAP_UNWIND_PROCESSES) {
                EXPECT_EQ(*keys, static_cast<uint32_t>(getpid()));
                std::memcpy(&process, values, sizeof process);
            }
            const auto* from = static_cast<const avocet_unwind_page*>(values);
            for (size_t i = 0; map == AVOCET_MAP_UNWIND_ROWS && i < count; ++i) {
                EXPECT_EQ(keys[i], pages.size());
                pages.push_back(from[i]);
            }
            return true;
        };
    }
    const avocet_unwind_mapping* find(const void* code) const {
        const auto address = reinterpret_cast<uint64_t>(code);
        for (uint32_t i = 0; i < process.count; ++i)
            if (process.mapping[i].start <= address && address < process.mapping[i].end) return &process.mapping[i];
        return nullptr;
    }
    uint32_t rule(const void* code) const {
        const avocet_unwind_mapping* m = find(code);
        const uint64_t pc = reinterpret_cast<uint64_t>(code) - (m ? m->origin : 0);
        uint32_t rule = AVOCET_UNWIND_NONE;
        for (uint32_t p = 0; m && p < m->page_count; ++p)
            for (size_t i = 0; i < AVOCET_UNWIND_PAGE_ROWS; ++i)
                if (pages[m->first_page + p].pc[i] <= pc) rule = pages[m->first_page + p].rule[i];
        return rule;
    }
};

__attribute__((noinline)) int some_function() { return 1; }

TEST(process_tables, our_own_process) {
    ProcessTables tables;
    Maps maps;
    ASSERT_TRUE(tables.read(static_cast<uint32_t>(getpid())));
    ASSERT_TRUE(tables.write(maps.writer()));
    EXPECT_EQ(maps.pages.size(), tables.page_count());
    constexpr uint32_t at_entry = AVOCET_UNWIND_RULE(AVOCET_UNWIND_RSP, 0, 1);
    EXPECT_EQ(maps.rule(reinterpret_cast<const void*>(&some_function)), at_entry);
    EXPECT_EQ(maps.rule(reinterpret_cast<const void*>(&qsort)), at_entry);
    EXPECT_TRUE(std::is_sorted(maps.process.mapping, maps.process.mapping + maps.process.count,
                               [](const auto& a, const auto& b) { return a.start < b.start; }));
    EXPECT_EQ(maps.process.mapping[maps.process.count].start, ~uint64_t{0});
    const auto here = reinterpret_cast<uint64_t>(&maps);
    EXPECT_GT(maps.process.start_stack, here);
    EXPECT_LT(maps.process.start_stack - here, 8u << 20) << "the stack begins above what is on it";
}

TEST(process_tables, only_what_is_new_is_written) {
    ProcessTables tables;
    Maps maps;
    const auto own = static_cast<uint32_t>(getpid());
    ASSERT_TRUE(tables.read(own));
    ASSERT_TRUE(tables.write(maps.writer()));
    ASSERT_TRUE(tables.read(own));
    const size_t before = maps.writes;
    ASSERT_TRUE(tables.write(maps.writer()));
    EXPECT_EQ(maps.writes, before);
    void* code = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_TRUE(tables.read(own));
    ASSERT_TRUE(tables.write(maps.writer()));
    EXPECT_EQ(maps.writes, before + 1) << "the process, and no pages";
    ASSERT_NE(maps.find(code), nullptr);
    EXPECT_EQ(maps.find(code)->page_count, 0u) << "memory without a file has no table";
    munmap(code, 4096);
}

TEST(process_tables, no_room) {
    ProcessTables tables;
    Maps maps;
    tables.limit_pages(1);
    ASSERT_TRUE(tables.read(static_cast<uint32_t>(getpid())));
    ASSERT_TRUE(tables.write(maps.writer()));
    EXPECT_LE(maps.pages.size(), 1u);
    EXPECT_TRUE(tables.has_left_out());
    EXPECT_EQ(maps.find(reinterpret_cast<const void*>(&qsort))->page_count, 0u);
}

TEST(process_tables, no_process) {
    ProcessTables tables;
    EXPECT_FALSE(tables.read(0x7ffffffe));
}

}  // namespace

}  // namespace avocet::core
