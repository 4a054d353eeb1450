// SPDX-License-Identifier: Apache-2.0
//
// MANIFEST: one text for one set of files, and what is said of files that differ from it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bundle/manifest.hpp"

namespace avocet::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const BundleFiles files{
    {"a.o", {0644, "abc"}}, {"bin/x", {0755, ""}}, {"MANIFEST", {0644, "old"}}, {"MANIFEST.sig", {0644, "old"}}};
constexpr const char* text =
    "avocet bundle manifest 1\n"
    "0644 3 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad a.o\n"
    "0755 0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 bin/x\n";

TEST(BundleManifest, IsOneText) {
    EXPECT_EQ(write_bundle_manifest(files), text);
    std::string why;
    auto manifest = parse_bundle_manifest(text, why);
    ASSERT_TRUE(manifest) << why;
    ASSERT_EQ(manifest->size(), 2u);
    EXPECT_EQ(manifest->at("bin/x").mode, 0755u);
    EXPECT_EQ(manifest->at("a.o").size, 3u);
    EXPECT_THAT(compare_files(*manifest, files), ElementsAre());
}

std::string why_refused(const std::string& damaged) {
    std::string why;
    EXPECT_FALSE(parse_bundle_manifest(damaged, why)) << damaged;
    return why;
}

TEST(BundleManifest, RefusesEveryOtherText) {
    const std::string head = "avocet bundle manifest 1\n",
                      hash = " ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad ";
    EXPECT_THAT(why_refused(""), HasSubstr("is not a manifest"));
    EXPECT_THAT(why_refused("avocet bundle manifest 2\n"), HasSubstr("of another version"));
    EXPECT_THAT(why_refused(head + "0644 3" + hash + "a.o"), HasSubstr("line 2: does not end"));
    EXPECT_THAT(why_refused(head + "0644 03" + hash + "a.o\n"), HasSubstr("line 2: "));
    EXPECT_THAT(why_refused(head + "0600 3" + hash + "a.o\n"), HasSubstr("line 2: mode"));
    EXPECT_THAT(why_refused(head + "0644 3 BA7816 a.o\n"), HasSubstr("line 2: SHA-256"));
    EXPECT_THAT(why_refused(head + "0644 3" + hash + "../a.o\n"),
                HasSubstr("line 2: '../a.o' leads out of the bundle"));
    EXPECT_THAT(why_refused(head + "0644 3" + hash + "MANIFEST\n"), HasSubstr("line 2: "));
    EXPECT_THAT(why_refused(head + "0644 3" + hash + "b\n0644 3" + hash + "a\n"), HasSubstr("line 3: not in order"));
    EXPECT_THAT(why_refused(head + "0644 3" + hash + "a\n0644 3" + hash + "a\n"), HasSubstr("line 3: not in order"));
    EXPECT_THAT(why_refused(head + "0644 99999999999999999999" + hash + "a\n"), HasSubstr("line 2: size"));
}

TEST(BundleManifest, NamesEveryFileThatDiffers) {
    std::string why;
    auto manifest = *parse_bundle_manifest(text, why);
    BundleFiles other{{"a.o", {0644, "abd"}}, {"more", {0644, ""}}};
    EXPECT_THAT(compare_files(manifest, other),
                ElementsAre(HasSubstr("file 'a.o': was changed"), HasSubstr("file 'more': is not in MANIFEST"),
                            HasSubstr("file 'bin/x': is missing")));
    EXPECT_THAT(compare_file(manifest, "a.o", {0755, "abc"}), HasSubstr("mode"));
    EXPECT_THAT(compare_file(manifest, "a.o", {0644, "abcd"}), HasSubstr("4 bytes"));
}

TEST(BundlePaths, WhatAPathMayBe) {
    for (const char* good : {"a", "a/b.o", "plugins/acme.tally/x-1_2+3@4.so", "...", "a/..b"})
        EXPECT_EQ(refuse_path(good), "") << good;
    for (const char* bad :
         {"", "/a", "a//b", "a/", "./a", "a/.", "..", "a/../b", "a b", "a\nb", "a\\b", "a\x01", "\xc3\xa4"})
        EXPECT_NE(refuse_path(bad), "") << bad;
    EXPECT_EQ(refuse_path(std::string(200, 'a')), "");
    EXPECT_THAT(refuse_path(std::string(201, 'a')), HasSubstr("longer than 200"));
    EXPECT_TRUE(is_bundle_name("acme-2"));
    for (const char* bad : {"", "-a", "A", "a_b", "a.b", "a/b"}) EXPECT_FALSE(is_bundle_name(bad)) << bad;
}

}  // namespace
}  // namespace avocet::core
