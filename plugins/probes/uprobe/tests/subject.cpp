// SPDX-License-Identifier: Apache-2.0
//
// What the tests attach to: C functions, a static one, two names for one place, an indirect function, C++ overloads.
#include <unistd.h>
#include <cstdio>

extern "C" {
__attribute__((noinline)) int subject_add(int a, int b) {
    asm volatile("");
    return a + b;
}
__attribute__((noinline)) int subject_twin(int a) {
    asm volatile("");
    return a * 3;
}
int subject_alias(int a) __attribute__((alias("subject_twin"), nothrow, leaf));
__attribute__((noinline)) int subject_alpha(int a) {
    asm volatile("");
    return a * 5;
}

__attribute__((noinline)) static int subject_static(int a) {
    asm volatile("");
    return a - 1;
}
static int chosen(int a) { return a + 1; }
static int (*choose())(int) { return chosen; }
int subject_chosen(int a) __attribute__((ifunc("choose")));
}

namespace subject {
struct Box {
    int value = 7;
    __attribute__((noinline)) int get(int by) const {
        asm volatile("");
        return value * by;
    }
    __attribute__((noinline)) int get(long by) const {
        asm volatile("");
        return static_cast<int>(by) + value;
    }
};
template <class T>
__attribute__((noinline)) T twice(T x) {
    asm volatile("");
    return x + x;
}
}  // namespace subject

int main(int argc, char**) {
    subject::Box box;
    int sum = subject_add(argc, 2) + subject_alias(argc) + subject_twin(argc) + subject_alpha(argc) +
              subject_static(argc) + subject_chosen(argc) + box.get(1) + box.get(2L) + subject::twice(argc);
    std::printf("%d\n", sum);
    std::fflush(stdout);
    if (argc > 1) pause();
    return 0;
}
