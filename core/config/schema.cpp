// SPDX-License-Identifier: Apache-2.0
//
// Settings against a schema. Everything wrong is reported, each at its place; defaults go the same way as what the user
// wrote, so a plugin's malformed default is found here too.
#include "config/schema.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "config/codes.hpp"

namespace avocet::core {
namespace {

constexpr std::string_view component = "core.config";

bool is_number(avocet_option_type type) {
    return type == AVOCET_OPTION_INT || type == AVOCET_OPTION_SIZE || type == AVOCET_OPTION_DURATION;
}

std::vector<std::string> choices(const avocet_option& option) {
    std::vector<std::string> out;
    for (auto* choice = option.choices; choice && *choice; ++choice) out.emplace_back(*choice);
    return out;
}

std::optional<int64_t> integer(std::string_view text) {
    int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value)
                                                                                     : std::nullopt;
}

std::optional<bool> boolean(std::string_view text) {
    for (std::string_view yes : {"true", "1", "yes", "on"})
        if (text == yes) return true;
    for (std::string_view no : {"false", "0", "no", "off"})
        if (text == no) return false;
    return std::nullopt;
}

std::string_view wanted(avocet_option_type type) {
    switch (type) {
        case AVOCET_OPTION_BOOL: return "true or false";
        case AVOCET_OPTION_INT: return "an integer";
        case AVOCET_OPTION_SIZE: return "a size";
        case AVOCET_OPTION_DURATION: return "a duration";
        case AVOCET_OPTION_LIST: return "a list of strings";
        default: return "a string";
    }
}

std::string_view example(avocet_option_type type) {
    if (type == AVOCET_OPTION_SIZE) return "write \"100MiB\", \"64k\" or a number of bytes";
    if (type == AVOCET_OPTION_DURATION) return "write \"5s\", \"250ms\" or \"1h\"";
    return {};
}

bool type_fits(avocet_option_type type, int kind) {
    if (kind == from_text) return true;
    switch (type) {
        case AVOCET_OPTION_BOOL: return kind == from_boolean;
        case AVOCET_OPTION_INT: return kind == from_integer;
        case AVOCET_OPTION_SIZE: return kind == from_integer || kind == from_string;
        case AVOCET_OPTION_DURATION: return kind == from_string || kind == from_integer;
        case AVOCET_OPTION_LIST: return kind == from_list || kind == from_string;
        default: return kind == from_string;
    }
}

class Validator {
public:
    Validator(const Subject& subject, const PathValues& paths, Diagnostics& diagnostics)
        : subject_(subject), paths_(paths), diagnostics_(diagnostics) {}

    std::shared_ptr<const OptionValues::Impl> run(const Schema& schema, const std::vector<Setting>& settings) {
        auto out = std::make_shared<OptionValues::Impl>();
        out->instance = subject_.instance;
        unknown(schema, settings);
        for (const auto* option : schema) out->values.push_back(value(*option, settings, *out));
        out->options = {sizeof(avocet_options),
                        static_cast<uint32_t>(out->values.size()),
                        {out->instance.data(), out->instance.size()},
                        out->values.data()};
        return ok_ ? out : nullptr;
    }

private:
    void error(uint32_t code, std::string message, std::string hint, const Place& place) {
        ok_ = false;
        if (!subject_.name.empty()) message = subject_.name + ": " + message;
        diagnostics_.error(component, std::move(message), std::move(hint), code, place);
    }

    std::string_view noun() const { return subject_.name.empty() ? "key" : "option"; }

    void unknown(const Schema& schema, const std::vector<Setting>& settings) {
        std::vector<std::string> names;
        for (const auto* option : schema) names.emplace_back(option->name);
        for (const auto& setting : settings) {
            if (std::find(names.begin(), names.end(), setting.key) != names.end()) continue;
            auto near = closest(setting.key, names);
            std::string hint =
                near.empty() ? names.empty() ? "it has no options" : fmt::format("there are {}", fmt::join(names, ", "))
                             : fmt::format("did you mean '{}'?", near);
            error(code::config_unknown_option, fmt::format("unknown {} '{}'", noun(), setting.key), std::move(hint),
                  setting.place);
        }
    }

    avocet_option_value value(const avocet_option& option, const std::vector<Setting>& settings,
                              OptionValues::Impl& out) {
        avocet_option_value v{};
        v.struct_size = sizeof v;
        auto given =
            std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.key == option.name; });
        if (given != settings.end()) {
            convert(option, *given, v, out);
        } else if (option.value_default) {
            defaulted(option, v, out);
        } else if (option.flags & AVOCET_OPTION_REQUIRED) {
            error(code::config_option_required, fmt::format("{} '{}' is required", noun(), option.name),
                  option.doc ? option.doc : "", subject_.place);
        }
        return v;
    }

    void defaulted(const avocet_option& option, avocet_option_value& v, OptionValues::Impl& out) {
        Setting setting{option.name, option.value_default, {}, {}, from_text};
        Diagnostics own;
        Validator check(subject_, paths_, own);
        check.convert(option, setting, v, out);
        if (check.ok_) return;
        error(code::config_schema_default,
              fmt::format("the default of {} '{}' does not fit its own schema: '{}'", noun(), option.name,
                          option.value_default),
              "report this to the plugin's author", subject_.place);
    }

    void convert(const avocet_option& option, const Setting& setting, avocet_option_value& v, OptionValues::Impl& out) {
        if (!type_fits(option.type, setting.kind)) return wrong_type(option, setting);
        auto& storage = *out.storage.emplace_back(std::make_unique<OptionValues::Impl::Value>());
        storage.text = setting.text;
        v.is_set = 1;
        if (is_number(option.type))
            number(option, setting, v);
        else if (option.type == AVOCET_OPTION_BOOL)
            flag(option, setting, v);
        else if (option.type == AVOCET_OPTION_ENUM)
            choice(option, setting, v);
        else if (option.type == AVOCET_OPTION_PATH)
            path(option, setting, storage.text);
        else if (option.type == AVOCET_OPTION_LIST)
            return list(setting, storage, v);
        v.text = {storage.text.data(), storage.text.size()};
    }

    void wrong_type(const avocet_option& option, const Setting& setting) {
        const bool list = setting.kind == from_list, quoted = setting.kind == from_string;
        const bool bare = option.type == AVOCET_OPTION_BOOL || option.type == AVOCET_OPTION_INT;
        auto hint = example(option.type);
        if (quoted && bare)
            hint = "write it without quotes";
        else if (hint.empty() && !quoted && !list && !bare)
            hint = "strings are written in quotes";
        error(code::config_option_type,
              fmt::format("{} '{}' expects {}, found {}", noun(), option.name, wanted(option.type),
                          list ? "a list" : "'" + setting.text + "'"),
              std::string(hint), setting.place);
    }

    void number(const avocet_option& option, const Setting& setting, avocet_option_value& v) {
        std::optional<int64_t> parsed;
        if (option.type == AVOCET_OPTION_INT)
            parsed = integer(setting.text);
        else if (option.type == AVOCET_OPTION_SIZE)
            parsed = parse_size(setting.text);
        else
            parsed = parse_duration_ns(setting.text);
        if (!parsed) {
            return error(
                code::config_option_type,
                fmt::format("{} '{}' expects {}, found '{}'", noun(), option.name, wanted(option.type), setting.text),
                std::string(example(option.type)), setting.place);
        }
        const bool limited = option.min != 0 || option.max != 0;
        if (limited && (*parsed < option.min || *parsed > option.max))
            return error(code::config_option_range,
                         fmt::format("{} '{}' is out of range: {}", noun(), option.name, setting.text),
                         describe_limits(option), setting.place);
        v.number = *parsed;
    }

    void flag(const avocet_option& option, const Setting& setting, avocet_option_value& v) {
        auto parsed = boolean(setting.text);
        if (parsed)
            v.number = *parsed;
        else
            error(code::config_option_type,
                  fmt::format("{} '{}' expects true or false, found '{}'", noun(), option.name, setting.text), {},
                  setting.place);
    }

    void choice(const avocet_option& option, const Setting& setting, avocet_option_value& v) {
        auto words = choices(option);
        auto found = std::find(words.begin(), words.end(), setting.text);
        v.number = found - words.begin();
        if (found != words.end()) return;
        auto near = closest(setting.text, words);
        error(code::config_option_choice, fmt::format("{} '{}' cannot be '{}'", noun(), option.name, setting.text),
              near.empty() ? describe_limits(option) : fmt::format("did you mean '{}'?", near), setting.place);
    }

    void path(const avocet_option& option, const Setting& setting, std::string& out) {
        if (auto wrong = expand_path(setting.text, paths_, out))
            error(code::config_placeholder, fmt::format("{} '{}': {}", noun(), option.name, wrong->message),
                  wrong->hint, setting.place);
    }

    static void list(const Setting& setting, OptionValues::Impl::Value& storage, avocet_option_value& v) {
        if (setting.kind == from_string)
            storage.items = {setting.text};
        else if (!setting.items.empty() || setting.kind == from_list)
            storage.items = setting.items;
        else
            storage.items = split_list(setting.text, ',');
        for (const auto& item : storage.items) storage.item_views.push_back({item.data(), item.size()});
        v.items = storage.item_views.data();
        v.item_count = storage.item_views.size();
    }

    const Subject& subject_;
    const PathValues& paths_;
    Diagnostics& diagnostics_;
    bool ok_ = true;
};

std::string amount(int64_t value, avocet_option_type type) {
    auto in = [&](std::initializer_list<std::pair<int64_t, std::string_view>> units) {
        for (const auto& [factor, name] : units)
            if (value != 0 && value % factor == 0) return fmt::format("{}{}", value / factor, name);
        return std::to_string(value);
    };
    if (type == AVOCET_OPTION_SIZE)
        return in({{int64_t{1} << 40, "TiB"}, {int64_t{1} << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}});
    if (type == AVOCET_OPTION_DURATION)
        return in({{3'600'000'000'000, "h"},
                   {60'000'000'000, "min"},
                   {1'000'000'000, "s"},
                   {1'000'000, "ms"},
                   {1'000, "us"},
                   {1, "ns"}});
    return std::to_string(value);
}

}  // namespace

std::vector<std::string> split_list(std::string_view text, char separator) {
    std::vector<std::string> out;
    while (!text.empty()) {
        auto end = text.find(separator);
        if (end != 0) out.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out;
}

Schema schema_of(const avocet_factory& factory) {
    Schema schema;
    auto* at = reinterpret_cast<const char*>(factory.options);
    for (uint32_t i = 0; i < factory.option_count; ++i) {
        schema.push_back(reinterpret_cast<const avocet_option*>(at));
        at += schema.back()->struct_size;
    }
    return schema;
}

std::string describe_limits(const avocet_option& option) {
    if (option.type == AVOCET_OPTION_ENUM) return fmt::format("one of {}", fmt::join(choices(option), ", "));
    if (!is_number(option.type) || (option.min == 0 && option.max == 0)) return {};
    if (option.min == 0 && option.max == std::numeric_limits<int64_t>::max()) return {};
    if (option.max == std::numeric_limits<int64_t>::max())
        return fmt::format("at least {}", amount(option.min, option.type));
    return fmt::format("{} to {}", amount(option.min, option.type), amount(option.max, option.type));
}

std::shared_ptr<const OptionValues::Impl> validate(const Schema& schema, const std::vector<Setting>& settings,
                                                   const Subject& subject, const PathValues& paths,
                                                   Diagnostics& diagnostics) {
    return Validator(subject, paths, diagnostics).run(schema, settings);
}

const avocet_options& OptionValues::abi() const { return impl->options; }

std::optional<OptionValues> validate_options(const avocet_factory& factory, const SinkConfig& settings,
                                             Diagnostics& diagnostics) {
    return validate_options(factory, settings, PathValues::now(), diagnostics);
}

std::optional<OptionValues> validate_options(const avocet_factory& factory, const SinkConfig& settings,
                                             const PathValues& paths, Diagnostics& diagnostics) {
    const bool sink = factory.factory_id && std::string_view(factory.factory_id) == AVOCET_SINK_1;
    Subject subject{fmt::format("{} '{}'", sink ? "sink" : "plugin", settings.name), settings.name, settings.place};
    auto values = validate(schema_of(factory), settings.settings, subject, paths, diagnostics);
    if (!values) return std::nullopt;
    OptionValues out;
    out.impl = std::move(values);
    return out;
}

}  // namespace avocet::core
