/*
 * tests/fuzz/fuzz_sibling.c - another device of the site, on the LAN, that says anything.
 *
 * The site is a real one in a folder, with an entry of each sort that travels; its session is
 * ph_session, its store ph_site_lan. Byte 0: bit 0 the site calls, else it answers; bit 1
 * bytes come 7 at a time; bit 2 hello or welcome are the bytes that follow (their number in
 * two before them), else genuine ones but for one member, which a byte picks. Bits 3 to 5 say
 * who the other is: a device that is confirmed, one that is not, somebody who shows the
 * certificate of the first, a device that was retired or cut off, or one that shows the
 * site's own certificate. Then follow steps, the first byte of which (modulo 10) picks one:
 *
 *   0, 1  seal the next bytes (their number in two before them) as one frame
 *   2     the other's log from an entry on (a byte), perhaps with a wrong seal
 *   3     the sealed part of an entry of it (a byte)
 *   4     the control log, or the site's own log as the other's
 *   5     a message without a body, which a byte picks
 *   6     take and open what the site says
 *   7     let the next byte, in seconds, pass
 *   8     bytes as they are (their number in one byte before them); none: the end
 *   9     the site's jobs are done
 *
 * Who is not confirmed, or does not hold the key of its certificate, is given nothing and
 * has nothing stored. Nobody here moves a receipt, the feed, the clock or the site's own log,
 * nor hears of any; what the site says opens and decodes; and its store stays whole.
 */
#include "tests/unit/site_sibling.h"

#include "client/site_internal.h"
#include "client/site_lan.h"
#include "proto/frame.h"
#include "proto/meet.h"
#include "proto/noise.h"

#include "tests/fuzz/choices.h"
#include "tests/fuzz/greeting_bend.h"
#include "tests/fuzz/site_devices.h"
#include "tests/fuzz/site_whole.h"
#include "tests/fuzz/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	FLAG_CALLS = 1,
	FLAG_PIECES = 2,
	FLAG_BYTES = 4,
	CONFIRMED = 0, /* who the other is */
	UNCONFIRMED = 1,
	RETIRED = 2,
	CUT_OFF = 3,
	DEVICES = 4,
	THIEF = DEVICES,
	MIRROR,
	ALL_SORTS,
	STEPS_MAX = 60,
};

struct scene {
	struct choices choices;
	unsigned flags, who;
	struct ph_session *session;
	struct ph_site_lan *lan;
	struct ph_noise noise;
	struct ph_cipher send, receive;
	struct ph_rng_seeded state, session_state;
	struct ph_rng rng;
	uint64_t now;
	bool split;
};

static struct world *world; /* of the site under test */
static struct other others[DEVICES];
static struct ph_box_pair thief;
static char pattern[96];
static uint64_t own; /* entries of the site */
static uint8_t own_h[PH_HASH_SIZE];
static struct ph_site_state before;
static int64_t changes;

static struct ph_site *other_site(const struct scene *scene)
{
	return scene->who == MIRROR  ? world->site
	       : scene->who == THIEF ? others[CONFIRMED].world->site
				     : others[scene->who].world->site;
}

static const struct ph_box_pair *other_keys(const struct scene *scene)
{
	return scene->who == THIEF ? &thief : ph_site_box(other_site(scene));
}

/* --- the wire --- */

static void deliver(struct scene *scene, struct ph_view bytes)
{
	size_t step = scene->flags & FLAG_PIECES ? 7 : bytes.len;

	while (bytes.len > 0) {
		size_t len = bytes.len < step ? bytes.len : step;

		ph_session_receive(scene->session, PH_VIEW(bytes.data, len), scene->now);
		bytes.data += len;
		bytes.len -= len;
	}
}

static void deliver_frame(struct scene *scene, struct ph_view body)
{
	struct ph_buf frame = { 0 };

	if (ph_frame_encode(body, &frame) == 0) {
		deliver(scene, ph_buf_view(&frame));
	}
	ph_buf_deinit(&frame);
}

static void say_plain(struct scene *scene, struct ph_view plain)
{
	struct ph_buf sealed = { 0 };

	if (scene->split && plain.len > 0 && plain.len <= PH_NOISE_PLAIN_MAX) {
		must(ph_cipher_seal(&scene->send, plain, &sealed) == 0);
		deliver_frame(scene, ph_buf_view(&sealed));
	}
	ph_buf_deinit(&sealed);
}

static void say_message(struct scene *scene, const struct ph_message *message)
{
	struct ph_buf plain = { 0 };

	if (ph_message_encode(message, &plain) == 0) {
		say_plain(scene, ph_buf_view(&plain));
	}
	ph_buf_deinit(&plain);
}

static void say_item(struct scene *scene, struct ph_item *item)
{
	struct ph_message message = { .type = item->type == PH_ITEM_PART ? PH_MSG_PART
									 : PH_MSG_SEGMENT,
				      .first = item->first,
				      .last = item->last,
				      .total = item->body.len,
				      .chunk = ph_buf_view(&item->body) };

	memcpy(message.log_id, item->log_id, sizeof(message.log_id));
	memcpy(message.seal, item->seal, sizeof(message.seal));
	memcpy(message.seed, item->seed, sizeof(message.seed));
	ph_item_hash(item, message.hash);
	say_message(scene, &message);
	ph_items_free(item);
}

/* --- what the site says --- */

static bool is_judged(const struct scene *scene)
{
	return ph_site_lan_is_known(scene->lan);
}

static void judge_message(const struct scene *scene, const struct ph_message *message)
{
	switch (message->type) {
	case PH_MSG_SEGMENT:
	case PH_MSG_PACKED:
	case PH_MSG_PART:
	case PH_MSG_MORE:
		must(is_judged(scene) && scene->who == CONFIRMED);
		break;
	case PH_MSG_RECEIPT:
	case PH_MSG_PAGE:
	case PH_MSG_SPENT:
	case PH_MSG_CERT:
	case PH_MSG_WELCOME:
	case PH_MSG_RESUME:
		must(false);
	default:
		break;
	}
}

static void hear(struct scene *scene)
{
	struct ph_view out = ph_session_output(scene->session), body, rest;
	size_t len = out.len;
	struct ph_buf plain = { 0 };
	struct ph_message message;

	while (scene->split && out.len > 0) {
		must(ph_frame_decode(&out, PH_FRAME_MAX, &body) == 0);
		plain.len = 0;
		must(ph_cipher_open(&scene->receive, body, &plain) == 0);
		rest = ph_buf_view(&plain);
		while (rest.len > 0) {
			must(ph_message_decode(&rest, &message) == 0);
			judge_message(scene, &message);
		}
	}
	ph_session_sent(scene->session, len, scene->now);
	ph_buf_deinit(&plain);
}

static void do_jobs(struct scene *scene)
{
	struct ph_error err = { 0 };
	struct ph_job *job;

	while ((job = ph_session_take_job(scene->session)) != NULL) {
		must(job->type == PH_JOB_JUDGE || job->type == PH_JOB_HELLO ||
		     is_judged(scene));
		ph_site_lan_job(scene->lan, job, &err);
		must(job->result == 0);
		ph_session_give_job(scene->session, job, scene->now);
	}
}

/* --- greetings --- */

static void noise_start(struct scene *scene, const uint8_t *remote)
{
	uint8_t preamble[PH_PREAMBLE_LEN];
	const struct ph_noise_config config = {
		.pattern = PH_NOISE_IK,
		.role = remote ? PH_NOISE_INITIATOR : PH_NOISE_RESPONDER,
		.prologue = PH_VIEW(preamble, sizeof(preamble)),
		.static_secret = other_keys(scene)->secret,
		.remote_static = remote,
	};

	/* a thief who answers is called by the key in the certificate, and cannot follow */
	ph_preamble_encode_as(preamble, PH_PREAMBLE_SIBLING,
			      remote ? remote : ph_site_box(other_site(scene))->key);
	must(ph_noise_init(&scene->noise, &config) == 0);
	if (remote) {
		deliver(scene, PH_VIEW(preamble, sizeof(preamble)));
	}
}

/* Its own log; and, as HOW says, what it holds of the site's, or says it does. */
static void tell_logs(const struct scene *scene, unsigned how, struct ph_sibling *told,
		      unsigned *n)
{
	const struct ph_log *log = ph_site_log(other_site(scene));
	const struct ph_log *ours = ph_site_log(world->site);
	uint8_t h[PH_HASH_SIZE];

	memcpy(told->log_id, log->id, sizeof(told->log_id));
	memcpy(told->h, log->h, sizeof(told->h));
	told->n = log->n;
	*n = 1;
	if (how % 4 == 0 || scene->who == MIRROR) {
		return;
	}
	told++;
	memcpy(told->log_id, ours->id, sizeof(told->log_id));
	told->n = how & 16 ? ours->n + 3 : 1 + how / 4 % ours->n;
	if (told->n <= ours->n) {
		must(ph_journal_chain_at(world->site->journal, ours, told->n, h) == 0);
		memcpy(told->h, h, sizeof(told->h));
	}
	told->h[0] ^= how % 4 == 2;
	told->missing = how % 4 == 3 ? told->n : 0;
	*n = 2;
}

static void put_greeting(struct scene *scene, bool is_hello, struct ph_buf *out)
{
	static struct ph_hello hello;
	static struct ph_welcome welcome;

	hello = (struct ph_hello){ .cert = ph_site_cert(other_site(scene)) };
	welcome = (struct ph_welcome){ .same = true };
	if (scene->flags & FLAG_BYTES) {
		must(ph_buf_put_view(out, choices_bytes(&scene->choices)) == 0);
		return;
	}

	unsigned which = choices_byte(&scene->choices) % 12;
	unsigned how = choices_byte(&scene->choices);

	if (is_hello) {
		bend_hello(&hello, which);
		tell_logs(scene, how, hello.sibling, &hello.n_siblings);
		must(ph_hello_encode(&hello, out) == 0);
	} else {
		bend_welcome(&welcome, which);
		tell_logs(scene, how, welcome.sibling, &welcome.n_siblings);
		(void)ph_welcome_encode(&welcome, out);
	}
}

static void say_greeting(struct scene *scene, bool is_hello)
{
	struct ph_buf payload = { 0 }, body = { 0 };

	put_greeting(scene, is_hello, &payload);
	if (ph_noise_create_message(&scene->noise, &scene->rng, ph_buf_view(&payload),
				    &body) == 0) {
		deliver_frame(scene, ph_buf_view(&body));
	}
	ph_buf_deinit(&payload);
	ph_buf_deinit(&body);
}

static void split(struct scene *scene)
{
	must(ph_noise_split(&scene->noise, &scene->send, &scene->receive) == 0);
	scene->split = true;
}

/* The site answers: it is asked, shows its certificate, and is greeted. */
static void call_site(struct scene *scene)
{
	struct ph_buf wire = { 0 }, plain = { 0 };
	struct ph_view out, answer;
	size_t len;

	must(ph_meet_ask(&wire) == 0);
	deliver(scene, ph_buf_view(&wire));
	out = ph_session_output(scene->session);
	must(ph_meet_take_answer(&out, &answer) == 0 && out.len == 0);
	must(ph_view_equal(answer, ph_site_cert(world->site)));
	ph_session_sent(scene->session, ph_session_output(scene->session).len,
			scene->now);
	noise_start(scene, ph_site_box(world->site)->key);
	say_greeting(scene, true);
	do_jobs(scene);
	out = ph_session_output(scene->session);
	len = out.len;
	if (ph_frame_decode(&out, PH_FRAME_MAX, &answer) == 0 &&
	    ph_noise_consume_message(&scene->noise, answer, &plain) == 0) {
		split(scene);
		ph_session_sent(scene->session, len - out.len, scene->now);
	}
	ph_buf_deinit(&wire);
	ph_buf_deinit(&plain);
}

/* The site calls: it asks, judges what it is shown, and greets if that is good. */
static void answer_site(struct scene *scene)
{
	struct ph_buf wire = { 0 }, plain = { 0 };
	struct ph_view out, first;

	ph_session_sent(scene->session, PH_PREAMBLE_LEN, scene->now);
	must(ph_meet_show(ph_site_cert(other_site(scene)), &wire) == 0);
	deliver(scene, ph_buf_view(&wire));
	do_jobs(scene);
	out = ph_session_output(scene->session);
	must((out.len > 0) == (scene->who == CONFIRMED || scene->who == THIEF));
	if (out.len > 0) {
		noise_start(scene, NULL);
		out.data += PH_PREAMBLE_LEN;
		out.len -= PH_PREAMBLE_LEN;
		must(ph_frame_decode(&out, PH_FRAME_MAX, &first) == 0);
		must((ph_noise_consume_message(&scene->noise, first, &plain) == 0) ==
		     (scene->who == CONFIRMED));
		ph_session_sent(scene->session, ph_session_output(scene->session).len,
				scene->now);
	}
	if (plain.len > 0) {
		say_greeting(scene, false);
		split(scene);
	}
	do_jobs(scene);
	ph_buf_deinit(&wire);
	ph_buf_deinit(&plain);
}

static void greet(struct scene *scene)
{
	bool calls = (scene->flags & FLAG_CALLS) != 0;
	static struct ph_hello hello;
	struct ph_session_config config = { .side = calls ? PH_SIDE_DEVICE : PH_SIDE_HUB,
					    .is_sibling = true,
					    .keys = ph_site_box(world->site) };

	scene->lan = ph_site_lan_new(world->site);
	must(scene->lan != NULL);
	ph_rng_seed(&scene->state, 1, &scene->rng);
	ph_rng_seed(&scene->session_state, 2, &config.rng);
	if (calls) {
		must(ph_site_lan_hello(scene->lan, &hello, NULL) == 0);
		config.hello = &hello;
	} else {
		config.cert = ph_site_cert(world->site);
	}
	must(ph_session_new(&scene->session, &config, scene->now) == 0);
	if (calls) {
		answer_site(scene);
	} else {
		call_site(scene);
	}
}

/* --- steps --- */

static void say_log(struct scene *scene)
{
	uint8_t how = choices_byte(&scene->choices);
	struct ph_item *item = log_item(other_site(scene), how & 63);

	item->seal[0] ^= (how & 192) == 192;
	say_item(scene, item);
}

static void say_foreign(struct scene *scene)
{
	uint8_t how = choices_byte(&scene->choices);

	say_item(scene, how % 2 ? log_item(world->site, how / 2)
				: control_item(world, how / 2 % 4));
}

/* The sealed part as it travels, or with another seed, or of another entry. */
static void say_part(struct scene *scene)
{
	struct ph_item *item = ph_item_new(PH_ITEM_PART);
	struct ph_site *site =
		others[scene->who < DEVICES ? scene->who : CONFIRMED].world->site;
	uint64_t n = others[scene->who < DEVICES ? scene->who : CONFIRMED].reader;
	uint8_t how = choices_byte(&scene->choices);
	struct ph_buf cipher = { 0 }, box = { 0 };

	must(item != NULL);
	must(ph_journal_part_get(site->journal, ph_site_log(site)->row, n, &cipher,
				 &box) == 0);
	must(crypto_box_seal_open(item->seed, box.data, box.len, site->keys.desk.key,
				  site->keys.desk.secret) == 0);
	must(ph_part_open(item->seed, ph_site_log(site)->id, n, ph_buf_view(&cipher),
			  &item->body) == 0);
	memcpy(item->log_id, ph_site_log(site)->id, PH_LOG_ID_SIZE);
	item->first = item->last = how < 192 ? n : how % 16u + 1;
	item->seed[0] ^= how % 4 == 3;
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&box);
	say_item(scene, item);
}

static void say_short(struct scene *scene)
{
	static const enum ph_message_type types[] = {
		PH_MSG_DONE, PH_MSG_CLOSE,  PH_MSG_CREDIT, PH_MSG_PING,
		PH_MSG_PONG, PH_MSG_REFUSE, PH_MSG_SPENT,  PH_MSG_DONE,
	};
	uint8_t how = choices_byte(&scene->choices);
	const struct ph_message message = { .type = types[how % 8], .count = how / 8 };

	say_message(scene, &message);
}

static void pass_time(struct scene *scene)
{
	scene->now += 1000u * choices_byte(&scene->choices);
	ph_session_tick(scene->session, scene->now);
}

static void say_raw(struct scene *scene)
{
	size_t len = choices_byte(&scene->choices);

	if (len == 0) {
		ph_session_eof(scene->session);
	}
	deliver(scene, choices_take(&scene->choices, len));
}

static void step(struct scene *scene)
{
	static void (*const steps[])(struct scene *) = {
		say_log, say_part,  say_foreign, say_short,
		hear,    pass_time, say_raw,     do_jobs,
	};
	uint8_t what = choices_byte(&scene->choices) % 10;

	if (what < 2) {
		say_plain(scene, choices_bytes(&scene->choices));
	} else {
		steps[what - 2](scene);
	}
}

/* --- judging --- */

static void check(const struct scene *scene)
{
	enum ph_session_state state = ph_session_state(scene->session);

	must((state == PH_SESSION_FAILED) ==
	     (ph_session_failure(scene->session) != PH_FAIL_NONE));
	must(!is_judged(scene) || scene->who == CONFIRMED || scene->who == THIEF);
}

static void begin_site(void)
{
	fuzz_folder_copy(pattern, world->dir);
	must(world_open(world, NULL) == 0);
	own = ph_site_log(world->site)->n;
	memcpy(own_h, ph_site_log(world->site)->h, sizeof(own_h));
	memset(&before, 0, sizeof(before));
	must(ph_site_state(world->site, &before) == 0);
	changes = fuzz_store_changes(world->site->db);
}

static void judge_site(const struct scene *scene)
{
	const struct ph_log *log = ph_site_log(world->site);
	struct ph_site_state after = { 0 };

	must(ph_site_state(world->site, &after) == 0);
	must(log->n == own && memcmp(log->h, own_h, sizeof(own_h)) == 0);
	must(after.entries == before.entries && after.receipted == before.receipted);
	must(after.parts_pending == before.parts_pending);
	if (fuzz_store_changes(world->site->db) == changes) {
		return; /* the next one may have it as it is */
	}
	must(scene->who == CONFIRMED);
	site_is_whole(world->site);
	ph_site_close(world->site);
	must(world_open(world, NULL) == 0);
	site_is_whole(world->site);
	ph_site_close(world->site);
	world->site = NULL;
}

/* --- the devices --- */

static void prepare(void)
{
	struct sibling as = { 0 };

	must(ph_crypto_start() == 0);
	fuzz_folder_make();
	device_make(&world, 11, "site", &as);
	for (unsigned i = 0; i < DEVICES; i++) {
		struct other *other = &others[i];
		char name[] = { (char)('b' + i), '\0' };

		device_make(&other->world, 12 + i, name, &other->as);
		world_visits(other->world, 3);
		world_write(other->world, world_reader("Quàng Thị Mai"));
		other->reader = ph_site_log(other->world->site)->n;
		world_write(other->world, world_copy(0, "000021"));
		must(ph_writer_seal(other->world->site->writer) == 0);
		admit(world, &other->as, SITE);
	}
	ph_box_pair_make(&thief, &world->config.rng);
	admit(world, &as, SITE);
	confirm(world, &as);
	confirm(world, &others[CONFIRMED].as);
	confirm(world, &others[RETIRED].as);
	confirm(world, &others[CUT_OFF].as);
	retire(world, &others[RETIRED].as);
	cut_off(world, &others[CUT_OFF]);
	must(store(world, control_item(world, 0)));
	world_visits(world, 2);
	world_write(world, world_reader("Lò Thị Xuân"));
	world_write(world, world_copy(0, "000017"));
	must(ph_writer_seal(world->site->writer) == 0);
	ph_site_close(world->site);
	world->site = NULL;
	snprintf(pattern, sizeof(pattern), "%s/pattern", fuzz_folder);
	fuzz_folder_copy(world->dir, pattern);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scene scene = { .choices.in = PH_VIEW(data, size), .now = 1000 };
	unsigned steps = 0;

	if (world == NULL) {
		prepare();
	}
	if (world->site == NULL) {
		begin_site();
	}
	scene.flags = choices_byte(&scene.choices);
	scene.who = scene.flags / 8 % ALL_SORTS;
	greet(&scene);
	check(&scene);
	while (scene.choices.in.len > 0 && steps++ < STEPS_MAX) {
		step(&scene);
		check(&scene);
	}
	do_jobs(&scene);
	hear(&scene);
	ph_session_eof(scene.session);
	do_jobs(&scene);
	check(&scene);
	ph_session_free(scene.session);
	ph_site_lan_free(scene.lan);
	ph_noise_deinit(&scene.noise);
	ph_cipher_deinit(&scene.send);
	ph_cipher_deinit(&scene.receive);
	judge_site(&scene);
	return 0;
}
