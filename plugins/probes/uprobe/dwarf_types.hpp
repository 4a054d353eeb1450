// SPDX-License-Identifier: Apache-2.0
//
// DWARF types to BTF, nearest first.
//
// A type's id is reserved when it is first named and filled in breadth first, so that cycles (a list's node) cost
// nothing and a limit cuts off what is furthest away: a pointer into the thousandth struct of an interpreter leads to
// an opaque one. C++ classes are structs whose base classes are members without a name, references are pointers, and
// what has no bytes of its own (static members, virtual bases, variants of Rust enums) is left out.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "btf_writer.hpp"

namespace avocet::uprobe {

// Without const, volatile and typedefs; nullopt: void, or damaged.
std::optional<Dwarf_Die> bare_type(const Dwarf_Die& type);
// The type that a DIE names by DW_AT_type (also through its abstract origin).
std::optional<Dwarf_Die> type_of(Dwarf_Die& die);
uint64_t size_of(const Dwarf_Die& type, int depth = 0);  // 0: unknown
std::string name_of(Dwarf_Die& die);                     // as DW_AT_name has it, empty if none
bool is_record(const Dwarf_Die& die);                    // struct, union, class
std::optional<uint64_t> constant_of(Dwarf_Die& die, unsigned attribute);
bool has_flag(Dwarf_Die& die, unsigned attribute);
// Elements of each dimension; an unknown bound is 0.
std::vector<uint64_t> dimensions_of(Dwarf_Die& array);
// A member's place in bits, nullopt: it has none in the struct.
std::optional<uint64_t> member_bits(Dwarf_Die& member);
// "const char *name", "struct point p", "int (*)() f".
std::string declaration(const std::optional<Dwarf_Die>& type, const std::string& name);

template <class Body>
void for_each_child(Dwarf_Die& parent, Body&& body) {
    Dwarf_Die child;
    if (dwarf_child(&parent, &child) != 0) return;
    do {
        if (!body(child)) return;
    } while (dwarf_siblingof(&child, &child) == 0);
}

class DwarfTypes {
public:
    // Where the definition of a struct that is only declared here may be found: by name.
    using FindDefinition = std::optional<Dwarf_Die> (*)(void* ctx, const std::string& name, int tag);
    DwarfTypes(FindDefinition find, void* ctx) : find_(find), find_ctx_(ctx) {}

    uint32_t id_of(const std::optional<Dwarf_Die>& type);  // 0: void
    std::vector<uint8_t> bytes();

private:
    void fill(Dwarf_Die die, uint32_t id);
    void fill_base(Dwarf_Die& die, uint32_t id);
    void fill_record(Dwarf_Die& die, uint32_t id);
    void fill_enum(Dwarf_Die& die, uint32_t id);
    void fill_array(Dwarf_Die& die, uint32_t id);
    void add_member(Dwarf_Die& die, std::vector<BtfWriter::Member>& members);

    FindDefinition find_;
    void* find_ctx_;
    BtfWriter btf_;
    std::unordered_map<const void*, uint32_t> known_;
    std::deque<std::pair<Dwarf_Die, uint32_t>> waiting_;
    size_t records_ = 0;
};

}  // namespace avocet::uprobe
