// SPDX-License-Identifier: Apache-2.0
#include "bundle/files.hpp"

#include <algorithm>

namespace avocet::core {
namespace {

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_path_character(char c) { return is_alnum(c) || std::string_view("._+-@/").find(c) != std::string_view::npos; }

}  // namespace

std::string refuse_path(std::string_view path) {
    if (path.empty()) return "has no name";
    if (path.front() == '/') return "is an absolute path";
    if (path.size() > longest_bundle_path) return "is longer than " + std::to_string(longest_bundle_path) + " bytes";
    if (!std::all_of(path.begin(), path.end(), is_path_character))
        return "has a character other than letters, digits and ._+-@";
    for (size_t start = 0; start <= path.size();) {
        const size_t end = std::min(path.find('/', start), path.size());
        const auto part = path.substr(start, end - start);
        if (part == "..") return "leads out of the bundle";
        if (part.empty() || part == ".") return "has an empty part or '.' in it";
        start = end + 1;
    }
    return {};
}

std::string object_path(std::string_view tool) { return "tools/" + std::string(tool) + ".o"; }

bool is_bundle_name(std::string_view text) {
    auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !text.empty() && text.size() <= 64 && text.front() != '-' && std::all_of(text.begin(), text.end(), fits);
}

bool is_seal(std::string_view path) { return path == manifest_file || path == signature_file; }

std::string printable(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return out;
}

}  // namespace avocet::core
