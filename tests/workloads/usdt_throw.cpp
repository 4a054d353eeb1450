// SPDX-License-Identifier: Apache-2.0
//
// usdt_throw N: N exceptions thrown and caught, through libstdc++ with its probes `throw` and `catch`; and probes of
// its own with the arguments that C++ has: references, members, enums, bool. Exit status 0 if all were caught.
#include <sys/prctl.h>
#include <sys/sdt.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>

namespace {

enum class Colour : uint8_t { red = 3, green = 250 };
struct Order {
    int64_t id;
    const char* name;
    bool is_paid;
    Colour colour;
    double price;
};

[[gnu::noinline]] void take(const Order& order) {
    STAP_PROBE5(shop, order, order.id, order.name, order.is_paid, order.colour, &order);
    STAP_PROBE2(shop, price, order.price, order.id);
}

}  // namespace

int main(int argc, char** argv) {
    const long n = argc > 1 ? std::atol(argv[1]) : 1;
    long caught = 0;
    prctl(PR_SET_NAME, "avthrow");
    for (long i = 0; i < n; ++i) {
        take({-i, "tea", i % 2 == 0, Colour::green, 1.5});
        try {
            throw std::runtime_error("known");
        } catch (const std::runtime_error&) { ++caught; }
    }
    return caught == n ? 0 : 1;
}
