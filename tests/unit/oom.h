/* Allocation faults: SQLite's allocator (all memory of the extension comes from it) wrapped so that the n-th
** request fails.  oom_install() before anything else uses SQLite. */
#ifndef BINDS_TESTS_OOM_H
#define BINDS_TESTS_OOM_H

#include <stdbool.h>

int oom_install(void);
void oom_at(int n, bool for_good); /* 1-based from now on, once or from then on; 0 = never */
void oom_call_at(int n, void (*call)(void)); /* nothing fails: call is called at the n-th, and may not allocate */
int oom_count(void);               /* requests since oom_at or oom_call_at */
long oom_outstanding(void);        /* blocks that are not freed */

#endif
