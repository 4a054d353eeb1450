// SPDX-License-Identifier: Apache-2.0
//
// Manifests: the example of the documentation, and every way to be wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "files/tree.hpp"
#include "program/manifest.hpp"

namespace avocet::core {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

std::vector<std::string> errors_of(std::string_view json) {
    Diagnostics d;
    EXPECT_FALSE(parse_manifest(json, d).has_value()) << json;
    std::vector<std::string> out;
    for (const auto& e : d.take()) out.push_back(e.message);
    EXPECT_FALSE(out.empty()) << json;
    return out;
}

std::string documented_example() {
    std::ifstream file(avocet::test::source_tree() + "/sdk/docs/program.md");
    std::stringstream text;
    text << file.rdbuf();
    std::string all = text.str();
    size_t start = all.find("```json\n") + 8;
    return all.substr(start, all.find("```", start) - start);
}

TEST(Manifest, TheDocumentedExample) {
    Diagnostics d;
    auto m = parse_manifest(documented_example(), d);
    ASSERT_TRUE(m.has_value());
    EXPECT_EQ(d.error_count(), 0u);
    EXPECT_EQ(m->tool, "opens");
    EXPECT_EQ(m->source_name, "stdin");
    EXPECT_TRUE(m->events);
    EXPECT_EQ(m->stacks, 127u);
    ASSERT_EQ(m->functions.size(), 1u);
    EXPECT_EQ(m->functions[0].identity, "selector");
    EXPECT_EQ(m->functions[0].selector_count, 1024u);
    ASSERT_EQ(m->functions[0].probes.size(), 1u);
    EXPECT_EQ(m->functions[0].probes[0].place.end_column, 38u);
    EXPECT_EQ(m->functions[0].probes[0].place.file, "stdin");
    ASSERT_EQ(m->maps.size(), 1u);
    EXPECT_EQ(m->maps[0].aggregate, "hist");
    ASSERT_EQ(m->outputs.size(), 3u);
    EXPECT_EQ(m->outputs[0].format, "%s -> %s\n");
    EXPECT_EQ(m->outputs[1].map, 0);
    EXPECT_EQ(m->options[0].default_text, "0");
    EXPECT_THAT(m->needs, Contains("ring_buffer"));
    EXPECT_EQ(m->settings.max_strlen, 1024u);
}

TEST(Manifest, DefaultsAndTrailingZeros) {
    Diagnostics d;
    auto m = parse_manifest(std::string("{\"schema\": 1, \"unknown\": [1]}\0\0", 32), d);
    ASSERT_TRUE(m.has_value());
    EXPECT_TRUE(m->settings.print_maps_on_exit);
    EXPECT_EQ(m->settings.str_trunc_trailer, "..");
}

TEST(Manifest, NotJson) {
    EXPECT_THAT(errors_of(""), Contains(HasSubstr("not valid JSON")));
    EXPECT_THAT(errors_of("{\"schema\": 1"), Contains(HasSubstr("at byte")));
    EXPECT_THAT(errors_of("\xff"), Contains(HasSubstr("not valid JSON")));
    EXPECT_THAT(errors_of("[1]"), Contains(HasSubstr("'manifest' must be an object")));
    EXPECT_THAT(errors_of("{\"schema\": 1e999}"), Contains(HasSubstr("out of range")));
    EXPECT_THAT(errors_of(std::string(100000, '[')), Contains(HasSubstr("not valid JSON")));
}

TEST(Manifest, OtherSchemas) {
    EXPECT_THAT(errors_of("{}"), Contains(HasSubstr("'schema' is missing")));
    EXPECT_THAT(errors_of("{\"schema\": 2}"), Contains(HasSubstr("schema 2 is not the schema 1")));
    EXPECT_THAT(errors_of("{\"schema\": \"1\"}"), Contains(HasSubstr("'schema' must be a non-negative integer")));
}

struct Wrong {
    const char *json, *fact;
};
// Names the case: without it a test's name would be made of the addresses of these texts.
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.json; }
class WrongManifest : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongManifest, IsReportedWithItsPath) {
    EXPECT_THAT(errors_of("{\"schema\": 1, " + std::string(GetParam().json) + "}"),
                Contains(HasSubstr(GetParam().fact)));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, WrongManifest,
    ::testing::Values(
        Wrong{R"("tool": 1)", "'tool' must be a string"}, Wrong{R"("events": 1)", "'events' must be true or false"},
        Wrong{R"("stacks": 1000000)", "'stacks' must be at most 4096"},
        Wrong{R"("stacks": -1)", "'stacks' must be a non-negative integer"},
        Wrong{R"("stacks": 1.5)", "'stacks' must be a non-negative integer"},
        Wrong{R"("source": "x")", "'source' must be an object"},
        Wrong{R"("functions": {})", "'functions' must be an array"},
        Wrong{R"("functions": [1])", "'functions[0]' must be an object"},
        Wrong{R"("functions": [{"context": "runtime"}])", "'functions[0].name' is missing"},
        Wrong{R"("functions": [{"name": "f", "context": "nowhere"}])", "'functions[0].context' must be one of"},
        Wrong{R"("functions": [{"name": "f", "context": "runtime", "identity": "x"}])",
              "'functions[0].identity' must be one of"},
        Wrong{R"("functions": [{"name": "f", "context": "runtime", "selector_count": 65537}])",
              "must be at most 65536"},
        Wrong{R"("functions": [{"name": "f", "context": "runtime", "probes": [{}]}])",
              "'functions[0].probes[0].spec' is missing"},
        Wrong{R"("functions": [{"name": "f", "context": "runtime"}, {"name": "f", "context": "runtime"}])",
              "holds 'f' twice"},
        Wrong{R"("maps": [{"name": "@a"}])", "'maps[0].symbol' is missing"},
        Wrong{R"("maps": [{"name": "@a", "symbol": "a", "bits": 6}])", "'maps[0].bits' must be at most 5"},
        Wrong{R"("maps": [{"name": "@a", "symbol": "a", "aggregate": "lhist"}])", "'maps[0].step' must be at least 1"},
        Wrong{R"("maps": [{"name": "@a", "symbol": "a", "aggregate": "lhist", "min": 5, "max": 5, "step": 1}])",
              "must be above min"},
        Wrong{
            R"("maps": [{"name": "@a", "symbol": "a", "aggregate": "lhist", "min": -9223372036854775808, "max": 9223372036854775807, "step": 1}])",
            "too many buckets"},
        Wrong{
            R"("maps": [{"name": "@a", "symbol": "a", "aggregate": "lhist", "min": 0, "max": 9223372036854775808, "step": 1}])",
            "must be at most"},
        Wrong{R"("outputs": [{}])", "'outputs[0].kind' is missing"},
        Wrong{R"("outputs": [{"kind": "shout"}])", "'outputs[0].kind' must be one of"},
        Wrong{R"("outputs": [{"kind": "bark", "format": "x"}])", "'outputs[0].kind' must be one of"},
        Wrong{R"("outputs": [{"kind": "cat"}])", "'outputs[0].format' is missing"},
        Wrong{R"("outputs": [{"kind": "printf"}])", "'outputs[0].format' is missing"},
        Wrong{R"("outputs": [{"kind": "value"}])", "'outputs[0].type' is missing"},
        Wrong{R"("outputs": [{"kind": "print_map", "map": 0}])", "'outputs[0].map' must be the number of a map"},
        Wrong{R"("outputs": [{"kind": "clear"}])", "'outputs[0].map' must be the number of a map"},
        Wrong{R"("outputs": [{"kind": "error", "severity": "loud"}])", "'outputs[0].severity' must be one of"},
        Wrong{R"("options": [{"name": "a", "type": "float"}])", "'options[0].type' must be one of"},
        Wrong{R"("options": [{"name": "a", "type": "int", "default": []}])", "'options[0].default' must be"},
        Wrong{R"("needs": [1])", "'needs[0]' must be a string"},
        Wrong{R"("settings": [])", "'settings' must be an object"},
        Wrong{R"("settings": {"max_strlen": "1"})", "'settings.max_strlen' must be a non-negative integer"}));

TEST(Manifest, AllMistakesAtOnce) {
    auto errors = errors_of(R"({"schema": 1, "tool": 1, "events": 2, "functions": [{"name": 3}]})");
    EXPECT_EQ(errors.size(), 4u);
}

}  // namespace
}  // namespace avocet::core
