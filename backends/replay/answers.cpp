// SPDX-License-Identifier: Apache-2.0
#include "answers.hpp"

#include <algorithm>

namespace avocet::replay {

bool Answers::add(uint64_t number, recording::Call call) {
    const std::string kind = recording::text_of(call.about, "call"), name = recording::text_of(call.about, "name");
    if (!recording::replay_rows(call, [](const avocet_map_rows&) { return true; })) return false;
    if (kind != "map_lookup") {
        calls_[{kind, name}].push_back({number, false, std::move(call)});
        return true;
    }
    LookedUp& map = looked_up_[name];
    return recording::replay_rows(call, [&](const avocet_map_rows& r) {
        if (map.rows.empty()) map.key_size = r.key_size, map.slot_size = r.slot_size, map.cpu_count = r.cpu_count;
        if (r.key_size != map.key_size || r.slot_size != map.slot_size || r.cpu_count != map.cpu_count) return false;
        const size_t value_size = size_t{r.slot_size} * r.cpu_count;
        for (uint32_t i = 0; i < r.count; ++i) {
            const char* key = static_cast<const char*>(r.keys) + size_t{i} * r.key_size;
            const char* value = static_cast<const char*>(r.values) + i * value_size;
            map.rows[std::string(key, r.key_size)].push_back({number, std::string(value, value_size)});
        }
        return true;
    });
}

const recording::Call* Answers::find(const std::string& call, const std::string& name, uint64_t after,
                                     uint64_t before) {
    const auto it = calls_.find({call, name});
    if (it == calls_.end()) return nullptr;
    Entry* last = nullptr;
    for (Entry& entry : it->second) {
        if (entry.number > before && last) break;
        last = &entry;
        if (entry.number > before) break;  // the first one later
        if (entry.number > after && !entry.given) break;
    }
    last->given = true;
    return &last->call;
}

const LookedUp* Answers::looked_up(std::string_view map) const {
    const auto it = looked_up_.find(map);
    return it == looked_up_.end() ? nullptr : &it->second;
}

const std::string* Answers::value(const LookedUp& map, std::string_view key, uint64_t before) {
    const auto it = map.rows.find(key);
    if (it == map.rows.end()) return nullptr;
    const std::string* found = &it->second.front().bytes;
    for (auto& value : it->second)
        if (value.number < before) found = &value.bytes;
    return found;
}

std::vector<uint64_t> Answers::places(const std::string& call) const {
    std::vector<uint64_t> out;
    for (auto& [key, entries] : calls_) {
        if (key.first != call) continue;
        for (auto& entry : entries) out.push_back(entry.number);
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace avocet::replay
