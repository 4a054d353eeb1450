// SPDX-License-Identifier: Apache-2.0
//
// Helpers and kernel functions that only some programs may call, and what acts on the traced task.
#include "avocet/abi/program.h"
#include "lower/function.hpp"
#include "passes/builtins/builtins.hpp"

namespace avocet::dsl::lower {

using bpf::Helper;

// Text of another task: the kernel hands out a counted reference, which has to be given back.
Value FunctionBuilder::task_name(const CallExpr& e, Value to) {
    Value memory = room(e.type, to);
    clear(memory, e.type.size);
    const StructLayout* layout = m_.unit.structs.find_struct("task_struct");
    const Member* comm = nullptr;
    for (size_t i = 0; layout && i < layout->members.size(); ++i)
        if (layout->members[i].name == "comm") comm = &layout->members[i];
    Value pid = expr(*e.args[0]);
    if (!comm) return memory;
    auto *found = new_block("task"), *missing = new_block("no_task"), *done = new_block("named");
    Value task = b_.CreateCall(m_.kernel_function("bpf_task_from_pid"), {pid});
    b_.CreateCondBr(b_.CreateIsNull(task), missing, found);
    b_.SetInsertPoint(missing);
    b_.CreateStore(b_.getInt32('N' | '/' << 8 | 'A' << 16), memory);
    auto* literal = as_if<IntegerExpr>(e.args[0].get(), ExprKind::integer);
    run_time_error(e.span, literal ? "No such process (pid=" + std::to_string(literal->value) + ")" : "No such process",
                   "warning", "", number(0));
    b_.CreateBr(done);
    b_.SetInsertPoint(found);
    Value address = kernel_field(b_.CreatePtrToInt(task, b_.getInt64Ty()), "task_struct", *comm);
    helper(Helper::probe_read_kernel_str, {memory, number(16), address});
    b_.CreateCall(m_.kernel_function("bpf_task_release"), {task});
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    return memory;
}

// args[0] is the address of the kernel's table of offsets, `number` that of the variable.
Value FunctionBuilder::percpu_address(const CallExpr& e) {
    const bool given = e.args.size() > 1;
    Value cpu = given ? widen(expr(*e.args[1]), e.args[1]->type) : helper(Helper::get_smp_processor_id, {});
    Value slot = stack_slot(8), result = stack_slot(8);
    b_.CreateStore(number(0), slot);
    b_.CreateStore(number(0), result);
    auto *known = new_block("cpu"), *done = new_block("percpu");
    Value cpus = b_.CreateZExt(constant(AVOCET_CONST_NCPUS, 32), b_.getInt64Ty());
    b_.CreateCondBr(b_.CreateICmpULT(cpu, cpus), known, done);
    b_.SetInsertPoint(known);
    probe_read(slot, 8, b_.CreateAdd(expr(*e.args[0]), b_.CreateShl(cpu, 3)), Space::kernel, e.span);
    b_.CreateStore(b_.CreateAdd(b_.CreateLoad(b_.getInt64Ty(), slot), number(e.number)), result);
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    return b_.CreateLoad(b_.getInt64Ty(), result);
}

Value FunctionBuilder::trace_pipe(const CallExpr& e) {
    const std::string& format = static_cast<const StringExpr&>(*e.args[0]).value;
    std::vector<Value> values;
    for (size_t i = 1; i < e.args.size(); ++i) {
        const Expr& arg = *e.args[i];
        values.push_back(arg.type.is_aggregate_value() ? expr(arg) : widen(expr(arg), arg.type));
    }
    Value text = m_.bytes(format), size = number(format.size() + 1);
    switch (values.size()) {
        case 0: return helper(Helper::trace_printk, {text, size});
        case 1: return helper(Helper::trace_printk, {text, size, values[0]});
        case 2: return helper(Helper::trace_printk, {text, size, values[0], values[1]});
        default: return helper(Helper::trace_printk, {text, size, values[0], values[1], values[2]});
    }
}

// `path(ctx.file.f_path)` of an iterator: the kernel takes a pointer that it gave itself, once it is known not to be
// null.
bool FunctionBuilder::path_of_object(const Expr& arg, Value memory, const CallExpr& e) {
    const auto* field = as_if<FieldExpr>(&arg, ExprKind::field);
    if (facts().context != AVOCET_CONTEXT_ITERATOR || !field || !field->object->type.is_pointer()) return false;
    const auto* object = as_if<FieldExpr>(field->object.get(), ExprKind::field);
    if (!object || !is_place(*object)) return false;
    const Place place_of_pointer = place(*object);
    if (!place_of_pointer.context) return false;
    auto *given = new_block("object"), *done = new_block("path");
    auto* pointer = b_.CreateLoad(m_.ptr(), at(place_of_pointer.base, place_of_pointer.offset));
    pointer->setVolatile(true);  // the kernel follows this very load
    b_.CreateCondBr(b_.CreateIsNull(pointer), done, given);
    b_.SetInsertPoint(given);
    Value status = helper(Helper::d_path, {at(pointer, field->member.offset), memory, number(e.type.size)});
    check_read(status, "d_path", e.span);
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    return true;
}

Value FunctionBuilder::call_kernel(const CallExpr& e, Value to) {
    // Helpers that take kernel objects want the pointer that the verifier knows, or one into the object; null: not one.
    const auto word = [&](const ProbeArg& arg) -> Value {
        return arg.place == AVOCET_PLACE_WORD && arg.type.is_pointer() ? context_load(8, arg.index * 8ull) : nullptr;
    };
    const std::function<Value(const Expr&)> typed = [&](const Expr& arg) -> Value {
        if (auto* c = as_if<CallExpr>(&arg, ExprKind::call); c && c->builtin == Builtin::retval)
            return word(facts().retval);
        auto* f = as_if<FieldExpr>(&arg, ExprKind::field);
        if (!f) return nullptr;
        if (f->arg >= 0) return word(facts().args[static_cast<size_t>(f->arg)]);
        const Type& object = f->object->type;
        Value base = object.is_pointer() || object.kind == TypeKind::c_struct ? typed(*f->object) : nullptr;
        return base && arg.type.is_aggregate_value() ? b_.CreateAdd(base, number(f->member.offset)) : nullptr;
    };
    const auto pointer = [&](const Expr& arg) -> Value {
        if (Value known = typed(arg)) return known;
        if (!arg.type.is_aggregate_value()) return widen(expr(arg), arg.type);
        return is_place(arg) ? address_of(place(arg)) : b_.CreatePtrToInt(expr(arg), b_.getInt64Ty());
    };
    switch (e.builtin) {
        case Builtin::task_comm: return task_name(e, to);
        case Builtin::percpu_kaddr: return percpu_address(e);
        case Builtin::debugf: trace_pipe(e); return nullptr;
        case Builtin::path: {
            Value memory = room(e.type, to);
            clear(memory, e.type.size);
            if (path_of_object(*e.args[0], memory, e)) return memory;
            Value status = helper(Helper::d_path, {pointer(*e.args[0]), memory, number(e.type.size)});
            check_read(status, "d_path", e.span);
            return memory;
        }
        case Builtin::socket_cookie: return helper(Helper::get_socket_cookie, {pointer(*e.args[0])});
        case Builtin::override_: helper(Helper::override_return, {context_pointer(), expr(*e.args[0])}); return nullptr;
        case Builtin::write_user: {
            const Expr& source = *e.args[1];
            Value memory, target = widen(expr(*e.args[0]), e.args[0]->type);
            if (source.type.is_aggregate_value()) {
                memory = expr(source);
            } else {
                memory = allocate(e.number);
                clear(memory, e.number);
                probe_read(memory, e.number, widen(expr(source), source.type),
                           source.type.is_pointer() ? source.type.space : facts().space, e.span);
            }
            Value status = helper(Helper::probe_write_user, {target, memory, number(e.number)});
            return b_.CreateICmpEQ(status, number(0));
        }
        case Builtin::skboutput: emit_output(e); return b_.getInt32(0);
        default: return nullptr;
    }
}

}  // namespace avocet::dsl::lower
