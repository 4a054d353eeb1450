// SPDX-License-Identifier: Apache-2.0
//
// One BPF function: a clause's body, or the body of a loop that the kernel calls back (bpf_loop,
// bpf_for_each_map_elem).
//
// Values. Scalars (integers, booleans, pointers, ksym ...) are LLVM integers of their size, booleans i1, pointers i64.
// Everything for which Type::is_aggregate_value() holds is handled by the address of program memory (`ptr`), valid
// until the end of the statement. Kernel and user memory is a Place, read by probe_read when the value is asked for.
//
// Memory. Small objects live on the 512-byte stack, the rest in a frame of the per-CPU map avocet_scratch, which is
// looked up once, before the first statement that needs it (or before the predicate, if that does). A function that can
// be interrupted by itself on one CPU has several frames and claims a free one; all its exits release it.
//
// Callbacks get a context: an array of addresses of what the enclosing function owns, filled in where the loop starts.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "lower/bpf.hpp"
#include "lower/known_values.hpp"
#include "lower/module.hpp"
#include "lower/read_plan.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl::lower {

using Value = llvm::Value*;

// Memory that a value can be read from. `direct`: `base` is a ptr (stack, map value, context); else an i64 address.
struct Place {
    Value base = nullptr;
    uint64_t offset = 0;
    Space space = Space::none;
    bool direct = false;
    bool context = false;  // direct, and `base` is the program's context: single loads at fixed offsets only
};

struct Loop {
    llvm::BasicBlock* on_break = nullptr;
    llvm::BasicBlock* on_continue = nullptr;
};

// What is decided once for a clause and shared by its callbacks.
struct ClauseMemory {
    uint64_t scratch_used = 0, scratch_high = 0;  // bytes of the frame
    std::map<int, uint64_t> variable_offset;      // variables that live in the frame
    bool needs_scratch = false;
};

class FunctionBuilder {
public:
    FunctionBuilder(ModuleBuilder& module, ProbeFunction& function, size_t index);
    FunctionBuilder(FunctionBuilder& parent, const std::string& name, unsigned parameter_count);
    void build();  // whole clause

private:
    friend class EventWriter;

    // ---- function.cpp: prologue, statements ----
    void start(llvm::Function* fn);
    void identify();
    void skip_other_processes();
    void skip_compat_tasks();
    void finish_clause();
    void block(const Block& block);
    void statement(const Stmt& stmt);
    void statement_body(const Stmt& stmt);
    void assign(const AssignStmt& stmt);
    void leave(Value result);  // `return`, exit()
    void jump(bool is_break);
    void function_body(const Block& body);
    void leave_function();

    // What a callback leaves in Captured::jumped.
    static constexpr uint64_t jumped_to_end = 1, jumped_to_function = 2;
    enum class Captured { context, scratch, attach, jumped, result, variable };

    // ---- loops.cpp ----
    void for_range(const ForRangeStmt& stmt);
    void for_map(const ForMapStmt& stmt);
    void while_loop(const WhileStmt& stmt);
    void counted_loop(const ForRangeStmt& stmt, int64_t low, int64_t high);
    Value make_context(FunctionBuilder& callback);
    void after_callback(FunctionBuilder& callback);
    void run_callback_body(const Block& body, llvm::BasicBlock* next);
    void forget_numbers();
    Value within_kernel_limit(Value count, const Span& span);
    Value count_elements(int map);
    Value jump_slot(Captured what);
    Value variable_address(int number);
    FunctionBuilder& root() { return parent_ ? parent_->root() : *this; }
    // Key under which a range loop hands its first value to its callback, beside the variables' own numbers.
    static int loop_value_key(int variable) { return -2 - variable; }

    // ---- memory.cpp ----
    Value captured(Captured what, int number = 0);
    bool owns(Captured what, int number) const;
    Value allocate(uint64_t size, uint64_t alignment = 8);
    Value stack_slot(uint64_t size);
    Value frame_memory(uint64_t size);  // always in the scratch frame
    Value scratch_base();
    void plan_variables();
    Value variable(int number);
    Value lasting_slot(uint64_t size);  // of the stack, to the function's end
    bool fits_on_stack(uint64_t size) const;
    void clear(Value to, uint64_t size);
    void copy(Value to, Value from, uint64_t size);
    Value at(Value base, uint64_t offset);
    void setup_scratch();

    // ---- expressions.cpp ----
    // Values in memory are built in `to` if it is given; they may be returned from elsewhere all the same.
    Value expr(const Expr& e, Value to = nullptr);
    void expr_into(const Expr& e, Value to);  // fills all e.type.size bytes
    Value room(const Type& type, Value to) { return to ? to : allocate(type.size); }
    Value load(const Type& type, Value from);
    void store(const Type& type, Value value, Value to);
    Value condition(const Expr& e);
    Value convert(Value value, const Type& from, const Type& to, Value into = nullptr);
    Value convert_memory(Value value, const Type& from, const Type& to, Value into);
    Value widen(Value value, const Type& type, unsigned bits = 64);
    Value number(uint64_t value) { return b_.getInt64(value); }
    Value zero(const Type& type);
    Value unary(const UnaryExpr& e);
    Value increment(const UnaryExpr& e);
    Value increment_memory(Value address, const Type& type, const UnaryExpr& e, bool atomic);
    Value binary(const BinaryExpr& e);
    Value arithmetic(const BinaryExpr& e);
    Value divide(const BinaryExpr& e, Value left, Value right);
    Value compare(const BinaryExpr& e);
    Value logical(const BinaryExpr& e);
    Value ternary(const TernaryExpr& e, Value to);
    Value choose(const Type& type, Value condition, Value to, const std::function<void(Value)>& then,
                 const std::function<void(Value)>& otherwise);
    Value if_value(const IfExpr& e, Value to);
    Value tuple(const TupleExpr& e, Value to);
    Value record(const RecordExpr& e, Value to);
    Value variable_value(const VariableExpr& e);
    void block_into(const Block& block, const Type& type, Value slot);
    Value literal_text(const std::string& text, uint64_t size, Value to);
    llvm::Align alignment(Value address) const;
    llvm::Type* llvm_type(const Type& type);

    // ---- places.cpp: fields, elements, dereferences, probe reads ----
    bool is_place(const Expr& e) const;  // reached through foreign memory
    Place place(const Expr& e);
    Value read(const Place& place, const Type& type, Value to = nullptr, uint16_t bit_offset = 0,
               uint16_t bit_size = 0);
    void read_into(const Place& place, uint64_t size, Value to);
    Value address_of(const Place& place);
    // relocation.cpp
    Value relocated_field(Value address, const std::string& name, uint64_t size, const Member& member);
    Value relocated_bits(const FieldExpr& e);  // null: stands where it stood when it was compiled
    Value access(llvm::DIType* described, Value at, const std::string& name, const Member& member, bool in_union);
    Value relocated_path(Value address, const std::vector<const FieldExpr*>& path);
    Value kernel_field(Value address, const std::string& name, const Member& member);
    const ReadPlan& reads() { return *root().reads_; }
    Value once(const Expr& e, const std::function<Value()>& read);  // reused if it is read again
    Value from_window(const Expr& e, const Member* member = nullptr);
    Value task_number(const FieldExpr& e);
    Value task_address(const Expr& e);
    Value bits(const Type& type, Value value, uint16_t bit_offset, uint16_t bit_size);
    Value dereference(const UnaryExpr& e, Value to);
    Value field(const FieldExpr& e, Value to);
    Value field_value(const FieldExpr& e, Value to);
    Value element(const IndexExpr& e, Value to);
    Value element_value(const IndexExpr& e, Value to);
    Value index_bounds(const IndexExpr& e, Value index, uint64_t count);
    void probe_read(Value to, uint64_t size, Value address, Space space, const Span& span);
    Value probe_read_text(Value to, Value capacity, Value address, Space space, const Span& span);
    void check_read(Value status, const char* name, const Span& span);

    // ---- context.cpp: what the probe provides ----
    Value context_pointer() { return captured(Captured::context); }
    Value context_load(unsigned bytes, uint64_t offset);
    Value current_task();                     // typed memory
    Value pt_register(uint64_t offset);       // of the pt_regs that the context is
    Value syscall_register(uint64_t offset);  // of the system call's pt_regs
    // Portable programs: what is found out where they run (portable.cpp).
    Value run_time_argument(const ProbeArg& arg, bool is_signed);
    Place run_time_place(const ProbeArg& arg);
    bool found_at_run_time(const ProbeArg& arg);
    Value run_time_number(const char* kind, const std::string& name, const Span& span);
    Value fact_constant(const RunTimeFact& fact, uint64_t otherwise);
    Value argument(const ProbeArg& arg, const Span& span = {});
    Value numbered_argument(const CallExpr& e);
    Value raw_argument(avocet_place place, uint64_t index, uint64_t size, bool is_signed);
    Place argument_place(const ProbeArg& arg);
    Value attach_id();
    // locations.cpp
    Value target_argument(uint64_t number_of, const Span& span);
    Value located_argument(const avocet_arg_location& location, const Span& span);
    Value location_address(const avocet_arg_location& location);
    Value name_id();

    // ---- calls.cpp, texts.cpp, stacks.cpp ----
    Value call(const CallExpr& e, Value to);
    Value call_value(const CallExpr& e, Value to);  // no arguments
    Value call_map(const CallExpr& e, Value to);
    Value call_text(const CallExpr& e, Value to);
    Value call_address(const CallExpr& e, Value to);
    Value call_kernel(const CallExpr& e, Value to);  // kernel_calls.cpp
    bool path_of_object(const Expr& arg, Value memory, const CallExpr& e);
    Value call_c_function(const CallExpr& e);  // c_calls.cpp
    Value task_name(const CallExpr& e, Value to);
    Value percpu_address(const CallExpr& e);
    Value trace_pipe(const CallExpr& e);
    Value option_value(const CallExpr& e, Value to);
    Value pid_tgid(bool initial);
    Value pid_or_tid(const CallExpr& e, bool thread);
    Value parent_pid(const CallExpr& e);
    Value child_pid(const CallExpr& e);
    Value constant(const char* name, unsigned bits);
    Value rodata(llvm::GlobalVariable* global, unsigned bits);
    Value read_text(const CallExpr& e, Value to);
    // What str(p [, n]) reads, worked out once.
    struct TextSource {
        Value address = nullptr, most = nullptr;
        Space space = Space::kernel;
    };
    TextSource text_source(const CallExpr& e, Value capacity);
    Value read_text_to(const CallExpr& e, Value to, Value capacity);
    Value read_buffer(const CallExpr& e, Value to);
    Value ntop(const CallExpr& e, Value to);
    Value concatenate(const CallExpr& e, Value to);
    Value text_length(const Expr& e);
    Value find_text(const CallExpr& e);
    llvm::Function* compare_at(uint64_t size, bool ends_at_nul);
    Value equal_long(Value left, Value right, uint64_t size, bool ends_at_nul);
    llvm::Function* search_at(uint64_t hay_size, uint64_t needle_size);
    Value compare_bytes(const CallExpr& e);
    Value equal_texts(Value left, uint64_t left_size, Value right, uint64_t right_size, uint64_t limit);
    Value equal_literal(Value text, uint64_t size, const std::string& literal, uint64_t limit);
    Value equal_memory(Value left, Value right, uint64_t size);
    Value equal(const Type& type, Value left, const Type& right_type, Value right);
    Value text_argument(const Expr& e, uint64_t& size);
    Value stack_trace(const CallExpr& e, Value to);
    Value unwound_frames(const CallExpr& e, Value frames);
    Value stack_length(const CallExpr& e);

    // ---- maps.cpp, aggregates.cpp ----
    Value map_key(int map, const Expr* key);
    Value map_of_key(int map, Value key);          // the BPF map where that key belongs
    Value lookup(int map, Value key);              // ptr, may be null
    Value lookup_again(int map, const Expr* key);  // the same, reused while nothing has changed the map
    Value map_value(const Expr& e);
    Value element_value(const MapInfo& info, const MapShape& shape, Value found);
    void map_store(const Expr& target, const Expr& value);
    void map_update(int map, Value key, Value value, const Span& span, uint64_t flags = 0);
    bool add_in_place(const AssignStmt& stmt);
    Value map_increment(const UnaryExpr& e);
    void update_failed(const Span& span, Value status);
    void aggregate(const Expr& target, const CallExpr& call);
    Value aggregate_value(const Expr& e);
    Value average_of(const MapInfo& info, Value total, Value count);
    Value combined_value(const MapInfo& info, int map, Value key);
    void add_to(Value address, Value delta);
    // Of a time series: the clock, the number of the interval, and its slot in the map.
    struct Interval {
        Value now = nullptr, epoch = nullptr, slot = nullptr;
    };
    Interval this_interval(const MapInfo& info);
    void series_first(const MapInfo& info, Value address, Value operand, const Interval& interval);
    void series_update(const MapInfo& info, Value address, Value operand, const Interval& interval);
    void aggregate_update(const MapInfo& info, Value address, Value operand);
    void aggregate_first(const MapInfo& info, Value address, Value operand);
    Value bucket(const MapInfo& info, Value operand);
    Value log2_bucket(Value n, unsigned bits);
    Value combine(const MapInfo& info, int map, Value key, Value& count);
    Value map_delete(const CallExpr& e);
    Value delete_buckets(const MapInfo& info, const MapShape& shape, const Expr& written);
    const MapInfo& map_info(int map) const { return m_.unit.script.maps[static_cast<size_t>(map)]; }
    static int map_of(const Expr& e);

    // ---- events.cpp ----
    void emit_output(const CallExpr& e);
    void emit_control(int output, Value detail);
    void run_time_error(const Span& span, const std::string& message, const char* severity, const char* helper,
                        Value detail);
    void count_loss(unsigned cause);

    // ---- plumbing ----
    llvm::BasicBlock* new_block(const char* name) { return llvm::BasicBlock::Create(m_.context(), name, fn_); }
    void continue_at(llvm::BasicBlock* next) { b_.SetInsertPoint(next); }
    bool ended() { return b_.GetInsertBlock()->getTerminator() != nullptr; }
    void branch(llvm::BasicBlock* to) {
        if (!ended()) b_.CreateBr(to);
    }
    Value helper(bpf::Helper h, std::initializer_list<Value> args);
    Value to_pointer(Value address) { return b_.CreateIntToPtr(address, m_.ptr()); }
    void locate(const Span& span);
    const ProbeFacts& facts() const { return f_.facts; }

    ModuleBuilder& m_;
    ProbeFunction& f_;
    size_t index_;
    FunctionBuilder* parent_ = nullptr;
    ClauseMemory own_memory_;
    ClauseMemory& memory_;

    llvm::Function* fn_ = nullptr;
    llvm::DISubprogram* sp_ = nullptr;
    Span place_;  // of what is being generated
    llvm::IRBuilder<> b_;
    llvm::BasicBlock* allocas_ = nullptr;  // entry block: allocas only, then a jump
    llvm::BasicBlock* setup_ = nullptr;    // where the scratch frame is looked up if it is needed
    llvm::BasicBlock* finish_ = nullptr;
    Value result_ = nullptr;   // slot of the return value
    Value claimed_ = nullptr;  // slot of the claimed frame, preemptible functions only
    unsigned result_bits_ = 32;

    std::map<std::pair<int, int>, Value> known_;
    std::vector<std::pair<Captured, int>> captures_;  // slots of a callback's context, in order
    std::set<int> assigned_;                          // variables that get another number here
    std::vector<Loop> loops_;
    std::vector<llvm::BasicBlock*> function_ends_;  // of the functions whose bodies are being written, innermost last

    uint64_t stack_used_ = 0;
    std::multimap<uint64_t, Value> free_slots_;
    std::vector<std::pair<uint64_t, Value>> statement_slots_;
    KnownValues same_;                 // worked out before, still true
    std::unique_ptr<ReadPlan> reads_;  // of the whole clause
    uint64_t window_bytes_ = 0;        // of the stack
    // The str() that ends the key being made, if keys with a short text stand in a map of their own, and the text's
    // bytes there.
    const Expr* key_text_ = nullptr;
    uint64_t key_text_bytes_ = 0;
    int callbacks_ = 0;
    llvm::Function* counter_ = nullptr;  // callback of len(@m)
    int direct_frame_ = -1;              // frame that events look up themselves (perf transport)
};

}  // namespace avocet::dsl::lower
