// SPDX-License-Identifier: Apache-2.0
//
// Reading and changing maps from user space: in batches where the kernel has them (Linux 5.6; per-CPU arrays 5.14),
// else key by key.
#pragma once

#include "avocet/abi/map_write.h"
#include "avocet/backend.hpp"
#include "object.hpp"

namespace avocet::bpf {

// Every function throws Error.
void read_map(const Map& map, const Backend::RowsFn& emit);
void lookup_keys(const Map& map, const void* keys, size_t count, const Backend::RowsFn& emit);
void clear_map(const Map& map);
void zero_map(const Map& map);
void write_map(const Map& map, const avocet_map_elements& elements);

}  // namespace avocet::bpf
