// SPDX-License-Identifier: Apache-2.0
//
// Objects without a manifest, made for libbpf by any compiler.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "files/scratch_directory.hpp"
#include "program/program.hpp"
#include "program/tests/object_builder.hpp"

namespace avocet::core::testing {
namespace {

std::unique_ptr<Program> open(std::string_view declarations, Diagnostics& d) {
    return Program::open(build_object(declarations), "foreign.o", d);
}

std::string spec_of(const std::string& section, std::string* context = nullptr, bool* is_return = nullptr) {
    Diagnostics d;
    auto p = open("function f " + section + ";", d);
    if (!p || p->manifest().functions.empty()) return "";
    const auto& f = p->manifest().functions[0];
    if (context) *context = f.context;
    if (is_return) *is_return = f.is_return;
    return f.probes.at(0).spec;
}

TEST(Synthesise, SectionNamesBecomeSpecs) {
    std::string context;
    bool is_return = false;
    EXPECT_EQ(spec_of("tracepoint/sched/sched_switch", &context), "tracepoint:sched:sched_switch");
    EXPECT_EQ(context, "tracepoint");
    EXPECT_EQ(spec_of("tp/syscalls/sys_enter_openat"), "tracepoint:syscalls:sys_enter_openat");
    EXPECT_EQ(spec_of("raw_tp/sys_enter", &context), "rawtracepoint:sys_enter");
    EXPECT_EQ(context, "raw_tracepoint");
    EXPECT_EQ(spec_of("tp_btf/sched_switch", &context), "rawtracepoint:sched_switch");
    EXPECT_EQ(context, "tracepoint_btf");
    EXPECT_EQ(spec_of("uprobe//bin/bash:readline", &context), "uprobe:/bin/bash:readline");
    EXPECT_EQ(context, "pt_regs");
    EXPECT_EQ(spec_of("kretprobe/vfs_read", nullptr, &is_return), "kretprobe:vfs_read");
    EXPECT_TRUE(is_return);
    EXPECT_EQ(spec_of("fexit/vfs_read", &context), "fexit:vfs_read");
    EXPECT_EQ(context, "fexit");
    EXPECT_EQ(spec_of("perf_event", &context), "profile:hz:99");
    EXPECT_EQ(context, "perf_event");
    EXPECT_EQ(spec_of("iter/task"), "iter:task");
}

TEST(Synthesise, SessionsAreAtTheEntryAndAtTheReturn) {
    Diagnostics d;
    auto p = open("function f kprobe.session/vfs_read; function g kprobe.multi/vfs_read;", d);
    ASSERT_TRUE(p);
    ASSERT_EQ(p->manifest().functions.size(), 2u);
    EXPECT_EQ(p->manifest().functions[0].probes.at(0).spec, "kprobe:vfs_read");
    EXPECT_EQ(p->manifest().functions[0].context, "kprobe_session");
    EXPECT_EQ(p->manifest().functions[1].context, "pt_regs");
}

TEST(Synthesise, OtherProgramTypesAreLeftOut) {
    Diagnostics d;
    auto p = open("function f xdp; function g ?kprobe/x; function h .text; function i raw_tp/sys_exit;", d);
    ASSERT_TRUE(p);
    ASSERT_EQ(p->manifest().functions.size(), 1u);
    EXPECT_EQ(p->manifest().functions[0].name, "i");
    auto said = d.take();
    ASSERT_EQ(said.size(), 1u);
    EXPECT_EQ(said[0].message, "function 'f': section 'xdp' is not a tracing program, left out");
}

TEST(Synthesise, MapsAndChannels) {
    Diagnostics d;
    auto p = open(
        "map counts hash u32 u64; map avocet_events ringbuf; map events ringbuf; map perf perf_event_array; function f "
        "raw_tp/x;",
        d);
    ASSERT_TRUE(p);
    ASSERT_EQ(p->manifest().maps.size(), 1u);
    EXPECT_EQ(p->manifest().maps[0].name, "counts");
    EXPECT_TRUE(p->manifest().maps[0].keyed);
    EXPECT_EQ(p->channels(), (std::vector<std::string>{"events", "perf"}));
    EXPECT_EQ(p->manifest().license, "GPL");
    EXPECT_EQ(p->manifest().tool, "foreign.o");
    EXPECT_FALSE(p->manifest().events);
}

// The same through a real compiler, where there is one.
TEST(Synthesise, AnObjectMadeByClang) {
    avocet::test::ScratchDirectory scratch;
    std::string base = scratch / "text";
    std::ofstream(base + ".c") << R"(
        #define SEC(n) __attribute__((section(n), used))
        #define __uint(name, val) int (*name)[val]
        #define __type(name, val) __typeof__(val) *name
        struct event { unsigned pid; char comm[16]; } __attribute__((btf_decl_tag("avocet:table")));
        struct event *unused_event __attribute__((unused));
        struct { __uint(type, 27); __uint(max_entries, 4096); } events SEC(".maps");
        struct { __uint(type, 1); __uint(max_entries, 16); __type(key, unsigned); __type(value, unsigned long long); } counts SEC(".maps");
        const volatile unsigned limit = 5;
        SEC("raw_tp/sys_enter") int handle(void *ctx) { return limit > 3 ? 1 : 0; }
        char LICENSE[] SEC("license") = "GPL";)";
    std::string command = "clang-19 -target bpf -g -O2 -c " + base + ".c -o " + base + ".o 2>/dev/null";
    if (std::system(command.c_str()) != 0) GTEST_SKIP() << "no clang-19 that compiles for BPF";
    std::ifstream file(base + ".o");
    std::stringstream bytes;
    bytes << file.rdbuf();
    Diagnostics d;
    auto p = Program::open(bytes.str(), "clang.o", d);
    ASSERT_TRUE(p);
    ASSERT_EQ(p->manifest().functions.size(), 1u);
    EXPECT_EQ(p->manifest().functions[0].probes[0].spec, "rawtracepoint:sys_enter");
    EXPECT_EQ(p->channels(), std::vector<std::string>{"events"});
    ASSERT_EQ(p->manifest().maps.size(), 1u);
    EXPECT_EQ(p->manifest().maps[0].symbol, "counts");
    EXPECT_NE(p->map_types("counts").key, 0u);
    EXPECT_EQ(p->constant_size("limit"), 4u);
}

}  // namespace
}  // namespace avocet::core::testing
