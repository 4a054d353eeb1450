// SPDX-License-Identifier: Apache-2.0
#include "bundle/manifest.hpp"

#include <array>
#include <charconv>

#include <fmt/format.h>
#include <sodium/crypto_hash_sha256.h>
#include <sodium/utils.h>

namespace avocet::core {
namespace {

constexpr std::string_view title = "avocet bundle manifest ", head = "avocet bundle manifest 1\n";

// Up to the next blank, which is taken too.
std::string_view word(std::string_view& rest) {
    const auto end = rest.find(' ');
    const auto out = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return out;
}

bool is_hash(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<uint64_t> decimal(std::string_view text) {
    uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return text.size() > 1 && text.front() == '0' ? std::nullopt : std::optional(value);
}

// Empty: good.
std::string read_line(std::string_view line, BundleManifest& out) {
    const auto mode = word(line), size = word(line), hash = word(line);
    ManifestFile file;
    file.mode = mode == "0755" ? 0755 : 0644;
    if (mode != "0644" && mode != "0755") return "mode is neither 0644 nor 0755";
    const auto bytes = decimal(size);
    if (!bytes || *bytes > most_bundle_bytes) return "size is not a number of bytes that a file may have";
    file.size = *bytes;
    if (!is_hash(hash)) return "SHA-256 is not 64 hexadecimal digits";
    file.sha256 = hash;
    if (auto why = refuse_path(line); !why.empty()) return fmt::format("'{}' {}", printable(line), why);
    if (is_seal(line) || line == permission_file) return fmt::format("'{}' is not for a manifest to list", line);
    if (!out.empty() && out.rbegin()->first >= line) return "not in order";
    out.emplace_hint(out.end(), line, std::move(file));
    return {};
}

}  // namespace

std::string sha256_of(std::string_view bytes) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    std::string text(2 * hash.size() + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
    text.pop_back();
    return text;
}

std::string write_bundle_manifest(const BundleFiles& files) {
    std::string out(head);
    for (const auto& [path, file] : files)
        if (!is_seal(path))
            out += fmt::format("{:04o} {} {} {}\n", file.mode, file.bytes.size(), sha256_of(file.bytes), path);
    return out;
}

std::optional<BundleManifest> parse_bundle_manifest(std::string_view text, std::string& why) {
    if (!text.starts_with(head)) {
        why = text.starts_with(title) ? "is of another version; update avocet" : "is not a manifest of a bundle";
        return std::nullopt;
    }
    text.remove_prefix(head.size());
    BundleManifest out;
    for (size_t number = 2; !text.empty(); ++number) {
        const auto end = text.find('\n');
        why = end == std::string_view::npos     ? "does not end"
              : out.size() >= most_bundle_files ? "more files than a bundle may have"
                                                : read_line(text.substr(0, end), out);
        if (!why.empty()) {
            why = fmt::format("line {}: {}", number, why);
            return std::nullopt;
        }
        text.remove_prefix(end + 1);
    }
    return out;
}

std::string compare_file(const BundleManifest& manifest, const std::string& path, const BundleFile& file) {
    const auto entry = manifest.find(path);
    if (entry == manifest.end()) return fmt::format("is not in {}", manifest_file);
    const auto& wanted = entry->second;
    if (file.bytes.size() != wanted.size)
        return fmt::format("was changed: it has {} bytes, {} says {}", file.bytes.size(), manifest_file, wanted.size);
    if (sha256_of(file.bytes) != wanted.sha256)
        return fmt::format("was changed: its SHA-256 is not that of {}", manifest_file);
    if (file.mode != wanted.mode)
        return fmt::format("was changed: it has mode {:04o}, {} says {:04o}", file.mode, manifest_file, wanted.mode);
    return {};
}

std::vector<std::string> compare_files(const BundleManifest& manifest, const BundleFiles& files) {
    std::vector<std::string> out;
    for (const auto& [path, file] : files) {
        if (is_seal(path)) continue;
        if (auto why = compare_file(manifest, path, file); !why.empty())
            out.push_back(fmt::format("file '{}': {}", path, why));
    }
    for (const auto& [path, entry] : manifest)
        if (!files.contains(path)) out.push_back(fmt::format("file '{}': is missing", path));
    return out;
}

}  // namespace avocet::core
