// SPDX-License-Identifier: Apache-2.0
//
// Takes everything and writes nothing: what tracing costs without its output, and how many records a script makes. Rows
// are counted by kind and told once, on standard error, when the session ends. [thread: data]
#pragma once

#include <array>
#include <string>

#include "avocet/sink.hpp"

namespace avocet::null {

inline constexpr std::array schema = {
    option(AVOCET_OPTION_BOOL, "report", "true", "Say at the end how many records were taken, by kind."),
};

class NullSink final : public Sink {
public:
    NullSink(const Host& host, const Options& options);
    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) override;
    uint64_t close() override;

private:
    static constexpr size_t kinds = AVOCET_RECORD_ERROR + 1;  // 0: a kind that is newer than this plugin

    std::string instance_;
    bool report_;
    std::array<uint64_t, kinds> rows_{};
};

}  // namespace avocet::null
