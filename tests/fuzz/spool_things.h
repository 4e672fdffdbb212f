/*
 * tests/fuzz/spool_things.h - what may lie in a spool: names and contents out of an input, good
 * bundles and manifests of two senders among them.
 */
#ifndef PH_FUZZ_SPOOL_THINGS_H
#define PH_FUZZ_SPOOL_THINGS_H

#include "tests/unit/spool_maker.h"

#include "tests/fuzz/choices.h"
#include "tests/fuzz/odd_disk.h"

enum {
	SENDERS = 2,
	BUNDLES = 2,    /* of each */
	NAMED_MAX = 80, /* bytes of a name out of the input */
};

static struct sender senders[SENDERS];
static struct ph_buf bundles[SENDERS][BUNDLES];

static inline void name_id(unsigned who, const char *end, char out[static ODD_NAME_SIZE])
{
	ph_hex(out, senders[who].id, PH_DEVICE_ID_SIZE);
	strcat(out, end);
}

static inline void name_any(struct choices *choices, char out[static ODD_NAME_SIZE])
{
	struct ph_view text = choices_take(choices, choices_byte(choices) % NAMED_MAX);
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		out[n++] = (char)(c == '/' || c == '\0' ? '_' : c);
	}
	out[n] = '\0';
	if (n == 0 || strcmp(out, ".") == 0 || strcmp(out, "..") == 0) {
		strcpy(out, "x");
	}
}

static inline void name_of(struct choices *choices, struct ph_view content,
			   char out[static ODD_NAME_SIZE])
{
	uint8_t choice = choices_byte(choices);
	uint8_t hash[PH_BUNDLE_HASH_SIZE];

	ph_bundle_hash(content, hash);
	switch (choice % 8) {
	case 0:
	case 1:
		ph_spool_name(hash, out);
		break;
	case 2: /* another's: one that is sorted anywhere */
		memset(hash, choice, sizeof(hash));
		ph_spool_name(hash, out);
		break;
	case 3:
		ph_spool_name(hash, out);
		out[choice / 8] = (char)(out[choice / 8] ^ 0x20);
		break;
	case 4:
		name_id(choice / 8 % SENDERS, ".phm", out);
		break;
	case 5:
		name_id(choice / 8 % SENDERS, ".part", out);
		break;
	case 6:
		name_id(choice / 8 % SENDERS, ".phm.part", out);
		break;
	default:
		name_any(choices, out);
	}
}

static inline void put_manifest(unsigned who, uint8_t which, struct ph_buf *out)
{
	struct ph_manifest manifest = { .written = 1790000000 };
	struct ph_manifest_line line;

	memcpy(manifest.key, senders[who].pair.key, PH_KEY_SIZE);
	for (unsigned i = 0; i < BUNDLES; i++) {
		if (which & (1u << i)) {
			ph_spool_line(ph_buf_view(&bundles[who][i]), &line);
			must(ph_manifest_add(&manifest, &line) == 0);
		}
	}
	must(ph_manifest_encode(&manifest, &senders[who].pair, out) == 0);
	ph_manifest_deinit(&manifest);
}

static inline void content_of(struct choices *choices, struct ph_buf *out)
{
	uint8_t choice = choices_byte(choices);
	unsigned who = choice / 8 % SENDERS, which = choice / 16 % BUNDLES;
	struct ph_view good = ph_buf_view(&bundles[who][which]);
	size_t at;

	switch (choice % 8) {
	case 0:
	case 1:
		must(ph_buf_put_view(out, good) == 0);
		break;
	case 2: /* bent in its front, or anywhere */
		must(ph_buf_put_view(out, good) == 0);
		at = choices_byte(choices);
		at = choice & 0x80 ? at * 16 % good.len : at % PH_BUNDLE_HEADER_LEN;
		out->data[at] ^= choices_byte(choices);
		break;
	case 3: /* cut short */
		must(ph_buf_put(out, good.data, choices_byte(choices)) == 0);
		break;
	case 4:
		put_manifest(who, choice / 16, out);
		break;
	case 5:
		put_manifest(who, choice / 16, out);
		at = choices_byte(choices) % out->len;
		out->data[at] ^= choices_byte(choices);
		break;
	default:
		must(ph_buf_put_view(out, choices_bytes(choices)) == 0);
	}
}

#endif
