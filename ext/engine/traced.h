/* An engine that wraps any engine: writes each call to a sink, counts them, and fails or delays the nth.
** Tests use it to prove that every failure at every slot leaves the connection usable and nothing half done. */
#ifndef BINDS_ENGINE_TRACED_H
#define BINDS_ENGINE_TRACED_H

#include "engine/engine.h"

struct traced {
    const struct engine *inner;
    struct engine outer;            /* what the front is given */
    void (*sink)(void *ctx, const char *call); /* "send SELECT …", "next", … ; NULL = none */
    void *ctx;
    int calls;                      /* so far, over all slots that can fail */
    int fail_at;                    /* 1-based call that fails; 0 = none */
    int fail_rc;                    /* e.g. SQLITE_IOERR */
    bool fail_lost;                 /* the failing call loses the connection */
    int delay_ms_at, delay_ms;
};
/* outer keeps a pointer to t: t must outlive every conn of it. */
void traced_init(struct traced *t, const struct engine *inner);

#endif
