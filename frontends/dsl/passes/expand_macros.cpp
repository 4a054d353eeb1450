// SPDX-License-Identifier: Apache-2.0
#include "passes/expand_macros.hpp"

#include "syntax/dump.hpp"

namespace avocet::dsl {
namespace {

void expand_macros(Unit&) {}

}  // namespace

Pass expand_macros_pass() { return {"expand_macros", false, expand_macros, dump_ast, "ast"}; }

}  // namespace avocet::dsl
