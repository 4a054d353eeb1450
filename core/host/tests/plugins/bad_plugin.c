/* SPDX-License-Identifier: Apache-2.0
 *
 * A sink that is right (GOOD), or wrong in exactly one way, chosen by a definition. In C: nothing of the C++ layer is
 * needed to be a plugin.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "avocet/abi/sink.h"

/* Read at run time, so that the compiler does not see what is wrong. */
static int* volatile nowhere __attribute__((unused));

struct avocet_sink {
    int unused;
};

static struct avocet_sink the_sink;
static const avocet_host* the_host;

static avocet_status create(const avocet_host* host, const avocet_options* options, avocet_sink** out) {
    (void)host, (void)options;
    *out = &the_sink;
    return AVOCET_OK;
}
static void destroy(avocet_sink* self) { (void)self; }
__attribute__((unused)) static avocet_status consume(avocet_sink* self, const avocet_batch* batch, uint32_t first,
                                                     uint32_t* taken) {
    (void)self, (void)batch, (void)first;
    *taken = 0;
    return AVOCET_OK;
}
static avocet_status finish(avocet_sink* self, uint64_t* lost) {
    (void)self;
    *lost = 0;
    return AVOCET_OK;
}

static const avocet_option schema[] = {
    {sizeof(avocet_option), AVOCET_OPTION_STRING, "colour", NULL, "red", NULL, 0, 0, 0, 0, "what it looks like"},
#ifdef BAD_SCHEMA
    {sizeof(avocet_option), 99, "shape", NULL, NULL, NULL, 0, 0, 0, 0, "of no type"},
#endif
};

/* A later revision's table: one method more. */
struct larger_factory {
    avocet_sink_factory known;
    void* more;
};

static const struct larger_factory factory = {
    {{
#if defined(SHORT_FACTORY)
         sizeof(avocet_factory),
#elif defined(FACTORY_TAIL)
         sizeof(struct larger_factory),
#else
         sizeof(avocet_sink_factory),
#endif
         sizeof schema / sizeof schema[0],
#ifdef FACTORY_ID
         AVOCET_BACKEND_1,
#else
         AVOCET_SINK_1,
#endif
         "test sink", schema},
     create,
     destroy,
#ifdef FACTORY_NULL
     NULL,
#else
     consume,
#endif
     finish,
     finish,
     NULL},
    (void*)&the_sink,
};

static void report(const char* message, const char* hint, avocet_severity severity) {
    avocet_diagnostic d;
    memset(&d, 0, sizeof d);
    d.struct_size = sizeof d;
    d.severity = severity;
    d.code = 12;
    d.message = (avocet_str){message, strlen(message)};
    d.hint = (avocet_str){hint, strlen(hint)};
    the_host->report(the_host->ctx, &d);
}

#ifdef RECURSE_INIT
static volatile int deepest = -1; /* never reached, but the compiler cannot know */
static int recurse(volatile char* above, int depth) {
    volatile char here[4096];
    here[0] = above ? above[0] : 1;
    return depth == deepest ? 0 : recurse(here, depth + 1) + here[0];
}
#endif

static avocet_status init(const avocet_host* host) {
    the_host = host;
#if defined(CRASH_INIT)
    *nowhere = 1;
#elif defined(ABORT_INIT)
    abort();
#elif defined(EXIT_INIT)
    exit(0);
#elif defined(RECURSE_INIT)
    return recurse(NULL, 0);
#elif defined(INIT_FAILS)
    report("licence server 'lic': no answer", "is it on?", AVOCET_ERROR);
    return AVOCET_ERR_IO;
#elif defined(INIT_WARNS)
    report("old device", "", AVOCET_WARNING);
#endif
    (void)report;
    return AVOCET_OK;
}

static void deinit(void) {
    const void* gone = the_host->get_extension(the_host->ctx, "test.deinit");
    (void)gone;
}

static const void* get_factory(const char* id) {
#if defined(NO_FACTORY)
    return id[0] ? NULL : &factory;
#elif defined(CRASH_LATER)
    return id[0] == 'l' ? (const void*)(size_t)*nowhere : &factory;
#elif defined(CRASH_GET_FACTORY)
    return id[0] ? (const void*)(size_t)*nowhere : &factory;
#else
    (void)id;
    return &factory;
#endif
}

#ifdef CRASH_MAPPING
__attribute__((constructor)) static void crash(void) { raise(SIGBUS); }
#endif

#ifdef UNDEFINED_SYMBOL
extern int nowhere_to_be_found(void);
AVOCET_EXPORT int use(void);
int use(void) { return nowhere_to_be_found(); }
#endif

struct larger_entry {
    avocet_plugin_entry_t known;
    void* more;
};

#ifdef NO_SYMBOL
#define ENTRY avocet_plugin_entrance
#else
#define ENTRY avocet_plugin_entry
#endif

AVOCET_EXPORT extern const struct larger_entry ENTRY;
const struct larger_entry ENTRY = {
    {
#if defined(SHORT_ENTRY)
        sizeof(avocet_plugin_entry_t) - sizeof(void*),
#elif defined(TINY_ENTRY)
        sizeof(uint32_t),
#elif defined(TAIL_ENTRY) || defined(LARGER_ENTRY)
        sizeof(struct larger_entry),
#else
        sizeof(avocet_plugin_entry_t),
#endif
#ifdef WRONG_MAJOR
        AVOCET_ABI_MAJOR + 1,
#else
        AVOCET_ABI_MAJOR,
#endif
        AVOCET_ABI_MINOR,
#ifdef NEEDS_NEWER
        AVOCET_ABI_MINOR + 7,
#else
        0,
#endif
#if defined(WRONG_ID)
        "sink.other",
#elif defined(BAD_ID_POINTER)
        (const char*)0x10,
#else
        "sink.test",
#endif
#ifdef WRONG_VERSION
        "0.9.0",
#else
        "1.0.0",
#endif
        init,
        deinit,
#ifdef NO_GET_FACTORY
        NULL,
#else
        get_factory,
#endif
    },
#ifdef TAIL_ENTRY
    (void*)&the_sink,
#else
    NULL,
#endif
};
#ifdef NO_GET_FACTORY
const void* unused_factory(const char* id);
const void* unused_factory(const char* id) { return get_factory(id); }
#endif
