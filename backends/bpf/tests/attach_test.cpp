// SPDX-License-Identifier: Apache-2.0
//
// Every way to attach that this kernel has, with workloads whose counts are known.
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include <gmock/gmock.h>

#include <thread>

#include "privileged.hpp"

namespace avocet::test {
namespace {

struct Attach : testing::Test {
    void SetUp() override { NEEDS_ROOT(); }
    BackendUnderTest b{bpf_plugin()};
    const uint32_t pid = static_cast<uint32_t>(getpid());

    void start() {
        b.constant("avocet_filter_pid", pid);
        ASSERT_EQ(b.load(read_file(program_file("probes.o"))), AVOCET_OK) << b.all_reports();
        ASSERT_EQ(b.attach(), AVOCET_OK) << b.all_reports();
        ASSERT_TRUE(b.attach_errors.empty()) << b.attach_errors[0];
    }
};

std::vector<PlanBox> plans(PlanBox box) {
    std::vector<PlanBox> out;
    out.push_back(std::move(box));
    return out;
}

using Counts = std::map<uint64_t, uint64_t>;

TEST_F(Attach, RawTracepointSeesEverySyscallWithItsCookie) {
    b.add("on_enter", plans(raw_sys_enter(7)));
    start();
    make_syscalls(1234);
    EXPECT_EQ(b.detach(), AVOCET_OK);
    make_syscalls(100);
    EXPECT_EQ(b.read("by_cookie"), (Counts{{7, 1234}}));
}

TEST_F(Attach, OneFunctionOnTwoTracepointsTellsThemApart) {
    auto both = plans(tracepoint("syscalls", "sys_enter_getppid", 1));
    both.push_back(tracepoint("syscalls", "sys_exit_getpgid", 2));
    b.add("on_tracepoint", std::move(both));
    start();
    make_syscalls(10);
    for (int i = 0; i < 5; ++i) syscall(SYS_getpgid, 0);
    b.detach();
    EXPECT_EQ(b.read("by_cookie"), (Counts{{1, 10}, {2, 5}}));
}

// A BTF-typed tracepoint is bound when the program is loaded: the second one needs the function loaded again.
TEST_F(Attach, OneFunctionOnTwoTypedTracepoints) {
    PlanBox enter(AVOCET_PLAN_TRACEPOINT_BTF, {target("rawtracepoint:sys_enter", 1)});
    enter.plan.event = to_abi("sys_enter");
    PlanBox exit(AVOCET_PLAN_TRACEPOINT_BTF, {target("rawtracepoint:sys_exit", 2)});
    exit.plan.event = to_abi("sys_exit");
    auto both = plans(std::move(enter));
    both.push_back(std::move(exit));
    b.add("on_typed", std::move(both));
    start();
    make_syscalls(1000);
    b.detach();
    const auto counts = b.read("by_cookie");
    ASSERT_EQ(counts.size(), 2u);
    EXPECT_GE(counts.at(1), 1000u);
    EXPECT_GE(counts.at(2), 1000u);
}

// A child to put uprobes on, called as often as told.
struct TargetProcess {
    FILE* in = nullptr;
    FILE* out = nullptr;
    pid_t pid = 0;

    TargetProcess() {
        int to[2], from[2];
        if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC)) abort();
        pid = fork();
        if (pid == 0) {
            dup2(to[0], 0);
            dup2(from[1], 1);
            execl(program_file("bpf_test_target").c_str(), "bpf_test_target", nullptr);
            _exit(127);
        }
        close(to[0]);
        close(from[1]);
        in = fdopen(to[1], "w");
        out = fdopen(from[0], "r");
    }
    ~TargetProcess() {
        fclose(in);
        fclose(out);
        waitpid(pid, nullptr, 0);
    }
    void call(int x, int y, int z) {
        fprintf(in, "%d %d %d\n", x, y, z);
        fflush(in);
        char line[16];
        ASSERT_TRUE(fgets(line, sizeof line, out));
    }
};

const std::string& target_path() {
    static const std::string path = program_file("bpf_test_target");
    return path;
}

PlanBox uprobes(avocet_plan_kind kind, std::vector<avocet_plan_target> targets) {
    PlanBox box(kind, std::move(targets));
    box.plan.path = to_abi(target_path());
    return box;
}

TEST_F(Attach, ManyUprobesInOneLink) {
    TargetProcess process;
    const uint64_t x = function_offset(target_path(), "target_a"), y = function_offset(target_path(), "target_b"),
                   z = function_offset(target_path(), "target_c");
    b.add("on_uprobe",
          plans(uprobes(AVOCET_PLAN_UPROBE_MULTI, {target("u:a", 11, x, "target_a"), target("u:b", 12, y, "target_b"),
                                                   target("u:c", 13, z, "target_c")})));
    start();
    process.call(100, 20, 3);
    b.detach();
    process.call(100, 20, 3);
    EXPECT_EQ(b.read("by_cookie"), (Counts{{11, 100}, {12, 20}, {13, 3}}));
}

TEST_F(Attach, UprobeReturnsOfOneProcessOnly) {
    TargetProcess process, other;
    auto box =
        uprobes(AVOCET_PLAN_UPROBE_MULTI, {target("u:a", 21, function_offset(target_path(), "target_a"), "target_a")});
    box.plan.flags = AVOCET_PLAN_RETURN;
    box.plan.pid = process.pid;
    b.add("on_uprobe", plans(std::move(box)));
    start();
    process.call(50, 1, 1);
    other.call(50, 1, 1);
    b.detach();
    EXPECT_EQ(b.read("by_cookie"), (Counts{{21, 50}}));
}

TEST_F(Attach, SingleUprobe) {
    TargetProcess process;
    b.add("on_uprobe", plans(uprobes(AVOCET_PLAN_UPROBE,
                                     {target("u:b", 31, function_offset(target_path(), "target_b"), "target_b")})));
    start();
    process.call(1, 77, 1);
    b.detach();
    EXPECT_EQ(b.read("by_cookie"), (Counts{{31, 77}}));
}

// The kernel raises the semaphore while the probe is attached: else the guarded function is never called.
void guarded(BackendUnderTest& b, const std::function<void()>& start, avocet_plan_kind kind) {
    TargetProcess process;
    auto where = target("u:guarded", 41, function_offset(target_path(), "target_guarded"), "target_guarded");
    where.semaphore = function_offset(target_path(), "target_semaphore");
    b.add("on_uprobe", plans(uprobes(kind, {where})));
    start();
    process.call(30, 0, 0);
    b.detach();
    EXPECT_EQ(b.read("by_cookie"), (Counts{{41, 30}}));
}
TEST_F(Attach, SemaphoreOfASingleUprobe) {
    guarded(
        b, [&] { start(); }, AVOCET_PLAN_UPROBE);
}
TEST_F(Attach, SemaphoreInAMultiLink) {
    guarded(
        b, [&] { start(); }, AVOCET_PLAN_UPROBE_MULTI);
}

TEST_F(Attach, WatchpointCountsWritesOfThisProcess) {
    static volatile uint64_t watched = 0;
    PlanBox box(AVOCET_PLAN_HW_BREAKPOINT, {target("watchpoint", 51, reinterpret_cast<uintptr_t>(&watched))});
    box.plan.pid = getpid();
    box.plan.length = 8;
    box.plan.mode = 2;  // HW_BREAKPOINT_W
    b.add("on_sample", plans(std::move(box)));
    start();
    for (int i = 0; i < 25; ++i) watched = watched + 1;
    b.detach();
    watched = 0;
    EXPECT_EQ(b.read("by_cookie"), (Counts{{51, 25}}));
}

TEST_F(Attach, CounterOfOneProcessFollowsItsThreads) {
    TargetProcess process;
    PlanBox box(AVOCET_PLAN_PERF_EVENT, {target("software:page-faults:1", 61)});
    box.plan.perf_type = PERF_TYPE_SOFTWARE;
    box.plan.perf_config = PERF_COUNT_SW_PAGE_FAULTS;
    box.plan.period = 1;
    box.plan.pid = getpid();
    b.add("on_sample", plans(std::move(box)));
    start();
    std::thread([] {
        constexpr size_t pages = 64;
        void* memory = mmap(nullptr, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        madvise(memory, pages * 4096, MADV_NOHUGEPAGE);
        for (size_t i = 0; i < pages; ++i) static_cast<volatile char*>(memory)[i * 4096] = 1;
        munmap(memory, pages * 4096);
    }).join();
    b.detach();
    uint64_t sum = 0;  // events that a new thread inherits have lost their cookie: the kernel does not copy it
    for (auto& [cookie, count] : b.read("by_cookie")) sum += count;
    EXPECT_GE(sum, 64u);
}

TEST_F(Attach, WhatThisMachineLacksIsSaidInWords) {
    PlanBox box(AVOCET_PLAN_PERF_EVENT, {target("hardware:nonsense", 1)});
    box.plan.perf_type = PERF_TYPE_HARDWARE;
    box.plan.perf_config = 999;
    box.plan.period = 1000;
    b.add("on_sample", plans(std::move(box)));
    ASSERT_EQ(b.load(read_file(program_file("probes.o"))), AVOCET_OK) << b.all_reports();
    ASSERT_EQ(b.attach(), AVOCET_OK);
    ASSERT_EQ(b.attach_errors.size(), 1u);
    EXPECT_THAT(b.attach_errors[0], testing::HasSubstr("perf event 'hardware:nonsense': "));
}

TEST_F(Attach, BadTargetOfManyIsNamedAndTheOthersAttach) {
    TargetProcess process;
    const uint64_t x = function_offset(target_path(), "target_a"), y = function_offset(target_path(), "target_b");
    b.add("on_uprobe",
          plans(uprobes(AVOCET_PLAN_UPROBE_MULTI,
                        {target("u:a", 1, x), target("u:nowhere", 2, uint64_t{1} << 40), target("u:b", 3, y)})));
    ASSERT_EQ(b.load(read_file(program_file("probes.o"))), AVOCET_OK) << b.all_reports();
    ASSERT_EQ(b.attach(), AVOCET_OK) << b.all_reports();
    ASSERT_EQ(b.attach_errors.size(), 1u);
    EXPECT_THAT(b.attach_errors[0], testing::HasSubstr("u:nowhere"));
    process.call(4, 5, 6);
    b.detach();
    EXPECT_EQ(b.read("by_cookie"), (Counts{{1, 4}, {3, 5}}));
}

TEST_F(Attach, SoftwareClockSamplesEveryCpu) {
    PlanBox box(AVOCET_PLAN_PERF_EVENT, {target("profile:hz:1000", 5)});
    box.plan.perf_type = PERF_TYPE_SOFTWARE;
    box.plan.perf_config = PERF_COUNT_SW_CPU_CLOCK;
    box.plan.period = 1000;
    box.plan.flags = AVOCET_PLAN_FREQUENCY;
    b.add("on_sample", plans(std::move(box)));
    start();
    const timespec begin = cpu_time();
    while (elapsed_ns(begin) < 50'000'000) {}  // busy for 50 ms of this process's own time
    b.detach();
    const auto counts = b.read("by_cookie");
    ASSERT_EQ(counts.size(), 1u);
    EXPECT_GE(counts.at(5), 25u);
}

TEST_F(Attach, TimerRunsInThisProcess) {
    PlanBox box(AVOCET_PLAN_TIMER, {target("interval:ms:2", 9)});
    box.plan.period = 2'000'000;
    b.add("on_tick", plans(std::move(box)));
    start();
    EXPECT_EQ(drain(
                  b, [](auto&) {}, [&] { return b.read("by_cookie")[9] >= 5; }),
              AVOCET_OK);
    b.detach();
    const uint64_t ticks = b.read("by_cookie")[9];
    EXPECT_EQ(drain(b, [](auto&) {}), AVOCET_STOP);
    EXPECT_EQ(b.read("by_cookie")[9], ticks);
}

TEST_F(Attach, IteratorRunsOnceAndEndsTheSource) {
    PlanBox box(AVOCET_PLAN_ITERATOR, {target("iter:task", 3)});
    box.plan.event = to_abi("task");
    b.add("on_task", plans(std::move(box)));
    start();
    EXPECT_EQ(drain(b, [](auto&) {}), AVOCET_STOP);
    EXPECT_GT(b.read("by_cookie")[2000], 10u);
}

TEST_F(Attach, MissingTracepointIsReportedAndTheHostDecides) {
    auto both = plans(tracepoint("syscalls", "sys_enter_no_such_call", 1));
    both.push_back(tracepoint("syscalls", "sys_enter_getppid", 2));
    b.add("on_tracepoint", std::move(both));
    b.constant("avocet_filter_pid", pid);
    ASSERT_EQ(b.load(read_file(program_file("probes.o"))), AVOCET_OK) << b.all_reports();
    ASSERT_EQ(b.attach(), AVOCET_OK);
    ASSERT_EQ(b.attach_errors.size(), 1u);
    EXPECT_THAT(b.attach_errors[0],
                testing::HasSubstr("tracepoint 'syscalls:sys_enter_no_such_call': the kernel has no such tracepoint"));
    make_syscalls(3);
    b.detach();
    EXPECT_EQ(b.read("by_cookie"), (Counts{{2, 3}}));
}

TEST_F(Attach, GivingUpLeavesNothingAttached) {
    b.go_on = false;
    auto both = plans(tracepoint("syscalls", "sys_enter_getppid", 2));
    both.push_back(tracepoint("syscalls", "sys_enter_no_such_call", 1));
    b.add("on_tracepoint", std::move(both));
    b.constant("avocet_filter_pid", pid);
    ASSERT_EQ(b.load(read_file(program_file("probes.o"))), AVOCET_OK) << b.all_reports();
    EXPECT_EQ(b.attach(), AVOCET_ERR_NOT_FOUND);
    EXPECT_EQ(b.attach_errors.size(), 1u);
    EXPECT_TRUE(b.reports.empty()) << "told twice: " << b.all_reports();
    EXPECT_EQ(links_of_this_process(), 0u);
}

TEST_F(Attach, DetachAndDestroyLeaveNothingAttached) {
    b.add("on_enter", plans(raw_sys_enter(7)));
    b.add("on_tracepoint", plans(tracepoint("syscalls", "sys_enter_getppid", 1)));
    start();
    EXPECT_EQ(links_of_this_process(), 2u);
    b.detach();
    EXPECT_EQ(links_of_this_process(), 0u);
    b.destroy();
    EXPECT_EQ(links_of_this_process(), 0u);
}

// Ids of the links a process holds, as the kernel writes them into fdinfo.
std::vector<uint32_t> link_ids_of(pid_t process) {
    std::vector<uint32_t> out;
    for (auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/fdinfo")) {
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);)
            if (line.starts_with("link_id:")) out.push_back(static_cast<uint32_t>(std::stoul(line.substr(8))));
    }
    return out;
}

bool link_exists(uint32_t id) {
    bpf_attr attr{};
    attr.link_id = id;
    const long fd = syscall(SYS_bpf, BPF_LINK_GET_FD_BY_ID, &attr, sizeof attr);
    if (fd >= 0) close(static_cast<int>(fd));
    return fd >= 0;
}

TEST_F(Attach, KillLeavesNothingAttached) {
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        b.add("on_enter", plans(raw_sys_enter(7)));
        b.add("on_tracepoint", plans(tracepoint("syscalls", "sys_enter_getppid", 1)));
        b.constant("avocet_filter_pid", static_cast<uint32_t>(getpid()));
        const bool attached = b.load(read_file(program_file("probes.o"))) == AVOCET_OK && b.attach() == AVOCET_OK;
        if (write(ready[1], attached ? "y" : "n", 1) == 1) pause();
        _exit(1);
    }
    char answer = 0;
    EXPECT_EQ(read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    const auto ids = link_ids_of(child);
    EXPECT_EQ(ids.size(), 2u);
    for (uint32_t id : ids) EXPECT_TRUE(link_exists(id));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    close(ready[0]);
    close(ready[1]);
    for (uint32_t id : ids) {
        for (int i = 0; i < 500 && link_exists(id); ++i) usleep(10'000);  // the kernel frees links on a work queue
        EXPECT_FALSE(link_exists(id));
    }
}

TEST_F(Attach, ManyTracepointsAtOnceAndNoneIsLeft) {
    std::vector<std::string> names;
    for (auto& entry : std::filesystem::directory_iterator("/sys/kernel/tracing/events/syscalls"))
        if (entry.is_directory() && entry.path().filename().string().starts_with("sys_enter_") && names.size() < 60)
            names.push_back(entry.path().filename());
    names.push_back("sys_exit_getpgid");
    std::vector<PlanBox> many;
    for (size_t i = 0; i < names.size(); ++i)
        many.push_back(tracepoint("syscalls", names[i].c_str(), static_cast<uint32_t>(i + 1)));
    b.add("on_tracepoint", std::move(many));
    start();
    EXPECT_EQ(links_of_this_process(), names.size());
    for (int i = 0; i < 7; ++i) syscall(SYS_getpgid, 0);
    b.detach();
    EXPECT_EQ(links_of_this_process(), 0u);
    for (int i = 0; i < 7; ++i) syscall(SYS_getpgid, 0);
    EXPECT_EQ(b.read("by_cookie")[names.size()], 7u);
}

}  // namespace
}  // namespace avocet::test
