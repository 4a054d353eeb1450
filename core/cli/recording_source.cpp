// SPDX-License-Identifier: Apache-2.0
#include "cli/recording_source.hpp"

#include <fstream>

#include "avocet/recording.hpp"

namespace avocet::core {

namespace {

// A tar archive whose first member is the description of a recording, possibly compressed.
bool looks_like_recording(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    char head[512] = {};
    in.read(head, sizeof head);
    std::string_view bytes(head, static_cast<size_t>(in.gcount()));
    if (bytes.substr(0, 4) == "\x28\xb5\x2f\xfd" || bytes.substr(0, 2) == "\x1f\x8b") return true;
    return bytes.substr(0, std::string_view(recording::member_about).size()) == recording::member_about;
}

}  // namespace

std::optional<PlayedRecording> open_recording(Application& app, const std::string& file) {
    if (file.empty() || file == "-" || !looks_like_recording(file)) return std::nullopt;
    PlayedRecording played;
    Diagnostics& diagnostics = app.diagnostics();
    auto session = read_recorded_session(file, diagnostics);
    if (!session) return played;
    played.program = Program::open(std::move(session->elf), file, diagnostics);
    if (!played.program) return played;
    played.attach_names = std::move(session->attach_names);
    played.shows = std::move(session->shows);
    played.options = std::move(session->options);
    played.wall_minus_boot_ns = session->wall_minus_boot_ns;
    played.transport = session->transport;
    app.host().symbols().replay(std::move(session->symbols));
    const Sidecar* player = app.host().registry().find_extension(".avrec");
    if (!player || player->kind != "backend") {
        diagnostics.error("core", "recording '" + file + "': no backend that plays recordings is installed", {}, 108);
        return played;
    }
    played.backend = app.open_player(*player, file);
    return played;
}

}  // namespace avocet::core
