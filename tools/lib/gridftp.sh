# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # what callers read, and what common.sh sets
# A GridFTP server for the certificates of tools/make-test-ca. Sourced; uses common.sh.

# start_gridftp_server AUTHORITY DIRECTORY PORT: with the user's rights, for the certificate of Alice; its files go to the
# directory. Sets gridftp_pid.
start_gridftp_server() {
    local ca=$1 directory=$2 port=$3 level=6 deadline=$((SECONDS + start_seconds))
    # A server of root changes to the user of the map; another stays what it is.
    [[ $EUID -ne 0 ]] || level=2
    : >"$directory/gridftp.conf"
    printf '"/O=Grid/OU=Test/CN=Alice" %s\n' "$(id -un)" >"$directory/grid-mapfile"
    env GRIDMAP="$directory/grid-mapfile" X509_USER_CERT="$ca/host/hostcert.pem" \
        X509_USER_KEY="$ca/host/hostkey.pem" X509_CERT_DIR="$ca/certificates" \
        globus-gridftp-server -c "$directory/gridftp.conf" -p "$port" -control-interface 127.0.0.1 \
        -data-interface 127.0.0.1 -allow-root -allow-disabled-login -auth-level "$level" >"$directory/gridftp.log" 2>&1 &
    gridftp_pid=$!
    children+=("$gridftp_pid")
    # It says nothing when it is ready.
    until port_is_busy "$port"; do
        if ! kill -0 "$gridftp_pid" 2>/dev/null || [[ $SECONDS -ge $deadline ]]; then
            die "the GridFTP server did not start: $(tail -n 5 "$directory/gridftp.log")"
        fi
        sleep 0.05
    done
}
