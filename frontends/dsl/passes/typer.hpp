// SPDX-License-Identifier: Apache-2.0
//
// Types expressions and statements in rounds. A round goes over every function and widens the types of variables and
// maps by what is assigned to them; rounds repeat until one changes nothing. Only then one more round reports: so a
// message never speaks of a type that was still growing, and none is reported twice.
//
// If that last round would have something to say, rounds of judgement come before it: now an expression without a type
// is one that was refused, and what it is assigned to is refused with it. What is refused goes with everything, and no
// message speaks of it.
//
// `if comptime` may ask for types that its own arms would change. So its arms are not looked at before everything
// around them has its types; then it is decided, once, and the types it asked for (sizeof, typeof, typeinfo) are
// locked: what the arm taken assigns has to fit them.
//
// A round changes nothing in the tree but Expr::type and the literal parts of calls. The Converter rewrites afterwards.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "passes/builtins/builtins.hpp"
#include "passes/promotion.hpp"
#include "syntax/visit.hpp"
#include "unit.hpp"

namespace avocet::dsl {

class Typer {
public:
    explicit Typer(Unit& unit) : unit_(unit) {}
    void run();

    // ---- for the hooks of builtins ----
    Unit& unit() { return unit_; }
    const ProbeFacts& facts() const { return function_->facts; }
    ProbeFunction& function() { return *function_; }
    Type infer(Expr& expr);
    Type resolve_type(TypeName& name);
    // Silent outside the reporting round.
    Message& error(const Span& span, std::string text);
    Message& warning(const Span& span, std::string text);
    bool reporting() const { return reporting_; }
    // Why the expression is of no use has been reported, at it or below it.
    bool is_refused(const Expr& expr) const;
    // The map behind args[0], nullptr (reported) if it is none.
    MapInfo* map_argument(CallExpr& call);
    void use_key(int map, Expr& key);
    void use_unstable(const std::string& feature, const Span& span);  // "tseries": as the configuration wants it
    void note_key(int map, const Expr& key);                          // the same for a key that has its type
    void assign_variable(int variable, const Type& value, const Expr* literal, const Span& span);
    void assign_aggregate(int map, CallExpr& call, const Type& argument);
    bool expect_number(const CallExpr& call, size_t index);

private:
    void round();
    void settle();
    bool decide();
    bool locked_out(const std::optional<Span>& locked, const std::string& what, const Type& merged, const Type& present,
                    const Type& value, const Span& span);
    void give_up(Type& type);
    bool seed_untyped();
    void report_untyped();
    void type_statement(Stmt& stmt);
    void type_let(LetStmt& s);
    void type_assign(AssignStmt& s);
    void type_for_map(ForMapStmt& s);
    void type_for_range(ForRangeStmt& s);
    Type type_block(Block& block);
    void assign_map(int map, const Type& value, const Expr* expr, const Span& span);
    void assign_target(Expr& target, const Type& value, const Expr* expr, const Span& span);
    void check_condition(Expr& condition);

    Type type_call(CallExpr& e);
    Type type_map(int map, const Span& span);
    Type type_unary(UnaryExpr& e);
    Type type_increment(UnaryExpr& e);
    Type type_dereference(UnaryExpr& e, const Type& operand);
    Type type_binary(BinaryExpr& e);
    Type type_arithmetic(BinaryExpr& e, const Type& left, const Type& right);
    Type type_pointer_arithmetic(BinaryExpr& e, const Type& left, const Type& right);
    Type type_comparison(BinaryExpr& e, const Type& left, const Type& right);
    Type type_ternary(TernaryExpr& e);
    Type type_if(IfExpr& e);
    Type type_comptime(ComptimeExpr& e);
    Type type_arms(IfExpr& e);
    Type type_cast(CastExpr& e);
    bool castable(const Type& from, Type& to, const CastExpr& e);
    Type type_field(FieldExpr& e);
    Type type_argument_field(FieldExpr& e);
    Type type_struct_field(FieldExpr& e, const Type& object);
    Type type_tuple_field(TupleFieldExpr& e);
    Type type_index(IndexExpr& e);
    Type type_sizeof(SizeofExpr& e);
    Type type_offsetof(OffsetofExpr& e);
    Type type_typeinfo(TypeinfoExpr& e);
    Type type_of(TypeOrExpr& operand);
    Type merge_arms(const Span& span, const Type& a, const Type& b);
    Type operand_error(const BinaryExpr& e, const Type& left, const Type& right);

    Unit& unit_;
    ProbeFunction* function_ = nullptr;
    const Expr* aggregate_place_ = nullptr;  // where an aggregation may stand: the value assigned to a map
    bool changed_ = false, judging_ = false, reporting_ = false;
    bool deciding_ = false, decided_ = false;  // in the round in which `if comptime` is decided; one was
    size_t refusals_ = 0;  // errors, heard or not, and refused expressions met: something below a node was refused
    std::set<std::string> warned_unstable_;
    Message unheard_;
};

// Reads through a pointer: what lies there inherits how to reach it.
Type reached_through(const Type& pointer, const Type& element);
// "variable '$x'"; those that expand_functions makes ("$FUNCTION_NUMBER_NAME") as the function's own.
std::string shown_variable(const std::string& name);
// return, break, continue and exit(): nothing behind it in its block is reached.
bool leaves_block(const Stmt& stmt);
// Text for Op in messages: "+", "<<".
const char* op_text(Op op);
bool is_comparison(Op op);
// Literal values of expressions that fold to one.
std::optional<int64_t> literal_int(const Expr& expr);
const std::string* literal_string(const Expr& expr);
// "did you mean 'x'?" for the nearest of `candidates`, or empty.
std::string suggestion(std::string_view wrong, const std::vector<std::string>& candidates);

}  // namespace avocet::dsl
