/*
 * tests/sim/erase_front.c - readers who were erased, and the front of an item that a cut left at
 * a device (client/site_unfinished.c).
 *
 * It is sealed, so a search of the files finds nobody in it. It is opened as the device opens
 * it, and what there is of the item looked through: of a packed segment the texts, once they
 * are all there (docs/PACK.md), of anything else its bytes. And the very one that was there before
 * an order was carried out may not be there behind that, whatever it has: nobody can tell.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/site_unfinished.h"
#include "common/ledger/erasing.h"
#include "tests/sim/back.h"
#include "tests/sim/erase_internal.h"
#include "tests/sim/front_texts.h"
#include "tests/sim/version.h"

void sim_front_of(struct sim *sim, const struct sim_store *store,
		  uint8_t front[static SIM_FRONT])
{
	struct ph_stmt *stmt;
	int rc =
		ph_db_prepare(store->db, "SELECT value FROM meta WHERE name = ?1", &stmt);

	memset(front, 0, SIM_FRONT);
	if (rc == 0) {
		ph_stmt_text(stmt, 1, ph_view_str(PH_META_UNFINISHED));
		rc = ph_stmt_step(stmt);
	}
	if (rc == PH_DB_ROW) {
		struct ph_view value = ph_stmt_col_blob(stmt, 0);

		crypto_generichash(front, SIM_FRONT, value.data, value.len, NULL, 0);
		ph_stmt_reset(stmt);
	} else if (rc < 0) {
		sim_broken(sim, SIM_HEALTHY, "%s cannot read what a cut left there: %s",
			   store->machine->name, strerror(-rc));
	}
}

/* What a page may look like of which not all has come. */
static int make_front(struct ph_unfinished *front, const char *name,
		      const struct ph_rng *dice)
{
	uint8_t bytes[64];
	struct ph_item *item = ph_item_new(PH_ITEM_PAGE);
	int rc = item ? 0 : -ENOMEM;

	*front = (struct ph_unfinished){ .item = item };
	dice->fill(dice->data, bytes, sizeof(bytes));
	dice->fill(dice->data, front->hash, sizeof(front->hash));
	rc = rc != 0 ? rc : ph_buf_put(&item->body, bytes, sizeof(bytes));
	rc = rc != 0 ? rc : ph_buf_put(&item->body, name, strlen(name));
	rc = rc != 0 ? rc : ph_buf_put(&item->body, bytes, sizeof(bytes));
	front->total = rc == 0 ? item->body.len + 1000 : 0;
	return rc;
}

void sim_leave_front(struct sim *sim, struct sim_device *device, size_t reader,
		     const struct ph_rng *dice)
{
	struct ph_hello *hello = calloc(1, sizeof *hello);
	struct ph_unfinished told = { 0 }, front = { 0 };
	struct ph_unfinished_kept kept = { 0 };
	int rc = make_front(&front, sim->books->readers[reader].name, dice);

	assert(hello != NULL && rc == 0);
	sim_enter(&device->machine);
	rc = ph_site_unfinished_tell(device->site_open, hello, &told);
	rc = rc != 0 ? rc
		     : ph_site_unfinished_keep(device->site_open, &front, false,
					       PH_STATUS_OK, &kept);
	sim_leave();
	if (rc < 0 && !sim_is_ill(sim, device)) {
		sim_broken(sim, SIM_HEALTHY, "%s does not keep what a cut left: %s",
			   device->machine.name, strerror(-rc));
	}
	sim_note(sim, "%s keeps what a cut left", device->machine.name);
	ph_unfinished_deinit(&told);
	ph_unfinished_deinit(&front);
	free(hello);
}

/* No name that may still be said begins with hers. */
static bool is_hers_alone(const struct sim_books *books, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < books->n_readers; i++) {
		const struct sim_reader *other = &books->readers[i];

		if (!other->erased && strncmp(other->name, name, len) == 0) {
			return false;
		}
	}
	return len > 0;
}

static bool has(struct ph_view bytes, const void *what, size_t len)
{
	return bytes.len >= len && memmem(bytes.data, bytes.len, what, len) != NULL;
}

/* BYTES of an item as it comes down. */
static void look_in(struct sim *sim, const struct sim_device *device,
		    const struct sim_order *order, struct ph_view bytes)
{
	for (size_t i = 0; i < order->n_needles; i++) {
		if (has(bytes, order->needles[i].bytes, order->needles[i].len)) {
			sim_broken(
				sim, SIM_ERASED,
				"a reader was erased, and what a cut left at %s has %s "
				"of hers",
				device->machine.name,
				order->needles[i].is_part ? "a part" : "the seed");
		}
	}
	for (size_t i = 0; i < order->n_readers; i++) {
		const char *name = sim->books->readers[order->readers[i]].name;

		if (is_hers_alone(sim->books, name) && has(bytes, name, strlen(name))) {
			sim_broken(
				sim, SIM_ERASED,
				"\"%s\" was erased, and can be read in what a cut left "
				"at %s",
				name, device->machine.name);
		}
	}
}

static void look_in_packed(struct sim *sim, const struct sim_device *device,
			   const struct sim_order *order, struct ph_view body)
{
	struct ph_buf texts = { 0 };

	if (sim_front_texts(body, &texts)) {
		look_in(sim, device, order, ph_buf_view(&texts));
	}
	ph_buf_deinit(&texts);
}

void sim_check_front(struct sim *sim, struct sim_device *device,
		     const struct sim_order *order, const uint8_t front[static SIM_FRONT])
{
	struct ph_unfinished opened = { 0 };
	int64_t time;
	int rc;

	if (memcmp(front, order->front[device->number], SIM_FRONT) == 0) {
		sim_broken(sim, SIM_ERASED,
			   "%s says that it has erased a reader, and keeps what a cut "
			   "left there before",
			   device->machine.name);
	}
	/* a hub that was put back may have her, and give her to a device that has not: for a while */
	if (sim_is_put_back(sim) || sim_is_copied_back(sim)) {
		return;
	}
	rc = ph_site_unfinished_load(device->site_open, &opened, &time);
	sim->result->tally.fronts_read += rc == 0;
	if (rc == 0 && opened.item->type == PH_ITEM_PACKED) {
		look_in_packed(sim, device, order, ph_buf_view(&opened.item->body));
	} else if (rc == 0) {
		look_in(sim, device, order, ph_buf_view(&opened.item->body));
	} else if (rc != -EBADMSG) {
		sim_broken(sim, SIM_HEALTHY, "what a cut left at %s does not open: %d",
			   device->machine.name, rc);
	}
	ph_unfinished_deinit(&opened);
}
