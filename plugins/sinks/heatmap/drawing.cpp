// SPDX-License-Identifier: Apache-2.0
#include "drawing.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "avocet/picture.hpp"

namespace avocet::heatmap {

namespace {

using picture::character_px;
using picture::xml_text;

constexpr unsigned side_px = 20, top_px = 72, row_px = 19, title_px = 30, legend_px = 34, between_px = 26;
constexpr double widest_px = 60;
constexpr size_t longest_label = 40;

std::string number(double value) {
    char out[32];
    std::snprintf(out, sizeof out, "%.2f", value);
    return out;
}

// A mix of the theme's two colours; the browser does the arithmetic, so that both themes are right.
std::string colour(double share) { return "color-mix(in srgb,var(--high) " + number(100 * share) + "%,var(--low))"; }

// For what does not know color-mix: the light theme's.
std::string plain_colour(double share) {
    char out[16];
    const auto mix = [&](int low, int high) { return static_cast<int>(low + (high - low) * share); };
    std::snprintf(out, sizeof out, "#%02x%02x%02x", mix(0xe8, 0x0b), mix(0xf0, 0x3d), mix(0xfa, 0x75));
    return out;
}

class Sheet {
public:
    Sheet(unsigned width, bool logarithmic) : width_(width), logarithmic_(logarithmic) {}

    void panel(const Panel& panel) {
        const auto room = static_cast<size_t>((width_ - 2 * side_px) / character_px);
        text("h", side_px, y_ + 16, "start", picture::shortened(panel.title, room));
        y_ += title_px;
        size_t longest = 0;
        for (const auto& label : panel.rows) longest = std::max(longest, std::min(label.size(), longest_label));
        double low = INFINITY, high = 0;
        for (const auto& cell : panel.cells) low = std::min(low, cell.weight), high = std::max(high, cell.weight);
        if (panel.cells.empty()) low = 0;
        const double from = side_px + static_cast<double>(longest) * character_px + 10;
        const double columns = std::max<double>(1, static_cast<double>(panel.columns.size()));
        const double step = std::min(widest_px, (width_ - side_px - from) / columns);
        for (size_t i = 0; i < panel.rows.size(); ++i)
            text("f", from - 8, y_ + static_cast<double>(i) * row_px + 14, "end",
                 picture::shortened(panel.rows[i], longest_label));
        for (const auto& cell : panel.cells) draw_cell(panel, cell, from, step, low, high);
        y_ += static_cast<unsigned>(panel.rows.size()) * row_px;
        out_ += "<line class=\"l\" x1=\"" + number(from) + "\" x2=\"" + number(from + columns * step) + "\" y1=\"" +
                std::to_string(y_ + 1) + "\" y2=\"" + std::to_string(y_ + 1) + "\"/>\n";
        times(panel, from, step);
        y_ += row_px + 6;
        legend(panel, from, low, high);
        y_ += legend_px + between_px;
    }
    Drawing take() { return {std::move(out_), width_, y_}; }

private:
    void text(const char* style, double x, double y, const char* anchor, const std::string& content) {
        out_ += std::string("<text class=\"") + style + "\" x=\"" + number(x) + "\" y=\"" + number(y) +
                "\" text-anchor=\"" + anchor + "\">" + xml_text(content) + "</text>\n";
    }

    double share(double weight, double low, double high) const {
        if (high <= low) return 1;
        if (logarithmic_ && low > 0) return std::log(weight / low) / std::log(high / low);
        return (weight - low) / (high - low);
    }

    // The smallest value is visible too: what has no value has no cell.
    void draw_cell(const Panel& panel, const Cell& cell, double from, double step, double low, double high) {
        const std::string &time = panel.columns[cell.column], &range = panel.rows[cell.row];
        out_ += "<rect class=\"v cell\" data-column=\"" + xml_text(time) + "\" data-row=\"" + xml_text(range) +
                "\" data-value=\"" + xml_text(cell.value) + "\" x=\"" + number(from + cell.column * step) + "\" y=\"" +
                number(y_ + cell.row * static_cast<double>(row_px)) + "\" width=\"" +
                number(std::max(0.3, step - (step > 4 ? 1 : 0))) + "\" height=\"" + std::to_string(row_px - 1) +
                "\" fill=\"" + plain_colour(0.12 + 0.88 * share(cell.weight, low, high)) +
                "\" style=\"fill:" + colour(0.12 + 0.88 * share(cell.weight, low, high)) + "\"><title>" +
                xml_text(panel.title + "  " + time + "  " + range + ": " + cell.value) + "</title></rect>\n";
    }

    void times(const Panel& panel, double from, double step) {
        double free = 0;
        for (size_t i = 0; i < panel.columns.size(); ++i) {
            const double width = static_cast<double>(panel.columns[i].size()) * character_px;
            const double x = from + static_cast<double>(i) * step;
            if (x < free || x + width > width_ - side_px / 2.0) continue;
            text("f", x, y_ + 16, "start", panel.columns[i]);
            free = x + width + 2 * character_px;
        }
    }

    void legend(const Panel& panel, double from, double low, double high) {
        if (panel.cells.empty()) return;
        const auto value_of = [&](double weight) {
            for (const auto& cell : panel.cells)
                if (cell.weight == weight) return cell.value;
            return std::string();
        };
        const std::string least = value_of(low), most = value_of(high);
        double x = from;
        text("f", x, y_ + 14, "start", least);
        x += static_cast<double>(least.size()) * character_px + 8;
        for (int i = 0; i <= 10; ++i, x += 14)
            out_ += "<rect x=\"" + number(x) + "\" y=\"" + std::to_string(y_ + 3) +
                    "\" width=\"14\" height=\"13\" style=\"fill:" + colour(0.12 + 0.088 * i) + "\"/>\n";
        text("f", x + 8, y_ + 14, "start", most + (logarithmic_ ? "  (logarithmic)" : ""));
    }

    std::string out_;
    unsigned width_, y_ = top_px;
    bool logarithmic_;
};

}  // namespace

Drawing draw(const std::vector<Panel>& panels, unsigned width_px, bool logarithmic) {
    Sheet sheet(width_px, logarithmic);
    for (const auto& panel : panels) sheet.panel(panel);
    return sheet.take();
}

}  // namespace avocet::heatmap
