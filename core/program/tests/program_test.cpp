// SPDX-License-Identifier: Apache-2.0
//
// Objects that open, and objects that are refused with a reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <elf.h>
#include <random>

#include "program/program.hpp"
#include "program/tests/object_builder.hpp"
#include "types/btf.hpp"

namespace avocet::core::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* declarations = R"(
    struct avocet_out_0 { u32 pid; };
    struct pair { u8 a; u64 b; };
    map counts percpu_hash struct pair u64;
    function probe_0 raw_tp;
    constant avocet_attach_probe_0 4; constant avocet_selector_probe_0 2048;)";
constexpr const char* manifest = R"({"schema": 1, "tool": "t", "events": true,
    "functions": [{"name": "probe_0", "context": "raw_tracepoint"}],
    "maps": [{"name": "@", "symbol": "counts", "keyed": true, "aggregate": "count"}],
    "outputs": [{"kind": "printf", "type": "avocet_out_0", "format": "%d"}]})";

TEST(Program, KnowsItsTypesAndConstants) {
    Diagnostics d;
    std::string bytes = build_object(declarations, manifest);
    auto p = Program::open(bytes, "x.o", d);
    ASSERT_TRUE(p);
    EXPECT_EQ(d.error_count(), 0u);
    EXPECT_EQ(p->elf(), bytes);
    EXPECT_EQ(p->manifest().tool, "t");
    auto ids = p->map_types("counts");
    BtfView types(p->btf());
    EXPECT_EQ(types.spell(ids.key), "struct pair");
    EXPECT_EQ(types.size(ids.key), 16u);
    EXPECT_EQ(types.spell(ids.value), "u64");
    EXPECT_EQ(p->map_types("nothing").key, 0u);
    EXPECT_EQ(p->constant_size("avocet_attach_probe_0"), 4u);
    EXPECT_EQ(p->constant_size("avocet_selector_probe_0"), 2048u);
    EXPECT_EQ(p->constant_size("probe_0"), 0u);
}

std::string why_refused(std::string bytes) {
    Diagnostics d;
    EXPECT_FALSE(Program::open(std::move(bytes), "x.o", d));
    auto all = d.take();
    EXPECT_FALSE(all.empty());
    return all.empty() ? "" : all[0].message;
}

TEST(Program, RefusesWhatIsNotAnObject) {
    EXPECT_THAT(why_refused(""), HasSubstr("program 'x.o': is not an ELF file"));
    EXPECT_THAT(why_refused("#!/bin/sh\n"), HasSubstr("is not an ELF file"));
    std::string good = build_object(declarations, manifest);
    auto patched = [&](size_t offset, char value) {
        std::string bytes = good;
        bytes[offset] = value;
        return why_refused(bytes);
    };
    EXPECT_THAT(patched(EI_CLASS, ELFCLASS32), HasSubstr("is not a 64-bit ELF file"));
    EXPECT_THAT(patched(EI_DATA, ELFDATA2MSB), HasSubstr("byte order"));
    EXPECT_THAT(patched(offsetof(Elf64_Ehdr, e_machine), 62), HasSubstr("is not a BPF object"));
    EXPECT_THAT(patched(offsetof(Elf64_Ehdr, e_type), ET_EXEC), HasSubstr("is not a relocatable object"));
    EXPECT_THAT(patched(offsetof(Elf64_Ehdr, e_shentsize), 1), HasSubstr("no section headers"));
    EXPECT_THAT(patched(offsetof(Elf64_Ehdr, e_shoff) + 6, 127), HasSubstr("cut short"));
    EXPECT_THAT(why_refused(good.substr(0, good.size() - 1)), HasSubstr("cut short"));
}

TEST(Program, RefusesDamagedTypes) {
    std::string bytes = build_object(declarations, manifest);
    size_t magic = bytes.find("\x9f\xeb\x01");
    ASSERT_NE(magic, std::string::npos);
    bytes[magic] = 'x';
    EXPECT_THAT(why_refused(bytes), HasSubstr("type information (section .BTF) is damaged"));
}

TEST(Program, RefusesAManifestThatDoesNotMatch) {
    EXPECT_THAT(why_refused(build_object(declarations, "nonsense")), HasSubstr("not valid JSON"));
    EXPECT_THAT(why_refused(build_object("function other raw_tp;",
                                         R"({"schema": 1, "functions": [{"name": "probe_0", "context": "runtime"}]})")),
                HasSubstr("names function 'probe_0'"));
    EXPECT_THAT(why_refused(build_object("struct x { u8 a; };",
                                         R"({"schema": 1, "maps": [{"name": "@a", "symbol": "map_a"}]})")),
                HasSubstr("names map 'map_a'"));
    EXPECT_THAT(why_refused(build_object("struct x { u8 a; };",
                                         R"({"schema": 1, "outputs": [{"kind": "value", "type": "y"}]})")),
                HasSubstr("names type 'y'"));
    EXPECT_THAT(why_refused(build_object("constant probe_0 4;",
                                         R"({"schema": 1, "functions": [{"name": "probe_0", "context": "runtime"}]})")),
                HasSubstr("names function 'probe_0'"));
}

TEST(Program, EveryCutOfAnObjectIsRefusedOrHarmless) {
    std::string good = build_object(declarations, manifest);
    for (size_t n = 0; n < good.size(); n += 7) {
        Diagnostics d;
        EXPECT_FALSE(Program::open(good.substr(0, n), "x.o", d)) << n;
    }
}

TEST(Program, FlippedBytesNeverCrash) {
    std::string good = build_object(declarations, manifest);
    std::mt19937 random(3);
    size_t opened = 0;
    for (int i = 0; i < 5000; ++i) {
        std::string bytes = good;
        for (int n = 0; n < 3; ++n) bytes[random() % bytes.size()] = static_cast<char>(random());
        Diagnostics d;
        auto p = Program::open(bytes, "x.o", d);
        if (p)
            opened += p->map_types("counts").key + 1;
        else
            EXPECT_GT(d.error_count(), 0u);
    }
    EXPECT_GT(opened, 0u);
}

}  // namespace
}  // namespace avocet::core::testing
