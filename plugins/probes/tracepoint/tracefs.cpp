// SPDX-License-Identifier: Apache-2.0
//
// Finding, mounting and reading tracefs. See Documentation/trace/ftrace.rst, "The File System".
#include "tracefs.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

#include "avocet/error.hpp"

namespace avocet::tracepoint {

namespace {

constexpr const char* usual_place = "/sys/kernel/tracing";
constexpr const char* old_place = "/sys/kernel/debug/tracing";

bool is_tracefs(const char* path) {
    struct statfs fs {};
    return statfs(path, &fs) == 0 && static_cast<unsigned long>(fs.f_type) == TRACEFS_MAGIC;
}

Error unreadable(const std::string& path, int error) {
    if (error == EACCES || error == EPERM)
        return Error(AVOCET_ERR_PERMISSION, "'" + path + "': " + "this user may not read it", "run as root");
    return Error(AVOCET_ERR_IO, "'" + path + "': " + errno_text(error));
}

struct CloseDir {
    void operator()(DIR* dir) const { closedir(dir); }
};

bool is_directory(DIR* dir, const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
    struct stat st {};
    return fstatat(dirfd(dir), entry.d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

// nullopt: no such directory.
std::optional<std::vector<std::string>> directories_in(const std::string& path) {
    std::unique_ptr<DIR, CloseDir> dir(opendir(path.c_str()));
    if (!dir) {
        if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
        throw unreadable(path, errno);
    }
    std::vector<std::string> names;
    while (dirent* entry = readdir(dir.get()))
        if (entry->d_name[0] != '.' && is_directory(dir.get(), *entry)) names.emplace_back(entry->d_name);
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace

std::string TraceFs::find_or_mount() const {
    if (!configured_.empty()) return configured_;
    if (is_tracefs(usual_place)) return usual_place;
    if (is_tracefs(old_place)) return old_place;  // also mounts it there, if debugfs is
    if (mount("tracefs", usual_place, "tracefs", 0, nullptr) == 0) return usual_place;
    int error = errno;
    if (error == ENODEV || error == ENOENT)
        throw Error(AVOCET_ERR_UNSUPPORTED, "tracepoints: this kernel has no tracefs", "it needs CONFIG_TRACING");
    throw Error(AVOCET_ERR_PERMISSION,
                "tracepoints: tracefs is not mounted, and mounting it on '" + std::string(usual_place) +
                    "' failed: " + errno_text(error),
                "run as root: mount -t tracefs tracefs " + std::string(usual_place));
}

const std::string& TraceFs::root() {
    if (root_.empty()) root_ = find_or_mount();
    return root_;
}

std::vector<std::string> TraceFs::categories() {
    std::string path = root() + "/events";
    auto names = directories_in(path);
    if (!names)
        throw Error(AVOCET_ERR_UNSUPPORTED, "'" + path + "': this kernel has no trace events",
                    "it needs CONFIG_EVENT_TRACING");
    // ftrace/ describes the tracers' own records; nothing can be attached to them.
    std::erase(*names, "ftrace");
    return *names;
}

std::vector<std::string> TraceFs::events(const std::string& category) {
    if (category.empty() || category == "ftrace" || category.find('/') != std::string::npos) return {};
    auto names = directories_in(root() + "/events/" + category);
    if (!names) {
        categories();  // says so if there is no event at all
        return {};
    }
    return *names;
}

std::string TraceFs::format_path(const std::string& category, const std::string& event) {
    return root() + "/events/" + category + "/" + event + "/format";
}

std::string TraceFs::format(const std::string& category, const std::string& event) {
    std::string path = format_path(category, event);
    errno = 0;
    std::ifstream in(path);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in && text.empty()) throw unreadable(path, errno ? errno : EIO);
    return text;
}

}  // namespace avocet::tracepoint
