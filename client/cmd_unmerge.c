/*
 * client/cmd_unmerge.c - packhorse reader unmerge, title unmerge, copy unalias: two things
 * were not one after all.
 *
 * The entry lists every merge between the two that is in force here; --merges names merges
 * by their own references instead, also such as are not here yet: these are undone when
 * they arrive. Two that are one only through a third are not guessed about: what lies
 * between is said, and nothing is written.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/edges.h"
#include "client/form.h"
#include "common/cli/out.h"

struct unmerge {
	enum ph_entity type;
	const char *kind, *member;
	uint64_t merge_kind;
};

static const struct unmerge of_readers = { PH_ENTITY_READER, "reader-unmerge", "merges",
					   PH_KIND_READER_MERGE };
static const struct unmerge of_titles = { PH_ENTITY_TITLE, "title-unmerge", "merges",
					  PH_KIND_TITLE_MERGE };
static const struct unmerge of_copies = { PH_ENTITY_COPY, "copy-unalias", "aliases",
					  PH_KIND_COPY_ALIAS };

static int name_one(struct ph_desk *desk, enum ph_entity type, const char *text,
		    struct ph_entity_key *key_out, struct ph_error *err)
{
	struct ph_ref ref;
	struct ph_id id;
	int rc;

	if (type == PH_ENTITY_COPY) {
		rc = ph_scan(&desk->scanner, PH_T_COPY_ID, ph_view_str(text), &id, err);
		return rc == 0 && !ph_key_id(type, &id, key_out) ? -EINVAL : rc;
	}
	rc = type == PH_ENTITY_READER
		     ? ph_scan_reader(&desk->scanner, text, &ref, err)
		     : ph_scan_ref(text, ph_say("a title", "một nhan đề"), NULL, &ref,
				   err);
	if (rc == 0) {
		*key_out = ph_key_ref(type, &ref);
	}
	return rc;
}

static int append_ref(json_t *list, const struct ph_ref *ref)
{
	char text[PH_REF_TEXT];

	ph_ref_text(text, ref);
	return json_array_append_new(list, json_string(text)) == 0 ? 0 : -ENOMEM;
}

/* --- the two of them --- */

static void key_text(char out[static PH_REF_TEXT], const struct ph_entity_key *key)
{
	struct ph_ref ref;
	struct ph_id id;

	out[0] = '\0';
	if (key->type != PH_ENTITY_COPY && ph_key_get_ref(ph_key_view(key), &ref)) {
		ph_ref_text(out, &ref);
	} else if (ph_key_get_id(ph_key_view(key), &id)) {
		ph_text_safe(out, PH_REF_TEXT, (const char *)id.code.data, id.code.len);
	}
}

/* No merge joins A and B: say what does, or that nothing is known. */
static int refuse(struct ph_desk *desk, const struct ph_entity_key *a,
		  const struct ph_entity_key *b, struct ph_error *err)
{
	struct ph_reach reach = { 0 };
	char between[PH_REF_TEXT] = "";
	int rc = ph_reach_from(desk->ledger, a, &reach);

	for (size_t i = 1; rc == 0 && i < reach.n; i++) {
		if (ph_key_compare(&reach.items[i].key, b) == 0) {
			key_text(between, &reach.items[reach.items[i].before].key);
		}
	}
	ph_reach_deinit(&reach);
	if (rc < 0) {
		return ph_fail_errno(
			err, rc, ph_say("looking up merges", "tìm các lần nhập làm một"));
	}
	if (between[0]) {
		return ph_fail(err, PH_EXIT_USAGE, -ENOENT,
			       ph_say("these two are one only through %s: take that one "
				      "apart from either of them",
				      "hai cái này chỉ là một qua %s: hãy tách cái đó "
				      "khỏi một trong hai"),
			       between);
	}
	return ph_fail(err, PH_EXIT_USAGE, -ENOENT,
		       ph_say("nothing that is known here makes these two one; name "
			      "entries that are not here yet with --merges",
			      "theo những gì biết ở đây, không có gì nhập hai cái này "
			      "làm một; giao dịch chưa có ở đây thì nêu bằng --merges"));
}

static int list_between(struct ph_desk *desk, const struct unmerge *what, json_t *list,
			struct ph_error *err)
{
	struct ph_edges edges = { 0 };
	struct ph_entity_key a, b;
	int rc = name_one(desk, what->type, desk->cli->args[0], &a, err);

	rc = rc != 0 ? rc : name_one(desk, what->type, desk->cli->args[1], &b, err);
	rc = rc != 0 ? rc : ph_edges_of(desk->ledger, &a, &edges);
	for (size_t i = 0; rc == 0 && i < edges.n; i++) {
		if (ph_key_compare(&edges.items[i].other, &b) == 0) {
			rc = append_ref(list, &edges.items[i].by);
		}
	}
	ph_edges_deinit(&edges);
	if (rc == 0 && json_array_size(list) == 0) {
		rc = refuse(desk, &a, &b, err);
	}
	return rc;
}

/* --- named by themselves --- */

static int list_named(struct ph_desk *desk, const struct unmerge *what, json_t *list,
		      struct ph_error *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < desk->cli->n_args; i++) {
		struct ph_ref ref;

		rc = ph_scan_ref(desk->cli->args[i], ph_say("a merge", "một lần nhập"),
				 NULL, &ref, err);
		rc = rc != 0 ? rc : ph_desk_look_entry(desk, what->merge_kind, &ref, err);
		rc = rc != 0 ? rc : append_ref(list, &ref);
	}
	return rc;
}

/* --- writing --- */

static int put(struct ph_desk *desk, const struct unmerge *what, struct ph_error *err)
{
	json_t *slip = ph_desk_slip(desk, what->kind, err);
	json_t *list = json_array();
	int rc = slip && list ? 0 : -ENOMEM;

	if (rc == 0 && ph_cli_has(desk->cli, "merges")) {
		rc = list_named(desk, what, list, err);
	} else if (rc == 0) {
		rc = list_between(desk, what, list, err);
	}
	if (rc == 0 && json_object_set(slip, what->member, list) != 0) {
		rc = -ENOMEM;
	}
	json_decref(list);
	if (rc != 0) {
		json_decref(slip);
		return ph_fail_errno(err, rc, what->kind);
	}
	return ph_desk_put(desk, &slip, NULL, err);
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc;

	if (!ph_cli_has(cli, "merges") && cli->n_args != 2) {
		return ph_cli_usage(
			cli, err,
			ph_say("name the two, or merges with --merges",
			       "hãy nêu hai cái, hoặc các lần gộp bằng --merges"));
	}
	rc = ph_desk_open(&desk, cli, err);
	if (rc < 0) {
		return rc;
	}
	rc = put(&desk, cli->command->data, err);
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static const struct ph_cli_option options[] = {
	{ "merges", NULL, "the words are the merges themselves: references" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_reader_unmerge = {
	.name = "reader unmerge",
	.group = "Readers",
	.args = "READER OTHER | --merges REF...",
	.min_args = 1,
	.max_args = -1,
	.doc = "two readers were merged by mistake",
	.options = options,
	.run = run,
	.data = &of_readers,
};

const struct ph_cli_command ph_cmd_title_unmerge = {
	.name = "title unmerge",
	.group = "The catalogue",
	.args = "TITLE OTHER | --merges REF...",
	.min_args = 1,
	.max_args = -1,
	.doc = "two titles were merged by mistake",
	.options = options,
	.run = run,
	.data = &of_titles,
};

const struct ph_cli_command ph_cmd_copy_unalias = {
	.name = "copy unalias",
	.group = "The catalogue",
	.args = "COPY OTHER | --merges REF...",
	.min_args = 1,
	.max_args = -1,
	.doc = "two codes are not of one copy",
	.options = options,
	.run = run,
	.data = &of_copies,
};
