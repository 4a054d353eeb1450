/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/unwind.h: user stacks of programs without frame pointers. A program that unwinds them has the two maps
 * below; the session fills them (avocet/abi/map_write.h) with what the traced files say about their frames (.eh_frame,
 * .debug_frame), before anything is attached and again when a process maps more code.
 *
 * A file's table is sorted rows, the same for all processes that map the file: from `pc` on, up to the next row's, a
 * function's caller is found by `rule`. Rows stand in pages; a table begins with a page of its own. x86-64 only.
 */
#ifndef AVOCET_ABI_UNWIND_H
#define AVOCET_ABI_UNWIND_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AVOCET_MAP_UNWIND_PROCESSES "avocet_unwind_processes" /* hash: u32 process -> avocet_unwind_process */
#define AVOCET_MAP_UNWIND_ROWS "avocet_unwind_rows"           /* array of avocet_unwind_page */

/* What stands in a stack behind the last frame whose caller could not be found: nothing is ever mapped there
 * (vm.mmap_min_addr). */
#define AVOCET_FRAME_UNWIND_FAILURE 1u

/* Powers of two. A larger file has no table. */
enum { AVOCET_UNWIND_PAGE_ROWS = 512, AVOCET_UNWIND_MAPPINGS = 1024, AVOCET_UNWIND_FILE_PAGES = 16384 };

typedef struct avocet_unwind_page {
    uint32_t pc[AVOCET_UNWIND_PAGE_ROWS];   /* from the file's lowest address of code; rows that are not used: ~0 */
    uint32_t rule[AVOCET_UNWIND_PAGE_ROWS]; /* AVOCET_UNWIND_RULE */
} avocet_unwind_page;

/* Executable memory. page_count 0: no table, only frame pointers can be tried. */
typedef struct avocet_unwind_mapping {
    uint64_t start, end;
    uint64_t origin; /* an address minus this is the pc of its row */
    uint32_t first_page, page_count;
} avocet_unwind_mapping;

typedef struct avocet_unwind_process {
    uint32_t count;
    uint32_t reserved;
    /* Where the stack of the program began to which this belongs (/proc/PID/stat, field 28; mm_struct.start_stack): of
     * another one, after an exec, nothing is known yet. */
    uint64_t start_stack;
    avocet_unwind_mapping mapping[AVOCET_UNWIND_MAPPINGS]; /* sorted; start and end of those not used: ~0 */
} avocet_unwind_process;

/* How the canonical frame address (CFA: the stack pointer in the caller, right after its call) is computed. The return
 * address is the word below it. */
enum {
    AVOCET_UNWIND_NONE = 0,    /* nothing is known of this code: a frame pointer may lead on */
    AVOCET_UNWIND_RSP = 1,     /* rsp + offset */
    AVOCET_UNWIND_RBP = 2,     /* rbp + offset */
    AVOCET_UNWIND_DEREF = 3,   /* the word at rbp + offset */
    AVOCET_UNWIND_PLT = 4,     /* rsp + 8, and 8 more from byte `offset` of a 16-byte entry on */
    AVOCET_UNWIND_SIGNAL = 5,  /* a signal's frame: the registers are in the ucontext at rsp */
    AVOCET_UNWIND_END = 6,     /* nobody has called this function */
    AVOCET_UNWIND_UNKNOWN = 7, /* described, but in a way that a rule cannot say */
    AVOCET_UNWIND_AT_RBP = 255 /* a slot: rbp was saved where it points to */
};

/* `slot`: the caller's rbp is in word `slot` below the CFA; 0: rbp is unchanged. `offset`: in words, of a PLT in bytes,
 * -2^20 ... 2^20 - 1. */
#define AVOCET_UNWIND_RULE(kind, slot, offset) \
    ((uint32_t)(kind) | (uint32_t)(slot) << 3 | (uint32_t)(int32_t)(offset) << 11)
#define AVOCET_UNWIND_RULE_KIND(rule) ((rule)&7u)
#define AVOCET_UNWIND_RULE_SLOT(rule) ((rule) >> 3 & 255u)
#define AVOCET_UNWIND_RULE_OFFSET(rule) ((int32_t)(rule) >> 11)

#ifdef __cplusplus
}
#endif
#endif
