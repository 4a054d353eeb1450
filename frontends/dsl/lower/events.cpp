// SPDX-License-Identifier: Apache-2.0
//
// Events. Of fixed size: reserved in the ring, filled in place, committed. With long strings: built in the scratch
// frame with their true lengths and copied once. With the perf transport (a constant that the verifier prunes by) both
// go through the scratch frame. Exit and run-time errors take the control ring, which a flood of events cannot fill.
//
// Nobody is woken up for an event: the reader drains on a timer, and is only woken when the ring passes a fill mark.
#include "avocet/abi/program.h"
#include "lower/function.hpp"
#include "lower/iterator_file.hpp"
#include "lower/text_capacity.hpp"
#include "passes/builtins/builtins.hpp"
#include "passes/iterator_probe.hpp"
#include "passes/plan_outputs.hpp"
#include "passes/stream_format.hpp"

namespace avocet::dsl::lower {

namespace {

constexpr uint64_t header_bytes = sizeof(avocet_event_header);
constexpr uint64_t truncated_bit = 1u << 15;

}  // namespace

// Writes one event of a layout whose values have been evaluated already.
class EventWriter {
public:
    EventWriter(FunctionBuilder& f, int output)
        : f_(f),
          b_(f.b_),
          output_(output),
          layout_(f.m_.event_layout(f.m_.unit.outputs[static_cast<size_t>(output)])) {}

    void write(const std::vector<const Expr*>& args);
    void join(const Expr& pointers);
    void packet(const CallExpr& e);
    static void to_file(FunctionBuilder& f, const CallExpr& printf);

private:
    bool has_elsewhere() const {
        for (const Field& field : layout_.fields)
            if (field.elsewhere) return true;
        return false;
    }
    uint64_t fixed_bytes() const { return header_bytes + layout_.size; }
    void header(Value to);
    void in_place(const std::vector<const Expr*>& args);
    void in_scratch(const std::vector<const Expr*>& args);
    void fill(Value to, const std::vector<const Expr*>& args, const std::vector<Value>& values);
    void append_text(Value memory, const Field& field, const Expr& arg, Value value);
    void append_bytes(Value memory, const Field& field, const Type& type, Value value);
    void reference(Value memory, Value field_offset, Value start, Value length, Value flag);
    Value perf_memory(llvm::BasicBlock* give_up);
    void send(Value memory, Value size, bool perf);
    void send_copy(Value memory, Value size);
    void check(Value status);
    Value choose_ring(llvm::BasicBlock* give_up);
    Value wake_flags(Value ring, Value size);
    static bool written_directly(const Expr& e);

    FunctionBuilder& f_;
    llvm::IRBuilder<>& b_;
    int output_;
    Layout layout_;
    Value cursor_ = nullptr;  // slot: next free byte of `memory`
};

void EventWriter::header(Value to) {
    const uint64_t first = static_cast<uint64_t>(output_) | static_cast<uint64_t>(f_.index_) << 32;
    b_.CreateStore(f_.number(first), to);
    Value stamp = f_.constant(AVOCET_CONST_STAMP, 32), slot = f_.stack_slot(8);
    auto *ask = f_.new_block("stamp"), *next = f_.new_block("stamped");
    b_.CreateStore(f_.number(0), slot);
    b_.CreateCondBr(b_.CreateICmpEQ(stamp, b_.getInt32(0)), next, ask);
    b_.SetInsertPoint(ask);
    b_.CreateStore(f_.helper(bpf::Helper::ktime_get_boot_ns, {}), slot);
    b_.CreateBr(next);
    b_.SetInsertPoint(next);
    b_.CreateStore(b_.CreateLoad(b_.getInt64Ty(), slot), f_.at(to, 8));
}

// Force a wake-up only for the event that carries the ring over the mark; others are found by the timed drain.
Value EventWriter::wake_flags(Value ring, Value size) {
    Value waiting = f_.helper(bpf::Helper::ringbuf_query, {ring, f_.number(0)});
    auto* mark = f_.m_.constant(AVOCET_CONST_WAKE_BYTES, 64);
    Value above = b_.CreateSub(waiting, f_.rodata(mark, 64));
    // Linux 6.12 links a register to its copy plus a constant, and a comparison of the one spoils the bounds of the
    // other. The mask, which changes nothing, ends the link.
    if (!llvm::isa<llvm::Constant>(size)) size = b_.CreateAnd(bpf::opaque(b_, size), f_.number(0xffffff));
    Value crossed = b_.CreateICmpULT(above, b_.CreateAdd(size, f_.number(16)));
    return b_.CreateSelect(crossed, f_.number(bpf::rb_force_wakeup), f_.number(bpf::rb_no_wakeup));
}

// The event ring, or this CPU's of several (sdk/docs/program.md, "Several rings").
Value EventWriter::choose_ring(llvm::BasicBlock* give_up) {
    Value count = f_.constant(AVOCET_CONST_RING_COUNT, 32), key = f_.stack_slot(8);
    auto *many = f_.new_block("rings"), *chosen = f_.new_block("chosen");
    auto* from_one = b_.GetInsertBlock();
    b_.CreateCondBr(b_.CreateICmpEQ(count, b_.getInt32(0)), chosen, many);
    b_.SetInsertPoint(many);
    Value cpu = b_.CreateTrunc(f_.helper(bpf::Helper::get_smp_processor_id, {}), b_.getInt32Ty());
    b_.CreateStore(b_.CreateAnd(cpu, b_.CreateSub(count, b_.getInt32(1))), key);
    Value found = f_.to_pointer(f_.helper(bpf::Helper::map_lookup_elem, {f_.m_.rings(), key}));
    auto* usable = f_.new_block("ring");
    b_.CreateCondBr(b_.CreateIsNull(found), give_up, usable);
    b_.SetInsertPoint(usable);
    b_.CreateBr(chosen);
    b_.SetInsertPoint(chosen);
    auto* ring = b_.CreatePHI(f_.m_.ptr(), 2);
    ring->addIncoming(f_.m_.events(), from_one);
    ring->addIncoming(found, usable);
    return ring;
}

void EventWriter::check(Value status) {
    auto *failed = f_.new_block("lost"), *next = f_.new_block("sent");
    b_.CreateCondBr(b_.CreateICmpSLT(status, f_.number(0)), failed, next);
    b_.SetInsertPoint(failed);
    f_.count_loss(AVOCET_LOSS_RING_FULL);
    b_.CreateBr(next);
    b_.SetInsertPoint(next);
}

void EventWriter::send_copy(Value memory, Value size) {
    auto *ring = f_.new_block("ring"), *perf = f_.new_block("perf"), *lost = f_.new_block("no_ring"),
         *done = f_.new_block("out");
    b_.CreateCondBr(b_.CreateICmpEQ(f_.constant(AVOCET_CONST_TRANSPORT, 32), b_.getInt32(0)), ring, perf);
    b_.SetInsertPoint(ring);
    Value to = choose_ring(lost);
    check(f_.helper(bpf::Helper::ringbuf_output, {to, memory, size, wake_flags(to, size)}));
    b_.CreateBr(done);
    b_.SetInsertPoint(lost);
    f_.count_loss(AVOCET_LOSS_RING_FULL);
    b_.CreateBr(done);
    b_.SetInsertPoint(perf);
    check(f_.helper(bpf::Helper::perf_event_output,
                    {f_.context_pointer(), f_.m_.events(), f_.number(bpf::f_current_cpu), memory, size}));
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
}

bool EventWriter::written_directly(const Expr& e) {
    auto* call = as_if<CallExpr>(&e, ExprKind::call);
    return call && call->builtin == Builtin::comm;
}

void EventWriter::fill(Value to, const std::vector<const Expr*>& args, const std::vector<Value>& values) {
    for (size_t i = 0; i < args.size(); ++i) {
        const Field& field = layout_.fields[i];
        if (field.elsewhere) continue;
        Value place = f_.at(to, header_bytes + field.offset);
        if (values[i])
            f_.store(args[i]->type, values[i], place);
        else
            f_.expr_into(*args[i], place);
    }
}

void EventWriter::in_place(const std::vector<const Expr*>& args) {
    std::vector<Value> values;
    for (const Expr* e : args) values.push_back(written_directly(*e) ? nullptr : f_.expr(*e));
    const uint64_t size = fixed_bytes();
    auto *ring = f_.new_block("ring"), *perf = f_.new_block("perf"), *lost = f_.new_block("lost"),
         *write = f_.new_block("write"), *submit = f_.new_block("submit"), *output = f_.new_block("output"),
         *done = f_.new_block("out");
    Value is_ring = b_.CreateICmpEQ(f_.constant(AVOCET_CONST_TRANSPORT, 32), b_.getInt32(0));
    b_.CreateCondBr(is_ring, ring, perf);
    b_.SetInsertPoint(ring);
    Value chosen = choose_ring(lost);
    Value reserved = f_.to_pointer(f_.helper(bpf::Helper::ringbuf_reserve, {chosen, f_.number(size), f_.number(0)}));
    b_.CreateCondBr(b_.CreateIsNull(reserved), lost, write);
    auto* from_ring = b_.GetInsertBlock();
    b_.SetInsertPoint(perf);
    Value built = perf_memory(lost);
    auto* from_perf = b_.GetInsertBlock();
    b_.CreateBr(write);
    b_.SetInsertPoint(lost);
    f_.count_loss(AVOCET_LOSS_RING_FULL);
    b_.CreateBr(done);

    b_.SetInsertPoint(write);
    auto* memory = b_.CreatePHI(f_.m_.ptr(), 2);
    memory->addIncoming(reserved, from_ring);
    memory->addIncoming(built, from_perf);
    auto* own = b_.CreatePHI(f_.m_.ptr(), 2);
    own->addIncoming(chosen, from_ring);
    own->addIncoming(f_.m_.events(), from_perf);
    header(memory);
    {
        const KnownValues::Region region(f_.same_);
        fill(memory, args, values);
    }
    Value still_ring = b_.CreateICmpEQ(f_.constant(AVOCET_CONST_TRANSPORT, 32), b_.getInt32(0));
    b_.CreateCondBr(still_ring, submit, output);
    b_.SetInsertPoint(submit);
    f_.helper(bpf::Helper::ringbuf_submit, {memory, wake_flags(own, f_.number(size))});
    b_.CreateBr(done);
    b_.SetInsertPoint(output);
    check(f_.helper(bpf::Helper::perf_event_output,
                    {f_.context_pointer(), f_.m_.events(), f_.number(bpf::f_current_cpu), memory, f_.number(size)}));
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
}

// Scratch for the perf transport only. Functions that cannot nest look it up here, so that the ring does not pay for
// it.
Value EventWriter::perf_memory(llvm::BasicBlock* give_up) {
    const uint64_t size = (fixed_bytes() + 7) / 8 * 8;
    if (f_.memory_.needs_scratch || f_.facts().flags & AVOCET_GROUP_PREEMPTIBLE || f_.parent_) {
        return f_.frame_memory(size);
    }
    const uint64_t offset = f_.memory_.scratch_used;
    f_.memory_.scratch_high = std::max(f_.memory_.scratch_high, offset + size);
    Value key = f_.stack_slot(8);
    if (f_.direct_frame_ < 0) f_.direct_frame_ = static_cast<int>(f_.m_.scratch_frames++);
    b_.CreateStore(b_.getInt32(static_cast<uint32_t>(f_.direct_frame_)), key);
    Value frame = f_.to_pointer(f_.helper(bpf::Helper::map_lookup_elem, {f_.m_.scratch(), key}));
    auto* usable = f_.new_block("frame");
    b_.CreateCondBr(b_.CreateIsNull(frame), give_up, usable);
    b_.SetInsertPoint(usable);
    return f_.at(frame, offset);
}

void EventWriter::reference(Value memory, Value field_offset, Value start, Value length, Value flag) {
    Value offset = b_.CreateSub(start, f_.number(header_bytes));
    Value word = b_.CreateOr(b_.CreateShl(b_.CreateOr(length, flag), 16), offset);
    Value place = b_.CreateInBoundsGEP(b_.getInt8Ty(), memory, {field_offset});
    b_.CreateAlignedStore(b_.CreateTrunc(word, b_.getInt32Ty()), place, llvm::Align(4));
}

// Copies up to the NUL; what follows overwrites it.
void EventWriter::append_text(Value memory, const Field& field, const Expr& arg, Value value) {
    Value start = b_.CreateLoad(b_.getInt64Ty(), cursor_);
    Value to = b_.CreateInBoundsGEP(b_.getInt8Ty(), memory, {start});
    auto* call = as_if<CallExpr>(&arg, ExprKind::call);
    const bool is_read = call && call->builtin == Builtin::str;
    Value status, capacity = f_.number(is_read ? text_capacity(*call) : arg.type.size);
    if (is_read)
        status = f_.read_text_to(*call, to, capacity);
    else
        status = f_.helper(bpf::Helper::probe_read_kernel_str, {to, capacity, value});
    // The length itself is compared: Linux 6.12 and older learn nothing about it from a comparison of the status.
    Value length = bpf::opaque(b_, b_.CreateSub(status, f_.number(1)));
    length = b_.CreateSelect(b_.CreateICmpSGE(length, f_.number(0)), length, f_.number(0));
    Value truncated = full_means_truncated(arg.type, f_.m_.unit.settings)
                          ? b_.CreateSelect(b_.CreateICmpEQ(status, capacity), f_.number(truncated_bit), f_.number(0))
                          : f_.number(0);
    reference(memory, f_.number(header_bytes + field.offset), start, length, truncated);
    b_.CreateStore(b_.CreateAdd(start, length), cursor_);
}

void EventWriter::append_bytes(Value memory, const Field& field, const Type& type, Value value) {
    const uint64_t most = type.size - 4;
    Value start = b_.CreateLoad(b_.getInt64Ty(), cursor_);
    Value to = b_.CreateInBoundsGEP(b_.getInt8Ty(), memory, {start});
    Value length = b_.CreateZExt(b_.CreateAlignedLoad(b_.getInt32Ty(), value, llvm::Align(4)), b_.getInt64Ty());
    length = b_.CreateSelect(b_.CreateICmpULT(length, f_.number(most)), length, f_.number(most));
    f_.helper(bpf::Helper::probe_read_kernel, {to, length, f_.at(value, 4)});
    reference(memory, f_.number(header_bytes + field.offset), start, length, f_.number(0));
    b_.CreateStore(b_.CreateAdd(start, length), cursor_);
}

void EventWriter::in_scratch(const std::vector<const Expr*>& args) {
    uint64_t most = fixed_bytes();
    for (size_t i = 0; i < args.size(); ++i)
        if (layout_.fields[i].elsewhere) most += args[i]->type.size;
    std::vector<Value> values;
    const auto is_read = [](const Expr& e) {
        auto* call = as_if<CallExpr>(&e, ExprKind::call);
        return call && call->builtin == Builtin::str;
    };
    for (size_t i = 0; i < args.size(); ++i)
        values.push_back(layout_.fields[i].elsewhere && is_read(*args[i]) ? nullptr : f_.expr(*args[i]));
    Value memory = f_.frame_memory(most);
    cursor_ = f_.stack_slot(8);
    b_.CreateStore(f_.number(fixed_bytes()), cursor_);
    header(memory);
    {
        const KnownValues::Region region(f_.same_);
        fill(memory, args, values);
    }
    for (size_t i = 0; i < args.size(); ++i) {
        if (!layout_.fields[i].elsewhere) continue;
        if (args[i]->type.is_string())
            append_text(memory, layout_.fields[i], *args[i], values[i]);
        else
            append_bytes(memory, layout_.fields[i], args[i]->type, values[i]);
    }
    send_copy(memory, b_.CreateLoad(b_.getInt64Ty(), cursor_));
}

void EventWriter::write(const std::vector<const Expr*>& args) {
    if (has_elsewhere())
        in_scratch(args);
    else
        in_place(args);
}

// printf of a pinned iterator. When the file's buffer is too small the kernel enlarges it and runs the program again
// for the same object.
void EventWriter::to_file(FunctionBuilder& f, const CallExpr& printf) {
    const auto format = stream_format(printf);
    if (!format) return;
    const size_t count = printf.args.size() - 1;
    Value words = f.stack_slot(std::max<size_t>(count, 1) * 8);
    for (size_t i = 0; i < count; ++i) {
        const Expr& arg = *printf.args[i + 1];
        Value value = f.expr(arg);
        value =
            arg.type.is_aggregate_value() ? f.b_.CreatePtrToInt(value, f.b_.getInt64Ty()) : f.widen(value, arg.type);
        f.b_.CreateStore(value, f.at(words, i * 8));
    }
    iterator_printf(f.b_, f.context_pointer(), f.m_.bytes(*format), format->size() + 1, words, count);
}

// Up to 16 strings, until a null pointer or an empty one.
void EventWriter::join(const Expr& pointers) {
    const uint64_t most = fixed_bytes() + bpf::join_strings * bpf::join_bytes;
    Value list = f_.expr(pointers);
    const Space space = pointers.type.space;
    Value memory = f_.frame_memory(most), index = f_.stack_slot(8), pointer = f_.stack_slot(8);
    cursor_ = f_.stack_slot(8);
    b_.CreateStore(f_.number(fixed_bytes()), cursor_);
    b_.CreateStore(f_.number(0), index);
    header(memory);
    f_.clear(f_.at(memory, header_bytes), layout_.size);
    auto *head = f_.new_block("strings"), *body = f_.new_block("string"), *read = f_.new_block("read"),
         *keep = f_.new_block("keep"), *done = f_.new_block("joined");
    b_.CreateBr(head);
    b_.SetInsertPoint(head);
    Value i = b_.CreateLoad(b_.getInt64Ty(), index);
    b_.CreateCondBr(b_.CreateICmpULT(i, f_.number(bpf::join_strings)), body, done);
    b_.SetInsertPoint(body);
    b_.CreateStore(f_.number(0), pointer);
    f_.probe_read(pointer, 8, b_.CreateAdd(list, b_.CreateShl(i, 3)), space, pointers.span);
    Value text = b_.CreateLoad(b_.getInt64Ty(), pointer);
    b_.CreateCondBr(b_.CreateICmpEQ(text, f_.number(0)), done, read);
    b_.SetInsertPoint(read);
    Value start = b_.CreateLoad(b_.getInt64Ty(), cursor_);
    Value to = b_.CreateInBoundsGEP(b_.getInt8Ty(), memory, {start});
    Value status = f_.probe_read_text(to, f_.number(bpf::join_bytes), text, space, pointers.span);
    b_.CreateCondBr(b_.CreateICmpSGT(status, f_.number(1)), keep, done);
    b_.SetInsertPoint(keep);
    Value length = b_.CreateSub(status, f_.number(1));
    reference(memory, b_.CreateAdd(b_.CreateShl(i, 2), f_.number(header_bytes + 4)), start, length, f_.number(0));
    b_.CreateStore(b_.CreateAdd(start, length), cursor_);
    Value next = b_.CreateAdd(i, f_.number(1));
    b_.CreateStore(next, index);
    b_.CreateBr(head);
    b_.SetInsertPoint(done);
    b_.CreateAlignedStore(b_.CreateTrunc(b_.CreateLoad(b_.getInt64Ty(), index), b_.getInt32Ty()),
                          f_.at(memory, header_bytes), llvm::Align(4));
    send_copy(memory, b_.CreateLoad(b_.getInt64Ty(), cursor_));
}

// skboutput(FILE, skb, len, offset): the length on the wire, then what lies in the packet's linear part.
void EventWriter::packet(const CallExpr& e) {
    Value skb = f_.widen(f_.expr(*e.args[1]), e.args[1]->type);
    Value wanted = f_.expr(*e.args[2]), skip = f_.expr(*e.args[3]);
    const auto field = [&](const char* name, uint64_t size) -> Value {
        const StructLayout* layout = f_.m_.unit.structs.find_struct("sk_buff");
        Value slot = f_.stack_slot(8);
        b_.CreateStore(f_.number(0), slot);
        for (size_t i = 0; layout && i < layout->members.size(); ++i)
            if (layout->members[i].name == name)
                f_.probe_read(slot, size, f_.kernel_field(skb, "sk_buff", layout->members[i]), Space::kernel, e.span);
        return b_.CreateLoad(b_.getInt64Ty(), slot);
    };
    const auto minus = [&](Value a, Value b) {
        return b_.CreateSelect(b_.CreateICmpULT(b, a), b_.CreateSub(a, b), f_.number(0));
    };
    const auto least = [&](Value a, Value b) { return b_.CreateSelect(b_.CreateICmpULT(a, b), a, b); };
    Value data = field("data", 8), whole = field("len", 4), paged = field("data_len", 4);
    Value length = least(wanted, minus(minus(whole, paged), skip));
    Value memory = f_.frame_memory(fixed_bytes() + packet_bytes);
    header(memory);
    f_.clear(f_.at(memory, header_bytes), layout_.size);
    b_.CreateStore(minus(whole, skip), f_.at(memory, header_bytes));
    length = bpf::opaque(b_, length);
    length = least(length, f_.number(packet_bytes));
    Value start = f_.number(fixed_bytes());
    Value status =
        f_.helper(bpf::Helper::probe_read_kernel, {f_.at(memory, fixed_bytes()), length, b_.CreateAdd(data, skip)});
    f_.check_read(status, "probe_read_kernel", e.span);
    reference(memory, f_.number(header_bytes + layout_.fields[1].offset), start, length, f_.number(0));
    send_copy(memory, b_.CreateAdd(start, length));
}

void FunctionBuilder::emit_output(const CallExpr& e) {
    if (e.output < 0) return;
    const Output& output = m_.unit.outputs[static_cast<size_t>(e.output)];
    if (e.builtin == Builtin::exit)
        return emit_control(e.output, e.args.empty() ? number(0) : widen(expr(*e.args[0]), e.args[0]->type));
    if (is_pinned(facts())) return EventWriter::to_file(*this, e);
    EventWriter writer(*this, e.output);
    if (e.builtin == Builtin::join) return writer.join(*e.args[0]);
    if (e.builtin == Builtin::skboutput) return writer.packet(e);
    std::vector<const Expr*> args;
    if (e.builtin != Builtin::print)
        for (size_t i = 1; i < e.args.size(); ++i) args.push_back(e.args[i].get());
    if (output.kind == "value") args.push_back(e.args[0].get());
    writer.write(args);
}

void FunctionBuilder::emit_control(int output, Value detail) {
    const uint64_t first = static_cast<uint64_t>(output) | static_cast<uint64_t>(index_) << 32;
    b_.CreateCall(m_.notice(), {number(first), detail, number(index_ * AVOCET_LOSS_SLOTS + AVOCET_LOSS_CONTROL_FULL)});
}

void FunctionBuilder::run_time_error(const Span& span, const std::string& message, const char* severity,
                                     const char* helper_name, Value detail) {
    Span place = span;
    if (place.line == 0) place = place_;  // what the code being generated comes from
    emit_control(add_error_output(m_.unit, place, message, severity, helper_name),
                 widen(detail, Type::integer(8, true)));
}

void FunctionBuilder::count_loss(unsigned cause) {
    b_.CreateCall(m_.lose(), {number(index_ * AVOCET_LOSS_SLOTS + cause)});
}

}  // namespace avocet::dsl::lower
