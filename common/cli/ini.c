/*
 * common/cli/ini.c - reading settings: inih takes lines apart, the table judges them.
 *
 * Each file is read whole, then handed to inih line by line, so that we know the line
 * of whatever is wrong (inih tells only of the first, and silently cuts long lines in
 * two). The first error ends the reading of its file: later ones often follow from it.
 */
#include "common/cli/ini.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/owner.h"
#include "common/cli/out.h"

#define PATH_SIZE    4096
#define FILES_MAX    256
#define SETTINGS_MAX 64

static size_t count_of(const struct ph_setting *table)
{
	size_t n = 0;

	while (table[n].name) {
		n++;
	}
	return n;
}

static void *place_of(void *settings, const struct ph_setting *setting)
{
	return (char *)settings + setting->offset;
}

void ph_ini_defaults(const struct ph_setting *table, void *settings)
{
	for (const struct ph_setting *s = table; s->name; s++) {
		if (s->type == PH_SETTING_UINT) {
			*(unsigned *)place_of(settings, s) = s->fallback;
		} else if (s->type == PH_SETTING_PREFIX) {
			*(enum ph_prefix *)place_of(settings, s) =
				(enum ph_prefix)s->fallback;
		}
	}
}

/* ---- values ---- */

int ph_ini_uint(const char *text, unsigned min, unsigned max, unsigned *out)
{
	char *end;
	unsigned long long value;

	/* strtoull would take blanks and signs */
	if (text[0] < '0' || text[0] > '9') {
		return -EINVAL;
	}
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || value < min || value > max) {
		return -EINVAL;
	}
	*out = (unsigned)value;
	return 0;
}

static int put_prefix(enum ph_prefix *out, const char *value, struct ph_error *err)
{
	static const char *const names[] = {
		[PH_PREFIX_AUTO] = "auto", [PH_PREFIX_YES] = "yes", [PH_PREFIX_NO] = "no"
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			*out = (enum ph_prefix)i;
			return 0;
		}
	}
	return ph_fail(err, PH_EXIT_CONFIG, -EINVAL,
		       ph_say("prefix: \"%s\" is not one of auto, yes, no",
			      "prefix: “%s” không thuộc auto, yes, no"),
		       value);
}

/* ---- one file ---- */

struct reading {
	const struct ph_setting *table;
	size_t count;
	void *settings;
	struct ph_view rest;
	unsigned line;       /* of what inih is looking at */
	unsigned error_line; /* 0: none */
	bool seen[SETTINGS_MAX];
	struct ph_error err; /* without the place */
};

static void wrong(struct reading *reading)
{
	if (reading->error_line == 0) {
		reading->error_line = reading->line;
	}
}

/* As fgets(), for inih: NULL at the end, which is also where an error was. */
static char *read_line(char *out, int size, void *data)
{
	struct reading *reading = data;
	const uint8_t *end;
	size_t len = reading->rest.len;

	if (len == 0 || reading->error_line != 0) {
		return NULL;
	}
	end = memchr(reading->rest.data, '\n', len);
	len = end ? (size_t)(end - reading->rest.data) + 1 : len;
	reading->line++;
	if (len >= (size_t)size) {
		(void)ph_fail(&reading->err, PH_EXIT_CONFIG, -EINVAL,
			      ph_say("a line of %zu bytes; they may have %d",
				     "một dòng có %zu byte; chỉ được %d"),
			      len, size - 2);
		wrong(reading);
		return NULL;
	}
	memcpy(out, reading->rest.data, len);
	out[len] = '\0';
	reading->rest.data += len;
	reading->rest.len -= len;
	return out;
}

static int put_value(struct reading *reading, size_t i, const char *value)
{
	const struct ph_setting *setting = &reading->table[i];
	void *place = place_of(reading->settings, setting);
	bool is_again = reading->seen[i];

	reading->seen[i] = true;
	if (setting->type == PH_SETTING_OWN) {
		return setting->put(reading->settings, value, is_again, &reading->err);
	}
	if (is_again) {
		return ph_fail(&reading->err, PH_EXIT_CONFIG, -EINVAL,
			       ph_say("%s stands twice in this file",
				      "%s có hai lần trong tệp này"),
			       setting->name);
	}
	if (setting->type == PH_SETTING_PREFIX) {
		return put_prefix(place, value, &reading->err);
	}
	if (ph_ini_uint(value, setting->min, setting->max, place) < 0) {
		return ph_fail(&reading->err, PH_EXIT_CONFIG, -EINVAL,
			       ph_say("%s: \"%s\" is not a whole number from %u to %u",
				      "%s: “%s” không phải là số nguyên từ %u đến %u"),
			       setting->name, value, setting->min, setting->max);
	}
	return 0;
}

static bool is_section(const struct reading *reading, const char *name)
{
	for (size_t i = 0; i < reading->count; i++) {
		if (strcmp(reading->table[i].section, name) == 0) {
			return true;
		}
	}
	return false;
}

static int on_setting(void *data, const char *section, const char *name,
		      const char *value)
{
	struct reading *reading = data;
	int rc = -EINVAL;

	if (reading->error_line != 0) {
		return 0;
	}
	for (size_t i = 0; i < reading->count; i++) {
		if (strcmp(reading->table[i].section, section) == 0 &&
		    strcmp(reading->table[i].name, name) == 0) {
			rc = put_value(reading, i, value);
			if (rc < 0) {
				wrong(reading);
			}
			return rc == 0;
		}
	}
	if (section[0] == '\0') {
		(void)ph_fail(&reading->err, PH_EXIT_CONFIG, rc,
			      ph_say("%s stands before the first [section]",
				     "%s đứng trước [mục] đầu tiên"),
			      name);
	} else if (!is_section(reading, section)) {
		(void)ph_fail(&reading->err, PH_EXIT_CONFIG, rc,
			      ph_say("there is no section [%s]", "không có mục [%s]"),
			      section);
	} else {
		(void)ph_fail(&reading->err, PH_EXIT_CONFIG, rc,
			      ph_say("there is no setting %s in [%s]",
				     "không có thiết lập %s trong mục [%s]"),
			      name, section);
	}
	wrong(reading);
	return 0;
}

int ph_ini_parse(const struct ph_setting *table, void *settings, struct ph_view text,
		 const char *name, struct ph_error *err)
{
	struct reading reading = { .table = table,
				   .count = count_of(table),
				   .settings = settings,
				   .rest = text };
	int rc;

	assert(reading.count <= SETTINGS_MAX);
	if (text.len > 0 && memchr(text.data, '\0', text.len)) {
		return ph_fail(
			err, PH_EXIT_CONFIG, -EINVAL,
			ph_say("%s: is not a text file", "%s: không phải là tệp văn bản"),
			name);
	}
	rc = ini_parse_stream(read_line, &reading, on_setting, &reading);
	if (rc < 0) {
		return ph_fail_errno(err, -ENOMEM, name);
	}
	if (rc > 0 && (reading.error_line == 0 || (unsigned)rc < reading.error_line)) {
		return ph_fail(
			err, PH_EXIT_CONFIG, -EINVAL,
			ph_say("%s:%d: neither [section] nor name = value",
			       "%s:%d: không phải [mục] cũng không phải tên = giá trị"),
			name, rc);
	}
	if (reading.error_line > 0) {
		return ph_fail(err, PH_EXIT_CONFIG, -EINVAL, "%s:%u: %s", name,
			       reading.error_line, reading.err.text);
	}
	return 0;
}

/* ---- the folder ---- */

static int load_file(const struct ph_setting *table, void *settings, const char *path,
		     struct ph_error *err)
{
	struct ph_buf text = { 0 };
	int rc = ph_file_read(path, PH_CONFIG_FILE_MAX, &text, err);

	if (rc == 0) {
		rc = ph_ini_parse(table, settings, ph_buf_view(&text), path, err);
	}
	ph_buf_deinit(&text);
	return rc;
}

static int is_config(const struct dirent *item)
{
	size_t len = strlen(item->d_name);

	return len > 5 && item->d_name[0] != '.' &&
	       strcmp(item->d_name + len - 5, ".conf") == 0;
}

static int load_folder(const struct ph_setting *table, void *settings, const char *dir,
		       struct ph_error *err)
{
	char folder[PATH_SIZE];
	char path[PATH_SIZE];
	struct dirent **items = NULL;
	int count;
	int rc = ph_path_join(folder, sizeof(folder), dir, "conf.d", err);

	if (rc < 0) {
		return rc;
	}
	count = scandir(folder, &items, is_config, alphasort);
	if (count < 0) {
		return errno == ENOENT ? 0 : ph_fail_owner(err, -errno, folder);
	}
	if (count > FILES_MAX) {
		rc = ph_fail(err, PH_EXIT_CONFIG, -EINVAL,
			     ph_say("%s: more than %d files", "%s: hơn %d tệp"), folder,
			     FILES_MAX);
	}
	for (int i = 0; i < count; i++) {
		if (rc == 0) {
			rc = ph_path_join(path, sizeof(path), folder, items[i]->d_name,
					  err);
		}
		if (rc == 0) {
			rc = load_file(table, settings, path, err);
		}
		free(items[i]);
	}
	free(items);
	return rc;
}

int ph_ini_load(const struct ph_setting *table, void *settings, const char *dir,
		const char *file, struct ph_error *err)
{
	struct ph_error why = { 0 };
	char path[PATH_SIZE];
	int rc = ph_path_join(path, sizeof(path), dir, file, &why);

	if (rc == 0 && ph_file_exists(path)) {
		rc = load_file(table, settings, path, &why);
	}
	if (rc == 0) {
		rc = load_folder(table, settings, dir, &why);
	}
	/* that memory is short, or the disk fails, is no fault of the settings */
	return rc == 0 ? 0
		       : ph_fail(err,
				 rc == -ENOMEM || rc == -EIO ? PH_EXIT_OTHER
							     : PH_EXIT_CONFIG,
				 rc, "%s", why.text);
}
