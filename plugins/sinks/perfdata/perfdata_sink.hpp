// SPDX-License-Identifier: Apache-2.0
//
// Stacks as samples of perf: rows of maps keyed by stacks, as many samples as their number says, and events that carry
// one. Where a row says who it was (a field or item called pid, tid, comm; the first string of a key), the sample does.
// Rows without a stack are not this sink's and are let pass. [thread: data]
#pragma once

#include <array>
#include <map>
#include <string>
#include <unordered_map>

#include "avocet/sink.hpp"
#include "mappings.hpp"
#include "perf_file.hpp"

namespace avocet::perfdata {

inline constexpr std::array schema = {
    option(AVOCET_OPTION_PATH, "path", "perf.data", "File to write; one of that name becomes NAME.old."),
    option(AVOCET_OPTION_STRING, "map", nullptr, "Take this map only, e.g. \"@stacks\"."),
    option(AVOCET_OPTION_INT, "samples_per_row", "10000",
           "Most samples written for one row of a map; what is above weighs in their period.", "samples", 1,
           100'000'000),
};

class PerfdataSink final : public Sink {
public:
    PerfdataSink(const Host& host, const Options& options);
    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) override;
    bool wants_event_times() const { return true; }
    uint64_t flush() override;
    uint64_t close() override;

private:
    // What a row has to tell.
    struct Row {
        Sample sample;
        std::string comm;
        bool has_stack = false, has_pid = false, has_tid = false;
    };
    bool wanted(const avocet_schema& of_batch) const;
    uint64_t time_of(const avocet_batch& batch, uint32_t row) const;
    void take(const avocet_value& value, const char* name, Row& row) const;
    void take_items(const avocet_type& type, const avocet_value& value, Row& row) const;
    void write(uint32_t event, Row& row, uint64_t count, bool weighs);
    void identify(Row& row);
    void flush_file();
    void tell_failure();

    Host host_;
    std::string instance_, map_;
    uint64_t most_samples_;
    PerfFile file_;
    Mappings mappings_;
    std::map<const avocet_schema*, uint32_t> events_;
    std::unordered_map<uint32_t, std::string> names_;    // tid -> comm as the file knows it
    std::unordered_map<std::string, uint32_t> made_up_;  // comm -> number of a process that is not known
    uint64_t lost_ = 0, last_ns_ = 0;
    uint64_t pending_rows_ = 0;  // written to the file's buffer
    bool row_broken_ = false;    // a part of the row that is being written is lost
    bool kernel_told_ = false, failure_told_ = false;
};

}  // namespace avocet::perfdata
