// SPDX-License-Identifier: Apache-2.0
#include "top_screen.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace avocet::console {

void TopScreen::map(const avocet_batch& batch, uint32_t first, uint32_t count) {
    std::vector<TopRow> rows;
    const uint32_t width = batch.schema->field_count;
    auto append = [](void* out, const char* data, size_t size) { static_cast<std::string*>(out)->append(data, size); };
    std::string row_text;
    for (uint32_t i = first; i < first + count; ++i) {
        row_text.clear();
        if (render_->text(render_->ctx, &batch, i, 1, append, &row_text) < AVOCET_OK) continue;
        rows.push_back(top_row(*batch.schema, batch.rows + size_t{i} * width, row_text));
    }
    if (tool_.empty() && batch.schema->tool) tool_ = batch.schema->tool;
    view_.set(batch.schema, batch.schema->name, std::move(rows));
    changed_ = true;
    look();
}

void TopScreen::text(std::string_view bytes) {
    view_.text(bytes);
    changed_ = true;
    look();
}

void TopScreen::look() {
    if (left_) return;
    if (!terminal_.entered()) terminal_.enter();
    const std::string typed = terminal_.keys();
    if (!typed.empty()) {
        changed_ = true;
        // As an interrupt: the session ends in order, whatever other sinks there are.
        if (view_.keys(typed) && !std::exchange(quitting_, true)) ::kill(::getpid(), SIGINT);
    }
    const ScreenSize now = terminal_.size();
    if (terminal_.resumed() || now != size_) changed_ = true, drawn_at_ = {};
    size_ = now;
    if (changed_ && (!typed.empty() || Clock::now() - drawn_at_ >= std::chrono::milliseconds(50))) draw();
}

void TopScreen::leave() {
    left_ = true;
    terminal_.leave();
}

std::string TopScreen::title() const {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    localtime_r(&now, &parts);
    char clock[16];
    std::strftime(clock, sizeof clock, "%H:%M:%S", &parts);
    return (tool_.empty() ? std::string("avocet") : tool_) + "  " + clock;
}

void TopScreen::draw() {
    drawn_at_ = Clock::now();
    changed_ = false;
    std::string out = "\x1b[H";
    const auto lines = view_.frame(size_, title());
    for (size_t i = 0; i < lines.size(); ++i) (out += lines[i]) += i + 1 < lines.size() ? "\x1b[K\r\n" : "\x1b[K";
    for (std::string_view rest = out; !rest.empty();) {
        const ssize_t n = ::write(fd_, rest.data(), rest.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        rest.remove_prefix(static_cast<size_t>(n));
    }
}

}  // namespace avocet::console
