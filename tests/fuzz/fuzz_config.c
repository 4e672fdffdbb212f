/*
 * tests/fuzz/fuzz_config.c - any bytes as the text of packhorsed.conf.
 *
 * Every refusal has words that name a line. What is taken lies within the limits of the
 * table, each address splits, and the same text gives the same settings again, also out of
 * packhorsed.conf and out of a file of conf.d. The bytes are an address, too: what splits has a host and a port.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "daemon/config.h"

#include "tests/fuzz/choices.h"
#include "tests/fuzz/folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ph_settings *settings)
{
	for (const struct ph_setting *s = ph_setting_table; s->name != NULL; s++) {
		unsigned value;

		if (s->type == PH_SETTING_UINT) {
			memcpy(&value, (const char *)settings + s->offset, sizeof(value));
			must(value >= s->min && value <= s->max);
		}
	}
	must(settings->n_listen >= 1 && settings->n_listen <= PH_LISTEN_MAX);
	for (unsigned i = 0; i < settings->n_listen; i++) {
		char host[PH_LISTEN_TEXT];
		unsigned port;

		must(strlen(settings->listen[i]) < PH_LISTEN_TEXT);
		must(ph_address_split(settings->listen[i], host, sizeof(host), &port,
				      NULL) == 0);
		must(host[0] != '\0' && port <= 65535);
	}
	must(settings->prefix <= PH_PREFIX_NO);
}

static void try_address(const uint8_t *data, size_t size)
{
	char text[128] = "", host[48];
	struct ph_error err = { 0 };
	unsigned port = 70000;
	int rc;

	memcpy(text, data, size < sizeof(text) ? size : sizeof(text) - 1);
	rc = ph_address_split(text, host, sizeof(host), &port, &err);
	must((rc == 0) == (err.text[0] == '\0'));
	must(rc != 0 || (host[0] != '\0' && port <= 65535));
}

static void put(const char *name, const uint8_t *data, size_t size)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fuzz_folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
}

/* A folder without settings, and one in it with files that are none. */
static void prepare(void)
{
	static struct ph_settings loaded;
	struct ph_error err = { 0 };
	char path[96];

	fuzz_folder_make();
	must(ph_settings_load(&loaded, fuzz_folder, &err) == 0);
	snprintf(path, sizeof(path), "%s/conf.d", fuzz_folder);
	must(mkdir(path, 0700) == 0);
	put("conf.d/.10-disk.conf", (const uint8_t *)"[", 1);
	put("conf.d/10-disk.bak", (const uint8_t *)"[", 1);
	put("conf.d/conf", (const uint8_t *)"[", 1);
	must(ph_settings_load(&loaded, fuzz_folder, &err) == 0);
}

/* Out of the file NAME alone, if PARSED is what its text alone gives. */
static void try_file(const char *name, const uint8_t *data, size_t size, int parsed,
		     const struct ph_settings *settings)
{
	static struct ph_settings loaded, before;
	struct ph_error err = { 0 };
	char path[96];
	int rc;

	if (fuzz_folder[0] == '\0') {
		prepare();
	}
	put(name, data, size);
	memset(&loaded, 0x5a, sizeof(loaded));
	before = loaded;
	rc = ph_settings_load(&loaded, fuzz_folder, &err);
	must((rc == 0) == (parsed == 0));
	must(memcmp(&loaded, rc == 0 ? settings : &before, sizeof(loaded)) == 0);
	snprintf(path, sizeof(path), "%s/%s", fuzz_folder, name);
	must(unlink(path) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ph_settings settings, again;
	struct ph_error err = { 0 };
	int rc;

	ph_settings_init(&settings);
	rc = ph_settings_parse(&settings, PH_VIEW(data, size), "conf", &err);
	must(rc <= 0 && (rc == 0) == (err.text[0] == '\0'));
	try_address(data, size);
	try_file("packhorsed.conf", data, size, rc, &settings);
	try_file("conf.d/10-disk.conf", data, size, rc, &settings);
	if (rc != 0) {
		must(strncmp(err.text, "conf", 4) == 0);
		return 0;
	}
	check(&settings);
	ph_settings_init(&again);
	must(ph_settings_parse(&again, PH_VIEW(data, size), "conf", &err) == 0);
	must(memcmp(&settings, &again, sizeof(settings)) == 0);
	return 0;
}
