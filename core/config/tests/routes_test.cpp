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

TEST_F(routes, one_mistake_of_a_route_does_not_hide_the_others) {
    EXPECT_FALSE(load({std::string(two_sinks) +
                       "[[route]]\nto = \"scren\"\nqueue.records = 0\nmatch.kind = \"evnt\"\nmatch.where = \"a = 1\"\n"
                       "redact.x = \"bad\"\n[[route]]\nto = [\"arch\"]\n"}));
    const std::string told = said();
    for (const char* message :
         {"there is no sink 'scren'", "'queue.records' is out of range", "there are no records of kind 'evnt'",
          "'=' is no comparison", "redaction of 'x'", "there is no sink 'arch'"})
        EXPECT_THAT(told, HasSubstr(message));
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

TEST_F(routes, conditions_samples_changes_retries_dead_letters) {
    auto config = load({std::string(two_sinks) + R"([[route]]
name = "all of it"
match = { severity = "error", where = 'comm ~ "ng*" && size > 64KiB' }
sample = { one_in = 10, per_second = 100 }
drop = ["arg1", "secret*"]
rename = { arg0 = "pid" }
label = { host = "{host}", env = "prod" }
redact = { path = "|/home/([^/]+)|/home/*|", user = "hash" }
hash_key = "k"
queue = { bytes = "1MiB" }
retry = { attempts = 5, first = "10ms", longest = "5s" }
dead_letter = { path = "/tmp/{tool}.dead", size = "1MiB" }
to = "screen"
)"});
    ASSERT_TRUE(config) << said();
    const RouteConfig& route = config->routes.at(0);
    EXPECT_THAT(route.match.severities, ElementsAre("error"));
    EXPECT_EQ(route.match.where, "comm ~ \"ng*\" && size > 64KiB");
    EXPECT_EQ(route.sample.one_in, 10u);
    EXPECT_EQ(route.sample.per_second, 100u);
    EXPECT_THAT(route.transform.drop, ElementsAre("arg1", "secret*"));
    EXPECT_THAT(route.transform.rename, ElementsAre(testing::Pair("arg0", "pid")));
    EXPECT_THAT(route.transform.labels,
                testing::UnorderedElementsAre(testing::Pair("host", "{host}"), testing::Pair("env", "prod")));
    ASSERT_THAT(route.transform.redact, SizeIs(2));
    EXPECT_EQ(route.transform.redact[0].pattern, "/home/([^/]+)");
    EXPECT_EQ(route.transform.redact[0].replacement, "/home/*");
    EXPECT_TRUE(route.transform.redact[1].hash);
    EXPECT_EQ(route.transform.hash_key, "k");
    EXPECT_EQ(route.queue_bytes, 1u << 20);
    EXPECT_EQ(route.retry.attempts, 5u);
    EXPECT_EQ(route.retry.first_ns, 10'000'000u);
    EXPECT_EQ(route.retry.longest_ns, 5'000'000'000u);
    EXPECT_EQ(route.dead_letter_bytes, 1u << 20);
    EXPECT_EQ(explain_graph(*config), R"(route all of it
  takes    severity error; where comm ~ "ng*" && size > 64KiB
  samples  one event in 10, at most 100 events a second
  changes  without arg1, secret*; arg0 is called pid; path with /home/* for /home/([^/]+); user hashed; label env = prod; label host = {host}
  -> screen (test): queue of 65536 records or 1MiB, when full block; refused records are tried 5 times more, every 10ms to 5s; what is lost goes to /tmp/avocet.dead, up to 1MiB
route all
  takes    all records
  -> archive (test): queue of 65536 records or 256MiB, when full block
)");
    auto again = load({show_config(*config)});
    ASSERT_TRUE(again) << said();
    again->layers = config->layers;
    EXPECT_EQ(show_config(*again), show_config(*config));
}

TEST_F(routes, mistakes_in_them_are_told_where_they_are) {
    EXPECT_FALSE(load({std::string(two_sinks) + R"([[route]]
name = "r"
to = "screen"
match.where = 'pid = 12'
match.severity = "eror"
label.host = "{hots}"
label.x = 5
redact.a = "/x/"
redact.b = "/(/x/"
redact.c = "/x/\\7/"
rename.d = ""
retry = { first = "1s", longest = "1ms" }
)"}));
    auto text = said();
    EXPECT_THAT(
        text, HasSubstr("layer0.toml:12:20-21: error: route 'r': condition 'pid = 12': '=' is no comparison [E0355]"));
    EXPECT_THAT(text, HasSubstr("hint: write =="));
    EXPECT_THAT(text, HasSubstr("there are no records of severity 'eror'"));
    EXPECT_THAT(text, HasSubstr("did you mean 'error'?"));
    EXPECT_THAT(text, HasSubstr("label 'host': nothing stands for {hots}"));
    EXPECT_THAT(text, HasSubstr("'label.x' expects a string"));
    EXPECT_THAT(text, HasSubstr("redaction of 'a': neither a hash nor a pattern with its replacement"));
    EXPECT_THAT(text, HasSubstr("redaction of 'b': the pattern does not parse: missing )"));
    EXPECT_THAT(text, HasSubstr("redaction of 'c': the replacement does not fit"));
    EXPECT_THAT(text, HasSubstr("field 'd' cannot be renamed to nothing"));
    EXPECT_THAT(text, HasSubstr("the longest pause is shorter than the first"));
}

TEST_F(routes, a_condition_with_escapes_is_told_as_a_whole) {
    EXPECT_FALSE(load({std::string(two_sinks) + "[[route]]\nto = \"screen\"\nmatch.where = \"a == \\\"x\\\" b\"\n"}));
    EXPECT_THAT(said(),
                HasSubstr("layer0.toml:11:15-29: error: route: condition 'a == \"x\" b': does not go on like this "
                          "(at character 10) [E0355]"));
}

}  // namespace
}  // namespace avocet::core
