// SPDX-License-Identifier: Apache-2.0
#include "host/ownership.hpp"

#include <filesystem>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "plugin_folder.hpp"

namespace avocet::core {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

struct stat status_of(uid_t owner, mode_t mode) {
    struct stat s {};
    s.st_uid = owner;
    s.st_mode = mode;
    return s;
}

TEST(ownership, root_and_the_user_are_trusted_when_nobody_else_may_write) {
    EXPECT_FALSE(check_ownership(status_of(0, S_IFREG | 0644), "file", "/x"));
    EXPECT_FALSE(check_ownership(status_of(geteuid(), S_IFDIR | 0700), "file", "/x"));
}

TEST(ownership, others_are_not) {
    auto why = check_ownership(status_of(4242, S_IFREG | 0644), "library", "/x");
    ASSERT_TRUE(why);
    EXPECT_EQ(why->message, "library '/x' belongs to uid 4242, neither root nor the user");
    EXPECT_THAT(why->hint, HasSubstr("chown"));
}

TEST(ownership, write_bits_of_group_and_others_are_told_apart) {
    EXPECT_EQ(check_ownership(status_of(0, S_IFREG | 0664), "file", "/x")->message,
              "file '/x' is writable by its group (mode 0664)");
    EXPECT_EQ(check_ownership(status_of(0, S_IFDIR | 01777), "directory", "/x")->message,
              "directory '/x' is writable by others (mode 1777)");
}

TEST(ownership, a_directory_above_may_be_open_only_if_sticky) {
    test::PluginDirectory temporary;  // in /tmp, which is sticky
    auto inner = temporary.path() / "a/b";
    fs::create_directories(inner);
    fs::permissions(temporary.path() / "a", fs::perms(0755));
    EXPECT_FALSE(check_ancestors(inner));
    fs::permissions(temporary.path() / "a", fs::perms(0777));
    auto why = check_ancestors(inner);
    ASSERT_TRUE(why);
    EXPECT_THAT(why->message, HasSubstr("/a' is writable by others (mode 0777)"));
    fs::permissions(temporary.path() / "a", fs::perms(01777));
    EXPECT_FALSE(check_ancestors(inner));
    EXPECT_FALSE(check_ancestors("/"));
}

TEST(ownership, reading_stops_at_the_limit) {
    test::PluginDirectory temporary;
    auto path = temporary.path() / "f";
    test::PluginDirectory::write(path, std::string(40000, 'x'));
    auto opened = [&] { return FileDescriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC)); };
    EXPECT_EQ(read_all(opened(), 40000)->size(), 40000u);
    EXPECT_FALSE(read_all(opened(), 100));
    EXPECT_EQ(errno, EFBIG);
}

}  // namespace
}  // namespace avocet::core
