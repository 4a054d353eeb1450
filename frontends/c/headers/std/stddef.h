/* SPDX-License-Identifier: Apache-2.0
 *
 * Sizes, null and offsets.
 */
#ifndef AVOCET_STDDEF_H
#define AVOCET_STDDEF_H
#if !defined(__VMLINUX_H__) && !defined(AVOCET_WITH_VMLINUX)
typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
#endif
#ifndef NULL
#define NULL ((void*)0)
#endif
#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif
#endif
