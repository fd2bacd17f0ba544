# shellcheck shell=bash
# What the scripts of tools/ share: messages, Debian packages, the Swift compiler, a temporary directory, servers under
# test. Sourced after `set -euo pipefail`, never run.

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly project
readonly least_swift=6.2
readonly start_seconds=30 stop_seconds=30

# Debian packages without which the project does not build.
# shellcheck disable=SC2034  # used by the scripts that source this file
readonly build_packages=(libsqlite3-dev libedit-dev libxxhash-dev libglobus-gssapi-gsi-dev voms-dev libpq-dev
    zlib1g-dev libssl-dev pkg-config)

say() { printf '==> %s\n' "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# The value that follows an option: option_value "$@" in a loop over the arguments.
option_value() {
    [[ $# -ge 2 ]] || die "$1 needs a value"
    printf '%s\n' "$2"
}

whole_number() {
    [[ ${2:-} =~ ^[1-9][0-9]{0,8}$ ]] || die "$1 ${2:-}: must be a whole number above 0"
    printf '%s\n' "$2"
}

# MARK: Debian packages

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    else
        sudo "$@"
    fi
}

install_packages() {
    have apt-get || die "please install: $* (apt-get, which would do it, is not here)"
    [[ $EUID -eq 0 ]] || have sudo || die "please install as root: apt-get install $*"
    say "installing $*"
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "$@")
    # The package lists may be missing or older than the archive: fetch them only when they prove useless.
    as_root "${install[@]}" >/dev/null 2>&1 && return
    as_root apt-get update -qq || die "apt-get update failed: check the network and /etc/apt/sources.list"
    as_root "${install[@]}" >/dev/null || die "apt-get install $* failed: see above"
}

package_is_installed() {
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# need_packages NAME...: libraries, which only the package manager knows of.
need_packages() {
    local package missing=()
    for package in "$@"; do
        package_is_installed "$package" || missing+=("$package")
    done
    [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

# need_programs PROGRAM=PACKAGE...: a program from any source will do.
need_programs() {
    local pair missing=()
    for pair in "$@"; do
        have "${pair%%=*}" || missing+=("${pair#*=}")
    done
    [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

# MARK: Swift

need_swift() {
    have swift || die "Swift is not here: install Swift $least_swift or later (https://www.swift.org/install) and put it on PATH"
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
    [[ -n $version ]] || die "\`swift --version\` names no version: is $(command -v swift) a working compiler?"
    [[ $(printf '%s\n' "$least_swift" "$version" | sort -V | head -n 1) == "$least_swift" ]] ||
        die "Swift $version is too old: install Swift $least_swift or later (https://www.swift.org/install)"
}

# Builds the release programs and sets `programs` to their directory.
build_release() {
    say "building release programs (the first time takes some minutes)"
    swift build --package-path "$project" -c release --product rls-server
    swift build --package-path "$project" -c release --product rls-cli
    swift build --package-path "$project" -c release --product rls-admin
    swift build --package-path "$project" -c release --product ldr
    programs=$(swift build --package-path "$project" -c release --show-bin-path)
}

# MARK: Temporary directory and child processes

scratch=''
children=()

clean_up() {
    local child
    for child in "${children[@]}"; do kill -KILL "$child" 2>/dev/null || true; done
    [[ -z $scratch ]] || rm -rf -- "$scratch"
}

# make_scratch DIRECTORY: sets `scratch` to a new directory below; it goes, with all children, when the script ends.
make_scratch() {
    scratch=$(mktemp -d -- "$1/rls-${0##*/}.XXXXXX") || die "cannot make a directory below $1"
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

forget_child() {
    local child kept=()
    for child in "${children[@]}"; do
        [[ $child == "$1" ]] || kept+=("$child")
    done
    children=("${kept[@]}")
}

# stop_child PID: asks it to stop and waits until it has; fails when it does not.
stop_child() {
    local deadline=$((SECONDS + stop_seconds))
    kill -TERM "$1" 2>/dev/null || true
    while kill -0 "$1" 2>/dev/null; do
        [[ $SECONDS -lt $deadline ]] || die "process $1 did not stop within $stop_seconds s after SIGTERM"
        sleep 0.05
    done
    wait "$1" 2>/dev/null || true
    forget_child "$1"
}

# wait_for_line LOG PATTERN PID: until a line of the log matches; fails at once when the process has ended.
wait_for_line() {
    local log=$1 pattern=$2 pid=$3 deadline=$((SECONDS + start_seconds))
    until grep -qE -- "$pattern" "$log"; do
        if ! kill -0 "$pid" 2>/dev/null || [[ $SECONDS -ge $deadline ]]; then
            tail -n 20 -- "$log" >&2
            die "the server did not start; its last lines are above"
        fi
        sleep 0.05
    done
}

# start_server CONFIGURATION LOG: sets server_pid and server_port (read from the log, so that port 0 can be asked for).
start_server() {
    : >"$2"
    "$programs/rls-server" -c "$1" -d >>"$2" 2>&1 &
    server_pid=$!
    children+=("$server_pid")
    wait_for_line "$2" 'listening.*address=[^ ]*:[0-9]+' "$server_pid"
    # shellcheck disable=SC2034  # used by the scripts that source this file
    server_port=$(sed -nE 's/.*listening.*address=[^ ]*:([0-9]+).*/\1/p' "$2" | head -n 1)
}

# free_ports N: so many TCP ports that nobody uses, one a line.
free_ports() {
    python3 -c '
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for one in sockets: one.bind(("127.0.0.1", 0))
for one in sockets: print(one.getsockname()[1])
' "$1"
}

# Of this machine.
port_is_busy() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Servers and load generators with many connections need more descriptors than the usual 1024.
raise_open_files() {
    ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
}
