// SPDX-License-Identifier: Apache-2.0
//
// Whose signatures count: the keys in the trusted-keys directories, one public key in each NAME.pub. A directory or
// file that others could change is not believed (host/ownership.hpp). Taking a key away ends the trust at the next run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bundle/keys.hpp"
#include "host/diagnostics.hpp"

namespace avocet::core {

struct TrustedKey {
    PublicKey key;
    std::filesystem::path file;
};

// What cannot be used is a warning.
std::vector<TrustedKey> read_trusted_keys(const std::vector<std::filesystem::path>& directories,
                                          Diagnostics& diagnostics);
// nullopt: reported.
std::optional<PublicKey> read_key_file(const std::filesystem::path& file, Diagnostics& diagnostics);
// Writes the key as ID.pub. nullopt: reported.
std::optional<std::filesystem::path> store_trusted_key(const PublicKey& key, const std::filesystem::path& directory,
                                                       Diagnostics& diagnostics);

enum class Trust {
    trusted,    // a trusted key signed exactly this
    untrusted,  // signed by a key that is not trusted, so nothing is known
    forged,     // a trusted key's id, but not its signature of this
    unsigned_,
    malformed  // not a signature at all
};

struct TrustVerdict {
    Trust trust = Trust::unsigned_;
    std::string key_id;                // of the signature, if there is one
    std::filesystem::path trusted_by;  // the key's file
    std::string why;                   // malformed
};

TrustVerdict judge_signature(std::string_view manifest, const std::optional<std::string>& signature,
                             const std::vector<TrustedKey>& keys);

// "signed by key 1234..., trusted by /etc/..."
std::string describe(const TrustVerdict& verdict);
// Reports why a bundle with this verdict is not taken; true: it is trusted. `subject`: "bundle 'acme'".
bool require_trust(const TrustVerdict& verdict, const std::string& subject, Diagnostics& diagnostics);

}  // namespace avocet::core
