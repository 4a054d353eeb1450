// SPDX-License-Identifier: Apache-2.0
//
// One table of keys: what kind of value each takes and where it goes. The config block is read first, then what the
// environment and flags say, so that they win. A setting from the block has a place in messages, the others have none.
#include "passes/read_settings.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "avocet/nearest.hpp"
#include "syntax/literals.hpp"

namespace avocet::dsl {
namespace {

struct Key {
    enum Kind { number, boolean, text, choice, license, symbol_cache, unstable } kind;
    const char* name;
    uint64_t Settings::*number_member = nullptr;
    bool Settings::*boolean_member = nullptr;
    std::string Settings::*text_member = nullptr;
    std::array<const char*, 4> choices{};  // in the order messages name them
};

Key number(const char* name, uint64_t Settings::*member) { return {Key::number, name, member, {}, {}, {}}; }
Key boolean(const char* name, bool Settings::*member) { return {Key::boolean, name, {}, member, {}, {}}; }
Key text(const char* name, std::string Settings::*member, Key::Kind kind = Key::text,
         std::array<const char*, 4> choices = {}) {
    return {kind, name, {}, {}, member, choices};
}
Key unstable(const char* name) { return {Key::unstable, name, {}, {}, {}, {"enable", "warn", "error", nullptr}}; }

const std::array keys{
    number("log_size", &Settings::log_size),
    number("max_bpf_progs", &Settings::max_bpf_progs),
    number("max_cat_bytes", &Settings::max_cat_bytes),
    number("max_map_keys", &Settings::max_map_keys),
    number("max_probes", &Settings::max_probes),
    number("max_strlen", &Settings::max_strlen),
    number("on_stack_limit", &Settings::on_stack_limit),
    number("perf_rb_pages", &Settings::perf_rb_pages),
    boolean("cpp_demangle", &Settings::cpp_demangle),
    boolean("lazy_symbolication", &Settings::lazy_symbolication),
    boolean("print_maps_on_exit", &Settings::print_maps_on_exit),
    boolean("show_debug_info", &Settings::show_debug_info),
    boolean("use_blazesym", &Settings::use_blazesym),
    text("str_trunc_trailer", &Settings::str_trunc_trailer),
    text("license", &Settings::license, Key::license),
    text("cache_user_symbols", &Settings::cache_user_symbols, Key::symbol_cache),
    text("missing_probes", &Settings::missing_probes, Key::choice, {"ignore", "warn", "error", nullptr}),
    text("stack_mode", &Settings::stack_mode, Key::choice, {"bpftrace", "raw", "perf", "build_id"}),
    unstable("unstable_tseries"),
    unstable("unstable_dw_ustack"),
    unstable("unstable_typeinfo"),
    unstable("unstable_import_statement"),
};

constexpr std::array environment_only{"btf", "kernel_build", "kernel_source", "vmlinux"};
constexpr std::array without_effect{"symbol_source",   "max_type_res_iterations", "unstable_addr",
                                    "unstable_import", "unstable_macro",          "unstable_map_decl"};
constexpr std::array<std::pair<const char*, const char*>, 4> renamed{{{"strlen", "max_strlen"},
                                                                      {"no_cpp_demangle", "cpp_demangle"},
                                                                      {"cat_bytes_max", "max_cat_bytes"},
                                                                      {"map_keys_max", "max_map_keys"}}};
constexpr std::array licenses{"GPL",          "GPL v2",       "GPL and additional rights",
                              "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"};

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

std::string canonical(std::string_view key) {
    std::string name = lower(key);
    if (name.starts_with("bpftrace_")) name.erase(0, 9);
    return name;
}

template <class List>
bool contains(const List& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

std::optional<bool> to_boolean(std::string_view value) {
    std::string v = lower(value);
    if (v == "1" || v == "true" || v == "yes" || v == "on") return true;
    if (v == "0" || v == "false" || v == "no" || v == "off") return false;
    return std::nullopt;
}

// "ignore, warn, and error"
std::string listed(const std::array<const char*, 4>& choices) {
    size_t count = static_cast<size_t>(std::find(choices.begin(), choices.end(), nullptr) - choices.begin());
    std::string out;
    for (size_t i = 0; i < count; i++)
        out += fmt::format("{}{}{}", i ? ", " : "", i && i + 1 == count ? "and " : "", choices[i]);
    return out;
}

class Reader {
public:
    explicit Reader(Unit& unit) : unit_(unit), settings_(unit.settings) {}

    void read() {
        settings_.unstable = {{"unstable_tseries", "warn"},
                              {"unstable_dw_ustack", "warn"},
                              {"unstable_typeinfo", "error"},
                              {"unstable_import_statement", "error"}};
        for (const ConfigSetting& s : unit_.script.config) from_block(s);
        for (size_t i = 0; unit_.source && i < unit_.source->setting_count; i++)
            from_outside(view(unit_.source->settings[i]));
    }

private:
    void from_block(const ConfigSetting& s) {
        span_ = s.span;
        std::string name = canonical(s.key);
        for (auto [old_name, new_name] : renamed) {
            if (name != old_name) continue;
            unit_.diagnostics->warning(span_, fmt::format("{} has been renamed, please use {}", old_name, new_name));
            name = new_name;
        }
        if (contains(environment_only, name)) {
            unit_.diagnostics->error(span_, fmt::format("{}: can only be set as an environment variable", name));
        } else if (contains(without_effect, name)) {
            unit_.diagnostics->warning(span_, fmt::format("{} is deprecated and has no effect", name));
        } else if (const Key* key = find(name)) {
            span_ = s.value_span;
            assign(*key, s.value);
            refuse_lines(*key);
        } else {
            unit_.diagnostics->error(span_, fmt::format("{}: not a known configuration option", s.key))
                .with_hint(suggestion(name));
        }
    }

    // Frames are functions and offsets: there is no symboliser that knows inlined calls and source lines.
    void refuse_lines(const Key& key) {
        for (bool Settings::*setting : {&Settings::use_blazesym, &Settings::show_debug_info}) {
            if (key.boolean_member != setting || !(settings_.*setting)) continue;
            settings_.*setting = false;
            unit_.diagnostics
                ->warning(span_, fmt::format("{} has no effect: stacks of this build name functions, "
                                             "not inlined calls and source lines",
                                             key.name))
                .with_hint("addr2line -ie PROGRAM ADDRESS tells the line; stack_mode = raw shows the addresses");
        }
    }

    // "max_strlen=64". What is unknown may be meant for another program that reads the same environment.
    void from_outside(std::string_view setting) {
        span_ = {};
        size_t equals = setting.find('=');
        std::string name = canonical(setting.substr(0, equals));
        std::string_view value = equals == std::string_view::npos ? std::string_view("1") : setting.substr(equals + 1);
        if (const Key* key = find(name)) {
            assign(*key, value);
            return refuse_lines(*key);
        }
        if (contains(environment_only, name) || contains(without_effect, name)) return;
        for (auto [old_name, new_name] : renamed)
            if (name == old_name) return;
        unit_.diagnostics->warning(span_, fmt::format("{}: not a known configuration option", name))
            .with_hint(suggestion(name));
    }

    static const Key* find(std::string_view name) {
        auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == name; });
        return found == keys.end() ? nullptr : &*found;
    }

    static std::string suggestion(std::string_view name) {
        std::vector<std::string_view> names;
        for (const Key& k : keys) names.emplace_back(k.name);
        return nearest_hint(name, names);
    }

    void refuse(std::string text) { unit_.diagnostics->error(span_, std::move(text)); }

    void assign(const Key& key, std::string_view value) {
        settings_.given.insert(key.name);
        switch (key.kind) {
            case Key::number: {
                ConvertedInteger converted = convert_integer(value, true);
                if (!converted.error.empty())
                    return refuse(fmt::format("{}: expecting a number, got {}", key.name, value));
                settings_.*key.number_member = converted.value;
                return;
            }
            case Key::boolean: {
                auto converted = to_boolean(value);
                if (!converted)
                    return refuse(
                        fmt::format("{}: invalid bool value: valid values are true, false, 1 or 0", key.name));
                settings_.*key.boolean_member = *converted;
                return;
            }
            case Key::text: settings_.*key.text_member = value; return;
            case Key::choice: return choose(key, value);
            case Key::license: return license(key, value);
            case Key::symbol_cache: return symbol_cache(key, value);
            case Key::unstable: return unstable_feature(key, value);
        }
    }

    void choose(const Key& key, std::string_view value) {
        for (const char* choice : key.choices)
            if (choice && value == choice) {
                settings_.*key.text_member = value;
                return;
            }
        refuse(fmt::format("{0}: invalid value for {0}: valid values are {1}", key.name, listed(key.choices)));
    }

    void license(const Key& key, std::string_view value) {
        if (contains(licenses, value))
            settings_.*key.text_member = value;
        else
            refuse(fmt::format("invalid value for license, found: {}, valid values: {}", value,
                               fmt::join(licenses, ", ")));
    }

    void symbol_cache(const Key& key, std::string_view value) {
        std::string mode = lower(value);
        if (mode == "per_pid" || mode == "1")
            settings_.*key.text_member = "PER_PID";
        else if (mode == "per_program")
            settings_.*key.text_member = "PER_PROGRAM";
        else if (mode == "none" || mode == "0")
            settings_.*key.text_member = "NONE";
        else
            refuse(
                fmt::format("{0}: invalid value for {0}: valid values are PER_PID, PER_PROGRAM, and NONE", key.name));
    }

    void unstable_feature(const Key& key, std::string_view value) {
        std::string state = lower(value);
        if (auto on = to_boolean(value)) state = *on ? "enable" : "error";
        if (state == "enable" || state == "warn" || state == "error")
            settings_.unstable[key.name] = state;
        else
            refuse(fmt::format("{}: invalid value for unstable config: valid values are {}", key.name,
                               listed(key.choices)));
    }

    Unit& unit_;
    Settings& settings_;
    Span span_;
};

void read_settings(Unit& unit) { Reader(unit).read(); }

}  // namespace

Pass read_settings_pass() { return {"read_settings", false, read_settings, nullptr, nullptr}; }

}  // namespace avocet::dsl
