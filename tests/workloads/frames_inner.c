/* SPDX-License-Identifier: Apache-2.0 */
#include <execinfo.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void tell_truth(void** frames, int count) {
    printf("truth");
    for (int i = 1; i < count; ++i) printf(" %lx", (unsigned long)frames[i]);
    printf("\n");
    fflush(stdout);
}

__attribute__((noinline, noclone)) void frames_leaf(int spin_ms) {
    static int told;
    static volatile unsigned long turns;
    if (!told) {
        void* frames[128];
        told = 1;
        tell_truth(frames, backtrace(frames, 128));
    }
    getppid();
    if (!spin_ms) return;
    for (const long end = now_ms() + spin_ms; now_ms() < end;)
        for (int i = 0; i < 1000000; ++i) ++turns;
}

void inner_mark(int spin_ms) {
    frames_leaf(spin_ms);
    asm volatile("" ::: "memory");
}
