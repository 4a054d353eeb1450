// SPDX-License-Identifier: Apache-2.0
//
// Sidecars: what is read, and that a wrong one gives all its mistakes at once, each at its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidecar/sidecar.hpp"

namespace avocet::c {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> mistakes_of(std::string_view text) {
    std::vector<SidecarMistake> mistakes;
    read_sidecar(text, "x.toml", mistakes);
    std::vector<std::string> out;
    for (const auto& m : mistakes)
        out.push_back(std::to_string(m.place.line) + ":" + std::to_string(m.place.column) + " " + m.text +
                      (m.hint.empty() ? "" : " | " + m.hint));
    return out;
}

TEST(Sidecar, WhatIsReadReachesTheManifest) {
    std::vector<SidecarMistake> mistakes;
    const Sidecar s = read_sidecar(R"TOML(schema = 1
[tool]
name = "opens"
[run]
begin = "Tracing"
interval = "250ms"
[[attach]]
function = "f"
probe = ["kprobe:do_sys_openat2", { spec = "tracepoint:syscalls:sys_enter_openat", args = ["dfd", "_"] }]
[[event]]
map = "events"
columns = [ { head = "TIME(s)", field = "ts", as = "elapsed", format = "%-18.9f" } ]
[[map]]
name = "dist"
as = "log2hist"
section = ["name"]
[[option]]
name = "pid"
var = "targ_pid"
default = 7
)TOML",
                                   "x.toml", mistakes);
    EXPECT_TRUE(mistakes.empty());
    ASSERT_EQ(s.attachments.size(), 1u);
    EXPECT_THAT(s.attachments[0].probes[1].args, ElementsAre("dfd", "_"));
    EXPECT_FALSE(s.attachments[0].all);
    EXPECT_EQ(s.interval_ms, 250u);
    const std::string json = tool_manifest(s, {{"f", "g", 0, false, true, {"kprobe:x"}, {}}});
    for (const char* part : {R"("begin":"Tracing")", R"("field":"ts")", R"("as":"log2hist")", R"("default":"7")",
                             R"("spec":"kprobe:x")", R"("interval_ms":250)"})
        EXPECT_THAT(json, HasSubstr(part));
    EXPECT_EQ(tool_manifest(Sidecar{}, {}), "");
}

TEST(Sidecar, AllMistakesAtOnceEachAtItsPlace) {
    EXPECT_THAT(
        mistakes_of(R"TOML(schema = 2
colour = "red"
[tool]
dialect = "rust"
sumary = "x"
[run]
interval = "soon"
[[attach]]
probe = "vfs_read"
[[attach]]
function = 5
probe = "kprobe:a"
probes = ["kprobe:b"]
[[option]]
name = "x"
[[event]]
columns = [ { head = 1 } ]
[[map]]
name = "m"
as = "pie"
[[choose]]
token = "A"
when = "maybe()"
then = "1"
else = "2"
)TOML"),
        ElementsAre("1:10 key 'schema': must be 1", HasSubstr("2:1 key 'colour': not known"),
                    "4:11 key 'tool.dialect': must be one of bcc, libbpf, auto, not 'rust'",
                    "5:1 key 'tool.sumary': not known | did you mean 'summary'?",
                    HasSubstr("7:12 key 'run.interval': must be a time"),
                    HasSubstr("8:1 key 'attach[0].function': is missing"),
                    HasSubstr("9:9 key 'attach[0].probe': 'vfs_read' is not a probe"),
                    HasSubstr("10:1 key 'attach': needs either 'probe' or 'probes'"),
                    "11:12 key 'attach[1].function': must be a string", HasSubstr("14:1 key 'option': has no effect"),
                    "16:1 key 'event[0].map': is missing", "17:13 key 'event[0].columns[0].field': is missing",
                    "17:22 key 'event[0].columns[0].head': must be a string",
                    HasSubstr("20:6 key 'map[0].as': must be one of table"),
                    HasSubstr("23:8 key 'choose[0].when': 'maybe()' is not a question")));
}

TEST(Sidecar, ConditionsTopsAndOptions) {
    std::vector<SidecarMistake> mistakes;
    const Sidecar s = read_sidecar(R"TOML([[event]]
map = "events"
where = "pid == 1"
[[map]]
name = "m"
top = 3
reduce = "max"
max_entries = 64
[[option]]
name = "least"
short = "l"
var = "least"
[[option]]
name = "unit"
type = "choice"
choices = ["ms", "us"]
default = "us"
define = "UNIT"
)TOML",
                                   "x.toml", mistakes);
    EXPECT_TRUE(mistakes.empty());
    EXPECT_EQ(s.maps[0].max_entries, 64u);
    const std::string json = tool_manifest(s, {});
    for (const char* part :
         {R"("where":"pid == 1")", R"("where_at":{"column":9,)", R"("top":3)", R"("reduce":"max")", R"("short":"l")",
          R"X("build_options":[{"help":"(one of ms, us) (default: us)","name":"unit")X"})
        EXPECT_THAT(json, HasSubstr(part));
    EXPECT_THAT(
        mistakes_of("[[map]]\nname = \"m\"\ntop = 0\nreduce = \"half\"\nmax_entries = \"x\"\n[[option]]\nname = "
                    "\"o\"\ndefine = \"O\"\nshort = \"-p\"\ntype = \"choice\"\n[[event]]\nmap = \"e\"\nwhere = 1\n"),
        ElementsAre("3:7 key 'map[0].top': must be a number from 1",
                    "4:10 key 'map[0].reduce': must be one of sum, max, avg, each, not 'half'",
                    "5:15 key 'map[0].max_entries': must be a number from 1",
                    HasSubstr("9:9 key 'option[0].short': must be one letter"),
                    "10:8 key 'option[0].type': needs 'choices', a list of words",
                    "13:9 key 'event[0].where': must be a string"));
}

TEST(Sidecar, BrokenTextIsOneMistakeAtItsPlace) {
    EXPECT_THAT(mistakes_of("[tool\nname = 1"), ElementsAre(HasSubstr("1:6 mistake while")));
    EXPECT_EQ(mistakes_of(std::string("\0\x01\xff", 3)).size(), 1u);
    EXPECT_EQ(mistakes_of("a = " + std::string(100000, '[')).size(), 1u);
    std::string many;
    for (int i = 0; i < 5000; ++i) many += "k" + std::to_string(i) + " = 1\n";
    EXPECT_LE(mistakes_of(many).size(), 1024u);
}

TEST(Sidecar, ListsOfTheWrongKind) {
    EXPECT_THAT(mistakes_of("attach = 3\nevent = [1]\nmap = {}\n"),
                ElementsAre(HasSubstr("1:10 key 'attach': must be a list of tables"),
                            HasSubstr("2:9 key 'event': must be a list of tables"),
                            HasSubstr("3:7 key 'map': must be a list of tables")));
}

}  // namespace
}  // namespace avocet::c
