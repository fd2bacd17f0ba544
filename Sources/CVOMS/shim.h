#ifndef RLS_CVOMS_SHIM_H
#define RLS_CVOMS_SHIM_H
#include <openssl/x509.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>
#include <voms/voms_apic.h>

// OpenSSL's stacks are macros. The chain takes the certificate over; 0 when that is none.
static inline STACK_OF(X509) *rls_voms_chain(void) { return sk_X509_new_null(); }
static inline int rls_voms_append(STACK_OF(X509) *chain, const unsigned char *der, long length) {
    X509 *certificate = d2i_X509(NULL, &der, length);
    if (certificate == NULL) return 0;
    if (sk_X509_push(chain, certificate) > 0) return 1;
    X509_free(certificate);
    return 0;
}
static inline void rls_voms_free(STACK_OF(X509) *chain) { sk_X509_pop_free(chain, X509_free); }
static inline int rls_voms_retrieve(STACK_OF(X509) *chain, struct vomsdata *data, int *error) {
    return VOMS_Retrieve(sk_X509_value(chain, 0), chain, RECURSE_CHAIN, data, error);
}
static inline int rls_voms_verify_fully(struct vomsdata *data, int *error) {
    return VOMS_SetVerificationType((int)VERIFY_FULL, data, error);
}

// Of `20261128093000Z`; 0, which has passed, for anything else.
static inline long long rls_voms_seconds(const char *date) {
    struct tm parts = {0};
    if (date == NULL || sscanf(date, "%4d%2d%2d%2d%2d%2dZ", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour,
                               &parts.tm_min, &parts.tm_sec) != 6)
        return 0;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return (long long)timegm(&parts);
}
#endif
