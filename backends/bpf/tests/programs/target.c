// SPDX-License-Identifier: Apache-2.0
//
// What uprobes are put on: three functions, called as often as asked. Reads one line for each round: "A B C\n".
#include <stdio.h>

static volatile int sink;
__attribute__((noinline)) void target_a(void) { sink += 1; }
__attribute__((noinline)) void target_b(void) { sink += 2; }
__attribute__((noinline)) void target_c(void) { sink += 3; }

int main(void) {
    int a, b, c;
    while (scanf("%d %d %d", &a, &b, &c) == 3) {
        while (a-- > 0) target_a();
        while (b-- > 0) target_b();
        while (c-- > 0) target_c();
        puts("done");
        fflush(stdout);
    }
    return 0;
}
