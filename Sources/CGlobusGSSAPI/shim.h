#ifndef RLS_CGLOBUSGSSAPI_SHIM_H
#define RLS_CGLOBUSGSSAPI_SHIM_H
#include <gssapi.h>
#include <globus_common.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

// Macros and global variables of the libraries, which Swift cannot see or may not touch.

// The thread model must be chosen first: without it the library's locks do nothing. OpenSSL must not tidy up when the
// program ends: a thread may be in the middle of a handshake then.
static inline int rls_gss_activate(void) {
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL) != 1) return -1;
    if (globus_thread_set_model("pthread") != GLOBUS_SUCCESS) return -1;
    return globus_module_activate(GLOBUS_GSI_GSSAPI_MODULE);
}

static inline int rls_gss_failed(OM_uint32 major) { return GSS_ERROR(major) != 0; }
static inline int rls_gss_continues(OM_uint32 major) { return (major & GSS_S_CONTINUE_NEEDED) != 0; }
static inline gss_OID rls_gss_host_name_type(void) { return GSS_C_NT_HOSTBASED_SERVICE; }
// Exported, but in no header that is installed.
extern gss_OID gss_ext_x509_cert_chain_oid;
static inline gss_OID rls_gss_chain_oid(void) { return gss_ext_x509_cert_chain_oid; }

// Also frees the error, which the library keeps in a table until it is asked for. The caller frees the text.
static inline char *rls_gss_take_error(OM_uint32 minor) {
    globus_object_t *error = globus_error_get((globus_result_t)minor);
    if (error == NULL) return NULL;
    char *text = globus_error_print_chain(error);
    globus_object_free(error);
    return text;
}

// Steps over one ASN.1 element, or into it; 0 when there is none.
static inline int rls_asn1_pass(const unsigned char **at, const unsigned char *end, int into, int *tag) {
    long length = 0;
    int class = 0;
    const unsigned char *next = *at;
    if (next >= end || (ASN1_get_object(&next, &length, tag, &class, end - next) & 0x80)) return 0;
    *at = into ? next : next + length;
    return *at <= end;
}

// The end of a certificate's validity as seconds since 1970; -1 when that is no certificate. Reads no more than that:
// decoding the key, which d2i_X509 does, takes longer than all else.
static inline long long rls_x509_not_after(const unsigned char *der, long length) {
    const unsigned char *at = der, *end = der + length;
    int tag = 0;
    if (!rls_asn1_pass(&at, end, 1, &tag) || !rls_asn1_pass(&at, end, 1, &tag)) return -1;
    // Version, which may be missing, serial number, algorithm, issuer.
    const unsigned char *first = at;
    if (!rls_asn1_pass(&at, end, 0, &tag)) return -1;
    if (tag != 0) at = first;
    for (int field = 0; field < 3; field++)
        if (!rls_asn1_pass(&at, end, 0, &tag)) return -1;
    if (!rls_asn1_pass(&at, end, 1, &tag) || !rls_asn1_pass(&at, end, 0, &tag)) return -1;
    ASN1_TIME *time = d2i_ASN1_TIME(NULL, &at, end - at);
    if (time == NULL) return -1;
    struct tm parts;
    int ok = ASN1_TIME_to_tm(time, &parts);
    ASN1_TIME_free(time);
    return ok == 1 ? (long long)timegm(&parts) : -1;
}

typedef struct {
    long long not_before, not_after;
    char *subject;  // freed by the caller
} rls_x509_summary;

// Of the first certificate of a PEM text; 0 when there is none.
static inline int rls_x509_summarise(const char *pem, int length, rls_x509_summary *summary) {
    BIO *bio = BIO_new_mem_buf(pem, length);
    X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    if (certificate == NULL) return 0;
    struct tm start, end;
    int ok = ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &start) == 1 &&
             ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1;
    if (ok) {
        summary->not_before = (long long)timegm(&start);
        summary->not_after = (long long)timegm(&end);
        char text[1024];
        X509_NAME_oneline(X509_get_subject_name(certificate), text, sizeof text);
        summary->subject = strdup(text);
    }
    X509_free(certificate);
    return ok;
}

// Of the calling thread only, as Linux has it.
static inline void rls_lower_thread_priority(void) { setpriority(PRIO_PROCESS, 0, 10); }
#endif
