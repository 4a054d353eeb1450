/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/options.h: option schemas and their validated values.
 *
 * A plugin never parses TOML. It exports a schema; the host validates the user's configuration against it (all errors
 * at once, with line and column), fills in defaults and hands over values in the order of the schema, one for each
 * entry. Help, manual and sample configuration are generated from the same schema.
 */
#ifndef AVOCET_ABI_OPTIONS_H
#define AVOCET_ABI_OPTIONS_H

#include "avocet/abi/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t avocet_option_type;
enum {
    AVOCET_OPTION_BOOL = 1,
    AVOCET_OPTION_INT = 2, /* int64 */
    AVOCET_OPTION_STRING = 3,
    AVOCET_OPTION_SIZE = 4,     /* bytes; the user writes "100MiB", "64k" or an integer */
    AVOCET_OPTION_DURATION = 5, /* nanoseconds; the user writes "5s", "250ms", "1h" */
    AVOCET_OPTION_ENUM = 6,     /* one of `choices` */
    AVOCET_OPTION_PATH = 7,     /* a string; {tool}, {date}, {time}, {pid}, {host} are expanded by the host */
    AVOCET_OPTION_LIST = 8      /* list of strings */
};

enum { AVOCET_OPTION_SECRET = 1u, AVOCET_OPTION_REQUIRED = 2u };

typedef struct avocet_option {
    uint32_t struct_size;
    avocet_option_type type;
    const char* name;           /* snake_case; nested tables are dotted: "rotate.size" */
    const char* unit;           /* "bytes", "ns", "records"; NULL: none */
    const char* value_default;  /* as the user would write it in TOML, without quotes; NULL: no default (not set) */
    const char* const* choices; /* NULL-terminated; enum only */
    int64_t min, max;           /* for int, size, duration; both 0: no limits */
    uint32_t flags;
    uint32_t reserved;
    const char* doc; /* one sentence */
} avocet_option;

typedef struct avocet_option_value {
    uint32_t struct_size;
    uint32_t is_set;         /* 0: neither given nor defaulted */
    int64_t number;          /* bool (0/1), int, size in bytes, duration in ns, enum (index into choices) */
    avocet_str text;         /* string, path, enum */
    const avocet_str* items; /* list */
    size_t item_count;
} avocet_option_value;

/* Valid during the call that receives it. values[i] belongs to schema entry i. */
typedef struct avocet_options {
    uint32_t struct_size;
    uint32_t count;
    avocet_str instance; /* the name the user gave ([[sink]] name), for messages */
    const avocet_option_value* values;
} avocet_options;

#ifdef __cplusplus
}
#endif
#endif
