/*
 * tests/sim/kinds.c - the table of kinds as programs of several versions have it.
 *
 * The same source as the programs', but what is left out is said while it runs. It is
 * linked in place of the one in the library.
 */
#include "tests/sim/version.h"

#define PH_KINDS_WITHOUT sim_kinds_without
#include "common/log/kinds.c" /* NOLINT */
