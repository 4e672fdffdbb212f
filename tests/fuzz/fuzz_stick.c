/*
 * tests/fuzz/fuzz_stick.c - a stick that has been in anybody's hands, as take-stick takes it.
 *
 * The command itself runs, over the folder of a device and a real folder as the stick. Its
 * hub is a real one, and has packed for it; so has the device itself, and the hub for another
 * device. A step is a byte (modulo 9) and what it takes:
 *
 *   0, 1  a bundle of the hub's, or of those others (a byte says), under its right name
 *   2     the same with a byte of it changed, under the name of what it is then
 *   3     the same cut short, likewise
 *   4     the same under the name of another
 *   5     a bundle that the hub's keys sealed: its records are the bytes that follow
 *   6     one that somebody else sealed, with the hub's key list, likewise
 *   7     anybody's file or folder, under a name that is a bundle's, a manifest's, or none
 *   8     the stick is taken; or taken away, with all that is on it
 *
 * Taking ends well, or says with its own exit status what was refused; it writes no entry,
 * forgets no receipt, and leaves alone whatever is no bundle. The store is whole. And if
 * nobody had the hub's keys, the hub's bundles, on a clean stick, then bring all they have.
 */
#include "tests/unit/stick_world.h"

#include "client/commands.h"
#include "daemon/hub_internal.h"
#include "proto/spool.h"
#include "tests/unit/bundle_maker.h"

#include "tests/fuzz/choices.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/site_whole.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __wrap_ph_site_close(struct ph_site *site);
void __real_ph_site_close(struct ph_site *site);

enum {
	BUNDLES_MAX = 16,
	STEPS_MAX = 24,
	PATH_SIZE = 320,
};

static struct hub_room room;
static struct pc first, second;
static struct ph_buf bundles[BUNDLES_MAX]; /* the hub's for the first device in front */
static unsigned n_bundles, n_good;
static struct maker hub_maker, stranger;
static char original[160], stick[128], spool[160];
static char *stick_arg = stick;
static bool is_hub_evil; /* its keys have sealed what is no hub's */
static uint64_t own, receipted;
static struct site_known
	known[2]; /* whole; of evil hubs apart, since what they say differs */

int ph_command_open(const struct ph_cli *cli, struct ph_site **site_out,
		    struct ph_error *err)
{
	(void)cli;
	(void)err;
	*site_out = first.site;
	return 0;
}

void __wrap_ph_site_close(struct ph_site *site)
{
	if (site != first.site) {
		__real_ph_site_close(site);
	}
}

/* --- the stick --- */

static void wipe_stick(void)
{
	DIR *dir = opendir(spool);
	struct dirent *entry;
	char path[PATH_SIZE + 256];

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", spool, entry->d_name);
		must(entry->d_name[0] == '.' || remove(path) == 0);
	}
	must(dir == NULL || closedir(dir) == 0);
	must(mkdir(spool, 0700) == 0 || access(spool, W_OK) == 0);
}

static void put_file(const char *name, struct ph_view bytes)
{
	char path[PATH_SIZE];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", spool, name);
	file = fopen(path, "wb");
	if (file != NULL) { /* a folder may have the name */
		must(bytes.len == 0 || fwrite(bytes.data, bytes.len, 1, file) == 1);
		must(fclose(file) == 0);
	}
}

static void put_bundle(struct ph_view bytes)
{
	uint8_t hash[PH_BUNDLE_HASH_SIZE];
	char name[PH_SPOOL_NAME_SIZE];

	ph_bundle_hash(bytes, hash);
	ph_spool_name(hash, name);
	put_file(name, bytes);
}

static const struct ph_buf *some_bundle(struct choices *choices)
{
	return &bundles[choices_byte(choices) % n_bundles];
}

static void put_bent(struct choices *choices)
{
	struct ph_buf bent = { 0 };
	size_t at;

	must(ph_buf_put_view(&bent, ph_buf_view(some_bundle(choices))) == 0);
	at = (size_t)choices_byte(choices) << 8;
	at |= choices_byte(choices);
	bent.data[at % bent.len] ^= choices_byte(choices);
	put_bundle(ph_buf_view(&bent));
	ph_buf_deinit(&bent);
}

static void put_cut(struct choices *choices)
{
	const struct ph_buf *whole = some_bundle(choices);
	size_t len = (size_t)choices_byte(choices) << 8;

	len |= choices_byte(choices);
	put_bundle(PH_VIEW(whole->data, len % whole->len));
}

static void put_misnamed(struct choices *choices)
{
	uint8_t hash[PH_BUNDLE_HASH_SIZE];
	char name[PH_SPOOL_NAME_SIZE];

	ph_bundle_hash(ph_buf_view(some_bundle(choices)), hash);
	ph_spool_name(hash, name);
	put_file(name, ph_buf_view(some_bundle(choices)));
}

/* Records of any bytes, in frames of at most 2,000. */
static void put_sealed(struct choices *choices, const struct maker *who)
{
	struct maker maker = *who;
	struct crafted crafted;
	struct ph_view plain = choices_bytes(choices);

	maker.config.header.number += choices_byte(choices);
	craft_begin(&maker, &crafted);
	while (plain.len > 0) {
		size_t len = plain.len < 2000 ? plain.len : 2000;

		craft_frame(&crafted, PH_VIEW(plain.data, len));
		plain.data += len;
		plain.len -= len;
	}
	put_bundle(ph_buf_view(&crafted.bytes));
	ph_buf_deinit(&crafted.bytes);
}

static void put_anything(struct choices *choices)
{
	uint8_t how = choices_byte(choices);
	uint8_t hash[PH_BUNDLE_HASH_SIZE];
	char name[PH_SPOOL_NAME_SIZE];
	char path[PATH_SIZE];

	memset(hash, how / 8, sizeof(hash));
	ph_spool_name(hash, name);
	if (how % 4 == 1) {
		snprintf(name, sizeof(name), "%016x.phm", how / 8u);
	}
	if (how & 4) {
		snprintf(path, sizeof(path), "%s/%s", spool, name);
		(void)mkdir(path, 0700);
		return;
	}
	put_file(how % 4 == 2 ? "thư.txt" : name, choices_bytes(choices));
}

/* --- taking --- */

static bool is_fine(int rc, const struct ph_error *err)
{
	return rc == 0 || (err->text[0] != '\0' &&
			   (rc == -EBADMSG || rc == -ESTALE || rc == -EACCES));
}

static void judge(void)
{
	struct ph_site_state state = pc_state(&first);
	struct ph_view letter = ph_view_str("một lá thư");
	char path[PATH_SIZE], held[64];
	FILE *file;

	must(ph_site_log(first.site)->n == own);
	must(state.receipted >= receipted && state.receipted <= state.entries);
	receipted = state.receipted;
	snprintf(path, sizeof(path), "%s/other.txt", stick);
	file = fopen(path, "rb");
	must(file != NULL && fread(held, 1, sizeof(held), file) == letter.len);
	must(memcmp(held, letter.data, letter.len) == 0 && fclose(file) == 0);
}

static int take_stick(struct ph_error *err)
{
	struct ph_cli cli = { .command = &ph_cmd_take_stick,
			      .args = &stick_arg,
			      .n_args = 1,
			      .json = true };
	FILE *out = stdout, *told = stderr;
	char *said = NULL, *said_too = NULL;
	size_t len = 0, len_too = 0;
	int rc;

	stdout = open_memstream(&said, &len);
	stderr = open_memstream(&said_too, &len_too);
	must(stdout != NULL && stderr != NULL);
	rc = ph_cmd_take_stick.run(&cli, err);
	must(fclose(stdout) == 0 && fclose(stderr) == 0);
	stdout = out;
	stderr = told;
	must(is_fine(rc, err));
	must(len > 0 || err->exit != PH_EXIT_PARTIAL);
	free(said);
	free(said_too);
	judge();
	return rc;
}

/* --- the device --- */

static void open_device(void)
{
	fuzz_folder_copy(original, first.dir);
	pc_open(&first);
	own = ph_site_log(first.site)->n;
	receipted = pc_state(&first).receipted;
}

static void end_device(void)
{
	struct ph_error err = { 0 };

	if (!is_hub_evil) {
		wipe_stick();
		for (unsigned i = 0; i < n_good; i++) {
			put_bundle(ph_buf_view(&bundles[i]));
		}
		must(take_stick(&err) == 0);
		must(receipted == own);
		must(pc_holds(&first, &second) == ph_site_log(second.site)->n);
	}
	site_is_whole_again(first.site, &known[is_hub_evil]);
	__real_ph_site_close(first.site);
	first.site = NULL;
}

/* What PC has on its stick or the hub on one for it goes to the others. */
static void keep_all(struct pocket *pocket)
{
	for (unsigned i = 0; i < pocket->n; i++) {
		must(n_bundles < BUNDLES_MAX);
		must(ph_buf_put_view(&bundles[n_bundles++],
				     ph_buf_view(&pocket->bundle[i])) == 0);
	}
	pocket_empty(pocket);
}

static void make_sealer(struct maker *maker, const struct ph_box_pair *keys)
{
	struct ph_site_info info;

	ph_site_info(first.site, &info);
	maker_init(maker, PH_BUNDLE_DOWN);
	maker->sender = *keys;
	maker->config.header.number = 50;
	maker->config.payload = ph_buf_view(&room.hub->keylist_bytes);
	ph_hub_id(room.hub, maker->config.header.from);
	memcpy(maker->config.header.to, info.device_id, PH_DEVICE_ID_SIZE);
	memcpy(maker->config.to_key, ph_site_box(first.site)->key, PH_KEY_SIZE);
}

/* The hub holds what both have written; the first has heard nothing of that yet. */
static void make_bundles(void)
{
	struct pocket up = { 0 }, down = { 0 };

	pc_visits(&first, 4);
	pc_reader(&first, "Lò Văn Pánh");
	pc_visits(&second, 300);
	for (unsigned n = 0; n < 120; n++) {
		char name[32];

		snprintf(name, sizeof(name), "Quàng Thị %u", n * 7919);
		pc_reader(&second, name);
		if (n % 40 == 39) { /* a segment for each bundle, or nearly */
			carry(&room, &second);
		}
	}
	pack_pc(&first, PH_BUNDLE_MAX, &up);
	take_all_up(&room, &up);
	pc_confirm(&room, &first);
	pack_hub(&room, &first, 6 * 1024, &down);
	keep_all(&down);
	n_good = n_bundles;
	must(n_good >= 2);
	keep_all(&up);
	pack_hub(&room, &second, PH_BUNDLE_MAX, &down);
	keep_all(&down);
}

static void prepare(void)
{
	struct ph_box_pair other;
	char path[PATH_SIZE];
	FILE *file;

	must(ph_crypto_start() == 0);
	fuzz_folder_make();
	must(make_pattern(NULL) == 0);
	hub_open(&room);
	pc_join(&room, &first, "14-0371", "first", 1);
	pc_join(&room, &second, "14-0371", "second", 2);
	make_bundles();
	ph_box_pair_make(&other, &room.rng);
	make_sealer(&hub_maker, &room.hub->keys.box);
	make_sealer(&stranger, &other);
	/* so that each execution's folder has its ledger, and what comes is folded into that */
	must(ph_site_ledger(first.site, NULL) != NULL);
	__real_ph_site_close(first.site);
	first.site = NULL;
	snprintf(original, sizeof(original), "%s/original", fuzz_folder);
	fuzz_folder_copy(first.dir, original);
	snprintf(first.dir, sizeof(first.dir), "%s/site", fuzz_folder);
	snprintf(stick, sizeof(stick), "%s/stick", fuzz_folder);
	snprintf(spool, sizeof(spool), "%s/%s", stick, PH_SPOOL_FOLDER);
	must(mkdir(stick, 0700) == 0);
	snprintf(path, sizeof(path), "%s/other.txt", stick);
	file = fopen(path, "wb");
	must(file != NULL && fputs("một lá thư", file) >= 0 && fclose(file) == 0);
}

static void step(struct choices *choices)
{
	struct ph_error err = { 0 };

	switch (choices_byte(choices) % 9) {
	case 0:
	case 1:
		put_bundle(ph_buf_view(some_bundle(choices)));
		break;
	case 2:
		put_bent(choices);
		break;
	case 3:
		put_cut(choices);
		break;
	case 4:
		put_misnamed(choices);
		break;
	case 5:
		is_hub_evil = true;
		put_sealed(choices, &hub_maker);
		break;
	case 6:
		put_sealed(choices, &stranger);
		break;
	case 7:
		put_anything(choices);
		break;
	default:
		if (choices_byte(choices) % 4 == 0) {
			wipe_stick();
		} else {
			(void)take_stick(&err);
		}
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices choices = { .in = PH_VIEW(data, size) };
	struct ph_error err = { 0 };

	if (n_bundles == 0) {
		prepare();
	}
	if (first.site == NULL) {
		open_device();
	}
	is_hub_evil = false;
	wipe_stick();
	for (unsigned n = 0; n < STEPS_MAX && choices.in.len > 0; n++) {
		step(&choices);
	}
	(void)take_stick(&err);
	end_device();
	return 0;
}
