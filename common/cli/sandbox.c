/*
 * common/cli/sandbox.c - filters of calls of the system, laid over this process.
 *
 * They were made while we were built (sandbox_make.c says what is in them), so that nothing has
 * to be asked for here; only the number of the process is filled in. A filter is laid over all
 * threads at once. Where the kernel gives no filter, the caller says so and goes on.
 *
 * Sanitizers need more: at the end LeakSanitizer traces its own process from a copy of
 * it, and a report starts a program that reads symbols.
 */
#include "common/cli/sandbox.h"

#ifdef PH_NO_SECCOMP

int ph_sandbox_enter(enum ph_sandbox which)
{
	(void)which;
	return PH_SANDBOX_E_NONE;
}

#else

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/secret.h"
#include "common/cli/sandbox_filters.h"
#include "common/cli/sandbox_own.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Over all threads of this process, for good. */
static int load(const struct sock_filter *made, size_t n)
{
	struct sock_filter code[BPF_MAXINSNS];
	const struct sock_fprog program = { .len = (unsigned short)n, .filter = code };
	long rc;

	assert(n <= COUNT(code));
	memcpy(code, made, n * sizeof(code[0]));
	for (size_t i = 0; i < n; i++) {
		if (code[i].k == PH_SANDBOX_OWN) {
			code[i].k = (uint32_t)getpid();
		}
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		return -errno;
	}
	rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
		     &program);
	return rc < 0 ? -errno : rc > 0 ? -ECANCELED : 0;
}

int ph_sandbox_enter(enum ph_sandbox which)
{
	const bool hub = which == PH_SANDBOX_HUB;
	int rc;

	if (PH_IS_SANITIZED) {
		rc = hub ? load(hub_filter_wide, COUNT(hub_filter_wide))
			 : load(plain_filter_wide, COUNT(plain_filter_wide));
	} else {
		rc = hub ? load(hub_filter, COUNT(hub_filter))
			 : load(plain_filter, COUNT(plain_filter));
	}
	if (rc == -EINVAL || rc == -ENOSYS || rc == -EOPNOTSUPP || rc == -ECANCELED) {
		return PH_SANDBOX_E_NONE;
	}
	return rc < 0 ? rc : PH_IS_SANITIZED ? PH_SANDBOX_E_WIDE : 0;
}

#endif
