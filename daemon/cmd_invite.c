/*
 * daemon/cmd_invite.c - packhorsed invite: a one-time secret for one device.
 *
 * The operator's key is unlocked in this process only, with the passphrase from a
 * file. It leaves as a line of text, as a QR code, or both. Order: ask the hub what the invite says of the site, unlock, sign, report the
 * invite's id to the hub, and only then write the file, so that every invite that
 * exists is known to `devices`.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/json_memory.h"
#include "common/base/secret.h"
#include "common/cli/out.h"
#include "common/log/cert.h"
#include "daemon/act.h"
#include "daemon/config.h"
#include "common/cli/qr.h"

#define DAY          86400
#define EXPIRES_DAYS 30

static int parse_role(const char *text, uint64_t *role_out, struct ph_error *err)
{
	static const char *const names[] = { [PH_ROLE_SITE] = "site",
					     [PH_ROLE_COURIER] = "courier",
					     [PH_ROLE_BOTH] = "both" };

	for (uint64_t i = PH_ROLE_SITE; text && i <= PH_ROLE_BOTH; i++) {
		if (strcmp(text, names[i]) == 0) {
			*role_out = i;
			return 0;
		}
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("--role: \"%s\" is not one of site, courier, both",
			      "--role: “%s” không thuộc site, courier, both"),
		       text ? text : "");
}

static struct ph_view text_of(const json_t *answer, const char *name)
{
	const char *text = json_string_value(json_object_get(answer, name));

	return ph_view_str(text ? text : "");
}

static uint64_t number_of(const json_t *answer, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(answer, name));
}

/* The key list as the hub gave it, checked before anything is signed for it. */
static int read_keylist(const json_t *answer, struct ph_buf *bytes,
			struct ph_keylist *list, struct ph_error *err)
{
	struct ph_view hex = text_of(answer, "keylist");
	int rc = ph_buf_reserve(bytes, hex.len / 2);

	if (rc == 0) {
		rc = ph_unhex(bytes->data, hex.len / 2, (const char *)hex.data, hex.len);
	}
	if (rc == 0) {
		bytes->len = hex.len / 2;
		rc = ph_keylist_decode(ph_buf_view(bytes), list);
	}
	if (rc < 0) {
		return ph_fail_errno(
			err, rc,
			ph_say("the hub's key list", "danh sách khóa của máy chủ"));
	}
	return rc == 0 ? 0
		       : ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN,
				 ph_say("the hub's key list does not verify: %s",
					"danh sách khóa của máy chủ không đúng: %s"),
				 ph_cert_error(rc));
}

static int make_text(const json_t *answer, struct ph_invite *invite,
		     const struct ph_sign_pair *operator_pair, struct ph_buf *text,
		     char hash[static 2 * PH_HASH_SIZE + 1], struct ph_error *err)
{
	uint8_t raw[PH_HASH_SIZE];
	struct ph_buf keylist_bytes = { 0 };
	struct ph_buf bytes = { 0 };
	struct ph_keylist list;
	struct ph_sign_pair once = { 0 };
	uint8_t seed[PH_SEED_KEY_SIZE];
	int rc = read_keylist(answer, &keylist_bytes, &list, err);

	if (rc < 0) {
		goto out;
	}
	if (!ph_keylist_has_operator(&list, operator_pair->key)) {
		rc = ph_fail(err, PH_EXIT_OTHER, -EACCES,
			     ph_say("that key is no operator's, or not any more: "
				    "packhorsed keys",
				    "khóa đó không phải, hoặc không còn là của người vận "
				    "hành: packhorsed keys"));
		goto out;
	}
	ph_secret_lock(&once, sizeof(once));
	ph_secret_lock(seed, sizeof(seed));
	ph_rng_system.fill(ph_rng_system.data, seed, sizeof(seed));
	ph_rng_system.fill(ph_rng_system.data, invite->id, sizeof(invite->id));
	ph_sign_pair_from_seed(&once, seed);
	memcpy(invite->key, once.key, sizeof(invite->key));
	memcpy(invite->root, list.root, sizeof(invite->root));
	memcpy(invite->operator_key, operator_pair->key, sizeof(invite->operator_key));
	rc = ph_invite_encode(invite, operator_pair, &bytes);
	ph_entry_hash(ph_buf_view(&bytes), raw);
	ph_hex(hash, raw, sizeof(raw));
	if (rc == 0) {
		rc = ph_invite_text(ph_buf_view(&bytes), ph_buf_view(&keylist_bytes),
				    seed, text);
	}
	if (rc == 0) {
		rc = ph_buf_put(text, "\n", 1);
	}
	if (rc < 0) {
		rc = ph_fail_errno(err, rc, ph_say("making the invite", "làm giấy mời"));
	}
out:
	ph_sign_pair_wipe(&once);
	ph_secret_wipe(seed, sizeof(seed));
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&keylist_bytes);
	return rc;
}

/* Which device it replaces, as the hub told. */
static int read_replaced(const json_t *answer, struct ph_invite *invite,
			 struct ph_error *err)
{
	const json_t *told = json_object_get(answer, "replaces");
	struct ph_view device = text_of(told, "device");
	struct ph_view log = text_of(told, "log");
	struct ph_view h = text_of(told, "h");

	if (!told) {
		return 0;
	}
	invite->replaces = true;
	invite->from.n = number_of(told, "n");
	if (ph_unhex(invite->replaced, sizeof(invite->replaced),
		     (const char *)device.data, device.len) != 0 ||
	    ph_unhex(invite->from.log_id, sizeof(invite->from.log_id),
		     (const char *)log.data, log.len) != 0 ||
	    ph_unhex(invite->from.h, sizeof(invite->from.h), (const char *)h.data,
		     h.len) != 0) {
		return ph_fail(
			err, PH_EXIT_OTHER, -EBADMSG,
			ph_say("what the hub said of the device to replace is no log",
			       "lời máy chủ về máy cần thay không phải là nhật ký"));
	}
	return 0;
}

/* HASH is that of the invite's bytes: by it the hub knows it again. */
static int record(struct ph_cli *cli, const struct ph_invite *invite, const char *hash,
		  const char *site, struct ph_error *err)
{
	char id[2 * PH_INVITE_ID_SIZE + 1];
	char device[2 * PH_DEVICE_ID_SIZE + 1];
	json_t *about;
	char *text;
	json_t *request = ph_request("invite-record");

	ph_hex(device, invite->replaced, sizeof(invite->replaced));
	about = json_pack("{s:s, s:I, s:I, s:I, s:s, s:s*}", "site", site, "role",
			  (json_int_t)invite->role, "issued", (json_int_t)invite->issued,
			  "expires", (json_int_t)invite->expires, "hash", hash,
			  "replaces", invite->replaces ? device : NULL);
	text = about ? ph_json_dumps(about, JSON_COMPACT) : NULL;
	ph_hex(id, invite->id, sizeof(invite->id));
	ph_request_put(&request, "id", json_string(id));
	ph_request_put(&request, "about", text ? json_string(text) : NULL);
	free(text);
	json_decref(about);
	return ph_ask(cli, request, NULL, err);
}

/* "Every address of this machine", or any port, is of no use to a device. */
static bool is_nowhere(const char *host, unsigned port)
{
	return port == 0 || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

/* --hub is GIVEN. */
static int take_given(const char *given, char out[static PH_LISTEN_TEXT],
		      struct ph_error *err)
{
	char host[PH_LISTEN_TEXT];
	unsigned port;

	if (strlen(given) >= PH_LISTEN_TEXT ||
	    ph_address_split(given, host, sizeof(host), &port, NULL) < 0) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("--hub \"%s\" is not HOST:PORT, for example "
				      "hub.example:7415",
				      "--hub “%s” không có dạng HOST:CỔNG, ví dụ "
				      "hub.example:7415"),
			       given);
	}
	if (is_nowhere(host, port)) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("--hub %s is not an address that a device can "
				      "call; give the one that devices reach the hub "
				      "by, for example hub.example:7415",
				      "--hub %s không phải là địa chỉ máy khác gọi "
				      "được; hãy ghi địa chỉ mà các máy gọi tới máy "
				      "chủ, ví dụ hub.example:7415"),
			       given);
	}
	strcpy(out, given);
	return 0;
}

/*
 * The address that goes into the invite: --hub, else the first one configured. If no device
 * can call that one, then the invite has none, and the person is told.
 */
static int find_address(const struct ph_cli *cli, char out[static PH_LISTEN_TEXT],
			struct ph_error *err)
{
	const char *given = ph_cli_get(cli, "hub");
	struct ph_settings settings;
	char host[PH_LISTEN_TEXT];
	unsigned port;
	int rc;

	if (given) {
		return take_given(given, out, err);
	}
	rc = ph_settings_load(&settings, cli->dir, err);
	if (rc == 0) {
		snprintf(out, PH_LISTEN_TEXT, "%s", settings.listen[0]);
		rc = ph_address_split(out, host, sizeof(host), &port, err);
	}
	if (rc < 0) {
		return rc;
	}
	if (is_nowhere(host, port)) {
		fprintf(stderr,
			ph_say("%s: the configured address %s is not one that a device "
			       "can call; the invite has none (--hub ADDR:PORT names "
			       "one)\n",
			       "%s: địa chỉ đã đặt %s không phải là địa chỉ máy khác gọi "
			       "được; giấy mời không ghi địa chỉ (--hub ĐỊA-CHỈ:CỔNG để "
			       "ghi)\n"),
			cli->program->name, out);
		out[0] = '\0';
	}
	return 0;
}

/* BYTES to the file PATH, or to standard output. */
static int write_to(const char *path, const struct ph_buf *bytes, struct ph_error *err)
{
	if (strcmp(path, "-") == 0) {
		(void)fwrite(bytes->data, 1, bytes->len, stdout);
		return ph_out_flush("", err);
	}
	return ph_file_write(path, ph_buf_view(bytes), 0600, err);
}

/* In each form that was asked for: the line of text, an image of it, or blocks on the screen. */
static int write_out(const struct ph_cli *cli, const struct ph_buf *text,
		     struct ph_error *err)
{
	const struct ph_view line = PH_VIEW(text->data, text->len - 1);
	struct ph_buf drawn = { 0 };
	int rc = 0;

	if (ph_cli_has(cli, "svg")) {
		rc = ph_qr_svg(line, &drawn, err);
		rc = rc < 0 ? rc : write_to(ph_cli_get(cli, "svg"), &drawn, err);
	}
	ph_buf_wipe(&drawn);
	drawn = (struct ph_buf){ 0 };
	if (rc == 0 && ph_cli_has(cli, "qr")) {
		rc = ph_qr_blocks(line, &drawn, err);
		rc = rc < 0 ? rc : write_to("-", &drawn, err);
	}
	ph_buf_wipe(&drawn);
	if (rc == 0 && ph_cli_has(cli, "out")) {
		rc = write_to(ph_cli_get(cli, "out"), text, err);
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("writing the invite", "ghi giấy mời"))
		      : 0;
}

/* No file is written over, and standard output takes one form. */
static int check_out(const struct ph_cli *cli, struct ph_error *err)
{
	static const char *const names[] = { "out", "svg" };
	unsigned shown = ph_cli_has(cli, "qr");

	if (!ph_cli_get(cli, "site") ||
	    (!ph_cli_has(cli, "out") && !ph_cli_has(cli, "svg") &&
	     !ph_cli_has(cli, "qr"))) {
		return ph_cli_usage(cli, err,
				    ph_say("--site, and --out, --svg or --qr are needed",
					   "cần có --site, và --out, --svg hoặc --qr"));
	}
	for (size_t i = 0; i < 2; i++) {
		const char *path = ph_cli_get(cli, names[i]);
		bool is_shown = path && strcmp(path, "-") == 0;

		shown += is_shown;
		if (path && !is_shown && !ph_cli_has(cli, "force") &&
		    ph_file_exists(path)) {
			return ph_fail(err, PH_EXIT_OTHER, -EEXIST,
				       ph_say("%s is there already, perhaps an invite "
					      "that nobody has used yet; name another "
					      "file, or --force",
					      "đã có %s, có thể là giấy mời chưa ai "
					      "dùng; hãy chỉ tệp khác, hoặc --force"),
				       path);
		}
	}
	return shown < 2 ? 0
			 : ph_cli_usage(cli, err,
					ph_say("standard output takes one of --out -, "
					       "--svg - and --qr",
					       "đầu ra chuẩn chỉ nhận một trong --out -, "
					       "--svg - và --qr"));
}

/* What the hub says of the site, and of the device to replace. */
static int prepare(struct ph_cli *cli, json_t **answer_out, struct ph_error *err)
{
	json_t *request = ph_request("invite-prepare");
	int rc = ph_request_set(request, "site", ph_cli_get(cli, "site"), err);

	if (rc == 0) {
		rc = ph_request_set(request, "replaces", ph_cli_get(cli, "replaces"),
				    err);
	}
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	return ph_ask(cli, request, answer_out, err);
}

/* All of INVITE that follows from what the hub said; texts borrow from ANSWER and ADDRESS. */
static int fill(const json_t *answer, uint64_t days, const char *address,
		struct ph_invite *invite, struct ph_error *err)
{
	invite->site = number_of(answer, "number");
	invite->site_code = text_of(answer, "code");
	invite->site_name = text_of(answer, "name");
	invite->commune = text_of(answer, "commune");
	invite->site_kind = number_of(answer, "kind");
	invite->code_block = number_of(answer, "block");
	invite->issued = number_of(answer, "now");
	invite->expires = invite->issued + days * DAY;
	invite->hub_address = ph_view_str(address);
	return read_replaced(answer, invite, err);
}

static void tell(const json_t *answer, const char *site, uint64_t days)
{
	fprintf(stderr,
		ph_say_n(days,
			 "an invite for one device of %s (%s), good for %llu "
			 "day\n  it is a secret until it is used: whoever has it "
			 "can join as this site\n",
			 "an invite for one device of %s (%s), good for %llu "
			 "days\n  it is a secret until it is used: whoever has it "
			 "can join as this site\n",
			 "giấy mời cho một máy của %s (%s), có giá trị %llu "
			 "ngày\n "
			 " phải giữ kín cho đến khi dùng: ai có nó đều vào được "
			 "như điểm này\n"),
		json_string_value(json_object_get(answer, "name")), site,
		(unsigned long long)days);
}

int ph_cmd_invite(struct ph_cli *cli, struct ph_error *err)
{
	const char *site = ph_cli_get(cli, "site");
	struct ph_sign_pair operator_pair = { 0 };
	struct ph_invite invite = { 0 };
	struct ph_buf text = { 0 };
	json_t *answer = NULL;
	uint64_t days = EXPIRES_DAYS;
	char address[PH_LISTEN_TEXT];
	char hash[2 * PH_HASH_SIZE + 1];
	int rc = check_out(cli, err);

	rc = rc < 0 ? rc : parse_role(ph_cli_get(cli, "role"), &invite.role, err);
	rc = rc < 0 ? rc : ph_cli_get_uint(cli, "expires-days", 1, 3650, &days, err);
	rc = rc < 0 ? rc : find_address(cli, address, err);
	rc = rc < 0 ? rc : ph_act_unlock(cli, &operator_pair, err);
	rc = rc < 0 ? rc : prepare(cli, &answer, err);
	rc = rc < 0 ? rc : fill(answer, days, address, &invite, err);
	rc = rc < 0 ? rc : make_text(answer, &invite, &operator_pair, &text, hash, err);
	rc = rc < 0 ? rc : record(cli, &invite, hash, site, err);
	rc = rc < 0 ? rc : write_out(cli, &text, err);
	if (rc >= 0) {
		tell(answer, site, days);
	}
	ph_sign_pair_wipe(&operator_pair);
	ph_buf_wipe(&text);
	json_decref(answer);
	return rc < 0 ? rc : PH_EXIT_DONE;
}
