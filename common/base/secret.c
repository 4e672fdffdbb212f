/*
 * common/base/secret.c - memory of secrets.
 *
 * A page that is locked is left out of core dumps as well, though there are none: a process
 * that is not dumpable leaves none, also where a program of the system takes them in instead
 * of a file, which no limit of a size would keep from that. libsodium asks for it with the
 * address as it is, which the kernel takes only of whole pages.
 */
#include "common/base/secret.h"

#include <sodium.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

void ph_secret_no_dumps(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	if (!PH_IS_SANITIZED) {
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	}
}

static void advise(void *data, size_t len, int advice)
{
	long page = sysconf(_SC_PAGESIZE);
	size_t into = page > 0 ? (uintptr_t)data % (size_t)page : 0;

	(void)madvise((uint8_t *)data - into, len + into, advice);
}

void ph_secret_lock(void *data, size_t len)
{
	(void)sodium_mlock(data, len);
	advise(data, len, MADV_DONTDUMP);
}

void *ph_secret_new(size_t size)
{
	void *data = sodium_init() < 0 ? NULL : sodium_malloc(size);

	if (data) {
		sodium_memzero(data, size);
	}
	return data;
}

void ph_secret_free(void *data)
{
	sodium_free(data);
}

void ph_secret_wipe(void *data, size_t len)
{
	(void)sodium_munlock(data, len);
	advise(data, len, MADV_DODUMP);
	sodium_memzero(data, len); /* it is not wiped where unlocking failed */
}
