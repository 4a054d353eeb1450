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
using ::testing::IsEmpty;

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
    FunctionProbes probes;
    probes.function = "f";
    probes.specs = {"kprobe:x"};
    const std::string json = tool_manifest(s, {probes});
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

TEST(Sidecar, AttachmentsAndWhatDecidesAboutThem) {
    std::vector<SidecarMistake> mistakes;
    const Sidecar s = read_sidecar(R"J([[attach]]
function = "f"
probe = "uprobe:{path}:malloc"
use = "both"
pid = "{pid}"
cookie = 0
when = 'feature("uprobe") && !option("brief")'
[[attach]]
function = "g"
probe = [ { spec = "kprobe:vfs_read", lower = "function" } ]
[[option]]
name = "path"
type = "path"
metavar = "FILE"
[[option]]
name = "pid"
type = "pid"
[[option]]
name = "brief"
type = "bool"
[[option]]
name = "at"
attach = { f = "uprobe:{value}:malloc" }
)J",
                                   "x.toml", mistakes);
    EXPECT_THAT(mistakes, IsEmpty());
    ASSERT_EQ(s.attachments.size(), 2u);
    EXPECT_TRUE(s.attachments[0].both);
    EXPECT_EQ(s.attachments[0].cookie, 0u);
    ASSERT_EQ(s.attachments[0].when.size(), 2u);
    EXPECT_TRUE(s.attachments[0].when[1].negated);
    EXPECT_EQ(s.attachments[1].probes[0].lower, "function");
    EXPECT_THAT(tool_manifest(s, {}), HasSubstr(R"J("metavar":"FILE","name":"path")J"));
    EXPECT_THAT(
        mistakes_of(R"J([[attach]]
function = "f"
probe = "uprobe:{paht}:malloc"
use = "bth"
pid = "me"
cookie = -1
when = 'featur("uprobe")'
[[attach]]
function = "g"
probe = [ { spec = "kretprobe:vfs_read", lower = "function" } ]
[[option]]
name = "path"
type = "pth"
[[option]]
name = "at"
attach = "malloc"
)J"),
        ElementsAre("3:9 option 'paht': is not declared | did you mean 'path'?",
                    "4:7 key 'attach[0].use': must be one of best, both, not 'bth' | did you mean 'both'?",
                    HasSubstr("5:7 key 'attach[0].pid': 'me' is no process id"),
                    "6:10 key 'attach[0].cookie': must be a number of 32 bits",
                    "7:8 key 'attach[0].when': 'featur(\"uprobe\")' is not a question that can be answered | did "
                    "you mean 'feature'?",
                    HasSubstr("key 'probe.lower': only the entry of a kernel function"),
                    HasSubstr("11:1 key 'option': has no effect"),
                    HasSubstr("13:8 key 'option[0].type': must be one of int, uint"),
                    HasSubstr("14:1 option 'at': 'attach' does not say which function"),
                    HasSubstr("16:10 key 'option[1].attach': 'malloc' is not a probe")));
}

TEST(Sidecar, CasesOfAnOption) {
    std::vector<SidecarMistake> mistakes;
    const Sidecar s = read_sidecar(R"J([[option]]
name = "unit"
default = "us"
replace_case = { us = { FACTOR = "delta /= 1000;" }, ms = { FACTOR = "delta /= 1000000;" } }
)J",
                                   "x.toml", mistakes);
    EXPECT_THAT(mistakes, IsEmpty());
    EXPECT_EQ(s.options[0].type, "choice");
    EXPECT_THAT(s.options[0].choices, ElementsAre("ms", "us"));
    EXPECT_THAT(
        mistakes_of(R"J([[option]]
name = "unit"
default = "sec"
replace_case = { us = { FACTOR = "a", OTHER = "b" }, secs = { FACTOR = "c" } }
)J"),
        ElementsAre("3:11 key 'option[0].default': 'sec' is none of the cases | did you mean 'secs'?",
                    HasSubstr("4:16 key 'option[0].replace_case': case 'secs' does not say what stands for 'OTHER'")));
}

TEST(Sidecar, ColumnsOfEventsAndMaps) {
    std::vector<SidecarMistake> mistakes;
    const Sidecar s = read_sidecar(R"J([[option]]
name = "timestamp"
short = "T"
type = "bool"
[[event]]
map = "events"
type = "open"
id = "opens"
when = "kind == 1"
columns = [ { field = "ts", as = "uptime", when = '!option("timestamp")' }, { head = "LAT", value = "end - ts", width = 8 } ]
[[map]]
name = "counts"
as = "folded"
at = ["end"]
columns = [ { field = "name" }, { field = "id", as = "kstack:map=stacks" } ]
sort = "-count"
total = ["count"]
join = { map = "names", on = "key.pid" }
[[map]]
name = "dist"
as = "log2hist"
label = "Kbytes"
)J",
                                   "x.toml", mistakes);
    EXPECT_THAT(mistakes, IsEmpty());
    const std::string json = tool_manifest(s, {});
    for (const char* part :
         {R"J("when":"kind == 1","when_at":{)J", R"J("id":"opens")J", R"J("when":[{"not":true,"option":"timestamp"}])J",
          R"J("value":"end - ts","width":8)J", R"J("folded":true)J", R"J("at_interval":false)J",
          R"J("sort":"-count","sort_at":{)J", R"J("total":["count"])J", R"J("join":"names")J", R"J("on":"key.pid")J",
          R"J("label":"Kbytes")J"})
        EXPECT_THAT(json, HasSubstr(part));
    EXPECT_THAT(
        mistakes_of(R"J([[event]]
map = "events"
when = "kind == 1"
columns = [ { value = "a", field = "b" }, { field = "a", as = "elapsd" }, { field = "a", as = "usym" }, { field = "a", when = 'kernel("5.4")' } ]
[[map]]
name = "m"
as = "fold"
at = ["ends"]
sort = "x"
label = "l"
)J"),
        ElementsAre("3:8 key 'event[0].when': needs 'type', the struct that it is true of | type = \"STRUCT\"",
                    HasSubstr("key 'event[0].columns[0].head': is missing"),
                    HasSubstr("key 'event[0].columns[0].value': stands in the place of 'field'"),
                    HasSubstr("'elapsd' is no way to show a column | did you mean 'elapsed'?"),
                    HasSubstr("'usym' does not say its pid | as in usym:pid=MEMBER"),
                    HasSubstr("'kernel' cannot be asked here"), HasSubstr("7:6 key 'map[0].as': must be one of"),
                    HasSubstr("8:6 key 'map[0].at': 'ends' is neither \"end\" nor \"interval\" | did you mean 'end'?"),
                    HasSubstr("9:8 key 'map[0].sort': needs 'columns'"),
                    HasSubstr("10:9 key 'map[0].label': says what a histogram counts in")));
}

TEST(Sidecar, FlagsForTheCompilerAreMacrosAndWarnings) {
    std::vector<SidecarMistake> mistakes;
    const Sidecar s = read_sidecar(
        R"J([tool]
source = "../x.c"
[compile]
flags = ["-DA", "-DB=1 + 2", "-UC_1", "-Wno-format=2", "-w"]
[run]
loss = "ignore"
)J",
        "x.toml", mistakes);
    EXPECT_THAT(mistakes, IsEmpty());
    EXPECT_THAT(s.flags, ElementsAre("-DA", "-DB=1 + 2", "-UC_1", "-Wno-format=2", "-w"));
    EXPECT_EQ(s.source, "../x.c");
    EXPECT_THAT(tool_manifest(s, {}), HasSubstr(R"("report_losses":false)"));
    EXPECT_THAT(
        mistakes_of(
            R"J([compile]
flags = ["-O0", "-D", "-D1X=2", "-DX(a)=a", "-Wl,-z", "-W", "-I/x", "-include", "x", "-fplugin=/x.so", "-DBPF_LICENSE=GPL"]
defines = { BPF_LICENSE = "GPL" }
[run]
loss = "hide"
[tool]
source = ""
)J"),
        ElementsAre(HasSubstr("2:10 key 'compile.flags': '-O0' is not allowed | there are -DNAME"),
                    HasSubstr("2:17 key 'compile.flags': '-D' is"), HasSubstr("'-D1X=2' is"),
                    HasSubstr("'-DX(a)=a' is"), HasSubstr("'-Wl,-z' is"), HasSubstr("'-W' is"), HasSubstr("'-I/x' is"),
                    HasSubstr("'-include' is"), HasSubstr("'x' is"), HasSubstr("'-fplugin=/x.so' is"),
                    HasSubstr("key 'compile.flags': 'BPF_LICENSE' is said by the source"),
                    HasSubstr("3:11 key 'compile.defines': 'BPF_LICENSE' is said by the source"),
                    HasSubstr("5:8 key 'run.loss': must be one of report, ignore, not 'hide'"),
                    HasSubstr("7:10 key 'tool.source': is empty")));
}

TEST(Sidecar, TitlesUnitsAndValuesInsteadOfAMapsOwn) {
    std::vector<SidecarMistake> mistakes;
    const Sidecar s = read_sidecar(R"J([[event]]
map = "e"
title = "opens"
skip_zero = true
[[map]]
name = "m"
unit = "ns"
value = "value / 2"
[[map]]
name = "t"
skip_zero = true
columns = [ { field = "key" } ]
[[option]]
name = "group"
type = "cgroup"
map = "groups"
var = "filter"
)J",
                                   "x.toml", mistakes);
    EXPECT_THAT(mistakes, IsEmpty());
    const std::string json = tool_manifest(s, {});
    for (const char* part : {R"J("title":"opens")J", R"J("skip_zero":true)J", R"J("unit":"ns","unit_at":{)J",
                             R"J("value":"value / 2","value_at":{)J", R"J("map":"groups")J"})
        EXPECT_THAT(json, HasSubstr(part));
    EXPECT_THAT(mistakes_of(R"J([[event]]
map = "e"
title = "a\nb"
[[map]]
name = "m"
as = "slots"
value = "value"
unit = "ns"
label = "us"
skip_zero = true
[[map]]
name = "n"
value = "key"
unit = "ns"
columns = [ { field = "key" } ]
[[option]]
name = "a"
type = "uint"
map = "groups"
[[option]]
name = "b"
type = "cgroup"
map = "groups"
define = "B"
)J"),
                ElementsAre("3:9 key 'event[0].title': is more than one line",
                            HasSubstr("7:9 key 'map[0].value': stands for a number, which this does not show"),
                            HasSubstr("8:8 key 'map[0].unit': 'label' says what the histogram counts in already"),
                            HasSubstr("10:13 key 'map[0].skip_zero': needs 'columns'"),
                            HasSubstr("13:9 key 'map[1].value': stands in the place of 'columns'"),
                            HasSubstr("14:8 key 'map[1].unit': columns say their own"),
                            HasSubstr("19:7 key 'option[0].map': holds a control group"),
                            HasSubstr("20:1 key 'option': 'map' is filled when the program is loaded")));
}

TEST(Sidecar, QuestionsInOtherWords) {
    std::vector<SidecarMistake> mistakes;
    const Sidecar s = read_sidecar(
        R"J([[choose]]
token = "T"
then = ""
else = ""
when = 'kernel >= "5.11" && kernel < "6.1" && !kernel < "5.4" && enum_value("pid_type", "PIDTYPE_PID") && kconfig("CONFIG_HZ", "250")'
)J",
        "x.toml", mistakes);
    EXPECT_THAT(mistakes, IsEmpty());
    std::string read;
    for (const Question& q : s.choices.at(0).when)
        read += (q.negated ? " !" : " ") + q.predicate + ":" + q.arguments.back();
    EXPECT_EQ(read, " kernel:5.11 !kernel:6.1 kernel:5.4 enumerator:PIDTYPE_PID kconfig:250");
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
