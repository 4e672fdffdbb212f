/*
 * tests/sim/erase.c - a reader is erased: the order, and what is known of her by then.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub_internal.h"
#include "tests/sim/erase_internal.h"

/* --- what her parts look like --- */

static void add_needle(struct sim_order *order, const struct ph_ref *ref,
		       struct ph_view bytes, bool is_part)
{
	struct sim_needle *needle;
	size_t len = bytes.len < SIM_NEEDLE ? bytes.len : SIM_NEEDLE;

	for (size_t i = 0; i < order->n_needles; i++) {
		needle = &order->needles[i];
		if (needle->len == len && memcmp(needle->bytes, bytes.data, len) == 0) {
			return;
		}
	}
	if (len < SIM_NEEDLE_MIN || order->n_needles == SIM_NEEDLES) {
		return;
	}
	needle = &order->needles[order->n_needles++];
	*needle = (struct sim_needle){ .ref = *ref, .len = len, .is_part = is_part };
	memcpy(needle->bytes, bytes.data, len);
}

/* What a row says; it ends with the statement. */
static int learn_rows(struct ph_stmt *stmt, struct sim_order *order,
		      const struct ph_ref *ref)
{
	int rc;

	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		add_needle(order, ref, ph_stmt_col_blob(stmt, 0), true);
		add_needle(order, ref, ph_stmt_col_blob(stmt, 1), false);
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int learn_from(struct sim_order *order, const struct sim_store *store,
		      const struct ph_ref *ref)
{
	struct ph_stmt *stmt;
	int rc = sim_parts_of(store, ref, false, &stmt);

	rc = rc != 0 ? rc : learn_rows(stmt, order, ref);
	if (rc == 0 && !store->is_hub) {
		rc = sim_parts_of(store, ref, true, &stmt);
		rc = rc != 0 ? rc : learn_rows(stmt, order, ref);
	}
	return rc;
}

/* In all stores that can be read now, of entry ACK. A store that cannot teaches nothing. */
static void learn(struct sim *sim, struct sim_order *order, const struct sim_ack *ack)
{
	struct sim_store store;

	if (sim_store_of(sim, NULL, &store)) {
		(void)learn_from(order, &store, &ack->ref);
	}
	for (unsigned i = 0; i < sim->n_devices; i++) {
		if (sim_store_of(sim, &sim->devices[i], &store)) {
			(void)learn_from(order, &store, &ack->ref);
		}
	}
}

static bool names_reader(const struct sim_books *books, size_t ack, size_t reader)
{
	for (size_t i = 0; i < books->n_touches; i++) {
		const struct sim_touch *touch = &books->touches[i];

		if (touch->ack == ack && touch->type == SIM_READER &&
		    touch->at == reader) {
			return true;
		}
	}
	return false;
}

static void learn_reader(struct sim *sim, struct sim_order *order, size_t reader)
{
	for (size_t i = 0; i < sim->n_acks; i++) {
		if ((sim->acks[i].kind == PH_KIND_READER_PUT ||
		     sim->acks[i].kind == PH_KIND_NOTE) &&
		    names_reader(sim->books, i, reader)) {
			learn(sim, order, &sim->acks[i]);
		}
	}
	if (order->n_readers < SIM_ORDER_READERS) {
		order->readers[order->n_readers++] = reader;
	}
	sim_erased(sim, reader);
}

/* --- the order --- */

static struct sim_order *add_order(struct sim *sim)
{
	struct sim_erasures *all = sim->erasures;

	if (all == NULL) {
		all = sim->erasures = calloc(1, sizeof *all);
		assert(all != NULL);
	}
	if (all->n_orders == all->cap_orders) {
		all->cap_orders = all->cap_orders > 0 ? 2 * all->cap_orders : 4;
		all->orders = realloc(all->orders, all->cap_orders * sizeof *all->orders);
		assert(all->orders != NULL);
	}
	memset(&all->orders[all->n_orders], 0, sizeof *all->orders);
	return &all->orders[all->n_orders++];
}

void sim_erasures_free(struct sim *sim)
{
	if (sim->erasures != NULL) {
		free(sim->erasures->orders);
	}
	free(sim->erasures);
	sim->erasures = NULL;
}

/* The last entry of the control log, which is the order. */
static void read_order(struct sim *sim, const struct sim_place *place,
		       struct ph_buf *bytes)
{
	struct ph_log log;
	int rc;

	do {
		bytes->len = 0;
		rc = ph_journal_log_find(ph_hub_journal(sim->hub), place->log_id, &log);
		rc = rc != 0 ? rc
			     : ph_journal_entry(ph_hub_journal(sim->hub), log.row,
						place->n, bytes);
	} while (sim_hub_again(sim, rc, "an order to erase"));
	if (rc != 0) {
		sim_broken(sim, SIM_HEALTHY, "the hub has not got the order it wrote");
	}
}

/* Of the books, whoever the order lists: with a reader go all who were joined to her. */
static void learn_listed(struct sim *sim, struct sim_order *order,
			 const struct ph_entry *entry)
{
	struct ph_list_iter iter = ph_list_begin(&entry->field[PH_ERASE_READERS].as.list);
	struct ph_ref ref;

	while (ph_list_next_ref(&iter, &ref)) {
		for (size_t i = 0; i < sim->books->n_readers; i++) {
			uint32_t put = sim->books->readers[i].put;

			if (ph_ref_equal(&sim->acks[put].ref, &ref)) {
				learn_reader(sim, order, i);
			}
		}
	}
}

static void note_order(struct sim *sim)
{
	struct sim_order *order = add_order(sim);
	struct ph_buf bytes = { 0 };
	struct ph_entry *entry = malloc(sizeof *entry);
	uint8_t hash[PH_HASH_SIZE];

	assert(entry != NULL);
	sim_place_said(sim, &order->place);
	read_order(sim, &order->place, &bytes);
	ph_entry_hash(ph_buf_view(&bytes), hash);
	memcpy(order->ref.log_id, order->place.log_id, sizeof order->ref.log_id);
	order->ref.n = order->place.n;
	memcpy(order->ref.hash, hash, sizeof order->ref.hash);
	if (ph_entry_decode(ph_buf_view(&bytes), entry) != 0 ||
	    entry->number != PH_KIND_READER_ERASE) {
		sim_broken(sim, SIM_HEALTHY,
			   "the hub said that it wrote an order to erase, and wrote "
			   "another thing");
	}
	learn_listed(sim, order, entry);
	free(entry);
	ph_buf_deinit(&bytes);
}

bool sim_order_erasure(struct sim *sim, size_t at)
{
	char text[PH_REF_TEXT];

	ph_ref_text(text, &sim->acks[sim->books->readers[at].put].ref);
	if (sim->books->readers[at].erased ||
	    !sim_ask_signed(sim, json_pack("{s:s, s:[s]}", "command", "reader-erase",
					   "readers", text))) {
		return false;
	}
	sim_note(sim, "the reader %s is erased", text);
	sim->result->tally.acts++;
	sim->result->tally.erased++;
	note_order(sim);
	sim_erased(sim, at);
	return true;
}

/* --- the event --- */

static bool may_be_erased(struct sim *sim, size_t at)
{
	const struct sim_reader *reader = &sim->books->readers[at];

	return !reader->erased && sim_hub_holds(sim, &sim->acks[reader->put].ref);
}

/* A device of her site that has not heard of it writes of her: a change, and a note where there are any. */
static void write_late(struct sim *sim, struct sim_device *device, size_t at,
		       const struct ph_rng *dice)
{
	struct sim_order *order = &sim->erasures->orders[sim->erasures->n_orders - 1];
	struct sim_reader *reader = &sim->books->readers[at];
	struct sim_store store;
	char text[PH_REF_TEXT], phone[24];
	ptrdiff_t put;

	snprintf(phone, sizeof phone, "05%08u", (unsigned)ph_rng_below(dice, 100000000));
	ph_ref_text(text, &sim->acks[reader->put].ref);
	if (device->site != reader->site || !sim_store_of(sim, device, &store) ||
	    !sim_device_holds(sim, device, &sim->acks[reader->put].ref) ||
	    sim_device_holds(sim, device, &order->ref)) {
		return;
	}
	put = sim_write(sim, device,
			json_pack("[{s:s, s:s, s:s}]", "kind", "reader-put", "reader",
				  text, "telephone", phone));
	if (put >= 0) {
		(void)learn_from(order, &store, &sim->acks[put].ref);
		sim->result->tally.late_puts++;
	}
	put = sim_has_notes(sim) ? sim_write_note(sim, device, at, dice) : -1;
	if (put >= 0) {
		(void)learn_from(order, &store, &sim->acks[put].ref);
	}
}

/*
 * A device that has her and has not heard of it was cut off in the middle of something, with her in it. In one
 * province of five; the others stay what they were.
 */
static void leave_fronts(struct sim *sim, size_t at, const struct ph_rng *dice)
{
	struct sim_order *order = &sim->erasures->orders[sim->erasures->n_orders - 1];
	const struct ph_ref *reader = &sim->acks[sim->books->readers[at].put].ref;
	struct sim_store store;

	for (unsigned i = 0; sim->script->seed % 5 == 2 && i < sim->n_devices; i++) {
		struct sim_device *device = &sim->devices[i];

		if (sim_store_of(sim, device, &store) &&
		    sim_device_holds(sim, device, reader) &&
		    !sim_device_holds(sim, device, &order->ref) &&
		    ph_rng_below(dice, 2) == 0) {
			sim_leave_front(sim, device, at, dice);
		}
	}
}

void sim_do_erase(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	size_t n = sim->books->n_readers, at = n > 0 ? ph_rng_below(dice, n) : 0;
	bool late = ph_rng_below(dice, 2) == 0;

	for (size_t i = 0; i < n && !may_be_erased(sim, at); i++) {
		at = (at + 1) % n;
	}
	if (n == 0 || !may_be_erased(sim, at)) {
		return;
	}
	sim_write_notes(sim, at, dice);
	if (!sim_order_erasure(sim, at)) {
		return;
	}
	for (unsigned i = 0; late && i < sim->n_devices; i++) {
		write_late(sim, &sim->devices[(device->number + i) % sim->n_devices], at,
			   dice);
	}
	leave_fronts(sim, at, dice);
}

bool sim_is_erased_refusal(const struct sim *sim, int rc)
{
	return rc == -EPERM && sim->erasures != NULL;
}

void sim_end_programs(struct sim *sim)
{
	for (unsigned i = 0; sim->erasures != NULL && i < sim->n_devices; i++) {
		sim_device_close(&sim->devices[i]);
		sim_device_open(sim, &sim->devices[i]);
	}
}

void sim_reckon_erasures(struct sim *sim)
{
	for (size_t i = 0; sim->erasures != NULL && i < sim->erasures->n_orders; i++) {
		struct sim_order *order = &sim->erasures->orders[i];

		if (!order->is_lost && !sim_comes_back(sim, &order->place)) {
			order->is_lost = true;
			sim_note(sim, "nobody knows that a reader was to be erased");
		}
	}
}
