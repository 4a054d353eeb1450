// SPDX-License-Identifier: Apache-2.0
//
// The pieces: tables, maps text, perf maps, kallsyms text, names.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "symbols/demangle.hpp"
#include "symbols/kernel_symbols.hpp"
#include "symbols/perf_map.hpp"
#include "symbols/process.hpp"
#include "symbols/symbol_table.hpp"

using namespace avocet::core;

namespace {

class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& text) {
        char name[] = "/tmp/avocet-symbols-XXXXXX";
        close(mkstemp(name));
        path = name;
        write(text);
    }
    ~TemporaryFile() { std::filesystem::remove(path); }
    void write(const std::string& text) { std::ofstream(path, std::ios::trunc) << text; }
    std::string path;
};

}  // namespace

TEST(SymbolTable, covers_by_size_and_by_next_start) {
    SymbolTable table;
    table.add(0x2000, 0, "open_ended");
    table.add(0x1000, 0x10, "sized");
    table.sort();
    EXPECT_FALSE(table.find(0xfff));
    EXPECT_EQ(table.find(0x1000)->name, "sized");
    EXPECT_EQ(table.find(0x100f)->offset, 0xfu);
    EXPECT_FALSE(table.find(0x1010));
    EXPECT_EQ(table.find(0x2fff)->name, "open_ended");
    EXPECT_FALSE(table.find(0x2fff, 0x100));
    EXPECT_EQ(table.address_of("sized"), 0x1000u);
    EXPECT_EQ(table.address_of("none"), 0u);
}

TEST(SymbolTable, prefers_public_names) {
    SymbolTable table;
    table.add(0x10, 4, "__libc_read", 0);
    table.add(0x10, 4, "read", 1);
    table.add(0x10, 0, "a", 0);
    table.add(0x20, 4, "local", 2);
    table.add(0x20, 4, "exported_longer", 0);
    table.sort();
    EXPECT_EQ(table.find(0x11)->name, "read");
    EXPECT_EQ(table.find(0x21)->name, "exported_longer");
}

TEST(SymbolTable, finds_the_function_around_a_nested_one) {
    SymbolTable table;
    table.add(0x100, 0x100, "outer");
    table.add(0x120, 0x10, "inner");
    table.sort();
    EXPECT_EQ(table.find(0x125)->name, "inner");
    EXPECT_EQ(table.find(0x140)->name, "outer");
    EXPECT_EQ(table.find(0x140)->offset, 0x40u);
}

TEST(Maps, keeps_executable_mappings) {
    auto maps = parse_maps(
        "55-66 r--p 00000000 fe:00 12                     /usr/bin/cat\n"
        "7000-8000 r-xp 00002000 fe:01 247134                     /usr/bin/a file (deleted)\n"
        "5000-6000 rwxp 00000000 00:00 0 \n"
        "9000-a000 r-xp 00000000 00:00 0                          [vdso]\n"
        "nonsense\n");
    ASSERT_EQ(maps.size(), 3u);
    EXPECT_EQ(maps[0].start, 0x5000u);
    EXPECT_FALSE(maps[0].has_file());
    EXPECT_EQ(maps[1].path, "/usr/bin/a file");
    EXPECT_TRUE(maps[1].is_deleted);
    EXPECT_EQ(maps[1].offset, 0x2000u);
    EXPECT_EQ(maps[1].inode, 247134u);
    EXPECT_EQ(maps[2].path, "[vdso]");
}

TEST(PerfMap, parses_and_the_last_line_of_an_address_counts) {
    auto table = parse_perf_map("1000 10 first\n0x2000 20 two words\nbad\n3000 0 empty\n1000 10 second\n4000 10");
    EXPECT_EQ(table->size(), 2u);
    EXPECT_EQ(table->find(0x1005)->name, "second");
    EXPECT_EQ(table->find(0x2010)->name, "two words");
}

TEST(PerfMap, is_read_again_when_it_has_grown) {
    TemporaryFile file("1000 10 old\n");
    PerfMap map(file.path, geteuid());
    EXPECT_EQ(map.find(0x1000)->name, "old");
    EXPECT_FALSE(map.find(0x2000));
    file.write("1000 10 old\n2000 10 new\n");
    EXPECT_EQ(map.find(0x2000)->name, "new");
}

TEST(PerfMap, of_somebody_else_is_not_believed) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
    TemporaryFile file("1000 10 forged\n");
    ASSERT_EQ(chown(file.path.c_str(), 12345, 12345), 0);
    EXPECT_FALSE(PerfMap(file.path, 0).find(0x1000));
    EXPECT_TRUE(PerfMap(file.path, 12345).find(0x1000));
    std::string link = file.path + ".link";
    std::filesystem::create_symlink(file.path, link);
    EXPECT_FALSE(PerfMap(link, 12345).find(0x1000));
    std::filesystem::remove(link);
}

TEST(KernelSymbols, reads_kallsyms) {
    TemporaryFile file(
        "0000000000000100 A this_cpu_off\n"
        "ffffffff81000000 T _stext\n"
        "ffffffff81000100 t helper\n"
        "ffffffff81000200 T vfs_read\n"
        "ffffffffc0001000 t nft_init\t[nf_tables]\n");
    KernelSymbols symbols(file.path);
    auto found = symbols.find(0xffffffff81000210);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, "vfs_read");
    EXPECT_EQ(found->offset, 0x10u);
    EXPECT_EQ(found->module, "vmlinux");
    EXPECT_EQ(symbols.find(0xffffffffc0001001)->module, "nf_tables");
    EXPECT_FALSE(symbols.find(0xffffffff80000000));
    EXPECT_FALSE(symbols.find(0xffffffffd0001001));  // far behind everything
    EXPECT_FALSE(symbols.find(0x100));
    EXPECT_EQ(symbols.address_of("vfs_read"), 0xffffffff81000200u);
    EXPECT_EQ(symbols.address_of("this_cpu_off"), 0x100u);
    EXPECT_FALSE(symbols.hidden());
}

// A kernel symbol's address is asked for before the program is loaded, whose own symbol is asked for afterwards.
TEST(KernelSymbols, looks_again_for_what_came_later) {
    TemporaryFile file("ffffffff81000200 T vfs_read\nffffffffc0001000 t bpf_prog_1_other\t[bpf]\n");
    KernelSymbols symbols(file.path);
    EXPECT_EQ(symbols.address_of("vfs_read"), 0xffffffff81000200u);
    file.write(
        "ffffffff81000200 T vfs_read\nffffffffc0001000 t bpf_prog_1_other\t[bpf]\n"
        "ffffffffc0001100 t bpf_prog_2_probe_0\t[bpf]\n");
    EXPECT_EQ(symbols.find(0xffffffff81000204)->name, "vfs_read");
    EXPECT_EQ(symbols.find(0xffffffffc0001110)->name, "bpf_prog_2_probe_0");
    EXPECT_EQ(symbols.find(0xffffffffc0001110)->offset, 0x10u);
    EXPECT_EQ(symbols.address_of("vfs_read"), 0xffffffff81000200u);
}

TEST(KernelSymbols, knows_when_addresses_are_hidden) {
    TemporaryFile zeros("0000000000000000 T _stext\n0000000000000000 T vfs_read\n");
    KernelSymbols hidden(zeros.path);
    EXPECT_FALSE(hidden.find(0xffffffff81000000));
    EXPECT_TRUE(hidden.hidden());
    KernelSymbols missing("/no/such/file");
    EXPECT_EQ(missing.address_of("vfs_read"), 0u);
    EXPECT_TRUE(missing.hidden());
}

TEST(Demangled, cpp_rust_and_others) {
    EXPECT_EQ(demangled("main"), "main");
    EXPECT_EQ(demangled("_ZNK7subject5Shape4areaEi"), "subject::Shape::area(int) const");
    EXPECT_EQ(demangled("_ZN4core3fmt5write17h0123456789abcdefE"), "core::fmt::write");
    EXPECT_EQ(demangled("_Znonsense"), "_Znonsense");
}
