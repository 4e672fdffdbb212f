/* client/site_aside.c - two states of one site, of which one is in its place. */
#include "client/site_aside.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "client/site_internal.h"

#define SESSION_AT  offsetof(struct ph_site, send)
#define SESSION_LEN (sizeof(struct ph_site) - SESSION_AT)

static uint8_t *session_of(struct ph_site *site)
{
	return (uint8_t *)site + SESSION_AT;
}

/* What is in place and what is kept change places; the packer is the site's, whoever measures. */
static void swap(struct ph_site_aside *aside)
{
	struct ph_pack *pack = aside->site->pack;
	uint8_t *held = session_of(aside->site);

	for (size_t i = 0; i < SESSION_LEN; i++) {
		uint8_t byte = held[i];

		held[i] = aside->kept[i];
		aside->kept[i] = byte;
	}
	aside->site->pack = pack;
}

int ph_site_aside_begin(struct ph_site_aside *aside, struct ph_site *site,
			void (*between)(void *data), void *data)
{
	uint8_t *kept = malloc(SESSION_LEN);

	if (!kept) {
		return -ENOMEM;
	}
	memcpy(kept, session_of(site), SESSION_LEN);
	*aside = (struct ph_site_aside){ .site = site,
					 .kept = kept,
					 .began = ph_site_ms(site),
					 .between = between,
					 .data = data };
	return 0;
}

int ph_site_aside_rest(struct ph_site_aside *aside, struct ph_error *err)
{
	int rc;

	if (ph_site_ms(aside->site) - aside->began < PH_SITE_MOMENT_MS) {
		return 0;
	}
	swap(aside);
	ph_site_pause(aside->site);
	if (aside->between) {
		aside->between(aside->data);
	}
	rc = ph_site_resume(aside->site, err);
	if (rc < 0) {
		aside->is_lost = true;
		return rc;
	}
	swap(aside);
	aside->began = ph_site_ms(aside->site);
	return 0;
}

void ph_site_aside_end(struct ph_site_aside *aside)
{
	if (!aside->is_lost) {
		swap(aside);
	}
	free(aside->kept);
	aside->kept = NULL;
}
