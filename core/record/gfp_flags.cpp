// SPDX-License-Identifier: Apache-2.0
//
// Page allocation flags by name, as the kernel groups them (include/linux/gfp_types.h). Masks that stand for several
// bits come first; the first match takes its bits away.
#include <fmt/format.h>

#include "record/printf_format.hpp"

namespace avocet::core {

namespace {

constexpr uint64_t bit(unsigned n) { return 1ull << n; }
constexpr uint64_t dma = bit(0), highmem = bit(1), dma32 = bit(2), movable = bit(3), high = bit(5), io = bit(6),
                   fs = bit(7), zero = bit(8), direct_reclaim = bit(10), kswapd_reclaim = bit(11), write = bit(12),
                   nowarn = bit(13), retry_mayfail = bit(14), nofail = bit(15), noretry = bit(16), memalloc = bit(17),
                   comp = bit(18), nomemalloc = bit(19), hardwall = bit(20), thisnode = bit(21), account = bit(22),
                   zerotags = bit(23), skip_zero = bit(24), skip_kasan = bit(25), no_obj_ext = bit(26);
constexpr uint64_t reclaim = direct_reclaim | kswapd_reclaim;
constexpr uint64_t kernel = reclaim | io | fs, user = kernel | hardwall, highuser = user | highmem,
                   highuser_movable = highuser | movable | skip_kasan;
constexpr uint64_t transhuge_light = (highuser_movable | comp | nomemalloc | nowarn) & ~reclaim;

struct Mask {
    uint64_t bits;
    const char* name;
};

constexpr Mask masks[] = {
    {transhuge_light | direct_reclaim, "GFP_TRANSHUGE"},
    {transhuge_light, "GFP_TRANSHUGE_LIGHT"},
    {highuser_movable, "GFP_HIGHUSER_MOVABLE"},
    {highuser, "GFP_HIGHUSER"},
    {user, "GFP_USER"},
    {kernel | account, "GFP_KERNEL_ACCOUNT"},
    {kernel, "GFP_KERNEL"},
    {reclaim | io, "GFP_NOFS"},
    {high | kswapd_reclaim, "GFP_ATOMIC"},
    {reclaim, "GFP_NOIO"},
    {kswapd_reclaim | nowarn, "GFP_NOWAIT"},
    {dma, "GFP_DMA"},
    {highmem, "__GFP_HIGHMEM"},
    {dma32, "GFP_DMA32"},
    {high, "__GFP_HIGH"},
    {io, "__GFP_IO"},
    {fs, "__GFP_FS"},
    {zero, "__GFP_ZERO"},
    {direct_reclaim, "__GFP_DIRECT_RECLAIM"},
    {kswapd_reclaim, "__GFP_KSWAPD_RECLAIM"},
    {write, "__GFP_WRITE"},
    {nowarn, "__GFP_NOWARN"},
    {retry_mayfail, "__GFP_RETRY_MAYFAIL"},
    {nofail, "__GFP_NOFAIL"},
    {noretry, "__GFP_NORETRY"},
    {memalloc, "__GFP_MEMALLOC"},
    {comp, "__GFP_COMP"},
    {nomemalloc, "__GFP_NOMEMALLOC"},
    {hardwall, "__GFP_HARDWALL"},
    {thisnode, "__GFP_THISNODE"},
    {account, "__GFP_ACCOUNT"},
    {zerotags, "__GFP_ZEROTAGS"},
    {skip_zero, "__GFP_SKIP_ZERO"},
    {skip_kasan, "__GFP_SKIP_KASAN"},
    {no_obj_ext, "__GFP_NO_OBJ_EXT"},
};

}  // namespace

void append_gfp_flags(uint64_t flags, std::string& out) {
    if (flags == 0) {
        out += '0';
        return;
    }
    bool first = true;
    auto add = [&](std::string_view name) {
        if (!first) out += '|';
        first = false;
        out += name;
    };
    for (const Mask& m : masks) {
        if ((flags & m.bits) != m.bits) continue;
        add(m.name);
        flags &= ~m.bits;
    }
    if (flags) add(fmt::format("{:#x}", flags));
}

}  // namespace avocet::core
