// SPDX-License-Identifier: Apache-2.0
#include "session/stream.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace avocet::core {

namespace {

// What the language calls an output that the session serves; nullptr: plain data.
const char* request_of(const ManifestOutput& output) {
    static constexpr std::pair<std::string_view, const char*> requests[] = {{"print_map", "print() of a map"},
                                                                            {"clear", "clear()"},
                                                                            {"zero", "zero()"},
                                                                            {"cat", "cat()"},
                                                                            {"system", "system()"},
                                                                            {"packet", "skboutput()"}};
    for (const auto& [kind, name] : requests)
        if (output.kind == kind) return name;
    return nullptr;
}

}  // namespace

bool can_stream(const Manifest& manifest, const StreamWish& wish, Diagnostics& diagnostics) {
    bool good = true;
    for (const ManifestOutput& output : manifest.outputs) {
        const char* request = request_of(output);
        if (!request) continue;
        diagnostics.error("session",
                          std::string(request) + ": asks the session to act, but sink '" + wish.sink +
                              "' hands the events to another program",
                          "leave it out, or use a sink that takes records; maps are printed at the end all the same",
                          235, output.place);
        good = false;
    }
    return good;
}

std::string stream_manifest(const Manifest& manifest, const PlanSet& plans) {
    using Json = nlohmann::ordered_json;
    Json functions = Json::array(), outputs = Json::array();
    for (const ManifestFunction& f : manifest.functions) functions.push_back(f.label.empty() ? f.name : f.label);
    for (const ManifestOutput& o : manifest.outputs) {
        Json entry{{"kind", o.kind}};
        if (!o.type.empty()) entry["type"] = o.type;
        if (!o.format.empty()) entry["format"] = o.format;
        outputs.push_back(std::move(entry));
    }
    const Json all{
        {"tool", manifest.tool}, {"functions", functions}, {"probes", plans.attach_names}, {"outputs", outputs}};
    return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace avocet::core
