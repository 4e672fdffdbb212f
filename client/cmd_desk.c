/*
 * client/cmd_desk.c - packhorse desk unlock, lock, pin, card: who may see readers here.
 *
 * Card and PIN come from a terminal that does not show them, or line by line from a pipe;
 * never as arguments, which others can see. They are read before the folder is asked for, so
 * that no loan waits for a person. The opened key lives in the agent alone (client/work.c): a
 * command that ends could keep it nowhere but on the disk.
 *
 * A new card is shown, or written to a file, before anything is changed; shown, it has to be
 * read back, since with a card that was never printed the desk would not open again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/borrow.h"
#include "client/commands.h"
#include "client/unlock.h"
#include "common/base/file.h"
#include "common/base/secret.h"
#include "common/cli/out.h"
#include "common/cli/qr.h"
#include "common/cli/secret_file.h"
#include "common/cli/secret_line.h"

/* What a person holds and knows. */
struct held {
	char card[PH_DESK_CARD_SIZE + 1];
	char again[PH_DESK_CARD_SIZE + 2]; /* a new one, written, and read again */
	struct ph_buf pin;
	const char *wrote[2]; /* files that a new card went into, or NULL */
};

/* Nothing yet, in locked memory. 0 or -ENOMEM with ERR. */
static int held_new(struct held **held_out, struct ph_error *err)
{
	*held_out = ph_secret_new(sizeof(**held_out));
	return *held_out ? 0 : ph_fail_errno(err, -ENOMEM, ph_say("the desk", "quầy"));
}

static void held_free(struct held *held)
{
	if (held) {
		ph_buf_wipe(&held->pin);
	}
	ph_secret_free(held);
}

/* --- reading --- */

/* From the file of --card, or as the next line. */
static int read_card(const char *file, char *card, struct ph_error *err)
{
	struct ph_buf text = { 0 };
	int rc =
		file ? ph_secret_file_read(file, "--card", PH_SECRET_LINE_MAX, &text, err)
		     : ph_secret_line(ph_say("Scan the card of this desk:",
					     "Quét thẻ của bàn này:"),
				      &text, err);

	while (rc == 0 && text.len > 0 && text.data[text.len - 1] == '\n') {
		text.len--;
	}
	rc = rc < 0 ? rc : ph_desk_card_read(ph_buf_view(&text), card, err);
	ph_buf_wipe(&text);
	return rc;
}

static int read_pin(struct ph_buf *pin, struct ph_error *err)
{
	return ph_secret_line(ph_say("PIN:", "Mã PIN:"), pin, err);
}

/* Twice where a person types it. */
static int read_new_pin(struct ph_buf *pin, struct ph_error *err)
{
	int rc = ph_secret_line(
		ph_say("New PIN (six digits or more):", "Mã PIN mới (từ sáu chữ số):"),
		pin, err);

	rc = rc < 0 ? rc : ph_pin_check(ph_buf_view(pin), err);
	return rc < 0 ? rc
		      : ph_secret_line_again(ph_say("The same again:", "Nhập lại:"), pin,
					     err);
}

static int read_held(const struct ph_cli *cli, struct held *held, struct ph_error *err)
{
	int rc = read_card(ph_cli_get(cli, "card"), held->card, err);

	return rc < 0 ? rc : read_pin(&held->pin, err);
}

/* --- a new card --- */

static int write_new(const char *path, struct ph_view bytes, const char **wrote_out,
		     struct ph_error *err)
{
	int rc;

	if (ph_file_exists(path)) {
		return ph_fail(err, PH_EXIT_OTHER, -EEXIST, "%s: %s", path,
			       ph_say("already there; name another file, or remove it",
				      "đã có; hãy ghi vào tập tin khác, hoặc xóa nó"));
	}
	rc = ph_file_write(path, bytes, 0600, err);
	if (rc < 0) {
		return ph_fail_errno(err, rc, path);
	}
	*wrote_out = path;
	return 0;
}

/* A card that came to nothing is not to be printed: it opens no desk. */
static void card_drop(struct held *held)
{
	for (unsigned i = 0; i < 2; i++) {
		if (held->wrote[i]) {
			(void)ph_file_remove(held->wrote[i]);
		}
		held->wrote[i] = NULL;
	}
}

static int write_svg(const char *path, struct held *held, struct ph_error *err)
{
	struct ph_buf drawn = { 0 };
	int rc = ph_qr_svg(ph_view_str(held->card), &drawn, err);

	rc = rc < 0 ? rc : write_new(path, ph_buf_view(&drawn), &held->wrote[1], err);
	ph_buf_wipe(&drawn);
	return rc;
}

static int show_card(const char *card, struct ph_error *err)
{
	char text[PH_DESK_CARD_TEXT];
	struct ph_buf drawn = { 0 };
	int rc = ph_qr_blocks(ph_view_str(card), &drawn, err);

	if (rc == 0) {
		(void)fwrite(drawn.data, 1, drawn.len, stdout);
		ph_desk_card_text(card, text);
		printf("%s\n", text);
		rc = ph_out_flush("", err);
	}
	sodium_memzero(text, sizeof(text));
	ph_buf_wipe(&drawn);
	return rc;
}

/* A new card into HELD, and out to whoever asked. */
static int make_card(const struct ph_cli *cli, struct held *held, struct ph_error *err)
{
	const char *file = ph_cli_get(cli, "new-card");
	const char *svg = ph_cli_get(cli, "svg");
	char *again = held->again;
	int rc = 0;

	ph_desk_card_make(held->card, &ph_rng_system);
	snprintf(again, sizeof(held->again), "%s\n", held->card);
	if (file) {
		rc = write_new(file, ph_view_str(again), &held->wrote[0], err);
	}
	if (rc == 0 && svg) {
		rc = write_svg(svg, held, err);
	}
	if (rc == 0 && !file && !svg) {
		rc = show_card(held->card, err);
	}
	rc = rc < 0 ? rc : read_card(file, again, err);
	if (rc == 0 && sodium_memcmp(again, held->card, PH_DESK_CARD_SIZE) != 0) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			     ph_say("that is another card than the new one; nothing was "
				    "changed",
				    "đó không phải là thẻ mới; chưa thay đổi gì"));
	}
	return rc;
}

/* --- the commands --- */

static int memory_of(const struct ph_cli *cli, unsigned *out, struct ph_error *err)
{
	uint64_t memory = PH_DESK_MIB_DEFAULT;
	int rc = ph_cli_get_uint(cli, "memory", PH_LOCK_MIB_MIN, PH_LOCK_MIB_MAX, &memory,
				 err);

	*out = (unsigned)memory;
	return rc;
}

static int nobody(struct ph_error *err)
{
	return ph_fail(
		err, PH_EXIT_OTHER, -ENOENT, "%s",
		ph_say("no agent runs here, and only it can keep a desk open: start "
		       "`packhorse agent`, then unlock",
		       "chưa chạy agent; chỉ agent mới giữ bàn mở được: hãy chạy "
		       "`packhorse agent` rồi mở khóa"));
}

static int say_open(const struct ph_cli *cli)
{
	if (cli->json || cli->plain) {
		return ph_out_script(
			cli->json, json_pack("{s:i, s:s}", "schema", 1, "desk", "open"));
	}
	puts(ph_say("The desk is open.", "Bàn đã mở khóa."));
	return 0;
}

static int open_with(struct ph_site *site, const struct held *held, struct ph_error *err)
{
	return ph_site_desk(site) == PH_DESK_NO_PIN
		       ? ph_desk_no_pin(err)
		       : ph_site_desk_unlock(site, held->card, ph_buf_view(&held->pin),
					     err);
}

static int unlock(struct ph_cli *cli, const struct held *held, struct ph_error *err)
{
	uint8_t *secret = ph_secret_new(PH_BOX_SECRET_SIZE);
	struct ph_site *site = NULL;
	int rc = secret ? ph_command_open(cli, &site, err)
			: ph_fail_errno(err, -ENOMEM, ph_say("the desk", "quầy"));

	rc = rc < 0 ? rc : open_with(site, held, err);
	if (rc == 0) {
		memcpy(secret, ph_site_desk_secret(site), PH_BOX_SECRET_SIZE);
	}
	ph_site_close(site); /* the agent has its folder back */
	rc = rc < 0 ? rc : ph_borrow_desk(cli->dir, secret, err);
	ph_secret_free(secret);
	return rc == PH_BORROW_E_NOBODY ? nobody(err) : rc;
}

static int run_unlock(struct ph_cli *cli, struct ph_error *err)
{
	struct held *held = NULL;
	int rc = ph_borrow_is_there(cli->dir) ? held_new(&held, err) : nobody(err);

	rc = rc < 0 ? rc : read_held(cli, held, err);
	rc = rc < 0 ? rc : unlock(cli, held, err);
	held_free(held);
	return rc < 0 ? rc : say_open(cli);
}

static int run_lock(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_site *site = NULL;
	int rc = ph_command_open(cli, &site, err);

	if (rc == 0 && ph_site_desk(site) == PH_DESK_NO_PIN) {
		rc = ph_desk_no_pin(err);
	} else if (rc == 0) {
		ph_site_desk_lock(site); /* the agent's own, where it carries this out */
	}
	ph_site_close(site);
	rc = rc < 0 || cli->host ? rc : ph_borrow_desk(cli->dir, NULL, err);
	if (rc < 0) {
		return rc;
	}
	if (cli->json || cli->plain) { /* without an agent it is locked anyhow */
		return ph_out_script(cli->json, json_pack("{s:i, s:s}", "schema", 1,
							  "desk", "locked"));
	}
	puts(ph_say("The desk is locked.", "Bàn đã khóa."));
	return 0;
}

/* From now on the desk opens by HELD. */
static int protect(struct ph_cli *cli, struct ph_site *site, const struct held *held,
		   struct ph_error *err)
{
	unsigned memory;
	int rc = memory_of(cli, &memory, err);

	return rc < 0 ? rc
		      : ph_site_desk_protect(site, held->card, ph_buf_view(&held->pin),
					     memory, err);
}

static int say_done(const struct ph_cli *cli, const char *english, const char *vietnamese)
{
	if (cli->json || cli->plain) {
		return ph_out_script(cli->json,
				     json_pack("{s:i, s:s}", "schema", 1, "desk", "pin"));
	}
	puts(ph_say(english, vietnamese));
	return 0;
}

/* How the desk stands; the folder is given back at once. */
static int look(struct ph_cli *cli, enum ph_desk_state *state_out, struct ph_error *err)
{
	struct ph_site *site = NULL;
	int rc = ph_command_open(cli, &site, err);

	*state_out = rc < 0 ? PH_DESK_LOCKED : ph_site_desk(site);
	ph_site_close(site);
	return rc;
}

static int is_still(struct ph_site *site, enum ph_desk_state state, struct ph_error *err)
{
	return ph_site_desk(site) == state
		       ? 0
		       : ph_fail(err, PH_EXIT_TRY_LATER, -EAGAIN,
				 ph_say("the desk was locked, or given a PIN, meanwhile; "
					"nothing was changed: try again",
					"trong lúc đó quầy đã khóa hoặc được đặt mã PIN; "
					"chưa thay đổi gì: hãy thử lại"));
}

/* A new card and a new PIN, for a desk that is in STATE, which is not locked. */
static int renew(struct ph_cli *cli, enum ph_desk_state state, struct ph_error *err)
{
	struct held *held;
	struct ph_site *site = NULL;
	int rc = held_new(&held, err);

	if (rc < 0) {
		return rc;
	}
	rc = make_card(cli, held, err);
	rc = rc < 0 ? rc : read_new_pin(&held->pin, err);
	rc = rc < 0 ? rc : ph_command_open(cli, &site, err);
	rc = rc < 0 ? rc : is_still(site, state, err);
	if (rc < 0) {
		card_drop(held); /* once protect has begun the card may be what opens */
	}
	rc = rc < 0 ? rc : protect(cli, site, held, err);
	ph_site_close(site);
	held_free(held);
	return rc < 0 ? rc
		      : say_done(
				cli,
				"The desk opens by this card and PIN. Keep the card away "
				"from this machine.",
				"Bàn mở bằng thẻ và mã PIN này. Cất thẻ xa máy.");
}

/* The same card, another PIN. */
static int change(struct ph_cli *cli, struct ph_error *err)
{
	struct held *held;
	struct ph_buf next = { 0 };
	struct ph_site *site = NULL;
	int rc = held_new(&held, err);

	rc = rc < 0 ? rc : read_held(cli, held, err);
	rc = rc < 0 ? rc : read_new_pin(&next, err);
	rc = rc < 0 ? rc : ph_command_open(cli, &site, err);
	rc = rc < 0 ? rc : open_with(site, held, err);
	if (rc == 0) {
		ph_buf_wipe(&held->pin);
		held->pin = next;
		next = (struct ph_buf){ 0 };
		rc = protect(cli, site, held, err);
	}
	ph_site_close(site);
	ph_buf_wipe(&next);
	held_free(held);
	return rc < 0 ? rc
		      : say_done(cli, "The PIN is changed; the card stays the same.",
				 "Đã đổi mã PIN; thẻ giữ nguyên.");
}

static int run_pin(struct ph_cli *cli, struct ph_error *err)
{
	enum ph_desk_state state;
	int rc = look(cli, &state, err);

	if (rc == 0 && state != PH_DESK_NO_PIN && ph_cli_has(cli, "new-card")) {
		return ph_cli_usage(
			cli, err,
			ph_say("this desk has a card; `desk card` makes another",
			       "bàn này đã có thẻ; `desk card` làm thẻ khác"));
	}
	return rc < 0                    ? rc
	       : state == PH_DESK_NO_PIN ? renew(cli, state, err)
					 : change(cli, err);
}

static int run_card(struct ph_cli *cli, struct ph_error *err)
{
	enum ph_desk_state state;
	int rc = look(cli, &state, err);

	if (rc == 0 && state == PH_DESK_NO_PIN) {
		rc = ph_desk_no_pin(err);
	} else if (rc == 0 && state == PH_DESK_LOCKED) {
		rc = ph_fail(
			err, PH_EXIT_OTHER, -EACCES, "%s",
			ph_say("the desk is locked, and a new card needs it open. If "
			       "the old card is lost, ask the provincial library for "
			       "an invite that replaces this device (docs/DRILLS.md)",
			       "bàn đang khóa; làm thẻ mới cần bàn đang mở. Nếu mất "
			       "thẻ cũ, xin thư viện tỉnh giấy mời thay thiết bị này "
			       "(docs/DRILLS.md)"));
	}
	return rc < 0 ? rc : renew(cli, state, err);
}

#define CARD_OPTION                                                                      \
	{                                                                                \
		"card", "FILE", "the card's digits, from this file instead"              \
	}
#define NEW_OPTIONS                                                                      \
	{ "new-card", "FILE",                                                            \
	  "write the new card's digits here; no file is overwritten" },                  \
	{                                                                                \
		"svg", "FILE", "write the new card as an image to print"                 \
	}
#define MEMORY_OPTION                                                                    \
	{                                                                                \
		"memory", "MIB", "what a try at the PIN takes of memory (default 128)"   \
	}

static const struct ph_cli_option unlock_options[] = { CARD_OPTION, { 0 } };
static const struct ph_cli_option pin_options[] = {
	CARD_OPTION, NEW_OPTIONS, MEMORY_OPTION, { 0 }
};
static const struct ph_cli_option card_options[] = { NEW_OPTIONS, MEMORY_OPTION, { 0 } };

const struct ph_cli_command ph_cmd_desk_unlock = {
	.name = "desk unlock",
	.group = "This site",
	.args = "",
	.doc = "show readers again, by the card of this desk and its PIN\n\n"
	       "Both are asked for, or are the first lines of standard input. It needs "
	       "the\n"
	       "running agent, which locks the desk when nobody has worked at it for a "
	       "while.",
	.options = unlock_options,
	.run = run_unlock,
};
const struct ph_cli_command ph_cmd_desk_lock = {
	.name = "desk lock",
	.group = "This site",
	.args = "",
	.doc = "show no readers until the desk is unlocked\n\n"
	       "Books are lent and taken back by code, and sent, as ever.",
	.run = run_lock,
};
const struct ph_cli_command ph_cmd_desk_pin = {
	.name = "desk pin",
	.group = "This site",
	.args = "",
	.doc = "give this desk a PIN and a card, or change the PIN\n\n"
	       "The first time a card is made and shown (or written: --new-card, --svg), "
	       "and\n"
	       "has to be scanned back. Without card and PIN nobody can read from this\n"
	       "folder who the readers are, not even whoever takes the machine.",
	.options = pin_options,
	.run = run_pin,
};
const struct ph_cli_command ph_cmd_desk_card = {
	.name = "desk card",
	.group = "This site",
	.args = "",
	.doc = "make another card, and another PIN; the old card opens nothing any "
	       "more\n\n"
	       "The desk must be open.",
	.options = card_options,
	.run = run_card,
};
