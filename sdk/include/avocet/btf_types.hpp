// SPDX-License-Identifier: Apache-2.0
//
// avocet/btf_types.hpp: kernel types for providers; include it where libbpf is linked.
//
// A group's BTF needs few types: those of its arguments. They are copied out of the kernel's: integers, enums, typedefs
// and pointers as they are, structs and unions as forward declarations of their names (their bodies are in the kernel's
// BTF, for whoever follows the pointer).
#pragma once

#include <bpf/btf.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "avocet/error.hpp"

namespace avocet {

struct BtfDeleter {
    void operator()(::btf* types) const { btf__free(types); }
};
using BtfPtr = std::unique_ptr<::btf, BtfDeleter>;

inline const btf_type* btf_without_modifiers(const ::btf* types, uint32_t id) {
    const btf_type* type = btf__type_by_id(types, id);
    while (type && (btf_is_mod(type) || btf_is_typedef(type))) type = btf__type_by_id(types, type->type);
    return type;
}

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

inline TypeCopy::TypeCopy(const ::btf* from) : from_(from), to_(btf__new_empty()) {
    if (!to_) throw std::bad_alloc();
}

inline const char* TypeCopy::name(uint32_t offset) const {
    const char* text = btf__name_by_offset(from_, offset);
    return text ? text : "";
}

inline uint32_t TypeCopy::copy(uint32_t type_id) {
    if (type_id == 0) return 0;
    auto found = done_.find(type_id);
    if (found != done_.end()) return found->second;
    int id = add(type_id);
    if (id < 0) throw Error(AVOCET_ERR_INTERNAL, "kernel type " + std::to_string(type_id) + ": " + errno_text(-id));
    return done_[type_id] = static_cast<uint32_t>(id);
}

inline int TypeCopy::add_enum(uint32_t type_id) {
    const btf_type* type = btf__type_by_id(from_, type_id);
    std::string text = name(type->name_off);
    if (btf_kind(type) == BTF_KIND_ENUM64) return btf__add_int(to_.get(), text.empty() ? "enum64" : text.c_str(), 8, 0);
    int id = btf__add_enum(to_.get(), text.empty() ? nullptr : text.c_str(), type->size);
    for (uint16_t i = 0; id >= 0 && i < btf_vlen(type); ++i)
        btf__add_enum_value(to_.get(), name(btf_enum(type)[i].name_off), btf_enum(type)[i].val);
    return id;
}

inline int TypeCopy::add(uint32_t type_id) {
    const btf_type* type = btf__type_by_id(from_, type_id);
    if (!type) return -EINVAL;
    std::string text = name(type->name_off);
    switch (btf_kind(type)) {
        case BTF_KIND_INT: return btf__add_int(to_.get(), text.c_str(), type->size, btf_int_encoding(type));
        case BTF_KIND_ENUM:
        case BTF_KIND_ENUM64: return add_enum(type_id);
        case BTF_KIND_FWD:
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION: {
            bool is_union = btf_is_union(type) || (btf_is_fwd(type) && btf_kflag(type));
            return text.empty() ? 0 : btf__add_fwd(to_.get(), text.c_str(), is_union ? BTF_FWD_UNION : BTF_FWD_STRUCT);
        }
        case BTF_KIND_PTR: {
            int target = static_cast<int>(copy(type->type));
            return btf__add_ptr(to_.get(), target);
        }
        case BTF_KIND_CONST: {
            int target = static_cast<int>(copy(type->type));
            return btf__add_const(to_.get(), target);
        }
        case BTF_KIND_TYPEDEF: {
            int target = static_cast<int>(copy(type->type));
            return btf__add_typedef(to_.get(), text.c_str(), target);
        }
        case BTF_KIND_ARRAY: {
            int index = static_cast<int>(copy(btf_array(type)->index_type));
            int element = static_cast<int>(copy(btf_array(type)->type));
            return btf__add_array(to_.get(), index, element, btf_array(type)->nelems);
        }
        case BTF_KIND_VOLATILE:
        case BTF_KIND_RESTRICT:
        case BTF_KIND_TYPE_TAG: return static_cast<int>(copy(type->type));
        default: return 0;
    }
}

inline std::vector<uint8_t> TypeCopy::bytes() const {
    uint32_t size = 0;
    auto* data = static_cast<const uint8_t*>(btf__raw_data(to_.get(), &size));
    if (!data) throw std::bad_alloc();
    return {data, data + size};
}

// Bytes and sign of a value of the type in a register; 8 for what is passed otherwise.
struct ValueShape {
    uint32_t size;
    bool is_signed;
};
inline ValueShape shape_of(const ::btf* types, uint32_t type_id) {
    const btf_type* type = btf_without_modifiers(types, type_id);
    if (!type) return {8, false};
    if (btf_is_int(type)) return {type->size <= 8 ? type->size : 8, (btf_int_encoding(type) & BTF_INT_SIGNED) != 0};
    if (btf_is_enum(type)) return {type->size, true};
    return {8, false};
}

// Writes declarations, "struct task_struct *prev". Making one is dear: keep it for all declarations of one BTF.
class Declarations {
public:
    explicit Declarations(const ::btf* types) : dump_(btf_dump__new(types, append, &text_, nullptr)) {}
    Declarations(const Declarations&) = delete;
    Declarations& operator=(const Declarations&) = delete;
    std::string of(uint32_t type_id, const std::string& name) {
        text_.clear();
        btf_dump_emit_type_decl_opts options{};
        options.sz = sizeof options;
        options.field_name = name.c_str();
        if (!dump_ || btf_dump__emit_type_decl(dump_.get(), type_id, &options) != 0) return name;
        return text_;
    }
    // The type apart from the name, "struct task_struct * prev": as bpftrace lists what functions take.
    std::string parameter(uint32_t type_id, const std::string& name) {
        text_.clear();
        btf_dump_emit_type_decl_opts options{};
        options.sz = sizeof options;
        options.field_name = "";
        if (!dump_ || btf_dump__emit_type_decl(dump_.get(), type_id, &options) != 0) return name;
        return text_ + " " + name;
    }

private:
    struct FreeDump {
        void operator()(btf_dump* dump) const { btf_dump__free(dump); }
    };
    static void append(void* out, const char* format, va_list args) {
        char text[512];
        int size = vsnprintf(text, sizeof text, format, args);
        if (size > 0)
            static_cast<std::string*>(out)->append(text, std::min(static_cast<size_t>(size), sizeof text - 1));
    }
    std::string text_;
    std::unique_ptr<btf_dump, FreeDump> dump_;
};

}  // namespace avocet
