// SPDX-License-Identifier: Apache-2.0
#include "option_schema.hpp"

#include "avocet/plugin.hpp"
#include "avocet/sink.hpp"

namespace {

class NullSink final : public avocet::Sink {
public:
    NullSink(const avocet::Host&, const avocet::Options&) {}
    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t&) override { return batch.row_count - first; }
};

constexpr auto factory = avocet::sink_factory<NullSink, test_schema>("takes every type of option");

}  // namespace

AVOCET_PLUGIN("sink.test", "1.0.0", &factory)
