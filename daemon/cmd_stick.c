/*
 * daemon/cmd_stick.c - packhorsed pack-stick and take-stick: what both do first and last.
 *
 * A folder that is no stick is refused before the hub is asked. One such command at a time
 * works in DIR/spool; what one that was killed has left there is swept by the hub.
 */
#include "daemon/stick.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cli/stick_words.h"
#include "daemon/ask.h"
#include "daemon/cmd.h"

#define LOCK_WAIT_MS 5000

const char *ph_stick_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

json_int_t ph_stick_number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

int ph_stick_in_words(const struct ph_stick *stick, const char *path, int rc,
		      struct ph_error *err)
{
	const struct ph_spool *spool = &stick->spool;
	const struct ph_stick_trouble trouble = { spool->trouble, path, spool->need,
						  spool->room, spool->in_way };

	return ph_stick_fail(err, rc, &trouble);
}

int ph_stick_begin(struct ph_cli *cli, bool create, struct ph_stick *stick,
		   struct ph_error *err)
{
	json_t *request = ph_request("stick-begin");
	char path[PH_SPOOL_PATH_MAX];
	mode_t mask = umask(0); /* a stick is everybody's */
	int rc = ph_spool_open(&stick->spool, cli->args[0], create, NULL);

	(void)umask(mask);
	rc = rc < 0 ? ph_stick_in_words(stick, cli->args[0], rc, err) : rc;
	stick->cli = cli;
	stick->lock.fd = -1;
	/* before it is swept: another such command may be at work */
	rc = rc < 0 ? rc : ph_path_join(path, sizeof(path), cli->dir, "spool", err);
	rc = rc < 0 || !ph_file_exists(path)
		     ? rc
		     : ph_lock_take(&stick->lock, path, cli->command->name, LOCK_WAIT_MS,
				    err);
	rc = rc < 0 ? rc : ph_request_set(request, "site", ph_cli_get(cli, "site"), err);
	rc = rc < 0 ? rc
		    : ph_request_set(request, "device", ph_cli_get(cli, "device"), err);
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	rc = ph_ask(cli, request, &stick->begin, err);
	if (rc == 0) {
		const char *id = ph_stick_text(stick->begin, "hub");

		snprintf(stick->own.path, sizeof(stick->own.path), "%s",
			 ph_stick_text(stick->begin, "spool"));
		rc = ph_unhex(stick->hub, sizeof(stick->hub), id, strlen(id));
	}
	return rc;
}

bool ph_stick_is_hub(const struct ph_stick *stick,
		     const uint8_t id[static PH_DEVICE_ID_SIZE])
{
	char hex[2 * PH_DEVICE_ID_SIZE + 1];
	const json_t *was;
	size_t i;

	ph_hex(hex, id, PH_DEVICE_ID_SIZE);
	json_array_foreach(json_object_get(stick->begin, "was"), i, was)
	{
		if (strcmp(json_string_value(was) ? json_string_value(was) : "", hex) ==
		    0) {
			return true;
		}
	}
	return memcmp(id, stick->hub, PH_DEVICE_ID_SIZE) == 0;
}

void ph_stick_end(struct ph_stick *stick)
{
	ph_lock_release(&stick->lock);
	json_decref(stick->begin);
}

void ph_stick_drop(const struct ph_stick *stick, const char *name)
{
	char path[PH_SPOOL_PATH_MAX + PH_SPOOL_NAME_SIZE + 8];

	if (ph_path_join(path, sizeof(path), stick->own.path, name, NULL) == 0) {
		(void)ph_file_remove(path);
	}
}

static const struct ph_cli_option pack_options[] = {
	{ "site", "CODE", "for all devices of this site, also those that never came" },
	{ "device", "ID", "for this one alone; ID is how its id begins" },
	{ 0 },
};

const struct ph_cli_command ph_cmds_stick[] = {
	{ "take-stick", "Running", "DIR", 1, 1,
	  "take what devices have sent on a stick\n"
	  "DIR is where it is plugged in. New devices are admitted by what they bring. "
	  "What is\n"
	  "damaged is refused file by file (exit status 14).",
	  NULL, ph_stick_run_take, NULL },
	{ "pack-stick", "Running", "DIR", 1, 1,
	  "put receipts, control log and feeds for devices onto a stick\n"
	  "Without an option: for all whose entries have come by stick; those that are "
	  "cut off\n"
	  "or retired only until they know and have their receipts. Each bundle can be\n"
	  "read by its device alone. Exit status 14: the stick is full.",
	  pack_options, ph_stick_run_pack, NULL },
	{ 0 },
};
