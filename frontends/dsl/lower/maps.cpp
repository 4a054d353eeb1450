// SPDX-License-Identifier: Apache-2.0
//
// Plain map values: read, write, step, delete. Aggregates are in aggregates.cpp.
#include <algorithm>
#include <tuple>

#include "avocet/abi/program.h"
#include "lower/function.hpp"
#include "lower/lower.hpp"
#include "lower/map_answer.hpp"
#include "passes/builtins/builtins.hpp"
#include "passes/plan_outputs.hpp"
#include "syntax/printer.hpp"

namespace avocet::dsl::lower {

namespace {

constexpr int64_t already_exists = -17;  // -EEXIST

const Expr* key_of(const Expr& e) {
    auto* element = as_if<MapElementExpr>(&e, ExprKind::map_element);
    return element ? element->key.get() : nullptr;
}

// Evaluating it twice or once makes no difference: variables, literals, and composites of them.
bool is_pure(const Expr& e) {
    if (auto* t = as_if<TupleExpr>(&e, ExprKind::tuple))
        return std::all_of(t->elements.begin(), t->elements.end(), [](const ExprPtr& x) { return is_pure(*x); });
    if (auto* c = as_if<CastExpr>(&e, ExprKind::cast)) return is_pure(*c->operand);
    if (auto* c = as_if<CallExpr>(&e, ExprKind::call))
        return c->args.empty() &&
               (c->builtin == Builtin::comm || c->builtin == Builtin::pid || c->builtin == Builtin::tid ||
                c->builtin == Builtin::cpu || c->builtin == Builtin::argn || c->builtin == Builtin::probe);
    return e.kind == ExprKind::integer || e.kind == ExprKind::string || e.kind == ExprKind::boolean ||
           e.kind == ExprKind::variable;
}

}  // namespace

int FunctionBuilder::map_of(const Expr& e) {
    if (auto* m = as_if<MapExpr>(&e, ExprKind::map)) return m->map;
    if (auto* m = as_if<MapElementExpr>(&e, ExprKind::map_element)) return m->map;
    return -1;
}

// The str() that ends a key of this type, or null.
static const Expr* last_text(const Expr& key, const Type& key_type) {
    const Expr* last = &key;
    const Type* type = &key_type;
    if (auto* t = as_if<TupleExpr>(&key, ExprKind::tuple)) {
        if (t->elements.empty() || key_type.kind != TypeKind::tuple) return nullptr;
        last = t->elements.back().get();
        type = key_type.members->back().type.get();
    }
    auto* call = as_if<CallExpr>(last, ExprKind::call);
    return call && call->builtin == Builtin::str && call->type.size >= type->size ? call : nullptr;
}

Value FunctionBuilder::map_key(int map, const Expr* key) {
    const MapInfo& info = map_info(map);
    if (!info.keyed || !key) {
        Value slot = stack_slot(8);
        b_.CreateStore(b_.getInt32(0), slot);
        return slot;
    }
    if (key->type.is_aggregate_value()) {
        const auto outer = std::pair(key_text_, key_text_bytes_);
        if (const Type* text = short_keys(m_.unit, info, key_text_bytes_); text && key->type.size >= info.key.size) {
            key_text_ = last_text(*key, info.key);
            key_text_bytes_ -= text == &info.key ? 0 : info.key.members->back().offset;
        }
        Value value = expr(*key);
        std::tie(key_text_, key_text_bytes_) = outer;
        if (key->type.size >= info.key.size) return value;
        Value padded = allocate(info.key.size);
        clear(padded, info.key.size);
        copy(padded, value, key->type.size);
        return padded;
    }
    Value slot = stack_slot(8);
    store(info.key, expr(*key), slot);
    return slot;
}

// A short text ends with a NUL, and so does its key in the map of short keys; all that follows a text is zero.
Value FunctionBuilder::map_of_key(int map, Value key) {
    const MapShape& shape = m_.map(map);
    if (!shape.short_global) return shape.global;
    Value end = b_.CreateLoad(b_.getInt8Ty(), at(key, shape.short_key_size - 1));
    return b_.CreateSelect(b_.CreateICmpEQ(end, b_.getInt8(0)), shape.short_global, shape.global);
}

Value FunctionBuilder::lookup(int map, Value key) {
    return to_pointer(helper(bpf::Helper::map_lookup_elem, {map_of_key(map, key), key}));
}

// The text of a key that is the same wherever it stands in one call of the program; nothing for others.
static std::optional<std::string> lasting_text(const Expr* key) {
    if (!key) return "";
    if (auto* t = as_if<TupleExpr>(key, ExprKind::tuple)) {
        for (const ExprPtr& e : t->elements)
            if (!lasting_text(e.get())) return std::nullopt;
    } else if (auto* c = as_if<CastExpr>(key, ExprKind::cast)) {
        if (!lasting_text(c->operand.get())) return std::nullopt;
    } else if (auto* f = as_if<FieldExpr>(key, ExprKind::field)) {
        if (f->arg < 0 || f->type.is_aggregate_value()) return std::nullopt;
    } else if (!is_pure(*key) || key->kind == ExprKind::variable) {
        return std::nullopt;
    }
    return print(*key);
}

Value FunctionBuilder::lookup_again(int map, const Expr* key) {
    const auto text = lasting_text(map_info(map).keyed ? key : nullptr);
    Value global = m_.map(map).global;
    if (text)
        if (Value found = same_.element(global, *text)) return found;
    Value found = lookup(map, map_key(map, key));
    return text ? same_.remember_element(global, *text, found) : found;
}

// Calls a helper; those that change maps make what is known of their elements out of date.
Value FunctionBuilder::helper(bpf::Helper h, std::initializer_list<Value> args) {
    if (h == bpf::Helper::map_update_elem || h == bpf::Helper::map_delete_elem) {
        if (llvm::isa<llvm::GlobalVariable>(*args.begin()))
            same_.forget_elements(*args.begin());
        else
            same_.forget_elements();  // one of two maps
    }
    if (h == bpf::Helper::loop || h == bpf::Helper::for_each_map_elem) same_.forget_elements();
    return bpf::call(b_, h, args);
}

// The value behind `found`, or zero.
Value FunctionBuilder::element_value(const MapInfo& info, const MapShape&, Value found) {
    auto *hit = new_block("hit"), *miss = new_block("miss"), *done = new_block("looked_up");
    const bool in_memory = info.value.is_aggregate_value();
    Value empty = in_memory ? allocate(info.value.size) : nullptr;
    Value slot = in_memory ? nullptr : stack_slot(8);
    b_.CreateCondBr(b_.CreateIsNull(found), miss, hit);
    b_.SetInsertPoint(hit);
    if (slot) store(info.value, load(info.value, found), slot);
    b_.CreateBr(done);
    b_.SetInsertPoint(miss);
    if (info.keyed && m_.unit.source && m_.unit.source->flags & AVOCET_COMPILE_WARNINGS)
        run_time_error({}, "Can't lookup map element because it does not exist.", "warning", "map_lookup_elem",
                       number(0));
    if (slot)
        store(info.value, zero(info.value), slot);
    else
        clear(empty, info.value.size);
    auto* from_miss = b_.GetInsertBlock();
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    if (slot) return load(info.value, slot);
    auto* value = b_.CreatePHI(m_.ptr(), 2);
    value->addIncoming(found, hit);
    value->addIncoming(empty, from_miss);
    return value;
}

Value FunctionBuilder::map_value(const Expr& e) {
    const int map = map_of(e);
    const MapInfo& info = map_info(map);
    if (info.aggregate != Aggregate::none) return aggregate_value(e);
    return element_value(info, m_.map(map), lookup_again(map, key_of(e)));
}

void FunctionBuilder::update_failed(const Span& span, Value status) {
    count_loss(AVOCET_LOSS_MAP_FULL);
    // Once per place: a full map fails for every event, and the ledger counts them all.
    const int output = add_error_output(m_.unit, span,
                                        "Map full; can't update element. Try increasing max_map_keys config or "
                                        "manually setting the max entries in a map "
                                        "declaration e.g. `let @a = hash(5000)`",
                                        "warning", "map_update_elem");
    auto* flag = m_.flag("avocet_reported_" + std::to_string(output));
    auto *report = new_block("report"), *next = new_block("counted");
    b_.CreateCondBr(b_.CreateICmpEQ(b_.CreateLoad(b_.getInt64Ty(), flag), number(0)), report, next);
    b_.SetInsertPoint(report);
    b_.CreateStore(number(1), flag);
    emit_control(output, status);
    b_.CreateBr(next);
    b_.SetInsertPoint(next);
}

void FunctionBuilder::map_update(int map, Value key, Value value, const Span& span, uint64_t flags) {
    Value status =
        map_answer(b_, helper(bpf::Helper::map_update_elem, {map_of_key(map, key), key, value, number(flags)}));
    auto *failed = new_block("full"), *next = new_block("updated");
    b_.CreateCondBr(b_.CreateICmpSLT(status, number(0)), failed, next);
    b_.SetInsertPoint(failed);
    update_failed(span, status);
    b_.CreateBr(next);
    b_.SetInsertPoint(next);
}

void FunctionBuilder::map_store(const Expr& target, const Expr& value) {
    const int map = map_of(target);
    const MapInfo& info = map_info(map);
    const MapShape& shape = m_.map(map);
    if (info.keyed) {
        Value what = expr(value);
        if (!value.type.is_aggregate_value()) {
            Value slot = stack_slot(8);
            store(info.value, what, slot);
            what = slot;
        }
        Value key = map_key(map, key_of(target));
        return map_update(map, key, what, target.span);
    }
    Value what = expr(value);
    Value found = lookup(map, map_key(map, nullptr));
    auto *set = new_block("set"), *next = new_block("stored");
    b_.CreateCondBr(b_.CreateIsNull(found), next, set);
    b_.SetInsertPoint(set);
    store(info.value, what, found);
    b_.CreateStore(number(1), at(found, shape.value_size - 8));
    b_.CreateBr(next);
    b_.SetInsertPoint(next);
}

// `@n = @n + e` (also `@n[k] = @n[k] + e`, what `+=` has become) on 64-bit integers: one atomic add, so that no count
// is lost between CPUs.
bool FunctionBuilder::add_in_place(const AssignStmt& s) {
    const int map = map_of(*s.target);
    const MapInfo& info = map_info(map);
    auto* sum = as_if<BinaryExpr>(s.value.get(), ExprKind::binary);
    if (!info.value.is_integer() || info.value.size != 8 || !sum || !sum->type.is_integer()) return false;
    if ((sum->op != Op::add && sum->op != Op::sub) || map_of(*sum->left) != map) return false;
    const Expr* key_expr = key_of(*s.target);
    if (info.keyed && (!is_pure(*key_expr) || print(*key_expr) != print(*key_of(*sum->left)))) return false;
    Value delta = widen(expr(*sum->right), sum->right->type);
    if (sum->op == Op::sub) delta = b_.CreateNeg(delta);
    Value key = map_key(map, key_expr), found = lookup(map, key);
    auto *add = new_block("add"), *miss = info.keyed ? new_block("miss") : nullptr, *next = new_block("added");
    const auto add_to_it = [&](Value address) {
        b_.CreateAtomicRMW(llvm::AtomicRMWInst::Add, address, delta, llvm::Align(8), llvm::AtomicOrdering::Monotonic);
        if (!info.keyed) b_.CreateStore(number(1), at(address, m_.map(map).value_size - 8));
        b_.CreateBr(next);
    };
    b_.CreateCondBr(b_.CreateIsNull(found), miss ? miss : next, add);
    b_.SetInsertPoint(add);
    add_to_it(found);
    if (miss) {
        b_.SetInsertPoint(miss);
        Value first = stack_slot(8);
        b_.CreateStore(delta, first);
        Value status = map_answer(
            b_, helper(bpf::Helper::map_update_elem, {map_of_key(map, key), key, first, number(bpf::noexist)}));
        auto *failed = new_block("not_created"), *raced = new_block("raced"), *again = new_block("again"),
             *full = new_block("full");
        b_.CreateCondBr(b_.CreateICmpEQ(status, number(0)), next, failed);
        b_.SetInsertPoint(failed);
        b_.CreateCondBr(b_.CreateICmpEQ(status, b_.getInt64(static_cast<uint64_t>(already_exists))), raced, full);
        b_.SetInsertPoint(raced);
        Value now = lookup(map, key);
        b_.CreateCondBr(b_.CreateIsNull(now), next, again);
        b_.SetInsertPoint(again);
        add_to_it(now);
        b_.SetInsertPoint(full);
        update_failed(s.target->span, status);
        b_.CreateBr(next);
    }
    b_.SetInsertPoint(next);
    return true;
}

Value FunctionBuilder::map_increment(const UnaryExpr& e) {
    const int map = map_of(*e.operand);
    const MapInfo& info = map_info(map);
    const bool prefix = e.op == Op::pre_inc || e.op == Op::pre_dec, up = e.op == Op::pre_inc || e.op == Op::post_inc;
    const uint64_t step =
        info.value.is_pointer() && info.value.element ? std::max<uint64_t>(info.value.element->size, 1) : 1;
    Value key = map_key(map, key_of(*e.operand)), result = stack_slot(8);
    auto *hit = new_block("hit"), *miss = new_block("miss"), *done = new_block("stepped");
    Value found = lookup(map, key);
    b_.CreateCondBr(b_.CreateIsNull(found), miss, hit);
    b_.SetInsertPoint(hit);
    store(info.value, increment_memory(found, info.value, e, true), result);
    if (!info.keyed) b_.CreateStore(number(1), at(found, m_.map(map).value_size - 8));
    b_.CreateBr(done);

    b_.SetInsertPoint(miss);
    store(info.value, zero(info.value), result);
    if (info.keyed) {
        Value first = stack_slot(8);
        store(info.value, llvm::ConstantInt::get(llvm_type(info.value), up ? step : -step, true), first);
        Value status = map_answer(
            b_, helper(bpf::Helper::map_update_elem, {map_of_key(map, key), key, first, number(bpf::noexist)}));
        auto *created = new_block("created"), *failed = new_block("not_created"), *raced = new_block("raced"),
             *full = new_block("full");
        b_.CreateCondBr(b_.CreateICmpEQ(status, number(0)), created, failed);
        b_.SetInsertPoint(created);
        if (prefix) store(info.value, load(info.value, first), result);
        b_.CreateBr(done);
        b_.SetInsertPoint(failed);
        b_.CreateCondBr(b_.CreateICmpEQ(status, b_.getInt64(static_cast<uint64_t>(already_exists))), raced, full);
        b_.SetInsertPoint(raced);  // another CPU was faster
        Value again = lookup(map, key);
        auto* retry = new_block("retry");
        b_.CreateCondBr(b_.CreateIsNull(again), done, retry);
        b_.SetInsertPoint(retry);
        store(info.value, increment_memory(again, info.value, e, true), result);
        b_.CreateBr(done);
        b_.SetInsertPoint(full);
        update_failed(e.span, status);
    }
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    return load(info.value, result);
}

Value FunctionBuilder::call_map(const CallExpr& e, Value) {
    const Expr& target = *e.args[0];
    if (e.builtin == Builtin::clear || e.builtin == Builtin::zero) {
        emit_output(e);
        return nullptr;
    }
    if (e.builtin == Builtin::len && (target.type.kind == TypeKind::kstack || target.type.kind == TypeKind::ustack))
        return stack_length(e);
    const int map = map_of(target);
    const MapInfo& info = map_info(map);
    switch (e.builtin) {
        case Builtin::len: return count_elements(map);
        case Builtin::delete_: return map_delete(e);
        case Builtin::has_key: return b_.CreateIsNotNull(lookup_again(map, e.args[1].get()));
        case Builtin::find: {
            auto* v = as_if<VariableExpr>(e.args[2].get(), ExprKind::variable);
            Value found = lookup(map, map_key(map, e.args[1].get()));
            Value present = b_.CreateIsNotNull(found);
            auto *hit = new_block("hit"), *done = new_block("found");
            b_.CreateCondBr(present, hit, done);
            b_.SetInsertPoint(hit);
            store(info.value, load(info.value, found), variable(v->variable));
            b_.CreateBr(done);
            b_.SetInsertPoint(done);
            return present;
        }
        default: return nullptr;
    }
}

}  // namespace avocet::dsl::lower
