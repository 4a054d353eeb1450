// SPDX-License-Identifier: Apache-2.0
//
// What BTF and tags become, and what is refused.
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <fstream>
#include <sstream>

#include "record/layout.hpp"
#include "record/tests/fixture.hpp"

namespace avocet::core::testing {
namespace {

// Text and JSON of one `value` output of this struct, whose only member is called v.
struct Shown {
    std::string text, json;
};
Shown show(std::string_view types, std::string_view bytes) {
    Harness h(types, R"({"schema": 1, "tool": "t", "events": true, "outputs": [{"kind": "value", "type": "out"}]})");
    h.event(0, bytes_of(bytes));
    h.decode();
    EXPECT_EQ(h.decoder->decode_errors(), 0u);
    return {h.text(), h.json()};
}

void expect_shown(std::string_view types, std::string_view bytes, std::string text, std::string json) {
    Shown s = show(types, bytes);
    EXPECT_EQ(s.text, text + "\n");
    EXPECT_EQ(s.json, "{\"type\": \"value\", \"data\": " + json + "}\n");
}

TEST(Layout, Integers) {
    expect_shown("struct out { s8 v; };", "s8:-1", "-1", "-1");
    expect_shown("struct out { u16 v; };", "u16:65535", "65535", "65535");
    expect_shown("struct out { u64 v; };", "u64:9007199254740993", "9007199254740993", "\"9007199254740993\"");
    expect_shown("struct out { u64 v; };", "u64:0xffffffffffffffff", "18446744073709551615",
                 "\"18446744073709551615\"");
    expect_shown("struct out { s64 v; };", "s64:-9007199254740992", "-9007199254740992", "-9007199254740992");
    expect_shown("struct out { bool v; };", "u8:1", "true", "true");
    expect_shown("struct out { pointer v; };", "u64:0xdead", "0xdead", "57005");
    expect_shown("struct out { u64 v @avocet:pointer; };", "u64:0xdead", "0xdead", "57005");
}

TEST(Layout, Enums) {
    constexpr auto types = "enum color { red = 0, blue = 7, minus = -1 }; struct out { enum color v; };";
    expect_shown(types, "u32:7", "blue", "7");
    expect_shown(types, "s32:-1", "minus", "-1");
    expect_shown(types, "u32:9", "9", "9");
}

TEST(Layout, NamesOfAnotherEnum) {
    constexpr auto color = "enum color { red = 1, blue = 2, green = 8, all = 11 }; ";
    const std::string flags = std::string(color) + "struct out { u32 v @avocet:flags=color; };";
    expect_shown(flags, "u32:3", "red|blue", "\"red|blue\"");
    expect_shown(flags, "u32:11", "all", "\"all\"");
    expect_shown(flags, "u32:72", "green|0x40", "\"green|0x40\"");
    expect_shown(flags, "u32:0", "0x0", "\"0x0\"");
    const std::string named = std::string(color) + "struct out { u16 v @avocet:enum=color; };";
    expect_shown(named, "u16:2", "blue", "2");
    expect_shown(named, "u16:3", "3", "3");
}

TEST(Layout, FormsByTags) {
    expect_shown("struct out { u32 v @avocet:ipv4; };", "u32:0x0100007f", "127.0.0.1", "\"127.0.0.1\"");
    expect_shown("struct out { u32 v @avocet:dev; };", "u32:0x800011", "8:17", "\"8:17\"");
    expect_shown("struct out { s32 v @avocet:errno; };", "s32:-2", "No such file or directory",
                 "\"No such file or directory\"");
    expect_shown("struct out { u32 v @avocet:uid; };", "u32:0", "root", "\"root\"");
    expect_shown("struct out { u16 v @avocet:port=be; };", "u16:0x5000", "80", "80");
    expect_shown("struct out { u32 v @avocet:hex; };", "u32:0xdead", "0xdead", "57005");
    expect_shown("struct out { u32 v @avocet:ifindex; };", "u32:1", "lo", "\"lo\"");
}

TEST(Layout, ArraysTuplesRecords) {
    expect_shown("struct out { u16 v[3]; };", "u16:1 u16:2 u16:3", "[1,2,3]", "[1,2,3]");
    expect_shown("struct out { u8 v[2][2]; };", "u8:1 u8:2 u8:3 u8:4", "[[1,2],[3,4]]", "[[1,2],[3,4]]");
    expect_shown("struct t @avocet:tuple { u8 a; }; struct out { struct t v; };", "u8:1", "(1)", "[1]");
    expect_shown("struct e { }; struct out { struct e v; };", "", "{}", "{}");
    expect_shown("struct in { u32 b; }; struct r { s32 a; struct in c; }; struct out { struct r v; };", "s32:-1 u32:2",
                 "{ .a = -1, .c = { .b = 2 } }", "{\"a\": -1, \"c\": {\"b\": 2}}");
    expect_shown("struct in { u8 b; u8 c; }; struct out { struct in v[2]; };", "u8:1 u8:2 u8:3 u8:4",
                 "[{ .b = 1, .c = 2 },{ .b = 3, .c = 4 }]", "[{\"b\": 1, \"c\": 2},{\"b\": 3, \"c\": 4}]");
}

TEST(Layout, AnonymousMembersDissolve) {
    expect_shown("struct in { u8 b; u8 c; }; struct r { u8 a; struct in; u8 d; }; struct out { struct r v; };",
                 "u8:1 u8:2 u8:3 u8:4", "{ .a = 1, .b = 2, .c = 3, .d = 4 }",
                 "{\"a\": 1, \"b\": 2, \"c\": 3, \"d\": 4}");
}

TEST(Layout, BitFieldsKeepTheirSign) {
    expect_shown("struct r { s32 a : 3; u32 b : 5; s32 c : 24; }; struct out { struct r v; };", "x:fdffffff",
                 "{ .a = -3, .b = 31, .c = -1 }", "{\"a\": -3, \"b\": 31, \"c\": -1}");
}

TEST(Layout, Strings) {
    expect_shown("struct out { char v[4]; };", "\"abcd\"", "abcd", "\"abcd\"");
    expect_shown("struct out { char v[4] @avocet:string; };", "\"abcd\"", "abcd..", "\"abcd..\"");
    expect_shown("typedef char name; struct out { u8 v[4] @avocet:string; };", "\"ab\"/4", "ab", "\"ab\"");
    expect_shown("struct out { char v[4]; };", "x:22095c01", "\"\t\\\x01", "\"\\\"\\t\\\\\\u0001\"");
}

TEST(Layout, TagsOnTypedefsAndStructs) {
    expect_shown("typedef u64 kaddr @avocet:ksym; struct out { kaddr v; };", "u64:0x100c", "do_work", "\"do_work\"");
    expect_shown("typedef u64 kaddr @avocet:ksym; struct out { kaddr v @avocet:pointer; };", "u64:0x100c", "0x100c",
                 "4108");
    expect_shown("struct out { u32 v @avocet:of_the_future; };", "u32:3", "3", "3");
}

TEST(Layout, Symbols) {
    expect_shown("struct out { u64 v @avocet:ksym; };", "u64:0xfff0", "0xfff0", "\"0xfff0\"");
    expect_shown("struct u { u64 address; u64 pid; }; struct out { struct u v @avocet:usym; };", "u64:0x2000 u64:5",
                 "main", "\"main\"");
}

TEST(Layout, Stacks) {
    constexpr auto types = "struct st { u64 id; u64 pid; }; struct out { struct st v @avocet:stack.";
    auto k = [&](std::string mode) { return std::string(types) + "kernel=" + mode + "; };"; };
    auto u = [&](std::string mode) { return std::string(types) + "user=" + mode + "; };"; };
    EXPECT_EQ(show(k("bpftrace,127"), "u64:7 u64:0").text, "\n        do_work+12\n        do_work+40\n\n");
    EXPECT_EQ(show(k("bpftrace,1"), "u64:7 u64:0").text, "\n        do_work+12\n\n");
    EXPECT_EQ(show(k("perf,127"), "u64:7 u64:0").text, "\n\t100c do_work+12\n\t1028 do_work+40\n\n");
    EXPECT_EQ(show(k("raw,127"), "u64:7 u64:0").text, "\n100c\n1028\n\n");
    EXPECT_EQ(show(u("bpftrace,127"), "u64:8 u64:5").text, "\n        main+40\n        0x5000\n\n");
    EXPECT_EQ(show(u("perf,127"), "u64:8 u64:5").text, "\n\t2028 main+40 (/bin/app)\n\t5000 0x5000 ([unknown])\n\n");
    EXPECT_EQ(show(u("build_id,127"), "u64:8 u64:4294967295").text, "\n2028\n5000\n\n");
    EXPECT_EQ(show(k("bpftrace,127"), "u64:0 u64:0").text, "\n\n");
    EXPECT_EQ(show(k("bpftrace,127"), "u64:99 u64:0").text, "\n\n");
}

TEST(Layout, ResolvedTexts) {
    expect_shown("struct out { u32 v @avocet:probe; };", "u32:3", "probe:3", "\"probe:3\"");
    expect_shown("struct out { u64 v @avocet:username; };", "u64:0", "root", "\"root\"");
    expect_shown("struct out { u64 v @avocet:username; };", "u64:4123456789", "", "\"\"");
    expect_shown("struct i { u64 family; u8 address[16]; }; struct out { struct i v @avocet:inet; };",
                 "u64:2 x:7f000001 zero:12", "127.0.0.1", "\"127.0.0.1\"");
    expect_shown("struct i { u64 family; u8 address[16]; }; struct out { struct i v @avocet:inet; };",
                 "u64:10 zero:15 x:01", "::1", "\"::1\"");
    expect_shown("struct out { u8 v[6] @avocet:mac; };", "x:0a1bff00de80", "0A:1B:FF:00:DE:80",
                 "\"0A:1B:FF:00:DE:80\"");
    expect_shown("struct out { s64 v @avocet:strerror; };", "s64:-2", "No such file or directory",
                 "\"No such file or directory\"");
    expect_shown("struct out { s64 v @avocet:strerror; };", "s64:99999", "Unknown error", "\"Unknown error\"");
    expect_shown("struct out { u64 v @avocet:signal_name; };", "u64:9", "Killed", "\"Killed\"");
    expect_shown("struct out { u64 v @avocet:signal_name; };", "u64:999", "N/A", "\"N/A\"");
    expect_shown("struct out { s64 v @avocet:syscall_name; };", "s64:-1", "Unknown syscall", "\"Unknown syscall\"");
    expect_shown("struct t { u64 ns; u64 clock; }; struct out { struct t v @\"avocet:time=%H:%M:%S %f %k %l %%f\"; };",
                 "u64:1700000000123456789 u64:3", "22:13:20 123456 123456789 123 %f",
                 "\"22:13:20 123456 123456789 123 %f\"");
    expect_shown("struct t { u64 ns; u64 clock; }; struct out { struct t v @avocet:time=%H; };", "u64:0 u64:0", "(?)",
                 "\"(?)\"");
}

#if defined(__x86_64__)
TEST(Layout, SystemCallNames) {
    expect_shown("struct out { s64 v @avocet:syscall_name; };", "s64:257", "openat", "\"openat\"");
    expect_shown("struct out { s64 v @avocet:syscall_name; };", "s64:0", "read", "\"read\"");
}
#endif

// The root of a mounted hierarchy is found by its own inode number, and a filter that does not match hides it.
TEST(Layout, ControlGroupPaths) {
    std::ifstream mounts("/proc/self/mountinfo");
    std::string line, skip, path;
    while (path.empty() && std::getline(mounts, line))
        if (line.find(" - cgroup") != std::string::npos)
            std::istringstream(line) >> skip >> skip >> skip >> skip >> path;
    struct stat root {};
    if (path.empty() || stat(path.c_str(), &root) != 0) GTEST_SKIP() << "no control group hierarchy is mounted";
    std::string id = "u64:" + std::to_string(root.st_ino);
    EXPECT_NE(show("struct out { u64 v @avocet:cgroup_path=; };", id).text.find(":/"), std::string::npos);
    EXPECT_NE(show("struct out { u64 v @avocet:cgroup_path=*; };", id).text.find(":/"), std::string::npos);
    expect_shown("struct out { u64 v @avocet:cgroup_path=none*; };", id, "", "\"\"");
    expect_shown("struct out { u64 v @avocet:cgroup_path=; };", "u64:0xfffffffffffffff0", "", "\"\"");
}

TEST(Layout, UnitsReachTheType) {
    Harness h("struct out { u64 latency @avocet:unit=ns; };",
              R"({"schema": 1, "tool": "t", "events": true, "outputs": [{"kind": "value", "type": "out"}]})");
    h.event(0, bytes_of("u64:1"));
    h.decode();
    EXPECT_STREQ(view(h.batches[0]).schema->fields[0].type->unit, "ns");
}

// Declarations that cannot be shown: reported when the session starts, and their samples count as errors.
void expect_refused(std::string_view types, std::string_view fact) {
    Harness h(types, R"({"schema": 1, "tool": "t", "events": true, "outputs": [{"kind": "value", "type": "out"}]})");
    auto diagnostics = h.diagnostics.take();
    ASSERT_EQ(diagnostics.size(), 1u);
    EXPECT_NE(diagnostics[0].message.find(fact), std::string::npos) << diagnostics[0].message;
    h.event(0, std::string(64, '\0'));
    h.decode();
    EXPECT_EQ(h.decoder->decode_errors(), 1u);
    EXPECT_TRUE(h.batches.empty());
}

TEST(Layout, TagsThatDoNotFit) {
    expect_refused("struct out { u32 v @avocet:stack.user=perf,3; };", "needs 16 bytes");
    expect_refused("struct st { u64 id; u64 pid; }; struct out { struct st v @avocet:stack.user=sideways,3; };",
                   "unknown stack mode 'sideways'");
    expect_refused("struct st { u64 id; u64 pid; }; struct out { struct st v @avocet:stack.user=perf,3x; };",
                   "no number");
    expect_refused("struct out { u64 v @avocet:str; };", "needs 4 bytes");
    expect_refused("struct out { u64 v @avocet:string; };", "needs an array");
    expect_refused("struct s { u64 a; }; struct out { struct s v @avocet:username; };", "needs an integer");
    expect_refused("struct out { u8 v[100000]; };", "too many elements");
    expect_refused("struct out { u8 a; u8 b; };", "do not fit");
}

TEST(Layout, EndlessTypesAreRefused) {
    ::btf* b = btf__new_empty();
    btf__add_int(b, "u8", 1, 0);    // 1
    btf__add_struct(b, "loop", 8);  // 2
    btf__add_field(b, "self", 2, 0, 0);
    btf__add_typedef(b, "round", 3);   // 3
    btf__add_array(b, 1, 4, 2);        // 4: element is itself
    btf__add_struct(b, "outside", 4);  // 5
    btf__add_field(b, "far", 1, 800, 0);
    btf__add_struct(b, "missing", 4);  // 6
    btf__add_field(b, "gone", 999, 0, 0);
    BtfView view(b);
    TypeStore store;
    for (uint32_t id : {2u, 3u, 4u, 5u, 6u}) {
        Layout layout;
        std::string why;
        EXPECT_FALSE(LayoutCompiler(view, store).compile_value(id, layout, why)) << id;
        EXPECT_FALSE(why.empty());
    }
    btf__free(b);
}

}  // namespace
}  // namespace avocet::core::testing
