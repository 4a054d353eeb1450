// SPDX-License-Identifier: Apache-2.0
//
// infer_types: every expression, variable and map gets its final type (a fixed point over all functions, since maps are
// global); then conversions are written into the tree, so that lowering decides nothing about promotion.
//
// The typed tree (what lowering may rely on)
//   * Expr::type is final everywhere. Literals carry the type of their place: no conversion stands over a literal.
//   * An inserted conversion is a CastExpr without `target`. Integers: truncate, or extend by the operand's sign.
//     To boolean: non-zero; a string: first byte not NUL. To a longer string: zero padded. Tuple to tuple, record to
//     record (members found by name): element by element. Aggregate to integer: the combined value, already 64 bits.
//     Integer to pointer, pointer to integer, enum to integer, array of bytes <-> integer: the bits.
//   * Conditions (if, while, ternary, predicate, !, && and ||) are boolean.
//   * + - * / % & | ^ have operands of exactly the result's 64-bit type; << >> too. `/ % >>` follow its sign.
//     pointer + integer and integer + pointer, pointer - integer: the integer is int64 and counts elements: lowering
//     scales.
//   * Comparisons have operands of one type: integer, boolean, pointer (the other side cast), string (sizes may
//   differ),
//     array, tuple, record (only == and !=), stack, and the others by their bytes.
//   * Unary - and ~ yield the operand's type; a cast widens. ++ and -- on a variable or map of integer or pointer type
//     yield that type, pointers step by elements.
//   * An assigned value has exactly the target's type. `a op= b` has become `a = a op b` (AssignStmt::op is empty).
//   * Map keys have exactly MapInfo::key's type. Both arms of a ternary, an if value and a block's value: that of the
//   node.
//   * FieldExpr: object is a pointer to a struct (one dereference), a struct in place, a record, or `args` (`arg` set).
//     `member` is the place. IndexExpr: object is an array, pointer or string (index int64 or uint64; checked when
//     literal) or a tuple (literal). UnaryExpr deref: a pointer; a struct or array result is a place, not a copy.
//   * A struct or array lives in foreign memory when it is reached through a pointer, `args` or `ctx` (Type::space and
//     is_context say how to read), and in program memory when it comes from a variable, map, tuple or record.
//   * MapExpr/MapElementExpr of an aggregate map as a value: count, sum, min, max, avg: integer of 64 bits; stats:
//   record
//     (count, average, total).
//   * for_map: the variable is a tuple (key, value). for_range: low and high have the variable's type.
//   * unroll: the count is an IntegerExpr. return: int64 or none.
#pragma once

#include <string>

#include "unit.hpp"

namespace avocet::dsl {

void infer_types(Unit& unit);
std::string dump_types(const Unit& unit);

Pass infer_types_pass();

}  // namespace avocet::dsl
