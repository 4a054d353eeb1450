// SPDX-License-Identifier: Apache-2.0
//
// Strings and bytes: reading them from foreign memory, their length, searching and comparing.
#include "avocet/abi/program.h"
#include "lower/function.hpp"
#include "lower/text_capacity.hpp"
#include "passes/builtins/builtins.hpp"

namespace avocet::dsl::lower {

using bpf::Helper;

FunctionBuilder::TextSource FunctionBuilder::text_source(const CallExpr& e, Value capacity) {
    const Expr& source = *e.args[0];
    Value most = capacity;
    if (e.args.size() > 1) {
        Value n = widen(expr(*e.args[1]), e.args[1]->type);
        most = b_.CreateSelect(b_.CreateICmpULT(n, capacity), n, capacity);
    }
    if (source.type.is_aggregate_value()) {
        if (is_place(source)) {
            const Place p = place(source);
            return {address_of(p), most, p.direct ? Space::kernel : p.space};
        }
        return {b_.CreatePtrToInt(expr(source), b_.getInt64Ty()), most, Space::kernel};
    }
    Value address = widen(expr(source), source.type);
    return {address, most, source.type.is_pointer() ? source.type.space : facts().space};
}

// Reads at most `capacity` bytes (NUL included) of what str(p [, n]) names. Returns the helper's status.
Value FunctionBuilder::read_text_to(const CallExpr& e, Value to, Value capacity) {
    const TextSource source = text_source(e, capacity);
    return probe_read_text(to, source.most, source.address, source.space, e.span);
}

// A key's text that is short is all that counts of it, so only that much of its memory need be cleared. A longer one is
// read again, into memory that is cleared in full.
Value FunctionBuilder::read_text(const CallExpr& e, Value to) {
    Value memory = room(e.type, to);
    const uint64_t part = &e == key_text_ ? key_text_bytes_ : 0;
    clear(memory, part ? part : e.type.size);
    const TextSource source = text_source(e, number(text_capacity(e)));
    probe_read_text(memory, source.most, source.address, source.space, e.span);
    if (!part) return memory;
    auto *more = new_block("long_text"), *done = new_block("text");
    Value end = b_.CreateLoad(b_.getInt8Ty(), at(memory, part - 1));
    b_.CreateCondBr(b_.CreateICmpEQ(end, b_.getInt8(0)), done, more);
    b_.SetInsertPoint(more);
    clear(memory, e.type.size);
    probe_read_text(memory, source.most, source.address, source.space, e.span);
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    return memory;
}

// { u32 length; u8 data[]; }
Value FunctionBuilder::read_buffer(const CallExpr& e, Value to) {
    Value memory = room(e.type, to);
    clear(memory, e.type.size);
    const Expr& source = *e.args[0];
    Value wanted = e.args.size() > 1 ? widen(expr(*e.args[1]), e.args[1]->type) : nullptr;
    Place p;
    Space space = source.type.is_pointer() ? source.type.space : facts().space;
    if (source.type.is_aggregate_value()) {
        p = is_place(source) ? place(source) : Place{expr(source), 0, Space::kernel, true, false};
        space = p.space == Space::user ? Space::user : Space::kernel;
    }
    Value address = source.type.is_aggregate_value() ? address_of(p) : widen(expr(source), source.type);
    Value length = number(e.number);
    if (wanted) {
        // The verifier has to see the bound where it is used, also where LLVM knows that it is never exceeded.
        wanted = bpf::opaque(b_, wanted);
        length = b_.CreateSelect(b_.CreateICmpULT(wanted, number(e.number)), wanted, number(e.number));
    }
    b_.CreateAlignedStore(b_.CreateTrunc(length, b_.getInt32Ty()), memory, llvm::Align(4));
    const Helper h = space == Space::user     ? Helper::probe_read_user
                     : space == Space::kernel ? Helper::probe_read_kernel
                                              : Helper::probe_read;
    Value status = helper(h, {at(memory, 4), length, address});
    if (!source.type.is_aggregate_value()) check_read(status, "probe_read", e.span);
    return memory;
}

// A text argument as program memory of `size` bytes.
Value FunctionBuilder::text_argument(const Expr& e, uint64_t& size) {
    if (e.type.is_aggregate_value()) {
        size = e.type.size;
        return expr(e);
    }
    size = m_.unit.settings.max_strlen;
    Value memory = frame_memory(size);
    clear(memory, size);
    probe_read_text(memory, number(size), widen(expr(e), e.type), e.type.is_pointer() ? e.type.space : facts().space,
                    e.span);
    return memory;
}

// Counts bytes before the NUL: the kernel's string copy returns the length, so no loop is needed.
Value FunctionBuilder::text_length(const Expr& e) {
    const bool in_memory = e.type.is_aggregate_value();
    const uint64_t size = in_memory ? e.type.size : m_.unit.settings.max_strlen;
    Value address = in_memory ? b_.CreatePtrToInt(expr(e), b_.getInt64Ty()) : widen(expr(e), e.type);
    Value memory = frame_memory(size + 1);
    const Space space = in_memory ? Space::kernel : e.type.is_pointer() ? e.type.space : facts().space;
    // One byte more than the text has, so that a text without NUL counts in full.
    Value status = probe_read_text(memory, number(size), address, space, e.span);
    Value length = b_.CreateSelect(b_.CreateICmpSGT(status, number(0)), b_.CreateSub(status, number(1)), number(0));
    return length;
}

// 0 if the first n bytes are equal or both end before; else 1.
Value FunctionBuilder::compare_bytes(const CallExpr& e) {
    uint64_t left_size = 0, right_size = 0;
    if (e.builtin == Builtin::strncmp) {
        if (auto* literal = as_if<StringExpr>(e.args[1].get(), ExprKind::string)) {
            Value text = text_argument(*e.args[0], left_size);
            return b_.CreateZExt(b_.CreateNot(equal_literal(text, left_size, literal->value, e.number)),
                                 b_.getInt64Ty());
        }
        Value left = text_argument(*e.args[0], left_size), right = text_argument(*e.args[1], right_size);
        return b_.CreateZExt(b_.CreateNot(equal_texts(left, left_size, right, right_size, e.number)), b_.getInt64Ty());
    }
    // memcmp: the difference of the first unequal bytes.
    const auto memory_of = [&](const Expr& x) -> Value {
        if (x.type.is_aggregate_value()) return expr(x);
        Value memory = frame_memory(e.number);
        probe_read(memory, e.number, widen(expr(x), x.type), x.type.is_pointer() ? x.type.space : facts().space,
                   e.span);
        return memory;
    };
    Value left = memory_of(*e.args[0]), right = memory_of(*e.args[1]), index = stack_slot(8), result = stack_slot(8);
    uint64_t size = e.number;
    if (e.args[0]->type.is_aggregate_value()) size = std::min(size, e.args[0]->type.size);
    if (e.args[1]->type.is_aggregate_value()) size = std::min(size, e.args[1]->type.size);
    b_.CreateStore(number(0), index);
    b_.CreateStore(number(0), result);
    auto *head = new_block("memcmp"), *body = new_block("byte"), *differ = new_block("differ"),
         *next = new_block("next"), *done = new_block("compared");
    b_.CreateBr(head);
    b_.SetInsertPoint(head);
    Value i = b_.CreateLoad(b_.getInt64Ty(), index);
    b_.CreateCondBr(b_.CreateICmpULT(i, number(size)), body, done);
    b_.SetInsertPoint(body);
    Value l =
        b_.CreateZExt(b_.CreateLoad(b_.getInt8Ty(), b_.CreateInBoundsGEP(b_.getInt8Ty(), left, {i})), b_.getInt64Ty());
    Value r =
        b_.CreateZExt(b_.CreateLoad(b_.getInt8Ty(), b_.CreateInBoundsGEP(b_.getInt8Ty(), right, {i})), b_.getInt64Ty());
    b_.CreateCondBr(b_.CreateICmpEQ(l, r), next, differ);
    b_.SetInsertPoint(differ);
    b_.CreateStore(b_.CreateSub(l, r), result);
    b_.CreateBr(done);
    b_.SetInsertPoint(next);
    b_.CreateStore(b_.CreateAdd(i, number(1)), index);
    b_.CreateBr(head);
    b_.SetInsertPoint(done);
    return b_.CreateLoad(b_.getInt64Ty(), result);
}

Value FunctionBuilder::ntop(const CallExpr& e, Value to) {
    Value memory = room(e.type, to);
    clear(memory, e.type.size);
    const Expr& address = *e.args.back();
    Value family = e.args.size() > 1 ? widen(expr(*e.args[0]), e.args[0]->type) : number(e.number);
    b_.CreateStore(family, memory);
    if (address.type.is_aggregate_value())
        copy(at(memory, 8), expr(address), std::min<uint64_t>(address.type.size, 16));
    else
        b_.CreateAlignedStore(b_.CreateTrunc(widen(expr(address), address.type), b_.getInt32Ty()), at(memory, 8),
                              llvm::Align(8));
    return memory;
}

// The second text is read behind the first: the kernel's string copy says how long that is. Both are given the whole
// length, so there is room for twice as much; what is longer than the type is cut.
Value FunctionBuilder::concatenate(const CallExpr& e, Value to) {
    const uint64_t size = e.type.size;
    uint64_t left_size = 0, right_size = 0;
    Value left = text_argument(*e.args[0], left_size), right = text_argument(*e.args[1], right_size);
    Value memory = frame_memory(2 * size);
    clear(memory, 2 * size);
    Value status = helper(Helper::probe_read_kernel_str, {memory, number(std::min(left_size, size)), left});
    Value length = b_.CreateSelect(b_.CreateICmpSGT(status, number(0)), b_.CreateSub(status, number(1)), number(0));
    length = b_.CreateAnd(bpf::opaque(b_, length), number(size - 1));
    helper(Helper::probe_read_kernel_str,
           {b_.CreateInBoundsGEP(b_.getInt8Ty(), memory, {length}), number(std::min(right_size, size)), right});
    b_.CreateStore(b_.getInt8(0), at(memory, size - 1));
    if (!to) return memory;
    copy(to, memory, size);
    return to;
}

Value FunctionBuilder::call_text(const CallExpr& e, Value to) {
    switch (e.builtin) {
        case Builtin::str: return read_text(e, to);
        case Builtin::buf: return read_buffer(e, to);
        case Builtin::strlen: return text_length(*e.args[0]);
        case Builtin::strcap:
            return e.args[0]->type.is_aggregate_value() ? number(e.args[0]->type.size) : text_length(*e.args[0]);
        case Builtin::strcontains:
        case Builtin::strstr: return find_text(e);
        case Builtin::strncmp:
        case Builtin::memcmp: return compare_bytes(e);
        case Builtin::ntop: return ntop(e, to);
        case Builtin::str_concat: return concatenate(e, to);
        case Builtin::pton: {
            Value memory = room(e.type, to);
            const std::string& bytes = static_cast<const StringExpr&>(*e.args[0]).value;
            for (size_t i = 0; i < bytes.size(); ++i)
                b_.CreateStore(b_.getInt8(static_cast<uint8_t>(bytes[i])), at(memory, i));
            return memory;
        }
        case Builtin::macaddr: {
            Value memory = room(e.type, to);
            const Expr& source = *e.args[0];
            if (source.type.is_aggregate_value())
                copy(memory, expr(source), 6);
            else
                probe_read(memory, 6, widen(expr(source), source.type),
                           source.type.is_pointer() ? source.type.space : facts().space, e.span);
            return memory;
        }
        default: return number(0);
    }
}

}  // namespace avocet::dsl::lower
