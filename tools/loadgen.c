// loadgen: a closed-loop load generator for the RLS wire protocol, without authentication or (--gsi) over GSI.
//
// cc -O2 -o loadgen loadgen.c loadgen-gsi.c $(pkg-config --cflags --libs globus-gssapi-gsi) -lglobus_common
//
// One thread and one epoll instance drive C connections, each of which keeps P requests outstanding: the next request
// is sent only when a reply has arrived. The same program writes the input of the comparisons (import lines, commands
// for redis-cli) so that every store holds the same names, times a bare append and fdatasync, and GSI handshakes.
//
// Result: one line of key=value pairs on standard output. Exit status: 0 the run is complete (refused requests are
// counted in errors=), 1 the server could not be reached or broke off, 2 wrong usage.
#define _GNU_SOURCE
#include "load.h"
#include "loadgen-gsi.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_CONNECTIONS = 20000,
    MAX_PIPELINE = 1024,
    MAX_BULK = 100000,
    MAX_NAME = 4096,
    MAX_THREADS = 256,
    EVENTS_PER_WAIT = 256,
    FIRST_INPUT_BYTES = 64 * 1024,
    GREETING_SECONDS = 10,  // for all connections together
    GSI_GREETING_SECONDS = 100,
    SILENCE_SECONDS = 60,   // without any reply the run is given up
    FSYNC_BYTES = 12 * 1024,
    LFN_NOT_FOUND = 12,
};

// What follows a reply's code 0, apart from nothing.
typedef enum {
    REPLY_STATUS,    // nothing
    REPLY_PAIRS,     // (name, target)*, then "" or "\x01"
    REPLY_FAILURES,  // (code, name, target)*, then ""
} ReplyShape;

typedef enum {
    OP_QUERY, OP_WILDCARD, OP_EXISTS, OP_PING, OP_CREATE, OP_ADD, OP_DELETE, OP_BULK_CREATE, OP_LOCATE, OP_ABSENT,
    OP_HANDSHAKE, OP_GSS_LOOP, OP_FSYNC, OP_MAPPINGS, OP_REDIS_SET
} OperationCode;

typedef struct {
    const char *name;
    OperationCode code;
    ReplyShape shape;
    bool each_key_once;  // writes go once through the key range; reads draw from it at random
    const char *help;
} Operation;

static const Operation operations[] = {
    {"query", OP_QUERY, REPLY_PAIRS, false, "lrc_get_pfn of a name drawn at random"},
    {"wildcard", OP_WILDCARD, REPLY_PAIRS, false, "lrc_get_pfn_wc of a prefix (see --wildcard-prefix)"},
    {"exists", OP_EXISTS, REPLY_STATUS, false, "lrc_exists of a name drawn at random"},
    {"ping", OP_PING, REPLY_STATUS, false, "admin ping"},
    {"create", OP_CREATE, REPLY_STATUS, true, "lrc_create, each key once"},
    {"add", OP_ADD, REPLY_STATUS, true, "lrc_add of a second target, each key once"},
    {"delete", OP_DELETE, REPLY_STATUS, true, "lrc_delete of the target that create made, each key once"},
    {"bulk-create", OP_BULK_CREATE, REPLY_FAILURES, true, "lrc_create_bulk of --bulk-size keys"},
    {"locate", OP_LOCATE, REPLY_PAIRS, false, "rli_get_lrc of a name drawn at random"},
    {"absent", OP_ABSENT, REPLY_PAIRS, true, "rli_get_lrc, each key once; not to be known is no error"},
    {"handshake", OP_HANDSHAKE, REPLY_STATUS, false, "connect over GSI, await the greeting, close, and again"},
    {"gss-loop", OP_GSS_LOOP, REPLY_STATUS, false, "both sides of GSI handshakes in --threads threads (no server)"},
    {"fsync", OP_FSYNC, REPLY_STATUS, false, "append 12 KiB to a file in --directory, fdatasync (no server)"},
    {"mappings", OP_MAPPINGS, REPLY_STATUS, true, "write name<TAB>target lines (no server)"},
    {"redis-set", OP_REDIS_SET, REPLY_STATUS, true, "write SET commands for redis-cli --pipe (no server)"},
};

typedef struct {
    const Operation *operation;
    const char *host;
    const char *port;
    const char *directory;
    const char *wildcard_prefix;
    const char *host_certificate;
    const char *host_key;
    uint64_t connections;
    uint64_t pipeline;
    uint64_t bulk_size;
    uint64_t keys;
    uint64_t first;
    uint64_t count;  // operations in all; 0 = until the time is up
    uint64_t series;
    uint64_t name_bytes;
    uint64_t target_bytes;
    uint64_t threads;
    double seconds;
    bool scattered;
    bool gsi;
} Options;

static Options options = {
    .host = "127.0.0.1", .port = "39281", .directory = ".", .connections = 1, .pipeline = 1, .bulk_size = 1000,
    .keys = 1000000, .name_bytes = 60, .target_bytes = 100, .threads = 1,
};

// MARK: Buffers

typedef struct {
    char *bytes;
    size_t used;
    size_t capacity;
} Buffer;

static void buffer_reserve(Buffer *buffer, size_t extra) {
    if (buffer->used + extra <= buffer->capacity) return;
    size_t capacity = buffer->capacity ? buffer->capacity : 1024;
    while (capacity < buffer->used + extra) capacity *= 2;
    char *bytes = realloc(buffer->bytes, capacity);
    if (!bytes) fail(1, "no memory for a buffer of %zu bytes", capacity);
    buffer->bytes = bytes;
    buffer->capacity = capacity;
}

static void append(Buffer *buffer, const char *bytes, size_t length) {
    buffer_reserve(buffer, length);
    memcpy(buffer->bytes + buffer->used, bytes, length);
    buffer->used += length;
}

static void drop_front(Buffer *buffer, size_t length) {
    buffer->used -= length;
    if (length) memmove(buffer->bytes, buffer->bytes + length, buffer->used);
}

// A field of the protocol: the text and its NUL.
static void append_field(Buffer *buffer, const char *text) { append(buffer, text, strlen(text) + 1); }

// MARK: Names
//
// A name is PREFIX, the key's number padded with zeros, and one last digit, the series. Runs of different series never
// collide, and their names lie side by side in name order: a scattered run of series 1 inserts between the names of
// series 0, all over the tree.

static const char first_target_prefix[] = "gsiftp://se1.example.org/data/";
static const char second_target_prefix[] = "gsiftp://se2.example.org/data/";

static void append_numbered(Buffer *buffer, const char *prefix, size_t length, uint64_t key) {
    size_t prefix_length = strlen(prefix);
    buffer_reserve(buffer, length);
    char *text = buffer->bytes + buffer->used;
    memcpy(text, prefix, prefix_length);
    text[length - 1] = (char)('0' + options.series);
    for (size_t at = length - 1; at-- > prefix_length; key /= 10) text[at] = (char)('0' + key % 10);
    buffer->used += length;
}

static void append_name(Buffer *buffer, uint64_t key) { append_numbered(buffer, name_prefix, options.name_bytes, key); }

static void append_target(Buffer *buffer, const char *prefix, uint64_t key) {
    append_numbered(buffer, prefix, options.target_bytes, key);
}

// MARK: Keys

static uint64_t random_state = 88172645463325252u;

static uint64_t random_number(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static uint64_t random_key(void) { return options.first + random_number() % options.keys; }

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b) {
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

// index × factor mod keys is a bijection when factor and keys have no common divisor; near the golden section of the
// range, successive keys lie far apart and no region is hit twice before the others.
static uint64_t scatter_factor(void) {
    uint64_t factor = (uint64_t)((double)options.keys * 0.6180339887498949) | 1;
    while (greatest_common_divisor(factor, options.keys) != 1) factor += 2;
    return factor;
}

static uint64_t keys_taken;

static bool keys_are_left(void) { return keys_taken < options.keys; }

static uint64_t take_key(void) {
    static uint64_t factor;
    uint64_t index = keys_taken++;
    if (!options.scattered) return options.first + index;
    if (!factor) factor = scatter_factor();
    return options.first + (uint64_t)((unsigned __int128)index * factor % options.keys);
}

// MARK: Latencies
//
// A histogram with 64 steps in every power of two: 1.6 % exact, the same small size however long the run.

enum { STEP_BITS = 6, STEPS = 1 << STEP_BITS };

static uint64_t histogram[64 * STEPS];
static uint64_t samples;
static uint64_t longest;

static void record(uint64_t nanoseconds) {
    if (nanoseconds > longest) longest = nanoseconds;
    uint64_t value = nanoseconds | STEPS;
    int shift = 63 - __builtin_clzll(value) - STEP_BITS;
    histogram[(size_t)shift * STEPS + (value >> shift) - STEPS]++;
    samples++;
}

static double percentile_ms(double fraction) {
    uint64_t wanted = (uint64_t)((double)samples * fraction);
    uint64_t seen = 0;
    for (size_t slot = 0; slot < sizeof histogram / sizeof *histogram; slot++) {
        seen += histogram[slot];
        if (seen > wanted) return (double)((uint64_t)(STEPS + slot % STEPS) << slot / STEPS) / 1e6;
    }
    return (double)longest / 1e6;
}

// MARK: The outcome

static struct {
    uint64_t issued;
    uint64_t done;
    uint64_t mappings;  // mappings written, or rows read
    uint64_t errors;
    uint64_t broken;  // connections that the server closed
    long last_error;
    uint64_t start;
    uint64_t end;
} run;

static void count_error(long code) {
    run.errors++;
    run.last_error = code;
}

static void print_result(void) {
    double seconds = (double)(run.end - run.start) / 1e9;
    double rate = seconds > 0 ? (double)run.done / seconds : 0;
    double mapping_rate = seconds > 0 ? (double)run.mappings / seconds : 0;
    printf(
        "operation=%s connections=%" PRIu64 " pipeline=%" PRIu64 " operations=%" PRIu64 " seconds=%.3f rate=%.1f"
        " p50_ms=%.4f p99_ms=%.4f max_ms=%.4f errors=%" PRIu64 " last_error=%ld"
        " mappings=%" PRIu64 " mapping_rate=%.1f\n",
        options.operation->name, options.connections, options.pipeline, run.done, seconds, rate, percentile_ms(0.5),
        percentile_ms(0.99), (double)longest / 1e6, run.errors, run.last_error, run.mappings, mapping_rate);
}

// MARK: Requests

static void append_status_request(Buffer *buffer, const char *method, const char *target_prefix) {
    uint64_t key = take_key();
    append_field(buffer, method);
    append_name(buffer, key);
    append_field(buffer, "");
    append_target(buffer, target_prefix, key);
    append_field(buffer, "");
}

static void append_bulk_request(Buffer *buffer) {
    append_field(buffer, "lrc_create_bulk");
    for (uint64_t item = 0; item < options.bulk_size && keys_are_left(); item++) {
        uint64_t key = take_key();
        append_name(buffer, key);
        append_field(buffer, "");
        append_target(buffer, first_target_prefix, key);
        append_field(buffer, "");
        run.mappings++;
    }
    append_field(buffer, "");
}

// Without a prefix of the user's: a random block of 1000 keys, that is a name without its last three digits and series.
static void append_pattern(Buffer *buffer) {
    if (options.wildcard_prefix) {
        append(buffer, options.wildcard_prefix, strlen(options.wildcard_prefix));
    } else {
        uint64_t blocks = options.keys / 1000;
        append_name(buffer, (options.first / 1000 + random_number() % (blocks ? blocks : 1)) * 1000);
        buffer->used -= 4;
    }
    append_field(buffer, "%");
}

static void append_page(Buffer *buffer) {
    append_field(buffer, "0");
    append_field(buffer, "0");
}

static void append_query(Buffer *buffer, const char *method, uint64_t key) {
    append_field(buffer, method);
    append_name(buffer, key);
    append_field(buffer, "");
    append_page(buffer);
}

static void append_request(Buffer *buffer) {
    switch (options.operation->code) {
    case OP_QUERY: append_query(buffer, "lrc_get_pfn", random_key()); break;
    case OP_LOCATE: append_query(buffer, "rli_get_lrc", random_key()); break;
    case OP_ABSENT: append_query(buffer, "rli_get_lrc", take_key()); break;
    case OP_WILDCARD:
        append_field(buffer, "lrc_get_pfn_wc");
        append_pattern(buffer);
        append_page(buffer);
        break;
    case OP_EXISTS:
        append_field(buffer, "lrc_exists");
        append_name(buffer, random_key());
        append_field(buffer, "");
        append_field(buffer, "0");
        break;
    case OP_PING:
        append_field(buffer, "admin");
        append_field(buffer, "0");
        break;
    case OP_CREATE: append_status_request(buffer, "lrc_create", first_target_prefix); break;
    case OP_ADD: append_status_request(buffer, "lrc_add", second_target_prefix); break;
    case OP_DELETE: append_status_request(buffer, "lrc_delete", first_target_prefix); break;
    case OP_BULK_CREATE: append_bulk_request(buffer); break;
    case OP_FSYNC:
    case OP_MAPPINGS:
    case OP_REDIS_SET:
    case OP_HANDSHAKE:
    case OP_GSS_LOOP: abort();  // these have no server, or no requests
    }
}

// MARK: Connections

typedef enum { EXPECT_GREETING, EXPECT_REFUSAL, EXPECT_CODE, EXPECT_SUBJECT, EXPECT_ITEMS } Expectation;

typedef struct {
    int descriptor;
    Expectation expectation;
    int field_of_item;    // in a list: which field of an item comes next
    Buffer input;         // bytes of fields not yet complete
    size_t searched;      // how much of the input is known to hold no NUL
    Buffer output;
    size_t written;
    GsiSession *session;  // NULL without --gsi
    Buffer sealed;        // received, tokens not yet complete
    Buffer requests;      // to be wrapped
    bool wants_write;
    uint64_t *started;    // ring of the times at which the outstanding requests were sent
    uint64_t head;
    uint64_t outstanding;
} Connection;

static int poller;
static Connection *connections;
static uint64_t greeted;
static uint64_t open_connections;
static bool time_is_up;
static uint64_t last_reply;
static struct addrinfo *server_address;
static bool server_answers;     // the address is one that the server listens on
static const GsiParty *client;  // its credential is acquired once

static void watch(Connection *connection, int operation, bool write) {
    struct epoll_event event = {.events = EPOLLIN | (write ? EPOLLOUT : 0), .data.ptr = connection};
    if (epoll_ctl(poller, operation, connection->descriptor, &event)) fail(1, "epoll_ctl: %s", strerror(errno));
    connection->wants_write = write;
}

static void close_connection(Connection *connection) {
    if (connection->descriptor < 0) return;
    close(connection->descriptor);
    gsi_end(connection->session);
    connection->session = NULL;
    connection->descriptor = -1;
    open_connections--;
}

static void broken(Connection *connection, const char *why) {
    if (run.broken++ == 0) fprintf(stderr, "loadgen: a connection broke: %s\n", why);
    for (; connection->outstanding; connection->outstanding--) count_error(-1);
    close_connection(connection);
}

static void flush_output(Connection *connection) {
    while (connection->written < connection->output.used) {
        ssize_t sent = send(
            connection->descriptor, connection->output.bytes + connection->written,
            connection->output.used - connection->written, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno == EAGAIN) {
            if (!connection->wants_write) watch(connection, EPOLL_CTL_MOD, true);
            return;
        }
        if (sent < 0) {
            broken(connection, strerror(errno));
            return;
        }
        connection->written += (size_t)sent;
    }
    connection->written = connection->output.used = 0;
    if (connection->wants_write) watch(connection, EPOLL_CTL_MOD, false);
}

// MARK: Sealed bytes
//
// What is sent is always framed; globus_io takes frames as well as the bare records that it sends itself.

static void append_frame(Buffer *buffer, GsiBytes *token) {
    unsigned char header[GSI_FRAME_HEADER];
    gsi_write_frame_header(header, token->length);
    if (token->length) {
        append(buffer, (char *)header, sizeof header);
        append(buffer, token->bytes, token->length);
    }
    gsi_release(token);
}

// Returns false when the connection is closed.
static bool step_handshake(Connection *connection, const char *token, size_t length) {
    GsiBytes output;
    bool good = gsi_step(connection->session, token, length, &output);
    append_frame(&connection->output, &output);
    if (good) {
        flush_output(connection);
    } else {
        broken(connection, gsi_error());
    }
    return connection->descriptor >= 0;
}

static bool open_token(Connection *connection, const char *token, size_t length) {
    GsiBytes plain;
    if (!gsi_is_established(connection->session)) return step_handshake(connection, token, length);
    bool good = gsi_unwrap(connection->session, token, length, &plain);
    if (good) {
        append(&connection->input, plain.bytes, plain.length);
    } else {
        broken(connection, gsi_error());
    }
    gsi_release(&plain);
    return good;
}

// Takes every whole token out of the sealed input.
static bool open_tokens(Connection *connection) {
    Buffer *sealed = &connection->sealed;
    size_t start = 0, header, length;
    while (gsi_measure_token(sealed->bytes + start, sealed->used - start, &header, &length)) {
        if (length > GSI_LONGEST_TOKEN) {
            broken(connection, "a frame that is too long");
            return false;
        }
        if (sealed->used - start < header + length) break;
        if (!open_token(connection, sealed->bytes + start + header, length)) return false;
        start += header + length;
    }
    drop_front(sealed, start);
    return true;
}

static void seal_requests(Connection *connection) {
    Buffer *requests = &connection->requests;
    for (size_t start = 0; start < requests->used;) {
        size_t rest = requests->used - start;
        size_t length = rest < GSI_RECORD ? rest : GSI_RECORD;
        GsiBytes token;
        if (!gsi_wrap(connection->session, requests->bytes + start, length, &token)) fail(1, "%s", gsi_error());
        append_frame(&connection->output, &token);
        start += length;
    }
    requests->used = 0;
}

// MARK: Requests and replies

static bool may_issue(void) {
    if (time_is_up || (options.count && run.issued >= options.count)) return false;
    return !options.operation->each_key_once || keys_are_left();
}

static void count_issue(Connection *connection, uint64_t time) {
    connection->started[(connection->head + connection->outstanding) % options.pipeline] = time;
    connection->outstanding++;
    run.issued++;
}

// Fills the connection's pipeline again; closes it when there is nothing left to ask or to wait for.
static void issue(Connection *connection, uint64_t time) {
    while (connection->outstanding < options.pipeline && may_issue()) {
        append_request(options.gsi ? &connection->requests : &connection->output);
        count_issue(connection, time);
    }
    if (options.gsi) seal_requests(connection);
    if (connection->outstanding == 0) {
        close_connection(connection);
    } else {
        flush_output(connection);
    }
}

static void reply_complete(Connection *connection, uint64_t time) {
    last_reply = time;
    record(time - connection->started[connection->head]);
    connection->head = (connection->head + 1) % options.pipeline;
    connection->outstanding--;
    connection->expectation = EXPECT_CODE;
    run.done++;
}

static void take_code(Connection *connection, const char *text, uint64_t time) {
    long code = strtol(text, NULL, 10);
    if (code != 0) {
        if (options.operation->code != OP_ABSENT || code != LFN_NOT_FOUND) count_error(code);
        connection->expectation = EXPECT_SUBJECT;
    } else if (options.operation->shape == REPLY_STATUS) {
        reply_complete(connection, time);
    } else {
        connection->expectation = EXPECT_ITEMS;
        connection->field_of_item = 0;
    }
}

static void take_item_field(Connection *connection, const char *text, size_t length, uint64_t time) {
    bool pairs = options.operation->shape == REPLY_PAIRS;
    bool first = connection->field_of_item == 0;
    if (first && (length == 0 || (pairs && length == 1 && text[0] == '\x01'))) {
        reply_complete(connection, time);
        return;
    }
    if (first && pairs) run.mappings++;
    if (first && !pairs) {
        count_error(strtol(text, NULL, 10));
        run.mappings--;
    }
    connection->field_of_item = (connection->field_of_item + 1) % (pairs ? 2 : 3);
}

static void take_greeting(Connection *connection, const char *text, uint64_t time) {
    bool welcome = strcmp(text, "0") == 0;
    connection->expectation = welcome ? EXPECT_CODE : EXPECT_REFUSAL;
    if (!welcome) return;
    greeted++;
    if (options.operation->code == OP_HANDSHAKE) reply_complete(connection, time);
}

// One whole field. Returns false when the connection is of no more use.
static bool take_field(Connection *connection, const char *text, size_t length, uint64_t time) {
    switch (connection->expectation) {
    case EXPECT_GREETING: take_greeting(connection, text, time); return true;
    case EXPECT_REFUSAL: broken(connection, length ? text : "refused without a reason"); return false;
    default: break;
    }
    if (connection->outstanding == 0) {
        broken(connection, "a reply that nothing asked for");
        return false;
    }
    switch (connection->expectation) {
    case EXPECT_CODE: take_code(connection, text, time); break;
    case EXPECT_SUBJECT: reply_complete(connection, time); break;
    default: take_item_field(connection, text, length, time); break;
    }
    return true;
}

// Takes every whole field out of the input; a reply need never be in memory as a whole.
static bool take_fields(Connection *connection, uint64_t time) {
    Buffer *input = &connection->input;
    size_t start = 0;
    if (input->used == 0) return true;
    for (;;) {
        size_t from = start > connection->searched ? start : connection->searched;
        char *end = memchr(input->bytes + from, 0, input->used - from);
        if (!end) break;
        size_t length = (size_t)(end - input->bytes) - start;
        if (!take_field(connection, input->bytes + start, length, time)) return false;
        start += length + 1;
    }
    drop_front(input, start);
    connection->searched = input->used;
    return true;
}

// Returns false when the connection is closed.
static bool read_input(Connection *connection) {
    Buffer *input = connection->session ? &connection->sealed : &connection->input;
    if (input->used == input->capacity) buffer_reserve(input, input->capacity ? input->capacity : FIRST_INPUT_BYTES);
    ssize_t received = recv(connection->descriptor, input->bytes + input->used, input->capacity - input->used, 0);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (received <= 0) {
        broken(connection, received < 0 ? strerror(errno) : "closed by the server");
        return false;
    }
    input->used += (size_t)received;
    if (connection->session && !open_tokens(connection)) return false;
    return take_fields(connection, now());
}

// MARK: Opening connections

static struct addrinfo *resolve(void) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses;
    int code = getaddrinfo(options.host, options.port, &hints, &addresses);
    if (code) fail(1, "%s port %s: %s", options.host, options.port, gai_strerror(code));
    return addresses;
}

// Returns -1 when the address does not answer. Later connections need not wait: many are being made at once.
static int try_address(const struct addrinfo *address, bool wait) {
    int type = address->ai_socktype | SOCK_CLOEXEC | (wait ? 0 : SOCK_NONBLOCK);
    int descriptor = socket(address->ai_family, type, address->ai_protocol);
    if (descriptor < 0) fail(1, "socket: %s (ulimit -n?)", strerror(errno));
    if (connect(descriptor, address->ai_addr, address->ai_addrlen) == 0 || (!wait && errno == EINPROGRESS))
        return descriptor;
    int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

// The first connection finds the address that answers: a name may have several, and GSI needs names.
static int connect_to_server(void) {
    bool wait = !server_answers || options.operation->code != OP_HANDSHAKE;
    int descriptor = try_address(server_address, wait);
    while (descriptor < 0 && !server_answers && server_address->ai_next) {
        server_address = server_address->ai_next;
        descriptor = try_address(server_address, wait);
    }
    if (descriptor < 0) fail(1, "connect to %s port %s: %s", options.host, options.port, strerror(errno));
    server_answers = true;
    return descriptor;
}

static void start_session(Connection *connection) {
    connection->session = gsi_session(client);
    if (!connection->session) fail(1, "%s", gsi_error());
    step_handshake(connection, NULL, 0);
}

static void open_connection(Connection *connection) {
    int on = 1;
    int descriptor = connect_to_server();
    if (setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on)) fail(1, "TCP_NODELAY: %s", strerror(errno));
    if (fcntl(descriptor, F_SETFL, O_NONBLOCK)) fail(1, "O_NONBLOCK: %s", strerror(errno));
    connection->descriptor = descriptor;
    connection->expectation = EXPECT_GREETING;
    open_connections++;
    watch(connection, EPOLL_CTL_ADD, false);
    if (options.gsi) start_session(connection);
}

static void prepare_connections(void) {
    server_address = resolve();
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) fail(1, "epoll_create1: %s", strerror(errno));
    connections = calloc(options.connections, sizeof *connections);
    if (!connections) fail(1, "no memory");
    for (uint64_t i = 0; i < options.connections; i++) {
        connections[i].descriptor = -1;
        connections[i].started = calloc(options.pipeline, sizeof *connections[i].started);
        if (!connections[i].started) fail(1, "no memory");
    }
    if (options.gsi && !(gsi_activate() && (client = gsi_initiator(options.host)))) fail(1, "%s", gsi_error());
}

// MARK: Handshakes

static void begin_handshake(Connection *connection) {
    if (!may_issue()) return;
    connection->written = connection->output.used = connection->sealed.used = 0;
    connection->input.used = connection->searched = 0;
    count_issue(connection, now());
    open_connection(connection);
}

// Once welcomed, the connection has done its work.
static void proceed_handshake(Connection *connection) {
    if (connection->outstanding) {
        flush_output(connection);
        return;
    }
    append_field(&connection->requests, "close");
    seal_requests(connection);
    flush_output(connection);
    close_connection(connection);
    begin_handshake(connection);
}

// MARK: The run

static void proceed(Connection *connection, bool running) {
    if (!running) {
        flush_output(connection);
    } else if (options.operation->code == OP_HANDSHAKE) {
        proceed_handshake(connection);
    } else {
        issue(connection, now());
    }
}

// Handles what happens within a tenth of a second; `running` is false while greetings are awaited.
static void turn(bool running) {
    struct epoll_event events[EVENTS_PER_WAIT];
    int count = epoll_wait(poller, events, EVENTS_PER_WAIT, 100);
    if (count < 0 && errno != EINTR) fail(1, "epoll_wait: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        Connection *connection = events[i].data.ptr;
        if (connection->descriptor < 0) continue;
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !read_input(connection)) continue;
        proceed(connection, running);
    }
}

static void await_greetings(void) {
    uint64_t deadline = now() + (options.gsi ? GSI_GREETING_SECONDS : GREETING_SECONDS) * UINT64_C(1000000000);
    while (greeted < options.connections && !run.broken) {
        if (now() > deadline)
            fail(1, "only %" PRIu64 " of %" PRIu64 " connections were welcomed", greeted, options.connections);
        turn(false);
    }
    if (run.broken) exit(1);
}

static void break_silence(void) {
    for (uint64_t i = 0; i < options.connections; i++)
        if (connections[i].descriptor >= 0) broken(&connections[i], "the server has fallen silent");
}

static volatile sig_atomic_t told_to_end;

static void take_signal(int number) {
    (void)number;
    told_to_end = 1;
}

// Drives the open connections until none is left; the clock stops with the last reply.
static void run_to_the_end(uint64_t end) {
    while (open_connections) {
        uint64_t time = now();
        time_is_up = told_to_end || (options.seconds > 0 && time > end);
        if (time > last_reply && time - last_reply > SILENCE_SECONDS * UINT64_C(1000000000)) break_silence();
        turn(true);
    }
    run.end = now();
}

static uint64_t start_clock(void) {
    run.start = last_reply = now();
    return run.start + (uint64_t)(options.seconds * 1e9);
}

// The clock starts when every connection has been welcomed.
static void drive_server(void) {
    prepare_connections();
    for (uint64_t i = 0; i < options.connections; i++) open_connection(&connections[i]);
    await_greetings();
    uint64_t end = start_clock();
    for (uint64_t i = 0; i < options.connections; i++) issue(&connections[i], now());
    run_to_the_end(end);
}

static void drive_handshakes(void) {
    prepare_connections();
    uint64_t end = start_clock();
    for (uint64_t i = 0; i < options.connections; i++) begin_handshake(&connections[i]);
    run_to_the_end(end);
}

// MARK: Handshakes without a server

static struct {
    pthread_mutex_t lock;  // of the outcome
    const GsiParty *server;
    uint64_t end;
} loop = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void must(bool good) {
    if (!good) fail(1, "%s", gsi_error());
}

// Hands tokens from side to side until there is none; the initiator's first step takes none.
static void shake_hands(void) {
    GsiSession *sides[] = {gsi_session(client), gsi_session(loop.server)};
    GsiBytes token = {0};
    must(sides[0] && sides[1]);
    int turn = 0;
    do {
        GsiBytes output;
        must(gsi_step(sides[turn], token.bytes, token.length, &output));
        gsi_release(&token);
        token = output;
        turn = !turn;
    } while (token.length);
    if (!gsi_is_established(sides[0]) || !gsi_is_established(sides[1])) fail(1, "the handshake came to a halt");
    gsi_end(sides[0]);
    gsi_end(sides[1]);
}

static bool take_turn(void) {
    pthread_mutex_lock(&loop.lock);
    bool taken = options.count ? run.issued < options.count : now() < loop.end;
    if (taken) run.issued++;
    pthread_mutex_unlock(&loop.lock);
    return taken;
}

static void *repeat_handshake(void *unused) {
    (void)unused;
    while (take_turn()) {
        uint64_t before = now();
        shake_hands();
        uint64_t after = now();
        pthread_mutex_lock(&loop.lock);
        record(after - before);
        run.done++;
        pthread_mutex_unlock(&loop.lock);
    }
    return NULL;
}

static void time_handshakes(void) {
    pthread_t threads[MAX_THREADS];
    must(gsi_activate());
    must((client = gsi_initiator(NULL)) != NULL);
    must((loop.server = gsi_acceptor(options.host_certificate, options.host_key)) != NULL);
    loop.end = start_clock();
    for (uint64_t i = 0; i < options.threads; i++) {
        int error = pthread_create(&threads[i], NULL, repeat_handshake, NULL);
        if (error) fail(1, "a thread: %s", strerror(error));
    }
    for (uint64_t i = 0; i < options.threads; i++) pthread_join(threads[i], NULL);
    run.end = now();
}

// MARK: Work without a server

static void time_fsync(void) {
    static char block[FSYNC_BYTES];
    char path[4096];
    snprintf(path, sizeof path, "%s/fsync-XXXXXX", options.directory);
    int descriptor = mkstemp(path);
    if (descriptor < 0) fail(1, "%s: %s", path, strerror(errno));
    unlink(path);
    memset(block, 'x', sizeof block);
    run.start = run.end = now();
    uint64_t end = run.start + (uint64_t)(options.seconds * 1e9);
    while (options.count ? run.done < options.count : run.end < end) {
        uint64_t before = now();
        if (write(descriptor, block, sizeof block) != (ssize_t)sizeof block) fail(1, "write: %s", strerror(errno));
        if (fdatasync(descriptor)) fail(1, "fdatasync: %s", strerror(errno));
        run.end = now();
        record(run.end - before);
        run.done++;
    }
    close(descriptor);
}

static void append_redis_word(Buffer *buffer, size_t length) {
    char header[32];
    append(buffer, header, (size_t)snprintf(header, sizeof header, "$%zu\r\n", length));
}

static void append_redis_set(Buffer *buffer, uint64_t key) {
    append(buffer, "*3\r\n$3\r\nSET\r\n", 13);
    append_redis_word(buffer, options.name_bytes);
    append_name(buffer, key);
    append(buffer, "\r\n", 2);
    append_redis_word(buffer, options.target_bytes);
    append_target(buffer, first_target_prefix, key);
    append(buffer, "\r\n", 2);
}

static void append_mapping_line(Buffer *buffer, uint64_t key) {
    append_name(buffer, key);
    append(buffer, "\t", 1);
    append_target(buffer, first_target_prefix, key);
    append(buffer, "\n", 1);
}

static void write_input(void) {
    Buffer buffer = {0};
    for (uint64_t written = 0; keys_are_left() && (!options.count || written < options.count); written++) {
        buffer.used = 0;
        if (options.operation->code == OP_REDIS_SET) {
            append_redis_set(&buffer, take_key());
        } else {
            append_mapping_line(&buffer, take_key());
        }
        if (fwrite(buffer.bytes, buffer.used, 1, stdout) != 1) fail(1, "standard output: %s", strerror(errno));
    }
    if (fflush(stdout)) fail(1, "standard output: %s", strerror(errno));
    free(buffer.bytes);
}

// MARK: Options

static void usage(FILE *stream) {
    fputs(
        "usage: loadgen --operation NAME [options]\n"
        "  --host H --port P          the server (127.0.0.1, 39281)\n"
        "  --connections C            connections (1)\n"
        "  --pipeline P               requests outstanding on each (1)\n"
        "  --seconds S | --count N    when to stop; with neither, when every key was used once; SIGTERM: now\n"
        "  --keys N --first K         the key range K ... K+N-1 (1000000 keys from 0)\n"
        "  --series D                 last digit of the names, 0-9 (0)\n"
        "  --order O                  of writes: sequential, or scattered over the key range (sequential)\n"
        "  --bulk-size N              mappings in a bulk request (1000)\n"
        "  --name-bytes N             length of a name (60)\n"
        "  --target-bytes N           length of a target (100)\n"
        "  --wildcard-prefix TEXT     prefix to search for (default: random blocks of 1000 keys)\n"
        "  --directory D              where fsync writes its file (.)\n"
        "  --gsi                      over GSI, wrapped, as the environment's X509_USER_PROXY; H must be a name\n"
        "  --threads T                of gss-loop; the result gives them as connections (1)\n"
        "  --host-cert F --host-key F the acceptor's credential, for gss-loop\n"
        "operations:\n", stream);
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        fprintf(stream, "  %-12s %s\n", operations[i].name, operations[i].help);
}

static const Operation *operation_named(const char *name) {
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (strcmp(operations[i].name, name) == 0) return &operations[i];
    fail(2, "unknown operation %s (--help lists them)", name);
}

static uint64_t number(const char *option, const char *text, uint64_t least, uint64_t most) {
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || value < least || value > most)
        fail(2, "--%s %s: must be a number from %" PRIu64 " to %" PRIu64, option, text, least, most);
    return value;
}

static double duration(const char *text) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value > 0) || value > 86400)
        fail(2, "--seconds %s: must be a number up to 86400", text);
    return value;
}

static bool is_scattered(const char *text) {
    if (strcmp(text, "scattered") == 0) return true;
    if (strcmp(text, "sequential") != 0) fail(2, "--order %s: must be sequential or scattered", text);
    return false;
}

static const struct option long_options[] = {
    {"operation", required_argument, NULL, 'o'},   {"host", required_argument, NULL, 'h'},
    {"port", required_argument, NULL, 'p'},        {"connections", required_argument, NULL, 'c'},
    {"pipeline", required_argument, NULL, 'P'},    {"seconds", required_argument, NULL, 's'},
    {"count", required_argument, NULL, 'n'},       {"keys", required_argument, NULL, 'k'},
    {"first", required_argument, NULL, 'f'},       {"series", required_argument, NULL, 'e'},
    {"order", required_argument, NULL, 'O'},       {"bulk-size", required_argument, NULL, 'b'},
    {"name-bytes", required_argument, NULL, 'N'},  {"target-bytes", required_argument, NULL, 'T'},
    {"directory", required_argument, NULL, 'd'},   {"wildcard-prefix", required_argument, NULL, 'w'},
    {"gsi", no_argument, NULL, 'g'},               {"threads", required_argument, NULL, 't'},
    {"host-cert", required_argument, NULL, 'C'},   {"host-key", required_argument, NULL, 'K'},
    {"help", no_argument, NULL, '?' + 128},        {NULL, 0, NULL, 0},
};

static void take_option(int option, const char *name) {
    switch (option) {
    case 'o': options.operation = operation_named(optarg); break;
    case 'h': options.host = optarg; break;
    case 'p': options.port = optarg; break;
    case 'c': options.connections = number(name, optarg, 1, MAX_CONNECTIONS); break;
    case 'P': options.pipeline = number(name, optarg, 1, MAX_PIPELINE); break;
    case 's': options.seconds = duration(optarg); break;
    case 'n': options.count = number(name, optarg, 1, UINT64_MAX / 2); break;
    case 'k': options.keys = number(name, optarg, 1, UINT32_MAX); break;
    case 'f': options.first = number(name, optarg, 0, UINT32_MAX); break;
    case 'e': options.series = number(name, optarg, 0, 9); break;
    case 'O': options.scattered = is_scattered(optarg); break;
    case 'b': options.bulk_size = number(name, optarg, 1, MAX_BULK); break;
    case 'N': options.name_bytes = number(name, optarg, sizeof name_prefix + 11, MAX_NAME); break;
    case 'T': options.target_bytes = number(name, optarg, sizeof first_target_prefix + 11, MAX_NAME); break;
    case 'd': options.directory = optarg; break;
    case 'w': options.wildcard_prefix = optarg; break;
    case 'g': options.gsi = true; break;
    case 't': options.threads = number(name, optarg, 1, MAX_THREADS); break;
    case 'C': options.host_certificate = optarg; break;
    case 'K': options.host_key = optarg; break;
    case '?' + 128: usage(stdout); exit(0);
    default: exit(2);  // getopt_long has said what is wrong
    }
}

static void complete_options(void) {
    bool bounded = options.count || options.seconds > 0 || options.operation->each_key_once;
    if (!bounded) fail(2, "%s needs --seconds or --count", options.operation->name);
    if (options.operation->code == OP_HANDSHAKE) options.gsi = true;
    if (options.operation->code != OP_GSS_LOOP) return;
    if (!options.host_certificate || !options.host_key) fail(2, "gss-loop needs --host-cert and --host-key");
    options.connections = options.threads;
}

static void parse_options(int count, char **arguments) {
    int option, index = 0;
    while ((option = getopt_long(count, arguments, "", long_options, &index)) != -1)
        take_option(option, long_options[index].name);
    if (optind < count) fail(2, "unexpected argument %s", arguments[optind]);
    if (!options.operation) {
        usage(stderr);
        exit(2);
    }
    complete_options();
}

int main(int count, char **arguments) {
    parse_options(count, arguments);
    signal(SIGTERM, take_signal);
    switch (options.operation->code) {
    case OP_MAPPINGS:
    case OP_REDIS_SET: write_input(); return 0;
    case OP_FSYNC: time_fsync(); break;
    case OP_GSS_LOOP: time_handshakes(); break;
    case OP_HANDSHAKE: drive_handshakes(); break;
    default: drive_server(); break;
    }
    if (options.operation->shape == REPLY_STATUS && options.operation->each_key_once)
        run.mappings = run.done - run.errors;
    print_result();
    return run.broken ? 1 : 0;
}
