// SPDX-License-Identifier: Apache-2.0
//
// Rows to bytes to file. Opening, rotation and fsync are in file_upkeep.cpp.
#include "file_sink.hpp"

#include <algorithm>
#include <cerrno>

namespace avocet::file {

namespace {

constexpr uint32_t many_rows = 64;  // from here on a batch is rendered in one go

std::string_view lifecycle_event(const avocet_batch& batch, uint32_t row) {
    for (uint32_t i = 0; i < batch.schema->field_count; ++i) {
        const avocet_value& value = batch.rows[size_t{row} * batch.schema->field_count + i];
        if (std::string_view(batch.schema->fields[i].name) == "event" &&
            (value.kind == AVOCET_VALUE_STRING || value.kind == AVOCET_VALUE_TEXT))
            return {value.v.text, value.count};
    }
    return {};
}

}  // namespace

uint32_t FileSink::consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) {
    if (rotation_.settings().every_ns) rotate_if_due(wall_clock_ns());
    // The attached line is for the person who waits for it, not a part of a text that is kept.
    bool attached =
        !json_ && !csv_ && batch.schema->kind == AVOCET_RECORD_LIFECYCLE && lifecycle_event(batch, first) == "attached";
    uint32_t count = attached ? 1 : batch.row_count - first;
    if (!attached) take(batch, first, count);
    return taken = count;
}

void FileSink::take(const avocet_batch& batch, uint32_t first, uint32_t count) {
    bool one_unit = compressed_ || batch.schema->kind == AVOCET_RECORD_MAP;
    if (one_unit) {
        add_unit(batch, first, count);
    } else {
        if (count >= many_rows && !csv_) {
            write_buffer();
            if (write_directly(batch, first, count)) return;
        }
        for (uint32_t row = first; row < first + count; ++row) add_unit(batch, row, 1);
    }
    if (buffer_.size() >= buffer_limit_) write_buffer();
}

void FileSink::add_unit(const avocet_batch& batch, uint32_t first, uint32_t count) {
    size_t before = buffer_.size();
    if (!render(batch, first, count, buffer_)) {
        buffer_.resize(before);
        lost_ += count;  // the renderer said why
        return;
    }
    units_.push_back({buffer_.size(), count, csv_ ? csv_rows_.header(*batch.schema) : nullptr});
}

bool FileSink::render(const avocet_batch& batch, uint32_t first, uint32_t count, std::string& out) {
    if (csv_) {
        for (uint32_t row = first; row < first + count; ++row) csv_rows_.row(batch, row, out);
        return true;
    }
    return rows_.append(batch, first, count, out);
}

// False: the rows have to be told apart, because one cannot be rendered or because the file has to change among them.
bool FileSink::write_directly(const avocet_batch& batch, uint32_t first, uint32_t count) {
    std::string text;
    std::swap(text, buffer_);
    bool good = render(batch, first, count, text);
    uint64_t limit = rotation_.settings().size_bytes;
    if (good && limit) good = ensure_open() && file_->size() + text.size() <= limit;
    if (good) {
        std::string row_text;
        uint32_t kept = 0;
        auto whole = [&](size_t written) {
            size_t end = 0;
            for (kept = 0; kept < count; ++kept) {
                row_text.clear();
                if (!render(batch, first + kept, 1, row_text) || end + row_text.size() > written) break;
                end += row_text.size();
            }
            return end;
        };
        put(text, count, whole, [&](size_t) { return kept; });
    }
    text.clear();
    std::swap(text, buffer_);
    return good;
}

void FileSink::write_buffer() {
    for (size_t unit = 0; unit < units_.size();) {
        size_t end = units_that_fit(unit);
        if (end == unit) end = rotate(0) ? std::max(units_that_fit(unit), unit + 1) : units_.size();
        write_units(unit, end);
        unit = end;
    }
    units_.clear();
    buffer_.clear();
    if (buffer_.capacity() > 2 * buffer_limit_ + (1u << 20)) std::string().swap(buffer_);
}

// End of the units from `unit` on that the current file has room for. Of a compressed stream, the size is known only
// afterwards: its file ends with the frame that reaches the limit.
size_t FileSink::units_that_fit(size_t unit) const {
    uint64_t limit = rotation_.settings().size_bytes;
    uint64_t size = file_ ? file_->size() : 0;
    if (!limit || !file_ || !file_->is_regular()) return units_.size();
    if (compressed_) return size && size >= limit ? unit : units_.size();
    size_t start = unit ? units_[unit - 1].end : 0;
    size_t end = unit;
    const std::string* above = header_;
    for (uint64_t headers = 0; end < units_.size(); ++end) {
        headers += header_size(units_[end], above);
        above = units_[end].header;
        if (size + headers + units_[end].end - start > limit) break;
    }
    return end == unit && !size ? unit + 1 : end;
}

// A header begins a file, and stands wherever rows of another kind follow, below an empty line.
size_t FileSink::header_size(const Unit& unit, const std::string* above) const {
    return unit.header == above || !unit.header ? 0 : unit.header->size() + (above ? 2 : 0);
}

// `ends`: where each unit ends in the result.
std::string FileSink::with_headers(size_t first_unit, size_t end_unit, std::vector<size_t>& ends) {
    std::string out;
    const std::string* above = header_;
    size_t start = first_unit ? units_[first_unit - 1].end : 0;
    for (size_t i = first_unit; i < end_unit; ++i) {
        if (units_[i].header && units_[i].header != above) (out += above ? "\r\n" : "") += *units_[i].header;
        above = units_[i].header;
        out.append(buffer_, start, units_[i].end - start);
        start = units_[i].end;
        ends.push_back(out.size());
    }
    return out;
}

void FileSink::write_units(size_t first_unit, size_t end_unit) {
    size_t start = first_unit ? units_[first_unit - 1].end : 0;
    std::string_view bytes(buffer_.data() + start, units_[end_unit - 1].end - start);
    std::vector<size_t> ends;
    std::string headed;
    if (csv_) {
        if (!ensure_open()) return lose_units(first_unit, end_unit);  // a new file needs its header
        bytes = headed = with_headers(first_unit, end_unit, ends);
    }
    uint32_t rows = 0;
    for (size_t i = first_unit; i < end_unit; ++i) rows += units_[i].rows;
    if (compressed_) {
        std::string frame = compress_frame(*context_, bytes);
        auto all_or_none = [&](size_t written) { return written == frame.size() ? written : 0; };
        put(frame, rows, all_or_none, [&](size_t kept) { return kept ? rows : 0; });
        header_ = units_[end_unit - 1].header;
        return;
    }
    size_t kept_end = first_unit;
    const auto end_of = [&](size_t unit) { return csv_ ? ends[unit - first_unit] : units_[unit].end - start; };
    auto whole = [&](size_t written) {
        while (kept_end < end_unit && end_of(kept_end) <= written) ++kept_end;
        return kept_end == first_unit ? 0 : end_of(kept_end - 1);
    };
    const std::string* last = units_[end_unit - 1].header;
    put(bytes, rows, whole, [&](size_t) {
        uint32_t kept = 0;
        for (size_t i = first_unit; i < kept_end; ++i) kept += units_[i].rows;
        last = kept_end == first_unit ? header_ : units_[kept_end - 1].header;
        return kept;
    });
    header_ = last;
}

void FileSink::lose_units(size_t first_unit, size_t end_unit) {
    for (size_t i = first_unit; i < end_unit; ++i) lost_ += units_[i].rows;
}

void FileSink::put(std::string_view bytes, uint32_t rows, const std::function<size_t(size_t written)>& whole,
                   const std::function<uint32_t(size_t kept)>& kept_rows) {
    // Twice, because the file may have lost its name before or during the write: then the bytes are nowhere.
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (!ensure_open()) {
            lost_ += rows;
            return;
        }
        auto written = file_->append(bytes, whole);
        if (written.error) {
            uint32_t kept = kept_rows(written.kept);
            unsynced_rows_ += kept;
            bool full = written.error == ENOSPC || written.error == EDQUOT;
            return lose(rows - kept, "file '" + file_->path() + "': cannot be written: " + errno_text(written.error),
                        full ? AVOCET_ERR_NO_SPACE : AVOCET_ERR_IO);
        }
        failing_ = false;
        if (!file_->removed()) break;
        file_.reset();
    }
    unsynced_rows_ += rows;
}

void FileSink::lose(uint64_t rows, const std::string& message, avocet_status status) {
    lost_ += rows;
    if (std::exchange(failing_, true)) return;
    host_.report(Error(status, message, "records that do not fit are counted as lost; writing goes on when it can"));
}

}  // namespace avocet::file
