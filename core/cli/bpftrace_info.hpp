// SPDX-License-Identifier: Apache-2.0
//
// `bpftrace --info`: machine, build and kernel features in the sections and cells that reports quote.
#pragma once

#include <string>

#include "cli/application.hpp"

namespace avocet::core {

// nullopt-like empty text: the backend is missing, which is reported.
std::string bpftrace_info(Application& app);

}  // namespace avocet::core
