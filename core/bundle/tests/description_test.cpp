// SPDX-License-Identifier: Apache-2.0
//
// bundle.toml: what is read, and that all its mistakes are told at once, each at its place.
#include "bundle/tests/fixture.hpp"

namespace avocet::core {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DescriptionTest : public BundleTest {
protected:
    std::optional<BundleDescription> parse(const std::string& text) {
        return parse_description(text, "bundle.toml", diagnostics_);
    }
    static constexpr const char* head =
        "schema = 1\nname = \"acme\"\nversion = \"1\"\nsummary = \"s\"\npublisher = \"p\"\n";
};

TEST_F(DescriptionTest, EverythingThereIs) {
    auto d = parse(description);
    ASSERT_TRUE(d) << said();
    EXPECT_EQ(d->name, "acme");
    EXPECT_EQ(d->version, "1.2.0");
    EXPECT_EQ(d->publisher, "Acme Inc.");
    EXPECT_EQ(d->license, "");
    ASSERT_EQ(d->tools.size(), 2u);
    EXPECT_EQ(d->tools[0].file, "opens.bt");
    EXPECT_EQ(d->tools[1].summary, "System calls");
    ASSERT_EQ(d->plugins.size(), 1u);
    EXPECT_EQ(d->plugins[0].path, "plugins/acme.tally");
    ASSERT_TRUE(d->defaults);
    EXPECT_EQ(d->defaults->path, "defaults.toml");
    ASSERT_EQ(d->docs.size(), 1u);
    EXPECT_EQ(d->find_tool("calls"), &d->tools[1]);
    EXPECT_EQ(d->find_tool("nothing"), nullptr);
}

TEST_F(DescriptionTest, UnknownKeysAtTheirPlacesAllAtOnce) {
    EXPECT_FALSE(parse(std::string(head) + "publsher = \"x\"\n[[tool]]\nname = \"a\"\nfile = \"a.bt\"\nsumary = \"y\"\n"
                                           "[[plugins]]\ndir = \"z\"\n"));
    const auto text = said();
    EXPECT_THAT(text, HasSubstr("bundle.toml:6:1"));
    EXPECT_THAT(text, HasSubstr("did you mean 'publisher'?"));
    EXPECT_THAT(text, HasSubstr("bundle.toml:10:1"));
    EXPECT_THAT(text, HasSubstr("unknown key 'tool.sumary'"));
    EXPECT_THAT(text, HasSubstr("key 'tool.summary' is missing"));
    EXPECT_THAT(text, HasSubstr("did you mean 'plugin'?"));
}

TEST_F(DescriptionTest, WhatIsMissing) {
    EXPECT_FALSE(parse(""));
    const auto text = said();
    for (const char* key : {"schema", "name", "version", "summary", "publisher"})
        EXPECT_THAT(text, HasSubstr("key '" + std::string(key) + "' is missing"));
    EXPECT_FALSE(parse(head));
    EXPECT_THAT(said(), HasSubstr("holds neither a tool nor a plugin"));
}

TEST_F(DescriptionTest, NamesAndPaths) {
    EXPECT_FALSE(
        parse("schema = 1\nname = \"Acme_X\"\nversion = \"1 2\"\nsummary = \"s\"\npublisher = \"p\"\n"
              "[[tool]]\nname = \"a/b\"\nfile = \"../a.bt\"\nsummary = \"s\"\n"
              "[[doc]]\nfile = \"/etc/passwd\"\n"));
    const auto text = said();
    EXPECT_THAT(text, HasSubstr("name 'Acme_X'"));
    EXPECT_THAT(text, HasSubstr("version '1 2'"));
    EXPECT_THAT(text, HasSubstr("name 'a/b'"));
    EXPECT_THAT(text, HasSubstr("'../a.bt': leads out of the bundle"));
    EXPECT_THAT(text, HasSubstr("'/etc/passwd': is an absolute path"));
}

TEST_F(DescriptionTest, TwiceTheSame) {
    EXPECT_FALSE(parse(std::string(head) + "[[tool]]\nname = \"a\"\nfile = \"a.bt\"\nsummary = \"s\"\n"
                                           "[[tool]]\nname = \"a\"\nfile = \"b.bt\"\nsummary = \"s\"\n"
                                           "[[plugin]]\ndir = \"p\"\n[[plugin]]\ndir = \"p/q\"\n"));
    const auto text = said();
    EXPECT_THAT(text, HasSubstr("tool 'a': the name is used twice"));
    EXPECT_THAT(text, HasSubstr("plugin 'p/q': is inside plugin 'p'"));
}

TEST_F(DescriptionTest, AnotherSchema) {
    EXPECT_FALSE(parse("schema = 2\nnew = true\n"));
    const auto text = said();
    EXPECT_THAT(text, HasSubstr("schema 2"));
    EXPECT_THAT(text, HasSubstr("update avocet"));
    EXPECT_THAT(text, Not(HasSubstr("unknown key")));  // a newer one may say more
}

TEST_F(DescriptionTest, WrongTypes) {
    EXPECT_FALSE(parse(std::string(head) + "tool = 5\n[[doc]]\nfile = 7\n"));
    const auto text = said();
    EXPECT_THAT(text, HasSubstr("key 'tool'"));
    EXPECT_THAT(text, HasSubstr("write [[tool]]"));
    EXPECT_THAT(text, HasSubstr("key 'doc.file': expects a string"));
    EXPECT_FALSE(parse("schema = [\n"));
    EXPECT_THAT(said(), HasSubstr("bundle.toml:"));
}

}  // namespace
}  // namespace avocet::core
