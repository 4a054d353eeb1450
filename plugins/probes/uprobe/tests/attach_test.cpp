// SPDX-License-Identifier: Apache-2.0
//
// The places that the provider names are where the kernel sees the calls: counted by perf events, without BPF.
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <fstream>

#include "testing/loaded_provider.hpp"

using namespace avocet;
using avocet::testing::LoadedProvider;

namespace {

const std::string subject = SUBJECT;

int uprobe_event_type() {
    int type = -1;
    std::ifstream("/sys/bus/event_source/devices/uprobe/type") >> type;
    return type;
}

// How often a run of the subject passes the place; -1: the kernel refused.
int64_t count_of(const AttachPlan& plan, uint64_t offset) {
    int go[2];
    if (pipe(go) != 0) return -1;
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        close(go[1]);
        if (read(go[0], &byte, 1) != 1) _exit(1);
        if (!freopen("/dev/null", "w", stdout)) _exit(1);
        execl(subject.c_str(), subject.c_str(), nullptr);
        _exit(127);
    }
    close(go[0]);
    perf_event_attr attr{};
    attr.size = sizeof attr;
    attr.type = static_cast<uint32_t>(uprobe_event_type());
    attr.config = plan.flags & AVOCET_PLAN_RETURN ? 1 : 0;
    attr.config1 = reinterpret_cast<uint64_t>(plan.path.c_str());
    attr.config2 = offset;
    attr.disabled = 1;
    attr.enable_on_exec = 1;
    int fd = static_cast<int>(syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC));
    int error = errno;
    if (write(go[1], "x", 1) != 1) perror("write");
    close(go[1]);
    waitpid(pid, nullptr, 0);
    if (fd < 0) {
        ADD_FAILURE() << "perf_event_open: " << errno_text(error);
        return -1;
    }
    uint64_t count = 0;
    bool ok = read(fd, &count, sizeof count) == sizeof count;
    close(fd);
    return ok ? static_cast<int64_t>(count) : -1;
}

struct Case {
    const char* spec;
    int64_t calls;
};

}  // namespace

TEST(UprobeAttach, places_are_hit_as_often_as_they_are_called) {
    if (auto reason = avocet::testing::needs_root(); !reason.empty()) GTEST_SKIP() << reason;
    if (uprobe_event_type() < 0) GTEST_SKIP() << "this kernel has no uprobe events";
    LoadedProvider provider("probe.uprobe");
    for (const Case& c :
         {Case{"uprobe:%:subject_add", 1}, Case{"uretprobe:%:subject_add", 1}, Case{"uprobe:%:subject_twin", 2},
          Case{"uprobe:%:subject_static", 1}, Case{"uprobe:%:cpp:subject::Box::get(int)*", 1},
          Case{"uprobe:%:cpp:subject::twice<int>", 1}}) {
        std::string spec = c.spec;
        spec.replace(spec.find('%'), 1, subject);
        auto plans = provider.resolve(spec);
        ASSERT_EQ(plans.size(), 1u) << spec << ": " << provider.last_message();
        EXPECT_EQ(count_of(plans[0], plans[0].targets[0].value), c.calls) << spec;
    }
}
