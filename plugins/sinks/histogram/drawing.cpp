// SPDX-License-Identifier: Apache-2.0
#include "drawing.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "avocet/picture.hpp"

namespace avocet::histogram {

namespace {

using picture::character_px;
using picture::xml_text;

constexpr unsigned side_px = 20, top_px = 72, row_px = 20, title_px = 30, between_px = 26, series_px = 160;

std::string number(double value) {
    char out[32];
    std::snprintf(out, sizeof out, "%.2f", value);
    return out;
}

class Sheet {
public:
    explicit Sheet(unsigned width) : width_(width) {}

    void panel(const Panel& panel) {
        const auto room = static_cast<size_t>((width_ - 2 * side_px) / character_px);
        text("h", side_px, y_ + 16, "start", picture::shortened(panel.title, room));
        y_ += title_px;
        panel.series ? series(panel) : rows(panel);
        y_ += between_px;
    }
    Drawing take() { return {std::move(out_), width_, y_}; }

private:
    void text(const char* style, double x, double y, const char* anchor, const std::string& content) {
        out_ += std::string("<text class=\"") + style + "\" x=\"" + number(x) + "\" y=\"" + number(y) +
                "\" text-anchor=\"" + anchor + "\">" + xml_text(content) + "</text>\n";
    }

    void bar(const Panel& panel, const Bar& bar, double x, double y, double width, double height) {
        out_ += "<rect class=\"v bar\" data-label=\"" + xml_text(bar.label) + "\" data-value=\"" + xml_text(bar.value) +
                "\" x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(width) + "\" height=\"" +
                number(height) + "\"><title>" + xml_text(panel.title + "  " + bar.label + ": " + bar.value) +
                "</title></rect>\n";
    }

    void rows(const Panel& panel) {
        size_t labels = 0, values = 0;
        double most = 0;
        for (const auto& b : panel.bars) {
            labels = std::max(labels, b.label.size());
            values = std::max(values, b.value.size());
            most = std::max(most, b.height);
        }
        const double from = side_px + static_cast<double>(labels) * character_px + 10;
        const double room = std::max(40.0, width_ - side_px - from - static_cast<double>(values) * character_px - 10);
        for (const auto& b : panel.bars) {
            const double width = most > 0 ? b.height / most * room : 0;
            text("f", from - 10, y_ + 14, "end", b.label);
            bar(panel, b, from, y_ + 2, b.height > 0 ? std::max(width, 1.0) : 0, row_px - 4);
            text("", from + width + 8, y_ + 14, "start", b.value);
            y_ += row_px;
        }
    }

    void series(const Panel& panel) {
        double low = 0, high = 0;
        size_t margin = 1;
        for (const auto& b : panel.bars) {
            if (b.gap) continue;
            low = std::min(low, b.height);
            high = std::max(high, b.height);
            margin = std::max(margin, b.value.size());
        }
        if (high <= low) high = low + 1;
        const double from = side_px + static_cast<double>(margin) * character_px + 10;
        const double room = width_ - side_px - from, scale = series_px / (high - low);
        const double zero = y_ + high * scale,
                     step = room / std::max<double>(1, static_cast<double>(panel.bars.size()));
        text("f", from - 10, y_ + 10, "end", bound(panel, true));
        text("f", from - 10, y_ + series_px, "end", bound(panel, false));
        out_ += "<line class=\"l\" x1=\"" + number(from) + "\" x2=\"" + number(from + room) + "\" y1=\"" +
                number(zero) + "\" y2=\"" + number(zero) + "\"/>\n";
        for (size_t i = 0; i < panel.bars.size(); ++i) {
            const Bar& b = panel.bars[i];
            if (b.gap) continue;
            const double top = b.height >= 0 ? zero - b.height * scale : zero;
            const double height = std::max(1.0, std::abs(b.height) * scale);
            bar(panel, b, from + static_cast<double>(i) * step, top, std::max(0.5, step - (step > 4 ? 1 : 0)), height);
        }
        y_ += series_px;
        times(panel, from, step);
        y_ += row_px;
    }

    static std::string bound(const Panel& panel, bool high) {
        const Bar* best = nullptr;
        for (const auto& b : panel.bars)
            if (!b.gap && (!best || (high ? b.height > best->height : b.height < best->height))) best = &b;
        if (!best) return "";
        return (high ? best->height < 0 : best->height > 0) ? "0" : best->value;
    }

    // As many times as there is room for, each under its own column.
    void times(const Panel& panel, double from, double step) {
        double free = 0;
        for (size_t i = 0; i < panel.bars.size(); ++i) {
            const double width = static_cast<double>(panel.bars[i].label.size()) * character_px;
            const double x = from + static_cast<double>(i) * step;
            if (x < free || x + width > width_ - side_px / 2.0) continue;
            text("f", x, y_ + 16, "start", panel.bars[i].label);
            free = x + width + 2 * character_px;
        }
    }

    std::string out_;
    unsigned width_, y_ = top_px;
};

}  // namespace

Drawing draw(const std::vector<Panel>& panels, unsigned width_px) {
    Sheet sheet(width_px);
    for (const auto& panel : panels) sheet.panel(panel);
    return sheet.take();
}

}  // namespace avocet::histogram
