/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/base.h: words every other ABI header uses.
 *
 * The ABI is C, hermetic (this directory includes nothing but the compiler's own headers) and append-only:
 *  - every struct that crosses starts with `struct_size`, set by whoever fills it in to sizeof of the struct it was
 *    compiled with; a reader looks only at the smaller of the two sizes; a non-zero tail that it does not know is
 *    AVOCET_ERR_ABI;
 *  - fields are only ever appended; method tables are frozen for a revision, and what is new gets an extension id of
 *    its own ("avocet.host.render/1");
 *  - nothing of C++ crosses: no exception, no std type, no allocator.
 *
 * Tags in the comments. [thread: control] the thread that runs the session; [thread: data] the one thread that drains
 * the transport, or the one thread that feeds a sink; [thread: any]. [state: ...] when a call is legal.
 * Strings are (pointer, length), not NUL-terminated unless a comment says so, UTF-8 or raw bytes of the traced system.
 */
#ifndef AVOCET_ABI_BASE_H
#define AVOCET_ABI_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AVOCET_ABI_MAJOR 1u
#define AVOCET_ABI_MINOR 0u

typedef struct avocet_str {
    const char* data; /* may be NULL when size is 0 */
    size_t size;
} avocet_str;

typedef struct avocet_bytes {
    const void* data;
    size_t size;
} avocet_bytes;

/* One status for everything. Zero is success, positive values are not errors, negative ones are.
 * Whoever returns an error has reported the reason first through avocet_host.report. */
typedef int32_t avocet_status;
enum {
    AVOCET_OK = 0,
    AVOCET_AGAIN = 1,            /* nothing wrong, nothing done: call again later */
    AVOCET_STOP = 2,             /* from a callback: enough; from poll: the source has ended */
    AVOCET_ERR_INVALID = -1,     /* the input (source text, option, argument) is wrong */
    AVOCET_ERR_NOT_FOUND = -2,   /* the named thing does not exist here */
    AVOCET_ERR_UNSUPPORTED = -3, /* this kernel, machine or backend lacks it */
    AVOCET_ERR_PERMISSION = -4,
    AVOCET_ERR_IO = -5,
    AVOCET_ERR_NO_MEMORY = -6,
    AVOCET_ERR_NO_SPACE = -7,  /* a disk, map or buffer is full */
    AVOCET_ERR_ABI = -8,       /* sizes, versions or ids that do not fit each other */
    AVOCET_ERR_STATE = -9,     /* called out of order */
    AVOCET_ERR_REJECTED = -10, /* the kernel's verifier refused a program */
    AVOCET_ERR_INTERNAL = -11
};

/* A place in the user's text. Lines and columns start at 1, columns count bytes, the end column is one past the last
 * byte. line 0: no place known. */
typedef struct avocet_span {
    avocet_str file; /* as the user wrote it; "stdin" for -e and - */
    uint32_t line, column;
    uint32_t end_line, end_column;
} avocet_span;

typedef int32_t avocet_severity;
enum { AVOCET_DEBUG = 0, AVOCET_INFO = 1, AVOCET_WARNING = 2, AVOCET_ERROR = 3 };

/* One thing to tell the user. Message style: lower case, "thing 'name': fact", no full stop, never a bare errno. */
typedef struct avocet_diagnostic {
    uint32_t struct_size;
    avocet_severity severity;
    uint32_t code;     /* 0, or a number that never changes meaning: shown as [E0214] */
    uint32_t reserved; /* 0 */
    avocet_str message;
    avocet_str hint; /* empty: none; "did you mean 'vfs_read'?" */
    avocet_span span;
    avocet_str context; /* note for the second place, e.g. "this is the initial declaration" */
    avocet_span context_span;
} avocet_diagnostic;

/* What the host offers every plugin instance. Outlives the instance. */
typedef struct avocet_host {
    uint32_t struct_size;
    uint32_t abi_minor;
    void* ctx;
    /* Copies the diagnostic before it returns. [thread: any] */
    void (*report)(void* ctx, const avocet_diagnostic* diagnostic);
    /* A table by id ("avocet.host.render/1"), NULL if this host lacks it. Valid as long as the host. [thread: any] */
    const void* (*get_extension)(void* ctx, const char* id);
} avocet_host;

#ifdef __cplusplus
}
#endif
#endif
