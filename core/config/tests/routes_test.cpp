// SPDX-License-Identifier: Apache-2.0
//
// [[sink]], [[route]] and [plugin."ID"].
#include "config_fixture.hpp"

namespace avocet::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class routes : public ConfigTest {};

constexpr const char* two_sinks = R"([[sink]]
name = "screen"
type = "test"
[[sink]]
name = "archive"
type = "test"
path = "/x/{tool}"
rotate = { size = "100MiB", keep = 5 }
)";

TEST_F(routes, the_layout_of_the_manual) {
    auto config = load({std::string(two_sinks) + R"([[route]]
match = { kind = ["event", "map"], tool = "biolatency" }
to = ["screen", "archive"]
queue = { records = 100, when_full = "drop-oldest" }
[[route]]
name = "rest"
match.probe = ["kprobe:*"]
match.map = "@*"
to = "screen"
)"});
    ASSERT_TRUE(config) << said();
    ASSERT_THAT(config->sinks, SizeIs(2));
    EXPECT_EQ(config->sinks[1].name, "archive");
    EXPECT_EQ(config->sinks[1].type, "test");
    EXPECT_EQ(config->sinks[1].place.line, 4u);
    std::vector<std::string> keys;
    for (const auto& s : config->sinks[1].settings) keys.push_back(s.key + "=" + s.text);
    EXPECT_THAT(keys, testing::UnorderedElementsAre("path=/x/{tool}", "rotate.size=100MiB", "rotate.keep=5"));
    ASSERT_THAT(config->routes, SizeIs(2));
    EXPECT_EQ(config->routes[0].name, "route-1");
    EXPECT_THAT(config->routes[0].match.kinds, ElementsAre("event", "map"));
    EXPECT_THAT(config->routes[0].match.tools, ElementsAre("biolatency"));
    EXPECT_THAT(config->routes[0].sinks, ElementsAre("screen", "archive"));
    EXPECT_EQ(config->routes[0].queue_records, 100u);
    EXPECT_EQ(config->routes[0].when_full, WhenFull::drop_oldest);
    EXPECT_EQ(config->routes[1].name, "rest");
    EXPECT_THAT(config->routes[1].match.probes, ElementsAre("kprobe:*"));
    EXPECT_THAT(config->routes[1].match.maps, ElementsAre("@*"));
    EXPECT_EQ(config->routes[1].queue_records, 65536u);
    EXPECT_EQ(config->routes[1].when_full, WhenFull::block);
}

TEST_F(routes, a_sink_without_a_type_or_with_a_name_twice) {
    EXPECT_FALSE(
        load({"[[sink]]\nname = \"a\"\n\n[[sink]]\nname = \"b\"\ntype = \"t\"\n[[sink]]\nname = \"b\"\ntype = "
              "\"t\"\n[[sink]]\ntype = 5\n"}));
    auto text = said();
    EXPECT_THAT(text, HasSubstr("layer0.toml:1:1-9: error: sink 'a': has no type [E0350]\n[[sink]]\n"));
    EXPECT_THAT(text, HasSubstr("layer0.toml:7:1-9: error: sink 'b': the name is used twice [E0350]"));
    EXPECT_THAT(text, HasSubstr("layer0.toml:4:1-9: note: the first one is here"));
    EXPECT_THAT(text, HasSubstr("key 'type' expects a word"));
}

TEST_F(routes, a_sink_is_called_as_its_type_unless_named) {
    auto config = load({"[[sink]]\ntype = \"t\"\n"});
    ASSERT_TRUE(config) << said();
    EXPECT_EQ(config->sinks.at(0).name, "t");
}

TEST_F(routes, a_route_to_an_unknown_sink) {
    EXPECT_FALSE(load({std::string(two_sinks) +
                       "[[route]]\nto = [\"screen\", \"archiv\"]\n[[route]]\nname = \"x\"\nto = \"nowhere\"\n"}));
    auto text = said();
    EXPECT_THAT(text, HasSubstr("layer0.toml:10:1-26: error: route: there is no sink 'archiv' [E0351]"));
    EXPECT_THAT(text, HasSubstr("did you mean 'archive'?"));
    EXPECT_THAT(text, HasSubstr("layer0.toml:13:1-15: error: route 'x': there is no sink 'nowhere' [E0351]"));
    EXPECT_THAT(text, HasSubstr("there are screen, archive"));
}

TEST_F(routes, what_else_is_wrong_with_a_route) {
    for (const auto& [route, message] : std::vector<std::pair<std::string, std::string>>{
             {"", "route: option 'to' is required"},
             {"to = []\n", "route: goes to no sink"},
             {"to = 5\n", "route: option 'to' expects a list of strings, found '5'"},
             {"to = \"screen\"\nmatch.kind = \"evnt\"\n", "there are no records of kind 'evnt' [E0351]"},
             {"to = \"screen\"\nmatch.kindd = \"event\"\n", "unknown option 'match.kindd' [E0344]"},
             {"to = \"screen\"\nqueue.records = 0\n", "option 'queue.records' is out of range: 0"},
             {"to = \"screen\"\nqueue.when_full = \"drop\"\n", "option 'queue.when_full' cannot be 'drop'"},
             {"to = \"screen\"\nmatch = \"event\"\n", "unknown option 'match'"},
         }) {
        EXPECT_FALSE(load({std::string(two_sinks) + "[[route]]\n" + route})) << route;
        EXPECT_THAT(said(), HasSubstr(message)) << route;
    }
}

TEST_F(routes, later_layers_replace_by_name_and_add_the_rest) {
    auto config = load({std::string(two_sinks) + "[[route]]\nname = \"r\"\nto = \"screen\"\n",
                        "[[sink]]\nname = \"archive\"\ntype = \"other\"\n[[route]]\nname = \"r\"\nto = "
                        "\"archive\"\n[[route]]\nto = \"screen\"\n"});
    ASSERT_TRUE(config) << said();
    ASSERT_THAT(config->sinks, SizeIs(2));
    EXPECT_EQ(config->sinks[1].type, "other");
    EXPECT_THAT(config->sinks[1].settings, SizeIs(0)) << "replaced as a whole: options of another type would not fit";
    ASSERT_THAT(config->routes, SizeIs(2));
    EXPECT_THAT(config->routes[0].sinks, ElementsAre("archive"));
    EXPECT_EQ(config->routes[1].name, "route-2");
}

TEST_F(routes, plugin_tables_by_id_merge_key_by_key) {
    auto config = load({"[plugin.\"probe.x\"]\na = 1\nb = \"one\"\n",
                        "[plugin.probe.x]\nb = \"two\"\n[plugin.probe.y]\nc = [\"d\"]\n"});
    ASSERT_TRUE(config) << said();
    ASSERT_THAT(config->plugin_options, SizeIs(2));
    const auto& x = config->plugin_options.at("probe.x");
    ASSERT_THAT(x.settings, SizeIs(2));
    EXPECT_EQ(x.settings[1].text, "two");
    EXPECT_THAT(config->plugin_options.at("probe.y").settings.at(0).items, ElementsAre("d"));
    EXPECT_FALSE(load({"[plugin.probe]\nx = 1\n"}));
    EXPECT_THAT(said(), HasSubstr("'probe' is not a plugin's id"));
}

TEST_F(routes, a_list_holds_plain_values) {
    EXPECT_FALSE(load({"[[sink]]\ntype = \"t\"\nlist = [[1]]\n"}));
    EXPECT_THAT(said(), HasSubstr("a list holds plain values, found an array"));
}

}  // namespace
}  // namespace avocet::core
