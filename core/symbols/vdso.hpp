// SPDX-License-Identifier: Apache-2.0
//
// The code that the kernel maps into every process without a file.
#pragma once

#include "symbols/owned_fd.hpp"

namespace avocet::core {

// Our own copy of the vdso as a file: the kernel maps the same image into every process of our kind.
OwnedFd vdso_file();

}  // namespace avocet::core
