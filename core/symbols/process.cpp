// SPDX-License-Identifier: Apache-2.0
//
// Through procfs: proc(5) on maps, map_files, stat, status, root.
#include "symbols/process.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>

namespace avocet::core {

namespace {

constexpr size_t most_generations = 4;

std::string proc(uint32_t pid, const char* entry) { return "/proc/" + std::to_string(pid) + "/" + entry; }

std::string read_text(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

bool is_same_file(const std::string& a, const std::string& b) {
    struct stat first {};
    struct stat second {};
    return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

// The next blank-separated word, removed from `line`.
std::string_view word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    std::string_view first = line.substr(0, line.find(' '));
    line.remove_prefix(first.size());
    return first;
}

uint64_t hex(std::string_view text) {
    uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return value;
}

// "7f2f-7f30 r-xp 00002000 fe:00 247134    /usr/bin/cat"
std::optional<Mapping> parse_line(std::string_view line) {
    std::string_view range = word(line), access = word(line), offset = word(line), device = word(line),
                     inode = word(line);
    size_t dash = range.find('-'), colon = device.find(':');
    if (dash == std::string_view::npos || colon == std::string_view::npos || access.size() < 3 || access[2] != 'x')
        return std::nullopt;
    Mapping m;
    m.start = hex(range.substr(0, dash));
    m.end = hex(range.substr(dash + 1));
    m.offset = hex(offset);
    m.device = makedev(static_cast<unsigned>(hex(device.substr(0, colon))),
                       static_cast<unsigned>(hex(device.substr(colon + 1))));
    std::from_chars(inode.data(), inode.data() + inode.size(), m.inode);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    constexpr std::string_view deleted = " (deleted)";
    if (line.size() > deleted.size() && line.substr(line.size() - deleted.size()) == deleted) {
        m.is_deleted = true;
        line.remove_suffix(deleted.size());
    }
    m.path = line;
    return m;
}

// A number of /proc/PID/stat, counted as in proc(5); 0: no such process.
uint64_t stat_field(uint32_t pid, int number) {
    std::string text = read_text(proc(pid, "stat"));
    size_t name_end = text.rfind(')');  // the name may hold anything
    if (name_end == std::string::npos) return 0;
    std::istringstream fields(text.substr(name_end + 1));
    std::string field;
    for (int i = 3; i < number; ++i) fields >> field;
    uint64_t value = 0;
    fields >> value;
    return value;
}

}  // namespace

std::vector<Mapping> parse_maps(std::string_view text) {
    std::vector<Mapping> mappings;
    while (!text.empty()) {
        size_t newline = text.find('\n');
        if (auto mapping = parse_line(text.substr(0, newline))) mappings.push_back(std::move(*mapping));
        text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    }
    std::sort(mappings.begin(), mappings.end(), [](const Mapping& a, const Mapping& b) { return a.start < b.start; });
    return mappings;
}

uint64_t process_start_time(uint32_t pid) { return stat_field(pid, 22); }
uint64_t program_stack_start(uint32_t pid) { return stat_field(pid, 28); }

uint64_t steady_ms() {
    auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

bool Process::is_alive() const { return start_time_ != 0 && process_start_time(pid_) == start_time_; }

bool Process::has_new_program() const {
    struct stat st {};
    if (stat(proc(pid_, "exe").c_str(), &st) != 0) return false;
    return st.st_dev != program_device_ || st.st_ino != program_inode_;
}

void Process::read_identity() {
    struct stat st {};
    if (stat(("/proc/" + std::to_string(pid_)).c_str(), &st) == 0) owner_ = st.st_uid;
    if (stat(proc(pid_, "exe").c_str(), &st) == 0) {
        program_device_ = st.st_dev;
        program_inode_ = st.st_ino;
    }
    inner_pid_ = pid_;
    std::istringstream status(read_text(proc(pid_, "status")));
    for (std::string line; std::getline(status, line);) {
        if (line.compare(0, 6, "NSpid:") != 0) continue;
        std::istringstream pids(line.substr(6));
        for (uint32_t inner = 0; pids >> inner;) inner_pid_ = inner;
    }
    std::string root_path = proc(pid_, "root");
    bool same = is_same_file("/", root_path + "/") && is_same_file("/proc/self/ns/mnt", proc(pid_, "ns/mnt"));
    if (!same) root_ = OwnedFd(open(root_path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

bool Process::read() {
    uint64_t started = process_start_time(pid_);
    if (started == 0 || (start_time_ != 0 && started != start_time_)) return false;
    auto mappings = parse_maps(read_text(proc(pid_, "maps")));
    if (mappings.empty() || process_start_time(pid_) != started) return false;  // a kernel thread, a zombie, gone
    start_time_ = started;
    read_at_ms_ = steady_ms();
    read_identity();
    if (!generations_.empty() && generations_.front() == mappings) return true;
    generations_.insert(generations_.begin(), std::move(mappings));
    if (generations_.size() > most_generations) generations_.pop_back();
    return true;
}

void Process::begin_program() {
    generations_.insert(generations_.begin(), std::vector<Mapping>());
    if (generations_.size() > most_generations) generations_.pop_back();
}

void Process::add_mapping(Mapping mapping) {
    if (generations_.empty()) begin_program();
    auto& newest = generations_.front();
    std::erase_if(newest, [&](const Mapping& m) { return m.start < mapping.end && mapping.start < m.end; });
    auto after = std::upper_bound(newest.begin(), newest.end(), mapping.start,
                                  [](uint64_t a, const Mapping& m) { return a < m.start; });
    newest.insert(after, std::move(mapping));
}

void Process::inherit(const Process& parent) {
    if (!parent.generations_.empty()) generations_ = {parent.generations_.front()};
}

const Mapping* Process::find(uint64_t address) const {
    for (const auto& mappings : generations_) {
        auto after = std::upper_bound(mappings.begin(), mappings.end(), address,
                                      [](uint64_t a, const Mapping& m) { return a < m.start; });
        if (after != mappings.begin() && address < std::prev(after)->end) return &*std::prev(after);
    }
    return nullptr;
}

std::string Process::root() const { return root_ ? "/proc/self/fd/" + std::to_string(root_.get()) : std::string(); }

OwnedFd Process::open_file(const Mapping& mapping) const {
    auto is_the_file = [&](const OwnedFd& file) {
        struct stat st {};
        return file && fstat(file.get(), &st) == 0 && S_ISREG(st.st_mode) && st.st_ino == mapping.inode;
    };
    if (is_alive()) {
        char range[64];
        std::snprintf(range, sizeof range, "map_files/%lx-%lx", static_cast<unsigned long>(mapping.start),
                      static_cast<unsigned long>(mapping.end));
        OwnedFd file = OwnedFd::open_read(proc(pid_, range));
        struct stat st {};
        if (file && fstat(file.get(), &st) == 0 && S_ISREG(st.st_mode)) return file;
    }
    if (mapping.is_deleted) return {};
    OwnedFd file = OwnedFd::open_read(root() + mapping.path);
    return is_the_file(file) ? std::move(file) : OwnedFd();
}

}  // namespace avocet::core
