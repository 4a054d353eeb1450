/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/record.h: decoded, typed output. What sinks consume.
 *
 * A batch holds rows of one schema. A row is `schema->field_count` consecutive values. Everything a batch points to
 * is valid during the consume call that receives it; a sink that keeps something copies it.
 * Text is a view: a printf record carries its arguments and its format; `avocet.host.render/1` turns rows into the
 * text or JSON that the language defines.
 */
#ifndef AVOCET_ABI_RECORD_H
#define AVOCET_ABI_RECORD_H

#include "avocet/abi/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint8_t avocet_value_kind;
enum {
    AVOCET_VALUE_NONE = 0,
    AVOCET_VALUE_INT = 1,     /* i; `width` 1, 2, 4, 8 bytes */
    AVOCET_VALUE_UINT = 2,    /* u; `width` */
    AVOCET_VALUE_BOOL = 3,    /* u */
    AVOCET_VALUE_ENUM = 4,    /* count 2: items[0] the name (string), items[1] the number; count 0: no name, i or u */
    AVOCET_VALUE_POINTER = 5, /* u */
    AVOCET_VALUE_STRING = 6,  /* text, count bytes; AVOCET_VALUE_TRUNCATED if the source was longer */
    AVOCET_VALUE_BYTES = 7,   /* bytes */
    AVOCET_VALUE_ARRAY = 8,   /* items, count */
    AVOCET_VALUE_TUPLE = 9,   /* items, count */
    AVOCET_VALUE_RECORD = 10, /* items, count; names in the schema's type (avocet_type.members) */
    AVOCET_VALUE_STACK = 11,  /* frames, count; leaf first; type says kernel or user, mode and limit */
    AVOCET_VALUE_SYMBOL = 12, /* frames, count 1: an address shown as a symbol without offset */
    AVOCET_VALUE_TEXT = 13,   /* text resolved by the host: user name, time, cgroup path, IP and MAC address, probe */
    AVOCET_VALUE_STATS = 14,  /* items[0..2] = count, average, total */
    AVOCET_VALUE_HIST = 15,   /* buckets, count */
    AVOCET_VALUE_SERIES = 16  /* buckets, count: intervals, oldest first; low, high: ns of the wall clock since 1970;
                                 count: the value, see flags; type.hist_step: ns of an interval */
};

enum {
    AVOCET_VALUE_TRUNCATED = 1u << 0,  /* string or stack cut at its limit */
    AVOCET_VALUE_UNREADABLE = 1u << 1, /* memory could not be read; the value is empty */
    AVOCET_VALUE_AVERAGE = 1u << 2     /* an integer that is an average (JSON record type "stats") */
};

/* A code address; symbolised on demand through avocet.host.render/1 or avocet.host.symbols/1. */
typedef struct avocet_frame {
    uint64_t address;
    uint32_t pid; /* 0: kernel */
    uint32_t reserved;
} avocet_frame;

typedef struct avocet_bucket {
    int64_t low;  /* inclusive */
    int64_t high; /* exclusive */
    uint64_t count;
    uint32_t flags; /* 1: no lower bound, 2: no upper bound; series: 4: no value here, 8: count is an int64_t */
    uint32_t reserved;
} avocet_bucket;

typedef struct avocet_value {
    avocet_value_kind kind;
    uint8_t width;
    uint16_t flags;
    uint32_t count;
    union {
        int64_t i;
        uint64_t u;
        const char* text;
        const uint8_t* bytes;
        const struct avocet_value* items;
        const avocet_frame* frames;
        const avocet_bucket* buckets;
    } v;
} avocet_value;

/* Type of a field: what the value alone does not say. Static for the session. */
typedef struct avocet_type {
    uint32_t struct_size;
    avocet_value_kind kind;
    uint8_t width;
    uint16_t flags;     /* AVOCET_TYPE_* */
    const char* name;   /* C or language spelling; never NULL */
    const char* unit;   /* "ns", "bytes"; NULL: none */
    const char* format; /* stack: "bpftrace" | "perf" | "raw" | "build_id"; time: strftime format; else NULL */
    uint32_t limit;     /* stack frames, array elements, string bytes */
    uint32_t member_count;
    const struct avocet_type* const* members; /* tuple, record, array (one) */
    const char* const* member_names;          /* record */
    uint32_t hist_bits;                       /* hist: buckets per power of two = 1 << hist_bits */
    uint32_t reserved;
    int64_t hist_min, hist_max, hist_step; /* lhist: step > 0 */
} avocet_type;

enum { AVOCET_TYPE_USER = 1u << 0 /* stack, symbol, pointer of user space */ };

typedef int32_t avocet_record_kind;
enum {
    AVOCET_RECORD_EVENT = 1,     /* printf, print of a value, time, cat, join, and foreign samples */
    AVOCET_RECORD_MAP = 2,       /* one snapshot of one map, in display order */
    AVOCET_RECORD_LOSS = 3,      /* fields: probe or function (string), cause (string), count (uint), record_lost (bool:
                                 records are missing; else they are only shortened or incomplete) */
    AVOCET_RECORD_LIFECYCLE = 4, /* fields: event (string: "attached", "ending", "end"), count (uint) */
    AVOCET_RECORD_ERROR = 5      /* run-time diagnostics: message, severity ("error", "warning"), file, line, column,
                                    end_line, end_column, kind ("errorf", "warnf", "helper_error", "runtime_error"),
                                    helper, retcode, source (the line), probe; with a format, its arguments follow and
                                    message is empty */
};

typedef int32_t avocet_output_kind;
enum {
    AVOCET_OUTPUT_NONE = 0,
    AVOCET_OUTPUT_PRINTF = 1,
    AVOCET_OUTPUT_VALUE = 2, /* print(v) */
    AVOCET_OUTPUT_TIME = 3,  /* one text field */
    AVOCET_OUTPUT_JOIN = 4,  /* one text field */
    AVOCET_OUTPUT_CAT = 5,
    AVOCET_OUTPUT_SYSTEM = 6,
    AVOCET_OUTPUT_TABLE = 7 /* foreign sample: columns by BTF */
};

typedef struct avocet_field {
    const char* name; /* "arg0" for unnamed printf arguments; "key" (or a C tool's word for it), "value" for maps */
    const avocet_type* type;
} avocet_field;

/* Lives as long as the session; compare by pointer. */
typedef struct avocet_schema {
    uint32_t struct_size;
    avocet_record_kind kind;
    avocet_output_kind output;
    uint32_t field_count;
    const avocet_field* fields; /* MAP: field 0 key (kind NONE for scalar maps), field 1 value */
    const char* tool;
    const char* name;     /* MAP: "@lat"; EVENT: channel or struct name, or "" */
    const char* format;   /* PRINTF: the format text */
    const char* probe;    /* full name or pattern of the clause's first probe; "" if none */
    uint32_t id;          /* unique in the session */
    uint32_t format_size; /* formats may hold NUL */
} avocet_schema;

/* Loss reported in band: so many records of this batch's position and cause are missing. */
typedef struct avocet_batch {
    uint32_t struct_size;
    uint32_t row_count;
    const avocet_schema* schema;
    const avocet_value* rows; /* row_count * schema->field_count */
    const uint64_t* times_ns; /* CLOCK_BOOTTIME of each row, or NULL */
    uint64_t sequence;        /* number of the first row in the session's stream of records, from 0 */
    uint64_t wall_ns;         /* CLOCK_REALTIME when it was drained */
    uint32_t flags;           /* AVOCET_BATCH_* */
    uint32_t reserved;
    /* CLOCK_REALTIME - CLOCK_BOOTTIME of the machine and boot that the rows come from: `times_ns` plus this are ns
     * since 1970, also of a recording. 0: not known. */
    uint64_t wall_minus_boot_ns;
} avocet_batch;

enum {
    AVOCET_BATCH_FINAL = 1u << 0, /* MAP: printed because the session ends */
    AVOCET_BATCH_REDRAW = 1u << 1 /* MAP: replaces the previous snapshot of this map on a live screen */
};

/* Receives rendered bytes, in pieces. */
typedef void (*avocet_text_fn)(void* ctx, const char* data, size_t size);

#define AVOCET_HOST_RENDER_1 "avocet.host.render/1"
typedef struct avocet_host_render {
    uint32_t struct_size;
    uint32_t reserved;
    void* ctx;
    /* Text of rows [first, first+count), exactly as the language prints it, newlines included. LOSS, LIFECYCLE and
     * ERROR records: the message a terminal shows. Threads may render at the same time. [thread: any] */
    avocet_status (*text)(void* ctx, const avocet_batch* batch, uint32_t first, uint32_t count, avocet_text_fn emit,
                          void* emit_ctx);
    /* The same rows as JSON, one line per record, each ended by a newline. [thread: any] */
    avocet_status (*json)(void* ctx, const avocet_batch* batch, uint32_t first, uint32_t count, avocet_text_fn emit,
                          void* emit_ctx);
    /* One value in its default text form. [thread: any] */
    avocet_status (*value)(void* ctx, const avocet_type* type, const avocet_value* value, avocet_text_fn emit,
                           void* emit_ctx);
} avocet_host_render;

#define AVOCET_HOST_SYMBOLS_1 "avocet.host.symbols/1"
typedef struct avocet_symbol {
    uint32_t struct_size;
    uint32_t found;    /* 0: no symbol covers the address */
    avocet_str name;   /* demangled */
    avocet_str module; /* path of the file, or kernel module; empty: unknown */
    uint64_t offset;   /* from the symbol's start */
    uint64_t file_offset;
} avocet_symbol;
typedef struct avocet_host_symbols {
    uint32_t struct_size;
    uint32_t reserved;
    void* ctx;
    /* Strings live as long as the session. [thread: any] */
    avocet_status (*resolve)(void* ctx, const avocet_frame* frame, avocet_symbol* out);
} avocet_host_symbols;

#ifdef __cplusplus
}
#endif
#endif
