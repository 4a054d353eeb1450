// SPDX-License-Identifier: Apache-2.0
//
// What `avocet config show` and `sample` print is read back, so it cannot drift from what is understood. With a real
// plugin, whose schema the samples and the masks come from.
#include "config_fixture.hpp"

namespace avocet::core {
namespace {

using testing::HasSubstr;
using testing::Not;

class show : public ConfigTest {
protected:
    show() { registry_.discover({AVOCET_TEST_PLUGINS}); }
    // The sample as if the user had taken away every `# `; `only` lines up to the first plugin.
    static std::string uncommented(const std::string& sample) {
        std::string out, line;
        for (std::istringstream in(sample); std::getline(in, line);)
            out += (line.starts_with("# ") ? line.substr(2) : line) + '\n';
        return out;
    }
    Registry registry_{diagnostics_, {}};
};

TEST_F(show, the_sample_is_valid_as_it_is_and_changes_nothing) {
    auto sample = sample_config(registry_);
    ASSERT_EQ(said(), "");
    auto with = load({sample}), without = load({});
    ASSERT_TRUE(with && without) << said();
    with->layers.clear();
    EXPECT_EQ(show_config(*with), show_config(*without));
}

TEST_F(show, the_sample_names_every_option_with_its_default_and_limits) {
    auto sample = sample_config(registry_);
    for (const char* line :
         {"[transport]\n", "# kind = \"ring\"\n", "# size_per_cpu = \"8MiB\"\n", "(4KiB to 4GiB)",
          "# drain_interval = \"5ms\"\n",
          "## sink.test 1.0.0: takes every type of option\n# [[sink]]\n# name = \"test\"\n# type = \"test\"\n",
          "## file to write (required)\n# path = \"\"\n",
          "## form of a line (one of text, json, csv)\n# format = \"text\"\n", "# rotate.keep = 5\n", "(1KiB to 1TiB)",
          "# append = false\n", "## Which records"})
        EXPECT_THAT(sample, HasSubstr(line));
}

TEST_F(show, the_sample_loads_as_it_is_and_changes_nothing) {
    auto with = load({sample_config(registry_)}), without = load({});
    ASSERT_TRUE(with && without) << said();
    with->layers.clear();
    EXPECT_EQ(show_config(*with), show_config(*without));
}

TEST_F(show, the_sample_is_valid_with_every_line_in_use) {
    auto text = uncommented(sample_config(registry_));
    auto at = text.find("to = []");
    ASSERT_NE(at, std::string::npos) << text;
    text.replace(at, 7, "to = [\"test\"]");
    auto config = load({text});
    ASSERT_TRUE(config) << said() << text;
    const auto* loaded = registry_.load(*registry_.find("sink", "test"));
    ASSERT_TRUE(loaded);
    EXPECT_TRUE(
        validate_options(*static_cast<const avocet_factory*>(loaded->factory), config->sinks.at(0), diagnostics_))
        << said();
}

TEST_F(show, what_is_shown_is_read_back_the_same) {
    auto config = load({R"([run]
backend = "b"
[transport]
kind = "perf"
size_per_cpu = "1MiB"
[cache]
directory = "/a \"b\"\\c"
[plugins]
directories = ["/p"]
[[sink]]
name = "s"
type = "test"
path = "/x\ty"
fields = ["a", "b"]
rotate.keep = 7
[[route]]
match = { kind = "event", tool = ["x", "y"], probe = "p:*", map = "@m" }
to = "s"
queue = { records = 5, when_full = "drop-newest" }
[plugin."probe.x"]
depth = 3
)"});
    ASSERT_TRUE(config) << said();
    auto first = show_config(*config, &registry_);
    auto again = load({first});
    ASSERT_TRUE(again) << said() << first;
    EXPECT_EQ(show_config(*again, &registry_), first);
    EXPECT_EQ(again->cache_directory, config->cache_directory);
    EXPECT_EQ(again->sinks.at(0).settings.size(), 3u);
    EXPECT_EQ(again->routes.at(0).when_full, WhenFull::drop_newest);
}

TEST_F(show, secrets_are_masked_by_schema_and_by_name) {
    auto config =
        load({"[[sink]]\ntype = \"test\"\npath = \"/x\"\nkey_phrase = \"open "
              "sesame\"\n[plugin.\"probe.x\"]\nauth.Token = \"abc123\"\n"});
    ASSERT_TRUE(config) << said();
    auto text = show_config(*config, &registry_);
    EXPECT_THAT(text, HasSubstr("key_phrase = \"********\""));
    EXPECT_THAT(text, HasSubstr("auth.Token = \"********\""));
    EXPECT_THAT(text, Not(HasSubstr("sesame")));
    EXPECT_THAT(text, Not(HasSubstr("abc123")));
    EXPECT_THAT(text, HasSubstr("path = \"/x\""));
}

TEST_F(show, names_that_no_plugin_provides) {
    auto config =
        load({"[run]\nbackend = \"bfp\"\n[[sink]]\nname = \"a\"\ntype = \"tset\"\n[[sink]]\ntype = "
              "\"test\"\n[plugin.\"sink.tst\"]\na = 1\n"});
    ASSERT_TRUE(config) << said();
    EXPECT_FALSE(check_plugins(*config, registry_, diagnostics_));
    auto text = said();
    EXPECT_THAT(text, HasSubstr("no plugin provides the backend 'bfp' [E0354]"));
    EXPECT_THAT(text, HasSubstr("sink 'a': no plugin provides the sink 'tset' [E0354]"));
    EXPECT_THAT(text, HasSubstr("did you mean 'test'?"));
    EXPECT_THAT(text, HasSubstr("there is no plugin 'sink.tst' [E0354]"));
    config = load({"[[sink]]\ntype = \"test\"\n"});
    EXPECT_TRUE(check_plugins(*config, registry_, diagnostics_));
}

}  // namespace
}  // namespace avocet::core
