// SPDX-License-Identifier: Apache-2.0
//
// Golden cases: tests/golden/dsl/*.test. A file holds cases, each begins with `=== NAME`:
//
//   === cast or grouping
//   --- input
//   begin { $x = (uint8)$y; }
//   --- ast
//   (clause ...
//
// `--- input` is the script; `--- parameters` and `--- settings` (one for each line) complete it. Every other section
// is what the handler of that name returns for it. AVOCET_BLESS=1 writes what the handlers return into the files. A
// case without sections to check is an error; a section without a handler is skipped (another program checks it).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace avocet::dsl::golden {

struct Input {
    std::string script;
    std::vector<std::string> parameters;  // $1 ..
    std::vector<std::string> settings;    // "max_strlen=64"
};

using Handler = std::function<std::string(const Input&)>;

std::map<std::string, Handler>& handlers();

// Namespace-scope object of the file that defines the handler: Section ast("ast", [](const Input& input) {...});
struct Section {
    Section(const char* name, Handler handler) { handlers().emplace(name, std::move(handler)); }
};

}  // namespace avocet::dsl::golden
