// SPDX-License-Identifier: Apache-2.0
//
// Builtin values and functions by their table entry (passes/builtins/builtins.hpp says what each call carries).
#include "avocet/abi/program.h"
#include "lower/function.hpp"
#include "passes/builtins/builtins.hpp"
#include "passes/typer.hpp"

namespace avocet::dsl::lower {

using bpf::Helper;

Value FunctionBuilder::rodata(llvm::GlobalVariable* global, unsigned bits) {
    auto* load = b_.CreateAlignedLoad(b_.getIntNTy(bits), global, llvm::Align(bits / 8));
    load->setVolatile(true);  // set by the session before load: nothing to fold here
    return load;
}

Value FunctionBuilder::constant(const char* name, unsigned bits) { return rodata(m_.constant(name, bits), bits); }

// tgid << 32 | thread id, in the tracer's PID namespace unless `initial`.
Value FunctionBuilder::pid_tgid(bool initial) {
    const char* name = initial ? "initial task" : "task";
    if (Value known = same_.fact(name)) return known;
    if (initial) return same_.remember_fact(name, helper(Helper::get_current_pid_tgid, {}));
    Value inode = constant(AVOCET_CONST_PIDNS_INO, 64), slot = stack_slot(8), info = stack_slot(8);
    auto *plain = new_block("initial"), *inside = new_block("namespace"), *done = new_block("ids");
    b_.CreateCondBr(b_.CreateICmpEQ(inode, number(0)), plain, inside);
    b_.SetInsertPoint(plain);
    b_.CreateStore(helper(Helper::get_current_pid_tgid, {}), slot);
    b_.CreateBr(done);
    b_.SetInsertPoint(inside);  // struct bpf_pidns_info { u32 pid, tgid; }: the same order of words
    b_.CreateStore(number(0), info);
    helper(Helper::get_ns_current_pid_tgid, {constant(AVOCET_CONST_PIDNS_DEV, 64), inode, info, number(8)});
    b_.CreateStore(b_.CreateLoad(b_.getInt64Ty(), info), slot);
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    return same_.remember_fact(name, b_.CreateLoad(b_.getInt64Ty(), slot));
}

Value FunctionBuilder::pid_or_tid(const CallExpr& e, bool thread) {
    Value both = pid_tgid(e.number == 1);
    return b_.CreateTrunc(thread ? both : b_.CreateLShr(both, 32), b_.getInt32Ty());
}

// Zero without a command, and told: a filter by it lets nothing through. The verifier drops the report if there is one.
Value FunctionBuilder::child_pid(const CallExpr& e) {
    Value pid = constant(AVOCET_CONST_CPID, 32);
    auto *none = new_block("no_child"), *done = new_block("child");
    b_.CreateCondBr(b_.CreateICmpEQ(pid, b_.getInt32(0)), none, done);
    b_.SetInsertPoint(none);
    run_time_error(e.span, "No child command (`-c`); cpid is zero", "warning", "", number(0));
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    return b_.CreateZExt(pid, b_.getInt64Ty());
}

Value FunctionBuilder::parent_pid(const CallExpr& e) {
    const StructLayout* layout = m_.unit.structs.find_struct("task_struct");
    const Member *parent = nullptr, *tgid = nullptr;
    for (size_t i = 0; layout && i < layout->members.size(); ++i) {
        if (layout->members[i].name == "real_parent") parent = &layout->members[i];
        if (layout->members[i].name == "tgid") tgid = &layout->members[i];
    }
    if (!parent || !tgid) {
        m_.unit.diagnostics->error(e.span, "ppid: this kernel has no BTF that describes tasks")
            .with_hint("a kernel with CONFIG_DEBUG_INFO_BTF=y is needed");
        return b_.getInt32(0);
    }
    Value task = e.args.empty() ? helper(Helper::get_current_task, {}) : expr(*e.args[0]);
    Value slot = stack_slot(8);
    probe_read(slot, 8, kernel_field(task, "task_struct", *parent), Space::kernel, e.span);
    Value father = b_.CreateLoad(b_.getInt64Ty(), slot);
    probe_read(slot, 4, kernel_field(father, "task_struct", *tgid), Space::kernel, e.span);
    return b_.CreateLoad(b_.getInt32Ty(), slot);
}

Value FunctionBuilder::call(const CallExpr& e, Value to) {
    switch (e.builtin) {
        case Builtin::clear:
        case Builtin::zero:
        case Builtin::delete_:
        case Builtin::find:
        case Builtin::has_key:
        case Builtin::len: return call_map(e, to);
        case Builtin::printf:
        case Builtin::print:
        case Builtin::errorf:
        case Builtin::warnf:
        case Builtin::cat:
        case Builtin::system:
        case Builtin::time:
        case Builtin::join: emit_output(e); return nullptr;
        case Builtin::exit:
            emit_output(e);
            leave(nullptr);
            return nullptr;
        case Builtin::str:
        case Builtin::buf:
        case Builtin::strlen:
        case Builtin::strcap:
        case Builtin::strcontains:
        case Builtin::strstr:
        case Builtin::strncmp:
        case Builtin::memcmp:
        case Builtin::pton:
        case Builtin::str_concat:
        case Builtin::macaddr:
        case Builtin::ntop: return call_text(e, to);
        case Builtin::kstack:
        case Builtin::ustack:
        case Builtin::dw_ustack: return stack_trace(e, to);
        case Builtin::reg:
        case Builtin::func:
        case Builtin::usermode:
        case Builtin::retval:
        case Builtin::argn:
        case Builtin::ctx:
        case Builtin::args:
        case Builtin::ksym:
        case Builtin::usym:
        case Builtin::kptr:
        case Builtin::uptr:
        case Builtin::probe:
        case Builtin::is_err:
        case Builtin::bswap:
        case Builtin::strftime:
        case Builtin::cgroup_path:
        case Builtin::strerror:
        case Builtin::signal_name:
        case Builtin::syscall_name: return call_address(e, to);
        case Builtin::path:
        case Builtin::socket_cookie:
        case Builtin::override_:
        case Builtin::write_user:
        case Builtin::percpu_kaddr:
        case Builtin::debugf:
        case Builtin::skboutput:
        case Builtin::task_comm: return call_kernel(e, to);
        case Builtin::c_function: return call_c_function(e);
        case Builtin::signal: helper(Helper::send_signal, {widen(expr(*e.args[0]), e.args[0]->type)}); return nullptr;
        case Builtin::signal_thread:
            helper(Helper::send_signal_thread, {widen(expr(*e.args[0]), e.args[0]->type)});
            return nullptr;
        default: return call_value(e, to);
    }
}

// The default, unless the session has put something else there.
Value FunctionBuilder::option_value(const CallExpr& e, Value to) {
    auto* global = m_.option(m_.unit.options[e.number]);
    if (e.type.is_string()) {
        if (!to) return global;
        copy(to, global, e.type.size);
        return to;
    }
    if (e.type.kind == TypeKind::boolean) return b_.CreateICmpNE(rodata(global, 8), b_.getInt8(0));
    return rodata(global, 64);
}

Value FunctionBuilder::call_value(const CallExpr& e, Value to) {
    switch (e.builtin) {
        case Builtin::kaddr: return run_time_number("kernel_symbol", *literal_string(*e.args[0]), e.args[0]->span);
        case Builtin::cgroupid: return run_time_number("cgroup", *literal_string(*e.args[0]), e.args[0]->span);
        case Builtin::pid: return pid_or_tid(e, false);
        case Builtin::tid: return pid_or_tid(e, true);
        case Builtin::ppid: return parent_pid(e);
        case Builtin::uid:
        case Builtin::username: return b_.CreateAnd(helper(Helper::get_current_uid_gid, {}), 0xffffffff);
        case Builtin::gid: return b_.CreateLShr(helper(Helper::get_current_uid_gid, {}), 32);
        case Builtin::comm: {
            Value memory = room(e.type, to);
            clear(memory, e.type.size);  // Linux 6.1 writes up to the NUL only, and keys are compared whole
            helper(Helper::get_current_comm, {memory, number(e.type.size)});
            return memory;
        }
        case Builtin::curtask: return helper(Helper::get_current_task, {});
        case Builtin::nsecs:
            if (e.number == 3)
                return b_.CreateAdd(helper(Helper::ktime_get_boot_ns, {}),
                                    run_time_number("clock_offset", "tai", e.span));
            return helper(e.number == 1   ? Helper::ktime_get_ns
                          : e.number == 2 ? Helper::ktime_get_tai_ns
                                          : Helper::ktime_get_boot_ns,
                          {});
        case Builtin::getopt: return option_value(e, to);
        case Builtin::elapsed:
            return b_.CreateSub(helper(Helper::ktime_get_boot_ns, {}), constant(AVOCET_CONST_START_NS, 64));
        case Builtin::jiffies: return helper(Helper::jiffies64, {});
        case Builtin::cpu: return helper(Helper::get_smp_processor_id, {});
        case Builtin::numaid: return helper(Helper::get_numa_node_id, {});
        case Builtin::rand: return b_.CreateAnd(helper(Helper::get_prandom_u32, {}), 0xffffffff);
        case Builtin::cgroup: return helper(Helper::get_current_cgroup_id, {});
        case Builtin::ncpus: return b_.CreateZExt(constant(AVOCET_CONST_NCPUS, 32), b_.getInt64Ty());
        case Builtin::cpid: return child_pid(e);
        case Builtin::has_cpid: return b_.CreateICmpNE(constant(AVOCET_CONST_CPID, 32), b_.getInt32(0));
        default: break;
    }
    if (e.type.is_aggregate_value()) {
        Value memory = room(e.type, to);
        clear(memory, e.type.size);
        return memory;
    }
    return zero(e.type);
}

// Registers, arguments and what is an address or a number with a meaning.
Value FunctionBuilder::call_address(const CallExpr& e, Value to) {
    const auto argument_value = [&](size_t i = 0) { return widen(expr(*e.args[i]), e.args[i]->type); };
    const auto two_words = [&](Value first, Value second) {
        Value memory = room(e.type, to);
        b_.CreateStore(first, memory);
        b_.CreateStore(second, at(memory, 8));
        return memory;
    };
    const auto process = [&] { return b_.CreateLShr(helper(Helper::get_current_pid_tgid, {}), 32); };
    switch (e.builtin) {
        case Builtin::reg: return pt_register(e.number);
        case Builtin::ctx:
        case Builtin::args: return b_.CreatePtrToInt(context_pointer(), b_.getInt64Ty());
        case Builtin::argn: return numbered_argument(e);
        case Builtin::retval: {
            if (e.type.is_aggregate_value()) return read(argument_place(facts().retval), e.type, to);
            Value raw = argument(facts().retval);
            return b_.CreateTrunc(raw, llvm_type(e.type));
        }
        case Builtin::usermode: {
            Value mode = b_.CreateAnd(pt_register(bpf::reg_cs), 3);
            return b_.CreateZExt(b_.CreateICmpEQ(mode, number(3)), b_.getInt8Ty());
        }
        case Builtin::func: {
            const bool user = e.type.kind == TypeKind::usym;
            const bool at_return = facts().has & AVOCET_HAS_RETVAL;  // the register is in the caller by then
            Value ip = user && !at_return ? pt_register(bpf::reg_ip) : helper(Helper::get_func_ip, {context_pointer()});
            return user ? two_words(ip, process()) : ip;
        }
        case Builtin::probe: return name_id();
        case Builtin::usym: return two_words(argument_value(), process());
        case Builtin::strftime: return two_words(argument_value(), number(e.number));
        case Builtin::is_err: return b_.CreateICmpUGE(argument_value(), b_.getInt64(static_cast<uint64_t>(-4095)));
        case Builtin::bswap: {
            Value v = expr(*e.args[0]);
            if (v->getType()->getIntegerBitWidth() < 16) return v;
            return b_.CreateUnaryIntrinsic(llvm::Intrinsic::bswap, v);
        }
        default: return argument_value();
    }
}

}  // namespace avocet::dsl::lower
