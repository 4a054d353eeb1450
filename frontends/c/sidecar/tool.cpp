// SPDX-License-Identifier: Apache-2.0
#include "sidecar/tool.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "advice/codes.hpp"
#include "avocet/option_value.hpp"
#include "sidecar/placeholders.hpp"

namespace avocet::c {

namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Every `token` that stands alone, or anywhere if it is no word itself.
void replace_token(std::string& text, const std::string& token, const std::string& by) {
    if (token.empty()) return;
    const bool word = std::all_of(token.begin(), token.end(), is_word);
    std::string out;
    size_t done = 0;
    for (size_t at = text.find(token); at != std::string::npos; at = text.find(token, at + token.size())) {
        const size_t end = at + token.size();
        if (word && ((at && is_word(text[at - 1])) || (end < text.size() && is_word(text[end])))) continue;
        out.append(text, done, at - done).append(by);
        done = end;
    }
    text = out.append(text, done, std::string::npos);
}

// What may become part of a C text: numbers, names, paths.
bool is_harmless(const std::string& value) {
    return std::all_of(value.begin(), value.end(), [](char c) {
        return is_word(c) || std::string_view("-+.:/,").find(c) != std::string_view::npos;
    });
}

std::string c_literal(const std::string& text) {
    static constexpr char digits[] = "01234567";
    std::string out = "\"";
    for (unsigned char c : text) {
        if (c == '"' || c == '\\')
            (out += '\\') += static_cast<char>(c);
        else if (c >= 32 && c < 127)
            out += static_cast<char>(c);
        else
            (((out += '\\') += digits[c >> 6]) += digits[c >> 3 & 7]) += digits[c & 7];
    }
    return out + "\"";
}

bool is_number(const std::string& text) {
    const bool hex = text.starts_with("0x");
    return text.size() > (hex ? 2u : 0u) && std::all_of(text.begin() + (hex ? 2 : 0), text.end(), [&](unsigned char c) {
               return hex ? std::isxdigit(c) : std::isdigit(c);
           });
}

bool is_list(const std::string& value) {
    for (std::string_view rest = value; !rest.empty();) {
        const std::string one(rest.substr(0, rest.find(',')));
        rest.remove_prefix(std::min(rest.size(), one.size() + 1));
        if (!is_number(one.starts_with('-') ? one.substr(1) : one)) return false;
    }
    return !value.ends_with(',');
}

// The value as it is put into the text.
std::string checked_value(const SidecarOption& option, const std::string& value) {
    const auto refuse = [&](const std::string& what) {
        throw Error(AVOCET_ERR_INVALID, "option '" + option.name + "': '" + value + "' is not " + what);
    };
    if (value.empty()) return value;
    if ((option.type == "uint" || option.type == "pid") && !is_number(value)) refuse("a number");
    if (option.type == "int" && !is_number(value.starts_with('-') ? value.substr(1) : value)) refuse("a number");
    if (option.type == "bool" && value != "true" && value != "false" && value != "1" && value != "0")
        refuse("true or false");
    if (option.type == "list" && !is_list(value)) refuse("a list of numbers, for example 1,2,3");
    std::string what;
    const auto number = avocet::option_number(option.type, value, what);
    if (!number) refuse(what);
    if (option.type != "choice" ||
        std::find(option.choices.begin(), option.choices.end(), value) != option.choices.end())
        return *number;
    std::string all;
    for (const std::string& one : option.choices) all += (all.empty() ? "" : ", ") + one;
    refuse("one of " + all);
    return {};
}

// A way to attach that the compiler found, after those that were said.
FunctionProbes found_way(const BccFunction& function, std::vector<FunctionProbes>& said) {
    FunctionProbes out;
    const auto of_source = [&](const FunctionProbes& f) { return f.function == function.source_name; };
    const auto first = std::find_if(said.begin(), said.end(), of_source);
    if (first != said.end()) out = *first;
    if (first != said.end() && function.rank == 0) said.erase(first);
    out.function = function.name;
    out.group = "attach:" + function.source_name;
    out.rank = function.rank;
    out.specs = function.specs;
    return out;
}

std::string license_in(const std::string& text) {
    const std::string mark = "#define BPF_LICENSE ";
    const size_t at = text.find(mark);
    if (at == std::string::npos) return "GPL";
    std::string out = text.substr(at + mark.size(), text.find('\n', at) - at - mark.size());
    std::erase_if(out, [](char c) { return c == '"' || c == '\\' || c == '\r'; });
    return out;
}

}  // namespace

std::string section_of_spec(const std::string& spec) {
    const size_t colon = spec.find(':');
    const std::string kind = spec.substr(0, colon);
    std::string rest = colon == std::string::npos ? "" : "/" + spec.substr(colon + 1);
    if (kind == "tracepoint" || kind == "t") std::replace(rest.begin(), rest.end(), ':', '/');
    if (kind == "t") return "tracepoint" + rest;
    if (kind == "rawtracepoint" || kind == "rt") return "raw_tp" + rest;
    if (kind == "k") return "kprobe" + rest;
    if (kind == "kr") return "kretprobe" + rest;
    if (kind == "u") return "uprobe" + rest;
    if (kind == "ur") return "uretprobe" + rest;
    if (kind == "profile" || kind == "software" || kind == "hardware") return "perf_event" + rest;
    return kind + rest;
}

Tool::Tool(const avocet_source& source, const Host& host)
    : host_(host), source_name_(string(source.name)), source_text_(string(source.text)) {
    portable_ = source.flags & AVOCET_COMPILE_PORTABLE;
    read_settings(source);
    source_name_.ends_with(".toml") ? find_source() : find_sidecar();
    add_settings_to_attachments();
}

void Tool::read_settings(const avocet_source& source) {
    for (size_t i = 0; i < source.setting_count; ++i) {
        const std::string text = string(source.settings[i]);
        if (const size_t equals = text.find('='); equals != std::string::npos)
            settings_.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
}

// The command line wins over the sidecar.
void Tool::add_settings_to_attachments() {
    constexpr std::string_view prefix = "attach.";
    std::vector<std::string> replaced;
    for (const auto& [key, value] : settings_) {
        if (!key.starts_with(prefix)) continue;
        const std::string function = key.substr(prefix.size());
        if (std::find(replaced.begin(), replaced.end(), function) == replaced.end()) {
            std::erase_if(sidecar_.attachments, [&](const Attachment& a) { return a.function == function; });
            replaced.push_back(function);
            Attachment one;
            one.function = function;
            one.all = true;
            sidecar_.attachments.push_back(std::move(one));
        }
        for (Attachment& a : sidecar_.attachments)
            if (a.function == function) a.probes.push_back({value, {}});
    }
}

std::string Tool::cpu(const std::string& preset) const {
    std::string out = sidecar_.cpu.empty() ? preset : sidecar_.cpu;
    for (const auto& [key, value] : settings_) {
        if (key != "cpu") continue;
        if (value != "v1" && value != "v2" && value != "v3" && value != "v4")
            throw Error(AVOCET_ERR_INVALID, "option 'cpu': '" + value + "' is none of v1, v2, v3, v4");
        out = value;
    }
    return out;
}

std::string Tool::dialect() const {
    for (const auto& [key, value] : settings_)
        if (key == "dialect") {
            if (value != "bcc" && value != "libbpf" && value != "auto")
                throw Error(AVOCET_ERR_INVALID, "option 'dialect': '" + value + "' is none of bcc, libbpf, auto");
            return value == "auto" ? "" : value;
        }
    return sidecar_.dialect == "auto" ? "" : sidecar_.dialect;
}

bool Tool::system_headers() const {
    for (const auto& [key, value] : settings_)
        if (key == "system-headers") return value == "true" || value == "1" || value == "yes";
    return false;
}

// [[map]] max_entries, and --option map.NAME.max_entries=N, which wins.
std::map<std::string, uint32_t> Tool::map_sizes() const {
    constexpr std::string_view prefix = "map.", suffix = ".max_entries";
    std::map<std::string, uint32_t> out;
    for (const SidecarMap& m : sidecar_.maps)
        if (m.max_entries) out[m.name] = m.max_entries;
    for (const auto& [key, value] : settings_) {
        if (!key.starts_with(prefix) || !key.ends_with(suffix) || key.size() <= prefix.size() + suffix.size()) continue;
        uint32_t number = 0;
        const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
        if (read.ec != std::errc() || read.ptr != value.data() + value.size() || !number)
            throw Error(AVOCET_ERR_INVALID, "option '" + key + "': '" + value + "' is not a number from 1");
        out[key.substr(prefix.size(), key.size() - prefix.size() - suffix.size())] = number;
    }
    return out;
}

std::string Tool::value_of(const SidecarOption& option) const {
    std::string out = option.preset.value_or("");
    for (const auto& [key, value] : settings_)
        if (key == option.name) out = value;
    out = checked_value(option, out);
    if (!is_harmless(out))
        throw Error(AVOCET_ERR_INVALID, "option '" + option.name + "': '" + out + "' cannot be put into a C text",
                    "letters, digits and any of _ - + . : / , are allowed");
    return out;
}

std::string Tool::value_of(const std::string& option) const {
    for (const SidecarOption& o : sidecar_.options)
        if (o.name == option) return is_given(o) ? value_of(o) : "";
    return {};
}

bool Tool::is_given(const SidecarOption& option) const {
    const std::string value = value_of(option);
    return !value.empty() && !(option.type == "bool" && (value == "false" || value == "0"));
}

std::string Tool::text(std::string source) const {
    for (const SidecarOption& o : sidecar_.options) {
        if (o.replace.empty() && o.replace_case.empty()) continue;
        const std::string value = value_of(o);
        const bool given = is_given(o);
        for (const auto& [token, by] : given ? o.replace : o.replace_else)
            replace_token(source, token, with_value(by, value));
        if (const auto found = o.replace_case.find(value); given && found != o.replace_case.end())
            for (const auto& [token, by] : found->second) replace_token(source, token, with_value(by, value));
    }
    for (size_t i = 0; i < sidecar_.choices.size(); ++i) {
        const Choice& c = sidecar_.choices[i];
        replace_token(source, c.token, with_value(choices_.at(i) ? c.then : c.otherwise, ""));
    }
    return source;
}

std::vector<std::string> Tool::defines() const {
    std::vector<std::string> out = sidecar_.defines;
    for (const SidecarOption& o : sidecar_.options) {
        if (!o.define.empty() && is_given(o)) out.push_back(o.define + "=" + value_of(o));
    }
    return out;
}

BccJob Tool::bcc_job(const std::string& text) const {
    BccJob job;
    job.license = sidecar_.license.empty() ? license_in(text) : sidecar_.license;
    for (const Attachment& a : sidecar_.attachments) {
        std::vector<BccAlternative>& out = job.sections[a.function];
        for (const Alternative& one : a.probes) {
            if (a.all && !out.empty()) {  // all of one kind
                out.front().specs.push_back(one.spec);
                continue;
            }
            out.push_back({section_of_spec(one.spec), one.args, one.spec, {one.spec}});
            out.back().only = !one.lower.empty() && one.lower != "syscall";
        }
    }
    return job;
}

// With patterns of functions written out, where the functions are known.
std::vector<Attachment> Tool::attachments_of(const std::vector<BccFunction>& functions, bool bcc) const {
    std::vector<Attachment> out;
    for (const Attachment& a : sidecar_.attachments) {
        if (!bcc || a.function.find_first_of("*?") == std::string::npos) {
            out.push_back(a);
            continue;
        }
        const bool many = !a.all && a.probes.size() > 1;
        for (const BccFunction& f : functions) {
            const bool first =
                !many || f.name.find("__") == std::string::npos || f.section == section_of_spec(a.probes.front().spec);
            if (!first || f.rank || !matches_pattern(a.function, f.name)) continue;
            out.push_back(a);
            out.back().function = f.name;
        }
    }
    return out;
}

std::string Tool::manifest_text(const std::vector<BccFunction>& functions, bool bcc, const std::string& preset) const {
    std::vector<FunctionProbes> out;
    for (const Attachment& a : attachments_of(functions, bcc)) {
        FunctionProbes f;
        f.place = a.place;
        f.required = a.required;
        f.function = a.function;
        f.both = a.both;
        f.cookie = a.cookie;
        f.needs = a.needs;
        f.when = a.when;
        f.pid = static_cast<uint32_t>(std::strtoul(a.pid.c_str(), nullptr, 10));
        if (!bcc || a.all) {
            f.first = !a.all && a.probes.size() > 1;
            for (const Alternative& one : a.probes) f.specs.push_back(one.spec);
            out.push_back(std::move(f));
            continue;
        }
        for (size_t i = 0; i < a.probes.size(); ++i) {
            FunctionProbes one = f;
            one.function = alternative_name(a.function, i);
            one.specs = {a.probes[i].spec};
            if (a.probes.size() > 1) one.group = "attach:" + a.function, one.rank = static_cast<uint32_t>(i);
            out.push_back(std::move(one));
        }
    }
    if (bcc) {
        std::erase_if(out, [&](const FunctionProbes& f) {
            return std::none_of(functions.begin(), functions.end(),
                                [&](const auto& known) { return known.name == f.function; });
        });
        for (const BccFunction& f : functions)
            if (!f.specs.empty()) out.push_back(found_way(f, out));
    }
    for (const std::string& name : off_) {
        FunctionProbes f;
        f.off = true;
        f.function = name;
        if (!bcc) out.push_back(f);
        for (const BccFunction& known : functions)
            if (is_off(known.source_name.empty() ? known.name : known.source_name) && !known.section.empty())
                f.function = known.name, out.push_back(f);
    }
    // Neither is right for all programs: the verifier of some kernels loses track of 32-bit registers (v3), of others
    // of what v1 does instead.
    const bool chosen = !sidecar_.cpu.empty() ||
                        std::any_of(settings_.begin(), settings_.end(), [](const auto& s) { return s.first == "cpu"; });
    const std::string json = tool_manifest(sidecar_, out, chosen || preset != "v3" ? "" : "cpu=v1");
    if (json.empty()) return {};
    return "\n#line 1 \"avocet\"\nconst char avocet_tool_manifest[] __attribute__((section(\".avocet.tool\"), used)) "
           "= " +
           c_literal(json) + ";\n";
}

}  // namespace avocet::c
