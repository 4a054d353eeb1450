// SPDX-License-Identifier: Apache-2.0
//
// Conversions between types (every CastExpr), and equality of values in memory.
#include "lower/function.hpp"

namespace avocet::dsl::lower {

namespace {

constexpr uint64_t longest_walked = 512;  // bytes the verifier is made to walk through

}  // namespace

Value FunctionBuilder::convert(Value value, const Type& from, const Type& to, Value into) {
    if (from.is_aggregate_value() || to.is_aggregate_value()) return convert_memory(value, from, to, into);
    if (to.kind == TypeKind::boolean) {
        if (value->getType()->isIntegerTy(1)) return value;
        return b_.CreateICmpNE(value, llvm::ConstantInt::get(value->getType(), 0));
    }
    return widen(value, from, llvm_type(to)->getIntegerBitWidth());
}

// One side lives in memory.
Value FunctionBuilder::convert_memory(Value value, const Type& from, const Type& to, Value into) {
    if (!to.is_aggregate_value()) {
        if (to.kind == TypeKind::boolean) return b_.CreateICmpNE(b_.CreateLoad(b_.getInt8Ty(), value), b_.getInt8(0));
        auto* bits = b_.getIntNTy(static_cast<unsigned>(std::min<uint64_t>(from.size, 8) * 8));
        Value raw = b_.CreateAlignedLoad(bits, value, alignment(value));
        return b_.CreateZExtOrTrunc(raw, llvm_type(to));
    }
    if (!from.is_aggregate_value()) {  // integer to array of bytes: memory order
        Value memory = room(to, into);
        Value bits = widen(value, from, static_cast<unsigned>(std::min<uint64_t>(to.size, 8) * 8));
        b_.CreateAlignedStore(bits, memory, alignment(memory));
        return memory;
    }
    if ((from.kind == TypeKind::tuple || from.kind == TypeKind::record) && from.kind == to.kind && !(from == to)) {
        Value memory = room(to, into);
        clear(memory, to.size);
        for (const Member& target : *to.members)
            for (const Member& source : *from.members) {
                if (source.name != target.name) continue;
                Value part = load(*source.type, at(value, source.offset));
                store(*target.type, convert(part, *source.type, *target.type, nullptr), at(memory, target.offset));
            }
        return memory;
    }
    if (from.size >= to.size) return value;
    Value memory = room(to, into);
    clear(memory, to.size);
    copy(memory, value, from.size);
    return memory;
}

Value FunctionBuilder::equal(const Type& type, Value left, const Type& right_type, Value right) {
    if (!type.is_aggregate_value()) {
        if (left->getType() != right->getType()) {
            left = widen(left, type);
            right = widen(right, right_type);
        }
        return b_.CreateICmpEQ(left, right);
    }
    if (type.is_string() && right_type.is_string())
        return equal_texts(left, type.size, right, right_type.size, std::min(type.size, right_type.size));
    if (type.kind == TypeKind::tuple || type.kind == TypeKind::record) {
        Value all = b_.getInt1(true);
        for (const Member& a : *type.members)
            for (const Member& b : *right_type.members) {
                if (a.name != b.name) continue;
                Value same =
                    equal(*a.type, load(*a.type, at(left, a.offset)), *b.type, load(*b.type, at(right, b.offset)));
                all = b_.CreateAnd(all, same);
            }
        return all;
    }
    return equal_memory(left, right, std::min(type.size, right_type.size));
}

// Word by word; long ranges in a loop.
Value FunctionBuilder::equal_memory(Value left, Value right, uint64_t size) {
    constexpr uint64_t unrolled = 128;
    if (size > longest_walked) return equal_long(left, right, size, false);
    if (size > unrolled) {
        Value slot = stack_slot(8), index = stack_slot(8);
        b_.CreateStore(number(1), slot);
        b_.CreateStore(number(0), index);
        auto *head = new_block("compare"), *body = new_block("byte"), *differ = new_block("differ"),
             *next = new_block("next"), *done = new_block("compared");
        b_.CreateBr(head);
        b_.SetInsertPoint(head);
        Value i = b_.CreateLoad(b_.getInt64Ty(), index);
        b_.CreateCondBr(b_.CreateICmpULT(i, number(size)), body, done);
        b_.SetInsertPoint(body);
        Value l = b_.CreateLoad(b_.getInt8Ty(), b_.CreateInBoundsGEP(b_.getInt8Ty(), left, {i}));
        Value r = b_.CreateLoad(b_.getInt8Ty(), b_.CreateInBoundsGEP(b_.getInt8Ty(), right, {i}));
        b_.CreateCondBr(b_.CreateICmpEQ(l, r), next, differ);
        b_.SetInsertPoint(differ);
        b_.CreateStore(number(0), slot);
        b_.CreateBr(done);
        b_.SetInsertPoint(next);
        b_.CreateStore(b_.CreateAdd(i, number(1)), index);
        b_.CreateBr(head);
        b_.SetInsertPoint(done);
        return b_.CreateICmpNE(b_.CreateLoad(b_.getInt64Ty(), slot), number(0));
    }
    Value difference = number(0);
    uint64_t offset = 0;
    while (offset < size) {
        uint64_t width = 8;
        while (width > size - offset ||
               std::min(alignment(at(left, offset)), alignment(at(right, offset))).value() < width)
            width /= 2;
        auto* type = b_.getIntNTy(static_cast<unsigned>(width * 8));
        Value l = b_.CreateAlignedLoad(type, at(left, offset), llvm::Align(width));
        Value r = b_.CreateAlignedLoad(type, at(right, offset), llvm::Align(width));
        difference = b_.CreateOr(difference, b_.CreateZExt(b_.CreateXor(l, r), b_.getInt64Ty()));
        offset += width;
    }
    return b_.CreateICmpEQ(difference, number(0));
}

// Compares up to `limit` bytes and stops behind a NUL: the literal's bytes and its end, masked out of whole words.
Value FunctionBuilder::equal_literal(Value text, uint64_t size, const std::string& literal, uint64_t limit) {
    std::string wanted = literal.substr(0, literal.find('\0'));
    uint64_t count = std::min<uint64_t>({wanted.size() + 1, size, limit});
    wanted.resize(count, '\0');
    if (count > 128) return equal_texts(text, size, literal_text(literal, count, nullptr), count, count);
    Value difference = number(0);
    uint64_t offset = 0;
    while (offset < count) {
        uint64_t width = 8;
        while (width > count - offset || alignment(at(text, offset)).value() < width) width /= 2;
        uint64_t word = 0;
        for (uint64_t i = 0; i < width; ++i) word |= uint64_t(uint8_t(wanted[offset + i])) << (8 * i);
        auto* type = b_.getIntNTy(static_cast<unsigned>(width * 8));
        Value have = b_.CreateAlignedLoad(type, at(text, offset), llvm::Align(width));
        Value differs = b_.CreateXor(have, llvm::ConstantInt::get(type, word));
        difference = b_.CreateOr(difference, b_.CreateZExt(differs, b_.getInt64Ty()));
        offset += width;
    }
    return b_.CreateICmpEQ(difference, number(0));
}

// Byte by byte up to the first NUL. The verifier walks every iteration: longer texts are compared by a callback.
Value FunctionBuilder::equal_texts(Value left, uint64_t left_size, Value right, uint64_t right_size, uint64_t limit) {
    const uint64_t size = std::min({left_size, right_size, limit});
    if (size > longest_walked) return equal_long(left, right, size, true);
    Value same = stack_slot(8), index = stack_slot(8);
    b_.CreateStore(number(1), same);
    b_.CreateStore(number(0), index);
    auto *head = new_block("compare"), *body = new_block("byte"), *equal = new_block("equal"),
         *next = new_block("next"), *differ = new_block("differ"), *done = new_block("compared");
    b_.CreateBr(head);
    b_.SetInsertPoint(head);
    Value i = b_.CreateLoad(b_.getInt64Ty(), index);
    b_.CreateCondBr(b_.CreateICmpULT(i, number(size)), body, done);
    b_.SetInsertPoint(body);
    Value l = b_.CreateLoad(b_.getInt8Ty(), b_.CreateInBoundsGEP(b_.getInt8Ty(), left, {i}));
    Value r = b_.CreateLoad(b_.getInt8Ty(), b_.CreateInBoundsGEP(b_.getInt8Ty(), right, {i}));
    b_.CreateCondBr(b_.CreateICmpEQ(l, r), equal, differ);
    b_.SetInsertPoint(differ);
    b_.CreateStore(number(0), same);
    b_.CreateBr(done);
    b_.SetInsertPoint(equal);
    b_.CreateCondBr(b_.CreateICmpEQ(l, b_.getInt8(0)), done, next);
    b_.SetInsertPoint(next);
    b_.CreateStore(b_.CreateAdd(i, number(1)), index);
    b_.CreateBr(head);
    b_.SetInsertPoint(done);
    return b_.CreateICmpNE(b_.CreateLoad(b_.getInt64Ty(), same), number(0));
}

}  // namespace avocet::dsl::lower
