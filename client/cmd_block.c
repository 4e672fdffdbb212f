/*
 * client/cmd_block.c - packhorse reader block, unblock: who may not borrow for now.
 *
 * An unblock lists the blocks that its writer saw, so that a block laid elsewhere at the
 * same time stays. It looks at all registrations that were recognised as this reader's:
 * each that has a block in force gets an entry of its own.
 */
#include <errno.h>

#include "client/edges.h"
#include "client/form.h"
#include "common/base/say.h"
#include "common/ledger/reader.h"

/* --- block --- */

static const struct ph_slip_field words[] = {
	{ .option = "READER", .member = "reader", .how = PH_SLIP_READER },
	{ 0 },
};

static const struct ph_slip_field block_fields[] = {
	PH_SLIP_NAMED("reason"),
	PH_SLIP_NAMED("until"),
	{ 0 },
};

static const struct ph_form block = {
	.kind = "reader-block",
	.words = words,
	.fields = block_fields,
};

static const struct ph_cli_option block_options[] = {
	{ "reason", "R", "overdue, debt, conduct or other" },
	{ "until", "DATE", "last day (default: until it is lifted)" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_reader_block = {
	.name = "reader block",
	.group = "Readers",
	.args = "READER",
	.min_args = 1,
	.max_args = 1,
	.doc = "a reader may not borrow for now\n\n"
	       "READER is a reference, or a card of the reader.",
	.options = block_options,
	.run = ph_form_run,
	.data = &block,
};

/* --- unblock --- */

/* References of the blocks of KEY that nobody has lifted. 0 or negative errno. */
static int add_blocks(struct ph_desk *desk, const struct ph_entity_key *key, json_t *list)
{
	struct ph_buf state = { 0 };
	struct ph_reader reader = { 0 };
	int rc = ph_ledger_get(desk->ledger, PH_ENTITY_READER, ph_key_view(key), &state);

	if (rc == PH_LEDGER_E_NONE) {
		return 0;
	}
	rc = rc != 0 ? rc : ph_reader_decode(ph_buf_view(&state), &reader);
	for (size_t i = 0; rc == 0 && i < reader.n_blocks; i++) {
		char text[PH_REF_TEXT];

		if (reader.blocks[i].lifted) {
			continue;
		}
		ph_ref_text(text, &reader.blocks[i].entry);
		rc = json_array_append_new(list, json_string(text)) == 0 ? 0 : -ENOMEM;
	}
	ph_reader_deinit(&reader);
	ph_buf_deinit(&state);
	return rc;
}

/* One entry for each so many blocks as it takes. */
static int put_unblocks(struct ph_desk *desk, const struct ph_entity_key *key,
			json_t *blocks, struct ph_error *err)
{
	size_t max = ph_kind_find(PH_KIND_READER_UNBLOCK)->fields[PH_UNBLOCK_BLOCKS].max;
	struct ph_ref reader;
	int rc = ph_key_get_ref(ph_key_view(key), &reader) ? 0 : -EUCLEAN;

	for (size_t at = 0; rc == 0 && at < json_array_size(blocks); at += max) {
		json_t *slip = ph_desk_slip(desk, "reader-unblock", err);
		json_t *list = json_array();

		rc = slip && list ? ph_slip_ref(slip, "reader", &reader) : -ENOMEM;
		for (size_t i = at;
		     rc == 0 && i < json_array_size(blocks) && i < at + max; i++) {
			rc = json_array_append(list, json_array_get(blocks, i));
		}
		if (rc == 0 && json_object_set(slip, "blocks", list) != 0) {
			rc = -ENOMEM;
		}
		json_decref(list);
		if (rc != 0) {
			json_decref(slip);
			return ph_fail_errno(
				err, rc, ph_say("lifting a block", "mở khóa bạn đọc"));
		}
		rc = ph_desk_put(desk, &slip, NULL, err);
	}
	return rc;
}

static int unblock_one(struct ph_desk *desk, const struct ph_entity_key *key,
		       struct ph_error *err)
{
	json_t *blocks = json_array();
	int rc = blocks ? add_blocks(desk, key, blocks) : -ENOMEM;

	rc = rc != 0 ? rc : put_unblocks(desk, key, blocks, err);
	json_decref(blocks);
	return rc;
}

static int unblock(struct ph_desk *desk, struct ph_error *err)
{
	struct ph_reach reach = { 0 };
	struct ph_entity_key key;
	struct ph_ref reader;
	int rc = ph_scan_reader(&desk->scanner, desk->cli->args[0], &reader, err);

	if (rc == 0) {
		key = ph_key_ref(PH_ENTITY_READER, &reader);
		rc = ph_reach_from(desk->ledger, &key, &reach);
	}
	for (size_t i = 0; rc == 0 && i < reach.n; i++) {
		rc = unblock_one(desk, &reach.items[i].key, err);
	}
	ph_reach_deinit(&reach);
	if (rc == 0 && desk->n == 0) {
		rc = ph_fail(
			err, PH_EXIT_USAGE, -ENOENT,
			ph_say("no block of this reader is in force, as far as is known "
			       "here",
			       "theo những gì biết ở đây, bạn đọc này không bị khóa"));
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("lifting a block", "mở khóa bạn đọc"))
		      : rc;
}

static int run_unblock(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc = ph_desk_open(&desk, cli, err);

	if (rc < 0) {
		return rc;
	}
	rc = unblock(&desk, err);
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static const struct ph_cli_option unblock_options[] = {
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_reader_unblock = {
	.name = "reader unblock",
	.group = "Readers",
	.args = "READER",
	.min_args = 1,
	.max_args = 1,
	.doc = "and may again: lifts the blocks that are known here",
	.options = unblock_options,
	.run = run_unblock,
};
