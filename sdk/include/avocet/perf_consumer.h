/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/perf_consumer.h: reads the event stream of a session that has pinned it (sink.perfbuf, avocet/abi/stream.h).
 * C11 and C++, header only, over libbpf (link with -lbpf). The maps are ordinary ones and could be read by hand; what
 * this adds is that it finds them, and that it knows when the session has ended or died.
 *
 * One reader, one thread. Samples of one ring or CPU come in their order; between several, compare
 * avocet_event_header.time_ns.
 */
#ifndef AVOCET_PERF_CONSUMER_H
#define AVOCET_PERF_CONSUMER_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "avocet/abi/program.h"
#include "avocet/abi/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AVOCET_PERF_CONSUMER_CHANNELS 64

typedef struct avocet_perf_sample {
    const char* channel; /* name of the pin */
    const void* data;    /* valid during the call; may be unaligned where perf event arrays carry it */
    uint32_t size;
    int32_t cpu; /* -1: not known (ring buffers) */
} avocet_perf_sample;

typedef void (*avocet_perf_sample_fn)(void* ctx, const avocet_perf_sample* sample);

typedef struct avocet_perf_consumer avocet_perf_consumer;

typedef struct avocet_perf_channel {
    avocet_perf_consumer* consumer;
    struct perf_buffer* perf; /* NULL: a ring */
    char name[NAME_MAX + 1];
} avocet_perf_channel;

struct avocet_perf_consumer {
    avocet_perf_sample_fn fn;
    void* ctx;
    int directory;
    const avocet_stream_info* info;
    size_t info_bytes;
    uint32_t types; /* BTF id */
    struct ring_buffer* rings;
    uint32_t channel_count;
    long taken;
    uint64_t lost; /* samples that the kernel says it dropped for want of room in perf buffers */
    avocet_perf_channel channels[AVOCET_PERF_CONSUMER_CHANNELS];
};

static inline void avocet_perf_consumer__close(avocet_perf_consumer* c) {
    if (!c) return;
    for (uint32_t i = 0; i < c->channel_count; ++i) perf_buffer__free(c->channels[i].perf);
    ring_buffer__free(c->rings);
    if (c->info) munmap((void*)c->info, c->info_bytes);
    if (c->directory >= 0) close(c->directory);
    free(c);
}

static inline int avocet_perf_consumer__on_ring(void* ctx, void* data, size_t size) {
    avocet_perf_channel* channel = (avocet_perf_channel*)ctx;
    avocet_perf_sample sample;
    sample.channel = channel->name;
    sample.data = data;
    sample.size = (uint32_t)size;
    sample.cpu = -1;
    ++channel->consumer->taken;
    channel->consumer->fn(channel->consumer->ctx, &sample);
    return 0;
}

static inline void avocet_perf_consumer__on_perf(void* ctx, int cpu, void* data, uint32_t size) {
    avocet_perf_channel* channel = (avocet_perf_channel*)ctx;
    avocet_perf_sample sample;
    sample.channel = channel->name;
    sample.data = data;
    sample.size = size;
    sample.cpu = cpu;
    ++channel->consumer->taken;
    channel->consumer->fn(channel->consumer->ctx, &sample);
}

static inline void avocet_perf_consumer__on_lost(void* ctx, int cpu, unsigned long long count) {
    (void)cpu;
    ((avocet_perf_channel*)ctx)->consumer->lost += count;
}

static inline int avocet_perf_consumer__open_info(avocet_perf_consumer* c, const char* directory) {
    char path[PATH_MAX];
    struct bpf_map_info facts;
    uint32_t size = sizeof facts;
    snprintf(path, sizeof path, "%s/" AVOCET_STREAM_PIN_INFO, directory);
    const int fd = bpf_obj_get(path);
    if (fd < 0) return -errno;
    memset(&facts, 0, sizeof facts);
    int error = bpf_obj_get_info_by_fd(fd, &facts, &size) ? -errno : 0;
    if (!error && facts.value_size < sizeof(avocet_stream_info)) error = -EPROTO;
    if (!error) {
        void* memory = mmap(NULL, facts.value_size, PROT_READ, MAP_SHARED, fd, 0);
        if (memory == MAP_FAILED) {
            error = -errno;
        } else {
            c->info = (const avocet_stream_info*)memory;
            c->info_bytes = facts.value_size;
            c->types = facts.btf_id;
            if (c->info->version != AVOCET_STREAM_VERSION) error = -EPROTO;
        }
    }
    close(fd);
    return error;
}

/* Adds a pin if it is a ring buffer or a perf event array. */
static inline int avocet_perf_consumer__add(avocet_perf_consumer* c, const char* directory, const char* name,
                                            size_t perf_pages) {
    char path[PATH_MAX];
    struct bpf_map_info facts;
    uint32_t size = sizeof facts;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    const int fd = bpf_obj_get(path);
    if (fd < 0) return -errno;
    memset(&facts, 0, sizeof facts);
    int error = bpf_obj_get_info_by_fd(fd, &facts, &size) ? -errno : 0;
    if (!error && (facts.type == BPF_MAP_TYPE_RINGBUF || facts.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)) {
        avocet_perf_channel* channel = &c->channels[c->channel_count];
        if (c->channel_count == AVOCET_PERF_CONSUMER_CHANNELS) {
            close(fd);
            return -E2BIG;
        }
        ++c->channel_count;
        channel->consumer = c;
        snprintf(channel->name, sizeof channel->name, "%s", name);
        if (facts.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
            channel->perf = perf_buffer__new(fd, perf_pages, avocet_perf_consumer__on_perf,
                                             avocet_perf_consumer__on_lost, channel, NULL);
            if (!channel->perf) error = -errno;
        } else if (!c->rings) {
            c->rings = ring_buffer__new(fd, avocet_perf_consumer__on_ring, channel, NULL);
            if (!c->rings) error = -errno;
        } else {
            error = ring_buffer__add(c->rings, fd, avocet_perf_consumer__on_ring, channel);
        }
    }
    close(fd);
    return error;
}

/* Opens the stream pinned in `directory`. `perf_pages`: of each CPU's buffer where the stream is made of perf event
 * arrays, a power of two; 0: 256. NULL: errno; ENOENT: no session has pinned one there (yet). */
static inline avocet_perf_consumer* avocet_perf_consumer__open(const char* directory, avocet_perf_sample_fn fn,
                                                               void* ctx, size_t perf_pages) {
    avocet_perf_consumer* c = (avocet_perf_consumer*)calloc(1, sizeof *c);
    if (!c) return NULL;
    c->fn = fn;
    c->ctx = ctx;
    c->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = c->directory < 0 ? -errno : avocet_perf_consumer__open_info(c, directory);
    DIR* list = error ? NULL : opendir(directory);
    for (struct dirent* entry; list && !error && (entry = readdir(list));)
        if (entry->d_type == DT_REG && strcmp(entry->d_name, AVOCET_STREAM_PIN_INFO) != 0)
            error = avocet_perf_consumer__add(c, directory, entry->d_name, perf_pages ? perf_pages : 256);
    if (list) closedir(list);
    if (!error && c->channel_count != c->info->channel_count) error = -ENOENT;
    if (!error) return c;
    avocet_perf_consumer__close(c);
    errno = -error;
    return NULL;
}

/* What was there now. */
static inline int avocet_perf_consumer__take(avocet_perf_consumer* c) {
    int error = 0;
    c->taken = 0;
    if (c->rings) error = ring_buffer__consume(c->rings);
    for (uint32_t i = 0; i < c->channel_count && error >= 0; ++i)
        if (c->channels[i].perf) error = perf_buffer__consume(c->channels[i].perf);
    return error < 0 ? error : (int)(c->taken > INT_MAX ? INT_MAX : c->taken);
}

/* Waits up to timeout_ms (0 to 1000; more is cut) for samples and gives them to the function. Number of samples; 0:
 * none yet; -ENODATA: the session has ended and all has been read; -EOWNERDEAD: the session has died, and all has been
 * read; else -errno. */
static inline int avocet_perf_consumer__poll(avocet_perf_consumer* c, int timeout_ms) {
    const uint32_t state = __atomic_load_n(&c->info->state, __ATOMIC_ACQUIRE);
    int taken = avocet_perf_consumer__take(c);
    if (taken) return taken;
    if (state == AVOCET_STREAM_ENDED) return -ENODATA;
    if (timeout_ms > 1000) timeout_ms = 1000;
    if (c->rings)
        taken = ring_buffer__poll(c->rings, timeout_ms);
    else if (c->channel_count)
        taken = perf_buffer__poll(c->channels[0].perf, timeout_ms);
    if (taken < 0) return taken == -EINTR ? 0 : taken;
    if (c->taken) return (int)(c->taken > INT_MAX ? INT_MAX : c->taken);
    if (__atomic_load_n(&c->info->state, __ATOMIC_ACQUIRE) == AVOCET_STREAM_ENDED)
        return avocet_perf_consumer__poll(c, 0);
    if (flock(c->directory, LOCK_SH | LOCK_NB) < 0) return 0; /* the session holds it */
    flock(c->directory, LOCK_UN);
    if (__atomic_load_n(&c->info->state, __ATOMIC_ACQUIRE) == AVOCET_STREAM_ENDED)
        return avocet_perf_consumer__poll(c, 0);
    taken = avocet_perf_consumer__take(c);
    return taken ? taken : -EOWNERDEAD;
}

/* JSON, info->manifest_size bytes, not NUL-terminated: sdk/docs/streams.md. */
static inline const char* avocet_perf_consumer__manifest(const avocet_perf_consumer* c) {
    return (const char*)c->info + c->info->info_size;
}

/* Every type that the manifest names; the caller frees it with btf__free. NULL: errno. */
static inline struct btf* avocet_perf_consumer__types(const avocet_perf_consumer* c) {
    return btf__load_from_kernel_by_id(c->types);
}

#ifdef __cplusplus
}
#endif
#endif
