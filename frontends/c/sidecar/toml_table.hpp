// SPDX-License-Identifier: Apache-2.0
//
// A table of TOML that is read key by key; what nobody has asked for when it ends is an unknown key, with the nearest
// known one.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "avocet/nearest.hpp"
#include "sidecar/sidecar.hpp"

namespace avocet::c {

inline constexpr size_t most_entries = 1024;

inline SidecarPlace place_of(const toml::source_region& r) {
    return {r.begin.line, r.begin.column, r.begin.line == r.end.line ? r.end.column : r.begin.column + 1};
}

class Table {
public:
    Table(const toml::table& table, std::string path, std::vector<SidecarMistake>& mistakes)
        : table_(table), path_(std::move(path)), mistakes_(mistakes) {}
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;
    ~Table() {
        for (const auto& [key, node] : table_) {
            if (known_.contains(std::string(key.str()))) continue;
            const std::string near = avocet::nearest(key.str(), known_);
            wrong(fmt::format("key '{}': not known", name(key.str())),
                  near.empty() ? "sdk/docs/c-tools.md lists what there is" : fmt::format("did you mean '{}'?", near),
                  place_of(key.source()));
        }
    }

    SidecarPlace place() const { return place_of(table_.source()); }
    SidecarPlace place(const char* key) const {
        const toml::node* node = table_.get(key);
        return node ? place_of(node->source()) : place();
    }
    bool has(const char* key) const { return table_.get(key); }
    void wrong(std::string text, std::string hint, SidecarPlace at) const {
        if (mistakes_.size() < most_entries) mistakes_.push_back({std::move(text), std::move(hint), at});
    }
    void wrong(const char* key, std::string_view fact, std::string hint = {}) const {
        wrong(fmt::format("key '{}': {}", name(key), fact), std::move(hint), place(key));
    }

    const toml::node* get(const char* key) {
        known_.insert(key);
        return table_.get(key);
    }
    void read(const char* key, std::string& out) {
        if (const toml::node* node = get(key))
            node->is_string() ? void(out = **node->as_string()) : wrong(key, "must be a string");
    }
    void read(const char* key, bool& out) {
        if (const toml::node* node = get(key))
            node->is_boolean() ? void(out = **node->as_boolean()) : wrong(key, "must be true or false");
    }
    void read(const char* key, std::optional<bool>& out) {
        bool value = false;
        if (!has(key)) return void(get(key));
        read(key, value);
        out = value;
    }
    // A string, number or boolean as text.
    void read_scalar(const char* key, std::optional<std::string>& out) {
        const toml::node* node = get(key);
        if (!node) return;
        out = scalar(*node);
        if (!out) wrong(key, "must be a string, a number, true or false");
    }
    void read(const char* key, std::vector<std::string>& out) {
        const toml::node* node = get(key);
        if (!node) return;
        if (!node->is_array()) return wrong(key, "must be a list of strings");
        for (const toml::node& item : *node->as_array()) {
            const std::optional<std::string> text = item.is_table() ? std::nullopt : scalar(item);
            text ? out.push_back(*text) : wrong(key, "must be a list of strings");
        }
    }
    void read(const char* key, std::map<std::string, std::string>& out) {
        const toml::node* node = get(key);
        if (!node) return;
        if (!node->is_table()) return wrong(key, "must be a table of strings");
        for (const auto& [word, value] : *node->as_table()) {
            const std::optional<std::string> text = scalar(value);
            text ? void(out[std::string(word.str())] = *text) : wrong(key, "must be a table of strings");
        }
    }
    // word = { token = "text", ... }, ...
    void read(const char* key, std::map<std::string, std::map<std::string, std::string>>& out) {
        table(key, [&](Table& inner) {
            for (const auto& [word, node] : inner.table_)
                inner.read(std::string(word.str()).c_str(), out[std::string(word.str())]);
        });
    }
    void read(const char* key, std::optional<uint32_t>& out) {
        const toml::node* node = get(key);
        if (!node) return;
        const auto number = node->is_integer() ? **node->as_integer() : -1;
        number >= 0 && number <= UINT32_MAX ? void(out = static_cast<uint32_t>(number))
                                            : wrong(key, "must be a number of 32 bits");
    }
    void read(const char* key, uint32_t& out) {
        const toml::node* node = get(key);
        if (!node) return;
        const auto number = node->is_integer() ? **node->as_integer() : 0;
        number > 0 && number <= UINT32_MAX ? void(out = static_cast<uint32_t>(number))
                                           : wrong(key, "must be a number from 1");
    }
    void require(const char* key) const {
        if (!has(key)) wrong(fmt::format("key '{}': is missing", name(key)), {}, place());
    }
    void one_of(const char* key, const std::string& value, std::initializer_list<const char*> allowed) const {
        const toml::node* node = table_.get(key);
        if (!node || !node->is_string() || std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
        const std::vector<std::string> words(allowed.begin(), allowed.end());
        wrong(key, fmt::format("must be one of {}, not '{}'", fmt::join(allowed, ", "), value),
              avocet::nearest_hint(value, words));
    }
    template <class Each>
    void tables(const char* key, const Each& each) {
        const toml::node* node = get(key);
        if (!node) return;
        const toml::array* list = node->as_array();
        if (!list) return wrong(key, fmt::format("must be a list of tables: [[{}]]", key));
        for (size_t i = 0; i < list->size() && i < most_entries; ++i) {
            const toml::table* table = (*list)[i].as_table();
            if (!table) {
                wrong(key, fmt::format("must be a list of tables: [[{}]]", key));
                continue;
            }
            Table inner(*table, fmt::format("{}[{}]", name(key), i), mistakes_);
            each(inner);
        }
    }
    template <class Each>
    void table(const char* key, const Each& each) {
        const toml::node* node = get(key);
        if (!node) return;
        if (!node->is_table()) return wrong(key, "must be a table");
        Table inner(*node->as_table(), name(key), mistakes_);
        each(inner);
    }

private:
    static std::optional<std::string> scalar(const toml::node& node) {
        if (node.is_string()) return **node.as_string();
        if (node.is_integer()) return fmt::to_string(**node.as_integer());
        if (node.is_boolean()) return **node.as_boolean() ? "true" : "false";
        return std::nullopt;
    }
    std::string name(std::string_view key) const {
        return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
    }
    const toml::table& table_;
    std::string path_;
    std::vector<SidecarMistake>& mistakes_;
    std::set<std::string> known_;
};

}  // namespace avocet::c
