// SPDX-License-Identifier: Apache-2.0
#include "route/dead_letters.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "avocet/error.hpp"
#include "avocet/record.hpp"
#include "record/renderer.hpp"
#include "route/filter.hpp"

namespace avocet::core {

namespace {

std::string now_text() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    tm parts{};
    gmtime_r(&now.tv_sec, &parts);
    std::array<char, 32> text{};
    strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    return fmt::format("{}.{:06}Z", text.data(), now.tv_nsec / 1000);
}

}  // namespace

std::shared_ptr<DeadLetters> DeadLetters::open(const std::string& path, uint64_t limit_bytes, const Renderer* renderer,
                                               std::string& why) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat status {};
    if (fd < 0 || fstat(fd, &status) != 0) {
        why = errno_text(errno);
        if (fd >= 0) close(fd);
        return nullptr;
    }
    return std::shared_ptr<DeadLetters>(
        new DeadLetters(path, fd, static_cast<uint64_t>(status.st_size), limit_bytes, renderer));
}

DeadLetters::~DeadLetters() { close(fd_); }

void DeadLetters::write(std::string_view route, std::string_view sink, std::string_view cause, const BatchPtr& batch,
                        uint32_t first, uint32_t end) {
    const avocet_batch& rows = view(batch);
    std::lock_guard lock(mutex_);
    if (full_ || !renderer_) {
        counts_.left_out += end - first;
        return;
    }
    std::string head = "{\"time\": ", record;
    append_json_string(now_text(), head);
    for (auto [name, text] : {std::pair("route", route), std::pair("sink", sink), std::pair("cause", cause)}) {
        ((head += ", \"") += name) += "\": ";
        append_json_string(text, head);
    }
    head += ", \"record\": ";
    const bool whole = rows.schema->kind == AVOCET_RECORD_MAP;  // one record, whatever it has of rows
    for (uint32_t row = first; row < end; row += whole ? end - first : 1) {
        record.clear();
        renderer_->json(rows, row, whole ? end - first : 1, record);
        if (record.ends_with('\n')) record.pop_back();
        if (record.empty()) record = fmt::format("{{\"type\": \"{}\"}}", record_kind_name(rows.schema->kind));
        put(head, record, whole ? end - first : 1);
    }
}

void DeadLetters::put(std::string_view head, std::string_view record, uint64_t rows) {
    const std::string line = fmt::format("{}{}}}\n", head, record);
    if (full_ || size_ + line.size() > limit_bytes_) {
        full_ = true;
        counts_.left_out += rows;
        return;
    }
    ssize_t written = 0;
    do written = ::write(fd_, line.data(), line.size());
    while (written < 0 && errno == EINTR);
    if (written == static_cast<ssize_t>(line.size())) {
        size_ += line.size();
        counts_.written += rows;
        return;
    }
    // A piece of a line would spoil the next one.
    if (written > 0 && ftruncate(fd_, static_cast<off_t>(size_)) != 0) full_ = true;
    counts_.left_out += rows;
}

DeadLetterCounts DeadLetters::counts() const {
    std::lock_guard lock(mutex_);
    return counts_;
}

}  // namespace avocet::core
