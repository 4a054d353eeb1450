// SPDX-License-Identifier: Apache-2.0
//
// Rewrites a fully typed function: writes every conversion as a CastExpr without target (or into the literal itself),
// replaces what is known at compile time by literals, and brings calls to the shape that builtins.hpp documents.
#pragma once

#include "passes/builtins/builtins.hpp"
#include "syntax/visit.hpp"
#include "unit.hpp"

namespace avocet::dsl {

class Converter {
public:
    explicit Converter(Unit& unit) : unit_(unit) {}
    void run();

    // ---- for the hooks of builtins ----
    Unit& unit() { return unit_; }
    ProbeFunction& function() { return *function_; }
    MapInfo& map(int index) { return unit_.script.maps[static_cast<size_t>(index)]; }
    // Converts what is inside `e`; its type is that of the contract afterwards.
    void convert(ExprPtr& e);
    // Gives the converted `e` exactly this type.
    void to(ExprPtr& e, const Type& target);
    void to_key(int map_index, ExprPtr& key);

private:
    void convert_block(Block& block, const Type* value);
    void convert_statement(Stmt& stmt);
    void convert_condition(ExprPtr& e);
    void convert_assign(AssignStmt& s);
    void convert_call(ExprPtr& owner, CallExpr& e);
    void convert_unary(ExprPtr& owner, UnaryExpr& e);
    void convert_binary(BinaryExpr& e);
    void convert_comparison(BinaryExpr& e, const Type& left, const Type& right);
    void convert_field(FieldExpr& e);
    void convert_index(IndexExpr& e);
    void convert_if(ExprPtr& owner, IfExpr& e);
    Type target_type(const Expr& target);

    Unit& unit_;
    ProbeFunction* function_ = nullptr;
};

ExprPtr make_integer(const Span& span, uint64_t value, const Type& type);
Type stats_record(bool is_signed);

}  // namespace avocet::dsl
