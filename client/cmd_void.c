/*
 * client/cmd_void.c - packhorse void: one entry is to count no more.
 *
 * Nothing is deleted: the entry stays, and so does who voided it. Only the site that
 * wrote an entry, or the provincial library, can void it; an entry that is not here yet
 * is voided when it arrives.
 */
#include <errno.h>

#include "client/slip.h"
#include "common/cli/out.h"

/* What stays whatever is said of it. */
static int check_kind(struct ph_view bytes, struct ph_error *err)
{
	struct ph_entry entry;

	if (ph_entry_decode(bytes, &entry) != 0) {
		return 0;
	}
	if (entry.number == PH_KIND_VOID) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EPERM,
			ph_say("this entry is a void, and a void of a void has no "
			       "effect: record anew what was voided",
			       "giao dịch này là lệnh hủy, mà hủy một lệnh hủy thì không "
			       "có tác dụng: hãy ghi lại giao dịch đã bị hủy"));
	}
	if (entry.number == PH_KIND_OPEN || entry.number == PH_KIND_CLOCK_MARK) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EPERM,
			ph_say("this entry is %s, which the log made: it cannot be "
			       "voided",
			       "giao dịch này là %s do nhật ký tự ghi: không hủy được"),
			entry.kind->name);
	}
	return 0;
}

/* *KNOWN_OUT: the entry is here. A void that would have no effect is refused. */
static int look(struct ph_desk *desk, const struct ph_ref *ref, bool *known_out,
		struct ph_error *err)
{
	struct ph_buf bytes = { 0 };
	uint64_t site = 0;
	int rc = ph_site_entry(desk->site, ref, &bytes, &site);
	int kept = rc == 0 ? check_kind(ph_buf_view(&bytes), err) : 0;

	ph_buf_deinit(&bytes);
	*known_out = rc == 0;
	if (kept != 0) {
		return kept;
	}
	if (rc == 0 && site != desk->info.site) {
		return ph_fail(err, PH_EXIT_USAGE, -EPERM,
			       ph_say("this entry was written by another site: only that "
				      "site or the provincial library can void it",
				      "giao dịch này do điểm khác ghi: chỉ điểm đó hoặc "
				      "thư viện tỉnh hủy được"));
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("looking up the entry", "tìm giao dịch"))
		      : 0;
}

static int put(struct ph_desk *desk, const struct ph_cli *cli, struct ph_error *err)
{
	static const struct ph_slip_field fields[] = { PH_SLIP_NAMED("reason"), { 0 } };
	json_t *slip = ph_desk_slip(desk, "void", err);
	struct ph_ref ref;
	bool known = false;
	int rc = slip ? ph_scan_ref(cli->args[0], ph_say("an entry", "một giao dịch"),
				    NULL, &ref, err)
		      : -EINVAL;

	rc = rc != 0 ? rc : look(desk, &ref, &known, err);
	rc = rc != 0 ? rc : ph_slip_ref(slip, "target", &ref);
	rc = rc != 0 ? rc : ph_desk_fields(desk, fields, slip, NULL, err);
	if (rc != 0) {
		json_decref(slip);
		return rc;
	}
	desk->ref_unknown = !known;
	return ph_desk_put(desk, &slip, NULL, err);
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc = ph_desk_open(&desk, cli, err);

	if (rc < 0) {
		return rc;
	}
	rc = put(&desk, cli, err);
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static const struct ph_cli_option options[] = {
	{ "reason", "R", "mistake, duplicate, test or other" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_void = {
	.name = "void",
	.group = "The desk",
	.args = "REF",
	.min_args = 1,
	.max_args = 1,
	.doc = "one entry is to count no more",
	.options = options,
	.run = run,
};
