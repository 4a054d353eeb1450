/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/records.h: records as JSON with everything they carry: time, tool, probe, fields by name with their types,
 * keys of maps in their parts. The schema is sdk/docs/records.schema.json. What avocet.host.render/1 calls JSON is that
 * of bpftrace's readers instead.
 */
#ifndef AVOCET_ABI_RECORDS_H
#define AVOCET_ABI_RECORDS_H

#include "avocet/abi/record.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AVOCET_HOST_RECORDS_1 "avocet.host.records/1"
typedef struct avocet_host_records {
    uint32_t struct_size;
    uint32_t reserved;
    void* ctx;
    /* Rows [first, first+count), one line for each record and one for the rows of a map together, each ended by a
     * newline. Threads may render at the same time. [thread: any] */
    avocet_status (*json)(void* ctx, const avocet_batch* batch, uint32_t first, uint32_t count, avocet_text_fn emit,
                          void* emit_ctx);
} avocet_host_records;

#ifdef __cplusplus
}
#endif
#endif
