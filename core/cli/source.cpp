// SPDX-License-Identifier: Apache-2.0
#include "cli/source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
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

std::optional<std::string> read_text(const std::string& file) {
    const int fd = file == "-" ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return std::nullopt;
    std::string text;
    const bool good = read_descriptor(fd, text);
    const int reason = errno;
    if (fd != STDIN_FILENO) close(fd);
    errno = reason;
    return good ? std::optional<std::string>(std::move(text)) : std::nullopt;
}

bool replace_file(const std::string& file, std::string_view text, std::string& why) {
    std::string path = file + ".XXXXXX";
    struct stat old {};
    const bool existed = stat(file.c_str(), &old) == 0;
    const int fd = mkostemp(path.data(), O_CLOEXEC);
    if (fd < 0) return why = errno_text(errno), false;
    bool good = true;
    for (size_t done = 0; good && done < text.size();) {
        const ssize_t n = write(fd, text.data() + done, text.size() - done);
        if (n < 0 && errno == EINTR) continue;
        good = n > 0;
        if (good) done += static_cast<size_t>(n);
    }
    const mode_t mask = umask(0);
    umask(mask);
    good = good && fchmod(fd, existed ? old.st_mode & 07777 : 0666 & ~mask) == 0;
    if (!good) why = errno_text(errno);
    close(fd);
    if (good && rename(path.c_str(), file.c_str()) == 0) return true;
    if (good) why = errno_text(errno);
    unlink(path.c_str());
    return false;
}

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
    auto text = read_text(file);
    if (!text) {
        diagnostics.error("core", "script '" + file + "': " + errno_text(errno), {}, 102);
        return std::nullopt;
    }
    source.text = std::move(*text);
    if (file != "-") {
        source.name = file;
        source.tool = std::filesystem::path(file).stem().string();
    }
    return source;
}

}  // namespace avocet::core
