// SPDX-License-Identifier: Apache-2.0
//
// What a program asks of the kernel before its functions are attached: of a portable one the answer is known only where
// it runs. [thread: control]
#pragma once

#include <vector>

#include "program/manifest.hpp"
#include "session/host_services.hpp"

namespace avocet::core {

// Whether all are answered with yes; a question that is not known is not.
bool answers(const std::vector<ManifestKernelQuestion>& questions, HostServices& host);

}  // namespace avocet::core
