// SPDX-License-Identifier: Apache-2.0
//
// `avocet bpftrace ...`, and avocet under the name bpftrace: that command's options, streams and exit statuses.
//
//   0 well   n & 255 exit(n)   1 usage, file, compilation, privileges   2 environment   255 loading or attaching failed
#pragma once

#include "cli/application.hpp"

namespace avocet::core {

// argv[0] is the command's own name, shown in getopt's messages.
int run_bpftrace(const GlobalOptions& global, int argc, char** argv);

}  // namespace avocet::core
