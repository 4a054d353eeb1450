// SPDX-License-Identifier: Apache-2.0
//
// What golden texts do not show: how often the host is asked, what is touched, the facts lowering gets.
#include <gtest/gtest.h>

#include "compilation.hpp"
#include "passes/infer_types.hpp"
#include "passes/plan_outputs.hpp"
#include "passes/stream_format.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {
namespace {

test::Compilation& compiled(std::unique_ptr<test::Compilation>& owner, const char* script,
                            std::vector<std::string> settings = {}) {
    golden::Input input;
    input.script = script;
    static thread_local std::vector<std::string> kept;
    kept = std::move(settings);
    input.settings = kept;
    owner = std::make_unique<test::Compilation>(input);
    owner->run();
    return *owner;
}

TEST(Semantics, KernelBtfIsLeftAloneWithoutNeed) {
    std::unique_ptr<test::Compilation> owner;
    auto& c =
        compiled(owner, "tracepoint:sched:sched_switch { @[comm, args.prev_pid] = count(); printf(\"%d\\n\", pid); }");
    EXPECT_EQ(c.messages(), "");
    EXPECT_FALSE(c.host.kernel_was_asked());
}

TEST(Semantics, ArgumentsAreAskedForOnlyWhenUsed) {
    std::unique_ptr<test::Compilation> owner;
    auto& c = compiled(
        owner, "tracepoint:sched:sched_switch { print(pid); } tracepoint:sched:sched_switch { print(args.prev_pid); }");
    EXPECT_EQ(c.host.described,
              (std::vector<std::string>{"tracepoint:sched:sched_switch", "tracepoint:sched:sched_switch args"}));
}

TEST(Semantics, FactsReachLowering) {
    std::unique_ptr<test::Compilation> owner;
    auto& c = compiled(owner, "tracepoint:syscalls:sys_enter_openat { print(args.filename); }");
    ASSERT_EQ(c.unit.functions.size(), 1u);
    const ProbeFacts& facts = c.unit.functions[0].facts;
    EXPECT_EQ(facts.identity, AVOCET_IDENTITY_SELECTOR);
    EXPECT_EQ(facts.selector_count, 512u);
    EXPECT_EQ(facts.selector_word, 1u);
    EXPECT_EQ(facts.space, Space::user);
    ASSERT_EQ(facts.args.size(), 3u);
    EXPECT_EQ(facts.args[1].type.spelling(), "int8 *");
    EXPECT_EQ(facts.args[1].type.space, Space::user);
    EXPECT_EQ(facts.args[1].place, AVOCET_PLACE_SYSCALL);
    EXPECT_EQ(facts.targets, std::vector<std::string>{"tracepoint:syscalls:sys_enter_openat"});
}

TEST(Semantics, MissingProbesWarn) {
    std::unique_ptr<test::Compilation> owner;
    auto& c = compiled(owner, "tracepoint:sched:nope { print(1); } begin { print(2); }", {"missing_probes=warn"});
    EXPECT_FALSE(c.failed());
    EXPECT_EQ(c.unit.functions.size(), 1u);
    EXPECT_EQ(c.messages(),
              "1:1-22: WARNING: no matches for 'tracepoint:sched:nope', skipped\n"
              "1:1-36: WARNING: clause has no attach points left, it is dropped\n");
}

TEST(Semantics, MissingProbesIgnore) {
    std::unique_ptr<test::Compilation> owner;
    auto& c = compiled(owner, "tracepoint:sched:nope { print(1); } begin { print(2); }", {"missing_probes=ignore"});
    EXPECT_EQ(c.messages(), "");
    EXPECT_EQ(c.unit.functions.size(), 1u);
}

TEST(Semantics, NothingLeft) {
    std::unique_ptr<test::Compilation> owner;
    auto& c = compiled(owner, "tracepoint:sched:nope { print(1); }", {"missing_probes=ignore"});
    EXPECT_TRUE(c.failed());
    EXPECT_EQ(c.messages(), "ERROR: no probes to attach\n");
}

TEST(Semantics, UnknownKindIsAlwaysAnError) {
    std::unique_ptr<test::Compilation> owner;
    for (const char* policy : {"missing_probes=warn", "missing_probes=ignore", "missing_probes=error"}) {
        auto& c = compiled(owner, "tracepiont:sched:sched_switch { print(1); } begin { print(2); }", {policy});
        EXPECT_TRUE(c.failed());
        EXPECT_EQ(c.messages(), "1:1: ERROR: no provider for the kind 'tracepiont'\n") << policy;
    }
}

std::vector<std::string> specs_of(const Unit& unit) {
    std::vector<std::string> specs;
    for (const ProbeFunction& f : unit.functions) specs.insert(specs.end(), f.facts.specs.begin(), f.facts.specs.end());
    return specs;
}

TEST(Semantics, SpecsOfFixedGroupsSurviveTheSplit) {
    std::unique_ptr<test::Compilation> owner;
    const std::string enter = "tracepoint:raw_syscalls:sys_enter:raw", exit = "tracepoint:raw_syscalls:sys_exit:raw";
    EXPECT_EQ(specs_of(compiled(owner, "tracepoint:raw_syscalls:sys_enter { @[probe] = count(); }").unit),
              (std::vector{enter}));
    EXPECT_EQ(
        specs_of(compiled(owner, "tracepoint:raw_syscalls:sys_enter { if (probe == \"x\") { @ = count(); } }").unit),
        (std::vector{enter}));
    // Two attach points that one function could serve, but for their names.
    EXPECT_EQ(
        specs_of(compiled(owner,
                          "tracepoint:raw_syscalls:sys_exit, tracepoint:raw_syscalls:sys_enter { @[probe] = count(); }")
                     .unit),
        (std::vector{enter, exit}));
    EXPECT_EQ(specs_of(compiled(owner, "tracepoint:raw_syscalls:* { @[probe] = count(); }").unit),
              (std::vector{enter, exit}));
    EXPECT_EQ(specs_of(compiled(owner, "tracepoint:raw_syscalls:* { @ = count(); }").unit),
              (std::vector<std::string>{"tracepoint:raw_syscalls:*:raw"}));
}

TEST(Semantics, StackDepth) {
    std::unique_ptr<test::Compilation> owner;
    EXPECT_EQ(compiled(owner, "begin { @[kstack(5), ustack(perf, 33)] = count(); }").unit.max_stack_frames, 33u);
    EXPECT_EQ(compiled(owner, "begin { print(1); }").unit.max_stack_frames, 0u);
}

// What the arguments of a printf are called in records. `kinds` are the letters of its specifiers.
std::vector<std::string> names_of(const std::string& kinds, const std::string& arguments,
                                  const std::string& before = {}) {
    std::string format;
    for (char kind : kinds) (format += '%') += kind;
    const std::string script =
        "tracepoint:syscalls:sys_enter_openat { " + before + " printf(\"" + format + "\", " + arguments + "); }";
    std::unique_ptr<test::Compilation> owner;
    auto& c = compiled(owner, script.c_str());
    EXPECT_EQ(c.messages().find("ERROR"), std::string::npos) << c.messages();
    for (const Output& output : c.unit.outputs)
        if (output.kind == "printf") return output.names;
    return {"no printf"};
}
using Names = std::vector<std::string>;

TEST(Semantics, PrintfArgumentsAreCalledLikeTheirWords) {
    EXPECT_EQ(names_of("ddsddddds", "pid, tid, comm, cpu, uid, gid, nsecs, elapsed, probe"),
              (Names{"pid", "tid", "comm", "cpu", "uid", "gid", "nsecs", "elapsed", "probe"}));
    EXPECT_EQ(names_of("dssds", "nsecs(monotonic), kstack(3), ustack, ppid, username"),
              (Names{"nsecs", "kstack", "ustack", "ppid", "username"}));
}

TEST(Semantics, PrintfArgumentsAreCalledLikeTheirMembersAndVariables) {
    EXPECT_EQ(names_of("dsdds", "args.flags, str(args.filename), $x, $r.low, str($p)",
                       "$x = pid; $r = (low=1, high=2); $p = args.filename;"),
              (Names{"flags", "filename", "x", "low", "p"}));
    EXPECT_EQ(names_of("ssrsss",
                       "ksym($a), usym($a), buf(args.filename, 4), strftime(\"%H\", nsecs), ntop(2, $b), strerror($c)",
                       "$a = nsecs; $b = (uint32)1; $c = (int64)3;"),
              (Names{"a", "a1", "filename", "nsecs", "b", "c"}));
}

TEST(Semantics, PrintfArgumentsOfOtherKindsAreCalledByPlace) {
    EXPECT_EQ(names_of("dsdddddddd", "1, \"text\", pid + 1, (uint64)pid, @m, @k[1], $t.0, -$x, strlen(comm), pid",
                       "@m = 1; @k[1] = 2; $t = (1, 2); $x = 3;"),
              (Names{"", "", "", "", "", "", "", "", "", "pid"}));
}

TEST(Semantics, PrintfArgumentsHaveDifferentNames) {
    EXPECT_EQ(names_of("sssdd", "comm, comm, str(args.filename), $comm, $filename", "$comm = 1; $filename = 2;"),
              (Names{"comm", "comm1", "filename", "comm3", "filename4"}));
    EXPECT_EQ(names_of("dssds", "$comm1, comm, comm, $comm2, comm", "$comm1 = 1; $comm2 = 1;"),
              (Names{"comm1", "comm", "comm2", "comm23", "comm4"}));
    EXPECT_EQ(names_of("dss", "$comm2, comm, comm", "$comm2 = 1;"), (Names{"comm2", "comm", ""})) << "taken as well";
    EXPECT_EQ(names_of("dddd", "$arg1, $arg, $arg, $argc", "$arg1 = 1; $arg = 2; $argc = 3;"),
              (Names{"", "arg", "", "argc"}))
        << "what looks like a place is none";
    const std::string endless(200, 'x');
    EXPECT_EQ(names_of("d", "$" + endless, "$" + endless + " = 1;"), Names{""}) << "the kernel refuses such members";
}

TEST(Semantics, PrintfArgumentsInMacrosAndFunctionsAreCalledAsWritten) {
    std::unique_ptr<test::Compilation> owner;
    auto& f = compiled(owner,
                       "fn show($who : int64) : void { $twice = $who * 2; printf(\"%d%d%d\", $who, $twice, pid); }\n"
                       "begin { show(7); }");
    ASSERT_EQ(f.unit.outputs.size(), 1u) << f.messages();
    EXPECT_EQ(f.unit.outputs[0].names, (Names{"who", "twice", "pid"}));
    auto& m = compiled(owner,
                       "macro told(value, $v) { let $own = 1; printf(\"%s%d%d\", value, $v, $own); }\n"
                       "begin { $mine = 1; told(comm, $mine); }");
    ASSERT_EQ(m.unit.outputs.size(), 1u) << m.messages();
    EXPECT_EQ(m.unit.outputs[0].names, (Names{"comm", "mine", "own"}));
}

TEST(Semantics, ErrorOutputsAreSharedByPlace) {
    std::unique_ptr<test::Compilation> owner;
    auto& c = compiled(owner, "begin { print(1); }");
    Span span;
    span.line = 1;
    const int first = add_error_output(c.unit, span, "division by zero", "warning", "");
    EXPECT_EQ(add_error_output(c.unit, span, "division by zero", "warning", ""), first);
    span.line = 2;
    EXPECT_NE(add_error_output(c.unit, span, "division by zero", "warning", ""), first);
    EXPECT_EQ(c.unit.outputs[static_cast<size_t>(first)].kind, "error");
}

TEST(Semantics, IteratorsHaveTheirContext) {
    std::unique_ptr<test::Compilation> owner;
    EXPECT_EQ(compiled(owner, "iter:task { printf(\"%d %s\\n\", ctx.task.pid, ctx.task.comm); }").messages(), "");
    EXPECT_EQ(compiled(owner, "iter:task { print(ctx.tusk); }").messages(),
              "1:23-27: ERROR: struct bpf_iter__task: has no field 'tusk'\n  HINT: did you mean 'task'?\n");
}

TEST(Semantics, PinnedIteratorsPrintWhatTheKernelCanFormat) {
    std::unique_ptr<test::Compilation> owner;
    const std::string probe = "iter:task:/sys/fs/bpf/x ";
    const auto format = [&](const std::string& call) {
        auto& c = compiled(owner, (probe + "{ " + call + "; }").c_str());
        EXPECT_EQ(c.messages(), "") << call;
        const auto* s = as_if<ExprStmt>(c.unit.functions[0].body.body->statements[0].get(), StmtKind::expression);
        return stream_format(static_cast<const CallExpr&>(*s->value)).value_or("refused");
    };
    EXPECT_EQ(format("printf(\"%5d|%-16s|%x%%\\n\", ctx.task.pid, ctx.task.comm, 255)"), "%5lld|%-16s|%llx%%\n");
    EXPECT_EQ(format("printf(\"%u %p %c\", ctx.task.pid, ctx.task, 65)"), "%llu 0x%llx %c");
    const auto refusal = [&](const std::string& call) {
        return compiled(owner, (probe + "{ " + call + "; }").c_str()).messages();
    };
    EXPECT_NE(refusal("printf(\"%s\", kstack)").find("'%s' cannot print"), std::string::npos);
    EXPECT_NE(refusal("printf(\"%.3s\", ctx.task.comm)").find("printf() cannot do '%.3s'"), std::string::npos);
    EXPECT_NE(refusal("print(1)").find("a pinned iterator has no tracer"), std::string::npos);
    EXPECT_NE(
        refusal("printf(\"%d%d%d%d%d%d%d%d%d%d%d%d%d\", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)").find("at most 12"),
        std::string::npos);
}

TEST(Semantics, BenchesAreRounds) {
    std::unique_ptr<test::Compilation> owner;
    auto& c = compiled(owner, "bench:inc { @x++; if (@x > 5) { return 0; } return; }");
    EXPECT_EQ(c.messages(), "");
    const Block& body = *c.unit.functions[0].body.body;
    ASSERT_EQ(body.statements.size(), 1u);
    EXPECT_EQ(body.statements[0]->kind, StmtKind::for_range);
    EXPECT_NE(compiled(owner, "bench:inc { for ($i : 0..9) { return; } }").messages().find("would end all rounds"),
              std::string::npos);
    EXPECT_EQ(compiled(owner, "bench:inc { for ($i : 0..9) { return 1; } }").messages(), "");
}

TEST(Semantics, NamesOfTestsAreUnique) {
    std::unique_ptr<test::Compilation> owner;
    const std::string messages =
        compiled(owner, "test:ok { @x = 1; } bench:inc { @x = 1; } test:ok { @x = 2; }").messages();
    EXPECT_NE(messages.find("\"ok\" was used as the name for more than one TEST probe"), std::string::npos) << messages;
}

}  // namespace
}  // namespace avocet::dsl
