// SPDX-License-Identifier: Apache-2.0
//
// `avocet config show` and `avocet config sample`: both valid TOML, the sample once its `# ` is taken away from the
// lines that hold a key.
#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "config/core_settings.hpp"

namespace avocet::core {
namespace {

std::string toml_string(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\')
            out += '\\', out += c;
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out + '"';
}

bool is_bare(std::string_view key) {
    return !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
        return std::isalnum(c) || c == '_' || c == '-' || c == '.';
    });
}

std::string key_text(std::string_view key) { return is_bare(key) ? std::string(key) : toml_string(key); }

std::string list_text(const std::vector<std::string>& items) {
    std::vector<std::string> parts;
    for (const auto& item : items) parts.push_back(toml_string(item));
    return fmt::format("[{}]", fmt::join(parts, ", "));
}

bool sounds_secret(std::string_view key) {
    std::string lower(key);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    static constexpr std::array<std::string_view, 6> words{"password", "passphrase", "secret",
                                                           "token",    "credential", "api_key"};
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

const avocet_factory* factory_of(Registry* registry, const Sidecar* sidecar) {
    const auto* loaded = registry && sidecar ? registry->load(*sidecar) : nullptr;
    return loaded ? static_cast<const avocet_factory*>(loaded->factory) : nullptr;
}

const Sidecar* by_id(Registry* registry, std::string_view id) {
    if (!registry) return nullptr;
    for (const auto& sidecar : registry->sidecars())
        if (sidecar.id == id) return &sidecar;
    return nullptr;
}

bool is_secret(const avocet_factory* factory, std::string_view key) {
    if (sounds_secret(key)) return true;
    if (!factory) return false;
    for (const auto* option : schema_of(*factory))
        if (key == option->name) return option->flags & AVOCET_OPTION_SECRET;
    return false;
}

std::string value_text(const Setting& setting) {
    if (!setting.items.empty() || setting.kind == from_list) return list_text(setting.items);
    return setting.kind == from_integer || setting.kind == from_boolean ? setting.text : toml_string(setting.text);
}

std::string settings_text(const SinkConfig& entry, const avocet_factory* factory) {
    std::string out;
    for (const auto& setting : entry.settings)
        out += fmt::format("{} = {}\n", key_text(setting.key),
                           is_secret(factory, setting.key) ? toml_string("********") : value_text(setting));
    return out;
}

// Any first character delimits a redaction: one that the texts do not hold.
std::string redaction_text(const Redaction& redaction) {
    std::string text = "hash";
    for (char delimiter : std::string_view("/|#%!@~\x01"))
        if ((redaction.pattern + redaction.replacement).find(delimiter) == std::string::npos && !redaction.hash) {
            text = delimiter + redaction.pattern + delimiter + redaction.replacement + delimiter;
            break;
        }
    return fmt::format("redact.{} = {}\n", toml_string(redaction.field), toml_string(text));
}

// Braces of a path that is expanded already.
std::string escaped_path(std::string_view path) {
    std::string out;
    for (char c : path) out.append(c == '{' || c == '}' ? 2 : 1, c);
    return out;
}

std::string route_text(const RouteConfig& route) {
    std::string out = fmt::format("\n[[route]]\nname = {}\n", toml_string(route.name));
    auto list = [&](std::string_view key, const std::vector<std::string>& values) {
        if (!values.empty()) out += fmt::format("{} = {}\n", key, list_text(values));
    };
    auto pairs = [&](std::string_view table, const std::vector<std::pair<std::string, std::string>>& values) {
        for (const auto& [key, text] : values)
            out += fmt::format("{}.{} = {}\n", table, toml_string(key), toml_string(text));
    };
    list("match.kind", route.match.kinds);
    list("match.tool", route.match.tools);
    list("match.probe", route.match.probes);
    list("match.map", route.match.maps);
    list("match.severity", route.match.severities);
    if (!route.match.where.empty()) out += fmt::format("match.where = {}\n", toml_string(route.match.where));
    if (route.sample.one_in > 1) out += fmt::format("sample.one_in = {}\n", route.sample.one_in);
    if (route.sample.per_second) out += fmt::format("sample.per_second = {}\n", route.sample.per_second);
    list("drop", route.transform.drop);
    pairs("rename", route.transform.rename);
    pairs("label", route.transform.labels);
    for (const auto& r : route.transform.redact) out += redaction_text(r);
    if (!route.transform.hash_key.empty()) out += "hash_key = \"********\"\n";
    if (route.retry.attempts)
        out += fmt::format("retry = {{ attempts = {}, first = \"{}ns\", longest = \"{}ns\" }}\n", route.retry.attempts,
                           route.retry.first_ns, route.retry.longest_ns);
    if (!route.dead_letter_path.empty())
        out += fmt::format("dead_letter = {{ path = {}, size = {} }}\n",
                           toml_string(escaped_path(route.dead_letter_path)), route.dead_letter_bytes);
    return out + fmt::format("to = {}\nqueue = {{ records = {}, bytes = {}, when_full = \"{}\" }}\n",
                             list_text(route.sinks), route.queue_records, route.queue_bytes,
                             policy_name(route.when_full));
}

// A default as TOML: schemas hold it without quotes.
std::string sample_value(const avocet_option& option) {
    const std::string text = option.value_default ? option.value_default : "";
    switch (option.type) {
        case AVOCET_OPTION_BOOL: return text.empty() ? "false" : text;
        case AVOCET_OPTION_INT: return text.empty() ? std::to_string(option.min) : text;
        case AVOCET_OPTION_SIZE: return toml_string(text.empty() ? std::to_string(option.min) : text);
        case AVOCET_OPTION_DURATION: return toml_string(text.empty() ? std::to_string(option.min) + "ns" : text);
        case AVOCET_OPTION_ENUM: return toml_string(text.empty() ? option.choices[0] : text);
        case AVOCET_OPTION_LIST: return list_text(split_list(text, ','));
        default: return toml_string(text);
    }
}

std::string sample_line(const avocet_option& option, std::string_view key) {
    std::string note = option.doc ? option.doc : "";
    if (option.unit && option.type == AVOCET_OPTION_INT && note.find(option.unit) == std::string::npos)
        note += fmt::format(", in {}", option.unit);
    if (auto limits = describe_limits(option); !limits.empty()) note += fmt::format(" ({})", limits);
    if (option.flags & AVOCET_OPTION_REQUIRED) note += " (required)";
    return fmt::format("## {}\n# {} = {}\n", note, key_text(key), sample_value(option));
}

std::string core_sample() {
    std::string out, table;
    for (const auto* option : core_schema()) {
        std::string_view name = option->name;
        auto dot = name.find('.');
        if (name.substr(0, dot) != table) out += fmt::format("\n[{}]\n", table = name.substr(0, dot));
        out += sample_line(*option, name.substr(dot + 1));
    }
    return out;
}

std::string plugin_sample(Registry& registry, const Sidecar& sidecar) {
    const auto* factory = factory_of(&registry, &sidecar);
    if (!factory) return {};
    const bool sink = sidecar.kind == "sink";
    const auto schema = schema_of(*factory);
    if (!sink && schema.empty()) return {};
    std::string out = fmt::format("\n## {} {}: {}\n", sidecar.id, sidecar.version, sidecar.summary);
    if (sink)
        out += fmt::format("# [[sink]]\n# name = {0}\n# type = {0}\n", toml_string(sidecar.provides.front()));
    else
        out += fmt::format("# [plugin.{}]\n", toml_string(sidecar.id));
    for (const auto* option : schema) out += sample_line(*option, option->name);
    return out;
}

}  // namespace

std::string_view policy_name(WhenFull policy) {
    return policy == WhenFull::block ? "block" : policy == WhenFull::drop_oldest ? "drop-oldest" : "drop-newest";
}

std::string sample_config(Registry& registry) {
    std::string out =
        "## Avocet configuration: /etc/avocet/avocet.toml or ~/.config/avocet/avocet.toml.\n"
        "## Every option with its default; take the `# ` away from what you change.\n";
    out += core_sample();
    const auto sidecars = registry.sidecars();
    for (const auto& sidecar : sidecars)
        if (sidecar.refusal.empty()) out += plugin_sample(registry, sidecar);
    out += "\n## Which records go to which sink, through a queue of its own.\n# [[route]]\n";
    for (const auto* option : route_schema()) out += sample_line(*option, option->name);
    out +=
        "## a label on every record: text with {host}, {tool}, {cgroup}, {pod}, {container}\n# label.host = "
        "\"{host}\"\n"
        "## another name for a field\n# rename.ret = \"bytes\"\n"
        "## a field's text: \"hash\", or what a pattern matches replaced\n# redact.path = \"|/home/[^/]+|/home/*|\"\n";
    return out;
}

std::string show_config(const Config& config, Registry* registry) {
    std::string out;
    for (const auto& layer : config.layers) out += fmt::format("# read {}\n", layer.string());
    out += "[run]\n";
    if (!config.frontend.empty()) out += fmt::format("frontend = {}\n", toml_string(config.frontend));
    if (!config.backend.empty()) out += fmt::format("backend = {}\n", toml_string(config.backend));
    out +=
        fmt::format("\n[transport]\nkind = {}\nsize_per_cpu = {}\nrings = {}\ndrain_interval = \"{}ns\"\n",
                    toml_string(config.transport), config.buffer_bytes_per_cpu, config.rings, config.drain_interval_ns);
    out += fmt::format("\n[cache]\ndirectory = {}\nsize = {}\nenabled = {}\n",
                       toml_string(config.cache_directory.string()), config.cache_bytes, config.cache_enabled);
    std::vector<std::string> directories;
    for (const auto& directory : config.plugin_directories) directories.push_back(directory.string());
    out += fmt::format("\n[plugins]\ndirectories = {}\n", list_text(directories));
    for (const auto& sink : config.sinks) {
        out += fmt::format("\n[[sink]]\nname = {}\ntype = {}\n", toml_string(sink.name), toml_string(sink.type));
        out += settings_text(sink, factory_of(registry, registry ? registry->find("sink", sink.type) : nullptr));
    }
    for (const auto& route : config.routes) out += route_text(route);
    for (const auto& [id, options] : config.plugin_options)
        out += fmt::format("\n[plugin.{}]\n", toml_string(id)) +
               settings_text(options, factory_of(registry, by_id(registry, id)));
    return out;
}

}  // namespace avocet::core
