/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls through two libraries and libc, all without frame pointers. `frames_leaf` in the inner library says once which
 * return addresses are on its stack (backtrace(3), which goes by the same tables).
 *
 *   frames sort          main -> outer_sort -> qsort -> compare -> inner_mark -> frames_leaf
 *   frames thread        a thread that does so
 *   frames signal        a signal handler that calls inner_mark; what is interrupted is in libc
 *   frames spin MS       as sort, and frames_leaf burns CPU for so long
 *   frames again N       as sort, N times
 *   frames bare          main -> bare_framed -> inner_mark, and main -> bare_frameless -> inner_mark
 *   frames load LIBRARY  reads a line, then opens the library and calls its inner_mark until standard input ends
 * With a last argument `wait` it first prints its number and reads a line.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void outer_sort(int* values, size_t count, int (*compare)(const void*, const void*));
void inner_mark(int spin_ms);
/* frames_bare.S */
void bare_framed(void (*function)(int));
void bare_frameless(void (*function)(int));

#define NOT_INLINED __attribute__((noinline, noclone))
#define NO_TAIL_CALL asm volatile("" ::: "memory")

static int spin_ms;

NOT_INLINED int compare(const void* a, const void* b) {
    inner_mark(spin_ms);
    NO_TAIL_CALL;
    return *(const int*)a - *(const int*)b;
}

NOT_INLINED void sort_two(void) {
    int values[2] = {2, 1};
    outer_sort(values, 2, compare);
    NO_TAIL_CALL;
}

NOT_INLINED void* thread_body(void* unused) {
    sort_two();
    NO_TAIL_CALL;
    return unused;
}

static void on_signal(int number) {
    (void)number;
    inner_mark(0);
    NO_TAIL_CALL;
}

static void run_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, thread_body, NULL);
    pthread_join(thread, NULL);
}

static void load(const char* library) {
    char line[16];
    if (!fgets(line, sizeof line, stdin)) return;
    void* opened = dlopen(library, RTLD_NOW);
    void (*mark)(int) = opened ? (void (*)(int))dlsym(opened, "inner_mark") : NULL;
    if (!mark) {
        fprintf(stderr, "%s\n", dlerror());
        return;
    }
    struct pollfd end = {0, POLLIN, 0};
    while (poll(&end, 1, 5) == 0) mark(0);
}

int main(int argc, char** argv) {
    const char* what = argc > 1 ? argv[1] : "sort";
    if (!strcmp(argv[argc - 1], "wait")) {
        char line[16];
        printf("%d\n", getpid());
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin)) return 1;
    }
    if (!strcmp(what, "spin")) spin_ms = atoi(argv[2]);
    if (!strcmp(what, "sort") || !strcmp(what, "spin")) sort_two();
    if (!strcmp(what, "again"))
        for (int i = atoi(argv[2]); i > 0; --i) sort_two();
    if (!strcmp(what, "thread")) run_thread();
    if (!strcmp(what, "signal")) {
        signal(SIGUSR1, on_signal);
        raise(SIGUSR1);
    }
    if (!strcmp(what, "bare")) {
        bare_framed(inner_mark);
        bare_frameless(inner_mark);
    }
    if (!strcmp(what, "load")) load(argv[2]);
    return 0;
}
