// SPDX-License-Identifier: Apache-2.0
//
// What the probe provides: words and registers of the context, named arguments, the attach id.
//
// The context may only be read at fixed offsets in single loads: all of them are volatile, so that nothing merges them.
#include "lower/function.hpp"

#include <algorithm>
#include <iterator>

#include "avocet/abi/program.h"
#include "passes/builtins/builtins.hpp"

namespace avocet::dsl::lower {

namespace {

// Which system call registers a clause reads: two or more are fetched with one read.
class RegisterWalk : public Walker {
public:
    explicit RegisterWalk(const ProbeFacts& facts) : facts_(facts) {}
    void on_expr(ExprPtr& e) override {
        if (auto* f = as_if<FieldExpr>(e.get(), ExprKind::field); f && f->arg >= 0) {
            const ProbeArg& a = facts_.args[static_cast<size_t>(f->arg)];
            if (a.place == AVOCET_PLACE_SYSCALL) add(a.index);
        }
        if (auto* c = as_if<CallExpr>(e.get(), ExprKind::call);
            c && c->builtin == Builtin::argn && facts_.argn_place == AVOCET_PLACE_SYSCALL)
            add(static_cast<uint32_t>(c->number));
        walk_children(*e);
    }
    void add(uint32_t index) {
        const uint64_t offset = index == AVOCET_SYSCALL_NUMBER ? bpf::reg_orig_ax
                                : index < 6                    ? bpf::syscall_registers[index]
                                                               : bpf::reg_di;
        low = std::min(low, offset);
        high = std::max(high, offset + 8);
        if (std::find(seen.begin(), seen.end(), offset) == seen.end()) seen.push_back(offset);
    }
    uint64_t low = UINT64_MAX, high = 0;
    std::vector<uint64_t> seen;

private:
    const ProbeFacts& facts_;
};

}  // namespace

Value FunctionBuilder::context_load(unsigned bytes, uint64_t offset) {
    auto* load = b_.CreateAlignedLoad(b_.getIntNTy(bytes * 8), at(context_pointer(), offset), llvm::Align(bytes), true);
    return b_.CreateZExt(load, b_.getInt64Ty());
}

void FunctionBuilder::plan_registers() {
    RegisterWalk walk(facts());
    walk.on_clause(f_.body);
    if (walk.seen.size() < 2) return;
    register_low_ = walk.low;
    register_high_ = walk.high;
    const uint64_t size = register_high_ - register_low_;
    Value memory = stack_slot(size);
    statement_slots_.clear();  // for the whole function
    helper(bpf::Helper::probe_read_kernel,
           {memory, number(size), b_.CreateAdd(context_load(8, 0), number(register_low_))});
    known_[{int(Captured::registers), 0}] = memory;
}

Value FunctionBuilder::syscall_register(uint64_t offset) {
    if (owns(Captured::registers, 0)) {
        const FunctionBuilder* top = this;
        while (top->parent_) top = top->parent_;
        if (offset >= top->register_low_ && offset + 8 <= top->register_high_)
            return b_.CreateLoad(b_.getInt64Ty(), at(captured(Captured::registers), offset - top->register_low_));
    }
    Value slot = stack_slot(8);
    helper(bpf::Helper::probe_read_kernel, {slot, number(8), b_.CreateAdd(context_load(8, 0), number(offset))});
    return b_.CreateLoad(b_.getInt64Ty(), slot);
}

Value FunctionBuilder::pt_register(uint64_t offset) { return context_load(8, offset); }

Value FunctionBuilder::raw_argument(avocet_place place, uint64_t index, uint64_t size, bool is_signed) {
    const auto narrow = [&](Value v) {
        if (size >= 8 || size == 0) return v;
        Value cut = b_.CreateTrunc(v, b_.getIntNTy(static_cast<unsigned>(size * 8)));
        return is_signed ? b_.CreateSExt(cut, b_.getInt64Ty()) : b_.CreateZExt(cut, b_.getInt64Ty());
    };
    switch (place) {
        case AVOCET_PLACE_CONTEXT: return narrow(context_load(static_cast<unsigned>(size), index));
        case AVOCET_PLACE_DATA_LOC:
            return b_.CreateAdd(b_.CreatePtrToInt(context_pointer(), b_.getInt64Ty()),
                                b_.CreateAnd(context_load(4, index), 0xffff));
        case AVOCET_PLACE_WORD: return narrow(context_load(8, index * 8));
        case AVOCET_PLACE_REGISTER: return narrow(pt_register(bpf::call_registers[index % 6]));
        case AVOCET_PLACE_SYSCALL:
            return narrow(syscall_register(index == AVOCET_SYSCALL_NUMBER ? bpf::reg_orig_ax
                                                                          : bpf::syscall_registers[index % 6]));
        case AVOCET_PLACE_RETURN: return narrow(pt_register(bpf::reg_ax));
        default: return number(0);
    }
}

Value FunctionBuilder::argument(const ProbeArg& arg, const Span& span) {
    if (found_at_run_time(arg)) return run_time_argument(arg, arg.type.is_signed || arg.flags & AVOCET_ARG_SIGNED);
    if (arg.place == AVOCET_PLACE_LOCATION) return located_argument(arg.location, span);
    if (arg.place == AVOCET_PLACE_TARGET) return target_argument(arg.index, span);
    return raw_argument(arg.place, arg.index, arg.size, arg.type.is_signed || arg.flags & AVOCET_ARG_SIGNED);
}

// argN
Value FunctionBuilder::numbered_argument(const CallExpr& e) {
    if (facts().argn_place == AVOCET_PLACE_TARGET) return target_argument(e.number, e.span);
    return raw_argument(facts().argn_place, e.number, 8, false);
}

// Arguments that are not scalars: arrays and strings inside the context, structs that a program passes by value.
Place FunctionBuilder::argument_place(const ProbeArg& arg) {
    if (arg.flags & AVOCET_ARG_CONTINUES) {
        const ProbeArg& rest = (&arg)[1];
        Value whole = stack_slot(16);
        b_.CreateStore(context_load(8, arg.index), whole);
        b_.CreateStore(context_load(8, rest.index), at(whole, 8));
        return {whole, 0, Space::none, true, false};
    }
    if (arg.place == AVOCET_PLACE_LOCATION) return {location_address(arg.location), 0, Space::user, false, false};
    if (arg.place == AVOCET_PLACE_CONTEXT && found_at_run_time(arg)) return run_time_place(arg);
    if (arg.place == AVOCET_PLACE_CONTEXT) return {context_pointer(), arg.index, Space::kernel, true, true};
    if (arg.place == AVOCET_PLACE_WORD) return {context_pointer(), arg.index * 8ull, Space::kernel, true, true};
    return {argument(arg), 0, arg.flags & AVOCET_ARG_USER ? Space::user : Space::kernel, false, false};
}

Value FunctionBuilder::attach_id() {
    if (facts().identity == AVOCET_IDENTITY_SELECTOR)
        return b_.CreateTrunc(b_.CreateLoad(b_.getInt64Ty(), captured(Captured::attach)), b_.getInt32Ty());
    Value only = constant((AVOCET_CONST_ATTACH_PREFIX + f_.name).c_str(), 32);
    if (facts().identity != AVOCET_IDENTITY_COOKIE) return only;
    Value slot = stack_slot(8);
    b_.CreateStore(b_.CreateZExt(only, b_.getInt64Ty()), slot);
    auto *ask = new_block("cookie"), *done = new_block("identified");
    b_.CreateCondBr(b_.CreateICmpEQ(only, b_.getInt32(0)), ask, done);
    b_.SetInsertPoint(ask);
    b_.CreateStore(helper(bpf::Helper::get_attach_cookie, {context_pointer()}), slot);
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    return b_.CreateTrunc(b_.CreateLoad(b_.getInt64Ty(), slot), b_.getInt32Ty());
}

}  // namespace avocet::dsl::lower
