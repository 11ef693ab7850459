/* The failing allocator of oom.h: SQLite's own methods, counted. */
#include "oom.h"
#include "base/sqlite.h"

#include <stddef.h>

static sqlite3_mem_methods real;
static int requests, fail_at;
static bool fail_for_good;
static void (*call_instead)(void);
static long outstanding;

/* For a debugger to stop at. */
static __attribute__((noinline)) bool refused(void)
{
    __asm__ volatile("");
    return true;
}

static bool refuse(void)
{
    requests++;
    if (call_instead) {
        if (requests == fail_at)
            call_instead();
        return false;
    }
    return fail_at && (requests == fail_at || (fail_for_good && requests > fail_at)) && refused();
}

static void *oom_malloc(int n)
{
    void *p = refuse() ? NULL : real.xMalloc(n);
    outstanding += p != NULL;
    return p;
}

static void oom_free(void *p)
{
    outstanding -= p != NULL;
    real.xFree(p);
}

static void *oom_realloc(void *p, int n)
{
    return refuse() ? NULL : real.xRealloc(p, n);
}

int oom_install(void)
{
    sqlite3_mem_methods wrapped;
    int rc = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real);
    if (rc != SQLITE_OK)
        return rc;
    wrapped = real;
    wrapped.xMalloc = oom_malloc;
    wrapped.xFree = oom_free;
    wrapped.xRealloc = oom_realloc;
    /* Lookaside memory would hide requests. */
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &wrapped);
}

void oom_at(int n, bool for_good)
{
    requests = 0;
    fail_at = n;
    fail_for_good = for_good;
    call_instead = NULL;
}

void oom_call_at(int n, void (*call)(void))
{
    oom_at(n, false);
    call_instead = call;
}

int oom_count(void)
{
    return requests;
}

long oom_outstanding(void)
{
    return outstanding;
}
