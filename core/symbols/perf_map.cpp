// SPDX-License-Identifier: Apache-2.0
//
// tools/perf/Documentation/jit-interface.txt.
#include "symbols/perf_map.hpp"

#include <sys/stat.h>

#include <charconv>
#include <map>
#include <utility>

#include "symbols/owned_fd.hpp"

namespace avocet::core {

namespace {

constexpr uint64_t largest_map = 512u << 20;

bool take_hex(std::string_view& line, uint64_t& value) {
    if (line.substr(0, 2) == "0x") line.remove_prefix(2);
    auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value, 16);
    if (error != std::errc()) return false;
    line.remove_prefix(static_cast<size_t>(end - line.data()));
    if (line.empty() || line.front() != ' ') return false;
    line.remove_prefix(1);
    return true;
}

std::string read_all(int fd, uint64_t size) {
    std::string text(size, '\0');
    size_t have = 0;
    while (have < text.size()) {
        ssize_t got = read(fd, text.data() + have, text.size() - have);
        if (got <= 0) break;
        have += static_cast<size_t>(got);
    }
    text.resize(have);
    return text;
}

}  // namespace

std::unique_ptr<SymbolTable> parse_perf_map(std::string_view text) {
    std::map<uint64_t, std::pair<uint64_t, std::string_view>> last;  // code memory is reused: the last line counts
    while (!text.empty()) {
        size_t newline = text.find('\n');
        std::string_view line = text.substr(0, newline);
        text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
        uint64_t start = 0, size = 0;
        if (take_hex(line, start) && take_hex(line, size) && size > 0 && !line.empty()) last[start] = {size, line};
    }
    auto table = std::make_unique<SymbolTable>();
    for (const auto& [start, entry] : last) table->add(start, entry.first, entry.second);
    table->sort();
    return table;
}

bool PerfMap::read_if_changed() {
    OwnedFd file(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat st {};
    if (!file || fstat(file.get(), &st) != 0 || !S_ISREG(st.st_mode)) return false;
    if (st.st_uid != owner_ && st.st_uid != 0) return false;
    uint64_t modified =
        static_cast<uint64_t>(st.st_mtim.tv_sec) * 1000000000u + static_cast<uint64_t>(st.st_mtim.tv_nsec);
    uint64_t size = static_cast<uint64_t>(st.st_size);
    if (table_ && size == size_ && modified == modified_ns_) return false;
    if (size > largest_map) return false;
    size_ = size;
    modified_ns_ = modified;
    table_ = parse_perf_map(read_all(file.get(), size));
    return true;
}

std::optional<SymbolTable::Found> PerfMap::find(uint64_t address) {
    auto found = table_ ? table_->find(address) : std::nullopt;
    if (!found && read_if_changed()) found = table_->find(address);
    return found;
}

}  // namespace avocet::core
