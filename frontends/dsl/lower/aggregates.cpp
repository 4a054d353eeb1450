// SPDX-License-Identifier: Apache-2.0
//
// count, sum, min, max, avg, stats, hist, lhist, tseries: per-CPU values updated in place, combined over the CPUs when
// read.
#include "avocet/abi/program.h"
#include "lower/function.hpp"
#include "lower/map_answer.hpp"
#include "passes/builtins/builtins.hpp"

namespace avocet::dsl::lower {

namespace {

constexpr int64_t already_exists = -17;          // -EEXIST
constexpr uint64_t most_deleted_buckets = 4096;  // the verifier follows every round of the loop

const Expr* key_of(const Expr& e) {
    auto* element = as_if<MapElementExpr>(&e, ExprKind::map_element);
    return element ? element->key.get() : nullptr;
}
bool is_histogram(const MapInfo& info) {
    return info.aggregate == Aggregate::hist || info.aggregate == Aggregate::lhist;
}
bool has_buckets(const MapInfo& info) { return is_histogram(info) || info.aggregate == Aggregate::tseries; }
// Whether a value is { value, set } rather than a bare number.
bool has_set(const MapInfo& info) {
    return info.aggregate == Aggregate::min || info.aggregate == Aggregate::max ||
           (info.aggregate == Aggregate::sum && !info.keyed);
}
bool is_average(const MapInfo& info) { return info.aggregate == Aggregate::avg || info.aggregate == Aggregate::stats; }

}  // namespace

// Floor of the binary logarithm by bisection (BPF has no count-leading-zeros), then the bucket of sdk/docs/program.md.
Value FunctionBuilder::log2_bucket(Value n, unsigned bits) {
    const uint64_t per_power = 1ull << bits;
    Value slot = stack_slot(8);
    auto *negative = new_block("negative"), *natural = new_block("natural"), *small = new_block("small"),
         *large = new_block("large"), *done = new_block("bucket");
    b_.CreateCondBr(b_.CreateICmpSLT(n, number(0)), negative, natural);
    b_.SetInsertPoint(negative);
    b_.CreateStore(number(0), slot);
    b_.CreateBr(done);
    b_.SetInsertPoint(natural);
    b_.CreateCondBr(b_.CreateICmpULT(n, number(2 * per_power)), small, large);
    b_.SetInsertPoint(small);
    b_.CreateStore(b_.CreateAdd(n, number(1)), slot);
    b_.CreateBr(done);
    b_.SetInsertPoint(large);
    Value power = number(0), rest = n;
    for (unsigned width : {32, 16, 8, 4, 2, 1}) {
        // Three instructions a step: opaque, so that it does not become two selections of four each.
        auto *from = b_.GetInsertBlock(), *above = new_block("above"), *next = new_block("next");
        b_.CreateCondBr(b_.CreateICmpUGE(rest, number(1ull << width)), above, next);
        b_.SetInsertPoint(above);
        Value more = b_.CreateAdd(bpf::opaque(b_, power), number(width)), less = b_.CreateLShr(rest, width);
        b_.CreateBr(next);
        b_.SetInsertPoint(next);
        auto *powers = b_.CreatePHI(b_.getInt64Ty(), 2), *rests = b_.CreatePHI(b_.getInt64Ty(), 2);
        powers->addIncoming(power, from);
        powers->addIncoming(more, above);
        rests->addIncoming(rest, from);
        rests->addIncoming(less, above);
        power = powers;
        rest = rests;
    }
    if (bits == 0) {  // one bucket for each power
        b_.CreateStore(b_.CreateAdd(power, number(2)), slot);
        b_.CreateBr(done);
        b_.SetInsertPoint(done);
        return b_.CreateLoad(b_.getInt64Ty(), slot);
    }
    Value within =
        b_.CreateSub(b_.CreateLShr(n, b_.CreateAnd(b_.CreateSub(power, number(bits)), 63)), number(per_power));
    Value base = b_.CreateMul(b_.CreateSub(power, number(bits + 1)), number(per_power));
    b_.CreateStore(b_.CreateAdd(b_.CreateAdd(base, within), number(1 + 2 * per_power)), slot);
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    return b_.CreateLoad(b_.getInt64Ty(), slot);
}

Value FunctionBuilder::bucket(const MapInfo& info, Value n) {
    if (info.aggregate == Aggregate::hist) return log2_bucket(n, info.hist_bits);
    const auto low = static_cast<uint64_t>(info.lhist_min), high = static_cast<uint64_t>(info.lhist_max);
    const auto step = static_cast<uint64_t>(std::max<int64_t>(info.lhist_step, 1));
    Value inside = b_.CreateAdd(b_.CreateUDiv(b_.CreateSub(n, number(low)), number(step)), number(1));
    Value at_least =
        b_.CreateSelect(b_.CreateICmpSGE(n, number(high)), number(1 + (high - low + step - 1) / step), inside);
    return b_.CreateSelect(b_.CreateICmpSLT(n, number(low)), number(0), at_least);
}

// Per-CPU values are not shared with other CPUs, but a program may be interrupted by another one on its own CPU.
void FunctionBuilder::add_to(Value address, Value delta) {
    const bool may_nest = facts().flags & AVOCET_GROUP_PREEMPTIBLE || m_.unit.functions.size() > 1;
    if (may_nest) {
        b_.CreateAtomicRMW(llvm::AtomicRMWInst::Add, address, delta, llvm::Align(8), llvm::AtomicOrdering::Monotonic);
        return;
    }
    b_.CreateAlignedStore(b_.CreateAdd(b_.CreateAlignedLoad(b_.getInt64Ty(), address, llvm::Align(8)), delta), address,
                          llvm::Align(8));
}

void FunctionBuilder::aggregate_update(const MapInfo& info, Value address, Value operand) {
    switch (info.aggregate) {
        case Aggregate::sum:
            add_to(address, operand);
            if (has_set(info)) b_.CreateStore(number(1), at(address, 8));
            return;
        case Aggregate::avg:
        case Aggregate::stats:
            add_to(address, operand);
            add_to(at(address, 8), number(1));
            return;
        case Aggregate::min:
        case Aggregate::max: {
            const bool is_min = info.aggregate == Aggregate::min, is_signed = info.value.is_signed;
            using P = llvm::CmpInst::Predicate;
            const P predicate =
                is_min ? (is_signed ? P::ICMP_SLT : P::ICMP_ULT) : (is_signed ? P::ICMP_SGT : P::ICMP_UGT);
            Value better = b_.CreateICmp(predicate, operand, b_.CreateLoad(b_.getInt64Ty(), address));
            Value unset = b_.CreateICmpEQ(b_.CreateLoad(b_.getInt64Ty(), at(address, 8)), number(0));
            auto *take = new_block("take"), *done = new_block("kept");
            b_.CreateCondBr(b_.CreateOr(better, unset), take, done);
            b_.SetInsertPoint(take);
            b_.CreateStore(operand, address);
            b_.CreateStore(number(1), at(address, 8));
            b_.CreateBr(done);
            b_.SetInsertPoint(done);
            return;
        }
        default: add_to(address, number(1));
    }
}

void FunctionBuilder::aggregate_first(const MapInfo& info, Value address, Value operand) {
    const bool counts = info.aggregate == Aggregate::count || is_histogram(info);
    b_.CreateStore(counts ? number(1) : operand, address);
    if (has_set(info) || is_average(info)) b_.CreateStore(number(1), at(address, 8));
}

// Intervals count from the epoch of the TAI clock, which never jumps.
FunctionBuilder::Interval FunctionBuilder::this_interval(const MapInfo& info) {
    Interval interval;
    interval.now = helper(bpf::Helper::ktime_get_tai_ns, {});
    interval.epoch = b_.CreateUDiv(interval.now, number(std::max<uint64_t>(info.series_interval_ns, 1)));
    interval.slot = b_.CreateURem(interval.epoch, number(std::max<uint64_t>(info.series_intervals, 1)));
    return interval;
}

// { epoch, value, mark }: the mark is when the last value came, else how many there were; 0: none.
void FunctionBuilder::series_first(const MapInfo& info, Value address, Value operand, const Interval& interval) {
    b_.CreateStore(interval.epoch, address);
    b_.CreateStore(operand, at(address, 8));
    b_.CreateStore(info.series_combine == "last" ? interval.now : number(1), at(address, 16));
}

void FunctionBuilder::series_update(const MapInfo& info, Value address, Value operand, const Interval& interval) {
    const std::string& combine = info.series_combine;
    Value old = b_.CreateLoad(b_.getInt64Ty(), at(address, 8)), mark = b_.CreateLoad(b_.getInt64Ty(), at(address, 16));
    Value current = b_.CreateAnd(b_.CreateICmpEQ(b_.CreateLoad(b_.getInt64Ty(), address), interval.epoch),
                                 b_.CreateICmpNE(mark, number(0)));
    Value value = operand, next = b_.CreateAdd(mark, number(1)), first = number(1);
    if (combine == "last") {
        next = first = interval.now;
    } else if (combine == "avg" || combine == "sum") {
        value = b_.CreateAdd(old, operand);
    } else {
        Value less = info.value.is_signed ? b_.CreateICmpSLT(operand, old) : b_.CreateICmpULT(operand, old);
        value = combine == "min" ? b_.CreateSelect(less, operand, old) : b_.CreateSelect(less, old, operand);
    }
    b_.CreateStore(interval.epoch, address);
    b_.CreateStore(b_.CreateSelect(current, value, operand), at(address, 8));
    b_.CreateStore(b_.CreateSelect(current, next, first), at(address, 16));
}

void FunctionBuilder::aggregate(const Expr& target, const CallExpr& call) {
    const int map = map_of(target);
    const MapInfo& info = map_info(map);
    const MapShape& shape = m_.map(map);
    Value operand = call.args.empty() ? number(1) : widen(expr(*call.args[0]), call.args[0]->type);
    Value key;
    Interval interval;
    if (info.aggregate == Aggregate::tseries) interval = this_interval(info);
    if (has_buckets(info)) {
        Value n = b_.CreateTrunc(interval.slot ? interval.slot : bucket(info, operand), b_.getInt32Ty());
        if (info.keyed) {
            key = allocate(shape.key_size);
            clear(key, shape.key_size);
            expr_into(*key_of(target), key);
            b_.CreateAlignedStore(n, at(key, shape.bucket_offset), llvm::Align(4));
        } else {
            key = stack_slot(8);
            b_.CreateStore(n, key);
        }
    } else {
        key = map_key(map, key_of(target));
    }
    const auto update = [&](Value address) {
        if (interval.slot)
            series_update(info, address, operand, interval);
        else
            aggregate_update(info, address, operand);
    };
    auto *hit = new_block("hit"), *miss = info.keyed ? new_block("miss") : nullptr, *done = new_block("aggregated");
    Value found = lookup(map, key);
    b_.CreateCondBr(b_.CreateIsNull(found), miss ? miss : done, hit);
    b_.SetInsertPoint(hit);
    update(found);
    b_.CreateBr(done);
    if (miss) {
        b_.SetInsertPoint(miss);
        Value first = allocate(shape.value_size);
        if (interval.slot)
            series_first(info, first, operand, interval);
        else
            aggregate_first(info, first, operand);
        Value status = map_answer(
            b_, helper(bpf::Helper::map_update_elem, {map_of_key(map, key), key, first, number(bpf::noexist)}));
        auto *failed = new_block("not_created"), *raced = new_block("raced"), *again = new_block("again"),
             *full = new_block("full");
        b_.CreateCondBr(b_.CreateICmpEQ(status, number(0)), done, failed);
        b_.SetInsertPoint(failed);
        b_.CreateCondBr(b_.CreateICmpEQ(status, b_.getInt64(static_cast<uint64_t>(already_exists))), raced, full);
        b_.SetInsertPoint(raced);
        Value now = lookup(map, key);
        b_.CreateCondBr(b_.CreateIsNull(now), done, again);
        b_.SetInsertPoint(again);
        update(now);
        b_.CreateBr(done);
        b_.SetInsertPoint(full);
        update_failed(target.span, status);
        b_.CreateBr(done);
    }
    b_.SetInsertPoint(done);
}

// Over all CPUs. Returns value or total; `count` gets the number of samples, or whether there is a value at all.
Value FunctionBuilder::combine(const MapInfo& info, int map, Value key, Value& count) {
    const bool is_extreme = info.aggregate == Aggregate::min || info.aggregate == Aggregate::max;
    Value total = stack_slot(8), seen = stack_slot(8), cpu = stack_slot(8);
    for (Value slot : {total, seen, cpu}) b_.CreateStore(number(0), slot);
    Value cpus = b_.CreateZExt(constant(AVOCET_CONST_NCPUS, 32), b_.getInt64Ty());
    auto *head = new_block("cpus"), *body = new_block("cpu"), *add = new_block("combine"),
         *next = new_block("next_cpu"), *done = new_block("combined");
    b_.CreateBr(head);
    b_.SetInsertPoint(head);
    Value i = b_.CreateLoad(b_.getInt64Ty(), cpu);
    b_.CreateCondBr(b_.CreateICmpULT(i, cpus), body, done);
    b_.SetInsertPoint(body);
    Value found = to_pointer(helper(bpf::Helper::map_lookup_percpu_elem, {map_of_key(map, key), key, i}));
    b_.CreateCondBr(b_.CreateIsNull(found), next, add);
    b_.SetInsertPoint(add);
    Value part = b_.CreateLoad(b_.getInt64Ty(), found), sum = b_.CreateLoad(b_.getInt64Ty(), total),
          samples = b_.CreateLoad(b_.getInt64Ty(), seen);
    Value here = has_set(info) || is_average(info) ? static_cast<Value>(b_.CreateLoad(b_.getInt64Ty(), at(found, 8)))
                                                   : number(1);
    if (is_extreme) {
        const bool is_min = info.aggregate == Aggregate::min;
        using P = llvm::CmpInst::Predicate;
        const P p = is_min ? (info.value.is_signed ? P::ICMP_SLT : P::ICMP_ULT)
                           : (info.value.is_signed ? P::ICMP_SGT : P::ICMP_UGT);
        Value take = b_.CreateAnd(b_.CreateICmpNE(here, number(0)),
                                  b_.CreateOr(b_.CreateICmpEQ(samples, number(0)), b_.CreateICmp(p, part, sum)));
        b_.CreateStore(b_.CreateSelect(take, part, sum), total);
    } else {
        b_.CreateStore(b_.CreateAdd(sum, part), total);
    }
    b_.CreateStore(b_.CreateAdd(samples, here), seen);
    b_.CreateBr(next);
    b_.SetInsertPoint(next);
    b_.CreateStore(b_.CreateAdd(i, number(1)), cpu);
    b_.CreateBr(head);
    b_.SetInsertPoint(done);
    count = b_.CreateLoad(b_.getInt64Ty(), seen);
    return b_.CreateLoad(b_.getInt64Ty(), total);
}

Value FunctionBuilder::combined_value(const MapInfo& info, int map, Value key) {
    Value count = nullptr;
    Value total = combine(info, map, key, count);
    return average_of(info, total, count);
}

Value FunctionBuilder::aggregate_value(const Expr& e) {
    const int map = map_of(e);
    const MapInfo& info = map_info(map);
    Value count = nullptr;
    Value total = combine(info, map, map_key(map, key_of(e)), count);
    Value average = average_of(info, total, count);
    if (info.aggregate != Aggregate::stats) return average;
    Value memory = allocate(e.type.size);
    for (const Member& m : *e.type.members)
        b_.CreateStore(m.name == "count" ? count : m.name == "average" ? average : total, at(memory, m.offset));
    return memory;
}

// Truncated toward zero; anything but an average is the total itself.
Value FunctionBuilder::average_of(const MapInfo& info, Value total, Value count) {
    if (!is_average(info)) return total;
    Value divisor = b_.CreateSelect(b_.CreateICmpEQ(count, number(0)), number(1), count);
    if (!info.value.is_signed) return b_.CreateUDiv(total, divisor);
    Value negative = b_.CreateICmpSLT(total, number(0));
    Value quotient = b_.CreateUDiv(b_.CreateSelect(negative, b_.CreateNeg(total), total), divisor);
    return b_.CreateSelect(negative, b_.CreateNeg(quotient), quotient);
}

// Each bucket of a keyed histogram is an element of its own.
Value FunctionBuilder::delete_buckets(const MapInfo& info, const MapShape& shape, const Expr& written) {
    Value key = allocate(shape.key_size), index = stack_slot(8), existed = stack_slot(8);
    clear(key, shape.key_size);
    expr_into(written, key);
    b_.CreateStore(number(0), index);
    b_.CreateStore(number(0), existed);
    auto *head = new_block("buckets"), *body = new_block("bucket"), *hit = new_block("hit"),
         *next = new_block("next_bucket"), *done = new_block("deleted");
    b_.CreateBr(head);
    b_.SetInsertPoint(head);
    Value i = b_.CreateLoad(b_.getInt64Ty(), index);
    b_.CreateCondBr(b_.CreateICmpULT(i, number(bucket_count(info))), body, done);
    b_.SetInsertPoint(body);
    b_.CreateAlignedStore(b_.CreateTrunc(i, b_.getInt32Ty()), at(key, shape.bucket_offset), llvm::Align(4));
    b_.CreateStore(b_.CreateAdd(i, number(1)), index);
    Value status = helper(bpf::Helper::map_delete_elem, {shape.global, key});
    b_.CreateCondBr(b_.CreateICmpEQ(status, number(0)), hit, next);
    b_.SetInsertPoint(hit);
    b_.CreateStore(number(1), existed);
    b_.CreateBr(next);
    b_.SetInsertPoint(next);
    b_.CreateBr(head);
    b_.SetInsertPoint(done);
    return b_.CreateICmpNE(b_.CreateLoad(b_.getInt64Ty(), existed), number(0));
}

Value FunctionBuilder::map_delete(const CallExpr& e) {
    const int map = map_of(*e.args[0]);
    const MapInfo& info = map_info(map);
    const MapShape& shape = m_.map(map);
    const Expr* written = e.args.size() > 1 ? e.args[1].get() : key_of(*e.args[0]);
    if (info.keyed && has_buckets(info) && bucket_count(info) > most_deleted_buckets) {
        m_.unit.diagnostics
            ->error(e.span, "delete(): an element of '" + info.name + "' has " + std::to_string(bucket_count(info)) +
                                " intervals, at most " + std::to_string(most_deleted_buckets) +
                                " can be deleted at once")
            .with_hint("clear(" + info.name + ") empties the whole map");
        return b_.getInt1(false);
    }
    if (info.keyed && has_buckets(info)) return delete_buckets(info, shape, *written);
    if (has_buckets(info)) {
        m_.unit.diagnostics->error(e.span, "delete(): '" + info.name + "' has no keys to delete")
            .with_hint("clear(" + info.name + ") empties it");
        return b_.getInt1(false);
    }
    if (info.keyed) {
        Value key = map_key(map, written);
        return b_.CreateICmpEQ(helper(bpf::Helper::map_delete_elem, {map_of_key(map, key), key}), number(0));
    }
    // A scalar map becomes absent on every CPU.
    Value key = map_key(map, nullptr), existed = stack_slot(8), cpu = stack_slot(8);
    b_.CreateStore(number(0), existed);
    b_.CreateStore(number(0), cpu);
    auto *head = new_block("cpus"), *body = new_block("cpu"), *reset = new_block("reset"),
         *next = new_block("next_cpu"), *done = new_block("deleted");
    Value cpus = shape.per_cpu ? b_.CreateZExt(constant(AVOCET_CONST_NCPUS, 32), b_.getInt64Ty()) : number(1);
    b_.CreateBr(head);
    b_.SetInsertPoint(head);
    Value i = b_.CreateLoad(b_.getInt64Ty(), cpu);
    b_.CreateCondBr(b_.CreateICmpULT(i, cpus), body, done);
    b_.SetInsertPoint(body);
    Value found = shape.per_cpu ? to_pointer(helper(bpf::Helper::map_lookup_percpu_elem, {shape.global, key, i}))
                                : lookup(map, key);
    b_.CreateCondBr(b_.CreateIsNull(found), next, reset);
    b_.SetInsertPoint(reset);
    Value was = b_.CreateLoad(b_.getInt64Ty(), at(found, shape.value_size - 8));
    b_.CreateStore(b_.CreateOr(b_.CreateLoad(b_.getInt64Ty(), existed), was), existed);
    clear(found, shape.value_size);
    b_.CreateBr(next);
    b_.SetInsertPoint(next);
    b_.CreateStore(b_.CreateAdd(i, number(1)), cpu);
    b_.CreateBr(head);
    b_.SetInsertPoint(done);
    return b_.CreateICmpNE(b_.CreateLoad(b_.getInt64Ty(), existed), number(0));
}

}  // namespace avocet::dsl::lower
