// SPDX-License-Identifier: Apache-2.0
//
// A recorded session as the thing to run: recognised by content, played by the backend whose sidecar names the
// extension.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/application.hpp"
#include "program/program.hpp"
#include "session/recorder.hpp"

namespace avocet::core {

struct PlayedRecording {
    std::unique_ptr<Program> program;
    std::unique_ptr<BackendHandle> backend;  // nullptr: reported
    std::vector<std::string> attach_names, options;
    std::vector<RecordedShow> shows;
    uint64_t wall_minus_boot_ns = 0;
    avocet_transport transport = AVOCET_TRANSPORT_RING;
};

// nullopt: the file is not a recording.
std::optional<PlayedRecording> open_recording(Application& app, const std::string& file);

}  // namespace avocet::core
