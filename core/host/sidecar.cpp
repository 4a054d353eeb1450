// SPDX-License-Identifier: Apache-2.0
#include "host/sidecar.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "host/codes.hpp"
#include "host/toml_table.hpp"

namespace avocet::core {
namespace {

constexpr std::string_view component = "core.host";

bool is_id(std::string_view id) {
    auto part_of_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
    bool word = false;
    size_t words = 0;
    for (char c : id) {
        if (part_of_word(c))
            words += !std::exchange(word, true);
        else if (c == '.' && word)
            word = false;
        else
            return false;
    }
    return word && words >= 2;
}

std::string default_library(std::string id) {
    std::replace(id.begin(), id.end(), '.', '-');
    return "avocet-" + id + ".so";
}

void read_abi(TomlTable& root, Sidecar& sidecar) {
    auto abi = root.table("abi");
    if (!abi) {
        if (!root.failed())
            root.fail(code::toml_missing_key, "key 'abi' is missing", "abi = { major = 1, minor = 0 }",
                      root.place("abi"));
        return;
    }
    auto number = [&](std::string_view key, unsigned& out) {
        auto value = abi->integer(key);
        if (value && *value >= 0 && *value <= std::numeric_limits<int32_t>::max())
            out = static_cast<unsigned>(*value);
        else if (!abi->failed())
            abi->fail(code::toml_missing_key, "key 'abi." + std::string(key) + "' must be a number of at least 0", {},
                      abi->place(key));
    };
    number("major", sidecar.abi_major);
    number("minor", sidecar.abi_minor);
    if (abi->failed())
        root.fail(code::plugin_sidecar, "key 'abi' cannot be used", "abi = { major = 1, minor = 0 }",
                  root.place("abi"));
    abi->finish(sidecar.abi_minor > AVOCET_ABI_MINOR);
}

void read_library(TomlTable& root, Sidecar& sidecar) {
    auto name = root.text("library").value_or(default_library(sidecar.id));
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
        name.find('\0') != std::string::npos) {
        root.fail(code::plugin_sidecar, "library '" + name + "' is not the name of a file beside plugin.toml", {},
                  root.place("library"));
        return;
    }
    sidecar.library = sidecar.file.parent_path() / name;
}

void read_names(TomlTable& root, Sidecar& sidecar) {
    sidecar.provides = root.list("provides");
    sidecar.aliases = root.map("aliases");
    sidecar.extensions = root.list("extensions");
    if (sidecar.provides.empty() && !root.failed())
        root.fail(code::toml_missing_key, "key 'provides' is missing or empty",
                  "name what users write to reach the plugin", root.place("provides"));
    for (const auto& [alias, target] : sidecar.aliases) {
        if (std::find(sidecar.provides.begin(), sidecar.provides.end(), target) != sidecar.provides.end()) continue;
        auto near = closest(target, sidecar.provides);
        root.fail(code::plugin_sidecar, "alias '" + alias + "' stands for '" + target + "', which is not in provides",
                  near.empty() ? std::string() : "did you mean '" + near + "'?", root.place("aliases"));
    }
}

// Which kinds a listing asks that names none. Without the table: all.
void read_list(TomlTable& root, Sidecar& sidecar, bool newer) {
    auto list = root.table("list");
    if (!list) {
        if (sidecar.kind == "provider") sidecar.lists = sidecar.provides;
        return;
    }
    sidecar.lists = list->list("everywhere");
    sidecar.lists_programs = list->list("programs");
    list->finish(newer);
    if (list->failed()) root.fail(code::plugin_sidecar, "table 'list' cannot be used", {}, root.place("list"));
    for (const auto* kinds : {&sidecar.lists, &sidecar.lists_programs})
        for (const auto& kind : *kinds)
            if (std::find(sidecar.provides.begin(), sidecar.provides.end(), kind) == sidecar.provides.end())
                root.fail(code::plugin_sidecar, "list names '" + kind + "', which is not in provides", {},
                          root.place("list"));
}

void read_needs(TomlTable& root, Sidecar& sidecar, bool newer) {
    auto needs = root.table("needs");
    if (!needs) return;
    sidecar.capabilities = needs->list("capabilities");
    sidecar.files = needs->list("files");
    sidecar.network = needs->list("network");
    needs->finish(newer);
    if (needs->failed()) root.fail(code::plugin_sidecar, "table 'needs' cannot be used", {}, root.place("needs"));
}

void read_identity(TomlTable& root, Sidecar& sidecar) {
    static const std::vector<std::string> kinds{"provider", "frontend", "backend", "sink"};
    if (auto id = root.required_text("id")) {
        if (is_id(*id))
            sidecar.id = *id;
        else
            root.fail(code::plugin_sidecar, "id '" + *id + "' is not a dotted id",
                      "lower case words joined by dots, as 'sink.example'", root.place("id"));
    }
    sidecar.kind = root.required_text("kind").value_or("");
    if (!sidecar.kind.empty() && factory_id_of(sidecar.kind).empty()) {
        auto near = closest(sidecar.kind, kinds);
        root.fail(code::plugin_sidecar, "kind '" + sidecar.kind + "' does not exist",
                  near.empty() ? "provider, frontend, backend or sink" : "did you mean '" + near + "'?",
                  root.place("kind"));
    }
    sidecar.version = root.required_text("version").value_or("");
    sidecar.summary = root.text("summary").value_or("");
    sidecar.is_default = root.boolean("default").value_or(false);
}

}  // namespace

std::string_view factory_id_of(std::string_view kind) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> ids{{{"provider", AVOCET_PROVIDER_1},
                                                                                       {"frontend", AVOCET_FRONTEND_1},
                                                                                       {"backend", AVOCET_BACKEND_1},
                                                                                       {"sink", AVOCET_SINK_1}}};
    for (const auto& [name, id] : ids)
        if (name == kind) return id;
    return {};
}

Sidecar parse_sidecar(std::string_view text, const std::filesystem::path& file, Diagnostics& diagnostics) {
    Sidecar sidecar;
    sidecar.file = file;
    sidecar.id = file.parent_path().filename().string();
    const auto broken = "its sidecar '" + file.string() + "' cannot be used";
    auto parsed = parse_toml(text, file.string(), component, AVOCET_WARNING, diagnostics);
    if (!parsed) {
        sidecar.refusal = broken;
        return sidecar;
    }
    TomlTable root(*parsed, {}, {file.string(), std::string(component), AVOCET_WARNING, &diagnostics});
    read_identity(root, sidecar);
    read_abi(root, sidecar);
    const bool newer = sidecar.abi_minor > AVOCET_ABI_MINOR;
    read_library(root, sidecar);
    read_names(root, sidecar);
    read_list(root, sidecar, newer);
    read_needs(root, sidecar, newer);
    root.finish(newer);
    if (root.failed()) sidecar.refusal = broken;
    return sidecar;
}

}  // namespace avocet::core
