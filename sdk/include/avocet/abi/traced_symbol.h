/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/traced_symbol.h: where a variable or function of the traced program lies in its memory.
 *
 * A host extension (avocet/abi/plugin.h) for frontends. The host resolves the attach point as the session will, and
 * reads the files of its plans (uprobe, uprobe_multi): no provider has to do anything for it.
 *
 * A file that is linked to run at one address (ET_EXEC) has its symbols there. Any other is loaded somewhere, page by
 * page: address in memory = address + (where the probe fired - anchor), of the anchor that is this probe's. Anchors are
 * addresses as the symbol table counts them; what was added is a multiple of AVOCET_TRACED_PAGE, so those that differ
 * below it are told apart by where the probe fired.
 */
#ifndef AVOCET_ABI_TRACED_SYMBOL_H
#define AVOCET_ABI_TRACED_SYMBOL_H

#include "avocet/abi/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AVOCET_HOST_TRACED_SYMBOL_1 "avocet.host.traced_symbol/1"
#define AVOCET_TRACED_PAGE 4096u

enum {
    AVOCET_TRACED_FIXED = 1u << 0 /* `address` is the one in memory */
};

typedef struct avocet_traced_symbol {
    uint32_t struct_size;
    uint32_t flags;  /* AVOCET_TRACED_* */
    avocet_str path; /* of the file */
    avocet_str
        refusal; /* not empty: why the symbol has no address here ("not found", "stands for 2 ..."): the rest is 0 */
    uint64_t address;        /* as the symbol table counts */
    uint64_t size;           /* bytes, 0: the symbol table does not say */
    const uint64_t* anchors; /* of the probe's places in this file, ascending; of a return: the function's beginning */
    uint32_t anchor_count;
    uint32_t reserved;
} avocet_traced_symbol;
typedef avocet_status (*avocet_traced_symbol_fn)(void* ctx, const avocet_traced_symbol* symbol);

typedef struct avocet_host_traced_symbol {
    uint32_t struct_size;
    uint32_t reserved;
    void* ctx;
    /* `text` is one attach point, as in avocet_host_probes; `emit` is called once for each file, in the order of their
     * paths. AVOCET_ERR_NOT_FOUND: nothing to attach to, AVOCET_ERR_INVALID: no such kind of probe; neither is
     * reported. AVOCET_ERR_UNSUPPORTED: the attach point has no file. [thread: control] */
    avocet_status (*find)(void* ctx, avocet_str text, int32_t pid, uint32_t spec_flags, avocet_str symbol,
                          avocet_traced_symbol_fn emit, void* emit_ctx);
} avocet_host_traced_symbol;

#ifdef __cplusplus
}
#endif
#endif
