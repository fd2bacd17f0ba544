#ifndef RLS_CZLIB_SHIM_H
#define RLS_CZLIB_SHIM_H
#include <zlib.h>
// Macros, which Swift does not see.
static inline int rls_deflate_init_gzip(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
static inline int rls_inflate_init_gzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
#endif
