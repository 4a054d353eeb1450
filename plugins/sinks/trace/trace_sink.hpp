// SPDX-License-Identifier: Apache-2.0
//
// Chrome's trace event format (JSON), which Perfetto opens: events are instants on the line of their thread, integers
// in maps are counters. Fields named pid, tid and comm say whose an event is; without them it is on line 0. An event's
// name is its text. The file is a JSON array; its end may be missing (the format allows that), so that a killed run
// leaves a readable file. [thread: data]
#pragma once

#include <array>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "avocet/sink.hpp"

namespace avocet::trace {

inline constexpr std::array schema = {
    option(AVOCET_OPTION_PATH, "path", nullptr, "The file; it is emptied first.", nullptr, 0, 0,
           AVOCET_OPTION_REQUIRED),
};

class TraceSink final : public Sink {
public:
    TraceSink(const Host& host, const Options& options);
    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) override;
    uint64_t flush() override;
    uint64_t close() override;

private:
    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    void instant(const avocet_batch& batch, uint32_t row);
    void counter(const avocet_batch& batch, uint32_t row);
    void name_thread(uint64_t pid, uint64_t tid, const std::string& comm);
    std::string row_text(const avocet_batch& batch, uint32_t row) const;
    std::string value_text(const avocet_type& type, const avocet_value& value) const;
    void put(const std::string& json);

    Host host_;
    const avocet_host_render* render_;
    std::string path_;
    std::unique_ptr<std::FILE, Closer> file_;
    std::set<std::pair<uint64_t, uint64_t>> named_;
    bool first_ = true, told_ = false;
    uint64_t unflushed_ = 0;
};

}  // namespace avocet::trace
