// SPDX-License-Identifier: Apache-2.0
//
// The sink of a person at a terminal or of a pipe. Everything that a consume call took is written, with one write(2) in
// the common case, before it returns. Text mode: data on the data stream; loss, errors and "attached" on the message
// stream. JSON mode: everything on the data stream. Rows that could not be written whole are counted and reported to
// the host as lost at the next flush; the reason is told once for each spell of failure. [thread: data]
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "avocet/row_renderer.hpp"
#include "avocet/sink.hpp"
#include "live_block.hpp"
#include "output_stream.hpp"
#include "top_screen.hpp"

namespace avocet::console {

inline constexpr const char* format_choices[] = {"text", "json", "records", nullptr};
inline constexpr const char* stream_choices[] = {"stdout", "stderr", "none", nullptr};
inline constexpr const char* message_choices[] = {"stderr", "stdout", "none", nullptr};
inline constexpr const char* colour_choices[] = {"auto", "always", "never", nullptr};
inline constexpr const char* redraw_choices[] = {"auto", "never", nullptr};

inline constexpr const char* buffer_choices[] = {"line", "full", "none", nullptr};

inline constexpr std::array schema = {
    enum_option(
        "format", format_choices, "text",
        "How records are written: the language's own text, or JSON lines: json, as bpftrace's readers know them, or "
        "records, with all that a record carries."),
    enum_option("stream", stream_choices, "stdout", "Where data goes; none writes messages only."),
    option(AVOCET_OPTION_PATH, "output", nullptr, "File that takes data in place of standard output; emptied first."),
    enum_option("messages", message_choices, "stderr", "Where loss, errors and the attached line go in text format."),
    enum_option("colour", colour_choices, "auto", "Colour of messages; auto: on a terminal, unless NO_COLOR is set."),
    enum_option("redraw", redraw_choices, "auto", "Redraw live maps in place when data goes to a terminal."),
    enum_option(
        "buffer", buffer_choices, "line",
        "When data is written: with each batch of records (line, none), or when 64 KiB have come together (full)."),
    option(AVOCET_OPTION_BOOL, "top", "false",
           "Maps on a live screen: sorted, scrollable, redrawn in place. Without a terminal, as if it were not set."),
    option(AVOCET_OPTION_BOOL, "warnings", "true", "Show warnings of the running program; errors are always shown."),
    option(AVOCET_OPTION_BOOL, "quiet", "false", "Leave out the line that says how many probes are attached."),
};

class ConsoleSink final : public Sink {
public:
    ConsoleSink(const Host& host, const Options& options);
    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) override;
    bool wants_event_times() const { return wants_times_; }
    uint64_t flush() override;
    uint64_t close() override;
    bool ended() const override { return reader_gone_; }
    void tick(uint64_t wall_ns) override;

private:
    enum class Place { data, messages, nowhere };

    Place place_of(const avocet_batch& batch, uint32_t row) const;
    void put_data(const avocet_batch& batch, uint32_t first, uint32_t count);
    void put_message(const avocet_batch& batch, uint32_t row);
    // Appends the rows to text_. False: the renderer refused, which it has reported.
    bool render(const avocet_batch& batch, uint32_t first, uint32_t count);
    // Writes text_. `by_row`: text_ is the rows' own text and nothing else, so a failure can tell which rows are out.
    void write_rows(OutputStream& stream, const avocet_batch& batch, uint32_t first, uint32_t count, bool by_row);
    uint32_t rows_within(const avocet_batch& batch, uint32_t first, uint32_t count, size_t bytes);
    void hold(uint32_t rows);  // text_, until enough has come together
    void write_held();
    void fail(const OutputStream& stream, int error);
    void show_on_top(const avocet_batch& batch, uint32_t first, uint32_t count);
    void wrap_live(const avocet_batch& batch);
    void paint(const avocet_batch& batch);
    unsigned terminal_rows() const;

    Host host_;
    const avocet_host_render* render_;
    std::string instance_;
    RowRenderer rows_;
    bool json_, wants_times_, quiet_, warnings_, full_, live_, coloured_ = false;
    std::optional<OutputStream> data_, messages_;
    LiveBlock block_;
    std::unique_ptr<TopScreen> top_;
    std::string text_, held_;
    std::vector<std::pair<size_t, uint32_t>> held_rows_;  // where in held_ so many rows end
    uint64_t lost_ = 0;
    bool failing_ = false, reader_gone_ = false;
};

}  // namespace avocet::console
