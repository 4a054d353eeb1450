// SPDX-License-Identifier: Apache-2.0
//
// printf of pinned iterators: text that the kernel formats (bpf_seq_printf, kernel/trace/bpf_trace.c).
#pragma once

#include <optional>
#include <string>

#include "syntax/ast.hpp"
#include "syntax/diagnostics.hpp"

namespace avocet::dsl {

// The kernel's spelling of a printf's format for the types of its arguments. nullopt: not possible; with `diagnostics`
// each reason is reported at its place.
std::optional<std::string> stream_format(const CallExpr& printf, DiagnosticList* diagnostics = nullptr);

}  // namespace avocet::dsl
