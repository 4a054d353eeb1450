/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of traced functions: registers by the calling convention of the architecture (__TARGET_ARCH_x86, arm64,
 * riscv, s390, powerpc), and functions whose parameters are filled from the context. Each program macro declares
 * NAME(ctx), which calls an inlined body with `ctx` and the parameters.
 */
#ifndef AVOCET_BPF_TRACING_H
#define AVOCET_BPF_TRACING_H
#include "bpf_helpers.h"

#if defined(__TARGET_ARCH_x86)
#if defined(__KERNEL__) || defined(__VMLINUX_H__)
#define AV_REG(x) (x)
#define AV_PARM1 di
#define AV_PARM2 si
#define AV_PARM3 dx
#define AV_PARM4 cx
#define AV_PARM5 r8
#define AV_PARM6 r9
#define AV_RET sp
#define AV_FP bp
#define AV_RC ax
#define AV_SP sp
#define AV_IP ip
#else
#define AV_REG(x) (x)
#define AV_PARM1 rdi
#define AV_PARM2 rsi
#define AV_PARM3 rdx
#define AV_PARM4 rcx
#define AV_PARM5 r8
#define AV_PARM6 r9
#define AV_RET rsp
#define AV_FP rbp
#define AV_RC rax
#define AV_SP rsp
#define AV_IP rip
#endif
#define AV_PARM4_SYSCALL r10
#elif defined(__TARGET_ARCH_arm64)
#define AV_REG(x) ((const struct user_pt_regs*)(x))
#define AV_PARM1 regs[0]
#define AV_PARM2 regs[1]
#define AV_PARM3 regs[2]
#define AV_PARM4 regs[3]
#define AV_PARM5 regs[4]
#define AV_PARM6 regs[5]
#define AV_PARM7 regs[6]
#define AV_PARM8 regs[7]
#define AV_RET regs[30]
#define AV_FP regs[29]
#define AV_RC regs[0]
#define AV_SP sp
#define AV_IP pc
#define AV_ORIGINAL_PARM1 orig_x0
#elif defined(__TARGET_ARCH_riscv)
#define AV_REG(x) ((const struct user_regs_struct*)(x))
#define AV_PARM1 a0
#define AV_PARM2 a1
#define AV_PARM3 a2
#define AV_PARM4 a3
#define AV_PARM5 a4
#define AV_PARM6 a5
#define AV_PARM7 a6
#define AV_PARM8 a7
#define AV_RET ra
#define AV_FP s0
#define AV_RC a0
#define AV_SP sp
#define AV_IP pc
#define AV_ORIGINAL_PARM1 orig_a0
#elif defined(__TARGET_ARCH_s390)
#define AV_REG(x) ((const user_pt_regs*)(x))
#define AV_PARM1 gprs[2]
#define AV_PARM2 gprs[3]
#define AV_PARM3 gprs[4]
#define AV_PARM4 gprs[5]
#define AV_PARM5 gprs[6]
#define AV_RET gprs[14]
#define AV_FP gprs[11]
#define AV_RC gprs[2]
#define AV_SP gprs[15]
#define AV_IP psw.addr
#define AV_PARM6_SYSCALL gprs[7]
#define AV_ORIGINAL_PARM1 orig_gpr2
#elif defined(__TARGET_ARCH_powerpc)
#define AV_REG(x) (x)
#define AV_PARM1 gpr[3]
#define AV_PARM2 gpr[4]
#define AV_PARM3 gpr[5]
#define AV_PARM4 gpr[6]
#define AV_PARM5 gpr[7]
#define AV_PARM6 gpr[8]
#define AV_RET link
#define AV_FP gpr[31]
#define AV_RC gpr[3]
#define AV_SP gpr[1]
#define AV_IP nip
#define AV_ORIGINAL_PARM1 orig_gpr3
#else
#error "bpf_tracing.h: no __TARGET_ARCH_ is defined that it knows"
#endif
/* Names that a register lacks here, so that a use of them is the error, not their mention. */
#ifndef AV_PARM6
#define AV_PARM6 this_architecture_passes_fewer_arguments_in_registers
#endif
#ifndef AV_PARM7
#define AV_PARM7 this_architecture_passes_fewer_arguments_in_registers
#define AV_PARM8 this_architecture_passes_fewer_arguments_in_registers
#endif
#ifndef AV_PARM4_SYSCALL
#define AV_PARM4_SYSCALL AV_PARM4
#endif
#ifndef AV_PARM6_SYSCALL
#define AV_PARM6_SYSCALL AV_PARM6
#endif

#define AV_CORE_REG(x, reg)                                                                               \
    ({                                                                                                    \
        typeof(AV_REG(x)->reg) av_register;                                                               \
        bpf_probe_read_kernel(&av_register, sizeof(av_register),                                          \
                              __builtin_preserve_access_index(&AV_REG(x)->reg));                          \
        av_register;                                                                                      \
    })

#define PT_REGS_PARM1(x) (AV_REG(x)->AV_PARM1)
#define PT_REGS_PARM2(x) (AV_REG(x)->AV_PARM2)
#define PT_REGS_PARM3(x) (AV_REG(x)->AV_PARM3)
#define PT_REGS_PARM4(x) (AV_REG(x)->AV_PARM4)
#define PT_REGS_PARM5(x) (AV_REG(x)->AV_PARM5)
#define PT_REGS_PARM6(x) (AV_REG(x)->AV_PARM6)
#define PT_REGS_PARM7(x) (AV_REG(x)->AV_PARM7)
#define PT_REGS_PARM8(x) (AV_REG(x)->AV_PARM8)
#define PT_REGS_RET(x) (AV_REG(x)->AV_RET)
#define PT_REGS_FP(x) (AV_REG(x)->AV_FP)
#define PT_REGS_RC(x) (AV_REG(x)->AV_RC)
#define PT_REGS_SP(x) (AV_REG(x)->AV_SP)
#define PT_REGS_IP(x) (AV_REG(x)->AV_IP)

#define PT_REGS_PARM1_CORE(x) AV_CORE_REG(x, AV_PARM1)
#define PT_REGS_PARM2_CORE(x) AV_CORE_REG(x, AV_PARM2)
#define PT_REGS_PARM3_CORE(x) AV_CORE_REG(x, AV_PARM3)
#define PT_REGS_PARM4_CORE(x) AV_CORE_REG(x, AV_PARM4)
#define PT_REGS_PARM5_CORE(x) AV_CORE_REG(x, AV_PARM5)
#define PT_REGS_PARM6_CORE(x) AV_CORE_REG(x, AV_PARM6)
#define PT_REGS_PARM7_CORE(x) AV_CORE_REG(x, AV_PARM7)
#define PT_REGS_PARM8_CORE(x) AV_CORE_REG(x, AV_PARM8)
#define PT_REGS_RET_CORE(x) AV_CORE_REG(x, AV_RET)
#define PT_REGS_FP_CORE(x) AV_CORE_REG(x, AV_FP)
#define PT_REGS_RC_CORE(x) AV_CORE_REG(x, AV_RC)
#define PT_REGS_SP_CORE(x) AV_CORE_REG(x, AV_SP)
#define PT_REGS_IP_CORE(x) AV_CORE_REG(x, AV_IP)

/* System calls: the first argument may be clobbered in its register, the fourth may lie elsewhere. */
#ifdef AV_ORIGINAL_PARM1
#define PT_REGS_PARM1_SYSCALL(x) PT_REGS_PARM1_CORE_SYSCALL(x)
#define PT_REGS_PARM1_CORE_SYSCALL(x)                                                                     \
    ({                                                                                                    \
        unsigned long av_register;                                                                        \
        bpf_probe_read_kernel(&av_register, sizeof(av_register),                                          \
                              __builtin_preserve_access_index(&((struct pt_regs*)(x))->AV_ORIGINAL_PARM1)); \
        av_register;                                                                                      \
    })
#else
#define PT_REGS_PARM1_SYSCALL(x) PT_REGS_PARM1(x)
#define PT_REGS_PARM1_CORE_SYSCALL(x) PT_REGS_PARM1_CORE(x)
#endif
#define PT_REGS_PARM2_SYSCALL(x) PT_REGS_PARM2(x)
#define PT_REGS_PARM3_SYSCALL(x) PT_REGS_PARM3(x)
#define PT_REGS_PARM4_SYSCALL(x) (AV_REG(x)->AV_PARM4_SYSCALL)
#define PT_REGS_PARM5_SYSCALL(x) PT_REGS_PARM5(x)
#define PT_REGS_PARM6_SYSCALL(x) (AV_REG(x)->AV_PARM6_SYSCALL)
#define PT_REGS_PARM7_SYSCALL(x) PT_REGS_PARM7(x)
#define PT_REGS_PARM2_CORE_SYSCALL(x) PT_REGS_PARM2_CORE(x)
#define PT_REGS_PARM3_CORE_SYSCALL(x) PT_REGS_PARM3_CORE(x)
#define PT_REGS_PARM4_CORE_SYSCALL(x) AV_CORE_REG(x, AV_PARM4_SYSCALL)
#define PT_REGS_PARM5_CORE_SYSCALL(x) PT_REGS_PARM5_CORE(x)
#define PT_REGS_PARM6_CORE_SYSCALL(x) AV_CORE_REG(x, AV_PARM6_SYSCALL)
#define PT_REGS_PARM7_CORE_SYSCALL(x) PT_REGS_PARM7_CORE(x)

/* Where a wrapper hands on the registers of user space, its first argument points to them. */
extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;
#define PT_REGS_SYSCALL_REGS(ctx) \
    (LINUX_HAS_SYSCALL_WRAPPER ? (struct pt_regs*)PT_REGS_PARM1(ctx) : (struct pt_regs*)(ctx))

/* The address that the function returns to: on the stack or in a register. */
#if defined(__TARGET_ARCH_x86)
#define BPF_KPROBE_READ_RET_IP(ip, ctx) ({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void*)PT_REGS_RET(ctx)); })
#define BPF_KRETPROBE_READ_RET_IP(ip, ctx) \
    ({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void*)(PT_REGS_FP(ctx) + sizeof(ip))); })
#else
#define BPF_KPROBE_READ_RET_IP(ip, ctx) ({ (ip) = PT_REGS_RET(ctx); })
#define BPF_KRETPROBE_READ_RET_IP(ip, ctx) BPF_KPROBE_READ_RET_IP(ip, ctx)
#endif

/* name(ctx) that calls name's body with what `values` makes of n. */
#define AV_PROGRAM(name, context, values, args...)                                                        \
    name(context ctx);                                                                                    \
    static __always_inline typeof(name(0)) AV_GLUE(name, __body)(context ctx, ##args);                    \
    typeof(name(0)) name(context ctx) {                                                                   \
        AV_QUIET_BEGIN return AV_GLUE(name, __body)(values);                                              \
        AV_QUIET_END                                                                                      \
    }                                                                                                     \
    static __always_inline typeof(name(0)) AV_GLUE(name, __body)(context ctx, ##args)

/* Typed tracepoints, fentry and the like: an array of 64-bit slots. */
#define AV_SLOT0 ctx
#define AV_SLOT1 AV_SLOT0, (void*)ctx[0]
#define AV_SLOT2 AV_SLOT1, (void*)ctx[1]
#define AV_SLOT3 AV_SLOT2, (void*)ctx[2]
#define AV_SLOT4 AV_SLOT3, (void*)ctx[3]
#define AV_SLOT5 AV_SLOT4, (void*)ctx[4]
#define AV_SLOT6 AV_SLOT5, (void*)ctx[5]
#define AV_SLOT7 AV_SLOT6, (void*)ctx[6]
#define AV_SLOT8 AV_SLOT7, (void*)ctx[7]
#define AV_SLOT9 AV_SLOT8, (void*)ctx[8]
#define AV_SLOT10 AV_SLOT9, (void*)ctx[9]
#define AV_SLOT11 AV_SLOT10, (void*)ctx[10]
#define AV_SLOT12 AV_SLOT11, (void*)ctx[11]
#define AV_LIST(what, n) AV_GLUE(what, n)
#define BPF_PROG(name, args...) \
    AV_PROGRAM(name, unsigned long long*, AV_LIST(AV_SLOT, AV_NARGS(args)), ##args)

/* The same with types and names apart, so that structs of up to 16 bytes, which take two slots, can be parameters. */
#define AV_SLOTS_OF(T) (sizeof(T) > 8 ? 2 : 1)
#define AV_TAKE(T, at)                                                                                    \
    ({                                                                                                    \
        union {                                                                                           \
            T value;                                                                                      \
            unsigned long long slots[AV_SLOTS_OF(T)];                                                     \
        } av_both;                                                                                        \
        av_both.slots[0] = ctx[at];                                                                       \
        if (AV_SLOTS_OF(T) > 1) av_both.slots[AV_SLOTS_OF(T) - 1] = ctx[(at) + AV_SLOTS_OF(T) - 1];       \
        av_both.value;                                                                                    \
    })
#define AV_TAKE0(at)
#define AV_TAKE2(at, T, n) , AV_TAKE(T, at)
#define AV_TAKE4(at, T, n, rest...) , AV_TAKE(T, at) AV_TAKE2((at) + AV_SLOTS_OF(T), rest)
#define AV_TAKE6(at, T, n, rest...) , AV_TAKE(T, at) AV_TAKE4((at) + AV_SLOTS_OF(T), rest)
#define AV_TAKE8(at, T, n, rest...) , AV_TAKE(T, at) AV_TAKE6((at) + AV_SLOTS_OF(T), rest)
#define AV_TAKE10(at, T, n, rest...) , AV_TAKE(T, at) AV_TAKE8((at) + AV_SLOTS_OF(T), rest)
#define AV_TAKE12(at, T, n, rest...) , AV_TAKE(T, at) AV_TAKE10((at) + AV_SLOTS_OF(T), rest)
#define AV_DECLARE0()
#define AV_DECLARE2(T, n) , T n
#define AV_DECLARE4(T, n, rest...) , T n AV_DECLARE2(rest)
#define AV_DECLARE6(T, n, rest...) , T n AV_DECLARE4(rest)
#define AV_DECLARE8(T, n, rest...) , T n AV_DECLARE6(rest)
#define AV_DECLARE10(T, n, rest...) , T n AV_DECLARE8(rest)
#define AV_DECLARE12(T, n, rest...) , T n AV_DECLARE10(rest)
#define BPF_PROG2(name, args...)                                                                          \
    name(unsigned long long* ctx);                                                                        \
    static __always_inline typeof(name(0)) AV_GLUE(name, __body)(unsigned long long* ctx                  \
                                                                     AV_GLUE(AV_DECLARE, AV_NARGS(args))(args)); \
    typeof(name(0)) name(unsigned long long* ctx) {                                                       \
        return AV_GLUE(name, __body)(ctx AV_GLUE(AV_TAKE, AV_NARGS(args))(0, ##args));                    \
    }                                                                                                     \
    static __always_inline typeof(name(0)) AV_GLUE(name, __body)(unsigned long long* ctx                  \
                                                                     AV_GLUE(AV_DECLARE, AV_NARGS(args))(args))

/* Entries of functions: registers. */
#define AV_PARMS0 ctx
#define AV_PARMS1 AV_PARMS0, (void*)PT_REGS_PARM1(ctx)
#define AV_PARMS2 AV_PARMS1, (void*)PT_REGS_PARM2(ctx)
#define AV_PARMS3 AV_PARMS2, (void*)PT_REGS_PARM3(ctx)
#define AV_PARMS4 AV_PARMS3, (void*)PT_REGS_PARM4(ctx)
#define AV_PARMS5 AV_PARMS4, (void*)PT_REGS_PARM5(ctx)
#define AV_PARMS6 AV_PARMS5, (void*)PT_REGS_PARM6(ctx)
#define AV_PARMS7 AV_PARMS6, (void*)PT_REGS_PARM7(ctx)
#define AV_PARMS8 AV_PARMS7, (void*)PT_REGS_PARM8(ctx)
#define BPF_KPROBE(name, args...) AV_PROGRAM(name, struct pt_regs*, AV_LIST(AV_PARMS, AV_NARGS(args)), ##args)

/* Returns: the value, if it is asked for. */
#define AV_VALUE0 ctx
#define AV_VALUE1 AV_VALUE0, (void*)PT_REGS_RC(ctx)
#define BPF_KRETPROBE(name, args...) AV_PROGRAM(name, struct pt_regs*, AV_LIST(AV_VALUE, AV_NARGS(args)), ##args)
#define BPF_UPROBE(name, args...) BPF_KPROBE(name, ##args)
#define BPF_URETPROBE(name, args...) BPF_KRETPROBE(name, ##args)

/* System calls by their kernel function. */
#define AV_CALL0(from) ctx
#define AV_CALL1(from) AV_CALL0(from), (void*)PT_REGS_PARM1##from(regs)
#define AV_CALL2(from) AV_CALL1(from), (void*)PT_REGS_PARM2##from(regs)
#define AV_CALL3(from) AV_CALL2(from), (void*)PT_REGS_PARM3##from(regs)
#define AV_CALL4(from) AV_CALL3(from), (void*)PT_REGS_PARM4##from(regs)
#define AV_CALL5(from) AV_CALL4(from), (void*)PT_REGS_PARM5##from(regs)
#define AV_CALL6(from) AV_CALL5(from), (void*)PT_REGS_PARM6##from(regs)
#define AV_CALL7(from) AV_CALL6(from), (void*)PT_REGS_PARM7##from(regs)
#define BPF_KSYSCALL(name, args...)                                                                       \
    name(struct pt_regs* ctx);                                                                            \
    static __always_inline typeof(name(0)) AV_GLUE(name, __body)(struct pt_regs * ctx, ##args);           \
    typeof(name(0)) name(struct pt_regs* ctx) {                                                           \
        struct pt_regs* regs = PT_REGS_SYSCALL_REGS(ctx);                                                 \
        AV_QUIET_BEGIN if (LINUX_HAS_SYSCALL_WRAPPER) return AV_GLUE(name, __body)(                       \
            AV_GLUE(AV_CALL, AV_NARGS(args))(_CORE_SYSCALL));                                             \
        return AV_GLUE(name, __body)(AV_GLUE(AV_CALL, AV_NARGS(args))(_SYSCALL));                         \
        AV_QUIET_END                                                                                      \
    }                                                                                                     \
    static __always_inline typeof(name(0)) AV_GLUE(name, __body)(struct pt_regs * ctx, ##args)
#define BPF_KPROBE_SYSCALL BPF_KSYSCALL
#endif
