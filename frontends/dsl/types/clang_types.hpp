// SPDX-License-Identifier: Apache-2.0
//
// Converts what libclang has parsed to types of the language, one definition at a time.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "types/clang_library.hpp"
#include "types/struct_table.hpp"

namespace avocet::dsl {

class ClangTypes {
public:
    // `is_kernel`: whether a declaration is one that was made from BTF. The table has the real ones.
    ClangTypes(const ClangLibrary& clang, StructTable& table, std::function<bool(CXCursor)> is_kernel)
        : clang_(clang), table_(table), is_kernel_(std::move(is_kernel)) {}

    void define(CXCursor declaration);  // struct, union, enum or typedef

private:
    Type convert(CXType type, const std::string& alias = {});
    Type convert_record(CXCursor declaration, const std::string& alias);
    Type convert_enum(CXCursor declaration, const std::string& alias);
    Type convert_array(CXType type, bool of_known_length);
    Type convert_pointer(CXType pointee);
    void add_fields(CXType record, uint64_t base_bits, StructLayout& layout);
    Member field(CXCursor field, uint64_t base_bits);
    std::string name_of(CXCursor declaration, const std::string& alias);
    uint64_t size_of(CXType type) const;

    const ClangLibrary& clang_;
    StructTable& table_;
    std::function<bool(CXCursor)> is_kernel_;
    std::map<std::string, std::string> names_;  // of anonymous types, by USR
    std::set<std::string> done_;                // records, by name
};

}  // namespace avocet::dsl
