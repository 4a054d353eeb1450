// SPDX-License-Identifier: Apache-2.0
//
// Language types to LLVM debug types, from which the backend makes BTF. The tags are those of sdk/docs/program.md.
#include <algorithm>

#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/IR/DebugInfoMetadata.h>

#include "lower/module.hpp"
#include "lower/text_capacity.hpp"

namespace avocet::dsl::lower {

using llvm::DIType;
namespace dwarf = llvm::dwarf;

namespace {

// Deep enough for printing a struct, and an end to types that hold themselves through arrays of structs.
constexpr int max_depth = 12;

std::string cache_key(const Type& t) {
    std::string key = t.spelling() + "#" + std::to_string(t.size);
    if (t.kind == TypeKind::timestamp || t.kind == TypeKind::cgroup_path)
        key += "#" + t.name + "#" + std::to_string(int(t.kind));
    if (t.is_string() && t.maybe_truncated) key += "#cut";
    if (t.kind == TypeKind::tuple || t.kind == TypeKind::record)
        for (const Member& m : *t.members) key += "#" + cache_key(*m.type);
    if (t.kind == TypeKind::array && t.element) key += "#" + cache_key(*t.element);
    // Types of programs may be spelled alike and differ.
    for (const Type* inner = &t; inner; inner = inner->element.get())
        if (inner->kind == TypeKind::c_struct || inner->kind == TypeKind::enumeration) key += "#" + inner->name;
    if (t.kind == TypeKind::number_name || t.kind == TypeKind::pointer) key += "#" + std::to_string(int(t.kind));
    return key;
}

std::string stack_tag(const Type& t) {
    return (t.kind == TypeKind::ustack ? "avocet:stack.user=" : "avocet:stack.kernel=") + t.name + "," +
           std::to_string(t.limit);
}

// The kernel takes C names only, programs have others ("std::pair<int, long>").
std::string c_name(const std::string& name) {
    std::string out = shown_type_name(name);
    for (char& c : out)
        if (!isalnum(static_cast<unsigned char>(c))) c = '_';
    return out;
}

}  // namespace

DIType* DebugTypes::integer(const char* name, uint64_t bytes, bool is_signed) {
    auto& slot = cache_[name];
    if (!slot) slot = di_.createBasicType(name, bytes * 8, is_signed ? dwarf::DW_ATE_signed : dwarf::DW_ATE_unsigned);
    return slot;
}

DIType* DebugTypes::array(DIType* element, uint64_t count, uint64_t element_bytes) {
    llvm::Metadata* range = di_.getOrCreateSubrange(0, static_cast<int64_t>(count));
    return di_.createArrayType(count * element_bytes * 8, 0, element, di_.getOrCreateArray({range}));
}

DIType* DebugTypes::pointer(DIType* to) { return di_.createPointerType(to, 64); }

DIType* DebugTypes::constant(DIType* type) {
    return di_.createQualifiedType(dwarf::DW_TAG_const_type,
                                   di_.createQualifiedType(dwarf::DW_TAG_volatile_type, type));
}

DIType* DebugTypes::tagged(DIType* type, const std::string& tag) {
    auto& context = file_->getContext();
    llvm::Metadata* pair[] = {llvm::MDString::get(context, "btf_decl_tag"), llvm::MDString::get(context, tag)};
    std::string name = tag;
    for (char& c : name)
        if (!isalnum(static_cast<unsigned char>(c))) c = '_';
    return di_.createTypedef(type, name, file_, 0, nullptr, 0, llvm::DINode::FlagZero,
                             di_.getOrCreateArray({llvm::MDNode::get(context, pair)}));
}

// The size may not be known, as of what a pointer leads to. The kernel refuses all types of an object in which a member
// ends behind its struct.
DIType* DebugTypes::structure(const std::string& name, uint64_t bytes, const std::vector<Field>& fields) {
    for (const Field& f : fields) bytes = std::max(bytes, f.offset + f.size);
    auto* type = di_.createStructType(nullptr, name, file_, 0, bytes * 8, 0, llvm::DINode::FlagZero, nullptr, {});
    std::vector<llvm::Metadata*> members;
    for (const Field& f : fields)
        members.push_back(
            di_.createMemberType(type, f.name, file_, 0, f.size * 8, 0, f.offset * 8, llvm::DINode::FlagZero, f.type));
    di_.replaceArrays(type, di_.getOrCreateArray(members));
    return type;
}

DIType* DebugTypes::with_bit_field(const std::string& name, uint64_t bytes, const Member& m, DIType* member) {
    bytes = std::max(bytes, m.offset + m.type->size);
    auto* type = di_.createStructType(nullptr, name, file_, 0, bytes * 8, 0, llvm::DINode::FlagZero, nullptr, {});
    auto* field = di_.createBitFieldMemberType(type, m.name, file_, 0, m.bit_size, m.offset * 8 + m.bit_offset,
                                               m.offset * 8, llvm::DINode::FlagZero, member);
    di_.replaceArrays(type, di_.getOrCreateArray({field}));
    return type;
}

DIType* DebugTypes::union_of(uint64_t bytes, const Field& field) {
    auto* type = di_.createUnionType(nullptr, "", file_, 0, std::max(bytes, field.offset + field.size) * 8, 0,
                                     llvm::DINode::FlagZero, {});
    llvm::Metadata* member = di_.createMemberType(type, field.name, file_, 0, field.size * 8, 0, field.offset * 8,
                                                  llvm::DINode::FlagZero, field.type);
    di_.replaceArrays(type, di_.getOrCreateArray({member}));
    return type;
}

DIType* DebugTypes::composite(const Type& type) {
    std::vector<Field> fields;
    for (const Member& m : *type.members) {
        const std::string name = type.kind == TypeKind::tuple ? "f" + m.name : m.name;
        fields.push_back({name, of(*m.type), m.offset, m.type->size, false});
    }
    auto* plain_struct = structure("", type.size, fields);
    return tagged(plain_struct, type.kind == TypeKind::tuple ? "avocet:tuple" : "avocet:record");
}

DIType* DebugTypes::c_struct(const Type& type) {
    const StructLayout* layout = unit_.structs.find_struct(type.name);
    if (!layout || depth_ > max_depth) return array(u64(), type.size / 8, 8);
    ++depth_;
    const std::string name = "avocet_copy_" + c_name(type.name);
    auto* made =
        type.is_union
            ? di_.createUnionType(nullptr, name, file_, 0, type.size * 8, 0, llvm::DINode::FlagZero, {})
            : di_.createStructType(nullptr, name, file_, 0, type.size * 8, 0, llvm::DINode::FlagZero, nullptr, {});
    std::vector<llvm::Metadata*> members;
    for (const Member& m : layout->members) {
        if (m.type->kind == TypeKind::void_) continue;  // a floating-point number: cannot be shown
        DIType* member = of(*m.type);
        if (m.bit_size)
            members.push_back(di_.createBitFieldMemberType(made, c_name(m.name), file_, 0, m.bit_size,
                                                           m.offset * 8 + m.bit_offset, m.offset * 8,
                                                           llvm::DINode::FlagZero, member));
        else
            members.push_back(di_.createMemberType(made, c_name(m.name), file_, 0, m.type->size * 8, 0, m.offset * 8,
                                                   llvm::DINode::FlagZero, member));
    }
    di_.replaceArrays(made, di_.getOrCreateArray(members));
    --depth_;
    return made;
}

DIType* DebugTypes::enumeration(const Type& type) {
    std::vector<llvm::Metadata*> values;
    for (const auto& [name, value] : unit_.structs.enumerators(type.name))
        values.push_back(di_.createEnumerator(c_name(name), static_cast<uint64_t>(value), value >= 0));
    if (values.empty()) return integer("int64", 8, true);
    return di_.createEnumerationType(nullptr, c_name(type.name), file_, 0, type.size * 8, 0,
                                     di_.getOrCreateArray(values), type.size == 8 ? s64() : integer("int32", 4, true));
}

DIType* DebugTypes::buffer(const Type& type) {
    const uint64_t data = type.size - 4;
    return tagged(structure("", type.size,
                            {{"length", u32(), 0, 4, false},
                             {"data", array(integer("uint8", 1, false), data, 1), 4, data, false}}),
                  "avocet:buffer");
}

DIType* DebugTypes::plain(const Type& type) {
    static const char* const signed_names[] = {"", "int8", "int16", "", "int32", "", "", "", "int64"};
    static const char* const unsigned_names[] = {"", "uint8", "uint16", "", "uint32", "", "", "", "uint64"};
    const auto pair = [&](const char* first, const char* second) {
        return structure("", 16, {{first, u64(), 0, 8, false}, {second, u64(), 8, 8, false}});
    };
    switch (type.kind) {
        case TypeKind::boolean: return di_.createBasicType("_Bool", 8, dwarf::DW_ATE_boolean);
        case TypeKind::integer: {
            const uint64_t size = std::min<uint64_t>(type.size, 8);
            return integer((type.is_signed ? signed_names : unsigned_names)[size], size, type.is_signed);
        }
        case TypeKind::enumeration: return enumeration(type);
        case TypeKind::string: {
            auto* text = array(di_.createBasicType("char", 8, dwarf::DW_ATE_signed_char), type.size, 1);
            return full_means_truncated(type, unit_.settings) ? tagged(text, "avocet:string=spare") : text;
        }
        case TypeKind::pointer: return tagged(u64(), "avocet:pointer");
        case TypeKind::array: return array(of(*type.element), type.count, type.element->size);
        case TypeKind::c_struct: return c_struct(type);
        case TypeKind::tuple:
        case TypeKind::record: return composite(type);
        case TypeKind::buffer: return buffer(type);
        case TypeKind::kstack:
        case TypeKind::ustack: return tagged(pair("id", "pid"), stack_tag(type));
        case TypeKind::ksym: return tagged(u64(), "avocet:ksym");
        case TypeKind::usym: return tagged(pair("address", "pid"), "avocet:usym");
        case TypeKind::inet:
            return tagged(structure("", 24,
                                    {{"family", u64(), 0, 8, false},
                                     {"address", array(integer("uint8", 1, false), 16, 1), 8, 16, false}}),
                          "avocet:inet");
        case TypeKind::mac: return tagged(array(integer("uint8", 1, false), 6, 1), "avocet:mac");
        case TypeKind::username: return tagged(u64(), "avocet:username");
        case TypeKind::timestamp: return tagged(pair("ns", "clock"), "avocet:time=" + type.name);
        case TypeKind::cgroup_path: return tagged(u64(), "avocet:cgroup_path=" + type.name);
        case TypeKind::probe_name: return tagged(u32(), "avocet:probe");
        case TypeKind::number_name: return tagged(s64(), "avocet:" + type.name);
        case TypeKind::aggregate: return type.is_signed ? s64() : u64();
        case TypeKind::none:
        case TypeKind::void_: break;
    }
    return u64();
}

DIType* DebugTypes::of(const Type& type) {
    const std::string key = cache_key(type);
    if (auto found = cache_.find(key); found != cache_.end()) return found->second;
    DIType* made = plain(type);
    cache_[key] = made;
    return made;
}

}  // namespace avocet::dsl::lower
