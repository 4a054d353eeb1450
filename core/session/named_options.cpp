// SPDX-License-Identifier: Apache-2.0
#include "session/named_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "avocet/number.hpp"

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
    Reader(const Program& program, Diagnostics& diagnostics, std::vector<std::pair<std::string, std::string>>& out)
        : program_(program), diagnostics_(diagnostics), out_(out) {}

    bool read(const Given& given, const ManifestOption& option) {
        const size_t size = program_.constant_size(option.constant);
        if (size == 0) return true;  // declared, and never used
        if (option.type == "bool") return boolean(given, option, size);
        if (option.type == "string") return text(given, option, size);
        return integer(given, option, size);
    }

private:
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

    const Program& program_;
    Diagnostics& diagnostics_;
    std::vector<std::pair<std::string, std::string>>& out_;
};

std::string expected(const std::vector<ManifestOption>& options) {
    if (options.empty()) return "no custom program options defined.";
    std::string out = "expected program options: ";
    for (const auto& o : options) out += (&o == &options.front() ? "--" : ": --") + o.name;
    return out;
}

std::string describe(const std::vector<ManifestOption>& options) {
    if (options.empty()) return expected(options);
    std::string out;
    for (const auto& o : options) out += "\n--" + o.name + ": " + o.doc;
    return out;
}

}  // namespace

NamedOptions read_named_options(const std::vector<std::string>& given, const Program& program, Diagnostics& diagnostics,
                                std::vector<std::pair<std::string, std::string>>& out, std::string& help_text) {
    const auto& options = program.manifest().options;
    Reader reader(program, diagnostics, out);
    std::string unknown;
    bool good = true;
    for (const std::string& text : given) {
        const Given one = split(text);
        auto option = std::find_if(options.begin(), options.end(), [&](const auto& o) { return o.name == one.name; });
        if (option != options.end()) {
            good &= reader.read(one, *option);
        } else if (one.name == "help") {
            help_text = describe(options);
            return NamedOptions::help;
        } else {
            unknown += (unknown.empty() ? "--" : ", --") + one.name;
        }
    }
    if (!unknown.empty())
        diagnostics.error("core.session", "unexpected program command line options: " + unknown, expected(options),
                          241);
    return good && unknown.empty() ? NamedOptions::good : NamedOptions::bad;
}

}  // namespace avocet::core
