/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/frontend.h: a language frontend turns source text into a program (a BPF ELF object with a manifest, see
 * sdk/docs/program.md). It knows probes only through avocet.host.probes/1 and the machine through avocet.host.kernel/1.
 */
#ifndef AVOCET_ABI_FRONTEND_H
#define AVOCET_ABI_FRONTEND_H

#include "avocet/abi/plugin.h"
#include "avocet/abi/provider.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct avocet_frontend avocet_frontend;

enum {
    AVOCET_COMPILE_PORTABLE = 1u << 0, /* runs on other kernels: CO-RE only, nothing of this machine folded in */
    AVOCET_COMPILE_UNSAFE = 1u << 1,
    AVOCET_COMPILE_CHECK = 1u << 2,   /* stop after type checking and lowering; no object is wanted */
    AVOCET_COMPILE_WARNINGS = 1u << 3 /* also emit run-time warnings for failed reads and missing keys (-k) */
};

typedef struct avocet_source {
    uint32_t struct_size;
    uint32_t flags;
    avocet_str name; /* as shown in messages: "stdin", "tool.bt" */
    avocet_str text;
    avocet_str tool;              /* short name of the run: "biolatency", or "stdin" */
    const avocet_str* parameters; /* $1 .. */
    size_t parameter_count;
    const avocet_str* include_dirs;
    size_t include_dir_count;
    const avocet_str* settings; /* "max_map_keys=64": from the environment or flags; they win over the source */
    size_t setting_count;
    int32_t pid;          /* -p, or -1: decides how some probes are described */
    uint32_t has_command; /* -c was given */
    avocet_str dump;      /* comma list of stages to dump to `on_dump`: "ast,types,manifest,llvm,asm,passes" */
    avocet_str disable;   /* comma list of optional passes to skip, for debugging */
    const avocet_str* include_files; /* headers in front of the source, for languages that have such */
    size_t include_file_count;
} avocet_source;

typedef struct avocet_compile_events {
    uint32_t struct_size;
    uint32_t reserved;
    void* ctx;
    void (*on_dependency)(void* ctx, const avocet_dependency* dependency);
    void (*on_dump)(void* ctx, avocet_str stage, avocet_str text);
    /* Exactly once on success, not with AVOCET_COMPILE_CHECK. The bytes are valid during the call. */
    void (*on_program)(void* ctx, avocet_bytes elf);
} avocet_compile_events;

typedef struct avocet_frontend_factory {
    avocet_factory base;
    avocet_status (*create)(const avocet_host* host, const avocet_options* options, avocet_frontend** out);
    void (*destroy)(avocet_frontend* self);
    /* All errors of the source are reported before AVOCET_ERR_INVALID returns. [thread: control] */
    avocet_status (*compile)(avocet_frontend* self, const avocet_source* source, const avocet_compile_events* events);
    /* Standard form of the source through on_dump(stage "format"); AVOCET_ERR_UNSUPPORTED if the language has none. */
    avocet_status (*format)(avocet_frontend* self, const avocet_source* source, const avocet_compile_events* events);
} avocet_frontend_factory;

#ifdef __cplusplus
}
#endif
#endif
