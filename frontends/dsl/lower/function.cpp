// SPDX-License-Identifier: Apache-2.0
//
// A clause from its prologue (which attach point is this, is it ours at all) through its statements to the one exit.
#include "lower/function.hpp"

#include "avocet/abi/program.h"
#include "lower/iterator_file.hpp"
#include "lower/lower.hpp"
#include "lower/scratch_limit.hpp"
#include "passes/builtins/builtins.hpp"
#include "passes/iterator_probe.hpp"

namespace avocet::dsl::lower {

namespace {

void refuse_frame(DiagnosticList& diagnostics, const Span& span) {
    diagnostics
        .error(span, "scratch memory: one event would need more than the " + std::to_string(largest_frame) +
                         " bytes that the kernel allows")
        .with_hint("lower max_strlen, give str() a length, or keep and print fewer long texts at once");
}

constexpr unsigned task_compat = 2;  // TS_COMPAT in thread_info.status: a 32-bit system call, numbered otherwise

}  // namespace

FunctionBuilder::FunctionBuilder(ModuleBuilder& module, ProbeFunction& function, size_t index)
    : m_(module), f_(function), index_(index), memory_(own_memory_), b_(module.context()) {
    auto* type = llvm::FunctionType::get(b_.getInt32Ty(), {m_.ptr()}, false);
    auto* fn = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, function.name, m_.module);
    fn->setSection(program_section(function.facts));
    fn->setDSOLocal(true);
    sp_ = m_.subprogram(fn, function.name, function.body.span.line,
                        {m_.types.integer("int", 4, true), m_.types.pointer(m_.types.u64())});
    start(fn);
    known_[{int(Captured::context), 0}] = fn->getArg(0);
}

FunctionBuilder::FunctionBuilder(FunctionBuilder& parent, const std::string& name, unsigned parameter_count)
    : m_(parent.m_),
      f_(parent.f_),
      index_(parent.index_),
      parent_(&parent),
      memory_(parent.memory_),
      b_(parent.m_.context()),
      result_bits_(64) {
    std::vector<llvm::Type*> parameters;
    std::vector<llvm::DIType*> signature = {m_.types.s64()};
    for (unsigned i = 0; i < parameter_count; ++i) {
        const bool is_index = parameter_count == 2 && i == 0;  // bpf_loop: (u64 index, void *context)
        parameters.push_back(is_index ? static_cast<llvm::Type*>(b_.getInt64Ty()) : m_.ptr());
        signature.push_back(is_index ? m_.types.u64() : m_.types.pointer(m_.types.u64()));
    }
    auto* type = llvm::FunctionType::get(b_.getInt64Ty(), parameters, false);
    auto* fn = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, name, m_.module);
    sp_ = m_.subprogram(fn, name, f_.body.span.line, signature);
    start(fn);
    setup_ = nullptr;
}

void FunctionBuilder::start(llvm::Function* fn) {
    fn_ = fn;
    fn_->addFnAttr(llvm::Attribute::NoUnwind);
    allocas_ = new_block("entry");
    auto* body = new_block("body");
    finish_ = new_block("finish");
    b_.SetInsertPoint(allocas_);
    b_.SetCurrentDebugLocation(llvm::DILocation::get(m_.context(), sp_->getLine(), 0, sp_));
    result_ = b_.CreateAlloca(b_.getInt64Ty());
    b_.CreateStore(number(0), result_);
    b_.CreateBr(body);
    b_.SetInsertPoint(body);
}

void FunctionBuilder::locate(const Span& span) {
    place_ = span;
    b_.SetCurrentDebugLocation(m_.location(span, sp_));
}

void FunctionBuilder::build() {
    reads_ = std::make_unique<ReadPlan>(
        f_.body, [this](const Type& type) { return m_.unit.portable() && m_.is_relocated(type); });
    b_.SetInsertPoint(allocas_->getTerminator());
    if (facts().flags & AVOCET_GROUP_PREEMPTIBLE) {
        claimed_ = b_.CreateAlloca(b_.getInt64Ty());
        b_.CreateStore(number(0), claimed_);
    }
    b_.SetInsertPoint(allocas_->getTerminator()->getSuccessor(0));
    const uint64_t default_result = facts().context == AVOCET_CONTEXT_TRACEPOINT ? 1 : 0;
    b_.CreateStore(number(default_result), result_);
    identify();
    if (facts().has & AVOCET_HAS_PID_FILTER) skip_other_processes();
    // An iterator is called once more when no objects are left: the context's second field, the object, is null then.
    if (facts().context == AVOCET_CONTEXT_ITERATOR) {
        auto* object = new_block("object");
        b_.CreateCondBr(b_.CreateICmpEQ(context_load(8, 8), number(0)), finish_, object);
        b_.SetInsertPoint(object);
    }
    plan_variables();

    setup_ = b_.GetInsertBlock();
    auto* after_setup = new_block("clause");
    const auto end_setup = [&] {
        if (!setup_->getTerminator()) llvm::IRBuilder<>(setup_).CreateBr(after_setup);
    };
    b_.SetInsertPoint(after_setup);
    if (f_.body.predicate) {
        locate(f_.body.predicate->span);
        Value passes = condition(*f_.body.predicate);
        auto* run = new_block("run");
        b_.CreateCondBr(passes, run, finish_);
        b_.SetInsertPoint(run);
        if (!memory_.needs_scratch) {  // look the frame up only if the predicate lets us through
            end_setup();
            setup_ = run;
            after_setup = new_block("body");
            b_.SetInsertPoint(after_setup);
        }
    }
    if (f_.body.body) block(*f_.body.body);
    branch(finish_);
    end_setup();
    finish_clause();
}

void FunctionBuilder::finish_clause() {
    b_.SetInsertPoint(finish_);
    b_.SetCurrentDebugLocation(llvm::DILocation::get(m_.context(), sp_->getLine(), 0, sp_));
    if (claimed_ && memory_.needs_scratch) {
        Value frame = b_.CreateLoad(m_.ptr(), claimed_);
        auto* release = new_block("release");
        auto* out = new_block("out");
        b_.CreateCondBr(b_.CreateIsNull(frame), out, release);
        b_.SetInsertPoint(release);
        auto* store = b_.CreateStore(number(0), frame);
        store->setVolatile(true);
        b_.CreateBr(out);
        b_.SetInsertPoint(out);
    }
    if (!parent_ && facts().context == AVOCET_CONTEXT_ITERATOR) {
        if (!is_pinned(facts())) iterator_step(b_, context_pointer(), stack_slot(8));
        b_.CreateStore(number(0), result_);  // anything else asks for the same object again
    }
    b_.CreateRet(b_.CreateTrunc(b_.CreateLoad(b_.getInt64Ty(), result_), b_.getIntNTy(result_bits_)));
    m_.di.finalizeSubprogram(sp_);
    if (memory_.scratch_high > largest_frame && !m_.unit.diagnostics->has_errors())
        refuse_frame(*m_.unit.diagnostics, f_.body.span);  // its variables, its predicate
    m_.scratch_bytes = std::max(m_.scratch_bytes, memory_.scratch_high);
}

// Selector functions sit on an event that fires for far more than is wanted: the first thing they do is to look.
void FunctionBuilder::identify() {
    if (facts().identity != AVOCET_IDENTITY_SELECTOR) {
        m_.constant(AVOCET_CONST_ATTACH_PREFIX + f_.name, 32);
        return;
    }
    auto* table = m_.constant_array(AVOCET_CONST_SELECTOR_PREFIX + f_.name, 16, facts().selector_count);
    Value selector = facts().selector_word == AVOCET_SYSCALL_NUMBER ? syscall_register(bpf::reg_orig_ax)
                                                                    : context_load(8, facts().selector_word * 8ull);
    auto* known = new_block("known");
    auto* ours = new_block("ours");
    b_.CreateCondBr(b_.CreateICmpULT(selector, number(facts().selector_count)), known, finish_);
    b_.SetInsertPoint(known);
    auto* load = b_.CreateLoad(b_.getInt16Ty(), b_.CreateInBoundsGEP(b_.getInt16Ty(), table, {selector}));
    load->setVolatile(true);
    Value id = b_.CreateZExt(load, b_.getInt64Ty());
    b_.CreateCondBr(b_.CreateICmpEQ(id, number(0)), finish_, ours);
    b_.SetInsertPoint(ours);
    if (f_.uses_probe_name) {
        auto* slot = b_.CreateAlloca(b_.getInt64Ty());
        slot->moveBefore(allocas_->getTerminator());
        b_.CreateStore(id, slot);
        known_[{int(Captured::attach), 0}] = slot;
    }
    skip_compat_tasks();
}

void FunctionBuilder::skip_compat_tasks() {
    const StructLayout* info = m_.unit.structs.find_struct("thread_info");
    const StructLayout* task = m_.unit.structs.find_struct("task_struct");
    if (!info || !task) return;
    const Member *info_in_task = nullptr, *status_in_info = nullptr;
    for (const Member& t : task->members)
        if (t.name == "thread_info")
            for (const Member& m : info->members)
                if (m.name == "status" && m.type->size == 4) {
                    info_in_task = &t;
                    status_in_info = &m;
                }
    if (!status_in_info) return;
    Value current = current_task();
    Value address = kernel_field(kernel_field(current, "task_struct", *info_in_task), "thread_info", *status_in_info);
    auto* status = b_.CreateLoad(b_.getInt32Ty(), to_pointer(address));
    status->setVolatile(true);
    auto* native = new_block("native");
    b_.CreateCondBr(b_.CreateICmpEQ(b_.CreateAnd(status, b_.getInt32(task_compat)), b_.getInt32(0)), native, finish_);
    b_.SetInsertPoint(native);
}

void FunctionBuilder::skip_other_processes() {
    Value wanted = constant(AVOCET_CONST_FILTER_PID, 32);
    auto* filter = new_block("filter");
    auto* pass = new_block("pass");
    b_.CreateCondBr(b_.CreateICmpEQ(wanted, b_.getInt32(0)), pass, filter);
    b_.SetInsertPoint(filter);
    const KnownValues::Region region(same_);
    Value tgid = b_.CreateTrunc(b_.CreateLShr(pid_tgid(false), 32), b_.getInt32Ty());
    b_.CreateCondBr(b_.CreateICmpEQ(tgid, wanted), pass, finish_);
    b_.SetInsertPoint(pass);
}

void FunctionBuilder::block(const Block& block) {
    for (const StmtPtr& s : block.statements) {
        if (ended()) return;
        statement(*s);
    }
    if (block.value && !ended()) {
        locate(block.value->span);
        expr(*block.value);
    }
}

// Temporaries live until the end of the statement that made them.
void FunctionBuilder::statement(const Stmt& stmt) {
    locate(stmt.span);
    const size_t mark = statement_slots_.size();
    const uint64_t scratch_mark = memory_.scratch_used;
    const bool fitted = memory_.scratch_high <= largest_frame;
    statement_body(stmt);
    if (fitted && memory_.scratch_high > largest_frame) refuse_frame(*m_.unit.diagnostics, stmt.span);
    for (size_t i = mark; i < statement_slots_.size(); ++i) free_slots_.insert(statement_slots_[i]);
    statement_slots_.resize(mark);
    memory_.scratch_used = scratch_mark;
}

void FunctionBuilder::statement_body(const Stmt& stmt) {
    visit(stmt, Cases{
                    [&](const LetStmt& s) {
                        if (s.variable < 0) return;
                        Value slot = variable(s.variable);
                        if (s.value)
                            expr_into(*s.value, slot);
                        else
                            clear(slot, f_.body.variables[static_cast<size_t>(s.variable)].type.size);
                    },
                    [&](const AssignStmt& s) { assign(s); },
                    [&](const DiscardStmt& s) { expr(*s.value); },
                    [&](const ExprStmt& s) { expr(*s.value); },
                    [&](const ForMapStmt& s) { for_map(s); },
                    [&](const ForRangeStmt& s) { for_range(s); },
                    [&](const WhileStmt& s) { while_loop(s); },
                    [&](const UnrollStmt& s) {
                        const auto* count = as_if<IntegerExpr>(s.count.get(), ExprKind::integer);
                        for (uint64_t i = 0; count && i < count->value && !ended(); ++i) block(*s.body);
                    },
                    [&](const JumpStmt& s) {
                        s.kind == StmtKind::leave_ ? leave_function() : jump(s.kind == StmtKind::break_);
                    },
                    [&](const ReturnStmt& s) { leave(s.value ? widen(expr(*s.value), s.value->type) : nullptr); },
                    [&](const ImportStmt&) {},
                });
}

void FunctionBuilder::assign(const AssignStmt& s) {
    if (auto* target = as_if<VariableExpr>(s.target.get(), ExprKind::variable)) {
        if (!s.value->type.is_aggregate_value()) {
            Value scalar = expr(*s.value);
            assigned_.insert(target->variable);
            return store(target->type, scalar, variable(target->variable));
        }
        // The value may be made of the variable itself: complete it before the variable changes.
        Value value = expr(*s.value);
        return copy(variable(target->variable), value, target->type.size);
    }
    const MapInfo& info = map_info(map_of(*s.target));
    if (info.aggregate != Aggregate::none) {
        if (auto* call = as_if<CallExpr>(s.value.get(), ExprKind::call)) return aggregate(*s.target, *call);
        return;
    }
    if (!add_in_place(s)) map_store(*s.target, *s.value);
}

void FunctionBuilder::leave(Value result) {
    if (!parent_) {
        if (result) b_.CreateStore(result, result_);
        b_.CreateBr(finish_);
        return;
    }
    // In a callback: tell the clause, and stop the loop.
    if (result) b_.CreateStore(result, captured(Captured::result));
    b_.CreateStore(number(1), captured(Captured::jumped));
    b_.CreateStore(number(1), result_);
    b_.CreateBr(finish_);
}

// The body of a function, where it is called.
void FunctionBuilder::function_body(const Block& body) {
    auto* end = new_block("returned");
    function_ends_.push_back(end);
    {
        const KnownValues::Region region(same_);  // a `return` may skip the rest of it
        block(body);
    }
    function_ends_.pop_back();
    branch(end);
    b_.SetInsertPoint(end);
}

// `return` of a function: from inside a loop's callback, the loops between it and its end are stopped.
void FunctionBuilder::leave_function() {
    if (!function_ends_.empty()) {
        b_.CreateBr(function_ends_.back());
        return;
    }
    b_.CreateStore(number(jumped_to_function), captured(Captured::jumped));
    b_.CreateStore(number(1), result_);
    b_.CreateBr(finish_);
}

void FunctionBuilder::jump(bool is_break) {
    if (loops_.empty()) return;
    b_.CreateBr(is_break ? loops_.back().on_break : loops_.back().on_continue);
}

}  // namespace avocet::dsl::lower
