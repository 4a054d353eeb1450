// SPDX-License-Identifier: Apache-2.0
//
// One [[route]] or --route from its settings. Most keys are options with a schema, as a plugin's are; `label`, `rename`
// and `redact` are tables whose keys are the user's own (names of labels and fields), and are read beside it.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <re2/re2.h>

#include "avocet/options.hpp"
#include "config/codes.hpp"
#include "config/core_settings.hpp"
#include "route/expression.hpp"
#include "route/labels.hpp"

namespace avocet::core {
namespace {

constexpr std::string_view component = "core.config";

constexpr const char* policies[] = {"block", "drop-oldest", "drop-newest", nullptr};

constexpr std::array<avocet_option, 20> route_options{
    option(AVOCET_OPTION_STRING, "name", nullptr, "a later layer's route of the same name replaces this one"),
    option(AVOCET_OPTION_LIST, "match.kind", nullptr, "event, map, loss, lifecycle, error; without it, all"),
    option(AVOCET_OPTION_LIST, "match.tool", nullptr, "tools, patterns with *"),
    option(AVOCET_OPTION_LIST, "match.probe", nullptr, "probes, patterns with *"),
    option(AVOCET_OPTION_LIST, "match.map", nullptr, "maps, patterns with *"),
    option(AVOCET_OPTION_LIST, "match.severity", nullptr, "info, warning, error; without it, all"),
    option(AVOCET_OPTION_STRING, "match.where", nullptr,
           "condition over fields, as in comm ~ \"nginx*\" && latency > 10ms"),
    option(AVOCET_OPTION_INT, "sample.one_in", "1", "of the events, let the first pass and then every Nth", nullptr, 1,
           int64_t{1} << 31),
    option(AVOCET_OPTION_INT, "sample.per_second", "0", "let at most so many events pass a second; 0: no limit",
           nullptr, 0, int64_t{1} << 31),
    option(AVOCET_OPTION_LIST, "drop", nullptr, "fields of events to leave out, patterns with *"),
    option(AVOCET_OPTION_STRING, "hash_key", nullptr, "key of redactions by hash; without it, another one each session",
           nullptr, 0, 0, AVOCET_OPTION_SECRET),
    option(AVOCET_OPTION_LIST, "to", nullptr, "names of sinks", nullptr, 0, 0, AVOCET_OPTION_REQUIRED),
    option(AVOCET_OPTION_INT, "queue.records", "65536", "records that may wait for the sink", "records", 1,
           int64_t{1} << 31),
    option(AVOCET_OPTION_SIZE, "queue.bytes", "256MiB", "memory that may wait for the sink", "bytes", 4096,
           int64_t{1} << 40),
    enum_option("queue.when_full", policies, "block", "block waits; the others drop and count"),
    option(AVOCET_OPTION_INT, "retry.attempts", "0", "times a record is offered again after the sink refused it",
           nullptr, 0, 1'000'000),
    option(AVOCET_OPTION_DURATION, "retry.first", "1ms", "pause before the next try; doubles each time", "ns", 1000,
           3'600'000'000'000),
    option(AVOCET_OPTION_DURATION, "retry.longest", "100ms", "longest pause", "ns", 1000, 3'600'000'000'000),
    option(AVOCET_OPTION_PATH, "dead_letter.path", nullptr,
           "JSON lines of what the sink refused or the queue dropped; without it, that is only counted"),
    option(AVOCET_OPTION_SIZE, "dead_letter.size", "10MiB", "what that file may grow to", "bytes", 4096,
           int64_t{1} << 50),
};

const std::vector<std::string> kinds{"event", "map", "loss", "lifecycle", "error"};
const std::vector<std::string> severities{"info", "warning", "error"};

class RouteReader {
public:
    RouteReader(const SinkConfig& settings, Diagnostics& diagnostics)
        : given_(settings), diagnostics_(diagnostics), subject_(subject_of(settings)) {
        for (const auto& setting : given_.settings) (is_table(setting.key) ? free_ : fixed_).push_back(setting);
    }

    // What can be read of a route with mistakes is looked at all the same: all of them are told at once.
    std::optional<RouteConfig> read() {
        auto valid =
            validate(route_schema(), fixed_, {subject_, given_.name, given_.place}, PathValues::now(), diagnostics_);
        if (!valid) ok_ = false;
        for (const auto& setting : free_) read_free(setting);
        check_match();
        if (!valid) return std::nullopt;
        Options values(route_options, &valid->options);
        route_.name = given_.name;
        read_match(values);
        read_rest(values);
        return ok_ ? std::optional(std::move(route_)) : std::nullopt;
    }

private:
    static std::string subject_of(const SinkConfig& settings) {
        return settings.name.empty() ? std::string("route") : "route '" + settings.name + "'";
    }
    static bool is_table(std::string_view key) {
        return key.starts_with("label.") || key.starts_with("rename.") || key.starts_with("redact.");
    }

    void error(uint32_t code, const std::string& message, std::string hint, const Place& place) {
        ok_ = false;
        diagnostics_.error(component, subject_ + ": " + message, std::move(hint), code, place);
    }

    const Setting* setting(std::string_view key) const {
        auto found = std::find_if(fixed_.begin(), fixed_.end(), [&](const Setting& s) { return s.key == key; });
        return found == fixed_.end() ? nullptr : &*found;
    }
    const Place& place(std::string_view key) const { return setting(key) ? setting(key)->place : given_.place; }

    // Bytes `at` to `at + length` of a setting's text, as the file has them; the whole value where escapes were used.
    static Place inside(const Setting& setting, size_t at, size_t length) {
        Place out = setting.value_place;
        if (!out.line) return setting.place;
        const bool plain = out.line == out.end_line && out.end_column == out.column + setting.text.size() + 2;
        if (!plain) return out;
        out.column += static_cast<uint32_t>(1 + at);
        out.end_column = out.column + static_cast<uint32_t>(length);
        return out;
    }

    void check_words(std::string_view key, std::string_view what, const std::vector<std::string>& known) {
        if (!setting(key)) return;
        for (const auto& word : words_of(*setting(key))) {
            if (std::find(known.begin(), known.end(), word) != known.end()) continue;
            auto near = closest(word, known);
            error(code::config_route, fmt::format("there are no records of {} '{}'", what, word),
                  near.empty() ? fmt::format("one of {}", fmt::join(known, ", "))
                               : fmt::format("did you mean '{}'?", near),
                  place(key));
        }
    }

    void read_match(const Options& values) {
        auto& match = route_.match;
        match.kinds = values.list("match.kind");
        match.tools = values.list("match.tool");
        match.probes = values.list("match.probe");
        match.maps = values.list("match.map");
        match.severities = values.list("match.severity");
        match.where = values.text("match.where");
    }

    void check_match() {
        check_words("match.kind", "kind", kinds);
        check_words("match.severity", "severity", severities);
        ExpressionError wrong;
        const Setting* given = setting("match.where");
        if (!given || (given->kind != from_string && given->kind != from_text)) return;
        const Setting& where = *given;
        if (where.text.empty() || parse_expression(where.text, wrong)) return;
        const Place at = inside(where, wrong.at, wrong.length);
        const bool exact = at.column > where.value_place.column;
        error(code::config_expression,
              fmt::format("condition '{}': {}{}", where.text, wrong.message,
                          exact ? std::string() : fmt::format(" (at character {})", wrong.at + 1)),
              wrong.hint, at);
    }

    void read_rest(const Options& values) {
        route_.sinks = values.list("to");
        route_.queue_records = static_cast<uint64_t>(values.integer("queue.records"));
        route_.queue_bytes = values.size_bytes("queue.bytes");
        const auto policy = values.text("queue.when_full");
        route_.when_full = policy == "block"         ? WhenFull::block
                           : policy == "drop-oldest" ? WhenFull::drop_oldest
                                                     : WhenFull::drop_newest;
        route_.retry = {static_cast<uint32_t>(values.integer("retry.attempts")), values.duration_ns("retry.first"),
                        values.duration_ns("retry.longest")};
        if (route_.retry.longest_ns < route_.retry.first_ns && setting("retry.longest"))
            error(code::config_route, "the longest pause is shorter than the first",
                  "write the same or more in retry.longest", place("retry.longest"));
        route_.sample = {static_cast<uint64_t>(values.integer("sample.one_in")),
                         static_cast<uint64_t>(values.integer("sample.per_second"))};
        route_.transform.drop = values.list("drop");
        route_.transform.hash_key = values.text("hash_key");
        route_.dead_letter_path = values.text("dead_letter.path");
        route_.dead_letter_bytes = values.size_bytes("dead_letter.size");
    }

    void read_free(const Setting& setting) {
        const auto dot = setting.key.find('.');
        const std::string table = setting.key.substr(0, dot), key = setting.key.substr(dot + 1);
        if (setting.kind != from_string && setting.kind != from_text)
            return error(code::config_option_type, fmt::format("'{}' expects a string", setting.key),
                         "strings are written in quotes", setting.place);
        if (table == "rename" && setting.text.empty())
            return error(code::config_route, fmt::format("field '{}' cannot be renamed to nothing", key),
                         "drop = [...] leaves a field out", setting.place);
        if (table == "rename") route_.transform.rename.emplace_back(key, setting.text);
        if (table == "redact") redaction(setting, key);
        if (table != "label") return;
        if (auto why = LabelText::check(setting.text); !why.empty())
            return error(code::config_label, fmt::format("label '{}': {}", key, why),
                         "there are {host}, {tool}, {cgroup}, {pod} and {container}; {{ is a brace", setting.place);
        route_.transform.labels.emplace_back(key, setting.text);
    }

    // "hash", or /pattern/replacement/ with any first character.
    void redaction(const Setting& setting, const std::string& field) {
        Redaction out{field, setting.text == "hash", {}, {}};
        const std::string& text = setting.text;
        if (!out.hash) {
            constexpr auto hint = "write \"hash\" or \"/PATTERN/REPLACEMENT/\"";
            const auto wrong = [&](std::string_view why) {
                error(code::config_redaction, fmt::format("redaction of '{}': {}", field, why), hint, setting.place);
            };
            const auto second = text.size() < 3 ? std::string::npos : text.find(text[0], 1);
            const auto third = second == std::string::npos ? second : text.find(text[0], second + 1);
            if (third != text.size() - 1) return wrong("neither a hash nor a pattern with its replacement");
            out.pattern = text.substr(1, second - 1);
            out.replacement = text.substr(second + 1, third - second - 1);
            re2::RE2 pattern(out.pattern, re2::RE2::Quiet);
            std::string why;
            if (!pattern.ok()) return wrong(fmt::format("the pattern does not parse: {}", pattern.error()));
            if (out.pattern.empty()) return wrong("the pattern is empty");
            if (!pattern.CheckRewriteString(out.replacement, &why))
                return wrong(fmt::format("the replacement does not fit: {}", why));
        }
        route_.transform.redact.push_back(std::move(out));
    }

    const SinkConfig& given_;
    Diagnostics& diagnostics_;
    const std::string subject_;
    std::vector<Setting> fixed_, free_;
    RouteConfig route_;
    bool ok_ = true;
};

}  // namespace

std::vector<std::string> words_of(const Setting& setting) {
    if (setting.kind == from_list) return setting.items;
    if (setting.kind == from_string) return {setting.text};
    return setting.kind == from_text ? split_list(setting.text, ',') : std::vector<std::string>();
}

const Schema& route_schema() {
    static const Schema schema = schema_of(route_options);
    return schema;
}

std::optional<RouteConfig> read_route(const SinkConfig& settings, Diagnostics& diagnostics) {
    return RouteReader(settings, diagnostics).read();
}

}  // namespace avocet::core
