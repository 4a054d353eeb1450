// SPDX-License-Identifier: Apache-2.0
#include "cli/recording_source.hpp"

#include <fstream>

#include "avocet/recording.hpp"

namespace avocet::core {

namespace {

using recording::Json;

// Attach names by id: "functions" -> "plans" -> "targets" of the plan member.
void read_plan(const std::string& text, std::vector<std::string>& names) {
    constexpr uint64_t kMostTargets = 1u << 20;
    Json plan = Json::parse(text, nullptr, false);
    if (!plan.is_object()) return;
    for (const auto& f : plan.value("functions", Json::array()))
        for (const auto& p : f.is_object() ? f.value("plans", Json::array()) : Json::array())
            for (const auto& t : p.is_object() ? p.value("targets", Json::array()) : Json::array()) {
                if (!t.is_object() || !t.contains("attach_id") || !t["attach_id"].is_number_unsigned()) continue;
                uint64_t id = t["attach_id"];
                if (id >= kMostTargets) continue;
                if (names.size() <= id) names.resize(id + 1);
                if (t.contains("name") && t["name"].is_string()) names[id] = t["name"];
            }
}

uint64_t number(const Json& object, const char* key) {
    auto it = object.find(key);
    return it != object.end() && it->is_number_unsigned() ? it->get<uint64_t>() : 0;
}

std::string text(const Json& object, const char* key) {
    auto it = object.find(key);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::vector<SymbolSnapshotEntry> read_symbols(const std::string& member) {
    std::vector<SymbolSnapshotEntry> out;
    Json json = Json::parse(member, nullptr, false);
    if (!json.is_object() || !json.contains("symbols") || !json["symbols"].is_array()) return out;
    for (const auto& s : json["symbols"]) {
        if (!s.is_object()) continue;
        auto found = s.find("found");
        out.push_back({number(s, "address"), static_cast<uint32_t>(number(s, "pid")), found != s.end() && *found == true,
                       text(s, "name"), text(s, "module"), number(s, "offset"), number(s, "file_offset")});
    }
    return out;
}

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
    try {
        recording::Reader reader(file);
        std::string name;
        while (reader.next(name)) {
            bool wanted = name == recording::member_about || name == recording::member_program || name == recording::member_plan ||
                          name == recording::member_symbols;
            if (!wanted) continue;
            auto content = reader.content();
            if (!content) break;
            if (name == recording::member_plan) read_plan(*content, played.attach_names);
            if (name == recording::member_symbols) app.host().symbols().replay(read_symbols(*content));
            if (name == recording::member_program && !played.program) played.program = Program::open(std::move(*content), file, diagnostics);
            if (name == recording::member_about) {
                Json about = Json::parse(*content, nullptr, false);
                if (!about.is_object()) continue;
                played.wall_minus_boot_ns = number(about, "wall_minus_boot_ns");
                played.transport = text(about, "transport") == "perf" ? AVOCET_TRANSPORT_PERF : AVOCET_TRANSPORT_RING;
            }
        }
    } catch (const Error& e) {
        diagnostics.error("core", e.what(), e.hint(), 106);
        return played;
    }
    if (!played.program) {
        if (diagnostics.error_count() == 0) diagnostics.error("core", "recording '" + file + "': holds no program", {}, 107);
        return played;
    }
    const Sidecar* player = app.host().registry().find_extension(".avrec");
    if (!player || player->kind != "backend") {
        diagnostics.error("core", "recording '" + file + "': no backend that plays recordings is installed", {}, 108);
        return played;
    }
    played.backend = app.open_player(*player, file);
    return played;
}

}  // namespace avocet::core
