/* SPDX-License-Identifier: Apache-2.0
 *
 * What both later stages of dialect B share: the kernel's types and helpers, and functions that user texts call.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct bpf_stacktrace { u64 ip[127]; };

static __always_inline unsigned int bpf_log2(unsigned int v) {
    unsigned int r, shift;
    r = (v > 0xFFFF) << 4; v >>= r;
    shift = (v > 0xFF) << 3; v >>= shift; r |= shift;
    shift = (v > 0xF) << 2; v >>= shift; r |= shift;
    shift = (v > 0x3) << 1; v >>= shift; r |= shift;
    return r | (v >> 1);
}
/* One more than the logarithm: the slot that 2^(i-1) .. 2^i - 1 share. */
static __always_inline unsigned int bpf_log2l(unsigned long v) {
    unsigned int high = v >> 32;
    return high ? bpf_log2(high) + 32 + 1 : bpf_log2(v) + 1;
}
