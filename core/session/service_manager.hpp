// SPDX-License-Identifier: Apache-2.0
//
// What a service manager wants to know of a service of type "notify" (sd_notify(3)): READY=1 when everything is
// attached, STOPPING=1 when the end begins. Outside of a service, where NOTIFY_SOCKET is not set, nothing happens.
#pragma once

#include <string_view>

namespace avocet::core {

// One message of lines VARIABLE=VALUE. What cannot be sent is not: the manager has its own time limit.
void tell_service_manager(std::string_view state) noexcept;

}  // namespace avocet::core
