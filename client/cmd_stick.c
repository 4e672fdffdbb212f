/*
 * client/cmd_stick.c - packhorse pack-stick and take-stick: the road without a network.
 *
 * Bundles are made and read in memory, one at a time, so that a slow stick never holds the
 * folder: it is let go while the stick is written or read, and now and then while much is
 * packed or taken. Packing copies all that has no
 * receipt; nothing here counts as sent until the receipt is home. Taking looks at each
 * bundle on the stick by itself: one that is damaged, or for somebody else, stops none.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "client/budget.h"
#include "client/commands.h"
#include "client/link.h"
#include "client/site_bundle.h"
#include "client/stick_missing.h"
#include "client/stick_sweep.h"
#include "client/sync_courier.h"
#include "common/base/file.h"
#include "common/cli/missing.h"
#include "common/cli/out.h"
#include "common/cli/refusal_words.h"
#include "common/cli/stick_words.h"
#include "proto/spool.h"

/* What a stick keeps free: its folder, the manifest, and what the system wants. */
#define ROOM_LEFT (128 * 1024)
#define MOMENT_MS 100 /* for which the folder is kept at a time, and a step */

/* What SPOOL has of why it cannot be used, or PATH, in words. */
static int fail_stick(const struct ph_spool *spool, const char *path, int rc,
		      struct ph_error *err)
{
	const struct ph_stick_trouble trouble = { spool->trouble, path, spool->need,
						  spool->room, spool->in_way };

	return ph_stick_fail(err, rc, &trouble);
}

/* A stick is everybody's: whoever it is shown to must be able to read it. */
static int open_spool(const struct ph_cli *cli, bool create, struct ph_spool *spool,
		      struct ph_error *err)
{
	mode_t mask = umask(0);
	int rc = ph_spool_open(spool, cli->args[0], create, NULL);

	(void)umask(mask);
	return rc < 0 ? fail_stick(spool, cli->args[0], rc, err) : 0;
}

/* Others may have the folder, if it was kept for a moment since *BEGAN. 0 or negative errno. */
static int let_others(struct ph_site *site, uint64_t *began, struct ph_error *err)
{
	int rc;

	if (ph_site_ms(site) - *began < MOMENT_MS) {
		return 0;
	}
	ph_site_pause(site);
	rc = ph_site_resume(site, err);
	*began = ph_site_ms(site);
	return rc;
}

/* ---- pack-stick ---- */

struct pack {
	const struct ph_cli *cli;
	struct ph_site *site;
	struct ph_spool spool;
	struct ph_manifest manifest;
	uint64_t entries, parts, bytes;
	unsigned removed;
	bool full;
};

/* Bytes that the next bundle may have: as a rule its largest size. */
static uint64_t room_for(const struct pack *pack)
{
	uint64_t room = 0;

	if (ph_dir_room(pack->spool.path, &room) < 0) {
		return PH_BUNDLE_MAX;
	}
	room = room > ROOM_LEFT ? room - ROOM_LEFT : 0;
	return room < PH_BUNDLE_MAX ? room : PH_BUNDLE_MAX;
}

/* Write BUNDLE while others may have the folder. */
static int put_on_stick(struct pack *pack, struct ph_view bundle, struct ph_error *err)
{
	char name[PH_SPOOL_NAME_SIZE];
	struct ph_manifest_line line;
	int rc;

	ph_site_pause(pack->site);
	rc = ph_spool_put(&pack->spool, bundle, name, NULL);
	if (rc < 0) {
		(void)fail_stick(&pack->spool, pack->spool.path, rc, err);
	} else {
		ph_spool_line(bundle, &line);
		rc = ph_manifest_add(&pack->manifest, &line);
		pack->bytes += bundle.len;
	}
	if (rc == 0) {
		return ph_site_resume(pack->site, err);
	}
	(void)ph_site_resume(pack->site, NULL);
	return rc;
}

static int full_stick(struct pack *pack, struct ph_error *err)
{
	pack->full = true;
	return ph_fail(
		err, PH_EXIT_PARTIAL, -ENOSPC,
		ph_say_n(pack->manifest.n,
			 "the stick is full: %u bundle is on it, the rest is not. "
			 "Nothing is lost; pack the rest onto another stick",
			 "the stick is full: %u bundles are on it, the rest is not. "
			 "Nothing is lost; pack the rest onto another stick",
			 "thẻ USB đã đầy: đã ghi %u gói, phần còn lại thì chưa. Không "
			 "mất gì; hãy ghi tiếp vào thẻ khác"),
		pack->manifest.n);
}

/* As ph_site_pack_next(), while others may have the folder after each moment. */
static int pack_one(struct pack *pack, struct ph_site_packing *packing,
		    struct ph_buf *bundle, struct ph_site_packed *packed_out,
		    struct ph_error *err)
{
	uint64_t began = ph_site_ms(pack->site);
	int rc = ph_site_pack_begin(packing, room_for(pack), bundle, err);

	rc = rc == 0 ? PH_SITE_PACK_E_MORE : rc;
	while (rc == PH_SITE_PACK_E_MORE) {
		rc = ph_site_pack_step(packing, bundle, packed_out, err);
		if (rc == PH_SITE_PACK_E_MORE) {
			int let = let_others(pack->site, &began, err);

			rc = let < 0 ? let : rc;
		}
	}
	return rc;
}

static int pack_all(struct pack *pack, struct ph_error *err)
{
	struct ph_site_packed packed = { .more = true };
	struct ph_site_packing *packing = NULL;
	struct ph_buf bundle = { 0 };
	int rc = ph_site_pack_new(&packing, pack->site);

	while (rc == 0 && packed.more) {
		if (pack->manifest.n == PH_SPOOL_BUNDLES_MAX) {
			rc = full_stick(pack, err);
			break;
		}
		bundle.len = 0;
		rc = pack_one(pack, packing, &bundle, &packed, err);
		if (rc == PH_SITE_PACK_E_FULL) {
			rc = full_stick(pack, err);
		}
		rc = rc == 0 ? put_on_stick(pack, ph_buf_view(&bundle), err) : rc;
		if (rc == 0) {
			pack->entries += packed.entries;
			pack->parts += packed.parts;
		}
	}
	ph_site_pack_free(packing);
	ph_buf_deinit(&bundle);
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("packing", "đóng gói")) : 0;
}

/* What is there is listed, also if it is not all; earlier bundles go once all of it is. */
static int end_pack(struct pack *pack, bool whole, struct ph_error *err)
{
	struct ph_manifest listed;
	struct ph_now now;
	int rc = ph_stick_listed(pack->site, &pack->spool, &listed);

	if (rc < 0) {
		return ph_fail_errno(err, rc, pack->spool.path);
	}
	ph_clock_system.read(ph_clock_system.data, &now);
	memcpy(pack->manifest.key, ph_site_sign(pack->site)->key, PH_KEY_SIZE);
	pack->manifest.written = now.wall > 0 ? (uint64_t)now.wall : 0;
	rc = ph_spool_put_manifest(&pack->spool, &pack->manifest,
				   ph_site_sign(pack->site), NULL);
	if (rc < 0) {
		(void)fail_stick(&pack->spool, pack->spool.path, rc, err);
	} else if (whole) {
		rc = ph_stick_sweep(pack->site, &pack->spool, &listed, &pack->manifest,
				    &pack->removed, err);
	}
	ph_manifest_deinit(&listed);
	if (rc < 0) {
		return rc;
	}
	rc = ph_site_spend(pack->site, PH_SPEND_STICK, pack->bytes, 0, err);
	return rc == 0 ? ph_site_stick_note(pack->site, PH_SITE_STICK_PACKED, err) : rc;
}

static int print_pack(const struct pack *pack)
{
	const struct ph_cli *cli = pack->cli;
	char entries[PH_NUMBER_TEXT];
	char bytes[PH_NUMBER_TEXT];

	if (cli->json || cli->plain) {
		return ph_out_script(cli->json,
				     json_pack("{s:i, s:b, s:I, s:I, s:I, s:I, s:I}",
					       "schema", 1, "complete", (int)!pack->full,
					       "bundles", (json_int_t)pack->manifest.n,
					       "entries", (json_int_t)pack->entries,
					       "parts", (json_int_t)pack->parts, "bytes",
					       (json_int_t)pack->bytes, "removed",
					       (json_int_t)pack->removed));
	}
	printf(ph_say("Now on the stick: %s %s, %" PRIu64 " %s, in %u %s of together %s "
		      "bytes.\n",
		      "Đã ghi lên thẻ: %s %s, %" PRIu64
		      " %s, trong %u %s, tổng cộng %s byte.\n"),
	       ph_number(entries, pack->entries),
	       ph_say_n(pack->entries, "transaction", "transactions", "giao dịch"),
	       pack->parts,
	       ph_say_n(pack->parts, "sealed part", "sealed parts", "phần kín"),
	       pack->manifest.n, ph_say_n(pack->manifest.n, "bundle", "bundles", "gói"),
	       ph_number(bytes, pack->bytes));
	printf("%s\n",
	       ph_say("They stay here too, until the provincial library's receipt comes "
		      "home, by stick or by network.",
		      "Dữ liệu vẫn còn trên máy này cho tới khi có biên nhận của thư "
		      "viện "
		      "tỉnh, qua thẻ hoặc qua mạng."));
	return 0;
}

static int run_pack(struct ph_cli *cli, struct ph_error *err)
{
	struct pack pack = { .cli = cli };
	struct ph_error why = { 0 };
	int printed;
	int rc = open_spool(cli, true, &pack.spool, err);

	rc = rc == 0 ? ph_command_open(cli, &pack.site, err) : rc;
	if (rc < 0) {
		return rc;
	}
	rc = pack_all(&pack, err);
	if (ph_site_journal(pack.site) && (rc == 0 || pack.manifest.n > 0)) {
		int ended = end_pack(&pack, rc == 0, &why);

		rc = rc == 0 && ended != 0 ? ph_fail(err, why.exit, ended, "%s", why.text)
					   : rc;
	}
	printed = rc == 0 || pack.full ? print_pack(&pack) : 0;
	ph_manifest_deinit(&pack.manifest);
	ph_site_close(pack.site);
	return rc < 0 ? rc : printed;
}

/* ---- take-stick ---- */

struct take {
	const struct ph_cli *cli;
	struct ph_site *site;
	struct ph_site_info info;
	struct ph_spool spool;
	struct ph_site_taken sum;
	unsigned taken, others, refused, refused_more, removed;
	uint64_t bytes;
	json_t *refusals, *missing;
	bool own_is_here, is_more;
};

static void add(struct take *take, const struct ph_site_taken *taken)
{
	struct ph_site_moved *sum = &take->sum.moved;
	const struct ph_site_moved *moved = &taken->moved;

	take->sum.receipts += taken->receipts;
	take->sum.left += taken->left;
	sum->entries_received += moved->entries_received;
	sum->entries_of_site += moved->entries_of_site;
	sum->parts_received += moved->parts_received;
	sum->fed.pages += moved->fed.pages;
}

static void refuse(struct take *take, const char *name, const char *reason)
{
	take->refused++;
	json_array_append_new(take->refusals,
			      json_pack("{s:s, s:s}", "file", name, "reason", reason));
	ph_refusal_tell(name, reason);
}

/* Gone when its time is over; until then whoever else needs it has it. */
static void expire(struct take *take, const struct ph_spool_file *file)
{
	char path[PH_SPOOL_PATH_MAX + PH_SPOOL_NAME_SIZE + 8];
	struct ph_now now;

	ph_clock_system.read(ph_clock_system.data, &now);
	if (now.wall > 0 &&
	    file->header.made + PH_BUNDLE_DAYS * UINT64_C(86400) < (uint64_t)now.wall &&
	    ph_path_join(path, sizeof(path), take->spool.path, file->name, NULL) == 0 &&
	    ph_file_remove(path) == 0) {
		take->removed++;
	}
}

/* Read it while others may have the folder. 0; 1: unreadable; negative errno. */
static int read_bundle(struct take *take, const char *name, struct ph_buf *bundle,
		       struct ph_error *err)
{
	const char *reason = NULL;
	int back;
	int rc;

	bundle->len = 0;
	ph_site_pause(take->site);
	rc = ph_spool_read(&take->spool, name, bundle, &reason);
	back = ph_site_resume(take->site, err);
	return back != 0 ? back : rc != 0 ? 1 : 0;
}

/* As ph_site_take_bundle(), while others may have the folder after each moment. */
static int take_bundle(struct take *take, struct ph_view bundle,
		       struct ph_site_taken *taken_out, struct ph_error *err)
{
	struct ph_site_taking *taking = NULL;
	uint64_t began = ph_site_ms(take->site);
	int rc = ph_site_taking_new(&taking, take->site, bundle, PH_ROAD_STICK);

	rc = rc == 0 ? PH_SITE_TAKE_E_MORE : rc;
	while (rc == PH_SITE_TAKE_E_MORE) {
		rc = ph_site_taking_step(taking, taken_out, err);
		if (rc == PH_SITE_TAKE_E_MORE) {
			int let = let_others(take->site, &began, err);

			rc = let < 0 ? let : rc;
		}
	}
	ph_site_taking_free(taking);
	return rc;
}

static int take_file(struct take *take, const struct ph_spool_file *file,
		     struct ph_buf *bundle, struct ph_error *err)
{
	struct ph_site_taken taken;
	int rc = read_bundle(take, file->name, bundle, err);

	if (rc > 0) {
		refuse(take, file->name, "unreadable");
	}
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	rc = take_bundle(take, ph_buf_view(bundle), &taken, err);
	if (rc < 0) {
		return rc;
	}
	add(take, &taken);
	take->bytes += bundle->len;
	if (taken.refusal != 0) {
		refuse(take, file->name, ph_bundle_reason(taken.refusal));
		return 0;
	}
	take->taken++;
	expire(take, file);
	return 0;
}

static int take_each(struct take *take, const struct ph_spool_files *files,
		     struct ph_error *err)
{
	struct ph_buf bundle = { 0 };
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < files->n; i++) {
		const struct ph_spool_file *file = &files->file[i];

		if (file->reason) {
			refuse(take, file->name, file->reason);
		} else if (memcmp(file->header.from, take->info.device_id,
				  PH_DEVICE_ID_SIZE) == 0) {
			take->own_is_here = true;
		} else if (memcmp(file->header.to, take->info.device_id,
				  PH_DEVICE_ID_SIZE) != 0) {
			take->others++;
		} else {
			rc = take_file(take, file, &bundle, err);
		}
	}
	take->refused_more = files->n_refused;
	take->is_more = files->is_more;
	ph_refusal_tell_rest(files->n_refused, files->is_more);
	ph_buf_deinit(&bundle);
	return rc;
}

/*
 * When all is receipted, what this device put on the stick has served. First the manifest,
 * so that at no moment more is promised than is there.
 */
static void sweep_served(struct take *take, const struct ph_site_state *state)
{
	struct ph_manifest none = { .written = 0 };
	struct ph_manifest listed;
	unsigned removed = 0;

	if (!take->own_is_here || state->receipted < state->entries ||
	    state->parts_pending > 0 ||
	    ph_stick_listed(take->site, &take->spool, &listed) < 0) {
		return;
	}
	memcpy(none.key, ph_site_sign(take->site)->key, PH_KEY_SIZE);
	/* on a stick that cannot be written they stay: no harm */
	if (ph_spool_put_manifest(&take->spool, &none, ph_site_sign(take->site), NULL) ==
		    0 &&
	    ph_stick_sweep(take->site, &take->spool, &listed, &none, &removed, NULL) ==
		    0) {
		take->removed += removed;
	}
	ph_manifest_deinit(&listed);
}

static int print_take(const struct take *take, const struct ph_site_state *state)
{
	const struct ph_site_moved *moved = &take->sum.moved;
	uint64_t pending = state->entries - state->receipted;
	char number[PH_NUMBER_TEXT];

	if (take->cli->json || take->cli->plain) {
		return ph_out_script(
			take->cli->json,
			json_pack(
				"{s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
				"s:O, s:I, s:b, s:O}",
				"schema", 1, "bundles", (json_int_t)take->taken,
				"receipts", (json_int_t)take->sum.receipts, "entries",
				(json_int_t)moved->entries_received, "entries_of_site",
				(json_int_t)moved->entries_of_site, "parts",
				(json_int_t)moved->parts_received, "pages",
				(json_int_t)moved->fed.pages, "left",
				(json_int_t)take->sum.left, "pending",
				(json_int_t)pending, "others", (json_int_t)take->others,
				"removed", (json_int_t)take->removed, "refused",
				take->refusals, "refused_more",
				(json_int_t)take->refused_more, "more",
				(int)take->is_more, "missing", take->missing));
	}
	if (take->taken == 0 && take->refused == 0 && !take->is_more) {
		printf("%s\n", ph_say("Nothing on this stick is for this device.",
				      "Trên thẻ này không có gì cho máy này."));
		return 0;
	}
	printf(ph_say("%u %s taken: %" PRIu64 " %s, %" PRIu64 " %s, %" PRIu64
		      " %s of the feed.\n",
		      "Đã nhận %u %s: %" PRIu64 " %s, %" PRIu64 " %s, %" PRIu64
		      " %s tin.\n"),
	       take->taken, ph_say_n(take->taken, "bundle", "bundles", "gói"),
	       take->sum.receipts,
	       ph_say_n(take->sum.receipts, "receipt", "receipts", "biên nhận"),
	       moved->entries_received,
	       ph_say_n(moved->entries_received, "entry", "entries", "giao dịch"),
	       (uint64_t)moved->fed.pages,
	       ph_say_n(moved->fed.pages, "page", "pages", "trang"));
	ph_sync_say_left(take->sum.left);
	printf(ph_say_n(pending, "Without a receipt: %s transaction.\n",
			"Without a receipt: %s transactions.\n",
			"Chưa có biên nhận: %s giao dịch.\n"),
	       ph_number(number, pending));
	return 0;
}

static int end_take(struct take *take, struct ph_error *err)
{
	struct ph_site_state state;
	int printed;
	int rc = ph_site_spend(take->site, PH_SPEND_STICK, 0, take->bytes, err);

	rc = rc == 0 ? ph_site_stick_note(take->site, PH_SITE_STICK_TAKEN, err) : rc;
	if (rc < 0) {
		return rc;
	}
	rc = ph_site_state(take->site, &state);
	if (rc < 0) {
		return ph_fail_errno(
			err, rc,
			ph_say("reading this site's store", "đọc kho dữ liệu của điểm"));
	}
	sweep_served(take, &state);
	printed = print_take(take, &state);
	if (printed == 0 && state.standing == PH_SITE_CUT_OFF) {
		return ph_link_cut_off(err);
	}
	if (printed == 0 && take->is_more) {
		return ph_fail(
			err, PH_EXIT_PARTIAL, -E2BIG, "%s",
			ph_say("not all bundles on the stick were looked at; what was "
			       "good was taken",
			       "chưa xem hết các gói trên thẻ; phần tốt đã được "
			       "nhận"));
	}
	if (printed == 0 && take->refused > 0) {
		return ph_fail(
			err, PH_EXIT_PARTIAL, -EBADMSG,
			ph_say("%u files on the stick were refused; what was good "
			       "was taken. The next stick brings the rest",
			       "%u tệp trên thẻ bị từ chối; phần tốt đã được nhận. "
			       "Thẻ sau sẽ mang phần còn lại"),
			take->refused + take->refused_more);
	}
	return printed;
}

static int run_take(struct ph_cli *cli, struct ph_error *err)
{
	struct take take = { .cli = cli,
			     .refusals = json_array(),
			     .missing = json_array() };
	struct ph_spool_files files = { 0 };
	int rc = take.refusals && take.missing ? open_spool(cli, false, &take.spool, err)
					       : -ENOMEM;

	rc = rc == 0 ? ph_spool_list(&take.spool, &files, err) : rc;
	rc = rc == 0 ? ph_command_open(cli, &take.site, err) : rc;
	if (rc == 0) {
		ph_site_info(take.site, &take.info);
		rc = ph_stick_missing(take.site, &take.spool, take.missing, err);
		ph_missing_tell(take.missing);
		rc = rc == 0 ? take_each(&take, &files, err) : rc;
	}
	rc = rc == 0 ? end_take(&take, err) : rc;
	ph_site_close(take.site);
	ph_spool_files_deinit(&files);
	json_decref(take.refusals);
	json_decref(take.missing);
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("taking the stick", "nhận thẻ USB"))
		      : rc;
}

const struct ph_cli_command ph_cmd_pack_stick = {
	.name = "pack-stick",
	.group = "The road",
	.args = "DIR",
	.min_args = 1,
	.max_args = 1,
	.doc = "put what waits for the hub onto a stick, for whoever goes there\n"
	       "\n"
	       "DIR is the folder at which the stick is plugged in. All that has no "
	       "receipt "
	       "is\n"
	       "copied there, sealed for the hub; it stays here too. Pack as often as "
	       "you "
	       "like:\n"
	       "a stick that was lost is made good by the next. Exit status 14: the "
	       "stick "
	       "is full.",
	.run = run_pack,
};

const struct ph_cli_command ph_cmd_take_stick = {
	.name = "take-stick",
	.group = "The road",
	.args = "DIR",
	.min_args = 1,
	.max_args = 1,
	.doc = "take what the hub has sent to this device on a stick\n"
	       "\n"
	       "Receipts, and what others wrote that concerns this site. What is "
	       "damaged, "
	       "or for\n"
	       "somebody else, is left alone. Exit status 14: some of it was refused; "
	       "11: "
	       "this\n"
	       "device was cut off.",
	.run = run_take,
};
