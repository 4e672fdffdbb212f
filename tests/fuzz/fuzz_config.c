/*
 * tests/fuzz/fuzz_config.c - any bytes as the text of packhorsed.conf.
 *
 * Every refusal has words that name a line. What is taken lies within the limits of the
 * table, each address splits, and the same text gives the same settings again.
 */
#include "common/base/limits.h"
#include "daemon/config.h"

#include "tests/fuzz/choices.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ph_settings settings, again;
	struct ph_error err = { 0 };
	int rc;

	ph_settings_init(&settings);
	rc = ph_settings_parse(&settings, PH_VIEW(data, size), "conf", &err);
	must(rc <= 0 && (rc == 0) == (err.text[0] == '\0'));
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
