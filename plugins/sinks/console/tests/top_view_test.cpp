// SPDX-License-Identifier: Apache-2.0
//
// Frames of the live screen: sizes, sorting, scrolling, cutting.
#include "top_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace avocet::console {
namespace {

using testing::HasSubstr;

TopRow row(const std::string& key, int value) { return {key, std::to_string(value), {}, static_cast<double>(value)}; }

std::string plain(const std::string& line) {
    std::string out;
    for (size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\x1b')
            while (i < line.size() && line[i] != 'm') ++i;
        else
            out += line[i];
    }
    return out;
}

struct Top : testing::Test {
    TopView view;
    std::vector<std::string> frame(unsigned rows, unsigned columns) {
        auto lines = view.frame({rows, columns}, "tool");
        EXPECT_EQ(lines.size(), rows);
        for (auto& line : lines) {
            line = plain(line);
            EXPECT_LE(cell_count(line), columns) << line;
        }
        return lines;
    }
};

TEST_F(Top, every_size_has_a_frame) {
    view.set(&view, "@reads",
             {row("bash", 3), row("a long key \xe2\x82\xac \xe6\xbc\xa2\xe5\xad\x97", 12), row("x\ty", 7)});
    view.text("hello\nworld");
    for (unsigned rows : {1u, 2u, 3u, 5u, 24u, 60u})
        for (unsigned columns : {1u, 2u, 10u, 40u, 80u, 300u}) frame(rows, columns);
}

TEST_F(Top, sorted_by_value_then_the_other_way_then_by_key) {
    view.set(&view, "@m", {row("b", 1), row("a", 3), row("c", 2)});
    auto order = [&] {
        auto lines = frame(10, 60);
        std::string out;
        for (int i = 2; i < 5; ++i) out += lines[static_cast<size_t>(i)].back();
        return out;
    };
    EXPECT_EQ(order(), "acb");
    view.keys("s");
    EXPECT_EQ(order(), "bca");
    view.keys("s");
    EXPECT_EQ(order(), "abc");
    view.keys("s");
    EXPECT_EQ(order(), "acb");
}

TEST_F(Top, scrolling_stays_inside) {
    std::vector<TopRow> rows;
    for (int i = 0; i < 100; ++i) rows.push_back(row("k" + std::to_string(i), 1000 - i));
    view.set(&view, "@m", rows);
    EXPECT_THAT(frame(11, 60)[0], HasSubstr("lines 1-10 of 101"));
    view.keys("\x1b[B\x1b[B");
    EXPECT_THAT(frame(11, 60)[1], HasSubstr("k1"));
    view.keys("\x1b[6~");
    EXPECT_THAT(frame(11, 60)[0], HasSubstr("lines 13-22 of 101"));
    view.keys("\x1b[F");
    EXPECT_THAT(frame(11, 60)[10], HasSubstr("k99"));
    view.keys("\x1b[B\x1b[6~");
    EXPECT_THAT(frame(11, 60)[10], HasSubstr("k99"));
    view.keys("\x1b[H\x1b[A");
    EXPECT_THAT(frame(11, 60)[0], HasSubstr("lines 1-10"));
    view.keys("G");
    frame(90, 60);
    EXPECT_THAT(frame(90, 60)[89], HasSubstr("k99")) << "a larger screen pulls the end down";
}

TEST_F(Top, keys_may_come_in_pieces_and_unknown_ones_do_nothing) {
    std::vector<TopRow> rows;
    for (int i = 0; i < 50; ++i) rows.push_back(row("k", i));
    view.set(&view, "@m", rows);
    frame(10, 60);
    EXPECT_FALSE(view.keys("\x1b"));
    EXPECT_FALSE(view.keys("["));
    EXPECT_FALSE(view.keys("B\x1b[1;5Px\x1bOP"));
    EXPECT_THAT(frame(10, 60)[0], HasSubstr("lines 2-10"));
    EXPECT_TRUE(view.keys("q"));
}

TEST_F(Top, text_runs_below_the_maps) {
    view.set(&view, "@m", {row("a", 1), row("b", 2)});
    for (int i = 0; i < 1000; ++i) view.text("line " + std::to_string(i) + "\n");
    view.text("unfinished");
    auto lines = frame(12, 40);
    EXPECT_EQ(lines[11], "unfinished");
    EXPECT_EQ(lines[10], "line 999");
    EXPECT_THAT(lines[1], HasSubstr("@m (2)"));
}

TEST(Sparkline, heights_and_gaps) {
    EXPECT_EQ(sparkline({0, 7, 3.5, 9}, {false, false, false, true}), "▁█▅ ");
    EXPECT_EQ(sparkline({5, 5}, {false, false}), "▅▅");
    EXPECT_EQ(sparkline({}, {}), "");
}

TEST(Cells, cut_in_the_middle_of_nothing) {
    EXPECT_EQ(cut_to_cells("a\xe6\xbc\xa2z", 2), "a");
    EXPECT_EQ(cut_to_cells("a\xe6\xbc\xa2z", 3), "a\xe6\xbc\xa2");
    EXPECT_EQ(cut_to_cells("\x1b[31m\xff!", 10), " [31m !");
}

}  // namespace
}  // namespace avocet::console
