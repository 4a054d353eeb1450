// SPDX-License-Identifier: Apache-2.0
//
// May this process trace at all? Asked before anything is compiled, so that the answer is the first and only message.
#pragma once

#include <string>

namespace avocet::core {

// Root, or the capabilities that loading and attaching need. False: `missing` names the first that lacks.
bool may_trace(std::string& missing);
// The kernel refuses BPF to read its memory (lockdown "confidentiality").
bool kernel_is_confidential();
// "6.18.0" of uname; false if it is older than what is supported, which `least` names.
bool kernel_is_recent(std::string& release, std::string& least);

}  // namespace avocet::core
