/* SPDX-License-Identifier: Apache-2.0
 *
 * Error numbers.
 */
#include <asm-generic/errno.h>
