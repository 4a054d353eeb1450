// SPDX-License-Identifier: Apache-2.0
//
// Combining and ordering. The orders are those of the language's reference ("Maps in text"); where bpftrace leaves
// the order open, keys decide, so that output is the same on every run.
#include "record/map_table.hpp"

#include <algorithm>
#include <cstring>

#include "record/aggregate_number.hpp"
#include "record/histogram.hpp"
#include "record/row_decode.hpp"

namespace avocet::core {

namespace {

uint64_t word_at(const uint8_t* at) {
    uint64_t w;
    std::memcpy(&w, at, sizeof w);
    return w;
}

int64_t signed_of_width(const avocet_value& v) {
    switch (v.width) {
        case 1: return static_cast<int8_t>(v.v.u);
        case 2: return static_cast<int16_t>(v.v.u);
        case 4: return static_cast<int32_t>(v.v.u);
        default: return v.v.i;
    }
}

template <class T>
int three_way(const T& a, const T& b) {
    return a < b ? -1 : b < a ? 1 : 0;
}

int64_t enum_number(const avocet_value& v) { return v.count ? v.v.items[1].v.i : v.v.i; }

}  // namespace

int compare_keys(const avocet_value& a, const avocet_value& b) {
    switch (a.kind) {
        case AVOCET_VALUE_INT:
        case AVOCET_VALUE_UINT: return three_way(signed_of_width(a), signed_of_width(b));
        case AVOCET_VALUE_BOOL:
        case AVOCET_VALUE_POINTER: return three_way(a.v.u, b.v.u);
        case AVOCET_VALUE_ENUM: return three_way(enum_number(a), enum_number(b));
        case AVOCET_VALUE_STRING:
        case AVOCET_VALUE_BYTES:
        case AVOCET_VALUE_TEXT:
            return three_way(std::string_view(a.v.text, a.count), std::string_view(b.v.text, b.count));
        case AVOCET_VALUE_STACK:
        case AVOCET_VALUE_SYMBOL:
            for (uint32_t i = 0; i < std::min(a.count, b.count); ++i) {
                if (int order = three_way(a.v.frames[i].address, b.v.frames[i].address)) return order;
                if (int order = three_way(a.v.frames[i].pid, b.v.frames[i].pid)) return order;
            }
            return three_way(a.count, b.count);
        case AVOCET_VALUE_ARRAY:
        case AVOCET_VALUE_TUPLE:
        case AVOCET_VALUE_RECORD:
            for (uint32_t i = 0; i < std::min(a.count, b.count); ++i)
                if (int order = compare_keys(a.v.items[i], b.v.items[i])) return order;
            return three_way(a.count, b.count);
        default: return 0;
    }
}

// Rows of the map of short keys: what such a key lacks is zero.
avocet_map_rows MapTable::with_whole_keys(const avocet_map_rows& rows) {
    whole_keys_.assign(size_t{rows.count} * plan_.key_size, 0);
    for (size_t i = 0; i < rows.count; ++i)
        std::memcpy(whole_keys_.data() + i * plan_.key_size, static_cast<const uint8_t*>(rows.keys) + i * rows.key_size,
                    rows.key_size);
    avocet_map_rows whole = rows;
    whole.key_size = plan_.key_size;
    whole.keys = whole_keys_.data();
    return whole;
}

// The section of a variable has one row, which holds all its elements.
bool MapTable::add_variable(const avocet_map_rows& rows) {
    const ManifestMap& map = *plan_.map;
    const uint64_t count = std::max(map.storage_elements, 1u);
    if (rows.count != 1 || rows.slot_size < map.storage_offset + count * plan_.value_size) return false;
    const auto* at = static_cast<const uint8_t*>(rows.values) + map.storage_offset;
    std::vector<uint8_t> key(std::max<size_t>(plan_.key_size, sizeof(uint32_t)));
    for (uint32_t i = 0; i < count; ++i, at += plan_.value_size) {
        std::memcpy(key.data(), &i, sizeof i);
        add_slots(key.data(), at, plan_.value_size, 1);
    }
    return true;
}

bool MapTable::add(const avocet_map_rows& rows) {
    if (!plan_.usable) return false;
    if (!plan_.map->storage.empty()) return add_variable(rows);
    uint32_t cpus = std::max(rows.cpu_count, 1u);
    if (rows.slot_size < plan_.value_size) return false;
    if (!plan_.map->short_symbol.empty() && rows.key_size < plan_.key_size) return add(with_whole_keys(rows));
    if (rows.key_size != plan_.key_size) return false;
    auto* key = static_cast<const uint8_t*>(rows.keys);
    auto* slots = static_cast<const uint8_t*>(rows.values);
    for (uint32_t i = 0; i < rows.count; ++i, key += rows.key_size, slots += size_t{rows.slot_size} * cpus)
        add_slots(key, slots, rows.slot_size, cpus);
    return true;
}

void MapTable::add_slots(const uint8_t* key, const uint8_t* slots, uint32_t slot_size, uint32_t cpus) {
    if (plan_.foreign != MapPlan::Foreign::none) return add_foreign(key, slots, slot_size, cpus);
    std::string key_bytes(reinterpret_cast<const char*>(key), plan_.map->keyed ? plan_.key_size : 0);
    auto each = [&](auto&& visit) {
        for (uint32_t cpu = 0; cpu < cpus; ++cpu) visit(slots + size_t{cpu} * slot_size);
    };
    switch (plan_.aggregate) {
        case Aggregate::none: {
            std::string& bytes = plain_[key_bytes];
            bytes.clear();
            each([&](const uint8_t* s) { bytes.append(reinterpret_cast<const char*>(s), plan_.value_size); });
            if (plan_.skip_zeros && bytes.find_first_not_of('\0') == std::string::npos) plain_.erase(key_bytes);
            return;
        }
        case Aggregate::count:
        case Aggregate::sum: {
            Combined& c = combined_[key_bytes];
            c = {};
            bool flagged = plan_.value_size == 16;
            each([&](const uint8_t* s) {
                c.a += word_at(s);
                c.b |= flagged ? word_at(s + 8) : 1;
            });
            if (!plan_.map->keyed && !flagged) c.b = c.a;  // a scalar count is absent while 0
            return;
        }
        case Aggregate::min:
        case Aggregate::max: {
            Combined& c = combined_[key_bytes];
            c = {};
            bool want_less = plan_.aggregate == Aggregate::min;
            each([&](const uint8_t* s) {
                if (!word_at(s + 8)) return;
                uint64_t v = word_at(s);
                bool better = want_less ? less(v, c.a, plan_.map->is_signed) : less(c.a, v, plan_.map->is_signed);
                if (!c.b || better) c.a = v;
                c.b = 1;
            });
            return;
        }
        case Aggregate::avg:
        case Aggregate::stats: {
            Combined& c = combined_[key_bytes];
            c = {};
            each([&](const uint8_t* s) {
                c.a += word_at(s);
                c.b += word_at(s + 8);
            });
            return;
        }
        case Aggregate::hist:
        case Aggregate::lhist:
        case Aggregate::tseries: {
            uint32_t bucket = 0;
            std::memcpy(&bucket, key + plan_.bucket_offset, sizeof bucket);
            if (plan_.map->keyed) {
                const Step& k = plan_.key.fields[0];
                key_bytes.assign(reinterpret_cast<const char*>(key), std::min(plan_.key_size, plan_.bucket_offset));
                key_bytes.resize(std::max<size_t>(key_bytes.size(), size_t{k.offset} + k.size));
            }
            if (plan_.aggregate == Aggregate::tseries) {
                auto& moments = series_[key_bytes][bucket];
                moments.clear();
                each([&](const uint8_t* s) {
                    if (word_at(s + 16)) add_moment(moments[word_at(s)], word_at(s + 8), word_at(s + 16));
                });
                return;
            }
            uint64_t count = 0;
            each([&](const uint8_t* s) { count += word_at(s); });
            if (count) buckets_[key_bytes][bucket] = count;
            return;
        }
    }
}

uint64_t MapTable::divide(uint64_t number, uint64_t div) const {
    return div > 1 ? quotient(number, div, plan_.map->is_signed && plan_.aggregate != Aggregate::count) : number;
}

void MapTable::aggregate_value(OwnedBatch& batch, const Combined& c, uint64_t div, Row& row) const {
    bool is_signed = plan_.map->is_signed && plan_.aggregate != Aggregate::count;
    auto integer = [&](uint64_t n) {
        avocet_value v{};
        v.kind = is_signed ? AVOCET_VALUE_INT : AVOCET_VALUE_UINT;
        v.width = 8;
        v.v.u = n;
        return v;
    };
    row.by_number = true;
    row.number_signed = is_signed;
    row.number = c.a;
    bool averaged = plan_.aggregate == Aggregate::avg || plan_.aggregate == Aggregate::stats;
    if (averaged) row.number = quotient(c.a, c.b, is_signed);
    if (plan_.aggregate == Aggregate::min || plan_.aggregate == Aggregate::max) row.number_signed = false;
    row.value = integer(divide(row.number, div));
    if (plan_.aggregate == Aggregate::avg) row.value.flags = AVOCET_VALUE_AVERAGE;
    if (plan_.aggregate != Aggregate::stats) return;
    auto* items = batch.allocate_array<avocet_value>(3);
    items[0] = integer(c.b);
    items[0].kind = AVOCET_VALUE_UINT;
    items[1] = integer(row.number);
    items[2] = integer(c.a);
    row.value = {};
    row.value.kind = AVOCET_VALUE_STATS;
    row.value.count = 3;
    row.value.v.items = items;
}

void MapTable::histogram(OwnedBatch& batch, const std::map<uint32_t, uint64_t>& buckets, uint64_t div, Row& row) const {
    row.by_number = true;
    for (const auto& [bucket, count] : buckets) row.number += count;
    uint64_t divisor = plan_.aggregate == Aggregate::hist && div > 1 ? div : 1;
    HistogramShape shape(*plan_.schema->fields[1].type);
    uint32_t first = buckets.begin()->first, last = buckets.rbegin()->first;
    auto* out = batch.allocate_array<avocet_bucket>(size_t{last} - first + 1);
    auto next = buckets.begin();
    for (uint32_t i = first; i <= last; ++i) {
        avocet_bucket& b = out[i - first] = shape.bucket(i);
        if (plan_.foreign != MapPlan::Foreign::none && !shape.linear() && i <= foreign_first_bucket) b.low = 0;
        if (next == buckets.end() || next->first != i) continue;
        b.count = next->second / divisor;
        ++next;
    }
    row.value.kind = AVOCET_VALUE_HIST;
    row.value.count = last - first + 1;
    row.value.v.buckets = out;
}

bool MapTable::decode_value(OwnedBatch& batch, Lookups& lookups, const std::string& bytes, Row& row) const {
    RowDecoder decoder(batch, lookups);
    auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
    uint32_t slots = plan_.value_size ? static_cast<uint32_t>(bytes.size() / plan_.value_size) : 1;
    if (!plan_.per_cpu) return decoder.decode(plan_.value, data, plan_.value_size, &row.value);
    auto* items = batch.allocate_array<avocet_value>(slots);
    const bool is_signed = slots && plan_.value.fields[0].type->kind == AVOCET_VALUE_INT;
    uint64_t sum = 0, largest = 0;
    for (uint32_t i = 0; i < slots; ++i) {
        if (!decoder.decode(plan_.value, data + size_t{i} * plan_.value_size, plan_.value_size, &items[i]))
            return false;
        const uint64_t number = items[i].v.u;
        sum += number;
        const bool more = is_signed ? static_cast<int64_t>(number) > static_cast<int64_t>(largest) : number > largest;
        if (i == 0 || more) largest = number;
    }
    if (plan_.map->reduce == "max") sum = largest;
    if (plan_.map->reduce == "avg" && slots)
        sum = is_signed ? static_cast<uint64_t>(static_cast<int64_t>(sum) / static_cast<int64_t>(slots)) : sum / slots;
    if (plan_.sum_slots) {
        row.value = items[0];
        row.value.width = 8;
        row.value.v.u = sum;
    } else {
        row.value.kind = AVOCET_VALUE_ARRAY;
        row.value.count = slots;
        row.value.v.items = items;
    }
    return true;
}

bool MapTable::decode(OwnedBatch& batch, Lookups& lookups, uint64_t div, std::vector<Row>& rows,
                      uint64_t& errors) const {
    RowDecoder decoder(batch, lookups);
    auto add = [&](const std::string& key, auto&& value) {
        Row row;
        bool good = plan_.key.fields.empty() || decoder.decode(plan_.key, reinterpret_cast<const uint8_t*>(key.data()),
                                                               static_cast<uint32_t>(key.size()), &row.key);
        if (good && value(row))
            rows.push_back(row);
        else
            ++errors;
    };
    for (const auto& [key, bytes] : plain_) {
        if (plan_.set_offset && !word_at(reinterpret_cast<const uint8_t*>(bytes.data()) + *plan_.set_offset)) continue;
        add(key, [&](Row& row) {
            if (plan_.shown) {
                const avocet_value* shown = row_of(*plan_.shown, batch, lookups, key, bytes, {}, nullptr);
                if (!shown) return false;
                row.value = *shown;
            } else if (!decode_value(batch, lookups, bytes, row)) {
                return false;
            }
            bool integer = row.value.kind == AVOCET_VALUE_INT || row.value.kind == AVOCET_VALUE_UINT;
            row.by_number = integer || row.value.kind == AVOCET_VALUE_ENUM;
            row.number_signed = row.value.kind == AVOCET_VALUE_INT;
            row.number = integer ? row.value.v.u : row.by_number ? static_cast<uint64_t>(enum_number(row.value)) : 0;
            if (integer && div > 1) row.value.v.u = quotient(row.value.v.u, div, row.number_signed);
            const bool counts = row.value.kind == AVOCET_VALUE_RECORD && row.value.count &&
                                row.value.v.items[0].kind == AVOCET_VALUE_UINT;
            if (plan_.map->top && counts) {  // the largest of what the first member counts
                row.by_number = true;
                row.number = row.value.v.items[0].v.u;
            }
            return true;
        });
    }
    for (const auto& [key, c] : combined_)
        if (c.b || plan_.map->keyed) add(key, [&](Row& row) { return aggregate_value(batch, c, div, row), true; });
    uint32_t most = is_histogram(plan_.aggregate) ? HistogramShape(*plan_.schema->fields[1].type).last_bucket() : 0;
    for (const auto& [key, buckets] : buckets_)
        add(key, [&](Row& row) {
            if (buckets.rbegin()->first > most) return false;  // a bucket that no number falls into
            histogram(batch, buckets, div, row);
            return true;
        });
    const uint64_t newest = newest_interval();
    for (const auto& [key, slots] : series_)
        if (std::any_of(slots.begin(), slots.end(), [](const auto& slot) { return !slot.second.empty(); }))
            add(key, [&](Row& row) { return series(batch, lookups, slots, newest, row), true; });
    return !rows.empty();
}

void MapTable::sort(std::vector<Row>& rows) const {
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
        if (a.by_number && a.number != b.number) return less(a.number, b.number, a.number_signed);
        return compare_keys(a.key, b.key) < 0;
    });
}

bool MapTable::finish(OwnedBatch& batch, Lookups& lookups, uint64_t top, uint64_t div, bool final,
                      uint64_t& errors) const {
    if (!plan_.usable) return false;
    std::vector<Row> rows;
    bool some = decode(batch, lookups, div, rows, errors);
    if (!some && (plan_.map->keyed || final || is_histogram(plan_.aggregate))) return false;
    if (!some) {  // a scalar without a value prints its zero
        Row zero;
        if (plan_.aggregate == Aggregate::tseries)
            series(batch, lookups, {}, 0, zero);
        else if (plan_.aggregate != Aggregate::none)
            aggregate_value(batch, {}, 1, zero);
        else if (!decode_value(batch, lookups, std::string(plan_.value_size, '\0'), zero))
            return false;
        rows.push_back(zero);
    }
    sort(rows);
    if (top && rows.size() > top && plan_.aggregate != Aggregate::stats)
        rows.erase(rows.begin(), rows.end() - static_cast<ptrdiff_t>(top));
    auto* out = batch.allocate_array<avocet_value>(rows.size() * 2);
    for (size_t i = 0; i < rows.size(); ++i) {
        out[2 * i] = rows[i].key;
        out[2 * i + 1] = rows[i].value;
    }
    batch.batch.rows = out;
    batch.batch.row_count = static_cast<uint32_t>(rows.size());
    return true;
}

}  // namespace avocet::core
