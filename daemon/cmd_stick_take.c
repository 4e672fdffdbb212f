/*
 * daemon/cmd_stick_take.c - packhorsed take-stick.
 *
 * Each bundle for the hub is copied into DIR/spool, taken from there, and the copy removed.
 * One that is damaged is refused, with what was good of it taken, and stops none of the others.
 */
#include "daemon/stick.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/cli/missing.h"
#include "common/cli/out.h"
#include "common/cli/refusal_words.h"
#include "daemon/ask.h"

struct take {
	struct ph_stick stick;
	json_t *bundles, *refusals, *missing;
	json_int_t entries, parts, left, admitted;
	unsigned others, removed, refused_more;
	bool later, is_more;
};

static void refuse(struct take *take, const char *name, const char *reason)
{
	json_array_append_new(take->refusals,
			      json_pack("{s:s, s:s}", "file", name, "reason", reason));
	ph_refusal_tell(name, reason);
}

static void expire(struct take *take, const struct ph_spool_file *file)
{
	char path[PH_SPOOL_PATH_MAX + PH_SPOOL_NAME_SIZE + 8];
	uint64_t now = (uint64_t)time(NULL);

	if (file->header.made + PH_BUNDLE_DAYS * UINT64_C(86400) < now &&
	    ph_path_join(path, sizeof(path), take->stick.spool.path, file->name, NULL) ==
		    0 &&
	    ph_file_remove(path) == 0) {
		take->removed++;
	}
}

static void note_taken(struct take *take, const struct ph_spool_file *file,
		       json_t *answer)
{
	take->entries += ph_stick_number(answer, "entries");
	take->parts += ph_stick_number(answer, "parts");
	take->left += ph_stick_number(answer, "left");
	take->admitted += json_is_true(json_object_get(answer, "admitted"));
	if (!json_is_true(json_object_get(answer, "complete"))) {
		const char *reason = ph_stick_text(answer, "reason");

		take->later = take->later || strcmp(reason, "later") == 0 ||
			      strcmp(reason, "put-back") == 0;
		refuse(take, file->name, reason);
	} else {
		expire(take, file);
	}
	json_object_del(answer, "schema");
	json_object_del(answer, "running");
	json_object_set_new(answer, "file", json_string(file->name));
	json_array_append(take->bundles, answer);
}

/* Copy BUNDLE into the hub's spool, under the name that its bytes make. */
static int put_own(struct take *take, struct ph_view bundle,
		   char name[static PH_SPOOL_NAME_SIZE], struct ph_error *err)
{
	uint8_t hash[PH_BUNDLE_HASH_SIZE];
	char path[PH_SPOOL_PATH_MAX + PH_SPOOL_NAME_SIZE + 8];
	int rc;

	ph_bundle_hash(bundle, hash);
	ph_spool_name(hash, name);
	rc = ph_path_join(path, sizeof(path), take->stick.own.path, name, err);
	return rc < 0 ? rc : ph_file_write(path, bundle, 0600, err);
}

static int take_file(struct take *take, const struct ph_spool_file *file,
		     struct ph_buf *bundle, struct ph_error *err)
{
	char name[PH_SPOOL_NAME_SIZE];
	json_t *answer = NULL;
	json_t *request;
	const char *reason;
	int rc;

	bundle->len = 0;
	rc = ph_spool_read(&take->stick.spool, file->name, bundle, &reason);
	if (rc < 0) {
		refuse(take, file->name, "unreadable");
		return 0;
	}
	rc = put_own(take, ph_buf_view(bundle), name, err);
	if (rc < 0) {
		return rc;
	}
	request = ph_request("bundle-take");
	rc = ph_request_set(request, "bundle", name, err);
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	rc = ph_ask(take->stick.cli, request, &answer, err);
	ph_stick_drop(&take->stick, name);
	if (rc == 0) {
		note_taken(take, file, answer);
	}
	json_decref(answer);
	return rc;
}

static bool is_for_hub(void *data, const uint8_t to[static PH_DEVICE_ID_SIZE])
{
	return ph_stick_is_hub(data, to);
}

/* What devices say they have packed for the hub, and is not there. */
static int look_for_missing(struct take *take, struct ph_error *err)
{
	struct ph_spool_asker asker = { .is_for = is_for_hub,
					.data = &take->stick,
					.now = (uint64_t)time(NULL) };
	struct ph_spool_senders senders;
	int rc = ph_spool_senders(&take->stick.spool, &senders, err);

	if (rc < 0) {
		return rc;
	}
	for (unsigned i = 0; rc == 0 && i < senders.n; i++) {
		char hex[2 * PH_DEVICE_ID_SIZE + 1];
		struct ph_spool_tally tally;

		ph_hex(hex, senders.id[i], PH_DEVICE_ID_SIZE);
		rc = ph_spool_tally(&take->stick.spool, senders.id[i], &asker, &tally);
		if (rc == PH_SPOOL_E_UNKNOWN) {
			rc = ph_missing_add_unknown(take->missing, hex);
		} else if (rc == 0 && tally.here < tally.packed) {
			rc = ph_missing_add(take->missing, hex, tally.packed, tally.here);
		}
	}
	ph_spool_senders_deinit(&senders);
	ph_missing_tell(take->missing);
	return rc;
}

static int take_each(struct take *take, struct ph_error *err)
{
	struct ph_spool_files files;
	struct ph_buf bundle = { 0 };
	int rc = ph_spool_list(&take->stick.spool, &files, err);

	if (rc < 0) {
		return rc;
	}
	take->refused_more = files.n_refused;
	take->is_more = files.is_more;
	for (unsigned i = 0; rc == 0 && i < files.n; i++) {
		const struct ph_spool_file *file = &files.file[i];

		if (file->reason) {
			refuse(take, file->name, file->reason);
		} else if (!ph_stick_is_hub(&take->stick, file->header.to)) {
			take->others++;
		} else {
			rc = take_file(take, file, &bundle, err);
		}
	}
	ph_refusal_tell_rest(files.n_refused, files.is_more);
	ph_buf_deinit(&bundle);
	ph_spool_files_deinit(&files);
	return rc;
}

static int print_table(const struct take *take)
{
	static const char *const headings[] = { "site",    "device", "made",
						"entries", "parts",  "state" };
	struct ph_table *table = ph_table_new(headings, 6, take->stick.cli->plain);
	size_t i;
	json_t *item;
	int rc;

	json_array_foreach(take->bundles, i, item)
	{
		const char *reason = ph_stick_text(item, "reason");
		char text[PH_TIME_TEXT];

		/* its sender says so, who may say any number */
		ph_day_text(text, ph_day_of(ph_stick_number(item, "made")));
		ph_table_cell(table, ph_stick_text(item, "site"));
		ph_table_cellf(table, "%.8s", ph_stick_text(item, "device"));
		ph_table_cell(table, text);
		ph_table_cellf(table, "%lld",
			       (long long)ph_stick_number(item, "entries"));
		ph_table_cellf(table, "%lld", (long long)ph_stick_number(item, "parts"));
		ph_table_cell(table, reason[0] ? (take->stick.cli->plain
							  ? reason
							  : ph_say(reason, "bị từ chối"))
				     : json_is_true(json_object_get(item, "admitted"))
					     ? ph_say("admitted", "mới")
					     : "");
	}
	rc = json_array_size(take->bundles) > 0 ? ph_table_print(table, stdout) : 0;
	ph_table_free(table);
	return rc;
}

static int print_take(const struct take *take)
{
	const struct ph_cli *cli = take->stick.cli;

	if (cli->json) {
		return ph_out_json(json_pack(
			"{s:i, s:O, s:I, s:I, s:I, s:I, s:I, s:I, s:O, s:I, s:b, s:O}",
			"schema", 1, "bundles", take->bundles, "entries", take->entries,
			"parts", take->parts, "left", take->left, "admitted",
			take->admitted, "others", (json_int_t)take->others, "removed",
			(json_int_t)take->removed, "refused", take->refusals,
			"refused_more", (json_int_t)take->refused_more, "more",
			(int)take->is_more, "missing", take->missing));
	}
	if (json_array_size(take->bundles) == 0 && !cli->plain) {
		printf("%s\n", ph_say("Nothing on this stick is for the hub.",
				      "Trên thẻ này không có gì cho thư viện tỉnh."));
		return 0;
	}
	return print_table(take);
}

int ph_stick_run_take(struct ph_cli *cli, struct ph_error *err)
{
	struct take take = { .stick.lock.fd = -1,
			     .bundles = json_array(),
			     .refusals = json_array(),
			     .missing = json_array() };
	size_t refused;
	int rc = take.bundles && take.refusals && take.missing
			 ? ph_stick_begin(cli, false, &take.stick, err)
			 : -ENOMEM;

	rc = rc < 0 ? rc : look_for_missing(&take, err);
	rc = rc < 0 ? rc : take_each(&take, err);
	rc = rc < 0 ? rc : print_take(&take);
	refused = json_array_size(take.refusals) + take.refused_more;
	if (rc == 0 && refused > 0) {
		rc = ph_fail(
			err, take.later ? PH_EXIT_TRY_LATER : PH_EXIT_PARTIAL, -EBADMSG,
			ph_say_n(refused,
				 "%zu file on the stick was refused; what was good "
				 "was taken",
				 "%zu files on the stick were refused; what was good "
				 "was taken",
				 "%zu tệp trên thẻ bị từ chối; phần tốt đã được nhận"),
			refused);
	} else if (rc == 0 && take.is_more) {
		rc = ph_fail(
			err, PH_EXIT_PARTIAL, -E2BIG, "%s",
			ph_say("not all bundles on the stick were looked at; what was "
			       "good was taken",
			       "chưa xem hết các gói trên thẻ; phần tốt đã được "
			       "nhận"));
	}
	ph_stick_end(&take.stick);
	json_decref(take.bundles);
	json_decref(take.refusals);
	json_decref(take.missing);
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("taking the stick", "nhận thẻ USB"))
		      : rc;
}
