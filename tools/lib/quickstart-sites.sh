# shellcheck shell=bash
# shellcheck disable=SC2154  # what tools/quickstart and common.sh set
# `tools/quickstart --sites N`: sites, each a catalog and an index, that all tell each other what they have. Sourced by
# tools/quickstart, whose functions and variables it uses.

# By a site's number, from 1.
site_pids=() site_urls=()
readonly seen_seconds=30

site_directory() { printf '%s/sites/%s\n' "$data" "$1"; }

# The first half takes name lists, the second Bloom filters.
takes_lists() { [[ $1 -le $(((sites + 1) / 2)) ]]; }

write_site() {
    local directory
    directory=$(site_directory "$1")
    mkdir -p -- "$directory"
    site_urls[$1]=rlsn://127.0.0.1:$2
    cat >"$directory/server.conf" <<END
# Written by tools/quickstart --sites.
lrc_server true
rli_server true
authentication false
acl .*: all
listen_address 127.0.0.1
port $2
lrc_db_url sqlite:$directory/catalog.db
rli_db_url sqlite:$directory/index.db
# Changes are told at once, gathered for a fifth of a second.
update_immediate true
update_buftime_ms 200
END
}

# A site that an earlier run told of is no site of this one: all begin anew.
start_sites() {
    local site ports
    rm -rf -- "$data/sites"
    mapfile -t ports < <(free_ports "$sites")
    for ((site = 1; site <= sites; site++)); do
        write_site "$site" "${ports[site - 1]}"
        start_server "$(site_directory "$site")/server.conf" "$(site_directory "$site")/server.log"
        site_pids[site]=$server_pid
        say "site $site serves at ${site_urls[site]}, catalog and index in $(site_directory "$site")"
    done
}

# Every catalog updates every index, its own too: whichever is asked knows of all.
connect_sites() {
    local from to option
    say "every catalog tells every index; sites 1 to $(((sites + 1) / 2)) take name lists, the others Bloom filters"
    for ((to = 1; to <= sites; to++)); do
        if takes_lists "$to"; then option=-a; else option=-A; fi
        for ((from = 1; from <= sites; from++)); do
            "$programs/rls-admin" "$option" "${site_urls[to]}" "${site_urls[from]}" || die "site $from cannot update site $to"
        done
    done
}

# The mappings go to the sites in turn, each on a storage element of its own: a file has two copies, and they are at two
# sites.
share_mappings() {
    local site
    say "sharing the package index out among $sites sites"
    for ((site = 1; site <= sites; site++)); do
        awk -F '\t' -v OFS='\t' -v site="$site" -v sites="$sites" '(NR - 1) % sites == site - 1 {
            sub("//se[0-9]+\\.", "//site" site ".", $2)
            print
        }' "$data/packages.tsv" >"$(site_directory "$site")/files.tsv"
        cli import "$(site_directory "$site")/files.tsv" "${site_urls[site]}" ||
            die "the import failed: see above, and $(site_directory "$site")/server.log"
    done
}

# await_seen SITE NAME: until the site's index leads to the name.
await_seen() {
    local deadline=$((SECONDS + seen_seconds))
    until cli locate "$2" "${site_urls[$1]}" >/dev/null 2>&1; do
        [[ $SECONDS -lt $deadline ]] || die "site $1 does not know $2: see $(site_directory "$1")/server.log"
        sleep 0.05
    done
}

await_mesh() {
    local from to name
    for ((from = 1; from <= sites; from++)); do
        name=$(tail -n 1 "$(site_directory "$from")/files.tsv" | cut -f 1)
        for ((to = 1; to <= sites; to++)); do await_seen "$to" "$name"; done
    done
}

names_of() { cut -f 1 "$(site_directory "$1")/files.tsv" | sort -u; }

# A file with copies at the two last sites: none at the first, unless there are two sites only.
choose_shared_name() {
    names_of "$sites" >"$data/sites/names"
    name=$(comm -12 <(names_of $((sites - 1))) "$data/sites/names" | awk 'NR == 1 || /^bash_[0-9]/ {name = $0} END {print name}')
    [[ -n $name ]] || die "the package index has no file for two sites: try apt-get update"
}

show_mesh() {
    choose_shared_name
    say "asking site 1 for a file of sites $((sites - 1)) and $sites: its index, then the catalogs that the index names"
    show rls-cli query rli lfn "$name" "${site_urls[1]}"
    show rls-cli locate "$name" "${site_urls[1]}"
    show rls-admin status "${site_urls[1]}"
    printf '\n'
}

# Of the last site, which takes filters: what a change flips in them is sent.
show_new_file() {
    local new=quickstart/new-file began seconds
    say "a new file at site 1, asked of site $sites"
    show rls-cli create "$new" https://site1.example.org/new-file "${site_urls[1]}"
    began=$(date +%s%3N)
    await_seen "$sites" "$new"
    seconds=$(awk -v ms=$(($(date +%s%3N) - began)) 'BEGIN {printf "%.2f", ms / 1000}')
    show rls-cli locate "$new" "${site_urls[sites]}"
    printf '\n'
    say "seen after $seconds s"
    [[ ${seconds%.*} -eq 0 ]] || say "that is more than a second: is the machine busy?"
}

show_dead_site() {
    say "killing site $sites, as a power failure would: its copy is out of reach, the other one is found"
    kill -KILL "${site_pids[sites]}"
    wait "${site_pids[sites]}" 2>/dev/null || true
    forget_child "${site_pids[sites]}"
    show rls-cli locate "$name" "${site_urls[1]}"
    printf '\n'
    say "asking the dead site's index, and that of site 1 should it not answer"
    show rls-cli --index "${site_urls[1]}" locate "$name" "${site_urls[sites]}"
    printf '\n'
}

stop_sites() {
    local site
    for ((site = 1; site < sites; site++)); do stop_child "${site_pids[site]}"; done
    say "all sites are stopped; what they wrote stays in $data/sites until the next run; how updates work: docs/soft-state.md"
}

run_sites() {
    start_sites
    connect_sites
    share_mappings
    await_mesh
    show_mesh
    show_new_file
    show_dead_site
    stop_sites
}
