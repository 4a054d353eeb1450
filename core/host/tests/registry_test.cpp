// SPDX-License-Identifier: Apache-2.0
#include "host/registry.hpp"

#include <cstring>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "host/codes.hpp"
#include "plugin_folder.hpp"

namespace avocet::core {
namespace {

using test::PluginDirectory;
using testing::ElementsAre;
using testing::HasSubstr;

bool mapped(const std::filesystem::path& file) {
    std::ifstream maps("/proc/self/maps");
    std::string all((std::istreambuf_iterator<char>(maps)), {});
    return all.find(file.string()) != std::string::npos;
}

class registry : public testing::Test {
protected:
    std::string said() {
        std::string all;
        for (const auto& d : diagnostics_.take()) all += diagnostics_.format(d, false);
        return all;
    }
    PluginDirectory directory_;
    Diagnostics diagnostics_;
    std::vector<std::string> asked_;
    int table_ = 0;
    Registry registry_{diagnostics_, [this](const char* id) -> const void* {
                           asked_.emplace_back(id);
                           return std::strcmp(id, "test.known") == 0 ? &table_ : nullptr;
                       }};
};

TEST_F(registry, finds_by_kind_name_alias_and_extension_without_mapping) {
    auto folder = directory_.add(
        "good", "sink.test",
        PluginDirectory::sidecar("sink.test", "test", "aliases = { t = \"test\" }\nextensions = [\".tt\"]\n"));
    registry_.discover({directory_.path()});
    ASSERT_EQ(registry_.sidecars().size(), 1u);
    const auto* found = registry_.find("sink", "test");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, "sink.test");
    EXPECT_EQ(registry_.find("sink", "t"), found);
    EXPECT_EQ(registry_.find_extension(".tt"), found);
    EXPECT_EQ(registry_.find("provider", "test"), nullptr);
    EXPECT_EQ(registry_.find("sink", "tes"), nullptr);
    EXPECT_EQ(registry_.expand_alias("sink", "t"), "test");
    EXPECT_EQ(registry_.expand_alias("sink", "other"), "other");
    EXPECT_THAT(registry_.provided("sink"), ElementsAre("test"));
    EXPECT_FALSE(mapped(folder));
    EXPECT_EQ(said(), "");
}

TEST_F(registry, loads_once_and_gives_the_plugin_its_host) {
    auto folder = directory_.add("good");
    registry_.discover({directory_.path()});
    const auto* loaded = registry_.load(*registry_.find("sink", "test"));
    ASSERT_TRUE(loaded) << said();
    EXPECT_TRUE(mapped(folder));
    const auto* factory = static_cast<const avocet_sink_factory*>(loaded->factory);
    EXPECT_STREQ(factory->base.factory_id, AVOCET_SINK_1);
    EXPECT_STREQ(factory->base.options[0].name, "colour");
    EXPECT_EQ(registry_.load(*registry_.find("sink", "test")), loaded);
    EXPECT_EQ(loaded->host->struct_size, sizeof(avocet_host));
    EXPECT_EQ(loaded->host->get_extension(loaded->host->ctx, "test.known"), &table_);
    EXPECT_EQ(loaded->host->get_extension(loaded->host->ctx, "test.unknown"), nullptr);

    avocet_diagnostic d{};
    d.struct_size = sizeof d;
    d.severity = AVOCET_ERROR;
    d.message = {"m", 1};
    loaded->host->report(loaded->host->ctx, &d);
    EXPECT_EQ(said(), "sink.test: error: m\n");
}

TEST_F(registry, what_init_says_reaches_the_user) {
    directory_.add("init_warns");
    registry_.discover({directory_.path()});
    ASSERT_TRUE(registry_.load(*registry_.find("sink", "test")));
    EXPECT_EQ(said(), "sink.test: warning: old device [E0012]\n");
}

TEST(registry_end, deinit_is_called_once_and_only_after_init) {
    PluginDirectory directory;
    directory.add("good");
    Diagnostics diagnostics;
    int deinits = 0;
    auto count = [&](const char* id) -> const void* {
        deinits += std::strcmp(id, "test.deinit") == 0;
        return nullptr;
    };
    {
        Registry never_loaded(diagnostics, count);
        never_loaded.discover({directory.path()});
    }
    EXPECT_EQ(deinits, 0);
    {
        Registry registry(diagnostics, count);
        registry.discover({directory.path()});
        ASSERT_TRUE(registry.load(registry.sidecars().front()));
        EXPECT_EQ(deinits, 0);
    }
    EXPECT_EQ(deinits, 1);
}

TEST_F(registry, directories_may_be_missing_or_come_twice_or_be_one_plugin_folder) {
    auto folder = directory_.add("good");
    auto link = directory_.path() / "link";
    std::filesystem::create_directory_symlink(directory_.path(), link);
    registry_.discover({directory_.path(), directory_.path(), link, directory_.path() / "no", folder});
    EXPECT_EQ(registry_.sidecars().size(), 1u);
    EXPECT_EQ(said(), "");
    EXPECT_TRUE(registry_.load(*registry_.find("sink", "test"))) << said();
}

TEST_F(registry, a_symbolic_link_to_a_plugin_folder_is_followed_to_where_it_is) {
    auto folder = directory_.add("good");
    PluginDirectory other;
    std::filesystem::create_directory_symlink(folder, other.path() / "sink.test");
    registry_.discover({other.path()});
    ASSERT_EQ(registry_.sidecars().size(), 1u);
    EXPECT_TRUE(registry_.load(registry_.sidecars().front())) << said();
}

TEST_F(registry, the_first_of_an_id_wins) {
    PluginDirectory other;
    auto first = directory_.add("good");
    other.add("good");
    diagnostics_.set_minimum(AVOCET_DEBUG);
    registry_.discover({directory_.path(), other.path()});
    ASSERT_EQ(registry_.sidecars().size(), 1u);
    EXPECT_EQ(registry_.sidecars().front().file, first / "plugin.toml");
    EXPECT_THAT(said(), HasSubstr("is hidden by the one in"));
}

TEST_F(registry, the_default_of_a_kind_is_the_one_that_says_so_or_the_only_one) {
    directory_.add("good", "sink.a", PluginDirectory::sidecar("sink.a", "a"));
    registry_.discover({directory_.path()});
    ASSERT_TRUE(registry_.find_default("sink"));
    EXPECT_EQ(registry_.find_default("sink")->id, "sink.a");
    EXPECT_EQ(registry_.find_default("backend"), nullptr);
    PluginDirectory more;
    more.add("good", "sink.b", PluginDirectory::sidecar("sink.b", "b"));
    registry_.discover({more.path()});
    EXPECT_EQ(registry_.find_default("sink"), nullptr) << "two, and none says it is the default";
    PluginDirectory last;
    last.add("good", "sink.c", PluginDirectory::sidecar("sink.c", "c", "default = true\n"));
    registry_.discover({last.path()});
    ASSERT_TRUE(registry_.find_default("sink"));
    EXPECT_EQ(registry_.find_default("sink")->id, "sink.c");
}

TEST_F(registry, two_plugins_of_one_name_are_refused_by_an_error_that_names_both) {
    directory_.add("good");
    directory_.add("good", "sink.second", PluginDirectory::sidecar("sink.second", "test"));
    directory_.add("good", "sink.third", PluginDirectory::sidecar("sink.third", "third"));
    registry_.discover({directory_.path()});
    EXPECT_EQ(said(), "") << "a run that uses neither is not disturbed";
    const auto* found = registry_.find("sink", "test");
    ASSERT_TRUE(found);
    EXPECT_EQ(registry_.load(*found), nullptr);
    auto text = said();
    EXPECT_THAT(text, HasSubstr("plugins 'sink.second' and 'sink.test' both provide sink 'test' [E0307]"));
    EXPECT_THAT(text, HasSubstr("remove one of"));
    EXPECT_TRUE(registry_.find("sink", "third")->refusal.empty());
}

TEST_F(registry, aliases_and_extensions_conflict_too) {
    directory_.add("good", "sink.a", PluginDirectory::sidecar("sink.a", "a", "aliases = { b = \"a\" }\n"));
    directory_.add("good", "sink.b", PluginDirectory::sidecar("sink.b", "b"));
    directory_.add("good", "sink.c", PluginDirectory::sidecar("sink.c", "c", "extensions = [\".x\"]\n"));
    directory_.add("good", "sink.d", PluginDirectory::sidecar("sink.d", "d", "extensions = [\".x\"]\n"));
    registry_.discover({directory_.path()});
    EXPECT_THAT(registry_.find("sink", "b")->refusal, HasSubstr("both provide sink 'b'"));
    EXPECT_THAT(registry_.find_extension(".x")->refusal,
                HasSubstr("'sink.c' and 'sink.d' both provide file extension '.x'"));
}

TEST_F(registry, an_unsafe_folder_takes_no_name_away_from_a_safe_one) {
    auto bad = directory_.add("good", "sink.aaa", PluginDirectory::sidecar("sink.aaa", "test"));
    std::filesystem::permissions(bad, std::filesystem::perms(0777));
    directory_.add("good");
    registry_.discover({directory_.path()});
    EXPECT_EQ(registry_.find("sink", "test")->id, "sink.test");
    EXPECT_THAT(registry_.provided("sink"), ElementsAre("test"));
    EXPECT_TRUE(registry_.load(*registry_.find("sink", "test"))) << said();
}

TEST_F(registry, a_broken_sidecar_disturbs_only_itself) {
    directory_.add("good", "sink.broken", "id = ");
    directory_.add("good");
    registry_.discover({directory_.path()});
    EXPECT_TRUE(registry_.load(*registry_.find("sink", "test")));
    EXPECT_EQ(diagnostics_.error_count(), 0u);
    EXPECT_THAT(said(), HasSubstr("sink.broken/plugin.toml:1:"));
}

TEST_F(registry, what_was_never_discovered_is_refused) {
    Sidecar stranger;
    stranger.id = "sink.stranger";
    EXPECT_EQ(registry_.load(stranger), nullptr);
    EXPECT_THAT(said(), HasSubstr("plugin 'sink.stranger': was never discovered [E0326]"));
}

// --- static registration ---

avocet_status create(const avocet_host*, const avocet_options*, avocet_sink**) { return AVOCET_OK; }
void destroy(avocet_sink*) {}
avocet_status consume(avocet_sink*, const avocet_batch*, uint32_t, uint32_t*) { return AVOCET_OK; }
avocet_status finish(avocet_sink*, uint64_t*) { return AVOCET_OK; }
constexpr avocet_sink_factory static_factory{
    {sizeof(avocet_sink_factory), 0, AVOCET_SINK_1, "s", nullptr}, create, destroy, consume, finish, finish, nullptr};
const void* get_static(const char* id) { return std::strcmp(id, AVOCET_SINK_1) == 0 ? &static_factory : nullptr; }

Sidecar static_sidecar() {
    Sidecar s;
    s.id = "sink.static";
    s.kind = "sink";
    s.version = "1";
    s.abi_major = AVOCET_ABI_MAJOR;
    s.provides = {"static"};
    return s;
}

TEST_F(registry, a_static_plugin_needs_no_file_and_gets_the_same_checks) {
    avocet_plugin_entry_t entry{sizeof entry, AVOCET_ABI_MAJOR, AVOCET_ABI_MINOR, 0,         "sink.static",
                                "1",          nullptr,          nullptr,          get_static};
    registry_.add_static(&entry, static_sidecar());
    const auto* loaded = registry_.load(*registry_.find("sink", "static"));
    ASSERT_TRUE(loaded) << said();
    EXPECT_EQ(loaded->factory, &static_factory);

    Registry second(diagnostics_, {});
    avocet_plugin_entry_t other = entry;
    other.version = "2";
    second.add_static(&other, static_sidecar());
    EXPECT_EQ(second.load(*second.find("sink", "static")), nullptr);
    EXPECT_THAT(said(), HasSubstr("version is '2' in the library, but '1' in plugin.toml"));
}

}  // namespace
}  // namespace avocet::core
