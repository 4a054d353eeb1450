// SPDX-License-Identifier: Apache-2.0
//
// Prints addresses of its functions as "name address" lines, and of a block of anonymous code; then waits for a byte.
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

extern "C" __attribute__((noinline)) int subject_c(int a) {
    asm volatile("");
    return a + 1;
}
__attribute__((noinline)) static int subject_local(int a) {
    asm volatile("");
    return a + 2;
}

namespace subject {
struct Shape {
    __attribute__((noinline)) int area(int side) const {
        asm volatile("");
        return side * side;
    }
};
}  // namespace subject

int main() {
    auto area = &subject::Shape::area;
    void* code = nullptr;
    static_assert(sizeof area >= sizeof code);
    __builtin_memcpy(&code, &area, sizeof code);
    void* anonymous = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (anonymous == MAP_FAILED) return 1;
    subject::Shape shape;
    int sum = subject_c(1) + subject_local(2) + shape.area(3);
    std::printf("c %p\nlocal %p\nshape %p\nanonymous %p\ngetppid %p\nsum %d\nend 0\n",
                reinterpret_cast<void*>(subject_c), reinterpret_cast<void*>(subject_local), code, anonymous,
                reinterpret_cast<void*>(getppid), sum);
    std::fflush(stdout);
    char byte;
    return read(0, &byte, 1) < 0;
}
