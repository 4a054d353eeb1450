// SPDX-License-Identifier: Apache-2.0
//
// probe.usdt through its C tables, on programs of our own.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "notes.hpp"
#include "testing/loaded_provider.hpp"

using namespace avocet;
using avocet::testing::LoadedProvider;

namespace {

const std::string program = WORKLOADS "usdt";

class Usdt : public ::testing::Test {
protected:
    Usdt() { provider.features = {"uprobe_multi", "uprobe_refcount"}; }
    std::string refusal(const std::string& spec, avocet_status status, int32_t pid = -1) {
        EXPECT_TRUE(provider.resolve(spec, pid).empty()) << spec;
        EXPECT_EQ(provider.status, status) << spec << ": " << provider.last_message();
        return provider.last_message();
    }
    LoadedProvider provider{"probe.usdt"};
};

// A program that has said something, ended with the test.
class Running {
public:
    explicit Running(std::vector<std::string> words) {
        int out[2], in[2];
        if (pipe2(out, O_CLOEXEC) != 0 || pipe2(in, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        pid = fork();
        if (pid == 0) {
            dup2(in[0], 0);
            dup2(out[1], 1);
            execv(arguments[0], arguments.data());
            _exit(127);
        }
        close(out[1]);
        close(in[0]);
        char line[32];
        const bool started = read(out[0], line, sizeof line) > 0;
        close(out[0]);
        input_ = in[1];
        if (!started) throw std::runtime_error("the program did not start");
    }
    ~Running() {
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
        close(input_);
    }
    pid_t pid;

private:
    int input_;
};

}  // namespace

TEST_F(Usdt, a_probe_with_a_semaphore) {
    auto plans = provider.resolve("usdt:" + program + ":usdt:guarded");
    ASSERT_EQ(plans.size(), 1u);
    EXPECT_EQ(plans[0].kind, AVOCET_PLAN_UPROBE);
    EXPECT_EQ(plans[0].path, program);
    ASSERT_EQ(plans[0].targets.size(), 1u);
    const auto& target = plans[0].targets[0];
    EXPECT_EQ(target.name, "usdt:" + program + ":usdt:guarded");
    EXPECT_GT(target.value, 0u);
    EXPECT_GT(target.semaphore, 0u);
    ASSERT_EQ(target.locations.size(), 1u);
    EXPECT_EQ(target.locations[0].size, 8);
    EXPECT_EQ(target.locations[0].is_signed, 1);
}

TEST_F(Usdt, a_kernel_without_reference_counts_cannot_raise_semaphores) {
    provider.features = {};
    EXPECT_NE(refusal("usdt:" + program + ":usdt:guarded", AVOCET_ERR_UNSUPPORTED).find("has a semaphore"),
              std::string::npos);
    EXPECT_EQ(provider.resolve("usdt:" + program + ":forms:wide").size(), 1u);
}

TEST_F(Usdt, the_provider_may_be_left_out_or_a_pattern) {
    EXPECT_EQ(provider.resolved_names("usdt:" + program + ":guarded").size(), 1u);
    EXPECT_EQ(provider.resolved_names("usdt:" + program + "::guarded").size(), 1u);
    EXPECT_EQ(provider.resolved_names("usdt:" + program + ":us*:guarded").size(), 1u);
    EXPECT_EQ(provider.resolved_names("usdt:" + program + ":twin"),
              (std::vector<std::string>{"usdt:" + program + ":other:twin", "usdt:" + program + ":usdt:twin"}));
    EXPECT_EQ(provider.resolved_names("usdt:" + program + ":other:twin").size(), 1u);
    EXPECT_EQ(provider.resolved_names("usdt:" + program + ":forms:*").size(), 8u);
}

TEST_F(Usdt, sites_of_a_probe_are_one_name_and_many_places) {
    auto plans = provider.resolve("usdt:" + program + ":sites");
    ASSERT_EQ(plans.size(), 1u);
    EXPECT_EQ(plans[0].kind, AVOCET_PLAN_UPROBE_MULTI);
    ASSERT_EQ(plans[0].targets.size(), 3u);
    EXPECT_LT(plans[0].targets[0].value, plans[0].targets[1].value);
    EXPECT_EQ(plans[0].targets[0].semaphore, plans[0].targets[2].semaphore);
    EXPECT_EQ(plans[0].targets[0].locations[0].kind, AVOCET_LOCATION_CONSTANT);
    EXPECT_EQ(plans[0].targets[0].locations[0].offset, 7);
    EXPECT_EQ(provider.describe("usdt:" + program + ":sites").at(0).targets.size(), 1u);
    provider.features = {"uprobe_refcount"};
    EXPECT_EQ(provider.resolve("usdt:" + program + ":sites").size(), 3u);
}

TEST_F(Usdt, several_files_are_one_plan_each) {
    auto plans = provider.resolve("usdt:" + std::string(WORKLOADS) + "usdt_*:usdt:t*");
    ASSERT_GE(plans.size(), 2u);
    std::set<std::string> paths;
    for (const auto& plan : plans) paths.insert(plan.path);
    EXPECT_EQ(paths.size(), plans.size());
    EXPECT_TRUE(paths.count(WORKLOADS "usdt_O0"));
}

TEST_F(Usdt, is_described_by_target) {
    auto g = provider.describe("usdt:" + program + ":forms:floats").at(0);
    EXPECT_EQ(g.context, AVOCET_CONTEXT_PT_REGS);
    EXPECT_EQ(g.identity, AVOCET_IDENTITY_COOKIE);
    EXPECT_EQ(g.space, static_cast<uint32_t>(AVOCET_SPACE_USER));
    EXPECT_EQ(g.flags, static_cast<uint32_t>(AVOCET_GROUP_PREEMPTIBLE | AVOCET_GROUP_SHARED_NAMES));
    EXPECT_EQ(g.probetype, "usdt");
    EXPECT_EQ(g.has, static_cast<uint32_t>(AVOCET_HAS_REGS | AVOCET_HAS_TASK | AVOCET_HAS_ARGN));
    EXPECT_EQ(g.argn_place, AVOCET_PLACE_TARGET);
    EXPECT_EQ(g.argn_count, 3u);
    ASSERT_EQ(g.args.size(), 3u);
    EXPECT_EQ(g.args[0].place, AVOCET_PLACE_TARGET);
    EXPECT_EQ(g.args[1].place, AVOCET_PLACE_NOWHERE);
    EXPECT_EQ(g.args[1].name, "it is a floating-point number, '8f@%xmm0'");
    EXPECT_EQ(provider.dependencies, (std::vector<std::pair<std::string, std::string>>{{"file", program}}));
    EXPECT_EQ(provider.describe("usdt:" + program + ":forms:none").at(0).argn_count, 0u);
}

// Everything that these compilers made of the same probes can be read.
TEST_F(Usdt, all_places_that_compilers_choose) {
    for (const char* name : {"usdt", "usdt_O0", "usdt_fixed", "usdt_clang_O0", "usdt_clang_O2"}) {
        int error = 0;
        auto bytes = usdt::Bytes::open(std::string(WORKLOADS) + name, error);
        if (error == ENOENT && std::string(name).find("clang") != std::string::npos) continue;
        ASSERT_EQ(error, 0) << name;
        auto notes = usdt::read_notes(usdt::ElfImage(std::move(bytes)));
        EXPECT_EQ(notes.damaged, 0u);
        EXPECT_GE(notes.probes.size(), 12u) << name;
        for (const auto& probe : notes.probes)
            for (const auto& site : probe.sites)
                for (const auto& argument : site.arguments)
                    EXPECT_TRUE(argument.readable() || argument.text == "8f@%xmm0")
                        << name << ":" << probe.name << " " << argument.text << ": " << argument.refusal;
    }
}

TEST_F(Usdt, lists_with_arguments) {
    auto listed = provider.list("usdt:" + program + ":s*", AVOCET_SPEC_VERBOSE);
    ASSERT_EQ(listed.size(), 1u + 2u);
    EXPECT_EQ(listed[0].name, "usdt:" + program + ":forms:scaled");
    EXPECT_EQ(listed[1].name, "usdt:" + program + ":forms:symbols");
    EXPECT_EQ(listed[2].name, "usdt:" + program + ":usdt:sites");
    EXPECT_EQ(listed[1].args[0], "int32_t arg0  // -4@usdt_number(%rip)");
    EXPECT_EQ(listed[2].args.back(), "// 3 sites, semaphore");
    EXPECT_TRUE(provider.names("usdt:" + program + ":nothing").empty());
    EXPECT_EQ(provider.status, AVOCET_OK);
    EXPECT_TRUE(provider.names("usdt:*sleep*").empty());
    EXPECT_TRUE(provider.names("usdt").empty());
    EXPECT_GE(provider.names("usdt:" + program).size(), 13u);
}

TEST_F(Usdt, libraries_made_at_run_time) {
    for (const char* how : {"memfd", "deleted"}) {
        Running runtime({WORKLOADS "usdt_runtime", how});
        auto plans = provider.resolve("usdt:runtime:tick", runtime.pid);  // two parts: a file of that name
        EXPECT_TRUE(plans.empty());
        plans = provider.resolve("usdt:tick", runtime.pid);
        ASSERT_EQ(plans.size(), 1u) << how << ": " << provider.last_message();
        EXPECT_EQ(plans[0].pid, runtime.pid);
        EXPECT_EQ(plans[0].path.substr(0, 6), "/proc/");
        EXPECT_EQ(plans[0].targets.at(0).value, 0x400u);
        EXPECT_EQ(provider.resolve("usdt:*:runtime:tick", runtime.pid).size(), 1u);
        EXPECT_EQ(provider.names("usdt:*", 0, runtime.pid), std::vector<std::string>{plans[0].targets[0].name});
        EXPECT_EQ(provider.describe("usdt:tick", 0, runtime.pid).at(0).argn_count, 2u);
    }
}

TEST_F(Usdt, by_process) {
    Running served({program, "serve"});
    auto plans = provider.resolve("usdt:guarded", served.pid);
    ASSERT_EQ(plans.size(), 1u) << provider.last_message();
    EXPECT_EQ(plans[0].path, program);
    EXPECT_EQ(plans[0].pid, served.pid);
    EXPECT_NE(refusal("usdt:guardet", AVOCET_ERR_NOT_FOUND, served.pid).find("none of"), std::string::npos);
    EXPECT_GE(provider.names("usdt:*", 0, served.pid).size(), 13u);
}

TEST_F(Usdt, refusals) {
    EXPECT_EQ(refusal("usdt:" + program + ":guardet", AVOCET_ERR_NOT_FOUND),
              "usdt '" + program + ":guardet': no such probe in the file");
    EXPECT_EQ(provider.last_hint(), "did you mean 'guarded'?");
    EXPECT_NE(refusal("usdt:/bin/true:x", AVOCET_ERR_NOT_FOUND).find("no such probe"), std::string::npos);
    EXPECT_NE(provider.last_hint().find("no static probes"), std::string::npos);
    EXPECT_EQ(refusal("usdt:/nonexistent/x:y", AVOCET_ERR_NOT_FOUND),
              "usdt target file '/nonexistent/x' does not exist or is not executable");
    EXPECT_EQ(refusal("usdt:/etc/passwd:y", AVOCET_ERR_INVALID), "usdt target file '/etc/passwd': not an ELF file");
    EXPECT_EQ(refusal("usdt::y", AVOCET_ERR_INVALID), "usdt probe must specify at least path or pid to probe");
    EXPECT_EQ(refusal("usdt:y", AVOCET_ERR_INVALID), "usdt probe type requires 2 or 3 arguments, found 1");
    EXPECT_EQ(refusal("usdt:a:b:c:d", AVOCET_ERR_INVALID), "usdt probe type requires 2 or 3 arguments, found 4");
    EXPECT_NE(refusal("usdt:" + program + ":", AVOCET_ERR_INVALID).find("no name of a probe"), std::string::npos);
    const pid_t gone = fork();
    if (gone == 0) _exit(0);
    waitpid(gone, nullptr, 0);
    EXPECT_EQ(refusal("usdt:x", AVOCET_ERR_NOT_FOUND, gone), "process '" + std::to_string(gone) + "' does not exist");
}
