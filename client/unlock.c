/*
 * client/unlock.c - POST /api/v1/desk/unlock, as `packhorse desk unlock` does it.
 *
 * The same counter of tries on the disk, the same words. What differs is where the memory of
 * Argon2id is taken: in the agent, whose service has a limit, and is ended by the kernel
 * beyond it. So a PIN that was made to cost more than the limit allows for is not tried here,
 * and no try is counted. libsodium maps that memory for the one hash and unmaps it.
 *
 * Card and PIN are wiped in the request itself before anything is answered.
 */
#include "client/unlock.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "client/carry.h"
#include "common/base/secret.h"
#include "common/cli/out.h"

static const char *member(const json_t *request, const char *name)
{
	const char *text = json_string_value(json_object_get(request, name));

	return text ? text : "";
}

void ph_unlock_wipe(json_t *request)
{
	static const char *const names[] = { "card", "pin" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *text = (char *)member(request, names[i]);

		if (*text) {
			sodium_memzero(text, strlen(text));
		}
	}
}

int ph_desk_no_pin(struct ph_error *err)
{
	return ph_fail(
		err, PH_EXIT_OTHER, -ENOENT, "%s",
		ph_say("this desk has no PIN yet: `packhorse desk pin` gives it one",
		       "bàn này chưa có mã PIN: chạy `packhorse desk pin` để đặt"));
}

/* Whether there is a PIN to try, and room to try it in. */
static int look(struct ph_site *site, struct ph_error *err)
{
	unsigned mib;
	int rc;

	if (ph_site_desk(site) == PH_DESK_NO_PIN) {
		return ph_desk_no_pin(err);
	}
	rc = ph_site_desk_memory(site, &mib, err);
	if (rc == 0 && mib > PH_UNLOCK_MIB_MAX) {
		rc = ph_fail(
			err, PH_EXIT_OTHER, -ENOMEM,
			ph_say("a try at the PIN of this desk takes %u MiB of memory, "
			       "and here %d are allowed: give `packhorse desk unlock` "
			       "in a terminal",
			       "mỗi lần thử mã PIN của bàn này cần %u MiB bộ nhớ, ở "
			       "đây chỉ được %d: hãy chạy `packhorse desk unlock` trong "
			       "cửa sổ lệnh"),
			mib, PH_UNLOCK_MIB_MAX);
	}
	return rc;
}

static int open_desk(struct ph_site *site, const json_t *request, struct ph_error *err)
{
	char card[PH_DESK_CARD_SIZE + 1] = "";
	int rc = look(site, err);

	ph_secret_lock(card, sizeof(card));
	rc = rc < 0 ? rc
		    : ph_desk_card_read(ph_view_str(member(request, "card")), card, err);
	rc = rc < 0 ? rc
		    : ph_site_desk_unlock(site, card, ph_view_str(member(request, "pin")),
					  err);
	ph_secret_wipe(card, sizeof(card));
	return rc;
}

void ph_unlock(struct ph_site *site, json_t *request, struct ph_buf *answer)
{
	static const char open[] = "{\"schema\":1,\"desk\":\"open\"}\n";
	struct ph_error why = { .exit = PH_EXIT_OTHER };
	enum ph_speak before = ph_speak(
		json_is_true(json_object_get(request, "vietnamese")) ? PH_SPEAK_VIETNAMESE
								     : PH_SPEAK_ENGLISH);
	int rc = open_desk(site, request, &why);

	(void)ph_speak(before);
	ph_unlock_wipe(request);
	if (rc < 0) {
		(void)ph_carry_refuse(answer, why.exit, false, why.text);
	} else if (ph_buf_printf(answer,
				 "{\"schema\":1,\"exit\":0,\"out\":%zu,\"err\":0}\n%s",
				 strlen(open), open) < 0) {
		answer->len = 0;
	}
}
