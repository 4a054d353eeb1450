// SPDX-License-Identifier: Apache-2.0
#include "cli/message_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace avocet::core {

namespace {

using Json = nlohmann::ordered_json;

void put_place(Json& out, const Place& place) {
    out["file"] = place.file.empty() ? Json() : Json(place.file);
    out["span"] = place.line == 0 ? Json()
                                  : Json{{"line", place.line},
                                         {"column", place.column},
                                         {"end_line", std::max(place.end_line, place.line)},
                                         {"end_column", place.end_column}};
}

Json note(const std::string& message, const Place& place) {
    Json out{{"message", message}};
    put_place(out, place);
    return out;
}

Json to_json(const Diagnostic& d) {
    constexpr const char* severities[] = {"debug", "note", "warning", "error"};
    Json out{{"severity", severities[std::clamp<int>(d.severity, 0, 3)]}};
    out["code"] = d.code ? Json(fmt::format("E{:04}", d.code)) : Json();
    put_place(out, d.place);
    out["message"] = d.message;
    out["hints"] = d.hint.empty() ? Json::array() : Json::array({d.hint});
    out["notes"] = Json::array();
    if (!d.context.empty()) out["notes"].push_back(note(d.context, d.context_place));
    for (const Place& place : d.expanded_from) out["notes"].push_back(note("expanded from", place));
    for (const std::string& cause : d.causes) out["notes"].push_back(note("caused by: " + cause, {}));
    out["component"] = d.component;
    return out;
}

}  // namespace

std::string json_lines(const std::vector<Diagnostic>& messages) {
    std::string out;
    std::vector<const Diagnostic*> order;
    for (const auto& d : messages) order.push_back(&d);
    std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->severity > b->severity; });
    for (const auto* d : order) out += to_json(*d).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    return out;
}

}  // namespace avocet::core
