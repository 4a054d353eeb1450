// SPDX-License-Identifier: Apache-2.0
//
// Loops. Small constant ranges are plain loops that the verifier walks; other ranges become bpf_loop and maps
// bpf_for_each_map_elem, whose bodies are functions of their own. A callback reaches what it shares with its clause
// through a context of addresses, and tells it by a flag when it ran into `return` or exit().
#include "avocet/abi/program.h"
#include "lower/function.hpp"

namespace avocet::dsl::lower {

using bpf::Helper;

namespace {

constexpr int64_t largest_plain_loop = 32;
constexpr uint64_t most_iterations = 1 << 23;  // BPF_MAX_LOOPS

std::optional<int64_t> literal(const Expr& e) {
    auto* i = as_if<IntegerExpr>(&e, ExprKind::integer);
    return i ? std::optional<int64_t>(static_cast<int64_t>(i->value)) : std::nullopt;
}

// The verifier follows a callback round after round until nothing is new. A counter of the clause on its stack would be
// new every time, to the limit of a million instructions. Rewriting the last byte of its slot alone makes the number,
// which stays what it is, unknown to the verifier.
void rewrite_last_byte(llvm::IRBuilderBase& b, Value slot, uint64_t size) {
    Value last = b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), slot, 7);
    Value byte = size < 8 ? static_cast<Value>(b.getInt8(0)) : b.CreateLoad(b.getInt8Ty(), last, true);
    b.CreateStore(byte, last, true);
}

}  // namespace

void FunctionBuilder::while_loop(const WhileStmt& s) {
    auto *head = new_block("while"), *body = new_block("loop"), *done = new_block("ended");
    b_.CreateBr(head);
    b_.SetInsertPoint(head);
    const KnownValues::Loop again(same_);
    Value go_on = condition(*s.condition);
    b_.CreateCondBr(go_on, body, done);
    b_.SetInsertPoint(body);
    loops_.push_back({done, head});
    block(*s.body);
    loops_.pop_back();
    branch(head);
    b_.SetInsertPoint(done);
}

void FunctionBuilder::counted_loop(const ForRangeStmt& s, int64_t low, int64_t high) {
    const Type& type = f_.body.variables[static_cast<size_t>(s.variable)].type;
    Value counter = stack_slot(8);
    b_.CreateStore(number(static_cast<uint64_t>(low)), counter);
    auto *head = new_block("for"), *body = new_block("loop"), *next = new_block("next"), *done = new_block("ended");
    b_.CreateBr(head);
    b_.SetInsertPoint(head);
    Value i = b_.CreateLoad(b_.getInt64Ty(), counter);
    b_.CreateCondBr(b_.CreateICmpSLT(i, number(static_cast<uint64_t>(high))), body, done);
    b_.SetInsertPoint(body);
    const KnownValues::Loop again(same_);
    store(type, i, variable(s.variable));
    loops_.push_back({done, next});
    block(*s.body);
    loops_.pop_back();
    branch(next);
    b_.SetInsertPoint(next);
    b_.CreateStore(b_.CreateAdd(b_.CreateLoad(b_.getInt64Ty(), counter), number(1)), counter);
    b_.CreateBr(head);
    b_.SetInsertPoint(done);
}

void FunctionBuilder::for_range(const ForRangeStmt& s) {
    const auto first = literal(*s.low), last = literal(*s.high);
    if (first && last && *last - *first <= largest_plain_loop) return counted_loop(s, *first, *last);
    const Type& type = f_.body.variables[static_cast<size_t>(s.variable)].type;
    Value low = widen(expr(*s.low), s.low->type), high = widen(expr(*s.high), s.high->type);
    Value count = b_.CreateSelect(b_.CreateICmpSLT(low, high), b_.CreateSub(high, low), number(0));
    count = within_kernel_limit(count, s.span);
    Value start = stack_slot(8);
    b_.CreateStore(low, start);

    const int shared = loop_value_key(s.variable);
    known_[{int(Captured::variable), shared}] = start;  // an address like any other: the callback adds its index
    FunctionBuilder callback(*this, f_.name + "_loop_" + std::to_string(root().callbacks_++), 2);
    callback.locate(s.span);
    Value index =
        callback.b_.CreateAdd(callback.fn_->getArg(0),
                              callback.b_.CreateLoad(b_.getInt64Ty(), callback.captured(Captured::variable, shared)));
    callback.store(type, index, callback.variable(s.variable));
    callback.run_callback_body(*s.body, nullptr);
    Value context = make_context(callback);
    helper(Helper::loop, {count, callback.fn_, context, number(0)});
    after_callback(callback);
}

// The kernel refuses longer loops; that rounds are missing is told.
Value FunctionBuilder::within_kernel_limit(Value count, const Span& span) {
    if (auto* known = llvm::dyn_cast<llvm::ConstantInt>(count); known && known->getZExtValue() <= most_iterations)
        return count;
    auto *from = b_.GetInsertBlock(), *cut = new_block("cut"), *go = new_block("rounds");
    b_.CreateCondBr(b_.CreateICmpULE(count, number(most_iterations)), go, cut);
    b_.SetInsertPoint(cut);
    run_time_error(span,
                   "Loop of more than 8388608 rounds. The kernel allows no more in one loop, the others are left out.",
                   "warning", "", count);
    auto* told = b_.GetInsertBlock();
    b_.CreateBr(go);
    b_.SetInsertPoint(go);
    auto* rounds = b_.CreatePHI(b_.getInt64Ty(), 2);
    rounds->addIncoming(count, from);
    rounds->addIncoming(number(most_iterations), told);
    return rounds;
}

void FunctionBuilder::for_map(const ForMapStmt& s) {
    const int map = map_of(*s.map);
    const MapInfo& info = map_info(map);
    const Type& pair = f_.body.variables[static_cast<size_t>(s.variable)].type;
    FunctionBuilder callback(*this, f_.name + "_each_" + std::to_string(root().callbacks_++), 4);
    callback.locate(s.span);
    Value memory = callback.variable(s.variable);
    const Member &key = pair.members->at(0), &value = pair.members->at(1);
    callback.clear(memory, pair.size);
    callback.store(*key.type, callback.load(*key.type, callback.fn_->getArg(1)), callback.at(memory, key.offset));
    if (info.aggregate == Aggregate::none) {
        callback.store(*value.type, callback.load(*value.type, callback.fn_->getArg(2)),
                       callback.at(memory, value.offset));
    } else {
        // Only this CPU's part is handed in: combine all of them. The key is read from our copy: helpers do not accept
        // the one handed in on older kernels.
        Value copied = callback.allocate(info.key.size);
        callback.copy(copied, callback.fn_->getArg(1), info.key.size);
        Value combined = callback.combined_value(info, map, copied);
        callback.store(*value.type, combined, callback.at(memory, value.offset));
    }
    callback.run_callback_body(*s.body, nullptr);
    Value context = make_context(callback);
    helper(Helper::for_each_map_elem, {m_.map(map).global, callback.fn_, context, number(0)});
    after_callback(callback);
}

// Fills in the callback after its prologue; `break` and `return` stop the iteration by returning 1.
void FunctionBuilder::run_callback_body(const Block& body, llvm::BasicBlock*) {
    auto *on_break = new_block("break"), *on_continue = new_block("continue");
    loops_.push_back({on_break, on_continue});
    block(body);
    loops_.pop_back();
    branch(on_continue);
    b_.SetInsertPoint(on_break);
    b_.CreateStore(number(1), result_);
    b_.CreateBr(finish_);
    b_.SetInsertPoint(on_continue);
    forget_numbers();
    b_.CreateBr(finish_);
    finish_clause();
}

void FunctionBuilder::forget_numbers() {
    for (const auto& [what, number_of] : captures_) {
        if (what != Captured::variable || !assigned_.count(number_of)) continue;
        const Type& type = f_.body.variables[static_cast<size_t>(number_of)].type;
        if (type.is_integer()) rewrite_last_byte(b_, captured(what, number_of), type.size);
    }
}

// The addresses a callback has asked for, in its order.
Value FunctionBuilder::make_context(FunctionBuilder& callback) {
    std::vector<Value> addresses;
    for (const auto& [what, number_of] : callback.captures_) {
        if (what == Captured::jumped || what == Captured::result) {
            addresses.push_back(jump_slot(what));
            continue;
        }
        addresses.push_back(what == Captured::variable ? variable_address(number_of) : captured(what, number_of));
    }
    Value context = stack_slot(std::max<uint64_t>(addresses.size(), 1) * 8);
    if (addresses.empty()) b_.CreateStore(number(0), context);
    for (size_t i = 0; i < addresses.size(); ++i) b_.CreateStore(addresses[i], at(context, i * 8));
    return context;
}

// Slots that a `return` inside a callback writes: the clause's own, handed down through nested callbacks.
Value FunctionBuilder::jump_slot(Captured what) {
    if (parent_) return captured(what);
    auto& slot = known_[{int(what), 0}];
    if (what == Captured::result) return slot ? slot : slot = result_;
    if (!slot) {
        llvm::IRBuilder<> entry(allocas_->getTerminator());
        auto* made = entry.CreateAlloca(entry.getInt64Ty());
        entry.CreateStore(entry.getInt64(0), made);
        slot = made;
    }
    return slot;
}

Value FunctionBuilder::variable_address(int number_of) {
    if (auto it = known_.find({int(Captured::variable), number_of}); it != known_.end()) return it->second;
    return variable(number_of);
}

void FunctionBuilder::after_callback(FunctionBuilder& callback) {
    bool may_leave = false;
    for (const auto& [what, number_of] : callback.captures_) may_leave = may_leave || what == Captured::jumped;
    if (!may_leave) return;
    auto *out = new_block("leave"), *next = new_block("after");
    Value jumped = b_.CreateLoad(b_.getInt64Ty(), jump_slot(Captured::jumped));
    b_.CreateCondBr(b_.CreateICmpNE(jumped, number(0)), out, next);
    b_.SetInsertPoint(out);
    if (!function_ends_.empty()) {  // the loop stands in a function, which may be all that was left
        auto *from_function = new_block("return"), *from_clause = new_block("leave_clause");
        b_.CreateCondBr(b_.CreateICmpEQ(jumped, number(jumped_to_function)), from_function, from_clause);
        b_.SetInsertPoint(from_function);
        b_.CreateStore(number(0), jump_slot(Captured::jumped));
        b_.CreateBr(function_ends_.back());
        b_.SetInsertPoint(from_clause);
    }
    if (parent_) b_.CreateStore(number(1), result_);  // stop the loop outside, too
    b_.CreateBr(finish_);
    b_.SetInsertPoint(next);
}

// len(@m): a callback that counts.
Value FunctionBuilder::count_elements(int map) {
    auto*& counter = root().counter_;
    if (!counter) {
        auto* type = llvm::FunctionType::get(b_.getInt64Ty(), {m_.ptr(), m_.ptr(), m_.ptr(), m_.ptr()}, false);
        const std::string name = f_.name + "_count";
        counter = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, name, m_.module);
        auto* word = m_.types.pointer(m_.types.u64());
        auto* sp = m_.subprogram(counter, name, sp_->getLine(), {m_.types.s64(), word, word, word, word});
        llvm::IRBuilder<> b(llvm::BasicBlock::Create(m_.context(), "", counter));
        b.SetCurrentDebugLocation(llvm::DILocation::get(m_.context(), sp->getLine(), 0, sp));
        Value slot = counter->getArg(3);
        b.CreateStore(b.CreateAdd(b.CreateLoad(b.getInt64Ty(), slot), b.getInt64(1)), slot);
        rewrite_last_byte(b, slot, 8);
        b.CreateRet(b.getInt64(0));
    }
    Value slot = stack_slot(8);
    b_.CreateStore(number(0), slot);
    for (Value part : {m_.map(map).global, m_.map(map).short_global})
        if (part) helper(Helper::for_each_map_elem, {part, counter, slot, number(0)});
    return b_.CreateLoad(b_.getInt64Ty(), slot);
}

}  // namespace avocet::dsl::lower
