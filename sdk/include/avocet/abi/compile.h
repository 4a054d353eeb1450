/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/compile.h: a frontend asks the host for a file in another language.
 *
 * A host extension (avocet/abi/plugin.h). The host finds the frontend by the file's name, as it does for what it runs,
 * and reports that frontend's messages to the user with their places in the file.
 */
#ifndef AVOCET_ABI_COMPILE_H
#define AVOCET_ABI_COMPILE_H

#include "avocet/abi/frontend.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AVOCET_HOST_COMPILE_1 "avocet.host.compile/1"

typedef struct avocet_host_compile {
    uint32_t struct_size;
    uint32_t reserved;
    void* ctx;
    /* Compiles the file to one object, which need not hold a program: `events` is told about it and about what it
     * depended on, before this returns. `flags`: AVOCET_COMPILE_*. AVOCET_ERR_NOT_FOUND: no frontend for such files;
     * AVOCET_ERR_IO: not readable; AVOCET_ERR_INVALID: refused. All are reported. [thread: control] */
    avocet_status (*compile)(void* ctx, avocet_str path, uint32_t flags, const avocet_compile_events* events);
} avocet_host_compile;

#ifdef __cplusplus
}
#endif
#endif
