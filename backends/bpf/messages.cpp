// SPDX-License-Identifier: Apache-2.0
#include "messages.hpp"

#include <cstdarg>
#include <cstdio>

namespace avocet::bpf {
namespace {

thread_local LibbpfMessages* listening = nullptr;  // libbpf's callback carries no context

}  // namespace

LibbpfMessages::LibbpfMessages() : previous_(libbpf_set_print(&LibbpfMessages::print)), outer_(listening) {
    listening = this;
}

LibbpfMessages::~LibbpfMessages() {
    listening = outer_;
    libbpf_set_print(previous_);
}

int LibbpfMessages::print(enum libbpf_print_level level, const char* format, va_list arguments) {
    if (!listening || level == LIBBPF_DEBUG) return 0;
    char line[1024];
    const int size = vsnprintf(line, sizeof line, format, arguments);
    std::string text(line);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    if (text.starts_with("libbpf: ")) text.erase(0, 8);
    if (!text.empty() && listening->lines_.size() < 1000) listening->lines_.push_back(std::move(text));
    return size;
}

std::string LibbpfMessages::tail(size_t count) const {
    std::string out;
    for (size_t i = lines_.size() > count ? lines_.size() - count : 0; i < lines_.size(); ++i)
        out += (out.empty() ? "" : "; ") + lines_[i];
    return out;
}

}  // namespace avocet::bpf
