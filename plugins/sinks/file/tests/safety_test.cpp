// SPDX-License-Identifier: Apache-2.0
//
// In a directory where anybody can create names, what somebody else may have planted is not written to.
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.hpp"

namespace avocet::testing {
namespace {

struct Planted : ::testing::Test {
    Scratch scratch;
    FakeHost host;
    std::string shared = scratch / "shared", path = shared + "/log", victim = scratch / "victim";

    void SetUp() override {
        std::filesystem::create_directory(shared);
        ASSERT_EQ(::chmod(shared.c_str(), 01777), 0);
        std::ofstream(victim) << "precious";
    }
    std::string refusal() {
        LoadedSink sink(PLUGIN_FILE, host, {{"path", path}});
        EXPECT_EQ(sink.status(), AVOCET_ERR_PERMISSION);
        return host.reports().empty() ? "" : host.reports().back();
    }
    void TearDown() override { EXPECT_EQ(content(victim), "precious"); }
};

TEST_F(Planted, a_symbolic_link_is_refused) {
    ASSERT_EQ(::symlink(victim.c_str(), path.c_str()), 0);
    EXPECT_EQ(refusal(), "file '" + path + "': is a symbolic link in a directory that anybody can write to");
}

TEST_F(Planted, a_symbolic_link_to_nothing_is_refused) {
    ASSERT_EQ(::symlink((scratch / "nothing").c_str(), path.c_str()), 0);
    EXPECT_EQ(refusal(), "file '" + path + "': is a symbolic link in a directory that anybody can write to");
    EXPECT_FALSE(std::filesystem::exists(scratch / "nothing"));
}

TEST_F(Planted, a_hard_link_is_refused) {
    ASSERT_EQ(::link(victim.c_str(), path.c_str()), 0);
    EXPECT_EQ(refusal(), "file '" + path + "': has a second name, in a directory that anybody can write to");
}

TEST_F(Planted, a_file_of_another_user_is_refused) {
    if (::geteuid() != 0) GTEST_SKIP() << "giving a file to another user needs root";
    std::ofstream(path) << "mine";
    ASSERT_EQ(::chown(path.c_str(), 12345, 12345), 0);
    EXPECT_EQ(refusal(), "file '" + path + "': belongs to another user, in a directory that anybody can write to");
    EXPECT_EQ(content(path), "mine");
}

TEST_F(Planted, a_new_file_and_one_of_ones_own_are_fine) {
    Records events(AVOCET_RECORD_EVENT);
    for (int run = 0; run < 2; ++run) {
        LoadedSink sink(PLUGIN_FILE, host, {{"path", path}, {"append", "true"}});
        ASSERT_EQ(sink.status(), AVOCET_OK);
        sink.consume(events.rows(1));
        sink.close();
    }
    EXPECT_EQ(content(path), "row 0\nrow 1\n");
}

}  // namespace
}  // namespace avocet::testing
