#ifndef RLS_CSQLITE_SHIM_H
#define RLS_CSQLITE_SHIM_H
#include <sqlite3.h>

// Variadic, so not callable from Swift. Memory statistics take a global lock on every allocation.
static inline int rls_sqlite_disable_memory_statistics(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

// SQLITE_STATIC and SQLITE_TRANSIENT are casts that Swift cannot import. Static: valid until the statement is reset.
static inline int rls_sqlite_bind_static(sqlite3_stmt *statement, int index, const void *bytes, int count) {
    // A null pointer would bind NULL, not an empty value.
    return sqlite3_bind_blob(statement, index, bytes ? bytes : "", count, SQLITE_STATIC);
}
static inline int rls_sqlite_bind_copy(sqlite3_stmt *statement, int index, const void *bytes, int count) {
    return sqlite3_bind_blob(statement, index, bytes ? bytes : "", count, SQLITE_TRANSIENT);
}
static inline int rls_sqlite_bind_text(sqlite3_stmt *statement, int index, const char *text, int count) {
    return sqlite3_bind_text(statement, index, text, count, SQLITE_TRANSIENT);
}
#endif
