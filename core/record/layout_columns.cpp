// SPDX-License-Identifier: Apache-2.0
//
// Columns: one value of a sample by its path ("sk.daddr"), or one that was reckoned, shown `as` something that its type
// alone does not say (avocet/column_form.hpp; what each means: sdk/docs/c-tools.md "Columns").
// What the name of a member says when nobody else does is decided at the end of this file.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "avocet/column_form.hpp"
#include "record/layout.hpp"

namespace avocet::core {

namespace {

struct Form {
    std::string_view word;
    Op op;
    avocet_value_kind kind;
    uint32_t bytes;  // 0: any integer
};

constexpr Form forms[] = {
    {"elapsed", Op::elapsed, AVOCET_VALUE_INT, 8},
    {"delta", Op::delta, AVOCET_VALUE_INT, 8},
    {"wallclock", Op::clock, AVOCET_VALUE_TEXT, 8},
    {"ipv4", Op::ipv4, AVOCET_VALUE_TEXT, 4},
    {"ipv6", Op::ipv6, AVOCET_VALUE_TEXT, 16},
    {"ip", Op::ip_of_family, AVOCET_VALUE_TEXT, 16},
    {"port", Op::port_big_endian, AVOCET_VALUE_UINT, 2},
    {"mac", Op::mac, AVOCET_VALUE_TEXT, 6},
    {"ksym", Op::symbol_kernel, AVOCET_VALUE_SYMBOL, 8},
    {"usym", Op::symbol_beside, AVOCET_VALUE_SYMBOL, 8},
    {"kstack", Op::map_stack, AVOCET_VALUE_STACK, 0},
    {"ustack", Op::map_stack, AVOCET_VALUE_STACK, 0},
    {"errno", Op::error_name, AVOCET_VALUE_TEXT, 0},
    {"signal", Op::signal_name, AVOCET_VALUE_TEXT, 0},
    {"syscall", Op::syscall_name, AVOCET_VALUE_TEXT, 0},
    {"uid", Op::username, AVOCET_VALUE_TEXT, 0},
    {"gid", Op::group_name, AVOCET_VALUE_TEXT, 0},
    {"comm", Op::process_name, AVOCET_VALUE_TEXT, 0},
    {"enum", Op::enumeration, AVOCET_VALUE_ENUM, 0},
    {"dict", Op::enumeration, AVOCET_VALUE_ENUM, 0},
    {"flags", Op::flags, AVOCET_VALUE_TEXT, 0},
    {"dev", Op::device, AVOCET_VALUE_TEXT, 4},
    {"ifname", Op::interface_name, AVOCET_VALUE_TEXT, 4},
    {"cgroup", Op::cgroup_path, AVOCET_VALUE_TEXT, 8},
    {"hex", Op::pointer, AVOCET_VALUE_POINTER, 0},
};

// The value of KEY in "word:KEY=value,KEY=value"; an argument without `=` has the empty key.
std::string_view argument(std::string_view as, std::string_view key) {
    const size_t colon = as.find(':');
    if (colon == std::string_view::npos) return {};
    std::string_view rest = as.substr(colon + 1);
    if (key.empty()) return rest;
    while (!rest.empty()) {
        const std::string_view one = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), one.size() + 1));
        const size_t equals = one.find('=');
        if (equals != std::string_view::npos && one.substr(0, equals) == key) return one.substr(equals + 1);
    }
    return {};
}

bool is_word_bytes(uint32_t bytes) { return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8; }

bool ends(std::string_view name, std::initializer_list<std::string_view> tails) {
    return std::any_of(tails.begin(), tails.end(), [&](std::string_view tail) { return name.ends_with(tail); });
}

bool equals(std::string_view name, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), name) != words.end();
}

}  // namespace

LayoutCompiler::Slot LayoutCompiler::slot_at(uint32_t struct_id, std::string_view path) const {
    Slot slot;
    slot.type = struct_id;
    std::string_view rest = path;
    while (!rest.empty()) {
        const std::string_view name = rest.substr(0, rest.find('.'));
        rest.remove_prefix(std::min(rest.size(), name.size() + 1));
        if (!member_in(types_.resolve(slot.type), name, slot.bit_offset, slot, 0)) {
            Slot whole;
            whole.type = struct_id;
            fail(whole, fmt::format("has no member '{}'", path));
        }
    }
    return slot;
}

// Members of anonymous structs and unions count as the outer one's.
bool LayoutCompiler::member_in(uint32_t struct_id, std::string_view name, uint32_t base_bits, Slot& out,
                               int depth) const {
    const btf_type* t = types_.type(struct_id);
    if (!t || !btf_is_composite(t) || depth > 8) return false;
    for (int i = 0; i < btf_vlen(t); ++i) {
        const Slot slot = member_slot(struct_id, i, base_bits);
        if (slot.name == name) return out = slot, true;
        if (slot.name.empty() && member_in(types_.resolve(slot.type), name, slot.bit_offset, out, depth + 1))
            return true;
    }
    return false;
}

bool LayoutCompiler::has(uint32_t struct_id, std::string_view path) const {
    std::string ignored;
    return guarded(ignored, [&] { slot_at(struct_id, path); });
}

bool LayoutCompiler::compile_column(uint32_t struct_id, std::string_view path, std::string_view as, Layout& out,
                                    std::string& why) {
    return guarded(why, [&] {
        const Slot slot = slot_at(struct_id, path);
        Step step = compile_form(struct_id, slot, as, out);
        if (step.offset + uint64_t{step.size} > out.size) fail(slot, "lies outside its struct");
        out.fields.push_back(step);
        out.names.push_back(store_.text(path));
    });
}

bool LayoutCompiler::compile_number(std::string_view as, Layout& out, std::string& why) {
    return guarded(why, [&] {
        Slot slot;
        slot.name = "the value";
        Step step = compile_form_of({0, 8, true, "int64"}, slot, as, out);
        out.size = 8;
        out.fields = {step};
        out.names = {""};
    });
}

Step LayoutCompiler::compile_form(uint32_t struct_id, const Slot& slot, std::string_view as, Layout& out) {
    const uint32_t id = types_.resolve(slot.type);
    const auto size = types_.size(id);
    if (!size) fail(slot, "has no size");
    const btf_type* t = types_.type(id);
    const bool is_signed = btf_is_int(t) && btf_int_encoding(t) & BTF_INT_SIGNED;
    return compile_form_of({struct_id, *size, is_signed, types_.spell(slot.type)}, slot, as, out);
}

Step LayoutCompiler::compile_form_of(const FormOf& of, const Slot& slot, std::string_view as, Layout& out) {
    const std::string_view word = as.substr(0, as.find(':'));
    Step step;
    step.offset = slot.offset();
    step.size = of.size;
    if (word == "bytes" || word == "text" || word == "words") {
        if (!of.structure) fail(slot, fmt::format("is a number, which cannot be shown as '{}'", word));
        step.op = word == "text" ? Op::text : word == "words" ? Op::words : Op::bytes;
        avocet_type& type = store_.add(word == "bytes" ? AVOCET_VALUE_BYTES : AVOCET_VALUE_STRING, 0, of.spelled);
        type.limit = of.size;
        step.type = &type;
        return step;
    }
    const auto form = std::find_if(std::begin(forms), std::end(forms), [&](const Form& f) { return f.word == word; });
    if (form == std::end(forms)) return compile_with_unit(of, slot, word, out);
    if (form->bytes ? of.size != form->bytes : !is_word_bytes(of.size))
        fail(slot, fmt::format("has {} bytes, which cannot be shown as '{}'", of.size, word));
    step.op = form->op;
    step.width = static_cast<uint8_t>(std::min(of.size, 16u));
    step.is_signed = of.is_signed;
    avocet_type& type =
        store_.add(form->kind, static_cast<uint8_t>(form->kind == AVOCET_VALUE_TEXT ? 0 : of.size), of.spelled);
    step.type = &type;
    if (word == "enum" || word == "flags") compile_names(slot, word, argument(as, ""), step);
    if (word == "dict") compile_dict(slot, argument(as, ""), step);
    if (step.op == Op::elapsed || step.op == Op::delta) type.unit = "ns";
    if (step.op == Op::clock)
        type.format = store_.text(argument(as, "").empty() ? std::string_view("%H:%M:%S") : argument(as, ""));
    if (step.op == Op::cgroup_path) type.format = "";
    const auto beside = [&](std::string_view key) {
        if (!of.structure) fail(slot, fmt::format("is reckoned, which cannot be shown as '{}'", word));
        const Slot other = slot_at(of.structure, argument(as, key));
        step.beside = other.offset();
        step.beside_size = types_.size(types_.resolve(other.type)).value_or(0);
        if (!is_word_bytes(step.beside_size) || other.bit_count) fail(other, "is no integer to go by");
    };
    if (step.op == Op::ip_of_family) beside("family");
    if (step.op == Op::symbol_beside || (word == "ustack" && !argument(as, "pid").empty())) beside("pid");
    if (step.op == Op::map_stack) {
        type.format = "bpftrace";
        type.limit = 127;
        step.map = store_.text(argument(as, "map"));
    }
    if (word == "usym" || word == "ustack") type.flags = AVOCET_TYPE_USER;
    return step;
}

// Nothing said, or only what the number counts.
Step LayoutCompiler::compile_with_unit(const FormOf& of, const Slot& slot, std::string_view word, Layout& out) {
    Step step;
    if (of.structure) {
        step = compile(slot, out, 0);
    } else {
        step.op = Op::s64;
        step.width = 8;
        step.size = 8;
        step.type = &store_.add(AVOCET_VALUE_INT, 8, of.spelled);
    }
    const bool number = step.type->kind == AVOCET_VALUE_INT || step.type->kind == AVOCET_VALUE_UINT;
    if (!word.empty() && !number) fail(slot, fmt::format("is no number, which cannot be shown as '{}'", word));
    auto& type = const_cast<avocet_type&>(*step.type);
    if ((word == "duration" || word == "uptime") && !type.unit) type.unit = "ns";
    if (word == "size") type.unit = "bytes", type.format = size_format;
    return step;
}

void LayoutCompiler::compile_dict(const Slot& slot, std::string_view list, Step& step) {
    const auto entries = parse_column_dict(list);
    if (!entries) fail(slot, fmt::format("is to be shown by '{}', which is no list of numbers and names", list));
    std::vector<std::pair<int64_t, std::string_view>> names;
    for (const auto& [number, name] : *entries) names.emplace_back(number, store_.text(name));
    step.names = &store_.add_enum(std::move(names), step.width, step.is_signed);
}

const btf_type* LayoutCompiler::find_enum(std::string_view name) const {
    for (uint32_t id = 1; const btf_type* t = types_.type(id); ++id)
        if (btf_is_any_enum(t) && types_.name(t) == name) return t;
    return nullptr;
}

// Names of numbers: of the enum that is named, or of the value's own.
void LayoutCompiler::compile_names(const Slot& slot, std::string_view word, std::string_view name, Step& step) {
    const btf_type* own = slot.type ? types_.type(types_.resolve(slot.type)) : nullptr;
    const btf_type* t = name.empty() && own && btf_is_any_enum(own) ? own : find_enum(name);
    if (!t) fail(slot, fmt::format("is to be shown as '{}:{}', and the program has no such enum", word, name));
    std::vector<std::pair<int64_t, std::string_view>> names;
    for (int i = 0; i < btf_vlen(t); ++i) {
        if (btf_is_enum(t))
            names.emplace_back(
                btf_kflag(t) ? int64_t{btf_enum(t)[i].val} : int64_t{static_cast<uint32_t>(btf_enum(t)[i].val)},
                types_.string(btf_enum(t)[i].name_off));
        else
            names.emplace_back(static_cast<int64_t>(btf_enum64_value(&btf_enum64(t)[i])),
                               types_.string(btf_enum64(t)[i].name_off));
    }
    step.names = &store_.add_enum(std::move(names), step.width, step.is_signed);
}

// A 32-bit id in the program's stack trace map; the process of a user stack is the member `tgid` or `pid` beside it.
bool LayoutCompiler::compile_stack_id(const Slot& slot, bool user, Step& step) {
    if (stack_map_.empty() || slot.bit_count) return false;
    avocet_type& type = store_.add(AVOCET_VALUE_STACK, 0, types_.spell(slot.type));
    type.format = "bpftrace";
    type.limit = 127;
    type.flags = user ? AVOCET_TYPE_USER : 0;
    step.op = Op::map_stack;
    step.width = 4;
    step.size = 4;
    step.map = store_.text(stack_map_);
    step.type = &type;
    if (!user || !slot.structure) return true;
    const btf_type* t = types_.type(slot.structure);
    const uint32_t own = btf_member_bit_offset(t, static_cast<uint32_t>(slot.member));
    for (std::string_view name : {"tgid", "pid"}) {
        const btf_member* m = types_.member(t, name);
        if (!m || types_.size(types_.resolve(m->type)) != 4u) continue;
        const uint32_t other = btf_member_bit_offset(t, static_cast<uint32_t>(m - btf_members(t)));
        step.beside = (slot.bit_offset - own + other) / 8;
        step.beside_size = 4;
        return true;
    }
    return true;
}

bool ends_like_stack_id(std::string_view name) { return ends(name, {"stack_id", "stackid", "stack"}); }

// ---- by name ----

// One column for each leaf, in order.
void LayoutCompiler::collect_leaves(uint32_t struct_id, const std::string& prefix, std::vector<Leaf>& out,
                                    int depth) const {
    const btf_type* t = types_.type(types_.resolve(struct_id));
    if (!t || !btf_is_composite(t) || depth > depth_of_leaves || out.size() > most_leaves) return;
    for (int i = 0; i < btf_vlen(t); ++i) {
        const Slot slot = member_slot(types_.resolve(struct_id), i, 0);
        const uint32_t id = types_.resolve(slot.type);
        const btf_type* inner = types_.type(id);
        const bool tagged = !types_.tags_of(slot.structure, slot.member, slot.type).empty();
        if (slot.name.empty() || (inner && btf_is_struct(inner) && !tagged)) {
            if (inner && btf_is_composite(inner))
                collect_leaves(id, slot.name.empty() ? prefix : prefix + std::string(slot.name) + ".", out, depth + 1);
            continue;
        }
        Leaf leaf;
        leaf.path = prefix + std::string(slot.name);
        leaf.name = std::string(slot.name);
        leaf.size = types_.size(id).value_or(0);
        leaf.bits = slot.bit_count;
        leaf.is_integer = inner && btf_is_int(inner);
        leaf.is_signed = leaf.is_integer && btf_int_encoding(inner) & BTF_INT_SIGNED;
        leaf.is_array = inner && btf_is_array(inner);
        leaf.type = types_.spell(slot.type);
        for (std::string_view tag : types_.tags(slot.structure, slot.member))
            if (tag.starts_with("avocet:")) leaf.tags.emplace_back(tag.substr(7));
        out.push_back(std::move(leaf));
    }
}

std::vector<Leaf> LayoutCompiler::leaves(uint32_t struct_id) const {
    std::vector<Leaf> out;
    collect_leaves(struct_id, "", out, 0);
    return out;
}

std::string form_by_name(const Leaf& leaf) {
    const std::string_view name = leaf.name;
    const bool word = leaf.is_integer && !leaf.bits;
    if (word && leaf.size == 8 &&
        (equals(name, {"ts", "timestamp", "time", "time_ns", "when"}) || ends(name, {"ts_ns"})))
        return "elapsed";
    const bool address = equals(name, {"saddr", "daddr", "laddr", "raddr", "addr", "src", "dst"}) ||
                         ends(name, {"_saddr", "_daddr", "_addr_v4", "_addr_v6", "addr_v4", "addr_v6"});
    if (address && leaf.size == 4 && leaf.is_integer) return "ipv4";
    if (address && leaf.size == 16 && !leaf.is_integer) return "ipv6";
    if (leaf.type == "__be16" && leaf.size == 2) return "port";
    if (word && leaf.size == 4 && equals(name, {"errno", "err", "error"})) return "errno";
    return {};
}

}  // namespace avocet::core
