/* SPDX-License-Identifier: Apache-2.0
 *
 * Variables of every size, for programs that read them by name while functions and static probes pass.
 *
 *   variables [TIMES [wait]]
 *
 * With "wait" it first waits for a byte on its standard input.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/sdt.h>
#include <unistd.h>

volatile uint8_t one_byte = 0x11;
volatile uint16_t two_bytes = 0x2222;
volatile uint32_t four_bytes = 0x44444444;
volatile uint64_t eight_bytes = 0x8888888888888888;
char text[32] = "the text";
static volatile uint32_t hidden = 77; /* of this file only */
__thread volatile int of_a_thread = 1;

__attribute__((noinline)) int first(int n) {
    __asm__ volatile("" ::: "memory");
    return n + (int)hidden;
}
__attribute__((noinline)) int second(int n) {
    __asm__ volatile("" ::: "memory");
    return n - 1;
}

int main(int argc, char** argv) {
    const int times = argc > 1 ? atoi(argv[1]) : 1;
    char byte;
    if (argc > 2 && read(0, &byte, 1) != 1) return 1;
    for (int i = 0; i < times; ++i) {
        four_bytes = 1000u + (unsigned)i;
        of_a_thread = first(i) + second(i);
        DTRACE_PROBE1(variables, passed, i);
        four_bytes = 2000u + (unsigned)i;
        DTRACE_PROBE1(variables, passed, -i);
    }
    return 0;
}
