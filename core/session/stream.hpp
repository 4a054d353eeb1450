// SPDX-License-Identifier: Apache-2.0
//
// A session whose events another program reads (avocet/abi/stream.h): what a sink has asked for, whether the program
// can do without the session seeing its events, and what the reader is told about it.
#pragma once

#include <string>

#include "avocet/abi/stream.h"
#include "host/diagnostics.hpp"
#include "program/program.hpp"
#include "session/planner.hpp"

namespace avocet::core {

struct StreamWish {
    std::string sink, directory;  // sink: its name, for messages
    uint32_t mode = 0600;
    int64_t group = -1;
    uint64_t end_wait_ns = 0, wake_bytes = 0;
};

// Events that ask the session to act (print a map, run a command ...) never reach it. False: reported, each at its
// line.
bool can_stream(const Manifest& manifest, const StreamWish& wish, Diagnostics& diagnostics);
// The reader's manifest: sdk/docs/streams.md.
std::string stream_manifest(const Manifest& manifest, const PlanSet& plans);

}  // namespace avocet::core
