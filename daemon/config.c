/*
 * daemon/config.c - reading the settings: inih takes lines apart, the table judges them.
 *
 * Each file is read whole, then handed to inih line by line, so that we know the line
 * of whatever is wrong (inih tells only of the first, and silently cuts long lines in
 * two). The first error ends the reading of its file: later ones often follow from it.
 */
#include "daemon/config.h"

#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/limits.h"

#define PATH_SIZE    4096
#define FILES_MAX    256
#define DAY_MS       86400000u
#define PORT_MAX     65535
#define UINT(member) PH_SETTING_UINT, offsetof(struct ph_settings, member)

const struct ph_setting ph_setting_table[] = {
	{ "server", "listen", PH_SETTING_LISTEN, offsetof(struct ph_settings, listen), 0,
	  0, 0, "ADDR:PORT where devices reach the hub; may stand several times" },
	{ "limits", "sessions", UINT(sessions), 1, 65536, PH_SESSIONS_MAX,
	  "sessions at once" },
	{ "limits", "handshakes", UINT(handshakes), 1, 65536, PH_HANDSHAKES_MAX,
	  "of them before the device has proved who it is" },
	{ "limits", "handshakes-per-net", UINT(handshakes_per_net), 1, 65536,
	  PH_HANDSHAKES_NET_MAX, "of those from one IPv4 /24 or IPv6 /56" },
	{ "limits", "handshake-rate", UINT(handshake_rate), 1, 100000, PH_HANDSHAKE_RATE,
	  "new connections a second from one IPv4 address or IPv6 /64" },
	{ "limits", "handshake-burst", UINT(handshake_burst), 1, 100000,
	  PH_HANDSHAKE_BURST, "of them at once" },
	{ "limits", "first-byte-ms", UINT(first_byte_ms), 50, DAY_MS, PH_FIRST_BYTE_MS,
	  "to the first byte of a connection" },
	{ "limits", "handshake-ms", UINT(handshake_ms), 50, DAY_MS, PH_HANDSHAKE_MS,
	  "to a whole first message" },
	{ "limits", "idle-ms", UINT(idle_ms), 50, DAY_MS, PH_IDLE_MS,
	  "without a byte from the device, or with none taken by it" },
	{ "limits", "write-queue-bytes", UINT(write_queue), 1024, 64u << 20,
	  PH_WRITE_QUEUE_MAX, "waiting to be taken by one device" },
	{ "limits", "frame-bytes", UINT(frame), 256, PH_FRAME_MAX, PH_HUB_FRAME,
	  "longest frame that the hub makes" },
	{ "limits", "partials", UINT(partials), 0, 65536, PH_PARTIALS,
	  "unfinished segments kept of sessions that were cut" },
	{ "limits", "partials-mib", UINT(partials_mib), 0, 65536, PH_PARTIALS_MIB,
	  "memory that they may take" },
	{ "limits", "commands", UINT(commands), 1, 1024, PH_CONTROL_TALK_MAX,
	  "local commands at once" },
	{ "log", "prefix", PH_SETTING_PREFIX, offsetof(struct ph_settings, prefix), 0, 0,
	  PH_PREFIX_AUTO, "levels as <N> before each line: yes, no, or auto" },
	{ NULL, NULL, PH_SETTING_UINT, 0, 0, 0, 0, NULL },
};
#define SETTINGS (sizeof(ph_setting_table) / sizeof(ph_setting_table[0]) - 1)

static unsigned *number_at(struct ph_settings *settings, const struct ph_setting *setting)
{
	return (unsigned *)(void *)((char *)settings + setting->offset);
}

void ph_settings_init(struct ph_settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	for (size_t i = 0; i < SETTINGS; i++) {
		if (ph_setting_table[i].type == PH_SETTING_UINT) {
			*number_at(settings, &ph_setting_table[i]) =
				ph_setting_table[i].fallback;
		}
	}
	strcpy(settings->listen[0], PH_CONFIG_LISTEN_HERE);
	settings->n_listen = 1;
}

/* ---- values ---- */

static int parse_uint(const char *text, unsigned min, unsigned max, unsigned *out)
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

int ph_address_split(const char *text, char *host_out, size_t host_size,
		     unsigned *port_out, struct ph_error *err)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	const char *host = text;
	bool is_v6 = len > 2 && text[0] == '[' && text[len - 1] == ']';

	if (is_v6) {
		host++;
		len -= 2;
	}
	if (len == 0 || len >= host_size || (!is_v6 && memchr(host, ':', len)) ||
	    strcspn(host, " \t[]") < len ||
	    parse_uint(colon + 1, 0, PORT_MAX, port_out) < 0) {
		return ph_fail(err, PH_EXIT_CONFIG, -EINVAL,
			       "\"%s\" is not ADDR:PORT, for example 0.0.0.0:7415 or "
			       "[::]:7415",
			       text);
	}
	memcpy(host_out, host, len);
	host_out[len] = '\0';
	return 0;
}

static int put_listen(struct ph_settings *settings, const char *value,
		      struct ph_error *err)
{
	char host[PH_LISTEN_TEXT];
	unsigned port;
	int rc = ph_address_split(value, host, sizeof(host), &port, err);

	if (rc < 0) {
		return rc;
	}
	if (strlen(value) >= PH_LISTEN_TEXT || settings->n_listen == PH_LISTEN_MAX) {
		return ph_fail(err, PH_EXIT_CONFIG, -EINVAL,
			       "at most %d addresses of %d bytes", PH_LISTEN_MAX,
			       PH_LISTEN_TEXT - 1);
	}
	strcpy(settings->listen[settings->n_listen++], value);
	return 0;
}

static int put_prefix(struct ph_settings *settings, const char *value,
		      struct ph_error *err)
{
	static const char *const names[] = {
		[PH_PREFIX_AUTO] = "auto", [PH_PREFIX_YES] = "yes", [PH_PREFIX_NO] = "no"
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			settings->prefix = (enum ph_prefix)i;
			return 0;
		}
	}
	return ph_fail(err, PH_EXIT_CONFIG, -EINVAL,
		       "prefix: \"%s\" is not one of auto, yes, no", value);
}

/* ---- one file ---- */

struct reading {
	struct ph_settings *settings;
	struct ph_view rest;
	unsigned line;       /* of what inih is looking at */
	unsigned error_line; /* 0: none */
	bool seen[SETTINGS];
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
			      "a line of %zu bytes; they may have %d", len, size - 2);
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
	const struct ph_setting *setting = &ph_setting_table[i];
	struct ph_settings *settings = reading->settings;
	bool is_again = reading->seen[i];

	reading->seen[i] = true;
	if (setting->type == PH_SETTING_LISTEN) {
		settings->n_listen = is_again ? settings->n_listen : 0;
		return put_listen(settings, value, &reading->err);
	}
	if (is_again) {
		return ph_fail(&reading->err, PH_EXIT_CONFIG, -EINVAL,
			       "%s stands twice in this file", setting->name);
	}
	if (setting->type == PH_SETTING_PREFIX) {
		return put_prefix(settings, value, &reading->err);
	}
	if (parse_uint(value, setting->min, setting->max, number_at(settings, setting)) <
	    0) {
		return ph_fail(&reading->err, PH_EXIT_CONFIG, -EINVAL,
			       "%s: \"%s\" is not a whole number from %u to %u",
			       setting->name, value, setting->min, setting->max);
	}
	return 0;
}

static bool is_section(const char *name)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		if (strcmp(ph_setting_table[i].section, name) == 0) {
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
	for (size_t i = 0; i < SETTINGS; i++) {
		if (strcmp(ph_setting_table[i].section, section) == 0 &&
		    strcmp(ph_setting_table[i].name, name) == 0) {
			rc = put_value(reading, i, value);
			if (rc < 0) {
				wrong(reading);
			}
			return rc == 0;
		}
	}
	if (section[0] == '\0') {
		(void)ph_fail(&reading->err, PH_EXIT_CONFIG, rc,
			      "%s stands before the first [section]", name);
	} else if (!is_section(section)) {
		(void)ph_fail(&reading->err, PH_EXIT_CONFIG, rc,
			      "there is no section [%s]", section);
	} else {
		(void)ph_fail(&reading->err, PH_EXIT_CONFIG, rc,
			      "there is no setting %s in [%s]", name, section);
	}
	wrong(reading);
	return 0;
}

int ph_settings_parse(struct ph_settings *settings, struct ph_view text, const char *name,
		      struct ph_error *err)
{
	struct reading reading = { .settings = settings, .rest = text };
	int rc;

	if (text.len > 0 && memchr(text.data, '\0', text.len)) {
		return ph_fail(err, PH_EXIT_CONFIG, -EINVAL, "%s: is not a text file",
			       name);
	}
	rc = ini_parse_stream(read_line, &reading, on_setting, &reading);
	if (rc < 0) {
		return ph_fail_errno(err, -ENOMEM, name);
	}
	if (rc > 0 && (reading.error_line == 0 || (unsigned)rc < reading.error_line)) {
		return ph_fail(err, PH_EXIT_CONFIG, -EINVAL,
			       "%s:%d: neither [section] nor name = value", name, rc);
	}
	if (reading.error_line > 0) {
		return ph_fail(err, PH_EXIT_CONFIG, -EINVAL, "%s:%u: %s", name,
			       reading.error_line, reading.err.text);
	}
	return 0;
}

/* ---- the folder ---- */

static int load_file(struct ph_settings *settings, const char *path, struct ph_error *err)
{
	struct ph_buf text = { 0 };
	int rc = ph_file_read(path, PH_CONFIG_FILE_MAX, &text, err);

	if (rc == 0) {
		rc = ph_settings_parse(settings, ph_buf_view(&text), path, err);
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

static int load_folder(struct ph_settings *settings, const char *dir,
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
		return errno == ENOENT ? 0 : ph_fail_errno(err, -errno, folder);
	}
	if (count > FILES_MAX) {
		rc = ph_fail(err, PH_EXIT_CONFIG, -EINVAL, "%s: more than %d files",
			     folder, FILES_MAX);
	}
	for (int i = 0; i < count; i++) {
		if (rc == 0) {
			rc = ph_path_join(path, sizeof(path), folder, items[i]->d_name,
					  err);
		}
		if (rc == 0) {
			rc = load_file(settings, path, err);
		}
		free(items[i]);
	}
	free(items);
	return rc;
}

int ph_settings_load(struct ph_settings *out, const char *dir, struct ph_error *err)
{
	struct ph_settings settings;
	struct ph_error why = { 0 };
	char path[PATH_SIZE];
	int rc = ph_path_join(path, sizeof(path), dir, "packhorsed.conf", &why);

	ph_settings_init(&settings);
	if (rc == 0 && ph_file_exists(path)) {
		rc = load_file(&settings, path, &why);
	}
	if (rc == 0) {
		rc = load_folder(&settings, dir, &why);
	}
	if (rc < 0) {
		return ph_fail(err, PH_EXIT_CONFIG, rc, "%s", why.text);
	}
	*out = settings;
	return 0;
}
