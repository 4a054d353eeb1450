// SPDX-License-Identifier: Apache-2.0
#include "types/kernel_constants.hpp"

#include <algorithm>
#include <array>

namespace avocet::dsl {

namespace {

struct Constant {
    std::string_view name;
    int64_t value;
};

constexpr std::array constants{
    // include/linux/socket.h
    Constant{"AF_UNSPEC", 0},
    Constant{"AF_UNIX", 1},
    Constant{"AF_LOCAL", 1},
    Constant{"AF_INET", 2},
    Constant{"AF_AX25", 3},
    Constant{"AF_IPX", 4},
    Constant{"AF_APPLETALK", 5},
    Constant{"AF_BRIDGE", 7},
    Constant{"AF_X25", 9},
    Constant{"AF_INET6", 10},
    Constant{"AF_KEY", 15},
    Constant{"AF_NETLINK", 16},
    Constant{"AF_PACKET", 17},
    Constant{"AF_RDS", 21},
    Constant{"AF_PPPOX", 24},
    Constant{"AF_IB", 27},
    Constant{"AF_CAN", 29},
    Constant{"AF_TIPC", 30},
    Constant{"AF_BLUETOOTH", 31},
    Constant{"AF_ALG", 38},
    Constant{"AF_NFC", 39},
    Constant{"AF_VSOCK", 40},
    Constant{"AF_XDP", 44},
    Constant{"PF_INET", 2},
    Constant{"PF_INET6", 10},
    Constant{"PF_UNIX", 1},
    Constant{"SOL_SOCKET", 1},
    // include/linux/net.h (enum sock_type; also in BTF)
    Constant{"SOCK_STREAM", 1},
    Constant{"SOCK_DGRAM", 2},
    Constant{"SOCK_RAW", 3},
    Constant{"SOCK_SEQPACKET", 5},
    // include/uapi/linux/in.h (an enum; also in BTF)
    Constant{"IPPROTO_IP", 0},
    Constant{"IPPROTO_ICMP", 1},
    Constant{"IPPROTO_TCP", 6},
    Constant{"IPPROTO_UDP", 17},
    Constant{"IPPROTO_IPV6", 41},
    Constant{"IPPROTO_ICMPV6", 58},
    Constant{"IPPROTO_SCTP", 132},
    // include/uapi/linux/if_ether.h
    Constant{"ETH_ALEN", 6},
    Constant{"ETH_HLEN", 14},
    Constant{"ETH_P_IP", 0x0800},
    Constant{"ETH_P_ARP", 0x0806},
    Constant{"ETH_P_IPV6", 0x86dd},
    Constant{"ETH_P_8021Q", 0x8100},
    // include/linux/sched.h
    Constant{"TASK_RUNNING", 0},
    Constant{"TASK_INTERRUPTIBLE", 1},
    Constant{"TASK_UNINTERRUPTIBLE", 2},
    Constant{"__TASK_STOPPED", 4},
    Constant{"__TASK_TRACED", 8},
    Constant{"EXIT_DEAD", 0x10},
    Constant{"EXIT_ZOMBIE", 0x20},
    Constant{"TASK_COMM_LEN", 16},
    Constant{"PF_EXITING", 0x4},
    Constant{"PF_KTHREAD", 0x00200000},
    Constant{"MAX_PRIO", 140},
    Constant{"MAX_RT_PRIO", 100},
    // include/uapi/linux/sched.h
    Constant{"SCHED_NORMAL", 0},
    Constant{"SCHED_FIFO", 1},
    Constant{"SCHED_RR", 2},
    Constant{"SCHED_BATCH", 3},
    Constant{"SCHED_IDLE", 5},
    Constant{"SCHED_DEADLINE", 6},
    Constant{"CLONE_VM", 0x100},
    Constant{"CLONE_FS", 0x200},
    Constant{"CLONE_FILES", 0x400},
    Constant{"CLONE_THREAD", 0x10000},
    Constant{"CLONE_NEWNS", 0x20000},
    Constant{"CLONE_NEWUTS", 0x04000000},
    Constant{"CLONE_NEWIPC", 0x08000000},
    Constant{"CLONE_NEWUSER", 0x10000000},
    Constant{"CLONE_NEWPID", 0x20000000},
    Constant{"CLONE_NEWNET", 0x40000000},
    // include/uapi/asm-generic/fcntl.h
    Constant{"O_ACCMODE", 3},
    Constant{"O_RDONLY", 0},
    Constant{"O_WRONLY", 1},
    Constant{"O_RDWR", 2},
    Constant{"O_CREAT", 0100},
    Constant{"O_EXCL", 0200},
    Constant{"O_NOCTTY", 0400},
    Constant{"O_TRUNC", 01000},
    Constant{"O_APPEND", 02000},
    Constant{"O_NONBLOCK", 04000},
    Constant{"O_DSYNC", 010000},
    Constant{"O_CLOEXEC", 02000000},
    // include/uapi/linux/fcntl.h
    Constant{"AT_FDCWD", -100},
    Constant{"AT_SYMLINK_NOFOLLOW", 0x100},
    Constant{"AT_REMOVEDIR", 0x200},
    // include/uapi/linux/stat.h
    Constant{"S_IFMT", 0170000},
    Constant{"S_IFSOCK", 0140000},
    Constant{"S_IFLNK", 0120000},
    Constant{"S_IFREG", 0100000},
    Constant{"S_IFBLK", 0060000},
    Constant{"S_IFDIR", 0040000},
    Constant{"S_IFCHR", 0020000},
    Constant{"S_IFIFO", 0010000},
    // include/linux/fs.h
    Constant{"FMODE_READ", 1},
    Constant{"FMODE_WRITE", 2},
    Constant{"MAY_EXEC", 1},
    Constant{"MAY_WRITE", 2},
    Constant{"MAY_READ", 4},
    Constant{"MAY_APPEND", 8},
    // include/linux/kdev_t.h
    Constant{"MINORBITS", 20},
    Constant{"MINORMASK", 0xfffff},
    // include/vdso/time64.h, include/linux/time64.h
    Constant{"NSEC_PER_SEC", 1000000000},
    Constant{"NSEC_PER_MSEC", 1000000},
    Constant{"NSEC_PER_USEC", 1000},
    Constant{"USEC_PER_SEC", 1000000},
    Constant{"MSEC_PER_SEC", 1000},
    // include/uapi/linux/time.h
    Constant{"CLOCK_REALTIME", 0},
    Constant{"CLOCK_MONOTONIC", 1},
    Constant{"CLOCK_BOOTTIME", 7},
};

// What the tools of distributions include.
constexpr std::string_view covered[] = {
    "linux/bio.h",
    "linux/blk-mq.h",
    "linux/blkdev.h",
    "linux/blk_types.h",
    "linux/dcache.h",
    "linux/fcntl.h",
    "linux/fs.h",
    "linux/fs_struct.h",
    "linux/genhd.h",
    "linux/if_ether.h",
    "linux/in.h",
    "linux/in6.h",
    "linux/ip.h",
    "linux/kdev_t.h",
    "linux/kernel.h",
    "linux/mm.h",
    "linux/mm_types.h",
    "linux/mount.h",
    "linux/mutex.h",
    "linux/net.h",
    "linux/netdevice.h",
    "linux/nsproxy.h",
    "linux/oom.h",
    "linux/path.h",
    "linux/pid.h",
    "linux/pid_namespace.h",
    "linux/sched.h",
    "linux/sched/signal.h",
    "linux/skbuff.h",
    "linux/socket.h",
    "linux/stat.h",
    "linux/tcp.h",
    "linux/time.h",
    "linux/time64.h",
    "linux/types.h",
    "linux/udp.h",
    "linux/uio.h",
    "linux/utsname.h",
    "linux/cred.h",
    "linux/swap.h",
    "linux/workqueue.h",
    "linux/interrupt.h",
    "linux/nfs_fs.h",
    "net/inet_sock.h",
    "net/ip.h",
    "net/ipv6.h",
    "net/sock.h",
    "net/tcp.h",
    "net/tcp_states.h",
    "sys/socket.h",
    "sys/types.h",
    "stdint.h",
    "stddef.h",
    "stdbool.h",
    "netinet/in.h",
    "net/af_unix.h",
    "net/net_namespace.h",
    "uapi/linux/ptrace.h",
    "linux/ptrace.h",
};

}  // namespace

std::optional<int64_t> kernel_constant(std::string_view name) {
    const auto found =
        std::find_if(constants.begin(), constants.end(), [&](const Constant& c) { return c.name == name; });
    return found == constants.end() ? std::nullopt : std::optional(found->value);
}

bool header_is_covered(std::string_view header) {
    return std::find(std::begin(covered), std::end(covered), header) != std::end(covered);
}

}  // namespace avocet::dsl
