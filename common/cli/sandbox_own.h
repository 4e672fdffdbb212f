/* common/cli/sandbox_own.h - what stands in a filter where the number of the process belongs. */
#ifndef PH_CLI_SANDBOX_OWN_H
#define PH_CLI_SANDBOX_OWN_H

/* No number of a process: those end at 2^22. */
#define PH_SANDBOX_OWN 0x50485044u

#endif
