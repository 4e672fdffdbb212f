/*
 * tests/power/script.c - the random things that hub and sites do, one call at a time.
 *
 * A call is what may be acknowledged by itself: a write, a commit, a job of a session, a
 * command. Around each the world is told (world->call), and when a call returned 0 what
 * the machine holds then is what it has promised. A receipt is promised by the hub when
 * the job that carries it is done, before the site has heard of it.
 */
#include "tests/power/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/site_kept.h"
#include "client/site_unfinished.h"
#include "daemon/hub_internal.h"

#define FRAME_SHORT 256 /* bytes of a hub's frame, of which more are whole before a cut */

void power_call(struct world *world, unsigned machine)
{
	if (world && world->call) {
		world->call(world->data, machine, false);
	}
}

void power_keep_words(const struct holding *old, struct holding *new)
{
	new->beside.gone = old->beside.gone;
	new->beside.pin = old->beside.pin;
	new->beside.tries = old->beside.tries;
	new->beside.mark = old->beside.mark;
	memcpy(new->told, old->told, sizeof(new->told));
	memcpy(new->code, old->code, sizeof(new->code));
	new->n_codes = old->n_codes;
	memcpy(new->vow, old->vow, sizeof(new->vow));
	new->n_vows = old->n_vows;
	for (unsigned i = 0; i < new->n_logs; i++) {
		struct held *held = &new->log[i];
		const struct held *before =
			held_of((struct holding *)old, held->head.log_id);

		if (before && before->receipted > held->receipted) {
			held->receipted = before->receipted;
			held->n_missing = before->n_missing;
			memcpy(held->missing, before->missing, sizeof(held->missing));
		}
		if (before && before->second > held->second) {
			held->second = before->second;
		}
	}
}

/* It said that it is done, but nothing can be read there any more: take it at its word. */
static void promise_own(struct world *world, unsigned machine)
{
	const struct ph_log *own = ph_site_log(world->site[machine]);
	struct held *held = held_of(&world->promised[machine], own->id);

	if (held && own->n > held->head.n) {
		held->head.n = own->n;
		memcpy(held->head.h, own->h, sizeof(own->h));
	}
}

/* The call on MACHINE returned RC: when it is good, what is held now is promised. */
void power_called(struct world *world, unsigned machine, int rc)
{
	struct holding now;

	if (world == NULL) {
		return;
	}
	if (rc >= 0) {
		rc = machine == HUB ? hub_holding(world->hub, &now)
				    : site_holding(world->site[machine], &now);
		if (rc == 0) {
			power_keep_words(&world->promised[machine], &now);
			power_month_turns(world, &world->promised[machine], &now);
			rc = machine == HUB
				     ? 0
				     : power_front_gone(world->site[machine],
							&world->promised[machine], &now);
			world->promised[machine] = now;
		} else if (machine != HUB) {
			promise_own(world, machine);
		}
	}
	if (world->call) {
		world->call(world->data, machine, true);
	}
}

/* --- sessions --- */

struct road {
	const struct drive *drive;
	struct ph_session *device, *hub;
	struct ph_hub_peer peer;
	struct ph_unfinished front; /* for the session, and what it left */
	int64_t left;               /* bytes until the cut; below 0: none comes */
	int failed;
	struct ph_error *err;
};

/* What JOB's receipts promise, now that the hub has given it back. */
static void promise_receipts(const struct road *road, const struct ph_job *job)
{
	struct world *world = road->drive->world;
	bool hello = job->type == PH_JOB_HELLO;
	const struct ph_short_receipt *list = hello ? job->welcome.receipt : job->receipt;
	unsigned n = hello ? job->welcome.n_receipts : job->n_receipts;

	for (unsigned i = 0; world && list && i < n; i++) {
		struct held *held = held_of(&world->promised[HUB],
					    road->peer.head[list[i].index].log_id);

		if (held && list[i].n >= held->receipted) {
			held->receipted = list[i].n;
			held->n_missing = list[i].n_missing;
			memcpy(held->missing, list[i].missing, sizeof(held->missing));
		}
	}
}

static bool hub_jobs(struct road *road)
{
	struct ph_job *job;
	bool any = false;

	while ((job = ph_session_take_job(road->hub)) != NULL) {
		int rc;

		any = true;
		job->owner = &road->peer;
		power_call(road->drive->world, HUB);
		ph_hub_jobs(road->drive->hub, job);
		rc = job->result;
		if (rc < 0) {
			road->failed = rc;
			ph_fail(road->err, PH_EXIT_OTHER, rc, "the hub's job %d: %d",
				(int)job->type, rc);
		} else if (job->bad || job->later) {
			road->failed = -EPROTO;
			ph_fail(road->err, PH_EXIT_OTHER, rc, "the hub refuses: %s",
				road->peer.refusal);
		}
		power_called(road->drive->world, HUB, rc);
		if (rc >= 0) {
			promise_receipts(road, job);
		}
		ph_session_give_job(road->hub, job, 1000);
	}
	return any;
}

static bool site_jobs(struct road *road)
{
	struct world *world = road->drive->world;
	unsigned index = road->drive->index;
	struct ph_job *job;
	bool any = false;

	while ((job = ph_session_take_job(road->device)) != NULL) {
		any = true;
		power_call(world, index);
		ph_site_job(road->drive->site, job, road->err);
		if (job->result < 0 || job->bad) {
			road->failed = job->result < 0 ? job->result : -EPROTO;
			ph_fail(road->err, PH_EXIT_OTHER, job->result,
				"the site's job %d: %d%s", (int)job->type, job->result,
				job->bad ? ", bad" : "");
		}
		power_called(world, index, job->result);
		if (world && job->result >= 0) {
			world->promised[HUB].told[index] = world->promised[index].fed;
		}
		ph_session_give_job(road->device, job, 1000);
	}
	return any;
}

static bool carry(struct road *road, struct ph_session *from, struct ph_session *to)
{
	struct ph_view bytes = ph_session_output(from);

	if (road->left >= 0 && bytes.len > (uint64_t)road->left) {
		bytes.len = (size_t)road->left;
	}
	if (bytes.len == 0) {
		return false;
	}
	road->left -= road->left >= 0 ? (int64_t)bytes.len : 0;
	ph_session_receive(to, bytes, 1000);
	ph_session_sent(from, bytes.len, 1000);
	return true;
}

const struct ph_box_pair *power_called_keys(struct ph_hub *hub, struct ph_site *site)
{
	const uint8_t *box = ph_site_hub_box(site);
	unsigned n = 0;
	const struct ph_box_pair *pairs = ph_hub_statics(hub, &n);

	for (unsigned i = 0; i < n; i++) {
		if (memcmp(pairs[i].key, box, PH_KEY_SIZE) == 0) {
			return &pairs[i];
		}
	}
	return NULL;
}

static int road_open(struct road *road)
{
	const struct drive *drive = road->drive;
	struct ph_session_config device = { .side = PH_SIDE_DEVICE,
					    .keys = ph_site_box(drive->site),
					    .cert = ph_site_cert(drive->site),
					    .rng = drive->site_rng };
	struct ph_session_config hub = { .side = PH_SIDE_HUB,
					 .keys = power_called_keys(drive->hub,
								   drive->site),
					 .rng = drive->hub_rng,
					 .frame_max = drive->hub_frame };
	struct ph_hello *hello = calloc(1, sizeof(*hello)); /* too large for a stack */
	struct ph_buf arena = { 0 };
	int rc;

	if (hello == NULL) {
		return -ENOMEM;
	}
	if (hub.keys == NULL) {
		free(hello);
		return ph_fail(road->err, PH_EXIT_OTHER, -ENOKEY,
			       "the hub has not the keys by which the site calls");
	}
	memcpy(device.hub_key, hub.keys->key, sizeof(device.hub_key));
	power_call(drive->world, drive->index);
	rc = ph_site_hello(drive->site, 4096, hello, &arena, road->err);
	rc = rc != 0 ? rc : ph_site_unfinished_tell(drive->site, hello, &road->front);
	rc = rc < 0 ? rc : ph_site_kept_tell(drive->site, hello);
	power_called(drive->world, drive->index, rc);
	device.hello = hello;
	device.partial = &road->front;
	if (rc == 0) {
		rc = ph_session_new(&road->device, &device, 1000);
	}
	if (rc == 0) {
		rc = ph_session_new(&road->hub, &hub, 1000);
	}
	ph_buf_deinit(&arena);
	free(hello);
	return rc;
}

static bool is_over(const struct road *road)
{
	return road->failed != 0 ||
	       (ph_session_state(road->device) >= PH_SESSION_CLOSED &&
		ph_session_state(road->hub) >= PH_SESSION_CLOSED);
}

/* The link has broken, if it did: what came whole is stored, and what is left of an item kept. */
static int hang_up(struct road *road, bool complete)
{
	const struct drive *drive = road->drive;
	struct ph_unfinished_kept kept;
	int rc;

	if (!complete) {
		ph_session_eof(road->device);
		ph_session_eof(road->hub);
	}
	while (road->failed == 0 && (hub_jobs(road) || site_jobs(road))) {
	}
	if (road->failed != 0) {
		return road->failed;
	}
	(void)ph_session_take_partial(road->device, &road->front);
	power_call(drive->world, drive->index);
	rc = ph_site_unfinished_keep(drive->site, &road->front, complete,
				     ph_session_status(road->device), &kept);
	power_called(drive->world, drive->index, rc);
	return rc < 0 || drive->world == NULL
		       ? rc
		       : power_front_kept(drive->site, drive->index);
}

int power_session(const struct drive *drive, struct ph_error *err)
{
	struct road road = { .drive = drive, .left = drive->cut, .err = err };
	struct ph_session_counts counts = { 0 };
	unsigned still = 0;
	bool complete;
	int rc = road_open(&road);

	while (rc == 0 && still < 3 && !is_over(&road)) {
		bool any = carry(&road, road.device, road.hub);

		any |= hub_jobs(&road);
		any |= carry(&road, road.hub, road.device);
		any |= road.failed == 0 && site_jobs(&road);
		still = any ? 0 : still + 1;
	}
	rc = rc < 0 ? rc : road.failed;
	if (rc < 0) {
		goto out;
	}
	complete = ph_session_state(road.device) == PH_SESSION_CLOSED;
	if (!complete && drive->cut < 0) {
		rc = ph_fail(err, PH_EXIT_OTHER, -EPROTO,
			     "the session did not end in order: state %d, failure %d",
			     (int)ph_session_state(road.device),
			     (int)ph_session_failure(road.device));
		goto out;
	}
	rc = hang_up(&road, complete);
	if (rc < 0) {
		goto out;
	}
	ph_session_counts(road.device, &counts);
	power_call(drive->world, drive->index);
	rc = ph_site_session_end(drive->site, complete, complete ? "" : "cut", &counts);
	power_called(drive->world, drive->index, rc);
	rc = rc < 0 ? rc : !complete;
out:
	ph_unfinished_deinit(&road.front);
	ph_session_free(road.device);
	ph_session_free(road.hub);
	return rc;
}

/* --- what a site writes --- */

static struct ph_entry entry_of(uint32_t number)
{
	return (struct ph_entry){ .kind = ph_kind_find(number), .number = number };
}

static void set_uint(struct ph_entry *entry, unsigned field, uint64_t value)
{
	entry->field[field].set = true;
	entry->field[field].as.uint = value;
}

static void set_id(struct ph_entry *entry, unsigned field, const char *code)
{
	entry->field[field].set = true;
	entry->field[field].as.id = (struct ph_id){ .code = ph_view_str(code) };
}

static void set_text(struct ph_value *value, const char *text)
{
	value->set = true;
	value->as.bytes = ph_view_str(text);
}

/* Texts that entries borrow until they are written. */
struct texts {
	char copy[24], card[24], name[400];
};

static struct ph_entry random_entry(struct world *world, struct texts *texts)
{
	struct ph_entry entry;

	snprintf(texts->copy, sizeof(texts->copy), "C%u",
		 (unsigned)power_below(world, 12));
	snprintf(texts->card, sizeof(texts->card), "K%u",
		 (unsigned)power_below(world, 5));
	switch (power_below(world, 6)) {
	case 0:
		entry = entry_of(PH_KIND_VISIT);
		set_uint(&entry, PH_VISIT_COUNT, 1 + power_below(world, 50));
		break;
	case 1: /* of many lengths, so that commits end anywhere in a page */
		entry = entry_of(PH_KIND_READER_PUT);
		snprintf(texts->name, sizeof(texts->name), "Lò Thị %0*u",
			 (int)(1 + power_below(world, 150)), (unsigned)++world->written);
		set_text(&entry.sealed[PH_READER_S_NAME], texts->name);
		set_text(&entry.field[PH_READER_COMMUNE], "03646");
		break;
	case 2:
		entry = entry_of(PH_KIND_COPY_PUT);
		set_id(&entry, PH_COPY_COPY, texts->copy);
		set_text(&entry.field[PH_COPY_SHELF], "A1");
		break;
	case 3:
	case 4:
		entry = entry_of(PH_KIND_LOAN);
		set_id(&entry, PH_LOAN_COPY, texts->copy);
		set_id(&entry, PH_LOAN_CARD, texts->card);
		break;
	default:
		entry = entry_of(PH_KIND_RETURN);
		set_id(&entry, PH_RETURN_COPY, texts->copy);
		break;
	}
	return entry;
}

int power_visit(struct ph_site *site, uint64_t count, struct ph_error *err)
{
	struct ph_entry entry = entry_of(PH_KIND_VISIT);

	set_uint(&entry, PH_VISIT_COUNT, count);
	return ph_site_write(site, &entry, 1, NULL, err);
}

int power_policy(struct ph_hub *hub, uint64_t value, struct ph_error *err)
{
	char text[24];
	json_t *request;
	json_t *answer;
	int rc;

	snprintf(text, sizeof(text), "%u", (unsigned)(1 + value % 300));
	request = json_pack("{s:s, s:s, s:s}", "command", "policy-set", "name",
			    "loan-term-days", "value", text);
	answer = ph_hub_command(hub, request);
	rc = json_integer_value(json_object_get(answer, "exit")) != 0;
	if (rc) {
		ph_fail(err, PH_EXIT_OTHER, rc, "%s",
			json_string_value(json_object_get(answer, "error")));
	}
	json_decref(request);
	json_decref(answer);
	return rc ? -EIO : 0;
}

/* --- steps; each gives 0 or negative errno --- */

static int write_one(struct world *world, unsigned index)
{
	struct texts texts;
	struct ph_entry entry = random_entry(world, &texts);
	struct ph_ref ref;
	int rc;

	power_call(world, index);
	rc = ph_site_write(world->site[index], &entry, 1, &ref, &world->err);
	power_called(world, index, rc);
	if (rc == 0 && entry.number == PH_KIND_READER_PUT) {
		power_erase_wrote(&ref);
	}
	return rc;
}

/* One call from begin to commit: only that acknowledges. */
static int write_batch(struct world *world, unsigned index)
{
	struct holding *promised = &world->promised[index];
	unsigned n = 2 + (unsigned)power_below(world, 6);
	char code[PH_PRINTED_SIZE + 1] = "";
	int rc;

	power_call(world, index);
	rc = ph_site_begin(world->site[index], &world->err);
	for (unsigned i = 0; rc == 0 && i < n; i++) {
		struct texts texts;
		struct ph_entry entry = random_entry(world, &texts);

		rc = ph_site_write(world->site[index], &entry, 1, NULL, &world->err);
	}
	if (rc == 0 && power_below(world, 3) == 0) {
		rc = ph_site_print_code(world->site[index], code, &world->err);
	}
	if (rc == 0) {
		rc = ph_site_commit(world->site[index], &world->err);
	}
	if (rc == 0 && code[0] != '\0' && promised->n_codes < CODES_MAX) {
		memcpy(promised->code[promised->n_codes++], code, sizeof(code));
	}
	power_called(world, index, rc);
	return rc;
}

static int print_code(struct world *world, unsigned index)
{
	struct holding *promised = &world->promised[index];
	char code[PH_PRINTED_SIZE + 1];
	int rc;

	power_call(world, index);
	rc = ph_site_print_code(world->site[index], code, &world->err);
	if (rc == 0 && promised->n_codes < CODES_MAX) {
		memcpy(promised->code[promised->n_codes++], code, sizeof(code));
	}
	power_called(world, index, rc);
	return rc;
}

static int fold_site(struct world *world, unsigned index)
{
	int rc;

	power_call(world, index);
	rc = ph_site_ledger(world->site[index], &world->err) ? 0 : -EIO;
	power_called(world, index, rc);
	return rc;
}

/* The command ends and the next begins: the WAL is brought into the database. */
static int reopen_site(struct world *world, unsigned index)
{
	int rc;

	power_call(world, index);
	ph_site_pause(world->site[index]);
	rc = ph_site_resume(world->site[index], &world->err);
	power_called(world, index, rc);
	return rc;
}

static int reopen_hub(struct world *world)
{
	int rc;

	power_call(world, HUB);
	ph_hub_close(world->hub);
	world->hub = NULL;
	world->machine[HUB].is_without = power_below(world, 4) == 0;
	rc = world_open_hub(&world->machine[HUB], power_name[HUB], &world->hub,
			    &world->err);
	power_called(world, HUB, rc);
	return rc;
}

static int fold_hub(struct world *world)
{
	int rc;

	power_call(world, HUB);
	rc = ph_hub_fold(world->hub);
	power_called(world, HUB, rc);
	return rc;
}

static int command_hub(struct world *world)
{
	int rc;

	power_call(world, HUB);
	rc = power_policy(world->hub, power_below(world, 1000), &world->err);
	power_called(world, HUB, rc);
	return rc;
}

int power_meet(struct world *world, unsigned index, int64_t cut)
{
	struct ph_error *err = &world->err;
	bool is_short = power_below(world, 2) == 0;
	int rc = power_session(&(struct drive){ .world = world,
						.hub = world->hub,
						.site = world->site[index],
						.index = index,
						.hub_rng = world->machine[HUB].rng,
						.site_rng = world->machine[index].rng,
						.cut = cut,
						.hub_frame = is_short ? FRAME_SHORT : 0 },
			       err);

	if (rc >= 0) { /* as `sync` does behind a session */
		power_call(world, index);
		rc = ph_site_erase_heard(world->site[index], err);
		power_called(world, index, rc);
	}
	return rc > 0 ? 0 : rc;
}

static int meet(struct world *world, unsigned index)
{
	bool cut = power_below(world, 4) == 0;

	return power_meet(world, index, cut ? (int64_t)power_below(world, 6000) : -1);
}

bool world_step(struct world *world)
{
	unsigned index = SITE_A + (unsigned)power_below(world, SITES);
	int rc;

	for (unsigned i = 0; i < MACHINES; i++) {
		world->machine[i].now.wall += 20;
		world->machine[i].now.mono_ms += 20000;
	}
	memset(&world->err, 0, sizeof(world->err));
	switch (power_below(world, 25)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
	case 5:
	case 6:
		world->doing = "write one";
		rc = write_one(world, index);
		break;
	case 7:
	case 8:
		world->doing = "write batch";
		rc = write_batch(world, index);
		break;
	case 9:
		world->doing = "print code";
		rc = print_code(world, index);
		break;
	case 10:
		world->doing = "fold site";
		rc = fold_site(world, index);
		break;
	case 11:
		world->doing = "reopen site";
		rc = reopen_site(world, index);
		break;
	case 12:
		world->doing = "reopen hub";
		rc = reopen_hub(world);
		break;
	case 13:
		world->doing = "fold hub";
		rc = fold_hub(world);
		break;
	case 14:
		world->doing = "command hub";
		rc = command_hub(world);
		break;
	case 15:
	case 18:
		rc = power_roads(world, index);
		break;
	case 16:
		world->doing = "budget";
		rc = power_budget(world, index);
		break;
	case 17:
		rc = power_seldom(world, index);
		break;
	case 23:
	case 24:
		world->doing = "front";
		rc = power_front(world);
		break;
	default:
		world->doing = "meet";
		rc = meet(world, index);
		break;
	}
	return rc == 0;
}
