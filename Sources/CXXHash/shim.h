#ifndef RLS_CXXHASH_SHIM_H
#define RLS_CXXHASH_SHIM_H
// Names are short: compiled in, a hash costs less than a call.
#define XXH_INLINE_ALL
#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>

typedef struct {
    uint64_t low;
    uint64_t high;
} rls_hash128;

static inline rls_hash128 rls_xxh3_128(const void *bytes, size_t count) {
    XXH128_hash_t hash = XXH3_128bits(bytes, count);
    rls_hash128 result = {hash.low64, hash.high64};
    return result;
}
#endif
