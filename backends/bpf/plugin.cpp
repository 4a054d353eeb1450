// SPDX-License-Identifier: Apache-2.0
//
// backend.bpf: runs programs in this kernel, through libbpf and bpf(2).
#include "avocet/plugin.hpp"

#include "avocet/map_write.hpp"
#include "avocet/stream.hpp"

#include "backend.hpp"

namespace {

constexpr avocet_backend_factory factory =
    avocet::backend_factory<avocet::bpf::BpfBackend, avocet::bpf::schema>("runs programs in this kernel with BPF");

constexpr avocet_backend_stream stream = avocet::backend_stream<avocet::bpf::BpfBackend, avocet::bpf::schema>();

constexpr avocet_backend_map_write map_write =
    avocet::backend_map_write<avocet::bpf::BpfBackend, avocet::bpf::schema>();

}  // namespace

AVOCET_PLUGIN("backend.bpf", "0.1.0", &factory, &stream, &map_write)
