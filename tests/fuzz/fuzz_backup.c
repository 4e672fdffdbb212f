/*
 * tests/fuzz/fuzz_backup.c - any bytes as what a hub is restored from.
 *
 * The first byte says what the rest is: f a backup; x what is XORed, from the place that two
 * bytes name, onto one that was made here, l where it is cut; b blocks, each with its length in
 * two bytes, that somebody sealed who has the public half of the recovery key (a byte before
 * them says what is odd); m a manifest, B the body of one that the hub signs; k the line of a
 * recovery key, p the file of its public half; s the file of a second medium, S records of it,
 * each with its length in two bytes, whose hashes are right.
 *
 * A backup that reads has only files that a hub may have, in the folder it was to unpack into,
 * and nothing beside it; hashed alone it is the same. One that was altered is not taken. What
 * else is taken encodes to the same bytes: the records of a second medium that read, written
 * anew, are the file as far as it is whole, and there it ends when it has been opened.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/backup_format.h"
#include "daemon/backup_state.h"
#include "daemon/second.h"

#include "tests/fuzz/choices.h"
#include "tests/fuzz/folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ph_recovery_key key, other;
static struct ph_sign_pair hub;
static struct ph_buf genuine;

static const char *in_room(const char *name)
{
	static char paths[16][128];
	static unsigned turn;
	char *path = paths[turn++ % 16];

	snprintf(path, sizeof(paths[0]), "%s/%s", fuzz_folder, name);
	return path;
}

static void put(const char *name, struct ph_view bytes)
{
	FILE *file = fopen(in_room(name), "wb");

	must(file != NULL && fwrite(bytes.data, 1, bytes.len, file) == bytes.len);
	must(fclose(file) == 0);
}

/* --- a backup --- */

/* Of two files, signed by the hub. */
static void make_genuine(void)
{
	struct ph_backup_manifest manifest = {
		.made = 1790000000, .epoch = { .number = 3 }, .logs = 2, .entries = 7
	};
	struct ph_backup_read how = { .unsigned_yet = true };
	struct ph_buf body = { 0 }, end = { 0 };
	struct ph_backup_writer *writer;
	struct ph_backup_found found;
	uint8_t stream[PH_BACKUP_KEY_SIZE];
	const char *path = in_room("file");

	put("one", ph_view_str("bốn mươi chữ, và một dòng nữa ở phía sau\n"));
	put("two", ph_view_str(""));
	must(ph_backup_writer_new(&writer, path, key.box.key, stream, NULL) == 0);
	must(ph_backup_writer_add(writer, "keys/one", in_room("one"), NULL) == 0);
	must(ph_backup_writer_add(writer, "two", in_room("two"), NULL) == 0);
	must(ph_backup_writer_end(writer, NULL) == 0);
	ph_backup_writer_free(writer);
	must(ph_backup_read(path, &how, &found, NULL) == 0);
	memcpy(manifest.hash, found.hash, sizeof(manifest.hash));
	memcpy(manifest.recovery, found.recovery, sizeof(manifest.recovery));
	manifest.size = found.size;
	must(ph_backup_manifest_body(&manifest, &body) == 0);
	must(ph_backup_manifest_sign(ph_buf_view(&body), hub.secret, &end) == 0);
	must(ph_backup_finish(path, ph_buf_view(&end), NULL) == 0);
	must(ph_file_read(path, 1 << 20, &genuine, NULL) == 0);
	must(unlink(in_room("one")) == 0 && unlink(in_room("two")) == 0);
	ph_backup_found_deinit(&found);
	ph_buf_deinit(&body);
	ph_buf_deinit(&end);
}

static void prepare(void)
{
	struct ph_rng_seeded seeded;
	struct ph_rng rng;

	must(ph_crypto_start() == 0);
	ph_rng_seed(&seeded, 1, &rng);
	ph_box_pair_make(&key.box, &rng);
	ph_box_pair_make(&other.box, &rng);
	ph_sign_pair_make(&hub, &rng);
	memcpy(key.root, hub.key, sizeof(key.root));
	fuzz_folder_make();
	must(mkdir(in_room("hub"), 0700) == 0 && mkdir(in_room("hub/keys"), 0700) == 0);
	must(mkdir(in_room("medium"), 0700) == 0 && mkdir(in_room("copy"), 0700) == 0);
	make_genuine();
}

/* Files of FOLDER, under the name PREFIX of a folder in it, are such as a hub has. */
static void check_files(const char *folder, const char *prefix)
{
	DIR *dir = opendir(folder);
	struct dirent *item;

	must(dir != NULL);
	while ((item = readdir(dir)) != NULL) {
		char name[2 * PH_BACKUP_NAME_MAX + 600], path[1024];

		if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0) {
			continue;
		}
		snprintf(name, sizeof(name), "%s%s", prefix, item->d_name);
		must(ph_backup_name_ok(name));
		if (item->d_type == DT_DIR) {
			must(prefix[0] == '\0');
			snprintf(path, sizeof(path), "%s/%s", folder, item->d_name);
			snprintf(name, sizeof(name), "%s/", item->d_name);
			check_files(path, name);
		}
	}
	closedir(dir);
}

/* Nothing but what this target has put there. */
static void check_room(void)
{
	static const char known[] = " . .. file out hub medium copy ";
	DIR *dir = opendir(fuzz_folder);
	struct dirent *item;

	must(dir != NULL);
	while ((item = readdir(dir)) != NULL) {
		char word[300];

		snprintf(word, sizeof(word), " %s ", item->d_name);
		must(strstr(known, word) != NULL);
	}
	closedir(dir);
}

/* Read BYTES as a backup. Whether it is whole, and signed by the hub, about what was read. */
static bool try_backup(struct ph_view bytes)
{
	struct ph_backup_read how = { .recovery = &key, .into = in_room("out") };
	struct ph_backup_read hashed = { .into = "/nowhere" };
	struct ph_backup_found found, again;
	struct ph_backup_manifest manifest;
	struct ph_error err = { 0 };
	bool passes;
	int rc;

	put("file", bytes);
	must(ph_backup_remove_tree(how.into) == 0 && mkdir(how.into, 0700) == 0);
	rc = ph_backup_read(in_room("file"), &how, &found, &err);
	must((rc == 0) == (err.text[0] == '\0'));
	check_files(how.into, "");
	check_room();
	if (rc != 0) {
		/* a file of a name that a folder has, or the other way round, is the disk's */
		must(rc == -EUCLEAN || rc == -EACCES || rc == -EEXIST || rc == -EISDIR ||
		     rc == -ENOTDIR);
		must(rc != -EUCLEAN || err.exit == PH_EXIT_DAMAGED);
		return false;
	}
	must(ph_backup_read(in_room("file"), &hashed, &again, &err) == 0);
	must(found.size == again.size &&
	     memcmp(found.hash, again.hash, sizeof(found.hash)) == 0 &&
	     ph_view_equal(ph_buf_view(&found.manifest), ph_buf_view(&again.manifest)));
	passes = ph_backup_manifest_decode(ph_buf_view(&found.manifest), hub.key,
					   &manifest) == 0 &&
		 memcmp(manifest.hash, found.hash, sizeof(found.hash)) == 0 &&
		 memcmp(manifest.recovery, found.recovery, sizeof(found.recovery)) == 0 &&
		 manifest.size == found.size;
	ph_backup_found_deinit(&found);
	ph_backup_found_deinit(&again);
	return passes;
}

static void try_altered(struct ph_view in, bool is_cut)
{
	struct choices choices = { .in = in };
	size_t at = ((size_t)choices_byte(&choices) << 8 | choices_byte(&choices)) %
		    genuine.len;
	struct ph_buf bytes = { 0 };
	bool differs = is_cut;

	must(ph_buf_put_view(&bytes, ph_buf_view(&genuine)) == 0);
	for (size_t i = 0; !is_cut && i < choices.in.len && at + i < bytes.len; i++) {
		bytes.data[at + i] ^= choices.in.data[i];
		differs = differs || choices.in.data[i] != 0;
	}
	bytes.len = is_cut ? at : bytes.len;
	must(try_backup(ph_buf_view(&bytes)) != differs);
	ph_buf_deinit(&bytes);
}

/* --- blocks of somebody who has the public half --- */

enum odd {
	ODD_OPEN = 1,     /* no block is the last */
	ODD_EARLY = 2,    /* the first is */
	ODD_OTHER = 4,    /* sealed to another key */
	ODD_UNNAMED = 8,  /* which it does not say */
	ODD_UNSIGNED = 16 /* nothing stands behind them */
};

static void put_block(crypto_secretstream_xchacha20poly1305_state *stream,
		      struct ph_view plain, bool is_last, struct ph_buf *out)
{
	uint8_t block[4 + 4096 + PH_BACKUP_ABYTES];
	unsigned long long n = 0;

	plain.len = plain.len < 4096 ? plain.len : 4096;
	crypto_secretstream_xchacha20poly1305_push(
		stream, block + 4, &n, plain.data, plain.len, NULL, 0,
		is_last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
	ph_be32_put(block, (uint32_t)n);
	must(ph_buf_put(out, block, 4 + (size_t)n) == 0);
}

static void try_blocks(struct ph_view in)
{
	struct choices choices = { .in = in };
	unsigned odd = choices_byte(&choices);
	const uint8_t *to = odd & ODD_OTHER ? other.box.key : key.box.key;
	crypto_secretstream_xchacha20poly1305_state stream;
	struct ph_backup_head head;
	struct ph_buf bytes = { 0 };
	uint8_t secret[PH_BACKUP_KEY_SIZE] = { 7 };

	memcpy(head.magic, PH_BACKUP_MAGIC, sizeof(head.magic));
	ph_recovery_name(odd & ODD_UNNAMED ? key.box.key : to, head.recovery);
	must(crypto_box_seal(head.sealed, secret, sizeof(secret), to) == 0);
	crypto_secretstream_xchacha20poly1305_init_push(&stream, head.stream, secret);
	must(ph_buf_put(&bytes, &head, sizeof(head)) == 0);
	for (bool first = true; choices.in.len > 0; first = false) {
		struct ph_view plain = choices_bytes(&choices);
		bool is_last = choices.in.len == 0 && !(odd & ODD_OPEN);

		put_block(&stream, plain, is_last || (first && odd & ODD_EARLY), &bytes);
	}
	must(ph_buf_put(&bytes, "\0\0\0\0", 4) == 0);
	if (!(odd & ODD_UNSIGNED)) {
		must(ph_buf_put(&bytes, "\0\0\0\1x", 5) == 0);
	}
	must(!try_backup(ph_buf_view(&bytes)));
	ph_buf_deinit(&bytes);
}

/* --- a manifest --- */

static void try_manifest(struct ph_view in, bool is_body)
{
	struct ph_backup_manifest manifest, before;
	struct ph_buf bytes = { 0 }, body = { 0 }, again = { 0 };
	int rc;

	if (is_body) {
		if (in.len > PH_SIGN_BODY_MAX ||
		    ph_backup_manifest_sign(in, hub.secret, &bytes) != 0) {
			return;
		}
	} else {
		must(ph_buf_put_view(&bytes, in) == 0);
	}
	memset(&manifest, 0x5a, sizeof(manifest));
	before = manifest;
	rc = ph_backup_manifest_decode(ph_buf_view(&bytes), hub.key, &manifest);
	must(rc == 0 || rc == -EUCLEAN);
	if (rc == 0) {
		must(is_body);
		must(ph_backup_manifest_body(&manifest, &body) == 0);
		must(ph_view_equal(in, ph_buf_view(&body)));
		must(ph_backup_manifest_decode(ph_buf_view(&bytes), other.box.key,
					       &before) == -EUCLEAN);
	} else {
		must(memcmp(&manifest, &before, sizeof(manifest)) == 0);
	}
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&body);
	ph_buf_deinit(&again);
}

/* --- keys --- */

static void try_key(struct ph_view in)
{
	struct ph_recovery_key read, again;
	struct ph_error err = { 0 };
	struct ph_buf text = { 0 };
	int rc;

	put("file", in);
	rc = ph_recovery_key_load(&read, in_room("file"), &err);
	must(rc <= 0 && (rc == 0) == (err.text[0] == '\0'));
	if (rc != 0) {
		must(err.exit == PH_EXIT_DAMAGED || rc != -EUCLEAN);
		return;
	}
	must(ph_recovery_key_text(&read, &text) == 0);
	put("file", ph_buf_view(&text));
	must(ph_recovery_key_load(&again, in_room("file"), &err) == 0);
	must(memcmp(&read, &again, sizeof(read)) == 0);
	ph_recovery_key_wipe(&read);
	ph_recovery_key_wipe(&again);
	ph_buf_deinit(&text);
}

static void try_public(struct ph_view in)
{
	uint8_t read[PH_KEY_SIZE];
	struct ph_error err = { 0 };
	struct ph_buf again = { 0 };
	int rc;

	put("hub/keys/recovery", in);
	rc = ph_recovery_public_load(in_room("hub"), read, &err);
	must(rc <= 0 && (rc == 0) == (err.text[0] == '\0'));
	if (rc == 0) {
		must(ph_recovery_public_save(in_room("hub"), read, &err) == 0);
		must(ph_file_read(in_room("hub/keys/recovery"), 4096, &again, &err) == 0);
		must(ph_view_equal(in, ph_buf_view(&again)));
	}
	ph_buf_deinit(&again);
}

/* --- the second medium --- */

static int copy_record(void *data, const struct ph_second_record *record)
{
	const struct ph_segment *segment = &record->segment;

	must(segment->first <= INT64_MAX);
	if (record->is_part) {
		must(record->cipher.len >= 1 && record->cipher.len <= PH_PART_MAX);
		return ph_second_put_part(data, segment->log_id, segment->first,
					  record->cipher, record->seed_box);
	}
	must(segment->first >= 1 && segment->last >= segment->first);
	return ph_second_put_segment(data, segment);
}

static int is_gone(void *data, const struct ph_second_record *part)
{
	(void)data;
	return part->cipher.data[0] % 2;
}

static int stays(void *data, const struct ph_second_record *record)
{
	must(!record->is_part || !is_gone(data, record));
	return 0;
}

/* The file at PATH, which read whole up to WHOLE, is opened, and its odd parts go. */
static void open_and_drop(const char *path, uint64_t whole)
{
	struct ph_second *second = NULL;
	struct ph_error err = { 0 };
	struct ph_file_info info;
	uint64_t left;
	int rc = ph_second_open(&second, in_room("medium"), hub.key, &err);

	must(rc == 0 || rc == -E2BIG); /* of more logs than a hub has */
	if (rc == 0) {
		must(ph_file_info(path, &info) == 0 && info.size == whole);
		must(ph_second_drop(second, is_gone, NULL) == 0);
		must(ph_second_each(path, stays, NULL, &left) == 0 && left <= whole);
		must(ph_file_info(path, &info) == 0 && info.size == left);
	}
	ph_second_close(second);
}

static void try_second(struct ph_view in)
{
	struct ph_second *copy = NULL;
	struct ph_error err = { 0 };
	struct ph_buf written = { 0 };
	char path[128], path_copy[128];
	uint64_t whole = 0;
	int rc;

	must(ph_second_path(in_room("copy"), hub.key, path_copy, sizeof(path_copy),
			    &err) == 0);
	must(ph_second_path(in_room("medium"), hub.key, path, sizeof(path), &err) == 0);
	(void)unlink(path_copy);
	must(ph_second_open(&copy, in_room("copy"), hub.key, &err) == 0);
	put(strstr(path, "medium"), in);
	rc = ph_second_each(path, copy_record, copy, &whole);
	must(rc == 0 || rc == -E2BIG);
	must(whole <= in.len);
	if (rc == 0) {
		must(ph_second_sync(copy) == 0);
		must(ph_file_read(path_copy, 1 << 20, &written, &err) == 0);
		must(ph_view_equal(ph_buf_view(&written),
				   PH_VIEW(in.data, (size_t)whole)));
		open_and_drop(path, whole);
	}
	ph_second_close(copy);
	ph_buf_deinit(&written);
}

static void try_records(struct ph_view in)
{
	struct choices choices = { .in = in };
	struct ph_buf bytes = { 0 };

	while (choices.in.len > 0) {
		struct ph_view record = choices_bytes(&choices);
		uint8_t length[4], hash[16];

		ph_be32_put(length, (uint32_t)(record.len + sizeof(hash)));
		crypto_generichash(hash, sizeof(hash), record.data, record.len, NULL, 0);
		must(ph_buf_put(&bytes, length, sizeof(length)) == 0);
		must(ph_buf_put_view(&bytes, record) == 0);
		must(ph_buf_put(&bytes, hash, sizeof(hash)) == 0);
	}
	try_second(ph_buf_view(&bytes));
	ph_buf_deinit(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ph_view rest;

	if (fuzz_folder[0] == '\0') {
		prepare();
	}
	if (size < 2) {
		return 0;
	}
	rest = PH_VIEW(data + 1, size - 1);
	switch (data[0]) {
	case 'f':
		must(!try_backup(rest));
		break;
	case 'x':
	case 'l':
		try_altered(rest, data[0] == 'l');
		break;
	case 'b':
		try_blocks(rest);
		break;
	case 'm':
	case 'B':
		try_manifest(rest, data[0] == 'B');
		break;
	case 'k':
		try_key(rest);
		break;
	case 'p':
		try_public(rest);
		break;
	case 's':
		try_second(rest);
		break;
	case 'S':
		try_records(rest);
		break;
	default:
		break;
	}
	return 0;
}
