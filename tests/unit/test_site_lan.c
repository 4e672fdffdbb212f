/*
 * Tests of client/site_lan*.c: two devices of one site, each in its folder, and the sessions
 * between them, carried by hand. The control log of one hub is given to each as far as a
 * test wants.
 */
#include "site_sibling.h"

#include "client/site_lan.h"

struct desk {
	struct world *world;
	struct ph_session *session;
	struct ph_site_lan *lan;
	struct sibling as; /* what the control log says of it: id and key alone */
	uint64_t control;  /* entries of it that it was given */
	struct ph_rng_seeded seeded;
	uint64_t items;                  /* that it took in the last session */
	const struct ph_box_pair *thief; /* somebody else who shows its certificate */
};

struct lan {
	struct desk a, b;
	struct world *hub; /* whose control log it is */
};

/* ---- the room ---- */

static void desk_open(struct desk *desk, uint64_t seed)
{
	struct ph_site_info info;

	province_must(world_setup((void **)&desk->world));
	ph_rng_seed(&desk->world->seeded, seed, &desk->world->config.rng);
	province_must(world_join(desk->world, NULL));
	province_must(world_open(desk->world, NULL));
	ph_site_info(desk->world->site, &info);
	memcpy(desk->as.id, info.device_id, sizeof(desk->as.id));
	desk->as.keys = *ph_site_sign(desk->world->site);
}

static int lan_setup(void **state)
{
	struct lan *lan = calloc(1, sizeof(*lan));

	province_must(lan ? 0 : -1);
	desk_open(&lan->a, 11);
	desk_open(&lan->b, 12);
	lan->hub = lan->a.world;
	*state = lan;
	return 0;
}

static int lan_teardown(void **state)
{
	struct lan *lan = *state;

	world_teardown((void **)&lan->a.world);
	world_teardown((void **)&lan->b.world);
	free(lan);
	return 0;
}

static void confirm(struct lan *lan, const struct sibling *device)
{
	struct ph_entry entry = { 0 };

	entry.field[PH_CONFIRM_DEVICE] = bytes_value(device->id, sizeof(device->id));
	say(lan->hub, &entry, PH_KIND_DEVICE_CONFIRM);
}

static void accept_device(struct lan *lan, const struct sibling *device)
{
	admit(lan->hub, device, SITE);
	confirm(lan, device);
}

static void cut_all(struct lan *lan, const struct sibling *device)
{
	struct ph_entry entry = { 0 };
	struct ph_head head = { .n = 1 };
	struct ph_buf heads = { 0 };

	entry.field[PH_CUT_DEVICE] = bytes_value(device->id, sizeof(device->id));
	province_must(ph_list_put_heads(&heads, &head, 1, &entry.field[PH_CUT_HEADS]));
	say(lan->hub, &entry, PH_KIND_DEVICE_CUT);
	ph_buf_deinit(&heads);
}

/* What the hub has said so far comes to DESK. */
static void hear(struct lan *lan, struct desk *desk)
{
	const struct ph_log *control = ph_writer_log(lan->hub->control);

	if (desk->control < control->n) {
		assert_true(store(desk->world, control_item(lan->hub, desk->control)));
		desk->control = control->n;
	}
}

static void all_is_well(struct lan *lan)
{
	accept_device(lan, &lan->a.as);
	accept_device(lan, &lan->b.as);
	hear(lan, &lan->a);
	hear(lan, &lan->b);
}

/* ---- a session ---- */

static void desk_begin(struct desk *desk, bool calls, uint64_t seed)
{
	struct ph_site *site = desk->world->site;
	struct ph_hello *hello = calloc(1, sizeof(*hello));
	struct ph_session_config config = { .side = calls ? PH_SIDE_DEVICE : PH_SIDE_HUB,
					    .is_sibling = true,
					    .keys = desk->thief ? desk->thief
								: ph_site_box(site) };

	assert_non_null(hello);
	desk->lan = ph_site_lan_new(site);
	assert_non_null(desk->lan);
	ph_rng_seed(&desk->seeded, seed, &config.rng);
	if (calls) {
		assert_int_equal(ph_site_lan_hello(desk->lan, hello, NULL), 0);
		config.hello = hello;
	} else {
		config.cert = ph_site_cert(site);
	}
	assert_int_equal(ph_session_new(&desk->session, &config, 1000), 0);
	free(hello);
}

static bool desk_work(struct desk *desk)
{
	struct ph_job *job;
	bool any = false;

	while ((job = ph_session_take_job(desk->session))) {
		any = true;
		for (const struct ph_item *item = job->items;
		     item && job->type == PH_JOB_STORE; item = item->next) {
			desk->items++;
		}
		ph_site_lan_job(desk->lan, job, NULL);
		assert_int_equal(job->result, 0);
		ph_session_give_job(desk->session, job, 1000);
	}
	return any;
}

static bool carry(struct desk *from, struct desk *to)
{
	struct ph_view bytes = ph_session_output(from->session);

	if (bytes.len == 0) {
		return false;
	}
	ph_session_receive(to->session, bytes, 1000);
	ph_session_sent(from->session, bytes.len, 1000);
	return true;
}

struct outcome {
	struct ph_site_moved calls, answers;
	enum ph_session_failure failure; /* of the caller */
	enum ph_status status;
	bool is_closed; /* both */
	bool is_refused[2];
	bool is_to_sync[2]; /* which is said with the refusal */
};

static struct outcome meet(struct desk *calls, struct desk *answers)
{
	struct outcome outcome;
	bool any = true;

	calls->items = answers->items = 0;
	desk_begin(calls, true, 5);
	desk_begin(answers, false, 6);
	while (any) {
		any = carry(calls, answers);
		any |= desk_work(answers);
		any |= carry(answers, calls);
		any |= desk_work(calls);
	}
	ph_site_lan_moved(calls->lan, &outcome.calls);
	ph_site_lan_moved(answers->lan, &outcome.answers);
	outcome.failure = ph_session_failure(calls->session);
	outcome.status = ph_session_status(calls->session);
	outcome.is_closed = ph_session_state(calls->session) == PH_SESSION_CLOSED &&
			    ph_session_state(answers->session) == PH_SESSION_CLOSED;
	for (int i = 0; i < 2; i++) {
		const char *refusal =
			ph_site_lan_refusal(i == 0 ? calls->lan : answers->lan);

		outcome.is_refused[i] = refusal != NULL;
		outcome.is_to_sync[i] =
			refusal && strstr(refusal, "sync this machine with the hub");
	}
	ph_session_free(calls->session);
	ph_session_free(answers->session);
	ph_site_lan_free(calls->lan);
	ph_site_lan_free(answers->lan);
	return outcome;
}

/* ---- what they have of each other ---- */

static struct ph_log log_of(const struct desk *holder, const struct desk *writer)
{
	struct ph_log log = { 0 };

	if (ph_journal_log_find(ph_site_journal(holder->world->site),
				ph_site_log(writer->world->site)->id, &log) != 0) {
		log.n = 0;
	}
	return log;
}

static void expect_held(const struct desk *holder, const struct desk *writer)
{
	const struct ph_log *own = ph_site_log(writer->world->site);
	struct ph_log log = log_of(holder, writer);

	assert_int_equal(log.n, own->n);
	assert_memory_equal(log.h, own->h, PH_HASH_SIZE);
}

static void write_reader(struct desk *desk, const char *name, struct ph_ref *ref_out)
{
	struct ph_entry entry = world_reader(name);

	province_must(ph_site_write(desk->world->site, &entry, 1, ref_out, NULL));
}

static void expect_reader(struct desk *desk, const struct ph_ref *ref, const char *name)
{
	struct ph_buf plain = { 0 };
	struct ph_entry entry;

	assert_int_equal(ph_site_open_part(desk->world->site, ref, &entry, &plain), 0);
	assert_true(ph_view_equal(entry.sealed[PH_READER_S_NAME].as.bytes,
				  ph_view_str(name)));
	ph_buf_wipe(&plain);
}

/* ---- tests ---- */

static void test_both_ways(void **state)
{
	struct lan *lan = *state;
	struct ph_ref one, two;
	struct ph_site_moved hub_moved;
	struct ph_arrival arrival;
	struct ph_log log;
	struct outcome outcome;

	all_is_well(lan);
	world_visits(lan->a.world, 300);
	write_reader(&lan->a, "Lò Thị Xuân", &one);
	write_reader(&lan->b, "Cầm Văn Thanh", &two);
	outcome = meet(&lan->a, &lan->b);
	assert_true(outcome.is_closed);
	expect_held(&lan->a, &lan->b);
	expect_held(&lan->b, &lan->a);
	expect_reader(&lan->b, &one, "Lò Thị Xuân");
	expect_reader(&lan->a, &two, "Cầm Văn Thanh");
	assert_int_equal(outcome.answers.entries_of_site,
			 ph_site_log(lan->a.world->site)->n);
	assert_int_equal(outcome.answers.parts_received, 1);
	assert_int_equal(outcome.calls.parts_sent, 1);
	assert_int_equal(outcome.calls.entries_of_site,
			 ph_site_log(lan->b.world->site)->n);
	/* it is here, and nothing is said of the hub */
	log = log_of(&lan->b, &lan->a);
	assert_int_equal(ph_journal_arrival(ph_site_journal(lan->b.world->site), log.row,
					    log.n, &arrival),
			 0);
	assert_int_equal(arrival.road, PH_ROAD_LAN);
	assert_int_equal(arrival.level, PH_LEVEL_HERE);
	ph_site_moved(lan->b.world->site, &hub_moved);
	assert_int_equal(hub_moved.entries_of_site, 0);

	/* nothing is new: nothing goes; then only what is, whoever calls */
	outcome = meet(&lan->b, &lan->a);
	assert_true(outcome.is_closed);
	assert_int_equal(lan->a.items + lan->b.items, 0);
	world_visits(lan->a.world, 2);
	outcome = meet(&lan->b, &lan->a);
	assert_true(outcome.is_closed);
	assert_int_equal(outcome.calls.entries_of_site, 2);
	assert_int_equal(lan->a.items, 0);
	expect_held(&lan->b, &lan->a);
}

/* More than the window of a session, both ways. */
static void test_large(void **state)
{
	struct lan *lan = *state;
	struct outcome outcome;

	all_is_well(lan);
	for (int i = 0; i < 40; i++) {
		world_visits(lan->a.world, 500);
		world_visits(lan->b.world, 400);
	}
	outcome = meet(&lan->a, &lan->b);
	assert_true(outcome.is_closed);
	expect_held(&lan->a, &lan->b);
	expect_held(&lan->b, &lan->a);
}

/* What the hub has said, and who has heard it, before they meet. */
struct story {
	const char *name;
	void (*tell)(struct lan *lan);
	enum ph_session_failure failure; /* of the caller, A */
	enum ph_status status;
	bool is_to_sync; /* who refuses may not have heard yet */
};

static void nobody(struct lan *lan)
{
	(void)lan;
}
static void a_alone(struct lan *lan)
{
	accept_device(lan, &lan->a.as);
	hear(lan, &lan->a);
	hear(lan, &lan->b);
}
static void b_unconfirmed(struct lan *lan)
{
	accept_device(lan, &lan->a.as);
	admit(lan->hub, &lan->b.as, SITE);
	hear(lan, &lan->a);
	hear(lan, &lan->b);
}
static void b_elsewhere(struct lan *lan)
{
	accept_device(lan, &lan->a.as);
	admit(lan->hub, &lan->b.as, SITE + 1);
	confirm(lan, &lan->b.as);
	hear(lan, &lan->a);
	hear(lan, &lan->b);
}
static void b_cut(struct lan *lan)
{
	all_is_well(lan);
	cut_all(lan, &lan->b.as);
	hear(lan, &lan->a);
	hear(lan, &lan->b);
}
static void b_cut_and_unaware(struct lan *lan)
{
	all_is_well(lan);
	cut_all(lan, &lan->b.as);
	hear(lan, &lan->a);
}
static void a_cut_and_unaware(struct lan *lan)
{
	all_is_well(lan);
	cut_all(lan, &lan->a.as);
	hear(lan, &lan->b);
}
/* B knows of A; A has an old control log, and knows of itself alone */
static void a_is_old(struct lan *lan)
{
	accept_device(lan, &lan->a.as);
	hear(lan, &lan->a);
	accept_device(lan, &lan->b.as);
	hear(lan, &lan->b);
}
static void b_is_old(struct lan *lan)
{
	accept_device(lan, &lan->b.as);
	hear(lan, &lan->b);
	accept_device(lan, &lan->a.as);
	hear(lan, &lan->a);
}
static void a_is_unconfirmed(struct lan *lan)
{
	admit(lan->hub, &lan->a.as, SITE);
	accept_device(lan, &lan->b.as);
	hear(lan, &lan->a);
	hear(lan, &lan->b);
}

static void b_knows_that_it_is_cut(struct lan *lan)
{
	all_is_well(lan);
	cut_all(lan, &lan->b.as);
	hear(lan, &lan->b);
}

/* Nothing is given to, and nothing taken from, one who is not known. */
static void test_refused(void **state)
{
	static const struct story all[] = {
		{ "no control log", nobody, PH_FAIL_HANDSHAKE, PH_STATUS_UNKNOWN, true },
		{ "B is not admitted", a_alone, PH_FAIL_HANDSHAKE, PH_STATUS_UNKNOWN,
		  true },
		{ "B is not confirmed", b_unconfirmed, PH_FAIL_HANDSHAKE,
		  PH_STATUS_UNKNOWN, true },
		{ "B is of another site", b_elsewhere, PH_FAIL_HANDSHAKE,
		  PH_STATUS_UNKNOWN, false },
		{ "B is cut off", b_cut, PH_FAIL_HANDSHAKE, PH_STATUS_CUT, false },
		{ "B is, and has not heard", b_cut_and_unaware, PH_FAIL_HANDSHAKE,
		  PH_STATUS_CUT, false },
		{ "A is cut off, and has not heard", a_cut_and_unaware, PH_FAIL_REFUSED,
		  PH_STATUS_CUT, false },
		{ "A has an old control log", a_is_old, PH_FAIL_HANDSHAKE,
		  PH_STATUS_UNKNOWN, true },
		{ "B has an old control log", b_is_old, PH_FAIL_REFUSED,
		  PH_STATUS_UNKNOWN, true },
		{ "A is not confirmed", a_is_unconfirmed, PH_FAIL_HANDSHAKE,
		  PH_STATUS_UNKNOWN, true },
		{ "B knows that it is cut off", b_knows_that_it_is_cut, PH_FAIL_REFUSED,
		  PH_STATUS_UNKNOWN, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct outcome outcome;
		struct lan *lan;

		print_message("# %s\n", all[i].name);
		lan_setup((void **)&lan);
		all[i].tell(lan);
		world_visits(lan->a.world, 3);
		world_visits(lan->b.world, 3);
		outcome = meet(&lan->a, &lan->b);
		assert_int_equal(outcome.failure, all[i].failure);
		assert_int_equal(outcome.status, all[i].status);
		assert_int_equal(outcome.is_refused[0],
				 all[i].failure == PH_FAIL_HANDSHAKE);
		assert_int_equal(outcome.is_refused[1],
				 all[i].failure == PH_FAIL_REFUSED);
		assert_int_equal(outcome.is_to_sync[0] || outcome.is_to_sync[1],
				 all[i].is_to_sync);
		assert_int_equal(lan->a.items + lan->b.items, 0);
		assert_int_equal(log_of(&lan->a, &lan->b).n, 0);
		assert_int_equal(log_of(&lan->b, &lan->a).n, 0);
		/* whatever it was, once both have heard that all is well it goes */
		if (i < 4 || i > 6) {
			lan_teardown((void **)&lan);
			lan_setup((void **)&lan);
			world_visits(lan->a.world, 3);
			all_is_well(lan);
			assert_true(meet(&lan->a, &lan->b).is_closed);
			expect_held(&lan->b, &lan->a);
		}
		lan_teardown((void **)&lan);
	}
}

/* Who calls with a certificate that it copied holds another static than the one in it. */
static void test_stolen_certificate(void **state)
{
	struct lan *lan = *state;
	struct ph_box_pair keys;
	struct outcome outcome;

	all_is_well(lan);
	ph_box_pair_make(&keys, &lan->a.world->config.rng);
	world_visits(lan->b.world, 3);
	lan->a.thief = &keys;
	outcome = meet(&lan->a, &lan->b);
	assert_int_equal(outcome.failure, PH_FAIL_REFUSED);
	assert_int_equal(outcome.status, PH_STATUS_UNKNOWN);
	assert_true(outcome.is_refused[1]);
	assert_int_equal(outcome.answers.entries_sent, 0);
	assert_int_equal(lan->a.items + lan->b.items, 0);
	/* and who answers so cannot read message 1 */
	outcome = meet(&lan->b, &lan->a);
	assert_false(outcome.is_closed);
	assert_int_equal(outcome.calls.entries_sent, 0);
	lan->a.thief = NULL;
	assert_true(meet(&lan->a, &lan->b).is_closed);
}

/* A third machine's log goes on from hand to hand, to those who have heard of it. */
static void test_third(void **state)
{
	struct lan *lan = *state;
	struct sibling third;
	struct ph_ref reader;
	struct outcome outcome;

	all_is_well(lan);
	sibling_open(lan->hub, &third, SITE);
	accept_device(lan, &third);
	hear(lan, &lan->a);
	reader = sibling_write(&third, world_reader("Quàng Thị Mai"));
	assert_true(store(lan->a.world, two_items(sibling_item(&third, 0),
						  sibling_part(&third, reader.n))));
	world_visits(lan->a.world, 1);
	/* B has not heard of it: A's own log comes, that one is left alone */
	outcome = meet(&lan->a, &lan->b);
	assert_true(outcome.is_closed);
	expect_held(&lan->b, &lan->a);
	assert_int_equal(told_n(lan->b.world, &third), 0);
	assert_int_equal(outcome.answers.parts_received, 0);

	hear(lan, &lan->b);
	outcome = meet(&lan->b, &lan->a);
	assert_true(outcome.is_closed);
	assert_int_equal(told_n(lan->b.world, &third), reader.n);
	expect_reader(&lan->b, &reader, "Quàng Thị Mai");
	sibling_close(&third);
}

/* The hub is told points further back of what came over the LAN, and only of that. */
static void test_points(void **state)
{
	struct lan *lan = *state;
	struct ph_hello *hello;
	struct sibling third;
	uint64_t n;

	all_is_well(lan);
	sibling_open(lan->hub, &third, SITE);
	accept_device(lan, &third);
	hear(lan, &lan->b);
	for (int i = 0; i < 20; i++) {
		sibling_write(&third, world_visit(1));
	}
	assert_true(store(lan->b.world, sibling_item(&third, 0)));
	world_visits(lan->a.world, 100);
	n = ph_site_log(lan->a.world->site)->n;
	assert_true(meet(&lan->a, &lan->b).is_closed);
	hello = hello_now(lan->b.world);
	assert_int_equal(hello->n_siblings, 4);
	assert_int_equal(hello->sibling[1].n, n);
	assert_int_equal(hello->sibling[2].n, n - 8);
	assert_int_equal(hello->sibling[3].n, n - 64);
	for (unsigned i = 1; i < 4; i++) {
		const struct ph_log *log = ph_site_log(lan->a.world->site);
		uint8_t h[PH_HASH_SIZE];

		assert_memory_equal(hello->sibling[i].log_id, log->id, PH_LOG_ID_SIZE);
		assert_int_equal(ph_journal_chain_at(ph_site_journal(lan->a.world->site),
						     log, hello->sibling[i].n, h),
				 0);
		assert_memory_equal(hello->sibling[i].h, h, sizeof(hello->sibling[i].h));
	}
	free(hello);
	sibling_close(&third);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_both_ways, lan_setup, lan_teardown),
		cmocka_unit_test_setup_teardown(test_large, lan_setup, lan_teardown),
		cmocka_unit_test(test_refused),
		cmocka_unit_test_setup_teardown(test_stolen_certificate, lan_setup,
						lan_teardown),
		cmocka_unit_test_setup_teardown(test_third, lan_setup, lan_teardown),
		cmocka_unit_test_setup_teardown(test_points, lan_setup, lan_teardown),
	};

	return cmocka_run_group_tests_name("site_lan", tests, NULL, NULL);
}
