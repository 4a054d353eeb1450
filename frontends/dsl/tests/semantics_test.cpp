// SPDX-License-Identifier: Apache-2.0
//
// What golden texts do not show: how often the host is asked, what is touched, the facts lowering gets.
#include <gtest/gtest.h>

#include "compilation.hpp"
#include "passes/infer_types.hpp"
#include "passes/plan_outputs.hpp"

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

}  // namespace
}  // namespace avocet::dsl
