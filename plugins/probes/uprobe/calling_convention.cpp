// SPDX-License-Identifier: Apache-2.0
#include "calling_convention.hpp"

#include <dwarf.h>

#include <algorithm>
#include <compare>
#include <set>

#include "dwarf_types.hpp"

namespace avocet::uprobe {

namespace {

struct Class {
    // apart: two registers, whose values lie closer together in memory than registers do. unknown: how many registers
    // it takes depends on the compiler, and with it where everything behind it is.
    enum Kind { none, registers, vectors, memory, reference, apart, unknown } kind = none;
    unsigned words = 1;
    bool has_vector = false;
};

struct Words {
    bool vector[2] = {false, false}, integer[2] = {false, false};
    bool memory = false;
};

void classify(const Dwarf_Die& type, uint64_t offset, Words& words, int depth) {
    auto bare = bare_type(type);
    if (!bare || depth > 16 || offset > 16) {
        words.memory |= offset > 16;
        return;
    }
    uint64_t word = offset / 8;
    if (is_record(*bare)) {
        for_each_child(*bare, [&](Dwarf_Die& child) {
            int tag = dwarf_tag(&child);
            if (tag != DW_TAG_member && tag != DW_TAG_inheritance) return true;
            if (has_flag(child, DW_AT_external)) return true;
            auto inner = type_of(child);
            if (inner) classify(*inner, offset + member_bits(child).value_or(0) / 8, words, depth + 1);
            return true;
        });
        return;
    }
    if (dwarf_tag(&*bare) == DW_TAG_array_type) {
        auto element = type_of(*bare);
        uint64_t size = element ? size_of(*element) : 0;
        for (uint64_t at = 0; size && at < size_of(*bare) && at < 16; at += size)
            classify(*element, offset + at, words, depth + 1);
        return;
    }
    if (word > 1) {
        words.memory = true;
        return;
    }
    uint64_t encoding = constant_of(*bare, DW_AT_encoding).value_or(0), size = size_of(*bare);
    bool is_float = dwarf_tag(&*bare) == DW_TAG_base_type && encoding == DW_ATE_float;
    if (is_float && size > 8)
        words.memory = true;  // x87
    else
        (is_float ? words.vector : words.integer)[word] = true;
    if (!is_float && size > 8 && word == 0) words.integer[1] = true;
}

// Rust's own convention, which no document fixes, as of rustc 1.63: one scalar is one register, two are two, however
// small; anything else is one register if it fits, behind a pointer if it is large. In between later compilers differ.
struct Leaf {
    uint64_t offset, size;
    char kind;  // 'f' float, 'p' pointer, 'd' which variant it is, 'i' else
    auto operator<=>(const Leaf&) const = default;
};

struct RustShape {
    std::set<Leaf> leaves;
    bool has_variants = false, is_array = false;
};

void add_leaves(const Dwarf_Die& type, uint64_t offset, RustShape& shape, int depth);

void add_members(Dwarf_Die& parent, uint64_t offset, RustShape& shape, int depth) {
    const bool chooses = dwarf_tag(&parent) == DW_TAG_variant_part;
    for_each_child(parent, [&](Dwarf_Die& child) {
        const int tag = dwarf_tag(&child);
        if (tag == DW_TAG_variant_part || tag == DW_TAG_variant) {
            shape.has_variants = true;
            add_members(child, offset, shape, depth);
        } else if (auto inner = tag == DW_TAG_member ? type_of(child) : std::nullopt) {
            const uint64_t at = offset + member_bits(child).value_or(0) / 8;
            if (chooses)
                shape.leaves.insert({at, size_of(*inner), 'd'});
            else
                add_leaves(*inner, at, shape, depth + 1);
        }
        return true;
    });
}

void add_leaves(const Dwarf_Die& type, uint64_t offset, RustShape& shape, int depth) {
    auto bare = bare_type(type);
    if (!bare || depth > 16 || shape.leaves.size() > 8 || size_of(*bare) == 0) return;
    const int tag = dwarf_tag(&*bare);
    if (tag == DW_TAG_union_type || tag == DW_TAG_array_type) {
        shape.is_array = true;
    } else if (is_record(*bare)) {
        add_members(*bare, offset, shape, depth);
    } else {
        const bool is_float = constant_of(*bare, DW_AT_encoding).value_or(0) == DW_ATE_float;
        shape.leaves.insert({offset, size_of(*bare), tag == DW_TAG_pointer_type ? 'p' : is_float ? 'f' : 'i'});
    }
}

// Which variant it is may be told by a value that one of them has anyway: Option<&T> is a pointer.
void drop_shared_choice(RustShape& shape) {
    std::erase_if(shape.leaves, [&](const Leaf& choice) {
        return choice.kind == 'd' && std::any_of(shape.leaves.begin(), shape.leaves.end(), [&](const Leaf& other) {
                   return other.kind != 'd' && other.offset == choice.offset && other.size == choice.size;
               });
    });
}

Class rust_class_of(const Dwarf_Die& type) {
    RustShape shape;
    add_leaves(type, 0, shape, 0);
    drop_shared_choice(shape);
    const uint64_t size = size_of(type);
    if (size == 0 || (shape.leaves.empty() && !shape.is_array)) return {Class::none};
    if (size > 16) return {Class::reference};
    const auto& leaves = shape.leaves;
    if (!shape.is_array && leaves.size() == 1 && leaves.begin()->size == size) {
        if (leaves.begin()->kind == 'f') return {Class::vectors};
        return {Class::registers, size > 8 ? 2u : 1u};
    }
    if (!shape.is_array && leaves.size() == 2 && leaves.begin()->offset != leaves.rbegin()->offset) {
        const bool first = leaves.begin()->kind == 'f', second = leaves.rbegin()->kind == 'f';
        if (first && second) return {Class::vectors};
        if (first || second) return {Class::registers, 2, true};
        return {leaves.rbegin()->offset == 8 ? Class::registers : Class::apart, 2};
    }
    if (size > 8 || (shape.has_variants && leaves.size() <= 2)) return {Class::unknown};
    return {Class::registers};
}

Class class_of(const Dwarf_Die& type, bool is_rust) {
    auto bare = bare_type(type);
    if (!bare) return {};
    if (is_rust) return rust_class_of(*bare);
    Class c{Class::registers, 1, false};
    int tag = dwarf_tag(&*bare);
    uint64_t size = size_of(*bare);
    Dwarf_Attribute vector;
    if (tag == DW_TAG_array_type && dwarf_attr(&*bare, DW_AT_GNU_vector, &vector)) {
        c.kind = Class::vectors;
        return c;
    }
    if (constant_of(*bare, DW_AT_calling_convention).value_or(0) == DW_CC_pass_by_reference) {
        c.kind = Class::reference;
        return c;
    }
    if (size > 16) {
        c.kind = Class::memory;
        return c;
    }
    Words words;
    classify(*bare, 0, words, 0);
    if (words.memory) {
        c.kind = Class::memory;
        return c;
    }
    if (!words.integer[0] && !words.integer[1] && !words.vector[0] && !words.vector[1]) {  // an empty class
        c.kind = Class::none;
        return c;
    }
    c.words = size > 8 ? 2 : 1;
    for (unsigned i = 0; i < c.words; ++i) c.has_vector |= words.vector[i] && !words.integer[i];
    bool all_vector = c.has_vector && !words.integer[0] && !words.integer[1];
    if (all_vector) c.kind = Class::vectors;
    return c;
}

uint64_t alignof_type(const Parameter& p) {
    auto alignment = p.type ? constant_of(const_cast<Dwarf_Die&>(*p.type), DW_AT_alignment) : std::nullopt;
    auto bare = p.type ? bare_type(*p.type) : std::nullopt;
    if (!alignment && bare && dwarf_tag(&*bare) == DW_TAG_base_type) return std::min<uint64_t>(p.size, 16);
    return std::clamp<uint64_t>(alignment.value_or(8), 8, 4096);
}

}  // namespace

Convention::Convention(Dwarf_Die& function, bool is_rust) : is_rust_(is_rust) {
    auto result = type_of(function);
    auto bare = result ? bare_type(*result) : std::nullopt;
    if (!bare || !is_record(*bare)) return;
    Class c = class_of(*bare, is_rust);
    if (c.kind == Class::memory || c.kind == Class::reference) next_register_ = 1;  // where the result goes
    is_lost_ = c.kind == Class::unknown;
}

void Convention::place(Parameter& p) {
    if (is_lost_) return;
    if (!p.type) return in_registers(p, 1);
    Class c = class_of(*p.type, is_rust_);
    switch (c.kind) {
        case Class::none:
        case Class::vectors: return;
        case Class::apart: return skip_registers(2);
        case Class::unknown: is_lost_ = true; return;
        case Class::reference: return by_reference(p);
        case Class::memory: return on_stack(p, p.size, alignof_type(p));
        case Class::registers: break;
    }
    if (c.has_vector) {  // one half in a vector register
        ++next_register_;
        return;
    }
    in_registers(p, c.words);
}

// The two halves are arguments of their own: the first may still be in a register.
void Convention::skip_registers(unsigned words) {
    for (; words > 0; --words) {
        if (next_register_ < argument_registers.size())
            ++next_register_;
        else
            stack_ += 8;
    }
}

void Convention::in_registers(Parameter& p, unsigned words) {
    if (is_rust_ && words == 2 && next_register_ + 1 == argument_registers.size()) return skip_registers(2);
    if (next_register_ + words > argument_registers.size()) return on_stack(p, p.size, 8);
    p.place = AVOCET_PLACE_REGISTER;
    p.index = next_register_;
    if (words == 2) p.second_register = argument_registers[next_register_ + 1];
    next_register_ += words;
}

// The caller made a copy and passes its address.
void Convention::by_reference(Parameter& p) {
    if (next_register_ < argument_registers.size()) {
        p.location.kind = AVOCET_LOCATION_MEMORY;
        p.location.base = argument_registers[next_register_++];
        p.location.index = AVOCET_NO_REGISTER;
        return;
    }
    stack_ += 8;  // an address behind an address: no place
}

void Convention::on_stack(Parameter& p, uint64_t size, uint64_t alignment) {
    stack_ = (stack_ + alignment - 1) / alignment * alignment;
    p.place = AVOCET_PLACE_LOCATION;
    p.location.kind = AVOCET_LOCATION_MEMORY;
    p.location.base = stack_pointer;
    p.location.index = AVOCET_NO_REGISTER;
    p.location.offset = static_cast<int64_t>(stack_) + return_address_bytes;
    stack_ += (std::max<uint64_t>(size, 1) + 7) / 8 * 8;
}

}  // namespace avocet::uprobe
