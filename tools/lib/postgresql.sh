# shellcheck shell=bash
# shellcheck disable=SC2154  # what common.sh sets
# PostgreSQL servers of a script's own, in its scratch directory, on sockets. Sourced after common.sh.

postgresql_programs=''

# Debian keeps the server's programs off PATH.
find_postgresql() {
    local newest
    newest=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null | sort -n | tail -n 1)
    [[ -n $newest ]] || die "PostgreSQL is not here: install the package postgresql"
    postgresql_programs=/usr/lib/postgresql/$newest/bin
}

# PostgreSQL refuses root.
as_postgres=()
[[ $EUID -ne 0 ]] || as_postgres=(setpriv --reuid postgres --regid postgres --clear-groups)

postgresql_directory() { printf '%s/postgresql-%s\n' "$scratch" "$1"; }

# start_postgresql NAME [SETTING...]: a new server with its own defaults, durability among them; sets postgresql_pid.
start_postgresql() {
    local directory log
    directory=$(postgresql_directory "$1")
    log=$scratch/postgresql-$1.log
    shift
    mkdir "$directory"
    if [[ $EUID -eq 0 ]]; then
        chmod 711 "$scratch"
        chown postgres "$directory"
    fi
    "${as_postgres[@]}" "$postgresql_programs/initdb" -D "$directory/data" -U rls -A trust -E UTF8 --locale=C.UTF-8 >"$log" 2>&1 ||
        die "initdb failed: $(tail -n 5 "$log")"
    printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$directory'" 'max_connections = 200' "$@" \
        >>"$directory/data/postgresql.conf"
    : >"$log"
    "${as_postgres[@]}" "$postgresql_programs/postgres" -D "$directory/data" >>"$log" 2>&1 &
    postgresql_pid=$!
    children+=("$postgresql_pid")
    wait_for_line "$log" 'ready to accept' "$postgresql_pid"
}

# Asked to stop: what clients hold is ended.
stop_postgresql() {
    kill -INT "$1"
    wait "$1" 2>/dev/null || true
    forget_child "$1"
}

# postgresql_url NAME DATABASE
postgresql_url() { printf 'postgresql://rls@/%s?host=%s\n' "$2" "$(postgresql_directory "$1")"; }

# run_sql NAME DATABASE SQL
run_sql() {
    "$postgresql_programs/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$(postgresql_directory "$1")" -U rls -d "$2" -c "$3" ||
        die "psql: $3"
}
