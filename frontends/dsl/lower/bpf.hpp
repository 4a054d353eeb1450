// SPDX-License-Identifier: Apache-2.0
//
// Numbers of the kernel's BPF interface (include/uapi/linux/bpf.h) that generated code uses, and calls of helpers.
#pragma once

#include <initializer_list>
#include <vector>

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>

namespace avocet::dsl::lower::bpf {

constexpr unsigned map_hash = 1, map_array = 2, map_percpu_hash = 5, map_percpu_array = 6, map_lru_hash = 9,
                   map_lru_percpu_hash = 10, map_array_of_maps = 12, map_ringbuf = 27;
constexpr unsigned join_strings = 16, join_bytes = 1024;
// Offsets in struct pt_regs of x86-64 (arch/x86/include/uapi/asm/ptrace.h).
constexpr uint64_t reg_r10 = 56, reg_r9 = 64, reg_r8 = 72, reg_ax = 80, reg_cx = 88, reg_dx = 96, reg_si = 104,
                   reg_di = 112, reg_orig_ax = 120, reg_ip = 128, reg_cs = 136;
constexpr uint64_t call_registers[] = {reg_di, reg_si, reg_dx, reg_cx, reg_r8, reg_r9};
constexpr uint64_t syscall_registers[] = {reg_di, reg_si, reg_dx, reg_r10, reg_r8, reg_r9};

constexpr uint64_t noexist = 1;                            // BPF_NOEXIST
constexpr uint64_t rb_no_wakeup = 1, rb_force_wakeup = 2;  // BPF_RB_*
constexpr uint64_t f_current_cpu = 0xffffffff;             // BPF_F_CURRENT_CPU
constexpr uint64_t f_user_stack = 256;                     // BPF_F_USER_STACK

enum class Helper : uint64_t {
    map_lookup_elem = 1,
    map_update_elem = 2,
    map_delete_elem = 3,
    probe_read = 4,
    ktime_get_ns = 5,
    trace_printk = 6,
    get_prandom_u32 = 7,
    get_smp_processor_id = 8,
    get_current_pid_tgid = 14,
    get_current_uid_gid = 15,
    get_current_comm = 16,
    perf_event_output = 25,
    probe_write_user = 36,
    get_current_task = 35,
    get_numa_node_id = 42,
    probe_read_str = 45,
    get_socket_cookie = 46,
    override_return = 58,
    get_stack = 67,
    get_current_cgroup_id = 80,
    send_signal = 109,
    probe_read_user = 112,
    probe_read_kernel = 113,
    probe_read_user_str = 114,
    probe_read_kernel_str = 115,
    send_signal_thread = 117,
    jiffies64 = 118,
    get_ns_current_pid_tgid = 120,
    ktime_get_boot_ns = 125,
    ringbuf_output = 130,
    ringbuf_reserve = 131,
    ringbuf_submit = 132,
    ringbuf_discard = 133,
    ringbuf_query = 134,
    d_path = 147,
    get_current_task_btf = 158,
    for_each_map_elem = 164,
    get_func_ip = 173,
    get_attach_cookie = 174,
    task_pt_regs = 175,
    loop = 181,
    strncmp = 182,
    map_lookup_percpu_elem = 195,
    ktime_get_tai_ns = 208
};

// Every helper returns 64 bits here; pointers are converted where they are used.
inline llvm::CallInst* call(llvm::IRBuilderBase& b, Helper helper, std::initializer_list<llvm::Value*> args) {
    std::vector<llvm::Type*> types;
    for (llvm::Value* a : args) types.push_back(a->getType());
    auto* type = llvm::FunctionType::get(b.getInt64Ty(), types, false);
    auto* target = llvm::ConstantExpr::getIntToPtr(b.getInt64(static_cast<uint64_t>(helper)),
                                                   llvm::PointerType::get(b.getContext(), 0));
    return b.CreateCall(type, target, std::vector<llvm::Value*>(args));
}

// The same value, of which LLVM knows nothing: what is checked behind it stays the value that is used, and no address
// is computed from its parts ahead of the check.
inline llvm::Value* opaque(llvm::IRBuilderBase& b, llvm::Value* value) {
    auto* type = llvm::FunctionType::get(value->getType(), {value->getType()}, false);
    return b.CreateCall(type, llvm::InlineAsm::get(type, "", "=r,0", true), {value});
}

}  // namespace avocet::dsl::lower::bpf
