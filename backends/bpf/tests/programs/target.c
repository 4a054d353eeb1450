// SPDX-License-Identifier: Apache-2.0
//
// What uprobes are put on: three functions, called as often as asked. Reads one line for each round: "A B C\n".
// `target_guarded` is called beside target_a, but only while its semaphore says that somebody is looking, as a USDT
// probe would.
#include <stdio.h>

static volatile int sink;
__attribute__((noinline)) void target_a(void) { sink += 1; }
__attribute__((noinline)) void target_b(void) { sink += 2; }
__attribute__((noinline)) void target_c(void) { sink += 3; }

__attribute__((noinline)) void target_guarded(void) { sink += 4; }
volatile unsigned short target_semaphore __attribute__((section(".probes"))) = 0;

int main(void) {
    int a, b, c;
    while (scanf("%d %d %d", &a, &b, &c) == 3) {
        while (a-- > 0) {
            target_a();
            if (target_semaphore) target_guarded();
        }
        while (b-- > 0) target_b();
        while (c-- > 0) target_c();
        puts("done");
        fflush(stdout);
    }
    return 0;
}
