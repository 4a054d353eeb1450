// SPDX-License-Identifier: Apache-2.0
#include <linux/dcache.h>
#include <linux/fs.h>
struct dentry_key {
    struct dentry* entry;
    u32 length;
};
union both {
    struct file* file;
    u64 number;
};
struct kept_t {
    struct file* file;
    struct task_struct* tasks[2];
};
BPF_HASH(files, u64, struct file*);
BPF_HASH(kept, u32, struct kept_t);
BPF_HASH(lengths, struct dentry_key);
BPF_LRU_HASH(seen, u64, union both, 128);
BPF_TABLE("lru_percpu_hash", u32, u64, counts, 64);
BPF_F_TABLE("hash", u32, u64, flagged, 64, BPF_F_NO_PREALLOC);
BPF_PERCPU_ARRAY(room, struct kept_t, 1);

static struct dentry* entry_of(struct file* file) { return file ? file->f_path.dentry : NULL; }
static u32 depth(struct dentry* entry) {
    u32 n = 0;
    struct dentry **up = &entry, *top = entry->d_parent;
    if ((*up)->d_parent != top) n++;
    if (top->d_parent->d_parent == entry) n += 2;
    return n;
}
int kprobe__vfs_read(struct pt_regs* ctx, struct file* file, char __user* buf, size_t count) {
    u64 id = bpf_get_current_pid_tgid();
    u32 key = id;
    struct kept_t* mine = kept.lookup(&key);
    struct kept_t fresh = {.file = file};
    struct dentry_key by = {entry_of(file), file->f_path.dentry->d_name.len};
    union both both = {.file = file};
    const unsigned char* name = file->f_path.dentry->d_name.name;
    char* third = file->f_names[2];
    u8 letter = name[count & 7], inlined = file->f_path.dentry->d_iname[3];
    if (!(file->f_mode & 1) || file->f_bits < 0) return 0;
    if (file->f_next[1]->f_next[0]->f_iocb_flags == 3 || *third == 'x' || (*file->f_names)[1]) return 0;
    if (!mine) {
        kept.insert(&key, &fresh);
        return 0;
    }
    mine->tasks[0] = (struct task_struct*)bpf_get_current_task();
    mine->file = file;
    if (mine->tasks[0]->files[1]->f_path.dentry == mine->file->f_path.dentry) counts.increment(key, depth(by.entry));
    lengths.atomic_increment(by);
    flagged.increment(letter ? inlined : key);
    seen.update(&id, &both);
    files.update(&id, &file);
    return 0;
}
int kretprobe__vfs_read(struct pt_regs* ctx) {
    u64 id = bpf_get_current_pid_tgid();
    struct file** at = files.lookup(&id);
    struct file* file;
    typeof(lengths.key) by = {};
    int zero = 0;
    struct kept_t* big = room.lookup(&zero);
    if (at == 0 || !big) return 0;
    file = *at;
    by.entry = (file->f_path.dentry)->d_parent, by.length = ({
                                                    int l = file->f_path.dentry->d_name.len;
                                                    l;
                                                });
    big->file = file;
    bpf_probe_read_kernel(&big->tasks, sizeof(big->tasks), &file->f_next[0]->f_path);
    lengths.increment(by, PT_REGS_RC(ctx) > 0 ? PT_REGS_RC(ctx) : sizeof(lengths.leaf));
    files.delete(&id);
    return 0;
}
int on_sample(struct bpf_perf_event_data* ctx) {
    struct task_struct* cur = (void*)bpf_get_current_task();
    u32 pid = cur->real_parent->tgid;
    if (PT_REGS_IP(&ctx->regs) && cur->sched_signed < 0) counts.increment(pid);
    return cur->__state ? 1 : 0;
}
