/* What every unit test includes first: cmocka wants these headers before its own. */
#ifndef BINDS_TESTS_UNIT_H
#define BINDS_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
