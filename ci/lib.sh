# Sourced by the jobs in this folder. Each job is called without arguments, does one thing, ends
# with the line "N passed, N failed, N skipped", and exits with 0 only if nothing failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p build/ci

# closing_line PASSED FAILED SKIPPED: ends the job.
closing_line() {
    echo "$1 passed, $2 failed, $3 skipped"
    if [ "$2" -gt 0 ]; then
        exit 1
    fi
    exit 0
}

# What regions are made of, as far as Linux shows it; without the tables of lives, which outlast those that a kill has left.
list_objects() {
    if [ "$(uname -s)" = Linux ]; then
        find /dev/shm -maxdepth 1 -regextype egrep -regex '.*/isthmus\.(([0-9]+|all)\..*|[0-9a-f]{16})'
        ipcs -m | awk '$1 ~ /^0x/ && $1 !~ /^0x(67|75)/ { print "segment", $1, $2 }'
    fi | sort
}

# run_preset NAME: configures, builds and tests a preset of CMakePresets.json, and ends the job.
run_preset() {
    local output=build/ci/$1.ctest log=build/$1/Testing/Temporary/LastTest.log status=0
    local before left
    before=$(list_objects)
    rm -rf "build/$1/Testing"
    cmake --workflow --preset "$1" 2>&1 | tee "$output" || status=$?

    local counts passed=0 failed=0 skipped=0
    if [ -e "$log" ]; then
        counts=$(awk -f ci/count-tests.awk "$output" "$log")
        read -r passed failed skipped <<<"$(tail -n 1 <<<"$counts")"
        sed '$d' <<<"$counts"
    fi
    if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
        echo "$1: failed outside of any test"
        failed=1
    fi
    left=$(comm -13 <(echo "$before") <(list_objects))
    if [ -n "$left" ]; then
        echo "$1: left behind: $left"
        failed=$((failed + 1))
    fi
    closing_line "$passed" "$failed" "$skipped"
}

# add_presets NAME...: the same for several, one after the other, without an end: adds to passed, failed and skipped.
passed=0 failed=0 skipped=0
add_presets() {
    local name counts more_passed more_failed more_skipped
    for name in "$@"; do
        (run_preset "$name") | tee "build/ci/$name.log" || true
        counts=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' \
            "build/ci/$name.log" | tail -n 1)
        read -r more_passed more_failed more_skipped <<<"${counts:-0 1 0}"
        passed=$((passed + more_passed)) failed=$((failed + more_failed)) skipped=$((skipped + more_skipped))
    done
}

# prepare COMMAND...: what a job needs before it can begin; if it fails, the job ends with what it said.
prepare() {
    local log=build/ci/prepare-$$.log
    "$@" >"$log" 2>&1 || {
        cat "$log"
        closing_line 0 1 0
    }
    rm "$log"
}
