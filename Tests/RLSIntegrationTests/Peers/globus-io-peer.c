// globus-io-peer: speaks to a server as the RLS clients of the Globus Toolkit did, through globus_io.
//
// Connects over GSI, prints the greeting, then sends each line of standard input and prints the reply. A line is
// REQUEST<TAB>N: the request's bytes with `|` for NUL, and how many bytes the reply has. Replies are printed one a
// line, NUL as `|`. Certificates and proxies are found as always: X509_CERT_DIR, X509_USER_PROXY.
//
// cc -O2 -o globus-io-peer globus-io-peer.c $(pkg-config --cflags --libs globus-io globus-gssapi-gsi) -lglobus_common
//
// Exit status: 0 fine, 1 the connection or the authentication failed or the server closed too early, 2 wrong usage,
// 3 not ready within five minutes.
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <globus_io.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_SECONDS = 300, MAX_REPLY = 64 * 1024 * 1024, MAX_REFUSAL = 64 * 1024 };

static struct {
    globus_io_secure_channel_mode_t channel;
    globus_io_secure_delegation_mode_t delegation;
    char *identity;  // NULL: the server's certificate must be HOST's
    char *host;
    unsigned short port;
} options = {
    .channel = GLOBUS_IO_SECURE_CHANNEL_MODE_CLEAR,
    .delegation = GLOBUS_IO_SECURE_DELEGATION_MODE_NONE,
};

__attribute__((noreturn, format(printf, 2, 3))) static void fail(int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("globus-io-peer: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    fflush(stdout);
    // No exit(): the libraries' own clean-up may wait for a connection that is half open.
    _exit(status);
}

static void check(globus_result_t result, const char *what) {
    if (result == GLOBUS_SUCCESS) return;
    char *text = globus_error_print_chain(globus_error_peek(result));
    fail(1, "%s: %s", what, text ? text : "unknown error");
}

static void time_is_up(int signal) {
    (void)signal;
    static const char text[] = "globus-io-peer: time is up\n";
    if (write(STDERR_FILENO, text, sizeof text - 1)) {}
    _exit(3);
}

// MARK: The connection

// The protection follows the channel: CLEAR sets it to none, GSI_WRAP alone to integrity.
static void set_protection(globus_io_attr_t *attributes) {
    check(globus_io_attr_set_secure_channel_mode(attributes, options.channel), "channel mode");
    if (options.channel == GLOBUS_IO_SECURE_CHANNEL_MODE_CLEAR) return;
    check(
        globus_io_attr_set_secure_protection_mode(attributes, GLOBUS_IO_SECURE_PROTECTION_MODE_PRIVATE),
        "protection mode");
}

static void set_authorization(globus_io_attr_t *attributes) {
    globus_io_secure_authorization_data_t data;
    globus_io_secure_authorization_mode_t mode = GLOBUS_IO_SECURE_AUTHORIZATION_MODE_HOST;
    check(globus_io_secure_authorization_data_initialize(&data), "authorization data");
    if (options.identity) {
        mode = GLOBUS_IO_SECURE_AUTHORIZATION_MODE_IDENTITY;
        check(globus_io_secure_authorization_data_set_identity(&data, options.identity), "identity");
    }
    check(globus_io_attr_set_secure_authorization_mode(attributes, mode, &data), "authorization mode");
    globus_io_secure_authorization_data_destroy(&data);
}

static void open_connection(globus_io_handle_t *handle) {
    globus_io_attr_t attributes;
    check(globus_io_tcpattr_init(&attributes), "attributes");
    check(
        globus_io_attr_set_secure_authentication_mode(
            &attributes, GLOBUS_IO_SECURE_AUTHENTICATION_MODE_MUTUAL, GSS_C_NO_CREDENTIAL),
        "authentication mode");
    set_protection(&attributes);
    set_authorization(&attributes);
    check(globus_io_attr_set_secure_delegation_mode(&attributes, options.delegation), "delegation mode");
    check(globus_io_tcp_connect(options.host, options.port, &attributes, handle), "connect");
    globus_io_tcpattr_destroy(&attributes);
}

// MARK: Replies

static void print_bytes(const globus_byte_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) putchar(bytes[i] ? bytes[i] : '|');
}

static void end_line(void) {
    putchar('\n');
    fflush(stdout);
}

// Prints up to `length` bytes, and also those that came before an error. Returns false at the end of the stream.
static bool print_reply(globus_io_handle_t *handle, size_t length) {
    if (length == 0) return true;
    globus_byte_t *bytes = malloc(length);
    globus_size_t received = 0;
    if (!bytes) fail(1, "no memory for a reply of %zu bytes", length);
    globus_result_t result = globus_io_read(handle, bytes, length, length, &received);
    print_bytes(bytes, received);
    free(bytes);
    if (result == GLOBUS_SUCCESS) return true;
    if (globus_io_eof(globus_error_peek(result))) return false;
    end_line();
    check(result, "read");
    return false;
}

// One byte at a time: nothing says how long the greeting is. After a refusal the server says why, and closes.
static void print_greeting(globus_io_handle_t *handle) {
    char code[16] = {0};
    size_t length = 0;
    do {
        globus_size_t received = 0;
        check(globus_io_read(handle, (globus_byte_t *)&code[length], 1, 1, &received), "greeting");
        print_bytes((globus_byte_t *)&code[length], 1);
    } while (code[length++] && length < sizeof code - 1);
    bool welcome = strcmp(code, "0") == 0;
    if (!welcome) {
        for (size_t i = 0; i < MAX_REFUSAL && print_reply(handle, 1); i++) {}
    }
    end_line();
    if (!welcome) fail(1, "the server refused");
}

// MARK: Requests

static size_t reply_length(const char *text) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || end == text || (*end && *end != '\n') || *text == '-' || value > MAX_REPLY)
        fail(2, "%s: is no length of a reply", text);
    return (size_t)value;
}

static void send_request(globus_io_handle_t *handle, char *request, size_t length) {
    globus_size_t written = 0;
    for (size_t i = 0; i < length; i++)
        if (request[i] == '|') request[i] = 0;
    if (length == 0) return;
    check(globus_io_write(handle, (globus_byte_t *)request, length, &written), "write");
}

static void exchange(globus_io_handle_t *handle) {
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, stdin) > 0) {
        char *tab = strrchr(line, '\t');
        if (!tab) fail(2, "an input line without a tab and the reply's length");
        size_t expected = reply_length(tab + 1);
        send_request(handle, line, (size_t)(tab - line));
        bool whole = print_reply(handle, expected);
        end_line();
        if (!whole) fail(1, "the server closed");
    }
    free(line);
}

// MARK: Options

static void usage(FILE *stream) {
    fputs(
        "usage: globus-io-peer [options] HOST PORT\n"
        "  --channel MODE       clear: only the handshake is protected; wrap: everything is (clear)\n"
        "  --delegation MODE    none, limited or full (none)\n"
        "  --identity DN        the server's subject; without it, its certificate must be HOST's\n"
        "standard input: lines of REQUEST<TAB>N, | for NUL; N is the number of bytes of the reply\n",
        stream);
}

static globus_io_secure_channel_mode_t channel_named(const char *name) {
    if (strcmp(name, "clear") == 0) return GLOBUS_IO_SECURE_CHANNEL_MODE_CLEAR;
    if (strcmp(name, "wrap") == 0) return GLOBUS_IO_SECURE_CHANNEL_MODE_GSI_WRAP;
    fail(2, "--channel %s: must be clear or wrap", name);
}

static globus_io_secure_delegation_mode_t delegation_named(const char *name) {
    if (strcmp(name, "none") == 0) return GLOBUS_IO_SECURE_DELEGATION_MODE_NONE;
    if (strcmp(name, "limited") == 0) return GLOBUS_IO_SECURE_DELEGATION_MODE_LIMITED_PROXY;
    if (strcmp(name, "full") == 0) return GLOBUS_IO_SECURE_DELEGATION_MODE_FULL_PROXY;
    fail(2, "--delegation %s: must be none, limited or full", name);
}

static unsigned short port_number(const char *text) {
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (end == text || *end || *text == '-' || value < 1 || value > UINT16_MAX) fail(2, "%s: is no port", text);
    return (unsigned short)value;
}

static const struct option long_options[] = {
    {"channel", required_argument, NULL, 'c'}, {"delegation", required_argument, NULL, 'd'},
    {"identity", required_argument, NULL, 'i'}, {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void parse_options(int count, char **arguments) {
    int option;
    while ((option = getopt_long(count, arguments, "", long_options, NULL)) != -1) {
        switch (option) {
        case 'c': options.channel = channel_named(optarg); break;
        case 'd': options.delegation = delegation_named(optarg); break;
        case 'i': options.identity = optarg; break;
        case 'h': usage(stdout); exit(0);
        default: exit(2);  // getopt_long has said what is wrong
        }
    }
    if (count - optind != 2) {
        usage(stderr);
        exit(2);
    }
    options.host = arguments[optind];
    options.port = port_number(arguments[optind + 1]);
}

int main(int count, char **arguments) {
    globus_io_handle_t handle;
    parse_options(count, arguments);
    signal(SIGALRM, time_is_up);
    alarm(TIMEOUT_SECONDS);
    // The old client was built so; without it the libraries' locks do nothing.
    globus_thread_set_model("pthread");
    if (globus_module_activate(GLOBUS_IO_MODULE) != GLOBUS_SUCCESS) fail(1, "globus_io does not start");
    open_connection(&handle);
    print_greeting(&handle);
    exchange(&handle);
    check(globus_io_close(&handle), "close");
    return 0;
}
