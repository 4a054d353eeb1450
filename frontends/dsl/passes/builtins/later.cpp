// SPDX-License-Identifier: Apache-2.0
//
// What the language knows and this compiler does not do yet: refused by name, never mistaken for a misspelling.
#include "passes/builtins/hooks.hpp"

namespace avocet::dsl {

namespace {

Type refuse(Typer& t, CallExpr& e) {
    t.error(e.span, e.name + "(): known, but not supported yet");
    return {};
}

constexpr BuiltinInfo later(const char* name, Builtin id, uint32_t flags = 0) {
    return {name, id, flags | builtin_later, 0, -1, refuse, nullptr};
}

constexpr BuiltinInfo table[] = {
    later("unwatch", Builtin::unwatch),
};

}  // namespace

std::span<const BuiltinInfo> later_builtins() { return table; }

}  // namespace avocet::dsl
