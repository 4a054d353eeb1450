/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the functions of typed_rust.rs N times.
 */
#include <stdlib.h>

void rust_calls(unsigned n);

void used(unsigned long value) { (void)value; }

int main(int argc, char** argv) {
    rust_calls(argc > 1 ? (unsigned)atol(argv[1]) : 1);
    return 0;
}
