// SPDX-License-Identifier: Apache-2.0
#include "types/btf_declarations.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace avocet::dsl {

namespace {

constexpr uint32_t tagged_kinds = 1u << BTF_KIND_STRUCT | 1u << BTF_KIND_UNION;
constexpr uint32_t enum_kinds = 1u << BTF_KIND_ENUM | 1u << BTF_KIND_ENUM64;
constexpr int deepest = 32;

bool is_record(const btf_type* t) { return t && (tagged_kinds & (1u << BtfIndex::kind(t))); }
bool is_enum(const btf_type* t) { return t && (enum_kinds & (1u << BtfIndex::kind(t))); }

}  // namespace

bool BtfDeclarations::add(std::string_view name) {
    bool found = false;
    for (const uint32_t kinds : {tagged_kinds, enum_kinds, 1u << BTF_KIND_TYPEDEF})
        if (const uint32_t id = btf_.find(name, kinds)) {
            declare(id);
            found = true;
        }
    if (found) return true;
    const auto enumerator = btf_.find_enumerator(name);
    if (enumerator.id) declare(enumerator.id);
    return enumerator.id != 0;
}

void BtfDeclarations::declare(uint32_t id) {
    const btf_type* t = btf_.type(id);
    if (!t || !done_.insert(id).second) return;
    if (is_record(t))
        record(id, t);
    else if (is_enum(t))
        enumeration(id, t);
    else if (BtfIndex::kind(t) == BTF_KIND_TYPEDEF)
        type_definition(id, t);
}

// BTF does not say how a type is aligned; its members do. What is smaller than they want is packed.
uint64_t BtfDeclarations::alignment(uint32_t id, int depth) const {
    id = btf_.strip(id, true);
    const btf_type* t = btf_.type(id);
    if (!t || depth > deepest) return 1;
    if (BtfIndex::kind(t) == BTF_KIND_ARRAY) return alignment(BtfIndex::tail<btf_array>(t)->type, depth + 1);
    if (!is_record(t)) return std::clamp<uint64_t>(btf_.size_of(id), 1, 16);
    uint64_t largest = 1;
    const auto* members = BtfIndex::tail<btf_member>(t);
    for (uint32_t i = 0; i < BtfIndex::vlen(t); ++i) {
        const bool is_bits = BtfIndex::kflag(t) && members[i].offset >> 24;
        const uint64_t wanted = alignment(members[i].type, depth + 1);
        const uint64_t bits = BtfIndex::kflag(t) ? members[i].offset & 0xffffff : members[i].offset;
        if (!is_bits && bits % (wanted * 8) == 0 && t->size % wanted == 0) largest = std::max(largest, wanted);
    }
    return largest;
}

std::string BtfDeclarations::bytes(const btf_type* t, uint32_t id) const {
    const char* word = BtfIndex::kind(t) == BTF_KIND_UNION ? "union" : "struct";
    const std::string name = t->name_off ? " " + std::string(btf_.name(t)) : "";
    if (t->size == 0) return fmt::format("{}{} {{ }}", word, name);
    return fmt::format("{}{} {{ unsigned char avocet_bytes[{}]; }} __attribute__((aligned({})))", word, name, t->size,
                       alignment(id));
}

std::string BtfDeclarations::enumerators(const btf_type* t) const {
    std::string list;
    for (uint32_t i = 0; i < BtfIndex::vlen(t); ++i)
        list += fmt::format("{}{} = {}", i ? ", " : "", btf_.string(enumerator_name(t, i)), enumerator_value(t, i));
    const std::string name = t->name_off ? " " + std::string(btf_.name(t)) : "";
    return list.empty() ? "enum" + name : fmt::format("enum{} {{ {} }}", name, list);
}

void BtfDeclarations::record(uint32_t id, const btf_type* t) { text_ += bytes(t, id) + ";\n"; }

void BtfDeclarations::enumeration(uint32_t, const btf_type* t) {
    const std::string body = enumerators(t);
    if (body.ends_with("}")) text_ += body + ";\n";
}

void BtfDeclarations::type_definition(uint32_t, const btf_type* t) {
    const std::string declaration = "typedef " + spelling(t->type, std::string(btf_.name(t))) + ";\n";
    text_ += declaration;  // behind what it made necessary
}

// A declaration of `inner` with this type. Declares what it needs first.
std::string BtfDeclarations::spelling(uint32_t id, const std::string& inner) {
    id = btf_.strip(id, false);
    const btf_type* t = btf_.type(id);
    if (!t) return "void " + inner;
    switch (BtfIndex::kind(t)) {
        case BTF_KIND_INT: {
            const std::string_view name = btf_.name(t);
            return fmt::format("{} {}", name == "bool" ? "_Bool" : name, inner);
        }
        case BTF_KIND_FLOAT: return fmt::format("{} {}", btf_.name(t), inner);
        case BTF_KIND_PTR: {
            const btf_type* target = btf_.type(btf_.strip(t->type, false));
            if (target && BtfIndex::kind(target) == BTF_KIND_FUNC_PROTO) return "void (*" + inner + ")(void)";
            const bool is_array = target && BtfIndex::kind(target) == BTF_KIND_ARRAY;
            if (is_record(target) && target->name_off)  // a forward declaration is enough
                return fmt::format("{} {} *{}", BtfIndex::kind(target) == BTF_KIND_UNION ? "union" : "struct",
                                   btf_.name(target), inner);
            return spelling(t->type, is_array ? "(*" + inner + ")" : "*" + inner);
        }
        case BTF_KIND_ARRAY: {
            const auto* array = BtfIndex::tail<btf_array>(t);
            return spelling(array->type, fmt::format("{}[{}]", inner, array->nelems));
        }
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION:
            if (!t->name_off) return bytes(t, id) + " " + inner;
            declare(id);
            return fmt::format("{} {} {}", BtfIndex::kind(t) == BTF_KIND_UNION ? "union" : "struct", btf_.name(t),
                               inner);
        case BTF_KIND_FWD: return fmt::format("{} {} {}", BtfIndex::kflag(t) ? "union" : "struct", btf_.name(t), inner);
        case BTF_KIND_ENUM:
        case BTF_KIND_ENUM64:
            if (!t->name_off) return enumerators(t) + " " + inner;
            declare(id);
            return fmt::format("enum {} {}", btf_.name(t), inner);
        case BTF_KIND_TYPEDEF: declare(id); return fmt::format("{} {}", btf_.name(t), inner);
        case BTF_KIND_FUNC_PROTO: return "void " + inner + "(void)";
        default: return "void " + inner;
    }
}

}  // namespace avocet::dsl
