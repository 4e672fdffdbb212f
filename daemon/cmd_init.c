/*
 * daemon/cmd_init.c - packhorsed init: a new province.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/cli/out.h"
#include "common/cli/secret_file.h"
#include "common/cli/secret_line.h"
#include "daemon/account_kept.h"
#include "daemon/config.h"
#include "daemon/hub.h"

#define PASSPHRASE_MAX 1024

/*
 * The same sentence must open the keys whichever editor wrote it: a byte order mark goes,
 * letters composed of parts become one (NFC). What is not UTF-8 stays as it is.
 */
static int normalise(struct ph_buf *text)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf };
	struct ph_buf nfc = { 0 };
	int rc;

	if (text->len >= sizeof(mark) && memcmp(text->data, mark, sizeof(mark)) == 0) {
		ph_buf_drop(text, sizeof(mark));
	}
	rc = ph_buf_secret(&nfc, text->len);
	rc = rc < 0 ? rc : ph_text_nfc(ph_buf_view(text), &nfc);
	if (rc == 0) {
		text->len = 0;
		rc = ph_buf_put_view(text, ph_buf_view(&nfc));
	}
	ph_buf_wipe(&nfc);
	return rc > 0 ? 0 : rc;
}

int ph_cmd_passphrase(const struct ph_cli *cli, struct ph_buf *out, struct ph_error *err)
{
	return ph_cmd_passphrase_of(cli, "passphrase-file", out, err);
}

/* The first line of the file at PATH, or (IS_STDIN) the next one of standard input. */
static int read_line_of(const char *path, bool is_stdin, const char *option,
			struct ph_buf *out, struct ph_error *err)
{
	char why[64];
	const uint8_t *end;
	int rc;

	snprintf(why, sizeof(why), "--%s", option);
	if (is_stdin) {
		snprintf(why, sizeof(why), "--%s:", option);
		return ph_secret_line(why, out, err);
	}
	rc = ph_secret_file_read(path, why, PASSPHRASE_MAX, out, err);
	end = rc == 0 && out->len ? memchr(out->data, '\n', out->len) : NULL;
	if (end) {
		out->len = (size_t)(end - out->data);
	}
	if (rc == 0 && out->len > 0 && out->data[out->len - 1] == '\r') {
		out->len--;
	}
	return rc;
}

int ph_cmd_passphrase_of(const struct ph_cli *cli, const char *option, struct ph_buf *out,
			 struct ph_error *err)
{
	const char *path = ph_cli_get(cli, option);
	bool is_stdin = path && strcmp(path, "-") == 0;
	char why[64];
	int rc;

	if (!path) {
		snprintf(why, sizeof(why), ph_say("--%s is needed", "cần có --%s"),
			 option);
		return ph_cli_usage(cli, err, why);
	}
	rc = read_line_of(path, is_stdin, option, out, err);
	if (rc < 0) {
		return rc;
	}
	path = is_stdin ? ph_say("standard input", "dữ liệu nhập vào") : path;
	rc = normalise(out);
	if (rc < 0) {
		return ph_fail_errno(err, rc, path);
	}
	return out->len > 0
		       ? 0
		       : ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				 ph_say("%s: the first line is empty; it should be the "
					"passphrase",
					"%s: dòng đầu để trống; dòng đó phải là câu "
					"khóa"),
				 path);
}

int ph_cmd_passphrase_new(const struct ph_cli *cli, const char *option,
			  struct ph_buf *out, struct ph_error *err)
{
	int rc = ph_cmd_passphrase_of(cli, option, out, err);

	if (rc == 0 && ph_password_characters(ph_buf_view(out)) < PH_PASSWORD_MIN) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("%s: a passphrase has at least %d characters; best "
			       "are several words",
			       "%s: câu khóa phải có ít nhất %d ký tự; tốt nhất là "
			       "nhiều từ"),
			strcmp(ph_cli_get(cli, option), "-") == 0
				? ph_say("standard input", "dữ liệu nhập vào")
				: ph_cli_get(cli, option),
			PH_PASSWORD_MIN);
	}
	return rc;
}

int ph_cmd_init(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_hub_init init = { .listen = ph_cli_get(cli, "listen") };
	struct ph_buf passphrase = { 0 };
	uint64_t province = 14;
	uint64_t memory = 256;
	char host[PH_LISTEN_TEXT];
	unsigned port;
	struct ph_error why = { .exit = PH_EXIT_DONE };
	int rc = 0;

	if (!init.listen) {
		rc = ph_cli_usage(cli, err,
				  ph_say("--listen is needed", "cần có --listen"));
	} else if (ph_address_split(init.listen, host, sizeof(host), &port, &why) < 0) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EINVAL, "--listen: %s", why.text);
	}
	if (rc == 0) {
		rc = ph_cli_get_uint(cli, "province", 1, 99, &province, err);
	}
	if (rc == 0) {
		rc = ph_cli_get_uint(cli, "kdf-memory-mib", 8, 1024, &memory, err);
	}
	if (rc == 0) {
		rc = ph_cmd_passphrase_new(cli, "passphrase-file", &passphrase, err);
	}
	if (rc == 0) {
		init.passphrase = ph_buf_view(&passphrase);
		init.province = (unsigned)province;
		init.memory_mib = (unsigned)memory;
		rc = ph_hub_init(&(struct ph_hub_config){ .dir = cli->dir,
							  .who = "init",
							  .clock = ph_clock_system,
							  .rng = ph_rng_system },
				 &init, err);
	}
	ph_buf_wipe(&passphrase);
	if (rc < 0) {
		return rc;
	}
	fprintf(stderr,
		ph_say("made the hub of province %u in %s\n  keys/root and keys/operator "
		       "open with the passphrase: keep a copy of both, and of\n  the "
		       "passphrase, in two places that do not burn together.\nnext: "
		       "packhorsed -d %s site add 14-0371 --commune 03646 --kind commune "
		       "--name ...\n",
		       "đã tạo máy chủ của tỉnh %u ở %s\n  keys/root và keys/operator mở "
		       "bằng câu khóa: hãy giữ bản chép của cả hai tệp và\n  câu khóa ở "
		       "hai nơi khác nhau, phòng khi cháy.\ntiếp theo: packhorsed -d %s "
		       "site add 14-0371 --commune 03646 --kind commune --name ...\n"),
		init.province, cli->dir, cli->dir);
	return PH_EXIT_DONE;
}
