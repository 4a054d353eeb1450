// SPDX-License-Identifier: Apache-2.0
//
// Rules about types alone: what two types have in common, what a literal is, what may become what.
//
// Numbers: a literal has the smallest signed type that holds it; a non-negative one up to 2^63 - 1 is flexible, it
// takes the sign of what it meets. Unequal signs meet in the next signed size that holds both, at most int64.
#pragma once

#include <optional>

#include "types/type.hpp"

namespace avocet::dsl {

Type literal_type(uint64_t value, bool negative);
// Integers, booleans, enumerators and the values of count, sum, min, max and avg count as numbers.
bool is_number(const Type& type);
bool is_castable_aggregate(const Type& type);
// The integer that a number is computed with: aggregates and enumerators 64 bits, booleans uint8. Others unchanged.
Type as_integer(const Type& type);
// An aggregate that may be read becomes the number; everything else stays.
Type decayed(const Type& type);
// Without flexible literals inside: the type of something stored.
Type settled(const Type& type);
// The least type that holds values of both; nullopt: they do not mix. none meets anything.
std::optional<Type> promote(const Type& a, const Type& b);
// Result of arithmetic on two numbers: 64 bits.
Type arithmetic_type(const Type& a, const Type& b);
// Whether every value of integer `from` is one of integer `to`.
bool holds(const Type& to, const Type& from);
// Whether the literal fits integer `to`.
bool holds_literal(const Type& to, uint64_t value, bool negative);
// Whether a value of `from` may be stored where exactly `to` lives (fixed variables): numbers by size, strings,
// composites.
bool storable(const Type& to, const Type& from);
bool is_condition(const Type& type);
// Equality that also sees flexibility and address space: whether a round of inference changed something.
bool identical(const Type& a, const Type& b);
// A number of a type with an address space keeps it: (uint64)pointer.
Space space_of(const Type& type);

}  // namespace avocet::dsl
