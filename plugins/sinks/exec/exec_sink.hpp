// SPDX-License-Identifier: Apache-2.0
//
// JSON lines for a command. A row is taken once its first byte is in the pipe; what does not fit of it waits in
// `pending_`, of one unit (a row, or a whole map snapshot) at most, and then AGAIN holds the rest back in the route's
// queue: a command that blocks never blocks the host. `in_pipe_` remembers where rows end, so that when the command
// dies exactly those that it had not read whole are counted as lost. [thread: data]
#pragma once

#include <array>
#include <deque>
#include <string>
#include <utility>

#include "avocet/row_renderer.hpp"
#include "avocet/sink.hpp"
#include "command.hpp"

namespace avocet::exec {

inline constexpr const char* format_choices[] = {"json", "records", nullptr};

inline constexpr std::array schema = {
    option(AVOCET_OPTION_STRING, "command", nullptr, "Shell command that reads one JSON object per line.", nullptr, 0,
           0, AVOCET_OPTION_REQUIRED),
    enum_option(
        "format", format_choices, "json",
        "What the lines are: json, as bpftrace's readers know them, or records, with all that a record carries."),
    option(AVOCET_OPTION_INT, "end_wait_ms", "2000",
           "How long the command may take to read what is left and to exit, at the end.", "ms", 1, 600'000),
};

class ExecSink final : public Sink {
public:
    ExecSink(const Host& host, const Options& options);
    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) override;
    bool ended() const override { return satisfied_; }
    bool wants_event_times() const { return wants_times_; }
    uint64_t flush() override;
    uint64_t close() override;
    void tick(uint64_t) override { write_pending(); }

private:
    struct Unit {
        uint64_t end;  // in bytes written since the start
        uint32_t rows;
    };
    void write_pending();
    void forget_read();
    void lose_unread();
    void reader_gone(int error);
    void finish_command();
    std::string subject() const { return "sink '" + instance_ + "': command '" + text_ + "' "; }

    Host host_;
    std::string instance_, text_;
    RowRenderer rows_;
    bool wants_times_;
    int end_wait_ms_;
    Command command_;
    std::string pending_;
    std::deque<Unit> in_pipe_;  // units that may not have been read
    uint64_t written_ = 0, accepted_ = 0;
    uint64_t lost_ = 0;
    bool gone_ = false;       // nobody reads: whatever comes is lost
    bool satisfied_ = false;  // it ended with status 0: nothing more is wanted
};

}  // namespace avocet::exec
