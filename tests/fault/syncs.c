/* LD_PRELOAD for the commit tests: what is forced to disk, removed and sent, in order, a line each in the file that
** BINDS_SYNCS names.  The lines are "sync PATH", "unlink PATH" and "send TEXT". */
#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE_MAX 512

static void note(const char *what, const char *text, size_t n)
{
    static int fd = -1;
    char line[LINE_MAX];
    int used = snprintf(line, sizeof line, "%s ", what);
    if (fd < 0)
        fd = open(getenv("BINDS_SYNCS"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    for (size_t i = 0; i < n && used < LINE_MAX - 1; i++)
        line[used++] = isprint((unsigned char)text[i]) ? text[i] : '.';
    line[used++] = '\n';
    if (write(fd, line, (size_t)used) != used)
        abort();
}

static void note_fd(int fd)
{
    char link[64], path[LINE_MAX];
    ssize_t n;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path);
    note("sync", path, n < 0 ? 0 : (size_t)n);
}

int fsync(int fd)
{
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    note_fd(fd);
    return next(fd);
}

int fdatasync(int fd)
{
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    note_fd(fd);
    return next(fd);
}

int unlink(const char *path)
{
    int (*next)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
    note("unlink", path, strlen(path));
    return next(path);
}

ssize_t send(int fd, const void *data, size_t n, int flags)
{
    ssize_t (*next)(int, const void *, size_t, int) =
        (ssize_t(*)(int, const void *, size_t, int))dlsym(RTLD_NEXT, "send");
    note("send", data, n);
    return next(fd, data, n, flags);
}
