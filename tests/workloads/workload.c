/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that does known things, so that a trace of it has one right answer.
 *
 *   workload syscalls N [NAME] N getppid system calls, nothing else traced under this name (or under NAME)
 *   workload timed N           the same, and prints the nanoseconds they took
 *   workload opens N PATH      N openat of PATH
 *   workload reads N BYTES     N reads of BYTES from /dev/zero
 *   workload calls             a fixed mix: 7 getppid, 5 getuid, 3 getgid, 2 sched_yield
 *   workload functions N       N calls of traced_add, traced_length, traced_spin (each noinline)
 *   workload mallocs N         N malloc+free through libc
 *   workload faults N          touches N fresh pages
 *   workload spin MS           burns CPU in traced_spin for MS milliseconds
 *   workload threads T N       T threads with N getppid each
 *   workload timed-WHAT ...    WHAT of the above, and prints the nanoseconds it took
 *   workload wait              until standard input closes
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

__attribute__((noinline)) long traced_add(long a, long b) {
    __asm__ volatile("" ::: "memory");
    return a + b;
}
__attribute__((noinline)) unsigned long traced_length(const char* text) {
    __asm__ volatile("" ::: "memory");
    return strlen(text);
}
__attribute__((noinline)) long traced_spin(long rounds) {
    volatile long n = 0;
    for (long i = 0; i < rounds; ++i) n += i;
    return n;
}

static void* thread_body(void* count) {
    for (long i = 0; i < *(long*)count; ++i) syscall(SYS_getppid);
    return NULL;
}

static long long nanoseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static long milliseconds(void) { return (long)(nanoseconds() / 1000000); }

int main(int argc, char** argv) {
    const char* what = argc > 1 ? argv[1] : "";
    long n = argc > 2 ? atol(argv[2]) : 0;
    prctl(PR_SET_NAME, "avworkload");
    int timed = !strncmp(what, "timed", 5);
    if (timed) what = what[5] == '-' ? what + 6 : "syscalls";
    long long begin = nanoseconds();
    if (!strcmp(what, "syscalls")) {
        if (argc > 3) prctl(PR_SET_NAME, argv[3]);
        for (long i = 0; i < n; ++i) syscall(SYS_getppid);
    } else if (!strcmp(what, "opens") && argc > 3) {
        for (long i = 0; i < n; ++i) {
            int fd = open(argv[3], O_RDONLY);
            if (fd >= 0) close(fd);
        }
    } else if (!strcmp(what, "reads") && argc > 3) {
        size_t size = (size_t)atol(argv[3]);
        char* buffer = malloc(size);
        int fd = open("/dev/zero", O_RDONLY);
        prctl(PR_SET_NAME, "avreads"); /* the loader's reads went under the first name */
        for (long i = 0; i < n; ++i)
            if (read(fd, buffer, size) != (ssize_t)size) return 1;
        prctl(PR_SET_NAME, "avworkload");
        close(fd);
        free(buffer);
    } else if (!strcmp(what, "calls")) {
        for (int i = 0; i < 7; ++i) syscall(SYS_getppid);
        for (int i = 0; i < 5; ++i) syscall(SYS_getuid);
        for (int i = 0; i < 3; ++i) syscall(SYS_getgid);
        for (int i = 0; i < 2; ++i) syscall(SYS_sched_yield);
    } else if (!strcmp(what, "functions")) {
        for (long i = 0; i < n; ++i) {
            traced_add(i, 100);
            traced_length("avocet");
            traced_spin(10);
        }
    } else if (!strcmp(what, "mallocs")) {
        for (long i = 0; i < n; ++i) {
            void* volatile p = malloc(48);
            free(p);
        }
    } else if (!strcmp(what, "faults")) {
        char* p = mmap(NULL, (size_t)n * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) return 1;
        madvise(p, (size_t)n * 4096, MADV_NOHUGEPAGE);
        for (long i = 0; i < n; ++i) p[i * 4096] = 1;
    } else if (!strcmp(what, "spin")) {
        for (long end = milliseconds() + n; milliseconds() < end;) traced_spin(10000);
    } else if (!strcmp(what, "threads") && argc > 3) {
        long each = atol(argv[3]);
        pthread_t threads[64];
        if (n > 64) n = 64;
        for (long i = 0; i < n; ++i) pthread_create(&threads[i], NULL, thread_body, &each);
        for (long i = 0; i < n; ++i) pthread_join(threads[i], NULL);
    } else if (!strcmp(what, "wait")) {
        char byte;
        while (read(0, &byte, 1) > 0) {}
    } else {
        fprintf(stderr, "workload: what? see the head of workload.c\n");
        return 2;
    }
    if (timed) fprintf(stderr, "ns %lld\n", nanoseconds() - begin);
    return 0;
}
