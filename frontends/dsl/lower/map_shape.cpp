// SPDX-License-Identifier: Apache-2.0
//
// The table "maps" of sdk/docs/program.md: from what the script means by a map to its BPF map type, key and value.
#include "lower/bpf.hpp"
#include "lower/lower.hpp"
#include "lower/module.hpp"

namespace avocet::dsl {

std::string map_symbol(const std::string& name) { return "map_" + name.substr(1); }
std::string short_map_symbol(const std::string& name) { return map_symbol(name) + ".short"; }

namespace {

// A hash map hashes and compares all bytes of a key. Most texts are paths and names of less than 64 characters.
constexpr uint64_t short_text = 64, least_long_text = 192;

}  // namespace

const Type* short_keys(const Unit& unit, const MapInfo& info, uint64_t& size) {
    if (!unit.script.imports.empty()) return nullptr;  // imported C knows one map of that name
    if (!info.keyed || info.walked || info.declared || info.aggregate >= Aggregate::hist) return nullptr;
    const Type* last = &info.key;
    uint64_t offset = 0;
    if (last->kind == TypeKind::tuple || last->kind == TypeKind::record) {
        if (last->members->empty()) return nullptr;
        offset = last->members->back().offset;
        last = last->members->back().type.get();
    }
    if (last->kind != TypeKind::string || last->size < least_long_text) return nullptr;
    size = (offset + short_text) / 8 * 8;
    return last;
}

namespace lower {

namespace {

bool has_buckets(Aggregate a) { return a >= Aggregate::hist; }

unsigned hash_type(const MapInfo& info, bool per_cpu) {
    if (info.declared && info.declared->kind == "lruhash") return bpf::map_lru_hash;
    if (info.declared && info.declared->kind == "percpulruhash") return bpf::map_lru_percpu_hash;
    return per_cpu ? bpf::map_percpu_hash : bpf::map_hash;
}

}  // namespace

uint64_t bucket_count(const MapInfo& info) {
    if (info.aggregate == Aggregate::tseries) return info.series_intervals;
    if (info.aggregate == Aggregate::lhist) {
        const int64_t range = info.lhist_max - info.lhist_min;
        return 2 + static_cast<uint64_t>((range + info.lhist_step - 1) / info.lhist_step);
    }
    const uint64_t k = info.hist_bits, per_power = 1ull << k;
    return 1 + 2 * per_power + (63 - k) * per_power;
}

MapShape ModuleBuilder::shape(const MapInfo& info, llvm::DIType*& key, llvm::DIType*& value) {
    MapShape s;
    s.per_cpu = info.aggregate != Aggregate::none;
    s.array = !info.keyed;
    s.entries = info.keyed ? (info.max_entries ? info.max_entries : unit.settings.max_map_keys) : 1;
    key = types.u32();
    value = types.u64();
    const auto two = [&](const char* first, llvm::DIType* first_type, uint64_t first_size, const char* second) {
        const uint64_t offset = (first_size + 7) / 8 * 8;
        s.value_size = offset + 8;
        return types.structure("", s.value_size,
                               {{first, first_type, 0, first_size, false}, {second, types.u64(), offset, 8, false}});
    };
    auto* number = info.value.is_signed ? types.s64() : types.u64();
    if (info.keyed) {
        s.key_size = info.key.size;
        key = types.of(info.key);
    }
    switch (info.aggregate) {
        case Aggregate::none:
            if (info.keyed) {
                value = types.of(info.value);
                s.value_size = info.value.size;
            } else {
                value = two("value", types.of(info.value), info.value.size, "set");
            }
            break;
        case Aggregate::count: break;
        case Aggregate::sum:
            if (info.keyed)
                value = number;
            else
                value = two("value", number, 8, "set");
            break;
        case Aggregate::min:
        case Aggregate::max: value = two("value", number, 8, "set"); break;
        case Aggregate::avg:
        case Aggregate::stats: value = two("total", number, 8, "count"); break;
        case Aggregate::hist:
        case Aggregate::lhist: break;
        case Aggregate::tseries:
            s.value_size = 24;
            value = types.structure("", s.value_size,
                                    {{"epoch", types.u64(), 0, 8, false},
                                     {"value", number, 8, 8, false},
                                     {"mark", types.u64(), 16, 8, false}});
            break;
    }
    if (has_buckets(info.aggregate) && !info.keyed) s.entries = bucket_count(info);
    if (has_buckets(info.aggregate) && info.keyed) {
        const uint64_t alignment = std::max<uint64_t>(4, info.key.alignment());
        s.bucket_offset = (info.key.size + 3) / 4 * 4;
        s.key_size = (s.bucket_offset + 8 + alignment - 1) / alignment * alignment;
        key = types.structure("", s.key_size,
                              {{"key", types.of(info.key), 0, info.key.size, false},
                               {"bucket", types.u32(), s.bucket_offset, 4, false},
                               {"pad", types.u32(), s.bucket_offset + 4, 4, false}});
    }
    return s;
}

const MapShape& ModuleBuilder::map(int index) {
    if (auto found = maps_.find(index); found != maps_.end()) return found->second;
    const MapInfo& info = unit.script.maps[static_cast<size_t>(index)];
    llvm::DIType *key = nullptr, *value = nullptr;
    MapShape s = shape(info, key, value);
    const unsigned type = s.array ? (s.per_cpu ? bpf::map_percpu_array : bpf::map_array) : hash_type(info, s.per_cpu);
    s.global = define_map(map_symbol(info.name), type, s.entries, key, value);
    if (short_keys(unit, info, s.short_key_size))
        s.short_global =
            define_map(short_map_symbol(info.name), type, s.entries, types.of(Type::string(s.short_key_size)), value);
    return maps_.emplace(index, s).first->second;
}

}  // namespace lower
}  // namespace avocet::dsl
