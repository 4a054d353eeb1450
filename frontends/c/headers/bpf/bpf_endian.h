/* SPDX-License-Identifier: Apache-2.0
 *
 * Byte order: of constants at compile time, of values by one instruction.
 */
#ifndef AVOCET_BPF_ENDIAN_H
#define AVOCET_BPF_ENDIAN_H
#define ___bpf_swab16(x) ((__u16)__builtin_bswap16(x))
#define ___bpf_swab32(x) ((__u32)__builtin_bswap32(x))
#define ___bpf_swab64(x) ((__u64)__builtin_bswap64(x))
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define bpf_ntohs(x) ___bpf_swab16(x)
#define bpf_ntohl(x) ___bpf_swab32(x)
#define bpf_be64_to_cpu(x) ___bpf_swab64(x)
#else
#define bpf_ntohs(x) (x)
#define bpf_ntohl(x) (x)
#define bpf_be64_to_cpu(x) (x)
#endif
#define bpf_htons(x) bpf_ntohs(x)
#define bpf_htonl(x) bpf_ntohl(x)
#define bpf_cpu_to_be64(x) bpf_be64_to_cpu(x)
#define bpf_cpu_to_be32(x) bpf_htonl(x)
#define bpf_be32_to_cpu(x) bpf_ntohl(x)
#define bpf_cpu_to_be16(x) bpf_htons(x)
#define bpf_be16_to_cpu(x) bpf_ntohs(x)
#endif
