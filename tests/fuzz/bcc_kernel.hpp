// SPDX-License-Identifier: Apache-2.0
//
// A kernel of fifty lines, in the shape of the vmlinux.h that is made from BTF: what bcc/headers/ and libbpf's headers
// name, and structs with every kind of member that the rewriter tells apart (pointers, pointers to pointers, arrays,
// bit-fields, unions, structs by value, anonymous ones).
#pragma once

inline constexpr const char* fuzz_kernel = R"(#ifndef __VMLINUX_H__
#define __VMLINUX_H__
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u8 u8;
typedef __s8 s8;
typedef __u16 u16;
typedef __s16 s16;
typedef __u32 u32;
typedef __s32 s32;
typedef __u64 u64;
typedef __s64 s64;
typedef u64 uint64_t;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef __u16 __sum16;
typedef int pid_t;
typedef unsigned long size_t;
typedef u64 sector_t;
typedef _Bool bool;
enum {
	false = 0,
	true = 1,
	TASK_COMM_LEN = 16,
};
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_STACK_TRACE = 7,
	BPF_MAP_TYPE_CGROUP_ARRAY = 8,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_LRU_PERCPU_HASH = 10,
	BPF_MAP_TYPE_LPM_TRIE = 11,
	BPF_MAP_TYPE_QUEUE = 22,
	BPF_MAP_TYPE_STACK = 23,
	BPF_MAP_TYPE_RINGBUF = 27,
};
enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_F_NO_PREALLOC = 1,
	BPF_F_USER_STACK = 256,
};
enum {
	BPF_F_CURRENT_CPU = 4294967295,
};
struct pt_regs {
	unsigned long r15;
	unsigned long r14;
	unsigned long r13;
	unsigned long r12;
	unsigned long bp;
	unsigned long bx;
	unsigned long r11;
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long ax;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long ip;
	unsigned long cs;
	unsigned long flags;
	unsigned long sp;
	unsigned long ss;
};
struct bpf_raw_tracepoint_args {
	__u64 args[0];
};
struct bpf_perf_event_data {
	struct pt_regs regs;
	__u64 sample_period;
	__u64 addr;
};
struct qstr {
	union {
		struct {
			u32 hash;
			u32 len;
		};
		u64 hash_len;
	};
	const unsigned char *name;
};
struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	unsigned char d_iname[32];
};
struct path {
	void *mnt;
	struct dentry *dentry;
};
struct file {
	struct path f_path;
	unsigned int f_mode: 24;
	unsigned int f_iocb_flags: 8;
	s64 f_bits: 33;
	char **f_names;
	struct file *f_next[4];
};
struct task_struct {
	volatile unsigned int __state;
	pid_t pid;
	pid_t tgid;
	unsigned int sched_reset_on_fork: 1;
	signed int sched_signed: 5;
	struct task_struct *real_parent;
	struct file *files[2];
	u64 start_time;
	char comm[16];
};
struct open_how {
	__u64 flags;
	__u64 mode;
};
struct net_device {
	char name[16];
};
#pragma clang attribute pop
#endif
)";
