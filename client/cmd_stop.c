/*
 * client/cmd_stop.c - packhorse stop open, close: a van serves one place on one day.
 *
 * What the van lends and counts between the two belongs to the stop's commune. A stop is
 * named by the entry that opened it.
 */
#include <errno.h>

#include "client/form.h"
#include "common/base/say.h"
#include "common/ledger/stop.h"

static const struct ph_slip_field open_fields[] = {
	PH_SLIP_NAMED("commune"),
	PH_SLIP_NAMED("place"),
	{ 0 },
};

static const struct ph_form open = {
	.kind = "mobile-stop",
	.fields = open_fields,
	.need = "commune",
};

static const struct ph_cli_option open_options[] = {
	{ "commune", "C", "five-digit code of the commune" },
	{ "place", "P", "where in it" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_stop_open = {
	.name = "stop open",
	.group = "The day",
	.args = "--commune C",
	.doc = "the van begins to serve a place\n\n"
	       "It prints the reference by which `stop close` names it.",
	.options = open_options,
	.run = ph_form_run,
	.data = &open,
};

static const struct ph_slip_field close_words[] = {
	{ .option = "STOP",
	  .member = "stop",
	  .how = PH_SLIP_ENTITY,
	  .entity = PH_ENTITY_STOP },
	{ 0 },
};

struct search {
	uint64_t site;
	struct ph_ref stop;
	unsigned count;
};

static int on_stop(void *data, struct ph_view id, struct ph_view state)
{
	struct search *search = data;
	struct ph_stop stop;
	int rc = ph_stop_decode(state, &stop);

	if (rc == 0 && stop.is_opened && !stop.is_closed && stop.site == search->site) {
		rc = ph_key_get_ref(id, &search->stop) ? 0 : -EUCLEAN;
		search->count++;
	}
	ph_stop_deinit(&stop);
	return rc;
}

/* Without STOP: the one that is open. */
static int find_stop(struct ph_desk *desk, json_t *slip, struct ph_error *err)
{
	struct search search = { .site = desk->behalf ? desk->behalf : desk->info.site };
	int rc;

	if (json_object_get(slip, "stop")) {
		return 0;
	}
	rc = ph_ledger_each(desk->ledger, PH_ENTITY_STOP, on_stop, &search);
	if (rc != 0) {
		return ph_fail_errno(err, rc < 0 ? rc : -EUCLEAN,
				     ph_say("looking up stops", "tìm các điểm dừng"));
	}
	if (search.count != 1) {
		return ph_fail(
			err, PH_EXIT_USAGE, -ENOENT,
			search.count == 0
				? ph_say("no stop is open, as far as is known here",
					 "theo những gì biết ở đây, không có điểm dừng "
					 "nào đang mở")
				: ph_say("several stops are open: say which, as `stop "
					 "open` printed it",
					 "có nhiều điểm dừng đang mở: hãy nói điểm nào, "
					 "như `stop open` đã in"));
	}
	return ph_slip_ref(slip, "stop", &search.stop);
}

static const struct ph_form close = {
	.kind = "mobile-stop",
	.words = close_words,
	.more = find_stop,
};

static const struct ph_cli_option close_options[] = {
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_stop_close = {
	.name = "stop close",
	.group = "The day",
	.args = "[STOP]",
	.max_args = 1,
	.doc = "and goes on\n\n"
	       "Without STOP: the one that is open.",
	.options = close_options,
	.run = ph_form_run,
	.data = &close,
};
