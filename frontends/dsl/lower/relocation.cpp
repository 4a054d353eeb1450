// SPDX-License-Identifier: Apache-2.0
//
// CO-RE: in a portable program a field of a kernel struct is found by name where the program is loaded. The access is
// expressed as LLVM's preserve_struct_access_index over a struct of which only this one member is described; the BPF
// back end turns it into a relocation record and libbpf fills in the offset.
#include <atomic>

#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/IntrinsicsBPF.h>

#include "lower/function.hpp"
#include "types/btf_index.hpp"

namespace avocet::dsl::lower {

namespace {

// Also through members without a name.
bool has_member(const BtfIndex& btf, uint32_t id, const std::string& name, unsigned depth) {
    constexpr unsigned most_nested = 8;
    const btf_type* type = btf.type(btf.strip(id, true));
    if (!type || depth > most_nested) return false;
    if (btf.kind(type) != BTF_KIND_STRUCT && btf.kind(type) != BTF_KIND_UNION) return false;
    const auto* members = btf.tail<btf_member>(type);
    for (uint32_t i = 0; i < btf.vlen(type); ++i) {
        const std::string_view here = btf.string(members[i].name_off);
        if (here == name || (here.empty() && has_member(btf, members[i].type, name, depth + 1))) return true;
    }
    return false;
}

const Type& object_type(const FieldExpr& e) {
    return e.object->type.is_pointer() ? *e.object->type.element : e.object->type;
}

}  // namespace

// LLVM 19 keeps the globals that stand for relocations in a static table by struct name and never empties it
// (BPFAbstractMemberAccess::GEPGlobals): a second module of the process would get those of the first, long freed. So
// every module has a flavour of its own; libbpf ignores what follows `___`.
std::string next_flavour() {
    static std::atomic<unsigned> modules = 0;
    return "___" + std::to_string(++modules);
}

// And every member has one: LLVM tells accesses apart by the struct's name and where the member stands here, which
// other members (of a union, or bits in the same word) share with it here and perhaps not elsewhere.
std::string ModuleBuilder::relocated_name(const std::string& structure, const std::string& member) {
    const size_t number = relocated_.try_emplace({structure, member}, relocated_.size()).first->second;
    return structure + flavour_ + "_" + std::to_string(number);
}

// What libbpf can look up. Structs without a name of their own are found through the one that they are part of
// (relocated_path); members of unions have no offset; the script's own structs are the same everywhere.
bool ModuleBuilder::is_relocated(const Type& type) {
    const BtfIndex* kernel = type.kind == TypeKind::c_struct ? unit.structs.kernel_btf() : nullptr;
    return kernel && kernel->find(type.name, 1u << BTF_KIND_STRUCT);
}

// A script's struct may have the name of one of the kernel's and be another: what the kernel's lacks is where the
// script says.
bool ModuleBuilder::is_relocated(const Type& type, const std::string& member) {
    const BtfIndex* kernel = type.kind == TypeKind::c_struct ? unit.structs.kernel_btf() : nullptr;
    const uint32_t id = kernel ? kernel->find(type.name, 1u << BTF_KIND_STRUCT) : 0;
    return id && has_member(*kernel, id, member, 0);
}

// A type that libbpf's field matching accepts: pointers are pointers, structs go by name.
llvm::DIType* ModuleBuilder::relocatable(const Type& type) {
    if (type.is_pointer()) return types.pointer(nullptr);
    if (type.kind == TypeKind::array) return types.array(relocatable(*type.element), type.count, type.element->size);
    if (type.kind == TypeKind::c_struct) return types.structure(type.name, type.size, {});
    return types.of(type);
}

// Address of `member` in the struct `name` of `size` bytes at `address` (i64).
Value FunctionBuilder::relocated_field(Value address, const std::string& name, uint64_t size, const Member& member) {
    auto* described =
        m_.types.structure(m_.relocated_name(name, member.name), size,
                           {{member.name, m_.relocatable(*member.type), member.offset, member.type->size, false}});
    return b_.CreatePtrToInt(access(described, to_pointer(address), name, member, false), b_.getInt64Ty());
}

// The same for a.b.c where b has a type without a name: one relocation from the named struct down. `path` begins with
// c.
Value FunctionBuilder::relocated_path(Value address, const std::vector<const FieldExpr*>& path) {
    std::vector<llvm::DIType*> described;
    std::string words;
    for (const FieldExpr* field : path) words += "." + field->member.name;
    llvm::DIType* inner = m_.relocatable(*path.front()->member.type);
    for (const FieldExpr* field : path) {
        const Type& object = object_type(*field);
        const Member& member = field->member;
        const Field only{member.name, inner, member.offset, member.type->size, false};
        const bool root = field == path.back();
        inner = object.is_union && !root
                    ? m_.types.union_of(object.size, only)
                    : m_.types.structure(root ? m_.relocated_name(object.name, words) : "", object.size, {only});
        described.push_back(inner);
    }
    Value at = to_pointer(address);
    for (size_t i = path.size(); i-- > 0;) {
        const Type& object = object_type(*path[i]);
        at = access(described[i], at, object.name, path[i]->member, object.is_union && i + 1 < path.size());
    }
    return b_.CreatePtrToInt(at, b_.getInt64Ty());
}

// One step, which the back end sees through as far as the steps follow each other.
Value FunctionBuilder::access(llvm::DIType* described, Value at, const std::string& name, const Member& member,
                              bool in_union) {
    if (in_union) return b_.CreatePreserveUnionAccessIndex(at, 0, described);
    std::vector<llvm::Type*> parts;
    if (member.offset) parts.push_back(llvm::ArrayType::get(b_.getInt8Ty(), member.offset));
    parts.push_back(llvm::ArrayType::get(b_.getInt8Ty(), std::max<uint64_t>(member.type->size, 1)));
    auto* layout = llvm::StructType::create(m_.context(), parts, "struct." + name, true);
    return b_.CreatePreserveStructAccessIndex(layout, at, member.offset ? 1 : 0, 0,
                                              llvm::cast<llvm::DICompositeType>(described));
}

// A bit-field in a portable program. Where the bytes that hold it begin, how many they are and where in them the bits
// stand are each found where it is loaded.
Value FunctionBuilder::relocated_bits(const FieldExpr& e) {
    const bool pointer = e.object->type.is_pointer();
    const Type& object = pointer ? *e.object->type.element : e.object->type;
    if (!e.member.bit_size || !m_.unit.portable() || !m_.is_relocated(object, e.member.name)) return nullptr;
    Place p = pointer ? Place{expr(*e.object), 0, e.object->type.space, false, false} : place(*e.object);
    if (p.direct || p.space != Space::kernel) return nullptr;
    Value address = address_of(p);
    auto* described = m_.types.with_bit_field(m_.relocated_name(object.name, e.member.name), object.size, e.member,
                                              m_.relocatable(*e.member.type));
    // LLVM takes the alignment of what holds the bits from this type, and nothing else.
    auto* layout = llvm::StructType::create(m_.context(), {b_.getInt64Ty()}, "struct." + object.name);
    auto* info = llvm::Intrinsic::getDeclaration(&m_.module, llvm::Intrinsic::bpf_preserve_field_info, {m_.ptr()});
    enum : uint64_t { byte_offset = 0, byte_size = 1, left_shift = 4, right_shift = 5 };  // of enum bpf_core_relo_kind
    const auto ask = [&](uint64_t kind) {
        Value field = b_.CreatePreserveStructAccessIndex(layout, to_pointer(address), 0, 0, described);
        return b_.CreateZExt(b_.CreateCall(info, {field, number(kind)}), b_.getInt64Ty());
    };
    Value memory = stack_slot(8);
    b_.CreateStore(number(0), memory);
    check_read(
        helper(bpf::Helper::probe_read_kernel, {memory, ask(byte_size), b_.CreateAdd(address, ask(byte_offset))}),
        "probe_read_kernel", e.span);
    Value high = b_.CreateShl(b_.CreateLoad(b_.getInt64Ty(), memory), ask(left_shift)), shift = ask(right_shift);
    Value value = e.type.is_signed ? b_.CreateAShr(high, shift) : b_.CreateLShr(high, shift);
    if (e.type.kind == TypeKind::boolean) return b_.CreateICmpNE(value, number(0));
    return b_.CreateTrunc(value, llvm_type(e.type));
}

// The same in either target: `offset` where the layout is this kernel's.
Value FunctionBuilder::kernel_field(Value address, const std::string& name, const Member& member) {
    if (!m_.unit.portable()) return b_.CreateAdd(address, number(member.offset));
    const StructLayout* layout = m_.unit.structs.find_struct(name);
    return relocated_field(address, name, layout ? layout->size : member.offset + 8, member);
}

}  // namespace avocet::dsl::lower
