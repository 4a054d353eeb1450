/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the event stream that a session has pinned, and counts it by output until the session ends:
 *
 *   avocet run opens.bt --sink perfbuf:path=/sys/fs/bpf/opens &
 *   ./consumer /sys/fs/bpf/opens
 */
#include <stdio.h>

#include "avocet/perf_consumer.h"

enum { outputs = 64 };
static unsigned long counts[outputs], bytes;

static void on_sample(void* ctx, const avocet_perf_sample* sample) {
    avocet_event_header header;
    (void)ctx;
    bytes += sample->size;
    if (sample->size < sizeof header) return;
    memcpy(&header, sample->data, sizeof header);
    ++counts[header.output < outputs ? header.output : outputs - 1];
}

int main(int argc, char** argv) {
    if (argc != 2) return fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]), 2;
    avocet_perf_consumer* consumer = avocet_perf_consumer__open(argv[1], on_sample, NULL, 0);
    if (!consumer) return fprintf(stderr, "%s: %s\n", argv[1], strerror(errno)), 1;
    printf("reading %.*s\n", (int)consumer->info->manifest_size, avocet_perf_consumer__manifest(consumer));
    fflush(stdout);

    int status;
    while ((status = avocet_perf_consumer__poll(consumer, 100)) >= 0) continue;

    for (int i = 0; i < outputs; ++i)
        if (counts[i]) printf("output %d: %lu samples\n", i, counts[i]);
    printf("%lu bytes, %llu lost, session %s\n", bytes, (unsigned long long)consumer->lost,
           status == -ENODATA ? "ended" : strerror(-status));
    avocet_perf_consumer__close(consumer);
    return status == -ENODATA ? 0 : 1;
}
