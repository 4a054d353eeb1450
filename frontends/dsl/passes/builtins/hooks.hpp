// SPDX-License-Identifier: Apache-2.0
//
// What the tables of builtins share: small hooks that many entries use, and the names of the tables.
#pragma once

#include <span>

#include "passes/converter.hpp"
#include "passes/typer.hpp"

namespace avocet::dsl {

std::span<const BuiltinInfo> value_builtins();
std::span<const BuiltinInfo> string_builtins();
std::span<const BuiltinInfo> symbol_builtins();
std::span<const BuiltinInfo> aggregate_builtins();
std::span<const BuiltinInfo> map_builtins();
std::span<const BuiltinInfo> output_builtins();
std::span<const BuiltinInfo> constant_builtins();
std::span<const BuiltinInfo> kernel_builtins();
std::span<const BuiltinInfo> option_builtins();
std::span<const BuiltinInfo> file_builtins();
std::span<const BuiltinInfo> c_function_builtins();
std::span<const BuiltinInfo> later_builtins();

namespace hooks {

template <uint64_t Bytes, bool Signed>
Type integer(Typer&, CallExpr&) {
    return Type::integer(Bytes, Signed);
}
template <TypeKind Kind>
Type simple(Typer&, CallExpr&) {
    return Type::simple(Kind);
}
inline Type boolean(Typer&, CallExpr&) { return Type::boolean(); }
inline Type nothing(Typer&, CallExpr&) { return {}; }

template <uint64_t Bytes, bool Signed>
void first_to_integer(Converter& c, ExprPtr&, CallExpr& e) {
    if (!e.args.empty()) c.to(e.args[0], Type::integer(Bytes, Signed));
}
// kernel.cpp: whether kernel BTF has the kfunc, and whether this probe's programs may call it.
bool kernel_has_function(Typer& t, const std::string& name);
bool kernel_function_allowed(Typer& t, const std::string& name);
inline void drop_arguments(Converter&, ExprPtr&, CallExpr& e) { e.args.clear(); }

// A word such as `tai` or `perf`, written bare or as a string; nullptr: something else.
const std::string* word(const Expr& e);
// Reports "f(): ... (string given)" for argument `index`.
Type refuse_class(Typer& t, CallExpr& e, size_t index, const char* wants);
// Pointer that an integer or pointer argument is read through; arrays and strings stay.
void to_address(Converter& c, ExprPtr& argument, const Type& element);
bool is_address(const Type& type);

}  // namespace hooks

}  // namespace avocet::dsl
