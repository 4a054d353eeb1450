// SPDX-License-Identifier: Apache-2.0
#include "config_fixture.hpp"
#include "files/tree.hpp"

#include <unistd.h>

namespace avocet::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class layers : public ConfigTest {};

TEST_F(layers, without_any_the_built_in_values_hold) {
    auto config = load({});
    ASSERT_TRUE(config) << said();
    EXPECT_EQ(config->transport, "ring");
    EXPECT_EQ(config->buffer_bytes_per_cpu, 8u << 20);
    EXPECT_EQ(config->drain_interval_ns, 5'000'000u);
    EXPECT_EQ(config->cache_bytes, 64u << 20);
    EXPECT_TRUE(config->cache_enabled);
    EXPECT_EQ(config->cache_directory.filename(), "avocet");
    EXPECT_EQ(config->frontend, "");
    EXPECT_THAT(config->sinks, SizeIs(0));
    EXPECT_EQ(said(), "");
}

TEST_F(layers, the_built_in_values_are_those_of_the_struct) {
    const Config plain;
    auto config = load({});
    ASSERT_TRUE(config);
    EXPECT_EQ(config->transport, plain.transport);
    EXPECT_EQ(config->buffer_bytes_per_cpu, plain.buffer_bytes_per_cpu);
    EXPECT_EQ(config->drain_interval_ns, plain.drain_interval_ns);
    EXPECT_EQ(config->cache_bytes, plain.cache_bytes);
    EXPECT_EQ(config->cache_enabled, plain.cache_enabled);
}

TEST_F(layers, every_setting_of_the_core) {
    auto config = load({R"(
[run]
frontend = "dsl"
backend = "bpf"
[transport]
kind = "perf"
size_per_cpu = "1MiB"
drain_interval = "20ms"
[cache]
directory = "/var/cache/x"
size = 1048576
enabled = false
[plugins]
directories = ["/a", "/b"]
)"});
    ASSERT_TRUE(config) << said();
    EXPECT_EQ(config->frontend, "dsl");
    EXPECT_EQ(config->backend, "bpf");
    EXPECT_EQ(config->transport, "perf");
    EXPECT_EQ(config->buffer_bytes_per_cpu, 1u << 20);
    EXPECT_EQ(config->drain_interval_ns, 20'000'000u);
    EXPECT_EQ(config->cache_directory, "/var/cache/x");
    EXPECT_EQ(config->cache_bytes, 1u << 20);
    EXPECT_FALSE(config->cache_enabled);
    EXPECT_THAT(config->plugin_directories, ElementsAre("/a", "/b"));
    EXPECT_THAT(config->layers, SizeIs(1));
}

TEST_F(layers, the_example_of_the_documentation_holds) {
    std::ifstream in(avocet::test::source_tree() + "/sdk/docs/configuration.md");
    std::string page((std::istreambuf_iterator<char>(in)), {});
    auto begin = page.find("```toml\n");
    ASSERT_NE(begin, std::string::npos);
    auto config = load({page.substr(begin + 8, page.find("```\n", begin + 8) - begin - 8)});
    ASSERT_TRUE(config) << said();
    EXPECT_EQ(said(), "");
    EXPECT_THAT(config->sinks, SizeIs(2));
    EXPECT_EQ(config->routes.at(0).name, "latency");
    EXPECT_EQ(config->plugin_options.count("probe.example"), 1u);
}

TEST_F(layers, a_later_one_wins_key_by_key) {
    auto config =
        load({"[transport]\nkind = \"perf\"\nsize_per_cpu = \"1MiB\"\n", "[transport]\nsize_per_cpu = \"2MiB\"\n"},
             {{"AVOCET_CACHE_ENABLED", "no"}, {"AVOCET_TRANSPORT_DRAIN_INTERVAL", "1ms"}},
             {"transport.drain_interval=2ms", "run.backend=x=y"});
    ASSERT_TRUE(config) << said();
    EXPECT_EQ(config->transport, "perf");
    EXPECT_EQ(config->buffer_bytes_per_cpu, 2u << 20);
    EXPECT_FALSE(config->cache_enabled);
    EXPECT_EQ(config->drain_interval_ns, 2'000'000u) << "an override wins over the environment";
    EXPECT_EQ(config->backend, "x=y");
}

TEST_F(layers, unknown_keys_and_wrong_values_are_all_told_at_once) {
    auto config =
        load({"[run]\nfrontnd = \"dsl\"\n[transport]\nkind = \"rign\"\nsize_per_cpu = true\ndrain_interval = "
              "5\n[cahce]\nsize = 1\n"});
    EXPECT_FALSE(config);
    EXPECT_EQ(said(),
              "layer0.toml:7:2-7: error: unknown key 'cahce' [E0301]\n[cahce]\n ~~~~~\nhint: did you mean 'cache'?\n"
              "layer0.toml:2:1-16: error: unknown key 'run.frontnd' [E0344]\nfrontnd = \"dsl\"\n~~~~~~~~~~~~~~~\nhint: "
              "did you mean 'run.frontend'?\n"
              "layer0.toml:4:1-14: error: key 'transport.kind' cannot be 'rign' [E0347]\nkind = "
              "\"rign\"\n~~~~~~~~~~~~~\nhint: did you mean 'ring'?\n"
              "layer0.toml:5:1-20: error: key 'transport.size_per_cpu' expects a size, found 'true' "
              "[E0345]\nsize_per_cpu = true\n~~~~~~~~~~~~~~~~~~~\n"
              "hint: write \"100MiB\", \"64k\" or a number of bytes\n"
              "layer0.toml:6:1-19: error: key 'transport.drain_interval' expects a duration, found '5' "
              "[E0345]\ndrain_interval = 5\n~~~~~~~~~~~~~~~~~~\n"
              "hint: write \"5s\", \"250ms\" or \"1h\"\n");
}

TEST_F(layers, a_number_out_of_range_tells_the_range) {
    EXPECT_FALSE(load({"[transport]\nsize_per_cpu = 5\n"}));
    EXPECT_THAT(said(), HasSubstr("key 'transport.size_per_cpu' is out of range: 5 [E0346]"));
    EXPECT_FALSE(load({"[transport]\ndrain_interval = \"1h\"\n"}));
    EXPECT_THAT(said(), HasSubstr("hint: 100us to 10s"));
}

TEST_F(layers, a_syntax_error_has_its_place_and_other_layers_are_still_read) {
    EXPECT_FALSE(load({"[run\n", "[run]\nbackand = \"x\"\n"}));
    auto text = said();
    EXPECT_THAT(text, HasSubstr("layer0.toml:1:5"));
    EXPECT_THAT(text, HasSubstr("[E0300]"));
    EXPECT_THAT(text, HasSubstr("unknown key 'run.backand'"));
}

TEST_F(layers, tables_must_be_tables) {
    EXPECT_FALSE(load({"run = 1\nsink = 2\nplugin = { \"probe.x\" = 3 }\nroute = [1]\n"}));
    auto text = said();
    EXPECT_THAT(text, HasSubstr("'run' is a table, found an integer"));
    EXPECT_THAT(text, HasSubstr("'sink' is a list of tables, found an integer"));
    EXPECT_THAT(text, HasSubstr("'plugin.probe.x' is a table, found an integer"));
    EXPECT_THAT(text, HasSubstr("'route' is a list of tables, found an integer"));
}

TEST_F(layers, the_file_of_the_flag_must_exist_and_the_others_need_not) {
    Sources sources{{directory_ / "none.toml", "/proc/self/status/none.toml"}, std::nullopt, {}, {}};
    EXPECT_TRUE(load_config(sources, diagnostics_));
    EXPECT_EQ(said(), "");
    sources.extra_file = directory_ / "missing.toml";
    EXPECT_FALSE(load_config(sources, diagnostics_));
    EXPECT_EQ(said(), "error: configuration '" +
                          (directory_ / "missing.toml").string().substr(directory_.string().size() + 1) +
                          "': does not exist [E0340]\n");
}

TEST_F(layers, a_file_that_cannot_be_read_is_an_error_in_any_layer) {
    std::filesystem::create_directory(directory_ / "d.toml");
    EXPECT_FALSE(load_config(Sources{{directory_ / "d.toml"}, std::nullopt, {}, {}}, diagnostics_));
    EXPECT_THAT(said(), HasSubstr("configuration 'd.toml' cannot be read: Is a directory"));
}

TEST_F(layers, a_file_that_others_can_change_is_a_warning) {
    auto path = file("open.toml", "[run]\nbackend = \"x\"\n");
    std::filesystem::permissions(path, std::filesystem::perms(0666));
    auto config = load_config(Sources{{path}, std::nullopt, {}, {}}, diagnostics_);
    ASSERT_TRUE(config);
    EXPECT_EQ(config->backend, "x");
    EXPECT_THAT(said(), HasSubstr("warning: configuration 'open.toml' is writable by others (mode 0666) [E0341]"));
}

TEST_F(layers, environment_values_are_text_and_their_errors_name_the_variable) {
    EXPECT_FALSE(load({}, {{"AVOCET_TRANSPORT_KIND", "rnig"}, {"AVOCET_CACHE_SIZE", "lots"}}));
    EXPECT_EQ(
        said(),
        "AVOCET_TRANSPORT_KIND: error: key 'transport.kind' cannot be 'rnig' [E0347]\nhint: did you mean 'ring'?\n"
        "AVOCET_CACHE_SIZE: error: key 'cache.size' expects a size, found 'lots' [E0345]\nhint: write \"100MiB\", "
        "\"64k\" or a number of bytes\n");
    auto config =
        load({"[run]\nbackend = \"x\"\n"}, {{"AVOCET_PLUGINS_DIRECTORIES", "/a::/b:"}, {"AVOCET_RUN_BACKEND", ""}});
    ASSERT_TRUE(config) << said();
    EXPECT_THAT(config->plugin_directories, ElementsAre("/a", "/b"));
    EXPECT_EQ(config->backend, "x") << "an empty variable is as if it were not set";
}

TEST_F(layers, an_unknown_variable_is_a_warning_with_a_suggestion) {
    EXPECT_TRUE(load({}, {{"AVOCET_RUN_BACKND", "x"}, {"AVOCET_SOMETHING", "y"}}));
    EXPECT_EQ(said(),
              "warning: environment variable 'AVOCET_RUN_BACKND': nothing reads it [E0342]\nhint: did you mean "
              "'AVOCET_RUN_BACKEND'?\n"
              "warning: environment variable 'AVOCET_SOMETHING': nothing reads it [E0342]\n");
}

TEST_F(layers, the_process_has_its_own) {
    setenv("XDG_CONFIG_HOME", "/cfg", 1);
    setenv("AVOCET_RUN_BACKEND", "a=b", 1);
    auto sources = process_sources("/x.toml", {"a=b"});
    unsetenv("AVOCET_RUN_BACKEND");
    unsetenv("XDG_CONFIG_HOME");
    EXPECT_THAT(sources.files, ElementsAre("/etc/avocet/avocet.toml", "/cfg/avocet/avocet.toml"));
    EXPECT_EQ(sources.extra_file, "/x.toml");
    EXPECT_THAT(sources.environment,
                testing::Contains(std::pair<std::string, std::string>("AVOCET_RUN_BACKEND", "a=b")));
    setenv("HOME", "/home/me", 1);
    EXPECT_EQ(process_sources({}, {}).files.at(1), "/home/me/.config/avocet/avocet.toml");
}

TEST_F(layers, overrides_reach_sinks_routes_and_plugins) {
    auto config =
        load({"[[sink]]\nname = \"a\"\ntype = \"test\"\npath = \"/x\"\n[[route]]\nname = \"r\"\nto = \"a\"\n"}, {},
             {"sink.a.path=/y", "sink.a.rotate.keep=3", "route.r.queue.records=7", "plugin.probe.x.depth.max=2",
              "plugin.\"probe.a.b\".c=d"});
    ASSERT_TRUE(config) << said();
    ASSERT_THAT(config->sinks, SizeIs(1));
    ASSERT_THAT(config->sinks[0].settings, SizeIs(2));
    EXPECT_EQ(config->sinks[0].settings[0].text, "/y");
    EXPECT_EQ(config->sinks[0].settings[1].key, "rotate.keep");
    EXPECT_EQ(config->routes.at(0).queue_records, 7u);
    EXPECT_EQ(config->plugin_options.at("probe.x").settings.at(0).key, "depth.max");
    EXPECT_EQ(config->plugin_options.at("probe.a.b").settings.at(0).text, "d");
}

TEST_F(layers, overrides_that_do_not_fit) {
    const std::string sink = "[[sink]]\nname = \"archive\"\ntype = \"test\"\n";
    for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
             {"x", "override 'x': is not KEY=VALUE"},
             {"=x", "override '=x': is not KEY=VALUE"},
             {"run.backnd=x",
              "run.backnd=x: error: unknown key 'run.backnd' [E0344]\nhint: did you mean 'run.backend'?"},
             {"cache.size=much", "cache.size=much: error: key 'cache.size' expects a size"},
             {"sink.archiv.path=/x", "there is no sink 'archiv' [E0343]\nhint: did you mean 'archive'?"},
             {"sink.archive.name=x", "a name cannot be changed"},
             {"plugin.probe=x", "names no plugin's option"},
             {"plugin.\"probe.x=x", "names no plugin's option"},
         }) {
        EXPECT_FALSE(load({sink}, {}, {text})) << text;
        EXPECT_THAT(said(), HasSubstr(message)) << text;
    }
}

TEST_F(ConfigTest, DefaultsOfAToolAreBelowAllFiles) {
    Sources sources{{file("user.toml", "[transport]\nkind = \"ring\"\n[[sink]]\nname = \"a\"\ntype = \"mine\"\n")},
                    std::nullopt,
                    {},
                    {}};
    sources.defaults = {"the tool's",
                        "[transport]\nkind = \"perf\"\nsize_per_cpu = \"4MiB\"\n"
                        "[[sink]]\nname = \"a\"\ntype = \"theirs\"\n[[sink]]\nname = \"b\"\ntype = \"theirs\"\n"};
    auto config = load_config(sources, diagnostics_);
    ASSERT_TRUE(config) << said();
    EXPECT_EQ(config->transport, "ring");
    EXPECT_EQ(config->buffer_bytes_per_cpu, 4u << 20);
    ASSERT_EQ(config->sinks.size(), 2u);
    EXPECT_EQ(config->sinks[0].type, "mine");
    EXPECT_EQ(config->sinks[1].type, "theirs");
    EXPECT_EQ(config->layers.front(), "the tool's");
    sources.defaults->second = "[rum]\n";
    EXPECT_FALSE(load_config(sources, diagnostics_));
    EXPECT_THAT(said(), testing::HasSubstr("the tool's:1:"));
}

}  // namespace
}  // namespace avocet::core
