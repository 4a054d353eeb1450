#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""slow_reader.py PIPE OUTPUT READY: copies a named pipe slowly; creates READY once it has the pipe open."""
import os
import select
import sys
import time

pipe, output, ready = sys.argv[1:]
fd = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
open(ready, "w").close()
seen = False
with open(output, "wb") as out:
    while True:
        select.select([fd], [], [], 0.01)
        try:
            data = os.read(fd, 4096)
        except BlockingIOError:
            continue
        if data:
            seen = True
            out.write(data)
            time.sleep(0.002)
        elif seen:
            break  # the writer has closed it
        else:
            time.sleep(0.01)  # no writer yet
