// SPDX-License-Identifier: Apache-2.0
//
// The bytes that redraw a block of maps.
#include "live_block.hpp"

#include <gtest/gtest.h>

namespace avocet::console {
namespace {

const int a = 0, b = 0;

std::string block(const std::string& text) { return "\x1b[?7l" + text + "\x1b[?7h"; }

TEST(LiveBlock, nothing_drawn_is_nothing_to_erase) {
    LiveBlock live;
    EXPECT_EQ(live.erase(), "");
    EXPECT_EQ(live.draw(24), "");
    EXPECT_EQ(live.erase(), "");
}

TEST(LiveBlock, erasing_goes_up_by_the_lines_drawn) {
    LiveBlock live;
    live.set(&a, "1\n2\n");
    live.set(&b, "3");
    EXPECT_EQ(live.draw(24), block("1\n2\n3\n"));
    EXPECT_EQ(live.erase(), "\r\x1b[3A\x1b[J");
    EXPECT_EQ(live.erase(), "");
}

TEST(LiveBlock, a_map_keeps_its_place_and_can_leave) {
    LiveBlock live;
    live.set(&a, "1\n");
    live.set(&b, "2\n");
    live.set(&a, "one\n");
    EXPECT_EQ(live.draw(24), block("one\n2\n"));
    live.erase();
    live.remove(&a);
    EXPECT_EQ(live.draw(24), block("2\n"));
    live.erase();
    live.remove(&b);
    EXPECT_TRUE(live.empty());
    EXPECT_EQ(live.draw(24), "");
}

TEST(LiveBlock, a_block_higher_than_the_terminal_shows_its_end) {
    LiveBlock live;
    live.set(&a, "1\n2\n3\n4\n5\n6\n");
    EXPECT_EQ(live.draw(7), block("1\n2\n3\n4\n5\n6\n"));
    live.erase();
    EXPECT_EQ(live.draw(5), block("... 3 more lines above\n4\n5\n6\n"));
    EXPECT_EQ(live.erase(), "\r\x1b[4A\x1b[J");
}

}  // namespace
}  // namespace avocet::console
