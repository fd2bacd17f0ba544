# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # what tools/bench and common.sh set
# The replication part of tools/bench: metadata of a million files followed, wanted and scheduled; files over GridFTP next to
# globus-url-copy with the same list, servers and settings. Sourced by tools/bench, whose functions and variables it uses.

# On two cores, the fastest of globus-url-copy; it is compared at its best.
readonly ldr_concurrency=1

ldr_file() { printf '%s/ldr/%s\n' "$scratch" "$1"; }

# write_ldr_configuration SITE LRC-PORT RLI-PORT [LINE...]
write_ldr_configuration() {
    local site=$1 lrc=$2 rli=$3
    shift 3
    mkdir -p "$(ldr_file "$site")"/{state,log,files}
    printf '%s\n' "site $site" "directory $(ldr_file "$site")/state" "lrc rlsn://127.0.0.1:$lrc" "rli rlsn://127.0.0.1:$rli" \
        "log_directory $(ldr_file "$site")/log" "$@" >"$(ldr_file "$site.conf")"
}

# measure_ldr ID SITE SUBCOMMAND...: one pass, with its time and its highest memory.
measure_ldr() {
    local id=$1 site=$2
    shift 2
    printf '    %s\n' "$id"
    python3 "$project/tools/lib/run_measured.py" "$scratch/measured" "$programs/ldr" "$1" -c "$(ldr_file "$site.conf")" \
        "${@:2}" >"$scratch/ldr.log" 2>&1 || die "ldr $1: $(tail -n 5 "$scratch/ldr.log")"
    record "$id" "$(cat "$scratch/measured") $(tail -n 1 "$scratch/ldr.log" | sed -nE 's/.*(queued|newly wanted|arrived) ([0-9]+).*/count=\2/p')"
}

# start_ldr_catalog NAME [LINE...]: catalog and index; sets server_port.
start_ldr_catalog() {
    local name=$1
    shift
    write_configuration "$name"
    printf '%s\n' 'rli_server true' "rli_db_url sqlite:$scratch/$name-rli.db" "$@" >>"$scratch/$name.conf"
    start_server "$scratch/$name.conf" "$scratch/$name.log"
}

# The catalog of the publishing site tells its own index of what it has, as a list.
tell_index() {
    local deadline=$((SECONDS + 120))
    "$programs/rls-admin" -a "rlsn://127.0.0.1:$1" "rlsn://127.0.0.1:$1" || die "the catalog cannot update the index"
    until "$programs/rls-cli" query rli lfn "$2" "rlsn://127.0.0.1:$1" >/dev/null 2>&1; do
        [[ $SECONDS -lt $deadline ]] || die "the index does not know $2"
        sleep 0.2
    done
}

measure_ldr_metadata() {
    local publisher_port publisher_pid last
    say "replication: metadata of $mappings files"
    start_ldr_catalog ldr-publisher 'max_bulk_items 10000'
    publisher_port=$server_port publisher_pid=$server_pid
    mkdir -p "$(ldr_file pub)"/{state,log}
    "$programs/ldr-load" --files "$mappings" --site pub --database "$(ldr_file pub)/state/metadata.db" \
        --log "$(ldr_file pub)/log" --mappings "$scratch/frames.tsv" || die "ldr-load failed"
    "$programs/rls-cli" import "$scratch/frames.tsv" "rlsn://127.0.0.1:$publisher_port" >"$scratch/import.log" 2>&1 ||
        die "the import failed: $(tail -n 5 "$scratch/import.log")"
    last=$(tail -n 1 "$scratch/frames.tsv" | cut -f 1)
    tell_index "$publisher_port" "$last"
    start_catalog ldr-subscriber
    write_ldr_configuration sub "$server_port" "$publisher_port" "peer pub file://$(ldr_file pub)/log/pub" \
        "partition main $(ldr_file sub)/files gsiftp://localhost:1/files" 'queue_length 100000' 'source_queue_length 100000' "subscription frames : frameType = 'H1_HOFT_C02'"
    measure_ldr ldr-follow sub metadata --once
    measure_ldr ldr-want sub want --once
    measure_ldr ldr-schedule sub schedule --once
    stop_child "$server_pid"
    stop_child "$publisher_pid"
    rm -rf -- "$scratch/frames.tsv" "$(ldr_file pub)" "$(ldr_file sub)"
}

# make_files DIRECTORY COUNT BYTES
make_files() {
    python3 - "$@" <<'END'
import os, sys
directory, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.makedirs(directory, exist_ok=True)
block = os.urandom(min(size, 1 << 20))
for number in range(count):
    with open(f"{directory}/file{number:06}.dat", "wb") as file:
        file.write(number.to_bytes(8, "big"))
        left = size - 8
        while left > 0:
            left -= file.write(block[:left])
END
}

# measure_globus_url_copy ID DIRECTORY COUNT: with the list and settings that the daemon uses, into a directory of its own.
measure_globus_url_copy() {
    local to
    # Of no URL is this mark a part.
    to=$(ldr_file "${1//#/-}")
    mkdir -p "$to"
    find "$2" -name '*.dat' -printf '%f\n' | sort | while IFS= read -r file; do
        printf 'gsiftp://localhost:%s%s/%s file://%s/%s\n' "$gridftp_port" "$2" "$file" "$to" "$file"
    done >"$scratch/list"
    printf '    %s\n' "$1"
    sync
    python3 "$project/tools/lib/run_measured.py" "$scratch/measured" globus-url-copy -q -fast \
        -f "$scratch/list" >"$scratch/guc.log" 2>&1 || die "globus-url-copy: $(tail -n 3 "$scratch/guc.log")"
    record "$1" "$(cat "$scratch/measured") count=$3"
    forget_files "$to" "$3"
}

# forget_files DIRECTORY COUNT: a few large ones, which fill the memory; thousands of small ones stay until the end: ext4 looks
# at every inode that was given up of late before it takes one, which makes new files several times slower.
forget_files() { [[ $2 -ge 1000 ]] || rm -rf -- "$1"; }

# measure_daemon ID ROUND COUNT: the same by the daemon, for a new site.
measure_daemon() {
    local site=$1-$2 daemon
    write_ldr_configuration "$site" "$subscriber_port" "$publisher_port" "peer pub file://$(ldr_file pub)/log/pub" \
        "subscription all : collection = '$1'" "partition main $(ldr_file "$site")/files gsiftp://localhost:1/files" \
        "transfer_concurrency $ldr_concurrency"
    for daemon in metadata want schedule; do
        "$programs/ldr" "$daemon" --once -c "$(ldr_file "$site.conf")" >"$scratch/ldr.log" 2>&1 || die "ldr $daemon failed"
    done
    # What others have written is not to be written by this one.
    sync
    measure_ldr "$1#$2" "$site" transfer --once
    [[ $(find "$(ldr_file "$site")/files" -name '*.dat' | wc -l) -eq $3 ]] ||
        die "not all files came: $(tail -n 5 "$scratch/ldr.log")"
    forget_files "$(ldr_file "$site")" "$3"
    # Another round wants them again.
    forget_copies
}

# measure_files ID COUNT BYTES ROUNDS: each into directories of its own; who comes first finds other caches, so by turns.
measure_files() {
    local id=$1 from round
    from=$(ldr_file pub)/files/$id
    say "replication: $2 files of $3 bytes over GridFTP"
    make_files "$from" "$2" "$3"
    "$programs/ldr" publish -c "$(ldr_file pub.conf)" --collection "$id" "$from" >"$scratch/publish.log" 2>&1 ||
        die "ldr publish: $(tail -n 3 "$scratch/publish.log")"
    "$programs/ldr" metadata --once -c "$(ldr_file pub.conf)" 2>/dev/null
    for ((round = 1; round <= $4; round++)); do
        if ((round % 2)); then
            measure_globus_url_copy "$id-globus-url-copy#$round" "$from" "$2"
            measure_daemon "$id" "$round" "$2"
        else
            measure_daemon "$id" "$round" "$2"
            measure_globus_url_copy "$id-globus-url-copy#$round" "$from" "$2"
        fi
    done
}

# The subscriber's catalog, empty again.
forget_copies() {
    stop_child "$subscriber_pid"
    rm -rf -- "$scratch/ldr-subscriber.db"*
    start_catalog ldr-subscriber
    subscriber_port=$server_port subscriber_pid=$server_pid
}

measure_ldr_files() {
    local publisher_port publisher_pid subscriber_port subscriber_pid gridftp_port gridftp_pid
    make_authority
    mkdir -p "$scratch/gridftp"
    gridftp_port=$(free_ports 1)
    start_gridftp_server "$scratch/authority" "$scratch/gridftp" "$gridftp_port"
    rm -rf -- "$scratch"/ldr-*.db*
    start_ldr_catalog ldr-publisher 'update_immediate true' 'update_buftime_ms 100'
    publisher_port=$server_port publisher_pid=$server_pid
    "$programs/rls-admin" -a "rlsn://127.0.0.1:$publisher_port" "rlsn://127.0.0.1:$publisher_port"
    start_catalog ldr-subscriber
    subscriber_port=$server_port subscriber_pid=$server_pid
    write_ldr_configuration pub "$publisher_port" "$publisher_port" \
        "partition main $(ldr_file pub)/files gsiftp://localhost:$gridftp_port$(ldr_file pub)/files"
    measure_files ldr-small 5000 10000 4
    measure_files ldr-large 3 1000000000 6
    stop_child "$subscriber_pid"
    stop_child "$publisher_pid"
    stop_child "$gridftp_pid"
}

measure_ldr_all() {
    need_programs globus-gridftp-server=globus-gridftp-server-progs globus-url-copy=globus-gass-copy-progs
    swift build --package-path "$project" -c release --product ldr-load
    mkdir -p "$scratch/ldr"
    # Spread over an ext4 file system, away from where an earlier run has given up its files.
    chattr +T "$scratch/ldr" 2>/dev/null || true
    measure_ldr_metadata
    measure_ldr_files
}
