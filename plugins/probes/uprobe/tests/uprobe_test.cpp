// SPDX-License-Identifier: Apache-2.0
//
// probe.uprobe through its C tables, on a program of our own.
#include <fcntl.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "testing/loaded_provider.hpp"

using namespace avocet;
using avocet::testing::LoadedProvider;

namespace {

const std::string subject = SUBJECT;
const std::string stripped = subject + ".stripped";

class Uprobe : public ::testing::Test {
protected:
    AttachPlan plan(const std::string& spec, int32_t pid = -1, uint32_t flags = 0) {
        auto plans = provider.resolve(spec, pid, flags);
        if (plans.size() != 1)
            throw std::runtime_error(spec + ": " + std::to_string(plans.size()) + " plans: " + provider.last_message());
        return plans[0];
    }
    std::string refusal(const std::string& spec, avocet_status status, uint32_t flags = 0) {
        EXPECT_TRUE(provider.resolve(spec, -1, flags).empty()) << spec;
        EXPECT_EQ(provider.status, status) << spec << ": " << provider.last_message();
        return provider.last_message();
    }
    LoadedProvider provider{"probe.uprobe"};
};

// A running subject, ended with the test.
class Running {
public:
    Running() {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
        pid = fork();
        if (pid == 0) {
            dup2(ends[1], 1);
            execl(subject.c_str(), subject.c_str(), "wait", nullptr);
            _exit(127);
        }
        close(ends[1]);
        char line[32];
        if (read(ends[0], line, sizeof line) <= 0) throw std::runtime_error("subject did not start");
        close(ends[0]);
    }
    ~Running() {
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
    pid_t pid;
};

}  // namespace

TEST_F(Uprobe, entry_of_a_function) {
    auto p = plan("uprobe:" + subject + ":subject_add");
    EXPECT_EQ(p.kind, AVOCET_PLAN_UPROBE);
    EXPECT_EQ(p.flags, 0u);
    EXPECT_EQ(p.path, subject);
    EXPECT_EQ(p.pid, -1);
    ASSERT_EQ(p.targets.size(), 1u);
    EXPECT_EQ(p.targets[0].name, "uprobe:" + subject + ":subject_add");
    EXPECT_EQ(p.targets[0].symbol, "subject_add");
    EXPECT_GT(p.targets[0].value, 0u);
    EXPECT_EQ(plan("uprobe:" + subject + ":subject_static").targets.size(), 1u);
}

TEST_F(Uprobe, is_described_with_registers) {
    auto g = provider.describe("uprobe:" + subject + ":subject_add").at(0);
    EXPECT_EQ(g.context, AVOCET_CONTEXT_PT_REGS);
    EXPECT_EQ(g.identity, AVOCET_IDENTITY_COOKIE);
    EXPECT_EQ(g.space, static_cast<uint32_t>(AVOCET_SPACE_USER));
    EXPECT_EQ(g.flags, static_cast<uint32_t>(AVOCET_GROUP_PREEMPTIBLE));
    EXPECT_EQ(g.has, static_cast<uint32_t>(AVOCET_HAS_ARGN | AVOCET_HAS_FUNC | AVOCET_HAS_REGS | AVOCET_HAS_TASK));
    EXPECT_EQ(g.argn_place, AVOCET_PLACE_REGISTER);
    EXPECT_GE(g.argn_count, 6u);
    EXPECT_EQ(provider.dependencies, (std::vector<std::pair<std::string, std::string>>{{"file", subject}}));
    auto r = provider.describe("uretprobe:" + subject + ":subject_add").at(0);
    EXPECT_EQ(r.has, static_cast<uint32_t>(AVOCET_HAS_RETVAL | AVOCET_HAS_FUNC | AVOCET_HAS_REGS | AVOCET_HAS_TASK));
    EXPECT_EQ(r.retval.place, AVOCET_PLACE_RETURN);
    EXPECT_FALSE(r.btf.empty());
    EXPECT_EQ(r.probetype, "uretprobe");
    EXPECT_EQ(plan("uretprobe:" + subject + ":subject_add").flags, static_cast<uint32_t>(AVOCET_PLAN_RETURN));
}

TEST_F(Uprobe, offset_and_address) {
    uint64_t start = plan("uprobe:" + subject + ":subject_add").targets[0].value;
    // Exactly the starts of instructions are accepted; a function has several, and not every byte is one.
    int accepted = 0, refused = 0;
    for (int offset = 1; offset < 16; ++offset) {
        std::string place = subject + ":subject_add+" + std::to_string(offset);
        auto plans = provider.resolve("uprobe:" + place);
        if (provider.last_message().find("outside the function bounds") != std::string::npos) break;
        if (plans.empty()) {
            ++refused;
            EXPECT_EQ(provider.last_message(), "could not add uprobe into middle of instruction: " + place);
            EXPECT_EQ(plan("uprobe:" + place, -1, AVOCET_SPEC_UNSAFE).targets[0].value,
                      start + static_cast<uint64_t>(offset));
        } else {
            ++accepted;
            EXPECT_EQ(plans[0].targets[0].value, start + static_cast<uint64_t>(offset));
            EXPECT_EQ(plans[0].targets[0].name, "uprobe:" + place);
        }
    }
    EXPECT_GT(accepted, 0);
    EXPECT_GT(refused, 0);
    EXPECT_NE(refusal("uprobe:" + subject + ":subject_add+4096", AVOCET_ERR_INVALID)
                  .find("offset outside the function bounds ('subject_add' size is"),
              std::string::npos);
    EXPECT_NE(provider.last_hint().find("--unsafe"), std::string::npos);
    EXPECT_EQ(refusal("uretprobe:" + subject + ":subject_add+1", AVOCET_ERR_INVALID),
              "uretprobes can not be attached to a function offset");
    EXPECT_EQ(refusal("uprobe:" + subject + ":subject_add+x", AVOCET_ERR_INVALID), "'subject_add+x': invalid offset");
    EXPECT_EQ(refusal("uprobe:" + subject + ":subject_add+1+2", AVOCET_ERR_INVALID),
              "'subject_add+1+2': cannot take more than one offset");
    EXPECT_EQ(refusal("uprobe:" + subject + ":0xffffffff", AVOCET_ERR_NOT_FOUND),
              "'" + subject + ":4294967295': no code at this address");
}

TEST_F(Uprobe, unsafe_offset_warns_only) {
    EXPECT_EQ(plan("uprobe:" + subject + ":subject_add+200", -1, AVOCET_SPEC_UNSAFE).targets.size(), 1u);
    ASSERT_FALSE(provider.reports.empty());
    EXPECT_EQ(provider.reports.back().severity, AVOCET_WARNING);
}

TEST_F(Uprobe, pattern_is_one_attach_and_counts_each_place_once) {
    provider.features = {"uprobe_multi"};
    auto p = plan("uprobe:" + subject + ":subject_a*");
    EXPECT_EQ(p.kind, AVOCET_PLAN_UPROBE_MULTI);
    std::vector<std::string> symbols;
    for (const auto& t : p.targets) symbols.push_back(t.symbol);
    EXPECT_EQ(symbols, (std::vector<std::string>{"subject_add", "subject_alias", "subject_alpha"}));
    // subject_alias and subject_twin are one place, reported under the first name.
    p = plan("uprobe:" + subject + ":subject_*");
    std::set<uint64_t> places;
    for (const auto& t : p.targets) {
        EXPECT_TRUE(places.insert(t.value).second) << t.name;
        EXPECT_NE(t.symbol, "subject_twin");
    }
    auto group = provider.describe("uprobe:" + subject + ":subject_*").at(0);
    EXPECT_EQ(provider.resolved_names(group.spec), group.targets);
    provider.features.clear();
    EXPECT_EQ(provider.resolve("uprobe:" + subject + ":subject_a*").size(), 3u);
}

TEST_F(Uprobe, cpp_names) {
    provider.features = {"uprobe_multi"};
    auto p = plan("uprobe:" + subject + ":cpp:subject::Box::get");
    ASSERT_EQ(p.targets.size(), 2u);
    EXPECT_EQ(p.targets[0].name, "uprobe:" + subject + ":cpp:\"subject::Box::get(int) const\"");
    EXPECT_EQ(p.targets[0].symbol, "_ZNK7subject3Box3getEi");
    EXPECT_EQ(plan("uprobe:" + subject + ":cpp:subject::Box::get(long)*").targets.size(), 1u);
    EXPECT_EQ(plan("uprobe:" + subject + ":cpp:subject::twice<int>").targets.size(), 1u);
    EXPECT_EQ(refusal("uprobe:" + subject + ":rust:f", AVOCET_ERR_INVALID), "unsupported language type: rust");
}

TEST_F(Uprobe, indirect_functions_warn) {
    EXPECT_EQ(plan("uprobe:" + subject + ":subject_chosen").targets.size(), 1u);
    ASSERT_FALSE(provider.reports.empty());
    EXPECT_NE(provider.last_message().find("IFUNC"), std::string::npos);
}

TEST_F(Uprobe, libraries_and_programs_by_name) {
    auto p = plan("uprobe:libc:malloc");
    EXPECT_NE(p.path.find("libc.so"), std::string::npos);
    EXPECT_EQ(p.path[0], '/');
    EXPECT_EQ(plan("uprobe:libc.so.6:malloc").path, p.path);
    std::string path = getenv("PATH") ? getenv("PATH") : "";
    std::filesystem::path file(subject);
    setenv("PATH", ("/nowhere:" + file.parent_path().string() + ":" + file.parent_path().string()).c_str(), 1);
    EXPECT_EQ(plan("uprobe:" + file.filename().string() + ":subject_add").path, subject);
    EXPECT_TRUE(provider.reports.empty()) << provider.last_message();
    EXPECT_EQ(provider.resolve("uprobe:uprobe_sub*:subject_add").at(0).path, subject);
    setenv("PATH", path.c_str(), 1);
}

TEST_F(Uprobe, relative_path_is_made_absolute) {
    auto before = std::filesystem::current_path();
    std::filesystem::path file(subject);
    std::filesystem::current_path(file.parent_path());
    EXPECT_EQ(plan("uprobe:./" + file.filename().string() + ":subject_add").path, subject);
    EXPECT_EQ(plan("uprobe:" + file.filename().string() + ":subject_add").path, subject);
    std::filesystem::current_path(before);
}

TEST_F(Uprobe, program_of_a_process) {
    Running running;
    auto p = plan("uprobe:subject_add", running.pid);
    EXPECT_EQ(p.pid, running.pid);
    EXPECT_EQ(p.path, "/proc/" + std::to_string(running.pid) + "/exe");
    EXPECT_EQ(p.targets[0].name, "uprobe:" + subject + ":subject_add");
    auto names = provider.names("uprobe:subject_al*", 0, running.pid);
    EXPECT_EQ(names, (std::vector<std::string>{"uprobe:" + subject + ":subject_alias",
                                               "uprobe:" + subject + ":subject_alpha"}));
    provider.resolve("uprobe:*:subject_add", running.pid);
    EXPECT_EQ(provider.status, AVOCET_OK) << provider.last_message();
}

TEST_F(Uprobe, lists_every_name) {
    auto names = provider.names("uprobe:" + subject + ":subject_*");
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
    for (const char* name : {"subject_add", "subject_alias", "subject_twin", "subject_static", "subject_chosen"})
        EXPECT_EQ(std::count(names.begin(), names.end(), "uprobe:" + subject + ":" + name), 1) << name;
}

TEST_F(Uprobe, a_pattern_for_any_kind_lists_nothing) {
    for (const char* pattern :
         {"uprobe", "uprobe:*", "uprobe:*sleep*", "uprobe:vfs_read", "uprobe:no-such-program:*"}) {
        EXPECT_TRUE(provider.names(pattern).empty()) << pattern;
        EXPECT_EQ(provider.status, AVOCET_OK) << pattern << ": " << provider.last_message();
    }
    EXPECT_GT(provider.names("uprobe:" + subject).size(), 5u);
    provider.list("uprobe:/no/such/file:*");
    EXPECT_EQ(provider.status, AVOCET_ERR_NOT_FOUND);
}

TEST_F(Uprobe, refusals_say_why) {
    EXPECT_EQ(refusal("uprobe:" + subject + ":subject_ad", AVOCET_ERR_NOT_FOUND),
              "uprobe '" + subject + ":subject_ad': no such function in the file");
    EXPECT_EQ(provider.last_hint(), "did you mean 'subject_add'?");
    EXPECT_EQ(refusal("uprobe:/no/such/file:f", AVOCET_ERR_NOT_FOUND),
              "uprobe target file '/no/such/file' does not exist or is not executable");
    EXPECT_EQ(refusal("uprobe:no-such-program:f", AVOCET_ERR_NOT_FOUND),
              "uprobe target file 'no-such-program' does not exist or is not executable");
    EXPECT_EQ(refusal("uprobe:/etc/passwd:f", AVOCET_ERR_INVALID), "uprobe target file '/etc/passwd': not an ELF file");
    EXPECT_EQ(refusal("uprobe:" + subject, AVOCET_ERR_INVALID), "uprobe probe type requires 2 or 3 arguments, found 1");
    EXPECT_EQ(refusal("uprobe:" + subject + ":", AVOCET_ERR_INVALID),
              "uprobes should be attached to a function or an address");
    EXPECT_EQ(refusal("uprobe:" + subject + "x:subject_add", AVOCET_ERR_NOT_FOUND),
              "uprobe target file '" + subject + "x' does not exist or is not executable");
    EXPECT_EQ(provider.last_hint(), "did you mean '" + subject + "'?");
    provider.resolve("uprobe:subject_add", 99999999);
    EXPECT_EQ(provider.last_message(), "process '99999999' does not exist");
}

TEST_F(Uprobe, stripped_file_says_so) {
    EXPECT_EQ(refusal("uprobe:" + stripped + ":subject_static", AVOCET_ERR_NOT_FOUND),
              "uprobe '" + stripped + ":subject_static': no such function in the file");
    EXPECT_TRUE(provider.names("uprobe:" + stripped + ":subject_*").empty());
    EXPECT_EQ(provider.status, AVOCET_OK);
}

TEST_F(Uprobe, address_outside_known_functions_needs_unsafe) {
    uint64_t offset = plan("uprobe:" + subject + ":subject_add").targets[0].value;
    // The subject is linked at 0 with equal offsets and addresses in none of its segments for certain: ask for both.
    for (uint64_t address : {offset, offset + 0x1000}) {
        std::string spec = "uprobe:" + stripped + ":" + std::to_string(address);
        provider.resolve(spec);
        if (provider.status == AVOCET_ERR_NOT_FOUND) continue;
        EXPECT_EQ(refusal(spec, AVOCET_ERR_INVALID),
                  "could not resolve symbol: " + stripped + ":" + std::to_string(address));
        EXPECT_EQ(plan(spec, -1, AVOCET_SPEC_UNSAFE).targets[0].name, spec);
        return;
    }
    FAIL() << "no address in the code was found";
}

TEST_F(Uprobe, refuses_32_bit_and_damaged_files) {
    std::string path = ::testing::TempDir() + "avocet-uprobe-elf";
    std::ifstream in(subject, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    auto write = [&](const std::string& content) {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    };
    // Cut anywhere, the file is refused or has no such function, and nothing crashes.
    for (size_t size : {0ul, 4ul, 15ul, 63ul, 64ul, 1000ul, bytes.size() / 2, bytes.size() - 10}) {
        write(bytes.substr(0, size));
        provider.resolve("uprobe:" + path + ":no_such_function");
        EXPECT_LT(provider.status, 0) << size;
    }
    std::string elf32 = bytes.substr(0, 64);
    elf32[4] = 1;  // ELFCLASS32
    write(elf32);
    EXPECT_EQ(refusal("uprobe:" + path + ":f", AVOCET_ERR_UNSUPPORTED),
              "uprobe target file '" + path + "': a 32-bit program");
    std::filesystem::remove(path);
}
