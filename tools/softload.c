// softload: what tools/bench needs of soft state beside loadgen, over rlsn://.
//
// cc -O2 -o softload softload.c $(pkg-config --cflags --libs libxxhash)
//
// push: the Bloom filters of many made-up catalogs, one after the other over one connection, to an index. Catalog j holds
// the names of loadgen's keys from j × names on, and is called rlsn://catalog<j>.bench.example.org. Filters are ours
// (rli_filter, hashing 1, sized as Sources/RLSFilter sizes them) or the original's (rli_updatebf).
//
// visible: creates names at a catalog, one after the other, and asks indexes until they know them. The time is from the
// acknowledgement of the create to the reply that has the name; an index that takes an absent name for present (a Bloom
// filter does so now and then) is not asked for that one.
//
// Result: a line of key=value pairs for each push, or each index asked. Exit status 0 unless something failed.
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#include "load.h"

enum {
    NAME_BYTES = 60,    // as loadgen's
    MAX_INDEXES = 8,
    MAX_SAMPLES = 10000,
    REPLY_SECONDS = 60,  // without any reply the run is given up
    VISIBLE_SECONDS = 60,
    TOLD_INTERVAL = 86400,
};


static double seconds_since(uint64_t start) { return (double)(now() - start) / 1e9; }

static void *allocate(size_t size) {
    void *memory = calloc(1, size);
    if (!memory) fail(1, "no memory for %zu bytes", size);
    return memory;
}

// MARK: Names

// The name of a key of series `series`: prefix, number, one last digit.
static void write_name(char *name, uint64_t key, unsigned series) {
    size_t prefix = strlen(name_prefix);
    memcpy(name, name_prefix, prefix);
    name[NAME_BYTES - 1] = (char)('0' + series);
    for (size_t at = NAME_BYTES - 1; at-- > prefix; key /= 10) name[at] = (char)('0' + key % 10);
    name[NAME_BYTES] = 0;
}

// The name of the next key: cheaper than writing it.
static void advance_name(char *name) {
    size_t at = NAME_BYTES - 2;
    while (name[at] == '9') name[at--] = '0';
    name[at]++;
}

// MARK: Connections

typedef struct {
    int descriptor;
    char input[65536];
    size_t used;
    size_t taken;
} Peer;

static Peer *open_peer(const char *port) {
    Peer *peer = allocate(sizeof *peer);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    struct timeval limit = {.tv_sec = REPLY_SECONDS};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (peer->descriptor < 0) fail(1, "socket: %s", strerror(errno));
    setsockopt(peer->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(peer->descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(peer->descriptor, (struct sockaddr *)&address, sizeof address))
        fail(1, "port %s: %s", port, strerror(errno));
    return peer;
}

static void send_all(Peer *peer, const void *bytes, size_t length) {
    const char *rest = bytes;
    while (length) {
        ssize_t sent = send(peer->descriptor, rest, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) fail(1, "send: %s", strerror(errno));
        rest += sent;
        length -= (size_t)sent;
    }
}

static void receive_more(Peer *peer) {
    memmove(peer->input, peer->input + peer->taken, peer->used - peer->taken);
    peer->used -= peer->taken;
    peer->taken = 0;
    if (peer->used == sizeof peer->input) fail(1, "a reply that is too long");
    ssize_t received = recv(peer->descriptor, peer->input + peer->used, sizeof peer->input - peer->used, 0);
    if (received <= 0) fail(1, "%s", received < 0 ? strerror(errno) : "closed by the server");
    peer->used += (size_t)received;
}

// The next string of the reply; good until the next call.
static const char *take_field(Peer *peer) {
    for (;;) {
        char *start = peer->input + peer->taken;
        char *end = memchr(start, 0, peer->used - peer->taken);
        if (end) {
            peer->taken += (size_t)(end - start) + 1;
            return start;
        }
        receive_more(peer);
    }
}

static long take_code(Peer *peer) { return strtol(take_field(peer), NULL, 10); }

static void expect_success(Peer *peer, const char *what) {
    long code = take_code(peer);
    if (code) fail(1, "%s: code %ld, %s", what, code, take_field(peer));
}

static Peer *open_welcomed(const char *port) {
    Peer *peer = open_peer(port);
    expect_success(peer, "greeting");
    return peer;
}

// MARK: Filters

typedef struct {
    bool is_legacy;
    uint64_t bits;
    unsigned hashes;
    uint8_t *bytes;
    size_t length;
} Filter;

// As FilterShape.sized: for a whole number of hashes, rounded up to one of 32 sizes an octave.
static uint64_t own_bits(uint64_t names, unsigned one_in, unsigned hashes) {
    double share = pow(1.0 / one_in, 1.0 / hashes);
    double needed = fmax(ceil((double)names * -(double)hashes / log(1 - share)), 1024);
    uint64_t bits = (uint64_t)needed;
    int shift = 63 - __builtin_clzll(bits) - 5;
    return (bits + (UINT64_C(1) << shift) - 1) >> shift << shift;
}

static Filter make_filter(bool is_legacy, uint64_t names, unsigned one_in) {
    Filter filter = {.is_legacy = is_legacy};
    filter.hashes = is_legacy ? 3 : (unsigned)lround(log2(one_in));
    filter.bits = is_legacy ? (names < 100 ? 1000 : names * 10) : own_bits(names, one_in, filter.hashes);
    filter.length = is_legacy ? filter.bits / 8 + 1 : (filter.bits + 7) / 8;
    filter.bytes = allocate(filter.length);
    return filter;
}

static void set_bit(Filter *filter, uint64_t position) {
    filter->bytes[position >> 3] |= (uint8_t)(0x80 >> (position & 7));
}

static uint32_t rotated(uint32_t hash, int by) { return hash << by | hash >> (32 - by); }

static void insert_legacy(Filter *filter, const char *name) {
    uint32_t first = 0, second = 0, third = 0;
    for (size_t at = 0; at < NAME_BYTES; at++) {
        uint32_t byte = (uint32_t)(int32_t)(signed char)name[at];
        first = rotated(first, 3) ^ byte;
        second = rotated(second, 5) ^ byte;
        third = rotated(third, 7) ^ byte;
    }
    set_bit(filter, first % filter->bits);
    set_bit(filter, second % filter->bits);
    set_bit(filter, third % filter->bits);
}

static void insert_own(Filter *filter, const char *name) {
    XXH128_hash_t hash = XXH3_128bits(name, NAME_BYTES);
    uint64_t step = hash.high64 | 1, value = hash.low64;
    for (unsigned index = 0; index < filter->hashes; index++, value += step)
        set_bit(filter, (uint64_t)((unsigned __int128)value * filter->bits >> 64));
}

static void fill(Filter *filter, uint64_t first, uint64_t names) {
    char name[NAME_BYTES + 1];
    memset(filter->bytes, 0, filter->length);
    write_name(name, first, 0);
    for (uint64_t count = 0; count < names; count++, advance_name(name)) {
        if (filter->is_legacy) {
            insert_legacy(filter, name);
        } else {
            insert_own(filter, name);
        }
    }
}

static size_t write_header(const Filter *filter, uint64_t catalog, uint64_t names, char *text, size_t size) {
    int length;
    if (filter->is_legacy) {
        length = snprintf(
            text, size, "rli_updatebf%crlsn://catalog%" PRIu64 ".bench.example.org%c%" PRIu64 "%c%u%c%d%c", 0, catalog,
            0, filter->bits, 0, filter->hashes, 0, TOLD_INTERVAL, 0);
    } else {
        length = snprintf(
            text, size,
            "rli_filter%crlsn://catalog%" PRIu64 ".bench.example.org%cinstance%" PRIu64 "%c%c%d%c1%c%" PRIu64
            "%c%u%c%" PRIu64 "%cepoch%c1%c%zu%c",
            0, catalog, 0, catalog, 0, 0, TOLD_INTERVAL, 0, 0, filter->bits, 0, filter->hashes, 0, names, 0, 0, 0,
            filter->length, 0);
    }
    if (length < 0 || (size_t)length >= size) fail(1, "a header that is too long");
    return (size_t)length;
}

typedef struct {
    const char *operation;
    const char *port;
    const char *kind;
    uint64_t filters;
    uint64_t names;
    unsigned one_in;
    const char *catalog;
    const char *indexes[MAX_INDEXES];
    size_t index_count;
    uint64_t first;
    uint64_t samples;
} Options;

static Options options = {.kind = "own", .filters = 1, .names = 1000000, .one_in = 100, .samples = 24};

static void push(void) {
    bool is_legacy = strcmp(options.kind, "legacy") == 0;
    Filter filter = make_filter(is_legacy, options.names, options.one_in);
    Peer *peer = open_welcomed(options.port);
    char header[512];
    double sending = 0;
    uint64_t start = now();
    for (uint64_t catalog = 0; catalog < options.filters; catalog++) {
        fill(&filter, catalog * options.names, options.names);
        uint64_t began = now();
        send_all(peer, header, write_header(&filter, catalog, options.names, header, sizeof header));
        send_all(peer, filter.bytes, filter.length);
        expect_success(peer, "filter");
        sending += seconds_since(began);
    }
    printf(
        "operation=push kind=%s filters=%" PRIu64 " names=%" PRIu64 " bits=%" PRIu64 " hashes=%u bytes=%zu seconds=%.3f"
        " update_ms=%.3f\n",
        options.kind, options.filters, options.names, filter.bits, filter.hashes, filter.length, seconds_since(start),
        sending / (double)options.filters * 1e3);
}

// MARK: How soon changes are seen

static bool knows(Peer *index, const char *name) {
    char request[256];
    int length = snprintf(request, sizeof request, "rli_get_lrc%c%s%c0%c0%c", 0, name, 0, 0, 0);
    send_all(index, request, (size_t)length);
    if (take_code(index)) {
        take_field(index);
        return false;
    }
    while (take_field(index)[0] > 1) take_field(index);
    return true;
}

static void create(Peer *catalog, const char *name) {
    char request[256];
    int length = snprintf(request, sizeof request, "lrc_create%c%s%cgsiftp://se1.example.org/%s%c", 0, name, 0, name, 0);
    send_all(catalog, request, (size_t)length);
    expect_success(catalog, "lrc_create");
}

static void pause_briefly(uint64_t microseconds) { usleep((useconds_t)microseconds); }

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static struct {
    Peer *peer;
    double milliseconds[MAX_SAMPLES];
    size_t count;
} indexes[MAX_INDEXES];

// Asks all indexes in turn, some thousand times a second, until each has the name.
static void await_name(const char *name, const bool *told_before) {
    bool seen[MAX_INDEXES];
    size_t left = 0;
    uint64_t acknowledged = now();
    for (size_t i = 0; i < options.index_count; i++) left += !(seen[i] = told_before[i]);
    while (left) {
        for (size_t i = 0; i < options.index_count; i++) {
            if (seen[i] || !knows(indexes[i].peer, name)) continue;
            indexes[i].milliseconds[indexes[i].count++] = seconds_since(acknowledged) * 1e3;
            seen[i] = true;
            left--;
        }
        if (seconds_since(acknowledged) > VISIBLE_SECONDS) fail(1, "not visible after %d s: %s", VISIBLE_SECONDS, name);
        pause_briefly(200);
    }
}

static void visible(void) {
    Peer *catalog = open_welcomed(options.catalog);
    char name[NAME_BYTES + 1];
    bool told_before[MAX_INDEXES];
    for (size_t i = 0; i < options.index_count; i++) indexes[i].peer = open_welcomed(options.indexes[i]);
    srandom(1);
    for (uint64_t sample = 0; sample < options.samples; sample++) {
        write_name(name, options.first + sample, 7);
        for (size_t i = 0; i < options.index_count; i++) told_before[i] = knows(indexes[i].peer, name);
        create(catalog, name);
        await_name(name, told_before);
        // Not in step with anything that the servers do at fixed times.
        pause_briefly(1000 + (uint64_t)random() % 40000);
    }
    for (size_t i = 0; i < options.index_count; i++) {
        size_t count = indexes[i].count;
        double *times = indexes[i].milliseconds;
        if (!count) fail(1, "no sample");
        qsort(times, count, sizeof *times, compare);
        printf(
            "operation=visible samples=%zu p50_ms=%.2f worst_ms=%.2f\n", count, times[count / 2], times[count - 1]);
    }
}

// MARK: Options

static void usage(FILE *stream) {
    fputs(
        "usage: softload --operation push|visible [options]\n"
        "push:\n"
        "  --port P         the index on 127.0.0.1\n"
        "  --kind K         own or legacy (own)\n"
        "  --filters N      catalogs, a filter each (1)\n"
        "  --names M        names of each (1000000)\n"
        "  --one-in N       false positives of our kind (100)\n"
        "visible:\n"
        "  --catalog P      where names are created\n"
        "  --index P        where they shall be seen; repeatable\n"
        "  --first K        first key\n"
        "  --samples N      names (24)\n", stream);
}

static uint64_t number(const char *option, const char *text, uint64_t most) {
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || value > most)
        fail(2, "--%s %s: must be a number up to %" PRIu64, option, text, most);
    return value;
}

static void take_index(void) {
    if (options.index_count == MAX_INDEXES) fail(2, "at most %d indexes", MAX_INDEXES);
    options.indexes[options.index_count++] = optarg;
}

static const struct option long_options[] = {
    {"operation", required_argument, NULL, 'o'}, {"port", required_argument, NULL, 'p'},
    {"kind", required_argument, NULL, 'k'},      {"filters", required_argument, NULL, 'f'},
    {"names", required_argument, NULL, 'n'},     {"one-in", required_argument, NULL, 'e'},
    {"catalog", required_argument, NULL, 'c'},   {"index", required_argument, NULL, 'i'},
    {"first", required_argument, NULL, 'F'},     {"samples", required_argument, NULL, 's'},
    {"help", no_argument, NULL, '?' + 128},      {NULL, 0, NULL, 0},
};

static void take_option(int option, const char *name) {
    switch (option) {
    case 'o': options.operation = optarg; break;
    case 'p': options.port = optarg; break;
    case 'k': options.kind = optarg; break;
    case 'f': options.filters = number(name, optarg, 1000000); break;
    case 'n': options.names = number(name, optarg, 100000000); break;
    case 'e': options.one_in = (unsigned)number(name, optarg, 1000000); break;
    case 'c': options.catalog = optarg; break;
    case 'i': take_index(); break;
    case 'F': options.first = number(name, optarg, UINT32_MAX); break;
    case 's': options.samples = number(name, optarg, MAX_SAMPLES); break;
    case '?' + 128: usage(stdout); exit(0);
    default: exit(2);  // getopt_long has said what is wrong
    }
}

int main(int count, char **arguments) {
    int option, index = 0;
    while ((option = getopt_long(count, arguments, "", long_options, &index)) != -1)
        take_option(option, long_options[index].name);
    if (optind < count) fail(2, "unexpected argument %s", arguments[optind]);
    if (options.operation && strcmp(options.operation, "push") == 0 && options.port) {
        push();
    } else if (options.operation && strcmp(options.operation, "visible") == 0 && options.catalog && options.index_count) {
        visible();
    } else {
        usage(stderr);
        exit(2);
    }
    return 0;
}
