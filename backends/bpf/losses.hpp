// SPDX-License-Identifier: Apache-2.0
//
// Losses that only the kernel counts: programs it did not run because they would have interrupted themselves.
#pragma once

#include "avocet/backend.hpp"
#include "object.hpp"

namespace avocet::bpf {

void report_misses(const Object& object, const Backend::LossFn& emit);

}  // namespace avocet::bpf
