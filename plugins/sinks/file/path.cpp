// SPDX-License-Identifier: Apache-2.0
#include "path.hpp"

#include "avocet/error.hpp"

namespace avocet::file {

namespace {

void replace_all(std::string& text, std::string_view what, const std::tm& time, const char* format) {
    char value[32];
    size_t size = std::strftime(value, sizeof value, format, &time);
    for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += size)
        text.replace(at, what.size(), value, size);
}

}  // namespace

std::string expand_clock(std::string path, std::time_t wall) {
    std::tm local{};
    ::localtime_r(&wall, &local);
    replace_all(path, "{date}", local, "%Y-%m-%d");
    replace_all(path, "{time}", local, "%H%M%S");
    return path;
}

mode_t parse_mode(const std::string& text) {
    mode_t mode = 0;
    bool good = !text.empty() && text.size() <= 4;
    for (char c : text) {
        good = good && c >= '0' && c <= '7';
        mode = mode * 8 + static_cast<mode_t>(c - '0');
    }
    if (!good || mode > 0777)
        throw Error(AVOCET_ERR_INVALID, "option 'mode': '" + text + "' is not a file mode",
                    "three octal digits, as \"0640\"");
    if (!(mode & 0200))
        throw Error(AVOCET_ERR_INVALID, "option 'mode': '" + text + "' lets nobody write the file",
                    "\"0640\" lets the owner write");
    return mode;
}

}  // namespace avocet::file
