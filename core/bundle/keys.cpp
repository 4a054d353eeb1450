// SPDX-License-Identifier: Apache-2.0
#include "bundle/keys.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <sodium.h>

namespace avocet::core {
namespace {

constexpr std::string_view comment_head = "untrusted comment: ", algorithm = "Ed", no_encryption = "BK";
constexpr size_t longest_comment = 1024, longest_base64 = 256;
constexpr size_t public_size = 2 + 8 + 32, signature_size = 2 + 8 + 64, secret_size = 2 + 2 + 4 + 16 + 8 + 8 + 64;

void start_sodium() {
    if (sodium_init() < 0) throw std::runtime_error("libsodium cannot start");
}

std::string armored(std::string_view comment, std::string_view bytes) {
    std::string text(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();  // the zero
    std::string out(comment_head);
    return out.append(comment).append("\n").append(text).append("\n");
}

struct Armored {
    std::string comment, bytes;
};

std::optional<Armored> unarmored(std::string_view text, std::string& why) {
    const auto refuse = [&](const char* reason) {
        why = reason;
        return std::nullopt;
    };
    const auto first = text.find('\n');
    if (!text.starts_with(comment_head) || first == std::string_view::npos ||
        first > comment_head.size() + longest_comment)
        return refuse("does not begin with a line 'untrusted comment: ...'");
    Armored out;
    out.comment = text.substr(comment_head.size(), first - comment_head.size());
    text.remove_prefix(first + 1);
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.find('\n') != std::string_view::npos) return refuse("is not two lines of text");
    if (text.size() > longest_base64) return refuse("has a second line that is too long");
    out.bytes.resize(text.size());
    size_t size = 0;
    const char* end = nullptr;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.bytes.data()), out.bytes.size(), text.data(),
                          text.size(), nullptr, &size, &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
        end != text.data() + text.size())
        return refuse("has a second line that is not Base64");
    out.bytes.resize(size);
    return out;
}

// The parts of one after another.
class Parts {
public:
    explicit Parts(const std::string& bytes) : next_(bytes.data()) {}
    template <size_t N>
    void take(std::array<uint8_t, N>& out) {
        std::memcpy(out.data(), next_, N);
        next_ += N;
    }
    void skip(size_t bytes) { next_ += bytes; }

private:
    const char* next_;
};

template <size_t N>
void append(std::string& out, const std::array<uint8_t, N>& part) {
    out.append(reinterpret_cast<const char*>(part.data()), N);
}

std::array<uint8_t, 8> checksum_of(const std::array<uint8_t, 64>& key) {
    std::array<uint8_t, crypto_hash_sha512_BYTES> hash;
    crypto_hash_sha512(hash.data(), key.data(), key.size());
    std::array<uint8_t, 8> out;
    std::copy_n(hash.begin(), out.size(), out.begin());
    return out;
}

bool has_form(const Armored& text, size_t size, const char* what, std::string& why) {
    if (text.bytes.size() == size && text.bytes.starts_with(algorithm)) return true;
    if (text.bytes.size() == secret_size && size != secret_size)
        why = std::string("is a secret key, not ") + what;
    else
        why = "has " + std::to_string(text.bytes.size()) + " bytes, which are not " + what + " of Ed25519";
    return false;
}

}  // namespace

SecretKey::~SecretKey() { sodium_memzero(key.data(), key.size()); }

KeyPair generate_keys() {
    start_sodium();
    KeyPair pair;
    crypto_sign_keypair(pair.public_key.key.data(), pair.secret_key.key.data());
    randombytes_buf(pair.public_key.id.data(), pair.public_key.id.size());
    pair.secret_key.id = pair.public_key.id;
    return pair;
}

std::string key_id_text(const KeyId& id) {
    std::string text(2 * id.size() + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), id.data(), id.size());
    text.pop_back();
    return text;
}

std::string write_public_key(const PublicKey& key, const std::string& name) {
    std::string bytes(algorithm);
    append(bytes, key.id);
    append(bytes, key.key);
    return armored(name + " public key", bytes);
}

std::string write_secret_key(const SecretKey& key, const std::string& name) {
    std::string bytes(algorithm);
    bytes += no_encryption;
    bytes.append(4 + 16, '\0');  // no rounds, no salt
    append(bytes, checksum_of(key.key));
    append(bytes, key.id);
    append(bytes, key.key);
    return armored(name + " secret key", bytes);
}

std::string write_signature(const Signature& signature) {
    std::string bytes(algorithm);
    append(bytes, signature.id);
    append(bytes, signature.bytes);
    return armored("signature by key " + key_id_text(signature.id), bytes);
}

std::optional<PublicKey> read_public_key(std::string_view text, std::string& why) {
    auto parts = unarmored(text, why);
    if (!parts || !has_form(*parts, public_size, "a public key", why)) return std::nullopt;
    PublicKey key;
    Parts bytes(parts->bytes);
    bytes.skip(algorithm.size());
    bytes.take(key.id);
    bytes.take(key.key);
    key.comment = std::move(parts->comment);
    return key;
}

std::optional<SecretKey> read_secret_key(std::string_view text, std::string& why) {
    auto parts = unarmored(text, why);
    if (!parts || !has_form(*parts, secret_size, "a secret key", why)) return std::nullopt;
    if (parts->bytes.compare(2, 6, std::string("BK\0\0\0\0", 6)) != 0) {
        why = "is encrypted with a passphrase, which is not supported";
        return std::nullopt;
    }
    SecretKey key;
    std::array<uint8_t, 8> checksum;
    Parts bytes(parts->bytes);
    bytes.skip(2 + 2 + 4 + 16);
    bytes.take(checksum);
    bytes.take(key.id);
    bytes.take(key.key);
    sodium_memzero(parts->bytes.data(), parts->bytes.size());
    if (checksum == checksum_of(key.key)) return key;
    why = "is damaged: its checksum is another";
    return std::nullopt;
}

std::optional<Signature> read_signature(std::string_view text, std::string& why) {
    auto parts = unarmored(text, why);
    if (!parts || !has_form(*parts, signature_size, "a signature", why)) return std::nullopt;
    Signature signature;
    Parts bytes(parts->bytes);
    bytes.skip(algorithm.size());
    bytes.take(signature.id);
    bytes.take(signature.bytes);
    return signature;
}

Signature sign(const SecretKey& key, std::string_view message) {
    start_sodium();
    Signature signature;
    signature.id = key.id;
    crypto_sign_detached(signature.bytes.data(), nullptr, reinterpret_cast<const unsigned char*>(message.data()),
                         message.size(), key.key.data());
    return signature;
}

bool verify(const PublicKey& key, const Signature& signature, std::string_view message) {
    start_sodium();
    return signature.id == key.id &&
           crypto_sign_verify_detached(signature.bytes.data(), reinterpret_cast<const unsigned char*>(message.data()),
                                       message.size(), key.key.data()) == 0;
}

}  // namespace avocet::core
