/*
 * client/cmd_event.c - packhorse activity, training, digital-use, donation: what a library
 * does besides lending, and is given; counted in the province's reports.
 */
#include "client/form.h"

/* --- activity --- */

static const struct ph_slip_field activity_words[] = {
	{ .option = "OCCASION", .member = "occasion" },
	{ .option = "ATTENDANCE", .member = "attendance" },
	{ 0 },
};

static const struct ph_slip_field activity_fields[] = {
	PH_SLIP_NAMED("women"),
	PH_SLIP_NAMED("name"),
	PH_SLIP_NAMED("partner"),
	{ 0 },
};

static const struct ph_form activity = {
	.kind = "activity",
	.words = activity_words,
	.fields = activity_fields,
};

static const struct ph_cli_option activity_options[] = {
	{ "women", "N", "how many of them are women" },
	{ "name", "N", "what it was called" },
	{ "partner", "P", "who held it with the library" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_activity = {
	.name = "activity",
	.group = "The day",
	.args = "OCCASION [ATTENDANCE]",
	.min_args = 1,
	.max_args = 2,
	.doc = "an event to promote reading\n\n"
	       "Occasions: reading-day, book-festival, school, holiday, contest, "
	       "exhibition,\n"
	       "talk, other.",
	.options = activity_options,
	.run = ph_form_run,
	.data = &activity,
};

/* --- training --- */

static const struct ph_slip_field training_words[] = { PH_SLIP_NAMED("topic"), { 0 } };

static const struct ph_slip_field attendees = {
	.option = "WORKER",
	.member = "attendees",
	.how = PH_SLIP_ENTITY,
	.entity = PH_ENTITY_WORKER,
};

static const struct ph_slip_field training_fields[] = {
	PH_SLIP_NAMED("workers"),
	PH_SLIP_NAMED("collaborators"),
	PH_SLIP_NAMED("women"),
	{ 0 },
};

static const struct ph_form training = {
	.kind = "training",
	.words = training_words,
	.list = &attendees,
	.fields = training_fields,
};

static const struct ph_cli_option training_options[] = {
	{ "workers", "N", "how many workers of libraries came" },
	{ "collaborators", "N", "how many collaborators came" },
	{ "women", "N", "how many of all are women" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_training = {
	.name = "training",
	.group = "The day",
	.args = "TOPIC [WORKER...]",
	.min_args = 1,
	.max_args = -1,
	.doc = "a course for library workers and collaborators\n\n"
	       "WORKER is the reference that `worker add` prints.",
	.options = training_options,
	.run = ph_form_run,
	.data = &training,
};

/* --- digital use --- */

static const struct ph_slip_field digital_words[] = {
	{ .option = "FORM", .member = "form" },
	{ .option = "COUNT", .member = "count" },
	{ 0 },
};

static const struct ph_slip_field digital_fields[] = { PH_SLIP_NAMED("women"), { 0 } };

static const struct ph_form digital = {
	.kind = "digital-use",
	.words = digital_words,
	.fields = digital_fields,
};

static const struct ph_cli_option digital_options[] = {
	{ "women", "N", "how often by women" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_digital_use = {
	.name = "digital-use",
	.group = "The day",
	.args = "FORM [COUNT]",
	.min_args = 1,
	.max_args = 2,
	.doc = "services over the network are used\n\n"
	       "Forms: catalogue, reading, download, video, social, lookup, other.",
	.options = digital_options,
	.run = ph_form_run,
	.data = &digital,
};

/* --- donation --- */

static const struct ph_slip_field donation_words[] = {
	{ .option = "DONOR", .member = "donor" },
	{ 0 },
};

static const struct ph_slip_field donation_fields[] = {
	{ .option = "foreign", .member = "foreign", .how = PH_SLIP_FLAG },
	PH_SLIP_NAMED("money"),
	PH_SLIP_NAMED("copies"),
	PH_SLIP_NAMED("titles"),
	{ .option = "name", .member = "donor_name" },
	{ 0 },
};

static const struct ph_form donation = {
	.kind = "donation",
	.words = donation_words,
	.fields = donation_fields,
};

static const struct ph_cli_option donation_options[] = {
	{ "foreign", NULL, "from another country" },
	{ "money", "N", "in đồng" },
	{ "copies", "N", "how many copies" },
	{ "titles", "N", "of how many titles" },
	{ "name", "N", "the donor's name; it is sealed" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_donation = {
	.name = "donation",
	.group = "The day",
	.args = "DONOR",
	.min_args = 1,
	.max_args = 1,
	.doc = "the library is given books or money\n\n"
	       "Donors: person, organisation, enterprise, state, project, other.",
	.options = donation_options,
	.run = ph_form_run,
	.data = &donation,
};
