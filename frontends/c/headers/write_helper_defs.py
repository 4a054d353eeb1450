#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes bpf/bpf_helper_defs.h: the kernel's helpers by name, number and prototype.

The facts are those of the UAPI header: prototypes stand in the comment above the list, the list gives the numbers. What an
older header lacks is added from `later` below, so the output does not depend on the machine it is made on.

write_helper_defs.py [/usr/include/linux/bpf.h] > bpf/bpf_helper_defs.h
"""
import re
import sys

later = {  # Linux 6.2
    210: "void *bpf_cgrp_storage_get(struct bpf_map *map, struct cgroup *cgroup, void *value, u64 flags)",
    211: "long bpf_cgrp_storage_delete(struct bpf_map *map, struct cgroup *cgroup)",
}
# How programs see what the kernel's own prototypes name.
types = [(r"\bstruct bpf_map\b", "void"), (r"\bstruct sk_buff\b", "struct __sk_buff"),
         (r"\bstruct sk_msg_buff\b", "struct sk_msg_md"), (r"\bstruct xdp_buff\b", "struct xdp_md"),
         (r"\b([us])(8|16|32|64)\b", r"__\1\2"), (r"\bsize_t\b", "unsigned long"),
         (r"(?<!const )\bstruct bpf_dynptr \*(?=src|dst|ptr,)", "const struct bpf_dynptr *")]
any_context = ("bpf_get_socket_cookie", "bpf_sk_assign")  # of several kinds of programs

text = open(sys.argv[1] if len(sys.argv) > 1 else "/usr/include/linux/bpf.h").read()
names = re.findall(r"FN\((\w+)[,)]", text[text.index("FN(unspec"):])
numbers = {"bpf_" + name: number for number, name in enumerate(names)}

comment = text[text.index("Start of BPF helper function descriptions"):text.index("FN(unspec")]
prototypes = {}
for match in re.finditer(r"^ \* ((?:[a-z_][\w ]* \**|[a-z_]\w* )(bpf_\w+)\((?:[^)]|\n)*\))\n \*\s+Description", comment, re.M):
    prototypes.setdefault(match.group(2), re.sub(r"\s*\n \*\s*", " ", match.group(1)))
lines = {}
for name, prototype in prototypes.items():
    if name in numbers:
        lines[numbers[name]] = prototype
for number, prototype in later.items():
    lines.setdefault(number, prototype)
missing = [name for name, number in numbers.items() if number and number not in lines]
if missing:
    sys.exit(f"no prototype found of {missing}")

out, structs = [], set()
for number in sorted(lines):
    before, arguments = lines[number].split("(", 1)
    result, name = re.match(r"(.*?[ *]+)(bpf_\w+)$", before).groups()
    for pattern, by in types:
        result, arguments = re.sub(pattern, by, result), re.sub(pattern, by, arguments)
    if name in any_context:
        arguments = re.sub(r"struct __sk_buff \*\w+", "void *ctx", arguments)
    structs |= set(re.findall(r"struct (\w+)", result + arguments))
    out.append(f"static {result.strip()}{'' if result.endswith('*') else ' '}(*const {name})({arguments} = (void *){number};")
print("/* SPDX-License-Identifier: Apache-2.0")
print(" *")
print(" * The kernel's helpers: names, numbers and prototypes of linux/bpf.h. Made by write_helper_defs.py.")
print(" */")
print("#ifndef __VMLINUX_H__\n#include <linux/types.h>\n#endif")
for name in sorted(structs):
    print(f"struct {name};")
print()
print("\n".join(out))
