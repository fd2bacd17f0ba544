#ifndef RLS_CLINUX_SHIM_H
#define RLS_CLINUX_SHIM_H
#include <sys/types.h>
#include <sys/vfs.h>
// Calls of Linux that the C library declares only to those who ask for its extensions, which Swift's module of it does not.
extern int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned int flags);
extern int syncfs(int descriptor);
extern int sync_file_range(int descriptor, off_t from, off_t count, unsigned int flags);
// SYNC_FILE_RANGE_WRITE of sync_file_range.
static const unsigned int rls_sync_file_range_write = 2;
// RENAME_NOREPLACE of renameat2.
static const unsigned int rls_rename_noreplace = 1;
#endif
