// SPDX-License-Identifier: Apache-2.0
//
// Expressions: literals, arithmetic with the language's rules, comparisons, choices, tuples and records.
#include "lower/function.hpp"
#include "passes/builtins/builtins.hpp"

namespace avocet::dsl::lower {

llvm::Type* FunctionBuilder::llvm_type(const Type& type) {
    switch (type.kind) {
        case TypeKind::boolean: return b_.getInt1Ty();
        case TypeKind::integer:
        case TypeKind::enumeration:
        case TypeKind::probe_name: return b_.getIntNTy(static_cast<unsigned>(std::max<uint64_t>(type.size, 1) * 8));
        default: return b_.getInt64Ty();
    }
}

Value FunctionBuilder::load(const Type& type, Value from) {
    if (type.is_aggregate_value()) return from;
    if (type.kind == TypeKind::boolean)
        return b_.CreateICmpNE(b_.CreateAlignedLoad(b_.getInt8Ty(), from, llvm::Align(1)), b_.getInt8(0));
    auto* t = llvm_type(type);
    return b_.CreateAlignedLoad(t, from, std::min(alignment(from), llvm::Align(t->getIntegerBitWidth() / 8)));
}

void FunctionBuilder::store(const Type& type, Value value, Value to) {
    if (type.is_aggregate_value()) return copy(to, value, type.size);
    if (type.kind == TypeKind::boolean) value = b_.CreateZExt(value, b_.getInt8Ty());
    const unsigned bits = static_cast<unsigned>(std::max<uint64_t>(type.size, 1) * 8);
    if (value->getType()->isIntegerTy() && value->getType()->getIntegerBitWidth() != bits)
        value = type.is_signed ? b_.CreateSExtOrTrunc(value, b_.getIntNTy(bits))
                               : b_.CreateZExtOrTrunc(value, b_.getIntNTy(bits));
    b_.CreateAlignedStore(value, to, std::min(alignment(to), llvm::Align(bits / 8)));
}

Value FunctionBuilder::zero(const Type& type) { return llvm::ConstantInt::get(llvm_type(type), 0); }

Value FunctionBuilder::widen(Value value, const Type& type, unsigned bits) {
    auto* to = b_.getIntNTy(bits);
    return type.is_signed ? b_.CreateSExtOrTrunc(value, to) : b_.CreateZExtOrTrunc(value, to);
}

void FunctionBuilder::expr_into(const Expr& e, Value to) {
    Value value = expr(e, e.type.is_aggregate_value() ? to : nullptr);
    if (!value || ended()) return;
    store(e.type, value, to);
}

Value FunctionBuilder::literal_text(const std::string& text, uint64_t size, Value to) {
    std::string padded = text.substr(0, size);
    padded.resize((size + 7) / 8 * 8, '\0');
    if (!to) return m_.bytes(padded);
    if (size > 128) {
        copy(to, m_.bytes(padded), size);
        return to;
    }
    uint64_t offset = 0;
    while (offset < size) {
        uint64_t width = 8;
        while (width > size - offset || alignment(at(to, offset)).value() < width) width /= 2;
        uint64_t word = 0;
        for (uint64_t i = 0; i < width; ++i) word |= uint64_t(uint8_t(padded[offset + i])) << (8 * i);
        b_.CreateAlignedStore(b_.getIntN(static_cast<unsigned>(width * 8), word), at(to, offset), llvm::Align(width));
        offset += width;
    }
    return to;
}

Value FunctionBuilder::expr(const Expr& e, Value to) {
    const auto location = b_.getCurrentDebugLocation();
    const Span outer = place_;
    locate(e.span);
    Value value =
        visit(e, Cases{
                     [&](const IntegerExpr& x) -> Value { return llvm::ConstantInt::get(llvm_type(x.type), x.value); },
                     [&](const BooleanExpr& x) -> Value { return b_.getInt1(x.value); },
                     [&](const StringExpr& x) -> Value { return literal_text(x.value, x.type.size, to); },
                     [&](const CallExpr& x) -> Value { return call(x, to); },
                     [&](const VariableExpr& x) -> Value { return load(x.type, variable(x.variable)); },
                     [&](const MapExpr& x) -> Value { return map_value(x); },
                     [&](const MapElementExpr& x) -> Value { return map_value(x); },
                     [&](const UnaryExpr& x) -> Value { return x.op == Op::deref ? dereference(x, to) : unary(x); },
                     [&](const BinaryExpr& x) -> Value { return binary(x); },
                     [&](const TernaryExpr& x) -> Value { return ternary(x, to); },
                     [&](const CastExpr& x) -> Value {
                         Value operand = expr(*x.operand);
                         return operand ? convert(operand, x.operand->type, x.type, to) : nullptr;
                     },
                     [&](const FieldExpr& x) -> Value { return field(x, to); },
                     [&](const TupleFieldExpr& x) -> Value {
                         Value object = expr(*x.object);
                         const Member& m = x.object->type.members->at(x.number);
                         return load(x.type, at(object, m.offset));
                     },
                     [&](const IndexExpr& x) -> Value { return element(x, to); },
                     [&](const TupleExpr& x) -> Value { return tuple(x, to); },
                     [&](const RecordExpr& x) -> Value { return record(x, to); },
                     [&](const IfExpr& x) -> Value { return if_value(x, to); },
                     [&](const BlockExpr& x) -> Value {
                         if (x.block->is_function) {
                             function_body(*x.block);
                             return nullptr;
                         }
                         const bool has_value =
                             x.block->value && x.type.kind != TypeKind::none && x.type.kind != TypeKind::void_;
                         Value slot = has_value ? room(x.type, to) : nullptr;
                         block_into(*x.block, x.type, slot);
                         return slot && !ended() ? load(x.type, slot) : nullptr;
                     },
                     [&](const ComptimeExpr& x) -> Value { return expr(*x.operand, to); },
                     [&](const SizeofExpr&) -> Value { return number(0); },
                     [&](const auto&) -> Value { return number(0); },  // gone after infer_types
                 });
    b_.SetCurrentDebugLocation(location);
    place_ = outer;
    return value;
}

Value FunctionBuilder::condition(const Expr& e) {
    Value value = expr(e);
    return value->getType()->isIntegerTy(1) ? value : convert(value, e.type, Type::boolean());
}

Value FunctionBuilder::unary(const UnaryExpr& e) {
    switch (e.op) {
        case Op::neg: return b_.CreateNeg(expr(*e.operand));
        case Op::bit_not: return b_.CreateNot(expr(*e.operand));
        case Op::log_not: return b_.CreateNot(condition(*e.operand));
        case Op::pre_inc:
        case Op::pre_dec:
        case Op::post_inc:
        case Op::post_dec: return increment(e);
        case Op::address_of: {
            if (auto* v = as_if<VariableExpr>(e.operand.get(), ExprKind::variable))
                return b_.CreatePtrToInt(variable(v->variable), b_.getInt64Ty());
            return b_.CreatePtrToInt(m_.map(map_of(*e.operand)).global, b_.getInt64Ty());
        }
        default: return expr(*e.operand);
    }
}

Value FunctionBuilder::increment(const UnaryExpr& e) {
    if (auto* v = as_if<VariableExpr>(e.operand.get(), ExprKind::variable)) {
        assigned_.insert(v->variable);
        return increment_memory(variable(v->variable), e.operand->type, e, false);
    }
    return map_increment(e);
}

// Returns the new value (prefix) or the old one (postfix).
Value FunctionBuilder::increment_memory(Value address, const Type& type, const UnaryExpr& e, bool atomic) {
    const bool up = e.op == Op::pre_inc || e.op == Op::post_inc, prefix = e.op == Op::pre_inc || e.op == Op::pre_dec;
    const uint64_t step = type.is_pointer() && type.element ? std::max<uint64_t>(type.element->size, 1) : 1;
    Value delta = llvm::ConstantInt::get(llvm_type(type), up ? step : -step, true);
    Value old;
    if (atomic && type.size == 8) {
        old = b_.CreateAtomicRMW(llvm::AtomicRMWInst::Add, address, delta, llvm::Align(8),
                                 llvm::AtomicOrdering::Monotonic);
        return prefix ? b_.CreateAdd(old, delta) : old;
    }
    old = load(type, address);
    Value now = b_.CreateAdd(old, delta);
    store(type, now, address);
    return prefix ? now : old;
}

Value FunctionBuilder::binary(const BinaryExpr& e) {
    switch (e.op) {
        case Op::log_and:
        case Op::log_or: return logical(e);
        case Op::eq:
        case Op::ne:
        case Op::lt:
        case Op::gt:
        case Op::le:
        case Op::ge: return compare(e);
        default: return arithmetic(e);
    }
}

Value FunctionBuilder::arithmetic(const BinaryExpr& e) {
    Value left = expr(*e.left), right = expr(*e.right);
    if (e.type.is_pointer()) {
        const bool on_left = e.left->type.is_pointer();
        const uint64_t size = e.type.element ? std::max<uint64_t>(e.type.element->size, 1) : 1;
        Value pointer = on_left ? left : right,
              count = widen(on_left ? right : left, (on_left ? e.right : e.left)->type);
        Value bytes = b_.CreateMul(count, number(size));
        return e.op == Op::sub ? b_.CreateSub(pointer, bytes) : b_.CreateAdd(pointer, bytes);
    }
    left = widen(left, e.left->type, static_cast<unsigned>(e.type.size * 8));
    right = widen(right, e.right->type, static_cast<unsigned>(e.type.size * 8));
    const uint64_t mask = e.type.size * 8 - 1;
    switch (e.op) {
        case Op::add: return b_.CreateAdd(left, right);
        case Op::sub: return b_.CreateSub(left, right);
        case Op::mul: return b_.CreateMul(left, right);
        case Op::div:
        case Op::mod: return divide(e, left, right);
        case Op::bit_and: return b_.CreateAnd(left, right);
        case Op::bit_or: return b_.CreateOr(left, right);
        case Op::bit_xor: return b_.CreateXor(left, right);
        case Op::shl: return b_.CreateShl(left, b_.CreateAnd(right, mask));
        default: {
            right = b_.CreateAnd(right, mask);
            return e.type.is_signed ? b_.CreateAShr(left, right) : b_.CreateLShr(left, right);
        }
    }
}

// A zero divisor yields 1 and a report. Signed division goes by magnitudes: BPF before v4 divides unsigned only.
Value FunctionBuilder::divide(const BinaryExpr& e, Value left, Value right) {
    auto* type = left->getType();
    Value zero_value = llvm::ConstantInt::get(type, 0), slot = nullptr;
    llvm::BasicBlock* done = nullptr;
    const bool known = llvm::isa<llvm::ConstantInt>(right) && !llvm::cast<llvm::ConstantInt>(right)->isZero();
    if (!known) {
        slot = stack_slot(8);
        auto *by_zero = new_block("by_zero"), *divisible = new_block("divisible");
        done = new_block("divided");
        b_.CreateCondBr(b_.CreateICmpEQ(right, zero_value), by_zero, divisible);
        b_.SetInsertPoint(by_zero);
        run_time_error(
            e.span,
            "Divide or modulo by 0 detected. This can lead to unexpected results. 1 is being used as the result.",
            "warning", "", number(0));
        b_.CreateStore(llvm::ConstantInt::get(type, 1), slot);
        b_.CreateBr(done);
        b_.SetInsertPoint(divisible);
    }
    Value result;
    if (e.type.is_signed) {
        const auto magnitude = [&](Value v) {
            return b_.CreateSelect(b_.CreateICmpSLT(v, zero_value), b_.CreateNeg(v), v);
        };
        Value n = magnitude(left), d = magnitude(right);
        result = e.op == Op::div ? b_.CreateUDiv(n, d) : b_.CreateURem(n, d);
        Value negative = e.op == Op::div ? b_.CreateICmpSLT(b_.CreateXor(left, right), zero_value)
                                         : b_.CreateICmpSLT(left, zero_value);
        result = b_.CreateSelect(negative, b_.CreateNeg(result), result);
    } else {
        result = e.op == Op::div ? b_.CreateUDiv(left, right) : b_.CreateURem(left, right);
    }
    if (known) return result;
    b_.CreateStore(result, slot);
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    return b_.CreateLoad(type, slot);
}

Value FunctionBuilder::compare(const BinaryExpr& e) {
    const Type &l = e.left->type, &r = e.right->type;
    if (l.is_aggregate_value() || r.is_aggregate_value()) {
        Value same = nullptr;
        const uint64_t shorter = std::min(l.size, r.size);
        if (auto* text = as_if<StringExpr>(e.right.get(), ExprKind::string); text && l.is_string())
            same = equal_literal(expr(*e.left), l.size, text->value, shorter);
        else if (auto* first = as_if<StringExpr>(e.left.get(), ExprKind::string); first && r.is_string())
            same = equal_literal(expr(*e.right), r.size, first->value, shorter);
        else {
            Value left = expr(*e.left), right = expr(*e.right);
            same = equal(l, left, r, right);
        }
        return e.op == Op::eq ? same : b_.CreateNot(same);
    }
    Value left = widen(expr(*e.left), l), right = widen(expr(*e.right), r);
    const bool is_signed = l.is_signed && r.is_signed;
    using P = llvm::CmpInst::Predicate;
    switch (e.op) {
        case Op::eq: return b_.CreateICmpEQ(left, right);
        case Op::ne: return b_.CreateICmpNE(left, right);
        case Op::lt: return b_.CreateICmp(is_signed ? P::ICMP_SLT : P::ICMP_ULT, left, right);
        case Op::gt: return b_.CreateICmp(is_signed ? P::ICMP_SGT : P::ICMP_UGT, left, right);
        case Op::le: return b_.CreateICmp(is_signed ? P::ICMP_SLE : P::ICMP_ULE, left, right);
        default: return b_.CreateICmp(is_signed ? P::ICMP_SGE : P::ICMP_UGE, left, right);
    }
}

Value FunctionBuilder::logical(const BinaryExpr& e) {
    const bool is_and = e.op == Op::log_and;
    Value left = condition(*e.left);
    auto* from = b_.GetInsertBlock();
    auto *other = new_block("second"), *done = new_block("logical");
    b_.CreateCondBr(left, is_and ? other : done, is_and ? done : other);
    b_.SetInsertPoint(other);
    const KnownValues::Region region(same_);
    Value right = condition(*e.right);
    auto* last = b_.GetInsertBlock();
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    auto* value = b_.CreatePHI(b_.getInt1Ty(), 2);
    value->addIncoming(b_.getInt1(!is_and), from);
    value->addIncoming(right, last);
    return value;
}

Value FunctionBuilder::choose(const Type& type, Value condition, Value to, const std::function<void(Value)>& then,
                              const std::function<void(Value)>& otherwise) {
    const bool has_value = type.kind != TypeKind::none && type.kind != TypeKind::void_;
    Value slot = has_value ? room(type, to) : nullptr;
    auto *yes = new_block("then"), *no = otherwise ? new_block("else") : nullptr, *done = new_block("done");
    b_.CreateCondBr(condition, yes, no ? no : done);
    b_.SetInsertPoint(yes);
    {
        const KnownValues::Region region(same_);
        then(slot);
    }
    branch(done);
    if (no) {
        b_.SetInsertPoint(no);
        const KnownValues::Region region(same_);
        otherwise(slot);
        branch(done);
    }
    b_.SetInsertPoint(done);
    if (llvm::pred_empty(done)) {
        b_.CreateUnreachable();
        return nullptr;
    }
    return slot ? load(type, slot) : nullptr;
}

Value FunctionBuilder::ternary(const TernaryExpr& e, Value to) {
    const auto arm = [this](const Expr* x) {
        return [this, x](Value slot) {
            if (slot)
                expr_into(*x, slot);
            else
                expr(*x);
        };
    };
    if (!e.then) {  // `a ?: b`
        Value value = expr(*e.condition);
        Value test = value->getType()->isIntegerTy(1) ? value : convert(value, e.condition->type, Type::boolean());
        return choose(
            e.type, test, to, [&](Value slot) { store(e.type, value, slot); }, arm(e.otherwise.get()));
    }
    return choose(e.type, condition(*e.condition), to, arm(e.then.get()), arm(e.otherwise.get()));
}

void FunctionBuilder::block_into(const Block& b, const Type&, Value slot) {
    for (const StmtPtr& s : b.statements) {
        if (ended()) return;
        statement(*s);
    }
    if (!b.value || ended()) return;
    if (slot)
        expr_into(*b.value, slot);
    else
        expr(*b.value);
}

Value FunctionBuilder::if_value(const IfExpr& e, Value to) {
    const auto arm = [&](const Block* b) -> std::function<void(Value)> {
        if (!b) return nullptr;
        return [this, b, &e](Value slot) { block_into(*b, e.type, slot); };
    };
    return choose(e.type, condition(*e.condition), to, arm(e.then.get()), arm(e.otherwise.get()));
}

Value FunctionBuilder::tuple(const TupleExpr& e, Value to) {
    Value memory = room(e.type, to);
    uint64_t used = 0;
    for (const Member& m : *e.type.members) used += m.type->size;
    if (used != e.type.size) clear(memory, e.type.size);  // padding
    for (size_t i = 0; i < e.elements.size(); ++i) expr_into(*e.elements[i], at(memory, e.type.members->at(i).offset));
    return memory;
}

Value FunctionBuilder::record(const RecordExpr& e, Value to) {
    Value memory = room(e.type, to);
    uint64_t used = 0;
    for (const Member& m : *e.type.members) used += m.type->size;
    if (used != e.type.size) clear(memory, e.type.size);
    for (const auto& written : e.members)
        for (const Member& m : *e.type.members)
            if (m.name == written.name) expr_into(*written.value, at(memory, m.offset));
    return memory;
}

}  // namespace avocet::dsl::lower
