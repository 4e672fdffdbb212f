/*
 * tests/sim/erase_notes.c - people write notes about a reader who is to be erased, or was.
 *
 * About her registration, or a thing of hers that the same log has before: whoever takes the note
 * has that, too, so that it is known what the note is about. In some provinces alone: the others
 * stay what they were.
 */
#include "tests/sim/erase_internal.h"
#include "tests/sim/version.h"
#include "tests/sim/work_internal.h"

bool sim_has_notes(const struct sim *sim)
{
	return sim->script->seed % 22 / 4 == 4;
}

static bool touches(const struct sim_books *books, size_t ack, enum sim_thing type,
		    size_t at)
{
	for (size_t i = 0; i < books->n_touches; i++) {
		const struct sim_touch *touch = &books->touches[i];

		if (touch->ack == ack && touch->type == type && touch->at == at) {
			return true;
		}
	}
	return false;
}

/* Whether the hub knows who has the card number CARD: then an order names it. */
static bool is_known(struct sim *sim, size_t card)
{
	for (size_t i = 0; i < sim->n_acks; i++) {
		if (sim->acks[i].kind == PH_KIND_CARD_ISSUE &&
		    touches(sim->books, i, SIM_CARD, card)) {
			return sim_hub_holds(sim, &sim->acks[i].ref);
		}
	}
	return false;
}

/* Whether the entry ACK names the reader AT, or a card that is hers and no other's. */
static bool is_hers(struct sim *sim, size_t ack, size_t at)
{
	const struct sim_books *books = sim->books;

	if (touches(books, ack, SIM_READER, at)) {
		return true;
	}
	for (size_t i = 0; i < books->n_cards; i++) {
		if (books->cards[i].reader == at && !books->cards[i].odd &&
		    touches(books, ack, SIM_CARD, i)) {
			return is_known(sim, i);
		}
	}
	return false;
}

static bool is_worth_a_note(const struct sim_ack *ack)
{
	return !ack->dead &&
	       (ack->kind == PH_KIND_LOAN || ack->kind == PH_KIND_CARD_ISSUE ||
		ack->kind == PH_KIND_READER_PUT);
}

/* An entry of the reader AT that DEVICE wrote, her registration if there is none. */
static const struct ph_ref *choose(struct sim *sim, const struct sim_device *device,
				   size_t at, const struct ph_rng *dice)
{
	size_t n = sim->n_acks, from = ph_rng_below(dice, n);

	for (size_t i = 0; i < n; i++) {
		const struct sim_ack *ack = &sim->acks[(from + i) % n];

		if (ack->device == device->number && is_worth_a_note(ack) &&
		    is_hers(sim, (from + i) % n, at)) {
			return &ack->ref;
		}
	}
	return &sim->acks[sim->books->readers[at].put].ref;
}

static bool is_same_log(const struct ph_ref *a, const struct ph_ref *b)
{
	return memcmp(a->log_id, b->log_id, sizeof a->log_id) == 0;
}

/* Whether every program here, whenever it was made, knows notes: one that does not cannot tell whom one is about. */
static bool all_know_notes(struct sim *sim)
{
	bool know = sim_knows(&sim->hub_machine, "note");

	for (unsigned i = 0; i < sim->n_devices; i++) {
		know = know && sim_knows(&sim->devices[i].machine, "note");
	}
	return know;
}

ptrdiff_t sim_write_note(struct sim *sim, struct sim_device *device, size_t at,
			 const struct ph_rng *dice)
{
	const struct ph_ref first = sim->acks[sim->books->readers[at].put].ref;
	struct ph_ref about = *choose(sim, device, at, dice);
	char text[PH_REF_TEXT], words[80];
	ptrdiff_t put;

	if (!sim_knows(&device->machine, "note") ||
	    !sim_device_holds(sim, device, &about)) {
		return -1; /* it went with an older folder */
	}
	ph_ref_text(text, &about);
	snprintf(words, sizeof words, "Bạn đọc này hay quên, lần %zu", sim->n_acks);
	put = sim_write(sim, device,
			json_pack("[{s:s, s:s, s:s}]", "kind", "note", "about", text,
				  "text", words));
	if (put < 0) {
		return put;
	}
	sim->result->tally.notes++;
	if (!all_know_notes(sim) || (!ph_ref_equal(&about, &first) &&
				     !is_same_log(&sim->acks[put].ref, &about))) {
		return -1; /* or its log went on under another name since */
	}
	sim_touch(sim, put, SIM_READER, at);
	return put;
}

void sim_write_notes(struct sim *sim, size_t at, const struct ph_rng *dice)
{
	const struct sim_reader *reader = &sim->books->readers[at];
	struct sim_store store;

	for (unsigned i = 0; sim_has_notes(sim) && i < sim->n_devices; i++) {
		struct sim_device *device = &sim->devices[i];

		if (device->site == reader->site && sim_store_of(sim, device, &store) &&
		    sim_device_holds(sim, device, &sim->acks[reader->put].ref)) {
			(void)sim_write_note(sim, device, at, dice);
		}
	}
}
