// SPDX-License-Identifier: Apache-2.0
//
// Arguments from DWARF, of one program as different compilers describe it: each must lead to the same places and types.
#include <asm/ptrace.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <array>
#include <cstddef>
#include <map>
#include <memory>

#include "built_file.hpp"
#include "files/tree.hpp"
#include "testing/loaded_provider.hpp"

using namespace avocet;
using avocet::testing::LoadedProvider;
using avocet::testing::WorkDirectory;

namespace {

constexpr std::array<uint32_t, 6> registers{offsetof(pt_regs, rdi), offsetof(pt_regs, rsi), offsetof(pt_regs, rdx),
                                            offsetof(pt_regs, rcx), offsetof(pt_regs, r8),  offsetof(pt_regs, r9)};
const std::string source = avocet::test::source_tree() + "/tests/workloads/typed.cpp";

// "reg0", "sp+8", "nowhere": however it was found out.
std::string place_of(const ProbeArg& arg) {
    if (arg.place == AVOCET_PLACE_REGISTER) return "reg" + std::to_string(arg.index);
    if (arg.place == AVOCET_PLACE_CONTEXT) {
        for (size_t i = 0; i < registers.size(); ++i)
            if (registers[i] == arg.index) return "reg" + std::to_string(i);
        return "pt_regs+" + std::to_string(arg.index);
    }
    const auto& l = arg.location;
    if (l.kind == AVOCET_LOCATION_NONE) return "nowhere";
    if (l.kind == AVOCET_LOCATION_MEMORY && l.base == offsetof(pt_regs, rsp)) return "sp+" + std::to_string(l.offset);
    return "other";
}

class Types {
public:
    explicit Types(const ProbeGroup& group)
        : btf_(btf__new(group.btf.data(), static_cast<uint32_t>(group.btf.size())), btf__free) {}
    bool valid() const { return btf_ && libbpf_get_error(btf_.get()) == 0; }
    std::string text(uint32_t id) const {
        const btf_type* t = btf__type_by_id(btf_.get(), id);
        if (id == 0 || !t) return "void";
        std::string name = btf__name_by_offset(btf_.get(), t->name_off);
        switch (btf_kind(t)) {
            case BTF_KIND_PTR: return text(t->type) + "*";
            case BTF_KIND_CONST:
                return btf_kind(btf__type_by_id(btf_.get(), t->type)) == BTF_KIND_PTR ? text(t->type)
                                                                                      : "const " + text(t->type);
            case BTF_KIND_STRUCT: return "struct " + name;
            case BTF_KIND_UNION: return "union " + name;
            case BTF_KIND_ENUM: return "enum " + name;
            case BTF_KIND_FWD: return "opaque " + name;
            case BTF_KIND_ARRAY: return text(btf_array(t)->type) + "[" + std::to_string(btf_array(t)->nelems) + "]";
            default: break;
        }
        // "long int" and "long"
        if (name.size() > 4 && name.compare(name.size() - 4, 4, " int") == 0 && name != "unsigned int")
            name.resize(name.size() - 4);
        return name;
    }
    // "offset:width type" in bits, of a member.
    std::map<std::string, std::string> members(const std::string& name) const {
        std::map<std::string, std::string> out;
        int id = btf__find_by_name_kind(btf_.get(), name.c_str(), BTF_KIND_STRUCT);
        if (id <= 0) return out;
        const btf_type* t = btf__type_by_id(btf_.get(), static_cast<uint32_t>(id));
        for (uint32_t i = 0; i < btf_vlen(t); ++i) {
            const btf_member& m = btf_members(t)[i];
            out[btf__name_by_offset(btf_.get(), m.name_off)] = std::to_string(btf_member_bit_offset(t, i)) + ":" +
                                                               std::to_string(btf_member_bitfield_size(t, i)) + " " +
                                                               text(m.type);
        }
        return out;
    }

private:
    std::unique_ptr<btf, void (*)(btf*)> btf_;
};

class Arguments : public ::testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
#if !defined(__x86_64__)
        GTEST_SKIP() << "places are known for x86-64 only";
#endif
        if (!directory.run(std::string(GetParam()) + " -o typed '" + source + "'"))
            GTEST_SKIP() << "this machine cannot run " << GetParam();
    }
    ProbeGroup group(const std::string& function) {
        auto groups = provider.describe("uprobe:" + (directory / "typed") + ":" + function, AVOCET_DESCRIBE_ARGS);
        EXPECT_EQ(groups.size(), 1u) << provider.last_message();
        return groups.empty() ? ProbeGroup() : groups[0];
    }
    // "a reg0 int, b sp+8 long"
    std::string layout(const std::string& function) {
        ProbeGroup g = group(function);
        Types types(g);
        if (!types.valid()) return "invalid BTF";
        std::string out;
        for (const auto& a : g.args)
            out += (out.empty() ? "" : ", ") + a.name + " " + place_of(a) + (a.name.empty() ? "" : " ") +
                   (a.name.empty() ? "" : types.text(a.type_id));
        return out;
    }
    WorkDirectory directory;
    LoadedProvider provider{"probe.uprobe"};
};

TEST_P(Arguments, scalars_are_in_registers) {
    EXPECT_EQ(layout("typed_scalars"),
              "a reg0 signed char, b reg1 port_t, c reg2 int, text reg3 const char*, color reg4 enum color, "
              "flag reg5 bool");
    ProbeGroup g = group("typed_scalars");
    ASSERT_EQ(g.args.size(), 6u);
    EXPECT_TRUE(g.has & AVOCET_HAS_ARGS);
    EXPECT_EQ(g.args[0].size, 1u);
    EXPECT_TRUE(g.args[0].flags & AVOCET_ARG_SIGNED);
    EXPECT_FALSE(g.args[1].flags & AVOCET_ARG_SIGNED);
    EXPECT_EQ(g.args[2].size, 4u);
}

TEST_P(Arguments, structs_keep_their_layout) {
    EXPECT_EQ(layout("typed_pointer"), "f reg0 struct file*, times reg1 int");
    auto members = Types(group("typed_pointer")).members("file");
    EXPECT_EQ(members["name"], "0:0 char[16]");
    EXPECT_EQ(members["where"], "128:0 struct point");
    EXPECT_EQ(members["next"], "192:0 struct file*");
    EXPECT_EQ(members["mode"], "256:3 unsigned int");
    EXPECT_EQ(members["delta"], "259:5 int");
    EXPECT_EQ(members["color"], "288:0 enum color");
    EXPECT_EQ(members["weight"], "320:0 double");
    EXPECT_EQ(members[""], "384:0 union ");
}

TEST_P(Arguments, values_on_the_stack_and_in_pairs) {
    EXPECT_EQ(layout("typed_values"), "small reg0 struct point, big sp+8 struct wide, last reg1 int");
    EXPECT_EQ(layout("typed_text"), "t reg0 struct text,  reg1, n reg2 int");
    ProbeGroup g = group("typed_text");
    ASSERT_EQ(g.args.size(), 3u);
    EXPECT_TRUE(g.args[0].flags & AVOCET_ARG_CONTINUES);
    EXPECT_EQ(g.args[0].size, 16u);
    EXPECT_EQ(g.args[1].size, 8u);
    EXPECT_EQ(layout("typed_many"),
              "a reg0 int, b reg1 int, c reg2 int, d reg3 int, e reg4 int, f reg5 int, seventh sp+8 short, "
              "eighth sp+16 long");
}

TEST_P(Arguments, floating_point_is_nowhere_and_takes_no_register) {
    EXPECT_EQ(layout("typed_float"), "f nowhere double, n reg0 int");
}

TEST_P(Arguments, classes) {
    EXPECT_EQ(layout("_ZNK6shapes3Box5scaleERK5pointl"),
              "this reg0 const struct Box*, by reg1 const struct point*, factor reg2 long");
    EXPECT_EQ(layout("_ZN6shapes4makeERKNS_3BoxEi"), "box reg1 const struct Box*, n reg2 int");
    Types types(group("_ZNK6shapes3Box5scaleEi"));
    EXPECT_EQ(types.members("Box")["width"], "96:0 int");
    EXPECT_EQ(types.members("Box")[""], "0:0 struct Base");
    EXPECT_EQ(types.members("Box").count("count"), 0u);
    EXPECT_EQ(types.members("Base")["id"], "64:0 int");
}

TEST_P(Arguments, source_lines) {
    std::ifstream in(source);
    int line = 0;
    for (std::string text; std::getline(in, text); ++line)
        if (text.find("return f->mode * times") != std::string::npos) break;
    std::string at = (directory / "typed") + "@typed.cpp:" + std::to_string(line + 1);
    auto plans = provider.resolve("uprobe:" + at);
    ASSERT_EQ(plans.size(), 1u) << provider.last_message();
    EXPECT_EQ(plans[0].targets[0].symbol, "typed_pointer");
    EXPECT_EQ(plans[0].targets[0].name, "uprobe:" + at);
    EXPECT_EQ(
        provider.resolve("uprobe:" + (directory / "typed") + "@workloads/typed.cpp:" + std::to_string(line + 1)).size(),
        1u);
    EXPECT_TRUE(provider.resolve("uprobe:" + (directory / "typed") + "@other.cpp:3").empty());
    EXPECT_NE(provider.last_message().find("no source file 'other.cpp'"), std::string::npos);
    EXPECT_TRUE(provider.resolve("uprobe:" + (directory / "typed") + "@typed.cpp:x").empty());
    EXPECT_EQ(provider.last_message(), "invalid line number: x");
    EXPECT_TRUE(provider.resolve("uprobe:" + (directory / "typed") + "@typed.cpp:1*").empty());
    EXPECT_EQ(provider.last_message(), "cannot use wildcards with source code location");
}

TEST_P(Arguments, listing_shows_declarations) {
    auto listed = provider.list("uprobe:" + (directory / "typed") + ":typed_scalars", AVOCET_SPEC_VERBOSE);
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0].args, (std::vector<std::string>{"signed char a", "port_t b", "int c", "const char *text",
                                                        "enum color color", "bool flag"}));
}

INSTANTIATE_TEST_SUITE_P(Compilers, Arguments,
                         ::testing::Values("g++ -g -O0", "g++ -g -O2", "g++ -gdwarf-4 -O1", "clang++ -g -O0",
                                           "clang++ -g -O2", "g++ -g -O2 -no-pie -gz"));

class DebugFiles : public ::testing::Test {
protected:
    void SetUp() override {
        if (!directory.run("g++ -g -O1 -Wl,--build-id=sha1 -o whole '" + source +
                           "' && objcopy --only-keep-debug whole typed.debug && strip -o typed whole"))
            GTEST_SKIP() << "this machine has no compiler and binutils";
    }
    size_t arguments(const std::string& file, const std::string& function) {
        auto groups = provider.describe("uprobe:" + (directory / file) + ":" + function, AVOCET_DESCRIBE_ARGS);
        return groups.empty() ? 0 : groups[0].args.size();
    }
    WorkDirectory directory;
    LoadedProvider provider{"probe.uprobe"};
};

TEST_F(DebugFiles, by_link_beside_and_below) {
    EXPECT_EQ(arguments("typed", "typed_pointer"), 0u);
    ASSERT_TRUE(directory.run("objcopy --add-gnu-debuglink=typed.debug typed linked"));
    EXPECT_EQ(arguments("linked", "typed_pointer"), 2u) << provider.last_message();
    ASSERT_TRUE(directory.run("mkdir .debug && mv typed.debug .debug/ && cp linked second"));
    EXPECT_EQ(arguments("second", "typed_pointer"), 2u) << provider.last_message();
    EXPECT_EQ(provider.dependencies.back().second, directory / ".debug/typed.debug");
}

TEST_F(DebugFiles, of_another_build_do_not_count) {
    ASSERT_TRUE(
        directory.run("objcopy --add-gnu-debuglink=typed.debug typed linked && g++ -g -O2 "
                      "-Wl,--build-id=sha1 -o other '" +
                      source + "' && objcopy --only-keep-debug other typed.debug"));
    EXPECT_EQ(arguments("linked", "typed_pointer"), 0u);
    EXPECT_NE(provider.last_message().find("no such function"), std::string::npos) << provider.last_message();
}

TEST_F(DebugFiles, without_build_id_the_checksum_decides) {
    ASSERT_TRUE(directory.run("g++ -g -O1 -Wl,--build-id=none -o w '" + source +
                              "' && objcopy --only-keep-debug w n.debug && strip -o n w && objcopy "
                              "--add-gnu-debuglink=n.debug n named"));
    EXPECT_EQ(arguments("named", "typed_pointer"), 2u) << provider.last_message();
    ASSERT_TRUE(directory.run("cp named second && echo >> n.debug"));
    EXPECT_EQ(arguments("second", "typed_pointer"), 0u);
}

TEST_F(DebugFiles, symbols_in_gnu_debugdata) {
    if (!directory.run("strip --strip-debug -o mini whole && xz -k mini && objcopy --add-section "
                       ".gnu_debugdata=mini.xz typed embedded"))
        GTEST_SKIP() << "no xz";
    EXPECT_EQ(provider.resolve("uprobe:" + (directory / "embedded") + ":main").size(), 1u) << provider.last_message();
    EXPECT_EQ(provider.resolve("uprobe:" + (directory / "whole") + ":main").at(0).targets[0].value,
              provider.resolve("uprobe:" + (directory / "embedded") + ":main").at(0).targets[0].value);
    // Damaged, it is as if it were not there.
    ASSERT_TRUE(directory.run("head -c 500 mini.xz > cut && objcopy --add-section .gnu_debugdata=cut typed damaged"));
    EXPECT_TRUE(provider.resolve("uprobe:" + (directory / "damaged") + ":main").empty());
}

TEST_F(DebugFiles, members_of_archives) {
    if (!directory.run("mkdir lib && cp whole 'lib/x y.so' && python3 -c 'import zipfile as z;"
                       "a=z.ZipFile(\"a.zip\",\"w\");a.writestr(\"first\",b\"1\"*777);a.write(\"lib/x y.so\");"
                       "a.write(\"whole\",compress_type=z.ZIP_DEFLATED)'"))
        GTEST_SKIP() << "no python3";
    auto plain = provider.resolve("uprobe:" + (directory / "whole") + ":typed_pointer");
    auto inside = provider.resolve("uprobe:" + (directory / "a.zip!/lib/x y.so") + ":typed_pointer");
    ASSERT_EQ(inside.size(), 1u) << provider.last_message();
    EXPECT_EQ(inside[0].path, directory / "a.zip");
    std::string bytes = directory.read("a.zip"), whole = directory.read("whole");
    EXPECT_EQ(bytes.substr(inside[0].targets[0].value, 64), whole.substr(plain.at(0).targets[0].value, 64));
    EXPECT_EQ(arguments("a.zip!/lib/x y.so", "typed_pointer"), 2u) << provider.last_message();
    EXPECT_TRUE(provider.resolve("uprobe:" + (directory / "a.zip!/whole") + ":typed_pointer").empty());
    EXPECT_NE(provider.last_message().find("compressed in the archive"), std::string::npos);
    EXPECT_TRUE(provider.resolve("uprobe:" + (directory / "a.zip!/none") + ":typed_pointer").empty());
    EXPECT_NE(provider.last_message().find("no such file in the archive"), std::string::npos);
    for (size_t cut = bytes.size() - 1; cut > 900; cut -= 1 + cut / 7) {
        directory.write("cut.zip", bytes.substr(0, cut));
        provider.resolve("uprobe:" + (directory / "cut.zip!/lib/x y.so") + ":typed_pointer");
        EXPECT_NE(provider.status, AVOCET_OK);
    }
}

// Debug information that leads back to itself: a typedef of a constant of that typedef, a structure that holds itself,
// a function that is an instance of itself. The functions are found, what has no type has none.
constexpr const char* circles = R"(
    .text
    .globl turning, endless
    .type turning, @function
turning:
    ret
    .size turning, . - turning
    .type endless, @function
endless:
    ret
    .size endless, . - endless
    .section .debug_abbrev, "", @progbits
    .byte 1, 0x11, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x07, 0, 0
    .byte 2, 0x2e, 1, 0x03, 0x08, 0x3f, 0x19, 0x11, 0x01, 0x12, 0x07, 0, 0
    .byte 3, 0x05, 0, 0x03, 0x08, 0x49, 0x13, 0x02, 0x18, 0, 0
    .byte 4, 0x16, 0, 0x03, 0x08, 0x49, 0x13, 0, 0
    .byte 5, 0x26, 0, 0x49, 0x13, 0, 0
    .byte 6, 0x13, 1, 0x03, 0x08, 0x0b, 0x0b, 0, 0
    .byte 7, 0x0d, 0, 0x03, 0x08, 0x49, 0x13, 0x38, 0x0b, 0, 0
    .byte 8, 0x2e, 0, 0x31, 0x13, 0x11, 0x01, 0x12, 0x07, 0, 0
    .byte 0
    .section .debug_info, "", @progbits
unit:
    .long end - begin
begin:
    .value 4
    .long .debug_abbrev
    .byte 8
    .byte 1
    .asciz "circles.c"
    .quad turning
    .quad endless - turning + 1
alias:
    .byte 4
    .asciz "alias"
    .long constant - unit
constant:
    .byte 5
    .long alias - unit
box:
    .byte 6
    .asciz "box"
    .byte 8
    .byte 7
    .asciz "inside"
    .long box - unit
    .byte 0
    .byte 0
    .byte 2
    .asciz "turning"
    .quad turning
    .quad 1
    .byte 3
    .asciz "a"
    .long alias - unit
    .byte 1, 0x55
    .byte 3
    .asciz "b"
    .long box - unit
    .byte 1, 0x54
    .byte 0
itself:
    .byte 8
    .long itself - unit
    .quad endless
    .quad 1
    .byte 0
end:
)";

TEST_F(DebugFiles, circles_end) {
    directory.write("circles.s", circles);
    ASSERT_TRUE(directory.run("gcc -shared -nostdlib -o circles circles.s && readelf --debug-dump=info circles"))
        << directory.read("log");
    ASSERT_NE(directory.read("log").find("DW_TAG_typedef"), std::string::npos) << directory.read("log");
    const std::string file = "uprobe:" + (directory / "circles") + ":";
    for (const char* name : {"turning", "endless", "*"}) {
        provider.describe(file + name, AVOCET_DESCRIBE_ARGS);
        EXPECT_FALSE(provider.resolve(file + name).empty()) << provider.last_message();
    }
    EXPECT_EQ(provider.list(file + "*", AVOCET_SPEC_VERBOSE).size(), 2u);
    EXPECT_EQ(arguments("circles", "turning"), 2u) << provider.last_message();
    EXPECT_EQ(arguments("circles", "endless"), 0u) << provider.last_message();
}

// Bytes of headers, symbol tables and DWARF changed at random: refused or read, never a crash (the fuzz targets do this
// for longer).
TEST_F(DebugFiles, damage_is_survived) {
    std::string bytes = directory.read("whole");
    uint32_t seed = 12345;
    auto random = [&] { return seed = seed * 1664525u + 1013904223u; };
    for (int round = 0; round < 40; ++round) {
        std::string damaged = bytes;
        for (int i = 0; i < 30; ++i) damaged[random() % damaged.size()] = static_cast<char>(random() >> 24);
        directory.write("damaged", damaged);
        provider.describe("uprobe:" + (directory / "damaged") + ":typed_*", AVOCET_DESCRIBE_ARGS);
        provider.list("uprobe:" + (directory / "damaged") + ":*", AVOCET_SPEC_VERBOSE);
    }
}

}  // namespace

// The compiler knows all callers: it drops what nobody reads, and what is the same for all. What is left moves up.
constexpr const char* made_over = R"(
#include <stdlib.h>
struct point { int x, y; };
__attribute__((noinline)) static long made_over(int unused, long kept, int fixed, struct point* p, int also_unused) {
    return kept * fixed + p->x;
}
__attribute__((noinline)) long exported(int unused, long kept) { return kept + 1; }
int main(int argc, char** argv) {
    struct point p = {argc, 2};
    long a = made_over(argc, atol(argv[0]), 7, &p, argc), b = made_over(argc + 1, atol(argv[argc - 1]), 7, &p, 3);
    return (int)(a + b + exported(1, b));
}
)";

TEST(MadeOver, parameters_that_moved_up_are_where_dwarf_has_them_and_the_others_nowhere) {
#if !defined(__x86_64__)
    GTEST_SKIP() << "places are known for x86-64 only";
#endif
    WorkDirectory directory;
    directory.write("a.c", made_over);
    if (!directory.run("clang-19 -O2 -g -o program a.c")) GTEST_SKIP() << "this machine has no clang-19";
    LoadedProvider provider{"probe.uprobe"};
    const auto layout = [&](const std::string& function) {
        const auto groups =
            provider.describe("uprobe:" + (directory / "program") + ":" + function, AVOCET_DESCRIBE_ARGS);
        std::string out;
        for (const auto& arg : groups.at(0).args) out += (out.empty() ? "" : ", ") + arg.name + " " + place_of(arg);
        return out;
    };
    EXPECT_EQ(layout("made_over"), "unused nowhere, kept reg0, fixed other, p reg1, also_unused nowhere");
    EXPECT_EQ(layout("exported"), "unused reg0, kept reg1");  // whoever calls it follows the convention
}

#ifdef TYPED_RUST
// rustc's own convention: places as its unoptimised code reads them.
TEST(Rust, own_convention) {
    LoadedProvider provider{"probe.uprobe"};
    const auto layout = [&](const std::string& function) {
        const auto groups =
            provider.describe("uprobe:" TYPED_RUST ":cpp:typed_rust::" + function, AVOCET_DESCRIBE_ARGS);
        std::string out;
        for (const auto& arg : groups.at(0).args)
            out += (out.empty() ? "" : ", ") + arg.name + (arg.name.empty() ? "" : " ") + place_of(arg);
        return out;
    };
    EXPECT_EQ(layout("scalars"), "a reg0, b reg1, letter reg2, flag reg3, list reg4, reg5, _text sp+8");
    EXPECT_EQ(layout("Order::total"), "self reg0, by nowhere, factor reg3");  // by: reg1 and reg2
    EXPECT_EQ(layout("several"), "span reg0, reg1, perhaps nowhere, next reg4, last reg5");
    EXPECT_EQ(layout("large"), "order other, count reg2");  // reg0: where the result goes
}
#endif
