#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An HTTP server of files that announces each transfer by a static probe, which it makes while it runs.

The library with the probe is written to a file of its own, loaded, and deleted: an ELF image with one function (nop; ret)
and a note that says where the probe is and where its arguments lie. transfer:file(const char *client, const char *path,
uint32 bytes). Prints its port, then serves; ends when its standard input does.
"""
import ctypes
import http.server
import os
import struct
import tempfile
import threading

CODE, NOTE, NAMES, DATA = 0x400, 0x600, 0x700, 0x1000
DT_NULL, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT = 0, 4, 5, 6, 10, 11


def put(image, at, content):
    image[at:at + len(content)] = content


def make_image(provider, probe, arguments):
    image = bytearray(0x2000)
    put(image, 0, b"\x7fELF\x02\x01\x01" + bytes(9))
    put(image, 16, struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 0x40, 0x200, 0, 64, 56, 3, 64, 3, 2))
    put(image, 0x40, struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 0x1000, 0x1000, 0x1000))        # code
    put(image, 0x78, struct.pack("<IIQQQQQQ", 1, 6, DATA, DATA, DATA, 0x200, 0x200, 0x1000))  # data
    put(image, 0xB0, struct.pack("<IIQQQQQQ", 2, 6, DATA, DATA, DATA, 96, 96, 8))             # dynamic section
    hashes, symbols, strings = DATA + 0x80, DATA + 0xA0, DATA + 0xE0
    dynamic = [(DT_HASH, hashes), (DT_SYMTAB, symbols), (DT_STRTAB, strings), (DT_STRSZ, 16), (DT_SYMENT, 24), (DT_NULL, 0)]
    put(image, DATA, b"".join(struct.pack("<QQ", *entry) for entry in dynamic))
    put(image, hashes, struct.pack("<IIIII", 1, 2, 1, 0, 0))
    put(image, symbols + 24, struct.pack("<IBBHQQ", 1, 0x12, 0, 1, CODE, 2))
    put(image, strings, b"\0fire\0")
    put(image, CODE, b"\x90\xc3")
    body = struct.pack("<QQQ", CODE, 0, 0) + provider + b"\0" + probe + b"\0" + arguments + b"\0"
    note = struct.pack("<III", 8, len(body), 3) + b"stapsdt\0" + body
    put(image, NOTE, note)
    put(image, NAMES, b"\0.note.stapsdt\0.shstrtab\0")
    put(image, 0x240, struct.pack("<IIQQQQIIQQ", 1, 7, 0, 0, NOTE, (len(note) + 3) & ~3, 0, 0, 4, 0))
    put(image, 0x280, struct.pack("<IIQQQQIIQQ", 15, 3, 0, 0, NAMES, 25, 0, 0, 1, 0))
    return bytes(image)


def load_probe():
    with tempfile.NamedTemporaryFile(prefix="avocet-transfer-") as file:
        file.write(make_image(b"transfer", b"file", b"8@%rdi 8@%rsi 4@%edx"))
        file.flush()
        fire = ctypes.CDLL(file.name).fire
    fire.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint32]
    return fire


FIRE = load_probe()


class Files(http.server.SimpleHTTPRequestHandler):
    def copyfile(self, source, outputfile):
        # Buffers of their own: a probe may read a fixed number of bytes, which must be there.
        client = ctypes.create_string_buffer(self.client_address[0].encode(), 512)
        path = ctypes.create_string_buffer(self.path.encode(), 512)
        FIRE(ctypes.cast(client, ctypes.c_char_p), ctypes.cast(path, ctypes.c_char_p), os.fstat(source.fileno()).st_size)
        super().copyfile(source, outputfile)

    def log_message(self, *unused):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
try:
    while input():
        pass
except EOFError:
    pass
