/* SPDX-License-Identifier: Apache-2.0
 *
 * bpf_trace_printk() of dialect B: a record of a buffer of its own instead of a line in the kernel's only trace file.
 */
struct trace_line {
    u64 ts;
    u32 pid, cpu;
    char comm[16];
    char message[128];
};
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 18);
} trace_lines SEC(".maps");
AV_LOST(trace_lines);

/* `length`: with the NUL; negative: the format could not be followed. A newline at the end of the message says nothing in a table. */
static __always_inline int avocet_trace(struct trace_line* line, long length) {
    line->ts = bpf_ktime_get_ns();
    line->pid = bpf_get_current_pid_tgid();
    line->cpu = bpf_get_smp_processor_id();
    bpf_get_current_comm(line->comm, sizeof(line->comm));
    if (length < 1) line->message[0] = 0;
    if (length > 1 && length <= (long)sizeof(line->message) && line->message[(length - 2) & 127] == '\n')
        line->message[(length - 2) & 127] = 0;
    bpf_ringbuf_submit(line, 0);
    return length < 1 ? -1 : (int)length;
}
/* The line is made where it stays: on the stack it would leave no room for the program's own variables. */
#define AV_PRINTK(format, ...)                                                                             \
    ({                                                                                                     \
        struct trace_line* av_line = bpf_ringbuf_reserve(&trace_lines, sizeof(struct trace_line), 0);      \
        if (!av_line) AV_COUNT_LOST(trace_lines);                                                          \
        !av_line ? -1                                                                                      \
                 : avocet_trace(av_line, BPF_SNPRINTF(av_line->message, sizeof(av_line->message), format, ##__VA_ARGS__)); \
    })
