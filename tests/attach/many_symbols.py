#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a shared object of many functions that nobody calls: many_symbols.py FILE COUNT [odd]

`odd`: also names that no compiler gives. Only what a reader of symbols looks at is there: one loadable segment of
`ret` instructions, a symbol table and its names.
"""
import struct
import sys

ODD = ["with space", 'with"quote', "with'apostrophe", "é–utf8", "bell\007", "back\\slash", "per%cent", "colon:inside", "star*"]
TEXT = 0x1000  # offset and address of the code


def section(name, kind, flags, address, offset, size, link=0, info=0, align=8, entry=0):
    return struct.pack("<IIQQQQIIQQ", name, kind, flags, address, offset, size, link, info, align, entry)


def write(path, names):
    strings, symbols = bytearray(1), bytearray(24)
    for i, name in enumerate(names):
        symbols += struct.pack("<IBBHQQ", len(strings), 0x12, 0, 1, TEXT + i, 1)  # global function in section 1
        strings += name.encode() + b"\0"
    labels = b"\0.text\0.symtab\0.strtab\0.shstrtab\0"
    code = b"\xc3" * len(names)
    at_symbols = TEXT + len(code) + -len(code) % 8
    at_strings = at_symbols + len(symbols)
    at_labels = at_strings + len(strings)
    at_sections = at_labels + len(labels) + -(at_labels + len(labels)) % 8
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, at_sections, 0, 64, 56, 1, 64, 5, 4)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, TEXT + len(code), TEXT + len(code), 0x1000)
    table = (section(0, 0, 0, 0, 0, 0, align=0) + section(1, 1, 6, TEXT, TEXT, len(code)) +
             section(7, 2, 0, 0, at_symbols, len(symbols), 3, 1, 8, 24) + section(15, 3, 0, 0, at_strings, len(strings), align=1) +
             section(23, 3, 0, 0, at_labels, len(labels), align=1))
    with open(path, "wb") as f:
        for offset, part in ((0, header), (64, segment), (TEXT, code), (at_symbols, symbols), (at_strings, strings),
                             (at_labels, labels), (at_sections, table)):
            f.seek(offset)
            f.write(part)


if __name__ == "__main__":
    write(sys.argv[1], [f"function_{i:06}" for i in range(int(sys.argv[2]))] + (ODD if sys.argv[3:] else []))
