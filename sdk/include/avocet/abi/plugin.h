/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/plugin.h: the one exported symbol, and what every factory begins with.
 *
 * Loading, in order: the host reads the sidecar `plugin.toml` beside the library; refuses it if it or its directory is
 * not owned by root or the user or is writable by others; maps the library when it is first needed; reads the symbol
 * `avocet_plugin_entry`; compares major and needed minor; calls init once; asks for the factory named in the sidecar.
 * A plugin is never unmapped while the process runs.
 */
#ifndef AVOCET_ABI_PLUGIN_H
#define AVOCET_ABI_PLUGIN_H

#include "avocet/abi/base.h"
#include "avocet/abi/options.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AVOCET_PLUGIN_ENTRY_SYMBOL "avocet_plugin_entry"

/* Factory ids of revision 1. */
#define AVOCET_PROVIDER_1 "avocet.provider/1"
#define AVOCET_FRONTEND_1 "avocet.frontend/1"
#define AVOCET_BACKEND_1 "avocet.backend/1"
#define AVOCET_SINK_1 "avocet.sink/1"

typedef struct avocet_plugin_entry_t {
    uint32_t struct_size;
    uint32_t abi_major;        /* AVOCET_ABI_MAJOR at build time */
    uint32_t abi_minor_built;  /* AVOCET_ABI_MINOR at build time */
    uint32_t abi_minor_needed; /* the oldest host it works with */
    const char* id;            /* "sink.file"; NUL-terminated; equals the sidecar's */
    const char* version;       /* "1.2.0"; equals the sidecar's */
    /* Called once, before anything else. Cheap: no I/O, no threads. [thread: control] */
    avocet_status (*init)(const avocet_host* host);
    /* Called at most once, after every instance is destroyed. [thread: control] */
    void (*deinit)(void);
    /* A static table whose first member is avocet_factory, or NULL for an id this plugin does not have.
     * [thread: any] [state: after init] */
    const void* (*get_factory)(const char* factory_id);
} avocet_plugin_entry_t;

/* First member of every factory. Static data, valid for ever. */
typedef struct avocet_factory {
    uint32_t struct_size; /* of the whole factory, not of this header */
    uint32_t option_count;
    const char* factory_id;       /* AVOCET_SINK_1, ... */
    const char* summary;          /* one line for `avocet plugins` */
    const avocet_option* options; /* the schema the host validates against */
} avocet_factory;

#if defined(_WIN32)
#error "Avocet is for Linux"
#endif
#define AVOCET_EXPORT __attribute__((visibility("default")))

#ifdef __cplusplus
}
#endif
#endif
