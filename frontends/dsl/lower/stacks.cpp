// SPDX-License-Identifier: Apache-2.0
//
// Stack traces: walked into scratch memory, hashed, and kept once by their hash in avocet_stacks. A value of stack type
// is { id, pid }; id 0 is the empty stack. The kernel walks along frame pointers; dw_ustack along unwinding tables,
// with code of our own (runtime/unwind.bpf.c) that is linked to scripts that use it.
#include <utility>

#include "avocet/abi/program.h"
#include "lower/function.hpp"
#include "lower/map_answer.hpp"
#include "passes/builtins/builtins.hpp"
#include "passes/plan_outputs.hpp"

namespace avocet::dsl::lower {

using bpf::Helper;

namespace {

constexpr uint64_t hash_start = 0x9e3779b97f4a7c15, hash_multiplier = 0xff51afd7ed558ccd;
constexpr unsigned hash_shift = 32;
constexpr uint64_t raw_tracepoint_frames = 3;  // to skip: the low byte of bpf_get_stack's flags

}  // namespace

Value FunctionBuilder::stack_trace(const CallExpr& e, Value to) {
    const bool user = e.type.kind == TypeKind::ustack;
    Value result = room(e.type, to);
    b_.CreateStore(number(0), result);
    b_.CreateStore(number(0), at(result, 8));  // an empty stack is the same for all processes
    const uint64_t limit = e.type.limit, frames_size = limit * 8;
    if (limit == 0) return result;
    auto* type = b_.getInt64Ty();
    Value trace = frame_memory(8 + m_.unit.max_stack_frames * 8ull);
    // A raw tracepoint's walk begins in this program itself: the program, the runner and the event's own trampoline.
    const bool own_frames = facts().context == AVOCET_CONTEXT_RAW_TRACEPOINT;
    const uint64_t flags = user ? bpf::f_user_stack : own_frames ? raw_tracepoint_frames : 0;
    Value status =
        e.builtin == Builtin::dw_ustack
            ? unwound_frames(e, at(trace, 8))
            : helper(Helper::get_stack, {context_pointer(), at(trace, 8), number(frames_size), number(flags)});
    auto *walked = new_block("walked"), *failed = new_block("no_stack"), *done = new_block("stack");
    b_.CreateCondBr(b_.CreateICmpSGT(status, number(0)), walked, failed);
    b_.SetInsertPoint(failed);
    auto* unreadable = new_block("unreadable");
    // No user stack for a kernel thread: empty, and nothing is wrong.
    b_.CreateCondBr(b_.CreateICmpSLT(status, number(0)), user ? done : unreadable, done);
    b_.SetInsertPoint(unreadable);
    count_loss(AVOCET_LOSS_STACK_UNREADABLE);
    b_.CreateBr(done);

    b_.SetInsertPoint(walked);
    Value count = b_.CreateLShr(status, 3), hash = stack_slot(8), index = stack_slot(8);
    b_.CreateStore(count, trace);
    b_.CreateStore(number(hash_start), hash);
    b_.CreateStore(number(0), index);
    auto *head = new_block("frames"), *within = new_block("within"), *mix = new_block("mix"), *keep = new_block("keep");
    b_.CreateBr(head);
    b_.SetInsertPoint(head);
    Value i = b_.CreateLoad(type, index);
    b_.CreateCondBr(b_.CreateICmpULT(i, number(limit)), within, keep);
    b_.SetInsertPoint(within);
    b_.CreateCondBr(b_.CreateICmpULT(i, count), mix, keep);
    b_.SetInsertPoint(mix);
    Value frame = b_.CreateLoad(type, b_.CreateInBoundsGEP(type, at(trace, 8), {i}));
    Value mixed = b_.CreateMul(b_.CreateXor(b_.CreateLoad(type, hash), frame), number(hash_multiplier));
    b_.CreateStore(b_.CreateXor(mixed, b_.CreateLShr(mixed, hash_shift)), hash);
    b_.CreateStore(b_.CreateAdd(i, number(1)), index);
    b_.CreateBr(head);

    b_.SetInsertPoint(keep);
    Value id = b_.CreateLoad(type, hash);
    b_.CreateStore(b_.CreateSelect(b_.CreateICmpEQ(id, number(0)), number(1), id), hash);
    Value known = to_pointer(helper(Helper::map_lookup_elem, {m_.stacks(), hash}));
    auto *add = new_block("add"), *full = new_block("full"), *stored = new_block("stored"), *check = new_block("check");
    b_.CreateCondBr(b_.CreateIsNull(known), add, stored);
    b_.SetInsertPoint(add);
    Value added = map_answer(b_, helper(Helper::map_update_elem, {m_.stacks(), hash, trace, number(bpf::noexist)}));
    b_.CreateCondBr(b_.CreateICmpSLT(added, number(0)), check, stored);
    b_.SetInsertPoint(check);  // -EEXIST: another CPU has just added it
    b_.CreateCondBr(b_.CreateICmpEQ(added, b_.getInt64(static_cast<uint64_t>(-17))), stored, full);
    b_.SetInsertPoint(full);
    count_loss(AVOCET_LOSS_STACK_FULL);
    b_.CreateBr(stored);
    b_.SetInsertPoint(stored);
    b_.CreateStore(b_.CreateLoad(type, hash), result);
    if (user) b_.CreateStore(b_.CreateLShr(helper(Helper::get_current_pid_tgid, {}), 32), at(result, 8));
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    return result;
}

llvm::Function* ModuleBuilder::unwind() {
    constexpr const char* name = "avocet_unwind";
    if (auto* present = module.getFunction(name)) return present;
    auto* type = llvm::FunctionType::get(i(64), {i(32), ptr(), i(64)}, false);
    auto* fn = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, name, module);
    fn->addParamAttr(0, llvm::Attribute::ZExt);
    auto* signature = di.createSubroutineType(
        di.getOrCreateTypeArray({types.s64(), types.u32(), types.pointer(types.u64()), types.u64()}));
    fn->setSubprogram(di.createFunction(types.file(), name, name, types.file(), 0, signature, 0,
                                        llvm::DINode::FlagPrototyped, llvm::DISubprogram::SPFlagOptimized));
    return fn;
}

// Bytes of frames, or a negative errno: the session has given no tables of this process. That is told once for each
// place, since it may be so for every event.
Value FunctionBuilder::unwound_frames(const CallExpr& e, Value frames) {
    if (!std::exchange(m_.unit.unwinds, true)) {
        RunTimeFact fact;
        fact.kind = "unwind_tables";
        fact.name = "dw_ustack";
        fact.span = e.span;
        m_.unit.facts.push_back(fact);
    }
    Value process = b_.CreateTrunc(b_.CreateLShr(pid_tgid(false), 32), b_.getInt32Ty());
    Value status = b_.CreateCall(m_.unwind(), {process, frames, number(e.type.limit)});
    const int output = add_error_output(m_.unit, e.span,
                                        "No DWARF unwind data available for this process. Use -p or --dwarf-pid to "
                                        "specify target PIDs.",
                                        "warning", "");
    auto* flag = m_.flag("avocet_reported_" + std::to_string(output));
    auto *missing = new_block("no_tables"), *report = new_block("report"), *next = new_block("unwound");
    b_.CreateCondBr(b_.CreateICmpSLT(status, number(0)), missing, next);
    b_.SetInsertPoint(missing);
    b_.CreateCondBr(b_.CreateICmpEQ(b_.CreateLoad(b_.getInt64Ty(), flag), number(0)), report, next);
    b_.SetInsertPoint(report);
    b_.CreateStore(number(1), flag);
    emit_control(output, number(0));
    b_.CreateBr(next);
    b_.SetInsertPoint(next);
    return status;
}

Value FunctionBuilder::stack_length(const CallExpr& e) {
    Value stack = expr(*e.args[0]), slot = stack_slot(8), id = stack_slot(8);
    b_.CreateStore(number(0), slot);
    b_.CreateStore(b_.CreateLoad(b_.getInt64Ty(), stack), id);
    Value found = to_pointer(helper(Helper::map_lookup_elem, {m_.stacks(), id}));
    auto *hit = new_block("hit"), *done = new_block("length");
    b_.CreateCondBr(b_.CreateIsNull(found), done, hit);
    b_.SetInsertPoint(hit);
    b_.CreateStore(b_.CreateLoad(b_.getInt64Ty(), found), slot);
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    return b_.CreateLoad(b_.getInt64Ty(), slot);
}

}  // namespace avocet::dsl::lower
