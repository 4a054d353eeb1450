// SPDX-License-Identifier: Apache-2.0
#include "session/selfrun.hpp"

#include <time.h>

#include <algorithm>

namespace avocet::core {

namespace {

constexpr uint64_t enough_ns = 1'000'000;
constexpr uint32_t most_rounds = 1u << 23;  // of one bpf_loop: BPF_MAX_LOOPS
constexpr uint64_t least_width = 41;        // of the table's column of names

uint64_t now_ns(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
}

uint32_t more_rounds(uint32_t rounds, uint64_t took_ns) {
    const uint64_t factor = took_ns < enough_ns / 1000  ? 1000
                            : took_ns < enough_ns / 100 ? 100
                            : took_ns < enough_ns / 10  ? 10
                                                        : 2;
    return static_cast<uint32_t>(std::min<uint64_t>(rounds * factor, most_rounds));
}

}  // namespace

bool SelfRun::tests(const std::vector<SelfRunFunction>& functions) {
    Report start, end;
    start.event = "tests";
    end.event = "tests_end";
    start.count = end.count = functions.size();
    show(start);
    for (const auto& f : functions) {
        Report report;
        report.event = "test_begins";
        report.name = f.name;
        show(report);
        int64_t result = 0;
        const uint64_t begin = now_ns(CLOCK_MONOTONIC);
        const bool ran = run(f.function, 1, result);
        report.time_ns = now_ns(CLOCK_MONOTONIC) - begin;
        SelfRunTraces traces = collect();
        report.event = "test";
        report.passed = ran && result == 0 && traces.exit_code == 0 && !traces.errors;
        report.output = std::move(traces.output);
        show(report);
        if (report.passed) continue;
        ++end.failed;
        end.output += f.name + "\n";
    }
    show(end);
    return end.failed == 0;
}

bool SelfRun::benches(const std::vector<SelfRunFunction>& functions) {
    Report header;
    header.event = "benches";
    header.width = least_width;
    for (const auto& f : functions) header.width = std::max<uint64_t>(header.width, f.name.size() + 1);
    show(header);
    bool good = true;
    for (const auto& f : functions) {
        if (bench(f, header.width)) continue;
        failed(f.name);
        good = false;
    }
    return good;
}

// In this thread's CPU time, which is the rounds' wherever the machine is busy.
bool SelfRun::bench(const SelfRunFunction& f, uint64_t width) {
    for (uint32_t rounds = 1;;) {
        int64_t result = 0;
        const uint64_t begin = now_ns(CLOCK_THREAD_CPUTIME_ID);
        if (!run(f.function, rounds, result)) return false;
        const uint64_t took = now_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
        collect();
        if (result != 0) return true;  // the bench says that it does not apply here
        if (took < enough_ns && rounds < most_rounds) {
            rounds = more_rounds(rounds, took);
            continue;
        }
        Report report;
        report.event = "bench";
        report.name = f.name;
        report.time_ns = took / rounds;
        report.count = rounds;
        report.width = width;
        show(report);
        return true;
    }
}

}  // namespace avocet::core
