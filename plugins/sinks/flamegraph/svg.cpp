// SPDX-License-Identifier: Apache-2.0
#include "svg.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "avocet/picture.hpp"

namespace avocet::flamegraph {

namespace {

using picture::xml_text;

constexpr unsigned row_px = 17, top_px = 56, bottom_px = 24, side_px = 10;
constexpr double narrowest_px = 0.1;  // narrower frames are not drawn; their parents' widths say that they are there
constexpr double character_px = 7.3;  // of 12 px monospace text, rounded up

constexpr const char* script = R"js(
(function () {
  var svg = document.querySelector('svg'), details = document.getElementById('details'), frames = [].slice.call(document.querySelectorAll('g.f'));
  var total = +svg.getAttribute('data-total'), width = +svg.getAttribute('data-width'), side = 10, found = null;
  var reset = document.getElementById('reset'), search = document.getElementById('search'), matched = document.getElementById('matched'), legend = matched.textContent;
  function n(g, a) { return +g.getAttribute('data-' + a); }
  function name(g) { return g.getAttribute('data-n'); }
  function show(from, wide, depth) {
    frames.forEach(function (g) {
      var x = n(g, 'x'), w = n(g, 'w'), above = n(g, 'd') >= depth;
      var left = Math.max(x, from), right = Math.min(x + w, from + wide), px = (right - left) / wide * width;
      var rect = g.querySelector('rect'), text = g.querySelector('text'), at = side + (left - from) / wide * width;
      g.style.display = right > left && px >= 0.1 ? '' : 'none';
      g.style.opacity = above ? 1 : 0.5;
      rect.setAttribute('x', at); rect.setAttribute('width', Math.max(px, 0));
      text.setAttribute('x', at + 3);
      var room = Math.floor((px - 6) / 7.3);
      text.textContent = room < 3 ? '' : name(g).length <= room ? name(g) : name(g).slice(0, room - 2) + '..';
    });
    reset.style.display = wide === total ? 'none' : '';
  }
  function mark(pattern) {
    var spans = [];
    frames.forEach(function (g) {
      var hit = pattern && pattern.test(name(g)), rect = g.querySelector('rect');
      rect.style.fill = hit ? '#e0f' : '';
      if (hit) spans.push([n(g, 'x'), n(g, 'x') + n(g, 'w')]);
    });
    spans.sort(function (a, b) { return a[0] - b[0]; });
    var sum = 0, end = 0;
    spans.forEach(function (s) { if (s[1] > end) { sum += s[1] - Math.max(s[0], end); end = s[1]; } });
    found = pattern;
    search.textContent = pattern ? 'Clear' : 'Search';
    matched.textContent = pattern ? 'matched ' + (100 * sum / total).toFixed(1) + '%' : legend;
  }
  function ask() {
    if (found) return mark(null);
    var text = prompt('Frames whose name matches (regular expression):');
    if (!text) return;
    try { mark(new RegExp(text)); } catch (e) { alert('not a regular expression: ' + text); }
  }
  frames.forEach(function (g) {
    g.addEventListener('mouseenter', function () { details.textContent = g.querySelector('title').textContent; });
    g.addEventListener('mouseleave', function () { details.textContent = ''; });
  });
  frames.forEach(function (g) { g.addEventListener('click', function () { show(n(g, 'x'), n(g, 'w'), n(g, 'd')); }); });
  reset.addEventListener('click', function () { show(0, total, 0); });
  search.addEventListener('click', ask);
  window.addEventListener('keydown', function (e) {
    if ((e.ctrlKey || e.metaKey) && e.key === 'f') { e.preventDefault(); ask(); }
    if (e.key === 'Escape') { mark(null); show(0, total, 0); }
  });
})();
)js";

unsigned depth_of(const Node& node) {
    unsigned deepest = 0;
    for (const auto& [name, child] : node.children)
        if (child.total) deepest = std::max(deepest, 1 + depth_of(child));
    return deepest;
}

// The same name has the same colour in every graph: warm for user code, blue for the kernel.
std::string colour_of(const std::string& name) {
    uint32_t hash = 2166136261u;  // FNV-1a
    for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    const unsigned shade = hash % 60, tint = (hash >> 8) % 60;
    const bool kernel = name.size() > 4 && name.compare(name.size() - 4, 4, "_[k]") == 0;
    char out[40];
    if (kernel)
        std::snprintf(out, sizeof out, "rgb(%u,%u,%u)", 90 + shade, 140 + tint, 215u);
    else
        std::snprintf(out, sizeof out, "rgb(%u,%u,%u)", 225u, 100 + shade + tint / 2, 50 + tint / 2);
    return out;
}

// White where nothing changed; full red or blue at a change of a tenth of all samples.
std::string colour_of_change(double change) {
    const double strength = std::min(1.0, std::abs(change) / 0.1);
    const auto rest = static_cast<unsigned>(235 - 120 * strength);
    char out[40];
    if (change > 0)
        std::snprintf(out, sizeof out, "rgb(%u,%u,%u)", 240u, rest, rest);
    else if (change < 0)
        std::snprintf(out, sizeof out, "rgb(%u,%u,%u)", rest, std::min(255u, rest + 30), 245u);
    else
        std::snprintf(out, sizeof out, "rgb(225,225,225)");
    return out;
}

class Drawing {
public:
    Drawing(const Node& root, const Look& look)
        : look_(look),
          inner_(look.width_px - 2 * side_px),
          depth_(depth_of(root)),
          total_(std::max<uint64_t>(root.total, 1)),
          base_(std::max<uint64_t>(root.base, 1)) {
        head(root);
        frame("all", root, 0, 0);
        out_ += "<text id=\"details\" x=\"10\" y=\"" + std::to_string(top_px + bottom_px + (depth_ + 1) * row_px - 8) +
                "\"></text>\n</svg>\n";
    }
    std::string take() { return std::move(out_); }

private:
    double change(const Node& node) const {
        return static_cast<double>(node.total) / static_cast<double>(total_) -
               static_cast<double>(node.base) / static_cast<double>(base_);
    }

    // Samples of the other run whose stacks have no frame here: counted where a stack leaves the drawn tree.
    static uint64_t gone(const Node& node) {
        uint64_t sum = 0;
        for (const auto& [name, child] : node.children) sum += child.total ? gone(child) : child.base;
        return sum;
    }

    void head(const Node& root) {
        const uint64_t total = root.total;
        const std::string width = std::to_string(look_.width_px),
                          height = std::to_string(top_px + bottom_px + (depth_ + 1) * row_px);
        const std::string middle = std::to_string(look_.width_px / 2), right = std::to_string(look_.width_px - side_px);
        out_ += "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + height +
                "\" viewBox=\"0 0 " + width + " " + height + "\" data-total=\"" + std::to_string(total) +
                "\" data-width=\"" + std::to_string(inner_) + "\">\n" +
                "<style>:root{--paper:#fcfcf4}@media(prefers-color-scheme:dark){:root{--paper:#15171a}}text{font:12px "
                "monospace}g.f,.b{cursor:pointer}g.f:hover rect{stroke:#000}"
                "svg>text{fill:#1c1e21}.paper{fill:var(--paper)}"
                "@media(prefers-color-scheme:dark){svg>text{fill:#eceef1}g.f:hover rect{stroke:#fff}}"
                "</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\" fill=\"#fcfcf4\"/>\n<text x=\"" +
                middle + "\" y=\"22\" text-anchor=\"middle\" style=\"font-size:17px\">" + xml_text(look_.title) +
                "</text>\n<text id=\"reset\" class=\"b\" x=\"10\" y=\"42\" style=\"display:none\">Reset zoom</text>\n"
                "<text id=\"search\" class=\"b\" x=\"" +
                right + "\" y=\"42\" text-anchor=\"end\">Search</text>\n<text id=\"matched\" x=\"" + middle +
                "\" y=\"42\" text-anchor=\"middle\">" + (look_.difference ? legend(root) : "") + "</text>\n";
    }

    std::string legend(const Node& root) const {
        char out[120];
        std::snprintf(out, sizeof out, "red has grown, blue has shrunk; %.1f%% of the other run is no longer here",
                      100.0 * static_cast<double>(gone(root)) / static_cast<double>(base_));
        return out;
    }

    void frame(const std::string& name, const Node& node, uint64_t start, unsigned depth) {
        const double x = side_px + static_cast<double>(start) / static_cast<double>(total_) * inner_;
        const double width = static_cast<double>(node.total) / static_cast<double>(total_) * inner_;
        if (width < narrowest_px || !node.total) return;
        const unsigned y = top_px + (depth_ - depth) * row_px;
        const std::string shown = xml_text(name);
        char place[400];
        std::snprintf(place, sizeof place,
                      "<rect x=\"%.3f\" y=\"%u\" width=\"%.3f\" height=\"%u\" rx=\"2\" fill=\"%s\"/><text x=\"%.3f\" "
                      "y=\"%u\">",
                      x, y, width, row_px - 1,
                      (look_.difference ? colour_of_change(change(node)) : colour_of(name)).c_str(), x + 3, y + 12);
        char share[40];
        std::snprintf(share, sizeof share, "%.2f%%",
                      100.0 * static_cast<double>(node.total) / static_cast<double>(total_));
        std::string other;
        if (look_.difference) {
            char text[80];
            std::snprintf(text, sizeof text, "; before %.2f%%, %+.2f%%",
                          100.0 * static_cast<double>(node.base) / static_cast<double>(base_), 100.0 * change(node));
            other = text;
        }
        out_ += "<g class=\"f\" data-x=\"" + std::to_string(start) + "\" data-w=\"" + std::to_string(node.total) +
                "\" data-d=\"" + std::to_string(depth) +
                (look_.difference ? "\" data-b=\"" + std::to_string(node.base) : std::string()) + "\" data-n=\"" +
                shown + "\"><title>" + shown + " (" + std::to_string(node.total) + " " + xml_text(look_.unit) + ", " +
                share + other + ")</title>" + place + xml_text(label(name, width)) + "</text></g>\n";
        for (const auto& [child_name, child] : node.children) {
            frame(child_name, child, start, depth + 1);
            start += child.total;
        }
    }

    static std::string label(const std::string& name, double width) {
        const double room = (width - 6) / character_px;
        if (room < 3) return {};
        const auto characters = static_cast<size_t>(room);
        if (name.size() <= characters) return name;
        size_t end = characters - 2;
        while (end && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
        return name.substr(0, end) + "..";
    }

    const Look& look_;
    unsigned inner_, depth_;
    uint64_t total_, base_;
    std::string out_;
};

}  // namespace

std::string svg_of(const Node& root, const Look& look) {
    std::string out = Drawing(root, look).take();
    const std::string code = std::string("<script><![CDATA[") + script + "]]></script>\n";
    out.insert(out.size() - std::string_view("</svg>\n").size(), code);
    return out;
}

}  // namespace avocet::flamegraph
