#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a session, checked by structure (every value of the maps is in them) and looked at by a browser.

pictures_test.py AVOCET OUTPUT_DIRECTORY: makes histogram, heat map and flame graphs of one recorded session, compares the numbers in
them with the JSON of the same session, and, where Chromium is installed, takes a screenshot of each in light and dark into
OUTPUT_DIRECTORY and asks the page itself whether any text leaves the picture or overlaps another. Exit status 77: no
privileges; the last line is the reason."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

AVOCET, OUTPUT = sys.argv[1], sys.argv[2]
SVG = "{http://www.w3.org/2000/svg}"
SCRIPT = r"""
BEGIN { @round = 0; }
interval:ms:60 {
  $i = 0;
  while ($i < 40) {
    @us["read <fast> & \"quoted\""] = hist(($i * $i * (@round + 1)) % 5000);
    @us["write"] = hist(($i * 37) % 300);
    @size = lhist($i * 3 % 100, 0, 100, 10);
    $i++;
  }
  @load["a"] = tseries((@round * 7) % 11, 100ms, 20);
  @load["a key that is rather long, as keys are"] = tseries(@round, 100ms, 20);
  @round++;
  print(@us);
  if (@round == 12) { exit(); }
}
"""
# What the page says of itself: texts that leave the picture, and texts that cover each other.
PROBE = """<script>addEventListener('load',function(){var s=document.querySelector('svg').getBoundingClientRect(),bad=[];
var t=[].filter.call(document.querySelectorAll('svg text'),function(e){return e.textContent.trim()&&getComputedStyle(e).display!='none'&&e.getBoundingClientRect().width>0});
var b=t.map(function(e){return e.getBoundingClientRect()});
b.forEach(function(r,i){if(r.left<s.left-1||r.right>s.right+1||r.top<s.top-1||r.bottom>s.bottom+1)bad.push('outside: '+t[i].textContent);
for(var j=0;j<i;j++){var q=b[j];if(Math.min(r.right,q.right)-Math.max(r.left,q.left)>1&&Math.min(r.bottom,q.bottom)-Math.max(r.top,q.top)>4)bad.push('overlap: '+t[i].textContent+' / '+t[j].textContent)}});
var p=document.createElement('pre');p.id='verdict';p.textContent=t.length+' texts\\n'+bad.slice(0,5).join('\\n');document.body.appendChild(p)})</script>"""


def run(*arguments):
    done = subprocess.run([AVOCET, *arguments], capture_output=True, timeout=60)
    if done.returncode != 0:
        text = done.stderr.decode(errors="replace")
        if "privilege" in text or "CAP_BPF" in text:
            print("no privileges to trace")
            sys.exit(77)
        sys.exit(f"{arguments}: {done.returncode}\n{text}")
    return done


def values_of(path, style):
    """(label, value) of every element with that class, in the order of drawing."""
    text = open(path, encoding="utf-8").read()
    if path.endswith(".html"):
        text = text[text.index("<svg"):text.index("</svg>") + 6]
        text = re.sub(r"<script>.*?</script>", "", text, flags=re.S)
    root = tree.fromstring(text)
    out = []
    for rect in root.iter(SVG + "rect"):
        if style in (rect.get("class") or "").split():
            assert rect.find(SVG + "title").text.endswith(": " + rect.get("data-value"))
            for side in ("x", "y", "width", "height"):
                float(rect.get(side))
            out.append(rect)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", ""), "the picture needs something from elsewhere"
    return root, out


def check_histogram(path, maps):
    root, bars = values_of(path, "bar")
    titles = [t.text for t in root.iter(SVG + "text") if t.get("class") == "h"]
    expected = []
    for name, data in maps["hist"].items():
        for key, buckets in (data.items() if isinstance(data, dict) else [("", data)]):
            assert any(t.startswith(f"{name}[{key}"[:20].replace(" ", "")) or t.replace(" ", "").startswith(f"{name}[{key}"[:20].replace(" ", "")) or t == name for t in titles), (name, key, titles)
            expected += [b["count"] for b in buckets]
    series = [p["value"] for data in maps["tseries"].values() for points in data.values() for p in points]
    drawn = [int(b.get("data-value")) for b in bars]
    assert sorted(drawn) == sorted(expected + series), (len(drawn), len(expected), len(series))
    print("PASS histogram:", len(drawn), "values,", len(titles), "panels")


def check_heatmap(path, maps, rounds):
    _, cells = values_of(path, "cell")
    of_us = [c for c in cells if c.find(SVG + "title").text.startswith("@us")]
    total = sum(b["count"] for buckets in maps["hist"]["@us"].values() for b in buckets)
    assert sum(int(c.get("data-value")) for c in of_us) == total, "counts over time are not the counts"
    columns = {c.get("data-column") for c in of_us}
    assert len(columns) == rounds, (columns, rounds)
    series = [p["value"] for points in maps["tseries"]["@load"].values() for p in points]
    assert sorted(int(c.get("data-value")) for c in cells if c.find(SVG + "title").text.startswith("@load")) == sorted(series)
    print("PASS heat map:", len(cells), "cells,", len(columns), "columns")


def check_difference(directory):
    """Two folded texts: one by hand, one from a session."""
    run("run", "-q", "-e", "tracepoint:raw_syscalls:sys_enter /pid == cpid/ { @[ustack(4), comm] = count(); }", "-c", "/bin/true",
        "--sink", f"flamegraph:path={directory}/flame.svg,folded_path={directory}/first,title=System calls of <true> & its stacks",
        "--sink", f"flamegraph:name=page,path={directory}/flame.html", "-o", "/dev/null")
    lines = open(f"{directory}/first").read().splitlines()
    with open(f"{directory}/base", "w") as base:
        for line in lines[: len(lines) // 2]:
            base.write(line.rsplit(" ", 1)[0] + " 9\n")
        base.write("gone;for ever 5\n")
    run("run", "-q", "-e", "tracepoint:raw_syscalls:sys_enter /pid == cpid/ { @[ustack(4), comm] = count(); }", "-c", "/bin/true",
        "--sink", f"flamegraph:path={directory}/difference.svg,base_path={directory}/base", "-o", "/dev/null")
    root = tree.parse(f"{directory}/difference.svg").getroot()
    frames = [g for g in root.iter(SVG + "g") if g.get("class") == "f"]
    base_total = int(frames[0].get("data-b"))
    assert base_total == 9 * (len(lines) // 2) + 5, base_total
    red = blue = 0
    for g in frames:
        change = int(g.get("data-w")) / int(frames[0].get("data-w")) - int(g.get("data-b")) / base_total
        r, _, b = map(int, re.findall(r"\d+", g.find(SVG + "rect").get("fill")))
        if abs(change) > 0.02:
            assert (r > b) == (change > 0), (g.get("data-n"), change, r, b)
        red, blue = red + (change > 0.02), blue + (change < -0.02)
    assert red and blue, (red, blue)
    assert not any(g.get("data-n") == "for ever" for g in frames)
    bad = subprocess.run([AVOCET, "run", "-e", "BEGIN { exit(); }", "--sink", f"flamegraph:path={directory}/x.svg,base_path={directory}/nowhere"],
                         capture_output=True, timeout=20)
    assert bad.returncode != 0 and b"cannot be read: " in bad.stderr, bad.stderr
    print("PASS difference:", len(frames), "frames,", red, "red,", blue, "blue")


# Clicks, a search and Escape, as a person would; what the frames look like after each.
ACTIONS = """<script><![CDATA[addEventListener('load',function(){window.prompt=function(){return '^WANTED$'};
var g=[].slice.call(document.querySelectorAll('g.f')),w=g.filter(function(f){return f.getAttribute('data-n')=='WANTED'})[0],out=[];
function width(f){return +f.querySelector('rect').getAttribute('width')}function shown(){return g.filter(function(f){return f.style.display!='none'}).length}
function click(e){e.dispatchEvent(new MouseEvent('click',{bubbles:true}))}
var all=shown(),before=width(w);click(w);out.push('zoom '+(width(w)>before&&Math.abs(width(w)-width(g[0]))<1&&shown()<all));
click(document.getElementById('reset'));out.push('reset '+(shown()==all&&Math.abs(width(w)-before)<0.01));
click(document.getElementById('search'));out.push('search '+/matched [0-9.]+%/.test(document.getElementById('matched').textContent)+' '+(w.querySelector('rect').style.fill!=''));
dispatchEvent(new KeyboardEvent('keydown',{key:'Escape'}));out.push('escape '+(w.querySelector('rect').style.fill==''));
w.dispatchEvent(new MouseEvent('mouseenter'));out.push('details '+(document.getElementById('details').textContent.indexOf('WANTED (')==0));
var p=document.createElementNS('http://www.w3.org/2000/svg','text');p.id='acted';p.textContent=out.join('; ');document.querySelector('svg').appendChild(p)})]]></script>"""


def act(browser, picture):
    text = open(picture, encoding="utf-8").read()
    svg = text
    frames = [(int(w), n) for w, n in re.findall(r'data-w="(\d+)" data-d="[1-9]\d*" data-n="(\w{4,})"', svg)]
    total = int(re.search(r'data-total="(\d+)"', svg)[1])
    wanted = min((f for f in frames if f[0] < total and sum(n == f[1] for _, n in frames) == 1), key=lambda f: abs(f[0] - total / 3))[1]
    actions = ACTIONS.replace("WANTED", wanted)
    page = f"{OUTPUT}/{os.path.basename(picture)}.act{os.path.splitext(picture)[1]}"
    open(page, "w").write(svg.replace("</svg>", actions + "</svg>"))
    dom = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={OUTPUT}/profile",
                          "--dump-dom", f"file://{os.path.abspath(page)}"], capture_output=True, timeout=60).stdout.decode()
    acted = re.search(r'id="acted">(.*?)</text>', dom, re.S)
    assert acted and acted[1] == "zoom true; reset true; search true true; escape true; details true", (wanted, acted and acted[1])
    print("PASS zoom, reset, search, escape, details on", wanted, "in", os.path.basename(picture))


HOVER = """<script><![CDATA[addEventListener('load',function(){var v=document.querySelectorAll('.v'),r=document.getElementById('readout'),good=0;
[].forEach.call(v,function(e){e.dispatchEvent(new MouseEvent('mouseenter'));good+=r.textContent==e.querySelector('title').textContent&&r.textContent.length>3;
e.dispatchEvent(new MouseEvent('mouseleave'));good-=r.textContent!=''});
var p=document.createElementNS('http://www.w3.org/2000/svg','text');p.id='acted';p.textContent=good==v.length&&good>0;document.documentElement.appendChild(p)})]]></script>"""


def hover(browser, picture):
    page = f"{OUTPUT}/{os.path.basename(picture)}.hover.svg"
    open(page, "w").write(open(picture, encoding="utf-8").read().replace("</svg>", HOVER + "</svg>"))
    dom = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={OUTPUT}/profile",
                          "--dump-dom", f"file://{os.path.abspath(page)}"], capture_output=True, timeout=60).stdout.decode()
    assert 'id="acted">true<' in dom, dom[-300:]
    print("PASS values under the pointer of", os.path.basename(picture))


def look(browser, picture):
    """Screenshots in both themes, and the page's own verdict."""
    name = os.path.basename(picture)
    page = f"{OUTPUT}/{name}.look.html"
    text = open(picture, encoding="utf-8").read()
    svg = text[text.index("<svg"):]
    if name.endswith(".svg"):
        svg = svg.replace("<![CDATA[", "").replace("]]>", "")
    else:
        svg = svg[:svg.index("</svg>") + 6]
    size = re.search(r'width="(\d+)" height="(\d+)"', svg)
    open(page, "w").write(f"<!DOCTYPE html><meta charset=utf-8><body style='margin:0'>{svg}{PROBE}")
    flags = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
             f"--user-data-dir={OUTPUT}/profile", f"--window-size={size[1]},{int(size[2]) + 100}"]
    for theme, more in (("light", []), ("dark", ["--blink-settings=preferredColorScheme=0"])):
        shot = f"{OUTPUT}/{name}.{theme}.png"
        subprocess.run([*flags, *more, f"--screenshot={shot}", f"file://{os.path.abspath(picture)}"], capture_output=True, timeout=60)
        assert os.path.getsize(shot) > 3000, shot
    dom = subprocess.run([*flags, "--dump-dom", f"file://{os.path.abspath(page)}"], capture_output=True, timeout=60).stdout.decode()
    verdict = re.search(r'id="verdict">(.*?)</pre>', dom, re.S)
    assert verdict, dom[-400:]
    lines = verdict[1].strip().split("\n")
    assert len(lines) == 1 and int(lines[0].split()[0]) > 1, (name, lines)
    print("PASS looked at", name, lines[0])


def main():
    shutil.rmtree(OUTPUT, ignore_errors=True)
    os.makedirs(OUTPUT)
    with tempfile.TemporaryDirectory() as directory:
        done = run("run", "-q", "-f", "json", "-e", SCRIPT, "--sink", f"histogram:path={OUTPUT}/histogram.svg,title=Sizes & times",
                   "--sink", f"histogram:name=page,path={OUTPUT}/histogram.html", "--sink", f"heatmap:path={OUTPUT}/heatmap.html,scale=log",
                   "--sink", f"heatmap:name=svg,path={OUTPUT}/heatmap.svg")
        maps, rounds = {}, 0
        for record in map(json.loads, done.stdout.splitlines()):
            if record["type"] in ("hist", "tseries"):
                maps.setdefault(record["type"], {}).update(record["data"])
                rounds += "@us" in record["data"]
        check_histogram(f"{OUTPUT}/histogram.svg", maps)
        check_histogram(f"{OUTPUT}/histogram.html", maps)
        # The last print at exit adds nothing to the column before it, so it has no cell.
        check_heatmap(f"{OUTPUT}/heatmap.svg", maps, rounds - 1)
        check_heatmap(f"{OUTPUT}/heatmap.html", maps, rounds - 1)
        check_difference(directory)
        for name in ("flame.svg", "flame.html", "difference.svg"):
            shutil.copy(f"{directory}/{name}", OUTPUT)
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if not browser:
        print("SKIP looking: chromium is not installed")
        return
    for name in ("histogram.svg", "histogram.html", "heatmap.svg", "heatmap.html", "flame.svg", "flame.html", "difference.svg"):
        look(browser, f"{OUTPUT}/{name}")
    for name in ("flame.svg", "flame.html"):
        act(browser, f"{OUTPUT}/{name}")
    for name in ("histogram.svg", "heatmap.svg"):
        hover(browser, f"{OUTPUT}/{name}")
    shutil.rmtree(f"{OUTPUT}/profile", ignore_errors=True)


main()
