/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

void outer_sort(int* values, size_t count, int (*compare)(const void*, const void*)) {
    qsort(values, count, sizeof *values, compare);
    asm volatile("" ::: "memory");
}
