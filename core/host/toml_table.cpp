// SPDX-License-Identifier: Apache-2.0
#include "host/toml_table.hpp"

#include <algorithm>

#include "host/codes.hpp"

namespace avocet::core {

std::optional<toml::table> parse_toml(std::string_view text, const std::string& file, std::string_view component,
                                      avocet_severity severity, Diagnostics& diagnostics) {
    diagnostics.add_source(file, std::string(text));
    try {
        return toml::parse(text, file);
    } catch (const toml::parse_error& e) {
        std::string what(e.description());
        if (!what.empty() && what.starts_with("Error while ")) what = "mistake while " + what.substr(12);
        while (what.ends_with('.')) what.pop_back();
        Diagnostic d{severity, code::toml_syntax, std::string(component), what, {}, {}, place_of(e.source(), file), {},
                     {}};
        diagnostics.report(std::move(d));
        return std::nullopt;
    }
}

Place place_of(const toml::source_region& region, const std::string& file) {
    return {file, region.begin.line, region.begin.column, region.end.line, region.end.column};
}

std::string_view type_name(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table: return "a table";
        case toml::node_type::array: return "an array";
        case toml::node_type::string: return "a string";
        case toml::node_type::integer: return "an integer";
        case toml::node_type::floating_point: return "a number with a fraction";
        case toml::node_type::boolean: return "a boolean";
        case toml::node_type::date: return "a date";
        case toml::node_type::time: return "a time";
        case toml::node_type::date_time: return "a date and time";
        case toml::node_type::none: break;
    }
    return "nothing";
}

TomlTable::TomlTable(const toml::table& table, std::string path, Context context)
    : table_(table), path_(std::move(path)), context_(std::move(context)) {}

const toml::node* TomlTable::find(std::string_view key) {
    known_.emplace_back(key);
    return table_.get(key);
}

std::string TomlTable::name(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + '.' + std::string(key);
}

Place TomlTable::place(std::string_view key) const {
    for (const auto& [known, node] : table_)
        if (known.str() == key) return place_of(known.source(), context_.file);
    auto place = place_of(table_.source(), context_.file);
    if (place.end_line > place.line) place.end_line = place.line, place.end_column = 0;  // not all of the table
    return place;
}

void TomlTable::fail(uint32_t code, std::string message, std::string hint, Place place) {
    failed_ = true;
    context_.diagnostics->report(Diagnostic{context_.severity,
                                            code,
                                            context_.component,
                                            std::move(message),
                                            std::move(hint),
                                            {},
                                            std::move(place),
                                            {},
                                            {}});
}

void TomlTable::wrong_type(std::string_view key, std::string_view wanted, const toml::node& found) {
    fail(code::toml_wrong_type,
         "key '" + name(key) + "': expects " + std::string(wanted) + ", found " + std::string(type_name(found)), {},
         place_of(found.source(), context_.file));
}

std::optional<std::string> TomlTable::text(std::string_view key) {
    const auto* node = find(key);
    if (!node) return std::nullopt;
    if (auto* value = node->as_string()) return value->get();
    wrong_type(key, "a string", *node);
    return std::nullopt;
}

std::optional<std::string> TomlTable::required_text(std::string_view key) {
    auto value = text(key);
    if (value && !value->empty()) return value;
    if (!table_.contains(key))
        fail(code::toml_missing_key, "key '" + name(key) + "' is missing", {}, place(key));
    else if (value)
        fail(code::toml_wrong_type, "key '" + name(key) + "' is empty", {}, place(key));
    return std::nullopt;
}

std::optional<int64_t> TomlTable::integer(std::string_view key) {
    const auto* node = find(key);
    if (!node) return std::nullopt;
    if (auto* value = node->as_integer()) return value->get();
    wrong_type(key, "an integer", *node);
    return std::nullopt;
}

std::optional<bool> TomlTable::boolean(std::string_view key) {
    const auto* node = find(key);
    if (!node) return std::nullopt;
    if (auto* value = node->as_boolean()) return value->get();
    wrong_type(key, "true or false", *node);
    return std::nullopt;
}

std::vector<std::string> TomlTable::list(std::string_view key) {
    const auto* node = find(key);
    if (!node) return {};
    if (auto* value = node->as_string()) return {value->get()};
    std::vector<std::string> out;
    if (const auto* array = node->as_array()) {
        for (const auto& item : *array) {
            if (auto* value = item.as_string())
                out.push_back(value->get());
            else
                wrong_type(key, "strings", item);
        }
        return out;
    }
    wrong_type(key, "a list of strings", *node);
    return out;
}

std::map<std::string, std::string> TomlTable::map(std::string_view key) {
    std::map<std::string, std::string> out;
    const auto* node = find(key);
    if (!node) return out;
    const auto* table = node->as_table();
    if (!table) {
        wrong_type(key, "a table of strings", *node);
        return out;
    }
    for (const auto& [item, value] : *table) {
        if (auto* text = value.as_string())
            out.emplace(item.str(), text->get());
        else
            wrong_type(std::string(key) + '.' + std::string(item.str()), "a string", value);
    }
    return out;
}

std::optional<TomlTable> TomlTable::table(std::string_view key) {
    const auto* node = find(key);
    if (!node) return std::nullopt;
    if (const auto* table = node->as_table()) return TomlTable(*table, name(key), context_);
    wrong_type(key, "a table", *node);
    return std::nullopt;
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) {
    std::vector<TomlTable> out;
    const auto* node = find(key);
    if (!node) return out;
    const auto* array = node->as_array();
    if (!array) {
        fail(code::toml_wrong_type,
             "key '" + name(key) + "' is a list of tables, found " + std::string(type_name(*node)),
             "write [[" + name(key) + "]]", place(key));
        return out;
    }
    for (const auto& item : *array) {
        if (const auto* table = item.as_table())
            out.emplace_back(*table, name(key), context_);
        else
            wrong_type(key, "tables", item);
    }
    return out;
}

void TomlTable::finish(bool ignore_unknown) {
    if (ignore_unknown) return;
    for (const auto& [key, node] : table_) {
        if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
        auto near = closest(key.str(), known_);
        context_.diagnostics->report(Diagnostic{context_.severity,
                                                code::toml_unknown_key,
                                                context_.component,
                                                "unknown key '" + name(key.str()) + "'",
                                                near.empty() ? std::string() : "did you mean '" + near + "'?",
                                                {},
                                                place_of(key.source(), context_.file),
                                                {},
                                                {}});
    }
}

}  // namespace avocet::core
