# Sourced by the jobs that need a machine of their own: User Mode Linux, a kernel that runs as a program, on the
# files of this system, which it may not change but for its home, a folder of this build. What is in memory ends
# with it, as on any machine. The same script is the outside and, as the machine's first process, the inside.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
state=$root/build/ci/$(basename "$0")

# machine_begin: what a machine's first process does first; its kernel's command line is its environment.
machine_begin() {
    export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    export HOME=/run/home TMPDIR=/run/home
    local folder
    mount -t proc proc /proc
    mkdir -p /dev/shm
    for folder in /dev/shm /var/tmp; do
        mount -t tmpfs -o mode=1777 tmpfs "$folder"
    done
    mount -t tmpfs tmpfs /run
    mkdir "$HOME"
    mount -t hostfs -o "$state/home" hostfs "$HOME"
    cd "$HOME"
}

machine_end() {
    echo o >/proc/sysrq-trigger
    sleep 10
}

# machine_prepare TARGET PRESET...: what the machine runs is built; ends the job where there is no machine.
machine_prepare() {
    local preset target=$1
    shift
    ci/install reboot || closing_line 0 1 0
    command -v linux.uml >/dev/null || {
        echo "skipped: there is no User Mode Linux for this system"
        closing_line 0 0 1
    }
    rm -rf "$state"
    mkdir -p "$state/home"
    for preset in "$@"; do
        { cmake --preset "$preset" && cmake --build "build/$preset" --parallel --target $target; } \
            >"$state/$preset.log" 2>&1 || {
            cat "$state/$preset.log"
            closing_line 0 1 0
        }
    done
}

# machine_run LOG SECONDS [NAME=VALUE...]: until it stops itself.
machine_run() {
    local log=$1 seconds=$2
    shift 2
    timeout "$seconds" linux.uml mem=256M rootfstype=hostfs rootflags=/ ro init="$root/ci/$(basename "$0")" \
        "$@" con0=null,fd:1 con=null </dev/null >"$log" 2>&1 || true
}
