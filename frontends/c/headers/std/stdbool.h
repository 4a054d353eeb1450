/* SPDX-License-Identifier: Apache-2.0
 *
 * Booleans of C, where "vmlinux.h" does not define them.
 */
#ifndef AVOCET_STDBOOL_H
#define AVOCET_STDBOOL_H
#if !defined(__VMLINUX_H__) && !defined(AVOCET_WITH_VMLINUX)
#define bool _Bool
#define true 1
#define false 0
#endif
#endif
