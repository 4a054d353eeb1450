/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/label.h: labels that a route adds to records (host, tool, pod, static text).
 *
 * A label is a field behind all fields of the record itself, of kind STRING, whose type has the flag AVOCET_TYPE_LABEL.
 * Every kind of record may have labels: a sink takes a row's own fields up to the first label, and the stride of rows
 * is `field_count` as ever. Text that the host renders shows no labels; JSON has them in a member "labels".
 */
#ifndef AVOCET_ABI_LABEL_H
#define AVOCET_ABI_LABEL_H

#include "avocet/abi/record.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { AVOCET_TYPE_LABEL = 1u << 1 /* avocet_type.flags, beside AVOCET_TYPE_USER */ };

/* How many fields are the record's own. */
static inline uint32_t avocet_own_field_count(const avocet_schema* schema) {
    uint32_t count = schema->field_count;
    while (count > 0 && schema->fields[count - 1].type && (schema->fields[count - 1].type->flags & AVOCET_TYPE_LABEL))
        --count;
    return count;
}

#ifdef __cplusplus
}
#endif
#endif
