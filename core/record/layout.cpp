// SPDX-License-Identifier: Apache-2.0
//
// Tags decide first (sdk/docs/program.md, "Types and presentation"); what has none is shown by its BTF. BTF comes from
// files, so recursion, element counts and the number of steps are bounded, and every member must lie inside its struct.
#include "record/layout.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace avocet::core {

namespace {

constexpr int depth_limit = 16;
constexpr size_t step_limit = 4096;
constexpr uint32_t element_limit = 65536;

struct Unshowable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

bool is_word(uint32_t bytes) { return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8; }

Op integer_op(uint32_t bytes, bool is_signed) {
    switch (bytes) {
        case 1: return is_signed ? Op::s8 : Op::u8;
        case 2: return is_signed ? Op::s16 : Op::u16;
        case 4: return is_signed ? Op::s32 : Op::u32;
        default: return is_signed ? Op::s64 : Op::u64;
    }
}

}  // namespace

void LayoutCompiler::fail(const Slot& slot, std::string_view fact) const {
    if (!slot.type) throw Unshowable(fmt::format("{} {}", slot.name, fact));
    throw Unshowable(slot.name.empty()
                         ? fmt::format("type '{}' {}", types_.spell(slot.type), fact)
                         : fmt::format("member '{}' of type '{}' {}", slot.name, types_.spell(slot.type), fact));
}

bool LayoutCompiler::guarded(std::string& why, const std::function<void()>& body) {
    try {
        body();
        return true;
    } catch (const Unshowable& e) {
        why = e.what();
        return false;
    }
}

LayoutCompiler::Slot LayoutCompiler::member_slot(uint32_t struct_id, int index, uint32_t base_bits) const {
    const btf_type* t = types_.type(struct_id);
    const btf_member& m = btf_members(t)[index];
    Slot slot;
    slot.type = m.type;
    slot.structure = struct_id;
    slot.member = index;
    slot.name = types_.string(m.name_off);
    slot.bit_count = btf_member_bitfield_size(t, static_cast<uint32_t>(index));
    uint64_t bits = uint64_t{base_bits} + btf_member_bit_offset(t, static_cast<uint32_t>(index));
    if (bits > UINT32_MAX) fail(slot, "lies outside its struct");
    slot.bit_offset = static_cast<uint32_t>(bits);
    return slot;
}

bool LayoutCompiler::compile_members(uint32_t struct_id, Layout& out, std::string& why) {
    return guarded(why, [&] {
        struct_id = types_.resolve(struct_id);
        const btf_type* t = types_.type(struct_id);
        Slot whole;
        whole.type = struct_id;
        if (!t || !btf_is_composite(t)) fail(whole, "is not a struct");
        out.size = t->size;
        collect_members(struct_id, 0, out, 0, out.fields, out.names);
        for (const auto& f : out.fields)
            if (uint64_t{f.offset} + f.size > out.size) fail(whole, "has a member outside itself");
    });
}

bool LayoutCompiler::compile_value(uint32_t type_id, Layout& out, std::string& why) {
    return guarded(why, [&] {
        Slot slot;
        slot.type = type_id;
        out.fields.push_back(compile(slot, out, 0));
        out.size = out.fields[0].size;
        out.names.push_back("value");
    });
}

bool LayoutCompiler::compile_member(uint32_t struct_id, std::string_view member, Layout& out, std::string& why) {
    return guarded(why, [&] {
        struct_id = types_.resolve(struct_id);
        const btf_type* t = types_.type(struct_id);
        Slot whole;
        whole.type = struct_id;
        if (!t || !btf_is_composite(t)) fail(whole, "is not a struct");
        const btf_member* found = types_.member(t, member);
        if (!found) fail(whole, fmt::format("has no member '{}'", member));
        out.fields.push_back(compile(member_slot(struct_id, static_cast<int>(found - btf_members(t)), 0), out, 0));
        out.size = t->size;
        if (uint64_t{out.fields[0].offset} + out.fields[0].size > out.size) fail(whole, "has a member outside itself");
        out.names.push_back(store_.text(member));
    });
}

Step LayoutCompiler::compile(const Slot& slot, Layout& out, int depth) {
    if (depth > depth_limit) fail(slot, "is nested too deeply");
    if (out.steps.size() > step_limit) fail(slot, "has too many parts");
    std::string_view presentation;
    std::string_view unit;
    for (auto tag : types_.tags_of(slot.structure, slot.member, slot.type)) {
        if (!tag.starts_with("avocet:")) continue;
        tag.remove_prefix(7);
        if (tag.starts_with("unit="))
            unit = unit.empty() ? tag.substr(5) : unit;
        else if (presentation.empty())
            presentation = tag;
    }
    Step step;
    const bool stack =
        presentation.empty() && ends_like_stack_id(slot.name) && types_.size(types_.resolve(slot.type)) == 4u;
    if (!(stack && compile_stack_id(slot, slot.name.find("user") != std::string_view::npos, step)) &&
        (presentation.empty() || !compile_tag(slot, presentation, out, depth, step)))
        step = compile_plain(slot, out, depth);
    step.offset = slot.offset();
    if (!unit.empty()) const_cast<avocet_type*>(step.type)->unit = store_.text(unit);
    return step;
}

Step LayoutCompiler::compile_plain(const Slot& slot, Layout& out, int depth) {
    uint32_t id = types_.resolve(slot.type);
    const btf_type* t = types_.type(id);
    auto size = types_.size(id);
    if (!t || !size) fail(slot, "has no size");
    switch (btf_kind(t)) {
        case BTF_KIND_INT: return compile_integer(slot, t);
        case BTF_KIND_ENUM:
        case BTF_KIND_ENUM64: return compile_enum(slot, t);
        case BTF_KIND_ARRAY: return compile_array(slot, t, out, depth);
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION: return compile_composite(slot, t, false, out, depth);
        default: break;
    }
    Step step;
    step.size = *size;
    if (btf_is_ptr(t)) {
        step.op = Op::pointer;
        step.width = 8;
        step.type = &store_.add(AVOCET_VALUE_POINTER, 8, types_.spell(slot.type));
    } else {
        step.op = Op::bytes;
        step.type = &store_.add(AVOCET_VALUE_BYTES, 0, types_.spell(slot.type));
    }
    return step;
}

Step LayoutCompiler::compile_integer(const Slot& slot, const btf_type* t) {
    Step step;
    step.size = t->size;
    step.width = static_cast<uint8_t>(std::min(t->size, 16u));
    step.is_signed = btf_int_encoding(t) & BTF_INT_SIGNED;
    std::string name = types_.spell(slot.type);
    uint32_t bits = slot.bit_count ? slot.bit_count : btf_int_bits(t);
    if (!is_word(t->size)) {
        if (slot.bit_count) fail(slot, "is a bit-field of an unusual width");
        step.op = Op::bytes;
        step.type = &store_.add(AVOCET_VALUE_BYTES, 0, name);
        return step;
    }
    bool is_bool = btf_int_encoding(t) & BTF_INT_BOOL;
    step.op = is_bool ? Op::boolean : integer_op(t->size, step.is_signed);
    avocet_value_kind kind = is_bool ? AVOCET_VALUE_BOOL : step.is_signed ? AVOCET_VALUE_INT : AVOCET_VALUE_UINT;
    bool field = slot.bit_count || bits != t->size * 8u || slot.bit_offset % 8;
    if (field && !is_bool) {
        if (bits == 0 || bits > 64 || bits + slot.bit_offset % 8 > 64) fail(slot, "is a bit-field of an unusual width");
        step.op = step.is_signed ? Op::signed_bits : Op::bits;
    } else if (field) {
        step.op = Op::bits;
        bits = std::max(bits == 8 && slot.bit_count == 0 ? 1u : bits, 1u);
    }
    if (field) {
        step.bit_offset = slot.bit_offset % 8;
        step.bit_count = static_cast<uint8_t>(bits);
        step.size = (step.bit_offset + bits + 7) / 8;
        if (step.bit_count > 64 || step.size > 8) fail(slot, "is a bit-field of an unusual width");
    }
    step.type = &store_.add(kind, static_cast<uint8_t>(t->size), name);
    return step;
}

Step LayoutCompiler::compile_enum(const Slot& slot, const btf_type* t) {
    if (!is_word(t->size)) fail(slot, "is an enum of an unusual width");
    Step step;
    step.op = Op::enumeration;
    step.size = t->size;
    step.width = static_cast<uint8_t>(t->size);
    step.is_signed = btf_kflag(t);
    step.bit_count = static_cast<uint8_t>(std::min(slot.bit_count, 64u));
    step.bit_offset = step.bit_count ? slot.bit_offset % 8 : 0;
    if (step.bit_count) {
        if (step.bit_count + step.bit_offset > 64) fail(slot, "is a bit-field of an unusual width");
        step.size = (step.bit_offset + step.bit_count + 7) / 8;
    }
    std::vector<std::pair<int64_t, std::string_view>> names;
    for (int i = 0; i < btf_vlen(t); ++i) {
        if (btf_is_enum(t)) {
            const struct btf_enum& e = btf_enum(t)[i];
            int64_t value = step.is_signed ? int64_t{e.val} : int64_t{static_cast<uint32_t>(e.val)};
            names.emplace_back(value, types_.string(e.name_off));
        } else {
            const struct btf_enum64& e = btf_enum64(t)[i];
            names.emplace_back(static_cast<int64_t>(btf_enum64_value(&e)), types_.string(e.name_off));
        }
    }
    step.names = &store_.add_enum(std::move(names), step.width, step.is_signed);
    step.type = &store_.add(AVOCET_VALUE_ENUM, step.width, types_.spell(slot.type));
    return step;
}

Step LayoutCompiler::compile_array(const Slot& slot, const btf_type* t, Layout& out, int depth) {
    const struct btf_array* a = btf_array(t);
    const btf_type* element = types_.type(types_.resolve(a->type));
    Step step;
    step.size = *types_.size(types_.resolve(slot.type));
    bool is_char = element && btf_is_int(element) && element->size == 1 &&
                   (btf_int_encoding(element) & BTF_INT_CHAR || types_.name(element) == "char");
    if (is_char) {
        step.op = Op::text;
        step.type = &store_.add(AVOCET_VALUE_STRING, 0, types_.spell(slot.type));
        const_cast<avocet_type*>(step.type)->limit = step.size;
        return step;
    }
    if (a->nelems > element_limit) fail(slot, "has too many elements");
    Slot inner;
    inner.type = a->type;
    Step each = compile(inner, out, depth + 1);
    avocet_type& type = store_.add(AVOCET_VALUE_ARRAY, 0, types_.spell(slot.type));
    type.limit = a->nelems;
    store_.set_members(type, {each.type}, {});
    step.op = Op::array;
    step.count = a->nelems;
    step.first = static_cast<uint32_t>(out.steps.size());
    out.steps.push_back(each);
    step.type = &type;
    return step;
}

// Members in order; anonymous structs and unions dissolve into their parent.
void LayoutCompiler::collect_members(uint32_t struct_id, uint32_t base_bits, Layout& out, int depth,
                                     std::vector<Step>& steps, std::vector<const char*>& names) {
    const btf_type* t = types_.type(struct_id);
    for (int i = 0; i < btf_vlen(t); ++i) {
        Slot slot = member_slot(struct_id, i, base_bits);
        if (depth > depth_limit) fail(slot, "is nested too deeply");
        if (steps.size() > step_limit) fail(slot, "is one of too many members");
        uint32_t inner = types_.resolve(slot.type);
        const btf_type* it = types_.type(inner);
        if (slot.name.empty() && it && btf_is_composite(it)) {
            collect_members(inner, slot.bit_offset, out, depth + 1, steps, names);
        } else if (!slot.name.empty()) {  // an unnamed bit-field is padding
            steps.push_back(compile(slot, out, depth + 1));
            names.push_back(store_.text(slot.name));
        }
    }
}

Step LayoutCompiler::compile_composite(const Slot& slot, const btf_type* t, bool tuple, Layout& out, int depth) {
    std::vector<Step> members;
    std::vector<const char*> names;
    collect_members(types_.resolve(slot.type), 0, out, depth, members, names);
    std::vector<const avocet_type*> member_types;
    for (const auto& m : members) {
        if (uint64_t{m.offset} + m.size > t->size) fail(slot, "has a member outside itself");
        member_types.push_back(m.type);
    }
    avocet_type& type = store_.add(tuple ? AVOCET_VALUE_TUPLE : AVOCET_VALUE_RECORD, 0, types_.spell(slot.type));
    store_.set_members(type, std::move(member_types), tuple ? std::vector<const char*>() : std::move(names));
    Step step;
    step.op = Op::composite;
    step.size = t->size;
    step.first = static_cast<uint32_t>(out.steps.size());
    step.count = static_cast<uint32_t>(members.size());
    out.steps.insert(out.steps.end(), members.begin(), members.end());
    if (out.steps.size() > step_limit) fail(slot, "has too many parts");
    step.type = &type;
    return step;
}

}  // namespace avocet::core
