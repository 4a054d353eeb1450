// SPDX-License-Identifier: Apache-2.0
#include "passes/substitute_parameters.hpp"

#include "syntax/dump.hpp"

namespace avocet::dsl {
namespace {

void substitute_parameters(Unit&) {}

}  // namespace

Pass substitute_parameters_pass() { return {"substitute_parameters", false, substitute_parameters, dump_ast, "ast"}; }

}  // namespace avocet::dsl
