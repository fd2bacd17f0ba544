# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # what tools/bench and common.sh set
# The scale part of tools/bench: load rate, bytes a mapping and look-up rate of one catalog as it grows, on each back end.
# Sourced by tools/bench, whose functions and variables it uses.

# scale_name BACKEND SIZE
scale_name() { printf 'scale-%s-%s\n' "$1" "$2"; }

scale_lookup() {
    against_server "$(scale_name "$1" "$2")" --operation query --connections 50 --keys "$2" --seconds "$seconds"
}

# grow_by_bulk BACKEND FROM TO
grow_by_bulk() {
    against_server "$(scale_name "$1" "$3")-load" --operation bulk-create --connections 4 --bulk-size 1000 \
        --first "$2" --keys $(($3 - $2))
}

# The database is closed for its size: then all that was written is in the file.
measure_sqlite_scale() {
    local size before=0
    start_catalog scale
    for size in "$@"; do
        say "SQLite: growing from $before to $size mappings"
        grow_by_bulk sqlite "$before" "$size"
        stop_child "$server_pid"
        record "$(scale_name sqlite "$size")-size" "bytes=$(database_bytes scale) mappings=$size"
        start_catalog scale
        scale_lookup sqlite "$size"
        before=$size
    done
    stop_child "$server_pid"
    rm -f -- "$scratch/scale.db"*
}

# The first size in bulk, the others as a site would: with rls-cli import.
grow_by_import() {
    printf '    %s\n' "$(scale_name postgresql "$2")-load"
    "$scratch/loadgen" --operation mappings --first "$1" --keys $(($2 - $1)) >"$scratch/lines.tsv"
    python3 "$project/tools/lib/run_measured.py" "$scratch/measured" \
        "$programs/rls-cli" import "$scratch/lines.tsv" "rlsn://127.0.0.1:$server_port" >"$scratch/import.log" 2>&1 ||
        die "the import failed: $(tail -n 5 "$scratch/import.log")"
    rm -f -- "$scratch/lines.tsv"
    record "$(scale_name postgresql "$2")-load" \
        "lines=$(($2 - $1)) $(cat "$scratch/measured") server_peak_kib=$(status_kib VmHWM "$server_pid")"
}

measure_postgresql_scale() {
    need_packages postgresql postgresql-contrib
    find_postgresql
    start_postgresql main "${postgresql_settings[@]}"
    local size
    for size in "$@"; do
        say "PostgreSQL: import of $size mappings into a new database"
        run_sql main postgres "CREATE DATABASE scale$size"
        start_postgresql_catalog "scale$size"
        grow_by_import 0 "$size"
        record_postgresql_size "$(scale_name postgresql "$size")-size" "scale$size" "$size"
        # What autovacuum and the checkpointer do in time.
        run_sql main "scale$size" 'VACUUM lrc.mapping'
        run_sql main "scale$size" 'CHECKPOINT'
        scale_lookup postgresql "$size"
        stop_child "$server_pid"
    done
    stop_postgresql "$postgresql_pid"
    rm -rf -- "$(postgresql_directory main)"
}
