/*
 * Tests of the desk log at devices (daemon/hub_keep.c): who is given it, that a hub which lost it gets
 * it back from them and finds by them that it was put back, and that nobody else can make it believe
 * anything.
 */
#include "tests/unit/keep_world.h"

#include "common/log/keep.h"
#include "tests/unit/stolen_keys.h"

/* ---- down ---- */

static void test_given(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;
	uint64_t pieces;

	assert_int_equal(pieces_of(&world->a), 0);
	assert_int_equal(hub_says(room, "desk_keepers"), 0);
	say_words(room, 3);
	assert_int_equal(hub_says(room, "desk_keepers"), 0);
	sync_pc(room, &world->a);
	assert_int_equal(hub_says(room, "desk_keepers"), 1);
	assert_int_equal(seen.down, 1);
	pieces = pieces_of(&world->a);
	assert_int_equal(pieces, 1);
	sync_pc(room, &world->a); /* nothing twice */
	assert_int_equal(seen.down, 1);
	say_words(room, 1);
	assert_int_equal(hub_says(room, "desk_keepers"), 0);
	sync_pc(room, &world->a);
	assert_int_equal(seen.down, 2);
	assert_int_equal(pieces_of(&world->a), 2);
	sync_pc(room, &world->b); /* who has nothing yet, all of it */
	assert_int_equal(seen.down, 3);
	assert_int_equal(pieces_of(&world->b), 1);
	/* a hub that was started again knows by what they tell */
	hub_restart(room);
	assert_int_equal(hub_says(room, "desk_keepers"), 0);
	sync_pc(room, &world->a);
	sync_pc(room, &world->b);
	assert_int_equal(hub_says(room, "desk_keepers"), 2);
	assert_int_equal(seen.down, 3);
	assert_int_equal(seen.up, 0);
	/* what does not come is not held: it is given again */
	say_words(room, 1);
	assert_false(drive(room, &world->a, (struct drive){ 200, -1 }).complete);
	assert_int_equal(pieces_of(&world->a), 2);
	sync_pc(room, &world->a);
	assert_int_equal(pieces_of(&world->a), 3);
}

/* To a device that is not confirmed, and while the hub collects: nothing. */
static void test_not_given(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;
	struct pc stranger;

	say_words(room, 3);
	pc_join(room, &stranger, "14-0371", "stranger", 3);
	sync_pc(room, &stranger);
	sync_pc(room, &stranger);
	assert_int_equal(pieces_of(&stranger), 0);
	pc_end(&stranger);
	say(room, "epoch-begin");
	sync_pc(room, &world->a);
	assert_int_equal(pieces_of(&world->a), 0);
	end_collecting(room);
	say_words(room, 1);
	sync_pc(room, &world->a);
	assert_int_equal(pieces_of(&world->a), 1);
}

/* A session of MEMBER that keeps up to KEPT: how many pieces it is given; the last into *ITEM_OUT if there is one. */
static unsigned serve(struct hub_room *room, struct member *member,
		      struct ph_cursor *kept, struct ph_item **item_out)
{
	struct ph_job *job = hello_of(member, NULL);
	unsigned count = 0;
	bool more = true;

	job->hello.keeps = true;
	job->hello.kept = *kept;
	carry_out(room, job);
	assert_int_equal(job->result, 0);
	ph_job_free(job);
	member->peer.confirmed = true;
	while (more) {
		job = carry_out(room, job_of(member, PH_JOB_LOAD, NULL));
		assert_int_equal(job->result, 0);
		more = job->items != NULL;
		for (struct ph_item *item = job->items; item; item = item->next) {
			if (item->type != PH_ITEM_KEEP) {
				continue;
			}
			count++;
			kept->n = item->last;
			memcpy(kept->h, item->mark, sizeof(kept->h));
			if (item_out != NULL) {
				ph_items_free(*item_out);
				*item_out = copy_item(item);
				memcpy((*item_out)->mark, item->mark, sizeof(item->mark));
			}
		}
		ph_job_free(job);
	}
	expect_job(room, job_of(member, PH_JOB_HEARD, NULL), 0);
	return count;
}

static void test_how_many(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;
	struct member members[PH_KEEPERS + 2];
	struct ph_cursor kept[PH_KEEPERS + 2] = { 0 };

	for (unsigned i = 0; i < PH_KEEPERS + 2; i++) {
		member_open(room, &members[i], 10 + i, "14-0371");
	}
	say_words(room, 2);
	for (unsigned i = 0; i < PH_KEEPERS + 2; i++) {
		assert_int_equal(serve(room, &members[i], &kept[i], NULL),
				 i < PH_KEEPERS);
	}
	/* another word: who calls first, be it those that have none yet */
	say_words(room, 1);
	for (unsigned i = PH_KEEPERS + 2; i-- > 0;) {
		assert_int_equal(serve(room, &members[i], &kept[i], NULL), i >= 2);
	}
	/* one of them has lost what it kept: it, or another, has it in its place */
	kept[5] = (struct ph_cursor){ 0 };
	assert_int_equal(serve(room, &members[5], &kept[5], NULL), 1);
	for (unsigned i = 0; i < PH_KEEPERS + 2; i++) {
		assert_int_equal(serve(room, &members[i], &kept[i], NULL), 0);
		member_close(&members[i]);
	}
}

static int64_t first_kept(struct pc *pc)
{
	struct ph_stmt *stmt;
	int64_t first;

	assert_int_equal(
		ph_db_prepare(pc->site->db, "SELECT min(first) FROM kept", &stmt), 0);
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	first = ph_stmt_col_int(stmt, 0);
	ph_stmt_reset(stmt);
	return first;
}

/* Who keeps nothing yet need not have what a backup on another disk has; who does goes on as ever. */
static void test_behind_a_backup(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;
	uint64_t backed_up, n;

	say_words(room, 2);
	hub_back_up(room, false);
	sync_pc(room, &world->a);
	assert_int_equal(first_kept(&world->a), 1);
	say_words(room, 1);
	hub_back_up(room, true);
	backed_up = desk_n(room);
	keep(room, room->dir, world->copy);
	sync_pc(room, &world->b);
	assert_int_equal(pieces_of(&world->b), 0);
	say_words(room, 2);
	n = desk_n(room);
	sync_pc(room, &world->b);
	assert_int_equal(first_kept(&world->b), backed_up + 1);
	sync_pc(room, &world->a);
	assert_int_equal(first_kept(&world->a), 1);
	assert_int_equal(pieces_of(&world->a), 2);
	keep(room, world->copy, room->dir);
	say(room, "epoch-begin");
	sync_pc(room, &world->b);
	assert_int_equal(desk_n(room), n);
	end_collecting(room);
}

/* ---- back ---- */

/* A hub that was restored to before some words, or to before all of them, has them again when one device called. */
static void test_comes_back(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;

	for (unsigned first = 0; first < 2; first++) {
		uint64_t before, n;
		char *digest;
		char *now;

		say_words(room, first); /* at first nothing was ever said */
		before = desk_n(room);
		keep(room, room->dir, world->copy);
		say_words(room, 5);
		set_policy(room, first ? "21" : "28");
		n = desk_n(room);
		sync_pc(room, &world->a);
		digest = digest_of(room);
		keep(room, world->copy, room->dir);
		assert_int_equal(desk_n(room), before);
		say(room, "epoch-begin");
		seen.up = 0;
		sync_pc(room, &world->b); /* it has nothing of it */
		assert_int_equal(seen.up, 0);
		assert_int_equal(desk_n(room), before);
		sync_pc(room, &world->a);
		assert_true(seen.up > 0);
		assert_int_equal(desk_n(room), n);
		now = digest_of(room);
		assert_string_equal(now, digest);
		free(now);
		free(digest);
		seen.up = 0;
		sync_pc(room, &world->a); /* once is enough */
		assert_int_equal(seen.up, 0);
		end_collecting(room);
		sync_pc(room, &world->b);
		say_words(room, 1); /* in another log, which goes on from that */
		assert_int_equal(desk_n(room), 3);
		seen.down = 0;
		sync_pc(room, &world->a);
		assert_int_equal(seen.down, 1);
		sync_pc(room, &world->a);
		assert_int_equal(seen.down, 1);
		hub_restart(room);
		assert_int_equal(desk_n(room), 3);
	}
}

/* Two devices have a half each; it is whole in the end, though the second half came first. */
static void test_halves(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;
	uint64_t half, n;

	say_words(room, 1);
	keep(room, room->dir, world->copy);
	say_words(room, 2);
	half = desk_n(room);
	sync_pc(room, &world->a);
	sync_pc(room, &world->b);
	say_words(room, 2);
	n = desk_n(room);
	sync_pc(room, &world->a);
	assert_int_equal(pieces_of(&world->a), 2);
	assert_int_equal(
		ph_db_exec(world->a.site->db, "DELETE FROM kept WHERE first = 1;"), 0);
	keep(room, world->copy, room->dir);
	say(room, "epoch-begin");
	sync_pc(room, &world->a);
	assert_int_equal(seen.up, 1);
	assert_true(desk_n(room) < half);
	sync_pc(room, &world->b);
	assert_int_equal(desk_n(room), half);
	sync_pc(room, &world->a);
	assert_int_equal(desk_n(room), n);
	end_collecting(room);
}

/*
 * A restored hub gets other keys before those call who keep what it lost: it opens that with the key of then.
 * What was sealed by a stolen key, behind what stands here, is nobody's word.
 */
static void test_keys_before_they_call(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;

	for (int stolen = 0; stolen < 2; stolen++) {
		uint64_t before, n;
		struct ph_log old;

		say_words(room, 1);
		before = desk_n(room);
		keep(room, room->dir, world->copy);
		say_words(room, 3);
		n = desk_n(room);
		sync_pc(room, &world->a);
		keep(room, world->copy, room->dir);
		old = *ph_writer_log(room->hub->desk);
		say(room, "epoch-begin");
		replace_keys(room, stolen);
		seen.up = 0;
		sync_pc(room, &world->a);
		assert_true(seen.up > 0);
		assert_int_equal(ph_journal_log_at(room->hub->journal, old.row, &old), 0);
		assert_int_equal(old.n, stolen ? before : n);
		end_collecting(room);
		say_words(room, 1); /* under the new ones, and behind that */
		sync_pc(room, &world->a);
		sync_pc(room, &world->a);
		assert_false(room->hub->collecting);
	}
}

/*
 * A backup, words, other keys, words, and the disk is dead: what it had said before the keys were replaced comes
 * back, what it said after that was said by a key that nobody has any more.
 */
static void test_keys_since_the_backup(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;
	int64_t control;
	uint64_t n;

	say_words(room, 1);
	keep(room, room->dir, world->copy);
	say_words(room, 2);
	set_policy(room, "21");
	n = desk_n(room);
	control = hub_says(room, "control_entries");
	sync_pc(room, &world->a);
	assert_int_equal(replace_keys(room, false), 2);
	say_words(room, 2);
	set_policy(room, "28");
	sync_pc(room, &world->a);
	sync_pc(room, &world->a);
	assert_true(pieces_of(&world->a) >= 2);
	keep(room, world->copy, room->dir);
	say(room, "epoch-begin");
	sync_pc(room, &world->a);
	assert_int_equal(desk_n(room), n);
	assert_int_equal(hub_says(room, "control_entries"), control);
	end_collecting(room);
	assert_int_equal(replace_keys(room, false), 3);
	set_policy(room, "14");
	for (unsigned i = 0; i < 3; i++) {
		sync_pc(room, &world->a);
		assert_false(room->hub->collecting);
	}
	assert_int_equal(seen.wants, 0); /* what cannot be opened is asked for once */
}

/*
 * Devices that call weeks later bring words of the lost days, the last of them first; this store is none
 * that was put back.
 */
static void test_late(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;
	uint64_t before, half, n;
	struct ph_log old;

	say_words(room, 1);
	before = desk_n(room);
	keep(room, room->dir, world->copy);
	say_words(room, 2);
	half = desk_n(room);
	sync_pc(room, &world->a);
	sync_pc(room, &world->b);
	say_words(room, 2);
	n = desk_n(room);
	sync_pc(room, &world->b);
	assert_int_equal(
		ph_db_exec(world->b.site->db, "DELETE FROM kept WHERE first = 1;"), 0);
	keep(room, world->copy, room->dir);
	say(room, "epoch-begin");
	end_collecting(room);
	old = *ph_writer_log(room->hub->desk);
	say_words(room, 1);
	for (unsigned i = 0; i < 4;
	     i++) { /* the last time nothing is left to be brought */
		const uint64_t then[] = { before, half, n, n };

		if (i == 2) { /* the next process knows of it, too */
			hub_restart(room);
		}
		sync_pc(room, i % 2 == 0 ? &world->b : &world->a);
		assert_int_equal(seen.up, i < 3 ? i + 1 : 3);
		assert_int_equal(ph_journal_log_at(room->hub->journal, old.row, &old), 0);
		assert_int_equal(old.n, then[i]);
		assert_false(room->hub->collecting);
	}
	assert_int_equal(hub_says(room, "epoch"), 2);
	sync_pc(room, &world->b);
	assert_int_equal(pieces_of(&world->b), 2); /* and one of the log of now */
	/* and for 90 days, to the second */
	for (int i = 0; i < 2; i++) {
		room->hub->keepers.late =
			ph_hub_now(room->hub) + 60 - 90 * 86400 + (i == 0);
		sync_pc(room, &world->b);
		assert_int_equal(seen.wants > 0, i == 0);
	}
}

/*
 * Nothing was said in the control log: its position shows nothing, and what a device keeps does. Also
 * where the hub has said as many words since as were lost, or more of them.
 */
static void test_put_back_is_found(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;

	for (int speaks = 0; speaks < 3; speaks++) {
		const unsigned said[] = { 0, 3, 5 };
		struct ph_log lost, held;
		struct drove drove;
		uint64_t n;

		say_words(room, 2);
		keep(room, room->dir, world->copy);
		say_words(room, 3);
		n = desk_n(room);
		lost = *ph_writer_log(room->hub->desk);
		sync_pc(room, &world->a);
		keep(room, world->copy, room->dir);
		say_words(room, said[speaks]);
		assert_false(room->hub->collecting);
		seen.why = PH_WHY_NONE;
		drove = drive(room, &world->a, WHOLE_DRIVE);
		assert_int_equal(drove.failure, PH_FAIL_REFUSED);
		assert_int_equal(drove.status, PH_STATUS_LATER);
		assert_int_equal(seen.why, PH_WHY_PUT_BACK);
		assert_true(room->hub->collecting);
		assert_int_equal(hub_says(room, "epoch"), 2 + speaks);
		hub_restart(room);
		assert_true(room->hub->collecting);
		say_words(room, speaks ? 1 : 0); /* in another log by now */
		sync_pc(room, &world->a);
		assert_int_equal(ph_journal_log_with(room->hub->journal, lost.id, lost.n,
						     lost.h, &held),
				 0);
		assert_int_equal(held.n, n);
		end_collecting(room);
		sync_pc(room, &world->a);
		sync_pc(room, &world->b);
		assert_false(room->hub->collecting);
		assert_int_equal(hub_says(room, "epoch"), 2 + speaks);
	}
}

/*
 * A device keeps several pieces of the lost words, and the hub has said fewer words since: what lies behind its last
 * one goes on from none that is there. All of it comes back, also when the hub is started anew before
 * each session, and when `restore` said that it is an older store.
 */
static void test_fewer_words_since(void **state)
{
	enum {
		FOUND,
		FOUND_AND_STARTED,
		RESTORED,
		N_WAYS
	};
	struct world *world = *state;
	struct hub_room *room = &world->room;

	for (int way = 0; way < N_WAYS; way++) {
		struct ph_log lost, held;
		uint64_t pieces;

		say_words(room, 2);
		sync_pc(room, &world->a);
		keep(room, room->dir, world->copy);
		pieces = pieces_of(&world->a);
		for (unsigned i = 0; i < 4; i++) {
			say_words(room, 1);
			sync_pc(room, &world->a);
		}
		assert_int_equal(pieces_of(&world->a), pieces + 4);
		lost = *ph_writer_log(room->hub->desk);
		keep(room, world->copy, room->dir);
		say_words(room, 2);
		if (way == RESTORED) {
			say(room, "epoch-begin");
		} else {
			assert_int_equal(drive(room, &world->a, WHOLE_DRIVE).status,
					 PH_STATUS_LATER);
		}
		assert_true(room->hub->collecting);
		say_words(room, 1); /* in another log by now */
		for (unsigned i = 0; i < 2; i++) {
			if (way == FOUND_AND_STARTED) {
				hub_restart(room);
			}
			sync_pc(room, &world->a);
		}
		assert_int_equal(ph_journal_log_with(room->hub->journal, lost.id, lost.n,
						     lost.h, &held),
				 0);
		assert_int_equal(held.n, lost.n);
		end_collecting(room);
		seen.up = 0;
		sync_pc(room, &world->a);
		assert_int_equal(seen.up, 0);
		sync_pc(room, &world->a);
		sync_pc(room, &world->b);
		assert_false(room->hub->collecting);
	}
}

/* Of what it keeps the hub has lost what comes before it: it is asked for all of it once, and no more. */
static void test_what_goes_on_from_nothing(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;

	say_words(room, 1);
	keep(room, room->dir, world->copy);
	for (unsigned i = 0; i < 2; i++) {
		say_words(room, 1);
		sync_pc(room, &world->a);
	}
	assert_int_equal(
		ph_db_exec(world->a.site->db, "DELETE FROM kept WHERE first = 1;"), 0);
	keep(room, world->copy, room->dir);
	say(room, "epoch-begin");
	end_collecting(room);
	for (unsigned i = 1; i < 5; i++) {
		sync_pc(room, &world->a);
		assert_int_equal(seen.up, i < 2 ? i : 2);
		assert_int_equal(seen.wants > 0, i < 3);
	}
	/* the next process looks once more, and knows already that it is to ask for all */
	hub_restart(room);
	for (unsigned i = 1; i < 3; i++) {
		sync_pc(room, &world->a);
		assert_int_equal(seen.up, 3);
		assert_int_equal(seen.wants > 0, i < 2);
	}
}

/* Who tells a position that is none of ours, and brings what we have, makes us believe nothing. */
static void test_a_claim_proves_nothing(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;

	say_words(room, 3);
	sync_pc(room, &world->a);
	assert_int_equal(seen.wants, 0);
	seen.lies = true;
	sync_pc(room, &world->a);
	assert_true(seen.wants > 0);
	assert_int_equal(seen.up, 1);
	assert_false(room->hub->collecting);
	assert_int_equal(hub_says(room, "epoch"), 1);
	seen.lies = false;
	sync_pc(room, &world->a);
	assert_int_equal(seen.wants, 0);
	assert_int_equal(seen.up, 1);
	/* what went bad at a device, or is of keys that are no more, is looked at once */
	assert_int_equal(ph_db_exec(world->a.site->db,
				    "UPDATE kept SET mark = x'5555555555555555';"),
			 0);
	for (unsigned i = 0; i < 3; i++) {
		sync_pc(room, &world->a);
		assert_int_equal(seen.wants > 0, i == 0);
		assert_int_equal(seen.up, 2);
	}
	assert_int_equal(hub_says(room, "epoch"), 1);
}

static struct ph_item *piece_like(const struct ph_item *item)
{
	struct ph_item *copy = copy_item(item);

	memcpy(copy->mark, item->mark, sizeof(copy->mark));
	return copy;
}

/* The same words by another hub's key. */
static struct ph_item *piece_of_stranger(struct hub_room *room,
					 const struct ph_item *item)
{
	struct ph_keep keep = { .first = item->first,
				.last = item->last,
				.cipher = ph_buf_view(&item->body) };
	struct ph_item *made = ph_item_new(PH_ITEM_KEEP);
	struct ph_buf body = { 0 };
	struct ph_sign_pair other;
	struct ph_segment segment;

	assert_non_null(made);
	memcpy(keep.log_id, item->log_id, sizeof(keep.log_id));
	memcpy(keep.mark, item->mark, sizeof(keep.mark));
	assert_int_equal(
		ph_keep_open(room->hub->keys.sign.secret, &keep, &segment, &body), 0);
	ph_sign_pair_make(&other, &room->rng);
	assert_int_equal(ph_keep_seal(other.secret, &segment, item->mark, &made->body),
			 0);
	memcpy(made->log_id, item->log_id, sizeof(made->log_id));
	memcpy(made->mark, item->mark, sizeof(made->mark));
	made->first = item->first;
	made->last = item->last;
	ph_sign_pair_wipe(&other);
	ph_buf_deinit(&body);
	return made;
}

static void test_hostile(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;
	struct ph_cursor kept = { 0 };
	struct ph_item *piece = NULL;
	struct ph_item *item;
	struct member member;
	uint64_t before, n;

	say_words(room, 1);
	before = desk_n(room);
	keep(room, room->dir, world->copy);
	say_words(room, 3);
	n = desk_n(room);
	member_open(room, &member, 9, "14-0371");
	assert_int_equal(serve(room, &member, &kept, &piece), 1);
	assert_int_equal(piece->first, 1);
	assert_int_equal(piece->last, n);
	/* nobody asked for it */
	expect_bad(room, store_of(&member, piece_like(piece)));
	keep(room, world->copy, room->dir);
	say(room, "epoch-begin");
	be_admitted(room,
		    &member); /* its hello keeps nothing, so it is not asked either */
	expect_bad(room, store_of(&member, piece_like(piece)));

	serve(room, &member, &kept, NULL);
	assert_true(member.peer.keep_asked);
	for (unsigned i = 0; i < 7; i++) {
		item = i == 6 ? piece_of_stranger(room, piece) : piece_like(piece);
		item->body.data[0] ^= i == 0;
		item->body.data[item->body.len - 1] ^= i == 1;
		item->first += i == 2;
		item->last += i == 3;
		item->log_id[0] ^= i == 4;
		item->mark[0] ^= i == 5;
		expect_job(room, store_of(&member, item), 0);
		assert_int_equal(desk_n(room), before);
	}
	expect_job(room, store_of(&member, piece_like(piece)), 0);
	assert_int_equal(desk_n(room), n);
	/* again: nothing is new, and no other epoch begins */
	expect_job(room, store_of(&member, piece_like(piece)), 0);
	assert_int_equal(desk_n(room), n);
	assert_int_equal(hub_says(room, "epoch"), 2);
	ph_items_free(piece);
	member_close(&member);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(test_given),
		WORLD(test_not_given),
		WORLD(test_how_many),
		WORLD(test_behind_a_backup),
		WORLD(test_comes_back),
		WORLD(test_halves),
		WORLD(test_keys_before_they_call),
		WORLD(test_keys_since_the_backup),
		WORLD(test_late),
		WORLD(test_put_back_is_found),
		WORLD(test_fewer_words_since),
		WORLD(test_what_goes_on_from_nothing),
		WORLD(test_a_claim_proves_nothing),
		WORLD(test_hostile),
	};

	return cmocka_run_group_tests_name("hub_keep", tests, make_pattern,
					   remove_pattern);
}
