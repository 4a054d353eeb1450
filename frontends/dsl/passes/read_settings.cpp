// SPDX-License-Identifier: Apache-2.0
#include "passes/read_settings.hpp"

#include "syntax/dump.hpp"

namespace avocet::dsl {
namespace {

void read_settings(Unit&) {}

}  // namespace

Pass read_settings_pass() { return {"read_settings", false, read_settings, dump_ast, "ast"}; }

}  // namespace avocet::dsl
