// SPDX-License-Identifier: Apache-2.0
#include "cli/listing.hpp"

#include <fnmatch.h>
#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "avocet/error.hpp"
#include "session/spec.hpp"

namespace avocet::core {

namespace {

using Filter = std::function<bool(std::string_view name)>;

// Patterns between commas; quotes protect commas.
std::vector<std::string> split_patterns(const std::string& text) {
    std::vector<std::string> out(1);
    bool quoted = false;
    for (char c : text) {
        if (c == '"') quoted = !quoted;
        if (c == ',' && !quoted)
            out.emplace_back();
        else
            out.back() += c;
    }
    for (auto& p : out) {
        while (!p.empty() && p.front() == ' ') p.erase(0, 1);
        while (!p.empty() && p.back() == ' ') p.pop_back();
    }
    std::erase_if(out, [](const auto& p) { return p.empty(); });
    return out;
}

// What providers understand: `*` only. False: nothing had to be widened.
bool widen(std::string& text) {
    if (text.find_first_of("?[") == std::string::npos) return false;
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        const size_t close = text[i] == '[' ? text.find(']', i + 1) : std::string::npos;
        if (close != std::string::npos) i = close;
        out += text[i] == '?' || close != std::string::npos ? '*' : text[i];
    }
    text = out;
    return true;
}

// "a|b" outside of brackets.
std::vector<std::string> alternatives(const std::string& expression) {
    std::vector<std::string> out(1);
    int depth = 0;
    bool in_class = false;
    for (size_t i = 0; i < expression.size(); ++i) {
        const char c = expression[i];
        if (c == '[' || c == ']') in_class = c == '[';
        if (!in_class) depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (c == '|' && depth == 0 && !in_class) {
            out.emplace_back();
            continue;
        }
        out.back() += c;
        if (c == '\\' && i + 1 < expression.size()) out.back() += expression[++i];
    }
    return out;
}

// Of an expression: what every match begins with, as a pattern of ours. A character that need not be there is not part
// of it; any one character is any number of them here, for the expression has the last word.
std::string beginning_as_pattern(const std::string& expression) {
    std::string out;
    for (size_t i = expression.starts_with('^') ? 1 : 0; i < expression.size(); ++i) {
        char c = expression[i];
        const bool any = c == '.';
        if (c == '\\' && i + 1 < expression.size() && std::ispunct(static_cast<unsigned char>(expression[i + 1])))
            c = expression[++i];
        else if (std::string_view("^$|()[]{}*+?\\").find(c) != std::string_view::npos)
            break;
        const char next = i + 1 < expression.size() ? expression[i + 1] : '\0';
        if (next == '{' || (!any && (next == '*' || next == '?'))) break;
        out += any ? '*' : c;
        if (next == '+' && !any) break;
        if (next == '*' || next == '?' || next == '+') ++i;
    }
    return out;
}

class Lister {
public:
    Lister(HostServices& host, const ListRequest& request, const ProbeFn& emit)
        : host_(host), request_(request), emit_(emit) {}

    bool list_pattern(std::string pattern) {
        const std::string shell = pattern;
        if (widen(pattern)) {
            const bool whole = shell.find(':') != std::string::npos;
            filter_ = [shell, whole](std::string_view name) {
                return matches_shell_pattern(whole ? shell : "*:" + shell, name);
            };
        }
        const size_t colon = pattern.find(':');
        const std::string head = pattern.substr(0, colon);
        if (colon == std::string::npos && !host_.registry().find("provider", head)) return everywhere({pattern});
        std::vector<std::string> parts;
        if (colon != std::string::npos) parts = split_spec(std::string_view(pattern).substr(colon + 1));
        return head.find('*') == std::string::npos ? one_kind(pattern) : many_kinds(head, parts);
    }

    // The literal beginning of the expression says where to look.
    bool list_regex(const std::string& text) {
        // RE2 needs no more stack for a long name: C++ has names of 10,000 letters.
        const auto expression = std::make_shared<re2::RE2>(text, regex_options());
        if (!expression->ok()) {
            host_.diagnostics().error("core.list", "regular expression '" + text + "': " + expression->error(),
                                      "RE2 syntax, searched in the full name", 118);
            return false;
        }
        filter_ = [expression](std::string_view name) {
            return re2::RE2::PartialMatch({name.data(), name.size()}, *expression);
        };
        return list_alternatives(alternatives(text));
    }

    bool everywhere(const std::vector<std::string>& parts) {
        bool good = true;
        for (const auto& kind : kinds(false)) good &= list(kind, parts);
        if (request_.pid > 0)
            for (const auto& kind : kinds(true)) good &= list(kind, {"*", parts.back()});
        return good;
    }

    bool one_kind(const std::string& text) {
        auto spec = parse_spec(text, host_.registry(), host_.diagnostics(), {});
        return spec && list(*spec);
    }

private:
    // Each is looked for where it can match: in one kind if it begins with one, in kinds whose name ends so if it is
    // not tied to the beginning, else in all.
    bool list_alternatives(const std::vector<std::string>& expressions) {
        std::set<std::string> specs;
        for (const std::string& text : expressions) {
            std::vector<std::string> parts = split_spec(beginning_as_pattern(text));
            if (parts.size() < 2 || !host_.registry().find("provider", parts[0])) return everywhere({"*"});
            if (!parts.back().ends_with('*')) parts.back() += '*';
            std::string rest;
            for (size_t i = 1; i < parts.size(); ++i) rest += ":" + parts[i];
            specs.insert(parts[0] + rest);
            if (text.starts_with('^')) continue;
            for (bool programs : {false, true})
                for (const auto& kind : kinds(programs))
                    if (kind.ends_with(parts[0])) specs.insert(kind + rest);
        }
        bool good = true;
        for (const auto& spec : specs) good &= one_kind(spec);
        return good;
    }

    bool many_kinds(const std::string& pattern, const std::vector<std::string>& parts) {
        const bool path = !parts.empty() && parts[0].find('/') != std::string::npos;
        bool good = true;
        for (bool programs : {false, true}) {
            if (programs ? !(path || request_.pid > 0) : path) continue;
            for (const auto& kind : kinds(programs))
                if (matches_shell_pattern(pattern, kind)) good &= list(kind, parts, true);
        }
        return good;
    }

    std::vector<std::string> kinds(bool programs) const {
        std::set<std::string> out;
        for (const auto& s : host_.registry().sidecars()) {
            if (s.kind != "provider" || !s.refusal.empty()) continue;
            const auto& list = programs ? s.lists_programs : s.lists;
            out.insert(list.begin(), list.end());
        }
        return {out.begin(), out.end()};
    }

    bool list(const std::string& kind, const std::vector<std::string>& parts, bool quiet = false) {
        Spec spec;
        spec.kind = kind;
        spec.text = kind;
        spec.parts = parts;
        for (const auto& p : parts) spec.text += ":" + p;
        const size_t mark = host_.diagnostics().mark();
        const bool good = list(spec);
        if (!good && quiet) host_.diagnostics().take_back(mark);  // forms that do not fit a kind are dropped
        return good || quiet;
    }

    bool list(Spec& spec) {
        ProviderInstance* provider = host_.provider(spec);
        if (!provider) return false;
        spec.pid = request_.pid;
        spec.flags = request_.arguments ? static_cast<uint32_t>(AVOCET_SPEC_VERBOSE) : 0u;
        std::vector<avocet_str> views;
        avocet_probe_spec abi = abi_spec(spec, views);
        return provider->factory()->list(
                   provider->self(), &abi,
                   [](void* ctx, const avocet_probe_info* info) -> avocet_status {
                       const auto& self = *static_cast<Lister*>(ctx);
                       if (!self.filter_ || self.filter_(avocet::view(info->name))) self.emit_(*info);
                       return AVOCET_OK;
                   },
                   this) == AVOCET_OK;
    }

    HostServices& host_;
    const ListRequest& request_;
    const ProbeFn& emit_;
    Filter filter_;
};

// Tests and benches of a script: "benchmark:NAME:", with what the language calls their kind.
std::string own_name(const avocet_probe_group& group, const std::string& name) {
    const size_t colon = name.find(':');
    return colon == std::string::npos ? name : string(group.probetype) + name.substr(colon) + ":";
}

// Rates and counts are no part of a place: "interval:s:1" is listed as "interval:s:".
std::string without_number(std::string name) {
    const size_t colon = name.rfind(':');
    const bool number = colon != std::string::npos && colon + 1 < name.size() &&
                        std::all_of(name.begin() + static_cast<long>(colon) + 1, name.end(),
                                    [](unsigned char c) { return std::isdigit(c) != 0; });
    return number ? name.substr(0, colon + 1) : name;
}

struct ScriptLister {
    HostServices& host;
    const ProbeFn& emit;
    bool numbered = false;

    void group(const avocet_probe_group& g) {
        for (uint32_t i = 0; i < g.target_count; ++i) {
            std::string name = string(g.targets[i]);
            if (g.context == AVOCET_CONTEXT_RUNTIME && std::count(name.begin(), name.end(), ':') == 1)
                name = own_name(g, name);
            else if (numbered)
                name = without_number(name);
            std::vector<std::string> args;
            std::vector<avocet_str> views;
            for (const auto& a : args) views.push_back(to_abi(a));
            const avocet_probe_info info{sizeof info, static_cast<uint32_t>(views.size()), to_abi(name), views.data()};
            emit(info);
        }
    }
};

}  // namespace

re2::RE2::Options regex_options() {
    re2::RE2::Options options(re2::RE2::Latin1);
    options.set_log_errors(false);
    return options;
}

bool matches_shell_pattern(std::string_view pattern, std::string_view text) {
    return fnmatch(std::string(pattern).c_str(), std::string(text).c_str(), FNM_NOESCAPE) == 0;
}

bool list_probes(HostServices& host, const ListRequest& request, const ProbeFn& emit) {
    if (request.pattern.empty() || request.pattern == "*") return Lister(host, request, emit).everywhere({"*"});
    if (request.regex) return Lister(host, request, emit).list_regex(request.pattern);
    bool good = true;
    for (const auto& pattern : split_patterns(request.pattern))
        good &= Lister(host, request, emit).list_pattern(pattern);
    return good;
}

bool list_script_probes(HostServices& host, const std::string& manifest, const ListRequest& request,
                        const ProbeFn& emit) {
    const auto json = nlohmann::json::parse(manifest, nullptr, false);
    if (!json.is_object()) return false;
    std::vector<std::pair<uint64_t, std::string>> specs;  // clause, spec
    for (const auto& function : json.value("functions", nlohmann::json::array())) {
        if (function.value("context", "") == "runtime" && function.value("label", "").find(':') == std::string::npos)
            continue;
        for (const auto& probe : function.value("probes", nlohmann::json::array()))
            specs.emplace_back(function.value("clause", 0u), probe.value("spec", ""));
    }
    std::stable_sort(specs.begin(), specs.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    bool good = true;
    for (const auto& [clause, text] : specs) {
        auto spec = parse_spec(text, host.registry(), host.diagnostics(), {});
        if (!spec) return false;
        spec->pid = request.pid;
        if (spec->kind == "self") continue;
        // Kinds without a place in the system: what follows the unit or event is a number.
        ScriptLister lister{host, emit, spec->parts.size() <= 2 && spec->text.find('/') == std::string::npos};
        good &= host.describe(
                    *spec, 0,
                    [](void* ctx, const avocet_probe_group* g) -> avocet_status {
                        static_cast<ScriptLister*>(ctx)->group(*g);
                        return AVOCET_OK;
                    },
                    &lister) == AVOCET_OK;
    }
    return good;
}

}  // namespace avocet::core
