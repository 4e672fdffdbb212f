/*
 * client/cmd_worker.c - packhorse worker add, set: who works in the library.
 *
 * Name and telephone are sealed, like a reader's. A worker is named by the reference that
 * `add` prints; `set` changes what is given, and tells which puts it saw.
 */
#include "client/form.h"
#include "common/cli/out.h"

static const struct ph_slip_field fields[] = {
	PH_SLIP_NAMED("name"),
	PH_SLIP_NAMED("telephone"),
	{ .option = "site", .member = "site", .how = PH_SLIP_SITE },
	PH_SLIP_NAMED("role"),
	PH_SLIP_NAMED("from"),
	PH_SLIP_NAMED("to"),
	{ 0 },
};

/* Whoever is added works here, if nothing else is said. */
static int add_site(struct ph_desk *desk, json_t *slip, struct ph_error *err)
{
	(void)err;
	return json_object_get(slip, "site")
		       ? 0
		       : ph_slip_number(slip, "site",
					desk->behalf ? desk->behalf : desk->info.site);
}

static const struct ph_form add = {
	.kind = "worker-put",
	.fields = fields,
	.need = "name",
	.more = add_site,
};

static const struct ph_cli_option options[] = {
	{ "name", "N", "full name; it is sealed" },
	{ "telephone", "T", "as the person gives it; it is sealed" },
	{ "site", "SITE", "where, by code or number (default when added: here)" },
	{ "role", "R", "librarian, part-time, collaborator, volunteer or manager" },
	{ "from", "DATE", "first day" },
	{ "to", "DATE", "last day" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_worker_add = {
	.name = "worker add",
	.group = "The programme",
	.args = "--name N",
	.doc = "someone works in the library",
	.options = options,
	.run = ph_form_run,
	.data = &add,
};

/* More than who it is must be given. */
static int check_change(struct ph_desk *desk, json_t *slip, struct ph_error *err)
{
	for (const struct ph_slip_field *field = fields; field->option; field++) {
		if (json_object_get(slip, field->member)) {
			return 0;
		}
	}
	return ph_cli_usage(
		desk->cli, err,
		ph_say("say what is to be changed", "hãy cho biết cần sửa gì"));
}

static const struct ph_slip_field set_words[] = {
	{ .option = "WORKER",
	  .member = "worker",
	  .how = PH_SLIP_ENTITY,
	  .entity = PH_ENTITY_WORKER },
	{ 0 },
};

static const struct ph_form set = {
	.kind = "worker-put",
	.words = set_words,
	.fields = fields,
	.more = check_change,
};

const struct ph_cli_command ph_cmd_worker_set = {
	.name = "worker set",
	.group = "The programme",
	.args = "WORKER",
	.min_args = 1,
	.max_args = 1,
	.doc = "change what is known of a worker",
	.options = options,
	.run = ph_form_run,
	.data = &set,
};
