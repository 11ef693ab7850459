/* The log ring: bind_log's rows and the round-trip counters that tests look at.
**
** Entry seq sits in slot seq % TRACE_RING; a slot whose seq differs has been taken by a later statement.
** Slots are not touched before a statement takes them: a fresh process does not fill pages that it may never use.
** Texts are bounded, so the ring's memory is: at most TRACE_RING * TRACE_SQL_MAX.  Nothing here can fail a
** statement: without memory there is just no entry. */
#include "base/trace.h"

#include "base/err.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

#ifndef CLOCK_REALTIME_COARSE /* Linux has it */
#define CLOCK_REALTIME_COARSE CLOCK_REALTIME
#endif

static sqlite3_int64 clock_us(clockid_t id)
{
    struct timespec ts;
    if (clock_gettime(id, &ts) != 0)
        return 0;
    return (sqlite3_int64)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

struct trace *trace_new(void)
{
    struct trace *t = sqlite3_malloc64(sizeof *t);
    if (t != NULL) {
        memset(t, 0, offsetof(struct trace, ring));
        t->next_seq = 1;
    }
    return t;
}

static inline struct trace_entry *slot_of(struct trace *t, sqlite3_int64 seq)
{
    return &t->ring[(sqlite3_uint64)seq % TRACE_RING];
}

/* How many entries share a text; it lies before it. */
static int *sharers(char *text)
{
    return (int *)(void *)(text - sizeof(int));
}

static void release(char *text)
{
    if (text != NULL && --*sharers(text) == 0)
        sqlite3_free(sharers(text));
}

static void share(char **kept, char *text)
{
    if (*kept == text)
        return;
    release(*kept);
    *kept = text;
    if (text != NULL)
        ++*sharers(text);
}

static void entry_clear(struct trace_entry *e)
{
    release(e->bind_key);
    release(e->sql);
    sqlite3_free(e->error);
    memset(e, 0, sizeof *e);
}

void trace_free(struct trace *t)
{
    if (t == NULL)
        return;
    for (sqlite3_int64 seq = t->next_seq - 1; seq > 0 && seq > t->next_seq - 1 - TRACE_RING; seq--)
        entry_clear(slot_of(t, seq));
    sqlite3_free(t);
}

/* A copy, cut at a character boundary when too long, saying so. */
static char *copy_sql(const char *sql)
{
    char *cut = NULL, *copy;
    size_t n = strlen(sql);
    if (n > TRACE_SQL_MAX) {
        size_t keep = TRACE_SQL_MAX;
        while (keep > 0 && ((unsigned char)sql[keep] & 0xC0) == 0x80)
            keep--;
        cut = sqlite3_mprintf("%.*s… (%lld bytes)", (int)keep, sql, (sqlite3_int64)n);
        if (cut == NULL)
            return NULL;
        n = strlen(cut);
    }
    copy = sqlite3_malloc64(sizeof(int) + n + 1);
    if (copy != NULL) {
        copy += sizeof(int);
        *sharers(copy) = 1;
        memcpy(copy, cut != NULL ? cut : sql, n + 1);
    }
    sqlite3_free(cut);
    return copy;
}

/* Look-ups repeat their text: mostly the entry that leaves a slot has the text of the one that comes. */
static bool put_text(char **kept, const char *text)
{
    if (*kept != NULL && text != NULL && strcmp(*kept, text) == 0)
        return true;
    release(*kept);
    *kept = text != NULL ? copy_sql(text) : NULL;
    return *kept != NULL || text == NULL;
}

/* The slot of the statement that begins. */
static struct trace_entry *next_slot(struct trace *t)
{
    struct trace_entry *e = slot_of(t, t->next_seq);
    if (t->next_seq <= TRACE_RING)
        memset(e, 0, sizeof *e);
    return e;
}

/* Of the statement that begins; the texts are set. */
static sqlite3_int64 entry_begin(struct trace *t, struct trace_entry *e, sqlite3_int64 at_us)
{
    if (e->error != NULL) {
        sqlite3_free(e->error);
        e->error = NULL;
    }
    e->rows = e->bytes = e->us = e->round_trips = 0;
    e->at_us = t->last_at_us = at_us;
    e->seq = t->next_seq++;
    return e->seq;
}

sqlite3_int64 trace_begin(struct trace *t, const char *bind_key, const char *sql)
{
    struct trace_entry *e = next_slot(t);
    if (!put_text(&e->sql, sql != NULL ? sql : "") || !put_text(&e->bind_key, bind_key)) {
        entry_clear(e);
        return 0;
    }
    return entry_begin(t, e, trace_now_us());
}

/* By the clock that is as exact as a timer tick, and read in a fifth of the time: it may be behind the other. */
static sqlite3_int64 about_now_us(const struct trace *t)
{
    sqlite3_int64 us = clock_us(CLOCK_REALTIME_COARSE);
    return us > t->last_at_us ? us : t->last_at_us;
}

sqlite3_int64 trace_again(struct trace *t, sqlite3_int64 seq)
{
    const struct trace_entry *before = trace_get(t, seq);
    if (before == NULL)
        return 0;
    struct trace_entry *e = next_slot(t);
    share(&e->sql, before->sql);
    share(&e->bind_key, before->bind_key);
    return entry_begin(t, e, about_now_us(t));
}

struct trace_entry *trace_get(struct trace *t, sqlite3_int64 seq)
{
    if (seq <= 0 || seq >= t->next_seq)
        return NULL;
    struct trace_entry *e = slot_of(t, seq);
    return e->seq == seq ? e : NULL;
}

void trace_error(struct trace *t, sqlite3_int64 seq, const char *error)
{
    struct trace_entry *e = trace_get(t, seq);
    char line[ERR_TEXT_MAX];
    if (e == NULL)
        return;
    sqlite3_free(e->error);
    e->error = NULL;
    if (error != NULL) {
        err_clean_line(error, line, sizeof line);
        e->error = sqlite3_mprintf("%s", line);
    }
}

sqlite3_int64 trace_now_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

sqlite3_int64 trace_clock_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}
