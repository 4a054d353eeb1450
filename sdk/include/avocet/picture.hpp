// SPDX-License-Identifier: Apache-2.0
//
// avocet/picture.hpp: what sinks that draw have in common: text that is safe in XML, a file that appears whole or not
// at all, colours for light and dark, and the script that shows the value under the pointer.
//
// A picture is one SVG without any other file, or the same inside an HTML page. Elements with class "v" have a <title>:
// browsers show it, and the script puts it into the element #readout at once.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "avocet/error.hpp"

namespace avocet::picture {

// Bytes of the valid UTF-8 character of XML 1.0 at the start; 0: none.
inline size_t xml_character(std::string_view s) {
    const auto byte = [&](size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
    const auto tail = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
    const unsigned a = byte(0), b = byte(1);
    if (a < 0x80) return a < 32 || a == 127 ? 0 : 1;
    if (a >= 0xc2 && a <= 0xdf) return tail(1) ? 2 : 0;
    if (a >= 0xe0 && a <= 0xef) {
        const bool bad =
            (a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) || (a == 0xef && b == 0xbf && byte(2) >= 0xbe);
        return tail(1) && tail(2) && !bad ? 3 : 0;
    }
    if (a >= 0xf0 && a <= 0xf4) {
        const bool bad = (a == 0xf0 && b < 0x90) || (a == 0xf4 && b > 0x8f);
        return tail(1) && tail(2) && tail(3) && !bad ? 4 : 0;
    }
    return 0;
}

// As text or attribute: control characters are spaces, what is no UTF-8 becomes U+FFFD.
inline std::string xml_text(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size();) {
        const size_t size = xml_character(text.substr(i));
        const char c = text[i];
        if (size == 0)
            out += static_cast<unsigned char>(c) < 0x80 ? " " : "\xef\xbf\xbd";
        else if (size > 1)
            out += text.substr(i, size);
        else if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else if (c == '\'')
            out += "&#39;";
        else
            out += c;
        i += size ? size : 1;
    }
    return out;
}

// The first `characters` of a text, with an ellipsis if there are more.
inline std::string shortened(std::string_view text, size_t characters) {
    size_t at = 0, cut = 0, count = 0;
    while (at < text.size() && count < characters) {
        if (count + 1 == characters) cut = at;
        const size_t size = xml_character(text.substr(at));
        at += size ? size : 1;
        ++count;
    }
    return at >= text.size() ? std::string(text) : std::string(text.substr(0, cut)) + "\xe2\x80\xa6";
}

// Colours by name, for both themes. Text on the background has a contrast of at least 7:1 in each.
inline constexpr const char* style =
    ":root{--paper:#ffffff;--ink:#1c1e21;--faint:#54585f;--line:#d5d8dd;--bar:#2f6fb7;--low:#e8f0fa;--high:#0b3d75}"
    "@media(prefers-color-scheme:dark){:root{--paper:#15171a;--ink:#eceef1;--faint:#b2b7be;--line:#3a3e44;--bar:#"
    "6aa9ee;"
    "--low:#1d2a39;--high:#9fd0ff}}"
    "svg{background:var(--paper)}text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:var(--ink)}"
    ".h{font-size:15px;font-weight:600}.t{font-size:19px;font-weight:600}.f{fill:var(--faint)}.l{stroke:var(--line)}"
    ".bar{fill:var(--bar)}.v:hover{stroke:var(--ink);stroke-width:1.5}#readout{fill:var(--faint)}";

inline constexpr const char* script =
    "(function(){var r=document.getElementById('readout');"
    "[].forEach.call(document.querySelectorAll('.v'),function(v){var t=v.querySelector('title');"
    "v.addEventListener('mouseenter',function(){r.textContent=t?t.textContent:''});"
    "v.addEventListener('mouseleave',function(){r.textContent=''})})})();";

inline constexpr double character_px = 7.9;  // of the 13 px monospace text, rounded up

// An SVG element as the file `path`: a document of its own, or an HTML page if the name ends in .html. CDATA is fine in
// both: inside <svg> HTML knows it too.
inline std::string as_named(const std::string& path, const std::string& title, const std::string& svg) {
    const bool html = path.size() > 5 && path.compare(path.size() - 5, 5, ".html") == 0;
    if (!html) return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg;
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + xml_text(title) +
           "</title><style>body{margin:0;background:var(--paper)}</style></head><body>\n" + svg + "</body></html>\n";
}

// The whole picture around `body`; HTML around that, if `path` ends in .html.
inline std::string document(const std::string& path, unsigned width, unsigned height, const std::string& title,
                            const std::string& body) {
    const std::string w = std::to_string(width), h = std::to_string(height);
    const std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + w + "\" height=\"" + h +
                            "\" viewBox=\"0 0 " + w + " " + h + "\">\n<style>" + style +
                            "</style>\n<rect width=\"100%\" height=\"100%\" " +
                            "fill=\"var(--paper)\"/>\n<text class=\"t\" x=\"20\" y=\"32\">" + xml_text(title) +
                            "</text>\n<text id=\"readout\" x=\"20\" y=\"54\"></text>\n" + body + "<script><![CDATA[" +
                            script + "]]></script>\n</svg>\n";
    return as_named(path, title, svg);
}

// Written beside its name and renamed. The temporary file is made at the start, so that a wrong path is told before
// anything is attached, and removed if nothing comes of it.
class WholeFile {
public:
    explicit WholeFile(std::string path)
        : path_(std::move(path)), temporary_(path_ + ".partial." + std::to_string(::getpid())) {
        fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
        if (fd_ >= 0) return;
        const int error = errno;
        throw Error(error == EACCES ? AVOCET_ERR_PERMISSION : AVOCET_ERR_IO,
                    "file '" + path_ + "': cannot be made: " + errno_text(error),
                    error == ENOENT ? "its directory must exist" : "");
    }
    ~WholeFile() {
        if (fd_ < 0) return;
        ::close(fd_);
        ::unlink(temporary_.c_str());
    }
    WholeFile(const WholeFile&) = delete;
    WholeFile& operator=(const WholeFile&) = delete;

    const std::string& path() const { return path_; }
    // Throws if it cannot be written; then nothing has appeared.
    void write(std::string_view content) {
        for (size_t done = 0; done < content.size();) {
            const ssize_t n = ::write(fd_, content.data() + done, content.size() - done);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0)
                throw Error(AVOCET_ERR_IO, "file '" + path_ + "': cannot be written: " + errno_text(n ? errno : EIO));
            done += static_cast<size_t>(n);
        }
        if (::rename(temporary_.c_str(), path_.c_str()) != 0)
            throw Error(AVOCET_ERR_IO, "file '" + path_ + "': cannot be written: " + errno_text(errno));
        ::close(std::exchange(fd_, -1));
    }

private:
    std::string path_, temporary_;
    int fd_ = -1;
};

}  // namespace avocet::picture
