// SPDX-License-Identifier: Apache-2.0
//
// Programs that the verifier refuses: the right line of the source and the right rule, each. And programs that may not
// be loaded at all.
#include "rejection.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include "privileged.hpp"

namespace avocet::test {
namespace {

using testing::HasSubstr;

// Line with the mark "refused: NAME".
uint32_t marked_line(const std::string& name) {
    std::ifstream source(std::string(AVOCET_TEST_SOURCES) + "/rejected.bpf.c");
    uint32_t number = 0;
    for (std::string line; std::getline(source, line);)
        if (++number; line.ends_with("refused: " + name)) return number;
    return 0;
}

struct Case {
    const char *function, *rule;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.function; }

struct Rejection : testing::TestWithParam<Case> {};

TEST_P(Rejection, NamesTheRuleAndTheLine) {
    NEEDS_ROOT();
    BackendUnderTest b(bpf_plugin());
    std::vector<PlanBox> plans;
    plans.push_back(raw_sys_enter(1));
    b.add(GetParam().function, std::move(plans));
    ASSERT_EQ(b.load(read_file(program_file("rejected.o"))), AVOCET_ERR_REJECTED);
    ASSERT_EQ(b.reports.size(), 1u);
    const Report& r = b.reports[0];
    EXPECT_EQ(r.message, std::string("function '") + GetParam().function +
                             "': refused by the kernel's verifier: " + GetParam().rule);
    EXPECT_THAT(r.file, testing::EndsWith("rejected.bpf.c"));
    ASSERT_NE(marked_line(GetParam().function), 0u);
    EXPECT_EQ(r.line, marked_line(GetParam().function));
    EXPECT_GT(r.column, 0u);
    EXPECT_THAT(r.hint, HasSubstr("the verifier's last words"));
}

INSTANTIATE_TEST_SUITE_P(Rules, Rejection,
                         testing::Values(Case{"unbounded_memory", "unbounded memory access"},
                                         Case{"missing_check", "result of a map lookup used without a check"},
                                         Case{"endless", "loop not bounded"},
                                         Case{"wrong_helper", "helper not allowed for this program type"},
                                         Case{"outside_value", "invalid map value access"},
                                         Case{"wild_pointer", "memory read without a helper"},
                                         Case{"in_subprogram", "unbounded memory access"}),
                         [](auto& one) { return std::string(one.param.function); });

TEST(Verdict, ReadsLogsOfOlderKernelsToo) {
    const auto v = bpf::read_verdict(
        "; return *p;\n5: (79) r0 = *(u64 *)(r1 +0)\nR1 invalid mem access 'inv'\nprocessed 6 insns (limit 1000000)\n");
    EXPECT_EQ(v.instruction, 5u);
    EXPECT_EQ(v.message, "R1 invalid mem access 'inv'");
    EXPECT_EQ(v.source_text, "return *p;");
    EXPECT_EQ(v.source_line, 0u);
}

TEST(Verdict, OfNothingIsNothing) {
    EXPECT_FALSE(bpf::read_verdict("").instruction);
    EXPECT_FALSE(bpf::read_verdict("\n;\n; \nx").instruction);
    EXPECT_EQ(bpf::broken_rule("something entirely new"), nullptr);
}

TEST(Verdict, KnowsTheRules) {
    const auto rule = [](const char* message) {
        auto* r = bpf::broken_rule(message);
        return r ? std::string(r->name) : std::string();
    };
    EXPECT_EQ(rule("infinite loop detected at insn 7"), "loop not bounded");
    EXPECT_EQ(rule("BPF program is too large. Processed 1000001 insn"), "program too large");
    EXPECT_EQ(rule("combined stack size of 2 calls is 544. Too large"), "out of stack");
    EXPECT_EQ(rule("unknown func bpf_probe_read_kernel_str#115"), "helper not allowed for this program type");
    EXPECT_EQ(rule("R2 unbounded memory access, use 'var &= const'"), "unbounded memory access");
    EXPECT_EQ(rule("Unreleased reference id=2 alloc_insn=9"), "reference not released");
    EXPECT_EQ(rule("R3 !read_ok"), "value used before it was set");
}

TEST(Load, SomethingElseThanAnObjectIsRefused) {
    NEEDS_ROOT();
    BackendUnderTest b(bpf_plugin());
    EXPECT_EQ(b.load("not an object"), AVOCET_ERR_INVALID);
    EXPECT_THAT(b.all_reports(), HasSubstr("program: not a BPF object that can be opened"));
}

TEST(Load, ConstantOfAnotherSizeIsRefused) {
    NEEDS_ROOT();
    BackendUnderTest b(bpf_plugin());
    b.constant("avocet_filter_pid", uint64_t{1});
    b.constant("no_such_constant", 1);
    EXPECT_EQ(b.load(read_file(program_file("probes.o"))), AVOCET_ERR_ABI);
    EXPECT_THAT(b.all_reports(),
                HasSubstr("constant 'avocet_filter_pid': the program has 4 bytes, the session gave 8"));
}

TEST(Load, FunctionThatIsNotThereIsRefused) {
    NEEDS_ROOT();
    BackendUnderTest b(bpf_plugin());
    std::vector<PlanBox> plans;
    plans.push_back(raw_sys_enter(1));
    b.add("no_such_function", std::move(plans));
    EXPECT_EQ(b.load(read_file(program_file("probes.o"))), AVOCET_ERR_INVALID);
    EXPECT_THAT(b.all_reports(), HasSubstr("function 'no_such_function': the object has no such program"));
}

TEST(Load, WithoutPrivilegesSaysWhatItNeeds) {
    NEEDS_ROOT();
    const std::string elf = read_file(program_file("probes.o"));
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        if (setgid(65534) || setuid(65534)) _exit(1);
        BackendUnderTest b(bpf_plugin());
        const avocet_status status = b.load(elf);
        const std::string text = std::to_string(status) + " " + b.all_reports();
        _exit(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 2);
    }
    close(ends[1]);
    char text[1024]{};
    EXPECT_GT(read(ends[0], text, sizeof text - 1), 0);
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_STREQ(text, (std::to_string(AVOCET_ERR_PERMISSION) +
                        " loading BPF programs needs root or CAP_BPF + CAP_PERFMON | run it with sudo\n")
                           .c_str());
}

}  // namespace
}  // namespace avocet::test
