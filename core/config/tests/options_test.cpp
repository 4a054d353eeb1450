// SPDX-License-Identifier: Apache-2.0
//
// Settings against a plugin's schema, from TOML and from flags.
#include "config/schema.hpp"

#include "config_fixture.hpp"
#include "option_schema.hpp"

namespace avocet::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

avocet_factory factory_with(const avocet_option* options, size_t count) {
    return {sizeof(avocet_sink_factory), static_cast<uint32_t>(count), AVOCET_SINK_1, "s", options};
}

class options : public ConfigTest {
protected:
    // The options of one sink, as TOML.
    std::optional<OptionValues> validate(const std::string& toml) {
        auto config = load({"[[sink]]\nname = \"s\"\ntype = \"test\"\n" + toml});
        return config ? validate_options(factory_with(test_schema.data(), test_schema.size()), config->sinks.at(0),
                                         diagnostics_)
                      : std::nullopt;
    }
    static Options read(const OptionValues& values) { return Options(test_schema, &values.abi()); }
};

TEST_F(options, every_type) {
    auto values = validate(R"(path = "/x"
format = "json"
rotate = { size = "1MiB", keep = 7, every = "30m" }
append = true
header = "h"
fields = ["x", "y,z"]
offset = -3
)");
    ASSERT_TRUE(values) << said();
    auto o = read(*values);
    EXPECT_EQ(o.instance(), "s");
    EXPECT_EQ(o.text("path"), "/x");
    EXPECT_EQ(o.text("format"), "json");
    EXPECT_EQ(o.integer("format"), 1) << "index into the choices";
    EXPECT_EQ(o.size_bytes("rotate.size"), 1u << 20);
    EXPECT_EQ(o.integer("rotate.keep"), 7);
    EXPECT_EQ(o.duration_ns("rotate.every"), 1'800'000'000'000u);
    EXPECT_TRUE(o.boolean("append"));
    EXPECT_EQ(o.text("header"), "h");
    EXPECT_THAT(o.list("fields"), ElementsAre("x", "y,z"));
    EXPECT_EQ(o.integer("offset"), -3);
    EXPECT_FALSE(o.is_set("key_phrase"));
    EXPECT_EQ(values->abi().struct_size, sizeof(avocet_options));
    EXPECT_EQ(values->abi().count, test_schema.size());
}

TEST_F(options, defaults_are_filled_in) {
    auto values = validate("path = \"/x\"\n");
    ASSERT_TRUE(values) << said();
    auto o = read(*values);
    EXPECT_EQ(o.text("format"), "text");
    EXPECT_TRUE(o.is_set("format"));
    EXPECT_EQ(o.integer("rotate.keep"), 5);
    EXPECT_EQ(o.duration_ns("rotate.every"), 3'600'000'000'000u);
    EXPECT_FALSE(o.boolean("append"));
    EXPECT_TRUE(o.is_set("append"));
    EXPECT_FALSE(o.is_set("rotate.size"));
    EXPECT_FALSE(o.is_set("header"));
    EXPECT_THAT(o.list("fields"), ElementsAre("a", "b"));
}

TEST_F(options, all_errors_at_once_each_at_its_place) {
    EXPECT_FALSE(
        validate("fromat = \"json\"\nformat = \"jsn\"\nrotate.keep = 0\nrotate.size = \"10 potatoes\"\nappend = "
                 "\"yes\"\nheader = 5\n"));
    auto text = said();
    for (const char* message :
         {"layer0.toml:1:1-9: error: sink 's': option 'path' is required [E0348]\n[[sink]]\n",
          "layer0.toml:4:1-16: error: sink 's': unknown option 'fromat' [E0344]", "hint: did you mean 'format'?",
          "layer0.toml:5:1-15: error: sink 's': option 'format' cannot be 'jsn' [E0347]", "hint: did you mean 'json'?",
          "layer0.toml:6:8-16: error: sink 's': option 'rotate.keep' is out of range: 0 [E0346]", "hint: 1 to 100",
          "layer0.toml:7:8-28: error: sink 's': option 'rotate.size' expects a size, found '10 potatoes' [E0345]",
          "layer0.toml:8:1-15: error: sink 's': option 'append' expects true or false, found 'yes' [E0345]",
          "hint: write it without quotes",
          "layer0.toml:9:1-11: error: sink 's': option 'header' expects a string, found '5' [E0345]",
          "hint: strings are written in quotes"})
        EXPECT_THAT(text, HasSubstr(message));
}

TEST_F(options, paths_are_expanded) {
    auto config = load({"[[sink]]\ntype = \"test\"\npath = \"/x/{tool}.{pid}\"\n"});
    ASSERT_TRUE(config);
    const auto factory = factory_with(test_schema.data(), test_schema.size());
    auto values = validate_options(factory, config->sinks.at(0), PathValues{"opens", 0, 7, "h"}, diagnostics_);
    ASSERT_TRUE(values) << said();
    EXPECT_EQ(read(*values).text("path"), "/x/opens.7");
    EXPECT_FALSE(validate("path = \"/x/{tol}\"\n"));
    EXPECT_THAT(said(), HasSubstr("option 'path': placeholder '{tol}' does not exist [E0349]"));
}

TEST_F(options, text_of_flags_may_be_any_type) {
    const auto factory = factory_with(test_schema.data(), test_schema.size());
    auto sink =
        parse_sink_flag("test:path=/x,append,rotate.keep=3,rotate.size=2M,fields=a,fields=b,header=1", diagnostics_);
    ASSERT_TRUE(sink);
    auto values = validate_options(factory, *sink, diagnostics_);
    ASSERT_TRUE(values) << said();
    auto o = read(*values);
    EXPECT_TRUE(o.boolean("append"));
    EXPECT_EQ(o.integer("rotate.keep"), 3);
    EXPECT_EQ(o.size_bytes("rotate.size"), 2u << 20);
    EXPECT_THAT(o.list("fields"), ElementsAre("a", "b"));
    EXPECT_EQ(o.text("header"), "1");
    sink = parse_sink_flag("test:path=/x,append=maybe,rotate.keep=x", diagnostics_);
    EXPECT_FALSE(validate_options(factory, *sink, diagnostics_));
    auto text = said();
    EXPECT_THAT(text, HasSubstr("--sink test:path=/x,append=maybe,rotate.keep=x: error: sink 'test': option 'append' "
                                "expects true or false, found 'maybe'"));
    EXPECT_THAT(text, HasSubstr("option 'rotate.keep' expects an integer, found 'x'"));
}

TEST_F(options, a_plugins_own_malformed_default_is_its_fault) {
    const avocet_option broken[] = {avocet::option(AVOCET_OPTION_INT, "n", "many", "a number")};
    auto config = load({"[[sink]]\ntype = \"t\"\n"});
    ASSERT_TRUE(config);
    EXPECT_FALSE(validate_options(factory_with(broken, 1), config->sinks.at(0), diagnostics_));
    EXPECT_THAT(said(), HasSubstr("the default of option 'n' does not fit its own schema: 'many' [E0353]"));
}

TEST_F(options, entries_of_a_newer_plugin_may_be_larger) {
    struct Larger {
        avocet_option known;
        uint64_t more;
    } schema[] = {{avocet::option(AVOCET_OPTION_INT, "a", "1", "x"), 7},
                  {avocet::option(AVOCET_OPTION_INT, "b", "2", "y"), 8}};
    for (auto& entry : schema) entry.known.struct_size = sizeof entry;
    auto config = load({"[[sink]]\ntype = \"t\"\nb = 5\n"});
    auto values = validate_options(factory_with(&schema[0].known, 2), config->sinks.at(0), diagnostics_);
    ASSERT_TRUE(values) << said();
    ASSERT_EQ(values->abi().count, 2u);
    EXPECT_EQ(values->abi().values[0].number, 1);
    EXPECT_EQ(values->abi().values[1].number, 5);
}

TEST_F(options, values_outlive_what_they_came_from) {
    std::optional<OptionValues> values;
    {
        auto config =
            load({"[[sink]]\ntype = \"test\"\npath = \"/a/long/enough/path/to/be/on/the/heap\"\nfields = [\"a string "
                  "that is long enough for the heap\"]\n"});
        values =
            validate_options(factory_with(test_schema.data(), test_schema.size()), config->sinks.at(0), diagnostics_);
    }
    ASSERT_TRUE(values);
    OptionValues copy = *values;
    values.reset();
    EXPECT_EQ(read(copy).text("path"), "/a/long/enough/path/to/be/on/the/heap");
    EXPECT_THAT(read(copy).list("fields"), ElementsAre("a string that is long enough for the heap"));
}

}  // namespace
}  // namespace avocet::core
