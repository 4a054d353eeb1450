// SPDX-License-Identifier: Apache-2.0
//
// Lowering, judged by the kernel: the verifier accepts what is generated, and running it gives the numbers of the
// language's rules. Needs root.
#include <gtest/gtest.h>

#include <sys/syscall.h>

#include "tests/compiler_host.hpp"
#include "tests/loaded_program.hpp"

namespace avocet::dsl::test {
namespace {

class LowerTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "needs root: loads BPF programs";
    }
    std::unique_ptr<LoadedProgram> open(const std::string& script, uint32_t flags = 0) {
        const std::string object = host.compile(script, "", flags);
        if (object.empty()) throw std::runtime_error("refused: " + host.messages);
        return std::make_unique<LoadedProgram>(object);
    }
    std::unique_ptr<LoadedProgram> load(const std::string& script, uint32_t flags = 0) {
        auto program = open(script, flags);
        const std::string refusal = program->load();
        if (!refusal.empty()) throw std::runtime_error(script + "\n" + refusal);
        return program;
    }
    CompilerHost host;
};

// ---- the verifier accepts ----

const char* const one_liners[] = {
    "rawtracepoint:sched_switch { @ = count(); }",
    "rawtracepoint:sched_switch { @[comm] = count(); }",
    "rawtracepoint:sched_switch { @[pid, comm] = sum(nsecs); }",
    "tracepoint:syscalls:sys_enter_* { @[probe] = count(); }",
    "tracepoint:syscalls:sys_exit_* { @[comm, pid] = count(); }",
    "tracepoint:syscalls:sys_enter_openat { printf(\"%s %s\\n\", comm, str(arg1)); }",
    "tracepoint:syscalls:sys_enter_read /pid == 1/ { @[arg0, arg1, arg2] = count(); }",
    "begin { @a = 1; @b[\"x\"] = 2; @c[1, \"abc\"] = 3; print(@a); print(@b); clear(@b); zero(@c); }",
    "rawtracepoint:sched_switch { @h = hist(nsecs); @l = lhist(cpu, 0, 100, 10); }",
    "rawtracepoint:sched_switch { @h[comm] = hist(nsecs, 3); @l[pid] = lhist(cpu, 0, 100, 10); }",
    "rawtracepoint:sched_switch { @s = sum(cpu); @m = min(cpu); @x = max(cpu); @a = avg(cpu); @t = stats(cpu); }",
    "rawtracepoint:sched_switch { @s[pid] = sum(cpu); @m[pid] = min(cpu); @x[pid] = max(cpu); @a[pid] = avg(cpu); "
    "@t[pid] = stats(cpu); }",
    "begin { $i = 0; while ($i < 10) { $i++; if ($i == 7) { break; } @s = sum($i); } }",
    "begin { for ($i : 0..1000000) { if ($i == 500) { break; } if ($i == 3) { continue; } @t = sum($i); } }",
    "begin { @a[1] = 2; for ($kv : @a) { for ($i : 0..100) { printf(\"%d %d\\n\", $kv.0, $i); } } }",
    "rawtracepoint:sched_switch { @[kstack] = count(); @u[ustack(5)] = count(); }",
    "rawtracepoint:sched_switch { printf(\"%s %d\\n\", kstack(perf, 9), len(kstack)); }",
    "rawtracepoint:sched_switch { @[dw_ustack] = count(); }",
    "profile:hz:99 { @[dw_ustack(1024), dw_ustack(perf, 3), ustack] = count(); @n = len(dw_ustack(0)); }",
    "uprobe:/bin/bash:readline { for ($i : 0..100) { @[dw_ustack(raw, 20), $i] = count(); } }",
    "begin { @a[1] = 2; for ($kv : @a) { $r = (stack=dw_ustack(1), key=$kv.0); print($r); } }",
    "begin { $r = (a=1, b=\"xyz\"); print($r); @r = $r; }",
    "begin { $s = \"abc\"; if ($s == str(0)) { @ = 1; } }",
    "begin { printf(\"%d %d %s %d %d\\n\", pid, tid, comm, ppid, curtask.pid); }",
    "begin { @x[1] = 1; if (has_key(@x, 1)) { delete(@x, 1); } @n = len(@x); }",
    "begin { $p = (uint8*)1234; $v = *$p; $w = $p[3]; print($v + $w); }",
    "uprobe:/bin/bash:readline { @[comm, arg0] = count(); printf(\"%s %s\\n\", str(arg0), probe); }",
    "uprobe:/bin/bash:readline { @[ustack] = count(); @f[func] = count(); @r = reg(\"ip\"); }",
    "profile:hz:99 { @[kstack(10)] = count(); @m = usermode; }",
    "begin { printf(\"%s %r\\n\", str(kptr(123)), buf(kptr(1), 10)); }",
    "begin { printf(\"%r\\n\", buf(kptr(1), 300)); }",
    "begin { @ = strlen(\"abc\"); @b = strncmp(\"abc\", comm, 3); @c = strcontains(comm, \"x\"); }",
    "begin { join(0); join(1, \",\"); }",
    "begin { @c = count(); @a[1] = avg(3); if (@c > 5) { print(@c); } $x = @a[1]; print($x); }",
    "end { print(ntop(1)); print(macaddr(kptr(1))); print(strftime(\"%H\", nsecs)); }",
    "begin { $x = curtask.real_parent.comm; print($x); print(curtask.mm.pgd); }",
    "begin { @a[\"k\"] = 5; for ($kv : @a) { if ($kv.1 == 5) { exit(); } @z = 1; } @after = 2; }",
    "begin { @s[\"a\"] = avg(2); for ($kv : @s) { print($kv); } }",
    "begin { $s = str(kptr(1)); @k[$s] = count(); @v = $s; printf(\"%s\\n\", $s); }",
    "begin { print((1, (2, \"abc\"), nsecs, comm)); time(\"%H\\n\"); print(1); print(\"x\"); }",
    "rawtracepoint:sched_switch { printf(\"%d %d %d %d\\n\", uid, gid, cpu, rand); @e = elapsed; @j = jiffies; @g = "
    "cgroup; }",
    "begin { @[1] = 1; @[2] = 2; @n = 0; for ($kv : @) { @n += $kv.1; } }",
    "begin { unroll(5) { @u++; } $y = @u > 3 ? \"yes\" : \"nope\"; print($y); }",
    "begin { printf(\"%s %s %s %s\\n\", str(kptr(1)), str(kptr(2)), str(kptr(3)), str(kptr(4))); }",
    "begin { @t[1] = (1, \"a\"); @u = @t[1]; print(@t[1]); print(@u.1); }",
    "interval:s:1 { print(@x); clear(@x); } rawtracepoint:sched_switch { @x[comm] = count(); }",
};

class OneLiner : public LowerTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(OneLiner, IsAcceptedByTheVerifier) {
    for (const uint32_t flags : {0u, static_cast<uint32_t>(AVOCET_COMPILE_WARNINGS)}) {
        auto program = open(GetParam(), flags);
        EXPECT_EQ(program->load(), "") << GetParam();
    }
}
TEST_P(OneLiner, IsAcceptedWithThePerfTransport) {
    auto program = open(GetParam());
    program->use_perf_transport();
    program->set("avocet_filter_pid", uint32_t{1});
    program->set("avocet_pidns_ino", uint64_t{4026531836});
    program->set("avocet_stamp", uint32_t{1});
    EXPECT_EQ(program->load(), "") << GetParam();
}
INSTANTIATE_TEST_SUITE_P(All, OneLiner, ::testing::ValuesIn(one_liners),
                         [](const auto& one) { return "n" + std::to_string(one.index); });

// ---- numbers ----

struct Case {
    const char* expression;
    int64_t expected;
};

// `@i`, `@u` ... are set from outside: nothing can be folded at compile time.
TEST_F(LowerTest, ArithmeticFollowsTheTypes) {
    const Case cases[] = {
        {"@i + 3", -5},
        {"@i - 3", -11},
        {"@i * 3", -24},
        {"@i / 3", -2},
        {"@i % 3", -2},
        {"@i >> 1", -4},
        {"@i << 2", -32},
        {"@i / @j", -1},
        {"@j / @i", 0},
        {"@i % @j", -3},
        {"-@i", 8},
        {"~@i", 7},
        {"@i & 0xff", 248},
        {"@i | 1", -7},
        {"@i ^ @j", -3},
        {"@u / 3", 0x5555555555555552},
        {"@u % 7", 1},
        {"@u >> 1", 0x7ffffffffffffffc},
        {"@u + 8", 0},
        {"(int64)(int8)@w", -128},
        {"(int64)(uint8)@w", 128},
        {"(int64)(int16)@w", 0x180},
        {"(int64)(int32)@w", 0x180},
        {"(int64)(@i < 0)", 1},
        {"(int64)(@i > @j)", 0},
        {"(int64)(@u > 5)", 1},
        {"(int64)(@i <= -8)", 1},
        {"(int64)(@i == @j)", 0},
        {"(int64)(@i != @j)", 1},
        {"(int64)(@i >= -7)", 0},
        {"(int64)!@i", 0},
        {"(int64)(@i && @z)", 0},
        {"(int64)(@i || @z)", 1},
        {"@i > 0 ? 10 : 20", 20},
        {"@z ?: 7", 7},
        {"@j << 62", 0x4000000000000000},
        {"(int64)(bool)@i", 1},
        {"@j / @z", 1},
        {"@j % @z", 1},
        {"@u / @z2", 1},
    };
    std::string script = "begin {\n";
    for (size_t i = 0; i < std::size(cases); ++i)
        script += "@r" + std::to_string(i) + " = " + cases[i].expression + ";\n";
    script +=
        "}\nend { @i = (int64)1; @j = (int64)1; @u = (uint64)1; @w = (int64)1; @z = (int64)0; @z2 = (uint64)0; }\n";
    auto program = load(script);
    program->set_scalar("map_i", -8);
    program->set_scalar("map_j", 5);
    program->set_scalar("map_u", -8);
    program->set_scalar("map_w", 0x180);
    program->run("probe_0");
    for (size_t i = 0; i < std::size(cases); ++i)
        EXPECT_EQ(program->scalar("map_r" + std::to_string(i)), cases[i].expected) << cases[i].expression;
    ASSERT_EQ(program->controls.size(), 3u) << "each division by zero is reported";
    EXPECT_EQ(program->controls[0].body.size(), 8u);
}

int64_t hist_bucket(int64_t n, unsigned k) {  // the formula of sdk/docs/program.md
    if (n < 0) return 0;
    const int64_t per_power = int64_t{1} << k;
    if (n < 2 * per_power) return 1 + n;
    const unsigned p = 63 - static_cast<unsigned>(__builtin_clzll(static_cast<uint64_t>(n)));
    const int64_t j = (n >> (p - k)) - per_power;
    return 1 + 2 * per_power + (p - k - 1) * per_power + j;
}

TEST_F(LowerTest, HistogramBucketsFollowTheFormula) {
    for (const unsigned k : {0u, 2u, 5u}) {
        auto program = load("begin { @h = hist(@v, " + std::to_string(k) + "); } end { @v = (int64)1; }");
        std::vector<int64_t> values = {-1,   INT64_MIN, 0,    1,     2,     3,          4,        7,   8,
                                       9,    15,        16,   63,    64,    65,         100,      127, 128,
                                       1000, 4095,      4096, 65535, 65536, 1000000007, INT64_MAX};
        for (unsigned bit = 5; bit < 63; ++bit) {
            values.push_back((int64_t{1} << bit) - 1);
            values.push_back(int64_t{1} << bit);
            values.push_back((int64_t{1} << bit) + (int64_t{1} << (bit - 2)));
        }
        std::map<int64_t, uint64_t> expected;
        for (const int64_t v : values) {
            program->set_scalar("map_v", v);
            program->run("probe_0");
            ++expected[hist_bucket(v, k)];
        }
        const uint32_t entries = bpf_map__max_entries(program->map("map_h"));
        for (uint32_t b = 0; b < entries; ++b)
            EXPECT_EQ(program->per_cpu_at("map_h", b), expected.count(b) ? expected[b] : 0)
                << "bucket " << b << " of hist with " << k << " bits";
        EXPECT_LT(expected.rbegin()->first, entries);
    }
}

TEST_F(LowerTest, LinearHistogramBuckets) {
    auto program = load("begin { @h = lhist(@v, 10, 95, 10); } end { @v = (int64)1; }");
    const std::pair<int64_t, uint32_t> cases[] = {{-5, 0}, {9, 0},  {10, 1}, {19, 1},  {20, 2},
                                                  {89, 8}, {90, 9}, {94, 9}, {95, 10}, {100000, 10}};
    std::map<uint32_t, uint64_t> expected;
    for (const auto& [value, bucket] : cases) {
        program->set_scalar("map_v", value);
        program->run("probe_0");
        ++expected[bucket];
        EXPECT_EQ(program->per_cpu_at("map_h", bucket), expected[bucket]) << value;
    }
}

TEST_F(LowerTest, AggregatesOverSignedValues) {
    auto program = load(
        "begin { @s = sum(@v); @n = min(@v); @x = max(@v); @a = avg(@v); @c = count(); @k[1] = stats(@v); @m[2] = "
        "min(@v);"
        " @rs = (int64)@s; @rn = (int64)@n; @rx = (int64)@x; @ra = (int64)@a; @rc = (int64)@c; @rm = (int64)@m[2]; } "
        "end { @v = (int64)1; }");
    for (const int64_t v : {-3, 7, -12, 5}) {
        program->set_scalar("map_v", v);
        program->run("probe_0");
    }
    EXPECT_EQ(program->scalar("map_rs"), -3);
    EXPECT_EQ(program->scalar("map_rn"), -12);
    EXPECT_EQ(program->scalar("map_rx"), 7);
    EXPECT_EQ(program->scalar("map_ra"), 0);
    EXPECT_EQ(program->scalar("map_rc"), 4);
    EXPECT_EQ(program->scalar("map_rm"), -12);
    const int64_t key = 1;
    EXPECT_EQ(static_cast<int64_t>(program->per_cpu("map_k", &key, 0)), -3);
    EXPECT_EQ(program->per_cpu("map_k", &key, 1), 4u);
}

TEST_F(LowerTest, TextsAndTuplesCompare) {
    const Case cases[] = {
        {"(int64)($a == \"abc\")", 1},
        {"(int64)($a == \"abcd\")", 0},
        {"(int64)($a == \"ab\")", 0},
        {"(int64)($a != \"abd\")", 1},
        {"(int64)($a == $b)", 1},
        {"(int64)($a == $c)", 0},
        {"(int64)($b != $c)", 1},
        {"(int64)($t == (1, \"x\"))", 1},
        {"(int64)($t == (1, \"y\"))", 0},
        {"(int64)($t != (2, \"x\"))", 1},
        {"(int64)strlen($a)", 3},
        {"(int64)strlen(\"\")", 0},
        {"(int64)strncmp($a, \"abd\", 2)", 0},
        {"(int64)(strncmp($a, \"abd\", 3) != 0)", 1},
        {"(int64)strstr($a, \"bc\")", 1},
        {"(int64)strstr($a, \"zz\")", -1},
        {"(int64)strcontains($l, \"lazy dog\")", 1},
        {"(int64)strcontains($l, \"crazy dog\")", 0},
        {"(int64)strstr($a, \"\")", 0},
        {"(int64)$a[1]", 'b'},
        {"(int64)$t.0", 1},
    };
    std::string script =
        "begin { $a = \"abc\"; $b = \"abc\"; $c = \"abd\"; $t = (@one, \"x\"); $l = \"the quick brown fox jumps over "
        "the lazy dog\";\n";
    for (size_t i = 0; i < std::size(cases); ++i)
        script += "@r" + std::to_string(i) + " = " + cases[i].expression + ";\n";
    script += "} end { @one = (int64)1; }";
    auto program = load(script);
    program->set_scalar("map_one", 1);
    program->run("probe_0");
    for (size_t i = 0; i < std::size(cases); ++i)
        EXPECT_EQ(program->scalar("map_r" + std::to_string(i)), cases[i].expected) << cases[i].expression;
}

TEST_F(LowerTest, Loops) {
    auto program = load(
        "begin {\n"
        "  $s = (int64)0; for ($i : 0..@n) { if ($i == 3) { continue; } if ($i == 10) { break; } $s += $i; } @a = $s;\n"
        "  $c = (int64)0; for ($i : 0..@n) { for ($j : 0..$i) { $c++; if ($j == 4) { break; } } } @b = $c;\n"
        "  $w = (int64)0; while ($w < 20) { $w++; if ($w == 15) { break; } } @c = $w;\n"
        "  $u = (int64)0; unroll(4) { $u += 2; } @d = $u;\n"
        "  $e = (int64)0; for ($i : 5..@z) { $e++; } @e = $e;\n"
        "  @m[1] = 10; @m[2] = 20; @m[3] = 30; $t = (int64)0; for ($kv : @m) { $t += $kv.0 * $kv.1; } @f = $t; @g = "
        "len(@m);\n"
        "  for ($i : 0..@n) { if ($i == 5) { return; } @h = $i; }\n"
        "  @never = (int64)1;\n"
        "} end { @n = (int64)0; @z = (int64)0; @h = (int64)0; }");
    program->set_scalar("map_n", 100);
    program->run("probe_0");
    EXPECT_EQ(program->scalar("map_a"), 0 + 1 + 2 + 4 + 5 + 6 + 7 + 8 + 9);
    EXPECT_EQ(program->scalar("map_b"), 0 + 1 + 2 + 3 + 4 + 5 * 95);
    EXPECT_EQ(program->scalar("map_c"), 15);
    EXPECT_EQ(program->scalar("map_d"), 8);
    EXPECT_EQ(program->scalar("map_e"), 0);
    EXPECT_EQ(program->scalar("map_f"), 10 + 40 + 90);
    EXPECT_EQ(program->scalar("map_g"), 3);
    EXPECT_EQ(program->scalar("map_h"), 4);
    EXPECT_EQ(program->scalar("map_never"), 0);
}

TEST_F(LowerTest, IncrementsYieldOldAndNew) {
    auto program = load(
        "begin { $x = (int64)5; @a = $x++; @b = ++$x; @c = $x--; @d = --$x; @n++; @n++; @e = @n++; @f = ++@k[\"a\"]; "
        "@g = @k[\"a\"]++; @h = @k[\"a\"];"
        " @s += 40; @s -= 2; @q[1, \"x\"] += 7; @q[1, \"x\"] -= 2; @i = @q[1, \"x\"]; @o[1] += 1; @o[2] += 5; @o[1] = "
        "@o[2] + 1; @j = @o[1]; }");
    program->run("probe_0");
    const std::pair<const char*, int64_t> expected[] = {{"a", 5}, {"b", 7}, {"c", 7}, {"d", 5},  {"n", 3}, {"e", 2},
                                                        {"f", 1}, {"g", 1}, {"h", 2}, {"s", 38}, {"i", 5}, {"j", 6}};
    for (const auto& [name, value] : expected) EXPECT_EQ(program->scalar(std::string("map_") + name), value) << name;
}

// ---- events and losses ----

TEST_F(LowerTest, FixedEventsHaveTheLayoutOfTheirType) {
    auto program =
        load("begin { printf(\"%d %d %s\\n\", @v, (uint8)7, comm); print((1, \"ab\")); } end { @v = (int64)1; }");
    program->set_scalar("map_v", -9);
    program->run("probe_0");
    ASSERT_EQ(program->samples.size(), 2u);
    const Sample& s = program->samples[0];
    EXPECT_EQ(s.header.output, 0u);
    EXPECT_EQ(s.header.function, 0u);
    EXPECT_EQ(s.header.time_ns, 0u);
    EXPECT_EQ(s.at<int64_t>(0), -9);
    EXPECT_EQ(s.at<uint8_t>(8), 7);
    EXPECT_STREQ(s.body.substr(9, 16).c_str(), "test_dsl_lower");
    EXPECT_EQ(program->samples[1].header.output, 1u);
}

TEST_F(LowerTest, LongStringsFollowWithTheirLength) {
    auto program = load(
        "begin { $p = @address; printf(\"%s|%d|%s\\n\", str(uptr((uint8*)$p)), 42, str(uptr((uint8*)($p + 6)))); } end "
        "{ @address = (uint64)1; }");
    const char text[] = "hello world";
    program->set_scalar("map_address", static_cast<int64_t>(reinterpret_cast<uintptr_t>(text)));
    program->run("probe_0");
    ASSERT_EQ(program->samples.size(), 1u);
    const Sample& s = program->samples[0];
    EXPECT_EQ(s.text(0), "hello world");
    EXPECT_EQ(s.at<uint8_t>(4), 42);
    EXPECT_EQ(s.text(8), "world");
    EXPECT_EQ(s.body.size(), 16u + 11 + 5) << "no padding is sent";
}

TEST_F(LowerTest, CutTextsAreMarked) {
    auto program = load(
        "config = { max_strlen = 8 } begin { $p = uptr((uint8*)@address); $s = str($p); printf(\"%s|%s|%s|%s\\n\", "
        "str($p), str($p + 8), str($p, 4), $s); }"
        " end { @address = (uint64)1; }");
    const char text[] = "hello world";
    program->set_scalar("map_address", static_cast<int64_t>(reinterpret_cast<uintptr_t>(text)));
    program->run("probe_0");
    ASSERT_EQ(program->samples.size(), 1u);
    const Sample& s = program->samples[0];
    constexpr uint32_t truncated = 1u << 31;
    EXPECT_EQ(s.text(0), "hello wo");
    EXPECT_TRUE(s.at<uint32_t>(0) & truncated);
    EXPECT_EQ(s.text(4), "rld");
    EXPECT_FALSE(s.at<uint32_t>(4) & truncated);
    EXPECT_STREQ(s.body.substr(8, 5).c_str(), "hel");
    EXPECT_EQ(s.text(16), "hello wo");
    EXPECT_TRUE(s.at<uint32_t>(16) & truncated);
}

TEST_F(LowerTest, UnreadableTextIsEmpty) {
    auto program = load("begin { printf(\"%s|%s\\n\", str(kptr((uint8*)1)), str(uptr((uint8*)1))); }");
    program->run();
    ASSERT_EQ(program->samples.size(), 1u);
    EXPECT_EQ(program->samples[0].text(0), "");
    EXPECT_EQ(program->samples[0].text(4), "");
}

TEST_F(LowerTest, JoinSendsTheStrings) {
    auto program = load("begin { join(uptr((uint8*)@address)); } end { @address = (uint64)1; }");
    const char* const words[] = {"a", "quick", "fox", nullptr, "unseen"};
    program->set_scalar("map_address", static_cast<int64_t>(reinterpret_cast<uintptr_t>(words)));
    program->run("probe_0");
    ASSERT_EQ(program->samples.size(), 1u);
    const Sample& s = program->samples[0];
    ASSERT_EQ(s.at<uint32_t>(0), 3u);
    EXPECT_EQ(s.text(4), "a");
    EXPECT_EQ(s.text(8), "quick");
    EXPECT_EQ(s.text(12), "fox");
}

TEST_F(LowerTest, EveryEventIsDeliveredOrCounted) {
    for (const char* script :
         {"begin { printf(\"%d\\n\", @n); @n++; }", "begin { printf(\"%s\\n\", str(kptr((uint8*)1))); @n++; }"}) {
        auto program = open(script);
        program->set_entries(AVOCET_MAP_EVENTS, 4096);
        ASSERT_EQ(program->load(), "");
        constexpr uint64_t events = 1000;
        for (uint64_t i = 0; i < events; ++i) program->run_without_draining();
        program->drain();
        EXPECT_GT(program->samples.size(), 0u);
        EXPECT_LT(program->samples.size(), events);
        EXPECT_EQ(program->samples.size() + program->losses(0, AVOCET_LOSS_RING_FULL), events) << script;
        EXPECT_EQ(program->scalar("map_n"), static_cast<int64_t>(events));
    }
}

TEST_F(LowerTest, ExitTakesTheControlRing) {
    auto program = load("begin { exit(5); @never = 1; } end { @never = 2; }");
    program->run("probe_0");
    EXPECT_TRUE(program->samples.empty());
    ASSERT_EQ(program->controls.size(), 1u);
    EXPECT_EQ(program->controls[0].at<int64_t>(0), 5);
    EXPECT_EQ(program->scalar("map_never"), 0);
}

TEST_F(LowerTest, FullMapIsCountedAlwaysAndReportedOnce) {
    auto program = load(
        "config = { max_map_keys = 4 } begin { for ($i : 0..100) { @[$i] = $i; } for ($i : 0..100) { @c[$i]++; } }");
    program->run();
    EXPECT_EQ(program->losses(0, AVOCET_LOSS_MAP_FULL), 2 * 96u);
    EXPECT_EQ(program->controls.size(), 2u);
}

TEST_F(LowerTest, StampsWhenAsked) {
    auto program = open("begin { print(1); }");
    program->set("avocet_stamp", uint32_t{1});
    ASSERT_EQ(program->load(), "");
    program->run();
    ASSERT_EQ(program->samples.size(), 1u);
    EXPECT_GT(program->samples[0].header.time_ns, 0u);
}

TEST_F(LowerTest, MapFunctions) {
    auto program = load(
        "begin { @m[1] = 11; @m[2] = 22; @a = (int64)delete(@m, 1); @b = (int64)delete(@m, 1); @c = (int64)has_key(@m, "
        "2); @d = (int64)has_key(@m, 1);"
        " $v = 0; @e = (int64)find(@m, 2, $v); @f = (int64)$v; @g = (int64)@m[99]; @s = 5; delete(@s); @h = @s; @n = "
        "count(); delete(@n); @k = (int64)@n; }");
    program->run();
    const std::pair<const char*, int64_t> expected[] = {{"a", 1}, {"b", 0},  {"c", 1}, {"d", 0},
                                                        {"e", 1}, {"f", 22}, {"g", 0}, {"k", 0}};
    for (const auto& [name, value] : expected) EXPECT_EQ(program->scalar(std::string("map_") + name), value) << name;
}

TEST_F(LowerTest, DeleteTakesAllBucketsOfAKey) {
    auto program = load(
        "begin { @h[1] = hist(1); @h[1] = hist(100); @h[2] = hist(-1); @a = (int64)delete(@h, 1); "
        "@b = (int64)delete(@h, 7); @n = len(@h); }");
    program->run();
    EXPECT_EQ(program->scalar("map_a"), 1);
    EXPECT_EQ(program->scalar("map_b"), 0);
    EXPECT_EQ(program->scalar("map_n"), 1);
    EXPECT_EQ(host.compile("begin { @h = hist(1); delete(@h); }"), "");
    EXPECT_NE(host.messages.find("has no keys to delete"), std::string::npos) << host.messages;
}

// ---- on real events ----

TEST_F(LowerTest, SelectorCountsExactlyTheChosenCalls) {
    auto program = open("tracepoint:syscalls:sys_enter_getppid { @[probe] = count(); @who[pid] = count(); }");
    program->set("avocet_selector_probe_0", uint16_t{7}, SYS_getppid);
    program->set("avocet_filter_pid", static_cast<uint32_t>(getpid()));
    ASSERT_EQ(program->load(), "");
    program->attach_raw("probe_0", "sys_enter");
    for (int i = 0; i < 1000; ++i) syscall(SYS_getppid);
    program->detach();
    const uint32_t attach_id = 7, pid = static_cast<uint32_t>(getpid());
    EXPECT_EQ(program->per_cpu("map_", &attach_id), 1000u);
    EXPECT_EQ(program->per_cpu("map_who", &pid), 1000u);
}

TEST_F(LowerTest, SystemCallArgumentsComeFromTheRegisters) {
    for (const char* event : {"sys_enter", "sys_exit"}) {
        auto program = open(std::string("tracepoint:syscalls:") + event +
                            "_prctl { @a = arg0; @b = arg1; @c = arg2; @d = arg3; @e = arg4; @n = count(); }");
        program->set("avocet_selector_probe_0", uint16_t{1}, SYS_prctl);
        program->set("avocet_filter_pid", static_cast<uint32_t>(getpid()));
        ASSERT_EQ(program->load(), "");
        program->attach_raw("probe_0", event);
        syscall(SYS_prctl, 0x12345, 0x1111222233334444, 3, 4, 5);
        program->detach();
        EXPECT_EQ(program->scalar("map_a"), 0x12345) << event;
        EXPECT_EQ(program->scalar("map_b"), 0x1111222233334444);
        EXPECT_EQ(program->scalar("map_c"), 3);
        EXPECT_EQ(program->scalar("map_d"), 4);
        EXPECT_EQ(program->scalar("map_e"), 5);
        EXPECT_EQ(program->per_cpu_at("map_n", 0), 1u);
    }
}

TEST_F(LowerTest, StacksAreStoredOnce) {
    auto program = open("tracepoint:syscalls:sys_enter_getppid { @[kstack, ustack(3)] = count(); }");
    program->set("avocet_selector_probe_0", uint16_t{1}, SYS_getppid);
    program->set("avocet_filter_pid", static_cast<uint32_t>(getpid()));
    ASSERT_EQ(program->load(), "");
    program->attach_raw("probe_0", "sys_enter");
    for (int i = 0; i < 10; ++i) syscall(SYS_getppid);
    program->detach();
    struct Key {
        uint64_t kernel, zero, user, pid;
    } key{}, next{};
    int keys = 0;
    while (bpf_map_get_next_key(program->fd("map_"), keys ? &key : nullptr, &next) == 0) {
        key = next;
        ++keys;
        EXPECT_EQ(key.pid, static_cast<uint64_t>(getpid()));
        EXPECT_EQ(key.zero, 0u);
        std::vector<uint64_t> frames(1 + 127);
        ASSERT_EQ(bpf_map_lookup_elem(program->fd(AVOCET_MAP_STACKS), &key.kernel, frames.data()), 0);
        EXPECT_GT(frames[0], 0u);
        EXPECT_EQ(frames[1] >> 63, 1u) << "a kernel address";
        ASSERT_EQ(bpf_map_lookup_elem(program->fd(AVOCET_MAP_STACKS), &key.user, frames.data()), 0);
        EXPECT_GT(frames[0], 0u);
        EXPECT_LE(frames[0], 3u);
        EXPECT_EQ(frames[1] >> 63, 0u) << "a user address";
    }
    EXPECT_EQ(keys, 1);
}

// The session gives such a program its tables, and refuses to run it without a process.
TEST_F(LowerTest, UnwindingIsAFactOfTheProgram) {
    const auto asks = [&](const char* script) {
        const std::string object = host.compile(script);
        const bool has_maps = object.find("avocet_unwind_rows") != std::string::npos;
        const bool has_fact = object.find("\"kind\":\"unwind_tables\"") != std::string::npos;
        EXPECT_EQ(has_maps, has_fact) << host.messages;
        return has_fact;
    };
    EXPECT_TRUE(asks("uprobe:/bin/bash:readline { print(dw_ustack); print(dw_ustack(5)); }"));
    EXPECT_FALSE(asks("uprobe:/bin/bash:readline { print(ustack); }"));
}

TEST_F(LowerTest, TaskFieldsAndIdsAreThisProcess) {
    auto program = load(
        "begin { @p = (int64)pid; @t = (int64)tid; @q = (int64)ppid; @f = (int64)curtask.tgid; @g = "
        "(int64)curtask.real_parent.tgid; @u = uid; @c = comm; }");
    program->run();
    EXPECT_EQ(program->scalar("map_p"), getpid());
    EXPECT_EQ(program->scalar("map_t"), syscall(SYS_gettid));
    EXPECT_EQ(program->scalar("map_q"), getppid());
    EXPECT_EQ(program->scalar("map_f"), getpid());
    EXPECT_EQ(program->scalar("map_g"), getppid());
    EXPECT_EQ(program->scalar("map_u"), 0);
    const int64_t comm = program->scalar("map_c");
    EXPECT_EQ(std::memcmp(&comm, "test_dsl", 8), 0);
}

// The same answers when the offsets come from relocations.
TEST_F(LowerTest, PortableProgramsRelocateKernelFields) {
    auto program = load(
        "begin { @q = (int64)ppid; @f = (int64)curtask.tgid; @g = (int64)curtask.real_parent.tgid; @s = "
        "(int64)curtask.mm.start_code; @c = curtask.comm; }",
        AVOCET_COMPILE_PORTABLE);
    program->run();
    EXPECT_EQ(program->scalar("map_q"), getppid());
    EXPECT_EQ(program->scalar("map_f"), getpid());
    EXPECT_EQ(program->scalar("map_g"), getppid());
    EXPECT_NE(program->scalar("map_s"), 0);
    const int64_t comm = program->scalar("map_c");
    EXPECT_EQ(std::memcmp(&comm, "test_dsl", 8), 0);
    const std::string object = host.compile("begin { @f = curtask.tgid; }", "llvm", AVOCET_COMPILE_PORTABLE);
    EXPECT_NE(host.dumps.find("preserve.struct.access.index"), std::string::npos)
        << "no offset of this kernel is in the program";
}

TEST_F(LowerTest, PortableSelectorsWork) {
    auto program = open("tracepoint:syscalls:sys_enter_getppid { @n = count(); }", AVOCET_COMPILE_PORTABLE);
    program->set("avocet_selector_probe_0", uint16_t{7}, SYS_getppid);
    program->set("avocet_filter_pid", static_cast<uint32_t>(getpid()));
    ASSERT_EQ(program->load(), "");
    program->attach_raw("probe_0", "sys_enter");
    for (int i = 0; i < 100; ++i) syscall(SYS_getppid);
    program->detach();
    EXPECT_EQ(program->per_cpu_at("map_n", 0), 100u);
}

TEST_F(LowerTest, CheckProducesNoObject) {
    EXPECT_EQ(host.compile("begin { print(1); }", "", AVOCET_COMPILE_CHECK), "");
    EXPECT_EQ(host.messages, "");
}

TEST_F(LowerTest, StagesAreDumped) {
    host.compile("begin { print(1); }", "types,manifest,llvm,asm,passes");
    for (const char* wanted : {"== types", "== manifest", "== llvm", "; after optimisation", "== asm", "probe_0",
                               "== passes", "infer_types"})
        EXPECT_NE(host.dumps.find(wanted), std::string::npos) << wanted;
}

}  // namespace
}  // namespace avocet::dsl::test
