#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# For six_sinks.test, sourced: . six_sinks.sh TMP DIRECTORY_OF_THE_FILE_SINK WORKLOAD. A rsyslogd of the test's own, a session
# with six sinks from one TOML file, and what each of them has in the end.
tmp=$1 file_directory=$2 workload=$3
rsyslog= tracer= hanging= at_exit=true
trap 'kill $rsyslog $tracer $hanging 2>/dev/null; wait 2>/dev/null; $at_exit' EXIT
syslog_port=$((20000 + $$ % 20000)) http_port=$((40000 + $$ % 20000))

start_rsyslog() {
    printf '%s\n' "global(workDirectory=\"$tmp\")" 'module(load="imtcp")' "input(type=\"imtcp\" address=\"127.0.0.1\" port=\"$syslog_port\")" \
        'template(name="t" type="string" string="%app-name%|%msgid%\n")' "*.* action(type=\"omfile\" file=\"$tmp/logged\" template=\"t\")" >"$tmp/rsyslog.conf"
    touch "$tmp/logged"
    rsyslogd -n -f "$tmp/rsyslog.conf" -i "$tmp/rsyslog.pid" 2>/dev/null &
    rsyslog=$!
    until (exec 3<>/dev/tcp/127.0.0.1/$syslog_port) 2>/dev/null; do kill -0 $rsyslog; sleep 0.02; done
}
stop_rsyslog() { kill $rsyslog; wait $rsyslog || true; rsyslog=; }

# EVENTS [FILE]: so many events, with FILE when it exists; the session lasts until $tmp/done exists.
start_session() {
    local route sink
    {
        printf '[[sink]]\nname = "screen"\ntype = "console"\n'
        printf '[[sink]]\nname = "kept"\ntype = "file"\nformat = "json"\npath = "%s/kept"\n' "$file_directory"
        printf '[[sink]]\nname = "logged"\ntype = "syslog"\naddress = "tcp://127.0.0.1:%s"\noutage_wait_ms = 100\nend_wait_ms = 100\n' $syslog_port
        printf '[[sink]]\nname = "metrics"\ntype = "prometheus"\nport = %s\n' $http_port
        printf '[[sink]]\nname = "samples"\ntype = "perfdata"\npath = "%s/perf.data"\n' "$tmp"
        printf '[[sink]]\nname = "graph"\ntype = "flamegraph"\nfolded_path = "%s/folded"\npath = "%s/graph.svg"\n' "$tmp" "$tmp"
        while read -r route sink; do
            printf '[[route]]\nname = "%s"\nmatch = { kind = ["event"] }\nto = ["%s"]\n' "$route" "$sink"
        done <<<$'to_screen screen\nto_file kept\nto_syslog logged\nto_metrics metrics\nto_perf samples\nto_graph graph'
    } >"$tmp/six.toml"
    printf '%s\n' "until [ -z '${2:-}' ] || [ -e '${2:-}' ]; do sleep 0.02; done" "$workload syscalls $1" "until [ -e $tmp/done ]; do sleep 0.02; done" >"$tmp/child"
    timeout 80 "$AVOCET" --config "$tmp/six.toml" run --strict -q \
        -e 't:syscalls:sys_enter_getppid /comm == "avworkload"/ { printf("event of %s %s\n", comm, ustack(3)); }' \
        -c "bash $tmp/child" >"$tmp/screen" 2>"$tmp/err" &
    tracer=$!
    until scrape >/dev/null 2>&1; do kill -0 $tracer || { cat "$tmp/err"; exit 1; }; sleep 0.05; done
}
scrape() { python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/metrics", timeout=5).read().decode())' $http_port; }
# Half a request, and then nothing.
hang_on_http() {
    python3 -c 'import socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1]))); s.sendall(b"GET /metrics HT"); print("hangs", flush=True); time.sleep(60)' $http_port >"$tmp/hanging" &
    hanging=$!
    until grep -q hangs "$tmp/hanging"; do kill -0 $hanging; sleep 0.02; done
}
on_screen() { grep -c '^event of avworkload' "$tmp/screen" || true; }
in_file() { grep -c '"type": "printf"' "$file_directory/kept" || true; }
logged() { grep -c '^avocet|event$' "$tmp/logged" || true; }
in_perf() { perf script -i "$tmp/perf.data" -F comm,event 2>/dev/null | grep -c '^ *avworkload'; }
folded() { awk '{ sum += $NF } END { print sum + 0 }' "$tmp/folded"; }
# Of a route, by the report at the end.
lost() { sed -n "s/^lost: $1 -> .*: \([0-9]*\) records dropped by a full queue, \([0-9]*\) failed.*/\1 \2/p" "$tmp/err" | awk '{ sum += $1 + $2 } END { print sum + 0 }'; }
