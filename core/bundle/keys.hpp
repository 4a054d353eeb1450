// SPDX-License-Identifier: Apache-2.0
//
// Ed25519 keys and signatures, in the text form of signify(1): a line "untrusted comment: ...", and a line of Base64:
//
//   public key   "Ed", 8 bytes of key id, 32 bytes
//   signature    "Ed", 8 bytes of key id, 64 bytes
//   secret key   "Ed", "BK", 4 bytes of rounds (0: not encrypted), 16 of salt, 8 of SHA-512 of the key, 8 of id, 64
//   bytes
//
// so that `signify-openbsd -V -p NAME.pub -x MANIFEST.sig -m MANIFEST` checks a bundle without Avocet, and a vendor who
// keeps the secret key elsewhere can sign with what is there. The key id only says which key to try.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace avocet::core {

using KeyId = std::array<uint8_t, 8>;

struct PublicKey {
    KeyId id{};
    std::array<uint8_t, 32> key{};
    std::string comment;
    bool operator==(const PublicKey& other) const { return id == other.id && key == other.key; }
};

// Wiped when it goes.
struct SecretKey {
    KeyId id{};
    std::array<uint8_t, 64> key{};
    SecretKey() = default;
    SecretKey(const SecretKey&) = default;
    SecretKey& operator=(const SecretKey&) = default;
    ~SecretKey();
};

struct Signature {
    KeyId id{};
    std::array<uint8_t, 64> bytes{};
};

struct KeyPair {
    PublicKey public_key;
    SecretKey secret_key;
};

KeyPair generate_keys();
std::string key_id_text(const KeyId& id);  // 16 hexadecimal digits

std::string write_public_key(const PublicKey& key, const std::string& name);
std::string write_secret_key(const SecretKey& key, const std::string& name);
std::string write_signature(const Signature& signature);
// nullopt: `why`, as the end of a sentence about the file.
std::optional<PublicKey> read_public_key(std::string_view text, std::string& why);
std::optional<SecretKey> read_secret_key(std::string_view text, std::string& why);
std::optional<Signature> read_signature(std::string_view text, std::string& why);

Signature sign(const SecretKey& key, std::string_view message);
bool verify(const PublicKey& key, const Signature& signature, std::string_view message);

}  // namespace avocet::core
