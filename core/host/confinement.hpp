// SPDX-License-Identifier: Apache-2.0
//
// What a plugin's `needs` do not name, its own thread may not do: a seccomp filter on that thread alone. Calls that are
// refused fail with EACCES (network) or EPERM, as if the process lacked the right.
//
//   no `network`                    sockets other than AF_UNIX (which name services use)
//   no CAP_BPF, CAP_PERFMON, ...    the system calls that such a capability is for
#pragma once

#include <string>
#include <vector>

#include "host/registry.hpp"

namespace avocet::core {

// Confines the calling thread, for good. False: this kernel has no seccomp; `why`.
bool confine_thread(const Sidecar& sidecar, std::string& why);

}  // namespace avocet::core
