// SPDX-License-Identifier: Apache-2.0
//
// The last snapshot of each map as a family of metrics, its keys as labels, and counts of the session. Samples are made
// into text when they come; a scrape only puts the pieces together. [thread: data; metrics(): any]
#pragma once

#include <array>
#include <ctime>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "avocet/sink.hpp"
#include "endpoint.hpp"
#include "exposition.hpp"

namespace avocet::prometheus {

inline constexpr std::array schema = {
    option(AVOCET_OPTION_STRING, "listen_address", "127.0.0.1",
           "Address to listen on; metrics are not secret to whoever reaches it."),
    option(AVOCET_OPTION_INT, "port", "9435", "TCP port to listen on.", nullptr, 1, 65'535),
    option(AVOCET_OPTION_LIST, "counter_maps", nullptr,
           "Maps that only grow, e.g. [\"@calls\"]: counters with the suffix _total; other numbers are gauges."),
    option(AVOCET_OPTION_INT, "limit_series", "10000", "Series of one map; more are left out and counted as lost.",
           "series", 1, 10'000'000),
};

class PrometheusSink final : public Sink {
public:
    PrometheusSink(const Host& host, const Options& options);
    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) override;
    uint64_t flush() override { return std::exchange(lost_, 0); }
    std::string metrics() const;

private:
    struct Family {
        std::string name, help, type, samples;
        size_t series = 0;
    };
    void take_map(const avocet_batch& batch, uint32_t first);
    void take_losses(const avocet_batch& batch, uint32_t first);
    void take_lifecycle(const avocet_batch& batch, uint32_t first);
    Labels labels_of(const avocet_type& type, const avocet_value& key) const;
    std::string text_of(const avocet_type& type, const avocet_value& value) const;
    void add_samples(Family& family, Labels labels, const avocet_value& value) const;
    std::string type_of(const std::string& map, const avocet_value& value) const;

    Host host_;
    const avocet_host_render* render_;
    std::string instance_;
    std::set<std::string> counters_;
    size_t limit_;
    mutable std::mutex mutex_;
    std::map<std::string, Family> families_;  // by the map's name
    std::array<uint64_t, AVOCET_RECORD_ERROR + 1> records_{};
    std::map<std::string, uint64_t> losses_;  // by cause
    uint64_t left_out_ = 0, lost_ = 0, attached_ = 0;
    bool ending_ = false;
    const int64_t started_ = std::time(nullptr);
    bool limit_told_ = false;
    Endpoint endpoint_;  // last: it asks the others
};

}  // namespace avocet::prometheus
