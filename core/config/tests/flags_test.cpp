// SPDX-License-Identifier: Apache-2.0
#include "config_fixture.hpp"

namespace avocet::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class flags : public ConfigTest {};

TEST_F(flags, a_sink_in_one_line) {
    auto sink = parse_sink_flag("test:name=archive,path=/x\\,y,format=json,quiet", diagnostics_);
    ASSERT_TRUE(sink) << said();
    EXPECT_EQ(sink->type, "test");
    EXPECT_EQ(sink->name, "archive");
    ASSERT_THAT(sink->settings, SizeIs(3));
    EXPECT_EQ(sink->settings[0].text, "/x,y");
    EXPECT_EQ(sink->settings[1].key, "format");
    EXPECT_EQ(sink->settings[2].text, "true");
    EXPECT_EQ(parse_sink_flag("test", diagnostics_)->name, "test");
    EXPECT_EQ(parse_sink_flag("test:url=http://a:80/x=y", diagnostics_)->settings.at(0).text, "http://a:80/x=y");
}

TEST_F(flags, sinks_that_do_not_parse) {
    for (const auto& [text, message] :
         std::vector<std::pair<std::string, std::string>>{{"", "names no type"},
                                                          {":path=/x", "names no type"},
                                                          {"path=/x", "the type comes first"},
                                                          {"test:=x", "a value without a key"},
                                                          {"test:type=y", "the type is given twice"},
                                                          {"test:name=", "its name is empty"}}) {
        EXPECT_FALSE(parse_sink_flag(text, diagnostics_)) << text;
        EXPECT_THAT(said(), HasSubstr("--sink '" + text + "': " + message));
    }
}

TEST_F(flags, a_route_in_one_line) {
    auto route = parse_route_flag(
        "event, map@tool=x,tool=y,probe=tracepoint:* -> archive, screen:records=10,when_full=drop-newest,name=r",
        diagnostics_);
    ASSERT_TRUE(route) << said();
    EXPECT_THAT(route->match.kinds, ElementsAre("event", "map"));
    EXPECT_THAT(route->match.tools, ElementsAre("x", "y"));
    EXPECT_THAT(route->match.probes, ElementsAre("tracepoint:*"));
    EXPECT_THAT(route->sinks, ElementsAre("archive", "screen"));
    EXPECT_EQ(route->queue_records, 10u);
    EXPECT_EQ(route->when_full, WhenFull::drop_newest);
    EXPECT_EQ(route->name, "r");
    route = parse_route_flag("-> screen", diagnostics_);
    ASSERT_TRUE(route);
    EXPECT_THAT(route->match.kinds, SizeIs(0));
    EXPECT_THAT(parse_route_flag("*@map=@a->s", diagnostics_)->match.maps, ElementsAre("@a"));
}

TEST_F(flags, routes_that_do_not_parse) {
    for (const auto& [text, message] :
         std::vector<std::pair<std::string, std::string>>{{"event", "has no '->'"},
                                                          {"event ->", "names no sink"},
                                                          {"evnt -> s", "there are no records of kind 'evnt'"},
                                                          {"event@tol=x -> s", "unknown option 'match.tol'"},
                                                          {"event -> s:records=-1", "'queue.records' is out of range"},
                                                          {"event -> s:when_full=bolck", "did you mean 'block'?"}}) {
        EXPECT_FALSE(parse_route_flag(text, diagnostics_)) << text;
        EXPECT_THAT(said(), HasSubstr(message)) << text;
    }
}

TEST_F(flags, sinks_of_one_type_get_numbers_and_names_stay_unique) {
    auto config = load({"[[sink]]\ntype = \"t\"\n"});
    ASSERT_TRUE(config);
    EXPECT_TRUE(add_sink(*config, *parse_sink_flag("t:a=1", diagnostics_), diagnostics_));
    EXPECT_TRUE(add_sink(*config, *parse_sink_flag("t:a=2", diagnostics_), diagnostics_));
    EXPECT_EQ(config->sinks.at(1).name, "t-2");
    EXPECT_EQ(config->sinks.at(2).name, "t-3");
    EXPECT_TRUE(add_sink(*config, *parse_sink_flag("t:name=x", diagnostics_), diagnostics_));
    EXPECT_FALSE(add_sink(*config, *parse_sink_flag("t:name=x", diagnostics_), diagnostics_));
    EXPECT_THAT(said(), HasSubstr("sink 'x': the name is used twice"));
}

TEST_F(flags, a_route_must_reach_a_sink_that_is_there) {
    auto config = load({"[[sink]]\ntype = \"screen\"\n"});
    ASSERT_TRUE(config);
    EXPECT_TRUE(add_route(*config, *parse_route_flag("event -> screen", diagnostics_), diagnostics_));
    EXPECT_EQ(config->routes.at(0).name, "route-1");
    EXPECT_FALSE(add_route(*config, *parse_route_flag("event -> scren", diagnostics_), diagnostics_));
    EXPECT_THAT(said(), HasSubstr("did you mean 'screen'?"));
}

}  // namespace
}  // namespace avocet::core
