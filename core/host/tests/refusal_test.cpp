// SPDX-License-Identifier: Apache-2.0
//
// Every way a plugin may not fit, from real libraries: each has its own code and says what it found.
#include <filesystem>
#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/codes.hpp"
#include "host/registry.hpp"
#include "plugin_folder.hpp"

namespace avocet::core {
namespace {

namespace fs = std::filesystem;
using test::PluginDirectory;
using testing::HasSubstr;

struct Outcome {
    bool loaded = false;
    std::vector<Diagnostic> said;
    std::string listed;  // Sidecar.refusal after discovery, before loading
};

Outcome load_from(const fs::path& directory) {
    Diagnostics diagnostics;
    Registry registry(diagnostics, {});
    registry.discover({directory});
    EXPECT_EQ(registry.sidecars().size(), 1u);
    Outcome outcome;
    if (registry.sidecars().empty()) return outcome;
    outcome.listed = registry.sidecars().front().refusal;
    outcome.loaded = registry.load(registry.sidecars().front()) != nullptr;
    outcome.said = diagnostics.take();
    return outcome;
}

void expect_refused(const Outcome& outcome, uint32_t code, const std::string& message) {
    EXPECT_FALSE(outcome.loaded);
    ASSERT_EQ(outcome.said.size(), 1u);
    EXPECT_EQ(outcome.said[0].code, code);
    EXPECT_EQ(outcome.said[0].severity, AVOCET_ERROR);
    EXPECT_THAT(outcome.said[0].message, HasSubstr("plugin 'sink.test': "));
    EXPECT_THAT(outcome.said[0].message, HasSubstr(message));
}

struct Case {
    const char* variant;
    uint32_t code;
    const char* message;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.variant; }

class refusal : public testing::TestWithParam<Case> {};

TEST_P(refusal, has_its_own_code_and_words) {
    PluginDirectory directory;
    directory.add(GetParam().variant);
    expect_refused(load_from(directory.path()), GetParam().code, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    descriptor, refusal,
    testing::Values(
        Case{"no_symbol", code::plugin_no_entry, "does not export 'avocet_plugin_entry'"},
        Case{"wrong_major", code::plugin_abi_major, "built for ABI 2, this host has ABI 1"},
        Case{"needs_newer", code::plugin_abi_minor, "needs ABI 1.7 or newer, this host has 1.0"},
        Case{"short_entry", code::plugin_entry_short, "descriptor of 48 bytes, needs at least 56"},
        Case{"tiny_entry", code::plugin_entry_short, "descriptor of 4 bytes, needs at least 56"},
        Case{"tail_entry", code::plugin_entry_tail, "holds fields this host does not know"},
        Case{"wrong_id", code::plugin_disagrees, "id is 'sink.other' in the library, but 'sink.test' in plugin.toml"},
        Case{"wrong_version", code::plugin_disagrees, "version is '0.9.0' in the library, but '1.0.0' in plugin.toml"},
        Case{"no_get_factory", code::plugin_get_factory, "has no get_factory"},
        Case{"no_factory", code::plugin_no_factory, "has no factory 'avocet.sink/1'"},
        Case{"short_factory", code::plugin_factory_short, "of 32 bytes, needs 80"},
        Case{"factory_id", code::plugin_factory_id, "factory says it is 'avocet.backend/1', asked for 'avocet.sink/1'"},
        Case{"factory_tail", code::plugin_factory_tail, "holds functions this host does not know"},
        Case{"factory_null", code::plugin_factory_null, "lacks consume"},
        Case{"bad_schema", code::plugin_schema, "option 'shape' has type 99"},
        Case{"init_fails", code::plugin_init, "init failed"},
        Case{"undefined_symbol", code::plugin_unmappable, "cannot be mapped"}),
    [](const auto& test) { return std::string(test.param.variant); });

TEST(refusal_control, the_good_one_and_one_with_a_zero_tail_load) {
    for (const char* variant : {"good", "larger_entry"}) {
        PluginDirectory directory;
        directory.add(variant);
        auto outcome = load_from(directory.path());
        EXPECT_TRUE(outcome.loaded) << variant;
        EXPECT_TRUE(outcome.said.empty()) << variant;
    }
}

TEST(refusal_causes, say_what_the_plugin_or_the_loader_said) {
    PluginDirectory failing, unresolved;
    failing.add("init_fails");
    unresolved.add("undefined_symbol");
    EXPECT_THAT(load_from(failing.path()).said.at(0).causes,
                testing::ElementsAre("licence server 'lic': no answer (is it on?)"));
    EXPECT_THAT(load_from(unresolved.path()).said.at(0).causes, testing::ElementsAre(HasSubstr("nowhere_to_be_found")));
}

TEST(refusal_sidecar, an_abi_that_does_not_fit_is_refused_without_mapping) {
    PluginDirectory directory;
    auto text = PluginDirectory::sidecar("sink.test", "test");
    auto replaced = [&](const std::string& abi) {
        std::string out = text;
        return out.replace(out.find("major = 1, minor = 0"), 20, abi);
    };
    auto folder = directory.add("crash_mapping", "sink.test", replaced("major = 2, minor = 0"));
    auto outcome = load_from(directory.path());
    expect_refused(outcome, code::plugin_abi_major, "built for ABI 2");
    EXPECT_NE(outcome.listed, "");
    PluginDirectory::write(folder / "plugin.toml", replaced("major = 1, minor = 3"));
    expect_refused(load_from(directory.path()), code::plugin_abi_minor, "needs ABI 1.3 or newer");
}

TEST(refusal_sidecar, an_abi_that_disagrees_with_the_library) {
    PluginDirectory directory;
    directory.add("needs_newer");
    expect_refused(load_from(directory.path()), code::plugin_abi_minor, "needs ABI 1.7");
}

TEST(refusal_file, a_missing_library_is_listed_as_missing) {
    PluginDirectory directory;
    directory.add("");
    auto outcome = load_from(directory.path());
    expect_refused(outcome, code::file_unreadable, "avocet-sink-test.so' does not exist");
    EXPECT_THAT(outcome.listed, HasSubstr("does not exist"));
}

TEST(refusal_file, a_truncated_library_is_told_at_every_length) {
    PluginDirectory directory;
    auto library = directory.add("good") / "avocet-sink-test.so";
    const auto whole = fs::file_size(library);
    std::set<uint32_t> codes;
    for (uintmax_t size :
         {whole - 1, whole / 2, uintmax_t{4096}, uintmax_t{200}, uintmax_t{20}, uintmax_t{3}, uintmax_t{0}}) {
        fs::resize_file(library, std::min(size, whole));
        auto outcome = load_from(directory.path());
        EXPECT_FALSE(outcome.loaded) << size;
        ASSERT_EQ(outcome.said.size(), 1u) << size;
        EXPECT_EQ(outcome.said[0].code, size >= 4 ? code::plugin_truncated : code::plugin_not_elf)
            << size << ": " << outcome.said[0].message;
        codes.insert(outcome.said[0].code);
    }
    EXPECT_EQ(codes.size(), 2u);
}

TEST(refusal_file, what_is_not_a_library) {
    PluginDirectory directory;
    auto library = directory.add("") / "avocet-sink-test.so";
    PluginDirectory::write(library,
                           "#!/bin/sh\necho this is not a library, however long it is, and it is long enough\n");
    expect_refused(load_from(directory.path()), code::plugin_not_elf, "is not an ELF file");
    fs::remove(library);
    fs::create_directory(library);
    expect_refused(load_from(directory.path()), code::plugin_not_elf, "is not a file");
    fs::remove(library);
    ASSERT_EQ(mkfifo(library.c_str(), 0644), 0);
    fs::permissions(library, fs::perms(0644));
    expect_refused(load_from(directory.path()), code::plugin_not_elf, "is not a file");
}

TEST(refusal_file, a_library_for_another_machine) {
    PluginDirectory directory;
    auto library = directory.add("good") / "avocet-sink-test.so";
    std::fstream file(library, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(18);
    file.write("\x15\x00", 2);  // e_machine: PowerPC 64
    file.close();
    expect_refused(load_from(directory.path()), code::plugin_not_elf, "for another machine (ELF machine 21)");
}

TEST(refusal_owner, what_others_could_change) {
    PluginDirectory directory;
    auto folder = directory.add("good");
    auto library = folder / "avocet-sink-test.so", sidecar = folder / "plugin.toml";
    struct Change {
        fs::path path;
        unsigned mode;
        std::string message;
    };
    for (const auto& change : std::vector<Change>{
             {library, 0666, "library '" + library.string() + "' is writable by others"},
             {library, 0664, "library '" + library.string() + "' is writable by its group"},
             {sidecar, 0646, "sidecar '" + sidecar.string() + "' is writable by others"},
             {folder, 0777, "directory '" + folder.string() + "' is writable by others"},
             {folder, 01777, "directory '" + folder.string() + "' is writable by others"},
             {directory.path(), 0775, "directory '" + directory.path().string() + "' is writable by its group"}}) {
        auto before = fs::status(change.path).permissions();
        fs::permissions(change.path, fs::perms(change.mode));
        auto outcome = load_from(directory.path());
        expect_refused(outcome, code::plugin_unsafe, change.message);
        EXPECT_THAT(outcome.listed, HasSubstr(change.message)) << "also told without loading";
        EXPECT_THAT(outcome.said.at(0).hint, HasSubstr("chmod go-w"));
        fs::permissions(change.path, before);
    }
    EXPECT_TRUE(load_from(directory.path()).loaded) << "and nothing else was wrong";
}

TEST(refusal_owner, what_belongs_to_somebody_else) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root to give files away";
    PluginDirectory directory;
    auto folder = directory.add("good");
    for (const auto& path : {folder / "avocet-sink-test.so", folder / "plugin.toml", folder, directory.path()}) {
        ASSERT_EQ(chown(path.c_str(), 4242, 4242), 0);
        expect_refused(load_from(directory.path()), code::plugin_unsafe, "'" + path.string() + "' belongs to uid 4242");
        ASSERT_EQ(chown(path.c_str(), 0, 0), 0);
    }
}

TEST(refusal_owner, symbolic_links_to_files_are_not_followed) {
    PluginDirectory directory;
    auto library = directory.add("good") / "avocet-sink-test.so";
    fs::rename(library, directory.path() / "real.so");
    fs::create_symlink(directory.path() / "real.so", library);
    expect_refused(load_from(directory.path()), code::plugin_unsafe, "is a symbolic link");
}

TEST(refusal_owner, a_change_after_discovery_is_seen_when_loading) {
    PluginDirectory directory;
    auto library = directory.add("good") / "avocet-sink-test.so";
    Diagnostics diagnostics;
    Registry registry(diagnostics, {});
    registry.discover({directory.path()});
    EXPECT_EQ(registry.sidecars().front().refusal, "");
    fs::permissions(library, fs::perms(0666));
    EXPECT_EQ(registry.load(registry.sidecars().front()), nullptr);
    EXPECT_EQ(diagnostics.take().at(0).code, code::plugin_unsafe);
}

}  // namespace
}  // namespace avocet::core
