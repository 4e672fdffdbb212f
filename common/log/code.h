/*
 * common/log/code.h - the codes we print on copies, cards and crates (docs/LOG.md, "Printed codes").
 *
 * 13 digits: province 2, site 4, block 2, counter 4, check digit. The check digit is
 * EAN-13's (GS1 General Specifications, 7.9), so that scanners can be told to verify
 * it. Digits only: a Vietnamese keyboard driver alters letters that a scanner types.
 *
 * A device prints from the block of its invite. Blocks from PH_CODE_BLOCKS_GIVEN on are
 * in no invite: a log takes codes there when the block is used up, and when its folder
 * was copied or put back, so that nobody knows how far the block is used.
 */
#ifndef PH_LOG_CODE_H
#define PH_LOG_CODE_H

#include "common/base/rng.h"
#include "common/log/journal.h"

#define PH_PRINTED_SIZE        13
#define PH_PRINTED_COUNTER_MAX 9999 /* codes in one block; the first has counter 1 */
#define PH_CODE_BLOCKS_GIVEN   50   /* blocks 0 to 49 are given out with invites */
/* Codes in the other blocks of a site, which logs take by themselves. */
#define PH_CODE_FREE                                                                     \
	((PH_CODE_BLOCK_MAX + 1 - PH_CODE_BLOCKS_GIVEN) * PH_PRINTED_COUNTER_MAX)
#define PH_CODE_PLACE_SIZE 16

/*
 * The code of site number SITE (province * 10,000 + site, at most PH_SITE_MAX), BLOCK
 * (at most PH_CODE_BLOCK_MAX) and COUNTER (at most PH_PRINTED_COUNTER_MAX), with a
 * terminator. 0, or -EINVAL with OUT unchanged.
 */
int ph_code_make(char out[static PH_PRINTED_SIZE + 1], uint64_t site, uint64_t block,
		 uint64_t counter);
/* The last digit of a code from its first 12 digits. */
char ph_code_check_digit(const char digits[static PH_PRINTED_SIZE - 1]);
/* Whether CODE is 13 ASCII digits of which the last is the right check digit. */
bool ph_code_check(struct ph_view code);
/* Whether it is 13 ASCII digits that begin with the two of PROVINCE, whatever the check digit. */
bool ph_code_looks_printed(struct ph_view code, uint64_t province);
/* Both: then CODE is its own name, in namespace 0, wherever it is scanned. */
bool ph_code_is_printed(struct ph_view code, uint64_t province);

/* --- which one comes next --- */

/* Codes that one folder gives out in a row. */
struct ph_code_run {
	uint8_t place[PH_CODE_PLACE_SIZE]; /* the folder and machine that it belongs to */
	uint8_t log_id[PH_LOG_ID_SIZE];    /* the log that was written when it began */
	uint64_t number; /* rises with each run of a device; 0: the block of the invite */
	uint32_t start;  /* above 0: where it begins, 0 to PH_CODE_FREE - 1 */
	uint32_t count;  /* codes given out */
};

/* The run that a device begins with when it has joined. */
void ph_code_run_first(struct ph_code_run *run,
		       const uint8_t place[static PH_CODE_PLACE_SIZE],
		       const uint8_t log_id[static PH_LOG_ID_SIZE]);
/*
 * Leave off RUN and begin another at a place drawn from the log, the folder and RNG: two
 * logs that do so meet with a chance of about the codes they print, over PH_CODE_FREE.
 */
void ph_code_run_next(struct ph_code_run *run,
		      const uint8_t place[static PH_CODE_PLACE_SIZE],
		      const uint8_t log_id[static PH_LOG_ID_SIZE],
		      const struct ph_rng *rng);
enum {
	PH_CODE_E_USED = 1, /* the run is at its end: the block, or all that there are */
};
/* The next code of RUN, of SITE, whose invite has BLOCK. 0; PH_CODE_E_USED; -EINVAL. */
int ph_code_run_take(struct ph_code_run *run, uint64_t site, uint64_t block,
		     char out[static PH_PRINTED_SIZE + 1]);

#define PH_CODE_RUN_SIZE 64
/* As bytes, with a checksum; they are local and never signed (docs/STORE.md). */
void ph_code_run_encode(const struct ph_code_run *run,
			uint8_t out[static PH_CODE_RUN_SIZE]);
/* 0, or -EUCLEAN with RUN unchanged. */
int ph_code_run_decode(struct ph_view bytes, struct ph_code_run *run);

#endif
