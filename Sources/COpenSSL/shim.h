#ifndef RLS_COPENSSL_SHIM_H
#define RLS_COPENSSL_SHIM_H
#include <openssl/evp.h>
#endif
