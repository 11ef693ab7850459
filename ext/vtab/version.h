/* The extension's version, as bind_version() returns it. */
#ifndef BINDS_VTAB_VERSION_H
#define BINDS_VTAB_VERSION_H

#define BINDS_VERSION "0.1.0"

#endif
