# Sourced by the jobs that consist of checks. Each is a function check_NAME that works on the tree in the current
# folder, prints what is wrong and then returns 1.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

passed=0 failed=0
declare -A clean

# verdict ok|FAILED TEXT: counts, and tells.
verdict() {
    if [ "$1" = ok ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
    printf '%-6s %s\n' "$1" "$2"
}

# run_checks NAME...
run_checks() {
    local check
    for check in "$@"; do
        if "check_$check"; then
            clean[$check]=yes
            verdict ok "$check"
        else
            clean[$check]=no
            verdict FAILED "$check"
        fi
    done
}

# finds CHECK FILE TEXT: with the line TEXT added to FILE in a copy of the tree, CHECK must fail, as it does not
# without.
finds() {
    local copy
    copy=build/$(basename "$0")-copy
    rm -rf "$copy"
    mkdir -p "$copy/build"
    tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C "$copy"
    printf '%s\n' "$3" >>"$copy/$2"
    if [ "${clean[$1]}" = no ] || (cd "$copy" && "check_$1") >/dev/null 2>&1; then
        verdict FAILED "$1 finds, in $2: $3"
    else
        verdict ok "$1 finds, in $2: $3"
    fi
    rm -rf "$copy"
}
