// SPDX-License-Identifier: Apache-2.0
//
// The sink: renders rows into a buffer, writes the buffer in whole records, and accounts for every row that it took.
//
// Unit: what is kept or lost together, and never split over two files. A row; or a map snapshot; or, in a compressed
// stream, what one consume call brought. A batch of many rows skips the buffer: it is rendered in one go and written at
// once, and only if that fails its rows are told apart. Rows that are lost after they were taken (disk full, an fsync
// that failed) are counted and handed to the host at the next flush. [thread: data]
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "avocet/row_renderer.hpp"
#include "avocet/sink.hpp"
#include "csv.hpp"
#include "log_file.hpp"
#include "rotation.hpp"

namespace avocet::file {

inline constexpr const char* format_choices[] = {"text", "json", "csv", "records", nullptr};
inline constexpr const char* compress_choices[] = {"none", "zstd", nullptr};
inline constexpr const char* fsync_choices[] = {"never", "close", "flush", "interval", nullptr};

inline constexpr std::array schema = {
    option(AVOCET_OPTION_PATH, "path", nullptr,
           "The file; {{date}} and {{time}} (doubled) are filled in at every rotation.", nullptr, 0, 0,
           AVOCET_OPTION_REQUIRED),
    enum_option(
        "format", format_choices, "text",
        "How records are written: the language's own text, CSV (RFC 4180), or JSON lines: json, as bpftrace's readers "
        "know them, or records, with all that a record carries."),
    option(AVOCET_OPTION_BOOL, "append", "false",
           "Go on after what the file holds; otherwise it is emptied, or rotated away if rotation is on."),
    option(AVOCET_OPTION_STRING, "mode", "0640", "Permissions of files that are created, in octal."),
    option(AVOCET_OPTION_SIZE, "buffer", "64KiB", "How much waits for the next write while records keep coming.",
           "bytes", 1, 64 << 20),
    enum_option("compress", compress_choices, "none", "Compress the stream itself: one zstd frame for each flush."),
    enum_option("fsync", fsync_choices, "close", "When the file is made durable."),
    option(AVOCET_OPTION_DURATION, "fsync_interval", "5s",
           "For fsync = \"interval\": at most so much time is lost with the power.", "ns", 1'000'000,
           86'400'000'000'000),
    option(AVOCET_OPTION_SIZE, "rotate.size", nullptr, "Start a new file before this size is exceeded.", "bytes", 1,
           INT64_MAX),
    option(AVOCET_OPTION_DURATION, "rotate.every", nullptr, "Start a new file at each multiple of this time.", "ns",
           1'000'000'000, INT64_MAX),
    option(AVOCET_OPTION_INT, "rotate.keep", "5", "How many closed files stay.", "files", 0, 9999),
    enum_option("rotate.compress", compress_choices, "none", "Compress closed files to FILE.zst."),
};

uint64_t wall_clock_ns();

class FileSink final : public Sink {
public:
    FileSink(const Host& host, const Options& options);
    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) override;
    bool wants_event_times() const { return wants_times_; }
    uint64_t flush() override;
    uint64_t close() override;
    void tick(uint64_t wall_ns) override;

private:
    enum class Fsync { never, close, flush, interval };
    struct Unit {
        size_t end;  // in buffer_
        uint32_t rows;
        const std::string* header = nullptr;  // CSV: the line that has to be above it
    };

    void take(const avocet_batch& batch, uint32_t first, uint32_t count);
    void add_unit(const avocet_batch& batch, uint32_t first, uint32_t count);
    bool write_directly(const avocet_batch& batch, uint32_t first, uint32_t count);
    bool render(const avocet_batch& batch, uint32_t first, uint32_t count, std::string& out);
    void write_buffer();
    size_t units_that_fit(size_t unit) const;
    void write_units(size_t first_unit, size_t end_unit);
    void lose_units(size_t first_unit, size_t end_unit);
    std::string with_headers(size_t first_unit, size_t end_unit, std::vector<size_t>& ends);
    size_t header_size(const Unit& unit, const std::string* above) const;
    // `rows` belong to `bytes`; `kept_rows` tells how many of them are within so many kept bytes.
    void put(std::string_view bytes, uint32_t rows, const std::function<size_t(size_t written)>& whole,
             const std::function<uint32_t(size_t kept)>& kept_rows);

    bool ensure_open();
    void open(bool first);
    void rotate_if_due(uint64_t wall_ns);
    bool rotate(uint64_t wall_ns);
    void reopen_if_moved(uint64_t wall_ns);
    void sync();
    void sync_if_due(uint64_t wall_ns);
    // Counts and says why, once for each spell of failure.
    void lose(uint64_t rows, const std::string& message, avocet_status status);

    Host host_;
    const avocet_host_render* render_;
    const std::string path_;  // as given, with {date} and {time}
    const RowRenderer rows_;  // of all forms but CSV
    const bool json_, csv_, wants_times_, append_, compressed_;
    const Fsync fsync_;
    const uint64_t fsync_interval_ns_;
    const size_t buffer_limit_;
    LogFile::Settings settings_;
    Rotation rotation_;
    std::optional<LogFile> file_;
    Context context_;
    Csv csv_rows_;
    const std::string* header_ = nullptr;  // of what was written last into this file

    std::string buffer_;
    std::vector<Unit> units_;
    uint64_t lost_ = 0;
    uint64_t unsynced_rows_ = 0, synced_at_ns_ = 0, looked_at_ns_ = 0;
    bool failing_ = false;
};

}  // namespace avocet::file
