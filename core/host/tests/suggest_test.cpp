// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "host/diagnostics.hpp"

namespace avocet::core {
namespace {

TEST(closest, finds_the_word_that_was_meant) {
    std::vector<std::string> words{"vfs_read", "vfs_write", "do_exit"};
    EXPECT_EQ(closest("vfs_raed", words), "vfs_read");
    EXPECT_EQ(closest("vfs_wrte", words), "vfs_write");
    EXPECT_EQ(closest("VFS_READ", words), "vfs_read");
    EXPECT_EQ(closest("frontnd", {"backend", "frontend"}), "frontend");
    EXPECT_EQ(closest("knid", {"kind", "name"}), "kind");
}

TEST(closest, says_nothing_when_nothing_is_close) {
    EXPECT_EQ(closest("completely", {"different", "words"}), "");
    EXPECT_EQ(closest("", {"a"}), "");
    EXPECT_EQ(closest("a", {"b"}), "");
    EXPECT_EQ(closest("same", {"same"}), "") << "the word itself is no suggestion";
    EXPECT_EQ(closest(std::string(1 << 20, 'x'), {std::string(1 << 20, 'y')}), "");
}

TEST(closest, prefers_the_nearest) { EXPECT_EQ(closest("sizes", {"sixths", "size", "seizes"}), "size"); }

}  // namespace
}  // namespace avocet::core
