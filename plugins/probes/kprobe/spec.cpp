// SPDX-License-Identifier: Apache-2.0
#include "spec.hpp"

#include <algorithm>

#include "avocet/number.hpp"
#include "avocet/probe_group.hpp"

namespace avocet::kprobe {

namespace {

void parse_offset(const ProbeSpec& spec, Spec& out) {
    const size_t plus = out.function.find('+');
    if (plus == std::string::npos) return;
    const std::string text = out.function.substr(plus + 1);
    out.function.resize(plus);
    if (text.find('+') != std::string::npos)
        throw Error(AVOCET_ERR_INVALID, "'" + spec.text + "': cannot take more than one offset");
    const auto number = parse_number(text);
    if (!number || number->is_duration) throw Error(AVOCET_ERR_INVALID, "'" + spec.text + "': invalid offset");
    if (out.is_return)
        throw Error(AVOCET_ERR_INVALID, "'" + spec.text + "': offset not allowed",
                    "a kretprobe is at the function's return; a kprobe can be put at an offset");
    if (out.pattern())
        throw Error(AVOCET_ERR_INVALID, "'" + spec.text + "': an offset needs one function, not a pattern");
    out.has_offset = true;
    out.offset = number->value;
}

}  // namespace

Spec parse_spec(const ProbeSpec& spec) {
    if (spec.parts.empty() || spec.parts.size() > 2) throw wrong_part_count(spec, "1 or 2");
    Spec out;
    out.is_return = spec.kind == "kretprobe";
    out.function = spec.parts.back();
    if (spec.parts.size() == 2) out.module = spec.parts[0];
    parse_offset(spec, out);
    if (out.function.empty())
        throw Error(AVOCET_ERR_INVALID, spec.kind + "s should be attached to a function or an address",
                    "for example " + spec.kind + ":vfs_read");
    const auto number = parse_number(out.function);
    if (!number || number->is_duration || spec.parts.size() == 2) return out;
    if (!spec.unsafe())
        throw Error(AVOCET_ERR_INVALID, "'" + spec.text + "': probing by address requires --unsafe",
                    "the kernel cannot check what is at an address");
    out.by_address = true;
    out.address = number->value + out.offset;
    return out;
}

}  // namespace avocet::kprobe
