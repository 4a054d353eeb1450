// SPDX-License-Identifier: Apache-2.0
//
// Maps of time series: what the processors kept of each interval becomes one value.
#include <algorithm>

#include "record/aggregate_number.hpp"
#include "record/map_table.hpp"

namespace avocet::core {

void MapTable::add_moment(Moment& moment, uint64_t value, uint64_t mark) const {
    const std::string& combine = plan_.map->combine;
    const bool is_signed = plan_.map->is_signed;
    if (combine == "avg" || combine == "sum") {
        moment.value += value;
        moment.mark += mark;
        return;
    }
    const bool better = combine == "last"  ? mark > moment.mark
                        : combine == "min" ? less(value, moment.value, is_signed)
                                           : less(moment.value, value, is_signed);
    if (moment.mark == 0 || better) moment = {value, mark};
}

uint64_t MapTable::newest_interval() const {
    uint64_t newest = 0;
    for (const auto& [key, slots] : series_)
        for (const auto& [slot, moments] : slots)
            if (!moments.empty()) newest = std::max(newest, moments.rbegin()->first);
    return newest;
}

// From the key's first interval to the newest one of the whole map; what is older than the map keeps is left out.
void MapTable::series(OwnedBatch& batch, Lookups& lookups, const std::map<uint32_t, std::map<uint64_t, Moment>>& slots,
                      uint64_t newest, Row& row) const {
    std::map<uint64_t, Moment> kept;
    for (const auto& [slot, moments] : slots)
        for (const auto& [epoch, moment] : moments)
            if (epoch <= newest && newest - epoch < plan_.map->intervals) kept.emplace(epoch, moment);
    row.by_number = true;
    row.value.kind = AVOCET_VALUE_SERIES;
    if (kept.empty()) return;
    row.number = kept.rbegin()->first;
    const uint64_t first = kept.begin()->first, count = newest - first + 1;
    auto* out = batch.allocate_array<avocet_bucket>(count);
    const auto step = static_cast<uint64_t>(plan_.map->interval_ns);
    for (uint64_t i = 0; i < count; ++i) {
        avocet_bucket& b = out[i] = {};
        b.low = static_cast<int64_t>(lookups.tai_to_wall((first + i) * step));
        b.high = b.low + plan_.map->interval_ns;
        b.flags = plan_.map->is_signed ? 8 : 0;
        auto found = kept.find(first + i);
        if (found == kept.end())
            b.flags |= 4;
        else
            b.count = plan_.map->combine == "avg"
                          ? quotient(found->second.value, found->second.mark, plan_.map->is_signed)
                          : found->second.value;
    }
    row.value.count = static_cast<uint32_t>(count);
    row.value.v.buckets = out;
}

}  // namespace avocet::core
