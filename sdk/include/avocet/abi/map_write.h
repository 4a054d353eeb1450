/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/map_write.h: an extension of a backend, returned by its plugin's get_factory beside its factory. The
 * session writes elements of a loaded program's maps: what the program reads and only the session can know, and what
 * changes while it runs (avocet/abi/unwind.h).
 */
#ifndef AVOCET_ABI_MAP_WRITE_H
#define AVOCET_ABI_MAP_WRITE_H

#include "avocet/abi/backend.h"
#include "avocet/abi/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AVOCET_BACKEND_MAP_WRITE_1 "avocet.backend.map_write/1"

/* Elements of one map: `keys` are packed, and so are `values`. The sizes must be the map's. */
typedef struct avocet_map_elements {
    uint32_t struct_size;
    uint32_t key_size;
    uint32_t value_size;
    uint32_t reserved;
    avocet_str map; /* ELF symbol */
    size_t count;
    const void* keys;
    const void* values;
} avocet_map_elements;

typedef struct avocet_backend_map_write {
    avocet_factory base; /* factory_id AVOCET_BACKEND_MAP_WRITE_1; no options */
    /* Adds or replaces them, one after the other; maps per CPU are refused. After a failure some may have been written.
     * [state: loaded] */
    avocet_status (*write)(avocet_backend* self, const avocet_map_elements* elements);
} avocet_backend_map_write;

#ifdef __cplusplus
}
#endif
#endif
