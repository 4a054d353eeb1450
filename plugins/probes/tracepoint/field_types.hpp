// SPDX-License-Identifier: Apache-2.0
//
// Fields of a format file as BTF. Sizes and signs are the format's; of the spelling only what BTF can keep without the
// kernel's headers is kept: `struct foo *` points to a forward declaration, `fd_set *` to an empty typedef of that
// name, and the reader finds the body in the kernel's own BTF.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "format.hpp"

struct btf;

namespace avocet::tracepoint {

class FieldTypes {
public:
    FieldTypes();
    ~FieldTypes();
    FieldTypes(const FieldTypes&) = delete;
    FieldTypes& operator=(const FieldTypes&) = delete;

    uint32_t of(const Field& field);
    uint32_t integer(uint32_t size, bool is_signed);
    uint32_t pointer(const std::string& spelling);  // "const struct foo * *"
    std::vector<uint8_t> bytes() const;

private:
    uint32_t pointee(const std::string& spelling);
    uint32_t named_integer(const std::string& spelling);
    uint32_t element(const Field& field);
    uint32_t array(uint32_t element, uint32_t count);
    uint32_t remember(const std::string& key, int type_id);

    ::btf* btf_;
    std::map<std::string, uint32_t> known_;
};

// Bytes and sign of an integer type by its C spelling, {0, false} if the spelling is not one of them.
struct IntegerShape {
    uint32_t size;
    bool is_signed;
};
IntegerShape integer_shape(const std::string& spelling);

// Without const, volatile and surplus blanks.
std::string plain_spelling(const std::string& spelling);

}  // namespace avocet::tracepoint
