// SPDX-License-Identifier: Apache-2.0
//
// Every builtin value and function of the language, one table entry each, and how the typed tree shows them.
//
// What lowering sees after infer_types
//   * One node for all of them: CallExpr with `builtin` set. A bare word (`pid`, `arg3`, `kstack`) has become a
//   CallExpr
//     without args. No IdentifierExpr survives: enumerators are IntegerExpr of enum type.
//   * `type` is the final type of the value; none for functions without a value (and for what could not be typed, but
//   then
//     there were errors).
//   * `number` is the literal part of the call, see the list below. Literal arguments and mode words that configure a
//     call (clock, stack mode, limit, hist bits, format ...) are gone from `args`: what is left is evaluated at run
//     time, except the format of printf and its kin, which stays as args[0] (StringExpr).
//   * `output` is the index into Unit::outputs for calls marked [output].
//   * Gone altogether (replaced by a literal): kaddr, probetype, sizeof, offsetof, cgroupid, container_of, is_array ...
//
// Values
//   pid tid            uint32. number 0: in the tracer's PID namespace, 1: in the initial one
//   ppid pcomm leader_tid leader_comm   gone: fields of curtask
//   uid gid            uint64      username  username (u64 uid)
//   comm               string[16]  curtask   struct task_struct * (kernel)
//   nsecs              uint64. number: 0 boot, 1 monotonic, 2 tai, 3 sw_tai: boot plus what it was behind at start
//   elapsed            uint64, boot clock minus AVOCET_CONST_START_NS
//   jiffies cpu ncpus numaid rand cgroup cpid   uint64   has_cpid bool
//   probe              probe_name (u32 attach id); a string literal where the program looks at its text
//   func               ksym, in user probes usym
//   args               pointer, is_context; only as the object of a FieldExpr with `arg` set
//   argN               uint64; number: N; place and size in ProbeFacts (argn_place)
//   retval             the type of ProbeFacts::retval
//   ctx                pointer, is_context
//   reg                uint64; number: byte offset in struct pt_regs
//   kstack ustack      Type::stack: mode in type.name, frames in type.limit
//   usermode           uint8
// Strings, bytes, addresses
//   str(p [, n])       string[size]. args[0] pointer or string; args[1] run-time length (uint64), to be clamped to
//                      number; number: most bytes to read, NUL included; the type may be one byte larger
//   buf(p [, n])       buffer. args[0] pointer or array, args[1] run-time length (uint64); number: capacity in bytes
//   strlen(s)          uint64, args[0] string or pointer     strncmp(a, b)  uint64, number: n
//   strcontains strstr (h, n) bool, int64                    memcmp(a, b)   int64, number: n
//   bswap(i)           unsigned integer of the argument's width
//   kptr uptr (p)      gone: the argument with its space changed
//   is_err(p)          bool, args[0] uint64
//   ksym(a)            ksym (u64)    usym(a) usym { address, pid }    args[0] uint64
//   ntop([af,] a)      inet; args[0] int64 family (absent: number 2 or 10), last arg integer or array or string
//   macaddr(p)         mac; args[0] pointer or array
//   strftime(f, ns)    timestamp; type.name: format, number: clock; args[0] uint64
//   cgroup_path(id)    cgroup_path; type.name: filter; args[0] uint64
//   strerror signal_name syscall_name (n)   number_name; args[0] int64
// Options
//   getopt             bool, int64, uint64 or string; number: index into Unit::options
// Aggregates: only as the value of an AssignStmt to a map or element; parameters are in MapInfo
//   count()            no args
//   sum min max avg stats hist lhist (n)   args[0] int64 or uint64 by MapInfo::value's sign; hist, lhist: int64
//   tseries(n)         the same as sum; interval, intervals and way to combine are in MapInfo
// Maps: args[0] is always a MapExpr; a key has exactly the type MapInfo::key
//   delete(@m [, k]) has_key(@m, k)   bool      find(@m, k, $v)  bool, args[2] VariableExpr whose
//                      type may be wider than MapInfo::value: convert as an inserted conversion does
//   len(@m) len(stack)                int64
//   clear(@m) zero(@m) [output]
// Output and control
//   printf [output]    args[0] format; the rest are the members of the output, in order
//   print [output]     kind "print_map": args[0] MapExpr, nothing is sent; kind "value": args[0] is the member
//   time join exit [output]   join: args[0] pointer to pointers; exit: args[0] int64, absent: 0. exit ends the clause
//   signal signal_thread (n)  args[0] uint32
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "syntax/ast.hpp"

namespace avocet::dsl {

enum class Builtin : int16_t {
    none,
    // values
    args,
    argn,
    cgroup,
    comm,
    cpid,
    cpu,
    ctx,
    curtask,
    elapsed,
    func,
    gid,
    has_cpid,
    jiffies,
    kstack,
    ncpus,
    nsecs,
    numaid,
    pid,
    ppid,
    probe,
    probetype,
    rand,
    reg,
    retval,
    tid,
    uid,
    usermode,
    username,
    ustack,
    // strings, bytes, addresses
    bswap,
    buf,
    cgroup_path,
    cgroupid,
    is_err,
    join,
    kaddr,
    kptr,
    ksym,
    macaddr,
    memcmp,
    ntop,
    signal_name,
    str,
    strcap,
    strcontains,
    strerror,
    strftime,
    strlen,
    strncmp,
    strstr,
    syscall_name,
    task_comm,  // comm(PID)
    uptr,
    usym,
    // aggregates
    avg,
    count,
    hist,
    lhist,
    max,
    min,
    stats,
    sum,
    tseries,
    // maps
    clear,
    delete_,
    find,
    has_key,
    len,
    zero,
    // output and control
    cat,
    errorf,
    exit,
    print,
    printf,
    signal,
    signal_thread,
    system,
    time,
    warnf,
    debugf,
    // compile time
    is_array,
    is_integer,
    is_literal,
    is_ptr,
    is_str,
    is_unsigned_integer,
    static_assert_,
    // known, not supported yet
    assert_,
    config,
    c_function,
    container_of,
    default_str_length,
    dw_ustack,
    elf_info,
    elf_is_exe,
    fail,
    getopt,
    kfunc_allowed,
    kfunc_exist,
    leader_comm,
    leader_tid,
    override_,
    path,
    pcomm,
    percpu_kaddr,
    pton,
    skboutput,
    socket_cookie,
    str_concat,
    uaddr,
    unwatch,
    write_user
};

enum : uint32_t {
    builtin_word = 1u << 0,       // may be written without parentheses
    builtin_map_first = 1u << 1,  // args[0] is a map itself, not its value
    builtin_aggregate = 1u << 2,  // must be assigned directly to a map
    builtin_unsafe = 1u << 3,     // needs AVOCET_COMPILE_UNSAFE
    builtin_output = 1u << 4,     // writes an event
    builtin_later = 1u << 5,      // known, refused as not supported yet
    builtin_literals = 1u << 6,   // arguments are words and literals for the hook: not inferred beforehand
    builtin_void = 1u << 7,       // has no value
    builtin_format = 1u << 8,     // args[0] is a printf format
    builtin_constant = 1u << 10,  // replaced by a literal
    builtin_effect = 1u << 9      // has a value, and discarding it is not worth a warning
};

class Typer;      // passes/typer.hpp: types expressions in rounds until nothing changes
class Converter;  // passes/converter.hpp: inserts conversions once types are final

struct BuiltinInfo {
    const char* name;
    Builtin id;
    uint32_t flags;
    int min_args, max_args;  // max_args -1: any number
    // The call's type; the arguments have theirs (unless builtin_literals). Runs in every round; what it reports is
    // heard in the last one only.
    Type (*infer)(Typer&, CallExpr&);
    // Brings the arguments to the documented shape; may replace the whole expression. nullptr: nothing to do.
    void (*convert)(Converter&, ExprPtr&, CallExpr&);
};

// nullptr: no such builtin. "arg0" ... "arg127" find `argn`.
const BuiltinInfo* find_builtin(std::string_view name);
const BuiltinInfo& builtin_info(Builtin id);
std::vector<std::string_view> builtin_names();

}  // namespace avocet::dsl
