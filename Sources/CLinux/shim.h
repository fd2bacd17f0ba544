#ifndef RLS_CLINUX_SHIM_H
#define RLS_CLINUX_SHIM_H
#include <sys/vfs.h>
// Calls of Linux that the C library declares only to those who ask for its extensions, which Swift's module of it does not.
extern int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned int flags);
extern int syncfs(int descriptor);
// RENAME_NOREPLACE of renameat2.
static const unsigned int rls_rename_noreplace = 1;
#endif
