#ifndef RLS_CEDITLINE_SHIM_H
#define RLS_CEDITLINE_SHIM_H
#include <editline/readline.h>
#include <string.h>
#include <stdlib.h>

// The library keeps these in global variables, which Swift 6 does not let us touch; the shell runs on one thread.
static inline void rls_editline_set_completion(char **(*completer)(const char *, int, int)) {
    rl_attempted_completion_function = completer;
    rl_readline_name = "rls-cli";
}
static inline void rls_editline_no_file_completion(void) { rl_attempted_completion_over = 1; }
static inline const char *rls_editline_buffer(void) { return rl_line_buffer; }
#endif
