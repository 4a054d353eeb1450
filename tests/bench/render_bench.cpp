// SPDX-License-Identifier: Apache-2.0
//
// How long a row takes from sample bytes to text: `printf("%d %s %lu\n", pid, comm, nsecs)`, a million rows.
// Prints nanoseconds for each row of decoding, of rendering to text and to JSON. Nothing is asserted. With any argument
// two printf take turns, so that every batch has one row: the worst case.
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "program/tests/object_builder.hpp"
#include "record/batch.hpp"
#include "record/decoder.hpp"
#include "record/render.hpp"

namespace {

using namespace avocet::core;

// Processor time of this thread: other work on the machine does not count.
struct Clock {
    using duration = std::chrono::nanoseconds;
    static duration now() {
        timespec t{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
    }
};

constexpr size_t rows_per_drain = 8192, drains = 128;
constexpr const char* declarations = R"(struct out { u32 pid; char comm[16] @avocet:string; u64 nsecs; };)";
constexpr const char* manifest = R"({"schema": 1, "tool": "bench", "events": true,
    "outputs": [{"kind": "printf", "type": "out", "format": "%d %s %lu\n"}, {"kind": "printf", "type": "out", "format": "%d %s %lu\n"}]})";

struct Sample {
    avocet_event_header header;
    uint32_t pid;
    char comm[16];
    uint64_t nsecs;
};

double per_row(Clock::duration d) {
    return std::chrono::duration<double, std::nano>(d).count() / (rows_per_drain * drains);
}

}  // namespace

int main(int argc, char**) {
    Diagnostics diagnostics;
    auto program = Program::open(testing::build_object(declarations, manifest), "bench", diagnostics);
    if (!program) return diagnostics.flush(stderr, false), 1;
    Decoder decoder(*program, {}, diagnostics);
    Renderer renderer({});
    std::vector<Sample> samples(rows_per_drain);
    std::vector<avocet_sample> list;
    for (size_t i = 0; i < samples.size(); ++i) {
        samples[i] = {{argc > 1 ? static_cast<uint32_t>(i & 1) : 0, 0, 0, 0},
                      static_cast<uint32_t>(1000 + i),
                      "systemd-journal",
                      123'456'789'000'000 + i * 977};
        list.push_back({&samples[i], sizeof(Sample), 0, 1, 0});
    }
    avocet_sample_batch batch{sizeof batch, rows_per_drain, list.data(), 0, 1, 1};
    Clock::duration decoding{}, text{}, json{};
    std::string out;
    size_t bytes = 0;
    for (size_t i = 0; i < drains; ++i) {
        std::vector<BatchPtr> batches;
        auto t0 = Clock::now();
        decoder.decode(batch, [&](BatchPtr b) { batches.push_back(std::move(b)); }, {});
        auto t1 = Clock::now();
        out.clear();
        for (const auto& b : batches) renderer.text(view(b), 0, view(b).row_count, out);
        auto t2 = Clock::now();
        bytes += out.size();
        out.clear();
        for (const auto& b : batches) renderer.json(view(b), 0, view(b).row_count, out);
        auto t3 = Clock::now();
        decoding += t1 - t0;
        text += t2 - t1;
        json += t3 - t2;
    }
    std::printf(
        "rows %zu, text bytes %zu\ndecode %.1f ns/row\ntext   %.1f ns/row\njson   %.1f ns/row\ndecode+text %.2f M "
        "rows/s\n",
        rows_per_drain * drains, bytes, per_row(decoding), per_row(text), per_row(json),
        1e3 / per_row(decoding + text));
}
