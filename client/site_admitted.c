/*
 * client/site_admitted.c - what the control log says of a device: another, or this one.
 *
 * The control log is looked through as it lies in the journal: it may have come a moment
 * ago, in the same session, and the ledger is folded later. Only what it says of devices, and
 * what takes that back, is decoded, and the last device asked for is kept in mind. Adoptions,
 * which win over cuts, come as acts of the feed.
 */
#include <errno.h>
#include <string.h>

#include "client/site_take.h"

/* The number of the kind of an entry, by its first bytes; 0 if it is a large one. */
static unsigned peek_kind(struct ph_view entry)
{
	size_t at = entry.len > 0 && entry.data[0] == 0xdc ? 3 : 1;

	return entry.len > at && entry.data[at] < 0x80 ? entry.data[at] : 0;
}

struct control_walk {
	struct ph_site *site;
	struct ph_site_admitted *admitted;
	const struct ph_control *control;
	unsigned at;    /* which of its logs is looked through, ... */
	uint64_t limit; /* ... and up to where */
};

static bool is_of(const struct control_walk *walk, const struct ph_value *device)
{
	return ph_view_equal(device->as.bytes,
			     PH_VIEW(walk->admitted->device, PH_DEVICE_ID_SIZE));
}

static void on_admit(struct control_walk *walk, const struct ph_entry *entry)
{
	struct ph_site_admitted *admitted = walk->admitted;

	if (!is_of(walk, &entry->field[PH_ADMIT_DEVICE])) {
		return;
	}
	admitted->is_admitted = true;
	admitted->site = entry->field[PH_ADMIT_SITE].as.uint;
	admitted->role = entry->field[PH_ADMIT_ROLE].as.uint;
	memcpy(admitted->key, entry->field[PH_ADMIT_KEY].as.bytes.data, PH_KEY_SIZE);
}

/* Entry N of the control log says WORD of the device. */
static void on_word(struct control_walk *walk, enum ph_site_word word, uint64_t n,
		    const struct ph_value *device)
{
	struct ph_site_words *words = &walk->admitted->words[word];

	/* more of one kind than anybody gives: the fold knows the others */
	if (is_of(walk, device) && words->count < PH_SITE_WORDS_MAX) {
		words->at[words->count].row = walk->control->log[walk->at].row;
		words->at[words->count].n = n;
		words->count++;
	}
}

static void take_back(struct ph_site_words *words, int64_t row, uint64_t n)
{
	for (unsigned i = 0; i < words->count; i++) {
		if (words->at[i].row == row && words->at[i].n == n) {
			words->at[i] = words->at[--words->count];
			return;
		}
	}
}

/* An operator's void takes back what operators sign, too. */
static void on_void(struct control_walk *walk, const struct ph_entry *entry,
		    bool by_operator)
{
	const struct ph_ref *target = &entry->field[PH_VOID_TARGET].as.ref;

	for (unsigned i = 0; i < walk->control->n; i++) {
		if (memcmp(target->log_id, walk->control->log[i].id, PH_LOG_ID_SIZE) !=
		    0) {
			continue;
		}
		for (unsigned word = 0; word < PH_SITE_WORDS; word++) {
			if (word == PH_SITE_CUT && (!by_operator || i != walk->at)) {
				continue;
			}
			take_back(&walk->admitted->words[word], walk->control->log[i].row,
				  target->n);
		}
	}
}

static void on_entry(struct control_walk *walk, uint64_t n, const struct ph_entry *entry,
		     bool by_operator)
{
	switch (entry->number) {
	case PH_KIND_DEVICE_ADMIT:
		on_admit(walk, entry);
		break;
	case PH_KIND_DEVICE_CONFIRM:
		on_word(walk, PH_SITE_CONFIRM, n, &entry->field[PH_CONFIRM_DEVICE]);
		break;
	case PH_KIND_DEVICE_RETIRE:
		on_word(walk, PH_SITE_RETIRE, n, &entry->field[PH_RETIRE_DEVICE]);
		break;
	case PH_KIND_DEVICE_CUT:
		if (by_operator) {
			on_word(walk, PH_SITE_CUT, n, &entry->field[PH_CUT_DEVICE]);
		}
		break;
	case PH_KIND_VOID:
		on_void(walk, entry, by_operator);
		break;
	default:
		break;
	}
}

static int on_control(void *data, uint64_t n, struct ph_view bytes)
{
	struct control_walk *walk = data;
	unsigned kind = peek_kind(bytes);
	struct ph_entry entry;
	int rc;

	if (n > walk->limit) {
		return 1;
	}
	if (kind != PH_KIND_VOID &&
	    (kind < PH_KIND_DEVICE_ADMIT || kind > PH_KIND_DEVICE_CUT)) {
		return 0;
	}
	rc = ph_entry_decode(bytes, &entry);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	rc = entry.number == PH_KIND_VOID || entry.number == PH_KIND_DEVICE_CUT
		     ? ph_operator_of(&walk->site->speakers, &entry,
				      walk->control->log[walk->at].id, n)
		     : PH_OPERATOR_E_NONE;
	if (rc >= 0) {
		on_entry(walk, n, &entry, rc == 0);
	}
	return rc < 0 ? rc : 0;
}

/* One log of the control log, as far as it counts. */
static int look_through(struct control_walk *walk)
{
	int64_t row = walk->control->log[walk->at].row;
	struct ph_journal *journal = walk->site->journal;
	struct ph_log log;
	int rc = ph_journal_log_at(journal, row, &log);

	rc = rc != 0 ? rc
		     : ph_control_limit(journal, &walk->site->keylist, &log,
					&walk->limit);
	rc = rc != 0 ? rc : ph_journal_entry_each(journal, row, 0, on_control, walk);
	return rc > 0 ? 0 : rc;
}

int ph_site_admitted(struct ph_site *site, const uint8_t device[static PH_DEVICE_ID_SIZE],
		     const struct ph_site_admitted **admitted_out)
{
	struct ph_site_admitted *admitted = &site->admitted;
	struct ph_control control;
	struct control_walk walk = { .site = site,
				     .admitted = admitted,
				     .control = &control };
	uint64_t total = 0;
	int rc = ph_site_control(site, &control);

	rc = rc < 0 ? rc : ph_control_total(site->journal, &control, &total);
	if (rc < 0) {
		return rc;
	}
	*admitted_out = admitted;
	if (total > 0 && admitted->control == total &&
	    memcmp(admitted->device, device, sizeof(admitted->device)) == 0) {
		return 0;
	}
	memset(admitted, 0, sizeof(*admitted));
	memcpy(admitted->device, device, sizeof(admitted->device));
	for (walk.at = 0; rc == 0 && walk.at < control.n; walk.at++) {
		rc = look_through(&walk);
	}
	admitted->control = rc == 0 ? total : 0;
	return rc;
}

enum ph_site_standing ph_site_standing_of(const struct ph_site_admitted *admitted)
{
	return admitted->words[PH_SITE_CUT].count > 0      ? PH_SITE_CUT_OFF
	       : admitted->words[PH_SITE_RETIRE].count > 0 ? PH_SITE_RETIRED
	       : admitted->is_admitted && admitted->words[PH_SITE_CONFIRM].count > 0
		       ? PH_SITE_CONFIRMED
		       : PH_SITE_UNCONFIRMED;
}

/* How far the cut that is entry N of the log of ROW covers a log: 0 if not at all. */
static int covered_by(struct ph_site *site, int64_t row, uint64_t n,
		      const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t *covered_out)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	struct ph_head head;
	int rc = ph_journal_entry(site->journal, row, n, &bytes);

	*covered_out = 0;
	rc = rc == 0 ? ph_entry_decode(ph_buf_view(&bytes), &entry) : rc;
	if (rc == 0 && entry.field[PH_CUT_HEADS].set) {
		struct ph_list_iter iter =
			ph_list_begin(&entry.field[PH_CUT_HEADS].as.list);

		while (ph_list_next_head(&iter, &head) == 1) {
			if (memcmp(head.log_id, log_id, PH_LOG_ID_SIZE) == 0 &&
			    head.n > *covered_out) {
				*covered_out = head.n;
			}
		}
	}
	ph_buf_deinit(&bytes);
	return rc > 0 ? -EUCLEAN : rc;
}

struct adopting {
	const struct ph_site *site;
	const struct ph_segment *segment;
	bool is_adopted;
};

static int on_act(void *data, const struct ph_fed_entry *act)
{
	struct adopting *adopting = data;
	const struct ph_head *head;
	struct ph_entry entry;
	int rc = ph_entry_decode(act->bytes, &entry);

	if (rc != 0 || entry.number != PH_KIND_LOG_ADOPT || act->role != PH_ROLE_HUB) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_operator_heed(&adopting->site->speakers, &entry, act->ref.log_id,
			      act->ref.n);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	head = &entry.field[PH_ADOPT_HEAD].as.head;
	adopting->is_adopted =
		adopting->is_adopted ||
		(memcmp(head->log_id, adopting->segment->log_id, PH_LOG_ID_SIZE) == 0 &&
		 adopting->segment->first <= head->n);
	return 0;
}

int ph_site_is_covered(struct ph_site *site, const struct ph_site_admitted *admitted,
		       const struct ph_segment *segment, bool *covered_out)
{
	const struct ph_site_words *cuts = &admitted->words[PH_SITE_CUT];
	int rc = 0;

	*covered_out = true;
	for (unsigned i = 0; rc == 0 && i < cuts->count; i++) {
		uint64_t covered;

		rc = covered_by(site, cuts->at[i].row, cuts->at[i].n, segment->log_id,
				&covered);
		*covered_out = *covered_out && segment->first <= covered;
	}
	if (rc == 0 && !*covered_out) {
		struct adopting adopting = { .site = site, .segment = segment };

		rc = ph_fed_acts(site->db, on_act, &adopting);
		*covered_out = adopting.is_adopted;
	}
	return rc > 0 ? -EUCLEAN : rc;
}
