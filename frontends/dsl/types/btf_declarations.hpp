// SPDX-License-Identifier: Apache-2.0
//
// C declarations of kernel types, for C text that names them.
//
// C text needs of a kernel struct only that it exists, its size and its alignment: its fields are read by the script,
// which knows them from BTF. So a struct is declared as bytes, and no declaration drags in others.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "types/btf_index.hpp"

namespace avocet::dsl {

class BtfDeclarations {
public:
    explicit BtfDeclarations(const BtfIndex& btf) : btf_(btf) {}

    // Declares everything the kernel calls so. False: there is nothing.
    bool add(std::string_view name);
    const std::string& text() const { return text_; }

private:
    std::string spelling(uint32_t id, const std::string& inner);
    void record(uint32_t id, const btf_type* t);
    void enumeration(uint32_t id, const btf_type* t);
    void type_definition(uint32_t id, const btf_type* t);
    std::string bytes(const btf_type* t, uint32_t id) const;
    std::string enumerators(const btf_type* t) const;
    uint64_t alignment(uint32_t id, int depth = 0) const;
    void declare(uint32_t id);

    const BtfIndex& btf_;
    std::set<uint32_t> done_;
    std::string text_;
};

}  // namespace avocet::dsl
