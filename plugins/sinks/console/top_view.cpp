// SPDX-License-Identifier: Apache-2.0
#include "top_view.hpp"

#include <algorithm>
#include <cmath>

namespace avocet::console {

namespace {

constexpr size_t kept_lines = 300;
constexpr unsigned bar_cells = 20, series_cells = 60;
constexpr std::string_view eighths[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::string_view parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

// Bytes of the UTF-8 character at the start; a byte that is none counts alone.
size_t character_bytes(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const size_t size = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 1;
    for (size_t i = 1; i < size; ++i)
        if (i >= text.size() || (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 1;
    return size;
}

// East Asian wide characters and most pictographs; what a terminal does with others is its own business.
unsigned cells_of(std::string_view character) {
    if (character.size() < 3) return 1;
    uint32_t code = static_cast<unsigned char>(character[0]) & (character.size() == 3 ? 0x0f : 0x07);
    for (size_t i = 1; i < character.size(); ++i) code = code << 6 | (static_cast<unsigned char>(character[i]) & 0x3f);
    const bool wide = (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
                      (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
                      (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
                      (code >= 0x1f300 && code <= 0x1faff) || (code >= 0x20000 && code <= 0x3fffd);
    return wide ? 2 : 1;
}

std::string bar(double share) {
    const double eighth = std::clamp(share, 0.0, 1.0) * bar_cells * 8;
    const auto whole = static_cast<unsigned>(eighth / 8);
    std::string out;
    for (unsigned i = 0; i < whole; ++i) out += "█";
    const auto rest = static_cast<unsigned>(eighth - whole * 8.0);
    out += parts[rest];
    out.append(bar_cells - whole - (rest ? 1 : 0), ' ');
    return out;
}

double number_of(const avocet_value& value) {
    switch (value.kind) {
        case AVOCET_VALUE_INT: return static_cast<double>(value.v.i);
        case AVOCET_VALUE_UINT:
        case AVOCET_VALUE_BOOL:
        case AVOCET_VALUE_POINTER: return static_cast<double>(value.v.u);
        case AVOCET_VALUE_STATS: return value.count > 2 ? number_of(value.v.items[2]) : 0;
        case AVOCET_VALUE_HIST: {
            double sum = 0;
            for (uint32_t i = 0; i < value.count; ++i) sum += static_cast<double>(value.v.buckets[i].count);
            return sum;
        }
        default: return 0;
    }
}

double bucket_number(const avocet_bucket& b) {
    constexpr uint32_t is_signed = 8;
    return b.flags & is_signed ? static_cast<double>(static_cast<int64_t>(b.count)) : static_cast<double>(b.count);
}

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        out.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

}  // namespace

unsigned cell_count(std::string_view text) {
    unsigned cells = 0;
    while (!text.empty()) {
        const size_t bytes = character_bytes(text);
        cells += cells_of(text.substr(0, bytes));
        text.remove_prefix(bytes);
    }
    return cells;
}

std::string cut_to_cells(std::string_view text, unsigned cells) {
    std::string out;
    for (unsigned used = 0; !text.empty();) {
        const size_t bytes = character_bytes(text);
        const auto character = text.substr(0, bytes);
        used += cells_of(character);
        if (used > cells) break;
        const auto first = static_cast<unsigned char>(character[0]);
        const bool control = first < 0x20 || first == 0x7f || (bytes == 1 && first >= 0x80);
        if (control)
            out += ' ';
        else
            out += character;
        text.remove_prefix(bytes);
    }
    return out;
}

std::string sparkline(const std::vector<double>& values, const std::vector<bool>& gap) {
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < values.size(); ++i)
        if (!gap[i]) low = std::min(low, values[i]), high = std::max(high, values[i]);
    std::string out;
    for (size_t i = 0; i < values.size(); ++i) {
        const double share = high > low ? (values[i] - low) / (high - low) : 0.5;
        out += gap[i] ? std::string_view(" ") : eighths[std::min<size_t>(7, static_cast<size_t>(share * 8))];
    }
    return out;
}

TopRow top_row(const avocet_schema& schema, const avocet_value* row, std::string_view text) {
    TopRow out;
    const avocet_value& value = row[1];
    // "@name[key]: value" as the language prints it; the key may hold anything, the value begins behind the last "]: "
    // of the first line only if it has one line.
    std::string_view rest = text;
    rest.remove_prefix(std::min(rest.size(), std::string_view(schema.name).size()));
    while (!rest.empty() && rest.back() == '\n') rest.remove_suffix(1);
    const bool keyed = rest.starts_with('[');
    const size_t end = keyed ? rest.rfind("]:") : rest.find(':');
    if (end != std::string_view::npos) {
        out.key = keyed ? rest.substr(1, end - 1) : std::string_view();
        out.value = rest.substr(std::min(end + (keyed ? 2 : 1), rest.size()));
        while (out.value.starts_with(' ')) out.value.erase(0, 1);
    }
    out.weight = number_of(value);
    if (value.kind == AVOCET_VALUE_SERIES) {
        constexpr uint32_t no_value = 4;
        std::vector<double> values;
        std::vector<bool> gap;
        const uint32_t first = value.count > series_cells ? value.count - series_cells : 0;
        std::string last = "-";
        for (uint32_t i = first; i < value.count; ++i) {
            const auto& b = value.v.buckets[i];
            gap.push_back(b.flags & no_value);
            values.push_back(bucket_number(b));
            if (!gap.back()) out.weight = values.back(), last = std::to_string(static_cast<int64_t>(values.back()));
        }
        out.value = last;
        out.lines = {out.key.empty() ? sparkline(values, gap) + " " + last
                                     : out.key + "  " + sparkline(values, gap) + " " + last};
    } else if (text.substr(0, text.size() - (text.ends_with('\n') ? 1 : 0)).find('\n') != std::string_view::npos) {
        out.lines = split_lines(text);
    }
    return out;
}

void TopView::set(const void* map, const std::string& name, std::vector<TopRow> rows) {
    auto known = std::find_if(maps_.begin(), maps_.end(), [&](auto& m) { return m.id == map; });
    if (known == maps_.end())
        maps_.insert(std::upper_bound(maps_.begin(), maps_.end(), name, [](auto& n, auto& m) { return n < m.name; }),
                     {map, name, std::move(rows)});
    else
        known->rows = std::move(rows);
}

void TopView::remove(const void* map) {
    std::erase_if(maps_, [&](auto& m) { return m.id == map; });
}

void TopView::text(std::string_view bytes) {
    unfinished_ += bytes;
    size_t start = 0;
    for (size_t end; (end = unfinished_.find('\n', start)) != std::string::npos; start = end + 1) {
        text_.push_back(unfinished_.substr(start, end - start));
        if (text_.size() > kept_lines) text_.pop_front();
    }
    unfinished_.erase(0, start);
    if (unfinished_.size() > 4096) unfinished_.clear();
}

bool TopView::keys(std::string_view bytes) {
    pending_ += bytes;
    while (!pending_.empty()) {
        size_t size = 1;
        if (pending_ == "\x1b") return quit_;  // the rest comes later, or it was the key alone and means nothing
        if (pending_[0] == '\x1b' && pending_.size() > 1 && (pending_[1] == '[' || pending_[1] == 'O')) {
            size = 2;
            while (size < pending_.size() && (pending_[size] < '@' || pending_[size] > '~')) ++size;
            if (size++ == pending_.size()) {
                if (pending_.size() > 16) pending_.clear();
                return quit_;  // the rest comes later
            }
        }
        key(std::string_view(pending_).substr(0, size));
        pending_.erase(0, size);
    }
    return quit_;
}

void TopView::key(std::string_view name) {
    auto up = [&](size_t lines) { offset_ -= std::min(offset_, lines); };
    auto down = [&](size_t lines) { offset_ = std::min(offset_ + lines, last_offset_); };
    auto is = [&](std::initializer_list<std::string_view> names) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (is({"q", "Q"})) quit_ = true;
    if (is({"s", "S"})) sort_ = static_cast<Sort>((static_cast<int>(sort_) + 1) % 3), offset_ = 0;
    if (is({"\x1b[A", "\x1bOA", "k"})) up(1);
    if (is({"\x1b[B", "\x1bOB", "j"})) down(1);
    if (is({"\x1b[5~", "b"})) up(page_);
    if (is({"\x1b[6~", " "})) down(page_);
    if (is({"\x1b[H", "\x1bOH", "\x1b[1~", "g"})) offset_ = 0;
    if (is({"\x1b[F", "\x1bOF", "\x1b[4~", "G"})) offset_ = last_offset_;
}

std::vector<const TopRow*> TopView::sorted(const Map& map) const {
    std::vector<const TopRow*> out;
    for (const auto& row : map.rows) out.push_back(&row);
    std::stable_sort(out.begin(), out.end(), [&](const TopRow* a, const TopRow* b) {
        if (sort_ == Sort::key) return a->key < b->key;
        return sort_ == Sort::descending ? a->weight > b->weight : a->weight < b->weight;
    });
    return out;
}

void TopView::table(const Map& map, unsigned columns, std::vector<std::string>& out) const {
    unsigned width = 0;
    double most = 0;
    bool pictures = false;
    for (const auto& row : map.rows) {
        pictures = pictures || !row.lines.empty();
        width = std::max(width, cell_count(row.value));
        most = std::max(most, std::abs(row.weight));
    }
    const std::string count = map.rows.size() == 1 ? "" : " (" + std::to_string(map.rows.size()) + ")";
    const bool single = map.rows.size() == 1 && map.rows[0].key.empty() && !pictures;
    if (single) return out.push_back(cut_to_cells(map.name + ": " + map.rows[0].value, columns));
    out.push_back("\x1b[1m" + cut_to_cells(map.name + count, columns) + "\x1b[0m");
    const bool bars = columns >= width + bar_cells + 20 && most > 0;
    for (const TopRow* row : sorted(map)) {
        for (const auto& line : row->lines) out.push_back(cut_to_cells(line, columns));
        if (!row->lines.empty()) continue;
        std::string line(width - std::min(width, cell_count(row->value)), ' ');
        line += row->value + "  ";
        if (bars) line += bar(std::abs(row->weight) / most) + "  ";
        out.push_back(cut_to_cells(line + row->key, columns));
    }
}

std::vector<std::string> TopView::body(unsigned columns) const {
    std::vector<std::string> out;
    for (const auto& map : maps_) {
        if (!out.empty()) out.emplace_back();
        table(map, columns, out);
    }
    return out;
}

std::vector<std::string> TopView::frame(ScreenSize size, std::string_view title) {
    constexpr std::string_view names[] = {"value, largest first", "value, smallest first", "key"};
    std::vector<std::string> lines = body(size.columns);
    const bool has_text = !text_.empty() || !unfinished_.empty();
    // Text has a quarter of the screen, or what the maps leave.
    size_t room = size.rows > 1 ? size.rows - 1 : 0, below = 0;
    if (has_text && room > 3)
        below = maps_.empty() ? room : std::max<size_t>(room / 4, room - std::min(room, lines.size() + 1));
    if (has_text && room > 3)
        below = std::min(below, text_.size() + (unfinished_.empty() ? 0 : 1) + (maps_.empty() ? 0 : 1));
    const size_t shown = room - below;
    page_ = std::max<size_t>(shown, 1);
    last_offset_ = lines.size() > shown ? lines.size() - shown : 0;
    offset_ = std::min(offset_, last_offset_);

    std::string place;
    if (last_offset_)
        place = " lines " + std::to_string(offset_ + 1) + "-" +
                std::to_string(std::min(offset_ + shown, lines.size())) + " of " + std::to_string(lines.size()) + ",";
    std::string head =
        std::string(title) + " " + place + " by " + std::string(names[static_cast<int>(sort_)]) + "   s sort  q quit";
    head = cut_to_cells(head, size.columns);
    head.append(size.columns - std::min(size.columns, cell_count(head)), ' ');
    std::vector<std::string> out{"\x1b[7m" + head + "\x1b[0m"};
    for (size_t i = 0; i < shown; ++i) out.push_back(offset_ + i < lines.size() ? lines[offset_ + i] : std::string());
    if (below && !maps_.empty()) {
        std::string rule;
        for (unsigned i = 0; i < size.columns; ++i) rule += "─";
        out.push_back(rule);
        --below;
    }
    std::vector<std::string> tail(text_.begin(), text_.end());
    if (!unfinished_.empty()) tail.push_back(unfinished_);
    for (size_t i = tail.size() > below ? tail.size() - below : 0; below && i < tail.size(); ++i)
        out.push_back(cut_to_cells(tail[i], size.columns));
    out.resize(size.rows);
    return out;
}

}  // namespace avocet::console
