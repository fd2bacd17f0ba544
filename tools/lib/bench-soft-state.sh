# shellcheck shell=bash
# shellcheck disable=SC2154  # what tools/bench and common.sh set
# The soft-state part of tools/bench: an index asked with few and many filters, updates of both kinds between servers,
# how soon changes are seen, memory. Sourced by tools/bench, whose functions and variables it uses.

readonly rounds=3 # of what is compared: runs alternate, and the median of the ratios counts
# Names of the catalogs that update and of filters that are alone; filters, and names of each, where there are many; names
# that are waited for where changes are sent after 50 ms and after a second.
told_names=1000000 few_filters=100 many_filters=1000 filter_names=100000
samples_at_once=48 samples_gathered=24

# By a server's name in this part.
declare -A pid_of=() port_of=()

push_filters() {
    printf '    %s\n' "$1"
    result=$("$scratch/softload" --operation push --port "${port_of[$2]}" "${@:3}") || die "$1: the filters were not taken"
    record "$1" "$result"
}

admin() { "$programs/rls-admin" "$@" >"$scratch/admin.log" 2>&1 || die "rls-admin $*: $(cat "$scratch/admin.log")"; }

set_option() { admin -C "$1" "$2" "$(url_of told)"; }

url_of() { printf 'rlsn://127.0.0.1:%s\n' "${port_of[$1]}"; }

# MARK: Servers

# write_server NAME LINE...: its port stays the same when it is started again, and with it its name in updates.
write_server() {
    port_of[$1]=$(free_ports 1)
    {
        printf '%s\n' 'authentication false' 'listen_address 127.0.0.1' 'acl .*: all' 'maxconnections 2000' \
            'loglevel debug' "port ${port_of[$1]}" "${@:2}"
    } >"$scratch/$1.conf"
}

write_told_catalog() {
    write_server "$1" 'lrc_server true' "lrc_db_url sqlite:$scratch/$1.db" 'update_bf_int 3600' 'update_ll_int 3600' \
        "update_immediate $2"
}

start_named() {
    start_server "$scratch/$1.conf" "$scratch/$1.log"
    pid_of[$1]=$server_pid
}

stop_named() {
    stop_child "${pid_of[$1]}"
    unset "pid_of[$1]"
}

# load_told_catalog NAME IMMEDIATE: one that sends changes at once sends a whole filter after a restart, too.
load_told_catalog() {
    write_told_catalog "$1" "$2"
    start_named "$1"
    measure "$1-load" --port "${port_of[$1]}" --operation bulk-create --connections 4 --bulk-size 1000 --keys "$told_names"
}

start_index() {
    write_server "$1" 'rli_server true' "${@:2}"
    start_named "$1"
}

# MARK: Updates, as the sender's log has them

updates_in_log() { grep -cE "index server updated .*kind=$2 " "$scratch/$1.log" || true; }

# await_update CATALOG KIND COUNT: until so many updates of the kind are in its log; the last one's line stays in `update`.
await_update() {
    local deadline=$((SECONDS + 60))
    until [[ $(updates_in_log "$1" "$2") -ge $3 ]]; do
        [[ $SECONDS -lt $deadline ]] || die "$1 sent no update of kind $2: $(tail -n 5 "$scratch/$1.log")"
        sleep 0.02
    done
    update=$(grep -E "index server updated .*kind=$2 " "$scratch/$1.log" | tail -n 1)
}

# A full update on demand, and what it was.
update_now() {
    local count
    count=$(updates_in_log "$1" "$2")
    admin -u "$(url_of "$1")"
    await_update "$1" "$2" $((count + 1))
}

record_update() {
    record "$1" "names=$(field names "$update") bytes=$(field bytes "$update") milliseconds=$(field milliseconds "$update")"
}

log_milliseconds() { date -d "${1%% *}" +%s%3N; }

# From the line that says that the server listens to the beginning of the update that needed the filter.
build_milliseconds() {
    local listening
    listening=$(grep -m 1 ' listening ' "$scratch/$1.log")
    printf '%d\n' $(($(log_milliseconds "$update") - $(field milliseconds "$update") - $(log_milliseconds "$listening")))
}

# MARK: Many filters

ask_index() {
    measure "$1" --port "${port_of[$2]}" --operation locate --connections 50 --keys "$3" --seconds "$round_seconds" "${@:4}"
}

measure_many_filters() {
    local round
    say "an index with 1, $few_filters and $many_filters filters"
    start_index index-one 'rli_bloomfilter true'
    start_index index-few 'rli_bloomfilter true'
    start_index index-many 'rli_bloomfilter true'
    start_index index-original 'rli_bloomfilter true'
    push_filters push-one index-one --filters 1 --names "$told_names"
    push_filters push-few index-few --filters "$few_filters" --names "$filter_names"
    push_filters push-many index-many --filters "$many_filters" --names "$filter_names"
    push_filters push-original index-original --filters "$few_filters" --names "$filter_names" --kind legacy
    start_redis
    for ((round = 1; round <= rounds; round++)); do
        measure_redis 50 1 "index-redis#$round"
        ask_index "index-one#$round" index-one "$told_names"
        ask_index "index-few#$round" index-few $((few_filters * filter_names))
        ask_index "index-many#$round" index-many $((many_filters * filter_names))
        ask_index "index-original#$round" index-original $((few_filters * filter_names))
    done
    stop_child "$redis_pid"
    ask_index index-one-16 index-one "$told_names" --pipeline 16
    ask_index index-few-16 index-few $((few_filters * filter_names)) --pipeline 16
    ask_index index-many-16 index-many $((many_filters * filter_names)) --pipeline 16
    record index-many-memory "resident_kib=$(status_kib VmRSS "${pid_of[index-many]}")"
    stop_named index-one
    stop_named index-few
    stop_named index-many
    stop_named index-original
}

# measure_index_memory ID KIND: what only this process has is told apart from the programs' code, which processes share.
measure_index_memory() {
    start_index index-memory 'rli_bloomfilter true'
    push_filters "push-$1" index-memory --filters 100 --names "$told_names" --kind "$2"
    record "$1" "resident_kib=$(status_kib VmRSS "${pid_of[index-memory]}") private_kib=$(
        status_kib RssAnon "${pid_of[index-memory]}"
    )"
    stop_named index-memory
}

# MARK: Filters between servers

measure_filter_updates() {
    local round
    say "filter of $told_names names: built, sent, and what differs"
    for ((round = 1; round <= rounds; round++)); do
        stop_named told
        start_named told
        await_update told filter 1
        record_update "filter-update#$round"
        record "filter-build#$round" "names=$(field names "$update") milliseconds=$(build_milliseconds told)"
    done
    measure false-positives --port "${port_of[index-filters]}" --operation absent --connections 50 --pipeline 16 --series 5 \
        --keys "$told_names"
    set_option update_immediate false
    # More of a small catalog would be another filter.
    local changed=$((mappings < 1000000 ? mappings / 1000 : 1000))
    for ((round = 1; round <= rounds; round++)); do
        measure "delta-create#$round" --port "${port_of[told]}" --operation create --connections 50 --first "$next_key" \
            --keys "$changed"
        next_key=$((next_key + changed))
        update_now told delta
        record_update "delta-update#$round"
    done
}

# MARK: Lists

# Queries from before the list is sent until after it has been taken.
measure_queries_beside_list() {
    local queries
    "$scratch/loadgen" --port "${port_of[index-lists]}" --operation locate --connections 50 --keys "$told_names" \
        --seconds 120 >"$scratch/queries" 2>&1 &
    queries=$!
    children+=("$queries")
    sleep 0.3
    update_now plain list
    kill -TERM "$queries"
    wait "$queries" || die "the queries beside a list failed: $(cat "$scratch/queries")"
    forget_child "$queries"
    record list-queries-beside "$(cat "$scratch/queries")"
    record_update list-update-beside
}

measure_lists() {
    say "list of $told_names names"
    admin -a "$(url_of index-lists)" "$(url_of plain)"
    await_update plain list 1
    record_update list-update-first
    update_now plain list
    record_update list-update-again
    ask_index list-queries index-lists "$told_names"
    measure_queries_beside_list
    admin -d "$(url_of index-lists)" "$(url_of plain)"
}

# MARK: What soft state costs those who write

create_at() {
    measure "$1" --port "${port_of[$2]}" --operation create --connections 50 --first "$next_key" --keys 100000000 \
        --seconds $(((round_seconds + 1) / 2))
    next_key=$((next_key + $(field operations "$result")))
}

# The rate falls while a database grows, and the disk has its moods: many short rounds, and the first of the two is now the
# one, now the other.
measure_cost_of_step() {
    local round
    say "durable creates with and without a filter kept in step"
    for ((round = 1; round <= 2 * rounds; round += 2)); do
        create_at "create-plain#$round" plain
        create_at "create-told#$round" told
        create_at "create-told#$((round + 1))" told
        create_at "create-plain#$((round + 1))" plain
    done
}

measure_visibility() {
    say "how soon a change is seen"
    admin -a "$(url_of index-lists)" "$(url_of told)"
    await_update told list 1
    set_option update_buftime_ms 50
    set_option update_immediate true
    sleep 6 # longer than an updater takes to see that its configuration has changed
    await_visible visible-50ms "$samples_at_once"
    set_option update_buftime_ms 0
    set_option update_buftime 1
    await_visible visible-1s "$samples_gathered"
    create_at create-immediate told
}

# One line for the index with filters, one for that with lists.
await_visible() {
    printf '    %s\n' "$1"
    "$scratch/softload" --operation visible --catalog "${port_of[told]}" --index "${port_of[index-filters]}" \
        --index "${port_of[index-lists]}" --samples "$2" --first "$next_key" >"$scratch/visible" ||
        die "$1: changes were not seen; the log: $(tail -n 5 "$scratch/told.log")"
    next_key=$((next_key + $2))
    record "$1-filter" "$(sed -n 1p "$scratch/visible")"
    record "$1-list" "$(sed -n 2p "$scratch/visible")"
}

# MARK: The whole

measure_between_servers() {
    local server
    next_key=$told_names
    say "loading two catalogs with $told_names names"
    load_told_catalog plain false
    load_told_catalog told true
    start_index index-filters 'rli_bloomfilter true'
    start_index index-lists "rli_db_url sqlite:$scratch/index-lists.db"
    admin -A "$(url_of index-filters)" "$(url_of told)"
    measure_filter_updates
    measure_lists
    measure_cost_of_step
    measure_visibility
    for server in told plain index-filters index-lists; do stop_named "$server"; done
}

make_small() {
    told_names=50000 filter_names=1000
    samples_at_once=5 samples_gathered=2
}

measure_soft_state() {
    ! $quick || make_small
    round_seconds=$(((seconds + 1) / 2))
    measure_many_filters
    say "memory of an index with 100 filters of $told_names names"
    measure_index_memory memory-own own
    measure_index_memory memory-original legacy
    measure_between_servers
}
