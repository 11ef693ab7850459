/* Named points of the commit protocol at which a test may end or stop the process (build option
** BINDS_FAULT_POINTS); otherwise they are nothing.
**
**   BINDS_CRASH_AT=name[:n]   SIGKILL when the point is passed for the nth time (first)
**   BINDS_STOP_AT=name[:n]    SIGSTOP, so that a test can look around and send SIGCONT */
#ifndef BINDS_SESSION_FAULT_H
#define BINDS_SESSION_FAULT_H

#ifdef BINDS_FAULT_POINTS

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void fault_at(const char *variable, const char *name, int signal_number)
{
    const char *wanted = getenv(variable);
    size_t n = strlen(name);
    if (!wanted || strncmp(wanted, name, n) != 0 || (wanted[n] != 0 && wanted[n] != ':'))
        return;
    if (wanted[n] == ':' && wanted[n + 1] > '1') {
        char rest[64];
        sqlite3_snprintf((int)sizeof rest, rest, "%s:%c", name, wanted[n + 1] - 1);
        setenv(variable, rest, 1);
        return;
    }
    unsetenv(variable);
    kill(getpid(), signal_number);
}

static inline void fault_point(const char *name)
{
    fault_at("BINDS_CRASH_AT", name, SIGKILL);
    fault_at("BINDS_STOP_AT", name, SIGSTOP);
}

#define FAULT_POINT(name) fault_point(name)

#else

#define FAULT_POINT(name) ((void)0)

#endif

#endif
