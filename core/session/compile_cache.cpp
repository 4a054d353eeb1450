// SPDX-License-Identifier: Apache-2.0
#include "session/compile_cache.hpp"

#include <fcntl.h>
#include <sodium/crypto_generichash.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "avocet/error.hpp"

namespace avocet::core {

namespace fs = std::filesystem;

namespace {

class File {
public:
    explicit File(int fd) : fd_(fd) {}
    ~File() {
        if (fd_ >= 0) close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_;
};

std::optional<std::string> read_all(int fd) {
    std::string out;
    char buffer[65536];
    for (;;) {
        ssize_t n = read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::nullopt;
        if (n == 0) return out;
        out.append(buffer, static_cast<size_t>(n));
    }
}

// Only a regular file of ours that nobody else can write; never through a symbolic link.
std::optional<std::string> read_private(const fs::path& path) {
    File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat st {};
    if (!file || fstat(file.get(), &st) != 0) return std::nullopt;
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022)) return std::nullopt;
    return read_all(file.get());
}

bool write_private(const fs::path& path, std::string_view bytes, std::string& why) {
    fs::path temporary = path;
    temporary += "." + std::to_string(getpid()) + ".tmp";
    unlink(temporary.c_str());
    {
        File file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!file) {
            why = "cannot create '" + temporary.string() + "': " + errno_text(errno);
            return false;
        }
        size_t done = 0;
        while (done < bytes.size()) {
            ssize_t n = write(file.get(), bytes.data() + done, bytes.size() - done);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) {
                why = "cannot write '" + temporary.string() + "': " + errno_text(errno);
                unlink(temporary.c_str());
                return false;
            }
            done += static_cast<size_t>(n);
        }
    }
    if (rename(temporary.c_str(), path.c_str()) == 0) return true;
    why = "cannot rename to '" + path.string() + "': " + errno_text(errno);
    unlink(temporary.c_str());
    return false;
}

std::string read_file(const std::string& path) {
    File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return {};
    return read_all(file.get()).value_or(std::string());
}

// Release, version and build-id note of the running kernel.
std::string kernel_state() {
    utsname name{};
    uname(&name);
    return std::string(name.release) + " " + name.version + " " + content_hash(read_file("/sys/kernel/notes"));
}

}  // namespace

std::string content_hash(std::string_view bytes) {
    unsigned char hash[32];
    crypto_generichash(hash, sizeof hash, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), nullptr,
                       0);
    std::string out;
    for (unsigned char c : hash) {
        out += "0123456789abcdef"[c >> 4];
        out += "0123456789abcdef"[c & 15];
    }
    return out;
}

CacheKey::CacheKey() = default;

CacheKey& CacheKey::add(std::string_view label, std::string_view value) {
    for (std::string_view part : {label, value}) {
        uint64_t size = part.size();
        bytes_.append(reinterpret_cast<const char*>(&size), sizeof size);
        bytes_.append(part);
    }
    return *this;
}

std::string CacheKey::hex() const { return content_hash(bytes_); }

std::string dependency_state(const std::string& kind, const std::string& name) {
    if (kind == "kernel") return kernel_state();
    struct stat st {};
    bool exists = stat(name.c_str(), &st) == 0;
    if (kind == "absent") return exists ? "present" : "";
    if (!exists) return "missing";
    if (kind == "content") return content_hash(read_file(name));
    return std::to_string(st.st_dev) + ":" + std::to_string(st.st_ino) + ":" + std::to_string(st.st_size) + ":" +
           std::to_string(st.st_mtim.tv_sec) + "." + std::to_string(st.st_mtim.tv_nsec);
}

CompileCache::CompileCache(fs::path directory, uint64_t limit_bytes, Diagnostics& diagnostics)
    : directory_(std::move(directory)), limit_bytes_(limit_bytes) {
    if (directory_.empty()) return;
    std::error_code error;
    fs::create_directories(directory_.parent_path(), error);
    if (mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) {
        diagnostics.warning("cache", "cache directory '" + directory_.string() + "': " + errno_text(errno) +
                                         "; programs are not cached");
        return;
    }
    struct stat st {};
    if (lstat(directory_.c_str(), &st) != 0 || !S_ISDIR(st.st_mode)) {
        diagnostics.warning("cache",
                            "cache directory '" + directory_.string() + "': not a directory; programs are not cached");
    } else if (st.st_uid != geteuid() || (st.st_mode & 022)) {
        diagnostics.warning("cache",
                            "cache directory '" + directory_.string() +
                                "': " + (st.st_uid != geteuid() ? "owned by another user" : "writable by others") +
                                "; programs are not cached",
                            "chmod go-w it, or set [cache] directory to one of your own");
    } else {
        usable_ = true;
    }
}

std::optional<std::string> CompileCache::find(const std::string& key, std::string& why) {
    if (!usable_) {
        why = "no usable cache";
        return std::nullopt;
    }
    auto description = read_private(directory_ / (key + ".json"));
    if (!description) {
        why = "no entry";
        return std::nullopt;
    }
    auto json = nlohmann::json::parse(*description, nullptr, false);
    why = "entry is damaged";
    if (!json.is_object() || !json.contains("object") || !json["object"].is_string()) return std::nullopt;
    auto dependencies = json.find("dependencies");
    if (dependencies == json.end() || !dependencies->is_array()) return std::nullopt;
    for (const auto& d : *dependencies) {
        if (!d.is_array() || d.size() != 3 || !d[0].is_string() || !d[1].is_string() || !d[2].is_string())
            return std::nullopt;
        if (dependency_state(d[0], d[1]) == d[2].get_ref<const std::string&>()) continue;
        why = d[0].get<std::string>() == "kernel" ? "the kernel has changed"
                                                  : "'" + d[1].get<std::string>() + "' has changed";
        return std::nullopt;
    }
    auto object = read_private(directory_ / (key + ".o"));
    if (!object || content_hash(*object) != json["object"].get_ref<const std::string&>()) return std::nullopt;
    utimensat(AT_FDCWD, (directory_ / (key + ".json")).c_str(), nullptr,
              AT_SYMLINK_NOFOLLOW);  // used last, evicted last
    why = "hit";
    return object;
}

bool CompileCache::store(const std::string& key, std::string_view object, std::vector<Dependency> dependencies,
                         std::string& why) {
    if (!usable_) {
        why = "no usable cache";
        return false;
    }
    nlohmann::json list = nlohmann::json::array();
    std::sort(dependencies.begin(), dependencies.end(),
              [](const auto& a, const auto& b) { return std::tie(a.kind, a.name) < std::tie(b.kind, b.name); });
    dependencies.erase(std::unique(dependencies.begin(), dependencies.end()), dependencies.end());
    for (const auto& d : dependencies) list.push_back({d.kind, d.name, d.state});
    std::string description = nlohmann::json{{"object", content_hash(object)}, {"dependencies", list}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace);
    evict(object.size() + description.size());
    return write_private(directory_ / (key + ".o"), object, why) &&
           write_private(directory_ / (key + ".json"), description, why);
}

namespace {

struct Entry {
    fs::path stem;
    fs::file_time_type used;
    uint64_t bytes = 0;
};

std::vector<Entry> entries_of(const fs::path& directory) {
    std::vector<Entry> out;
    std::error_code error;
    for (const auto& item : fs::directory_iterator(directory, error)) {
        if (item.path().extension() != ".json") continue;
        Entry entry;
        entry.stem = item.path().parent_path() / item.path().stem();
        entry.used = item.last_write_time(error);
        for (const char* suffix : {".json", ".o"}) {
            auto size = fs::file_size(fs::path(entry.stem) += suffix, error);
            if (!error) entry.bytes += size;
        }
        out.push_back(std::move(entry));
    }
    return out;
}

void remove_entry(const Entry& entry) {
    unlink((entry.stem.string() + ".json").c_str());
    unlink((entry.stem.string() + ".o").c_str());
}

}  // namespace

void CompileCache::evict(uint64_t incoming) {
    auto entries = entries_of(directory_);
    uint64_t total = incoming;
    for (const auto& e : entries) total += e.bytes;
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.used < b.used; });
    for (const auto& e : entries) {
        if (total <= limit_bytes_) return;
        remove_entry(e);
        total -= e.bytes;
    }
}

CompileCache::Usage CompileCache::usage() const {
    Usage usage;
    if (!usable_) return usage;
    for (const auto& e : entries_of(directory_)) {
        ++usage.entries;
        usage.bytes += e.bytes;
    }
    return usage;
}

size_t CompileCache::clear() {
    if (!usable_) return 0;
    auto entries = entries_of(directory_);
    for (const auto& e : entries) remove_entry(e);
    std::error_code error;
    for (const auto& item : fs::directory_iterator(directory_, error))  // left over from killed runs
        if (item.path().extension() == ".tmp" || item.path().extension() == ".o") unlink(item.path().c_str());
    return entries.size();
}

}  // namespace avocet::core
