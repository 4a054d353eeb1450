// SPDX-License-Identifier: Apache-2.0
//
// Long texts. strstr, strcontains: bpf_loop over the positions, with a callback that compares at one of them. The
// verifier looks at one position instead of all combinations of position and match length.
#include "lower/function.hpp"
#include "passes/builtins/builtins.hpp"

namespace avocet::dsl::lower {

namespace {

// Context of the callback: addresses of the texts, then the result.
enum Slot : uint64_t { hay_slot = 0, needle_slot = 8, result_slot = 16, context_size = 24 };

}  // namespace

// u64 search(u64 position, context *): 1 stops the loop.
llvm::Function* FunctionBuilder::search_at(uint64_t hay_size, uint64_t needle_size) {
    const std::string name = f_.name + "_search_" + std::to_string(root().callbacks_++);
    auto* type = llvm::FunctionType::get(b_.getInt64Ty(), {b_.getInt64Ty(), m_.ptr()}, false);
    auto* fn = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, name, m_.module);
    auto* sp =
        m_.subprogram(fn, name, sp_->getLine(), {m_.types.s64(), m_.types.u64(), m_.types.pointer(m_.types.u64())});
    const auto add = [&] { return llvm::BasicBlock::Create(m_.context(), "", fn); };
    llvm::IRBuilder<> b(add());
    b.SetCurrentDebugLocation(llvm::DILocation::get(m_.context(), sp->getLine(), 0, sp));
    auto *i8 = b.getInt8Ty(), *i64 = b.getInt64Ty();
    Value position = fn->getArg(0), context = fn->getArg(1), index = b.CreateAlloca(i64);
    const auto member = [&](uint64_t offset) { return b.CreateConstInBoundsGEP1_64(i8, context, offset); };
    Value hay = b.CreateLoad(m_.ptr(), member(hay_slot)), needle = b.CreateLoad(m_.ptr(), member(needle_slot));
    b.CreateStore(b.getInt64(0), index);
    auto *head = add(), *wanted_byte = add(), *inside = add(), *have_byte = add(), *differ = add(), *next = add(),
         *found = add(), *stop = add(), *go_on = add();
    b.CreateBr(head);
    b.SetInsertPoint(head);
    Value i = b.CreateLoad(i64, index);
    b.CreateCondBr(b.CreateICmpULT(i, b.getInt64(needle_size)), wanted_byte, found);
    b.SetInsertPoint(wanted_byte);
    Value wanted = b.CreateLoad(i8, b.CreateInBoundsGEP(i8, needle, {i}));
    b.CreateCondBr(b.CreateICmpEQ(wanted, b.getInt8(0)), found, inside);
    b.SetInsertPoint(inside);
    Value at_hay = bpf::opaque(b, b.CreateAdd(position, i));
    b.CreateCondBr(b.CreateICmpULT(at_hay, b.getInt64(hay_size)), have_byte, stop);
    b.SetInsertPoint(have_byte);
    Value have = b.CreateLoad(i8, b.CreateInBoundsGEP(i8, hay, {at_hay}));
    b.CreateCondBr(b.CreateICmpEQ(have, wanted), next, differ);
    b.SetInsertPoint(differ);
    b.CreateCondBr(b.CreateICmpEQ(have, b.getInt8(0)), stop, go_on);
    b.SetInsertPoint(next);
    b.CreateStore(b.CreateAdd(i, b.getInt64(1)), index);
    b.CreateBr(head);
    b.SetInsertPoint(found);
    b.CreateStore(position, member(result_slot));
    b.CreateBr(stop);
    b.SetInsertPoint(stop);
    b.CreateRet(b.getInt64(1));
    b.SetInsertPoint(go_on);
    b.CreateRet(b.getInt64(0));
    return fn;
}

Value FunctionBuilder::find_text(const CallExpr& e) {
    uint64_t hay_size = 0, needle_size = 0;
    Value hay = text_argument(*e.args[0], hay_size), needle = text_argument(*e.args[1], needle_size);
    Value context = stack_slot(context_size);
    b_.CreateStore(hay, at(context, hay_slot));
    b_.CreateStore(needle, at(context, needle_slot));
    b_.CreateStore(b_.getInt64(static_cast<uint64_t>(-1)), at(context, result_slot));
    helper(bpf::Helper::loop, {number(hay_size), search_at(hay_size, needle_size), context, number(0)});
    Value position = b_.CreateLoad(b_.getInt64Ty(), at(context, result_slot));
    if (e.builtin == Builtin::strstr) return position;
    return b_.CreateICmpSGE(position, number(0));
}

// u64 compare(u64 position, context *): 1 stops the loop, with the result cleared where the texts differ.
llvm::Function* FunctionBuilder::compare_at(uint64_t size, bool ends_at_nul) {
    const std::string name = f_.name + "_compare_" + std::to_string(root().callbacks_++);
    auto* type = llvm::FunctionType::get(b_.getInt64Ty(), {b_.getInt64Ty(), m_.ptr()}, false);
    auto* fn = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, name, m_.module);
    auto* sp =
        m_.subprogram(fn, name, sp_->getLine(), {m_.types.s64(), m_.types.u64(), m_.types.pointer(m_.types.u64())});
    const auto add = [&] { return llvm::BasicBlock::Create(m_.context(), "", fn); };
    llvm::IRBuilder<> b(add());
    b.SetCurrentDebugLocation(llvm::DILocation::get(m_.context(), sp->getLine(), 0, sp));
    auto* i8 = b.getInt8Ty();
    Value context = fn->getArg(1), position = bpf::opaque(b, fn->getArg(0));
    const auto member = [&](uint64_t offset) { return b.CreateConstInBoundsGEP1_64(i8, context, offset); };
    auto *inside = add(), *same = add(), *differ = add(), *stop = add(), *go_on = add();
    b.CreateCondBr(b.CreateICmpULT(position, b.getInt64(size)), inside, stop);
    b.SetInsertPoint(inside);
    Value left = b.CreateLoad(m_.ptr(), member(hay_slot)), right = b.CreateLoad(m_.ptr(), member(needle_slot));
    Value l = b.CreateLoad(i8, b.CreateInBoundsGEP(i8, left, {position}));
    Value r = b.CreateLoad(i8, b.CreateInBoundsGEP(i8, right, {position}));
    b.CreateCondBr(b.CreateICmpEQ(l, r), same, differ);
    b.SetInsertPoint(same);
    if (ends_at_nul)
        b.CreateCondBr(b.CreateICmpEQ(l, b.getInt8(0)), stop, go_on);
    else
        b.CreateBr(go_on);
    b.SetInsertPoint(differ);
    b.CreateStore(b.getInt64(0), member(result_slot));
    b.CreateBr(stop);
    b.SetInsertPoint(stop);
    b.CreateRet(b.getInt64(1));
    b.SetInsertPoint(go_on);
    b.CreateRet(b.getInt64(0));
    return fn;
}

// More than the verifier walks byte by byte.
Value FunctionBuilder::equal_long(Value left, Value right, uint64_t size, bool ends_at_nul) {
    Value context = stack_slot(context_size);
    b_.CreateStore(left, at(context, hay_slot));
    b_.CreateStore(right, at(context, needle_slot));
    b_.CreateStore(b_.getInt64(1), at(context, result_slot));
    helper(bpf::Helper::loop, {number(size), compare_at(size, ends_at_nul), context, number(0)});
    return b_.CreateICmpNE(b_.CreateLoad(b_.getInt64Ty(), at(context, result_slot)), number(0));
}

}  // namespace avocet::dsl::lower
