// SPDX-License-Identifier: Apache-2.0
//
// From a manifest entry and the map's BTF to a MapPlan, after the table in sdk/docs/program.md ("maps").
#include <fmt/format.h>
#include <linux/bpf.h>

#include "record/foreign_histogram.hpp"
#include "record/map_table.hpp"

namespace avocet::core {

namespace {

Aggregate aggregate_of(std::string_view name) {
    constexpr std::pair<std::string_view, Aggregate> names[] = {
        {"count", Aggregate::count}, {"sum", Aggregate::sum},     {"min", Aggregate::min},
        {"max", Aggregate::max},     {"avg", Aggregate::avg},     {"stats", Aggregate::stats},
        {"hist", Aggregate::hist},   {"lhist", Aggregate::lhist}, {"tseries", Aggregate::tseries}};
    for (const auto& [word, aggregate] : names)
        if (word == name) return aggregate;
    return Aggregate::none;
}

uint32_t kind_of(const BtfView& types, std::string_view symbol) {
    const btf_type* variable = types.type(types.find_variable(".maps", symbol));
    const btf_type* definition = variable ? types.type(types.resolve(variable->type)) : nullptr;
    const btf_member* kind = types.member(definition, "type");
    return kind ? types.definition_number(kind->type).value_or(0) : 0;
}

bool is_per_cpu(uint32_t number) {
    return number == BPF_MAP_TYPE_PERCPU_HASH || number == BPF_MAP_TYPE_PERCPU_ARRAY ||
           number == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

bool is_integer(const Step& step) { return step.op >= Op::u8 && step.op <= Op::s64; }

std::optional<uint32_t> member_offset(const BtfView& types, uint32_t struct_id, std::string_view name) {
    const btf_type* t = types.type(types.resolve(struct_id));
    const btf_member* m = types.member(t, name);
    if (!m) return std::nullopt;
    return btf_member_bit_offset(t, static_cast<uint32_t>(m - btf_members(t))) / 8;
}

// The type a sink sees for an aggregate.
const avocet_type& aggregate_type(const MapPlan& plan, TypeStore& store) {
    const ManifestMap& m = *plan.map;
    bool is_signed = m.is_signed && plan.aggregate != Aggregate::count;
    if (plan.aggregate == Aggregate::stats) return store.add(AVOCET_VALUE_STATS, 8, is_signed ? "stats_t" : "ustats_t");
    if (plan.aggregate == Aggregate::tseries) {
        avocet_type& t = store.add(AVOCET_VALUE_SERIES, 8, "tseries_t");
        t.hist_step = m.interval_ns;
        return t;
    }
    if (!is_histogram(plan.aggregate)) {
        std::string name =
            fmt::format("{}{}_t", is_signed || plan.aggregate == Aggregate::count ? "" : "u", m.aggregate);
        return store.add(is_signed ? AVOCET_VALUE_INT : AVOCET_VALUE_UINT, 8, name);
    }
    avocet_type& t = store.add(AVOCET_VALUE_HIST, 8, m.aggregate + "_t");
    t.hist_bits = plan.aggregate == Aggregate::hist ? m.bits : 0;
    if (plan.aggregate == Aggregate::lhist) {
        t.hist_min = m.min;
        t.hist_max = m.max;
        t.hist_step = m.step;
    }
    return t;
}

bool compile_key(MapPlan& plan, uint32_t key_type, const BtfView& types, LayoutCompiler& compiler, std::string& why) {
    if (!plan.map->keyed) return true;
    if (!has_buckets(plan.aggregate)) return compiler.compile_value(key_type, plan.key, why);
    auto bucket = member_offset(types, key_type, "bucket");
    if (!bucket || *bucket + 4 > plan.key_size) {
        why = "its key has no member 'bucket'";
        return false;
    }
    plan.bucket_offset = *bucket;
    if (!compiler.compile_member(key_type, "key", plan.key, why)) return false;
    plan.key.size = plan.key.fields[0].offset + plan.key.fields[0].size;
    return true;
}

bool compile_plain_value(MapPlan& plan, uint32_t value_type, const BtfView& types, LayoutCompiler& compiler,
                         std::string& why) {
    if (plan.map->keyed || !plan.map->storage.empty()) return compiler.compile_value(value_type, plan.value, why);
    plan.set_offset = member_offset(types, value_type, "set");
    if (!plan.set_offset || *plan.set_offset + 8 > plan.value_size) {
        why = "its value has no presence flag";
        return false;
    }
    return compiler.compile_member(value_type, "value", plan.value, why);
}

const avocet_type* plain_type(MapPlan& plan, TypeStore& store) {
    const Step& step = plan.value.fields[0];
    if (!plan.per_cpu) return step.type;
    plan.sum_slots = is_integer(step) && plan.map->reduce != "each";
    if (plan.sum_slots) return &store.add(step.type->kind, 8, step.type->name);
    avocet_type& t = store.add(AVOCET_VALUE_ARRAY, 0, fmt::format("{}[cpu]", step.type->name));
    store.set_members(t, {step.type}, {});
    return &t;
}

// Bytes that the aggregate's value must have.
uint32_t aggregate_bytes(const MapPlan& plan) {
    switch (plan.aggregate) {
        case Aggregate::count:
        case Aggregate::hist:
        case Aggregate::lhist: return 8;
        case Aggregate::sum: return plan.map->keyed ? 8 : 16;
        case Aggregate::tseries: return 24;
        default: return 16;
    }
}

MapPlan::Foreign foreign_of(std::string_view aggregate) {
    if (aggregate == "log2hist") return MapPlan::Foreign::log2;
    if (aggregate == "linearhist") return MapPlan::Foreign::linear;
    return aggregate == "slots" ? MapPlan::Foreign::slots : MapPlan::Foreign::none;
}

bool compile(MapPlan& plan, const Program& program, const BtfView& types, TypeStore& store, std::string& why) {
    const ManifestMap& map = *plan.map;
    auto ids = program.map_types(map);
    auto key_size = types.size(ids.key), value_size = types.size(ids.value);
    if (!ids.key && !map.storage.empty()) key_size = 0;  // one variable, no key
    if (!key_size || !value_size) {
        why = "its key or value type is not known";
        return false;
    }
    plan.key_size = *key_size;
    plan.value_size = *value_size;
    const uint32_t kind = kind_of(types, map.symbol);
    plan.per_cpu = is_per_cpu(kind);
    if (const MapPlan::Foreign form = foreign_of(map.aggregate); form != MapPlan::Foreign::none)
        return compile_foreign_histogram(plan, form, ids, types, store, program, why);
    plan.skip_zeros = map.storage_elements || ((map.imported || program.manifest().frontend == "object") &&
                                               (kind == BPF_MAP_TYPE_ARRAY || kind == BPF_MAP_TYPE_PERCPU_ARRAY));
    LayoutCompiler compiler(types, store);
    if (map.imported || program.manifest().frontend == "object") compiler.set_stack_map(only_stack_map(types));
    if (!compile_key(plan, ids.key, types, compiler, why)) return false;
    const avocet_type* value_type = nullptr;
    if (plan.aggregate == Aggregate::none) {
        if (!compile_plain_value(plan, ids.value, types, compiler, why)) return false;
        value_type = plain_type(plan, store);
    } else {
        if (plan.value_size != aggregate_bytes(plan))
            why = fmt::format("its value does not fit the aggregate '{}'", map.aggregate);
        else if (has_buckets(plan.aggregate) && !map.keyed && plan.key_size != 4)
            why = "its key is not a bucket number";
        if (!why.empty()) return false;
        value_type = &aggregate_type(plan, store);
    }
    const avocet_type* key_shown =
        plan.key.fields.empty() ? &store.add(AVOCET_VALUE_NONE, 0, "none") : plan.key.fields[0].type;
    avocet_schema& schema =
        store.add_schema(AVOCET_RECORD_MAP, AVOCET_OUTPUT_NONE, {{"key", key_shown}, {"value", value_type}});
    schema.name = store.text(map.name);
    schema.tool = store.text(program.manifest().tool);
    plan.schema = &schema;
    return true;
}

// One column stands for the value.
void show_instead(MapPlan& plan, TypeStore& store) {
    avocet_schema& schema =
        store.add_schema(AVOCET_RECORD_MAP, AVOCET_OUTPUT_NONE,
                         {plan.schema->fields[0], {"value", plan.shown->table.fields.front().type}});
    schema.name = plan.schema->name;
    schema.tool = plan.schema->tool;
    plan.schema = &schema;
}

bool set_unit(const MapPlan& plan, TypeStore& store) {
    const avocet_type* type = plan.schema->fields[1].type;
    if (type->kind == AVOCET_VALUE_ARRAY && plan.per_cpu && type->member_count) type = type->members[0];
    if (type->kind != AVOCET_VALUE_INT && type->kind != AVOCET_VALUE_UINT && type->kind != AVOCET_VALUE_HIST)
        return false;
    const_cast<avocet_type*>(type)->unit = store.text(plan.map->unit);
    return true;
}

}  // namespace

MapPlan compile_map(const Program& program, const ManifestMap& map, const BtfView& types, TypeStore& store,
                    const RowLanguage* language, Diagnostics& diagnostics) {
    MapPlan plan;
    plan.map = &map;
    plan.aggregate = aggregate_of(map.aggregate);
    std::string why;
    plan.usable = compile(plan, program, types, store, why);
    if (!plan.usable)
        diagnostics.error("core.record", fmt::format("map '{}': cannot be shown: {}", map.name, why),
                          "the object was made by an incompatible compiler", 321);
    if (!plan.usable) return plan;
    if (!map.columns.empty() || !map.value.empty()) {
        auto columns = std::make_shared<MapColumns>();
        plan.usable = columns->compile(plan, program, types, store, language, diagnostics);
        plan.refused = columns->failed;
        (map.columns.empty() ? plan.shown : plan.columns) = std::move(columns);
        if (plan.usable && plan.shown) show_instead(plan, store);
    }
    if (plan.usable && !map.unit.empty() && !set_unit(plan, store)) {
        plan.refused = true;
        diagnostics.error("core.record", fmt::format("map '{}': its value is no number, which has a unit", map.name),
                          "leave 'unit' out; columns say theirs by 'as'", 321, map.unit_place);
    }
    return plan;
}

}  // namespace avocet::core
