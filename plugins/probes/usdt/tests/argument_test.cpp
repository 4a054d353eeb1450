// SPDX-License-Identifier: Apache-2.0
//
// The operands of notes: every form that gcc and clang have been seen to emit, on both machines, and nonsense.
#include <gtest/gtest.h>

#include "argument.hpp"

using namespace avocet::usdt;

namespace {

constexpr uint16_t none = AVOCET_NO_REGISTER;
constexpr uint64_t site = 0x1000;

Argument parse(std::string_view text, Machine machine = Machine::x86_64) {
    ArgumentContext context{machine, site, [](std::string_view name) -> std::optional<uint64_t> {
                                if (name == "counter") return 0x4000;
                                if (name == "_ZN3foo.local$1E") return 0x800;
                                return std::nullopt;
                            }};
    return parse_argument(text, context);
}

// kind, size, sign, shift, base, index, offset
std::string text(const Argument& a) {
    if (!a.readable()) return "refused: " + a.refusal;
    const auto& l = a.location;
    auto number = [](uint16_t r) { return r == none ? std::string("-") : std::to_string(r); };
    const char* kinds[] = {"none", "constant", "register", "memory"};
    return std::string(kinds[l.kind]) + " " + (l.is_signed ? "s" : "u") + std::to_string(l.size * 8) + " " +
           number(l.base) + " " + number(l.index) + " <<" + std::to_string(l.shift) + " " + std::to_string(l.offset);
}
std::string x86(std::string_view operand) { return text(parse(operand)); }
std::string arm(std::string_view operand) { return text(parse(operand, Machine::aarch64)); }

}  // namespace

TEST(Arguments, are_split_at_blanks_outside_of_brackets) {
    using Parts = std::vector<std::string_view>;
    EXPECT_EQ(split_arguments("8@%rbx -4@8(%rsp)"), (Parts{"8@%rbx", "-4@8(%rsp)"}));
    EXPECT_EQ(split_arguments("8@[sp, 24] -4@w1 8@[x0, x1, lsl 3]"),
              (Parts{"8@[sp, 24]", "-4@w1", "8@[x0, x1, lsl 3]"}));
    EXPECT_EQ(split_arguments("  1@%al   2@(%rax, %rbx, 2) "), (Parts{"1@%al", "2@(%rax, %rbx, 2)"}));
    EXPECT_EQ(split_arguments(""), Parts{});
    EXPECT_EQ(split_arguments("   "), Parts{});
    EXPECT_EQ(split_arguments(")) a"), (Parts{"))", "a"}));
}

TEST(Arguments, registers_of_x86_64) {
    EXPECT_EQ(x86("8@%rax"), "register u64 80 - <<0 0");
    EXPECT_EQ(x86("-4@%ebp"), "register s32 32 - <<0 0");
    EXPECT_EQ(x86("2@%si"), "register u16 104 - <<0 0");
    EXPECT_EQ(x86("1@%sil"), "register u8 104 - <<0 0");
    EXPECT_EQ(x86("-1@%ah"), "register s8 80 - <<8 0");
    EXPECT_EQ(x86("1@%bh"), "register u8 40 - <<8 0");
    EXPECT_EQ(x86("-8@%r15"), "register s64 0 - <<0 0");
    EXPECT_EQ(x86("-4@%r12d"), "register s32 24 - <<0 0");
    EXPECT_EQ(x86("2@%r8w"), "register u16 72 - <<0 0");
    EXPECT_EQ(x86("1@%r11b"), "register u8 48 - <<0 0");
    EXPECT_EQ(x86("8@%rsp"), "register u64 152 - <<0 0");
    EXPECT_EQ(x86("%rdi"), "register u64 112 - <<0 0");   // no size: a word
    EXPECT_EQ(x86("8@%eax"), "register u32 80 - <<0 0");  // no more than the register has
}

TEST(Arguments, memory_of_x86_64) {
    EXPECT_EQ(x86("8@(%rdi)"), "memory u64 112 - <<0 0");
    EXPECT_EQ(x86("-4@-8(%rbp)"), "memory s32 32 - <<0 -8");
    EXPECT_EQ(x86("-4@112(%rsp)"), "memory s32 152 - <<0 112");
    EXPECT_EQ(x86("8@0x10(%r9)"), "memory u64 64 - <<0 16");
    EXPECT_EQ(x86("2@10+8(%rsp)"), "memory u16 152 - <<0 18");
    EXPECT_EQ(x86("8@-16+4(%rsp)"), "memory u64 152 - <<0 -12");
    EXPECT_EQ(x86("-4@(%r8,%rax,4)"), "memory s32 72 80 <<2 0");
    EXPECT_EQ(x86("8@-8(%rbp,%rcx,8)"), "memory u64 32 88 <<3 -8");
    EXPECT_EQ(x86("1@(%rax, %rbx)"), "memory u8 80 40 <<0 0");
    EXPECT_EQ(x86("4@16(,%rdx,2)"), "memory u32 - 96 <<1 16");
    EXPECT_EQ(x86("4@4660"), "memory u32 - - <<0 4660");
}

// Relative to the place of the probe, wherever the file is loaded.
TEST(Arguments, symbols_of_x86_64) {
    EXPECT_EQ(x86("-4@counter(%rip)"), "memory s32 128 - <<0 12288");
    EXPECT_EQ(x86("-4@counter+8(%rip)"), "memory s32 128 - <<0 12296");
    EXPECT_EQ(x86("-4@8+counter(%rip)"), "memory s32 128 - <<0 12296");
    EXPECT_EQ(x86("-4@counter-4(%rip)"), "memory s32 128 - <<0 12284");
    EXPECT_EQ(x86("8@_ZN3foo.local$1E(%rip)"), "memory u64 128 - <<0 -2048");
    EXPECT_EQ(x86("4@counter"), "memory u32 128 - <<0 12288");
    EXPECT_EQ(x86("-4@counter(,%rax,4)"), "memory s32 128 80 <<2 12288");
    EXPECT_EQ(x86("-4@counter+4(%rdx)"), "memory s32 128 96 <<0 12292");
    EXPECT_EQ(x86("8@$counter"), "register u64 128 - <<0 12288");
    EXPECT_EQ(x86("8@$counter+16"), "register u64 128 - <<0 12304");
    EXPECT_EQ(x86("8@unknown(%rip)"),
              "refused: beside the symbol 'unknown', which the file's symbol table does not hold or holds twice");
}

TEST(Arguments, constants) {
    EXPECT_EQ(x86("-4@$-1"), "constant s32 - - <<0 -1");
    EXPECT_EQ(x86("1@$-6"), "constant u8 - - <<0 -6");
    EXPECT_EQ(x86("8@$0x7fffffffffffffff"), "constant u64 - - <<0 9223372036854775807");
    EXPECT_EQ(x86("8@$18446744073709551615"), "constant u64 - - <<0 -1");
    EXPECT_EQ(x86("-8@$-9223372036854775808"), "constant s64 - - <<0 -9223372036854775808");
    EXPECT_EQ(arm("-4@-5"), "constant s32 - - <<0 -5");
    EXPECT_EQ(arm("4@#7"), "constant u32 - - <<0 7");
    EXPECT_EQ(arm("8@xzr"), "constant u64 - - <<0 0");
}

TEST(Arguments, places_of_aarch64) {
    EXPECT_EQ(arm("8@x0"), "register u64 0 - <<0 0");
    EXPECT_EQ(arm("-4@w19"), "register s32 152 - <<0 0");
    EXPECT_EQ(arm("8@sp"), "register u64 248 - <<0 0");
    EXPECT_EQ(arm("8@x30"), "register u64 240 - <<0 0");
    EXPECT_EQ(arm("8@[x0]"), "memory u64 0 - <<0 0");
    EXPECT_EQ(arm("-4@[sp, 60]"), "memory s32 248 - <<0 60");
    EXPECT_EQ(arm("-8@[x29, -16]"), "memory s64 232 - <<0 -16");
    EXPECT_EQ(arm("8@[sp, #24]"), "memory u64 248 - <<0 24");
    EXPECT_EQ(arm("4@[x1, x2]"), "memory u32 8 16 <<0 0");
    EXPECT_EQ(arm("8@[x1, x2, lsl 3]"), "memory u64 8 16 <<3 0");
    EXPECT_EQ(arm("8@[x1, x2, lsl #2]"), "memory u64 8 16 <<2 0");
    EXPECT_EQ(arm("8@[x1, w2, sxtw 3]"), "refused: an address with a 32-bit index, '[x1, w2, sxtw 3]'");
    EXPECT_EQ(arm("8@d0"), "refused: in the register d0, which a probe is not given");
    EXPECT_EQ(arm("8@x31"), "refused: the place 'x31' is not understood");
    for (const char* bad : {"8@", "8@[", "8@[]", "8@[w0]", "8@[x0", "8@[x0, ]x", "8@[x0, 1, 2]", "8@[x0, x1, ror 3]",
                            "8@[x0, x1, lsl 9]", "8@[xzr]", "8@%rax", "8@-", "8@[x0, :lo12:counter]"})
        EXPECT_FALSE(parse(bad, Machine::aarch64).readable()) << bad;
}

// Notes of a program with pointers, members, globals, locals, constants and elements of tables, as gcc 12 (-O0, -O2)
// and clang 19 (-O0, -O2) for aarch64 wrote them.
TEST(Arguments, what_compilers_for_aarch64_write_down) {
    const auto all = [](std::string_view note) {
        std::string out;
        for (std::string_view argument : split_arguments(note)) out += (out.empty() ? "" : "; ") + arm(argument);
        return out;
    };
    EXPECT_EQ(all("8@[sp, 72] -4@[sp, 68] -8@[sp, 56] 1@[sp, 67] -2@x0 2@x1"),
              "memory u64 248 - <<0 72; memory s32 248 - <<0 68; memory s64 248 - <<0 56; memory u8 248 - <<0 67; "
              "register s16 0 - <<0 0; register u16 8 - <<0 0");
    EXPECT_EQ(all("8@x0 -4@x1 -8@x2 1@x3"),
              "register u64 0 - <<0 0; register s32 8 - <<0 0; register s64 16 - <<0 0; register u8 24 - <<0 0");
    EXPECT_EQ(all("-4@[x0] -8@[x0, 8] 1@[x0, 16] -2@[x5, 6] -2@[x11] 1@[x4, -9]"),
              "memory s32 0 - <<0 0; memory s64 0 - <<0 8; memory u8 0 - <<0 16; memory s16 40 - <<0 6; "
              "memory s16 88 - <<0 0; memory u8 32 - <<0 -9");
    EXPECT_EQ(all("1@[sp, 67] -8@x5 8@x3 1@[x7, x10] -2@0 8@0 -1@0"),
              "memory u8 248 - <<0 67; register s64 40 - <<0 0; register u64 24 - <<0 0; memory u8 56 80 <<0 0; "
              "constant s16 - - <<0 0; constant u64 - - <<0 0; constant s8 - - <<0 0");
    EXPECT_EQ(all("-4@1 -4@-1 -8@9223372036854775807 1@-56 8@-2"),
              "constant s32 - - <<0 1; constant s32 - - <<0 -1; constant s64 - - <<0 9223372036854775807; "
              "constant u8 - - <<0 -56; constant u64 - - <<0 -2");
    EXPECT_EQ(all("8@[x16] -4@[x15] 2@[x9]"), "memory u64 128 - <<0 0; memory s32 120 - <<0 0; memory u16 72 - <<0 0");
    EXPECT_EQ(all("8f@[sp, 32] 4f@x1 8f@[x0, 8]"),
              "refused: a floating-point number; refused: a floating-point number; refused: a floating-point number");
}

TEST(Arguments, what_cannot_be_read_is_refused_by_name) {
    EXPECT_EQ(x86("8f@%xmm0"), "refused: a floating-point number");
    EXPECT_EQ(x86("4f@8(%rsp)"), "refused: a floating-point number");
    EXPECT_EQ(x86("-8f@x"), "refused: a floating-point number");
    EXPECT_EQ(x86("16@(%rax)"), "refused: a value of 16 bytes");
    EXPECT_EQ(x86("8@%xmm3"), "refused: in the register %xmm3, which a probe is not given");
    EXPECT_EQ(x86("8@%fs:counter@tpoff"), "refused: thread-local, '%fs:counter@tpoff'");
    EXPECT_EQ(x86("8@counter@GOTPCREL(%rip)"),
              "refused: reached through a table of the linker, 'counter@GOTPCREL(%rip)'");
    EXPECT_EQ(x86("4@(%eax)"), "refused: a 32-bit address");
    EXPECT_EQ(x86("8@8(%rip)"), "refused: beside an unnamed place of the code, '8(%rip)'");
    EXPECT_EQ(x86("8@%r16"), "refused: no register '%r16' is known");
    EXPECT_EQ(x86("q@%rax"), "refused: its size 'q' is not understood");
}

TEST(Arguments, nonsense_is_refused) {
    for (const char* bad : {"",
                            "@",
                            "8@",
                            "-@%rax",
                            "8@$",
                            "8@$x y",
                            "8@(",
                            "8@()",
                            "8@(,)",
                            "8@(%rax",
                            "8@%",
                            "8@%rax)",
                            "8@(%rax,%rbx,3)",
                            "8@(%rax,%rbx,4,5)",
                            "8@1+(%rax)",
                            "8@++1(%rax)",
                            "8@1 2(%rax)",
                            "8@a+b(%rip)",
                            "8@-counter(%rip)",
                            "99999999999999999999@%rax",
                            "8@$99999999999999999999",
                            "8@counter(%rax,%rbx,2)",
                            "8@(%rip)",
                            "8@(%rip,%rax,1)"})
        EXPECT_FALSE(parse(bad).readable()) << bad;
}

TEST(Arguments, types_for_listings) {
    EXPECT_EQ(type_text(parse("-4@%eax")), "int32_t");
    EXPECT_EQ(type_text(parse("8@%rax")), "uint64_t");
    EXPECT_EQ(type_text(parse("1@%al")), "uint8_t");
    EXPECT_EQ(type_text(parse("8f@%xmm0")), "double");
    EXPECT_EQ(type_text(parse("4f@%xmm0")), "float");
    EXPECT_EQ(type_text(parse("16@(%rax)")), "char[16]");
}
