// SPDX-License-Identifier: Apache-2.0
//
// A bench measures its body, not the system call that starts it: the rounds run inside the kernel. The tracer calls the
// function with their number, which the probe offers as `arg0`.
#pragma once

#include "unit.hpp"

namespace avocet::dsl {

// The body becomes `for ($round : 0..arg0) { body }`. A `return` of nothing or 0 ends a round; one inside a loop of
// the body is refused, as it would end them all.
void repeat_bench(Clause& body, DiagnosticList& diagnostics);

}  // namespace avocet::dsl
