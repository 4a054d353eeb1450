// SPDX-License-Identifier: Apache-2.0
//
// Calls with known arguments of every sort that debug information can describe, as often as it is told; built without
// optimisation and with it (typed, typed_o2, typed_clang). Each value is written down at its call in `main`.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" {

enum color { red, green = 5, blue };
struct point {
    int x, y;
};
struct file {  // not the kernel's
    char name[16];
    struct point where;
    struct file* next;
    unsigned mode : 3;
    int delta : 5;
    enum color color;
    double weight;
    union {
        int as_int;
        unsigned char bytes[4];
    };
};
struct wide {
    long a, b, c;
};
typedef unsigned short port_t;

#define PROBED __attribute__((noinline, used))

PROBED int typed_scalars(signed char a, port_t b, int c, const char* text, enum color color, bool flag) {
    __asm__ volatile("" ::: "memory");
    return a + b + c + *text + color + flag;
}
PROBED int typed_pointer(struct file* f, int times) {
    __asm__ volatile("" ::: "memory");
    return f->mode * times;
}
PROBED int typed_values(struct point small, struct wide big, int last) {
    __asm__ volatile("" ::: "memory");
    return small.x + static_cast<int>(big.c) + last;
}
PROBED long typed_pair(struct file* first, struct wide* w, struct point p, int n) {
    __asm__ volatile("" ::: "memory");
    return first->mode + w->b + p.y + n;
}
struct text {
    const char* data;
    long length;
};
PROBED long typed_text(struct text t, int n) {
    __asm__ volatile("" ::: "memory");
    return t.length + n;
}
PROBED long typed_many(int a, int b, int c, int d, int e, int f, short seventh, long eighth) {
    __asm__ volatile("" ::: "memory");
    return a + b + c + d + e + f + seventh + eighth;
}
PROBED double typed_float(double f, int n) {
    __asm__ volatile("" ::: "memory");
    return f * n;
}
}

namespace shapes {
class Base {
public:
    virtual ~Base() = default;
    int id = 11;
};
class Box : public Base {
public:
    explicit Box(int w) : width(w) {}
    PROBED int scale(const point& by, long factor) const {
        __asm__ volatile("" ::: "memory");
        return width * by.x * static_cast<int>(factor);
    }
    PROBED int scale(int factor) const {
        __asm__ volatile("" ::: "memory");
        return width * factor;
    }
    int width;
    static int count;
};
int Box::count = 0;
PROBED wide make(const Box& box, int n) {  // the result's address comes first
    __asm__ volatile("" ::: "memory");
    return {box.width, n, 0};
}
}  // namespace shapes

int main(int argc, char** argv) {
    int times = argc > 1 ? std::atoi(argv[1]) : 1;
    file tail{"tail", {3, 4}, nullptr, 5, -7, blue, 1.5, {0x01020304}};
    file head{"head", {1, 2}, &tail, 6, 9, green, 2.5, {7}};
    wide big{100, 200, 300};
    shapes::Box box(21);
    long sum = 0;
    for (int i = 0; i < times; ++i) {
        sum += typed_scalars(-3, 65535, -70000, "hello", green, true);
        sum += typed_pointer(&head, 8);
        sum += typed_values({10, 20}, big, 30);
        sum += typed_pair(&head, &big, {40, 50}, 60);
        sum += typed_text({"some text", 9}, 4);
        sum += typed_many(1, 2, 3, 4, 5, 6, -7, 8000000000);
        sum += static_cast<long>(typed_float(2.5, 2));
        sum += box.scale(point{2, 3}, 4) + box.scale(5);
        sum += shapes::make(box, 17).b;
    }
    std::printf("%ld\n", sum);
}
