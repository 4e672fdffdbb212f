/*
 * common/log/code.c - the codes we print.
 *
 * A run is a row of codes: run 0 is the block of the invite from its counter 1 on; each
 * later one begins somewhere in the blocks that no invite has, and goes around them. Where
 * runs are kept, and when the next one is due, is the caller's (client/site_codes.c).
 *
 * Bytes of a run that are no run are -EUCLEAN.
 */
#include "common/log/code.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

/* EAN-13: digits at even places (from 1) count three times. */
char ph_code_check_digit(const char digits[static PH_PRINTED_SIZE - 1])
{
	unsigned sum = 0;

	for (unsigned i = 0; i < PH_PRINTED_SIZE - 1; i++) {
		sum += (unsigned)(digits[i] - '0') * (i % 2 == 0 ? 1 : 3);
	}
	return (char)('0' + (10 - sum % 10) % 10);
}

int ph_code_make(char out[static PH_PRINTED_SIZE + 1], uint64_t site, uint64_t block,
		 uint64_t counter)
{
	char text[64];

	if (site > PH_SITE_MAX || block > PH_CODE_BLOCK_MAX ||
	    counter > PH_PRINTED_COUNTER_MAX) {
		return -EINVAL;
	}
	snprintf(text, sizeof(text), "%06u%02u%04u", (unsigned)site, (unsigned)block,
		 (unsigned)counter);
	memcpy(out, text, PH_PRINTED_SIZE - 1);
	out[PH_PRINTED_SIZE - 1] = ph_code_check_digit(text);
	out[PH_PRINTED_SIZE] = '\0';
	return 0;
}

static bool all_digits(struct ph_view code)
{
	for (size_t i = 0; i < code.len; i++) {
		if (code.data[i] < '0' || code.data[i] > '9') {
			return false;
		}
	}
	return code.len == PH_PRINTED_SIZE;
}

bool ph_code_check(struct ph_view code)
{
	return all_digits(code) && ph_code_check_digit((const char *)code.data) ==
					   (char)code.data[PH_PRINTED_SIZE - 1];
}

bool ph_code_looks_printed(struct ph_view code, uint64_t province)
{
	return all_digits(code) &&
	       (uint64_t)(code.data[0] - '0') * 10 + (uint64_t)(code.data[1] - '0') ==
		       province;
}

bool ph_code_is_printed(struct ph_view code, uint64_t province)
{
	return ph_code_looks_printed(code, province) && ph_code_check(code);
}

/* --- runs --- */

void ph_code_run_first(struct ph_code_run *run,
		       const uint8_t place[static PH_CODE_PLACE_SIZE],
		       const uint8_t log_id[static PH_LOG_ID_SIZE])
{
	*run = (struct ph_code_run){ 0 };
	memcpy(run->place, place, sizeof(run->place));
	memcpy(run->log_id, log_id, sizeof(run->log_id));
}

void ph_code_run_next(struct ph_code_run *run,
		      const uint8_t place[static PH_CODE_PLACE_SIZE],
		      const uint8_t log_id[static PH_LOG_ID_SIZE],
		      const struct ph_rng *rng)
{
	static const char label[] = "packhorse code 1";
	crypto_generichash_state state;
	uint8_t random[16], hash[crypto_generichash_BYTES];
	uint64_t number = run->number + 1;

	/* the log and the place too: a copied machine may have copied its randomness */
	rng->fill(rng->data, random, sizeof(random));
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, (const uint8_t *)label, sizeof(label) - 1);
	crypto_generichash_update(&state, log_id, PH_LOG_ID_SIZE);
	crypto_generichash_update(&state, place, PH_CODE_PLACE_SIZE);
	crypto_generichash_update(&state, random, sizeof(random));
	crypto_generichash_final(&state, hash, sizeof(hash));
	ph_code_run_first(run, place, log_id);
	run->number = number;
	run->start = (uint32_t)(ph_be64_get(hash) % PH_CODE_FREE);
}

int ph_code_run_take(struct ph_code_run *run, uint64_t site, uint64_t block,
		     char out[static PH_PRINTED_SIZE + 1])
{
	uint32_t end = run->number == 0 ? PH_PRINTED_COUNTER_MAX : PH_CODE_FREE;
	uint32_t at = run->count;
	int rc;

	if (run->count >= end) {
		return PH_CODE_E_USED;
	}
	if (run->number > 0) {
		at = (run->start + run->count) % PH_CODE_FREE;
		block = PH_CODE_BLOCKS_GIVEN + at / PH_PRINTED_COUNTER_MAX;
		at %= PH_PRINTED_COUNTER_MAX;
	}
	rc = ph_code_make(out, site, block, at + 1);
	if (rc == 0) {
		run->count++;
	}
	return rc;
}

/* place 16, log id 16, number 8, start 4, count 4, hash of all these 16 */
#define SUM_AT (PH_CODE_RUN_SIZE - 16)

static void sum(const uint8_t *bytes, uint8_t out[static 16])
{
	crypto_generichash(out, 16, bytes, SUM_AT, NULL, 0);
}

void ph_code_run_encode(const struct ph_code_run *run,
			uint8_t out[static PH_CODE_RUN_SIZE])
{
	memcpy(out, run->place, 16);
	memcpy(out + 16, run->log_id, 16);
	ph_be64_put(out + 32, run->number);
	ph_be32_put(out + 40, run->start);
	ph_be32_put(out + 44, run->count);
	sum(out, out + SUM_AT);
}

int ph_code_run_decode(struct ph_view bytes, struct ph_code_run *run)
{
	struct ph_code_run read;
	uint8_t right[16];

	if (bytes.len != PH_CODE_RUN_SIZE) {
		return -EUCLEAN;
	}
	sum(bytes.data, right);
	if (memcmp(right, bytes.data + SUM_AT, sizeof(right)) != 0) {
		return -EUCLEAN;
	}
	memcpy(read.place, bytes.data, sizeof(read.place));
	memcpy(read.log_id, bytes.data + 16, sizeof(read.log_id));
	read.number = ph_be64_get(bytes.data + 32);
	read.start = ph_be32_get(bytes.data + 40);
	read.count = ph_be32_get(bytes.data + 44);
	if (read.start >= PH_CODE_FREE || read.count > PH_CODE_FREE) {
		return -EUCLEAN;
	}
	*run = read;
	return 0;
}
