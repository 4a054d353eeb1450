// SPDX-License-Identifier: Apache-2.0
//
// One TOML table read key by key. Every key that was asked for is known; finish() reports the others, with the closest
// known key as suggestion. Errors carry the place of the key or value, and reading goes on, so all are reported at
// once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "host/diagnostics.hpp"

namespace avocet::core {

// Parses and registers `text` as the source of `file`. nullopt: the syntax error was reported.
std::optional<toml::table> parse_toml(std::string_view text, const std::string& file, std::string_view component,
                                      avocet_severity severity, Diagnostics& diagnostics);

Place place_of(const toml::source_region& region, const std::string& file);
// "a string", "an integer", "an array", ...
std::string_view type_name(const toml::node& node);

class TomlTable {
public:
    struct Context {
        std::string file, component;
        avocet_severity severity = AVOCET_ERROR;  // of everything reported here
        Diagnostics* diagnostics = nullptr;
    };
    TomlTable(const toml::table& table, std::string path, Context context);

    std::optional<std::string> text(std::string_view key);
    std::optional<std::string> required_text(std::string_view key);
    std::optional<int64_t> integer(std::string_view key);
    std::optional<bool> boolean(std::string_view key);
    std::vector<std::string> list(std::string_view key);  // an array of strings, or one string
    std::map<std::string, std::string> map(std::string_view key);
    std::optional<TomlTable> table(std::string_view key);
    std::vector<TomlTable> tables(std::string_view key);  // [[key]]

    // Reports unknown keys; `ignore_unknown`: they are fine.
    void finish(bool ignore_unknown = false);
    bool failed() const { return failed_; }   // a wrong type or a missing key was reported
    Place place(std::string_view key) const;  // of a key that is not there: the table's first line
    void fail(uint32_t code, std::string message, std::string hint, Place place);

private:
    const toml::node* find(std::string_view key);
    void wrong_type(std::string_view key, std::string_view wanted, const toml::node& found);
    std::string name(std::string_view key) const;

    const toml::table& table_;
    std::string path_;  // "rotate" within the file; empty: the root
    Context context_;
    std::vector<std::string> known_;
    bool failed_ = false;
};

}  // namespace avocet::core
