// SPDX-License-Identifier: Apache-2.0
//
// The console on a real pseudo-terminal. A child with the terminal as its standard streams drives the sink; the parent
// reads what comes out into a small model of a screen, and looks at what a person would see.
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "../../testing/loaded_sink.hpp"

namespace avocet::testing {
namespace {

// Lines of unlimited number; understands CR, LF, cursor up, clear below, colours and the wrap switch.
class Screen {
public:
    explicit Screen(size_t columns) : columns_(columns) {}
    void put(const std::string& bytes) {
        for (size_t i = 0; i < bytes.size(); ++i) {
            if (bytes[i] == '\x1b')
                i = escape(bytes, i + 2);
            else if (bytes[i] == '\r')
                column_ = 0;
            else if (bytes[i] == '\n')
                ++row_, at();
            else
                character(bytes[i]);
        }
    }
    std::vector<std::string> lines() const {
        auto out = lines_;
        while (!out.empty() && out.back().empty()) out.pop_back();
        return out;
    }

private:
    std::string& at() {
        if (lines_.size() <= row_) lines_.resize(row_ + 1);
        return lines_[row_];
    }
    void character(char c) {
        if (column_ >= columns_) {
            if (!wrap_) return;
            column_ = 0;
            ++row_;
        }
        std::string& line = at();
        if (line.size() <= column_) line.resize(column_ + 1, ' ');
        line[column_++] = c;
    }
    size_t escape(const std::string& bytes, size_t i) {
        std::string argument;
        while (i < bytes.size() && !std::isalpha(static_cast<unsigned char>(bytes[i]))) argument += bytes[i++];
        char command = bytes.at(i);
        if (command == 'A')
            row_ -= std::min<size_t>(row_, std::stoul(argument));
        else if (command == 'J')
            lines_.resize(row_ + 1), at().resize(std::min(at().size(), column_));
        else if (command == 'h' || command == 'l')
            wrap_ = command == 'h';
        else if (command != 'm')
            ADD_FAILURE() << "unknown sequence " << argument << command;
        return i;
    }
    size_t columns_, row_ = 0, column_ = 0;
    bool wrap_ = true;
    std::vector<std::string> lines_;
};

struct Terminal {
    std::string bytes;
    std::vector<std::string> lines;
};

Terminal on_terminal(unsigned short rows, unsigned short columns, const std::function<void()>& body) {
    winsize size{rows, columns, 0, 0};
    int master = -1;
    pid_t child = ::forkpty(&master, nullptr, nullptr, &size);
    if (child == 0) {
        body();
        ::_exit(0);
    }
    Terminal out;
    char buffer[4096];
    for (ssize_t n; (n = ::read(master, buffer, sizeof buffer)) > 0;) out.bytes.append(buffer, static_cast<size_t>(n));
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    ::close(master);
    Screen screen(columns);
    screen.put(out.bytes);
    out.lines = screen.lines();
    return out;
}

using Lines = std::vector<std::string>;
const LoadedSink::Settings no_colour = {{"colour", "never"}};

TEST(Terminal, live_maps_are_replaced_and_other_output_scrolls_above) {
    auto terminal = on_terminal(24, 80, [] {
        FakeHost host;
        Records events(AVOCET_RECORD_EVENT), loss(AVOCET_RECORD_LOSS), a(AVOCET_RECORD_MAP, "@a"),
            b(AVOCET_RECORD_MAP, "@b");
        LoadedSink sink(PLUGIN_FILE, host, no_colour);
        sink.consume(events.rows(1));
        sink.consume(a.rows(2, AVOCET_BATCH_REDRAW));
        sink.consume(b.rows(1, AVOCET_BATCH_REDRAW));
        sink.consume(events.rows(2));
        sink.consume(a.rows(1, AVOCET_BATCH_REDRAW));
        sink.consume(loss.text("Lost 1 event"));
        sink.consume(b.rows(2, AVOCET_BATCH_REDRAW));
    });
    EXPECT_EQ(terminal.lines, (Lines{"row 0", "row 1", "row 2", "Lost 1 event", "@a: 2", "@b: 1", "@b: 2"}));
}

TEST(Terminal, the_final_snapshots_stand_alone) {
    auto terminal = on_terminal(24, 80, [] {
        FakeHost host;
        Records a(AVOCET_RECORD_MAP, "@a"), b(AVOCET_RECORD_MAP, "@b"), life(AVOCET_RECORD_LIFECYCLE);
        LoadedSink sink(PLUGIN_FILE, host, no_colour);
        sink.consume(life.text("attached"));
        sink.consume(a.rows(3, AVOCET_BATCH_REDRAW));
        sink.consume(b.rows(1, AVOCET_BATCH_REDRAW));
        sink.consume(life.text("ending"));
        sink.consume(a.rows(1, AVOCET_BATCH_FINAL));
        sink.consume(b.rows(1, AVOCET_BATCH_FINAL));
    });
    EXPECT_EQ(terminal.lines, (Lines{"Attached 1 probe", "", "", "@a: 3", "@b: 1"}));
}

TEST(Terminal, a_long_line_is_cut_and_does_not_break_the_redraw) {
    auto terminal = on_terminal(24, 10, [] {
        FakeHost host;
        Records wide(AVOCET_RECORD_MAP, "@a_name_wider_than_the_terminal");
        LoadedSink sink(PLUGIN_FILE, host, no_colour);
        for (int i = 0; i < 3; ++i) sink.consume(wide.rows(1, AVOCET_BATCH_REDRAW));
    });
    EXPECT_EQ(terminal.lines, (Lines{"@a_name_wi"}));
}

TEST(Terminal, a_block_higher_than_the_terminal_shows_its_end) {
    auto terminal = on_terminal(5, 80, [] {
        FakeHost host;
        Records map(AVOCET_RECORD_MAP, "@m");
        LoadedSink sink(PLUGIN_FILE, host, no_colour);
        sink.consume(map.rows(8, AVOCET_BATCH_REDRAW));
        sink.consume(map.rows(8, AVOCET_BATCH_REDRAW));
    });
    EXPECT_EQ(terminal.lines, (Lines{"... 5 more lines above", "@m: 13", "@m: 14", "@m: 15"}));
}

TEST(Terminal, redraw_never_prints_plainly) {
    auto terminal = on_terminal(24, 80, [] {
        FakeHost host;
        Records map(AVOCET_RECORD_MAP, "@m");
        LoadedSink sink(PLUGIN_FILE, host, {{"redraw", "never"}, {"colour", "never"}});
        for (int i = 0; i < 2; ++i) sink.consume(map.rows(1, AVOCET_BATCH_REDRAW));
    });
    EXPECT_EQ(terminal.bytes, "@m: 0\r\n@m: 1\r\n");
}

TEST(Terminal, json_is_never_redrawn_or_coloured) {
    auto terminal = on_terminal(24, 80, [] {
        FakeHost host;
        Records map(AVOCET_RECORD_MAP, "@m"), loss(AVOCET_RECORD_LOSS);
        LoadedSink sink(PLUGIN_FILE, host, {{"format", "json"}});
        sink.consume(map.rows(1, AVOCET_BATCH_REDRAW));
        sink.consume(loss.text("Lost"));
    });
    EXPECT_EQ(terminal.bytes, "{\"n\":\"@m: 0\"}\r\n{\"n\":\"Lost\"}\r\n");
}

TEST(Terminal, colour_follows_the_terminal_and_no_color) {
    auto message = [](const char* no_color, const char* term) {
        return on_terminal(24, 80,
                           [&] {
                               ::setenv("TERM", term, 1);
                               ::setenv("NO_COLOR", no_color, 1);
                               FakeHost host;
                               Records loss(AVOCET_RECORD_LOSS);
                               LoadedSink sink(PLUGIN_FILE, host, {});
                               sink.consume(loss.text("Lost"));
                           })
            .bytes;
    };
    EXPECT_EQ(message("", "xterm"), "\x1b[33mLost\x1b[0m\r\n");
    EXPECT_EQ(message("1", "xterm"), "Lost\r\n");
    EXPECT_EQ(message("", "dumb"), "Lost\r\n");
}

}  // namespace
}  // namespace avocet::testing
