/*
 * client/cmd_join.c - packhorse join: enrol this machine as a device of a site.
 *
 * Reads the invite (a file, or standard input with "-"), makes keys, certificate and
 * store, and says who and where this is. No network is needed. Whatever is wrong with
 * the invite is said before anything is made.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/commands.h"
#include "common/cli/out.h"
#include "common/cli/secret_file.h"
#include "common/cli/secret_line.h"

/* An invite with all the white space that mail programs may have put into it. */
#define FILE_MAX (4 * PH_INVITE_MAX)

/* A scanner, or a person who pastes, ends the line and not the input. */
static int read_line(struct ph_buf *text, struct ph_error *err)
{
	int rc;

	fprintf(stderr, "%s ",
		ph_say("Scan or paste the invite, then Enter:",
		       "Quét hoặc dán giấy mời, rồi nhấn Enter:"));
	rc = ph_stdin_line(text, FILE_MAX);
	return rc == -ECANCELED || rc == -EMSGSIZE
		       ? 0 /* the invite is looked at, and found to be none */
	       : rc < 0 ? ph_fail_errno(err, rc, ph_say("the invite", "giấy mời"))
			: 0;
}

/* What was opened for us, perhaps by somebody who may read more than we: not by its path. */
static int read_rest(struct ph_buf *text, struct ph_error *why)
{
	for (;;) {
		ssize_t n = 0;
		int rc = text->len < FILE_MAX ? ph_buf_reserve(text, FILE_MAX - text->len)
					      : -EFBIG;

		if (rc == 0) {
			/* past the buffers of stdio, which nobody wipes */
			n = read(STDIN_FILENO, text->data + text->len,
				 FILE_MAX - text->len);
			rc = n < 0 ? -errno : 0;
		}
		if (rc == -EINTR) {
			continue;
		}
		if (rc < 0 || n == 0) {
			return rc < 0 ? ph_fail_errno(why, rc,
						      ph_say("standard input",
							     "dữ liệu nhập vào"))
				      : 0;
		}
		text->len += (size_t)n;
	}
}

/* TEXT is in locked memory then. */
static int read_invite(const char *name, struct ph_buf *text, struct ph_error *err)
{
	struct ph_error why = { 0 };
	bool is_stdin = strcmp(name, "-") == 0;
	int rc = is_stdin ? ph_buf_secret(text, FILE_MAX) : 0;

	if (rc == 0 && is_stdin && isatty(STDIN_FILENO)) {
		return read_line(text, err);
	}
	rc = rc < 0     ? ph_fail_errno(&why, rc,
					ph_say("standard input", "dữ liệu nhập vào"))
	     : is_stdin ? read_rest(text, &why)
			: ph_secret_file_read(name, ph_say("the argument", "tham số"),
					      FILE_MAX, text, &why);
	if (rc < 0) {
		/* another file would not help against these two */
		return ph_fail(
			err, rc == -EIO || rc == -ENOMEM ? PH_EXIT_OTHER : PH_EXIT_USAGE,
			rc,
			ph_say("the invite cannot be read: %s",
			       "không đọc được giấy mời: %s"),
			why.text);
	}
	return 0;
}

static void print_task(unsigned role, const char *name, const char *code)
{
	if (!(role & PH_ROLE_COURIER)) {
		printf(ph_say("This machine now records for %s (%s).\n",
			      "Máy này từ nay ghi cho %s (%s).\n"),
		       name, code);
	} else if (role & PH_ROLE_SITE) {
		printf(ph_say("This machine now records for %s (%s), and carries for "
			      "other "
			      "sites.\n",
			      "Máy này từ nay ghi cho %s (%s) và chuyển tin cho các điểm "
			      "khác.\n"),
		       name, code);
	} else {
		printf(ph_say("This machine is now the courier %s (%s): it carries what "
			      "sites and the hub have for each other.\n",
			      "Máy này từ nay là máy chuyển tin %s (%s): mang gói giữa "
			      "các "
			      "điểm và tỉnh.\n"),
		       name, code);
	}
}

static int print(const struct ph_cli *cli, const struct ph_site_info *info)
{
	char device[2 * PH_DEVICE_ID_SIZE + 1];
	char name[256];
	char code[64];

	ph_hex(device, info->device_id, sizeof(info->device_id));
	if (cli->json || cli->plain) {
		return ph_out_script(
			cli->json,
			json_pack("{s:i, s:I, s:s%, s:s%, s:s%, s:s, s:s, s:s%, s:s}",
				  "schema", 1, "site", (json_int_t)info->site, "code",
				  info->site_code.data, info->site_code.len, "name",
				  info->site_name.data, info->site_name.len, "commune",
				  info->commune.data, info->commune.len, "device", device,
				  "fingerprint", info->fingerprint, "hub",
				  info->hub_address.data, info->hub_address.len, "folder",
				  cli->dir));
	}
	ph_text_safe(name, sizeof(name), (const char *)info->site_name.data,
		     info->site_name.len);
	ph_text_safe(code, sizeof(code), (const char *)info->site_code.data,
		     info->site_code.len);
	print_task((unsigned)info->role, name, code);
	printf(ph_say("Fingerprint %s: read these words to the provincial library by "
		      "telephone.\n",
		      "Vân tay %s: đọc các tiếng này qua điện thoại cho thư viện "
		      "tỉnh.\n"),
	       info->fingerprint);
	printf(ph_say("Its records lie in %s.\n", "Dữ liệu nằm ở %s.\n"), cli->dir);
	return 0;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	const struct ph_site_config config = {
		.dir = cli->dir,
		.who = cli->command->name,
		.wait_ms = PH_COMMAND_WAIT_MS,
		.clock = ph_clock_system,
		.rng = ph_rng_system,
		.even_if_expired = ph_cli_has(cli, "even-if-expired"),
	};
	struct ph_site *site = NULL;
	struct ph_buf text = { 0 };
	struct ph_site_info info;
	int rc = read_invite(cli->args[0], &text, err);

	if (rc == 0) {
		rc = ph_site_join(&config, ph_buf_view(&text), err);
	}
	if (rc == 0) {
		rc = ph_site_open(&site, &config, err);
	}
	if (rc == 0) {
		ph_site_info(site, &info);
		rc = print(cli, &info);
	}
	ph_site_close(site);
	ph_buf_wipe(&text);
	return rc;
}

static const struct ph_cli_option options[] = {
	{ "even-if-expired", NULL,
	  "take an invite whose time is over; the hub will see that it came late" },
	{ NULL, NULL, NULL },
};

const struct ph_cli_command ph_cmd_join = {
	.name = "join",
	.group = "This site",
	.args = "FILE|-",
	.min_args = 1,
	.max_args = 1,
	.doc = "enrol this machine from an invite, with or without a network\n"
	       "\n"
	       "The invite is the line of text that the provincial library gave out, in "
	       "a\n"
	       "file or on standard input. It is good for one device. A join that was\n"
	       "interrupted can simply be given again.",
	.options = options,
	.run = run,
};
