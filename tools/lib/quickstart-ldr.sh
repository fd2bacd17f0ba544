# shellcheck shell=bash
# shellcheck disable=SC2154  # what tools/quickstart and common.sh set
# `tools/quickstart --ldr`: three sites that replicate files, each with a catalog and index, a GridFTP server and daemons, all
# with GSI. Sourced by tools/quickstart, whose functions and variables it uses.

readonly ldr_sites=(hanford livingston caltech)
# Small packages of every Debian, with a few larger ones.
readonly ldr_packages=(bash coreutils diffutils dash findutils grep gzip hostname sed tar zlib1g libc6 base-files bsdutils login
    mawk passwd perl-base util-linux tzdata)
readonly ldr_seconds=180
# By a site's name.
declare -A rls_ports gridftp_ports

ldr_directory() { printf '%s/ldr/%s\n' "$data" "$1"; }
ldr_url() { printf 'rls://localhost:%s\n' "${rls_ports[$1]}"; }

# The first site publishes, the others want what it has.
write_ldr_site() {
    local directory other
    directory=$(ldr_directory "$1")
    mkdir -p -- "$directory"/{files,log,state}
    cat >"$directory/server.conf" <<END
# Written by tools/quickstart --ldr.
lrc_server true
rli_server true
listen_address 127.0.0.1
port ${rls_ports[$1]}
lrc_db_url sqlite:$directory/catalog.db
rli_db_url sqlite:$directory/index.db
update_immediate true
update_buftime_ms 200
authentication true
rlscertfile $authority/host/hostcert.pem
rlskeyfile $authority/host/hostkey.pem
x509_cert_dir $authority/certificates
x509_voms_dir $authority/vomsdir
# The daemons of all sites, and the catalogs that tell this index what they have.
acl ^/O=Grid/OU=Test/CN=Alice\$: all
acl ^/O=Grid/OU=Test/CN=host/localhost\$: all
END
    cat >"$directory/ldr.conf" <<END
# Written by tools/quickstart --ldr.
site $1
directory $directory/state
lrc $(ldr_url "$1")
rli $(ldr_url "$1")
partition main $directory/files gsiftp://localhost:${gridftp_ports[$1]}$directory/files reserve=100M
layout {collection}/{hash:1}/{lfn}
log_directory $directory/log
interval 1
END
    for other in "${ldr_sites[@]}"; do
        [[ $other == "$1" ]] ||
            printf 'peer %s gsiftp://localhost:%s%s/log/%s\n' "$other" "${gridftp_ports[$other]}" "$(ldr_directory "$other")" "$other"
    done >>"$directory/ldr.conf"
    [[ $1 == "${ldr_sites[0]}" ]] || printf "subscription packages priority=50 : collection = 'packages'\n" >>"$directory/ldr.conf"
}

start_ldr_sites() {
    local site ports index=0
    rm -rf -- "$data/ldr"
    mapfile -t ports < <(free_ports $((2 * ${#ldr_sites[@]})))
    for site in "${ldr_sites[@]}"; do
        rls_ports[$site]=${ports[index]} gridftp_ports[$site]=${ports[index + 1]}
        index=$((index + 2))
    done
    for site in "${ldr_sites[@]}"; do
        write_ldr_site "$site"
        start_server "$(ldr_directory "$site")/server.conf" "$(ldr_directory "$site")/server.log"
        start_gridftp_server "$authority" "$(ldr_directory "$site")" "${gridftp_ports[$site]}"
        say "site $site: catalog and index at $(ldr_url "$site"), files at gsiftp://localhost:${gridftp_ports[$site]}"
    done
    local from to
    for from in "${ldr_sites[@]}"; do
        for to in "${ldr_sites[@]}"; do
            "$programs/rls-admin" -a "$(ldr_url "$to")" "$(ldr_url "$from")" || die "site $from cannot update site $to"
        done
    done
}

start_masters() {
    local site
    for site in "${ldr_sites[@]}"; do
        "$programs/ldr" master -c "$(ldr_directory "$site")/ldr.conf" >"$(ldr_directory "$site")/ldr.log" 2>&1 &
        children+=("$!")
        masters+=("$!")
    done
    say "the daemons of all three sites run; their logs: $data/ldr/*/ldr.log"
}

download_packages() {
    local directory
    directory=$(ldr_directory "${ldr_sites[0]}")/files/packages
    mkdir -p -- "$directory"
    say "downloading ${#ldr_packages[@]} Debian packages: the files that ${ldr_sites[0]} has to publish"
    # apt's own user may not be able to write there.
    (cd "$directory" && apt-get download -qq -o APT::Sandbox::User=root "${ldr_packages[@]}") >"$data/ldr/download.log" 2>&1 ||
        die "apt-get download failed: $(tail -n 3 "$data/ldr/download.log")"
    package_count=$(find "$directory" -name '*.deb' | wc -l)
}

ldr_at() { "$programs/ldr" "$2" -c "$(ldr_directory "$1")/ldr.conf" "${@:3}"; }

show_ldr() {
    print_command ldr "$2" -c "$(ldr_directory "$1")/ldr.conf" "${@:3}"
    ldr_at "$@" || die "\`ldr $2\` failed at $1: see above, and $(ldr_directory "$1")/ldr.log"
}

# present SITE: how many of the wanted files are there.
present() {
    ldr_at "$1" status --json | python3 -c '
import json, sys
print(sum(one["present"] for one in json.load(sys.stdin)["subscriptions"]))'
}

await_files() {
    local site deadline=$((SECONDS + ldr_seconds))
    for site in "${ldr_sites[@]:1}"; do
        until [[ $(present "$site") -ge $package_count ]]; do
            [[ $SECONDS -lt $deadline ]] || die "$site has $(present "$site") of $package_count files: see $(ldr_directory "$site")/ldr.log"
            sleep 0.5
        done
    done
}

# What the package index says of each file, and what each copy is.
compare_copies() {
    local site file sum sums count=0
    say "comparing all copies with the checksums of the package index"
    for site in "${ldr_sites[@]:1}"; do
        while IFS= read -r file; do
            sum=$(sha256sum -- "$file" | cut -d ' ' -f 1)
            sums=$(apt-cache show "$(basename -- "$file" | cut -d _ -f 1)" | sed -n 's/^SHA256: //p')
            [[ $sums == *"$sum"* ]] || die "$file is not what the package index says"
            count=$((count + 1))
        done < <(find "$(ldr_directory "$site")/files" -name '*.deb' -not -path '*/.ldr-*')
    done
    [[ $count -eq $((2 * package_count)) ]] || die "$count copies instead of $((2 * package_count))"
    say "$count copies at two sites, all as they should be"
}

run_ldr() {
    local master masters=() package_count=0 began
    need_authority
    start_ldr_sites
    download_packages
    start_masters
    show_ldr "${ldr_sites[0]}" publish --collection packages -a suite=debian "$(ldr_directory "${ldr_sites[0]}")/files/packages"
    began=$SECONDS
    await_files
    say "both subscribers had all $package_count files after $((SECONDS - began)) s"
    show_ldr livingston status
    name=$(ldr_at caltech find "size > 1000000" --limit 1)
    show_ldr caltech explain "$name"
    show_ldr caltech find "lfn = '$name'" --show urls
    show_ldr caltech find "size > 1000000" --sort size --descending --limit 3 --show metadata
    printf '\n'
    compare_copies
    for master in "${masters[@]}"; do stop_child "$master"; done
    say "all is stopped; what it wrote stays in $data/ldr until the next run; how to set up sites: docs/ldr.md"
}
