// SPDX-License-Identifier: Apache-2.0
#include "stream.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <bpf/bpf.h>

#include "avocet/abi/program.h"
#include "avocet/error.hpp"
#include "drain.hpp"

namespace avocet::bpf {
namespace {

constexpr char where_hint[] = "name a new directory below /sys/fs/bpf; is it mounted? mount -t bpf bpf /sys/fs/bpf";
constexpr timespec moment{0, 2'000'000};
constexpr int lock_tries = 50;  // a reader that asks whether the session lives holds the lock for an instant

uint64_t monotonic_ns() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
}

std::string quoted(const std::string& directory) { return "stream '" + directory + "'"; }

// Who says in `stream` that the directory is its own; empty: nobody does.
std::string owner_of(const std::string& directory) {
    Fd map(bpf_obj_get((directory + "/" AVOCET_STREAM_PIN_INFO).c_str()));
    bpf_map_info facts{};
    uint32_t size = sizeof facts, key = 0;
    if (!map || bpf_obj_get_info_by_fd(map.get(), &facts, &size) || facts.value_size < sizeof(avocet_stream_info))
        return "";
    std::vector<char> value(facts.value_size);
    if (bpf_map_lookup_elem(map.get(), &key, value.data())) return "";
    avocet_stream_info info;
    std::memcpy(&info, value.data(), sizeof info);
    return " (process " + std::to_string(info.owner) + ")";
}

// Whether a session would have pinned this: a map, of a type and name that streams are made of.
bool is_our_pin(const std::string& path, std::string_view name) {
    Fd fd(bpf_obj_get(path.c_str()));
    char target[64] = "";
    if (!fd || readlink(("/proc/self/fd/" + std::to_string(fd.get())).c_str(), target, sizeof target - 1) < 0 ||
        std::string_view(target).find("bpf-map") == std::string_view::npos)
        return false;
    bpf_map_info info{};
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(fd.get(), &info, &size)) return false;
    return info.type == BPF_MAP_TYPE_RINGBUF || info.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY ||
           (name == AVOCET_STREAM_PIN_INFO && std::string_view(info.name) == "avocet_stream") ||
           (name == AVOCET_MAP_LOSSES && info.type == BPF_MAP_TYPE_PERCPU_ARRAY);
}

// The program's types and the one of the map that carries them.
struct InfoTypes {
    explicit InfoTypes(const btf* program, uint32_t manifest_size) {
        uint32_t size = 0;
        const void* raw = program ? btf__raw_data(program, &size) : nullptr;
        types.reset(raw ? btf__new(raw, size) : btf__new_empty());
        if (!types) throw Error(AVOCET_ERR_NO_MEMORY, "stream: its types cannot be made");
        const int number = btf__add_int(types.get(), "unsigned int", 4, 0),
                  wide = btf__add_int(types.get(), "unsigned long", 8, 0),
                  character = btf__add_int(types.get(), "char", 1, BTF_INT_CHAR);
        const int text = btf__add_array(types.get(), number, character, manifest_size);
        key = number;
        value = btf__add_struct(types.get(), "avocet_stream", sizeof(avocet_stream_info) + manifest_size);
        uint32_t offset = 0;
        for (const char* name :
             {"version", "info_size", "state", "transport", "flags", "channel_count", "owner", "manifest_size"}) {
            btf__add_field(types.get(), name, number, offset, 0);
            offset += 32;
        }
        btf__add_field(types.get(), "wall_minus_boot_ns", wide, offset, 0);
        btf__add_field(types.get(), "manifest", text, sizeof(avocet_stream_info) * 8, 0);
        if (btf__load_into_kernel(types.get()))
            throw Error(AVOCET_ERR_IO, "stream: the kernel does not take its types: " + errno_text(errno));
    }
    struct Free {
        void operator()(btf* b) const { btf__free(b); }
    };
    std::unique_ptr<btf, Free> types;
    int key = 0, value = 0;
};

}  // namespace

StreamPlan::StreamPlan(const avocet_stream_pin& pin)
    : directory(string(pin.where.directory)),
      manifest(string(pin.manifest)),
      mode(pin.where.mode),
      flags(pin.flags),
      group(pin.where.group),
      end_wait_ns(pin.where.end_wait_ns),
      wall_minus_boot_ns(pin.wall_minus_boot_ns) {
    while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
}

StreamDirectory::StreamDirectory(const StreamPlan& plan) : plan_(plan) {
    const std::string& path = plan_.directory;
    const size_t slash = path.rfind('/');
    const std::string parent = slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
    struct statfs system {};
    if (statfs(parent.c_str(), &system) < 0)
        throw Error(AVOCET_ERR_NOT_FOUND, quoted(path) + ": directory '" + parent + "': " + errno_text(errno),
                    where_hint);
    if (system.f_type != BPF_FS_MAGIC)
        throw Error(AVOCET_ERR_INVALID, quoted(path) + ": '" + parent + "' is not in a BPF file system", where_hint);
    for (;;) {
        const bool made = mkdir(path.c_str(), 0700) == 0;
        if (!made && errno != EEXIST)
            throw Error(
                errno == EACCES || errno == EPERM ? AVOCET_ERR_PERMISSION : AVOCET_ERR_IO,
                quoted(path) + ": cannot be made: " + errno_text(errno),
                path.find('.', slash) == std::string::npos ? where_hint : "names in a BPF file system have no dots");
        if (!lock()) continue;
        if (made) return;
        remove_leftovers();
        fd_.reset();
    }
}

bool StreamDirectory::lock() {
    const std::string& path = plan_.directory;
    fd_ = Fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd_ && errno == ENOENT) return false;
    struct stat status {
    }, now{};
    if (!fd_ || fstat(fd_.get(), &status) < 0)
        throw Error(AVOCET_ERR_INVALID, quoted(path) + ": is not a directory that can be opened: " + errno_text(errno),
                    where_hint);
    if (status.st_uid != geteuid())
        throw Error(AVOCET_ERR_PERMISSION, quoted(path) + ": belongs to user " + std::to_string(status.st_uid),
                    "name another directory");
    for (int tries = 0; flock(fd_.get(), LOCK_EX | LOCK_NB) < 0; ++tries) {
        if (errno != EWOULDBLOCK || tries == lock_tries)
            throw Error(AVOCET_ERR_INVALID, quoted(path) + ": another session" + owner_of(path) + " is using it",
                        "end that session, or name another directory");
        nanosleep(&moment, nullptr);
    }
    return stat(path.c_str(), &now) == 0 && now.st_ino == status.st_ino;
}

// What a session left that was killed, with the directory: its readers see by its lock, which is free from now on, that
// it is not the next session's. Anything else is somebody's: then nothing is touched.
void StreamDirectory::remove_leftovers() {
    std::vector<std::string> names;
    std::unique_ptr<DIR, int (*)(DIR*)> list(opendir(plan_.directory.c_str()), closedir);
    while (const dirent* entry = list ? readdir(list.get()) : nullptr)
        if (const std::string name = entry->d_name; name != "." && name != "..") names.push_back(name);
    for (const std::string& name : names) {
        if (is_our_pin(plan_.directory + "/" + name, name)) continue;
        Error foreign(AVOCET_ERR_INVALID,
                      quoted(plan_.directory) + ": holds '" + name + "', which no session left there",
                      "name a directory of its own");
        fd_.reset();
        throw foreign;
    }
    for (const std::string& name : names) unlink((plan_.directory + "/" + name).c_str());
    rmdir(plan_.directory.c_str());
}

StreamDirectory::~StreamDirectory() {
    if (!fd_) return;
    for (const std::string& name : pins_) unlink((plan_.directory + "/" + name).c_str());
    rmdir(plan_.directory.c_str());
}

void StreamDirectory::pin(int map_fd, const std::string& name) {
    const std::string path = plan_.directory + "/" + name;
    if (bpf_obj_pin(map_fd, path.c_str()))
        throw Error(AVOCET_ERR_IO, quoted(plan_.directory) + ": '" + name + "' cannot be pinned: " + errno_text(errno));
    pins_.push_back(name);
    set_permissions(path, plan_.mode);
}

void StreamDirectory::open_to_readers() {
    const uint32_t mode = plan_.mode;
    set_permissions(plan_.directory, mode | (mode & 0444) >> 2);
}

void StreamDirectory::set_permissions(const std::string& path, uint32_t mode) {
    if (plan_.group >= 0 && lchown(path.c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(plan_.group)) < 0)
        throw Error(AVOCET_ERR_PERMISSION, quoted(plan_.directory) + ": cannot be given to group " +
                                               std::to_string(plan_.group) + ": " + errno_text(errno));
    if (chmod(path.c_str(), mode) < 0)
        throw Error(AVOCET_ERR_PERMISSION,
                    quoted(plan_.directory) + ": its permissions cannot be set: " + errno_text(errno));
}

void UnmapInfo::operator()(avocet_stream_info* info) const noexcept { munmap(info, size); }

PinnedStream::PinnedStream(StreamPlan plan, const std::vector<Channel>& channels, std::vector<Fd> rings, int losses_fd,
                           const btf* types)
    : plan_(std::move(plan)), rings_(std::move(rings)) {
    directory_ = std::make_unique<StreamDirectory>(plan_);
    for (const Channel& channel : channels) {
        directory_->pin(channel.fd, channel.name);
        if (channel.ring_bytes)
            readers_.push_back(std::make_unique<RingBuffer>(channel.fd, channel.ring_bytes, Drain::channel_events));
    }
    if (losses_fd >= 0) directory_->pin(losses_fd, AVOCET_MAP_LOSSES);
    publish(types, static_cast<uint32_t>(channels.size()));
}

void PinnedStream::publish(const btf* types, uint32_t channel_count) {
    const auto manifest_size = static_cast<uint32_t>(plan_.manifest.size());
    const InfoTypes made(types, manifest_size);
    const uint32_t size = static_cast<uint32_t>(sizeof(avocet_stream_info)) + manifest_size;
    LIBBPF_OPTS(bpf_map_create_opts, options, .btf_fd = static_cast<uint32_t>(btf__fd(made.types.get())),
                .btf_key_type_id = static_cast<uint32_t>(made.key),
                .btf_value_type_id = static_cast<uint32_t>(made.value), .map_flags = BPF_F_MMAPABLE);
    info_fd_ = Fd(bpf_map_create(BPF_MAP_TYPE_ARRAY, "avocet_stream", sizeof(uint32_t), size, 1, &options));
    void* memory = info_fd_ ? mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, info_fd_.get(), 0) : MAP_FAILED;
    if (memory == MAP_FAILED)
        throw Error(AVOCET_ERR_NO_MEMORY, quoted(plan_.directory) + ": cannot be described: " + errno_text(errno));
    info_ = {static_cast<avocet_stream_info*>(memory), UnmapInfo{size}};
    *info_ = {AVOCET_STREAM_VERSION,
              sizeof(avocet_stream_info),
              AVOCET_STREAM_RUNNING,
              plan_.transport,
              plan_.flags,
              channel_count,
              static_cast<uint32_t>(getpid()),
              manifest_size,
              plan_.wall_minus_boot_ns};
    std::memcpy(reinterpret_cast<char*>(info_.get()) + sizeof *info_, plan_.manifest.data(), manifest_size);
    directory_->pin(info_fd_.get(), AVOCET_STREAM_PIN_INFO);
    directory_->open_to_readers();
}

bool PinnedStream::all_read() const {
    return std::all_of(readers_.begin(), readers_.end(), [](auto& ring) { return ring->unread_bytes() == 0; });
}

uint64_t PinnedStream::finish() {
    if (!directory_) return 0;
    woken_ = false;
    __atomic_store_n(&info_->state, static_cast<uint32_t>(AVOCET_STREAM_ENDED), __ATOMIC_RELEASE);
    const uint64_t start = monotonic_ns();
    while (!all_read() && !woken_ && monotonic_ns() - start < plan_.end_wait_ns) nanosleep(&moment, nullptr);
    uint64_t unread = 0;
    for (auto& ring : readers_) unread += ring->count_unread();
    directory_.reset();
    return unread;
}

}  // namespace avocet::bpf
