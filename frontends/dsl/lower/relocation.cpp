// SPDX-License-Identifier: Apache-2.0
//
// CO-RE: in a portable program a field of a kernel struct is found by name where the program is loaded. The access is
// expressed as LLVM's preserve_struct_access_index over a struct of which only this one member is described; the BPF
// back end turns it into a relocation record and libbpf fills in the offset.
#include <atomic>

#include <llvm/IR/DebugInfoMetadata.h>

#include "lower/function.hpp"

namespace avocet::dsl::lower {

// LLVM 19 keeps the globals that stand for relocations in a static table by struct name and never empties it
// (BPFAbstractMemberAccess::GEPGlobals): a second module of the process would get those of the first, long freed. So
// every module has a flavour of its own; libbpf ignores what follows `___`.
std::string next_flavour() {
    static std::atomic<unsigned> modules = 0;
    return "___" + std::to_string(++modules);
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
    auto* described = llvm::cast<llvm::DICompositeType>(
        m_.types.structure(name + m_.flavour, size,
                           {{member.name, m_.relocatable(*member.type), member.offset, member.type->size, false}}));
    std::vector<llvm::Type*> parts;
    if (member.offset) parts.push_back(llvm::ArrayType::get(b_.getInt8Ty(), member.offset));
    parts.push_back(llvm::ArrayType::get(b_.getInt8Ty(), std::max<uint64_t>(member.type->size, 1)));
    auto* layout = llvm::StructType::create(m_.context(), parts, "struct." + name, true);
    Value field = b_.CreatePreserveStructAccessIndex(layout, to_pointer(address), member.offset ? 1 : 0, 0, described);
    return b_.CreatePtrToInt(field, b_.getInt64Ty());
}

// The same in either target: `offset` where the layout is this kernel's.
Value FunctionBuilder::kernel_field(Value address, const std::string& name, const Member& member) {
    if (!m_.unit.portable()) return b_.CreateAdd(address, number(member.offset));
    const StructLayout* layout = m_.unit.structs.find_struct(name);
    return relocated_field(address, name, layout ? layout->size : member.offset + 8, member);
}

}  // namespace avocet::dsl::lower
