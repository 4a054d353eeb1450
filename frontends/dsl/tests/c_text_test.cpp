// SPDX-License-Identifier: Apache-2.0
//
// dsl 1.8: C text. Our reader and libclang give the same layouts, and libclang what ours does not know.
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "types/btf_declarations.hpp"
#include "types/c_conditions.hpp"
#include "types/c_text.hpp"
#include "types/clang_reader.hpp"
#include "types/kernel_constants.hpp"

namespace avocet::dsl {
namespace {

std::string layout_text(StructTable& table, const std::string& name) {
    const StructLayout* layout = table.find_struct(name);
    if (!layout) return "none";
    std::string out = fmt::format("{} {}\n", layout->size, layout->is_union);
    for (const Member& m : layout->members)
        out += fmt::format("{} {} {}:{} {}\n", m.name, m.offset, m.bit_offset, m.bit_size, m.type->spelling());
    return out;
}

class CTextTest : public ::testing::Test {
protected:
    void SetUp() override {
        clang = ClangLibrary::open();
        if (!clang) GTEST_SKIP() << "libclang is not installed";
    }
    CFindings read(StructTable& table, const std::string& text) {
        CText input;
        input.text = text;
        return read_with_clang(*clang, table, input);
    }
    std::unique_ptr<ClangLibrary> clang;
};

TEST_F(CTextTest, BothReadersAgree) {
    const char* const texts[] = {
        "struct s { char a; int b; long c; char d[7]; };",
        "struct s { int a : 3; int b : 7; unsigned c : 22; unsigned long d : 33; char e; };",
        "struct s { char a; struct { int b; union { short c; long d; }; }; int e; };",
        "struct s { int a[3][4]; char b[2][8]; unsigned char c[4]; };",
        "struct s { char a; int b; } __attribute__((packed));",
        "struct inner { short a; char b; }; struct s { char x; struct inner y; struct inner z[2]; struct inner *p; };",
        "union s { char a; long b; struct { int c, d; } e; };",
        "enum e { A, B = 5, C }; struct s { char a; enum e b; };",
        "struct s { void *p; int (*f)(int); char *t; char **u; const char *v; };",
        "typedef unsigned int word; struct s { word a; word b[2]; };",
        "struct s { _Bool a; short b; _Bool c; };",
    };
    for (const char* text : texts) {
        StructTable own, other;
        ASSERT_EQ(read_c_definition(own, text), "") << text;
        ASSERT_TRUE(read(other, text).errors.empty()) << text;
        EXPECT_EQ(layout_text(own, "s"), layout_text(other, "s")) << text;
    }
}

TEST_F(CTextTest, Aligned) {
    StructTable table;
    read(table, "struct s { char a; int b __attribute__((aligned(16))); };");
    EXPECT_EQ(layout_text(table, "s"), "32 false\na 0 0:0 int8\nb 16 0:0 int32\n");
}

TEST_F(CTextTest, MacrosAndEnumerators) {
    StructTable table;
    const CFindings found = read(table, "#define N (1 << 4)\n#define F(x) x\n#define T \"text\"\nenum { LAST = N };");
    EXPECT_EQ(found.macros.at("N"), "(1 << 4)");
    EXPECT_EQ(found.macros.at("T"), "\"text\"");
    EXPECT_EQ(found.macros.count("F"), 0u);
    EXPECT_EQ(table.find_enumerator("LAST")->first, 16);
}

TEST_F(CTextTest, ErrorsHaveClangsTextAndPlace) {
    StructTable table;
    const CFindings found = read(table, "struct a { int x; };\nstruct b { nothing y; };");
    ASSERT_EQ(found.errors.size(), 1u);
    EXPECT_EQ(found.errors[0].text, "unknown type name 'nothing'");
    EXPECT_EQ(found.errors[0].file, c_text_name);
    EXPECT_EQ(found.errors[0].line, 2u);
}

// The running kernel's types, where it has some.
class KernelCTextTest : public CTextTest {
protected:
    void SetUp() override {
        CTextTest::SetUp();
        if (IsSkipped()) return;
        std::ifstream file("/sys/kernel/btf/vmlinux", std::ios::binary);
        btf.assign(std::istreambuf_iterator<char>(file), {});
        if (btf.empty()) GTEST_SKIP() << "the kernel has no BTF";
        table.set_kernel([this] { return avocet_bytes{btf.data(), btf.size()}; });
    }
    std::vector<char> btf;
    StructTable table;
};

TEST_F(KernelCTextTest, KernelTypesAreVisible) {
    const CFindings found = read(table,
                                 "struct mine { struct list_head link; pid_t pid; struct task_struct *task; enum "
                                 "pid_type kind; spinlock_t lock; struct task_struct whole; };");
    ASSERT_TRUE(found.errors.empty()) << found.errors[0].text;
    const StructLayout* mine = table.find_struct("mine");
    ASSERT_TRUE(mine);
    EXPECT_EQ(mine->members.at(1).offset, 16u);
    EXPECT_EQ(mine->members.at(1).type->spelling(), "int32");
    EXPECT_EQ(mine->members.at(2).type->element->size, table.find_struct("task_struct")->size);
    EXPECT_EQ(mine->members.at(5).type->size, table.find_struct("task_struct")->size);
    // The table still has the kernel's own definitions, not the bytes they were declared as.
    EXPECT_EQ(table.find_struct("list_head")->members.at(0).name, "next");
    EXPECT_TRUE(table.kernel_used());
}

TEST_F(KernelCTextTest, MissingKernelHeadersAreEmpty) {
    const CFindings found =
        read(table, "#include <net/no_such_header.h>\n#include <linux/nothing.h>\nstruct a { struct sock *sk; };");
    EXPECT_TRUE(found.errors.empty());
    EXPECT_EQ(found.missing, (std::vector<std::string>{"linux/nothing.h", "net/no_such_header.h"}));
    EXPECT_EQ(read(table, "#include <no_kernel_header.h>\n").errors.size(), 1u);
}

TEST_F(KernelCTextTest, OwnDefinitionsWin) {
    const CFindings found = read(table, "struct list_head { int mine; }; struct b { struct list_head l; pid_t p; };");
    EXPECT_TRUE(found.errors.empty());
    EXPECT_EQ(table.find_struct("list_head")->members.at(0).name, "mine");
    EXPECT_EQ(table.find_struct("b")->size, 8u);
}

TEST(CConditions, ChooseByWhatIsDefined) {
    const std::vector<std::string> pieces = {
        "#ifndef BPFTRACE_HAVE_BTF", "#include <linux/sched.h>", "#else", "#include <sys/socket.h>", "#endif",
        "#define N 4 // four"};
    CSelection with = select_c_text(pieces, {"BPFTRACE_HAVE_BTF"});
    ASSERT_EQ(with.includes.size(), 1u);
    EXPECT_EQ(with.includes[0].text, "<sys/socket.h>");
    EXPECT_EQ(with.macros.at("N"), "4");
    EXPECT_FALSE(with.needs_compiler);
    CSelection without = select_c_text(pieces, {});
    ASSERT_EQ(without.includes.size(), 1u);
    EXPECT_EQ(without.includes[0].text, "<linux/sched.h>");
}

TEST(CConditions, LeavesTheRestToACompiler) {
    EXPECT_TRUE(select_c_text({"#if A > 3", "#endif"}, {}).needs_compiler);
    EXPECT_TRUE(select_c_text({"#define F(x) x"}, {}).needs_compiler);
    EXPECT_TRUE(select_c_text({"#ifdef A"}, {}).needs_compiler);
    EXPECT_FALSE(select_c_text({"#if !defined(A)", "#define B 1", "#endif"}, {}).needs_compiler);
}

TEST(ClangLibraryTest, MissingLibraryIsNoCrash) { EXPECT_EQ(ClangLibrary::open({"libnothing.so.1"}), nullptr); }

TEST(KernelConstants, AreThere) {
    EXPECT_EQ(kernel_constant("AF_INET6"), 10);
    EXPECT_EQ(kernel_constant("TASK_RUNNING"), 0);
    EXPECT_FALSE(kernel_constant("NOT_A_CONSTANT"));
}

}  // namespace
}  // namespace avocet::dsl
