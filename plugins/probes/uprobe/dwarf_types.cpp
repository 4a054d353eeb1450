// SPDX-License-Identifier: Apache-2.0
//
// DWARF 5, chapter 5. Damaged data is never followed further than `most_steps`.
#include "dwarf_types.hpp"

#include <dwarf.h>
#include <linux/btf.h>

#include <algorithm>

namespace avocet::uprobe {

namespace {

constexpr int most_steps = 64;
constexpr size_t most_records = 1500, most_types = 40000;

bool is_qualifier(int tag) {
    return tag == DW_TAG_const_type || tag == DW_TAG_volatile_type || tag == DW_TAG_restrict_type ||
           tag == DW_TAG_atomic_type || tag == DW_TAG_immutable_type || tag == DW_TAG_packed_type;
}
bool is_pointer(int tag) {
    return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type;
}

bool is_float(Dwarf_Die& base) {
    auto encoding = constant_of(base, DW_AT_encoding).value_or(0);
    return encoding == DW_ATE_float || encoding == DW_ATE_complex_float || encoding == DW_ATE_imaginary_float ||
           encoding == DW_ATE_decimal_float;
}

const char* record_word(int tag) {
    return tag == DW_TAG_union_type ? "union " : tag == DW_TAG_enumeration_type ? "enum " : "struct ";
}

// C and C++ write a struct's word differently; a name that only C++ or Rust can have needs none.
bool is_c_name(const std::string& name) {
    return std::all_of(name.begin(), name.end(), [](unsigned char c) { return isalnum(c) || c == '_'; });
}

}  // namespace

std::optional<Dwarf_Die> type_of(Dwarf_Die& die) {
    Dwarf_Attribute attribute;
    Dwarf_Die type;
    if (!dwarf_formref_die(dwarf_attr_integrate(&die, DW_AT_type, &attribute), &type)) return std::nullopt;
    return type;
}

std::optional<Dwarf_Die> bare_type(const Dwarf_Die& type) {
    std::optional<Dwarf_Die> at = type;
    for (int step = 0; at && step < most_steps; ++step) {
        int tag = dwarf_tag(&*at);
        if (tag != DW_TAG_typedef && !is_qualifier(tag)) return at;
        at = type_of(*at);
    }
    return std::nullopt;
}

std::string name_of(Dwarf_Die& die) {
    const char* name = dwarf_diename(&die);
    return name ? name : "";
}

bool is_record(const Dwarf_Die& die) {
    int tag = dwarf_tag(const_cast<Dwarf_Die*>(&die));
    return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

std::optional<uint64_t> constant_of(Dwarf_Die& die, unsigned attribute) {
    Dwarf_Attribute found;
    Dwarf_Word value = 0;
    if (!dwarf_attr_integrate(&die, attribute, &found) || dwarf_formudata(&found, &value) != 0) return std::nullopt;
    return value;
}

bool has_flag(Dwarf_Die& die, unsigned attribute) {
    Dwarf_Attribute found;
    bool value = false;
    return dwarf_attr(&die, attribute, &found) && dwarf_formflag(&found, &value) == 0 && value;
}

std::vector<uint64_t> dimensions_of(Dwarf_Die& array) {
    std::vector<uint64_t> counts;
    for_each_child(array, [&](Dwarf_Die& child) {
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_subrange_type) {
            Dwarf_Attribute bound;
            Dwarf_Sword upper = -1;
            if (auto count = constant_of(child, DW_AT_count))
                counts.push_back(*count);
            else if (dwarf_attr(&child, DW_AT_upper_bound, &bound) && dwarf_formsdata(&bound, &upper) == 0 &&
                     upper >= 0)
                counts.push_back(static_cast<uint64_t>(upper) + 1);
            else
                counts.push_back(0);
        }
        return counts.size() < 16;
    });
    for (auto& count : counts) count = std::min<uint64_t>(count, UINT32_MAX);
    return counts;
}

uint64_t size_of(const Dwarf_Die& type, int depth) {
    auto bare = bare_type(type);
    if (!bare || depth > most_steps) return 0;
    if (auto size = constant_of(*bare, DW_AT_byte_size)) return *size;
    int tag = dwarf_tag(&*bare);
    if (is_pointer(tag) || tag == DW_TAG_ptr_to_member_type) return 8;
    auto element = type_of(*bare);
    if (tag == DW_TAG_enumeration_type) return element ? size_of(*element, depth + 1) : 4;
    if (tag != DW_TAG_array_type || !element) return 0;
    uint64_t size = size_of(*element, depth + 1);
    for (uint64_t count : dimensions_of(*bare))
        if (__builtin_mul_overflow(size, count, &size)) return 0;
    return size;
}

std::optional<uint64_t> member_bits(Dwarf_Die& member) {
    if (auto bits = constant_of(member, DW_AT_data_bit_offset)) return bits;
    Dwarf_Attribute location;
    if (!dwarf_attr(&member, DW_AT_data_member_location, &location)) return std::nullopt;
    Dwarf_Word bytes = 0;
    if (dwarf_formudata(&location, &bytes) != 0) {
        Dwarf_Op* ops = nullptr;  // DWARF 2: plus_uconst
        size_t count = 0;
        if (dwarf_getlocation(&location, &ops, &count) != 0 || count != 1 || ops[0].atom != DW_OP_plus_uconst)
            return std::nullopt;
        bytes = ops[0].number;
    }
    uint64_t bits = bytes * 8;
    // DWARF 2 and 3 count a bit-field from the most significant bit of its storage unit.
    auto width = constant_of(member, DW_AT_bit_size), from_top = constant_of(member, DW_AT_bit_offset);
    if (width && from_top) {
        auto type = type_of(member);
        uint64_t storage = constant_of(member, DW_AT_byte_size).value_or(type ? size_of(*type) : 0);
        if (*from_top + *width <= storage * 8) bits += storage * 8 - *from_top - *width;
    }
    return bits;
}

std::string declaration(const std::optional<Dwarf_Die>& type, const std::string& name) {
    std::string suffix, middle = name;
    std::optional<Dwarf_Die> at = type;
    std::string qualifiers;
    for (int step = 0; at && step < most_steps; ++step) {
        int tag = dwarf_tag(&*at);
        if (is_pointer(tag)) {
            const char* sign = tag == DW_TAG_pointer_type ? "*" : tag == DW_TAG_reference_type ? "&" : "&&";
            middle = sign + qualifiers + (qualifiers.empty() || middle.empty() ? "" : " ") + middle;
            qualifiers.clear();
        } else if (tag == DW_TAG_const_type) {
            qualifiers = "const" + (qualifiers.empty() ? "" : " " + qualifiers);
        } else if (tag == DW_TAG_volatile_type) {
            qualifiers = "volatile" + (qualifiers.empty() ? "" : " " + qualifiers);
        } else if (tag == DW_TAG_array_type) {
            for (uint64_t count : dimensions_of(*at)) suffix += "[" + (count ? std::to_string(count) : "") + "]";
        } else if (tag == DW_TAG_subroutine_type) {
            middle = "(" + middle + ")";
            suffix = "(...)" + suffix;
        } else if (!is_qualifier(tag)) {
            break;
        }
        at = type_of(*at);
    }
    std::string base = "void";
    if (at) {
        std::string base_name = name_of(*at);
        bool tagged = is_record(*at) || dwarf_tag(&*at) == DW_TAG_enumeration_type;
        base = (tagged && is_c_name(base_name) ? record_word(dwarf_tag(&*at)) : "") + base_name;
        if (base_name.empty()) base = tagged ? record_word(dwarf_tag(&*at)) + std::string("{...}") : "?";
    }
    if (!qualifiers.empty()) base = qualifiers + " " + base;
    return base + (middle.empty() ? "" : " ") + middle + suffix;
}

uint32_t DwarfTypes::id_of(const std::optional<Dwarf_Die>& type) {
    if (!type) return 0;
    auto [entry, is_new] = known_.try_emplace(type->addr, 0);
    if (!is_new) return entry->second;
    if (known_.size() > most_types) return 0;
    entry->second = btf_.reserve();
    waiting_.emplace_back(*type, entry->second);
    return entry->second;
}

std::vector<uint8_t> DwarfTypes::bytes() {
    while (!waiting_.empty()) {
        auto [die, id] = waiting_.front();
        waiting_.pop_front();
        fill(die, id);
    }
    return btf_.bytes();
}

void DwarfTypes::fill(Dwarf_Die die, uint32_t id) {
    int tag = dwarf_tag(&die);
    switch (tag) {
        case DW_TAG_base_type:
        case DW_TAG_unspecified_type: return fill_base(die, id);
        case DW_TAG_structure_type:
        case DW_TAG_class_type:
        case DW_TAG_union_type: return fill_record(die, id);
        case DW_TAG_enumeration_type: return fill_enum(die, id);
        case DW_TAG_array_type: return fill_array(die, id);
        case DW_TAG_typedef: return btf_.fill_reference(id, BTF_KIND_TYPEDEF, name_of(die), id_of(type_of(die)));
        case DW_TAG_pointer_type:
        case DW_TAG_reference_type:
        case DW_TAG_rvalue_reference_type: return btf_.fill_reference(id, BTF_KIND_PTR, {}, id_of(type_of(die)));
        case DW_TAG_const_type: return btf_.fill_reference(id, BTF_KIND_CONST, {}, id_of(type_of(die)));
        case DW_TAG_restrict_type: return btf_.fill_reference(id, BTF_KIND_RESTRICT, {}, id_of(type_of(die)));
        case DW_TAG_subroutine_type: return btf_.fill_function(id);
        case DW_TAG_ptr_to_member_type:
            return btf_.fill_integer(id, "pointer to member", 8, BtfWriter::Scalar::is_unsigned);
        default: break;
    }
    if (is_qualifier(tag)) return btf_.fill_reference(id, BTF_KIND_VOLATILE, {}, id_of(type_of(die)));
    btf_.fill_forward(id, name_of(die), false);
}

void DwarfTypes::fill_base(Dwarf_Die& die, uint32_t id) {
    uint64_t size = constant_of(die, DW_AT_byte_size).value_or(0);
    std::string name = name_of(die);
    if (is_float(die)) return btf_.fill_float(id, name, static_cast<uint32_t>(std::min<uint64_t>(size, 32)));
    if (size == 16) {  // __int128: BPF has no such number; its two halves are there
        uint32_t half = btf_.reserve();
        btf_.fill_integer(half, "unsigned long", 8, BtfWriter::Scalar::is_unsigned);
        return btf_.fill_array(id, half, 2);
    }
    if (size != 1 && size != 2 && size != 4 && size != 8) return btf_.fill_forward(id, name, false);
    using Scalar = BtfWriter::Scalar;
    Scalar scalar = Scalar::is_unsigned;
    switch (constant_of(die, DW_AT_encoding).value_or(0)) {
        case DW_ATE_boolean: scalar = size == 1 ? Scalar::boolean : Scalar::is_unsigned; break;
        case DW_ATE_signed: scalar = Scalar::is_signed; break;
        case DW_ATE_signed_char: scalar = Scalar::character; break;
        case DW_ATE_unsigned_char:  // text, too: arrays of it are strings
            if (name == "char" || name == "unsigned char") scalar = Scalar::character;
            break;
        default: break;
    }
    if (scalar == Scalar::character && name == "unsigned char") {
        // A byte that counts from 0 to 255, but whose arrays are text: both are told by this name.
        name = "uint8_t";
        uint32_t byte = btf_.reserve();
        btf_.fill_integer(byte, "unsigned char", 1, Scalar::is_unsigned);
        return btf_.fill_reference(id, BTF_KIND_TYPEDEF, name, byte);
    }
    btf_.fill_integer(id, name, static_cast<uint32_t>(size), scalar);
}

void DwarfTypes::add_member(Dwarf_Die& die, std::vector<BtfWriter::Member>& members) {
    int tag = dwarf_tag(&die);
    if (tag != DW_TAG_member && tag != DW_TAG_inheritance) return;
    if (has_flag(die, DW_AT_external) || has_flag(die, DW_AT_declaration)) return;
    auto type = type_of(die);
    if (!type) return;
    Dwarf_Attribute place;
    auto bits = member_bits(die);
    bool has_place = dwarf_attr(&die, DW_AT_data_member_location, &place);
    if (!bits && has_place) return;  // a virtual base: its place is in the object
    if (bits.value_or(0) > UINT32_MAX) return;
    BtfWriter::Member member;
    if (tag == DW_TAG_member) member.name = name_of(die);
    if (member.name.empty() && tag == DW_TAG_member) {
        auto inner = bare_type(*type);
        if (!inner || !is_record(*inner)) return;  // padding
    }
    member.type = id_of(type);
    member.bit_offset = static_cast<uint32_t>(bits.value_or(0));
    member.bit_size = static_cast<uint32_t>(std::min<uint64_t>(constant_of(die, DW_AT_bit_size).value_or(0), 64));
    members.push_back(std::move(member));
}

void DwarfTypes::fill_record(Dwarf_Die& die, uint32_t id) {
    Dwarf_Die record = die;
    std::string name = name_of(die);
    bool is_union = dwarf_tag(&die) == DW_TAG_union_type;
    if (has_flag(die, DW_AT_declaration)) {
        auto definition = find_ && !name.empty() ? find_(find_ctx_, name, dwarf_tag(&die)) : std::nullopt;
        if (!definition) return btf_.fill_forward(id, name, is_union);
        record = *definition;
    }
    uint64_t size = constant_of(record, DW_AT_byte_size).value_or(0);
    if (++records_ > most_records || size > UINT32_MAX) return btf_.fill_forward(id, name, is_union);
    std::vector<BtfWriter::Member> members;
    for_each_child(record, [&](Dwarf_Die& child) {
        add_member(child, members);
        return members.size() < 0xffff;
    });
    btf_.fill_struct(id, name, static_cast<uint32_t>(size), is_union, members);
}

void DwarfTypes::fill_enum(Dwarf_Die& die, uint32_t id) {
    std::vector<BtfWriter::Enumerator> values;
    auto underlying = type_of(die);
    auto base = underlying ? bare_type(*underlying) : std::nullopt;
    bool is_signed = base && constant_of(*base, DW_AT_encoding).value_or(0) == DW_ATE_signed;
    bool is_unsigned = base && !is_signed;
    bool negative = false;
    for_each_child(die, [&](Dwarf_Die& child) {
        Dwarf_Attribute attribute;
        Dwarf_Sword value = 0;
        Dwarf_Word word = 0;
        if (dwarf_tag(&child) != DW_TAG_enumerator || !dwarf_attr(&child, DW_AT_const_value, &attribute)) return true;
        if (is_unsigned && dwarf_formudata(&attribute, &word) == 0)
            value = static_cast<Dwarf_Sword>(word);
        else if (dwarf_formsdata(&attribute, &value) != 0)
            return true;
        negative |= !is_unsigned && value < 0;
        values.push_back({name_of(child), value});
        return values.size() < 0xffff;
    });
    uint64_t size = size_of(die);
    if (size != 1 && size != 2 && size != 8) size = 4;
    btf_.fill_enum(id, name_of(die), static_cast<uint32_t>(size), is_signed || negative, values);
}

void DwarfTypes::fill_array(Dwarf_Die& die, uint32_t id) {
    auto counts = dimensions_of(die);
    if (counts.empty()) counts.push_back(0);
    uint32_t element = id_of(type_of(die));
    for (size_t i = counts.size(); i-- > 0;) {
        uint32_t at = i == 0 ? id : btf_.reserve();
        btf_.fill_array(at, element, static_cast<uint32_t>(counts[i]));
        element = at;
    }
}

}  // namespace avocet::uprobe
