/*
 * tests/unit/case_room.h - a room whose cases are looked at: two logs of one site, one of
 * another, one of the hub, and the hub's ledger over them.
 */
#ifndef PH_TESTS_CASE_ROOM_H
#define PH_TESTS_CASE_ROOM_H

#include "fold_world.h"
#include "plain_hub.h"

#include "common/ledger/cases.h"
#include "common/log/journal_internal.h"

static inline int case_setup(void **state)
{
	struct room *room;

	fold_setup(state);
	room = *state;
	room->world.hub = &plain_hub;
	world_reopen_ledger(&room->world);
	return 0;
}

/* --- looking --- */

struct found {
	struct ph_case_row rows[32];
	size_t n;
};

static inline int on_row(void *data, const struct ph_case_row *row)
{
	struct found *found = data;
	struct ph_case_row *copy = &found->rows[found->n++];

	assert_true(found->n <= sizeof found->rows / sizeof *found->rows);
	*copy = *row;
	copy->refs = calloc(row->n_refs + 1, sizeof *copy->refs);
	memcpy(copy->refs, row->refs, row->n_refs * sizeof *copy->refs);
	copy->sites = calloc(row->n_sites + 1, sizeof *copy->sites);
	if (row->n_sites > 0) {
		memcpy(copy->sites, row->sites, row->n_sites * sizeof *copy->sites);
	}
	return 0;
}

static inline void found_free(struct found *found)
{
	for (size_t i = 0; i < found->n; i++) {
		ph_case_row_deinit(&found->rows[i]);
	}
	found->n = 0;
}

static inline struct found find_cases(struct room *room, unsigned kind)
{
	struct ph_case_filter filter = { .kind = kind, .all = true };
	struct found found = { .n = 0 };

	fold_all(room);
	assert_int_equal(ph_cases_each(room->world.ledger, &filter, on_row, &found), 0);
	return found;
}

static inline void assert_no_case(struct room *room, unsigned kind)
{
	struct found found = find_cases(room, kind);

	assert_int_equal(found.n, 0);
}

/* The only case of KIND has these facts, in this order. Its id, for decisions. */
static inline struct ph_case_row the_case(struct room *room, unsigned kind,
					  const struct ph_ref *const *refs, size_t n)
{
	struct found found = find_cases(room, kind);
	struct ph_case_row row;
	uint8_t id[PH_CASE_ID_SIZE];

	if (found.n != 1 || found.rows[0].n_refs != n) {
		fail_msg("%s: %zu cases, the first with %zu facts", ph_case_name(kind),
			 found.n, found.n > 0 ? found.rows[0].n_refs : 0);
	}
	row = found.rows[0];
	for (size_t i = 0; i < n; i++) {
		assert_ref(&row.refs[i], refs[i]);
	}
	ph_case_id(id, kind, PH_VIEW(row.anchor, row.anchor_len));
	assert_memory_equal(id, row.id, sizeof id);
	found_free(&found);
	row.refs = NULL;
	row.sites = NULL;
	return row;
}

#define THE_CASE(room, kind, ...)                                                        \
	the_case(room, kind, (const struct ph_ref *const[]){ __VA_ARGS__ },              \
		 sizeof((const struct ph_ref *const[]){ __VA_ARGS__ }) /                 \
			 sizeof(const struct ph_ref *))

static inline void assert_sites(struct room *room, unsigned kind, const uint64_t *sites,
				size_t n)
{
	struct found found = find_cases(room, kind);

	assert_int_equal(found.n, 1);
	assert_int_equal(found.rows[0].n_sites, n);
	assert_memory_equal(found.rows[0].sites, sites, n * sizeof *sites);
	found_free(&found);
}

static inline struct ph_ref decide(struct room *room, const struct ph_case_row *row,
				   uint64_t choice, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CASE_DECIDE);

	set_bytes(&entry, PH_DECIDE_CASE, row->id, sizeof row->id);
	set_uint(&entry, PH_DECIDE_CHOICE, choice);
	set_bytes(&entry, PH_DECIDE_FACTS, row->facts, sizeof row->facts);
	return at(&room->hub, &entry, second);
}

/* --- writing --- */

static inline struct ph_ref put_of_copy(struct actor *actor, const char *code,
					const struct ph_ref *title, int64_t second)
{
	struct ph_entry put = entry_of(PH_KIND_COPY_PUT);

	set_id(&put, PH_COPY_COPY, 0, code);
	set_ref(&put, PH_COPY_TITLE, title);
	return at(actor, &put, second);
}

static inline struct ph_ref titled(struct actor *actor, const char *name,
				   const char *author, const char *isbn, int64_t second)
{
	struct ph_entry put = title_of(name);

	if (author != NULL) {
		set_text(&put, PH_TITLE_AUTHOR, author);
	}
	if (isbn != NULL) {
		set_text(&put, PH_TITLE_ISBN, isbn);
	}
	return at(actor, &put, second);
}

/* Entries of two references: merges. */
static inline struct ph_ref joined(struct actor *actor, uint32_t kind,
				   const struct ph_ref *a, const struct ph_ref *b,
				   int64_t second)
{
	struct ph_entry entry = entry_of(kind);

	set_ref(&entry, 0, a);
	set_ref(&entry, 1, b);
	return at(actor, &entry, second);
}

static inline struct ph_ref about(struct actor *actor, uint32_t kind,
				  const struct ph_ref *ref, int64_t second)
{
	struct ph_entry entry = entry_of(kind);

	set_ref(&entry, 0, ref);
	return at(actor, &entry, second);
}

/* Entries about one copy, card or crate. */
static inline struct ph_ref of_code(struct actor *actor, uint32_t kind, const char *code,
				    int64_t second)
{
	struct ph_entry entry = entry_of(kind);

	set_id(&entry, 0, 0, code);
	return at(actor, &entry, second);
}

static inline struct ph_ref register_reader(struct actor *actor, const char *commune,
					    uint64_t band, int64_t second)
{
	struct ph_entry put = entry_of(PH_KIND_READER_PUT);

	set_text(&put, PH_READER_COMMUNE, commune);
	set_uint(&put, PH_READER_BAND, band);
	return at(actor, &put, second);
}

static inline struct ph_ref issue(struct actor *actor, const char *card,
				  const struct ph_ref *reader, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CARD_ISSUE);

	set_id(&entry, PH_CARD_CARD, 0, card);
	set_ref(&entry, PH_CARD_READER, reader);
	return at(actor, &entry, second);
}

/* A list field of references or ids; BUF keeps it and must outlive the entry. */
static inline void set_ref_list(struct ph_entry *entry, unsigned field,
				const struct ph_ref *ref, struct ph_buf *buf)
{
	assert_int_equal(ph_list_put_refs(buf, ref, 1, &entry->field[field]), 0);
	entry->field[field].set = true;
}

static inline struct ph_ref listing_ref(struct actor *actor, uint32_t kind,
					unsigned field, const struct ph_ref *ref,
					int64_t second)
{
	struct ph_entry entry = entry_of(kind);
	struct ph_buf buf = { 0 };
	struct ph_ref got;

	set_ref_list(&entry, field, ref, &buf);
	got = at(actor, &entry, second);
	ph_buf_deinit(&buf);
	return got;
}

static inline struct ph_ref crate_entry(struct actor *actor, uint32_t kind,
					const char *crate, const char *const *copies,
					size_t n, bool final, int64_t second)
{
	struct ph_entry entry = entry_of(kind);
	struct ph_id ids[8];
	struct ph_buf buf = { 0 };
	struct ph_ref ref;
	unsigned field = kind == PH_KIND_CRATE_DISPATCH ? (unsigned)PH_DISPATCH_COPIES
							: (unsigned)PH_RECEIVE_COPIES;

	set_id(&entry, 0, 0, crate);
	for (size_t i = 0; i < n; i++) {
		ids[i] = (struct ph_id){ .code = ph_view_str(copies[i]) };
	}
	if (n > 0) {
		assert_int_equal(ph_list_put_ids(&buf, ids, n, &entry.field[field]), 0);
		entry.field[field].set = true;
	}
	if (kind == PH_KIND_CRATE_DISPATCH) {
		set_uint(&entry, PH_DISPATCH_FROM, 101);
		set_uint(&entry, PH_DISPATCH_TO, 303);
	} else if (final) {
		set_uint(&entry, PH_RECEIVE_FINAL, 1);
	}
	ref = at(actor, &entry, second);
	ph_buf_deinit(&buf);
	return ref;
}

/* A log of SITE that goes on from entry N of FROM. */
static inline void go_on(struct actor *actor, uint8_t seed, uint64_t site, int64_t second,
			 const struct actor *from, uint64_t n, int why)
{
	struct ph_entry open = entry_of(PH_KIND_OPEN);
	uint8_t nonce[PH_NONCE_SIZE];

	actor_init(actor, seed, site, T0 + second);
	actor->n = 0;
	actor->bytes.len = 0;
	memset(nonce, seed ^ 0x55, sizeof nonce);
	set_bytes(&open, PH_OPEN_KEY, actor->key, sizeof actor->key);
	set_bytes(&open, PH_OPEN_NONCE, nonce, sizeof nonce);
	set_uint(&open, PH_OPEN_SITE, site);
	open.field[PH_OPEN_CONTINUES].set = true;
	memcpy(open.field[PH_OPEN_CONTINUES].as.head.log_id, from->id, PH_LOG_ID_SIZE);
	memcpy(open.field[PH_OPEN_CONTINUES].as.head.h, from->h[n], PH_HASH_SIZE);
	open.field[PH_OPEN_CONTINUES].as.head.n = n;
	if (why >= 0) {
		set_uint(&open, PH_OPEN_WHY, (uint64_t)why);
	}
	open.stamp = ph_stamp(T0 + second, 0);
	actor_write(actor, &open);
}

/* Say that what ACTOR has is sealed: nothing in these worlds is signed. */
static inline void say_sealed(struct world *world, const struct actor *actor)
{
	struct ph_stmt *stmt;
	struct ph_log log;

	assert_int_equal(ph_journal_log_find(world->journal, actor->id, &log), 0);
	assert_int_equal(ph_db_prepare(world->db,
				       "INSERT OR IGNORE INTO seal(id, sig)"
				       " VALUES(?1, zeroblob(64))",
				       &stmt),
			 0);
	ph_stmt_int(stmt, 1, ph_journal_key(log.row, log.n));
	assert_int_equal(ph_stmt_run(stmt), 0);
	ph_journal_reload(world->journal);
}

static inline struct ph_ref admit(struct actor *hub, uint8_t device, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_DEVICE_ADMIT);
	uint8_t id[16] = { device }, key[32] = { device }, invite[16] = { 7 };

	set_bytes(&entry, PH_ADMIT_DEVICE, id, sizeof id);
	set_bytes(&entry, PH_ADMIT_KEY, key, sizeof key);
	set_uint(&entry, PH_ADMIT_SITE, 101 + device);
	set_uint(&entry, PH_ADMIT_ROLE, PH_ROLE_SITE);
	set_bytes(&entry, PH_ADMIT_INVITE, invite, sizeof invite);
	return at(hub, &entry, second);
}

#define CASE_TEST(name) cmocka_unit_test_setup_teardown(name, case_setup, fold_teardown)

#endif
