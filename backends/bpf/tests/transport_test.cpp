// SPDX-License-Identifier: Apache-2.0
//
// What the program produced is delivered or counted as lost: exactly, in order, also when the reader is too slow.
#include <gmock/gmock.h>
#include <time.h>

#include <algorithm>
#include <thread>

#include <bpf/libbpf.h>

#include "avocet/abi/program.h"
#include "privileged.hpp"

namespace avocet::test {
namespace {

struct Event {
    avocet_event_header header;
    uint64_t sequence;
};

struct Transport : testing::TestWithParam<avocet_transport> {
    void SetUp() override { NEEDS_ROOT(); }
    BackendUnderTest b{bpf_plugin()};

    void start(uint64_t bytes_per_cpu, uint32_t words = 0) {
        b.request.transport = GetParam();
        b.request.buffer_bytes_per_cpu = bytes_per_cpu;
        b.request.drain_interval_ns = 1'000'000;
        b.constant("avocet_filter_pid", static_cast<uint32_t>(getpid()));
        b.constant("avocet_transport", static_cast<uint32_t>(GetParam()));
        b.constant("payload_words", words);
        std::vector<PlanBox> plans;
        plans.push_back(raw_sys_enter(1));
        b.add("on_enter", std::move(plans));
        ASSERT_EQ(b.load(read_file(program_file("probes.o"))), AVOCET_OK) << b.all_reports();
        ASSERT_EQ(b.attach(), AVOCET_OK) << b.all_reports();
    }
    std::vector<uint64_t> sequence;
    uint64_t last_time = 0, disorder = 0;
    void take(const avocet_sample& s) {
        ASSERT_EQ(s.channel, 1u);
        ASSERT_GE(s.size, sizeof(Event));
        ASSERT_EQ(reinterpret_cast<uintptr_t>(s.data) % 8, 0u);
        Event e;
        memcpy(&e, s.data, sizeof e);
        sequence.push_back(e.sequence);
        disorder += e.header.time_ns < last_time;
        last_time = e.header.time_ns;
    }
    void take_all() {
        b.detach();
        EXPECT_EQ(drain(b, [&](auto& s) { take(s); }), AVOCET_STOP);
    }
};

TEST_P(Transport, DeliversEverythingInOrder) {
    start(1 << 20);
    make_syscalls(5000);
    take_all();
    ASSERT_EQ(sequence.size(), 5000u);
    for (uint64_t i = 0; i < 5000; ++i) ASSERT_EQ(sequence[i], i);
}

TEST_P(Transport, NothingIsSilentlyLostUnderOverload) {
    start(4096, 60);
    std::jthread other([] { make_syscalls(20000); });
    make_syscalls(20000);
    avocet_sample_batch batch;
    uint64_t transport_lost = 0;
    ASSERT_EQ(b.poll(0, batch), AVOCET_OK);
    for (uint32_t i = 0; i < batch.count; ++i) take(batch.samples[i]);
    transport_lost += batch.lost;
    make_syscalls(20000);
    other.join();
    take_all();
    const uint64_t produced = b.read("totals")[0], lost = b.read("avocet_losses")[0];
    EXPECT_EQ(produced, 60000u);
    EXPECT_GT(lost, 0u);
    EXPECT_EQ(transport_lost, 0u) << "the program has counted these already";
    EXPECT_EQ(sequence.size() + lost, produced);
    std::sort(sequence.begin(), sequence.end());
    EXPECT_EQ(std::adjacent_find(sequence.begin(), sequence.end()), sequence.end()) << "delivered twice";
}

// Not of the ring: it keeps the order of reservation, which is later than the stamp.
struct PerfTransport : Transport {};
TEST_P(PerfTransport, EventsOfManyThreadsComeInOrderOfTime) {
    start(4 << 20);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([] { make_syscalls(5000); });
    EXPECT_EQ(drain(
                  b, [&](auto& s) { take(s); }, [&] { return sequence.size() >= 10000; }),
              AVOCET_OK);
    threads.clear();
    take_all();
    EXPECT_EQ(sequence.size(), 20000u);
    EXPECT_EQ(disorder, 0u);
}

TEST_P(Transport, LargeBatchesAreCutAndNothingIsMissing) {
    start(16 << 20);
    make_syscalls(10000);
    avocet_sample_batch batch;
    ASSERT_EQ(b.poll(1'000'000'000, batch), AVOCET_OK);
    EXPECT_EQ(batch.count, 4096u);
    EXPECT_GT(batch.wall_ns, 0u);
    EXPECT_GT(batch.boot_ns, 0u);
    for (uint32_t i = 0; i < batch.count; ++i) take(batch.samples[i]);
    take_all();
    EXPECT_EQ(sequence.size(), 10000u);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Transport, testing::Values(AVOCET_TRANSPORT_RING, AVOCET_TRANSPORT_PERF),
                         [](auto& kind) { return kind.param == AVOCET_TRANSPORT_RING ? "Ring" : "Perf"; });

INSTANTIATE_TEST_SUITE_P(Perf, PerfTransport, testing::Values(AVOCET_TRANSPORT_PERF));

struct Poll : testing::Test {
    void SetUp() override { NEEDS_ROOT(); }
    BackendUnderTest b{bpf_plugin()};
    void start() {
        std::vector<PlanBox> plans;
        plans.push_back(runtime("begin"));
        b.add("on_run", std::move(plans));
        ASSERT_EQ(b.load(read_file(program_file("probes.o"))), AVOCET_OK) << b.all_reports();
        ASSERT_EQ(b.attach(), AVOCET_OK) << b.all_reports();
    }
};

TEST_F(Poll, RunReturnsTheValueAndItsSampleIsOnTheControlChannel) {
    start();
    int64_t result = 0;
    ASSERT_EQ(b.run("on_run", result), AVOCET_OK) << b.all_reports();
    EXPECT_EQ(result, 42);
    avocet_sample_batch batch;
    ASSERT_EQ(b.poll(0, batch), AVOCET_OK);
    ASSERT_EQ(batch.count, 1u);
    EXPECT_EQ(batch.samples[0].channel, 0u);
    EXPECT_EQ(*static_cast<const uint64_t*>(batch.samples[0].data), 4711u);
}

TEST_F(Poll, AfterTheEndAFunctionCanStillRunAndIsRead) {
    start();
    b.detach();
    avocet_sample_batch batch;
    EXPECT_EQ(b.poll(0, batch), AVOCET_STOP);
    int64_t result = 0;
    ASSERT_EQ(b.run("on_run", result), AVOCET_OK);
    ASSERT_EQ(b.poll(0, batch), AVOCET_OK);
    EXPECT_EQ(batch.count, 1u);
    EXPECT_EQ(b.poll(0, batch), AVOCET_STOP);
}

// Rings with other names are channels of their own, in the order of the object.
TEST_F(Poll, ForeignRingsAreChannelsFromTwoOn) {
    std::vector<PlanBox> plans;
    plans.push_back(runtime("begin"));
    b.add("write_foreign", std::move(plans));
    start();
    int64_t result = 0;
    ASSERT_EQ(b.run("write_foreign", result), AVOCET_OK);
    avocet_sample_batch batch;
    ASSERT_EQ(b.poll(0, batch), AVOCET_OK);
    ASSERT_EQ(batch.count, 2u);
    std::vector<uint32_t> expected;  // what each writes, in the order of the object's maps
    bpf_object* object = bpf_object__open_file(program_file("probes.o").c_str(), nullptr);
    bpf_map* map;
    bpf_object__for_each_map(map, object) {
        if (bpf_map__name(map) == std::string("first_foreign")) expected.push_back(1);
        if (bpf_map__name(map) == std::string("second_foreign")) expected.push_back(2);
    }
    bpf_object__close(object);
    ASSERT_EQ(expected.size(), 2u);
    for (uint32_t i = 0; i < 2; ++i) {
        EXPECT_EQ(batch.samples[i].channel, 2 + i);
        EXPECT_EQ(batch.samples[i].size, 4u);
        EXPECT_EQ(*static_cast<const uint32_t*>(batch.samples[i].data), expected[i]);
    }
}

struct Rings : Poll {
    std::vector<uint64_t> times(uint32_t ring_count) {
        std::vector<PlanBox> plans;
        plans.push_back(runtime("begin"));
        b.add("scatter", std::move(plans));
        b.request.ring_count = ring_count;
        b.constant("avocet_ring_count", ring_count > 1 ? ring_count : 0);
        EXPECT_EQ(b.load(read_file(program_file("rings.o"))), AVOCET_OK) << b.all_reports();
        int64_t failed = -1;
        EXPECT_EQ(b.run("scatter", failed), AVOCET_OK) << b.all_reports();
        EXPECT_EQ(failed, 0);
        avocet_sample_batch batch;
        EXPECT_EQ(b.poll(0, batch), AVOCET_OK);
        std::vector<uint64_t> out;
        for (uint32_t i = 0; i < batch.count; ++i) {
            EXPECT_EQ(batch.samples[i].channel, 1u);
            out.push_back(static_cast<const avocet_event_header*>(batch.samples[i].data)->time_ns);
        }
        return out;
    }
};

TEST_F(Rings, SeveralAreMergedByTime) { EXPECT_EQ(times(4), (std::vector<uint64_t>{5, 10, 20, 30, 31, 40, 45, 50})); }

TEST_F(Rings, OneKeepsItsOwnOrderAndTheArrayIsNotMade) {
    EXPECT_EQ(times(1), (std::vector<uint64_t>{20, 40, 10, 31, 30, 5, 50, 45}));
}

TEST_F(Poll, WakeEndsAWaitFromAnotherThread) {
    start();
    avocet_sample_batch batch;
    ASSERT_EQ(b.poll(0, batch), AVOCET_OK);
    std::jthread waker([&] { b.wake(); });
    ASSERT_EQ(b.poll(UINT64_MAX, batch), AVOCET_OK);  // would wait for ever
    EXPECT_EQ(batch.count, 0u);
}

TEST_F(Poll, WaitingCostsNoTime) {
    start();
    avocet_sample_batch batch;
    const timespec begin = cpu_time();
    ASSERT_EQ(b.poll(300'000'000, batch), AVOCET_OK);
    EXPECT_EQ(batch.count, 0u);
    EXPECT_LT(elapsed_ns(begin), 100'000'000u);
}

TEST_F(Poll, CallsOutOfOrderAreRefused) {
    avocet_sample_batch batch;
    int64_t result;
    EXPECT_EQ(b.poll(0, batch), AVOCET_ERR_STATE);
    EXPECT_EQ(b.detach(), AVOCET_ERR_STATE);
    EXPECT_EQ(b.run("on_run", result), AVOCET_ERR_STATE);
    b.wake();
    start();
    EXPECT_EQ(b.load(read_file(program_file("probes.o"))), AVOCET_ERR_STATE);
    EXPECT_EQ(b.run("on_enter", result), AVOCET_ERR_STATE);  // has no plan: was not loaded
}

}  // namespace
}  // namespace avocet::test
