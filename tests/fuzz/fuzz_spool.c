/*
 * tests/fuzz/fuzz_spool.c - steps of whoever has had the stick in hand, and of its sender.
 *
 * The stick is a simulated disk (tests/sim/disk.h). A step is a byte and what it takes:
 * anybody puts a file, a folder, something that is no file, or one longer than it says into
 * the spool, under any name and with any content, good bundles and manifests of two senders
 * among them, or takes one away; a sender packs, signs its manifest and sweeps; the power
 * goes, or an operation fails; somebody asks for what the spool cannot hold, or for a stick
 * that is none.
 *
 * Behind each step the spool is read. What is listed are the names of bundles, all of them,
 * in order, each with a header or a reason; a file reads as what it is, and as a bundle if
 * its bytes make its name; a manifest is what its sender signed. A sender that packs finds
 * its bundle there, or words and no .part; it removes nothing that is not its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/spool_maker.h"

#include "tests/fuzz/choices.h"
#include "tests/fuzz/odd_disk.h"
#include "tests/fuzz/spool_things.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	STEPS_MAX = 24,
	FILES_MAX = 64,
};

#define STICK  "/m/a"
#define FOLDER STICK "/" PH_SPOOL_FOLDER

struct file {
	char name[ODD_NAME_SIZE];
	enum odd odd;
	bool folder;
	uint64_t size, hash;
};

static bool is_faulty; /* the disk may fail as it likes */
static struct ph_spool spool;

/* --- what is there --- */

struct scene {
	struct file file[FILES_MAX];
	unsigned n;
};

static int see(void *data, const char *name)
{
	struct scene *seen = data;
	struct ph_file_info info;
	char path[256];

	must(seen->n < FILES_MAX);
	snprintf(path, sizeof(path), FOLDER "/%s", name);
	must(sim_file_ops.look(path, &info) == 0);
	snprintf(seen->file[seen->n].name, ODD_NAME_SIZE, "%s", name);
	seen->file[seen->n].folder = info.folder;
	seen->file[seen->n].size = info.size;
	seen->file[seen->n].odd = odd_of(path);
	seen->file[seen->n++].hash = info.folder ? 0 : sim_disk_hash_file(path);
	return 0;
}

static void see_all(struct scene *seen)
{
	seen->n = 0;
	must(sim_file_ops.list(FOLDER, see, seen) == 0);
}

static const struct file *find(const struct scene *seen, const char *name)
{
	for (unsigned i = 0; i < seen->n; i++) {
		if (strcmp(seen->file[i].name, name) == 0) {
			return &seen->file[i];
		}
	}
	return NULL;
}

/* Whether NAME is that of a bundle: as docs/BUNDLE.md says it, in other words. */
static bool is_bundle(const char *name)
{
	size_t n = 0;

	while ((name[n] >= '0' && name[n] <= '9') || (name[n] >= 'a' && name[n] <= 'f')) {
		n++;
	}
	return n == 64 && name[n] == '.' && name[n + 1] == 'p' && name[n + 2] == 'h' &&
	       name[n + 3] == 'b' && name[n + 4] == '\0';
}

static void bytes_of(const char *name, struct ph_buf *out)
{
	char path[256];
	int fd;
	int64_t n = 1;

	snprintf(path, sizeof(path), FOLDER "/%s", name);
	fd = sim_file_ops.open(path, O_RDONLY, 0);
	must(fd >= 0);
	while (n > 0) {
		must(ph_buf_reserve(out, 4096) == 0);
		n = sim_file_ops.read(fd, out->data + out->len, 4096);
		must(n >= 0);
		out->len += (size_t)n;
	}
	must(sim_file_ops.close(fd) == 0);
}

/* --- reading --- */

static bool can_be_read(const struct file *file)
{
	return !file->folder &&
	       (file->odd == NOT_ODD || (file->odd == GROWS && file->size == 0));
}

static void judge_read(const struct ph_spool_file *file, const struct file *there)
{
	uint8_t hash[PH_BUNDLE_HASH_SIZE];
	struct ph_buf bytes = { 0 }, held = { 0 };
	char right[PH_SPOOL_NAME_SIZE];
	const char *reason = "";
	int rc = ph_spool_read(&spool, file->name, &bytes, &reason);

	must((rc == 0) == can_be_read(there));
	if (rc == 0) {
		bytes_of(file->name, &held);
		must(ph_view_equal(ph_buf_view(&bytes), ph_buf_view(&held)));
		ph_bundle_hash(ph_buf_view(&held), hash);
		ph_hex(right, hash, sizeof(hash));
		must((reason == NULL) ==
		     (memcmp(right, file->name, 2 * sizeof(hash)) == 0));
	} else {
		must(bytes.len == 0);
	}
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&held);
}

static void judge_listed(const struct ph_spool_file *file, const struct file *there)
{
	uint8_t front[PH_BUNDLE_HEADER_LEN];
	struct ph_buf held = { 0 };

	must(there != NULL);
	if (there->folder || there->odd == NO_FILE) {
		must(strcmp(file->reason, "not-a-file") == 0);
	} else if (there->odd == HUGE_ONE) {
		must(strcmp(file->reason, "too-big") == 0);
	} else if (there->odd == CLOSED) {
		/* that an empty one cannot be opened nobody finds out */
		must(strcmp(file->reason, file->size > 0 ? "unreadable" : "cut-short") ==
		     0);
	} else {
		bytes_of(file->name, &held);
		must(file->reason || held.len >= sizeof(front));
	}
	if (!file->reason) {
		bundle_header_encode(&file->header, front);
		must(memcmp(front, held.data, sizeof(front)) == 0);
	}
	ph_buf_deinit(&held);
}

/* Refused ones last, the others by sender, direction and number. */
static bool in_order(const struct ph_spool_file *a, const struct ph_spool_file *b)
{
	int from = memcmp(a->header.from, b->header.from, PH_DEVICE_ID_SIZE);

	if (a->reason || b->reason) {
		return b->reason != NULL;
	}
	if (from != 0 || a->header.direction != b->header.direction) {
		return from < 0 ||
		       (from == 0 && a->header.direction < b->header.direction);
	}
	return a->header.number < b->header.number ||
	       (a->header.number == b->header.number && strcmp(a->name, b->name) < 0);
}

static void judge_manifest(unsigned who)
{
	struct ph_buf held = { 0 }, again = { 0 };
	struct ph_manifest manifest;
	char name[ODD_NAME_SIZE];

	if (ph_spool_manifest(&spool, senders[who].id, &manifest) == 0) {
		name_id(who, ".phm", name);
		bytes_of(name, &held);
		must(ph_manifest_encode(&manifest, &senders[who].pair, &again) == 0);
		must(ph_view_equal(ph_buf_view(&held), ph_buf_view(&again)));
		ph_manifest_deinit(&manifest);
	}
	ph_buf_deinit(&held);
	ph_buf_deinit(&again);
}

static void judge(const struct scene *seen)
{
	struct ph_spool_files list;
	unsigned n = 0;

	must(ph_spool_list(&spool, &list, NULL) == 0 && !list.is_more);
	for (unsigned i = 0; i < seen->n; i++) {
		n += is_bundle(seen->file[i].name);
	}
	must(list.n == n);
	for (unsigned i = 0; i < list.n; i++) {
		const struct file *there = find(seen, list.file[i].name);

		must(is_bundle(list.file[i].name));
		judge_listed(&list.file[i], there);
		judge_read(&list.file[i], there);
		must(i == 0 || in_order(&list.file[i - 1], &list.file[i]));
	}
	for (unsigned who = 0; who < SENDERS; who++) {
		judge_manifest(who);
	}
	ph_spool_files_deinit(&list);
}

/* --- the sender --- */

/* Whether what NAME holds is WHO's to take away: by its header, or its name. */
static bool is_own(unsigned who, const struct file *file)
{
	struct ph_bundle_header header;
	struct ph_buf held = { 0 };
	static const char *const ends[] = { ".part", ".phm", ".phm.part" };
	char name[ODD_NAME_SIZE] = "";
	bool own = false;

	for (unsigned i = 0; i < 3; i++) {
		name_id(who, ends[i], name);
		own = own || strcmp(name, file->name) == 0;
	}
	if (file->folder || !is_bundle(file->name)) {
		return own;
	}
	bytes_of(file->name, &held);
	own = ph_bundle_header_decode(ph_buf_view(&held), &header) == 0 &&
	      memcmp(header.from, senders[who].id, PH_DEVICE_ID_SIZE) == 0;
	ph_buf_deinit(&held);
	return own;
}

/* All of BEFORE that is not OWN is there, as it was; NAME may be new. */
static void judge_others(const struct scene *before, const bool *own, const char *name)
{
	struct scene now;

	see_all(&now);
	for (unsigned i = 0; i < before->n; i++) {
		const struct file *file = find(&now, before->file[i].name);

		if (!own[i] && strcmp(before->file[i].name, name) != 0) {
			must(file && file->hash == before->file[i].hash &&
			     file->folder == before->file[i].folder);
		}
	}
}

static void put(unsigned who, const struct scene *before, struct ph_view bundle,
		char name[static PH_SPOOL_NAME_SIZE])
{
	uint8_t hash[PH_BUNDLE_HASH_SIZE];
	struct ph_error err = { 0 };
	struct ph_buf held = { 0 };
	char part[ODD_NAME_SIZE];
	struct scene now;
	int rc = ph_spool_put(&spool, bundle, name, &err);

	sim_disk_fail("a", SIM_FAULT_NONE, 0, false);
	ph_bundle_hash(bundle, hash);
	ph_spool_name(hash, name);
	see_all(&now);
	name_id(who, ".part", part);
	if (rc == 0) {
		bytes_of(name, &held);
		must(ph_view_equal(ph_buf_view(&held), bundle));
	} else {
		const struct file *left = find(&now, part);

		must(err.text[0] != '\0' && err.exit != PH_EXIT_DONE);
		must(is_faulty || !left || left->folder || left->odd != NOT_ODD ||
		     find(before, part));
	}
	ph_buf_deinit(&held);
}

static void sweep(unsigned who, uint8_t which)
{
	struct ph_manifest keep = { 0 };
	struct ph_manifest_line line;
	unsigned removed;

	for (unsigned i = 0; i < BUNDLES; i++) {
		if (which & (1u << i)) {
			ph_spool_line(ph_buf_view(&bundles[who][i]), &line);
			must(ph_manifest_add(&keep, &line) == 0);
		}
	}
	if (ph_spool_sweep(&spool, senders[who].id, &keep, &removed, NULL) == 0 &&
	    !is_faulty) {
		must(ph_spool_sweep(&spool, senders[who].id, &keep, &removed, NULL) == 0);
		must(removed == 0);
	}
	ph_manifest_deinit(&keep);
}

/* Without a word of what is to be kept. */
static void sweep_all(unsigned who)
{
	unsigned removed;

	if (ph_spool_sweep(&spool, senders[who].id, NULL, &removed, NULL) == 0 &&
	    !is_faulty) {
		must(ph_spool_sweep(&spool, senders[who].id, NULL, &removed, NULL) == 0);
		must(removed == 0);
	}
}

/* The disk fails its sender as FAULT says; 0: it does not. */
static void break_disk(uint8_t fault)
{
	is_faulty = fault != 0;
	if (is_faulty) {
		sim_disk_fail("a", SIM_FAULT_IO + fault / 10 % SIM_FAULT_READ,
			      1 + fault / 50, fault / 10 % 2);
	}
}

static void send_step(struct choices *choices, uint8_t op, uint8_t fault,
		      const struct scene *before)
{
	uint8_t choice = choices_byte(choices);
	unsigned who = choice % SENDERS, which = choice / SENDERS % BUNDLES;
	char name[PH_SPOOL_NAME_SIZE] = "";
	struct ph_buf bytes = { 0 };
	bool own[FILES_MAX];

	for (unsigned i = 0; i < before->n; i++) {
		own[i] = is_own(who, &before->file[i]);
	}
	break_disk(fault);
	if (op == 0) {
		put(who, before, ph_buf_view(&bundles[who][which]), name);
	} else if (op == 1) {
		put_manifest(who, choice / 4, &bytes);
		(void)ph_spool_put_manifest_bytes(&spool, senders[who].id,
						  ph_buf_view(&bytes), NULL);
	} else if (choice / 16 == 15) {
		sweep_all(who);
	} else {
		sweep(who, choice / 4);
	}
	sim_disk_fail("a", SIM_FAULT_NONE, 0, false);
	is_faulty = false;
	judge_others(before, own, name);
	ph_buf_deinit(&bytes);
}

/* --- anybody --- */

static void put_file(struct choices *choices, enum odd odd)
{
	struct ph_buf content = { 0 };
	char name[ODD_NAME_SIZE] = "";
	char path[256];
	int fd;

	content_of(choices, &content);
	name_of(choices, ph_buf_view(&content), name);
	snprintf(path, sizeof(path), FOLDER "/%s", name);
	fd = sim_file_ops.open(path, O_WRONLY | O_CREAT, 0600);
	if (fd >= 0) {
		must(sim_file_ops.truncate(fd, 0) == 0);
		must(sim_file_ops.write(fd, content.data, content.len) ==
		     (int64_t)content.len);
		must(sim_file_ops.close(fd) == 0);
		odd_forget(path);
		odd_say(name, odd);
	}
	ph_buf_deinit(&content);
}

static void put_folder(struct choices *choices)
{
	struct ph_buf content = { 0 };
	char name[ODD_NAME_SIZE] = "";
	char path[256];

	content_of(choices, &content);
	name_of(choices, ph_buf_view(&content), name);
	snprintf(path, sizeof(path), FOLDER "/%s", name);
	(void)sim_file_ops.mkdir(path, 0700);
	ph_buf_deinit(&content);
}

static void take_away(const struct scene *seen, uint8_t which)
{
	char path[256];

	if (seen->n > 0) {
		snprintf(path, sizeof(path), FOLDER "/%s",
			 seen->file[which % seen->n].name);
		(void)odd_unlink(path);
	}
}

/* --- no stick, no spool, no bundle --- */

static void ask_wrongly(struct choices *choices)
{
	static const uint8_t nobody[PH_DEVICE_ID_SIZE];
	static char far_away[PH_SPOOL_PATH_MAX + 100] = STICK "/";
	const char *const sticks[] = { "/m/none", STICK "/file", "/m/b", "", far_away };
	uint8_t choice = choices_byte(choices);
	struct ph_manifest manifest;
	struct ph_error err = { 0 };
	struct ph_buf bytes = { 0 };
	const char *reason = NULL;
	struct ph_spool wrong;
	char name[ODD_NAME_SIZE] = "";
	int rc;

	memset(far_away + strlen(STICK "/"), 'x',
	       sizeof(far_away) - strlen(STICK "/") - 1);
	rc = ph_spool_open(&wrong, sticks[choice % 5], choice & 16, &err);
	must(rc < 0 && err.text[0] != '\0');
	name_any(choices, name);
	must(is_bundle(name) || ph_spool_read(&spool, name, &bytes, &reason) < 0);
	must(ph_spool_manifest(&spool, nobody, &manifest) != 0);
	must(bytes.len == 0);
}

/* In place of the spool a file has its name; or there is none. */
static void lose_spool(uint8_t how)
{
	struct ph_spool_files list;
	struct ph_error err = { 0 };
	unsigned removed;
	int fd;

	sim_disk_remove("a");
	sim_disk_add("a");
	if (how % 3 == 0) {
		fd = sim_file_ops.open(FOLDER, O_WRONLY | O_CREAT, 0600);
		must(fd >= 0 && sim_file_ops.close(fd) == 0);
		must(ph_spool_open(&spool, STICK, how & 16, &err) == -ENOTDIR);
		must(sim_file_ops.unlink(FOLDER) == 0);
	} else {
		must(ph_spool_open(&spool, STICK, false, &err) == -ENOENT);
	}
	must(err.text[0] != '\0');
	must(ph_spool_list(&spool, &list, NULL) < 0);
	must(ph_spool_sweep(&spool, senders[0].id, NULL, &removed, NULL) < 0);
	n_odd_files = 0;
	must(ph_spool_open(&spool, STICK, true, NULL) == 0);
	sim_disk_settle("a");
}

static void step(struct choices *choices, const struct scene *seen)
{
	uint8_t op = choices_byte(choices);

	if (op >= 250) {
		lose_spool(choices_byte(choices));
		return;
	}
	if (op >= 240) {
		ask_wrongly(choices);
		return;
	}
	switch (op % 10) {
	case 0:
	case 1:
	case 2:
		send_step(choices, op % 10, 0, seen);
		break;
	case 3:
	case 4:
		put_file(choices, NOT_ODD);
		break;
	case 5:
		put_file(choices, NO_FILE + op / 10 % CLOSED);
		break;
	case 6:
		put_folder(choices);
		break;
	case 7:
		take_away(seen, choices_byte(choices));
		break;
	case 8:
		sim_disk_cut("a", choices_byte(choices), NULL);
		sim_disk_on("a");
		break;
	default:
		send_step(choices, op / 40 % 3, op, seen);
	}
}

static void prepare(void)
{
	must(ph_crypto_start() == 0);
	for (unsigned who = 0; who < SENDERS; who++) {
		sender_init(&senders[who]);
		ph_rng_seed(&senders[who].maker.seeded, 11 + who,
			    &senders[who].maker.rng);
		ph_sign_pair_make(&senders[who].pair, &senders[who].maker.rng);
		ph_device_id(senders[who].id, senders[who].pair.key);
		memcpy(senders[who].maker.config.header.from, senders[who].id,
		       PH_DEVICE_ID_SIZE);
		for (unsigned i = 0; i < BUNDLES; i++) {
			senders[who].maker.config.header.number = 1 + i;
			make(&senders[who], 100, &bundles[who][i]);
		}
	}
	sim_disk_begin(3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices choices = { .in = PH_VIEW(data, size) };
	struct scene seen;

	if (bundles[0][0].len == 0) {
		prepare();
		odd_disk_use();
	}
	n_odd_files = 0;
	sim_disk_add("a");
	must(ph_spool_open(&spool, STICK, true, NULL) == 0);
	sim_disk_settle("a");
	for (unsigned n = 0; n < STEPS_MAX && choices.in.len > 0; n++) {
		see_all(&seen);
		step(&choices, &seen);
		see_all(&seen);
		judge(&seen);
	}
	sim_disk_remove("a");
	return 0;
}
