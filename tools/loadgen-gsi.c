// GSI through the Globus GSSAPI. See loadgen-gsi.h.
#define _GNU_SOURCE
#include "loadgen-gsi.h"

#include <errno.h>
#include <globus_common.h>
#include <gssapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct GsiParty {
    gss_cred_id_t credential;
    gss_name_t target;
    bool accepts;
};

struct GsiSession {
    const GsiParty *party;
    gss_ctx_id_t context;
    bool established;
};

enum { MAX_CREDENTIAL = 256 * 1024, TLS_HEADER = 5, FIRST_TLS_TYPE = 20, LAST_TLS_TYPE = 26 };

// MARK: Failures

static _Thread_local char failure[1024];

const char *gsi_error(void) { return failure; }

static bool fail_with(const char *what, const char *why) {
    snprintf(failure, sizeof failure, "%s: %s", what, why);
    return false;
}

// Returns whether the call succeeded. The minor status is the handle of a Globus error object.
static bool check(const char *call, OM_uint32 major, OM_uint32 minor) {
    if (!GSS_ERROR(major)) return true;
    char *text = globus_error_print_friendly(globus_error_peek((globus_result_t)minor));
    fail_with(call, text ? text : "no reason given");
    free(text);
    return false;
}

bool gsi_activate(void) {
    // The libraries' locks are empty in the default model.
    if (globus_thread_set_model("pthread") != GLOBUS_SUCCESS) return fail_with("globus_thread_set_model", "pthread");
    if (globus_module_activate(GLOBUS_COMMON_MODULE) != GLOBUS_SUCCESS) return fail_with("Globus", "cannot start");
    if (globus_module_activate(GLOBUS_GSI_GSSAPI_MODULE) != GLOBUS_SUCCESS) return fail_with("GSSAPI", "cannot start");
    return true;
}

// MARK: Parties

static bool import_target(const char *host, gss_name_t *target) {
    char text[512];
    OM_uint32 minor;
    int length = snprintf(text, sizeof text, "host@%s", host);
    if (length >= (int)sizeof text) return fail_with(host, "is too long for a host's name");
    gss_buffer_desc name = {.length = (size_t)length, .value = text};
    return check("gss_import_name", gss_import_name(&minor, &name, GSS_C_NT_HOSTBASED_SERVICE, target), minor);
}

static GsiParty *new_party(bool accepts) {
    GsiParty *party = calloc(1, sizeof *party);
    if (!party) {
        fail_with("a credential", "no memory");
        return NULL;
    }
    party->credential = GSS_C_NO_CREDENTIAL;
    party->target = GSS_C_NO_NAME;
    party->accepts = accepts;
    return party;
}

GsiParty *gsi_initiator(const char *host) {
    GsiParty *party = new_party(false);
    OM_uint32 minor;
    if (!party) return NULL;
    OM_uint32 major = gss_acquire_cred(
        &minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, GSS_C_NO_OID_SET, GSS_C_INITIATE, &party->credential, NULL, NULL);
    if (check("gss_acquire_cred", major, minor) && (!host || import_target(host, &party->target))) return party;
    free(party);
    return NULL;
}

// Appends the file to `text`, which has room for MAX_CREDENTIAL bytes.
static bool read_file(const char *path, char *text, size_t *used) {
    FILE *file = fopen(path, "re");
    if (!file) return fail_with(path, strerror(errno));
    *used += fread(text + *used, 1, MAX_CREDENTIAL - *used, file);
    bool whole = feof(file);
    fclose(file);
    return whole || fail_with(path, "cannot be read, or is too long");
}

GsiParty *gsi_acceptor(const char *certificate_file, const char *key_file) {
    static char text[MAX_CREDENTIAL];
    size_t used = 0;
    OM_uint32 minor;
    if (!read_file(certificate_file, text, &used) || !read_file(key_file, text, &used)) return NULL;
    GsiParty *party = new_party(true);
    if (!party) return NULL;
    gss_buffer_desc buffer = {.length = used, .value = text};
    OM_uint32 major = gss_import_cred(&minor, &party->credential, GSS_C_NO_OID, 0, &buffer, GSS_C_INDEFINITE, NULL);
    if (check("gss_import_cred", major, minor)) return party;
    free(party);
    return NULL;
}

// MARK: Sessions

GsiSession *gsi_session(const GsiParty *party) {
    GsiSession *session = calloc(1, sizeof *session);
    if (!session) {
        fail_with("a session", "no memory");
        return NULL;
    }
    session->party = party;
    session->context = GSS_C_NO_CONTEXT;
    return session;
}

void gsi_end(GsiSession *session) {
    OM_uint32 minor;
    if (!session) return;
    if (session->context != GSS_C_NO_CONTEXT) gss_delete_sec_context(&minor, &session->context, GSS_C_NO_BUFFER);
    free(session);
}

// The flags with which globus_io asks for a confidential channel.
static OM_uint32 initiate(GsiSession *session, OM_uint32 *minor, gss_buffer_t token, gss_buffer_t output) {
    return gss_init_sec_context(
        minor, session->party->credential, &session->context, session->party->target, GSS_C_NO_OID,
        GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG, 0, GSS_C_NO_CHANNEL_BINDINGS, token, NULL, output, NULL, NULL);
}

static OM_uint32 accept_token(GsiSession *session, OM_uint32 *minor, gss_buffer_t token, gss_buffer_t output) {
    // What is asked of the context goes in where the flags come out.
    OM_uint32 flags = GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG;
    gss_name_t peer = GSS_C_NO_NAME;
    OM_uint32 unused;
    OM_uint32 major = gss_accept_sec_context(
        minor, &session->context, session->party->credential, token, GSS_C_NO_CHANNEL_BINDINGS, &peer, NULL, output,
        &flags, NULL, NULL);
    if (peer != GSS_C_NO_NAME) gss_release_name(&unused, &peer);
    return major;
}

bool gsi_step(GsiSession *session, const void *token, size_t length, GsiBytes *output) {
    gss_buffer_desc input = {.length = length, .value = (void *)token};
    gss_buffer_desc made = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor = 0;
    OM_uint32 major = session->party->accepts ? accept_token(session, &minor, &input, &made)
                                              : initiate(session, &minor, &input, &made);
    *output = (GsiBytes){.bytes = made.value, .length = made.length};
    if (!check(session->party->accepts ? "gss_accept_sec_context" : "gss_init_sec_context", major, minor)) return false;
    session->established = !(major & GSS_S_CONTINUE_NEEDED);
    return true;
}

bool gsi_is_established(const GsiSession *session) { return session->established; }

// MARK: Data

bool gsi_wrap(GsiSession *session, const void *bytes, size_t length, GsiBytes *token) {
    gss_buffer_desc input = {.length = length, .value = (void *)bytes};
    gss_buffer_desc made = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor;
    OM_uint32 major = gss_wrap(&minor, session->context, 1, GSS_C_QOP_DEFAULT, &input, NULL, &made);
    *token = (GsiBytes){.bytes = made.value, .length = made.length};
    return check("gss_wrap", major, minor);
}

bool gsi_unwrap(GsiSession *session, const void *token, size_t length, GsiBytes *bytes) {
    gss_buffer_desc input = {.length = length, .value = (void *)token};
    gss_buffer_desc made = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor;
    OM_uint32 major = gss_unwrap(&minor, session->context, &input, &made, NULL, NULL);
    *bytes = (GsiBytes){.bytes = made.value, .length = made.length};
    return check("gss_unwrap", major, minor);
}

void gsi_release(GsiBytes *bytes) {
    gss_buffer_desc buffer = {.length = bytes->length, .value = bytes->bytes};
    OM_uint32 minor;
    gss_release_buffer(&minor, &buffer);
    *bytes = (GsiBytes){0};
}

// MARK: Frames

bool gsi_measure_token(const void *received, size_t available, size_t *header, size_t *length) {
    const unsigned char *byte = received;
    if (available < TLS_HEADER) return false;
    bool bare = byte[0] >= FIRST_TLS_TYPE && byte[0] <= LAST_TLS_TYPE && byte[1] == 3;
    *header = bare ? 0 : GSI_FRAME_HEADER;
    *length = bare ? TLS_HEADER + ((size_t)byte[3] << 8 | byte[4])
                   : (size_t)byte[0] << 24 | (size_t)byte[1] << 16 | (size_t)byte[2] << 8 | byte[3];
    return true;
}

void gsi_write_frame_header(unsigned char header[GSI_FRAME_HEADER], size_t length) {
    for (int i = 0; i < GSI_FRAME_HEADER; i++) header[i] = (unsigned char)(length >> (24 - 8 * i));
}
