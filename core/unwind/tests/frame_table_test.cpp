// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <fstream>
#include <iterator>

#include "symbols/elf_objects.hpp"
#include "symbols/owned_fd.hpp"
#include "unwind/frame_section.hpp"
#include "unwind/frame_table.hpp"

namespace avocet::core {

namespace {

constexpr uint32_t none = AVOCET_UNWIND_RULE(AVOCET_UNWIND_NONE, 0, 0);
constexpr uint32_t unknown = AVOCET_UNWIND_RULE(AVOCET_UNWIND_UNKNOWN, 0, 0);
uint32_t from_rsp(int words, int slot = 0) { return AVOCET_UNWIND_RULE(AVOCET_UNWIND_RSP, slot, words); }

FrameTable table_of(const std::string& path) { return FrameTable(OwnedFd::open_read(path).get()); }

class Subject : public testing::Test {
protected:
    uint32_t rule(const char* function, uint64_t offset) const {
        return table.rule_at(symbols.find(function).address + offset);
    }
    FrameTable table = table_of(SUBJECT);
    ElfObjects symbols{SUBJECT};
};

TEST_F(Subject, each_instruction_of_a_function_has_its_rule) {
    EXPECT_EQ(rule("pushes", 0), from_rsp(1));
    EXPECT_EQ(rule("pushes", 1), from_rsp(2));      // rbx is pushed
    EXPECT_EQ(rule("pushes", 2), from_rsp(3, 3));   // rbp, too
    EXPECT_EQ(rule("pushes", 6), from_rsp(8, 3));   // 40 bytes of locals
    EXPECT_EQ(rule("pushes", 11), from_rsp(3, 3));  // they are gone
    EXPECT_EQ(rule("pushes", 12), from_rsp(2));
    EXPECT_EQ(rule("pushes", 13), from_rsp(1));
    EXPECT_EQ(rule("pushes", 14), from_rsp(8, 3));  // behind the return, as in the middle
}

TEST_F(Subject, a_frame_pointer) {
    EXPECT_EQ(rule("framed", 1), from_rsp(2, 2));
    EXPECT_EQ(rule("framed", 4), AVOCET_UNWIND_RULE(AVOCET_UNWIND_RBP, 2, 2));
    EXPECT_EQ(rule("framed", 6), AVOCET_UNWIND_RULE(AVOCET_UNWIND_RSP, 2, 1));
}

TEST_F(Subject, a_stack_that_is_realigned) {
    EXPECT_EQ(rule("realigned", 0), from_rsp(1));
    EXPECT_EQ(rule("realigned", 1), AVOCET_UNWIND_RULE(AVOCET_UNWIND_DEREF, AVOCET_UNWIND_AT_RBP, -1));
    EXPECT_EQ(rule("realigned", 2), unknown) << "r10 is not followed";
}

TEST_F(Subject, where_a_stack_ends_and_signals) {
    EXPECT_EQ(rule("first_of_all", 0), AVOCET_UNWIND_RULE(AVOCET_UNWIND_END, 0, 0));
    EXPECT_EQ(rule("_start", 4), AVOCET_UNWIND_RULE(AVOCET_UNWIND_END, 0, 0));
    EXPECT_EQ(rule("restorer", 0), AVOCET_UNWIND_RULE(AVOCET_UNWIND_SIGNAL, 0, 0));
}

TEST_F(Subject, code_without_a_description) {
    EXPECT_EQ(rule("undescribed", 0), none);
    EXPECT_EQ(rule("undescribed", 31), none);
    EXPECT_EQ(table.rule_at(0), none);
    EXPECT_EQ(table.rule_at(~uint64_t{0}), none);
}

TEST_F(Subject, rows_are_sorted_and_none_repeats_the_one_in_front) {
    ASSERT_GT(table.rows().size(), 10u);
    for (size_t i = 1; i < table.rows().size(); ++i) {
        EXPECT_LT(table.rows()[i - 1].pc, table.rows()[i].pc);
        EXPECT_NE(table.rows()[i - 1].rule, table.rows()[i].rule);
    }
}

TEST_F(Subject, pages_hold_the_rows) {
    const auto rows = table.rows();
    const auto pages = table.take_pages();
    ASSERT_EQ(pages.size(), (rows.size() + AVOCET_UNWIND_PAGE_ROWS - 1) / AVOCET_UNWIND_PAGE_ROWS);
    EXPECT_EQ(pages[0].pc[0], rows[0].pc);
    EXPECT_EQ(pages[0].rule[rows.size() - 1], rows.back().rule);
    EXPECT_EQ(pages[0].pc[rows.size()], UINT32_MAX);
}

std::string libc() {
    Dl_info info{};
    dladdr(reinterpret_cast<const void*>(&qsort), &info);
    return info.dli_fname;
}

TEST(frame_table, libc) {
    const FrameTable table = table_of(libc());
    const ElfObjects symbols(libc());
    EXPECT_GT(table.rows().size(), 10000u);
    EXPECT_EQ(table.rule_at(symbols.find("qsort").address), from_rsp(1));
    EXPECT_EQ(table.rule_at(symbols.find("getppid").address), from_rsp(1));
    size_t signals = 0, linkage = 0, ends = 0, not_known = 0;
    for (const auto& row : table.rows()) {
        signals += AVOCET_UNWIND_RULE_KIND(row.rule) == AVOCET_UNWIND_SIGNAL;
        linkage += AVOCET_UNWIND_RULE_KIND(row.rule) == AVOCET_UNWIND_PLT;
        ends += AVOCET_UNWIND_RULE_KIND(row.rule) == AVOCET_UNWIND_END;
        not_known += row.rule == unknown;
    }
    EXPECT_EQ(signals, 1u) << "__restore_rt";
    EXPECT_GE(linkage, 1u);
    EXPECT_GE(ends, 1u) << "clone";
    EXPECT_LT(not_known, 50u);
}

TEST(frame_table, what_is_no_such_file_has_no_rows) {
    for (const char* path : {"/dev/null", "/etc/passwd", "/does/not/exist", "/"})
        EXPECT_TRUE(table_of(path).rows().empty()) << path;
}

// Cut off anywhere: fewer rows or the same ones, and no crash.
TEST(frame_table, a_file_that_is_cut_off) {
    std::ifstream in(SUBJECT, std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(in)), {});
    for (size_t size = 0; size < whole.size(); size += 97) {
        const OwnedFd file(memfd_create("cut", MFD_CLOEXEC));
        ASSERT_EQ(write(file.get(), whole.data(), size), static_cast<ssize_t>(size));
        EXPECT_LE(FrameTable(file.get()).rows().size(), table_of(SUBJECT).rows().size());
    }
}

// .debug_frame as a compiler writes it: the common entry's id is ~0, a function names it by its offset.
class DebugFrame : public testing::Test {
protected:
    void u32(uint32_t n) { bytes.append(reinterpret_cast<const char*>(&n), 4); }
    void u64(uint64_t n) { bytes.append(reinterpret_cast<const char*>(&n), 8); }
    void add_common(size_t padding) {
        u32(static_cast<uint32_t>(4 + 5 + 5 + padding));
        u32(0xffffffff);
        bytes += std::string("\x01\0\x01\x78\x10", 5);    // version, no letters, alignments 1 and -8, rip
        bytes += std::string("\x0c\x07\x08\x90\x01", 5);  // CFA rsp + 8, rip at CFA - 8
        bytes += std::string(padding, '\0');
    }
    void add_function(std::string_view instructions) {
        u32(static_cast<uint32_t>(4 + 16 + instructions.size()));
        u32(0);
        u64(0x1000);
        u64(0x20);
        bytes += instructions;
    }
    void read() { read_frame_section({bytes, 0, FrameFormat::debug_frame}, functions, rows); }
    std::string bytes;
    std::vector<FunctionRows> functions;
    std::vector<FrameRow> rows;
};

TEST_F(DebugFrame, a_function) {
    add_common(6);
    add_function({"\x44\x0e\x10\0", 4});  // 4 bytes on: CFA rsp + 16
    read();
    ASSERT_EQ(functions.size(), 1u);
    EXPECT_EQ(functions[0].start, 0x1000u);
    EXPECT_EQ(functions[0].end, 0x1020u);
    EXPECT_EQ(rows, (std::vector<FrameRow>{{0x1000, from_rsp(1)}, {0x1004, from_rsp(2)}}));
}

TEST_F(DebugFrame, what_is_not_known_ends_what_is) {
    add_common(6);
    add_function({"\x44\x3d\x10\0", 4});  // 4 bytes on: an instruction of the future
    read();
    EXPECT_EQ(rows, (std::vector<FrameRow>{{0x1000, from_rsp(1)}, {0x1004, unknown}}));
}

TEST_F(DebugFrame, a_common_entry_without_end_is_not_run_for_each_function) {
    add_common(4096);
    add_function({"\x44\x0e\x10\0", 4});
    read();
    EXPECT_TRUE(functions.empty());
}

}  // namespace

}  // namespace avocet::core
