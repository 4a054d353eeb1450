// SPDX-License-Identifier: Apache-2.0
//
// Installed bundles: put in place in one step, and verified before each use.
#include "bundle/installation.hpp"
#include "bundle/tests/fixture.hpp"

namespace avocet::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class InstallationTest : public BundleTest {
protected:
    InstallationTest() : home_{root_ / "bundles", root_ / "keys"} {}
    void install() {
        auto bundle = build(&pair_.secret_key);
        ASSERT_TRUE(bundle) << said();
        ASSERT_TRUE(store_trusted_key(pair_.public_key, home_.keys, diagnostics_));
        ASSERT_TRUE(install_bundle(*bundle, home_.bundles, false, diagnostics_)) << said();
    }
    std::optional<InstalledTool> open(const std::string& tool = "opens") {
        return open_installed_tool(home_.bundles / "acme", tool, read_trusted_keys({home_.keys}, diagnostics_),
                                   diagnostics_);
    }
    std::string why_refused() {
        EXPECT_FALSE(open());
        return said();
    }
    void change(const std::string& name, const std::string& text) { put("bundles/acme/" + name, text); }
    KeyPair pair_ = generate_keys();
    BundleHome home_;
};

TEST_F(InstallationTest, ATool) {
    install();
    auto tool = open();
    ASSERT_TRUE(tool) << said();
    EXPECT_EQ(tool->name, "acme/opens");
    EXPECT_EQ(tool->object, test_object());
    EXPECT_THAT(tool->plugins, ElementsAre(home_.bundles / "acme/plugins/acme.tally"));
    ASSERT_TRUE(tool->defaults);
    EXPECT_EQ(tool->defaults->first, (home_.bundles / "acme/defaults.toml").string());
    EXPECT_THAT(tool->defaults->second, HasSubstr("totals"));
    EXPECT_EQ(fs::status(home_.bundles / "acme/bundle.toml").permissions(), fs::perms(0644));
    EXPECT_THAT(bundle_names({home_}), ElementsAre("acme"));  // nothing of the way there is left
    size_t entries = 0;
    for (auto& entry : fs::directory_iterator(home_.bundles)) entries += !entry.path().empty();
    EXPECT_EQ(entries, 1u);
}

TEST_F(InstallationTest, AToolThatIsNotThere) {
    install();
    EXPECT_FALSE(open("open"));
    auto text = said();
    EXPECT_THAT(text, HasSubstr("bundle 'acme': has no tool 'open'"));
    EXPECT_THAT(text, HasSubstr("did you mean 'opens'?"));
}

TEST_F(InstallationTest, WhateverWasChangedIsRefusedByName) {
    install();
    for (const char* name : {"tools/opens.o", "defaults.toml", "plugins/acme.tally/plugin.toml",
                             "plugins/acme.tally/avocet-acme-tally.so", "bundle.toml"}) {
        std::ifstream in(home_.bundles / "acme" / name, std::ios::binary);
        std::string good((std::istreambuf_iterator<char>(in)), {});
        std::string bad = good;
        bad[bad.size() / 2] ^= 1;
        change(name, bad);
        EXPECT_THAT(why_refused(), HasSubstr("file '" + std::string(name) + "': was changed"));
        change(name, good);
    }
    EXPECT_TRUE(open()) << said();
    change("tools/calls.o", "another tool's");
    EXPECT_TRUE(open()) << said();  // not part of this run
}

TEST_F(InstallationTest, WhatIsAddedOrTakenAwayIsRefused) {
    install();
    change("plugins/acme.tally/more/plugin.toml", "id = 1\n");
    EXPECT_THAT(why_refused(), HasSubstr("file 'plugins/acme.tally/more/plugin.toml': is not in MANIFEST"));
    fs::remove_all(home_.bundles / "acme/plugins/acme.tally/more");
    fs::create_symlink("/etc/passwd", home_.bundles / "acme/link");
    EXPECT_THAT(why_refused(), HasSubstr("'link'"));
    fs::remove(home_.bundles / "acme/link");
    fs::remove(home_.bundles / "acme/defaults.toml");
    EXPECT_THAT(why_refused(), HasSubstr("file 'defaults.toml': is missing"));
}

TEST_F(InstallationTest, TheSignatureCountsAtEachRun) {
    install();
    fs::rename(home_.keys / (key_id_text(pair_.public_key.id) + ".pub"), root_ / "away");
    EXPECT_THAT(why_refused(), HasSubstr("not trusted"));
    fs::rename(root_ / "away", home_.keys / "back.pub");
    EXPECT_TRUE(open()) << said();
    fs::remove(home_.bundles / "acme/MANIFEST.sig");
    EXPECT_THAT(why_refused(), HasSubstr("is not signed"));
}

TEST_F(InstallationTest, UnsignedOnesRunIfThatWasAllowed) {
    auto bundle = build();
    ASSERT_TRUE(install_bundle(*bundle, home_.bundles, false, diagnostics_)) << said();
    EXPECT_THAT(why_refused(), HasSubstr("is not signed"));
    ASSERT_TRUE(install_bundle(*bundle, home_.bundles, true, diagnostics_)) << said();
    EXPECT_TRUE(open()) << said();
    change("tools/opens.o", "x");
    EXPECT_THAT(why_refused(), HasSubstr("file 'tools/opens.o'"));
}

TEST_F(InstallationTest, WhatOthersCouldChangeIsRefused) {
    install();
    for (const char* name : {"bundles/acme", "bundles/acme/plugins", "bundles/acme/tools/opens.o", "bundles"}) {
        auto mode = fs::status(root_ / name).permissions();
        fs::permissions(root_ / name, fs::perms::others_write, fs::perm_options::add);
        EXPECT_THAT(why_refused(), HasSubstr("writable by others")) << name;
        fs::permissions(root_ / name, mode);
    }
    EXPECT_TRUE(open()) << said();
}

TEST_F(InstallationTest, IsReplacedAndRemoved) {
    install();
    put("src/bundle.toml", std::string(description).replace(std::string(description).find("1.2.0"), 5, "1.3.0"));
    put("src/opens.bt", "more\n");
    install();
    auto all = list_bundles({home_}, diagnostics_);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].description.version, "1.3.0");
    EXPECT_EQ(all[0].refusal, "");
    EXPECT_EQ(all[0].verdict.trust, Trust::trusted);
    EXPECT_EQ(find_bundle("acme", {home_}), home_.bundles / "acme");
    EXPECT_FALSE(find_bundle("other", {home_}));
    EXPECT_TRUE(remove_bundle(home_.bundles / "acme", diagnostics_));
    EXPECT_FALSE(find_bundle("acme", {home_}));
    EXPECT_TRUE(fs::is_empty(home_.bundles));
}

TEST_F(InstallationTest, AFailureLeavesWhatWasThere) {
    install();
    fs::remove_all(home_.bundles / "acme/plugins");
    auto bundle = build(&pair_.secret_key);
    bundle->files["bundle.toml/x"] = {0644, "cannot be: a file is a directory"};
    EXPECT_FALSE(install_bundle(*bundle, home_.bundles, false, diagnostics_));
    EXPECT_THAT(said(), HasSubstr("cannot be written"));
    EXPECT_TRUE(fs::exists(home_.bundles / "acme/tools/opens.o"));
    size_t entries = 0;
    for (auto& entry : fs::directory_iterator(home_.bundles)) entries += !entry.path().empty();
    EXPECT_EQ(entries, 1u);
}

TEST_F(InstallationTest, OneThatCannotBeReadIsListedWithTheReason) {
    install();
    change("MANIFEST", "x");
    auto all = list_bundles({home_}, diagnostics_);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_THAT(all[0].refusal, HasSubstr("it was changed after key"));
}

}  // namespace
}  // namespace avocet::core
