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
    later("assert", Builtin::assert_),
    later("cat", Builtin::cat),
    later("config", Builtin::config, builtin_word),
    later("container_of", Builtin::container_of, builtin_literals),  // rewritten by resolve_names
    later("debugf", Builtin::debugf),
    later("dw_ustack", Builtin::dw_ustack, builtin_word | builtin_literals),
    later("elf_info", Builtin::elf_info),
    later("elf_is_exe", Builtin::elf_is_exe, builtin_word),
    later("errorf", Builtin::errorf),
    later("getopt", Builtin::getopt),
    later("kfunc_allowed", Builtin::kfunc_allowed),
    later("kfunc_exist", Builtin::kfunc_exist),
    later("override", Builtin::override_, builtin_unsafe),
    later("path", Builtin::path),
    later("percpu_kaddr", Builtin::percpu_kaddr),
    later("pton", Builtin::pton),
    later("skboutput", Builtin::skboutput),
    later("socket_cookie", Builtin::socket_cookie),
    later("str_concat", Builtin::str_concat),
    later("system", Builtin::system, builtin_unsafe),
    later("tseries", Builtin::tseries),
    later("uaddr", Builtin::uaddr),
    later("unwatch", Builtin::unwatch),
    later("warnf", Builtin::warnf),
    later("write_user", Builtin::write_user, builtin_unsafe),
};

}  // namespace

std::span<const BuiltinInfo> later_builtins() { return table; }

}  // namespace avocet::dsl
