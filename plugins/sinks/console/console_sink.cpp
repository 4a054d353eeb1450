// SPDX-License-Identifier: Apache-2.0
#include "console_sink.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace avocet::console {

namespace {

constexpr size_t kept_capacity = 1u << 20;  // of the text buffer, between batches
constexpr size_t full_buffer = 64u << 10;   // buffer = "full"

std::optional<OutputStream> stream_of(const std::string& choice) {
    if (choice == "stdout") return OutputStream::standard_output();
    if (choice == "stderr") return OutputStream::standard_error();
    return std::nullopt;
}

std::optional<OutputStream> data_stream(const Options& options) {
    if (options.is_set("output")) return OutputStream::file(options.text("output"));
    return stream_of(options.text("stream"));
}

bool wants_colour(const std::string& choice, const OutputStream& stream) {
    if (choice != "auto") return choice == "always";
    const char* term = std::getenv("TERM");
    const char* off = std::getenv("NO_COLOR");
    return stream.is_terminal() && !(off && *off) && !(term && std::string_view(term) == "dumb");
}

// A text field of a row by name, empty if there is none.
std::string_view text_field(const avocet_batch& batch, uint32_t row, std::string_view name) {
    for (uint32_t i = 0; i < batch.schema->field_count; ++i) {
        if (name != batch.schema->fields[i].name) continue;
        const avocet_value& value = batch.rows[size_t{row} * batch.schema->field_count + i];
        if (value.kind == AVOCET_VALUE_STRING || value.kind == AVOCET_VALUE_TEXT) return {value.v.text, value.count};
    }
    return {};
}

}  // namespace

ConsoleSink::ConsoleSink(const Host& host, const Options& options)
    : host_(host),
      render_(host.extension<avocet_host_render>(AVOCET_HOST_RENDER_1)),
      instance_(options.instance()),
      rows_(host, options.text("format"), instance_),
      json_(options.text("format") != "text"),
      wants_times_(options.text("format") == "records"),
      quiet_(options.boolean("quiet")),
      warnings_(options.boolean("warnings")),
      full_(options.text("buffer") == "full"),
      data_(data_stream(options)),
      messages_(stream_of(options.text("messages"))) {
    if (messages_ && !json_) coloured_ = wants_colour(options.text("colour"), *messages_);
    live_ = !json_ && !full_ && data_ && options.text("redraw") == "auto" && data_->is_terminal();
    const bool terminal = !json_ && data_ && data_->is_terminal();
    if (terminal && options.boolean("top")) top_ = std::make_unique<TopScreen>(data_->fd(), render_);
}

uint32_t ConsoleSink::consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) {
    uint32_t end = batch.row_count;
    if (batch.schema->kind == AVOCET_RECORD_EVENT || batch.schema->kind == AVOCET_RECORD_MAP) {
        put_data(batch, first, end - first);
    } else {
        for (uint32_t row = first; row < end; ++row) {
            Place place = place_of(batch, row);
            if (place == Place::data) put_data(batch, row, 1);
            if (place == Place::messages) put_message(batch, row);
        }
    }
    if (text_.capacity() > kept_capacity) std::string().swap(text_);
    return taken = end - first;
}

// "ending" is part of the data: the two newlines between a tool's output and its maps.
ConsoleSink::Place ConsoleSink::place_of(const avocet_batch& batch, uint32_t row) const {
    bool lifecycle = batch.schema->kind == AVOCET_RECORD_LIFECYCLE;
    std::string_view event = lifecycle ? text_field(batch, row, "event") : std::string_view();
    if (quiet_ && event == "attached") return Place::nowhere;
    if (!warnings_ && batch.schema->kind == AVOCET_RECORD_ERROR && text_field(batch, row, "severity") == "warning")
        return Place::nowhere;
    return json_ || event == "ending" ? Place::data : Place::messages;
}

// The final maps, and all that comes after the end has begun, are printed where the shell goes on.
void ConsoleSink::show_on_top(const avocet_batch& batch, uint32_t first, uint32_t count) {
    if (batch.schema->kind == AVOCET_RECORD_MAP) return top_->map(batch, first, count);
    text_.clear();
    if (!render(batch, first, count)) lost_ += count;
    top_->text(text_);
}

void ConsoleSink::tick(uint64_t /*wall_ns*/) {
    if (top_) top_->look();
}

uint64_t ConsoleSink::flush() {
    if (top_) top_->look();
    return std::exchange(lost_, 0);
}

void ConsoleSink::put_data(const avocet_batch& batch, uint32_t first, uint32_t count) {
    if (!data_) return;
    const bool ending = batch.schema->kind == AVOCET_RECORD_LIFECYCLE;
    if (top_ && (ending || batch.flags & AVOCET_BATCH_FINAL)) {
        top_->leave();
        top_.reset();
    }
    if (top_) return show_on_top(batch, first, count);
    text_.clear();
    if (!render(batch, first, count)) {
        lost_ += count;
        return;
    }
    if (full_) return hold(count);
    if (live_) wrap_live(batch);
    write_rows(*data_, batch, first, count, !live_);
}

// Text that replaces a part of the screen: text_ becomes erase + what scrolls away + the block.
void ConsoleSink::wrap_live(const avocet_batch& batch) {
    std::string out = block_.erase();
    if (batch.flags & AVOCET_BATCH_REDRAW && !(batch.flags & AVOCET_BATCH_FINAL)) {
        block_.set(batch.schema, std::move(text_));
    } else {
        if (batch.schema->kind == AVOCET_RECORD_MAP) block_.remove(batch.schema);
        out += text_;
        if (!block_.empty() && !text_.empty() && text_.back() != '\n') out += '\n';
    }
    text_ = out + block_.draw(terminal_rows());
}

void ConsoleSink::put_message(const avocet_batch& batch, uint32_t row) {
    if (!messages_) return;
    if (top_ && messages_->is_terminal()) return show_on_top(batch, row, 1);
    text_.clear();
    if (!render(batch, row, 1)) {
        ++lost_;
        return;
    }
    if (coloured_) paint(batch);
    bool over_block = live_ && !block_.empty() && messages_->is_terminal();
    if (over_block) data_->write(block_.erase());
    write_rows(*messages_, batch, row, 1, !coloured_);
    if (over_block) data_->write(block_.draw(terminal_rows()));
}

void ConsoleSink::paint(const avocet_batch& batch) {
    if (batch.schema->kind == AVOCET_RECORD_LIFECYCLE || text_.empty()) return;
    const size_t end = std::min(text_.find('\n'), text_.size());  // source lines stay plain
    const bool error = text_.find("ERROR") < end;
    text_ = (error ? "\x1b[31m" : "\x1b[33m") + text_.substr(0, end) + "\x1b[0m" + text_.substr(end);
}

bool ConsoleSink::render(const avocet_batch& batch, uint32_t first, uint32_t count) {
    return rows_.append(batch, first, count, text_);
}

void ConsoleSink::write_rows(OutputStream& stream, const avocet_batch& batch, uint32_t first, uint32_t count,
                             bool by_row) {
    auto result = stream.write(text_);
    if (!result.error) {
        failing_ = false;
        return;
    }
    lost_ += count - (by_row ? rows_within(batch, first, count, result.written) : 0);
    fail(stream, result.error);
}

// How many whole rows are in the first `bytes` bytes: rendered again, one by one, since this is needed only after a
// failure. A map snapshot is one thing.
uint32_t ConsoleSink::rows_within(const avocet_batch& batch, uint32_t first, uint32_t count, size_t bytes) {
    if (batch.schema->kind == AVOCET_RECORD_MAP) return 0;
    text_.clear();
    for (uint32_t row = 0; row < count; ++row)
        if (!render(batch, first + row, 1) || text_.size() > bytes) return row;
    return count;
}

void ConsoleSink::hold(uint32_t rows) {
    held_ += text_;
    held_rows_.emplace_back(held_.size(), rows);
    if (held_.size() >= full_buffer) write_held();
}

void ConsoleSink::write_held() {
    if (held_.empty()) return;
    auto result = data_->write(held_);
    failing_ = failing_ && result.error;
    if (result.error) {
        for (auto [end, rows] : held_rows_)
            if (end > result.written) lost_ += rows;
        fail(*data_, result.error);
    }
    held_.clear();
    held_rows_.clear();
}

uint64_t ConsoleSink::close() {
    top_.reset();
    write_held();
    return flush();
}

void ConsoleSink::fail(const OutputStream& stream, int error) {
    if (error == EPIPE && data_ && stream.fd() == data_->fd()) reader_gone_ = true;
    if (std::exchange(failing_, true)) return;
    std::string what = "sink '" + instance_ + "': " + stream.name();
    if (error == EPIPE)
        host_.report(AVOCET_INFO, what + " was closed by its reader");
    else
        host_.report(AVOCET_ERROR, what + " cannot be written: " + errno_text(error),
                     "records that do not fit are counted as lost");
}

unsigned ConsoleSink::terminal_rows() const {
    winsize size{};
    return data_ && ::ioctl(data_->fd(), TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

}  // namespace avocet::console
