// SPDX-License-Identifier: Apache-2.0
#include "exposition.hpp"

namespace avocet::prometheus {

namespace {

size_t sequence_length(std::string_view s) {
    const auto byte = [&](size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
    const auto tail = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
    const unsigned a = byte(0), b = byte(1);
    if (a < 0x80) return 1;
    if (a >= 0xc2 && a <= 0xdf) return tail(1) ? 2 : 0;
    if (a >= 0xe0 && a <= 0xef)
        return tail(1) && tail(2) && !(a == 0xe0 && b < 0xa0) && !(a == 0xed && b > 0x9f) ? 3 : 0;
    if (a >= 0xf0 && a <= 0xf4)
        return tail(1) && tail(2) && tail(3) && !(a == 0xf0 && b < 0x90) && !(a == 0xf4 && b > 0x8f) ? 4 : 0;
    return 0;
}

void append_escaped(std::string_view text, std::string& out) {
    for (size_t i = 0; i < text.size();) {
        const size_t length = sequence_length(text.substr(i));
        if (length == 0)
            out += "\xef\xbf\xbd";
        else if (text[i] == '\n')
            out += "\\n";
        else if (text[i] == '"' || text[i] == '\\')
            (out += '\\') += text[i];
        else
            out += text.substr(i, length);
        i += length ? length : 1;
    }
}

}  // namespace

std::string metric_name(std::string_view text) {
    std::string out;
    for (char c : text.substr(!text.empty() && text[0] == '@' ? 1 : 0)) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        out += letter ? c : '_';
    }
    return out;
}

std::string label_name(std::string_view text) {
    const std::string name = metric_name(text);
    const bool taken = name.starts_with("key") || name == "le" || name == "quantile" || name.starts_with("__");
    return taken ? "exported_" + name : name.empty() || (name[0] >= '0' && name[0] <= '9') ? "_" + name : name;
}

std::string label_text(const Labels& labels) {
    std::string out;
    for (const auto& [name, value] : labels) {
        out += (out.empty() ? "{" : ",") + name + "=\"";
        append_escaped(value, out);
        out += '"';
    }
    return out.empty() ? out : out + "}";
}

std::string family_head(const std::string& name, const std::string& help, const std::string& type) {
    std::string shown;
    for (char c : help) shown += c == '\n' || c == '\\' ? ' ' : c;
    return "# HELP " + name + " " + shown + "\n# TYPE " + name + " " + type + "\n";
}

}  // namespace avocet::prometheus
