// SPDX-License-Identifier: Apache-2.0
//
// load_imports: the scripts named by `import` join the script, in front of it, so that their clauses run first. Each
// file once. The built-in library needs no loading: its names are builtins of this compiler.
#pragma once

#include "unit.hpp"

namespace avocet::dsl {

Pass load_imports_pass();

}  // namespace avocet::dsl
