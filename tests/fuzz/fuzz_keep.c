/*
 * tests/fuzz/fuzz_keep.c - pieces of the hub's desk log: opened, kept by a device, taken back by a hub.
 *
 * The first byte of an input says what the rest is:
 *
 *   o  the seed of a hub's key, 32 bytes, log id, first and last (8 bytes each), mark, cipher: what opens
 *      is what sealing gives, and opens with no byte of it changed
 *   s  the same with a seal and a body in place of the cipher: what is sealed opens to it
 *   d  steps at a device (modulo 5): a piece comes; a row of its table goes bad; it says hello; a hub asks
 *      for what it keeps; it has nothing
 *   h  which hub (a byte), then steps at it (modulo 5): a piece that it made comes back, whole; with a
 *      byte changed; one of any bytes by its own key; an entry of any bytes that goes on from its own,
 *      sealed; the device says hello, with this or that as its last
 *
 * The device is a real one, and so are the hubs: one that was restored to before most of its words, one
 * whose folder was put back to there and that has not heard of it. What happens there is rolled back
 * behind each input. A device tells and gives only what can travel, in the order in which it came, and
 * stays within its bound. A hub's journal verifies; unless somebody had its key its desk log is
 * what it said, and all of that once the pieces have come.
 */
#include "tests/unit/keep_world.h"

#include "common/base/limits.h"
#include "common/log/keep.h"
#include "common/log/segment.h"
#include "daemon/hub_collect.h"
#include "daemon/hub_keep.h"

#include "tests/fuzz/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	PIECES = 5, /* the first of these begins the log */
	WORDS_MAX = 32,
	STEPS_MAX = 64,
	LOGS = 3, /* that a device may be given pieces of */
};

static struct hub_room hubs[2]; /* restored; put back, which it does not know */
static struct pc pc;
static struct ph_hello hello;
static struct ph_item *pieces[PIECES];
static uint8_t log_id[PH_LOG_ID_SIZE]; /* of the desk log, ... */
static uint8_t h[WORDS_MAX + 1][PH_HASH_SIZE];
static uint64_t n_words;
static FILE *nowhere; /* where a hub says that it was put back */

/* --- opening and sealing --- */

struct front {
	struct ph_sign_pair pair;
	struct ph_keep keep; /* cipher: what is behind */
};

static bool read_front(struct ph_view in, struct front *out)
{
	struct choices choices = { .in = in };
	struct ph_view seed = choices_take(&choices, PH_SEED_KEY_SIZE);
	struct ph_view id = choices_take(&choices, PH_LOG_ID_SIZE);
	struct ph_view numbers = choices_take(&choices, 16);
	struct ph_view mark = choices_take(&choices, PH_KEEP_MARK_SIZE);

	if (mark.len < PH_KEEP_MARK_SIZE) {
		return false;
	}
	ph_sign_pair_from_seed(&out->pair, seed.data);
	memcpy(out->keep.log_id, id.data, PH_LOG_ID_SIZE);
	out->keep.first = ph_be64_get(numbers.data);
	out->keep.last = ph_be64_get(numbers.data + 8);
	memcpy(out->keep.mark, mark.data, PH_KEEP_MARK_SIZE);
	out->keep.cipher = choices.in;
	return true;
}

/* KEEP opens; with any byte of it changed it does not: one is tried, which its own bytes choose. */
static void must_not_open_bent(const struct front *front)
{
	struct ph_keep bent = front->keep;
	struct ph_segment segment;
	struct ph_buf cipher = { 0 }, body = { 0 };
	size_t at;

	must(ph_buf_put_view(&cipher, bent.cipher) == 0);
	at = (size_t)(ph_be64_get(cipher.data) % (cipher.len + 3));
	if (at < cipher.len) {
		cipher.data[at] ^= 1;
	} else if (at == cipher.len) {
		bent.mark[0] ^= 1;
	} else if (at == cipher.len + 1) {
		bent.last++;
	} else {
		bent.log_id[PH_LOG_ID_SIZE - 1] ^= 1;
	}
	bent.cipher = ph_buf_view(&cipher);
	must(ph_keep_open(front->pair.secret, &bent, &segment, &body) == -EBADMSG);
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&body);
}

static void try_open(struct ph_view in)
{
	struct ph_buf body = { 0 }, again = { 0 };
	struct ph_segment segment;
	struct front front;
	int rc;

	if (!read_front(in, &front)) {
		return;
	}
	rc = ph_keep_open(front.pair.secret, &front.keep, &segment, &body);
	must(rc == 0 || rc == -EBADMSG);
	if (rc == 0) {
		must(segment.first >= 1 && segment.last >= segment.first);
		must(ph_keep_seal(front.pair.secret, &segment, front.keep.mark, &again) ==
		     0);
		must(ph_view_equal(ph_buf_view(&again), front.keep.cipher));
		must_not_open_bent(&front);
	}
	ph_buf_deinit(&again);
	ph_buf_deinit(&body);
}

static void try_seal(struct ph_view in)
{
	struct ph_segment segment = { 0 }, opened;
	struct ph_buf cipher = { 0 }, body = { 0 };
	struct front front;
	int rc;

	if (!read_front(in, &front) || front.keep.cipher.len <= PH_SIGNATURE_SIZE) {
		return;
	}
	memcpy(segment.log_id, front.keep.log_id, sizeof(segment.log_id));
	memcpy(segment.seal, front.keep.cipher.data, sizeof(segment.seal));
	segment.first = front.keep.first;
	segment.last = front.keep.last;
	segment.body = PH_VIEW(front.keep.cipher.data + PH_SIGNATURE_SIZE,
			       front.keep.cipher.len - PH_SIGNATURE_SIZE);
	must(ph_keep_seal(front.pair.secret, &segment, front.keep.mark, &cipher) == 0);
	must(cipher.len == segment.body.len + PH_KEEP_AROUND);
	front.keep.cipher = ph_buf_view(&cipher);
	rc = ph_keep_open(front.pair.secret, &front.keep, &opened, &body);
	must((rc == 0) == (segment.first >= 1 && segment.last >= segment.first));
	if (rc == 0) {
		must(ph_view_equal(opened.body, segment.body));
		must(memcmp(opened.seal, segment.seal, sizeof(segment.seal)) == 0);
		must_not_open_bent(&front);
	}
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&body);
}

/* --- a device --- */

static void some_log(struct choices *choices, uint8_t out[static PH_LOG_ID_SIZE])
{
	memset(out, 1 + choices_byte(choices) % LOGS, PH_LOG_ID_SIZE);
}

static void must_be_bounded(void)
{
	uint64_t n, bytes;

	must(ph_site_kept_size(pc.site, &n, &bytes) == 0);
	must(n <= 1 || bytes + n * PH_KEPT_ROW <= PH_KEPT_MAX);
}

static void piece_comes(struct choices *choices)
{
	struct ph_item *item = ph_item_new(PH_ITEM_KEEP);
	struct ph_view len;

	must(item != NULL);
	some_log(choices, item->log_id);
	item->first = 1 + (uint64_t)choices_byte(choices);
	item->last = item->first + choices_byte(choices);
	memset(item->mark, choices_byte(choices), sizeof(item->mark));
	len = choices_take(choices, 2);
	must(ph_buf_reserve(&item->body, PH_KEEP_MAX) == 0);
	item->body.len = PH_KEEP_AROUND + 1 +
			 (len.len == 2 ? (size_t)len.data[0] << 8 | len.data[1] : 0);
	memset(item->body.data, choices_byte(choices), item->body.len);
	must(ph_site_kept_take(pc.site, item) == 0);
	must_be_bounded();
	ph_items_free(item);
}

/* A value that a page which went bad may give, in place of what stands in a column. */
static void bind_value(struct choices *choices, struct ph_stmt *stmt)
{
	uint8_t how = choices_byte(choices);
	struct ph_view bytes = choices_take(choices, how % 2 ? how / 2 % 32 : 8);
	uint64_t number = 0;

	for (size_t i = 0; i < bytes.len && i < 8; i++) {
		number = number << 8 | bytes.data[i];
	}
	if (how % 2 == 0) {
		ph_stmt_int(stmt, 1, (int64_t)number);
	} else {
		ph_stmt_blob(stmt, 1, bytes);
	}
}

#define SET(column)                                                                      \
	"UPDATE OR IGNORE kept SET " column " = ?1 WHERE row ="                          \
	" (SELECT row FROM kept ORDER BY row LIMIT 1 OFFSET ?2)"

static void row_goes_bad(struct choices *choices)
{
	static const char *const set[] = { SET("log_id"), SET("first"), SET("last"),
					   SET("mark"), SET("cipher") };
	const char *sql = set[choices_byte(choices) % 5];
	int which = choices_byte(choices) % 8;
	uint64_t n, bytes;
	struct ph_stmt *stmt;

	must(ph_site_kept_size(pc.site, &n, &bytes) == 0);
	if (n > 0) {
		must(ph_db_prepare(pc.site->db, sql, &stmt) == 0);
		bind_value(choices, stmt);
		ph_stmt_int(stmt, 2, which);
		must(ph_stmt_run(stmt) == 0);
	}
}

static void says_hello(void)
{
	struct ph_buf bytes = { 0 };

	hello.keeps = false;
	hello.kept = (struct ph_cursor){ 0 };
	must(ph_site_kept_tell(pc.site, &hello) == 0);
	must(hello.keeps);
	must(ph_hello_encode(&hello, &bytes) == 0);
	ph_buf_deinit(&bytes);
}

/* ITEM can travel, and WELCOME does not say that it is there. */
static void must_travel(const struct ph_item *item, const struct ph_welcome *welcome)
{
	struct ph_message message = { .type = PH_MSG_KEEP,
				      .first = item->first,
				      .last = item->last,
				      .total = item->body.len,
				      .chunk = PH_VIEW(item->body.data, 1) };
	struct ph_buf bytes = { 0 };

	memcpy(message.log_id, item->log_id, sizeof(message.log_id));
	memcpy(message.mark, item->mark, sizeof(message.mark));
	must(ph_message_encode(&message, &bytes) == 0);
	for (unsigned i = 0; i < welcome->n_wants; i++) {
		must(memcmp(welcome->want[i].log_id, item->log_id, PH_LOG_ID_SIZE) != 0 ||
		     item->last > welcome->want[i].n);
	}
	ph_buf_deinit(&bytes);
}

static void is_asked(struct choices *choices)
{
	static struct ph_welcome welcome;
	struct ph_item *item = NULL;
	uint64_t n, bytes, given = 0;

	says_hello();
	welcome.n_wants = choices_byte(choices) % (LOGS + 1);
	for (unsigned i = 0; i < welcome.n_wants; i++) {
		memset(welcome.want[i].log_id, 1 + (int)i, PH_LOG_ID_SIZE);
		welcome.want[i].n = choices_byte(choices);
	}
	must(ph_site_kept_size(pc.site, &n, &bytes) == 0);
	ph_site_kept_wanted(pc.site, &welcome);
	do {
		ph_items_free(item);
		must(ph_site_kept_next(pc.site, &item) == 0);
		if (item != NULL) {
			must(pc.site->kept.next > pc.site->kept.row);
			must_travel(item, &welcome);
			ph_site_kept_given(pc.site);
		}
	} while (item != NULL && given++ < n);
	must(item == NULL && (given == 0 || welcome.n_wants > 0));
}

static void device_step(struct choices *choices)
{
	switch (choices_byte(choices) % 5) {
	case 0:
		piece_comes(choices);
		break;
	case 1:
		row_goes_bad(choices);
		break;
	case 2:
		says_hello();
		break;
	case 3:
		is_asked(choices);
		break;
	default:
		must(ph_db_exec(pc.site->db, "DROP TABLE IF EXISTS kept;") == 0);
		break;
	}
}

static void try_device(struct ph_view in)
{
	struct choices choices = { .in = in };

	must(ph_db_begin(pc.site->db) == 0);
	for (unsigned i = 0; choices.in.len > 0 && i < STEPS_MAX; i++) {
		device_step(&choices);
	}
	says_hello();
	ph_db_rollback(pc.site->db);
}

/* --- a hub --- */

struct play {
	struct hub_room *room;
	struct ph_hub_peer peer;
	bool is_evil; /* somebody had its key */
};

/* The device says hello: LAST is what it keeps. */
static void meet(struct play *play, const struct ph_cursor *last)
{
	static struct ph_hello told;
	static struct ph_welcome welcome;
	struct ph_site_info info;

	ph_site_info(pc.site, &info);
	play->peer = (struct ph_hub_peer){ .known = true };
	must(ph_journal_device_by_id(play->room->hub->journal, info.device_id,
				     &play->peer.device) == 0);
	told.keeps = true;
	told.kept = *last;
	must(ph_hub_keep_hello(play->room->hub, &play->peer, &told) == 0);
	must(ph_hub_collect_ask(play->room->hub, &play->peer, &welcome) == 0);
}

static struct ph_cursor end_of(const struct ph_item *piece)
{
	struct ph_cursor end = { .n = piece->last };

	memcpy(end.h, piece->mark, sizeof(end.h));
	return end;
}

/* It takes ITEM, if it asked; the caller's. */
static void comes_back(struct play *play, const struct ph_item *item)
{
	bool asked = play->peer.keep_asked;
	int rc = ph_hub_keep_take(play->room->hub, &play->peer, item);

	must(rc == (asked ? 0 : PH_JOURNAL_E_FORM));
}

static struct ph_item *copy_piece(const struct ph_item *piece)
{
	struct ph_item *copy = copy_item(piece);

	memcpy(copy->mark, piece->mark, sizeof(copy->mark));
	return copy;
}

static void bent_comes(struct play *play, struct choices *choices)
{
	struct ph_item *item = copy_piece(pieces[choices_byte(choices) % PIECES]);
	size_t at = (size_t)choices_byte(choices) << 8;
	uint8_t by = choices_byte(choices);

	at = (at | choices_byte(choices)) % (item->body.len + 4);
	if (at < item->body.len) {
		item->body.data[at] ^= by;
	} else if (at == item->body.len) {
		item->mark[by % sizeof(item->mark)] ^= by;
	} else if (at == item->body.len + 1) {
		item->log_id[by % sizeof(item->log_id)] ^= by;
	} else if (at == item->body.len + 2) {
		item->first = 1 + by % item->last;
	} else {
		item->last += by;
	}
	comes_back(play, item);
	ph_items_free(item);
}

/* SEGMENT by the hub's own key. */
static void own_comes(struct play *play, const struct ph_segment *segment,
		      const uint8_t *mark)
{
	struct ph_item *item = ph_item_new(PH_ITEM_KEEP);

	must(item != NULL);
	memcpy(item->log_id, segment->log_id, sizeof(item->log_id));
	memcpy(item->mark, mark, sizeof(item->mark));
	item->first = segment->first;
	item->last = segment->last;
	play->is_evil = true;
	if (ph_keep_seal(play->room->hub->keys.sign.secret, segment, mark, &item->body) ==
	    0) {
		comes_back(play, item);
	}
	ph_items_free(item);
}

static void any_bytes_come(struct play *play, struct choices *choices)
{
	struct ph_segment segment = { 0 };
	uint8_t mark[PH_KEEP_MARK_SIZE];
	struct ph_view plain;
	uint8_t how = choices_byte(choices);

	memcpy(segment.log_id, log_id, sizeof(log_id));
	segment.log_id[0] ^= how % 2;
	segment.first = 1 + choices_byte(choices);
	segment.last = segment.first + choices_byte(choices);
	memset(mark, choices_byte(choices), sizeof(mark));
	plain = choices_bytes(choices);
	if (plain.len > PH_SIGNATURE_SIZE) {
		memcpy(segment.seal, plain.data, PH_SIGNATURE_SIZE);
		segment.body = PH_VIEW(plain.data + PH_SIGNATURE_SIZE,
				       plain.len - PH_SIGNATURE_SIZE);
		own_comes(play, &segment, mark);
	}
}

/* What it never said, behind any of what it did, chained and sealed. */
static void more_comes(struct play *play, struct choices *choices)
{
	uint64_t behind = choices_byte(choices) % (n_words + 1);
	struct ph_view entry = choices_bytes(choices);
	struct ph_head head = { .n = behind + 1 };
	struct ph_segment segment = { .first = head.n, .last = head.n };
	struct ph_buf body = { 0 };
	uint8_t e[PH_HASH_SIZE];

	if (entry.len == 0 || entry.len > PH_ENTRY_MAX) {
		return;
	}
	must(ph_segment_add(&body, entry) == 0);
	ph_entry_hash(entry, e);
	memcpy(head.log_id, log_id, sizeof(log_id));
	memcpy(head.h, h[behind], sizeof(head.h));
	ph_chain_step(head.h, e);
	memcpy(segment.log_id, log_id, sizeof(log_id));
	ph_seal_sign(segment.seal, &head, play->room->hub->keys.sign.secret);
	segment.body = ph_buf_view(&body);
	own_comes(play, &segment, head.h);
	ph_buf_deinit(&body);
}

static void hub_step(struct play *play, struct choices *choices)
{
	struct ph_cursor last;
	uint8_t how;

	switch (choices_byte(choices) % 5) {
	case 0:
		comes_back(play, pieces[choices_byte(choices) % PIECES]);
		break;
	case 1:
		bent_comes(play, choices);
		break;
	case 2:
		any_bytes_come(play, choices);
		break;
	case 3:
		more_comes(play, choices);
		break;
	default:
		how = choices_byte(choices);
		last = end_of(pieces[how % PIECES]);
		last.h[0] ^= how / 64 == 1;
		last.n = how / 64 == 2 ? 0 : last.n;
		meet(play, &last);
		break;
	}
}

/* Of the desk log it has what it said, in its place, and TO_END all of it. */
static void must_be_said(struct play *play, bool to_end)
{
	struct ph_journal *journal = play->room->hub->journal;
	uint8_t now[PH_HASH_SIZE];
	struct ph_log log;

	must(ph_journal_log_find(journal, log_id, &log) == 0);
	must(log.n <= n_words && (!to_end || log.n == n_words));
	must(ph_journal_chain_at(journal, &log, log.n, now) == 0);
	must(memcmp(now, h[log.n], sizeof(now)) == 0);
}

static void judge(struct play *play)
{
	struct ph_cursor last = end_of(pieces[PIECES - 1]);
	struct ph_error err = { 0 };

	play->room->hub->keepers.n_idle = 0; /* as when it is started again */
	if (!play->is_evil) {
		must_be_said(play, false);
		for (unsigned i = 0; i < 2;
		     i++) { /* once it has found out it collects, and asks */
			meet(play, &last);
			for (unsigned k = 0; play->peer.keep_asked && k < PIECES; k++) {
				comes_back(play, pieces[k]);
			}
		}
		must_be_said(play, true);
		must(play->room->hub->collecting);
	}
	must(ph_journal_verify(play->room->hub->journal, NULL, NULL, &err) == 0);
}

static void try_hub(struct ph_view in)
{
	struct choices choices = { .in = in };
	struct play play = { .room = &hubs[choices_byte(&choices) % 2] };
	struct ph_hub *hub = play.room->hub;
	struct ph_hub_keepers before = hub->keepers;
	struct ph_cursor last = end_of(pieces[PIECES - 1]);
	FILE *said = stderr;

	stderr = nowhere;
	must(ph_db_begin(hub->db) == 0);
	meet(&play, &last);
	for (unsigned i = 0; choices.in.len > 0 && i < STEPS_MAX; i++) {
		hub_step(&play, &choices);
	}
	judge(&play);
	ph_db_rollback(hub->db);
	ph_hub_forget(hub);
	must(!hub->is_ahead);
	hub->keepers = before;
	stderr = said;
}

/* --- what there is --- */

/* The pieces that the device keeps are its hub's; the table is empty then. */
static void take_pieces(void)
{
	static struct ph_welcome welcome = { .n_wants = 1 };

	ph_site_kept_wanted(pc.site, &welcome);
	pc.site->kept.n_wants = 1;
	for (unsigned i = 0; i < PIECES; i++) {
		must(ph_site_kept_next(pc.site, &pieces[i]) == 0 && pieces[i] != NULL);
		ph_site_kept_given(pc.site);
	}
	must(ph_db_exec(pc.site->db, "DELETE FROM kept;") == 0);
}

static void note_words(struct hub_room *room)
{
	const struct ph_log *log = ph_writer_log(room->hub->desk);

	memcpy(log_id, log->id, sizeof(log_id));
	n_words = log->n;
	must(n_words <= WORDS_MAX);
	for (uint64_t n = 0; n <= n_words; n++) {
		must(ph_journal_chain_at(room->hub->journal, log, n, h[n]) == 0);
	}
}

static void make_hello(void)
{
	struct ph_buf arena = { 0 };
	struct ph_error err = { 0 };

	must(ph_site_hello(pc.site, 1024, &hello, &arena, &err) == 0);
	ph_buf_deinit(&arena);
	hello.cert = (struct ph_view){ 0 }; /* what borrowed from that */
	hello.n_segments = 0;
}

/* The hub says something, backs up, says more; a device keeps all of it; then two hubs are made of the backup. */
static void prepare(void)
{
	struct hub_room *first = &hubs[0], *second = &hubs[1];
	char copy[64], command[256];

	must(ph_crypto_start() == 0);
	nowhere = fopen("/dev/null", "w");
	must(nowhere != NULL && make_pattern(NULL) == 0);
	hub_open(first);
	pc_join(first, &pc, "14-0371", "pc", 1);
	pc_visits(&pc, 2);
	sync_pc(first, &pc);
	pc_confirm(first, &pc);
	sync_pc(first, &pc);
	say_words(first, 2);
	sync_pc(first, &pc);
	temp_dir(copy);
	keep(first, first->dir, copy);
	for (unsigned i = 1; i < PIECES; i++) {
		say_words(first, i);
		sync_pc(first, &pc);
	}
	note_words(first);
	take_pieces();
	make_hello();
	keep(first, copy, first->dir);
	*second = *first;
	temp_dir(second->dir);
	snprintf(command, sizeof(command), "cp -r '%s'/. '%s'", copy, second->dir);
	must(system(command) == 0);
	remove_dir(copy);
	second->rng.data = &second->state;
	hub_start(second);
	say(first, "epoch-begin");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ph_view rest;

	if (nowhere == NULL) {
		prepare();
	}
	if (size < 2) {
		return 0;
	}
	rest = PH_VIEW(data + 1, size - 1);
	switch (data[0]) {
	case 'o':
		try_open(rest);
		break;
	case 's':
		try_seal(rest);
		break;
	case 'd':
		try_device(rest);
		break;
	case 'h':
		try_hub(rest);
		break;
	default:
		break;
	}
	return 0;
}
