// SPDX-License-Identifier: Apache-2.0
#include "bundle/trust.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "avocet/error.hpp"
#include "bundle/codes.hpp"
#include "bundle/directory.hpp"

namespace avocet::core {

namespace fs = std::filesystem;

namespace {

constexpr const char* component = "core.bundle";
constexpr size_t largest_key_file = 4096;

std::vector<fs::path> key_files(const fs::path& directory) {
    std::vector<fs::path> out;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
        if (entry->path().extension() == ".pub") out.push_back(entry->path());
    std::sort(out.begin(), out.end());
    return out;
}

// Of an open file; nullopt: `why`.
std::optional<PublicKey> read_key(const FileDescriptor& file, std::string& why) {
    auto text = file ? read_all(file, largest_key_file) : std::nullopt;
    if (text) return read_public_key(*text, why);
    why = errno_text(errno);
    return std::nullopt;
}

FileDescriptor open_key(const fs::path& file) {
    return FileDescriptor(open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
}

}  // namespace

std::vector<TrustedKey> read_trusted_keys(const std::vector<fs::path>& directories, Diagnostics& diagnostics) {
    std::vector<TrustedKey> out;
    auto unsafe = [&](const Unsafe& why) {
        diagnostics.warning(component, "trusted keys: " + why.message, why.hint, code::bundle_unsafe);
    };
    for (const auto& directory : directories) {
        std::error_code error;
        if (!fs::exists(directory, error)) continue;
        if (auto why = check_directory(directory)) {
            unsafe(*why);
            continue;
        }
        for (const auto& path : key_files(directory)) {
            auto file = open_key(path);
            struct stat status {};
            if (file && fstat(file.get(), &status) == 0)
                if (auto why = check_ownership(status, "key", path)) {
                    unsafe(*why);
                    continue;
                }
            std::string why;
            if (auto key = read_key(file, why))
                out.push_back({std::move(*key), path});
            else
                diagnostics.warning(component, fmt::format("key '{}' {}", path.string(), why), {}, code::bundle_key);
        }
    }
    return out;
}

std::optional<PublicKey> read_key_file(const fs::path& file, Diagnostics& diagnostics) {
    std::string why;
    auto key = read_key(open_key(file), why);
    if (!key)
        diagnostics.error(component, fmt::format("key '{}' cannot be used: it {}", file.string(), why),
                          "a file NAME.pub of `avocet bundle keygen`", code::bundle_key);
    return key;
}

std::optional<fs::path> store_trusted_key(const PublicKey& key, const fs::path& directory, Diagnostics& diagnostics) {
    const auto id = key_id_text(key.id);
    auto file = directory / (id + ".pub");
    std::string why = make_directories(directory);
    std::string ignored;
    if (auto there = why.empty() ? read_bundle_file(file, ignored) : std::nullopt) {
        const auto same = read_public_key(there->bytes, ignored);
        if (same && *same == key) return file;
        why = fmt::format("file '{}' holds another key", file.string());
    } else if (why.empty()) {
        auto name = key.comment.substr(0, key.comment.rfind(" public key"));
        why = write_new_file(file, write_public_key(key, name.empty() ? id : name), 0644);
    }
    if (why.empty()) return file;
    diagnostics.error(component, fmt::format("key {} cannot be trusted: {}", id, why), {}, code::bundle_write);
    return std::nullopt;
}

TrustVerdict judge_signature(std::string_view manifest, const std::optional<std::string>& signature,
                             const std::vector<TrustedKey>& keys) {
    TrustVerdict verdict;
    if (!signature) return verdict;
    auto parsed = read_signature(*signature, verdict.why);
    if (!parsed) {
        verdict.trust = Trust::malformed;
        return verdict;
    }
    verdict.key_id = key_id_text(parsed->id);
    verdict.trust = Trust::untrusted;
    for (const auto& trusted : keys) {
        if (trusted.key.id != parsed->id) continue;
        verdict.trust = Trust::forged;
        if (!verify(trusted.key, *parsed, manifest)) continue;
        verdict.trust = Trust::trusted;
        verdict.trusted_by = trusted.file;
        break;
    }
    return verdict;
}

std::string describe(const TrustVerdict& verdict) {
    switch (verdict.trust) {
        case Trust::trusted:
            return fmt::format("by key {}, trusted by {}", verdict.key_id, verdict.trusted_by.string());
        case Trust::untrusted: return fmt::format("by key {}, which is not trusted here", verdict.key_id);
        case Trust::forged: return fmt::format("says key {}, but that key did not sign this", verdict.key_id);
        case Trust::unsigned_: return "none";
        case Trust::malformed: return fmt::format("damaged: it {}", verdict.why);
    }
    return {};
}

bool require_trust(const TrustVerdict& verdict, const std::string& subject, Diagnostics& diagnostics) {
    auto refuse = [&](uint32_t code, const std::string& fact, std::string hint) {
        diagnostics.error(component, fmt::format("{}: {}", subject, fact), std::move(hint), code);
        return false;
    };
    switch (verdict.trust) {
        case Trust::trusted: return true;
        case Trust::untrusted:
            return refuse(code::bundle_untrusted,
                          fmt::format("signed by key {}, which is not trusted here", verdict.key_id),
                          "get the public key from the publisher, and install the bundle with --trust NAME.pub");
        case Trust::forged:
            return refuse(
                code::bundle_forged,
                fmt::format("its signature does not fit: it was changed after key {} signed it", verdict.key_id),
                "get it again from its publisher");
        case Trust::unsigned_:
            return refuse(code::bundle_unsigned, "is not signed",
                          "get a signed one, or install it with --allow-unsigned if you know who made it");
        case Trust::malformed:
            return refuse(code::bundle_forged, fmt::format("its signature {}", verdict.why),
                          "get it again from its publisher");
    }
    return false;
}

}  // namespace avocet::core
