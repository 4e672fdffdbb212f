/*
 * tests/unit/spool_maker.h - a sender with bundles, and what pack-stick does with them, for the
 * tests of spools.
 */
#ifndef TESTS_UNIT_SPOOL_MAKER_H
#define TESTS_UNIT_SPOOL_MAKER_H

#include "bundle_maker.h"
#include "common/base/file.h"
#include "proto/spool.h"

/* A sender with bundles to write. */
struct sender {
	struct maker maker;
	struct ph_sign_pair pair;
	uint8_t id[PH_DEVICE_ID_SIZE];
};

static inline void sender_init(struct sender *sender)
{
	maker_init(&sender->maker, PH_BUNDLE_UP);
	ph_sign_pair_make(&sender->pair, &sender->maker.rng);
	ph_device_id(sender->id, sender->pair.key);
	memcpy(sender->maker.config.header.from, sender->id, sizeof(sender->id));
}

static inline void make(struct sender *sender, size_t size, struct ph_buf *out)
{
	out->len = 0;
	maker_bundle(&sender->maker, size, out);
}

/* What pack-stick does: bundles, the manifest of them, and the old ones away. */
static inline int pack(struct sender *sender, const char *dir, struct ph_view bundle,
		       struct ph_error *err)
{
	struct ph_manifest manifest = { .written = 1790000000 };
	char name[PH_SPOOL_NAME_SIZE];
	struct ph_manifest_line line;
	struct ph_spool spool;
	unsigned removed;
	int rc = ph_spool_open(&spool, dir, true, err);

	memcpy(manifest.key, sender->pair.key, PH_KEY_SIZE);
	rc = rc == 0 ? ph_spool_put(&spool, bundle, name, err) : rc;
	if (rc == 0) {
		ph_spool_line(bundle, &line);
		rc = ph_manifest_add(&manifest, &line);
	}
	if (rc == 0) {
		rc = ph_spool_put_manifest(&spool, &manifest, &sender->pair, err);
	}
	if (rc == 0) {
		rc = ph_spool_sweep(&spool, sender->id, &manifest, &removed, err);
	}
	ph_manifest_deinit(&manifest);
	return rc;
}

/* Whether BUNDLE is in the spool in DIR; every file that has a bundle's name must be whole. */
static inline bool holds(const char *dir, struct ph_view bundle)
{
	struct ph_spool_files files = { 0 };
	struct ph_spool spool;
	bool found = false;

	if (ph_spool_open(&spool, dir, false, NULL) != 0) {
		return false;
	}
	assert_int_equal(ph_spool_list(&spool, &files, NULL), 0);
	for (unsigned i = 0; i < files.n; i++) {
		struct ph_buf bytes = { 0 };
		const char *reason;

		assert_null(files.file[i].reason);
		assert_int_equal(
			ph_spool_read(&spool, files.file[i].name, &bytes, &reason), 0);
		assert_null(reason);
		found = found || ph_view_equal(ph_buf_view(&bytes), bundle);
		ph_buf_deinit(&bytes);
	}
	ph_spool_files_deinit(&files);
	return found;
}

static inline unsigned count(const char *dir)
{
	struct ph_spool_files files = { 0 };
	struct ph_spool spool;
	unsigned n;

	assert_int_equal(ph_spool_open(&spool, dir, false, NULL), 0);
	assert_int_equal(ph_spool_list(&spool, &files, NULL), 0);
	n = files.n;
	ph_spool_files_deinit(&files);
	return n;
}

static inline void check_packed(struct sender *sender, const char *dir,
				struct ph_view bundle)
{
	struct ph_manifest manifest;
	struct ph_spool spool;
	struct ph_manifest_line line;

	assert_true(holds(dir, bundle));
	assert_int_equal(count(dir), 1);
	assert_int_equal(ph_spool_open(&spool, dir, false, NULL), 0);
	assert_int_equal(ph_spool_manifest(&spool, sender->id, &manifest), 0);
	ph_spool_line(bundle, &line);
	assert_int_equal(manifest.n, 1);
	assert_memory_equal(manifest.line[0].hash, line.hash, sizeof(line.hash));
	assert_int_equal(manifest.line[0].size, bundle.len);
	assert_int_equal(manifest.line[0].number, 7);
	ph_manifest_deinit(&manifest);
}

#endif
