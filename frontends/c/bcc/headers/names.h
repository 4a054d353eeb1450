/* SPDX-License-Identifier: Apache-2.0
 *
 * First stage of dialect B: macros that user texts of that dialect expect. Map declarations become the few forms that
 * parse.h and compile.h define each in their way; constants are those that kernel headers define and BTF lacks, each
 * with its source.
 */
#define AV_PICK2(_1, _2, N, ...) N
#define AV_PICK3(_1, _2, _3, N, ...) N
#define AV_PICK4(_1, _2, _3, _4, N, ...) N
#define AV_PICK5(_1, _2, _3, _4, _5, N, ...) N

/* Tables: AV_MAP(kind, key, leaf, name, size, flags). */
#define AV_KEYED1(kind, flags, name) AV_MAP(kind, u64, u64, name, 10240, flags)
#define AV_KEYED2(kind, flags, name, key) AV_MAP(kind, key, u64, name, 10240, flags)
#define AV_KEYED3(kind, flags, name, key, leaf) AV_MAP(kind, key, leaf, name, 10240, flags)
#define AV_KEYED4(kind, flags, name, key, leaf, size) AV_MAP(kind, key, leaf, name, size, flags)
#define AV_KEYED(kind, flags, ...) \
    AV_PICK4(__VA_ARGS__, AV_KEYED4, AV_KEYED3, AV_KEYED2, AV_KEYED1, )(kind, flags, __VA_ARGS__)
#define BPF_HASH(...) AV_KEYED(BPF_MAP_TYPE_HASH, 0, __VA_ARGS__)
#define BPF_PERCPU_HASH(...) AV_KEYED(BPF_MAP_TYPE_PERCPU_HASH, 0, __VA_ARGS__)
#define BPF_LRU_HASH(...) AV_KEYED(BPF_MAP_TYPE_LRU_HASH, 0, __VA_ARGS__)
#define BPF_LRU_PERCPU_HASH(...) AV_KEYED(BPF_MAP_TYPE_LRU_PERCPU_HASH, 0, __VA_ARGS__)
#define BPF_LPM_TRIE(...) AV_KEYED(BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC, __VA_ARGS__)

#define AV_INDEXED1(kind, name) AV_MAP(kind, int, u64, name, 10240, 0)
#define AV_INDEXED2(kind, name, leaf) AV_MAP(kind, int, leaf, name, 10240, 0)
#define AV_INDEXED3(kind, name, leaf, size) AV_MAP(kind, int, leaf, name, size, 0)
#define AV_INDEXED(kind, ...) AV_PICK3(__VA_ARGS__, AV_INDEXED3, AV_INDEXED2, AV_INDEXED1, )(kind, __VA_ARGS__)
#define BPF_ARRAY(...) AV_INDEXED(BPF_MAP_TYPE_ARRAY, __VA_ARGS__)
#define BPF_PERCPU_ARRAY(...) AV_INDEXED(BPF_MAP_TYPE_PERCPU_ARRAY, __VA_ARGS__)

/* A key of exactly `int` makes an array (the frontend looks at the text), any other a hash. */
#define AV_HISTOGRAM1(name) AV_HISTOGRAM(int, name, 64)
#define AV_HISTOGRAM2(name, key) AV_HISTOGRAM(key, name, 64)
#define AV_HISTOGRAM3(name, key, size) AV_HISTOGRAM(key, name, size)
#define BPF_HISTOGRAM(...) AV_PICK3(__VA_ARGS__, AV_HISTOGRAM3, AV_HISTOGRAM2, AV_HISTOGRAM1, )(__VA_ARGS__)

#define BPF_TABLE(type, key, leaf, name, size) AV_TABLE(type, key, leaf, name, size, 0)
#define BPF_F_TABLE(type, key, leaf, name, size, flags) AV_TABLE(type, key, leaf, name, size, flags)
#define BPF_TABLE_PUBLIC(type, key, leaf, name, size) AV_TABLE(type, key, leaf, name, size, 0)
#define BPF_PERF_OUTPUT(name) AV_PERF(name, 0)
#define BPF_PERF_ARRAY(name, size) AV_PERF(name, size)
#define BPF_RINGBUF_OUTPUT(name, pages) AV_RING(name, pages)
#define BPF_STACK_TRACE(name, size) AV_STACKS(name, size)
#define BPF_PROG_ARRAY(name, size) AV_INDEXED_WORDS(BPF_MAP_TYPE_PROG_ARRAY, name, size)
#define BPF_CGROUP_ARRAY(name, size) AV_INDEXED_WORDS(BPF_MAP_TYPE_CGROUP_ARRAY, name, size)
#define AV_QUEUE3(kind, name, leaf, size) AV_QUEUE(kind, leaf, name, size, 0)
#define AV_QUEUE4(kind, name, leaf, size, flags) AV_QUEUE(kind, leaf, name, size, flags)
#define BPF_QUEUE(...) AV_PICK4(__VA_ARGS__, AV_QUEUE4, AV_QUEUE3, , , )(BPF_MAP_TYPE_QUEUE, __VA_ARGS__)
#define BPF_STACK(...) AV_PICK4(__VA_ARGS__, AV_QUEUE4, AV_QUEUE3, , , )(BPF_MAP_TYPE_STACK, __VA_ARGS__)

/* Maps of networking, which the frontend refuses by name. */
#define BPF_SOCKMAP(name, ...) AV_NETWORK("BPF_SOCKMAP", name)
#define BPF_SOCKHASH(name, ...) AV_NETWORK("BPF_SOCKHASH", name)
#define BPF_DEVMAP(name, ...) AV_NETWORK("BPF_DEVMAP", name)
#define BPF_CPUMAP(name, ...) AV_NETWORK("BPF_CPUMAP", name)
#define BPF_XSKMAP(name, ...) AV_NETWORK("BPF_XSKMAP", name)
#define BPF_CGROUP_STORAGE(name, ...) AV_NETWORK("BPF_CGROUP_STORAGE", name)
#define BPF_PERCPU_CGROUP_STORAGE(name, ...) AV_NETWORK("BPF_PERCPU_CGROUP_STORAGE", name)

/* Programs by name. */
#define TRACEPOINT_PROBE(category, event) int tracepoint__##category##__##event(struct tracepoint__##category##__##event* args)
#define RAW_TRACEPOINT_PROBE(event) int raw_tracepoint__##event(struct bpf_raw_tracepoint_args* ctx)
#define KFUNC_PROBE(event, ...) AV_TYPED(kfunc__vmlinux__##event, ##__VA_ARGS__)
#define KRETFUNC_PROBE(event, ...) AV_TYPED(kretfunc__vmlinux__##event, ##__VA_ARGS__)
#define MODULE_KFUNC_PROBE(module, event, ...) AV_TYPED(kfunc__##module##__##event, ##__VA_ARGS__)
#define MODULE_KRETFUNC_PROBE(module, event, ...) AV_TYPED(kretfunc__##module##__##event, ##__VA_ARGS__)
#define LSM_PROBE(event, ...) AV_TYPED(lsm__##event, ##__VA_ARGS__)
#define KMOD_RET(event, ...) AV_TYPED(kmod_ret__##event, ##__VA_ARGS__)
#define AV_TYPED(name, ...) int BPF_PROG(name, ##__VA_ARGS__)
#define BPF_ITER(target) int bpf_iter__##target(struct bpf_iter__##target* ctx)

#define TP_DATA_LOC_READ_CONST(dst, field, length) \
    bpf_probe_read_kernel((void*)(dst), length, (char*)args + (args->data_loc_##field & 0xFFFF))
#define TP_DATA_LOC_READ(dst, field) \
    bpf_probe_read_kernel((void*)(dst), args->data_loc_##field >> 16, (char*)args + (args->data_loc_##field & 0xFFFF))
#define TP_DATA_LOC_READ_STR(dst, field, length) \
    bpf_probe_read_kernel_str((void*)(dst), length, (char*)args + (args->data_loc_##field & 0xFFFF))

#define bpf_trace_printk(...) AV_PRINTK(__VA_ARGS__)
#define bpf_usdt_readarg(n, ctx, to) AV_USDT_ARG((n)-1, ctx, to)
#define bpf_usdt_readarg_p(n, ctx, to, length) AV_USDT_TEXT((n)-1, ctx, to, length)
#define CUR_CPU_IDENTIFIER BPF_F_CURRENT_CPU

/* asm/ptrace.h, by the calling convention of this architecture (x86-64). */
#define PT_REGS_PARM1(ctx) ((ctx)->di)
#define PT_REGS_PARM2(ctx) ((ctx)->si)
#define PT_REGS_PARM3(ctx) ((ctx)->dx)
#define PT_REGS_PARM4(ctx) ((ctx)->cx)
#define PT_REGS_PARM5(ctx) ((ctx)->r8)
#define PT_REGS_PARM6(ctx) ((ctx)->r9)
#define PT_REGS_RET(ctx) ((ctx)->sp)
#define PT_REGS_FP(ctx) ((ctx)->bp)
#define PT_REGS_RC(ctx) ((ctx)->ax)
#define PT_REGS_IP(ctx) ((ctx)->ip)
#define PT_REGS_SP(ctx) ((ctx)->sp)
#define PT_REGS_SYSCALL_CTX(ctx) ((struct pt_regs*)PT_REGS_PARM1(ctx))
#define PT_REGS_PARM1_SYSCALL(ctx) PT_REGS_PARM1(ctx)
#define PT_REGS_PARM2_SYSCALL(ctx) PT_REGS_PARM2(ctx)
#define PT_REGS_PARM3_SYSCALL(ctx) PT_REGS_PARM3(ctx)
#define PT_REGS_PARM4_SYSCALL(ctx) ((ctx)->r10)
#define PT_REGS_PARM5_SYSCALL(ctx) PT_REGS_PARM5(ctx)
#define PT_REGS_PARM6_SYSCALL(ctx) PT_REGS_PARM6(ctx)

/* Compiler and kernel words: linux/compiler_types.h. */
#define __user
#define __kernel
#define __rcu
#define __percpu
#define __force
#define __iomem
#define __maybe_unused __attribute__((unused))
#define __packed __attribute__((packed))
#define __aligned(n) __attribute__((aligned(n)))
#define asm_inline asm
#define NULL ((void*)0)
#define offsetof(type, member) __builtin_offsetof(type, member)
#define container_of(pointer, type, member) ((type*)((char*)(pointer)-__builtin_offsetof(type, member)))
#define sizeof_field(type, member) sizeof(((type*)0)->member)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(n) (1UL << (n))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define READ_ONCE(x) (*(const volatile typeof(x)*)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x)*)&(x) = (value))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max_t(type, a, b) ((type)(a) > (type)(b) ? (type)(a) : (type)(b))
#define div_u64(a, b) ((a) / (u32)(b))
#define lock_xadd(pointer, n) ((void)__sync_fetch_and_add(pointer, n))

/* linux/scatterlist.h, linux/mm.h */
#define sg_is_chain(sg) ((sg)->page_link & 0x01UL)
#define sg_is_last(sg) ((sg)->page_link & 0x02UL)
#define sg_chain_ptr(sg) ((struct scatterlist*)((sg)->page_link & ~0x03UL))
#define folio_page(folio, n) (&(folio)->page + (n))
/* linux/kdev_t.h */
#define MINORBITS 20
#define MAJOR(dev) ((unsigned int)((dev) >> MINORBITS))
#define MINOR(dev) ((unsigned int)((dev) & ((1U << MINORBITS) - 1)))
#define MKDEV(major, minor) (((major) << MINORBITS) | (minor))
/* linux/skbuff.h */
#define skb_rx_queue_recorded(skb) ((skb)->queue_mapping != 0)
#define skb_get_rx_queue(skb) ((skb)->queue_mapping - 1)

/* Byte order (this architecture is little-endian). */
#define ntohs(x) ((u16)__builtin_bswap16(x))
#define htons(x) ((u16)__builtin_bswap16(x))
#define ntohl(x) ((u32)__builtin_bswap32(x))
#define htonl(x) ((u32)__builtin_bswap32(x))
#define bpf_ntohs(x) ntohs(x)
#define bpf_htons(x) htons(x)
#define bpf_ntohl(x) ntohl(x)
#define bpf_htonl(x) htonl(x)
#define bpf_ntohll(x) ((u64)__builtin_bswap64(x))
#define bpf_htonll(x) ((u64)__builtin_bswap64(x))
#define be16_to_cpu(x) ntohs(x)
#define be32_to_cpu(x) ntohl(x)
#define be64_to_cpu(x) bpf_ntohll(x)
#define cpu_to_be16(x) htons(x)
#define cpu_to_be32(x) htonl(x)
#define cpu_to_be64(x) bpf_ntohll(x)

/* linux/socket.h */
#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define AF_PACKET 17
#define PF_INET AF_INET
#define PF_INET6 AF_INET6
#define SOL_IP 0
#define SOL_SOCKET 1
#define SCM_RIGHTS 1
/* linux/sched.h */
#define PF_IDLE 0x00000002
#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000
#define TASK_RUNNING 0
#define TASK_INTERRUPTIBLE 1
#define TASK_UNINTERRUPTIBLE 2
/* linux/blk_types.h */
#define REQ_OP_BITS 8
#define REQ_OP_MASK ((1 << REQ_OP_BITS) - 1)
/* uapi/linux/limits.h */
#define NAME_MAX 255
#define PATH_MAX 4096
/* asm/page_types.h */
#define PAGE_SHIFT 12
#define PAGE_SIZE 4096UL
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define __PAGE_OFFSET_BASE_L4 0xffff888000000000UL
#define __PAGE_OFFSET_BASE_L5 0xff11000000000000UL
#define PAGE_OFFSET __PAGE_OFFSET_BASE_L4
/* uapi/linux/stat.h */
#define S_IFMT 0170000
#define S_ISREG(m) (((m)&S_IFMT) == 0100000)
#define S_ISDIR(m) (((m)&S_IFMT) == 0040000)
#define S_ISSOCK(m) (((m)&S_IFMT) == 0140000)
#define S_ISLNK(m) (((m)&S_IFMT) == 0120000)
#define S_ISCHR(m) (((m)&S_IFMT) == 0020000)
#define S_ISBLK(m) (((m)&S_IFMT) == 0060000)
#define S_ISFIFO(m) (((m)&S_IFMT) == 0010000)
/* uapi/asm-generic/fcntl.h */
#define O_RDONLY 00
#define O_WRONLY 01
#define O_RDWR 02
#define O_CREAT 0100
#define O_EXCL 0200
#define O_TRUNC 01000
#define O_APPEND 02000
#define O_NONBLOCK 04000
#define O_CLOEXEC 02000000
#define O_TMPFILE 020200000
/* linux/fs.h */
#define FMODE_READ 0x1
#define FMODE_WRITE 0x2
#define FMODE_CREATED 0x100000
/* vdso/time64.h */
#define NSEC_PER_USEC 1000L
#define NSEC_PER_MSEC 1000000L
#define NSEC_PER_SEC 1000000000L
#define USEC_PER_SEC 1000000L
#define MSEC_PER_SEC 1000L
/* uapi/asm-generic/errno-base.h, errno.h */
#define EPERM 1
#define ENOENT 2
#define EINTR 4
#define EIO 5
#define EAGAIN 11
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define ENODEV 19
#define ENOTDIR 20
#define EINVAL 22
#define ENOSPC 28
#define EPROTONOSUPPORT 93
#define ETIMEDOUT 110
#define ECONNREFUSED 111
#define EINPROGRESS 115
/* linux/err.h */
#define MAX_ERRNO 4095
#define IS_ERR(pointer) ((unsigned long)(pointer) >= (unsigned long)-MAX_ERRNO)
#define IS_ERR_OR_NULL(pointer) (!(pointer) || IS_ERR(pointer))
#define PTR_ERR(pointer) ((long)(pointer))
#define ERR_PTR(error) ((void*)(long)(error))
/* uapi/linux/version.h */
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
