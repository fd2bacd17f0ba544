# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # what tools/bench and common.sh set
# The PostgreSQL part of tools/bench: a catalog on a PostgreSQL server of its own, next to pgbench on the same server.
# Sourced by tools/bench, whose functions and variables it uses.

# A quarter of this machine's memory or less, and checkpoints far apart, as for any database that is written to.
readonly postgresql_settings=('shared_buffers = 2GB' 'max_wal_size = 8GB' 'checkpoint_timeout = 15min')

write_postgresql_configuration() {
    printf '%s\n' 'lrc_server true' 'authentication false' 'listen_address 127.0.0.1' 'port 0' 'maxconnections 2000' \
        'acl .*: all' "lrc_db_url $(postgresql_url main "$1")" >"$scratch/$1.conf"
}

start_postgresql_catalog() {
    write_postgresql_configuration "$1"
    start_server "$scratch/$1.conf" "$scratch/$1.log"
}

# Over the socket of the file system, which only programs on the same machine can use, or with pgbench_host over TCP, as
# clients of a catalog come.
pgbench_rate() {
    "$postgresql_programs/pgbench" -h "${pgbench_host:-$(postgresql_directory main)}" -U rls -n -M prepared -j 2 -T "$seconds" "$@" \
        >"$scratch/pgbench.log" 2>&1 || die "pgbench: $(tail -n 3 "$scratch/pgbench.log")"
    sed -nE 's/^tps = ([0-9.]+).*/\1/p' "$scratch/pgbench.log"
}

# measure_pgbench ID CLIENTS ARGUMENT...: its report has the mean latency only.
measure_pgbench() {
    local id=$1 clients=$2 rate
    shift 2
    printf '    %s\n' "$id"
    rate=$(pgbench_rate -c "$clients" "$@" pgbench)
    record "$id" "connections=$clients pipeline=1 rate=$rate p50_ms=nan p99_ms=nan errors=0"
}

# As many rows as there are mappings; and what inserts one mapping a transaction: the name, then where it is.
prepare_pgbench() {
    run_sql main postgres 'CREATE DATABASE pgbench'
    "$postgresql_programs/pgbench" -h "$(postgresql_directory main)" -U rls -q -i -s "$(((mappings + 99999) / 100000))" \
        pgbench >"$scratch/pgbench.log" 2>&1 || die "pgbench -i: $(tail -n 3 "$scratch/pgbench.log")"
    run_sql main pgbench 'CREATE TABLE name (name text PRIMARY KEY);
        CREATE TABLE target (name text, target text, PRIMARY KEY (name, target)); CREATE INDEX ON target (target)'
    cat >"$scratch/two-inserts.sql" <<'END'
\set number random(1, 9000000000000)
BEGIN;
INSERT INTO name VALUES ('lfn://bench.example.org/run/' || lpad(:number::text, 32, '0'));
INSERT INTO target VALUES ('lfn://bench.example.org/run/' || lpad(:number::text, 32, '0'),
    'gsiftp://storage.bench.example.org:2811/pool/of/the/experiment/with/a/long/path/' || lpad(:number::text, 20, '0'));
COMMIT;
END
}

# Of all tables and indexes of the catalog.
record_postgresql_size() {
    record "$1" "mappings=$3 bytes=$(run_sql main "$2" "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'lrc' AND c.relkind = 'r'")"
}

postgresql_lookup() {
    against_server "postgresql-$1" --operation query --connections "$2" --pipeline "$3" --keys "$mappings" \
        --seconds "$seconds"
}

measure_postgresql_lookups() {
    measure_pgbench pgbench-select-1 1 -S
    postgresql_lookup lookup-1 1 1
    local round
    # Alternating: the machine is not the same from one minute to the next.
    for round in 1 2 3; do
        measure_pgbench "pgbench-select-50#$round" 50 -S
        pgbench_host=127.0.0.1 measure_pgbench "pgbench-select-tcp-50#$round" 50 -S
        postgresql_lookup "lookup-50#$round" 50 1
    done
    postgresql_lookup lookup-50-16 50 16
    against_server postgresql-wildcard --operation wildcard --keys "$mappings" --seconds "$seconds"
}

postgresql_create() {
    against_server "$1" --operation create --connections "$2" --first "$next_key" --keys 100000000 --seconds "$seconds"
    next_key=$((next_key + $(field operations "$result")))
}

measure_postgresql_writes() {
    local round
    next_key=$mappings
    measure_pgbench pgbench-insert-1 1 -f "$scratch/two-inserts.sql"
    postgresql_create postgresql-create-1 1
    for round in 1 2 3; do
        measure_pgbench "pgbench-insert-50#$round" 50 -f "$scratch/two-inserts.sql"
        postgresql_create "postgresql-create-50#$round" 50
    done
}

measure_postgresql() {
    need_packages postgresql postgresql-contrib
    find_postgresql
    say "PostgreSQL: loading $mappings mappings"
    # Of the server and, by the environment, of all that talk to it.
    PGPORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    export PGPORT
    start_postgresql main "${postgresql_settings[@]}" "listen_addresses = '127.0.0.1'" "port = $PGPORT"
    prepare_pgbench
    run_sql main postgres 'CREATE DATABASE catalog'
    start_postgresql_catalog catalog
    against_server postgresql-bulk-create --operation bulk-create --connections 4 --bulk-size 1000 --keys "$mappings"
    record_postgresql_size postgresql-size catalog "$mappings"
    # As pgbench has done with its tables, and autovacuum does in time.
    run_sql main catalog 'VACUUM lrc.mapping'
    measure_postgresql_lookups
    measure_postgresql_writes
    record postgresql-server "peak_kib=$(status_kib VmHWM "$server_pid")"
    stop_child "$server_pid"
    stop_postgresql "$postgresql_pid"
    unset PGPORT
}

# move_partition NUMBER SERVER: of the catalog on the server `main`.
move_partition() {
    local to=("$postgresql_programs/psql" -X -q -h "$(postgresql_directory "$2")" -U rls -d postgres -v part="$1")
    local from=("$postgresql_programs/psql" -X -q -h "$(postgresql_directory main)" -U rls -d catalog -v part="$1")
    "${to[@]}" -f "$project/schema/postgresql/receive-partition.sql" || die "partition $1: $2 cannot receive it"
    "${from[@]}" -v host="$(postgresql_directory "$2")" -v port=5432 -v dbname=postgres -v user=rls \
        -f "$project/schema/postgresql/move-partition.sql" || die "partition $1 was not moved to $2"
}

measure_spread() {
    postgresql_lookup "$1-lookup-50" 50 1
    postgresql_lookup "$1-lookup-50-16" 50 16
    postgresql_create "postgresql-$1-create-50" 50
    against_server "postgresql-$1-bulk-create" --operation bulk-create --connections 4 --bulk-size 1000 \
        --first "$next_key" --keys 100000
    next_key=$((next_key + 100000))
}

# The same catalog on one PostgreSQL server, and with two of its four partitions on two others.
measure_foreign() {
    need_packages postgresql postgresql-contrib
    find_postgresql
    say "PostgreSQL: $mappings mappings on one server and on three"
    local name pids=()
    for name in main second third; do
        start_postgresql "$name"
        pids+=("$postgresql_pid")
    done
    run_sql main postgres 'CREATE DATABASE catalog'
    start_postgresql_catalog catalog
    against_server postgresql-spread-load --operation bulk-create --connections 4 --bulk-size 1000 --keys "$mappings"
    next_key=$mappings
    run_sql main catalog 'VACUUM lrc.mapping'
    measure_spread one
    stop_child "$server_pid"
    move_partition 1 second
    move_partition 2 third
    for name in second third; do run_sql "$name" postgres 'VACUUM ANALYZE'; done
    start_server "$scratch/catalog.conf" "$scratch/catalog.log"
    measure_spread three
    stop_child "$server_pid"
    for name in "${pids[@]}"; do stop_postgresql "$name"; done
}
