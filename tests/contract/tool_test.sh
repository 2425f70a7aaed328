#!/bin/sh
# The program `isthmus`, as a user or a script calls it: its commands, its JSON, its exit statuses, and
# the demo with data of many kinds. Environment: ISTHMUS_TOOL is the program, ISTHMUS_RUN what runs it
# where that is not the system itself (Wine).
#
# Other tests run at the same time, so what is looked at has names of this run's own.
set -u
: "${ISTHMUS_TOOL:?the program to test}"
here=$(cd "$(dirname "$0")" && pwd)
example=$here/../../examples/data/ascent.npy
name=tool-$$
work=$(mktemp -d) || exit 1
trap 'tool rm "$name" >/dev/null 2>&1; rm -rf "$work"' EXIT
cd "$work" || exit 1
cp "$example" picture.npy

windows=no # where this test runs through Wine or on its own
case $ISTHMUS_TOOL in
*.exe) windows=yes ;;
esac

tool() {
    # shellcheck disable=SC2086 # the prefix may consist of several words
    ${ISTHMUS_RUN-} "$ISTHMUS_TOOL" "$@"
}

# run ARGUMENT...: runs the tool; sets status, and leaves out and err without Windows' line ends.
run() {
    tool "$@" >out.raw 2>err.raw </dev/null
    status=$?
    tr -d '\r' <out.raw >out
    tr -d '\r' <err.raw >err
}

case=start failed=0 passed=0
begin() {
    case=$1
}
fails() {
    echo "FAILED $case: $1 (exit status $status)"
    sed 's/^/    out: /' out | head -n 40
    sed 's/^/    err: /' err | head -n 10
    failed=$((failed + 1))
}
# check WHAT COMMAND...: the command must succeed.
check() {
    what=$1
    shift
    if "$@" >/dev/null 2>&1; then
        passed=$((passed + 1))
    else
        fails "$what"
    fi
}
status_is() { check "exit status $1" [ "$status" -eq "$1" ]; }
out_has() { check "output has: $1" grep -qF -e "$1" out; }
out_lacks() { check "output lacks: $1" sh -c '! grep -qF -e "$1" out' sh "$1"; }
err_has() { check "standard error has: $1" grep -qF -e "$1" err; }
out_is_empty() { check "no output" [ ! -s out ]; }
err_is_empty() { check "nothing on standard error" [ ! -s err ]; }
succeeds() {
    status_is 0
    err_is_empty
}
# An error that is told: one line, as `isthmus: …`.
fails_with() {
    status_is 1
    out_is_empty
    err_has "$1"
    check "one line that names the program" sh -c '[ "$(grep -c "^isthmus: [a-z\"]" err)" = 1 ]'
}
is_usage_error() {
    status_is 2
    out_is_empty
    err_has "isthmus: "
}

# npy FILE TYPE SHAPE [FORTRAN]: an .npy file with the elements from standard input.
npy() {
    {
        printf '\223NUMPY\001\000\166\000%-117s\n' \
            "{'descr': '$2', 'fortran_order': ${4-False}, 'shape': ($3), }"
        cat
    } >"$1"
}
# repeat COUNT FORMAT: the bytes of a printf format, so many times.
repeat() {
    i=0
    while [ $i -lt "$1" ]; do
        # shellcheck disable=SC2059
        printf "$2"
        i=$((i + 1))
    done
}
# Is the program, which may be another processor's than this one? In ELF files the sixth byte tells.
little_endian() {
    [ "$(od -An -tu1 -j5 -N1 "$ISTHMUS_TOOL" | tr -d ' ')" != 2 ]
}

begin 'help and version'
run --help
succeeds
out_has 'Usage: isthmus COMMAND'
out_lacks worker\ 
for command in demo ls stat rm tidy load save; do
    run --help
    out_has "  $command"
    run $command --help
    succeeds
    out_has "Usage: isthmus $command"
    run $command --version
    succeeds
    check 'one line' grep -qx 'isthmus [0-9]*\.[0-9]*\.[0-9]*' out
done
run --version
succeeds
check 'one line' grep -qx 'isthmus [0-9]*\.[0-9]*\.[0-9]*' out

begin 'usage errors'
run
is_usage_error
run no-such-command
is_usage_error
err_has '"no-such-command"'
run ls surplus
is_usage_error
run stat
is_usage_error
run stat one two
is_usage_error
run rm
is_usage_error
run load picture.npy
is_usage_error
run save "$name"
is_usage_error
run ls --no-such-option
is_usage_error
err_has '"--no-such-option"'
run rm --json "$name"
is_usage_error
for count in 0 65 -1 4x '' 99999999999999999999; do
    run demo --workers "$count"
    is_usage_error
    run demo --workers="$count"
    is_usage_error
done
run demo --workers
is_usage_error

begin 'what does not exist'
run stat "$name"
fails_with "\"$name\""
run stat --json "$name"
fails_with "\"$name\""
run rm "$name"
fails_with "\"$name\""
run save "$name" saved.npy
fails_with "\"$name\""
check 'no file is made' [ ! -e saved.npy ]
run load missing.npy "$name"
fails_with '"missing.npy"'
run demo missing.npy
fails_with '"missing.npy"'
run stat 'no/name'
fails_with 'not a valid region name'
run rm -- --json
fails_with '"--json"'

begin 'files that are no arrays'
head -c 100000 picture.npy >cut.npy
printf 'not an array' >text.npy
for file in cut text; do
    run demo $file.npy
    fails_with 'isthmus: '
    run load $file.npy "$name"
    fails_with 'isthmus: '
    run stat "$name"
    status_is 1
done

begin 'load'
run load picture.npy "$name"
succeeds
out_is_empty
run load picture.npy "$name"
fails_with "\"$name\""

begin 'stat'
run stat "$name"
succeeds
out_has '262,272 bytes'
out_has 'persistent'
out_has 'uint8, 512 x 512'
run stat --json "$name"
succeeds
for member in "\"name\": \"$name\"" '"native_name": "' '"path": ' '"size": 262272' \
    '"capacity": 262272' '"lifetime": "persistent"' '"attached": []' '"stale": false' \
    '"dtype": "uint8"' '"shape": [512, 512]'; do
    out_has "$member"
done
run stat "$name" --json
out_has '"shape": [512, 512]'

begin 'ls'
run ls
succeeds
check 'a row' grep -qE "^$name +256 KiB +persistent +0 +ready +uint8, 512 x 512\$" out
check 'a header' sh -c 'head -n 1 out | grep -q "^NAME"'
run ls --json
succeeds
out_has "\"name\": \"$name\""
if command -v python3 >/dev/null; then
    check 'it is JSON' python3 -c '
import json
regions = json.load(open("out"))
region, = [region for region in regions if region["name"] == "'"$name"'"]
assert region["shape"] == [512, 512] and region["attached"] == [] and region["stale"] is False
'
fi

if [ "${ISTHMUS_BACKEND-}/${ISTHMUS_LEASE-}" = posix/ofd ] && [ "$(uname)" = Linux ]; then
    begin 'ls of what somebody has put there'
    escape=$(printf '\033')
    planted=/dev/shm/isthmus.$(id -u).$name$escape
    head -c 12288 picture.npy >"/dev/shm/$name.half" # whole at once: what is empty others may free
    mv "/dev/shm/$name.half" "$planted"              # no region, so nobody frees it
    run ls
    succeeds
    out_has "$name?"
    out_lacks "$escape"
    rm -f "$planted"
fi

# A user's own array, and a region of that name that is open to others.
if [ $windows = no ]; then
    begin 'ls of two regions of one name'
    mkfifo words answers
    sh -c '${ISTHMUS_RUN-} "$ISTHMUS_PEER" obey <words >answers' &
    exec 3>words 4<answers
    echo "create $name size=5000 everyone" >&3
    read -r answer <&4
    if [ "$answer" = ISM_OK ]; then
        run ls
        succeeds
        check 'two rows' [ "$(grep -c "^$name " out)" -eq 2 ]
        check 'one of an array' [ "$(grep -c "^$name .*uint8" out)" -eq 1 ]
    else
        check 'there are none here' [ "$answer" = ISM_E_UNSUPPORTED ]
    fi
    exec 3>&- 4<&-
    wait $!
fi

begin 'save'
run save "$name" saved.npy
succeeds
out_is_empty
check 'the file is what was loaded' cmp picture.npy saved.npy
run save "$name" no-such-folder/saved.npy
fails_with 'no-such-folder/saved.npy'
run demo saved.npy
succeeds

begin 'rm'
run rm "$name" "$name"
fails_with "\"$name\""
run stat "$name"
status_is 1
run load picture.npy "$name"
succeeds
run rm "$name"
succeeds
out_is_empty
run ls --json
out_lacks "\"$name\""
# is_whole_demo ELEMENTS: the last run was a demo that went well.
is_whole_demo() {
    succeeds
    out_has 'is killed'
    out_has 'is told ISM_OWNER_DIED'
    out_has "All $1 elements and all bins are what one process alone computes."
    out_has 'Nothing is left behind.'
    for region in $(sed -n 's/^shared as "\([^"]*\)\.pixels".*/\1.pixels \1.ledger/p' out); do
        # shellcheck disable=SC2086
        check "$region is gone" sh -c '! '"${ISTHMUS_RUN-}"' "$ISTHMUS_TOOL" stat '"$region"
    done
}

begin 'demo'
run demo
is_whole_demo 262,144
out_has '4 worker processes'
check 'four workers' [ "$(sed -n 's/^  worker [0-9]* *pid \([0-9]*\).*/\1/p' out | sort -u | wc -l)" -eq 4 ]

begin 'demo with one worker'
run demo --workers 1 picture.npy
is_whole_demo 262,144
out_has '1 worker process '
out_has 'worker 2 '

begin 'demo with many workers'
many=64
[ $windows = no ] || many=12
run demo picture.npy --workers=$many
is_whole_demo 262,144

begin 'demo with elements of many kinds'
printf '' | npy empty.npy '|u1' '0,'
printf '' | npy empty3.npy '|u1' '3, 0, 5'
printf '\007' | npy scalar.npy '|u1' ''
printf '\200\177\000' | npy three.npy '|i1' '3,'
repeat 100 '\000\001\000' | npy bool.npy '|b1' '3, 100' True
for array in empty:0 empty3:0 scalar:1 three:3 bool:300; do
    run demo ${array%:*}.npy --workers 3
    is_whole_demo ${array#*:}
done
if little_endian; then
    # 0.0, NaN, infinity, minus infinity, 1.0, the greatest and the least finite value
    floats='\000\000\000\000\000\000\300\177\000\000\200\177\000\000\200\377\000\000\200\077'
    floats="$floats"'\377\377\177\177\377\377\177\377'
    repeat 60 "$floats" | npy float32.npy '<f4' '7, 60'
    repeat 210 "$floats" | npy complex64.npy '<c8' '35, 3, 7'
    repeat 50 '\000\174\001\174\000\074\377\173\001\000' | npy float16.npy '<f2' '250,'
    repeat 40 '\000\000\000\000\000\000\000\200\377\377\377\377\377\377\377\177' |
        npy int64.npy '<i8' '80,'
    repeat 40 '\000\000\000\000\000\000\000\000\377\377\377\377\377\377\377\377' |
        npy uint64.npy '<u8' '80,'
    for array in float32:420 complex64:735 float16:250 int64:80 uint64:80; do
        run demo ${array%:*}.npy --workers 3
        is_whole_demo ${array#*:}
    done
fi

begin 'the picture is ASCII where nothing else can be shown'
LC_ALL=C run demo picture.npy
succeeds
check 'no other bytes' sh -c '! LC_ALL=C grep -q "[^ -~]" out'

# A demo is killed when its regions exist, and its workers start. They end by themselves, and may still say something.
if [ $windows = no ]; then
    begin 'a killed demo'
    ${ISTHMUS_RUN-} "$ISTHMUS_TOOL" demo picture.npy --workers 8 >killed.out 2>killed.err </dev/null &
    demo=$!
    until grep -q '^shared as' killed.out || ! kill -0 $demo 2>/dev/null; do
        sleep 0.01
    done
    kill -9 $demo 2>/dev/null
    wait $demo 2>/dev/null
    region=$(sed -n 's/^shared as "\([^"]*\)".*/\1/p' killed.out)
    tries=0
    until tool stat --json "$region" >state 2>/dev/null; [ $? -ne 0 ] ||
        grep -q '"stale": true' state || [ $tries -ge 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    check 'its workers ended' [ $tries -lt 100 ]
    run tidy
    succeeds
    run ls --json
    out_lacks "\"$region\""

    begin 'an interrupted demo'
    ${ISTHMUS_RUN-} "$ISTHMUS_TOOL" demo picture.npy --workers 8 >out 2>err </dev/null &
    demo=$!
    until grep -q '^shared as' out || ! kill -0 $demo 2>/dev/null; do
        sleep 0.01
    done
    kill -TERM $demo 2>/dev/null
    wait $demo 2>/dev/null
    region=$(sed -n 's/^shared as "\([^"]*\)".*/\1/p' out)
    run ls --json
    out_lacks "\"$region\""

    begin 'output that can not be written'
    if [ -w /dev/full ]; then
        tool --help >/dev/full 2>err
        status=$?
        status_is 1
        err_has 'could not write'
    fi
fi

echo "$passed checks passed, $failed failed"
[ $failed -eq 0 ]
