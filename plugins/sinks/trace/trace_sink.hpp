// SPDX-License-Identifier: Apache-2.0
//
// Chrome's trace event format (JSON), which Perfetto opens: events are instants on the line of their thread, pairs of
// events are spans, integers in maps are counters. Fields named pid, tid and comm say whose an event is; without them
// it is on line 0. An event's name is its text. The file is a JSON array; its end may be missing (the format allows
// that), so that a killed run leaves a readable file. Times are microseconds of the boot clock with three decimals: as
// numbers of a JSON reader they are exact, which those since 1970 would not be. [thread: data]
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "avocet/sink.hpp"
#include "trace_file.hpp"

namespace avocet::trace {

inline constexpr std::array schema = {
    option(AVOCET_OPTION_PATH, "path", nullptr, "The file; it is emptied first.", nullptr, 0, 0,
           AVOCET_OPTION_REQUIRED),
    option(AVOCET_OPTION_LIST, "spans", nullptr,
           "Pairs of probes, patterns with *, whose events begin and end a span: \"*:sys_enter_read -> "
           "*:sys_exit_read\"."),
    option(AVOCET_OPTION_STRING, "span_key", "tid", "Field that has the same value in both events of a span."),
    option(AVOCET_OPTION_INT, "limit_open_spans", "100000", "Spans that may be open at once; more are instants.",
           "spans", 1, 10'000'000),
};

class TraceSink final : public Sink {
public:
    TraceSink(const Host& host, const Options& options);
    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) override;
    bool wants_event_times() const { return true; }
    uint64_t flush() override;
    uint64_t close() override;

private:
    struct Open {
        uint64_t start_ns;
        std::string name, probe;
        uint64_t pid, tid;
        std::string args;  // JSON
    };
    struct Pair {
        std::string begin, end;
        std::map<std::string, std::vector<Open>> open;  // by key; nested ones on a stack
    };

    void read_pairs(const std::vector<std::string>& spans, const std::string& instance);
    void event(const avocet_batch& batch, uint32_t row);
    void begin_span(Pair& pair, const std::string& key, const avocet_batch& batch, uint32_t row);
    void end_span(const Open& begun, const avocet_batch& batch, uint32_t row);
    std::string key_of(const avocet_batch& batch, uint32_t row) const;
    void append_args(const avocet_batch& batch, uint32_t row, std::string& out) const;
    void instant(const avocet_batch& batch, uint32_t row);
    void counter(const avocet_batch& batch, uint32_t row);
    void name_line(const avocet_batch& batch, uint32_t row);
    void name(uint64_t pid, uint64_t tid, const std::string& comm);
    void put_name(const char* what, uint64_t pid, uint64_t tid, const std::string& name);
    std::string row_text(const avocet_batch& batch, uint32_t row) const;
    std::string value_text(const avocet_type& type, const avocet_value& value) const;
    void put(uint32_t rows);  // `line_`, in which so many records are
    void look_at_file();

    Host host_;
    const avocet_host_render* render_;
    std::string span_key_;
    size_t limit_open_;
    size_t open_ = 0;
    std::vector<Pair> pairs_;
    TraceFile file_;
    std::set<uint64_t> named_processes_;
    std::set<std::pair<uint64_t, uint64_t>> named_threads_;
    std::string line_;  // being made
    bool told_ = false;
    uint64_t lost_ = 0;
};

}  // namespace avocet::trace
