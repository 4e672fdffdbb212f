/*
 * client/site_erase.c - readers that the province has erased.
 *
 * Whenever the ledger is brought up to date, what it says is erased goes from this folder;
 * so no name is shown of whom the control log erases. That it is gone is written into the
 * own log (erase-done) before the next hello or bundle, which takes it along; and with it, which bundles
 * that were packed before may lie somewhere still (site_away.c). Those for couriers that lie in this
 * folder go before that is said; while they cannot, it is not, and a person is told. That an order
 * has come is noted with it: a session that ends without bringing the ledger up to date,
 * because the power did, leaves it to the end of the next one. An order is
 * heeded if an operator of a key list signed it that this device has had: the newest, or
 * the one that it joined with.
 *
 * A disk without room keeps nothing from being shown; the rest is done when there is some,
 * and until then it is not said to be done.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/site_bundle.h"
#include "client/site_take.h"
#include "common/cli/out.h"
#include "common/ledger/device.h"
#include "common/ledger/erasing.h"
#include "common/ledger/key.h"
#include "common/log/erased.h"

#define META_HEARD "erase_heard"

static int carry_out(struct ph_site *site)
{
	struct ph_erasing erasing = { .ledger = site->ledger,
				      .speakers = &site->speakers,
				      .now = ph_site_now(site) };
	struct ph_erasing_done done;

	return ph_erasing_run(&erasing, &done);
}

/* Whether an order has come since the ledger was brought up to date last. 0 or negative errno. */
static int is_heard(struct ph_site *site, bool *heard_out)
{
	int64_t heard = 0;
	int rc = ph_journal_meta_get_int(site->journal, META_HEARD, &heard);

	*heard_out = heard != 0;
	return rc < 0 ? rc : 0;
}

static int forget_heard(struct ph_site *site)
{
	int rc = ph_db_begin(site->db);

	rc = rc == 0 ? ph_journal_meta_put_int(site->journal, META_HEARD, 0) : rc;
	rc = rc == 0 ? ph_db_commit(site->db) : rc;
	if (rc < 0) {
		ph_site_roll_back(site);
	}
	return rc;
}

int ph_site_erase(struct ph_site *site)
{
	bool waits = false;
	bool heard = false;
	int rc = ph_erasing_waits(site->ledger, &waits);

	rc = rc == 0 && waits ? carry_out(site) : rc;
	rc = rc == 0 ? is_heard(site, &heard) : rc;
	rc = rc == 0 && heard ? forget_heard(site) : rc;
	return rc == -ENOSPC ? 0 : rc;
}

static bool has_sealed(const struct ph_entry *entry)
{
	for (uint32_t i = 0; i < entry->kind->n_sealed; i++) {
		if (entry->sealed[i].set) {
			return true;
		}
	}
	return false;
}

int ph_site_erase_check(struct ph_site *site, const struct ph_entry *entry,
			struct ph_error *err)
{
	struct ph_entity_key key;
	bool erased = false;
	int rc = 0;

	if (entry->number == PH_KIND_CARD_ISSUE) {
		if (ph_key_id(PH_ENTITY_CARD, &entry->field[PH_CARD_CARD].as.id, &key)) {
			rc = ph_erased_has(site->db, PH_ERASED_CARD, ph_key_view(&key),
					   &erased);
		}
	} else if (has_sealed(entry)) {
		rc = ph_erased_names(site->db, entry, NULL, &erased);
	}
	if (rc < 0) {
		return ph_fail_errno(
			err, rc,
			ph_say("reading this site's store", "đọc kho dữ liệu của điểm"));
	}
	if (erased) {
		return ph_fail(err, PH_EXIT_USAGE, -EPERM,
			       entry->number == PH_KIND_CARD_ISSUE
				       ? ph_say("this card was of a reader who was "
						"erased: hand out another one",
						"thẻ này là của bạn đọc đã được xóa: hãy "
						"cấp thẻ khác")
				       : ph_say("this reader was erased, and nothing "
						"personal is kept any more: register "
						"anew who comes again",
						"bạn đọc này đã được xóa, không giữ dữ "
						"liệu cá nhân nữa: ai quay lại thì đăng "
						"ký mới"));
	}
	return 0;
}

/* Whether ENTRY, of the control log, lets this device in. */
static bool admits_us(const struct ph_site *site, const struct ph_entry *entry)
{
	const uint8_t *id = site->cert.device_id;

	return entry->number == PH_KIND_DEVICE_ADMIT &&
	       ph_view_equal(entry->field[PH_ADMIT_DEVICE].as.bytes,
			     PH_VIEW(id, sizeof(site->cert.device_id)));
}

int ph_site_erase_look(struct ph_site *site, const struct ph_stored *stored)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	bool erases = false;
	bool admits = false;
	int rc = 0;

	for (uint64_t n = stored->first; rc == 0 && stored->n > 0 && n <= stored->last;
	     n++) {
		bytes.len = 0;
		rc = ph_journal_entry(site->journal, stored->row, n, &bytes);
		if (rc == 0 && ph_entry_decode(ph_buf_view(&bytes), &entry) == 0) {
			erases = erases || entry.number == PH_KIND_READER_ERASE;
			admits = admits || admits_us(site, &entry);
		}
	}
	ph_buf_deinit(&bytes);
	rc = rc >= 0 && erases ? ph_journal_meta_put_int(site->journal, META_HEARD, 1)
			       : rc;
	/* in days that the hub had lost, it may be: then we were here before an order after all */
	rc = rc >= 0 && admits ? ph_erasing_ask_again(site->db) : rc;
	return rc < 0 ? rc : 0;
}

int ph_site_erase_heard(struct ph_site *site, struct ph_error *err)
{
	bool heard = false;
	int rc = is_heard(site, &heard);

	if (rc < 0) {
		return ph_fail_errno(
			err, rc,
			ph_say("reading this site's store", "đọc kho dữ liệu của điểm"));
	}
	return heard && !ph_site_ledger(site, err) ? -EIO : 0;
}

/*
 * Whether we were let in after ORDER: the hub has given us nothing of that reader. By the order of
 * the control log, as the hub asks (hub_command_erasure.c), and no clock: an invite says when it was
 * made by one that may have been set since.
 */
static int is_before_us(struct ph_site *site, const struct ph_ref *order,
			bool *before_out, struct ph_error *err)
{
	struct ph_ledger *ledger = ph_site_ledger(site, err);
	struct ph_control control;
	struct ph_device_state us;
	int rc;

	if (!ledger) {
		return -EIO;
	}
	*before_out = true;
	rc = ph_site_control(site, &control);
	rc = rc < 0 ? rc : ph_device_load(ledger, site->cert.device_id, &us);
	if (rc != 0) { /* or nobody has said yet that we are let in */
		return rc < 0 ? ph_fail_errno(err, rc,
					      ph_say("reading who was let in",
						     "đọc danh sách máy được nhận"))
			      : 0;
	}
	for (size_t i = 0; i < us.n_admissions; i++) {
		*before_out =
			*before_out &&
			ph_control_is_before(&control, order, &us.admissions[i].entry);
	}
	ph_device_deinit(&us);
	return 0;
}

/* Into ENTRY what was packed before, if anything was: it borrows BYTES. 0 or negative errno. */
static int tell_away(struct ph_site *site, struct ph_entry *entry, struct ph_buf *bytes)
{
	struct ph_value *value = &entry->field[PH_ERASE_DONE_AWAY];
	struct ph_away away = { 0 };
	int rc = ph_site_away(site, &away);

	if (rc == 0 && away.n > 0) {
		rc = ph_away_encode(&away, bytes);
		value->set = rc == 0;
		value->as.bytes = ph_buf_view(bytes);
	}
	ph_away_deinit(&away);
	return rc < 0 ? rc : 0;
}

static int write_done(struct ph_site *site, const struct ph_ref *order, bool is_told,
		      struct ph_error *err)
{
	struct ph_entry entry = { .number = PH_KIND_ERASE_DONE,
				  .kind = ph_kind_find(PH_KIND_ERASE_DONE) };
	struct ph_buf bytes = { 0 };
	int rc = 0;

	entry.field[PH_ERASE_DONE_ERASE].set = true;
	entry.field[PH_ERASE_DONE_ERASE].as.ref = *order;
	if (is_told) {
		rc = tell_away(site, &entry, &bytes);
		rc = rc < 0 ? rc : ph_site_write(site, &entry, 1, NULL, err);
	}
	ph_buf_deinit(&bytes);
	return rc < 0    ? rc
	       : is_told ? ph_erasing_tell(site->db, order)
			 : ph_erasing_pass(site->db, order);
}

/* Who was let in after it may still have written of her before, or have been given it by another of the site. */
static int tell(struct ph_site *site, const struct ph_erasing_order *order,
		struct ph_error *err)
{
	bool before = false;
	int rc = is_before_us(site, &order->ref, &before, err);

	rc = rc < 0 ? rc : ph_site_begin(site, err);
	if (rc < 0) {
		return rc;
	}
	/* a courier has read nothing */
	rc = write_done(
		site, &order->ref,
		(!before || order->held) && (site->cert.invite.role & PH_ROLE_SITE), err);
	if (rc < 0) {
		ph_site_undo(site);
		return rc;
	}
	return ph_site_commit(site, err);
}

/* It stays for ever as it is unless a person hears of it: once here, and by `status`. */
static void tell_stuck(const struct ph_site *site, int why)
{
	fprintf(stderr,
		ph_say("packhorse: an erasure is not done here: what was packed for "
		       "couriers cannot be removed from %s/courier (%s). See that the "
		       "folder can be written and the disk is sound; then it is done "
		       "with the next sync\n",
		       "packhorse: chưa xóa xong ở máy này: không gỡ được các gói cho "
		       "xe chuyển tin trong %s/courier (%s). Hãy xem thư mục có ghi "
		       "được không, ổ đĩa còn tốt không; rồi lần gửi sau sẽ xóa "
		       "xong\n"),
		site->dir, ph_errno_say(why));
}

/* Note WHY, a negative errno or 0, for ph_site_state(). 0 or negative errno. */
static int note_stuck(struct ph_site *site, int why)
{
	int64_t noted = 0;
	int rc = ph_journal_meta_get_int(site->journal, PH_META_ERASE_STUCK, &noted);

	if (rc < 0 || noted == why) {
		return rc < 0 ? rc : 0;
	}
	if (why < 0) {
		tell_stuck(site, why);
	}
	rc = ph_db_begin(site->db);
	rc = rc < 0 ? rc
		    : ph_journal_meta_put_int(site->journal, PH_META_ERASE_STUCK, why);
	rc = rc < 0 ? rc : ph_db_commit(site->db);
	if (rc < 0) {
		ph_site_roll_back(site);
	}
	return rc;
}

int ph_site_erase_tell(struct ph_site *site, struct ph_error *err)
{
	struct ph_erasing_order order;
	int rc = ph_erasing_untold(site->db, &order);
	int stuck = rc == 0 ? ph_site_courier_drop(site) : 0;

	if (rc == 0) {
		rc = note_stuck(site, stuck);
	}
	if (rc == 0 && stuck < 0) {
		return 0; /* so it is not said, and tried again before the next hello */
	}
	while (rc == 0) {
		rc = tell(site, &order, err);
		rc = rc < 0 ? rc : ph_erasing_untold(site->db, &order);
	}
	return rc < 0 && rc != -ENOSPC ? ph_fail_errno(err, rc,
						       ph_say("noting what was erased",
							      "ghi nhận những gì đã xóa"))
				       : 0;
}
