// SPDX-License-Identifier: Apache-2.0
#include "exec_sink.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>

namespace avocet::exec {

namespace {

constexpr size_t write_bytes = 32 << 10;  // a system call for each row would cost more than the row
constexpr int notice_ms = 200;            // between the end of a pipe's reader and that of its process

std::string records(uint64_t count) { return std::to_string(count) + (count == 1 ? " record" : " records"); }

}  // namespace

ExecSink::ExecSink(const Host& host, const Options& options)
    : host_(host),
      instance_(options.instance()),
      text_(options.text("command")),
      rows_(host, options.text("format"), instance_),
      wants_times_(options.text("format") == "records"),
      end_wait_ms_(static_cast<int>(options.integer("end_wait_ms"))),
      command_(text_) {}

uint32_t ExecSink::consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) {
    const bool one_unit = batch.schema->kind == AVOCET_RECORD_MAP;
    write_pending();
    for (uint32_t row = first; row < batch.row_count && pending_.size() < write_bytes && !gone_;) {
        const uint32_t count = one_unit ? batch.row_count - row : 1;
        const size_t before = pending_.size();
        if (rows_.append(batch, row, count, pending_)) {
            accepted_ += pending_.size() - before;
            in_pipe_.push_back({accepted_, count});
        } else {
            pending_.resize(before);
            lost_ += count;  // the renderer said why
        }
        row += count;
        taken = row - first;
        if (pending_.size() >= write_bytes) write_pending();
    }
    write_pending();
    forget_read();
    if (!gone_ || satisfied_) return taken;
    lost_ += batch.row_count - first - taken;
    return taken = batch.row_count - first;
}

void ExecSink::write_pending() {
    if (pending_.empty() || gone_) return;
    auto result = command_.write(pending_);
    written_ += result.bytes;
    pending_.erase(0, result.bytes);
    if (result.gone || result.error) reader_gone(result.error);
}

void ExecSink::forget_read() {
    if (in_pipe_.size() < 4096) return;  // asking the kernel for each row would cost more than the row
    const uint64_t read = written_ - command_.unread();
    while (!in_pipe_.empty() && in_pipe_.front().end <= read) in_pipe_.pop_front();
}

void ExecSink::lose_unread() {
    const uint64_t read = written_ - command_.unread();
    for (const Unit& unit : in_pipe_)
        if (unit.end > read) lost_ += unit.rows;
    in_pipe_.clear();
    pending_.clear();
}

void ExecSink::reader_gone(int error) {
    gone_ = true;
    const uint64_t before = lost_;
    lose_unread();
    const std::string unread = records(lost_ - before) + " it had taken were not read";
    const std::string hint = "records that it did not read are counted as lost";
    if (error) return host_.report(AVOCET_ERROR, subject() + "cannot be written to: " + errno_text(error), hint);
    auto end = command_.ended(notice_ms);
    // A command that has read enough and says so is no failure.
    satisfied_ = end && command_.succeeded();
    host_.report(satisfied_ ? AVOCET_WARNING : AVOCET_ERROR,
                 subject() + end.value_or("closed its input") + " before the tracing ended; " + unread, hint);
}

uint64_t ExecSink::flush() {
    write_pending();
    return std::exchange(lost_, 0);
}

uint64_t ExecSink::close() {
    using Clock = std::chrono::steady_clock;
    const auto until = Clock::now() + std::chrono::milliseconds(end_wait_ms_);
    auto left = [&] {
        return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count());
    };
    for (write_pending(); !pending_.empty() && left() > 0; write_pending()) command_.wait_for_room(left());
    end_wait_ms_ = std::max(left(), 1);
    finish_command();
    return std::exchange(lost_, 0);
}

void ExecSink::finish_command() {
    command_.end_input();
    const bool told = gone_;
    auto end = command_.ended(end_wait_ms_);
    const uint64_t before = lost_;
    if (!end) {
        command_.terminate(SIGTERM);
        end = command_.ended(notice_ms);
        if (!end) command_.terminate(SIGKILL);
        if (!end) command_.ended(notice_ms);
        lose_unread();
        host_.report(
            AVOCET_ERROR,
            subject() + "did not end with its input and was terminated; " + records(lost_ - before) + " were not read",
            "end_wait_ms is how long it may take");
        return;
    }
    lose_unread();
    if (told) return;
    if (!command_.succeeded())
        host_.report(AVOCET_ERROR, subject() + *end + "; " + records(lost_ - before) + " were not read");
    else if (lost_ != before)
        host_.warn(subject() + *end + " before it had read everything; " + records(lost_ - before) + " were not read");
}

}  // namespace avocet::exec
