// SPDX-License-Identifier: Apache-2.0
//
// The format is Documentation/bpf/btf.rst of the kernel.
#include "types/btf_index.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace avocet::dsl {

namespace {

constexpr uint32_t no_type = ~0u;

// Bytes of one type record, 0 for an unknown kind.
uint32_t record_size(const btf_type* t) {
    const uint32_t n = BtfIndex::vlen(t);
    switch (BtfIndex::kind(t)) {
        case BTF_KIND_INT: return sizeof *t + 4;
        case BTF_KIND_ARRAY: return sizeof *t + sizeof(btf_array);
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION: return sizeof *t + n * sizeof(btf_member);
        case BTF_KIND_ENUM: return sizeof *t + n * sizeof(btf_enum);
        case BTF_KIND_ENUM64: return sizeof *t + n * 12;
        case BTF_KIND_FUNC_PROTO: return sizeof *t + n * sizeof(btf_param);
        case BTF_KIND_VAR: return sizeof *t + 4;
        case BTF_KIND_DATASEC: return sizeof *t + n * sizeof(btf_var_secinfo);
        case BTF_KIND_DECL_TAG: return sizeof *t + 4;
        case BTF_KIND_PTR:
        case BTF_KIND_FWD:
        case BTF_KIND_TYPEDEF:
        case BTF_KIND_VOLATILE:
        case BTF_KIND_CONST:
        case BTF_KIND_RESTRICT:
        case BTF_KIND_FUNC:
        case BTF_KIND_FLOAT:
        case BTF_KIND_TYPE_TAG: return sizeof *t;
        default: return 0;
    }
}

struct Enum64 {
    uint32_t name_off, low, high;
};

}  // namespace

BtfIndex::BtfIndex(const void* data, size_t size) {
    btf_header header;
    if (size < sizeof header) return;
    std::memcpy(&header, data, sizeof header);
    if (header.magic != BTF_MAGIC || header.hdr_len > size) return;
    const uint64_t body = size - header.hdr_len;
    if (uint64_t{header.type_off} + header.type_len > body || uint64_t{header.str_off} + header.str_len > body) return;
    const char* base = static_cast<const char*>(data) + header.hdr_len;
    types_ = base + header.type_off;
    types_size_ = header.type_len;
    strings_ = base + header.str_off;
    strings_size_ = header.str_len;
    if (!index_types()) offsets_.clear();
}

bool BtfIndex::index_types() {
    offsets_.reserve(types_size_ / 28 + 2);
    offsets_.push_back(no_type);
    for (uint32_t at = 0; at < types_size_;) {
        if (types_size_ - at < sizeof(btf_type)) return false;
        const auto* t = reinterpret_cast<const btf_type*>(types_ + at);
        const uint32_t length = record_size(t);
        if (length == 0 || length > types_size_ - at) return false;
        offsets_.push_back(at);
        at += length;
    }
    return true;
}

const btf_type* BtfIndex::type(uint32_t id) const {
    if (id == 0 || id >= offsets_.size()) return nullptr;
    return reinterpret_cast<const btf_type*>(types_ + offsets_[id]);
}

std::string_view BtfIndex::string(uint32_t offset) const {
    if (offset >= strings_size_) return {};
    const char* begin = strings_ + offset;
    return {begin, strnlen(begin, strings_size_ - offset)};
}

std::vector<uint32_t> BtfIndex::string_offsets(std::string_view name) const {
    std::vector<uint32_t> found;
    if (name.empty() || strings_size_ == 0) return found;
    std::string needle(1, '\0');
    needle.append(name).push_back('\0');
    const char* at = strings_;
    const char* end = strings_ + strings_size_;
    while (const void* hit = memmem(at, static_cast<size_t>(end - at), needle.data(), needle.size())) {
        at = static_cast<const char*>(hit) + 1;
        found.push_back(static_cast<uint32_t>(at - strings_));
    }
    return found;
}

uint32_t BtfIndex::find(std::string_view name, uint32_t kinds) const {
    const std::vector<uint32_t> names = string_offsets(name);
    if (names.empty()) return 0;
    for (uint32_t id = 1; id < offsets_.size(); ++id) {
        const auto* t = reinterpret_cast<const btf_type*>(types_ + offsets_[id]);
        if (std::find(names.begin(), names.end(), t->name_off) != names.end() && (kinds & (1u << kind(t)))) return id;
    }
    return 0;
}

BtfIndex::Enumerator BtfIndex::find_enumerator(std::string_view name) const {
    const std::vector<uint32_t> names = string_offsets(name);
    if (names.empty()) return {};
    for (uint32_t id = 1; id < offsets_.size(); ++id) {
        const auto* t = reinterpret_cast<const btf_type*>(types_ + offsets_[id]);
        if (kind(t) != BTF_KIND_ENUM && kind(t) != BTF_KIND_ENUM64) continue;
        for (uint32_t i = 0; i < vlen(t); ++i)
            if (std::find(names.begin(), names.end(), enumerator_name(t, i)) != names.end()) return {id, i};
    }
    return {};
}

uint32_t BtfIndex::strip(uint32_t id, bool typedefs) const {
    for (int depth = 0; depth < 64; ++depth) {
        const btf_type* t = type(id);
        if (!t) return 0;
        switch (kind(t)) {
            case BTF_KIND_CONST:
            case BTF_KIND_VOLATILE:
            case BTF_KIND_RESTRICT:
            case BTF_KIND_TYPE_TAG: id = t->type; break;
            case BTF_KIND_TYPEDEF:
                if (!typedefs) return id;
                id = t->type;
                break;
            default: return id;
        }
    }
    return 0;
}

uint64_t BtfIndex::size_of(uint32_t id) const {
    uint64_t factor = 1;
    for (int depth = 0; depth < 64; ++depth) {
        id = strip(id, true);
        const btf_type* t = type(id);
        if (!t) return 0;
        switch (kind(t)) {
            case BTF_KIND_INT:
            case BTF_KIND_STRUCT:
            case BTF_KIND_UNION:
            case BTF_KIND_ENUM:
            case BTF_KIND_ENUM64:
            case BTF_KIND_FLOAT: return factor * t->size;
            case BTF_KIND_PTR: return factor * 8;
            case BTF_KIND_ARRAY:
                factor *= tail<btf_array>(t)->nelems;
                id = tail<btf_array>(t)->type;
                break;
            default: return 0;
        }
    }
    return 0;
}

int64_t enumerator_value(const btf_type* type, uint32_t index) {
    if (BtfIndex::kind(type) == BTF_KIND_ENUM64) {
        const Enum64& e = BtfIndex::tail<Enum64>(type)[index];
        return static_cast<int64_t>(uint64_t{e.high} << 32 | e.low);
    }
    const btf_enum& e = BtfIndex::tail<btf_enum>(type)[index];
    return BtfIndex::kflag(type) ? e.val : static_cast<int64_t>(static_cast<uint32_t>(e.val));
}

uint32_t enumerator_name(const btf_type* type, uint32_t index) {
    return BtfIndex::kind(type) == BTF_KIND_ENUM64 ? BtfIndex::tail<Enum64>(type)[index].name_off
                                                   : BtfIndex::tail<btf_enum>(type)[index].name_off;
}

}  // namespace avocet::dsl
