// The GSI side of loadgen: who speaks, and the handshakes and sealed bytes of one connection. Does no I/O.
//
// A function that returns NULL or false has failed; gsi_error() then says why.
#ifndef LOADGEN_GSI_H
#define LOADGEN_GSI_H

#include <stdbool.h>
#include <stddef.h>

// A credential, which is read once for all sessions, and the peer that it wants to meet.
typedef struct GsiParty GsiParty;

// One connection's security context. Different sessions may be used by different threads.
typedef struct GsiSession GsiSession;

// Bytes made by this module, to be given back to gsi_release.
typedef struct {
    void *bytes;
    size_t length;
} GsiBytes;

enum {
    GSI_FRAME_HEADER = 4,
    GSI_LONGEST_TOKEN = 32 * 1024 * 1024,  // that globus_io takes
    GSI_RECORD = 16 * 1024,                // the most bytes that gsi_wrap makes a single TLS record of
};

// Must come before everything else, and before the first thread.
bool gsi_activate(void);

// About the calling thread's last failure; valid until its next one.
const char *gsi_error(void);

// The credential that the environment names (X509_USER_PROXY). The peer must be HOST's; NULL: anyone.
GsiParty *gsi_initiator(const char *host);

GsiParty *gsi_acceptor(const char *certificate_file, const char *key_file);

GsiSession *gsi_session(const GsiParty *party);
void gsi_end(GsiSession *session);  // does nothing to NULL

// Takes a handshake token; the initiator's first call has none. Output of length 0 must not be sent.
bool gsi_step(GsiSession *session, const void *token, size_t length, GsiBytes *output);
bool gsi_is_established(const GsiSession *session);

bool gsi_wrap(GsiSession *session, const void *bytes, size_t length, GsiBytes *token);
bool gsi_unwrap(GsiSession *session, const void *token, size_t length, GsiBytes *bytes);
void gsi_release(GsiBytes *bytes);

// Measures the token that received bytes begin with: a frame (its length in 4 bytes, then the token), or a bare TLS
// record, as which globus_io sends its confidential data. Returns false while too few bytes have come to say.
bool gsi_measure_token(const void *received, size_t available, size_t *header, size_t *length);

void gsi_write_frame_header(unsigned char header[GSI_FRAME_HEADER], size_t length);

#endif
