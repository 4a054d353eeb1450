// SPDX-License-Identifier: Apache-2.0
#include "maps.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <bpf/bpf.h>

namespace avocet::bpf {
namespace {

constexpr uint32_t rows_per_batch = 4096;
constexpr size_t batch_bytes = 8u << 20;

bool is_per_cpu(bpf_map_type type) {
    return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
           type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}
bool is_array(bpf_map_type type) { return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY; }

// Sizes of a map's rows, and a buffer for some of them.
struct Rows {
    uint32_t key_size, slot_size, cpus, capacity = 0;
    std::vector<char> keys, values;

    explicit Rows(const Map& map)
        : key_size(map.key_size),
          slot_size(is_per_cpu(map.type) ? (map.value_size + 7) & ~7u : map.value_size),
          cpus(is_per_cpu(map.type) ? static_cast<uint32_t>(libbpf_num_possible_cpus()) : 1) {}
    size_t row_bytes() const { return size_t{slot_size} * cpus; }
    void reserve(uint32_t rows) {
        capacity = rows;
        keys.resize(size_t{rows} * key_size);
        values.resize(rows * row_bytes());
    }
    uint32_t fitting(uint32_t wanted) const {
        return static_cast<uint32_t>(
            std::clamp<size_t>(batch_bytes / std::max<size_t>(row_bytes(), 1), 1, std::max(wanted, 1u)));
    }
    bool emit(uint32_t count, const Backend::RowsFn& fn) const {
        if (!count) return true;
        avocet_map_rows rows{sizeof rows, count, key_size, slot_size, cpus, 0, keys.data(), values.data()};
        return fn(rows);
    }
};

[[noreturn]] void fail(const Map& map, const char* what, int error) {
    throw Error(AVOCET_ERR_IO,
                "map '" + std::string(bpf_map__name(map.map)) + "': cannot be " + what + ": " + errno_text(error));
}

// AVOCET_AGAIN: this map has no batch operations.
avocet_status read_batches(const Map& map, Rows& rows, const Backend::RowsFn& emit) {
    std::vector<char> token(std::max<size_t>(map.key_size, 8)), next(token.size());
    rows.reserve(rows.fitting(std::min(map.max_entries, rows_per_batch)));
    for (bool first = true;;) {
        uint32_t count = rows.capacity;
        const int error = bpf_map_lookup_batch(map.fd, first ? nullptr : token.data(), next.data(), rows.keys.data(),
                                               rows.values.data(), &count, nullptr);
        if (error && error != -ENOENT) {
            if (error == -ENOSPC &&
                rows.capacity < map.max_entries + rows_per_batch) {  // one bucket holds more than fits
                rows.reserve(rows.capacity * 2);
                continue;
            }
            if (first && (error == -EINVAL || error == -EOPNOTSUPP || error == -524 /* ENOTSUPP */))
                return AVOCET_AGAIN;
            if (error == -EINTR || error == -EAGAIN) continue;
            fail(map, "read", -error);
        }
        if (!rows.emit(count, emit) || error == -ENOENT) return AVOCET_OK;
        token.swap(next);
        first = false;
    }
}

// Key after key. An element deleted meanwhile makes the kernel start over, so the walk is bounded and keys may repeat.
void read_keys(const Map& map, Rows& rows, const Backend::RowsFn& emit) {
    std::vector<char> key(map.key_size);
    rows.reserve(rows.fitting(std::min(map.max_entries, rows_per_batch)));
    uint32_t filled = 0;
    bool first = true;
    for (uint64_t step = 0; step < uint64_t{map.max_entries} * 2 + 16; ++step) {
        if (bpf_map_get_next_key(map.fd, first ? nullptr : key.data(), key.data()) < 0) break;
        first = false;
        memcpy(rows.keys.data() + size_t{filled} * map.key_size, key.data(), map.key_size);
        if (bpf_map_lookup_elem(map.fd, key.data(), rows.values.data() + filled * rows.row_bytes()) < 0) continue;
        if (++filled < rows.capacity) continue;
        if (!rows.emit(filled, emit)) return;
        filled = 0;
    }
    rows.emit(filled, emit);
}

std::vector<char> all_keys(const Map& map, uint32_t& count) {
    std::vector<char> keys;
    count = 0;
    read_map(map, [&](const avocet_map_rows& rows) {
        auto* bytes = static_cast<const char*>(rows.keys);
        keys.insert(keys.end(), bytes, bytes + size_t{rows.count} * rows.key_size);
        count += rows.count;
        return true;
    });
    return keys;
}

}  // namespace

void read_map(const Map& map, const Backend::RowsFn& emit) {
    Rows rows(map);
    if (read_batches(map, rows, emit) == AVOCET_AGAIN) read_keys(map, rows, emit);
}

void lookup_keys(const Map& map, const void* keys, size_t count, const Backend::RowsFn& emit) {
    Rows rows(map);
    rows.reserve(rows.fitting(static_cast<uint32_t>(std::min<size_t>(count, rows_per_batch))));
    uint32_t filled = 0;
    for (size_t i = 0; i < count; ++i) {
        const char* key = static_cast<const char*>(keys) + i * map.key_size;
        const int error = bpf_map_lookup_elem(map.fd, key, rows.values.data() + filled * rows.row_bytes());
        if (error == -ENOENT) continue;
        if (error) fail(map, "read", -error);
        memcpy(rows.keys.data() + size_t{filled} * map.key_size, key, map.key_size);
        if (++filled < rows.capacity) continue;
        if (!rows.emit(filled, emit)) return;
        filled = 0;
    }
    rows.emit(filled, emit);
}

void clear_map(const Map& map) {
    if (is_array(map.type)) return zero_map(map);
    // Elements may be added while this runs: one pass removes what was there when it began.
    uint32_t count = 0;
    const std::vector<char> keys = all_keys(map, count);
    for (uint32_t i = 0; i < count; ++i) {
        const int error = bpf_map_delete_elem(map.fd, keys.data() + size_t{i} * map.key_size);
        if (error && error != -ENOENT) fail(map, "cleared", -error);
    }
}

void zero_map(const Map& map) {
    const Rows rows(map);
    const std::vector<char> zero(rows.row_bytes());
    uint32_t count = 0;
    const std::vector<char> keys = all_keys(map, count);
    for (uint32_t i = 0; i < count; ++i) {
        const int error = bpf_map_update_elem(map.fd, keys.data() + size_t{i} * map.key_size, zero.data(),
                                              is_array(map.type) ? BPF_ANY : BPF_EXIST);
        if (error && error != -ENOENT) fail(map, "zeroed", -error);
    }
}

void write_map(const Map& map, const avocet_map_elements& elements) {
    if (is_per_cpu(map.type))
        throw Error(AVOCET_ERR_ABI, "map '" + std::string(bpf_map__name(map.map)) + "': is per CPU, and not written");
    if (elements.key_size != map.key_size || elements.value_size != map.value_size)
        throw Error(AVOCET_ERR_ABI, "map '" + std::string(bpf_map__name(map.map)) + "': its elements have " +
                                        std::to_string(map.key_size) + " and " + std::to_string(map.value_size) +
                                        " bytes, the session gave others");
    const auto *key = static_cast<const char*>(elements.keys), *value = static_cast<const char*>(elements.values);
    for (size_t i = 0; i < elements.count; ++i, key += map.key_size, value += map.value_size)
        if (const int error = bpf_map_update_elem(map.fd, key, value, BPF_ANY)) fail(map, "written", -error);
}

}  // namespace avocet::bpf
