// SPDX-License-Identifier: Apache-2.0
//
// Builds BTF whose types may name each other before they are known: an id is reserved first and filled in later, in any
// order, which libbpf's own builder (one growing list, members only of the last type) does not allow. The format is
// Documentation/bpf/btf.rst of the kernel. A reserved id that is never filled in reads as an opaque struct.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace avocet::uprobe {

class BtfWriter {
public:
    struct Member {
        std::string name;  // empty: its own members belong to the struct around it
        uint32_t type = 0;
        uint32_t bit_offset = 0, bit_size = 0;  // bit_size 0: not a bit-field
    };
    struct Enumerator {
        std::string name;
        int64_t value = 0;
    };
    enum class Scalar { is_unsigned, is_signed, character, boolean };

    BtfWriter() : strings_(1, '\0') {}

    uint32_t reserve();  // ids start at 1; 0 is void
    void fill_integer(uint32_t id, std::string_view name, uint32_t bytes, Scalar scalar);
    void fill_float(uint32_t id, std::string_view name, uint32_t bytes);
    void fill_reference(uint32_t id, uint32_t kind, std::string_view name, uint32_t target);  // PTR, TYPEDEF, CONST ...
    void fill_array(uint32_t id, uint32_t element, uint32_t count);
    void fill_struct(uint32_t id, std::string_view name, uint32_t bytes, bool is_union, const std::vector<Member>&);
    void fill_forward(uint32_t id, std::string_view name, bool is_union);
    void fill_enum(uint32_t id, std::string_view name, uint32_t bytes, bool is_signed, const std::vector<Enumerator>&);
    void fill_function(uint32_t id);  // a prototype that says nothing

    std::vector<uint8_t> bytes();

private:
    uint32_t string(std::string_view text);
    void set(uint32_t id, std::string_view name, uint32_t kind, size_t count, bool flag, uint32_t size_or_type);
    uint32_t index_type();

    std::string strings_;
    std::unordered_map<std::string, uint32_t> known_;
    std::vector<std::vector<uint32_t>> types_;  // words of type id - 1
    uint32_t index_ = 0;                        // of array indices
};

}  // namespace avocet::uprobe
