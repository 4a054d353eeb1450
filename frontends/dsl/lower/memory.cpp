// SPDX-License-Identifier: Apache-2.0
//
// Where values live: stack slots reused between statements, the scratch frame, variables, and what callbacks reach of
// their parents.
#include <llvm/IR/Instructions.h>

#include "avocet/abi/program.h"
#include "lower/function.hpp"

namespace avocet::dsl::lower {

namespace {

// The verifier allows 512 bytes for a chain of calls: 256 for a clause, as much for callbacks below it and spills.
constexpr uint64_t largest_on_stack = 64, stack_budget = 256, callback_stack_budget = 128;
constexpr uint32_t frames_if_preemptible = 4;
constexpr uint64_t most_variables_on_stack = 128;
// Above this a helper call is shorter than the stores it replaces.
constexpr uint64_t largest_inline_copy = 128;

uint64_t align_up(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

}  // namespace

Value FunctionBuilder::at(Value base, uint64_t offset) {
    return offset == 0 ? base : b_.CreateConstInBoundsGEP1_64(b_.getInt8Ty(), base, offset);
}

Value FunctionBuilder::stack_slot(uint64_t size) {
    size = align_up(std::max<uint64_t>(size, 1), 8);
    if (auto found = free_slots_.find(size); found != free_slots_.end()) {
        Value slot = found->second;
        free_slots_.erase(found);
        statement_slots_.emplace_back(size, slot);
        return slot;
    }
    llvm::IRBuilder<> at_entry(allocas_, allocas_->begin());
    auto* type = llvm::ArrayType::get(b_.getInt64Ty(), size / 8);
    auto* slot = at_entry.CreateAlloca(size == 8 ? b_.getInt64Ty() : static_cast<llvm::Type*>(type));
    slot->setAlignment(llvm::Align(8));
    stack_used_ += size;
    statement_slots_.emplace_back(size, slot);
    return slot;
}

Value FunctionBuilder::allocate(uint64_t size, uint64_t) {
    const uint64_t rounded = align_up(std::max<uint64_t>(size, 1), 8);
    const bool reusable = free_slots_.count(rounded) > 0;
    if (rounded <= 8 || (rounded <= largest_on_stack && (reusable || fits_on_stack(rounded))))
        return stack_slot(rounded);
    return frame_memory(rounded);
}

Value FunctionBuilder::frame_memory(uint64_t size) {
    const uint64_t offset = memory_.scratch_used;
    memory_.scratch_used += align_up(size, 8);
    memory_.scratch_high = std::max(memory_.scratch_high, memory_.scratch_used);
    return at(scratch_base(), offset);
}

// Variables keep their place for the whole function; the big ones, and the small ones that are one too many for the
// stack, stand at the front of the frame.
void FunctionBuilder::plan_variables() {
    memory_.scratch_used = facts().flags & AVOCET_GROUP_PREEMPTIBLE ? 8 : 0;
    uint64_t on_stack = 0;
    for (size_t i = 0; i < f_.body.variables.size(); ++i) {
        const uint64_t size = align_up(f_.body.variables[i].type.size, 8);
        if (size <= 16 && on_stack + size <= most_variables_on_stack) {
            on_stack += size;
            continue;
        }
        memory_.variable_offset[static_cast<int>(i)] = memory_.scratch_used;
        memory_.scratch_used += size;
    }
    memory_.scratch_high = memory_.scratch_used;
}

Value FunctionBuilder::variable(int number) {
    if (auto it = known_.find({int(Captured::variable), number}); it != known_.end()) return it->second;
    if (auto offset = memory_.variable_offset.find(number); offset != memory_.variable_offset.end())
        return at(scratch_base(), offset->second);  // a GEP at each use: the base dominates, this block may not
    if (parent_ && parent_->owns(Captured::variable, number)) return captured(Captured::variable, number);
    Value slot = lasting_slot(f_.body.variables[static_cast<size_t>(number)].type.size);
    known_[{int(Captured::variable), number}] = slot;
    return slot;
}

bool FunctionBuilder::fits_on_stack(uint64_t size) const {
    return stack_used_ + size <= (parent_ ? callback_stack_budget : stack_budget);
}

Value FunctionBuilder::lasting_slot(uint64_t size) {
    const size_t mark = statement_slots_.size();
    const auto saved = std::move(free_slots_);
    free_slots_.clear();
    Value slot = stack_slot(size);
    free_slots_ = saved;
    statement_slots_.resize(mark);
    return slot;
}

bool FunctionBuilder::owns(Captured what, int number) const {
    return known_.count({int(what), number}) || (parent_ && parent_->owns(what, number));
}

// In the clause: what the prologue has noted. In a callback: loaded once from its context, in the entry block.
Value FunctionBuilder::captured(Captured what, int number) {
    auto& slot = known_[{int(what), number}];
    if (slot) return slot;
    if (!parent_) {
        if (what == Captured::scratch) setup_scratch();
        return slot;
    }
    const size_t index = captures_.size();
    captures_.emplace_back(what, number);
    llvm::IRBuilder<> entry(allocas_);
    if (auto* terminator = allocas_->getTerminator()) entry.SetInsertPoint(terminator);
    entry.SetCurrentDebugLocation(llvm::DILocation::get(m_.context(), sp_->getLine(), 0, sp_));
    Value context = fn_->getArg(static_cast<unsigned>(fn_->arg_size() - 1));
    slot = entry.CreateLoad(m_.ptr(), entry.CreateConstInBoundsGEP1_64(entry.getInt64Ty(), context, index));
    return slot;
}

Value FunctionBuilder::scratch_base() {
    memory_.needs_scratch = true;
    return captured(Captured::scratch);
}

// Fills in `setup_`: looks the frame up, claims it if it may be in use.
void FunctionBuilder::setup_scratch() {
    const bool claim = facts().flags & AVOCET_GROUP_PREEMPTIBLE;
    const uint32_t first = m_.scratch_frames, frames = claim ? frames_if_preemptible : 1;
    m_.scratch_frames += frames;
    llvm::IRBuilder<> saved(b_.GetInsertBlock(), b_.GetInsertPoint());
    const auto location = b_.getCurrentDebugLocation();
    b_.SetInsertPoint(setup_);
    Value key = stack_slot(8);
    auto* got = llvm::BasicBlock::Create(m_.context(), "scratch", fn_);
    std::vector<std::pair<Value, llvm::BasicBlock*>> found;
    for (uint32_t i = 0; i < frames; ++i) {
        b_.CreateStore(b_.getInt32(first + i), key);
        Value frame = to_pointer(helper(bpf::Helper::map_lookup_elem, {m_.scratch(), key}));
        auto* usable = new_block("frame");
        b_.CreateCondBr(b_.CreateIsNull(frame), finish_, usable);
        b_.SetInsertPoint(usable);
        if (!claim) {
            found.emplace_back(frame, usable);
            b_.CreateBr(got);
            break;
        }
        auto* exchange = b_.CreateAtomicCmpXchg(frame, number(0), number(1), llvm::Align(8),
                                                llvm::AtomicOrdering::SequentiallyConsistent,
                                                llvm::AtomicOrdering::SequentiallyConsistent);
        auto* next = new_block("busy");
        found.emplace_back(frame, usable);
        b_.CreateCondBr(b_.CreateICmpEQ(b_.CreateExtractValue(exchange, 0), number(0)), got, next);
        b_.SetInsertPoint(next);
    }
    if (claim) {
        count_loss(AVOCET_LOSS_SCRATCH_BUSY);
        b_.CreateBr(finish_);
    }
    b_.SetInsertPoint(got);
    auto* frame = b_.CreatePHI(m_.ptr(), static_cast<unsigned>(found.size()));
    for (auto& [value, from] : found) frame->addIncoming(value, from);
    if (claim) b_.CreateStore(b_.CreatePtrToInt(frame, b_.getInt64Ty()), claimed_);
    known_[{int(Captured::scratch), 0}] = frame;
    setup_ = got;  // its jump to the code that follows is made by whoever ends the prologue
    b_.SetInsertPoint(saved.GetInsertBlock(), saved.GetInsertPoint());
    b_.SetCurrentDebugLocation(location);
}

// Everything that memory comes from (stack slots, frames, map values, reservations) is aligned to 8 bytes.
llvm::Align FunctionBuilder::alignment(Value address) const {
    llvm::APInt offset(64, 0);
    Value base = address->stripAndAccumulateConstantOffsets(m_.module.getDataLayout(), offset, true);
    if (llvm::isa<llvm::GetElementPtrInst>(base)) return llvm::Align(1);
    const uint64_t low = offset.getZExtValue() & 7;
    return llvm::Align(low == 0 ? 8 : low & -low);
}

void FunctionBuilder::clear(Value to, uint64_t size) {
    if (size == 0) return;
    if (size <= largest_inline_copy)
        b_.CreateMemSet(to, b_.getInt8(0), size, alignment(to));
    else
        helper(bpf::Helper::probe_read_kernel, {to, number(size), number(0)});  // a failed read clears its target
}

void FunctionBuilder::copy(Value to, Value from, uint64_t size) {
    if (size == 0 || to == from) return;
    if (size <= largest_inline_copy)
        b_.CreateMemCpy(to, alignment(to), from, alignment(from), size);
    else
        helper(bpf::Helper::probe_read_kernel, {to, number(size), from});
}

}  // namespace avocet::dsl::lower
