/*
 * tests/unit/hub_room.h - a hub in a folder of its own, and devices with real logs whose
 * jobs it carries out; no session, no network. Each test program includes it once.
 */
#ifndef PH_TESTS_HUB_ROOM_H
#define PH_TESTS_HUB_ROOM_H

#include "tests/unit/writer_desk.h"

#include "common/base/file.h"
#include "daemon/hub.h"
#include "tests/unit/faulty_vfs.h"

#define PASSPHRASE "ngựa thồ sách lên bản"

struct hub_room {
	char dir[64];
	struct machine machine;
	struct ph_rng_seeded state;
	struct ph_rng rng;
	struct ph_sign_pair operator_pair;
	struct ph_hub *hub;
};

/* Made once: a hub with two sites. Argon2id is slow, so tests work on copies of it. */
static struct hub_room pattern;

/* A device: its desk (journal and writer), keys, certificate, and its session's peer. */
struct member {
	struct desk desk;
	struct ph_device_keys keys;
	struct ph_buf cert;
	struct ph_hub_peer peer;
};

/* --- the hub --- */

static inline struct ph_hub_config hub_config(struct hub_room *room)
{
	return (struct ph_hub_config){ .dir = room->dir,
				       .who = "a test",
				       .clock = { read_machine, &room->machine },
				       .rng = room->rng };
}

static inline void hub_start(struct hub_room *room)
{
	struct ph_hub_config config = hub_config(room);
	struct ph_error err = { 0 };

	if (ph_hub_open(&room->hub, &config, &err) != 0) {
		fail_msg("%s", err.text);
	}
}

static inline void hub_restart(struct hub_room *room)
{
	ph_hub_close(room->hub);
	hub_start(room);
}

/* Its answer to REQUEST, which it must not refuse; the caller's. */
static inline json_t *ask(struct hub_room *room, json_t *request)
{
	assert_non_null(request);

	json_t *answer = ph_hub_command(room->hub, request);

	json_decref(request);
	assert_non_null(answer);
	if (json_integer_value(json_object_get(answer, "exit")) != 0) {
		fail_msg("%s", json_string_value(json_object_get(answer, "error")));
	}
	return answer;
}

/* A number in its status. */
static inline int64_t hub_says(struct hub_room *room, const char *name)
{
	json_t *answer = ask(room, json_pack("{s:s}", "command", "status"));
	const json_t *value = json_object_get(answer, name);

	int64_t number = json_integer_value(value);

	if (json_is_string(value)) { /* a time; null: never */
		assert_int_equal(ph_time_parse(json_string_value(value),
					       json_string_length(value), &number),
				 0);
	} else {
		assert_true(json_is_integer(value) || json_is_null(value));
	}

	json_decref(answer);
	return number;
}

static inline void hub_verify(struct hub_room *room)
{
	json_decref(ask(room, json_pack("{s:s}", "command", "verify")));
}

/* A verified backup, on another disk if AWAY, as the commands of `backup` tell the hub of it. */
static inline void hub_back_up(struct hub_room *room, bool away)
{
	json_t *answer = ask(room, json_pack("{s:s}", "command", "backup-begin"));
	json_t *token = json_incref(json_object_get(answer, "token"));
	bool whole = false;

	json_decref(answer);
	while (!whole) {
		answer = ask(room, json_pack("{s:s, s:O}", "command", "backup-step",
					     "token", token));
		whole = json_is_true(json_object_get(answer, "whole"));
		json_decref(answer);
	}
	json_decref(ask(room, json_pack("{s:s, s:o, s:b, s:s, s:I, s:I, s:[]}", "command",
					"backup-kept", "token", token, "away", away,
					"folder", "/far", "name",
					(json_int_t)room->machine.now.wall, "oldest",
					(json_int_t)room->machine.now.wall, "others")));
}

static inline void add_site(struct hub_room *room, const char *code, const char *name)
{
	json_decref(ask(room, json_pack("{s:s, s:s, s:s, s:s, s:s}", "command",
					"site-add", "code", code, "commune", "03646",
					"kind", "commune", "name", name)));
}

static inline int make_pattern(void **state)
{
	struct ph_error err = { 0 };
	char path[128];

	(void)state;
	assert_int_equal(ph_crypto_start(), 0);
	use_faulty_vfs();
	assert_int_equal(sqlite3_vfs_register(&faulty_vfs, 1), SQLITE_OK);
	temp_dir(pattern.dir);
	boot(&pattern.machine, 9, T0 + 1000);
	ph_rng_seed(&pattern.state, 14, &pattern.rng);

	struct ph_hub_config config = hub_config(&pattern);
	struct ph_hub_init init = { .listen = "127.0.0.1:7415",
				    .passphrase = ph_view_str(PASSPHRASE),
				    .memory_mib = PH_LOCK_MIB_MIN };

	if (ph_hub_init(&config, &init, &err) != 0) {
		fail_msg("%s", err.text);
	}
	hub_start(&pattern);
	add_site(&pattern, "14-0371", "Thư viện phường Tô Hiệu");
	add_site(&pattern, "14-0372", "Thư viện xã Chiềng La");
	ph_hub_close(pattern.hub);
	snprintf(path, sizeof(path), "%s/keys/operator", pattern.dir);
	assert_int_equal(ph_locked_key_load(&pattern.operator_pair, path,
					    ph_view_str(PASSPHRASE), &err),
			 0);
	return 0;
}

static inline int remove_pattern(void **state)
{
	(void)state;
	remove_dir(pattern.dir);
	return 0;
}

static inline void hub_open(struct hub_room *room)
{
	char command[256];

	assert_true(pattern.dir[0] != '\0'); /* else the whole machine would be copied */
	*room = pattern;
	temp_dir(room->dir);
	snprintf(command, sizeof(command), "cp -r '%s'/. '%s'", pattern.dir, room->dir);
	assert_int_equal(system(command), 0);
	room->rng.data = &room->state;
	memset(&disk, 0, sizeof(disk));
	hub_start(room);
}

/* What a test left must be whole. */
static inline void hub_close(struct hub_room *room)
{
	hub_verify(room);
	ph_hub_close(room->hub);
	remove_dir(room->dir);
}

/* --- devices --- */

static inline const char *text_in(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	assert_non_null(text);
	return text;
}

/* The signed bytes of an invite for SITE, as the operator's command makes it. */
static inline void make_invite_as(struct hub_room *room, const char *site, uint64_t role,
				  uint8_t seed_out[static PH_SEED_KEY_SIZE],
				  struct ph_buf *out)
{
	json_t *answer = ask(
		room, json_pack("{s:s, s:s}", "command", "invite-prepare", "site", site));
	struct ph_sign_pair once;
	struct ph_invite invite = {
		.site = (uint64_t)json_integer_value(json_object_get(answer, "number")),
		.site_code = ph_view_str(text_in(answer, "code")),
		.site_name = ph_view_str(text_in(answer, "name")),
		.site_kind =
			(uint64_t)json_integer_value(json_object_get(answer, "kind")),
		.commune = ph_view_str(text_in(answer, "commune")),
		.role = role,
		.code_block =
			(uint64_t)json_integer_value(json_object_get(answer, "block")),
		.issued = T0,
		.expires = T0 + 86400,
	};

	room->rng.fill(room->rng.data, seed_out, PH_SEED_KEY_SIZE);
	room->rng.fill(room->rng.data, invite.id, sizeof(invite.id));
	ph_sign_pair_from_seed(&once, seed_out);
	memcpy(invite.key, once.key, sizeof(invite.key));
	memcpy(invite.root, ph_hub_keylist(room->hub)->root, sizeof(invite.root));
	memcpy(invite.operator_key, room->operator_pair.key, sizeof(invite.operator_key));
	assert_int_equal(ph_invite_encode(&invite, &room->operator_pair, out), 0);
	json_decref(answer);
}

static inline void make_invite(struct hub_room *room, const char *site,
			       uint8_t seed_out[static PH_SEED_KEY_SIZE],
			       struct ph_buf *out)
{
	make_invite_as(room, site, PH_ROLE_SITE, seed_out, out);
}

/* A device without a certificate; SEED decides its keys. */
static inline void member_open_bare(struct member *member, uint64_t seed)
{
	memset(member, 0, sizeof(*member));
	desk_open(&member->desk, ":memory:", seed);
	member->keys.sign = member->desk.room.keys;
	member->keys.desk = member->desk.box;
	ph_box_pair_make(&member->keys.box, &member->desk.room.rng);
}

/* A device that has joined SITE (14-0371 or 14-0372), with its certificate. */
static inline void member_open(struct hub_room *room, struct member *member,
			       uint64_t seed, const char *site)
{
	struct ph_buf invite = { 0 };
	uint8_t once[PH_SEED_KEY_SIZE];

	member_open_bare(member, seed);
	make_invite(room, site, once, &invite);
	assert_int_equal(ph_cert_encode(ph_buf_view(&invite), once, &member->keys, T0,
					&member->cert),
			 0);
	ph_buf_deinit(&invite);
}

static inline void member_close(struct member *member)
{
	ph_buf_deinit(&member->cert);
	desk_close(&member->desk);
}

static inline const struct ph_log *own_log(const struct member *member)
{
	return ph_writer_log(member->desk.writer);
}

/* Record COUNT visits and seal. */
static inline void write_visits(struct member *member, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		(void)record(&member->desk);
	}
	begin(&member->desk.room);
	assert_int_equal(ph_writer_seal(member->desk.writer), 0);
	commit(&member->desk.room);
}

/* Register a reader and seal; the number of the entry. */
static inline uint64_t write_reader(struct member *member, const char *name)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT) };
	struct ph_error err = { 0 };

	entry.sealed[PH_READER_S_NAME].set = true;
	entry.sealed[PH_READER_S_NAME].as.bytes = ph_view_str(name);
	begin(&member->desk.room);
	if (ph_writer_add(member->desk.writer, &entry, NULL, &err) != 0) {
		fail_msg("%s", err.text);
	}
	assert_int_equal(ph_writer_seal(member->desk.writer), 0);
	commit(&member->desk.room);
	return own_log(member)->n;
}

/* --- items --- */

/* The segment from AFTER + 1 to the last seal within MAX bytes. */
static inline struct ph_item *segment_item(struct member *member, uint64_t after,
					   size_t max)
{
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);
	struct ph_segment segment;

	assert_non_null(item);
	assert_int_equal(ph_journal_read_segment(member->desk.room.journal,
						 own_log(member), after, max, &segment,
						 &item->body),
			 0);
	memcpy(item->log_id, segment.log_id, sizeof(item->log_id));
	memcpy(item->seal, segment.seal, sizeof(item->seal));
	item->first = segment.first;
	item->last = segment.last;
	return item;
}

static inline struct ph_item *all_item(struct member *member, uint64_t after)
{
	return segment_item(member, after, PH_SEGMENT_MAX);
}

/* The sealed part of entry N, as plain fields and seed: the device opens its own box. */
static inline struct ph_item *part_item(struct member *member, uint64_t n)
{
	struct ph_item *item = ph_item_new(PH_ITEM_PART);
	const struct ph_box_pair *box = &member->keys.desk;
	struct ph_buf cipher = { 0 };
	struct ph_buf seed = { 0 };

	assert_non_null(item);
	item->first = n;
	item->last = n;
	memcpy(item->log_id, own_log(member)->id, sizeof(item->log_id));
	assert_int_equal(ph_journal_part_get(member->desk.room.journal,
					     own_log(member)->row, n, &cipher, &seed),
			 0);
	assert_int_equal(crypto_box_seal_open(item->seed, seed.data, seed.len, box->key,
					      box->secret),
			 0);
	assert_int_equal(ph_part_open(item->seed, item->log_id, n, ph_buf_view(&cipher),
				      &item->body),
			 0);
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&seed);
	return item;
}

/* --- jobs --- */

static inline struct ph_job *job_of(struct member *member, enum ph_job_type type,
				    struct ph_item *items)
{
	struct ph_job *job = calloc(1, sizeof(*job));

	assert_non_null(job);
	job->type = type;
	job->receipt = calloc(PH_HEADS_MAX, sizeof(*job->receipt));
	assert_non_null(job->receipt);
	job->welcome.receipt = job->receipt;
	job->items = items;
	job->budget = PH_SEGMENT_MAX;
	job->owner = &member->peer;
	memcpy(job->peer_key, member->keys.box.key, sizeof(job->peer_key));
	return job;
}

/* A HELLO of MEMBER's own log as it is, with its certificate if it has one. */
static inline struct ph_job *hello_of(struct member *member, struct ph_item *items)
{
	struct ph_job *job = job_of(member, PH_JOB_HELLO, items);
	const struct ph_log *log = own_log(member);

	job->hello.cert = ph_buf_view(&member->cert);
	if (log->n > 0) {
		memcpy(job->hello.head[0].log_id, log->id, sizeof(log->id));
		memcpy(job->hello.head[0].h, log->h, sizeof(log->h));
		job->hello.head[0].n = log->n;
		job->hello.n_heads = 1;
	}
	return job;
}

/* Carry out JOB alone; it stays the caller's. */
static inline struct ph_job *carry_out(struct hub_room *room, struct ph_job *job)
{
	job->next = NULL;
	ph_hub_jobs(room->hub, job);
	return job;
}

static inline void expect_job(struct hub_room *room, struct ph_job *job, int result)
{
	carry_out(room, job);
	assert_int_equal(job->result, result);
	assert_false(job->bad);
	ph_job_free(job);
}

static inline void expect_bad(struct hub_room *room, struct ph_job *job)
{
	carry_out(room, job);
	assert_int_equal(job->result, 0);
	assert_true(job->bad);
	assert_int_equal(job->n_receipts, 0);
	ph_job_free(job);
}

/* A first session of MEMBER without items: admitted. */
static inline void be_admitted(struct hub_room *room, struct member *member)
{
	struct ph_job *job = carry_out(room, hello_of(member, NULL));

	assert_int_equal(job->result, 0);
	assert_int_equal(job->welcome.status, PH_STATUS_OK);
	assert_true(member->peer.known);
	ph_job_free(job);
}

/* What the hub holds of MEMBER's log. */
static inline uint64_t held_n(struct hub_room *room, const struct member *member)
{
	struct ph_log log;
	int rc =
		ph_journal_log_find(ph_hub_journal(room->hub), own_log(member)->id, &log);

	assert_true(rc == 0 || rc == PH_JOURNAL_E_NONE);
	return rc == 0 ? log.n : 0;
}

/* The whole receipt that SHORT stands for, verified as the device does it. */
static inline void check_receipt(struct hub_room *room, const struct member *member,
				 const struct ph_short_receipt *brief,
				 struct ph_receipt *out)
{
	json_t *answer = ask(room, json_pack("{s:s}", "command", "status"));
	struct ph_receipt receipt = { .level = brief->level, .time = brief->time };
	struct ph_buf random = { 0 };
	struct ph_buf bytes = { 0 };

	receipt.epoch.number =
		(uint64_t)json_integer_value(json_object_get(answer, "epoch"));
	json_decref(answer);
	assert_int_equal(
		ph_journal_meta_get(ph_hub_journal(room->hub), "epoch_random", &random),
		0);
	assert_int_equal(random.len, sizeof(receipt.epoch.random));
	memcpy(receipt.epoch.random, random.data, random.len);
	receipt.head.n = brief->n;
	memcpy(receipt.head.log_id, own_log(member)->id, PH_LOG_ID_SIZE);
	assert_int_equal(ph_journal_chain_at(member->desk.room.journal, own_log(member),
					     brief->n, receipt.head.h),
			 0);
	receipt.n_missing = brief->n_missing;
	memcpy(receipt.missing, brief->missing, sizeof(receipt.missing));
	assert_int_equal(ph_receipt_join(&receipt, brief->signature, &bytes), 0);
	assert_int_equal(ph_receipt_decode(ph_buf_view(&bytes),
					   ph_hub_keys(room->hub)->sign.key, out),
			 0);
	ph_buf_deinit(&random);
	ph_buf_deinit(&bytes);
}

/* --- two devices --- */

/* A hub and two devices that it knows. */
struct pair {
	struct hub_room room;
	struct member a, b;
};

static inline void pair_open(struct pair *pair)
{
	hub_open(&pair->room);
	member_open(&pair->room, &pair->a, 1, "14-0371");
	member_open(&pair->room, &pair->b, 2, "14-0372");
	be_admitted(&pair->room, &pair->a);
	be_admitted(&pair->room, &pair->b);
}

static inline void pair_close(struct pair *pair)
{
	member_close(&pair->a);
	member_close(&pair->b);
	hub_close(&pair->room);
}

/* STORE of ITEMS by MEMBER, whose session told its own head. */
static inline struct ph_job *store_of(struct member *member, struct ph_item *items)
{
	const struct ph_log *log = own_log(member);

	member->peer.n_heads = 1;
	memcpy(member->peer.head[0].log_id, log->id, sizeof(log->id));
	return job_of(member, PH_JOB_STORE, items);
}

/* Entries FIRST to LAST made by hand, behind H_PREV, well sealed; takes BODY. */
static inline struct ph_item *sealed_item(struct member *member, struct ph_buf *body,
					  uint64_t first, uint64_t last,
					  const uint8_t h_prev[static PH_HASH_SIZE])
{
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);
	struct ph_head head = { .n = last };
	struct ph_view rest = ph_buf_view(body);
	struct ph_view entry;

	assert_non_null(item);
	memcpy(head.log_id, own_log(member)->id, sizeof(head.log_id));
	memcpy(head.h, h_prev, sizeof(head.h));
	while (ph_segment_next(&rest, &entry) == 0) {
		uint8_t e[PH_HASH_SIZE];

		ph_entry_hash(entry, e);
		ph_chain_step(head.h, e);
	}
	item->first = first;
	item->last = last;
	memcpy(item->log_id, head.log_id, sizeof(item->log_id));
	ph_seal_sign(item->seal, &head, member->keys.sign.secret);
	item->body = *body;
	*body = (struct ph_buf){ 0 };
	return item;
}

#endif
