// SPDX-License-Identifier: Apache-2.0
//
// Walks the user stack of the current task by unwinding tables (avocet/abi/unwind.h), and becomes part of scripts that
// call dw_ustack. It starts at the registers with which the task has entered the kernel: the kernel keeps them at the
// same place for system calls, interrupts and breakpoints. Everything it reads may be damaged or not there: a walk that
// cannot go on ends with AVOCET_FRAME_UNWIND_FAILURE, and each step must come nearer to the stack's bottom.
#include "avocet/abi/unwind.h"

#define SEC(name) __attribute__((section(name), used))
#define always_inline inline __attribute__((always_inline))

typedef uint16_t u16;
typedef uint32_t u32;
typedef int32_t s32;
typedef uint64_t u64;

enum {
    map_hash = 1,
    map_array = 2,
    no_prealloc = 1,
    most_processes = 256,
    most_returns = 64,  // MAX_URETPROBE_DEPTH
    no_such_process = 3 /* ESRCH */
};

// Numbers of include/uapi/linux/bpf.h.
static void* (*const map_lookup_elem)(const void* map, const void* key) = (void*)1;
static long (*const probe_read_user)(void* to, u32 size, u64 from) = (void*)112;
static long (*const probe_read_kernel)(void* to, u32 size, u64 from) = (void*)113;
static void* (*const get_current_task_btf)(void) = (void*)158;
static void* (*const task_pt_regs)(void* task) = (void*)175;
static long (*const loop)(u32 count, void* function, void* context, u64 flags) = (void*)181;

struct {
    int (*type)[map_hash];
    int (*max_entries)[most_processes];
    int (*map_flags)[no_prealloc];
    u32* key;
    avocet_unwind_process* value;
} avocet_unwind_processes SEC(".maps");

struct {
    int (*type)[map_array];
    int (*max_entries)[1];  // the session's business
    u32* key;
    avocet_unwind_page* value;
} avocet_unwind_rows SEC(".maps");

// struct pt_regs of x86-64, and where the kernel puts registers for a signal handler: struct ucontext.
enum { regs_bp = 32, regs_ip = 128, regs_cs = 136, regs_sp = 152, user_privilege = 3 };
enum { context_bp = 120, context_sp = 160, context_ip = 168 };

// Of the kernel's types, what leads to the return addresses that uretprobes have replaced by the address of their
// trampoline (include/linux/uprobes.h, kernel/events/uprobes.c). libbpf finds the members' places.
struct xol_area {
    u64 vaddr;
} __attribute__((preserve_access_index));
struct uprobes_state {
    struct xol_area* xol_area;
} __attribute__((preserve_access_index));
struct mm_struct {
    u64 start_stack;
    struct uprobes_state uprobes_state;
} __attribute__((preserve_access_index));
struct return_instance {
    u64 orig_ret_vaddr;
    u64 stack;  // where the return address is
    struct return_instance* next;
} __attribute__((preserve_access_index));
struct uprobe_task {
    struct return_instance* return_instances;
} __attribute__((preserve_access_index));
struct task_struct {
    struct mm_struct* mm;
    struct uprobe_task* utask;
} __attribute__((preserve_access_index));

struct walk {
    u64 ip, sp, bp;
    u64* frames;
    u64 count, limit;
    avocet_unwind_process* process;
    u64 process_id;
    u64 is_call;     // ip is a return address: its row is that of the call in front of it
    u64 trampoline;  // what uretprobes put in the place of return addresses
    u64 failed;
    u64 last_mapping;  // most frames have their caller in the same file
};

enum { go_on = 0, stop = 1 };  // answers to bpf_loop

// Binary searches. Each is a global function: the verifier follows it once, for any numbers, and not once more in every
// state in which it is called. Steps go from the largest to the smallest, beginning at `zero`: an argument, because the
// verifier follows a number that it does not know in one state, and a known one in two for each step.
#define SEARCH _Pragma("clang loop unroll(full)") for

// Index of the last mapping that begins at or below the address.
__attribute__((noinline)) u32 avocet_unwind_find_mapping(u32 process_id, u64 address, u32 zero) {
    const avocet_unwind_process* process = map_lookup_elem(&avocet_unwind_processes, &process_id);
    if (!process) return 0;
    u32 last = zero & (AVOCET_UNWIND_MAPPINGS - 1);
    SEARCH(u32 ahead = AVOCET_UNWIND_MAPPINGS / 2; ahead; ahead /= 2) {
        const u32 next = (last + ahead) & (AVOCET_UNWIND_MAPPINGS - 1);
        if (process->mapping[next].start <= address) last = next;
    }
    return last;
}

// Rule of a pc in a table: of the last row at or below it, which is in the last page that begins there.
__attribute__((noinline)) u32 avocet_unwind_find_rule(u32 first_page, u32 page_count, u32 pc, u32 zero) {
    u32 low = first_page, high = first_page + page_count;
    for (u32 pages = AVOCET_UNWIND_FILE_PAGES; pages; pages /= 2) {
        const u32 middle = low + (high - low) / 2;
        if (middle == low) break;
        const avocet_unwind_page* page = map_lookup_elem(&avocet_unwind_rows, &middle);
        if (!page) return AVOCET_UNWIND_NONE;
        if (page->pc[0] <= pc)
            low = middle;
        else
            high = middle;
    }
    const avocet_unwind_page* page = map_lookup_elem(&avocet_unwind_rows, &low);
    if (!page) return AVOCET_UNWIND_NONE;
    u32 row = zero & (AVOCET_UNWIND_PAGE_ROWS - 1);
    SEARCH(u32 ahead = AVOCET_UNWIND_PAGE_ROWS / 2; ahead; ahead /= 2) {
        const u32 next = (row + ahead) & (AVOCET_UNWIND_PAGE_ROWS - 1);
        if (page->pc[next] <= pc) row = next;
    }
    return page->pc[row] <= pc ? page->rule[row] : AVOCET_UNWIND_NONE;
}

static always_inline avocet_unwind_mapping* find_mapping(struct walk* w, u64 address) {
    avocet_unwind_mapping* last = &w->process->mapping[w->last_mapping & (AVOCET_UNWIND_MAPPINGS - 1)];
    if (last->start <= address && address < last->end) return last;
    u32 index = avocet_unwind_find_mapping(w->process_id, address, 0);
    asm volatile("" : "+r"(index));  // the compiler knows what the verifier does not
    index &= AVOCET_UNWIND_MAPPINGS - 1;
    w->last_mapping = index;
    avocet_unwind_mapping* found = &w->process->mapping[index];
    return found->start <= address && address < found->end ? found : 0;
}

static always_inline u32 find_rule(avocet_unwind_mapping* mapping, u64 address) {
    const u64 pc = address - mapping->origin;
    if (!mapping->page_count || pc >= 0xffffffff) return AVOCET_UNWIND_NONE;
    return avocet_unwind_find_rule(mapping->first_page, mapping->page_count, pc, 0);
}

// 0, too, if something cannot be read.
#define MEMBER(from, name)                                                                            \
    ({                                                                                                \
        u64 value = 0;                                                                                \
        probe_read_kernel(&value, sizeof value, (u64)__builtin_preserve_access_index(&(from)->name)); \
        value;                                                                                        \
    })

// Whether this kernel has it (CONFIG_UPROBES).
#define HAS_MEMBER(from, name) __builtin_preserve_field_info((from)->name, 2)

// The trampoline of the current process; 0: it has none.
static always_inline u64 return_trampoline(struct task_struct* task) {
    if (!HAS_MEMBER(task, utask)) return 0;
    struct mm_struct* mm = (void*)MEMBER(task, mm);
    struct xol_area* area = (void*)MEMBER(mm, uprobes_state.xol_area);
    return area ? MEMBER(area, vaddr) : 0;
}

// The return address that was at this place of the stack before a uretprobe came; 0: not known.
__attribute__((noinline)) u64 avocet_unwind_replaced(u64 place) {
    struct task_struct* task = get_current_task_btf();
    if (!HAS_MEMBER(task, utask)) return 0;
    struct uprobe_task* utask = (void*)MEMBER(task, utask);
    struct return_instance* instance = utask ? (void*)MEMBER(utask, return_instances) : 0;
    for (int i = 0; i < most_returns && instance; ++i) {
        if (MEMBER(instance, stack) == place) return MEMBER(instance, orig_ret_vaddr);
        instance = (void*)MEMBER(instance, next);
    }
    return 0;
}

static always_inline long fail(struct walk* w) {
    w->failed = 1;
    return stop;
}

static always_inline long word_at(u64 address, u64* value) { return probe_read_user(value, sizeof *value, address); }

// The caller of a signal handler is what the signal has interrupted, at any instruction.
static always_inline long leave_signal(struct walk* w) {
    const u64 context = w->sp;
    if (word_at(context + context_ip, &w->ip) || word_at(context + context_bp, &w->bp) ||
        word_at(context + context_sp, &w->sp))
        return fail(w);
    w->is_call = 0;
    return go_on;
}

// Code without tables that keeps frame pointers (made at run time, mostly). A wrong guess must not become a frame.
static always_inline long follow_frame_pointer(struct walk* w) {
    u64 frame[2];
    if (w->bp < w->sp || w->bp & 7 || probe_read_user(frame, sizeof frame, w->bp)) return fail(w);
    if (!find_mapping(w, frame[1] - 1)) return fail(w);
    w->sp = w->bp + 16;
    w->bp = frame[0];
    w->ip = frame[1];
    w->is_call = 1;
    return go_on;
}

static always_inline long leave_frame(struct walk* w, u32 rule) {
    const u32 kind = AVOCET_UNWIND_RULE_KIND(rule), slot = AVOCET_UNWIND_RULE_SLOT(rule);
    const s32 words = AVOCET_UNWIND_RULE_OFFSET(rule);
    u64 cfa = (s32)(words * 8);
    if (kind == AVOCET_UNWIND_PLT) {
        cfa = w->sp + 8 + ((w->ip & 15) >= (u64)words ? 8 : 0);
    } else if (kind == AVOCET_UNWIND_RSP) {
        cfa += w->sp;
    } else {
        cfa += w->bp;
        if (kind == AVOCET_UNWIND_DEREF && word_at(cfa, &cfa)) return fail(w);
    }
    // rbp, if it is where it mostly is, and the return address. Below the stack's end nothing may be mapped.
    u64 saved[2] = {};
    if (cfa <= w->sp) return fail(w);
    if (slot == 2 ? probe_read_user(saved, sizeof saved, cfa - 16) : word_at(cfa - 8, &saved[1])) return fail(w);
    if (slot == 2)
        w->bp = saved[0];
    else if (slot && word_at(slot == AVOCET_UNWIND_AT_RBP ? w->bp : cfa - slot * 8, &w->bp))
        return fail(w);
    w->sp = cfa;
    w->ip = saved[1];
    if (w->ip == w->trampoline && w->ip) {
        w->ip = avocet_unwind_replaced(cfa - 8);
        if (!w->ip) return fail(w);
    }
    w->is_call = 1;
    return go_on;
}

static long step(u64 index, struct walk* w) {
    if (index >= w->limit || (w->is_call && !w->ip)) return stop;  // some have no caller and return to 0
    w->frames[index] = w->ip;
    w->count = index + 1;
    const u64 looked_up = w->ip - w->is_call;
    avocet_unwind_mapping* mapping = find_mapping(w, looked_up);
    if (!mapping) return fail(w);
    const u32 rule = find_rule(mapping, looked_up);
    switch (AVOCET_UNWIND_RULE_KIND(rule)) {
        case AVOCET_UNWIND_NONE: return follow_frame_pointer(w);
        case AVOCET_UNWIND_SIGNAL: return leave_signal(w);
        case AVOCET_UNWIND_END: return stop;
        case AVOCET_UNWIND_UNKNOWN: return fail(w);
    }
    return leave_frame(w, rule);
}

// Bytes of frames, innermost first; 0: the task has no user stack; -ESRCH: there are no tables for this process.
__attribute__((visibility("hidden"))) long avocet_unwind(u32 process, u64* frames, u64 limit) {
    struct task_struct* task = get_current_task_btf();
    const char* regs = task_pt_regs(task);
    if ((*(const u16*)(regs + regs_cs) & user_privilege) != user_privilege) return 0;
    struct walk w = {.ip = *(const u64*)(regs + regs_ip),
                     .sp = *(const u64*)(regs + regs_sp),
                     .bp = *(const u64*)(regs + regs_bp),
                     .frames = frames,
                     .limit = limit,
                     .process_id = process,
                     .trampoline = return_trampoline(task)};
    w.process = map_lookup_elem(&avocet_unwind_processes, &process);
    if (!w.process) return -no_such_process;
    struct mm_struct* mm = (void*)MEMBER(task, mm);
    if (MEMBER(mm, start_stack) == w.process->start_stack)
        loop(limit, step, &w, 0);
    else
        w.failed = 1;  // it has another program by now
    u64 count = w.count;
    if (w.failed && count < limit) frames[count++] = AVOCET_FRAME_UNWIND_FAILURE;
    return count * 8;
}
