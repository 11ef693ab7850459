/* What is known of the engine before its module is loaded (engine/module.c); the module itself must say the
** same of name and capabilities. */
#include "engine/module.h"

extern const struct dialect postgres_dialect;
extern const struct engine postgres_stub;

static const char *const schemes[] = {"postgresql", "postgres", NULL};
static const char *const options[] = {"*", NULL};

static int url_check(const struct url *url, struct err *err)
{
    return module_url_check(&postgres_stub, url, err);
}

const struct engine postgres_stub = {
    .name = "postgresql",
    .package = "libpq5",
    .schemes = schemes,
    .options = options,
    .caps = CAP_TWO_PHASE | CAP_TRANSACTIONAL_DDL | CAP_RETURNING | CAP_ARRAY_ARG | CAP_BULK |
            CAP_BULK_ATOMIC | CAP_PIPELINE | CAP_SHARED_ROWS | CAP_RAW_CATALOG,
    .dialect = &postgres_dialect,
    .url_check = url_check,
};
