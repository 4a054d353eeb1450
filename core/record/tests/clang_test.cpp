// SPDX-License-Identifier: Apache-2.0
//
// The BTF that a real compiler writes: tags on members, typedefs and structs, enums, bit-fields, per-CPU maps.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "files/scratch_directory.hpp"
#include "record/tests/fixture.hpp"

namespace avocet::core::testing {
namespace {

constexpr const char* source = R"(
#define SEC(n) __attribute__((section(n), used))
#define TAG(t) __attribute__((btf_decl_tag("avocet:" t)))
typedef unsigned long long u64;
typedef unsigned u32;
typedef u64 kaddr TAG("ksym");
enum state { RUNNING = 1, STOPPED = -2 };
enum wide { SMALL = 1, LARGE = 0x100000000ull };
struct pair { unsigned char a; char b[3] TAG("string"); } TAG("tuple");
struct avocet_out_0 {
    u32 pid; enum state state; enum wide wide; _Bool on; struct pair pair; kaddr where; void *pointer;
    u32 text TAG("str"); int low : 3; unsigned high : 5; struct { short x; union { short y; short z; }; }; float f;
};
const struct avocet_out_0 *const keep_types = 0;
struct total { long long total; u64 count; };
struct { int (*type)[5]; int (*max_entries)[16]; kaddr *key; struct total *value; } map_avg SEC(".maps");
SEC("raw_tp") int probe_0(void *ctx) { return keep_types != 0; }
char LICENSE[] SEC("license") = "GPL";
)";

constexpr const char* manifest = R"({"schema": 1, "tool": "clang", "events": true,
    "functions": [{"name": "probe_0", "context": "raw_tracepoint"}],
    "maps": [{"name": "@avg", "symbol": "map_avg", "keyed": true, "aggregate": "avg", "signed": true}],
    "outputs": [{"kind": "printf", "type": "avocet_out_0", "format": "%d %s %s %s %s %s %p %s %d %u %d %d %d %r\n"}]})";

TEST(Clang, ItsTypesDecode) {
    avocet::test::ScratchDirectory scratch;
    std::string base = scratch / "text";
    std::ofstream(base + ".c") << source;
    std::ofstream(base + ".json") << manifest;
    std::string command = "clang-19 -target bpf -g -O2 -c " + base + ".c -o " + base +
                          ".o 2>/dev/null && llvm-objcopy-19 --add-section .avocet=" + base + ".json " + base + ".o";
    if (std::system(command.c_str()) != 0) GTEST_SKIP() << "no clang-19 that compiles for BPF";
    std::ifstream file(base + ".o");
    std::stringstream bytes;
    bytes << file.rdbuf();
    Harness h(bytes.str());
    EXPECT_EQ(h.diagnostics.error_count(), 0u);
    h.event(0, bytes_of("u32:7 s32:-2 u64:0x100000000 u8:1 u8:9 \"ab\"/3 zero:3 u64:0x1004 u64:0xdead u32:0x00020038 "
                        "x:fd00 s16:-1 s16:5 zero:2 x:0000803f \"hi\""));
    h.decode();
    h.map(0, {{bytes_of("u64:0x1000"), {bytes_of("s64:-7 u64:2"), bytes_of("s64:0 u64:0")}}});
    EXPECT_EQ(h.text(),
              "7 STOPPED LARGE true (9, ab) do_work 0xdead hi -3 31 -1 5 5 \\x00\\x00\\x80?\n@avg[do_work]: -3\n");
    EXPECT_EQ(h.decoder->decode_errors(), 0u);
}

}  // namespace
}  // namespace avocet::core::testing
