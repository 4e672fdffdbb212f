/*
 * common/web/mhd.c - one dlopen(), then each function by its name.
 *
 * The version that we are built for is the only one that is looked for: its soname stands
 * for its binary interface. It stays loaded to the end of the process.
 */
#include "common/web/mhd.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "common/base/say.h"

#define LIBRARY "libmicrohttpd.so.12"

#define NAMED(name)                                                                      \
	{                                                                                \
		"MHD_" #name, offsetof(struct ph_mhd, name)                              \
	}

static const struct {
	const char *name;
	size_t at;
} functions[] = {
	NAMED(start_daemon),
	NAMED(stop_daemon),
	NAMED(quiesce_daemon),
	NAMED(run),
	NAMED(get_timeout),
	NAMED(get_daemon_info),
	NAMED(get_connection_info),
	NAMED(get_connection_values),
	NAMED(suspend_connection),
	NAMED(resume_connection),
	NAMED(queue_response),
	NAMED(create_response_from_buffer),
	NAMED(create_response_from_callback),
	NAMED(add_response_header),
	NAMED(destroy_response),
};

static struct ph_mhd loaded;

int ph_mhd_load(const struct ph_mhd **mhd_out, struct ph_error *err)
{
	struct ph_mhd found;
	void *library;

	if (!loaded.run) {
		library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
		for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
			void *symbol = library ? dlsym(library, functions[i].name) : NULL;

			if (!symbol) {
				return ph_fail(
					err, PH_EXIT_CONFIG, -ENOSYS,
					ph_say("pages are served by " LIBRARY
					       ", which is not installed (Debian: "
					       "libmicrohttpd12)",
					       "trang web được phục vụ bằng " LIBRARY
					       ", mà ở đây chưa cài (Debian: "
					       "libmicrohttpd12)"));
			}
			memcpy((char *)&found + functions[i].at, &symbol, sizeof(symbol));
		}
		loaded = found;
	}
	*mhd_out = &loaded;
	return 0;
}
