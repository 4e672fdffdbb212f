/*
 * tests/fuzz/fuzz_site.c - a site whose hub holds the keys and says anything.
 *
 * Behind the session (fuzz_session.c, fuzz_handshake.c) stands the store: here its jobs are
 * carried out in a real folder, whatever they hold. The input is a row of steps, the first
 * byte of which (modulo 12) picks one:
 *
 *   0, 1  an entry of the control log: bytes, their number in two before them
 *   2     the control log admits, confirms, cuts or retires the other device (a byte says)
 *   3     the control log comes, from an entry on (a byte), perhaps with a wrong seal
 *   4     an entry of the other device's log: bytes, likewise
 *   5     that log comes, likewise
 *   6     a part of it: the number of its entry (a byte), and the plain form as bytes
 *   7     a page of the feed: its body as bytes
 *   8     a welcome: bytes; if they are one it is the hub's
 *   9     receipts for our own log, changed by what follows: level, number, signature
 *   10    we write: a visit, a reader, a copy
 *   11    the ledger is rebuilt; or the folder is closed and opened
 *
 * What the hub sends may be refused, and end the session, but never damages anything: the
 * journal verifies, our own log has all that we wrote, and the rebuilt ledger is the ledger.
 */
#include "tests/unit/site_world.h"

#include "client/site_take.h"
#include "common/base/limits.h"
#include "common/log/segment.h"

#include "tests/fuzz/choices.h"
#include "tests/fuzz/folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	ENTRIES_MAX = 64,
	STEPS_MAX = 80,
};

/* A log that is written here, byte by byte if need be. */
struct chain {
	struct ph_sign_pair keys;
	uint8_t id[PH_LOG_ID_SIZE];
	uint8_t device[PH_DEVICE_ID_SIZE];
	struct ph_buf entries[ENTRIES_MAX + 1];
	uint8_t h[ENTRIES_MAX + 1][PH_HASH_SIZE];
	uint64_t n;
};

static struct world *world;
static struct choices choices;
static struct chain control, sibling;
static char pattern[96];
static uint64_t own; /* entries that were written here */

/* --- logs of others --- */

static void chain_add(struct chain *chain, struct ph_view bytes)
{
	uint8_t hash[PH_HASH_SIZE];

	if (chain->n >= ENTRIES_MAX || bytes.len == 0 || bytes.len > PH_ENTRY_MAX) {
		return;
	}
	chain->n++;
	chain->entries[chain->n].len = 0;
	must(ph_buf_put_view(&chain->entries[chain->n], bytes) == 0);
	ph_entry_hash(bytes, hash);
	memcpy(chain->h[chain->n], chain->h[chain->n - 1], PH_HASH_SIZE);
	ph_chain_step(chain->h[chain->n], hash);
}

static void chain_write(struct chain *chain, struct ph_entry *entry, uint32_t number)
{
	struct ph_buf bytes = { 0 };

	entry->kind = ph_kind_find(number);
	entry->number = number;
	entry->stamp = ph_stamp(WORLD_NOW, (uint16_t)chain->n);
	if (ph_entry_encode(entry, &bytes, NULL) == 0) {
		chain_add(chain, ph_buf_view(&bytes));
	}
	ph_buf_deinit(&bytes);
}

static struct ph_value bytes_value(const void *data, size_t len)
{
	return (struct ph_value){ .set = true, .as.bytes = PH_VIEW(data, len) };
}

static struct ph_value uint_value(uint64_t value)
{
	return (struct ph_value){ .set = true, .as.uint = value };
}

static void chain_begin(struct chain *chain, uint64_t site, uint8_t number)
{
	uint8_t nonce[PH_NONCE_SIZE];
	struct ph_entry open = { 0 };

	memset(nonce, number, sizeof(nonce));
	ph_device_id(chain->device, chain->keys.key);
	ph_log_id(chain->id, chain->keys.key, nonce);
	ph_chain_start(chain->h[0], chain->id, chain->keys.key);
	chain->n = 0;
	open.field[PH_OPEN_KEY] = bytes_value(chain->keys.key, PH_KEY_SIZE);
	open.field[PH_OPEN_NONCE] = bytes_value(nonce, sizeof(nonce));
	open.field[PH_OPEN_SITE] = uint_value(site);
	chain_write(chain, &open, PH_KIND_OPEN);
}

/* Entries FROM to the end as they travel. */
static struct ph_item *chain_item(const struct chain *chain, uint64_t from, bool broken)
{
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);
	struct ph_head head = { .n = chain->n };

	must(item != NULL);
	for (uint64_t n = from; n <= chain->n; n++) {
		must(ph_segment_add(&item->body, ph_buf_view(&chain->entries[n])) == 0);
	}
	memcpy(head.log_id, chain->id, sizeof(head.log_id));
	memcpy(head.h, chain->h[chain->n], sizeof(head.h));
	memcpy(item->log_id, chain->id, sizeof(item->log_id));
	ph_seal_sign(item->seal, &head, chain->keys.secret);
	item->seal[0] ^= broken;
	item->first = from;
	item->last = chain->n;
	return item;
}

static void say_device(uint8_t what)
{
	static const uint32_t kinds[] = { PH_KIND_DEVICE_ADMIT, PH_KIND_DEVICE_CONFIRM,
					  PH_KIND_DEVICE_CUT, PH_KIND_DEVICE_RETIRE };
	uint32_t kind = kinds[what % 4];
	struct ph_entry entry = { 0 };
	struct ph_head head = { .n = 1 + what / 4 % 8 };
	struct ph_buf heads = { 0 };

	entry.field[0] = bytes_value(sibling.device, sizeof(sibling.device));
	if (kind == PH_KIND_DEVICE_ADMIT) {
		entry.field[PH_ADMIT_KEY] = bytes_value(sibling.keys.key, PH_KEY_SIZE);
		entry.field[PH_ADMIT_SITE] =
			uint_value(world->province.invite.site + what / 64);
		entry.field[PH_ADMIT_ROLE] = uint_value(PH_ROLE_SITE);
	}
	if (kind == PH_KIND_DEVICE_CUT) {
		head.n = head.n > sibling.n ? sibling.n : head.n;
		memcpy(head.log_id, sibling.id, sizeof(head.log_id));
		memcpy(head.h, sibling.h[head.n], sizeof(head.h));
		must(ph_list_put_heads(&heads, &head, 1, &entry.field[PH_CUT_HEADS]) ==
		     0);
	}
	chain_write(&control, &entry, kind);
	ph_buf_deinit(&heads);
}

/* --- jobs --- */

static bool is_fine(int result)
{
	/* words for a person, but never trouble with the store */
	return result == 0 || result == -EBADMSG;
}

static void carry_out(struct ph_job *job)
{
	struct ph_error err = { 0 };

	ph_site_job(world->site, job, &err);
	must(is_fine(job->result));
	must(job->result == 0 || err.text[0] != '\0');
	ph_job_free(job);
}

static void store(struct ph_item *item)
{
	struct ph_job *job = world_job(PH_JOB_STORE);

	job->items = item;
	carry_out(job);
}

static void give_chain(const struct chain *chain)
{
	uint8_t how = choices_byte(&choices);
	uint64_t from = 1 + (how & 63);

	store(chain_item(chain, from > chain->n ? 1 : from, (how & 192) == 192));
}

static void give_part(void)
{
	struct ph_item *item = ph_item_new(PH_ITEM_PART);
	uint64_t n = 1 + choices_byte(&choices);
	struct ph_view plain = choices_bytes(&choices);

	must(item != NULL);
	memcpy(item->log_id, sibling.id, sizeof(item->log_id));
	item->first = item->last = n;
	memset(item->seed, 9, sizeof(item->seed));
	if (plain.len > ph_item_max(PH_ITEM_PART)) {
		plain.len = ph_item_max(PH_ITEM_PART);
	}
	must(ph_buf_put_view(&item->body, plain) == 0);
	store(item);
}

static void give_page(void)
{
	struct ph_view body = choices_bytes(&choices);
	struct ph_item *item = ph_item_new(PH_ITEM_PAGE);

	must(item != NULL);
	if (body.len > PH_PAGE_MAX - PH_PAGE_AROUND) {
		body.len = PH_PAGE_MAX - PH_PAGE_AROUND;
	}
	forge(&item->body, body, "packhorse page 1", &world->province.hub.sign, NULL,
	      NULL);
	store(item);
}

static void hello(void)
{
	struct ph_buf arena = { 0 };

	free(world_hello(world, 0, &arena));
	ph_buf_deinit(&arena);
}

static void give_welcome(void)
{
	static struct ph_short_receipt receipts[PH_HEADS_MAX];
	struct ph_view bytes = choices_bytes(&choices);
	struct ph_job *job = world_job(PH_JOB_WELCOME);

	job->welcome.receipt = receipts;
	hello();
	if (ph_welcome_decode(bytes, &job->welcome) != 0 ||
	    (!job->welcome.same && job->welcome.n_heads != 1)) {
		world_heads(world, &job->welcome);
		job->welcome.receipt = receipts;
	}
	for (unsigned i = 0; i < job->welcome.n_receipts; i++) {
		if (receipts[i].index > 0) { /* the session lets none of those through */
			job->welcome.n_receipts = 0;
		}
	}
	carry_out(job);
}

static void give_receipt(void)
{
	const struct ph_log *log = ph_site_log(world->site);
	struct ph_receipt receipt = { .epoch = world->epoch };
	struct ph_job *job = world_job(PH_JOB_RECEIPT);
	struct ph_short_receipt *one = calloc(1, sizeof(*one));
	uint8_t how = choices_byte(&choices);

	must(one != NULL);
	memcpy(receipt.head.log_id, log->id, sizeof(log->id));
	receipt.head.n = one->n = how % 16 == 0 ? log->n + 1 : 1 + how % log->n;
	if (one->n <= log->n) {
		must(ph_journal_chain_at(ph_site_journal(world->site), log, one->n,
					 receipt.head.h) == 0);
	}
	receipt.level = one->level = how & 64 ? PH_LEVEL_BACKUP : PH_LEVEL_HUB;
	receipt.time = one->time = WORLD_NOW + choices_byte(&choices);
	if (how & 32) {
		receipt.n_missing = one->n_missing = 1;
		receipt.missing[0] = one->missing[0] = 1 + choices_byte(&choices);
	}
	if (ph_receipt_sign(&receipt, world->province.hub.sign.secret, one->signature) !=
	    0) {
		one->n_missing = 0;
	}
	one->signature[0] ^= how == 255;
	hello();
	job->receipt = one;
	job->n_receipts = job->room = 1;
	carry_out(job);
}

/* --- the site itself --- */

static void write_own(void)
{
	uint8_t what = choices_byte(&choices);
	uint64_t before = ph_site_log(world->site)->n;

	if (what % 3 == 0) {
		world_write(world, world_visit(1 + what));
	} else if (what % 3 == 1) {
		world_write(world, world_reader("Vàng A Páo"));
	} else {
		world_write(world, world_copy(0, "000017"));
	}
	must(ph_site_log(world->site)->n > before);
	own = ph_site_log(world->site)->n;
}

static void rebuild(void)
{
	struct ph_ledger *ledger = ph_site_ledger(world->site, NULL);
	struct ph_error err = { 0 };
	uint8_t before[32], after[32];

	must(ledger != NULL && ph_ledger_digest(ledger, before, &err) == 0);
	must(ph_ledger_rebuild(ledger, &err) == 0);
	must(ph_ledger_digest(ledger, after, &err) == 0);
	must(memcmp(before, after, sizeof(before)) == 0);
}

static void reopen(void)
{
	ph_site_close(world->site);
	must(world_open(world, NULL) == 0);
}

static void step(void)
{
	switch (choices_byte(&choices) % 12) {
	case 0:
	case 1:
		chain_add(&control, choices_bytes(&choices));
		break;
	case 2:
		say_device(choices_byte(&choices));
		break;
	case 3:
		give_chain(&control);
		break;
	case 4:
		chain_add(&sibling, choices_bytes(&choices));
		break;
	case 5:
		give_chain(&sibling);
		break;
	case 6:
		give_part();
		break;
	case 7:
		give_page();
		break;
	case 8:
		give_welcome();
		break;
	case 9:
		give_receipt();
		break;
	case 10:
		write_own();
		break;
	default:
		if (choices_byte(&choices) % 4 == 0) {
			reopen();
		} else {
			rebuild();
		}
		break;
	}
}

static void judge(void)
{
	struct ph_site_state state;
	struct ph_journal_counts counts;
	struct ph_error err = { 0 };

	rebuild();
	must(ph_site_state(world->site, &state) == 0);
	reopen();
	must(ph_site_log(world->site)->n >= own);
	must(ph_journal_verify(ph_site_journal(world->site),
			       ph_site_sign(world->site)->key, &counts, &err) == 0);
	rebuild();
}

/* A folder that has joined, closed; copies of it are what inputs work on. */
static void prepare(void)
{
	void *state = NULL;

	must(ph_crypto_start() == 0);
	world_setup(&state);
	world = state;
	fuzz_folder_make();
	must(rmdir(world->base) == 0);
	snprintf(world->dir, sizeof(world->dir), "%s/site", fuzz_folder);
	must(world_join(world, NULL) == 0);
	snprintf(pattern, sizeof(pattern), "%s/pattern", fuzz_folder);
	fuzz_folder_copy(world->dir, pattern);
	control.keys = world->province.hub.sign;
	ph_sign_pair_make(&sibling.keys, &world->config.rng);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned steps = 0;

	if (world == NULL) {
		prepare();
	}
	choices = (struct choices){ .in = PH_VIEW(data, size) };
	ph_rng_seed(&world->seeded, 2, &world->config.rng);
	fuzz_folder_copy(pattern, world->dir);
	must(world_open(world, NULL) == 0);
	own = ph_site_log(world->site)->n;
	chain_begin(&control, 0, 1);
	chain_begin(&sibling, world->province.invite.site, 2);
	while (choices.in.len > 0 && steps++ < STEPS_MAX) {
		step();
	}
	judge();
	ph_site_close(world->site);
	world->site = NULL;
	return 0;
}
