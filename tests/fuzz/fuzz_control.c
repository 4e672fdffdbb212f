/*
 * tests/fuzz/fuzz_control.c - control logs that are held, by any list of ids and any list of keys.
 *
 * The store has eight logs, made once: three that go on from each other, against their stamps; one
 * of the same stamp as the first; one without entries; two whose first entry opens nothing; and one
 * of two histories. The input is: bytes as ids (their number in two before them), of which each 16th
 * from the first on, below 32, picks a log that is held; how many keys the list names (a byte) and
 * which (a byte each); how many logs it closes and for each a log, a number and whether its hash is
 * right; then segments that open a log: which, how many entries, which byte is changed and how.
 *
 * What is read stands in the order that control.h says; positions and numbers agree; by a list
 * only its logs count, and as far as it says; a second reading changes nothing. Only a segment as
 * it was sealed, of a key that may speak, opens a log.
 */
#include "common/log/control.h"
#include "tests/unit/fork_room.h"

#include "tests/fuzz/choices.h"

#define N 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct room room;
static struct made {
	struct ph_sign_pair keys;
	struct ph_log log;
	int continues; /* another, or -1 */
	uint64_t opened;
} made[N];
static uint8_t other_h[PH_HASH_SIZE]; /* of the second history of the last log */

/* --- the store --- */

static void add_open(struct made *log, const uint8_t nonce[static PH_NONCE_SIZE])
{
	struct ph_entry open = { .kind = ph_kind_find(PH_KIND_OPEN),
				 .number = PH_KIND_OPEN,
				 .stamp = log->opened };
	struct ph_buf bytes = { 0 };
	struct ph_buf body = { 0 };

	open.field[PH_OPEN_KEY].set = open.field[PH_OPEN_NONCE].set = true;
	open.field[PH_OPEN_SITE].set = true;
	open.field[PH_OPEN_KEY].as.bytes = PH_VIEW(log->keys.key, PH_KEY_SIZE);
	open.field[PH_OPEN_NONCE].as.bytes = PH_VIEW(nonce, PH_NONCE_SIZE);
	if (log->continues >= 0) {
		const struct ph_log *from = &made[log->continues].log;

		open.field[PH_OPEN_CONTINUES].set = true;
		open.field[PH_OPEN_CONTINUES].as.head.n = from->n > 0 ? from->n : 1;
		memcpy(open.field[PH_OPEN_CONTINUES].as.head.log_id, from->id,
		       PH_LOG_ID_SIZE);
		memcpy(open.field[PH_OPEN_CONTINUES].as.head.h, from->h, PH_HASH_SIZE);
	}
	must(ph_entry_encode(&open, &bytes, NULL) == 0);
	must(ph_segment_add(&body, ph_buf_view(&bytes)) == 0);
	must(ph_journal_append(room.journal, &log->log, ph_buf_view(&body)) == 0);
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&body);
}

static void make(unsigned i, int continues, uint64_t opened, bool opens, unsigned visits)
{
	uint8_t nonce[PH_NONCE_SIZE], id[PH_LOG_ID_SIZE];

	made[i].continues = continues;
	made[i].opened = opened;
	ph_sign_pair_make(&made[i].keys, &room.rng);
	room.rng.fill(room.rng.data, nonce, sizeof(nonce));
	ph_log_id(id, made[i].keys.key, nonce);
	must(ph_journal_log_add(room.journal, id, made[i].keys.key, 0, PH_ROLE_HUB,
				&made[i].log) == 0);
	if (opens) {
		add_open(&made[i], nonce);
	}
	if (visits > 0) {
		append_visits(&room, &made[i].log, visits);
	}
}

/* The last log: its own history, and what a clone wrote behind the second entry. */
static void make_forked(void)
{
	static struct author author, clone;
	struct made *last = &made[N - 1];

	author_open(&author, 3, 5);
	author_clone(&clone, &author, 2, 4, 4);
	memcpy(room.log_id, author.room.log_id, sizeof(room.log_id));
	last->keys = author.room.keys;
	last->continues = -1;
	last->opened = (1 << 20) + 3;
	must(ph_journal_log_add(room.journal, room.log_id, last->keys.key, 0, PH_ROLE_HUB,
				&last->log) == 0);
	must(bring(&room, &last->log, &author, 1, 5) == 0);
	must(bring(&room, &last->log, &clone, 3, 6) >= 0);
	must(ph_journal_log_find(room.journal, room.log_id, &last->log) == 0);
	memcpy(other_h, clone.log.h, sizeof(other_h));
	author_close(&author);
	author_close(&clone);
}

static void prepare(void)
{
	must(ph_crypto_start() == 0);
	room_open(&room, ":memory:", 5);
	make(0, -1, ph_stamp(1700000100, 0), true, 4);
	make(1, 0, ph_stamp(1700000050, 0), true, 3);
	make(2, 1, ph_stamp(1700000900, 0), true, 0);
	make(3, -1, ph_stamp(1700000100, 0), true, 1);
	make(4, -1, 0, false, 0);
	make(5, -1, ph_stamp(1700000000, 0), false, 2);
	make(6, 4, ph_stamp(1700000200, 0), true, 2);
	make_forked();
}

/* --- what is read --- */

static unsigned which(const uint8_t *id)
{
	unsigned i = 0;

	while (i < N && memcmp(made[i].log.id, id, PH_LOG_ID_SIZE) != 0) {
		i++;
	}
	return i;
}

/* Whether ID is one of the logs of CONTROL from FROM on. */
static bool is_from(const struct ph_control *control, unsigned from, const uint8_t *id)
{
	for (unsigned i = from; i < control->n; i++) {
		if (memcmp(control->log[i].id, id, PH_LOG_ID_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

/* Each is the first of those that are left and wait for none of them. */
static void check_order(const struct ph_control *control, struct ph_view ids)
{
	for (unsigned i = 0; i < control->n; i++) {
		const struct made *one = &made[which(control->log[i].id)];
		bool is_named = false;

		must(one < made + N && one->log.n > 0);
		for (size_t at = 0; at < ids.len; at += PH_LOG_ID_SIZE) {
			is_named |=
				memcmp(ids.data + at, one->log.id, PH_LOG_ID_SIZE) == 0;
		}
		must(is_named && !is_from(control, i + 1, one->log.id));
		must(one->continues < 0 ||
		     !is_from(control, i, made[one->continues].log.id));
		for (unsigned j = i + 1; j < control->n; j++) {
			const struct made *later = &made[which(control->log[j].id)];

			must((later->continues >= 0 &&
			      is_from(control, i, made[later->continues].log.id)) ||
			     one->opened < later->opened ||
			     (one->opened == later->opened &&
			      memcmp(one->log.id, later->log.id, PH_LOG_ID_SIZE) < 0));
		}
	}
	for (size_t at = 0; at < ids.len; at += PH_LOG_ID_SIZE) {
		unsigned i = which(ids.data + at);

		must((i < N && made[i].log.n > 0) ==
		     ph_control_has(control, ids.data + at));
	}
}

static void check_positions(const struct ph_control *control)
{
	uint64_t total, before, n;
	uint8_t hash[PH_CONTROL_HASH_SIZE], again[PH_CONTROL_HASH_SIZE];
	unsigned index, last = 0;

	must(ph_control_total(room.journal, control, &total) == 0);
	for (uint64_t at = 0; at < total; at++) {
		must(ph_control_at(room.journal, control, at, &index, &n) == 0);
		must(index < control->n && index >= last &&
		     n < control->log[index].limit);
		must(ph_control_before(room.journal, control, index, &before) == 0);
		must(before + n == at);
		last = index;
	}
	must(ph_control_at(room.journal, control, total, &index, &n) == 0);
	must(index == control->n && n == 0);
	must(ph_control_hash(room.journal, control, total, hash) == 0);
	if (total > 0) {
		must(ph_control_hash(room.journal, control, total - 1, again) == 0);
		must(memcmp(hash, again, sizeof(hash)) != 0);
	}
}

/* --- lists --- */

static void choose_list(struct choices *choices, struct ph_keylist *list)
{
	memset(list, 0, sizeof(*list));
	list->n_hubs = choices_byte(choices) % (PH_KEYLIST_HUBS_MAX + 1);
	for (unsigned i = 0; i < list->n_hubs; i++) {
		memcpy(list->hub[i].sign, made[choices_byte(choices) % N].keys.key,
		       PH_KEY_SIZE);
	}
	list->n_closed = choices_byte(choices) % (N + 1);
	for (unsigned i = 0; i < list->n_closed; i++) {
		const struct made *one = &made[choices_byte(choices) % N];
		struct ph_head *head = &list->closed[i];
		uint8_t how;

		head->n = 1 + choices_byte(choices) % 8;
		how = choices_byte(choices);
		memcpy(head->log_id, one->log.id, PH_LOG_ID_SIZE);
		if (how % 4 == 1) {
			memcpy(head->h, other_h, PH_HASH_SIZE);
		} else if (how % 4 != 0 && head->n <= one->log.n) {
			must(ph_journal_chain_at(room.journal, &one->log, head->n,
						 head->h) == 0);
		} else {
			memset(head->h, how, PH_HASH_SIZE);
		}
	}
}

static void check_heeded(const struct ph_control *all, const struct ph_keylist *list)
{
	struct ph_control heeded = *all, again;
	unsigned j = 0;

	must(ph_control_heed(room.journal, list, &heeded) == 0);
	for (unsigned i = 0; i < all->n; i++) {
		const uint8_t *id = all->log[i].id;
		const struct ph_head *closed = ph_keylist_closed(list, id);

		if (j == heeded.n || memcmp(heeded.log[j].id, id, PH_LOG_ID_SIZE) != 0) {
			must(!closed &&
			     !ph_keylist_has_hub(list, made[which(id)].keys.key));
			continue;
		}
		must(closed || ph_keylist_has_hub(list, made[which(id)].keys.key));
		must(closed ? heeded.log[j].limit <= closed->n ||
				      made[which(id)].log.n < closed->n
			    : heeded.log[j].limit == UINT64_MAX);
		j++;
	}
	must(j == heeded.n);
	again = heeded;
	must(ph_control_heed(room.journal, list, &again) == 0);
	must(again.n == heeded.n &&
	     memcmp(again.log, heeded.log, heeded.n * sizeof(heeded.log[0])) == 0);
	check_positions(&heeded);
}

/* A log of which nothing is held yet begins. */
static void open_one(struct choices *choices, const struct ph_keylist *list)
{
	unsigned i = choices_byte(choices) % 4;
	uint64_t n = 1 + choices_byte(choices) % made[i].log.n;
	unsigned at = choices_byte(choices);
	uint8_t change = choices_byte(choices);
	const struct ph_head *closed = ph_keylist_closed(list, made[i].log.id);
	bool may = closed ? n <= closed->n : ph_keylist_has_hub(list, made[i].keys.key);
	struct room as = room;
	struct ph_segment segment;
	struct ph_buf body = { 0 };
	struct ph_head from;
	uint8_t key[PH_KEY_SIZE];
	int rc;

	memcpy(as.log_id, made[i].log.id, sizeof(as.log_id));
	as.keys = made[i].keys;
	make_segment(&as, &made[i].log, 1, n, &body, &segment);
	if (at < sizeof(segment.seal)) {
		segment.seal[at] ^= change;
	} else {
		body.data[(at - sizeof(segment.seal)) % body.len] ^= change;
	}
	rc = ph_control_check_open(&segment, list, key, &from);
	must(rc >= 0);
	must(rc != 0 ||
	     (change == 0 && may && memcmp(key, made[i].keys.key, sizeof(key)) == 0 &&
	      (from.n > 0) == (made[i].continues >= 0)));
	if (change == 0) {
		int checked =
			ph_control_check(room.journal, list, &segment, &made[i].log);

		must(checked == 0 || checked == PH_JOURNAL_E_SEAL);
		must((rc == 0) == (checked == 0));
	}
	ph_buf_deinit(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices choices = { .in = PH_VIEW(data, size) };
	struct ph_control control = { 0 };
	struct ph_keylist list;
	struct ph_view given;
	struct ph_buf ids = { 0 };
	int rc;

	if (room.db == NULL) {
		prepare();
	}
	given = choices_bytes(&choices);
	must(ph_buf_put_view(&ids, given) == 0);
	for (size_t at = 0; at + PH_LOG_ID_SIZE <= ids.len; at += PH_LOG_ID_SIZE) {
		if (ids.data[at] < 32) {
			memcpy(ids.data + at, made[ids.data[at] % N].log.id,
			       PH_LOG_ID_SIZE);
		}
	}
	rc = ph_control_load(room.journal, ph_buf_view(&ids), &control);
	must(rc == (ids.len % PH_LOG_ID_SIZE == 0 &&
				    ids.len <= PH_CONTROL_LOGS_MAX * PH_LOG_ID_SIZE
			    ? 0
			    : -EUCLEAN));
	if (rc == 0) {
		check_order(&control, ph_buf_view(&ids));
		check_positions(&control);
	}
	choose_list(&choices, &list);
	check_heeded(&control, &list);
	for (unsigned i = 0; i < 4 && choices.in.len > 0; i++) {
		open_one(&choices, &list);
	}
	ph_buf_deinit(&ids);
	return 0;
}
