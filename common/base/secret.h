/* common/base/secret.h - memory of secrets, and of a process that holds some. */
#ifndef PH_BASE_SECRET_H
#define PH_BASE_SECRET_H

#include <stddef.h>

/*
 * The leak check of a sanitizer looks at its own process as a debugger does; and under each of
 * them mlock(2) does nothing, since it would lock their shadow of all memory.
 */
#ifdef __has_feature
#define PH_HAS_FEATURE(feature) __has_feature(feature)
#else
#define PH_HAS_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                     \
	PH_HAS_FEATURE(address_sanitizer) || PH_HAS_FEATURE(memory_sanitizer) ||         \
	PH_HAS_FEATURE(thread_sanitizer)
#define PH_IS_SANITIZED 1
#else
#define PH_IS_SANITIZED 0
#endif

/*
 * No core dump of this process, whoever asks for one and wherever the system would put it,
 * and (but where PH_IS_SANITIZED) nobody but root may look into it. What it starts dumps
 * nothing either.
 */
void ph_secret_no_dumps(void);
/*
 * Keep the pages that hold these bytes out of the swap until ph_secret_wipe(). Where that is not allowed
 * (RLIMIT_MEMLOCK) they stay as they are: secrets are wiped all the same. From any thread.
 */
void ph_secret_lock(void *data, size_t len);
/*
 * SIZE bytes in locked pages of their own, which no dump has, with one behind them that nobody may
 * touch; all zero, and aligned as far as SIZE is a multiple. NULL: there is no memory. Where locking is not allowed they are as any other.
 */
void *ph_secret_new(size_t size);
/* Wipe what ph_secret_new() gave, and free it. NULL is fine. */
void ph_secret_free(void *data);
/* Wipe them, and let the pages go that no other secret which was locked by ph_secret_lock() is on. */
void ph_secret_wipe(void *data, size_t len);

#endif
