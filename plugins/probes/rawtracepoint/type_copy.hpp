// SPDX-License-Identifier: Apache-2.0
//
// The few types that a tracepoint's parameters need, copied out of the kernel's BTF: integers, enums, typedefs and
// pointers as they are, structs and unions as forward declarations of their names (their bodies are in the kernel's
// BTF, for whoever follows the pointer).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernel_types.hpp"

namespace avocet::rawtracepoint {

class TypeCopy {
public:
    explicit TypeCopy(const ::btf* from);
    uint32_t copy(uint32_t type_id);
    std::vector<uint8_t> bytes() const;

private:
    int add(uint32_t type_id);
    int add_enum(uint32_t type_id);
    const char* name(uint32_t offset) const;
    const ::btf* from_;
    BtfPtr to_;
    std::map<uint32_t, uint32_t> done_;
};

// Bytes and sign of a value of the type in a register; 8 for what is passed otherwise.
struct ValueShape {
    uint32_t size;
    bool is_signed;
};
ValueShape shape_of(const ::btf* types, uint32_t type_id);

// "struct task_struct *prev"
std::string declaration(const ::btf* types, uint32_t type_id, const std::string& name);

}  // namespace avocet::rawtracepoint
