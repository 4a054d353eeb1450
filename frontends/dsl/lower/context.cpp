// SPDX-License-Identifier: Apache-2.0
//
// What the probe provides: words and registers of the context, named arguments, the attach id.
//
// The context may only be read at fixed offsets in single loads: all of them are volatile, so that nothing merges them.
#include "lower/function.hpp"

#include "avocet/abi/program.h"
#include "passes/builtins/builtins.hpp"

namespace avocet::dsl::lower {

namespace {

// Of fentry and fexit programs, inlined by the verifier (Linux 5.17; where there are attach cookies they are there).
constexpr auto get_func_arg = static_cast<bpf::Helper>(183), get_func_ret = static_cast<bpf::Helper>(184);

}  // namespace

Value FunctionBuilder::context_load(unsigned bytes, uint64_t offset) {
    const std::string name = "context " + std::to_string(offset) + "+" + std::to_string(bytes);
    if (Value known = same_.fact(name)) return known;
    auto* load = b_.CreateAlignedLoad(b_.getIntNTy(bytes * 8), at(context_pointer(), offset), llvm::Align(bytes), true);
    return same_.remember_fact(name, b_.CreateZExt(load, b_.getInt64Ty()));
}

Value FunctionBuilder::current_task() {
    if (Value known = same_.fact("task_struct")) return known;
    return same_.remember_fact("task_struct", helper(bpf::Helper::get_current_task_btf, {}));
}

// The registers of the running task's system call: typed memory, which needs no helper to be read.
Value FunctionBuilder::syscall_register(uint64_t offset) {
    Value registers = same_.fact("task registers");
    if (!registers)
        registers = same_.remember_fact("task registers", helper(bpf::Helper::task_pt_regs, {current_task()}));
    auto* load = b_.CreateLoad(b_.getInt64Ty(), to_pointer(b_.CreateAdd(registers, number(offset))));
    load->setVolatile(true);
    return load;
}

Value FunctionBuilder::pt_register(uint64_t offset) { return context_load(8, offset); }

Value FunctionBuilder::raw_argument(avocet_place place, uint64_t index, uint64_t size, bool is_signed) {
    const auto narrow = [&](Value v) {
        if (size >= 8 || size == 0) return v;
        Value cut = b_.CreateTrunc(v, b_.getIntNTy(static_cast<unsigned>(size * 8)));
        return is_signed ? b_.CreateSExt(cut, b_.getInt64Ty()) : b_.CreateZExt(cut, b_.getInt64Ty());
    };
    // To the verifier a word of fentry, fexit and typed tracepoints that points to a kernel object is that pointer,
    // with which nothing can be done but adding constants and passing it on. Read by a helper it is a number.
    const auto word = [&]() -> Value {
        const bool at_return = facts().context == AVOCET_CONTEXT_FEXIT;
        const bool function = at_return || facts().context == AVOCET_CONTEXT_FENTRY;
        if (!function && facts().context != AVOCET_CONTEXT_TRACEPOINT_BTF) return context_load(8, index * 8);
        const std::string name = "number " + std::to_string(index);
        if (Value known = same_.fact(name)) return known;
        Value slot = stack_slot(8);
        const bool result = at_return && facts().has & AVOCET_HAS_RETVAL && facts().retval.index == index;
        if (!function || facts().identity != AVOCET_IDENTITY_COOKIE || m_.unit.portable())
            helper(bpf::Helper::probe_read_kernel, {slot, number(8), at(context_pointer(), index * 8)});
        else if (result)
            helper(get_func_ret, {context_pointer(), slot});
        else
            helper(get_func_arg, {context_pointer(), number(index), slot});
        return same_.remember_fact(name, b_.CreateLoad(b_.getInt64Ty(), slot));
    };
    switch (place) {
        case AVOCET_PLACE_CONTEXT: return narrow(context_load(static_cast<unsigned>(size), index));
        case AVOCET_PLACE_DATA_LOC:
            return b_.CreateAdd(b_.CreatePtrToInt(context_pointer(), b_.getInt64Ty()),
                                b_.CreateAnd(context_load(4, index), 0xffff));
        case AVOCET_PLACE_WORD: return size >= 8 || size == 0 ? word() : narrow(context_load(8, index * 8));
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
    Value cookie = helper(bpf::Helper::get_attach_cookie, {context_pointer()});
    if (facts().probetype == "kretprobe") {  // a session's one cookie has the return's id in its upper half
        Value upper = b_.CreateLShr(cookie, 32);
        cookie = b_.CreateSelect(b_.CreateICmpNE(upper, number(0)), upper, cookie);
    }
    b_.CreateStore(cookie, slot);
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    return b_.CreateTrunc(b_.CreateLoad(b_.getInt64Ty(), slot), b_.getInt32Ty());
}

}  // namespace avocet::dsl::lower
