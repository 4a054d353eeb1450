// SPDX-License-Identifier: Apache-2.0
//
// A read-only view of BTF through libbpf, safe on hostile input: libbpf checks that every record fits its section, but
// not that ids exist, that chains end or that sizes add up. Everything here returns "nothing" instead of looping,
// overflowing or dereferencing a null type. The view borrows the btf object.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <bpf/btf.h>

namespace avocet::core {

class BtfView {
public:
    explicit BtfView(const ::btf* btf);

    const ::btf* raw() const { return btf_; }
    // nullptr: no such id (0 is void).
    const btf_type* type(uint32_t id) const;
    std::string_view name(const btf_type* type) const;
    std::string_view string(uint32_t offset) const;
    // Through typedefs, qualifiers and type tags to what it is. 0: void, missing or endless.
    uint32_t resolve(uint32_t id) const;
    // Bytes; nullopt: no size (void, function), or more than fits in 31 bits.
    std::optional<uint32_t> size(uint32_t id) const;
    // Struct (or union) by name; 0: none.
    uint32_t find_struct(std::string_view name) const;
    // Member of a struct by name; nullptr: none.
    const btf_member* member(const btf_type* structure, std::string_view name) const;
    // Variable of a data section; 0: none.
    uint32_t find_variable(std::string_view section, std::string_view name) const;
    // `uint(name, N)` of libbpf's map definitions: a pointer to an array of N. nullopt: another shape.
    std::optional<uint32_t> definition_number(uint32_t member_type) const;
    // C spelling, as far as one name goes: "struct pair", "unsigned int", "char[16]", "int *".
    std::string spell(uint32_t id) const;

    // Decl tags on the type itself (component -1) or on one of its members or parameters.
    const std::vector<std::string_view>& tags(uint32_t type, int32_t component = -1) const;
    // Tags that speak about a member, nearest first: on the member, along its typedefs, on its struct or enum.
    std::vector<std::string_view> tags_of(uint32_t structure, int32_t member, uint32_t type) const;

private:
    std::optional<uint64_t> size_of(uint32_t id, int depth) const;

    const ::btf* btf_;
    std::unordered_map<uint64_t, std::vector<std::string_view>> tags_;  // type << 32 | component
};

}  // namespace avocet::core
