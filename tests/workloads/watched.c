/* SPDX-License-Identifier: Apache-2.0
 *
 * A program at fixed addresses, so that nm(1) tells where its variable is.
 *
 *   watched WRITES READS CALLS [wait]
 *
 * writes watched_value WRITES times, half of them (rounded down) in a thread of its own, reads it READS times and calls
 * watched_call CALLS times. With "wait" it first waits for a byte on its standard input.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

volatile long watched_value = 1;

__attribute__((noinline)) void watched_call(void) { __asm__ volatile("" ::: "memory"); }

static void* write_some(void* count) {
    for (long i = 0; i < (long)count; ++i) watched_value = i;
    return NULL;
}

int main(int argc, char** argv) {
    long writes = argc > 1 ? atol(argv[1]) : 0, reads = argc > 2 ? atol(argv[2]) : 0;
    long calls = argc > 3 ? atol(argv[3]) : 0;
    char byte;
    if (argc > 4 && read(0, &byte, 1) != 1) return 1;
    pthread_t thread;
    if (pthread_create(&thread, NULL, write_some, (void*)(writes / 2)) != 0) return 1;
    pthread_join(thread, NULL);
    write_some((void*)(writes - writes / 2));
    for (long i = 0; i < reads; ++i) (void)watched_value;
    for (long i = 0; i < calls; ++i) watched_call();
    return 0;
}
