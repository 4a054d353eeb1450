// SPDX-License-Identifier: Apache-2.0
//
// The life of the file under the sink: opening, rotation, fsync, names that others move or remove.
#include <time.h>

#include <cerrno>

#include "file_sink.hpp"
#include "path.hpp"

namespace avocet::file {

namespace {

constexpr uint64_t look_every_ns = 100'000'000;  // for a name that was moved

RotationSettings rotation_settings(const Options& options) {
    RotationSettings out;
    if (options.is_set("rotate.size")) out.size_bytes = options.size_bytes("rotate.size");
    if (options.is_set("rotate.every")) out.every_ns = options.duration_ns("rotate.every");
    out.keep = static_cast<uint32_t>(options.integer("rotate.keep"));
    out.compress = options.text("rotate.compress") == "zstd" && options.text("compress") != "zstd";
    return out;
}

}  // namespace

uint64_t wall_clock_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

FileSink::FileSink(const Host& host, const Options& options)
    : host_(host),
      render_(host.extension<avocet_host_render>(AVOCET_HOST_RENDER_1)),
      path_(options.text("path")),
      rows_(host, options.text("format") == "csv" ? "text" : options.text("format"), options.instance()),
      json_(options.text("format") == "json" || options.text("format") == "records"),
      csv_(options.text("format") == "csv"),
      wants_times_(csv_ || options.text("format") == "records"),
      append_(options.boolean("append")),
      compressed_(options.text("compress") == "zstd"),
      fsync_(static_cast<Fsync>(options.integer("fsync"))),
      fsync_interval_ns_(options.duration_ns("fsync_interval")),
      buffer_limit_(options.size_bytes("buffer")),
      rotation_(rotation_settings(options), host),
      csv_rows_(render_) {
    settings_.mode = parse_mode(options.text("mode"));
    settings_.exact_mode = options.text("mode") != "0640";
    settings_.content = compressed_ ? Content::zstd : json_ ? Content::json : csv_ ? Content::csv : Content::text;
    if (compressed_) context_ = make_context();
    open(true);
}

// What an earlier run left is kept when the user asks for it; with rotation it becomes FILE.1; otherwise it goes.
void FileSink::open(bool first) {
    uint64_t now = wall_clock_ns();
    std::string path = expand_clock(path_, static_cast<std::time_t>(now / 1'000'000'000));
    bool keep = append_ || !first, away = !keep && rotation_.settings().wanted();
    file_.emplace(LogFile::open(path, settings_, away ? Existing::leave : keep ? Existing::mend : Existing::empty));
    if (away && file_->size()) {
        if (!rotation_.shift(file_->directory(), file_->name()))
            throw Error(AVOCET_ERR_IO, "file '" + path + "': cannot be rotated away: " + errno_text(errno));
        file_.emplace(LogFile::open(path, settings_, Existing::mend));
    }
    if (file_->mended_bytes())
        host_.warn("file '" + path + "': ended in the middle of a record, " + std::to_string(file_->mended_bytes()) +
                       " bytes were cut off",
                   "an earlier writer was killed");
    if (fsync_ != Fsync::never) file_->directory()->sync();
    rotation_.opened(now);
    header_ = nullptr;
    synced_at_ns_ = looked_at_ns_ = now;
}

bool FileSink::ensure_open() {
    if (file_ && !file_->removed()) return true;
    file_.reset();
    try {
        open(false);
        return true;
    } catch (const Error& e) {
        file_.reset();
        lose(0, e.what(), e.status());
        return false;
    }
}

void FileSink::rotate_if_due(uint64_t wall_ns) {
    if (!rotation_.is_due(wall_ns)) return;
    write_buffer();
    if (file_ && file_->is_regular() && file_->size())
        rotate(wall_ns);
    else
        rotation_.opened(wall_ns);
}

// False: everything stays as it was. [the buffer may hold units: they go to the new file]
bool FileSink::rotate(uint64_t wall_ns) {
    uint64_t now = wall_ns ? wall_ns : wall_clock_ns();
    std::string next = expand_clock(path_, static_cast<std::time_t>(now / 1'000'000'000));
    if (fsync_ != Fsync::never) sync();
    auto directory = file_->directory();
    std::string name = file_->name();
    bool same_name = next == file_->path();
    if (same_name && !rotation_.shift(directory, name)) {
        host_.warn("file '" + file_->path() + "': cannot be rotated: " + errno_text(errno),
                   "writing goes on in the same file");
        rotation_.opened(now);
        return false;
    }
    file_.reset();
    if (!same_name) rotation_.retire(directory, name);
    return ensure_open();
}

void FileSink::reopen_if_moved(uint64_t wall_ns) {
    if (wall_ns - looked_at_ns_ < look_every_ns) return;
    looked_at_ns_ = wall_ns;
    if (!file_ || !file_->moved()) return;
    sync_if_due(wall_ns);
    file_.reset();
    ensure_open();
}

void FileSink::sync() {
    synced_at_ns_ = wall_clock_ns();
    if (!file_ || !unsynced_rows_) return;
    uint64_t rows = std::exchange(unsynced_rows_, 0);
    // After a failed fsync the kernel forgets what it could not write: the rows since the last good one are in doubt.
    if (int error = file_->sync())
        lose(rows, "file '" + file_->path() + "': cannot be made durable: " + errno_text(error), AVOCET_ERR_IO);
}

void FileSink::sync_if_due(uint64_t wall_ns) {
    bool due = fsync_ == Fsync::flush || (fsync_ == Fsync::interval && wall_ns - synced_at_ns_ >= fsync_interval_ns_);
    if (due) sync();
}

uint64_t FileSink::flush() {
    write_buffer();
    uint64_t now = wall_clock_ns();
    sync_if_due(now);
    reopen_if_moved(now);
    return std::exchange(lost_, 0);
}

void FileSink::tick(uint64_t wall_ns) {
    rotate_if_due(wall_ns);
    sync_if_due(wall_ns);
    reopen_if_moved(wall_ns);
}

uint64_t FileSink::close() {
    write_buffer();
    if (fsync_ != Fsync::never) sync();
    if (file_) {
        std::string path = file_->path();
        if (int error = file_->close())
            lose(0, "file '" + path + "': cannot be closed: " + errno_text(error), AVOCET_ERR_IO);
        file_.reset();
    }
    rotation_.finish();
    return std::exchange(lost_, 0);
}

}  // namespace avocet::file
