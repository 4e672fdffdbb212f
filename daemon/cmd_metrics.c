/*
 * daemon/cmd_metrics.c - packhorsed metrics: for Prometheus, or for the textfile collector of
 * its node_exporter.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "common/cli/out.h"
#include "daemon/ask.h"
#include "daemon/metrics.h"

#define OUT_MODE 0644 /* for another user's program; nothing in it is secret */

/* The collector reads what ends so, and never the file that is being written. */
static int check_out(const char *path, struct ph_error *err)
{
	size_t len = strlen(path);

	return len > 5 && strcmp(path + len - 5, ".prom") == 0
		       ? 0
		       : ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				 ph_say("--out: \"%s\" must end in .prom: node_exporter "
					"reads no other file",
					"--out: “%s” phải kết thúc bằng .prom: "
					"node_exporter không đọc tệp khác"),
				 path);
}

static int give(const char *path, struct ph_view text, struct ph_error *err)
{
	if (path) {
		return ph_file_write(path, text, OUT_MODE, err);
	}
	return fwrite(text.data, 1, text.len, stdout) == text.len ? 0 : PH_OUT_LOST;
}

static int run_metrics(struct ph_cli *cli, struct ph_error *err)
{
	const char *path = ph_cli_get(cli, "out");
	json_t *request = ph_request("metrics");
	struct ph_buf text = { 0 };
	json_t *answer;
	int rc = path ? check_out(path, err) : 0;

	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	ph_request_put(&request, "whole", json_boolean(ph_cli_has(cli, "whole")));
	rc = ph_ask(cli, request, &answer, err);
	if (rc < 0) {
		return rc;
	}
	if (cli->json || cli->plain) {
		return ph_out_script(cli->json, answer);
	}
	rc = ph_metrics_write(answer, &text);
	rc = rc < 0 ? rc : give(path, ph_buf_view(&text), err);
	ph_buf_deinit(&text);
	json_decref(answer);
	return rc;
}

static const struct ph_cli_option metrics_options[] = {
	{ "out", "FILE.prom", "into a file, whole or not at all, for node_exporter" },
	{ "whole", NULL, "count all entries by kind now, however long that takes" },
	{ 0 },
};

const struct ph_cli_command ph_cmds_metrics[] = {
	{ "metrics", "Looking", "", 0, 0,
	  "what a monitor wants to know, as text for Prometheus\n"
	  "Without a daemon, what the store tells; with it, its sessions as well.",
	  metrics_options, run_metrics, NULL },
	{ 0 },
};
