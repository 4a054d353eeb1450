// SPDX-License-Identifier: Apache-2.0
#include "host/sidecar.hpp"
#include "files/tree.hpp"

#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/codes.hpp"

namespace avocet::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class sidecar : public testing::Test {
protected:
    Sidecar parse(const std::string& text) { return parse_sidecar(text, "/p/sink.folder/plugin.toml", diagnostics_); }
    // The minimum, without the lines that begin with one of `without`.
    static std::string minimal(std::initializer_list<std::string> without = {}) {
        std::string out;
        for (std::string line : {"id = \"sink.x\"\n", "kind = \"sink\"\n", "version = \"1.0\"\n",
                                 "abi = { major = 1, minor = 0 }\n", "provides = [\"x\"]\n"})
            if (std::none_of(without.begin(), without.end(), [&](const auto& key) { return line.starts_with(key); }))
                out += line;
        return out;
    }
    std::vector<std::string> messages() {
        std::vector<std::string> out;
        for (const auto& d : diagnostics_.take()) {
            EXPECT_EQ(d.severity, AVOCET_WARNING) << "a broken sidecar must not fail runs that do not need it";
            out.push_back(diagnostics_.format(d, false));
        }
        return out;
    }
    Diagnostics diagnostics_;
};

TEST_F(sidecar, everything_it_may_say) {
    auto s = parse(R"(id = "probe.example"
kind = "provider"
version = "1.2.3"
summary = "an example"
library = "other.so"
abi = { major = 1, minor = 0 }
provides = ["example", "sample"]
aliases = { e = "example" }
extensions = [".ex"]
default = true
[needs]
capabilities = ["CAP_BPF"]
files = ["/sys/kernel/tracing"]
network = "tcp:1"
)");
    EXPECT_EQ(s.refusal, "");
    EXPECT_EQ(s.id, "probe.example");
    EXPECT_EQ(s.kind, "provider");
    EXPECT_EQ(s.version, "1.2.3");
    EXPECT_EQ(s.summary, "an example");
    EXPECT_EQ(s.library, "/p/sink.folder/other.so");
    EXPECT_EQ(s.abi_major, 1u);
    EXPECT_THAT(s.provides, ElementsAre("example", "sample"));
    EXPECT_EQ(s.aliases.at("e"), "example");
    EXPECT_THAT(s.extensions, ElementsAre(".ex"));
    EXPECT_TRUE(s.is_default);
    EXPECT_THAT(s.capabilities, ElementsAre("CAP_BPF"));
    EXPECT_THAT(s.files, ElementsAre("/sys/kernel/tracing"));
    EXPECT_THAT(s.network, ElementsAre("tcp:1"));
    EXPECT_THAT(messages(), ElementsAre());
}

TEST_F(sidecar, the_example_of_the_documentation_holds) {
    std::ifstream in(avocet::test::source_tree() + "/sdk/docs/sidecar.md");
    std::string page((std::istreambuf_iterator<char>(in)), {});
    auto begin = page.find("```toml\n");
    ASSERT_NE(begin, std::string::npos);
    auto s = parse(page.substr(begin + 8, page.find("```\n", begin + 8) - begin - 8));
    EXPECT_EQ(s.refusal, "");
    EXPECT_EQ(s.id, "sink.example");
    EXPECT_THAT(messages(), ElementsAre());
}

TEST_F(sidecar, the_library_is_named_after_the_id) {
    EXPECT_EQ(parse(minimal()).library, "/p/sink.folder/avocet-sink-x.so");
}

TEST_F(sidecar, a_syntax_error_has_its_place_and_the_folder_stands_for_the_id) {
    auto s = parse("id = \"sink.x\"\nkind = \n");
    EXPECT_EQ(s.id, "sink.folder");
    EXPECT_NE(s.refusal, "");
    auto all = messages();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_THAT(all[0], HasSubstr("/p/sink.folder/plugin.toml:2:"));
    EXPECT_THAT(all[0], HasSubstr("kind = "));
}

TEST_F(sidecar, an_unknown_key_is_told_with_a_suggestion_and_does_not_refuse) {
    auto s = parse(minimal() + "sumary = \"x\"\n");
    EXPECT_EQ(s.refusal, "");
    EXPECT_THAT(
        messages(),
        ElementsAre("/p/sink.folder/plugin.toml:6:1-7: warning: unknown key 'sumary' [E0301]\nsumary = \"x\"\n~~~~~~\n"
                    "hint: did you mean 'summary'?\n"));
}

TEST_F(sidecar, a_newer_one_may_say_more) {
    auto s = parse(minimal({"abi"}) + "abi = { major = 1, minor = 9 }\nhomepage = \"x\"\n");
    EXPECT_EQ(s.abi_minor, 9u);
    EXPECT_THAT(messages(), ElementsAre());
}

TEST_F(sidecar, every_missing_key_is_named_at_once) {
    EXPECT_NE(parse("").refusal, "");
    auto all = messages();
    ASSERT_EQ(all.size(), 3u);
    EXPECT_THAT(all[0], HasSubstr("key 'id' is missing"));
    EXPECT_THAT(all[1], HasSubstr("key 'kind' is missing"));
    EXPECT_THAT(all[2], HasSubstr("key 'version' is missing"));
    for (const std::string key : {"id", "kind", "version", "abi", "provides"}) {
        EXPECT_NE(parse(minimal({key})).refusal, "") << key;
        EXPECT_THAT(messages(), ElementsAre(HasSubstr("key '" + key + "' is missing")));
    }
}

TEST_F(sidecar, what_it_must_not_say) {
    struct Case {
        std::string without, with, message;
    };
    for (const auto& c : std::vector<Case>{
             {"id", "id = \"nodots\"\n", "is not a dotted id"},
             {"id", "id = \"Sink.x\"\n", "is not a dotted id"},
             {"id", "id = \"sink..x\"\n", "is not a dotted id"},
             {"id", "id = \"sink.\"\n", "is not a dotted id"},
             {"id", "id = 5\n", "expects a string, found an integer"},
             {"id", "id = \"\"\n", "key 'id' is empty"},
             {"kind", "kind = \"snik\"\n", "did you mean 'sink'?"},
             {"abi", "abi = 1\n", "expects a table, found an integer"},
             {"abi", "abi = { major = 1 }\n", "key 'abi.minor'"},
             {"abi", "abi = { major = -1, minor = 0 }\n", "key 'abi.major'"},
             {"provides", "provides = []\n", "missing or empty"},
             {"provides", "provides = [1]\n", "expects strings, found an integer"},
             {"", "library = \"../x.so\"\n", "is not the name of a file"},
             {"", "library = \"/tmp/x.so\"\n", "is not the name of a file"},
             {"", "library = \"..\"\n", "is not the name of a file"},
             {"", "library = \"\"\n", "is not the name of a file"},
             {"", "aliases = { a = \"y\" }\n", "which is not in provides"},
             {"", "aliases = { a = 1 }\n", "expects a string, found an integer"},
             {"", "default = 1\n", "expects true or false, found an integer"},
             {"", "[needs]\nfiles = 1\n", "expects a list of strings, found an integer"},
         }) {
        auto text = (c.without.empty() ? minimal() : minimal({c.without})) + c.with;
        EXPECT_NE(parse(text).refusal, "") << c.with;
        std::string all;
        for (const auto& m : messages()) all += m;
        EXPECT_THAT(all, HasSubstr(c.message)) << c.with;
    }
}

TEST_F(sidecar, any_bytes_are_an_answer) {
    parse(std::string(1, '\0'));
    parse("\xff\xfe\x00");
    parse(std::string(100000, '['));
    parse("a = " + std::string(5000, '{'));
    EXPECT_FALSE(messages().empty());
}

}  // namespace
}  // namespace avocet::core
