// SPDX-License-Identifier: Apache-2.0
//
// The live screen of `top = true`: TopView on a Terminal. Redraws at most every 50 ms while records come, and within a
// tenth of a second of a key or a change of size. [thread: data]
#pragma once

#include <chrono>
#include <string>

#include "avocet/sink.hpp"
#include "top_view.hpp"

namespace avocet::console {

class TopScreen {
public:
    TopScreen(int fd, const avocet_host_render* render) : terminal_(fd), fd_(fd), render_(render) {}

    bool showing() const { return terminal_.entered(); }
    void map(const avocet_batch& batch, uint32_t first, uint32_t count);
    void text(std::string_view bytes);
    void look();   // keys, size, and drawing if it is time
    void leave();  // what follows is printed plainly, on the screen that was there before

private:
    using Clock = std::chrono::steady_clock;
    void draw();
    std::string title() const;

    Terminal terminal_;
    TopView view_;
    int fd_;
    const avocet_host_render* render_;
    std::string tool_;
    bool changed_ = true, quitting_ = false, left_ = false;
    Clock::time_point drawn_at_{};
    ScreenSize size_{0, 0};
};

}  // namespace avocet::console
