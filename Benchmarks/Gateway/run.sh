#!/usr/bin/env bash
# Measures the audited gateway beside nginx as a plain proxy and a plain Node.js middleware, interleaved in one run.
# Prints CPU microseconds per request, requests per second and the ratios: medians over the rounds.
#   Benchmarks/Gateway/run.sh [GatewayBenchmark binary]
# DATABASE, the address of an empty PostgreSQL database, puts the ledger there (the server's own CPU is not counted):
#   scripts/with-postgres sh -c 'DATABASE=$MUNIMENT_TEST_POSTGRES Benchmarks/Gateway/run.sh BINARY'
# ROUNDS (5), SECONDS_EACH (3), CONNECTIONS ("64 256") and BUILD_FLAGS may be set.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
for tool in nginx wrk node python3 curl; do
    command -v "$tool" >/dev/null || { echo "missing: $tool (apt-get install nginx-light wrk nodejs python3 curl)" >&2; exit 2; }
done
binary=${1:-}
if [ -z "$binary" ]; then
    # shellcheck disable=SC2086
    (cd "$root" && swift build -c release --product GatewayBenchmark -Xswiftc -enforce-exclusivity=unchecked ${BUILD_FLAGS:-} >&2)
    binary=$(cd "$root" && swift build -c release --show-bin-path)/GatewayBenchmark
fi
folder=$(mktemp -d "${TMPDIR:-/var/tmp}/gateway-benchmark.XXXXXX")
processes=()
finish() {
    for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
upstream=$(free_port); sink=$(free_port); proxy=$(free_port); node=$(free_port)

start_nginx() { # name, port, location
    sed -e "s|@FOLDER@|$folder|g; s|@NAME@|$1|g; s|@UPSTREAM@|$upstream|; s|@PORT@|$2|; s|@LOCATION@|$3|" \
        "$here/nginx.conf.in" >"$folder/$1.conf"
    nginx -c "$folder/$1.conf" -p "$folder" &
    started=$!
    processes+=("$started")
}

mkdir "$folder/www"
cp "$here/customer.json" "$folder/www/customer.json"
start_nginx upstream "$upstream" "root $folder/www; location /customers/ { default_type application/json; rewrite ^ /customer.json break; }"
start_nginx sink "$sink" "location / { return 204; }"
start_nginx proxy "$proxy" "location / { proxy_http_version 1.1; proxy_set_header Connection ''; proxy_pass http://records; }"
proxy_process=$started
mkfifo "$folder/ready"
"$binary" "$upstream" "$folder/ledger" >"$folder/ready" &
muniment_process=$!
processes+=("$muniment_process")
read -r muniment TOKEN <"$folder/ready"
export TOKEN
node "$here/baseline.js" "$node" "$upstream" "$sink" &
node_process=$!
processes+=("$node_process")
sleep 1

body='{"customerId":"C-1","agentId":"a","interactionId":"i"}'
for port in "$muniment" "$node"; do
    curl -sf -H "Authorization: Basic $TOKEN" -H 'Content-Type: application/json' -d "$body" \
        "http://127.0.0.1:$port/api/v1/read/customer-profile" | python3 -c 'import json, sys; json.load(sys.stdin)'
done
curl -sf "http://127.0.0.1:$proxy/customers/C-1" | cmp - "$here/customer.json"

cpu() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

measure() { # name, process, port, connections, seconds
    if [ "$1" = nginx ]; then export PLAIN=1; else unset PLAIN; fi
    local before after
    before=$(cpu "$2")
    wrk -t1 -c"$4" -d"${5}s" -s "$here/read.lua" "http://127.0.0.1:$3" >"$folder/wrk"
    after=$(cpu "$2")
    echo "$1 $4 $((after - before)) $(sed -n 's/^RESULT //p' "$folder/wrk")"
}

results=$folder/results
for connections in ${CONNECTIONS:-64 256}; do
    for round in $(seq 0 "${ROUNDS:-5}"); do
        order="nginx muniment node"
        [ $((round % 2)) = 1 ] && order="node muniment nginx"
        for name in $order; do
            case $name in
                nginx) line=$(measure nginx "$proxy_process" "$proxy" "$connections" "${SECONDS_EACH:-3}") ;;
                muniment) line=$(measure muniment "$muniment_process" "$muniment" "$connections" "${SECONDS_EACH:-3}") ;;
                node) line=$(measure node "$node_process" "$node" "$connections" "${SECONDS_EACH:-3}") ;;
            esac
            # The first round warms up.
            [ "$round" = 0 ] || echo "$round $line" >>"$results"
        done
    done
done

HERTZ=$(getconf CLK_TCK) python3 - "$results" <<'PYTHON'
import collections, os, statistics, sys
hertz = int(os.environ["HERTZ"])
rows = collections.defaultdict(dict)
for line in open(sys.argv[1]):
    number, name, connections, ticks, requests, errors, duration, p50 = line.split()
    requests = max(int(requests), 1)
    rows[int(connections)].setdefault(int(number), {})[name] = (
        int(ticks) / hertz * 1e6 / requests, requests / (int(duration) / 1e6), int(p50) / 1000, int(errors))
failed = []
for connections, rounds in sorted(rows.items()):
    median = lambda pick: statistics.median(pick(each) for each in rounds.values())
    print(f"\n{connections} connections, {len(rounds)} rounds   CPU us/request    requests/s   p50 ms   x nginx CPU   x node CPU   x node rate")
    for name in ("nginx", "node", "muniment"):
        least = min(each[name][0] for each in rounds.values())
        print(f"  {name:10}                   {median(lambda r: r[name][0]):7.1f} [{least:5.1f}]   {median(lambda r: r[name][1]):9.0f}"
              f"   {median(lambda r: r[name][2]):6.2f}   {median(lambda r: r[name][0] / r['nginx'][0]):11.2f}"
              f"   {median(lambda r: r[name][0] / r['node'][0]):10.2f}   {median(lambda r: r[name][1] / r['node'][1]):11.2f}")
        errors = sum(each[name][3] for each in rounds.values())
        if errors and name == "node":
            print(f"  (node failed {errors} requests)")
        elif errors:
            failed.append(f"{errors} requests to {name} failed at {connections} connections")
if failed:
    sys.exit("; ".join(failed) + ": the figures mean nothing")
PYTHON
