// SPDX-License-Identifier: Apache-2.0
//
// The parts of a recording that belong to the session rather than to the backend. Untrusted input: what does not fit is
// reported or left empty.
#include "avocet/recording.hpp"
#include "session/recorder.hpp"

namespace avocet::core {
namespace {

using recording::Json;
using recording::number_of;
using recording::text_of;

constexpr const char* component = "recording";
constexpr uint64_t most_attach_ids = 1u << 22;

const Json& list_of(const Json& object, const char* key) {
    static const Json empty = Json::array();
    const auto it = object.is_object() ? object.find(key) : object.end();
    return it != object.end() && it->is_array() ? *it : empty;
}

void read_about(const Json& json, RecordedSession& out) {
    out.tool = text_of(json, "tool");
    for (const Json& option : list_of(json, "options"))
        if (option.is_string() && option.get_ref<const std::string&>().starts_with("--"))
            out.options.push_back(option.get<std::string>());
    out.transport = text_of(json, "transport") == "perf" ? AVOCET_TRANSPORT_PERF : AVOCET_TRANSPORT_RING;
    out.wall_minus_boot_ns = static_cast<uint64_t>(number_of(json, "wall_minus_boot_ns"));
}

void read_plan(const Json& json, RecordedSession& out) {
    for (const Json& function : list_of(json, "functions"))
        for (const Json& plan : list_of(function, "plans"))
            for (const Json& target : list_of(plan, "targets")) {
                const uint64_t id = static_cast<uint64_t>(number_of(target, "attach_id"));
                if (id >= most_attach_ids) continue;
                if (out.attach_names.size() <= id) out.attach_names.resize(id + 1);
                if (id) out.attach_names[id] = text_of(target, "name");
            }
}

void read_symbols(const Json& json, RecordedSession& out) {
    for (const Json& s : list_of(json, "symbols")) {
        const auto found = s.is_object() ? s.find("found") : s.end();
        out.symbols.push_back(
            {static_cast<uint64_t>(number_of(s, "address")), static_cast<uint32_t>(number_of(s, "pid")),
             found != s.end() && found->is_boolean() && found->get<bool>(), text_of(s, "name"), text_of(s, "module"),
             static_cast<uint64_t>(number_of(s, "offset")), static_cast<uint64_t>(number_of(s, "file_offset"))});
    }
    out.finished = true;
}

void read_show(const std::string& content, uint64_t polls, RecordedSession& out) {
    const auto call = recording::decode_call(content);
    if (call && text_of(call->about, "call") == "show_maps")
        out.shows.push_back({polls, static_cast<uint64_t>(number_of(call->about, "wall_ns"))});
}

}  // namespace

std::optional<RecordedSession> read_recorded_session(const std::string& path, Diagnostics& diagnostics) {
    RecordedSession out;
    bool known = false;
    try {
        recording::Reader reader(path);
        uint64_t polls = 0;
        for (std::string name; reader.next(name);) {
            polls += name.starts_with("batch-");
            if (name.starts_with("call-")) {
                auto content = reader.content();
                if (!content) break;
                read_show(*content, polls, out);
                continue;
            }
            const bool json_member =
                name == recording::member_about || name == recording::member_plan || name == recording::member_symbols;
            if (!json_member && name != recording::member_program) continue;
            auto content = reader.content();
            if (!content) break;
            if (name == recording::member_program) {
                out.elf = std::move(*content);
                continue;
            }
            const Json json = Json::parse(*content, nullptr, false);
            if (name == recording::member_about) {
                const int64_t version = number_of(json, "format");
                if (version != recording::format_version || text_of(json, "byte_order") != recording::byte_order) {
                    diagnostics.error(component, "recording '" + path + "': of format " + std::to_string(version) +
                                                     " and byte order '" + text_of(json, "byte_order") +
                                                     "', which this version cannot play");
                    return std::nullopt;
                }
                known = true;
                read_about(json, out);
            }
            if (name == recording::member_plan) read_plan(json, out);
            if (name == recording::member_symbols) read_symbols(json, out);
        }
    } catch (const Error& e) {
        diagnostics.error(component, e.what(), e.hint());
        return std::nullopt;
    }
    if (!known || out.elf.empty()) {
        diagnostics.error(component, "recording '" + path + "': holds no program",
                          "record one with 'avocet run --record FILE ...'");
        return std::nullopt;
    }
    if (!out.finished)
        diagnostics.warning(component,
                            "recording '" + path + "': was cut off; what is whole is played, addresses stay numbers");
    return out;
}

}  // namespace avocet::core
