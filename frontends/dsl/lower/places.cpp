// SPDX-License-Identifier: Apache-2.0
//
// Fields, elements and dereferences. Foreign memory (kernel, user, the program's context) is described as a Place and
// read only when a value is asked for, so that a.b.c[3] is one read of the right size.
#include "avocet/abi/program.h"
#include "lower/function.hpp"
#include "passes/builtins/builtins.hpp"

namespace avocet::dsl::lower {

namespace {

constexpr uint64_t most_window_bytes = 64;  // of the 512 of the stack

bool is_builtin(const Expr& e, Builtin id) {
    auto* c = as_if<CallExpr>(&e, ExprKind::call);
    return c && c->builtin == id;
}

// a.b.c from its end up to the member of a struct that the kernel knows by name; empty if there is none.
std::vector<const FieldExpr*> relocation_path(ModuleBuilder& module, const FieldExpr& field) {
    std::vector<const FieldExpr*> path;
    if (!module.unit.portable()) return path;
    for (const FieldExpr* f = &field; f && f->arg < 0; f = as_if<FieldExpr>(f->object.get(), ExprKind::field)) {
        const bool through_pointer = f->object->type.is_pointer();
        const Type& object = through_pointer ? *f->object->type.element : f->object->type;
        path.push_back(f);
        if (module.is_relocated(object, f->member.name)) return path;
        if (through_pointer || object.kind != TypeKind::c_struct) break;
    }
    return {};
}

}  // namespace

bool FunctionBuilder::is_place(const Expr& e) const {
    if (auto* f = as_if<FieldExpr>(&e, ExprKind::field)) {
        if (f->arg >= 0 || f->object->type.is_pointer()) return true;
        return f->object->type.kind == TypeKind::c_struct && is_place(*f->object);
    }
    if (auto* u = as_if<UnaryExpr>(&e, ExprKind::unary)) return u->op == Op::deref;
    if (auto* i = as_if<IndexExpr>(&e, ExprKind::index)) return i->object->type.is_pointer() || is_place(*i->object);
    return false;
}

Place FunctionBuilder::place(const Expr& e) {
    const auto behind = [&](const Expr& pointer) -> Place {
        if (is_builtin(pointer, Builtin::ctx)) return {context_pointer(), 0, Space::kernel, true, true};
        return {expr(pointer), 0, pointer.type.space, false, false};
    };
    if (auto* f = as_if<FieldExpr>(&e, ExprKind::field); f && is_place(e)) {
        if (f->arg >= 0) return argument_place(facts().args[static_cast<size_t>(f->arg)]);
        const std::vector<const FieldExpr*> path = relocation_path(m_, *f);
        const FieldExpr& first = path.empty() ? *f : *path.back();
        Place p = first.object->type.is_pointer() ? behind(*first.object) : place(*first.object);
        if (!path.empty() && !p.context && p.space == Space::kernel) {
            if (f->member.bit_size)  // relocated_bits() takes those of named structs
                m_.unit.diagnostics
                    ->error(f->span, "portable target: bit-field '" + f->name +
                                         "' is part of a type without a name, and cannot be relocated")
                    .with_hint("compile for the local target");
            return {relocated_path(address_of(p), path), 0, p.space, false, false};
        }
        if (path.size() > 1) p = place(*f->object);
        p.offset += f->member.offset;
        return p;
    }
    if (auto* u = as_if<UnaryExpr>(&e, ExprKind::unary); u && u->op == Op::deref) return behind(*u->operand);
    if (auto* i = as_if<IndexExpr>(&e, ExprKind::index); i && is_place(e)) {
        const Type& object = i->object->type;
        Place p = object.is_pointer() ? behind(*i->object) : place(*i->object);
        const uint64_t size = std::max<uint64_t>(e.type.size, 1);
        if (auto* literal = as_if<IntegerExpr>(i->index.get(), ExprKind::integer)) {
            p.offset += literal->value * size;
            return p;
        }
        Value n = widen(expr(*i->index), i->index->type);
        if (!object.is_pointer()) n = index_bounds(*i, n, object.is_string() ? object.size : object.count);
        if (p.direct) p = {address_of(p), 0, Space::kernel, false, false};
        p.base = b_.CreateAdd(p.base, b_.CreateMul(n, number(size)));
        return p;
    }
    return {expr(e), 0, Space::none, true, false};
}

Value FunctionBuilder::address_of(const Place& p) {
    Value base = p.direct ? b_.CreatePtrToInt(p.base, b_.getInt64Ty()) : p.base;
    return p.offset ? b_.CreateAdd(base, number(p.offset)) : base;
}

void FunctionBuilder::probe_read(Value to, uint64_t size, Value address, Space space, const Span& span) {
    using H = bpf::Helper;
    const H read = space == Space::user     ? H::probe_read_user
                   : space == Space::kernel ? H::probe_read_kernel
                                            : H::probe_read;
    const char* name = space == Space::user     ? "probe_read_user"
                       : space == Space::kernel ? "probe_read_kernel"
                                                : "probe_read";
    check_read(helper(read, {to, number(size), address}), name, span);
}

// Memory that could not be read is counted, and with -k told about at its place.
void FunctionBuilder::check_read(Value status, const char* name, const Span& span) {
    auto *failed = new_block("unreadable"), *next = new_block("read");
    b_.CreateCondBr(b_.CreateICmpSLT(status, number(0)), failed, next);
    b_.SetInsertPoint(failed);
    count_loss(AVOCET_LOSS_UNREADABLE);
    if (m_.unit.source && m_.unit.source->flags & AVOCET_COMPILE_WARNINGS)
        run_time_error(span, "", "warning", name, status);
    b_.CreateBr(next);
    b_.SetInsertPoint(next);
}

// Length with the NUL, or a negative errno. `to` starts with NUL afterwards in any case.
Value FunctionBuilder::probe_read_text(Value to, Value capacity, Value address, Space space, const Span& span) {
    using H = bpf::Helper;
    const H read = space == Space::user     ? H::probe_read_user_str
                   : space == Space::kernel ? H::probe_read_kernel_str
                                            : H::probe_read_str;
    const char* name = space == Space::user     ? "probe_read_user_str"
                       : space == Space::kernel ? "probe_read_kernel_str"
                                                : "probe_read_str";
    Value status = helper(read, {to, capacity, address});
    check_read(status, name, span);
    return status;
}

void FunctionBuilder::read_into(const Place& p, uint64_t size, Value to) {
    if (p.direct && !p.context) return copy(to, at(p.base, p.offset), size);
    probe_read(to, size, address_of(p), p.direct ? Space::kernel : p.space, {});
}

Value FunctionBuilder::read(const Place& p, const Type& type, Value to, uint16_t bit_offset, uint16_t bit_size) {
    const uint64_t size = type.size;
    const bool natural = size == 1 || size == 2 || size == 4 || size == 8;
    Value value;
    if (p.direct && !p.context) {
        value = load(type, at(p.base, p.offset));
    } else if (p.context && type.is_pointer() && facts().context == AVOCET_CONTEXT_ITERATOR) {
        // A plain load gives what the verifier calls a pointer that may be null, to which nothing can be added.
        Value memory = stack_slot(8);
        helper(bpf::Helper::probe_read_kernel, {memory, number(8), address_of(p)});
        value = load(type, memory);
    } else if (p.context && !type.is_aggregate_value() && natural && p.offset % size == 0) {
        value = context_load(static_cast<unsigned>(size), p.offset);
        if (type.kind == TypeKind::boolean)
            value = b_.CreateICmpNE(value, number(0));
        else
            value = b_.CreateTrunc(value, llvm_type(type));
    } else {
        Value memory = type.is_aggregate_value() ? room(type, to) : stack_slot(8);
        if (!type.is_aggregate_value() && !natural) b_.CreateStore(number(0), memory);
        read_into(p, size, memory);
        value = load(type, memory);
    }
    return bits(type, value, bit_offset, bit_size);
}

Value FunctionBuilder::bits(const Type& type, Value value, uint16_t bit_offset, uint16_t bit_size) {
    if (!bit_size) return value;
    const unsigned width = llvm_type(type)->getIntegerBitWidth();
    if (bit_offset + bit_size > width || bit_size == width) return value;
    Value high = b_.CreateShl(value, width - bit_offset - bit_size);
    return type.is_signed ? b_.CreateAShr(high, width - bit_size) : b_.CreateLShr(high, width - bit_size);
}

Value FunctionBuilder::once(const Expr& e, const std::function<Value()>& read) {
    const std::string words = reads().repeated(e);
    if (words.empty()) return read();
    if (Value known = same_.read(words); known && known->getType() == llvm_type(e.type)) return known;
    Value value = read();
    return value ? same_.remember_read(words, value) : value;
}

// Out of what was read together with its neighbours, now or before; null if it is to be read alone.
Value FunctionBuilder::from_window(const Expr& e, const Member* member) {
    const FieldPlace at_object = reads().place(e);
    if (!at_object.base || e.type.is_aggregate_value()) return nullptr;
    const std::string object = reads().words(*at_object.base);
    if (object.empty()) return nullptr;
    KnownValues::Window known = same_.window(object, at_object.offset, at_object.size);
    if (!known.memory) {
        const ReadWindow* wanted = reads().window(e);
        if (!wanted || window_bytes_ + wanted->size > most_window_bytes || !fits_on_stack(wanted->size)) return nullptr;
        Value base = expr(*at_object.base);
        known = {lasting_slot(wanted->size), wanted->first, wanted->size};
        window_bytes_ += wanted->size;
        probe_read(known.memory, known.size, wanted->first ? b_.CreateAdd(base, number(wanted->first)) : base,
                   at_object.base->type.space, e.span);
        same_.remember_window(object, known);
    }
    Value value = load(e.type, at(known.memory, at_object.offset - known.first));
    return member ? bits(e.type, value, member->bit_offset, member->bit_size) : value;
}

// The running task is memory that the verifier knows: its numbers need no helper to be read.
Value FunctionBuilder::task_number(const FieldExpr& e) {
    const Type& t = e.type;
    if (t.is_aggregate_value() || t.is_pointer() || e.member.bit_size || t.size > 8 || (t.size & (t.size - 1)))
        return nullptr;
    if (!m_.unit.script.c_definitions.empty()) return nullptr;  // the script may describe the task otherwise
    Value address = task_address(e);
    if (!address) return nullptr;
    auto* word = b_.CreateLoad(b_.getIntNTy(static_cast<unsigned>(t.size * 8)), to_pointer(address));
    word->setVolatile(true);
    if (t.kind == TypeKind::boolean) return b_.CreateICmpNE(word, b_.getInt8(0));
    return word;
}

Value FunctionBuilder::task_address(const Expr& e) {
    if (reads().is_task(e)) return current_task();
    auto* f = as_if<FieldExpr>(&e, ExprKind::field);
    if (!f || f->arg >= 0) return nullptr;
    const bool first = f->object->type.is_pointer();
    const Type& object = first ? *f->object->type.element : f->object->type;
    if (object.kind != TypeKind::c_struct || (first && !reads().is_task(*f->object))) return nullptr;
    Value address = task_address(*f->object);
    if (!address) return nullptr;
    if (m_.unit.portable())
        return m_.is_relocated(object, f->member.name) ? relocated_field(address, object.name, object.size, f->member)
                                                       : nullptr;
    return f->member.offset ? b_.CreateAdd(address, number(f->member.offset)) : address;
}

Value FunctionBuilder::dereference(const UnaryExpr& e, Value to) {
    return once(e, [&] { return read(place(e), e.type, to); });
}

Value FunctionBuilder::field(const FieldExpr& e, Value to) {
    return once(e, [&] { return field_value(e, to); });
}

Value FunctionBuilder::field_value(const FieldExpr& e, Value to) {
    if (e.arg >= 0) {
        const ProbeArg& arg = facts().args[static_cast<size_t>(e.arg)];
        if (!e.type.is_aggregate_value())
            return widen(argument(arg, e.span), arg.type, llvm_type(e.type)->getIntegerBitWidth());
        return read(argument_place(arg), e.type, to);
    }
    if (!is_place(e)) {  // record, or a struct in program memory
        Value object = expr(*e.object);
        return read({object, e.member.offset, Space::none, true, false}, e.type, to, e.member.bit_offset,
                    e.member.bit_size);
    }
    if (Value value = task_number(e)) return value;
    if (Value value = relocated_bits(e)) return value;
    if (Value value = from_window(e, &e.member)) return value;
    return read(place(e), e.type, to, e.member.bit_offset, e.member.bit_size);
}

Value FunctionBuilder::index_bounds(const IndexExpr& e, Value index, uint64_t count) {
    if (count == 0) return index;
    Value slot = stack_slot(8);
    b_.CreateStore(index, slot);
    auto *outside = new_block("outside"), *inside = new_block("inside");
    b_.CreateCondBr(b_.CreateICmpULT(index, number(count)), inside, outside);
    b_.SetInsertPoint(outside);
    run_time_error(e.span, "Array access out of bounds. This can lead to unexpected results.", "warning", "", index);
    b_.CreateStore(number(0), slot);
    b_.CreateBr(inside);
    b_.SetInsertPoint(inside);
    return b_.CreateLoad(b_.getInt64Ty(), slot);
}

Value FunctionBuilder::element(const IndexExpr& e, Value to) {
    return once(e, [&] { return element_value(e, to); });
}

Value FunctionBuilder::element_value(const IndexExpr& e, Value to) {
    const Type& object = e.object->type;
    if (Value value = from_window(e)) return value;
    if (is_place(e)) return read(place(e), e.type, to);
    auto* literal = as_if<IntegerExpr>(e.index.get(), ExprKind::integer);
    Value memory = expr(*e.object);
    if (object.kind == TypeKind::tuple && literal) {
        const Member& m = object.members->at(literal->value);
        return load(e.type, at(memory, m.offset));
    }
    const uint64_t size = std::max<uint64_t>(e.type.size, 1);
    if (literal) return load(e.type, at(memory, literal->value * size));
    const uint64_t count = object.is_string() ? object.size : object.count;
    Value n = index_bounds(e, widen(expr(*e.index), e.index->type), count);
    // The verifier loses the check above once the value has been spilled: bound what is used.
    n = bpf::opaque(b_, n);
    n = b_.CreateSelect(b_.CreateICmpULT(n, number(count)), n, number(0));
    Value address = b_.CreateInBoundsGEP(b_.getInt8Ty(), memory, {b_.CreateMul(n, number(size))});
    return load(e.type, address);
}

}  // namespace avocet::dsl::lower
