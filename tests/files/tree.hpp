// SPDX-License-Identifier: Apache-2.0
//
// Where this tree and its build are. Compiled once: a path on every test's command line would make each of them another
// program in every checkout, which no compiler cache knows.
#pragma once

#include <string>

namespace avocet::test {

const std::string& source_tree();
const std::string& build_tree();

}  // namespace avocet::test
