// SPDX-License-Identifier: Apache-2.0
//
// Keys, signatures, and whose count.
#include "bundle/manifest.hpp"
#include "bundle/tests/fixture.hpp"

namespace avocet::core {
namespace {

using ::testing::HasSubstr;

TEST(Keys, TextAndBack) {
    auto pair = generate_keys();
    std::string why;
    auto text = write_public_key(pair.public_key, "acme");
    EXPECT_TRUE(text.starts_with("untrusted comment: acme public key\nRW")) << text;
    auto key = read_public_key(text, why);
    ASSERT_TRUE(key) << why;
    EXPECT_TRUE(*key == pair.public_key);
    EXPECT_EQ(key->comment, "acme public key");
    auto secret = read_secret_key(write_secret_key(pair.secret_key, "acme"), why);
    ASSERT_TRUE(secret) << why;
    EXPECT_EQ(secret->key, pair.secret_key.key);
    EXPECT_EQ(secret->id, pair.public_key.id);
    EXPECT_EQ(key_id_text(key->id).size(), 16u);
}

// RFC 8032, 7.1, test 1 (of the empty message), with the id 1..8, as signify writes it down.
TEST(Keys, AreThoseOfSignify) {
    std::string why;
    auto key = read_public_key("untrusted comment: x\nRWQBAgMEBQYHCNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea\n", why);
    ASSERT_TRUE(key) << why;
    EXPECT_EQ(key_id_text(key->id), "0102030405060708");
    constexpr const char* text =
        "untrusted comment: x\n"
        "RWQBAgMEBQYHCOVWQwDDYKxykIbizIBugoqEh38euOXZdNhz4GUiSQFVX7iCFZCjO6zGHjlwHPm0a9Jb9fBZW74kZVFBQ456EAs=\n";
    auto signature = read_signature(text, why);
    ASSERT_TRUE(signature) << why;
    EXPECT_TRUE(verify(*key, *signature, ""));
    EXPECT_FALSE(verify(*key, *signature, "x"));
}

TEST(Keys, ASignatureIsOfOneTextByOneKey) {
    auto pair = generate_keys(), other = generate_keys();
    auto signature = sign(pair.secret_key, "message");
    EXPECT_TRUE(verify(pair.public_key, signature, "message"));
    EXPECT_FALSE(verify(pair.public_key, signature, "massage"));
    EXPECT_FALSE(verify(other.public_key, signature, "message"));
    EXPECT_EQ(sign(pair.secret_key, "message").bytes, signature.bytes);
    for (size_t byte : {size_t{0}, size_t{31}, size_t{63}}) {
        auto changed = signature;
        changed.bytes[byte] ^= 1;
        EXPECT_FALSE(verify(pair.public_key, changed, "message")) << byte;
    }
}

TEST(Keys, DamagedTexts) {
    auto pair = generate_keys();
    std::string why, good = write_public_key(pair.public_key, "x");
    auto refused = [&](const std::string& text) {
        why.clear();
        EXPECT_FALSE(read_public_key(text, why)) << text;
        return why;
    };
    EXPECT_THAT(refused(""), HasSubstr("comment"));
    EXPECT_THAT(refused(good.substr(good.find('\n') + 1)), HasSubstr("comment"));
    EXPECT_THAT(refused(good + "more\n"), HasSubstr("two lines"));
    EXPECT_THAT(refused("untrusted comment: x\n!!!!\n"), HasSubstr("Base64"));
    EXPECT_THAT(refused("untrusted comment: x\nRWQ=\n"), HasSubstr("bytes"));
    EXPECT_THAT(refused(write_secret_key(pair.secret_key, "x")), HasSubstr("secret key"));
    auto secret = write_secret_key(pair.secret_key, "x");
    EXPECT_FALSE(read_secret_key(good, why));
    secret[secret.size() - 10] = secret[secret.size() - 10] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(read_secret_key(secret, why));
    EXPECT_THAT(why, HasSubstr("damaged"));
}

class TrustTest : public BundleTest {
protected:
    KeyPair pair_ = generate_keys();
    TrustVerdict judge(const Bundle& bundle) {
        return judge_files(bundle.files, read_trusted_keys({root_ / "keys"}, diagnostics_));
    }
};

TEST_F(TrustTest, TrustedForgedUntrustedMissing) {
    auto bundle = build(&pair_.secret_key);
    ASSERT_TRUE(bundle) << said();
    auto verdict = judge(*bundle);
    EXPECT_EQ(verdict.trust, Trust::untrusted);
    EXPECT_FALSE(require_trust(verdict, "bundle 'acme'", diagnostics_));
    auto text = said();
    EXPECT_THAT(text, HasSubstr("bundle 'acme': signed by key " + key_id_text(pair_.public_key.id)));
    EXPECT_THAT(text, HasSubstr("--trust"));

    auto file = store_trusted_key(pair_.public_key, root_ / "keys", diagnostics_);
    ASSERT_TRUE(file) << said();
    verdict = judge(*bundle);
    EXPECT_EQ(verdict.trust, Trust::trusted);
    EXPECT_EQ(verdict.trusted_by, *file);
    EXPECT_TRUE(require_trust(verdict, "bundle 'acme'", diagnostics_));

    auto changed = *bundle;
    changed.files["MANIFEST"].bytes.back() = ' ';
    EXPECT_EQ(judge(changed).trust, Trust::forged);
    EXPECT_FALSE(require_trust(judge(changed), "bundle 'acme'", diagnostics_));
    EXPECT_THAT(said(), HasSubstr("does not fit"));
    changed.files["MANIFEST.sig"].bytes = "x";
    EXPECT_EQ(judge(changed).trust, Trust::malformed);
    changed.files.erase("MANIFEST.sig");
    EXPECT_EQ(judge(changed).trust, Trust::unsigned_);
    EXPECT_FALSE(require_trust(judge(changed), "bundle 'acme'", diagnostics_));
    EXPECT_THAT(said(), HasSubstr("--allow-unsigned"));
}

TEST_F(TrustTest, AnotherKeyOfTheSameId) {
    auto bundle = build(&pair_.secret_key);
    auto other = generate_keys().public_key;
    other.id = pair_.public_key.id;
    put("keys/a.pub", write_public_key(other, "a"));
    EXPECT_EQ(judge(*bundle).trust, Trust::forged);
    put("keys/b.pub", write_public_key(pair_.public_key, "b"));
    EXPECT_EQ(judge(*bundle).trust, Trust::trusted);
}

TEST_F(TrustTest, KeysThatOthersCouldChangeOrThatAreDamagedAreNotBelieved) {
    auto file = put("keys/a.pub", write_public_key(pair_.public_key, "a"));
    put("keys/b.pub", "nothing");
    put("keys/notes.txt", "nothing");
    EXPECT_EQ(read_trusted_keys({root_ / "keys", root_ / "none"}, diagnostics_).size(), 1u);
    EXPECT_THAT(said(), HasSubstr("key 'keys/b.pub'"));
    fs::permissions(file, fs::perms(0666));
    EXPECT_EQ(read_trusted_keys({root_ / "keys"}, diagnostics_).size(), 0u);
    EXPECT_THAT(said(), HasSubstr("keys/a.pub' is writable by others"));
    fs::permissions(file, fs::perms(0644));
    fs::permissions(root_ / "keys", fs::perms(0777));
    EXPECT_EQ(read_trusted_keys({root_ / "keys"}, diagnostics_).size(), 0u);
    EXPECT_THAT(said(), HasSubstr("keys' is writable by others"));
}

}  // namespace
}  // namespace avocet::core
