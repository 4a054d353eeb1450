// SPDX-License-Identifier: Apache-2.0
#include "session/spec.hpp"

#include <algorithm>
#include <cctype>

#include "avocet/error.hpp"

namespace avocet::core {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
    return out;
}

// `label=` in front of the provider: a word, then `=`, before any `:` or quote.
size_t label_length(std::string_view text) {
    size_t i = 0;
    while (i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) || text[i] == '_')) ++i;
    return i > 0 && i < text.size() && text[i] == '=' ? i : 0;
}

}  // namespace

std::vector<std::string> split_spec(std::string_view text) {
    std::vector<std::string> parts(1);
    bool quoted = false;
    for (size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (quoted && c == '\\' && i + 1 < text.size()) {
            parts.back() += text[++i];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ':' && !quoted) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

std::optional<Spec> parse_spec(std::string_view text, const Registry& registry, Diagnostics& diagnostics, Place place) {
    Spec spec;
    spec.place = std::move(place);
    if (size_t n = label_length(text)) {
        spec.label = std::string(text.substr(0, n));
        text.remove_prefix(n + 1);
    }
    size_t colon = text.find(':');
    std::string_view kind = text.substr(0, colon);
    std::string_view rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
    spec.kind = registry.expand_alias("provider", kind);
    if (!registry.find("provider", spec.kind)) spec.kind = registry.expand_alias("provider", lower(kind));
    if (!registry.find("provider", spec.kind)) {
        std::string near = closest(lower(kind), registry.provided("provider"));
        diagnostics.error("probe",
                          "probe '" + std::string(text) + "': no provider for the kind '" + std::string(kind) + "'",
                          near.empty() ? "`avocet plugins` lists the kinds of probes" : "did you mean '" + near + "'?",
                          201, spec.place);
        return std::nullopt;
    }
    spec.text = spec.kind + std::string(rest);
    if (!rest.empty()) spec.parts = split_spec(rest.substr(1));
    return spec;
}

avocet_probe_spec abi_spec(const Spec& spec, std::vector<avocet_str>& views) {
    views.clear();
    for (const auto& part : spec.parts) views.push_back(to_abi(part));
    avocet_probe_spec out{};
    out.struct_size = sizeof out;
    out.part_count = static_cast<uint32_t>(views.size());
    out.kind = to_abi(spec.kind);
    out.text = to_abi(spec.text);
    out.parts = views.data();
    out.span = {to_abi(spec.place.file), spec.place.line, spec.place.column, spec.place.end_line,
                spec.place.end_column};
    out.pid = spec.pid;
    out.flags = spec.flags;
    return out;
}

}  // namespace avocet::core
