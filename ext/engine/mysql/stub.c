/* What is known of the engine before its module is loaded (engine/module.c); the module itself must say the
** same of name and capabilities. */
#include "engine/module.h"

extern const struct dialect mariadb_dialect;
extern const struct engine mysql_stub;

static const char *const schemes[] = {"mysql", "mysqldb", "mariadb", NULL};
static const char *const options[] = {"charset",
                                      "unix_socket",
                                      "ssl_ca",
                                      "ssl_cert",
                                      "ssl_key",
                                      "ssl_mode",
                                      "read_default_file",
                                      "read_default_group",
                                      "compress",
                                      "target_session_attrs",
                                      NULL};

static int url_check(const struct url *url, struct err *err)
{
    return module_url_check(&mysql_stub, url, err);
}

const struct engine mysql_stub = {
    .name = "mysql",
    .package = "libmariadb3",
    .schemes = schemes,
    .options = options,
    .caps = CAP_TWO_PHASE | CAP_SURVIVES_ERROR | CAP_BULK,
    .dialect = &mariadb_dialect,
    .url_check = url_check,
};
