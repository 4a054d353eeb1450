// SPDX-License-Identifier: Apache-2.0
//
// Walking BTF. Chains longer than `depth_limit` are treated as endless; the kernel itself allows 32.
#include "types/btf.hpp"

#include <fmt/format.h>

namespace avocet::core {

namespace {
constexpr int depth_limit = 32;
constexpr uint64_t size_limit = 1u << 31;

uint64_t tag_key(uint32_t type, int32_t component) {
    return static_cast<uint64_t>(type) << 32 | static_cast<uint32_t>(component);
}
bool is_alias(const btf_type* t) { return btf_is_mod(t) || btf_is_typedef(t); }
}  // namespace

BtfView::BtfView(const ::btf* btf) : btf_(btf) {
    uint32_t count = btf_ ? btf__type_cnt(btf_) : 0;
    for (uint32_t id = 1; id < count; ++id) {
        const btf_type* t = type(id);
        if (t && btf_is_decl_tag(t)) tags_[tag_key(t->type, btf_decl_tag(t)->component_idx)].push_back(name(t));
    }
}

const btf_type* BtfView::type(uint32_t id) const {
    if (!btf_ || id == 0 || id >= btf__type_cnt(btf_)) return nullptr;
    return btf__type_by_id(btf_, id);
}

std::string_view BtfView::string(uint32_t offset) const {
    const char* text = btf_ ? btf__str_by_offset(btf_, offset) : nullptr;
    return text ? std::string_view(text) : std::string_view();
}

std::string_view BtfView::name(const btf_type* t) const { return t ? string(t->name_off) : std::string_view(); }

uint32_t BtfView::resolve(uint32_t id) const {
    for (int depth = 0; depth < depth_limit; ++depth) {
        const btf_type* t = type(id);
        if (!t) return 0;
        if (!is_alias(t)) return id;
        id = t->type;
    }
    return 0;
}

std::optional<uint64_t> BtfView::size_of(uint32_t id, int depth) const {
    id = resolve(id);
    const btf_type* t = type(id);
    if (!t || depth > depth_limit) return std::nullopt;
    switch (btf_kind(t)) {
        case BTF_KIND_INT:
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION:
        case BTF_KIND_ENUM:
        case BTF_KIND_ENUM64:
        case BTF_KIND_DATASEC:
        case BTF_KIND_FLOAT: return t->size;
        case BTF_KIND_PTR: return 8;
        case BTF_KIND_VAR: return size_of(t->type, depth + 1);
        case BTF_KIND_ARRAY: {
            auto element = size_of(btf_array(t)->type, depth + 1);
            if (!element) return std::nullopt;
            uint64_t total = *element * btf_array(t)->nelems;  // both below 2^32
            return total < size_limit ? std::optional<uint64_t>(total) : std::nullopt;
        }
        default: return std::nullopt;
    }
}

std::optional<uint32_t> BtfView::size(uint32_t id) const {
    auto bytes = size_of(id, 0);
    if (!bytes || *bytes >= size_limit) return std::nullopt;
    return static_cast<uint32_t>(*bytes);
}

uint32_t BtfView::find_struct(std::string_view wanted) const {
    uint32_t count = btf_ ? btf__type_cnt(btf_) : 0;
    for (uint32_t id = 1; id < count; ++id) {
        const btf_type* t = type(id);
        if (t && btf_is_composite(t) && name(t) == wanted) return id;
    }
    return 0;
}

const btf_member* BtfView::member(const btf_type* structure, std::string_view wanted) const {
    if (!structure || !btf_is_composite(structure)) return nullptr;
    const btf_member* members = btf_members(structure);
    for (int i = 0; i < btf_vlen(structure); ++i)
        if (string(members[i].name_off) == wanted) return &members[i];
    return nullptr;
}

uint32_t BtfView::find_variable(std::string_view section, std::string_view wanted) const {
    uint32_t count = btf_ ? btf__type_cnt(btf_) : 0;
    for (uint32_t id = 1; id < count; ++id) {
        const btf_type* t = type(id);
        if (!t || !btf_is_datasec(t) || name(t) != section) continue;
        const btf_var_secinfo* variables = btf_var_secinfos(t);
        for (int i = 0; i < btf_vlen(t); ++i) {
            const btf_type* v = type(variables[i].type);
            if (v && btf_is_var(v) && name(v) == wanted) return variables[i].type;
        }
    }
    return 0;
}

std::optional<uint32_t> BtfView::definition_number(uint32_t member_type) const {
    const btf_type* pointer = type(resolve(member_type));
    if (!pointer || !btf_is_ptr(pointer)) return std::nullopt;
    const btf_type* array = type(resolve(pointer->type));
    if (!array || !btf_is_array(array)) return std::nullopt;
    return btf_array(array)->nelems;
}

std::string BtfView::spell(uint32_t id) const {
    std::string suffix;
    for (int depth = 0; depth < depth_limit; ++depth) {
        const btf_type* t = type(id);
        if (!t) return (depth == 0 || id == 0 ? "void" : "?") + suffix;
        if (btf_is_ptr(t)) {
            suffix.insert(0, suffix.starts_with('*') ? "*" : " *");
        } else if (btf_is_array(t)) {
            suffix += fmt::format("[{}]", btf_array(t)->nelems);
            id = btf_array(t)->type;
            continue;
        } else if (!btf_is_mod(t)) {
            std::string_view word = btf_is_struct(t)     ? "struct "
                                    : btf_is_union(t)    ? "union "
                                    : btf_is_any_enum(t) ? "enum "
                                                         : "";
            return fmt::format("{}{}{}", word, name(t), suffix);
        }
        id = t->type;
    }
    return "?" + suffix;
}

const std::vector<std::string_view>& BtfView::tags(uint32_t type_id, int32_t component) const {
    static const std::vector<std::string_view> none;
    auto found = tags_.find(tag_key(type_id, component));
    return found == tags_.end() ? none : found->second;
}

std::vector<std::string_view> BtfView::tags_of(uint32_t structure, int32_t member_index, uint32_t type_id) const {
    std::vector<std::string_view> found;
    if (tags_.empty()) return found;
    auto add = [&](const std::vector<std::string_view>& list) { found.insert(found.end(), list.begin(), list.end()); };
    if (structure && member_index >= 0) add(tags(structure, member_index));
    for (int depth = 0; depth < depth_limit; ++depth) {
        const btf_type* t = type(type_id);
        if (!t) break;
        if (btf_is_typedef(t) || btf_is_composite(t)) add(tags(type_id));
        if (!is_alias(t)) break;
        type_id = t->type;
    }
    return found;
}

}  // namespace avocet::core
