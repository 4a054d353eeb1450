// SPDX-License-Identifier: Apache-2.0
//
// What it costs the data thread to hand records over to a sink that takes them at once: prints ns per record for batch
// sizes from 1 to 1024, and for two sinks. Not a test: the budget is 5 ns per record in full batches.
#include <cstdio>

#include "fakes.hpp"

namespace {

using namespace avocet;
using namespace avocet::topology;

void measure(uint32_t rows, int sinks) {
    core::Diagnostics diagnostics;
    Schema schema;
    Source source(schema);
    static const avocet_sink_factory factory = [] {
        avocet_sink_factory f = *FakeSink::factory();
        f.consume = [](avocet_sink*, const avocet_batch* batch, uint32_t first, uint32_t* taken) -> avocet_status {
            *taken = batch->row_count - first;
            return AVOCET_OK;
        };
        return f;
    }();
    FakeSink ends[2];
    core::Router router(diagnostics);
    for (int i = 0; i < sinks; ++i) {
        router.add_sink(std::to_string(i), &factory, ends[i].abi());
        router.add_route({"r", {}, {std::to_string(i)}, 65536, core::WhenFull::drop_oldest});
    }
    router.start();
    auto batch = source.batch(rows);
    uint64_t batches = 20'000'000 / rows / (rows < 16 ? 10 : 1);
    auto start = std::chrono::steady_clock::now();
    for (uint64_t i = 0; i < batches; ++i) router.offer(batch);
    std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    router.finish();
    auto counts = router.counts()[0];
    std::printf("%4u rows a batch, %d sink(s): %7.2f ns per record offered, %.1f %% dropped\n", rows, sinks,
                spent.count() / static_cast<double>(batches * rows),
                100.0 * static_cast<double>(counts.dropped) / static_cast<double>(counts.offered));
}

}  // namespace

int main() {
    for (int sinks : {1, 2})
        for (uint32_t rows : {1u, 16u, 128u, 1024u}) measure(rows, sinks);
}
