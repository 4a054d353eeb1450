// SPDX-License-Identifier: Apache-2.0
//
// plan_outputs: numbers everything the program sends (Unit::outputs, CallExpr::output) and finds the deepest stack.
#pragma once

#include "unit.hpp"

namespace avocet::dsl {

// Most bytes of a packet that skboutput() copies.
constexpr uint64_t packet_bytes = 4096;

void plan_outputs(Unit& unit);

// An output of kind "error": what lowering sends (with an s64 detail) when something goes wrong at run time.
// `severity` is "warning" or "error", `helper` the kernel helper that failed or empty. One number for each message,
// helper and place.
int add_error_output(Unit& unit, const Span& span, const std::string& message, const std::string& severity,
                     const std::string& helper);

Pass plan_outputs_pass();

}  // namespace avocet::dsl
