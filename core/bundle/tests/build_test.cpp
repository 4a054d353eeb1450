// SPDX-License-Identifier: Apache-2.0
//
// A vendor's directory becomes a bundle, and files become one again: what belongs to it, and what is refused.
#include "bundle/manifest.hpp"
#include "bundle/tests/fixture.hpp"

namespace avocet::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class BuildTest : public BundleTest {
protected:
    // The bundle's files, changed by someone who can make a MANIFEST too.
    std::string why_refused(const std::function<void(BundleFiles&)>& change, bool listed = true) {
        auto bundle = build();
        if (!bundle) return "not built: " + said();
        change(bundle->files);
        if (listed) bundle->files["MANIFEST"].bytes = write_bundle_manifest(bundle->files);
        EXPECT_FALSE(open_bundle(bundle->files, "x.avb", diagnostics_));
        return said();
    }
};

TEST_F(BuildTest, HoldsWhatTheDescriptionNames) {
    put("src/secret-notes.txt", "not named");
    auto bundle = build();
    ASSERT_TRUE(bundle) << said();
    std::vector<std::string> paths;
    for (const auto& [path, file] : bundle->files) paths.push_back(path);
    EXPECT_THAT(paths, ElementsAre("MANIFEST", "README.md", "bundle.toml", "defaults.toml",
                                   "plugins/acme.tally/avocet-acme-tally.so", "plugins/acme.tally/plugin.toml",
                                   "tools/calls.o", "tools/opens.o"));
    EXPECT_EQ(bundle->files.at("bundle.toml").bytes, description);
    auto again = open_bundle(bundle->files, "x.avb", diagnostics_);
    ASSERT_TRUE(again) << said();
    EXPECT_EQ(again->description.name, "acme");
    auto text = describe_bundle(*again, {"CAP_BPF"});
    for (const char* part : {"acme 1.2.0", "Acme Inc.", "opens", "Files being opened", "raw_tracepoint", "ring_buffer",
                             "CAP_BPF", "acme.tally", "tcp:9000", "totals", "README.md"})
        EXPECT_THAT(text, HasSubstr(part));
}

TEST_F(BuildTest, WhatIsMissingIsToldAtOnce) {
    fs::remove(root_ / "src/opens.bt");
    fs::remove(root_ / "src/README.md");
    fs::remove(root_ / "src/plugins/acme.tally/plugin.toml");
    EXPECT_FALSE(build());
    auto text = said();
    EXPECT_THAT(text, HasSubstr("'opens.bt'"));
    EXPECT_THAT(text, HasSubstr("'README.md'"));
    EXPECT_THAT(text, HasSubstr("plugin 'plugins/acme.tally': has no plugin.toml"));
    EXPECT_THAT(text, HasSubstr("bundle.toml:"));
}

TEST_F(BuildTest, ToolsArePortablePrograms) {
    put("src/calls.o", test_object("local"));
    EXPECT_FALSE(build());
    EXPECT_THAT(said(), HasSubstr("tool 'calls': 'calls.o' was built for one machine"));
    put("src/calls.o", "no program");
    EXPECT_FALSE(build());
    EXPECT_THAT(said(), HasSubstr("ELF"));
}

TEST_F(BuildTest, LinksAreNotFollowed) {
    fs::remove(root_ / "src/README.md");
    fs::create_symlink("/etc/passwd", root_ / "src/README.md");
    EXPECT_FALSE(build());
    EXPECT_THAT(said(), HasSubstr("symbolic link"));
}

TEST_F(BuildTest, PluginsAreWhole) {
    fs::remove(root_ / "src/plugins/acme.tally/avocet-acme-tally.so");
    EXPECT_FALSE(build());
    EXPECT_THAT(said(), HasSubstr("avocet-acme-tally.so"));
    put("src/plugins/acme.tally/plugin.toml", "id = \"acme.tally\"\n");
    EXPECT_FALSE(build());
    EXPECT_THAT(said(), HasSubstr("key 'kind' is missing"));
}

TEST_F(BuildTest, DefaultsSetNothingElse) {
    put("src/defaults.toml",
        "[plugins]\ndirectories = [\"/tmp\"]\n[cache]\nsize = \"1MiB\"\n[run]\nfrontent = \"x\"\n");
    EXPECT_FALSE(build());
    auto text = said();
    EXPECT_THAT(text, HasSubstr("defaults.toml:1:"));
    EXPECT_THAT(text, HasSubstr("[plugins]"));
    EXPECT_THAT(text, HasSubstr("[cache]"));
    EXPECT_THAT(text, HasSubstr("did you mean"));
}

TEST_F(BuildTest, OpenRefusesWhatDiffersFromTheManifest) {
    EXPECT_THAT(why_refused([](auto& f) { f["tools/calls.o"].bytes += "x"; }, false),
                HasSubstr("file 'tools/calls.o': "));
    EXPECT_THAT(why_refused(
                    [](auto& f) {
                        f["extra.so"] = {0644, "x"};
                    },
                    false),
                HasSubstr("file 'extra.so': is not in MANIFEST"));
    EXPECT_THAT(why_refused([](auto& f) { f.erase("README.md"); }, false), HasSubstr("file 'README.md': is missing"));
    EXPECT_THAT(why_refused([](auto& f) { f.erase("MANIFEST"); }, false), HasSubstr("no MANIFEST"));
    EXPECT_THAT(why_refused([](auto& f) { f["MANIFEST"].bytes = "x"; }, false), HasSubstr("MANIFEST"));
}

TEST_F(BuildTest, OpenRefusesWhatDoesNotFitTheDescription) {
    EXPECT_THAT(why_refused([](auto& f) { f.erase("bundle.toml"); }), HasSubstr("no bundle.toml"));
    EXPECT_THAT(why_refused([](auto& f) { f.erase("tools/opens.o"); }), HasSubstr("tool 'opens': has no program"));
    EXPECT_THAT(why_refused([](auto& f) { f.erase("plugins/acme.tally/plugin.toml"); }),
                HasSubstr("has no plugin.toml"));
    EXPECT_THAT(why_refused([](auto& f) { f.erase("defaults.toml"); }), HasSubstr("'defaults.toml'"));
    // A second plugin beside the one that is named would be found, and loaded.
    EXPECT_THAT(why_refused([](auto& f) {
                    f["plugins/acme.tally/more/plugin.toml"] = {0644, "x"};
                }),
                HasSubstr("plugins/acme.tally/more/plugin.toml"));
    EXPECT_THAT(why_refused([](auto& f) {
                    f["other"] = {0644, "x"};
                }),
                HasSubstr("file 'other': bundle.toml does not name it"));
}

}  // namespace
}  // namespace avocet::core
