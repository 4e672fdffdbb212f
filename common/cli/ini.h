/*
 * common/cli/ini.h - settings of a daemon, from one table and INI files.
 *
 * DIR/FILE, then DIR/conf.d/NAME.conf in order of name; a later file overrides an earlier
 * one. An unknown section or name, a value out of range, a name twice in one file, or a
 * line that is neither, is an error with file and line: a setting that was mistyped must
 * not silently be the default.
 */
#ifndef PH_CLI_INI_H
#define PH_CLI_INI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/bytes.h"
#include "common/base/error.h"

#define PH_CONFIG_FILE_MAX (64 * 1024)

/* Levels as <N> before each line of the log. */
enum ph_prefix {
	PH_PREFIX_AUTO, /* when standard error goes to journald */
	PH_PREFIX_YES,
	PH_PREFIX_NO,
};

enum ph_setting_type {
	PH_SETTING_UINT,   /* unsigned */
	PH_SETTING_PREFIX, /* enum ph_prefix */
	PH_SETTING_OWN,    /* by `put`; may stand several times in a file */
};

struct ph_setting {
	const char *section;
	const char *name;
	enum ph_setting_type type;
	size_t offset; /* in the struct of settings */
	unsigned min, max, fallback;
	const char *doc;
	/* Take VALUE; IS_AGAIN: it stood in this file before. 0, or -EINVAL with words. */
	int (*put)(void *settings, const char *value, bool is_again,
		   struct ph_error *err);
};

/* TABLE ends with a NULL name. Set what has a fallback. */
void ph_ini_defaults(const struct ph_setting *table, void *settings);
/*
 * Apply the text of one file; NAME stands in errors. 0; or -EINVAL with PH_EXIT_CONFIG
 * and "NAME:LINE: words". SETTINGS is undefined on error.
 */
int ph_ini_parse(const struct ph_setting *table, void *settings, struct ph_view text,
		 const char *name, struct ph_error *err);
/*
 * Apply DIR/FILE and DIR/conf.d; none need be there. 0, or a negative errno with
 * PH_EXIT_CONFIG (PH_EXIT_OTHER for lack of memory, or of a disk that fails), and then
 * SETTINGS is undefined.
 */
int ph_ini_load(const struct ph_setting *table, void *settings, const char *dir,
		const char *file, struct ph_error *err);
/* A whole number from MIN to MAX, digits only. 0 or -EINVAL. */
int ph_ini_uint(const char *text, unsigned min, unsigned max, unsigned *out);

#endif
