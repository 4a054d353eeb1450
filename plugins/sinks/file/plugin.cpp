// SPDX-License-Identifier: Apache-2.0
//
// sink.file: descriptor.
#include "avocet/plugin.hpp"

#include "file_sink.hpp"

namespace avocet::file {
namespace {
constexpr avocet_sink_factory factory =
    sink_factory<FileSink, schema>("records in a file, with rotation and compression");
}  // namespace
}  // namespace avocet::file

AVOCET_PLUGIN("sink.file", "0.1.0", &avocet::file::factory)
