/* SPDX-License-Identifier: Apache-2.0
 *
 * Beside "vmlinux.h", which has these types.
 */
