// SPDX-License-Identifier: Apache-2.0
//
// Construction, comparison and spelling of language types.
#include "types/type.hpp"

#include <algorithm>
#include <utility>

namespace avocet::dsl {

namespace {

uint64_t align_up(uint64_t value, uint64_t alignment) { return (value + alignment - 1) / alignment * alignment; }

Type composite(TypeKind kind, const std::vector<std::pair<std::string, Type>>& elements) {
    Type type;
    type.kind = kind;
    auto members = std::make_shared<std::vector<Member>>();
    uint64_t offset = 0, alignment = 1;
    for (const auto& [name, element] : elements) {
        offset = align_up(offset, element.alignment());
        alignment = std::max(alignment, element.alignment());
        members->push_back({name, std::make_shared<const Type>(element), offset, 0, 0});
        offset += element.size;
    }
    type.size = align_up(offset, alignment);
    type.members = std::move(members);
    return type;
}

bool same_element(const std::shared_ptr<const Type>& a, const std::shared_ptr<const Type>& b) {
    if (!a || !b) return !a && !b;
    return *a == *b;
}

bool same_members(const Type& a, const Type& b) {
    if (!a.members || !b.members) return !a.members && !b.members;
    return std::equal(a.members->begin(), a.members->end(), b.members->begin(), b.members->end(),
                      [](const Member& x, const Member& y) { return x.name == y.name && *x.type == *y.type; });
}

std::string member_list(const Type& type) {
    std::string text;
    for (const Member& m : *type.members) {
        if (!text.empty()) text += type.kind == TypeKind::tuple ? "," : ", ";
        text += type.kind == TypeKind::tuple ? m.type->spelling() : "." + m.name + " = " + m.type->spelling();
    }
    return text;
}

std::string stack_spelling(const Type& type) {
    return (type.kind == TypeKind::kstack ? "kstack_" : "ustack_") + type.name + "_" + std::to_string(type.limit);
}

}  // namespace

bool Type::operator==(const Type& other) const {
    if (kind != other.kind) return false;
    switch (kind) {
        case TypeKind::integer: return size == other.size && is_signed == other.is_signed;
        case TypeKind::enumeration: return size == other.size && name == other.name;
        case TypeKind::string:
        case TypeKind::buffer: return size == other.size;
        case TypeKind::pointer: return same_element(element, other.element);
        case TypeKind::array: return count == other.count && same_element(element, other.element);
        case TypeKind::c_struct: return name == other.name && is_union == other.is_union;
        case TypeKind::tuple:
        case TypeKind::record: return same_members(*this, other);
        case TypeKind::kstack:
        case TypeKind::ustack: return name == other.name && limit == other.limit;
        case TypeKind::aggregate: return name == other.name && is_signed == other.is_signed;
        case TypeKind::timestamp:
        case TypeKind::cgroup_path:
        case TypeKind::number_name: return name == other.name;
        default: return true;
    }
}

Type Type::integer(uint64_t bytes, bool is_signed) {
    Type type;
    type.kind = TypeKind::integer;
    type.size = bytes;
    type.is_signed = is_signed;
    return type;
}

Type Type::refusal() {
    Type type;
    type.refused = true;
    return type;
}

Type Type::boolean() {
    Type type;
    type.kind = TypeKind::boolean;
    type.size = 1;
    return type;
}

Type Type::string(uint64_t bytes) {
    Type type;
    type.kind = TypeKind::string;
    type.size = bytes;
    return type;
}

Type Type::buffer(uint64_t data_bytes) {
    Type type;
    type.kind = TypeKind::buffer;
    type.size = align_up(data_bytes, 4) + 4;
    type.count = data_bytes;
    return type;
}

Type Type::pointer_to(const Type& element, Space space) {
    Type type = void_pointer(space);
    if (element.kind != TypeKind::void_ && element.kind != TypeKind::none)
        type.element = std::make_shared<const Type>(element);
    return type;
}

Type Type::void_pointer(Space space) {
    Type type;
    type.kind = TypeKind::pointer;
    type.size = 8;
    type.space = space;
    return type;
}

Type Type::array_of(const Type& element, uint64_t count) {
    Type type;
    type.kind = TypeKind::array;
    type.element = std::make_shared<const Type>(element);
    type.count = count;
    type.size = element.size * count;
    return type;
}

Type Type::structure(std::string name, uint64_t bytes, bool is_union) {
    Type type;
    type.kind = TypeKind::c_struct;
    type.name = std::move(name);
    type.size = bytes;
    type.is_union = is_union;
    return type;
}

Type Type::enumeration(std::string name, uint64_t bytes) {
    Type type;
    type.kind = TypeKind::enumeration;
    type.name = std::move(name);
    type.size = bytes;
    return type;
}

Type Type::tuple(const std::vector<Type>& elements) {
    std::vector<std::pair<std::string, Type>> named;
    for (size_t i = 0; i < elements.size(); ++i) named.emplace_back(std::to_string(i), elements[i]);
    return composite(TypeKind::tuple, named);
}

Type Type::record(const std::vector<std::pair<std::string, Type>>& elements) {
    return composite(TypeKind::record, elements);
}

Type Type::stack(bool user, std::string mode, uint32_t limit) {
    Type type;
    type.kind = user ? TypeKind::ustack : TypeKind::kstack;
    type.size = 16;
    type.name = std::move(mode);
    type.limit = limit;
    return type;
}

Type Type::simple(TypeKind kind) {
    Type type;
    type.kind = kind;
    switch (kind) {
        case TypeKind::ksym:
        case TypeKind::username:
        case TypeKind::cgroup_path:
        case TypeKind::number_name: type.size = 8; break;
        case TypeKind::usym:
        case TypeKind::timestamp: type.size = 16; break;
        case TypeKind::inet: type.size = 24; break;
        case TypeKind::mac: type.size = 6; break;
        case TypeKind::probe_name: type.size = 4; break;
        default: break;
    }
    return type;
}

bool Type::is_aggregate_value() const {
    switch (kind) {
        case TypeKind::string:
        case TypeKind::array:
        case TypeKind::c_struct:
        case TypeKind::tuple:
        case TypeKind::record:
        case TypeKind::buffer:
        case TypeKind::kstack:
        case TypeKind::ustack:
        case TypeKind::usym:
        case TypeKind::inet:
        case TypeKind::mac:
        case TypeKind::timestamp: return true;
        default: return false;
    }
}

uint64_t Type::alignment() const {
    uint64_t largest = 1;
    switch (kind) {
        case TypeKind::string:
        case TypeKind::mac:
        case TypeKind::boolean:
        case TypeKind::none:
        case TypeKind::void_: return 1;
        case TypeKind::buffer:
        case TypeKind::probe_name: return 4;
        case TypeKind::integer:
        case TypeKind::enumeration: return size == 0 ? 1 : std::min<uint64_t>(size, 8);
        case TypeKind::array: return element ? element->alignment() : 1;
        case TypeKind::tuple:
        case TypeKind::record:
            for (const Member& m : *members) largest = std::max(largest, m.type->alignment());
            return largest;
        default: return 8;
    }
}

std::string shown_type_name(const std::string& name) { return name.substr(0, name.find(user_type_mark)); }

std::string Type::spelling() const {
    switch (kind) {
        case TypeKind::none: return "none";
        case TypeKind::void_: return "void";
        case TypeKind::boolean: return "bool";
        case TypeKind::integer: return (is_signed ? "int" : "uint") + std::to_string(size * 8);
        case TypeKind::enumeration: return "enum " + shown_type_name(name);
        case TypeKind::string: return "string[" + std::to_string(size) + "]";
        case TypeKind::pointer: return (element ? element->spelling() : "void") + " *";
        case TypeKind::array: return element->spelling() + "[" + std::to_string(count) + "]";
        case TypeKind::c_struct: return (is_union ? "union " : "struct ") + shown_type_name(name);
        case TypeKind::tuple: return "(" + member_list(*this) + ")";
        case TypeKind::record: return members->empty() ? "record {}" : "record { " + member_list(*this) + " }";
        case TypeKind::buffer: return "buffer[" + std::to_string(count) + "]";
        case TypeKind::kstack:
        case TypeKind::ustack: return stack_spelling(*this);
        case TypeKind::ksym: return "ksym_t";
        case TypeKind::usym: return "usym_t";
        case TypeKind::inet: return "inet[24]";
        case TypeKind::mac: return "mac_address";
        case TypeKind::username: return "username_t";
        case TypeKind::timestamp: return "timestamp";
        case TypeKind::cgroup_path: return "cgroup_path_t";
        case TypeKind::probe_name: return "probe_name";
        case TypeKind::number_name: return name;
        case TypeKind::aggregate: return name;
    }
    return "none";
}

std::string Type::class_name() const {
    switch (kind) {
        case TypeKind::boolean: return "bool";
        case TypeKind::integer: return "int";
        case TypeKind::enumeration: return "enum";
        case TypeKind::string: return "string";
        case TypeKind::pointer: return "pointer";
        case TypeKind::array: return "array";
        case TypeKind::c_struct: return "c_type";
        case TypeKind::tuple: return "tuple";
        case TypeKind::record: return "record";
        case TypeKind::buffer: return "buffer";
        case TypeKind::kstack: return "kstack";
        case TypeKind::ustack: return "ustack";
        default: return spelling();
    }
}

}  // namespace avocet::dsl
