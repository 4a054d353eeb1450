// SPDX-License-Identifier: Apache-2.0
//
// Raw BTF read in place: no allocation per type, no parsed copy.
//
// One walk over the type section records where each type begins. Names are found the other way round: the name is
// searched in the string section once, and the types are then compared by their string offset, an integer. Opening the
// 5.5 MB of a kernel and finding a handful of structs costs about a millisecond; a full parse costs ten times that.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <linux/btf.h>

namespace avocet::dsl {

class BtfIndex {
public:
    // `data` must outlive the index. Malformed data: an empty index.
    BtfIndex(const void* data, size_t size);

    uint32_t type_count() const { return static_cast<uint32_t>(offsets_.size()); }  // ids 1 .. count - 1
    const btf_type* type(uint32_t id) const;  // nullptr for 0 (void) and ids out of range
    std::string_view string(uint32_t offset) const;
    std::string_view name(const btf_type* t) const { return string(t->name_off); }

    static uint32_t kind(const btf_type* t) { return (t->info >> 24) & 0x1f; }
    static uint32_t vlen(const btf_type* t) { return t->info & 0xffff; }
    static bool kflag(const btf_type* t) { return t->info >> 31; }
    template <class T>
    static const T* tail(const btf_type* t) {
        return reinterpret_cast<const T*>(t + 1);
    }

    // First type of this name and one of these kinds (bit mask of 1 << BTF_KIND_*); 0: none.
    uint32_t find(std::string_view name, uint32_t kinds) const;
    // Id of the enum that has an enumerator of this name, and its index in it; id 0: none.
    struct Enumerator {
        uint32_t id = 0, index = 0;
    };
    Enumerator find_enumerator(std::string_view name) const;

    // Skips const, volatile, restrict, type tags and, with `typedefs`, typedefs.
    uint32_t strip(uint32_t id, bool typedefs) const;
    uint64_t size_of(uint32_t id) const;  // bytes, 0 for what has no size

private:
    std::vector<uint32_t> string_offsets(std::string_view name) const;
    bool index_types();

    const char* types_ = nullptr;
    uint32_t types_size_ = 0;
    const char* strings_ = nullptr;
    uint32_t strings_size_ = 0;
    std::vector<uint32_t> offsets_;
};

// Value of enumerator `index` of a BTF_KIND_ENUM or BTF_KIND_ENUM64 type.
int64_t enumerator_value(const btf_type* type, uint32_t index);
uint32_t enumerator_name(const btf_type* type, uint32_t index);

}  // namespace avocet::dsl
