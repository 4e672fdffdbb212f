/*
 * client/site_hello.c - what the device says first.
 *
 * The hello tells the heads of the log in use and of older own logs that the hub lacks
 * something of, or that are to be told for another reason, those first that matter most; how
 * far the control log is held; and it carries the first
 * entries without a receipt: as many as the first flight takes, up to the first sealed
 * part. The certificate goes along until a hub has signed anything.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/site_take.h"
#include "common/base/say.h"

/* What message 1 can carry beside the rest of the hello. */
#define FLIGHT_MAX  (32 * 1024)
/* How many times shorter a packed segment is at least, as a rule. */
#define PACKED_GAIN 4

/* What a head takes at most, and a segment beside its body. Of one of each the hello is taken to have room. */
enum {
	HEAD_MOST = 71,
	SEGMENT_MOST = 91
};

int ph_site_receipt_missing(struct ph_site *site, const struct ph_log *log,
			    uint64_t missing[static PH_RECEIPT_MISSING_MAX],
			    unsigned *n_out)
{
	struct ph_receipt receipt;
	struct ph_buf bytes = { 0 };
	uint64_t n;
	int64_t time;
	int rc = ph_journal_receipt_get(site->journal, log->row, PH_LEVEL_HUB, &n, &time,
					&bytes);

	*n_out = 0;
	if (rc == 0 && bytes.len > 0) {
		rc = PH_RECEIPT_E_SIGNATURE;
		for (unsigned i = 0;
		     rc == PH_RECEIPT_E_SIGNATURE && i < site->keylist.n_hubs; i++) {
			rc = ph_receipt_decode(ph_buf_view(&bytes),
					       site->keylist.hub[i].sign, &receipt);
		}
		if (rc == 0) {
			memcpy(missing, receipt.missing,
			       receipt.n_missing * sizeof(missing[0]));
			*n_out = receipt.n_missing;
		}
		/* signed by a hub key that has been replaced: its list is not asked again */
		rc = rc < 0 ? rc : 0;
	}
	ph_buf_deinit(&bytes);
	return rc;
}

/* The epoch of a receipt; 0, which is below all, if it is of a key that signs no more. */
static int epoch_of(struct ph_site *site, struct ph_view bytes, uint64_t *epoch)
{
	struct ph_receipt receipt;
	int rc = PH_RECEIPT_E_SIGNATURE;

	for (unsigned i = 0; rc == PH_RECEIPT_E_SIGNATURE && i < site->keylist.n_hubs;
	     i++) {
		rc = ph_receipt_decode(bytes, site->keylist.hub[i].sign, &receipt);
	}
	*epoch = rc == 0 ? receipt.epoch.number : 0;
	return rc < 0 ? rc : 0;
}

int ph_site_held(struct ph_site *site, const struct ph_log *log, uint64_t *n_out)
{
	struct ph_buf bytes = { 0 };
	int64_t known = 0;
	uint64_t epoch;
	uint64_t n = 0;
	int64_t time;
	int rc = ph_journal_meta_get_int(site->journal, PH_META_EPOCH, &known);

	epoch = (uint64_t)known;
	if (rc >= 0) {
		rc = ph_journal_receipt_get(site->journal, log->row, PH_LEVEL_HUB, &n,
					    &time, &bytes);
	}
	if (rc == 0 && bytes.len > 0) {
		rc = epoch_of(site, ph_buf_view(&bytes), &epoch);
	}
	if (rc == 0) {
		*n_out = epoch < (uint64_t)known ? 0 : n < log->n ? n : log->n;
	}
	ph_buf_deinit(&bytes);
	return rc > 0 ? -EUCLEAN : rc;
}

/* --- heads --- */

/*
 * Why an older log of ours is told, what matters most first. There are few places: a log that backups
 * alone lack must not keep one that the hub lacks waiting.
 */
enum why {
	WHY_FROM, /* ours continues it, and by nothing of ours a hub would show that it was put back */
	WHY_ENTRIES, /* the hub lacks entries */
	WHY_PARTS,   /* it lacks sealed parts that can be sent */
	WHY_BACK,    /* it came back from the hub, which has not signed for it since */
	WHY_OFFER,   /* the hub was put back, and may lack what it has signed for */
	WHY_BACKUP,  /* the hub's backups do not hold all of it, as far as it told us */
	WHY_PARTS_GONE, /* the hub lacks parts that are not here either; they may have come */
	WHY_NOT,
};

struct older {
	struct ph_site_place place;
	struct ph_log log;
	uint64_t held; /* of it, by the hub's receipts */
};

struct heads {
	struct ph_site *site;
	struct ph_hello *hello;
	struct ph_log log[PH_HEADS_MAX];
	uint64_t receipted[PH_HEADS_MAX];
	uint64_t fly_from
		[PH_HEADS_MAX]; /* the hub gave us what is up to there, or signed for it */
	bool lacks[PH_HEADS_MAX];             /* the hub told of parts that it lacks */
	struct older older[PH_HEADS_MAX - 1]; /* in order of their places */
	unsigned n_older;
	struct ph_head
		from; /* the log that ours continues, while nothing of ours is signed for */
	int64_t offer; /* logs from this row on are told, whatever was signed for; 0: none */
	int64_t offer_next; /* the row of the first of them that did not fit; 0: all did */
};

/* LOG is told; there is room. */
static int add_head(struct heads *heads, const struct ph_log *log, uint64_t receipted)
{
	struct ph_hello *hello = heads->hello;
	unsigned i = hello->n_heads;
	uint64_t missing[PH_RECEIPT_MISSING_MAX];
	bool came_back = false;
	unsigned n_missing;
	int rc = ph_site_receipt_missing(heads->site, log, missing, &n_missing);

	rc = rc == 0 ? ph_site_came_back(heads->site, log, &came_back) : rc;
	if (rc != 0) {
		return rc;
	}
	memcpy(hello->head[i].log_id, log->id, sizeof(log->id));
	memcpy(hello->head[i].h, log->h, sizeof(log->h));
	hello->head[i].n = log->n;
	heads->log[i] = *log;
	heads->receipted[i] = receipted < log->n ? receipted : log->n;
	/*
	 * A list of missing parts may be old: the receipt for those that came since can
	 * be lost in a cut. Telling a little less makes the hub send a fresh one.
	 */
	heads->fly_from[i] = came_back ? log->n : heads->receipted[i];
	hello->receipted[i] = heads->receipted[i] - (n_missing > 0 ? 1 : 0);
	heads->lacks[i] = n_missing > 0;
	hello->n_heads++;
	return 0;
}

static int receipted(struct ph_site *site, const struct ph_log *log, uint64_t *n_out)
{
	int64_t time;

	return ph_journal_receipt_get(site->journal, log->row, PH_LEVEL_HUB, n_out, &time,
				      NULL);
}

/*
 * Whether backups, which this hub makes, do not yet hold all of LOG, as far as we were told:
 * it tells of logs that it hears of. 0 or negative errno.
 */
static int lacks_backup(struct ph_site *site, const struct ph_log *own,
			const struct ph_log *log, bool *lacks_out)
{
	uint64_t n;
	int64_t time;
	int rc = ph_journal_receipt_get(site->journal, own->row, PH_LEVEL_BACKUP, &n,
					&time, NULL);

	*lacks_out = false;
	if (rc == 0 && n > 0) {
		rc = ph_journal_receipt_get(site->journal, log->row, PH_LEVEL_BACKUP, &n,
					    &time, NULL);
		*lacks_out = n < log->n;
	}
	return rc;
}

/* Whether one of those COUNT parts of LOG can be sent. 0 or negative errno. */
static int has_part(struct ph_site *site, const struct ph_log *log, const uint64_t *n,
		    unsigned count, bool *has_out)
{
	struct ph_item *item = NULL;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && !item && i < count; i++) {
		rc = ph_site_part_item(site, log, n[i], true, &item);
	}
	*has_out = item != NULL;
	ph_items_free(item);
	return rc;
}

/* Why OLDER's log is told. 0 or negative errno. */
static int find_why(struct heads *heads, struct older *older)
{
	struct ph_site *site = heads->site;
	const struct ph_log *log = &older->log;
	uint64_t missing[PH_RECEIPT_MISSING_MAX];
	unsigned n_missing;
	bool is_behind = older->held < log->n;
	bool came_back = false;
	bool has = false;
	bool lacks = false;
	int rc = ph_site_receipt_missing(site, log, missing, &n_missing);

	rc = rc == 0 && is_behind ? ph_site_came_back(site, log, &came_back) : rc;
	rc = rc == 0 ? has_part(site, log, missing, n_missing, &has) : rc;
	rc = rc == 0 ? lacks_backup(site, &heads->log[0], log, &lacks) : rc;
	if (is_behind && !came_back) {
		older->place.why = WHY_ENTRIES;
	} else if (has) {
		older->place.why = WHY_PARTS;
	} else if (heads->from.n > 0 &&
		   memcmp(heads->from.log_id, log->id, sizeof(log->id)) == 0) {
		older->place.why = WHY_FROM;
	} else if (is_behind) {
		older->place.why = WHY_BACK;
	} else if (heads->offer > 0 && log->row >= heads->offer) {
		older->place.why = WHY_OFFER;
	} else {
		older->place.why = lacks           ? WHY_BACKUP
				   : n_missing > 0 ? WHY_PARTS_GONE
						   : WHY_NOT;
	}
	return rc;
}

static bool is_before(const struct ph_site_place *a, const struct ph_site_place *b)
{
	return a->why != b->why ? a->why < b->why : a->row < b->row;
}

/* There is no room for the log of that place. */
static void leave(struct heads *heads, const struct ph_site_place *place)
{
	struct ph_site *site = heads->site;

	if (place->why == WHY_ENTRIES || place->why == WHY_PARTS) {
		if (site->left_own == 0 || is_before(place, &site->left_from)) {
			site->left_from = *place;
		}
		site->left_own++;
	} else if (place->why == WHY_OFFER &&
		   (heads->offer_next == 0 || place->row < heads->offer_next)) {
		heads->offer_next = place->row;
	}
}

/* An older log of ours: it has its place among those to be told, and the last of them none any more. */
static int on_log(void *data, const struct ph_log *log)
{
	struct heads *heads = data;
	struct older older = { .place.row = log->row, .log = *log };
	int rc;

	/* a hello names each log once: of our own log, the branch that we write */
	if (log->n == 0 || log->branch != 0 ||
	    memcmp(log->id, heads->log[0].id, sizeof(log->id)) == 0) {
		return 0;
	}
	rc = ph_site_held(heads->site, log, &older.held);
	rc = rc == 0 ? find_why(heads, &older) : rc;
	if (rc != 0 || older.place.why == WHY_NOT ||
	    is_before(&older.place, &heads->site->heads_from)) {
		return rc;
	}
	for (unsigned i = 0; i < heads->n_older; i++) {
		struct older other = heads->older[i];

		if (is_before(&older.place, &other.place)) {
			heads->older[i] = older;
			older = other;
		}
	}
	if (heads->n_older < PH_HEADS_MAX - 1) {
		heads->older[heads->n_older++] = older;
	} else {
		leave(heads, &older.place);
	}
	return 0;
}

static int fill_heads(struct heads *heads)
{
	int64_t row = ph_writer_log(heads->site->writer)->row;
	struct ph_site_went_on went_on;
	struct ph_log own;
	uint64_t n = 0;
	/* as it is held: what came back from the hub the writer does not go on from */
	int rc = row == 0 ? -EUCLEAN : ph_journal_log_at(heads->site->journal, row, &own);

	heads->site->left_own = 0;
	rc = rc == 0 ? receipted(heads->site, &own, &n) : rc;
	if (rc == 0) {
		rc = add_head(heads, &own, n);
	}
	if (rc == 0 && n == 0) {
		rc = ph_site_went_on(heads->site, &went_on);
		heads->from = went_on.from;
	}
	if (rc == 0) {
		rc = ph_site_offers(heads->site, &heads->offer);
	}
	if (rc == 0) {
		rc = ph_journal_logs_of_device(
			heads->site->journal, heads->site->cert.device_id, on_log, heads);
	}
	for (unsigned i = 0; rc == 0 && i < heads->n_older; i++) {
		rc = add_head(heads, &heads->older[i].log, heads->older[i].held);
	}
	heads->site->offer_next = heads->offer_next;
	heads->site->offered = heads->offer > 0;
	return rc;
}

int ph_site_hello_extra(struct ph_site *site, uint64_t *bytes_out)
{
	struct ph_hello *hello = calloc(1, sizeof(*hello));
	struct heads heads = { .site = site, .hello = hello };
	int rc = hello ? fill_heads(&heads) : -ENOMEM;

	*bytes_out = 0;
	for (unsigned i = 1; rc == 0 && i < hello->n_heads; i++) {
		*bytes_out += HEAD_MOST;
		*bytes_out += heads.fly_from[i] < heads.log[i].n ? SEGMENT_MOST : 0;
	}
	free(hello);
	return rc > 0 ? -EUCLEAN : rc;
}

static int fill_control(struct ph_site *site, struct ph_hello *hello)
{
	struct ph_control control;
	int64_t number = 0;
	int rc = ph_site_control(site, &control);

	if (rc == 0) {
		rc = ph_control_total(site->journal, &control, &hello->control.n);
	}
	if (rc == 0 && hello->control.n > 0) {
		rc = ph_control_hash(site->journal, &control, hello->control.n,
				     hello->control.h);
	}
	if (rc >= 0) {
		rc = ph_journal_meta_get_int(site->journal, PH_META_EPOCH, &number);
		hello->epoch = (uint64_t)number;
	}
	return rc < 0 ? rc : 0;
}

/* --- the first flight --- */

struct flight {
	size_t left;
	bool packs;
	struct ph_buf *arena;
	size_t offset
		[PH_FIRST_MAX]; /* of the bodies in the arena, which moves as it grows */
};

int ph_site_hub_packs(struct ph_site *site, bool *packs_out)
{
	uint8_t ours[PH_PACK_FORM_SIZE];
	struct ph_buf told = { 0 };
	int64_t plain = 0;
	int rc = ph_site_plain(site, &plain);

	rc = rc != 0 ? rc : ph_journal_meta_get(site->journal, PH_META_HUB_FORM, &told);
	ph_pack_form(ours);
	*packs_out = rc == 0 && (plain & PH_PLAIN_UP) == 0 &&
		     ph_view_equal(ph_buf_view(&told), PH_VIEW(ours, sizeof(ours))) &&
		     ph_site_packer(site) != NULL;
	ph_buf_deinit(&told);
	return rc < 0 ? rc : 0;
}

/* BODY becomes the packed form of SEGMENT if that is shorter. 0 or -ENOMEM. */
static int pack_body(struct ph_site *site, const struct ph_segment *segment,
		     struct ph_buf *body, bool *packed_out)
{
	struct ph_pack_where where = { .first = segment->first, .last = segment->last };
	struct ph_buf packed = { 0 };
	int rc;

	memcpy(where.log_id, segment->log_id, sizeof(where.log_id));
	rc = ph_pack(site->pack, &where, ph_buf_view(body), NULL, 0, NULL, &packed);
	*packed_out = rc == 0 && packed.len < body->len;
	if (*packed_out) {
		body->len = 0;
		rc = ph_buf_put_view(body, ph_buf_view(&packed));
	}
	ph_buf_deinit(&packed);
	return rc < 0 ? rc : 0;
}

/* Segments of head I above AFTER while they fit. *LAST_OUT: how far they go. */
static int fly_log(struct ph_site *site, const struct ph_log *log, uint64_t after,
		   struct ph_hello *hello, struct flight *flight, uint64_t *last_out)
{
	struct ph_buf body = { 0 };
	int rc = 0;

	while (rc == 0 && hello->n_segments < PH_FIRST_MAX) {
		size_t max = flight->packs ? PH_SITE_PACKED_MAX : PH_SITE_SEGMENT_MAX;
		size_t beside = hello->n_segments > 0 ? SEGMENT_MOST : 0;
		size_t room = flight->left > beside ? flight->left - beside : 0;
		size_t left = flight->packs ? PACKED_GAIN * room : room;
		struct ph_segment *segment = &hello->segment[hello->n_segments];

		if (room == 0) {
			break;
		}
		body.len = 0;
		rc = ph_site_segment(site, log, after, left < max ? left : max, true,
				     segment, &body);
		if (rc == 0 && flight->packs) {
			rc = pack_body(site, segment, &body,
				       &hello->packed[hello->n_segments]);
		}
		if (rc != 0 || body.len > room) {
			break;
		}
		flight->offset[hello->n_segments] = flight->arena->len;
		rc = ph_buf_put_view(flight->arena, ph_buf_view(&body));
		if (rc == 0) {
			segment->body.len = body.len;
			flight->left = room - body.len;
			after = segment->last;
			hello->n_segments++;
		}
	}
	ph_buf_deinit(&body);
	*last_out = after;
	return rc == PH_JOURNAL_E_NONE ? 0 : rc;
}

static int fill_flight(struct ph_site *site, struct heads *heads, size_t flight_max,
		       struct ph_buf *arena)
{
	struct ph_hello *hello = heads->hello;
	size_t heads_most = (hello->n_heads - 1) * HEAD_MOST;
	struct flight flight = { .left = flight_max < FLIGHT_MAX ? flight_max
								 : FLIGHT_MAX,
				 .arena = arena };
	bool done = site->left_own == 0 && heads->offer_next == 0;
	int rc = ph_site_hub_packs(site, &flight.packs);

	flight.left -= flight.left < heads_most ? flight.left : heads_most;
	for (unsigned i = 0; rc == 0 && i < hello->n_heads; i++) {
		uint64_t last = heads->fly_from[i] > site->went[i] ? heads->fly_from[i]
								   : site->went[i];
		unsigned before = hello->n_segments;

		rc = fly_log(site, &heads->log[i], last, hello, &flight, &last);
		for (unsigned j = before; j < hello->n_segments; j++) {
			site->moved.entries_sent +=
				hello->segment[j].last - hello->segment[j].first + 1;
			site->sent_packed = site->sent_packed || hello->packed[j];
		}
		done = done && last == heads->log[i].n && !heads->lacks[i];
	}
	for (unsigned i = 0; i < hello->n_segments; i++) {
		hello->segment[i].body.data = arena->data + flight.offset[i];
	}
	hello->done = done;
	return rc;
}

static void start_session(struct ph_site *site, const struct ph_hello *hello)
{
	memset(site->send, 0, sizeof(site->send));
	memset(&site->epoch, 0, sizeof(site->epoch));
	site->lacks_own = false;
	site->pass = PH_PASS_ENTRIES;
	site->n_gives = 0;
	site->kept.n_wants = 0;
	site->packs = false; /* until the welcome; a bundle asks what was told last */
	for (unsigned i = 0; i < hello->n_heads; i++) {
		memcpy(site->send[i].log_id, hello->head[i].log_id, PH_LOG_ID_SIZE);
		site->send[i].told = hello->head[i].n;
	}
	for (unsigned i = 0; i < hello->n_segments; i++) {
		for (unsigned j = 0; j < hello->n_heads; j++) {
			if (memcmp(hello->segment[i].log_id, hello->head[j].log_id,
				   PH_LOG_ID_SIZE) == 0) {
				site->send[j].flown = hello->segment[i].last;
			}
		}
	}
	site->n_send = hello->n_heads;
	site->n_carried = 0;
}

static int fill_hello(struct ph_site *site, size_t flight_max, struct ph_hello *hello,
		      struct ph_buf *arena)
{
	struct heads heads = { .site = site, .hello = hello };
	bool is_signed = false;
	int64_t sessions = 0;
	int rc = fill_heads(&heads);

	if (rc == 0) {
		rc = fill_control(site, hello);
	}
	if (rc == 0) {
		rc = ph_journal_meta_get_int(site->journal, PH_META_SESSIONS, &sessions);
		rc = rc < 0 ? rc : 0;
	}
	if (rc == 0) {
		rc = ph_site_tell_taken(site, hello);
	}
	hello->counter = (uint64_t)sessions;
	hello->packs = true;
	ph_pack_form(hello->form);
	hello->keys = site->keylist.generation > 1 ? site->keylist.generation : 0;
	for (unsigned i = 0; i < hello->n_heads; i++) {
		is_signed = is_signed || heads.receipted[i] > 0;
	}
	if (!is_signed) {
		hello->cert = ph_buf_view(&site->cert_bytes);
	}
	return rc == 0 ? fill_flight(site, &heads, flight_max, arena) : rc;
}

int ph_site_hello(struct ph_site *site, size_t flight_max, struct ph_hello *hello_out,
		  struct ph_buf *arena, struct ph_error *err)
{
	int rc = ph_site_erase_tell(site, err);

	rc = rc != 0 ? rc : ph_db_begin(site->db);
	memset(hello_out, 0, sizeof(*hello_out));
	memset(&site->moved, 0, sizeof(site->moved));
	site->sent_packed = site->got_unpacked = false;
	arena->len = 0;
	if (rc == 0) {
		rc = fill_hello(site, flight_max, hello_out, arena);
	}
	site->spares_own = false;
	if (rc == 0) {
		rc = ph_db_commit(site->db);
	}
	if (rc != 0) {
		ph_site_roll_back(site);
		return ph_fail_errno(err, rc < 0 ? rc : -EUCLEAN,
				     ph_say("preparing what to send to the hub",
					    "soạn phần gửi máy chủ"));
	}
	start_session(site, hello_out);
	return 0;
}

void ph_site_unsent(struct ph_site *site, const struct ph_item *items)
{
	for (; items; items = items->next) {
		const struct ph_site_send *send = site->send;
		const struct ph_site_send *end = send + site->n_send + site->n_carried;
		uint64_t n = items->last - items->first + 1;

		while (send < end &&
		       memcmp(send->log_id, items->log_id, sizeof(items->log_id)) != 0) {
			send++;
		}
		if (send == end) { /* the hub's own: never counted */
			continue;
		}
		if (items->type == PH_ITEM_PART) {
			site->moved.parts_sent--;
			continue;
		}
		site->moved.entries_sent -= n;
		site->moved.entries_carried -= send->row > 0 ? n : 0;
		site->moved.parts_sent -= items->n_parts;
	}
}

void ph_site_moved(const struct ph_site *site, struct ph_site_moved *moved_out)
{
	*moved_out = site->moved;
}
