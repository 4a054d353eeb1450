// SPDX-License-Identifier: Apache-2.0
//
// Calls of functions of imported C programs: declared here with their prototypes in BTF, defined when the objects are
// linked (link.cpp). Integers travel in their own width, as C passes them.
#include <llvm/IR/DebugInfoMetadata.h>

#include "lower/function.hpp"

namespace avocet::dsl::lower {

namespace {

// The linker compares prototypes: numbers by size, pointers by what they point to.
llvm::DIType* prototype_type(DebugTypes& types, const Type& type) {
    if (type.kind == TypeKind::void_) return nullptr;
    if (!type.is_pointer()) return types.of(type);
    if (!type.element) return types.pointer(nullptr);
    if (type.element->kind == TypeKind::c_struct)
        return types.pointer(types.structure(type.element->name, type.element->size, {}));
    return types.pointer(types.of(*type.element));
}

}  // namespace

llvm::Function* ModuleBuilder::c_function(const CFunction& function) {
    if (auto* present = module.getFunction(function.name)) return present;
    const auto machine_type = [&](const Type& type) -> llvm::Type* {
        if (type.kind == TypeKind::void_) return llvm::Type::getVoidTy(context());
        if (type.is_pointer()) return ptr();
        return i(type.kind == TypeKind::boolean ? 1 : static_cast<unsigned>(type.size) * 8);
    };
    std::vector<llvm::Type*> params;
    std::vector<llvm::Metadata*> signature = {prototype_type(types, function.result)};
    for (const CFunction::Param& p : function.params) {
        params.push_back(machine_type(p.type));
        signature.push_back(prototype_type(types, p.type));
    }
    auto* type = llvm::FunctionType::get(machine_type(function.result), params, false);
    auto* fn = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, function.name, module);
    for (unsigned n = 0; n < params.size(); ++n)
        if (params[n]->isIntegerTy())
            fn->addParamAttr(n, function.params[n].type.is_signed ? llvm::Attribute::SExt : llvm::Attribute::ZExt);
    fn->setSubprogram(di.createFunction(types.file(), function.name, function.name, types.file(), 0,
                                        di.createSubroutineType(di.getOrCreateTypeArray(signature)), 0,
                                        llvm::DINode::FlagPrototyped, llvm::DISubprogram::SPFlagOptimized));
    return fn;
}

Value FunctionBuilder::call_c_function(const CallExpr& e) {
    const CFunction& function = m_.unit.c_functions.at(e.name);
    std::vector<Value> values;
    for (size_t n = 0; n < e.args.size(); ++n) {
        const Expr& arg = *e.args[n];
        if (!function.params[n].type.is_pointer())
            values.push_back(expr(arg));
        else if (arg.type.is_aggregate_value() && !is_place(arg))
            values.push_back(expr(arg));  // where it lies in the program's own memory
        else
            values.push_back(
                to_pointer(arg.type.is_aggregate_value() ? address_of(place(arg)) : widen(expr(arg), arg.type)));
    }
    Value result = b_.CreateCall(m_.c_function(function), values);
    if (function.result.kind == TypeKind::void_) return nullptr;
    return function.result.is_pointer() ? b_.CreatePtrToInt(result, b_.getInt64Ty()) : result;
}

}  // namespace avocet::dsl::lower
