/*
 * client/register.c - whether this site keeps a register of readers.
 *
 * At a police or a border post none may lie about: the province sets the site so
 * (`packhorsed site set --no-readers`). A loan there names a card that nothing explains;
 * who has the card its own library knows. What would make a register is refused before it
 * is written: readers, cards handed to them, and consents; for us, and for a site that
 * keeps none. What an older program wrote all the same stays, as any entry.
 */
#include "client/register.h"

#include <errno.h>

#include "common/cli/out.h"
#include "common/ledger/query.h"

static bool is_of_register(uint64_t kind)
{
	return kind == PH_KIND_READER_PUT || kind == PH_KIND_CARD_ISSUE ||
	       kind == PH_KIND_CONSENT;
}

static int look(struct ph_site *site, uint64_t number, bool *kept_out,
		struct ph_error *err)
{
	struct ph_ledger *ledger = ph_site_ledger(site, err);
	int rc = ledger ? ph_query_keeps_readers(ledger, number, kept_out) : -EIO;

	return rc < 0 ? ph_fail_errno(err, rc, ph_say("looking up a site", "tìm điểm"))
		      : 0;
}

int ph_register_kept(struct ph_site *site, bool *kept_out, struct ph_error *err)
{
	struct ph_site_info info;

	ph_site_info(site, &info);
	return look(site, info.site, kept_out, err);
}

int ph_register_check(struct ph_site *site, uint64_t kind, uint64_t behalf,
		      struct ph_error *err)
{
	bool ours = true, theirs = true;
	int rc;

	if (!is_of_register(kind)) {
		return 0;
	}
	rc = ph_register_kept(site, &ours, err);
	if (rc == 0 && behalf != 0) {
		rc = look(site, behalf, &theirs, err);
	}
	if (rc < 0 || (ours && theirs)) {
		return rc;
	}
	return ph_fail(
		err, PH_EXIT_USAGE, -EINVAL,
		ours ? ph_say("that site keeps no register of readers, so the provincial "
			      "library has set it: nothing was written. Lend by the code "
			      "of the card alone: packhorse loan CARD COPY",
			      "điểm đó không lập sổ bạn đọc, theo quy định của thư viện "
			      "tỉnh: chưa ghi gì cả. Hãy cho mượn chỉ bằng mã thẻ: "
			      "packhorse loan THẺ SÁCH")
		     : ph_say("this site keeps no register of readers, so the "
			      "provincial library has set it: nothing was written. Lend "
			      "by the code of the card alone: packhorse loan CARD COPY",
			      "điểm này không lập sổ bạn đọc, theo quy định của thư viện "
			      "tỉnh: chưa ghi gì cả. Hãy cho mượn chỉ bằng mã thẻ: "
			      "packhorse loan THẺ SÁCH"));
}
