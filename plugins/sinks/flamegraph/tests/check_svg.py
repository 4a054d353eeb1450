#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_svg.py FILE: the SVG is well-formed, and the widths of its frames add up. Prints each frame: depth, start, count, name."""
import sys
import xml.etree.ElementTree as tree

root = tree.parse(sys.argv[1]).getroot()
space = "{http://www.w3.org/2000/svg}"
assert root.tag == space + "svg", root.tag
total, inner = int(root.get("data-total")), int(root.get("data-width"))
frames = []
for group in root.iter(space + "g"):
    rect = group.find(space + "rect")
    frames.append((int(group.get("data-d")), int(group.get("data-x")), int(group.get("data-w")), group.get("data-n")))
    assert abs(float(rect.get("width")) - frames[-1][2] / total * inner) < 0.01, group.get("data-n")
    assert abs(float(rect.get("x")) - 10 - frames[-1][1] / total * inner) < 0.01, group.get("data-n")
    assert group.find(space + "title").text.startswith(group.get("data-n") + " (")
assert frames[0] == (0, 0, total, "all"), frames[0]
for depth, start, count, name in frames:
    row = sorted(f for f in frames if f[0] == depth)
    for left, right in zip(row, row[1:]):
        assert left[1] + left[2] <= right[1], (left, right)
    if depth:
        assert any(f[0] == depth - 1 and f[1] <= start and start + count <= f[1] + f[2] for f in frames), name
assert root.find(space + "script").text.strip()
for frame in frames:
    print(*frame)
