// SPDX-License-Identifier: Apache-2.0
#include "bundle/description.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bundle/codes.hpp"
#include "bundle/files.hpp"
#include "host/codes.hpp"
#include "host/toml_table.hpp"

namespace avocet::core {
namespace {

constexpr int64_t known_schema = 1;
constexpr const char* name_rule = "lower case letters, digits and dashes, at most 64";

class DescriptionReader {
public:
    DescriptionReader(TomlTable& root) : root_(root) {}

    bool read(BundleDescription& out) {
        if (!schema()) return false;
        if (auto name = one_line(root_, "name")) out.name = checked_name(root_, *name);
        if (auto version = one_line(root_, "version")) out.version = checked_version(*version);
        out.summary = one_line(root_, "summary").value_or("");
        out.publisher = one_line(root_, "publisher").value_or("");
        out.license = one_line(root_, "license", false).value_or("");
        for (auto& table : root_.tables("tool")) tool(table, out);
        for (auto& table : root_.tables("plugin")) path(table, "dir", out.plugins);
        for (auto& table : root_.tables("doc")) path(table, "file", out.docs);
        if (auto table = root_.table("defaults")) {
            std::vector<BundlePath> one;
            path(*table, "file", one);
            if (!one.empty()) out.defaults = one.front();
        }
        root_.finish();
        nested_plugins(out);
        if (good_ && out.tools.empty() && out.plugins.empty())
            fail(root_, "the bundle holds neither a tool nor a plugin", "add a [[tool]]", root_.place("name"));
        return good_ && !root_.failed();
    }

private:
    void fail(TomlTable& table, std::string message, std::string hint, Place place) {
        good_ = false;
        table.fail(code::bundle_description, std::move(message), std::move(hint), std::move(place));
    }

    bool schema() {
        const auto schema = root_.integer("schema");
        if (schema == known_schema) return true;
        if (schema)
            fail(root_, fmt::format("schema {} is not known to this version", *schema),
                 *schema > known_schema ? "update avocet" : "write schema = 1", root_.place("schema"));
        else if (!root_.failed())
            root_.fail(code::toml_missing_key, "key 'schema' is missing", "write schema = 1", root_.place("schema"));
        return !schema;  // without it, it is read as ours, so that all mistakes are told
    }

    // What is shown in lists, and on terminals.
    std::optional<std::string> one_line(TomlTable& table, std::string_view key, bool required = true) {
        auto text = required ? table.required_text(key) : table.text(key);
        if (!text || printable(*text) == *text) return text;
        fail(table, fmt::format("key '{}': has control characters", key), "one line of text", table.place(key));
        return std::nullopt;
    }

    std::string checked_name(TomlTable& table, const std::string& name) {
        if (!is_bundle_name(name))
            fail(table, fmt::format("name '{}' cannot be one", name), name_rule, table.place("name"));
        return name;
    }

    std::string checked_version(const std::string& version) {
        constexpr std::string_view others = ".+-~_";
        const bool fits = version.size() <= 64 && std::all_of(version.begin(), version.end(), [&](unsigned char c) {
                              return (c < 0x80 && std::isalnum(c)) || others.find(static_cast<char>(c)) != others.npos;
                          });
        if (!fits)
            fail(root_, fmt::format("version '{}' cannot be one", version), "letters, digits and .+-~_",
                 root_.place("version"));
        return version;
    }

    std::optional<BundlePath> checked_path(TomlTable& table, std::string_view key) {
        auto text = table.required_text(key);
        if (!text) return std::nullopt;
        const auto why = refuse_path(*text);
        if (why.empty()) return BundlePath{*text, table.place(key)};
        fail(table, fmt::format("'{}': {}", printable(*text), why), "a path below the directory of bundle.toml",
             table.place(key));
        return std::nullopt;
    }

    void path(TomlTable& table, std::string_view key, std::vector<BundlePath>& out) {
        auto path = checked_path(table, key);
        finish(table);
        if (!path) return;
        auto same = [&](const BundlePath& other) { return other.path == path->path; };
        if (std::any_of(out.begin(), out.end(), same))
            return fail(table, fmt::format("'{}': is named twice", path->path), {}, path->place);
        out.push_back(std::move(*path));
    }

    void tool(TomlTable& table, BundleDescription& out) {
        BundleTool tool;
        tool.place = table.place("name");
        if (auto name = one_line(table, "name")) tool.name = checked_name(table, *name);
        if (auto file = checked_path(table, "file")) tool.file = file->path;
        tool.summary = one_line(table, "summary").value_or("");
        finish(table);
        if (out.find_tool(tool.name) && !tool.name.empty())
            fail(table, fmt::format("tool '{}': the name is used twice", tool.name), "give it another name",
                 tool.place);
        out.tools.push_back(std::move(tool));
    }

    // A directory is one plugin: what is below it belongs to that one.
    void nested_plugins(const BundleDescription& out) {
        for (const auto& inner : out.plugins)
            for (const auto& outer : out.plugins)
                if (inner.path.starts_with(outer.path + '/'))
                    fail(root_, fmt::format("plugin '{}': is inside plugin '{}'", inner.path, outer.path),
                         "one directory for each", inner.place);
    }

    void finish(TomlTable& table) {
        table.finish();
        if (table.failed()) good_ = false;
    }

    TomlTable& root_;
    bool good_ = true;
};

}  // namespace

const BundleTool* BundleDescription::find_tool(std::string_view tool) const {
    for (const auto& t : tools)
        if (t.name == tool) return &t;
    return nullptr;
}

std::optional<BundleDescription> parse_description(std::string_view text, const std::string& file,
                                                   Diagnostics& diagnostics) {
    constexpr const char* component = "core.bundle";
    auto parsed = parse_toml(text, file, component, AVOCET_ERROR, diagnostics);
    if (!parsed) return std::nullopt;
    const size_t errors = diagnostics.error_count();
    TomlTable root(*parsed, {}, {file, component, AVOCET_ERROR, &diagnostics});
    BundleDescription out;
    // Unknown keys are errors that no table counts.
    if (DescriptionReader(root).read(out) && diagnostics.error_count() == errors) return out;
    return std::nullopt;
}

}  // namespace avocet::core
