// SPDX-License-Identifier: Apache-2.0
//
// The text of kprobes: what it means, and why it is refused.
#include "spec.hpp"

#include <gtest/gtest.h>

#include "avocet/error.hpp"

using namespace avocet;
using kprobe::parse_spec;

namespace {

ProbeSpec text(const std::string& kind, std::vector<std::string> parts, uint32_t flags = 0) {
    avocet_probe_spec abi{};
    abi.pid = -1;
    ProbeSpec spec(abi);
    spec.kind = kind;
    spec.flags = flags;
    spec.text = kind;
    for (const auto& part : parts) spec.text += ":" + part;
    spec.parts = std::move(parts);
    return spec;
}

std::string refusal(const ProbeSpec& spec) {
    try {
        parse_spec(spec);
    } catch (const Error& error) { return error.what(); }
    return "accepted";
}

}  // namespace

TEST(KprobeSpec, function_module_and_offset) {
    auto spec = parse_spec(text("kprobe", {"vfs_read"}));
    EXPECT_EQ(spec.function, "vfs_read");
    EXPECT_EQ(spec.module, "");
    EXPECT_FALSE(spec.pattern());
    spec = parse_spec(text("kprobe", {"nfs", "nfs_*"}));
    EXPECT_EQ(spec.module, "nfs");
    EXPECT_TRUE(spec.pattern());
    spec = parse_spec(text("kprobe", {"vfs_read+0x10"}));
    EXPECT_EQ(spec.function, "vfs_read");
    EXPECT_TRUE(spec.has_offset);
    EXPECT_EQ(spec.offset, 16u);
    EXPECT_TRUE(parse_spec(text("kretprobe", {"a|b"})).pattern());
}

TEST(KprobeSpec, address) {
    auto spec = parse_spec(text("kprobe", {"0xffffffff81000000"}, AVOCET_SPEC_UNSAFE));
    EXPECT_TRUE(spec.by_address);
    EXPECT_EQ(spec.address, 0xffffffff81000000u);
    EXPECT_EQ(refusal(text("kprobe", {"0x10"})), "'kprobe:0x10': probing by address requires --unsafe");
}

TEST(KprobeSpec, refusals) {
    EXPECT_EQ(refusal(text("kprobe", {"a", "b", "c"})), "kprobe probe type requires 1 or 2 arguments, found 3");
    EXPECT_EQ(refusal(text("kprobe", {""})), "kprobes should be attached to a function or an address");
    EXPECT_EQ(refusal(text("kprobe", {"f+1+2"})), "'kprobe:f+1+2': cannot take more than one offset");
    EXPECT_EQ(refusal(text("kprobe", {"f+x"})), "'kprobe:f+x': invalid offset");
    EXPECT_EQ(refusal(text("kretprobe", {"f+1"})), "'kretprobe:f+1': offset not allowed");
    EXPECT_EQ(refusal(text("kprobe", {"f*+1"})), "'kprobe:f*+1': an offset needs one function, not a pattern");
}
