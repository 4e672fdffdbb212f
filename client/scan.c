/*
 * client/scan.c - from what was scanned to names.
 *
 * A code is looked up as it stands. If it is known here, that is it, whatever it looks
 * like; if not, one that a keyboard driver may have changed is refused before anything
 * is written, and any other is recorded and marked. A code that names a copy or card of
 * ours is in our own namespace (or in 0, if it is of the printed form), even if another
 * site has the same one.
 */
#include "client/scan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/register.h"
#include "common/cli/cli.h"
#include "common/cli/out.h"
#include "common/ledger/query.h"

#define SITES_OF_PROVINCE 10000
#define SHOWN             (2 * PH_CODE_MAX)

static bool has_high(struct ph_view code)
{
	for (size_t i = 0; i < code.len; i++) {
		if (code.data[i] >= 0x80) {
			return true;
		}
	}
	return false;
}

/* CODE as an error says it; what has no digit may be a name, which an error does not repeat. */
static void show(struct ph_view code, char out[static SHOWN])
{
	for (size_t i = 0; i < code.len; i++) {
		if (code.data[i] >= '0' && code.data[i] <= '9') {
			ph_text_safe(out, SHOWN, (const char *)code.data, code.len);
			return;
		}
	}
	snprintf(out, SHOWN, "%s", ph_say("(not shown)", "(không hiện)"));
}

/* A code that is not known here: may a keyboard driver or the scanner have changed it? */
static int check(struct ph_view code, uint64_t province, struct ph_error *err)
{
	bool high = has_high(code);
	char shown[SHOWN];

	if (!high && (!ph_code_looks_printed(code, province) || ph_code_check(code))) {
		return 0;
	}
	show(code, shown);
	return ph_fail(
		err, PH_EXIT_USAGE, -EINVAL,
		ph_say("%s: %s. A Vietnamese keyboard driver may have changed it (bộ gõ "
		       "tiếng Việt đang bật): turn that off and scan again, or say "
		       "--as-is. Nothing was written",
		       "%s: %s. Bộ gõ tiếng Việt đang bật? Hãy tắt bộ gõ rồi quét lại, "
		       "hoặc thêm --as-is nếu mã đúng là như vậy. Chưa ghi gì cả"),
		shown,
		high ? ph_say("it has letters that no scanner sends",
			      "có chữ mà máy quét không gửi")
		     : ph_say("its check digit is wrong", "sai chữ số kiểm tra"));
}

/* In our own namespace, or in that of printed codes. */
static int name_own(struct ph_scanner *scanner, enum ph_type type, struct ph_view code,
		    uint64_t own, struct ph_id *id, bool *known, struct ph_error *err)
{
	id->ns = ph_code_is_printed(code, own / SITES_OF_PROVINCE) ? 0 : own;
	id->code = code;
	return ph_site_knows(scanner->site, type, id, known, err);
}

void ph_scanner_begin(struct ph_scanner *scanner)
{
	scanner->copy_unknown = false;
	scanner->card_unknown = false;
	scanner->crate_unknown = false;
	scanner->named_known = false;
	ph_scanner_deinit(scanner);
}

void ph_scanner_deinit(struct ph_scanner *scanner)
{
	json_decref(scanner->unknown_copies);
	scanner->unknown_copies = NULL;
}

/* ID is not known here. Where no register is kept no card ever is. 0 or negative errno. */
static int note_unknown(struct ph_scanner *scanner, enum ph_type type,
			const struct ph_id *id, struct ph_error *err)
{
	json_t *code;
	bool kept;
	int rc;

	switch (type) {
	case PH_T_CARD_ID:
		rc = ph_register_kept(scanner->site, &kept, err);
		scanner->card_unknown = rc == 0 && kept;
		return rc;
	case PH_T_CRATE_ID:
		scanner->crate_unknown = true;
		return 0;
	default:
		break;
	}
	scanner->copy_unknown = true;
	if (!scanner->unknown_copies) {
		scanner->unknown_copies = json_array();
	}
	code = json_stringn((const char *)id->code.data, id->code.len);
	if (!code) {
		return 0; /* it is no text: the entry will be refused for that */
	}
	return json_array_append_new(scanner->unknown_copies,
				     json_pack("{s:I,s:o}", "ns", (json_int_t)id->ns,
					       "code", code)) == 0
		       ? 0
		       : -ENOMEM;
}

int ph_scan(struct ph_scanner *scanner, enum ph_type type, struct ph_view code,
	    struct ph_id *id_out, struct ph_error *err)
{
	struct ph_site_info info;
	struct ph_id id;
	bool known = false;
	int rc;

	ph_site_info(scanner->site, &info);
	if (code.len == 0 || code.len > PH_CODE_MAX) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("a code has 1 to %d bytes, this one has %zu",
				      "một mã có 1 đến %d byte, mã này có %zu"),
			       PH_CODE_MAX, code.len);
	}
	rc = scanner->naming == type
		     ? name_own(scanner, type, code, info.site, &id, &known, err)
		     : ph_site_resolve(scanner->site, type, code, &id, &known, err);
	if (rc == 0 && !known && !scanner->as_is) {
		rc = check(code, info.site / SITES_OF_PROVINCE, err);
	}
	if (rc < 0) {
		return rc;
	}
	if (scanner->naming == type) {
		scanner->named_known = known;
	} else if (!known) {
		rc = note_unknown(scanner, type, &id, err);
	}
	if (rc == 0) {
		*id_out = id;
	}
	return rc;
}

static int on_scan(void *data, enum ph_type type, struct ph_view code, struct ph_id *id)
{
	struct ph_scanner *scanner = data;

	return ph_scan(scanner, type, code, id, scanner->err);
}

struct ph_json_scope ph_scan_scope(struct ph_scanner *scanner)
{
	return (struct ph_json_scope){ .resolve = on_scan, .data = scanner };
}

int ph_scan_ref(const char *text, const char *what, const char *shown_by,
		struct ph_ref *ref_out, struct ph_error *err)
{
	char shown[PH_REF_TEXT];

	if (ph_ref_parse(text, strlen(text), ref_out) == 0) {
		return 0;
	}
	ph_text_safe(shown, sizeof(shown), text, strlen(text));
	return ph_fail(
		err, PH_EXIT_USAGE, -EINVAL,
		ph_say("\"%s\" is not the reference of %s: log id, number and "
		       "hash, parted by dots, as %s",
		       "\"%s\" không phải tham chiếu của %s: mã nhật ký, số và mã "
		       "băm, cách nhau bằng dấu chấm, như %s"),
		shown, what,
		shown_by ? shown_by
			 : ph_say("`find` and `log` show it", "`find` và `log` cho xem"));
}

int ph_scan_reader(struct ph_scanner *scanner, const char *text, struct ph_ref *ref_out,
		   struct ph_error *err)
{
	struct ph_ledger *ledger = ph_site_ledger(scanner->site, err);
	char shown[SHOWN];
	struct ph_id card;
	int rc;

	if (!ledger) {
		return -EIO;
	}
	if (ph_ref_parse(text, strlen(text), ref_out) == 0) {
		return 0;
	}
	rc = ph_scan(scanner, PH_T_CARD_ID, ph_view_str(text), &card, err);
	rc = rc != 0 ? rc : ph_query_reader_of(ledger, &card, ref_out);
	if (rc == PH_LEDGER_E_NONE) {
		show(ph_view_str(text), shown);
		return ph_fail(err, PH_EXIT_USAGE, -ENOENT,
			       ph_say("no reader is known here by the card %s",
				      "ở đây không biết bạn đọc nào có thẻ %s"),
			       shown);
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("looking up a reader", "tìm bạn đọc"))
		      : 0;
}

/* A number names a site, known here or not; before the first sync none is known. */
static bool by_number(const char *text, uint64_t *site_out)
{
	return ph_cli_uint(text, "", 1, PH_SITE_MAX, site_out, NULL) == 0;
}

int ph_scan_site(struct ph_site *site, const char *text, uint64_t *site_out,
		 struct ph_error *err)
{
	struct ph_ledger *ledger = ph_site_ledger(site, err);
	struct ph_site_info info;
	char shown[SHOWN];
	int rc;

	if (!ledger) {
		return -EIO;
	}
	ph_site_info(site, &info);
	if (ph_view_equal(info.site_code, ph_view_str(text))) {
		*site_out = info.site;
		return 0;
	}
	rc = ph_query_site_named(ledger, ph_view_str(text), site_out);
	if (rc == PH_LEDGER_E_NONE && by_number(text, site_out)) {
		return 0;
	}
	if (rc == PH_LEDGER_E_NONE) {
		ph_text_safe(shown, sizeof(shown), text, strlen(text));
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("no site %s is known here: give its code, or its number",
			       "ở đây không biết điểm %s: hãy ghi mã hoặc số của điểm"),
			shown);
	}
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("looking up a site", "tìm điểm"))
		      : 0;
}
