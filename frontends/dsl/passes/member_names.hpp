// SPDX-License-Identifier: Apache-2.0
//
// What printf's arguments are called in records. Read off the call as it is written: resolve_names and infer_types
// rewrite words (`ppid` becomes a field of a task) and insert conversions.
#pragma once

#include <string>
#include <vector>

#include "syntax/ast.hpp"

namespace avocet::dsl {

// One for each argument after the format; empty: it is called by its place, `arg1`. All others differ, can be members
// of a struct in BTF, and never look like a place.
std::vector<std::string> member_names(const CallExpr& call, const Script& script);

}  // namespace avocet::dsl
