// SPDX-License-Identifier: Apache-2.0
#include "record/foreign_histogram.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "record/histogram.hpp"

namespace avocet::core {

namespace {

constexpr uint32_t most_slots = 1024;  // BCC prints no more of a linear one
constexpr uint32_t log2_slots = 64;

uint64_t load(const uint8_t* at, uint32_t size) {
    uint64_t out = 0;
    std::memcpy(&out, at, std::min<uint32_t>(size, sizeof out));
    return out;
}

bool is_integer_of(const BtfView& types, uint32_t id, uint32_t& size) {
    const btf_type* t = types.type(types.resolve(id));
    if (!t || !btf_is_int(t) || t->size > 8) return false;
    size = t->size;
    return true;
}

// Fields for the members of `id` but `without`, or but those that `only` does not name; `base`: where it begins.
void add_members(LayoutCompiler& compiler, const BtfView& types, uint32_t id, std::string_view without,
                 const std::vector<std::string>& only, uint32_t base, Layout& out) {
    const btf_type* t = types.type(types.resolve(id));
    for (int i = 0; t && i < btf_vlen(t); ++i) {
        const std::string_view name = types.string(btf_members(t)[i].name_off);
        if (name.empty() || name == without || name.starts_with("__pad") || name == "pad") continue;
        if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) continue;
        Layout one;
        std::string why;
        if (!compiler.compile_member(id, name, one, why)) continue;
        Step step = one.fields[0];
        const auto moved = static_cast<uint32_t>(out.steps.size());
        if (step.op == Op::array || step.op == Op::composite) step.first += moved;
        for (Step inner : one.steps) {
            if (inner.op == Op::array || inner.op == Op::composite) inner.first += moved;
            out.steps.push_back(inner);
        }
        step.offset += base;
        out.fields.push_back(step);
        out.names.push_back(one.names[0]);
    }
}

// `as` is for a key of one member: elsewhere it would not say which it means.
bool show_section(LayoutCompiler& compiler, uint32_t id, const MapPlan& plan, uint32_t base, Layout& out,
                  std::string& why) {
    const std::string& as = plan.map->section_as;
    if (as.empty()) return true;
    if (out.fields.size() != 1)
        return why = fmt::format("section_as is for one member, and {} name a histogram", out.fields.size()), false;
    Layout one;
    one.size = base + plan.key_size;
    if (!compiler.compile_column(id, out.names[0], as, one, why)) return false;
    out = std::move(one);
    out.fields[0].offset += base;
    return true;
}

// Several fields become one tuple, as keys are shown.
void join_fields(Layout& layout, TypeStore& store) {
    if (layout.fields.size() < 2) return;
    avocet_type& type = store.add(AVOCET_VALUE_TUPLE, 0, "key");
    std::vector<const avocet_type*> members;
    for (const Step& f : layout.fields) members.push_back(f.type);
    store.set_members(type, std::move(members), {});
    Step whole;
    whole.op = Op::composite;
    whole.first = static_cast<uint32_t>(layout.steps.size());
    whole.count = static_cast<uint32_t>(layout.fields.size());
    whole.type = &type;
    for (const Step& f : layout.fields) whole.size = std::max(whole.size, f.offset + f.size);
    layout.steps.insert(layout.steps.end(), layout.fields.begin(), layout.fields.end());
    layout.fields = {whole};
    layout.names.resize(1);
}

// The key's slot: the member that is named, else `slot`, else the last integer.
bool find_slot(MapPlan& plan, uint32_t key, const BtfView& types, std::string& slot) {
    if (is_integer_of(types, key, plan.slot_size)) return plan.map->slot.empty();
    const btf_type* t = types.type(types.resolve(key));
    if (!t || !btf_is_struct(t)) return false;
    const btf_member* found = types.member(t, plan.map->slot.empty() ? "slot" : std::string_view(plan.map->slot));
    for (int i = btf_vlen(t); i-- > 0 && !found && plan.map->slot.empty();)
        if (uint32_t size = 0; is_integer_of(types, btf_members(t)[i].type, size) && btf_members(t)[i].name_off)
            found = &btf_members(t)[i];
    if (!found || !is_integer_of(types, found->type, plan.slot_size)) return false;
    slot = types.string(found->name_off);
    plan.slot_offset = btf_member_bit_offset(t, static_cast<uint32_t>(found - btf_members(t))) / 8;
    return plan.slot_offset + plan.slot_size <= plan.key_size;
}

bool find_slots_array(MapPlan& plan, uint32_t value, const BtfView& types) {
    const btf_type* t = types.type(types.resolve(value));
    const btf_member* member = t && btf_is_composite(t) ? types.member(t, "slots") : nullptr;
    const btf_type* array = member ? types.type(types.resolve(member->type)) : nullptr;
    if (!array || !btf_is_array(array) || !is_integer_of(types, btf_array(array)->type, plan.slot_size)) return false;
    plan.slot_offset = btf_member_bit_offset(t, static_cast<uint32_t>(member - btf_members(t))) / 8;
    plan.slot_count = std::min(btf_array(array)->nelems, log2_slots);
    return plan.slot_offset + uint64_t{plan.slot_size} * plan.slot_count <= plan.value_size;
}

}  // namespace

bool compile_foreign_histogram(MapPlan& plan, MapPlan::Foreign form, const Program::MapTypes& ids, const BtfView& types,
                               TypeStore& store, const Program& program, std::string& why) {
    LayoutCompiler compiler(types, store);
    compiler.set_stack_map(only_stack_map(types));
    plan.foreign = form;
    plan.aggregate = form == MapPlan::Foreign::linear ? Aggregate::lhist : Aggregate::hist;
    if (form == MapPlan::Foreign::slots) {
        if (!find_slots_array(plan, ids.value, types)) return why = "its value has no array 'slots' of integers", false;
        Layout key;
        if (ids.key && !compiler.compile_value(ids.key, plan.key, why)) return false;
        add_members(compiler, types, ids.value, "slots", plan.map->section, plan.key_size, plan.key);
    } else {
        std::string slot;
        if (!find_slot(plan, ids.key, types, slot)) return why = "its key has no integer that is the slot", false;
        if (plan.value_size != 4 && plan.value_size != 8) return why = "its value is not a count", false;
        if (!slot.empty()) add_members(compiler, types, ids.key, slot, plan.map->section, 0, plan.key);
        if (!show_section(compiler, ids.key, plan, 0, plan.key, why)) return false;
    }
    join_fields(plan.key, store);
    plan.key.size = plan.key.fields.empty() ? 0 : plan.key.fields[0].offset + plan.key.fields[0].size;
    avocet_type& type = store.add(AVOCET_VALUE_HIST, 8, form == MapPlan::Foreign::linear ? "lhist_t" : "hist_t");
    if (form == MapPlan::Foreign::linear) type.hist_max = most_slots, type.hist_step = 1;
    if (plan.map->style == "bcc") type.format = "bcc";
    if (!plan.map->label.empty()) type.unit = store.text(plan.map->label);
    const avocet_type* key =
        plan.key.fields.empty() ? &store.add(AVOCET_VALUE_NONE, 0, "none") : plan.key.fields[0].type;
    const char* head = plan.map->section_head.empty() ? "key" : store.text(plan.map->section_head);
    avocet_schema& schema = store.add_schema(AVOCET_RECORD_MAP, AVOCET_OUTPUT_NONE, {{head, key}, {"value", &type}});
    schema.name = store.text(plan.map->name);
    schema.tool = store.text(program.manifest().tool);
    plan.schema = &schema;
    return true;
}

void MapTable::add_foreign(const uint8_t* key, const uint8_t* slots, uint32_t slot_size, uint32_t cpus) {
    std::string name(reinterpret_cast<const char*>(key), plan_.key_size);
    if (plan_.foreign == MapPlan::Foreign::slots) {
        std::string rest(reinterpret_cast<const char*>(slots), plan_.value_size);
        std::memset(rest.data() + plan_.slot_offset, 0, size_t{plan_.slot_size} * plan_.slot_count);
        name += rest;
        for (uint32_t i = 0; i < plan_.slot_count; ++i)
            for (uint32_t cpu = 0; cpu < cpus; ++cpu)
                if (const uint64_t n =
                        load(slots + size_t{cpu} * slot_size + plan_.slot_offset + size_t{i} * plan_.slot_size,
                             plan_.slot_size))
                    buckets_[name][i + foreign_first_bucket] += n;
        return;
    }
    const uint64_t slot = load(key + plan_.slot_offset, plan_.slot_size);
    std::memset(name.data() + plan_.slot_offset, 0, plan_.slot_size);
    uint64_t count = 0;
    for (uint32_t cpu = 0; cpu < cpus; ++cpu) count += load(slots + size_t{cpu} * slot_size, plan_.value_size);
    if (!count) return;
    // bpf_log2l() is one more than the logarithm: slot 1 holds 0 and 1, slot 2 holds 2 and 3.
    const uint64_t bucket = plan_.foreign == MapPlan::Foreign::log2
                                ? std::clamp<uint64_t>(slot, 1, log2_slots) + foreign_first_bucket - 1
                                : std::min<uint64_t>(slot, most_slots) + 1;
    buckets_[name][static_cast<uint32_t>(bucket)] += count;
}

}  // namespace avocet::core
