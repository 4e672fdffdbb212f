/*
 * client/site_take.c - what comes down beside the control log: logs of other devices of
 * this site, their sealed parts, and pages of the feed.
 *
 * A log of this device itself is taken as far as its own seal proves it: it was put back, or a
 * copy of it wrote on (site_own.c). What then grows at its end is left, and another begun.
 *
 * A log of another device is taken if the control log that is held here admits its device
 * to this site, with the very key that the log's first entry names; then chain and seal
 * have to meet, as with any log, and every branch of it is kept. Its device may have been cut off since: then only what the
 * cut still covers is kept. A part is sealed to this desk; one that does not fit its entry is
 * left out. A page is applied whole, or left alone when it does not go on from where the
 * feed is.
 *
 * A log of another site, or under another key than was admitted, a page that
 * is not signed by a hub of the key list, or not for this device, and all of this at a
 * device that is only a courier: the peer broke the protocol (PH_TAKE_E_BAD), and nothing
 * of it is kept. What nobody has admitted, by what is held here, is left alone: another device of the
 * site may have heard of one that we have not, and a hub that was put back and then spoke has two
 * histories of its control log, of which one device knows one. A page of the feed is not another device's to send.
 */
#include "client/site_kept.h"
#include "client/site_sibling.h"
#include "client/site_take.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

/* ---- segments ---- */

/* Key and nonce of the `open` that SEGMENT begins with. 0, PH_TAKE_E_BAD, _NOT (a hub's log), negative errno. */
static int read_open(const struct ph_segment *segment,
		     uint8_t key_out[static PH_KEY_SIZE],
		     uint8_t nonce_out[static PH_NONCE_SIZE])
{
	struct ph_view body = segment->body;
	struct ph_view first;
	struct ph_entry entry;
	int rc;

	if (segment->first != 1 || ph_segment_next(&body, &first) != 0) {
		return PH_TAKE_E_NOT;
	}
	rc = ph_entry_decode(first, &entry);
	if (rc != 0 || entry.number != PH_KIND_OPEN) {
		return rc < 0 ? rc : PH_TAKE_E_BAD;
	}
	if (entry.field[PH_OPEN_SITE].as.uint == 0) {
		return PH_TAKE_E_NOT;
	}
	memcpy(key_out, entry.field[PH_OPEN_KEY].as.bytes.data, PH_KEY_SIZE);
	memcpy(nonce_out, entry.field[PH_OPEN_NONCE].as.bytes.data, PH_NONCE_SIZE);
	return 0;
}

/* Is SEGMENT, from number 1, the beginning of a log of KEY? 0, PH_TAKE_E_BAD or negative errno. */
static int check_start(const struct ph_segment *segment,
		       const uint8_t key[static PH_KEY_SIZE],
		       const uint8_t nonce[static PH_NONCE_SIZE])
{
	uint8_t id[PH_LOG_ID_SIZE];
	uint8_t h[PH_HASH_SIZE];
	int rc;

	ph_log_id(id, key, nonce);
	if (memcmp(id, segment->log_id, sizeof(id)) != 0) {
		return PH_TAKE_E_BAD;
	}
	ph_chain_start(h, id, key);
	rc = ph_segment_verify(segment, key, h, h);
	return rc > 0 ? PH_TAKE_E_BAD : rc;
}

/* A courier carries what it cannot read, so nothing that others wrote is for it. */
static bool reads_others(const struct ph_site *site)
{
	return (site->cert.invite.role & PH_ROLE_SITE) != 0;
}

static bool is_sibling(const struct ph_site *site, const uint8_t key[static PH_KEY_SIZE],
		       const struct ph_site_admitted *admitted)
{
	return reads_others(site) && admitted->is_admitted &&
	       admitted->site == site->cert.invite.site &&
	       memcmp(admitted->key, key, PH_KEY_SIZE) == 0 &&
	       memcmp(key, site->keys.sign.key, PH_KEY_SIZE) != 0;
}

/* Nobody has admitted it, by what is held here. */
static bool is_unheard(const struct ph_site *site,
		       const struct ph_site_admitted *admitted)
{
	return reads_others(site) && !admitted->is_admitted;
}

/* What this device wrote itself, and has not here: it was put back, or a copy of it writes on. */
static bool is_own(const struct ph_site *site, const uint8_t key[static PH_KEY_SIZE])
{
	return !site->by_lan && memcmp(key, site->keys.sign.key, PH_KEY_SIZE) == 0;
}

static bool is_left_alone(const struct ph_site *site,
			  const uint8_t log_id[static PH_LOG_ID_SIZE])
{
	for (unsigned i = 0; i < site->n_left_alone; i++) {
		if (memcmp(site->left_alone[i], log_id, PH_LOG_ID_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

static void leave_alone(struct ph_site *site, const uint8_t log_id[static PH_LOG_ID_SIZE])
{
	if (!is_left_alone(site, log_id) && site->n_left_alone < PH_SIBLINGS_MAX) {
		memcpy(site->left_alone[site->n_left_alone++], log_id, PH_LOG_ID_SIZE);
	}
}

/* A log that is new here, if a device of ours writes it. 0, PH_TAKE_E_* or negative errno. */
static int begin_log(struct ph_site *site, const struct ph_segment *segment,
		     struct ph_log *log_out)
{
	const struct ph_site_admitted *admitted;
	uint8_t device[PH_DEVICE_ID_SIZE];
	uint8_t nonce[PH_NONCE_SIZE];
	uint8_t key[PH_KEY_SIZE];
	bool covered = false;
	int rc = read_open(segment, key, nonce);

	if (rc != 0) {
		return rc == PH_TAKE_E_NOT && site->by_lan ? PH_TAKE_E_LEFT : rc;
	}
	if (is_own(site, key)) {
		rc = check_start(segment, key, nonce);
		return rc != 0 ? rc
			       : ph_journal_log_add(site->journal, segment->log_id, key,
						    site->cert.invite.site,
						    site->cert.invite.role, log_out);
	}
	ph_device_id(device, key);
	rc = ph_site_admitted(site, device, &admitted);
	if (rc == 0 && !is_sibling(site, key, admitted)) {
		rc = is_unheard(site, admitted) || site->by_lan ? PH_TAKE_E_LEFT
								: PH_TAKE_E_BAD;
	}
	rc = rc != 0 ? rc : check_start(segment, key, nonce);
	rc = rc != 0 ? rc : ph_site_is_covered(site, admitted, segment, &covered);
	rc = rc == 0 && !covered ? PH_TAKE_E_LEFT : rc;
	if (rc == PH_TAKE_E_LEFT && !site->by_lan) {
		leave_alone(site, segment->log_id);
	}
	return rc != 0 ? rc
		       : ph_journal_log_add(site->journal, segment->log_id, key,
					    admitted->site, admitted->role, log_out);
}

/* A log that is held: still to be gone on with? 0, PH_TAKE_E_* or negative errno. */
static int check_log(struct ph_site *site, const struct ph_segment *segment,
		     const struct ph_log *log)
{
	const struct ph_site_admitted *admitted;
	bool covered = false;
	int rc;

	if (log->role == PH_ROLE_HUB) {
		return PH_TAKE_E_NOT;
	}
	if (is_own(site, log->key)) {
		return 0;
	}
	rc = ph_site_admitted(site, log->device_id, &admitted);
	if (rc == 0 && !is_sibling(site, log->key, admitted)) {
		rc = PH_TAKE_E_BAD;
	}
	rc = rc != 0 ? rc : ph_site_is_covered(site, admitted, segment, &covered);
	return rc == 0 && !covered ? PH_TAKE_E_LEFT : rc;
}

static int take_segment(struct ph_site *site, const struct ph_item *item)
{
	struct ph_stored stored = { 0 };
	struct ph_segment segment;
	struct ph_log log;
	int rc;

	ph_item_segment(item, &segment);
	rc = ph_journal_log_find(site->journal, segment.log_id, &log);
	if (rc == PH_JOURNAL_E_NONE) {
		rc = !site->by_lan && is_left_alone(site, segment.log_id)
			     ? PH_TAKE_E_LEFT
			     : begin_log(site, &segment, &log);
	} else if (rc == 0) {
		rc = check_log(site, &segment, &log);
	}
	if (rc != 0) {
		return rc == PH_TAKE_E_LEFT ? 0 : rc;
	}
	rc = ph_journal_put_segment(site->journal, &log, &segment, &stored);
	if (rc == 0) {
		site->moved.entries_received += stored.n;
		if (is_own(site, log.key)) {
			site->moved.entries_back += stored.n;
			rc = stored.n > 0 ? ph_site_own_came(site, &log) : 0;
		} else {
			site->moved.entries_of_site += stored.n;
		}
	}
	if (rc == 0) {
		rc = ph_journal_arrival_put(site->journal, &stored, ph_site_now(site),
					    ph_site_road(site),
					    site->by_lan ? PH_LEVEL_HERE : PH_LEVEL_HUB);
	}
	if (rc > 0 && site->by_file && item->first > 1) {
		site->left++; /* what it goes on from is not here */
		return 0;
	}
	/* a branch more than are kept waits at the hub */
	return rc == PH_JOURNAL_E_BRANCHES ? 0 : rc > 0 ? PH_TAKE_E_BAD : rc;
}

/* ---- parts ---- */

/*
 * The seed for this desk; of what this device wrote itself for the hub as well, as when it was
 * written: a desk that is locked could not give it to a hub that was put back.
 */
static int box_seed(struct ph_site *site, const struct ph_item *item,
		    const struct ph_log *log, uint8_t box[static 2 * PH_SEED_BOX_SIZE],
		    size_t *len_out)
{
	bool twice = site->keys.desk_is_apart && is_own(site, log->key);

	*len_out = twice ? 2 * PH_SEED_BOX_SIZE : PH_SEED_BOX_SIZE;
	return crypto_box_seal(box, item->seed, PH_SEED_SIZE, site->keys.desk.key) != 0 ||
			       (twice && crypto_box_seal(box + PH_SEED_BOX_SIZE,
							 item->seed, PH_SEED_SIZE,
							 site->keylist.hub[0].box) != 0)
		       ? -EINVAL
		       : 0;
}

static int put_part(struct ph_site *site, const struct ph_item *item,
		    const struct ph_log *log)
{
	uint8_t box[2 * PH_SEED_BOX_SIZE];
	struct ph_buf cipher = { 0 };
	size_t len = 0;
	int rc;

	if (item->is_boxed) {
		return PH_JOURNAL_E_NONE; /* its seed is for the hub */
	}
	rc = ph_part_seal(item->seed, log->id, item->first, ph_buf_view(&item->body),
			  &cipher);
	rc = rc == 0 ? box_seed(site, item, log, box, &len) : rc;
	if (rc == 0) {
		rc = ph_journal_part_put_any(site->journal, log->id, item->first,
					     ph_buf_view(&cipher), PH_VIEW(box, len));
	}
	ph_buf_deinit(&cipher);
	return rc;
}

/* Whether the part of ITEM is here already. 0 or negative errno. */
static int is_held(struct ph_site *site, const struct ph_item *item,
		   const struct ph_log *log, bool *held_out)
{
	struct ph_buf cipher = { 0 };
	struct ph_buf box = { 0 };
	int rc = ph_journal_part_get(site->journal, log->row, item->first, &cipher, &box);

	*held_out = rc == 0;
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&box);
	return rc < 0 ? rc : 0;
}

static int take_part(struct ph_site *site, const struct ph_item *item)
{
	struct ph_log log;
	bool held = false;
	int rc = ph_journal_log_find(site->journal, item->log_id, &log);

	if (rc == PH_JOURNAL_E_NONE && site->by_file) {
		site->left++;
		return 0;
	}
	if (rc == PH_JOURNAL_E_NONE) {
		return site->by_lan || is_left_alone(site, item->log_id) ? 0
									 : PH_TAKE_E_BAD;
	}
	if (rc != 0) {
		return rc;
	}
	if (log.site != site->cert.invite.site ||
	    (site->by_lan && memcmp(log.key, site->keys.sign.key, PH_KEY_SIZE) == 0)) {
		return PH_TAKE_E_BAD;
	}
	rc = is_held(site, item, &log, &held);
	rc = rc == 0 ? put_part(site, item, &log) : rc;
	if (rc == 0 && !held) {
		site->moved.parts_received++;
	}
	/* one that fits no entry stays missing: never a refusal */
	return rc == -EMSGSIZE || rc > 0 ? 0 : rc;
}

/* ---- pages ---- */

static int take_page(struct ph_site *site, const struct ph_item *item)
{
	struct ph_view bytes = ph_buf_view(&item->body);
	struct ph_feed_page page;
	int rc = PH_FEED_E_SIGNATURE;

	for (unsigned i = 0; rc == PH_FEED_E_SIGNATURE && i < site->keylist.n_hubs; i++) {
		rc = ph_feed_decode(bytes, site->keylist.hub[i].sign, &page);
	}
	if (rc != 0) {
		return PH_TAKE_E_BAD;
	}
	rc = ph_fed_apply(site->db, site->cert.device_id, &page, &site->moved.fed);
	return rc == PH_FED_E_FOREIGN || rc == PH_FED_E_FORM ? PH_TAKE_E_BAD
	       : rc < 0                                      ? rc
							     : 0;
}

int ph_site_take(struct ph_site *site, const struct ph_item *item)
{
	if (item->type != PH_ITEM_SEGMENT && !reads_others(site)) {
		return PH_TAKE_E_BAD;
	}
	switch (item->type) {
	case PH_ITEM_SEGMENT:
		return take_segment(site, item);
	case PH_ITEM_PART:
		return take_part(site, item);
	case PH_ITEM_PAGE:
		return site->by_lan ? PH_TAKE_E_BAD : take_page(site, item);
	case PH_ITEM_KEEP:
		return site->by_lan || site->by_file ? PH_TAKE_E_BAD
						     : ph_site_kept_take(site, item);
	case PH_ITEM_PACKED: /* unpacked before */
		break;
	}
	return PH_TAKE_E_BAD;
}

/* ---- what the hello tells of it ---- */

struct telling {
	struct ph_site *site;
	bool own;
	struct ph_sibling *list;
	unsigned n;
	int64_t row[PH_SIBLINGS_MAX]; /* of each, its branch */
};

/* Where a branch of N entries goes: of more than fit the shortest are left out. PH_SIBLINGS_MAX: nowhere. */
static unsigned slot_for(struct telling *telling, uint64_t n)
{
	unsigned least = 0;

	if (telling->n < PH_SIBLINGS_MAX) {
		return telling->n++;
	}
	for (unsigned i = 1; i < telling->n; i++) {
		least = telling->list[i].n < telling->list[least].n ? i : least;
	}
	return telling->list[least].n < n ? least : PH_SIBLINGS_MAX;
}

/* LOG as held up to N, where its chain has H. 0 or negative errno. */
static int tell_point(struct ph_site *site, const struct ph_log *log, uint64_t n,
		      const uint8_t h[static PH_HASH_SIZE], struct ph_sibling *out)
{
	size_t n_missing = 0;
	uint64_t missing;
	int rc = ph_journal_parts_missing(site->journal, log->row, &missing, 1,
					  &n_missing);

	memset(out, 0, sizeof(*out));
	memcpy(out->log_id, log->id, sizeof(out->log_id));
	memcpy(out->h, h, sizeof(out->h));
	out->n = n;
	if (rc == 0 && n_missing > 0 && missing <= n) {
		out->missing = missing;
		rc = ph_journal_parts_held(site->journal, log->row, n, &out->parts);
	}
	return rc;
}

static int tell_log(void *data, const struct ph_log *log)
{
	struct telling *telling = data;
	struct ph_site *site = telling->site;
	unsigned slot;
	int rc;

	if (log->site != site->cert.invite.site || log->n == 0 ||
	    (!telling->own && memcmp(log->key, site->keys.sign.key, PH_KEY_SIZE) == 0)) {
		return 0;
	}
	slot = slot_for(telling, log->n);
	if (slot == PH_SIBLINGS_MAX) {
		return 0;
	}
	telling->row[slot] = log->row;
	rc = tell_point(site, log, log->n, log->h, &telling->list[slot]);
	return rc == 0 && !telling->own
		       ? ph_site_sibling_waits(site, log, &telling->list[slot].waits)
		       : rc;
}

int ph_site_tell_logs(struct ph_site *site, bool own,
		      struct ph_sibling list[static PH_SIBLINGS_MAX], unsigned *n_out)
{
	struct telling telling = { .site = site, .own = own, .list = list };
	int rc = ph_journal_log_each(site->journal, tell_log, &telling);

	*n_out = telling.n;
	return rc;
}

/*
 * What came from another device of the site the hub may not have yet, and of a point that it
 * does not know it cannot say whether it is on its chain; it would send the log from the
 * start. So points further back are told as well, in places that are free.
 */
static int tell_steps(struct telling *telling)
{
	static const uint64_t back[] = { 8, 64, 512, 4096 };
	unsigned n = telling->n;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < n; i++) {
		struct ph_log log;
		uint8_t h[PH_HASH_SIZE];

		rc = ph_journal_log_at(telling->site->journal, telling->row[i], &log);
		for (size_t j = 0; rc == 0 && j < sizeof(back) / sizeof(back[0]) &&
				   telling->n < PH_SIBLINGS_MAX && log.n > back[j] &&
				   telling->list[i].waits;
		     j++) {
			telling->row[telling->n] = log.row;
			rc = ph_journal_chain_at(telling->site->journal, &log,
						 log.n - back[j], h);
			rc = rc != 0 ? rc
				     : tell_point(telling->site, &log, log.n - back[j], h,
						  &telling->list[telling->n++]);
		}
	}
	return rc > 0 ? -EUCLEAN : rc;
}

int ph_site_tell_taken(struct ph_site *site, struct ph_hello *hello)
{
	struct telling telling = { .site = site, .list = hello->sibling };
	struct ph_fed_cursor cursor;
	int rc = ph_fed_cursor_get(site->db, &cursor);

	rc = rc == 0 ? ph_site_asks_own(site, &telling.own) : rc;
	telling.own = telling.own && !site->spares_own;
	site->asked_own = telling.own;

	if (rc == 0 && cursor.scope > 0 && cursor.epoch.number == hello->epoch) {
		hello->feed_scope = cursor.scope;
		hello->feed_number = cursor.number;
	}
	site->n_left_alone = 0;
	rc = rc != 0 ? rc : ph_journal_log_each(site->journal, tell_log, &telling);
	rc = rc != 0 ? rc : tell_steps(&telling);
	hello->n_siblings = telling.n;
	for (unsigned i = 0; i < telling.n; i++) {
		struct ph_site_told *told = &site->told[i];

		memcpy(told->log_id, hello->sibling[i].log_id, sizeof(told->log_id));
		told->row = telling.row[i];
		told->n = hello->sibling[i].n;
	}
	site->n_told = telling.n;
	return rc;
}

int ph_site_check_epoch(struct ph_site *site, const struct ph_epoch *epoch)
{
	struct ph_fed_cursor cursor;
	int rc = ph_fed_cursor_get(site->db, &cursor);

	if (rc != 0 || cursor.scope == 0 || cursor.epoch.number != epoch->number ||
	    memcmp(cursor.epoch.random, epoch->random, sizeof(epoch->random)) == 0) {
		return rc;
	}
	return ph_fed_forget(site->db);
}
