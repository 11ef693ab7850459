/* What a remote column can hold, once its values have arrived in the declared one (rhs.h). */
#include "sqlgen/rhs.h"

#define DECIMAL_DIGITS 15 /* a double tells so many apart */

/* Dynamic types: the server's affinity and ours must lead to the same conversions.  An integer beyond 2^53 is rounded
** when it arrives in a REAL column, and what has found it there was another number. */
static enum domain domain_of_any(enum affinity remote, enum affinity declared)
{
    if (rhs_is_numeric(remote) && rhs_is_numeric(declared) &&
        (declared != AFF_REAL || remote == AFF_REAL))
        return DOMAIN_ANY_NUMERIC;
    if (remote != declared)
        return DOMAIN_MIXED;
    return remote == AFF_TEXT ? DOMAIN_ANY_TEXT : DOMAIN_ANY_BLOB;
}

static enum domain domain_of_number(const struct type *remote, enum affinity declared)
{
    if (declared == AFF_TEXT)
        return DOMAIN_MIXED;
    switch (remote->id) {
    case CT_FLOAT4:
    case CT_FLOAT8:
        return DOMAIN_REAL;
    case CT_NUMERIC:
        return remote->precision > 0 && remote->precision <= DECIMAL_DIGITS && remote->scale >= 0 &&
                       remote->scale <= remote->precision
                   ? DOMAIN_DECIMAL
                   : DOMAIN_WIDE;
    case CT_INT8:
        return declared == AFF_REAL ? DOMAIN_MIXED : DOMAIN_INT; /* rounded on arrival */
    case CT_UINT8:
        return declared == AFF_REAL ? DOMAIN_MIXED : DOMAIN_UINT;
    default:
        return DOMAIN_INT;
    }
}

enum domain rhs_domain(const struct dialect *d, const struct type *remote,
                       const struct type *declared)
{
    enum affinity affinity = rhs_affinity(declared);
    if (d->dynamic_types)
        return domain_of_any(remote->affinity, affinity);
    if (coltype_is_number(remote->id))
        return domain_of_number(remote, affinity);
    if (coltype_is_blob(remote->id))
        return DOMAIN_BLOB;
    switch (remote->id) { /* texts that never look like a number */
    case CT_DATE:
        return DOMAIN_DATE;
    case CT_TIME:
        return DOMAIN_TIME;
    case CT_DATETIME:
    case CT_DATETIMETZ:
        return DOMAIN_DATETIME;
    case CT_UUID:
        return DOMAIN_UUID;
    default:
        if (rhs_is_numeric(affinity))
            return coltype_is_text(remote->id) ? DOMAIN_WORDS : DOMAIN_MIXED;
        return DOMAIN_TEXT;
    }
}
