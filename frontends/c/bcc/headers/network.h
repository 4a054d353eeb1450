/* SPDX-License-Identifier: Apache-2.0
 *
 * Members that net/sock.h, net/inet_sock.h, linux/in6.h and linux/tcp.h give a second name, and functions of these
 * headers. Only for texts that include one of them.
 */
#define inet_daddr sk.__sk_common.skc_daddr
#define inet_rcv_saddr sk.__sk_common.skc_rcv_saddr
#define inet_dport sk.__sk_common.skc_dport
#define inet_num sk.__sk_common.skc_num
#define sk_family __sk_common.skc_family
#define sk_state __sk_common.skc_state
#define sk_daddr __sk_common.skc_daddr
#define sk_rcv_saddr __sk_common.skc_rcv_saddr
#define sk_num __sk_common.skc_num
#define sk_dport __sk_common.skc_dport
#define sk_v6_daddr __sk_common.skc_v6_daddr
#define sk_v6_rcv_saddr __sk_common.skc_v6_rcv_saddr
#define sk_bound_dev_if __sk_common.skc_bound_dev_if
#define sk_prot __sk_common.skc_prot
#define sk_net __sk_common.skc_net
#define sk_cookie __sk_common.skc_cookie
#define sk_reuse __sk_common.skc_reuse
#define sk_reuseport __sk_common.skc_reuseport
#define sk_hash __sk_common.skc_hash
#define sk_refcnt __sk_common.skc_refcnt
#define sk_flags __sk_common.skc_flags
#define s6_addr in6_u.u6_addr8
#define s6_addr16 in6_u.u6_addr16
#define s6_addr32 in6_u.u6_addr32
#define inet_csk(pointer) ((struct inet_connection_sock*)(pointer))
#define tcp_sk(pointer) ((struct tcp_sock*)(pointer))
#define inet_sk(pointer) ((struct inet_sock*)(pointer))
