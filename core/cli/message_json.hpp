// SPDX-License-Identifier: Apache-2.0
//
// Messages as JSON lines, for editors and CI.
#pragma once

#include <string>
#include <vector>

#include "host/diagnostics.hpp"

namespace avocet::core {

// {"severity": "error", "code": "E0214", "file": "a.bt", "span": {"line", "column", "end_line", "end_column"},
// "message", "hints": [], "notes": [{"message", "file", "span"}], "component"}; `file` and `span` are null without a
// place.
std::string json_lines(const std::vector<Diagnostic>& messages);

}  // namespace avocet::core
