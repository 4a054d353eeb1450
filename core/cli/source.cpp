// SPDX-License-Identifier: Apache-2.0
#include "cli/source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "avocet/error.hpp"

namespace avocet::core {

namespace {

bool read_descriptor(int fd, std::string& out) {
    char buffer[65536];
    for (;;) {
        ssize_t n = read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        if (n == 0) return true;
        out.append(buffer, static_cast<size_t>(n));
    }
}

}  // namespace

std::optional<SourceInput> read_source(const std::optional<std::string>& expression, std::vector<std::string> arguments,
                                       Diagnostics& diagnostics) {
    SourceInput source;
    source.name = source.tool = "stdin";
    if (expression) {
        source.text = *expression;
        source.parameters = std::move(arguments);
        return source;
    }
    if (arguments.empty()) {
        diagnostics.error("core", "no script", "give a file, `-` for standard input, or -e 'PROGRAM'", 101);
        return std::nullopt;
    }
    std::string file = std::move(arguments.front());
    source.parameters.assign(std::make_move_iterator(arguments.begin() + 1), std::make_move_iterator(arguments.end()));
    int fd = file == "-" ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        diagnostics.error("core", "script '" + file + "': " + errno_text(errno), {}, 102);
        return std::nullopt;
    }
    bool good = read_descriptor(fd, source.text);
    int reason = errno;
    if (file != "-") {
        close(fd);
        source.name = file;
        source.tool = std::filesystem::path(file).stem().string();
    }
    if (!good) {
        diagnostics.error("core", "script '" + file + "': " + errno_text(reason), {}, 102);
        return std::nullopt;
    }
    return source;
}

}  // namespace avocet::core
