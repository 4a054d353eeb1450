/* SPDX-License-Identifier: Apache-2.0
 *
 * A program with static probes that fire a known number of times with known arguments.
 *
 *   usdt forms N       usdt_forms() N times: one probe for each kind of operand
 *   usdt values N      probes `values`, `text`, `sites` (inlined in three places) and `twin` (of two providers)
 *   usdt guarded N     N times: fires `guarded` if its semaphore is raised; prints how often it was
 *   usdt threads T N   T threads that fire `values` N times each
 *   usdt serve         reads commands from standard input: "semaphore" prints its value, "values N"; at its end it ends
 */
#define _SDT_HAS_SEMAPHORES 1
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sdt.h>

/* <sys/sdt.h> wants one for every probe of the file then; only some are looked at. */
#define SEMAPHORE(name) unsigned short usdt_##name##_semaphore __attribute__((section(".probes"), used))
SEMAPHORE(guarded);
SEMAPHORE(values);
SEMAPHORE(text);
SEMAPHORE(sites);
SEMAPHORE(twin);
unsigned short other_twin_semaphore __attribute__((section(".probes"), used));

void usdt_forms(void);

static volatile int8_t a = -8;
static volatile uint8_t b = 200;
static volatile int16_t c = -300;
static volatile uint16_t d = 60000;
static volatile int32_t e = -70000;
static volatile uint32_t f = 4000000000u;
static volatile int64_t g = -5000000000;
static volatile uint64_t h = 18446744073709551614u;
static int table[] = {1, 20, 300};

static inline __attribute__((always_inline)) void site(long value) { STAP_PROBE1(usdt, sites, value); }

__attribute__((noinline)) static void values(long n) {
    for (long i = 0; i < n; ++i) {
        STAP_PROBE9(usdt, values, a, b, c, d, e, f, g, h, &table[1]);
        STAP_PROBE2(usdt, text, "known text", table[i % 3]);
        site(7);
        site(i);
        site(table[2]);
        STAP_PROBE1(usdt, twin, i);
        STAP_PROBE1(other, twin, i);
    }
}

__attribute__((noinline)) static long guarded(long n) {
    long enabled = 0;
    for (long i = 0; i < n; ++i) {
        if (*(volatile unsigned short*)&usdt_guarded_semaphore == 0) continue;
        ++enabled;
        STAP_PROBE1(usdt, guarded, i);
    }
    return enabled;
}

static void* thread_body(void* count) {
    values(*(long*)count);
    return NULL;
}

static int serve(void) {
    char line[64];
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (!strncmp(line, "semaphore", 9)) printf("%u\n", *(volatile unsigned short*)&usdt_guarded_semaphore);
        if (!strncmp(line, "values ", 7)) {
            values(atol(line + 7));
            printf("done\n");
        }
        fflush(stdout);
    }
    return 0;
}

int main(int argc, char** argv) {
    const char* what = argc > 1 ? argv[1] : "";
    long n = argc > 2 ? atol(argv[2]) : 1;
    prctl(PR_SET_NAME, "avusdt");
    if (!strcmp(what, "forms")) {
        for (long i = 0; i < n; ++i) usdt_forms();
    } else if (!strcmp(what, "values")) {
        values(n);
    } else if (!strcmp(what, "guarded")) {
        printf("enabled %ld of %ld\n", guarded(n), n);
    } else if (!strcmp(what, "threads")) {
        pthread_t threads[64];
        long count = argc > 3 ? atol(argv[3]) : 1;
        for (long i = 0; i < n && i < 64; ++i) pthread_create(&threads[i], NULL, thread_body, &count);
        for (long i = 0; i < n && i < 64; ++i) pthread_join(threads[i], NULL);
    } else if (!strcmp(what, "serve")) {
        return serve();
    } else {
        fprintf(stderr, "usage: usdt forms|values|guarded|threads|serve [N]\n");
        return 2;
    }
    return 0;
}
