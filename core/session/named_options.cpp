// SPDX-License-Identifier: Apache-2.0
#include "session/named_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "avocet/number.hpp"
#include "avocet/option_value.hpp"

namespace avocet::core {

namespace {

struct Given {
    std::string name, value;
    bool has_value = false;
};

Given split(const std::string& text) {
    std::string body = text.substr(2);
    const size_t equals = body.find('=');
    if (equals == std::string::npos) return {body, "true", false};
    return {body.substr(0, equals), body.substr(equals + 1), true};
}

std::optional<bool> to_bool(const std::string& text) {
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    return std::nullopt;
}

std::string bytes_of(uint64_t value, size_t size) {
    std::string out(reinterpret_cast<const char*>(&value), sizeof value);  // little-endian, as BPF is here
    out.resize(size);
    return out;
}

bool fits(uint64_t magnitude, bool negative, bool is_signed, size_t size) {
    if (size >= sizeof magnitude) return true;
    const uint64_t half = uint64_t{1} << (8 * size - 1);
    return is_signed ? magnitude < half || (negative && magnitude == half) : magnitude < 2 * half;
}

class Reader {
public:
    Reader(Program& program, Diagnostics& diagnostics, std::vector<std::pair<std::string, std::string>>& out,
           bool shown_only)
        : program_(program), diagnostics_(diagnostics), out_(out), shown_only_(shown_only) {}

    bool read(const Given& given, const ManifestOption& option) {
        if (shown_only_ && !option.map.empty()) return true;
        if (!option.map.empty()) return cgroup(given, option);
        if (option.constant.empty() && !given.has_value && option.type != "bool")
            return refuse(given, "expects a value");
        if (const std::string why = program_.apply_option(option, given.value); !why.empty()) return refuse(given, why);
        if (option.constant.empty() || shown_only_) return true;
        std::string what;
        const auto number = option_number(option.form, given.value, what);
        if (!number) return refuse(given, "expects " + what);
        return constant({given.name, *number, given.has_value}, option);
    }

private:
    // What a map is to hold, and that it does.
    bool cgroup(const Given& given, const ManifestOption& option) {
        if (!given.has_value || !option_cgroup(given.value))
            return refuse(given, "expects a control group, for example /user.slice");
        program_.hold_cgroup(option, given.value);
        return option.constant.empty() || constant({given.name, "true", false}, option);
    }

    bool constant(const Given& given, const ManifestOption& option) {
        const size_t size = program_.constant_size(option.constant);
        if (size == 0) return true;  // declared, and never used
        if (option.type == "bool") return boolean(given, option, size);
        if (option.type == "string") return text(given, option, size);
        if (option.type == "list") return list(given, option, size);
        return integer(given, option, size);
    }

    bool refuse(const Given& given, const std::string& what) {
        diagnostics_.error(
            "core.session",
            fmt::format("program command line option --{} {} (value: {})", given.name, what, given.value), {}, 240);
        return false;
    }

    bool boolean(const Given& given, const ManifestOption& option, size_t size) {
        const auto value = to_bool(given.value);
        if (!value) return refuse(given, "expects a boolean (e.g. 'true')");
        out_.emplace_back(option.constant, bytes_of(*value, size));
        return true;
    }

    bool integer(const Given& given, const ManifestOption& option, size_t size) {
        if (!given.has_value) return refuse(given, "expects an integer");
        const bool negative = given.value.starts_with('-');
        const auto number = parse_number(std::string_view(given.value).substr(negative ? 1 : 0));
        if (!number || (negative && option.type == "uint")) return refuse(given, "invalid integer");
        if (!fits(number->value, negative, option.type == "int", size))
            return refuse(given, fmt::format("does not fit into {} bits", 8 * size));
        out_.emplace_back(option.constant, bytes_of(negative ? uint64_t{0} - number->value : number->value, size));
        return true;
    }

    bool text(const Given& given, const ManifestOption& option, size_t size) {
        if (!given.has_value) return refuse(given, "expects a string");
        // A program from C compares whole arrays; the language's strings are cut where they end.
        if (program_.manifest().frontend == "object" && given.value.size() >= size)
            return refuse(given, fmt::format("is longer than the {} bytes that the program keeps", size - 1));
        std::string bytes = given.value.substr(0, size - 1);
        bytes.resize(size);
        out_.emplace_back(option.constant, std::move(bytes));
        return true;
    }

    // "1,2,3" fills an array from its start; the variable that counts them is set too.
    bool list(const Given& given, const ManifestOption& option, size_t size) {
        if (!given.has_value) return refuse(given, "expects numbers with commas between");
        const size_t each = option.element_size, most = each ? size / each : 0;
        std::string bytes;
        uint64_t count = 0;
        for (std::string_view rest = given.value; !rest.empty() || !count; ++count) {
            const std::string_view one = rest.substr(0, rest.find(','));
            rest.remove_prefix(std::min(rest.size(), one.size() + 1));
            const bool negative = one.starts_with('-');
            const auto number = parse_number(one.substr(negative ? 1 : 0));
            if (!number) return refuse(given, "expects numbers with commas between");
            if (!fits(number->value, negative, negative, each))
                return refuse(given, fmt::format("does not fit into {} bits", 8 * each));
            if (count >= most)
                return refuse(given, fmt::format("has more than the {} numbers that the program keeps", most));
            bytes += bytes_of(negative ? uint64_t{0} - number->value : number->value, each);
        }
        bytes.resize(size);
        out_.emplace_back(option.constant, std::move(bytes));
        if (const size_t length = program_.constant_size(option.length_constant); length && length <= 8)
            out_.emplace_back(option.length_constant, bytes_of(count, length));
        return true;
    }

    Program& program_;
    Diagnostics& diagnostics_;
    std::vector<std::pair<std::string, std::string>>& out_;
    bool shown_only_;
};

// "--x", and "--no-x" for what is true or false.
bool names(const ManifestOption& option, const Given& given) {
    return option.name == given.name ||
           (option.type == "bool" && !given.has_value && given.name == "no-" + option.name);
}

std::string spelled(const ManifestOption& o) {
    const std::string out = (o.short_name.empty() ? "--" : "-" + o.short_name + ", --") + o.name +
                            (o.metavar.empty() ? "" : "=" + o.metavar);
    return o.positional ? out + " or alone" : out;
}

std::string expected(const std::vector<ManifestOption>& options) {
    if (options.empty()) return "no custom program options defined.";
    std::string out = "expected program options: ";
    for (const auto& o : options) out += (&o == &options.front() ? "--" : ": --") + o.name;
    return out;
}

// What the program is, if it says so, and a line for each option.
std::string describe(const Manifest& manifest) {
    std::string out;
    if (!manifest.summary.empty() || !manifest.version.empty())
        out = manifest.tool + (manifest.version.empty() ? "" : " " + manifest.version) +
              (manifest.summary.empty() ? "" : ": " + manifest.summary);
    if (!manifest.description.empty()) out += (out.empty() ? "" : "\n") + manifest.description;
    for (const auto& o : manifest.build_options)
        out += "\n" + spelled(o) + ": " + (o.doc.empty() ? "set when the tool is compiled" : o.doc);
    for (const auto& o : manifest.options) out += "\n" + spelled(o) + ": " + o.doc;
    if (manifest.options.empty() && manifest.build_options.empty())
        out += (out.empty() ? "" : "\n") + expected(manifest.options);
    for (const std::string& example : manifest.examples) out += "\nfor example: " + example;
    return out;
}

}  // namespace

void take_short_options(std::vector<std::string>& parameters, const Manifest& manifest,
                        std::vector<std::string>& named) {
    const auto find = [&](std::string_view letter) -> const ManifestOption* {
        for (const auto* list : {&manifest.options, &manifest.build_options})
            for (const ManifestOption& o : *list)
                if (!o.short_name.empty() && o.short_name == letter) return &o;
        return nullptr;
    };
    std::vector<std::string> rest;
    for (size_t i = 0; i < parameters.size(); ++i) {
        const std::string& text = parameters[i];
        const ManifestOption* option =
            text.size() > 1 && text[0] == '-' && text[1] != '-' ? find(text.substr(1, 1)) : nullptr;
        if (!option) {
            rest.push_back(text);
            continue;
        }
        std::string value = text.substr(2);
        if (value.starts_with('=')) value.erase(0, 1);
        const bool alone = text.size() == 2, is_switch = option->type == "bool" && option->map.empty();
        if (alone && !is_switch && i + 1 < parameters.size()) value = parameters[++i];
        named.push_back("--" + option->name + (alone && is_switch ? "" : "=" + value));
    }
    for (const auto* list : {&manifest.options, &manifest.build_options})
        for (const ManifestOption& o : *list) {
            if (!o.positional || rest.empty()) continue;
            named.push_back("--" + o.name + "=" + rest.front());
            rest.erase(rest.begin());
        }
    parameters = std::move(rest);
}

bool take_build_options(std::vector<std::string>& named, const Manifest& manifest, std::vector<std::string>& settings) {
    const size_t before = named.size();
    std::erase_if(named, [&](const std::string& text) {
        const Given one = split(text);
        const bool ours = std::any_of(manifest.build_options.begin(), manifest.build_options.end(),
                                      [&](const ManifestOption& o) { return o.name == one.name; });
        if (ours) settings.push_back(one.name + "=" + (one.has_value ? one.value : "1"));
        return ours;
    });
    return named.size() != before;
}

void replace_options(std::vector<std::string>& named, const std::vector<std::string>& anew) {
    std::erase_if(named, [&](const std::string& old) {
        return std::any_of(anew.begin(), anew.end(),
                           [&](const auto& text) { return split(text).name == split(old).name; });
    });
    named.insert(named.end(), anew.begin(), anew.end());
}

NamedOptions read_named_options(const std::vector<std::string>& given, Program& program, Diagnostics& diagnostics,
                                std::vector<std::pair<std::string, std::string>>& out, std::string& help_text,
                                bool shown_only) {
    const std::vector<ManifestOption> options = program.manifest().options;  // a copy: options change the manifest
    Reader reader(program, diagnostics, out, shown_only);
    std::string unknown;
    bool good = true;
    for (const std::string& text : given) {
        Given one = split(text);
        auto option = std::find_if(options.begin(), options.end(), [&](const auto& o) { return names(o, one); });
        if (option != options.end() && option->name != one.name) one.value = "false";  // --no-x
        if (option != options.end()) {
            good &= reader.read(one, *option);
        } else if (one.name == "help") {
            help_text = describe(program.manifest());
            return NamedOptions::help;
        } else {
            unknown += (unknown.empty() ? "--" : ", --") + one.name;
        }
    }
    for (const ManifestOption& o : options) {
        if (!o.preset) continue;
        const bool was_given =
            std::any_of(given.begin(), given.end(), [&](const std::string& text) { return names(o, split(text)); });
        if (!was_given) good &= reader.read({o.name, *o.preset, true}, o);
    }
    if (!unknown.empty())
        diagnostics.error("core.session", "unexpected program command line options: " + unknown, expected(options),
                          241);
    return good && unknown.empty() ? NamedOptions::good : NamedOptions::bad;
}

}  // namespace avocet::core
