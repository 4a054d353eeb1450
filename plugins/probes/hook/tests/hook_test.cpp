// SPDX-License-Identifier: Apache-2.0
//
// lsm and fmod_ret through the C tables.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "avocet/abi/hook.h"
#include "testing/loaded_provider.hpp"

using namespace avocet;
using avocet::testing::LoadedProvider;

TEST(Hook, security_functions_can_be_replaced) {
    LoadedProvider provider("probe.hook");
    const auto names = provider.names("fmod_ret:security_file_*");
    if (names.empty()) GTEST_SKIP() << "this kernel's types have no security functions";
    EXPECT_TRUE(std::find(names.begin(), names.end(), "fmod_ret:security_file_open") != names.end());
    const auto plan = provider.resolve("fmod_ret:security_file_open").at(0);
    EXPECT_EQ(plan.kind, AVOCET_PLAN_FUNCTION);
    EXPECT_EQ(plan.flags, static_cast<uint32_t>(AVOCET_PLAN_MODIFY));
    EXPECT_EQ(plan.targets.at(0).symbol, "security_file_open");
    EXPECT_TRUE(provider.resolve("fmod_ret:security_file_opn").empty());
    EXPECT_NE(provider.last_message().find("no function of this name"), std::string::npos) << provider.last_message();
}

TEST(Hook, hooks_are_named_without_their_prefix) {
    LoadedProvider provider("probe.hook");
    if (provider.names("lsm:file_open").empty()) GTEST_SKIP() << "this kernel has no BPF security hooks";
    const auto plan = provider.resolve("lsm:file_open").at(0);
    EXPECT_EQ(plan.flags, static_cast<uint32_t>(AVOCET_PLAN_LSM));
    EXPECT_EQ(plan.targets.at(0).symbol, "bpf_lsm_file_open");
    EXPECT_EQ(plan.targets.at(0).name, "lsm:file_open");
}

TEST(Hook, refuses_what_cannot_be_one_place) {
    LoadedProvider provider("probe.hook");
    for (const char* spec : {"lsm:*", "lsm:", "lsm:a:b", "fmod_ret:security_*", "lsm:no_such_hook"})
        EXPECT_TRUE(provider.resolve(spec).empty()) << spec;
    EXPECT_TRUE(provider.describe("fmod_ret:security_file_open").empty());
}

TEST(Hook, functions_that_are_not_marked_are_refused) {
    const auto list = std::filesystem::temp_directory_path() / ("avocet-hook-" + std::to_string(getpid()));
    std::ofstream(list) << "vfs_read\tERRNO\n";
    LoadedProvider provider("probe.hook", {{"injection_file", list.string()}});
    if (!provider.names("fmod_ret:security_file_open").empty()) {
        EXPECT_EQ(provider.resolve("fmod_ret:vfs_read").size(), 1u);
        EXPECT_TRUE(provider.resolve("fmod_ret:vfs_write").empty());
        EXPECT_NE(provider.last_message().find("does not let its result be replaced"), std::string::npos);
    }
    std::filesystem::remove(list);
}
