#!/bin/sh
# Measures the redaction engine beside Hyperscan, RE2 and Presidio on the same text, interleaved, and prints medians and ratios.
# A peer that is not installed is left out: apt-get install libhyperscan-dev libre2-dev; pip install presidio-analyzer, for the
# interpreter that PYTHON names.
# Usage: run.sh PATH-TO-RedactionBenchmark [MEGABYTES] [ROUNDS]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
ours=$1
megabytes=${2:-16}
rounds=${3:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$ours" --megabytes "$megabytes" --write "$work/text"

flags=""
libraries=""
if pkg-config --exists libhs 2>/dev/null; then
    flags="$flags -DHYPERSCAN $(pkg-config --cflags libhs)"
    libraries="$libraries $(pkg-config --libs libhs)"
fi
if pkg-config --exists re2 2>/dev/null; then
    flags="$flags -DWITH_RE2 $(pkg-config --cflags re2)"
    libraries="$libraries $(pkg-config --libs re2)"
fi
if [ -n "$flags" ]; then
    # shellcheck disable=SC2086
    c++ -O2 -std=c++17 $flags "$here/peers.cpp" -o "$work/peers" $libraries
fi

round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    "$ours" --megabytes "$megabytes" --brief | tee -a "$work/results"
    if [ -x "$work/peers" ]; then "$work/peers" "$here/patterns.txt" "$work/text" | tee -a "$work/results"; fi
done
if "${PYTHON:-python3}" -c 'import presidio_analyzer' 2>/dev/null; then
    "${PYTHON:-python3}" "$here/presidio.py" "$work/text" 65536 2>/dev/null | tee -a "$work/results" || echo "Presidio did not run"
fi
# The median of the rounds of each, and how many times faster our own is.
awk -F': ' '
    function median(name,    n, i, j, v) {
        n = rounds[name]
        for (i = 2; i <= n; i++)
            for (j = i; j > 1 && value[name, j] < value[name, j - 1]; j--) {
                v = value[name, j]; value[name, j] = value[name, j - 1]; value[name, j - 1] = v
            }
        return value[name, int((n + 1) / 2)]
    }
    / MB\/s/ { split($2, part, " "); if (!rounds[$1]++) name[++count] = $1; value[$1, rounds[$1]] = part[1] + 0 }
    END {
        own = median("find, a call a line")
        for (i = 1; i <= count; i++) printf "median %s: %s MB/s, ours %.2fx\n", name[i], median(name[i]), own / median(name[i])
    }' "$work/results"
