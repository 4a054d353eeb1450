// SPDX-License-Identifier: Apache-2.0
#include "perf_file.hpp"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "avocet/error.hpp"

namespace avocet::perfdata {

namespace {

// tools/perf/util/header.h and event.h; not in the kernel's own headers.
constexpr uint32_t record_finished_round = 68;
enum Bit : unsigned {
    bit_build_id = 2,
    bit_host_name = 3,
    bit_os_release = 4,
    bit_version = 5,
    bit_arch = 6,
    bit_cpus = 7,
    bit_command = 11,
    bit_events = 12,
    bit_sample_time = 21
};
constexpr uint64_t clock_boot = CLOCK_BOOTTIME;
constexpr uint64_t sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
                                 PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN;

struct Section {
    uint64_t offset, size;
};
struct FileHeader {
    char magic[8];
    uint64_t size, attr_size;
    Section attrs, data, event_types;
    uint64_t features[4];
};
struct FileAttr {
    perf_event_attr attr;
    Section ids;
};
constexpr uint64_t ids_offset = sizeof(FileHeader) + events_limit * sizeof(FileAttr),
                   data_offset = ids_offset + events_limit * sizeof(uint64_t);

template <class T>
void put_value(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Padded with NULs, at least one, to a multiple of `to`.
std::string padded(std::string_view text, size_t to) {
    std::string out(text);
    out.resize((text.size() / to + 1) * to);
    return out;
}

void put_text(std::string& out, std::string_view text) {
    const std::string content = padded(text, 64);
    put_value(out, static_cast<uint32_t>(content.size()));
    out += content;
}

std::string text_section(std::string_view text) {
    std::string out;
    put_text(out, text);
    return out;
}

// One id for each event, and nothing else has that number.
uint64_t id_of(size_t event) { return event + 1; }

perf_event_attr attr_of_events() {
    perf_event_attr attr{};
    attr.type = PERF_TYPE_SOFTWARE;
    attr.config = PERF_COUNT_SW_CPU_CLOCK;
    attr.size = sizeof attr;
    attr.sample_period = 1;
    attr.sample_type = sample_type;
    attr.read_format = PERF_FORMAT_ID;
    attr.mmap = attr.mmap2 = attr.comm = attr.sample_id_all = 1;
    attr.exclude_guest = 1;
    attr.use_clockid = 1;
    attr.clockid = static_cast<int32_t>(clock_boot);
    return attr;
}

}  // namespace

PerfFile::PerfFile(std::string path) : path_(std::move(path)) {
    if (::access(path_.c_str(), F_OK) == 0 && ::rename(path_.c_str(), (path_ + ".old").c_str()) != 0)
        throw Error(AVOCET_ERR_IO,
                    "file '" + path_ + "': cannot be renamed to '" + path_ + ".old': " + errno_text(errno));
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd_ < 0) {
        const int error = errno;
        throw Error(error == EACCES ? AVOCET_ERR_PERMISSION : AVOCET_ERR_IO,
                    "file '" + path_ + "': cannot be made: " + errno_text(error),
                    error == ENOENT ? "its directory must exist" : "");
    }
    if (write_header()) return;
    ::close(fd_);
    ::unlink(path_.c_str());
    throw Error(AVOCET_ERR_IO, "file '" + path_ + "': cannot be written: " + why_);
}

PerfFile::~PerfFile() {
    if (fd_ >= 0) ::close(fd_);
}

uint32_t PerfFile::event(const std::string& name) {
    const auto known = std::find(events_.begin(), events_.end(), name);
    if (known != events_.end()) return static_cast<uint32_t>(known - events_.begin());
    if (events_.size() == events_limit) return events_limit - 1;
    events_.push_back(events_.size() + 1 == events_limit ? "avocet:others" : name);
    return static_cast<uint32_t>(events_.size() - 1);
}

void PerfFile::put(uint32_t type, uint16_t misc, std::string body) {
    perf_event_header header{type, misc, static_cast<uint16_t>(sizeof header + body.size())};
    put_value(buffer_, header);
    buffer_ += body;
}

// What sample_id_all puts behind every other record, in the order of linux/perf_event.h.
std::string PerfFile::trailer(uint32_t pid, uint32_t tid, uint64_t time_ns) const {
    std::string out;
    put_value(out, pid);
    put_value(out, tid);
    put_value(out, time_ns);
    put_value(out, id_of(0));
    return out;
}

void PerfFile::add_sample(uint32_t event, const Sample& sample) {
    const bool in_kernel = !sample.kernel.empty();
    const uint64_t ip = in_kernel ? sample.kernel.front() : sample.user.empty() ? 0 : sample.user.front();
    const uint64_t chain = sample.kernel.size() + sample.user.size() + in_kernel + !sample.user.empty();
    std::string body;
    put_value(body, id_of(event));
    put_value(body, ip);
    put_value(body, sample.pid);
    put_value(body, sample.tid);
    put_value(body, sample.time_ns);
    put_value(body, sample.period);
    put_value(body, chain);
    if (in_kernel) put_value(body, static_cast<uint64_t>(PERF_CONTEXT_KERNEL));
    for (uint64_t address : sample.kernel) put_value(body, address);
    if (!sample.user.empty()) put_value(body, static_cast<uint64_t>(PERF_CONTEXT_USER));
    for (uint64_t address : sample.user) put_value(body, address);
    put(PERF_RECORD_SAMPLE, in_kernel ? PERF_RECORD_MISC_KERNEL : PERF_RECORD_MISC_USER, std::move(body));
    first_ns_ = first_ns_ ? std::min(first_ns_, sample.time_ns) : sample.time_ns;
    last_ns_ = std::max(last_ns_, sample.time_ns);
    ++buffered_samples_;
}

void PerfFile::add_comm(uint32_t pid, uint32_t tid, std::string_view comm, uint64_t time_ns) {
    std::string body;
    put_value(body, pid);
    put_value(body, tid);
    body += padded(comm.substr(0, 15), 8);
    put(PERF_RECORD_COMM, 0, body + trailer(pid, tid, time_ns));
}

void PerfFile::add_mapping(uint32_t pid, const Mapped& m, uint64_t time_ns) {
    std::string body;
    put_value(body, pid);
    put_value(body, pid);
    for (uint64_t v : {m.start, m.size, m.offset}) put_value(body, v);
    put_value(body, m.device_major);
    put_value(body, m.device_minor);
    put_value(body, m.inode);
    put_value(body, uint64_t{0});
    put_value(body, uint32_t{m.writable ? 7u : 5u});  // PROT_READ, PROT_EXEC
    put_value(body, uint32_t{2});                     // MAP_PRIVATE
    body += padded(std::string_view(m.path).substr(0, 4095), 8);
    put(PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER, body + trailer(pid, pid, time_ns));
}

// `reference`: address of the symbol that the name mentions, from which perf tells how far the kernel was moved.
void PerfFile::add_kernel(const std::string& name, uint64_t start, uint64_t size, uint64_t reference) {
    std::string body;
    put_value(body, UINT32_MAX);
    put_value(body, uint32_t{0});
    for (uint64_t v : {start, size, reference}) put_value(body, v);
    body += padded(name, 8);
    put(PERF_RECORD_MMAP, PERF_RECORD_MISC_KERNEL, body + trailer(UINT32_MAX, 0, 0));
}

void PerfFile::finish_round() { put(record_finished_round, 0, {}); }

void PerfFile::add_build_id(const std::string& path, std::string_view id, bool kernel) {
    if (id.size() <= 20) build_ids_.try_emplace(path, std::string(id), kernel);
}

bool PerfFile::write_at(uint64_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            why_ = errno_text(n ? errno : EIO);
            return false;
        }
        bytes.remove_prefix(static_cast<size_t>(n));
        offset += static_cast<uint64_t>(n);
    }
    return true;
}

std::string PerfFile::attributes() const {
    std::string attrs, ids;
    for (size_t i = 0; i < events_limit; ++i) {
        FileAttr entry{attr_of_events(), {ids_offset + i * sizeof(uint64_t), sizeof(uint64_t)}};
        put_value(attrs, entry);
        put_value(ids, id_of(i));
    }
    return attrs + ids;
}

// Even without a sample there is one event: perf reads no file without.
bool PerfFile::write_header() {
    FileHeader header{};
    std::memcpy(header.magic, "PERFILE2", 8);
    header.size = sizeof header;
    header.attr_size = sizeof(FileAttr);
    header.attrs = {sizeof header, std::max<size_t>(events_.size(), 1) * sizeof(FileAttr)};
    header.data = {data_offset, data_size_};
    header.features[0] = features_;
    std::string bytes;
    put_value(bytes, header);
    return write_at(0, bytes + attributes());
}

uint64_t PerfFile::flush() {
    if (buffer_.empty()) return 0;
    const uint64_t count = std::exchange(buffered_samples_, 0);
    const std::string bytes = std::exchange(buffer_, {});
    const uint64_t end = data_offset + data_size_;
    if (!write_at(end, bytes)) {
        if (::ftruncate(fd_, static_cast<off_t>(end)) != 0) why_ += ", and cannot be cut back";
        return count;
    }
    data_size_ += bytes.size();
    samples_ += count;
    write_header();  // in place: takes no room
    return 0;
}

std::string PerfFile::event_descriptions() const {
    std::string out;
    put_value(out, static_cast<uint32_t>(events_.size()));
    put_value(out, static_cast<uint32_t>(sizeof(perf_event_attr)));
    for (size_t i = 0; i < events_.size(); ++i) {
        put_value(out, attr_of_events());
        put_value(out, uint32_t{1});
        put_text(out, events_[i]);
        put_value(out, id_of(i));
    }
    return out;
}

std::string PerfFile::build_ids() const {
    std::string out;
    for (const auto& [path, entry] : build_ids_) {
        const auto& [id, kernel] = entry;
        const std::string name = padded(path, 64);
        perf_event_header header{0, static_cast<uint16_t>(kernel ? PERF_RECORD_MISC_KERNEL : PERF_RECORD_MISC_USER),
                                 static_cast<uint16_t>(sizeof header + 4 + 24 + name.size())};
        header.misc |= 1u << 15;  // PERF_RECORD_MISC_BUILD_ID_SIZE: byte 20 is the length
        std::string padded_id = id;
        padded_id.resize(24);
        padded_id[20] = static_cast<char>(id.size());
        put_value(out, header);
        put_value(out, int32_t{-1});
        out += padded_id + name;
    }
    return out;
}

std::vector<PerfFile::Feature> PerfFile::features(const std::vector<std::string>& tool) const {
    utsname system{};
    ::uname(&system);
    std::string cpus, command, times;
    put_value(cpus, static_cast<uint32_t>(::sysconf(_SC_NPROCESSORS_CONF)));
    put_value(cpus, static_cast<uint32_t>(::sysconf(_SC_NPROCESSORS_ONLN)));
    put_value(command, static_cast<uint32_t>(tool.size()));
    for (const std::string& word : tool) put_text(command, word);
    put_value(times, first_ns_);
    put_value(times, last_ns_);
    std::vector<Feature> all{{bit_host_name, text_section(system.nodename)},
                             {bit_os_release, text_section(system.release)},
                             {bit_version, text_section("avocet")},
                             {bit_arch, text_section(system.machine)},
                             {bit_cpus, cpus},
                             {bit_command, command},
                             {bit_events, event_descriptions()},
                             {bit_sample_time, times}};
    if (!build_ids_.empty()) all.insert(all.begin(), {bit_build_id, build_ids()});
    return all;
}

bool PerfFile::close(const std::vector<std::string>& tool) {
    const std::vector<Feature> all = features(tool);
    uint64_t offset = data_offset + data_size_ + all.size() * sizeof(Section);
    std::string table, content;
    for (const Feature& feature : all) {
        features_ |= uint64_t{1} << feature.bit;
        put_value(table, Section{offset, feature.content.size()});
        content += feature.content;
        offset += feature.content.size();
    }
    const bool written = write_at(data_offset + data_size_, table + content);
    if (!written) {
        features_ = 0;  // what is in the file can be read without them
        if (::ftruncate(fd_, static_cast<off_t>(data_offset + data_size_)) != 0) why_ += ", and cannot be cut back";
    }
    write_header();
    ::close(std::exchange(fd_, -1));
    return written;
}

}  // namespace avocet::perfdata
