/*
 * client/cmd_register_list.c - packhorse title list, reader list: all that this site knows.
 *
 * One line a class: what was registered twice and joined stands once. In the order in which
 * people look for them: titles by their words, readers by given name. A reader whose name
 * does not open here is shown by card, one that was erased not at all.
 */
#include <errno.h>
#include <stdlib.h>

#include "client/page.h"
#include "common/base/text.h"
#include "common/cli/out.h"
#include "common/cli/rows.h"
#include "common/ledger/query.h"

static const struct ph_column title_columns[] = {
	{ "TITLE", "NHAN ĐỀ", "name" },
	{ "AUTHOR", "TÁC GIẢ", "author" },
	{ "YEAR", "NĂM", "year" },
	{ "ISBN", "ISBN", "isbn" },
	{ "LANGUAGE", "NGÔN NGỮ", "language" },
	{ "PUBLISHER", "NHÀ XUẤT BẢN", "publisher" },
	{ "CLASS", "PHÂN LOẠI", "class" },
	{ "COPIES", "SỐ BẢN", "n_copies" },
	{ "REFERENCE", "THAM CHIẾU", "title" },
};
static const struct ph_column reader_columns[] = {
	{ "READER", "BẠN ĐỌC", "name" },
	{ "BORN", "NĂM SINH", "born" },
	{ "COMMUNE", "XÃ", "commune" },
	{ "TELEPHONE", "ĐIỆN THOẠI", "telephone" },
	{ "CARDS", "THẺ", "cards" },
	{ "LOANS", "ĐANG MƯỢN", "n_loans" },
	{ "REFERENCE", "THAM CHIẾU", "reader" },
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct kind {
	const char *name;
	enum ph_entity type;
	const char *count, *of; /* a member that says how many OF has */
	const struct ph_column *columns;
	unsigned n_columns;
	int (*key)(struct ph_view name, struct ph_buf *out);
} titles = { "titles",      PH_ENTITY_TITLE,      "n_copies",  "copies",
	     title_columns, COUNT(title_columns), ph_text_fold },
  readers = { "readers",      PH_ENTITY_READER,      "n_loans",       "loans",
	      reader_columns, COUNT(reader_columns), ph_text_name_key };

struct line {
	json_t *view;
	struct ph_buf key;
};

struct gathering {
	struct ph_ledger *ledger;
	const struct kind *kind;
	struct ph_opener opener;
	struct line *line;
	size_t n, cap;
};

static void gathering_deinit(struct gathering *all)
{
	for (size_t i = 0; i < all->n; i++) {
		json_decref(all->line[i].view);
		ph_buf_wipe(&all->line[i].key);
	}
	free(all->line);
}

/* VIEW is taken. */
static int add(struct gathering *all, json_t *view)
{
	const char *name = json_string_value(json_object_get(view, "name"));
	size_t n = json_array_size(json_object_get(view, all->kind->of));
	struct line line = { .view = view };
	int rc = json_object_set_new(view, all->kind->count, json_integer((json_int_t)n))
			 ? -ENOMEM
			 : all->kind->key(ph_view_str(name ? name : ""), &line.key);

	if (rc == 0 && all->n == all->cap) {
		size_t cap = all->cap ? all->cap * 2 : 64;
		struct line *grown = realloc(all->line, cap * sizeof(*grown));

		rc = grown ? 0 : -ENOMEM;
		all->line = grown ? grown : all->line;
		all->cap = grown ? cap : all->cap;
	}
	if (rc != 0) {
		json_decref(view);
		ph_buf_wipe(&line.key);
		return rc;
	}
	all->line[all->n++] = line;
	return 0;
}

static int on_entity(void *data, struct ph_view id, struct ph_view state)
{
	struct gathering *all = data;
	struct ph_ref ref, root;
	json_t *view = NULL;
	int rc;

	(void)state;
	if (!ph_key_get_ref(id, &ref)) {
		return 0;
	}
	rc = ph_query_root(all->ledger, all->kind->type, &ref, &root);
	if (rc != 0 || !ph_ref_equal(&ref, &root)) {
		return rc;
	}
	rc = all->kind->type == PH_ENTITY_TITLE
		     ? ph_view_title(all->ledger, &ref, true, &view)
		     : ph_view_reader(all->ledger, &ref, &all->opener, &view);
	if (rc == 0 && json_object_get(view, "erased")) {
		json_decref(view);
		return 0;
	}
	return rc < 0 ? rc : rc > 0 ? 0 : add(all, view);
}

static int compare(const void *a, const void *b)
{
	return ph_view_compare(ph_buf_view(&((const struct line *)a)->key),
			       ph_buf_view(&((const struct line *)b)->key));
}

static int print(const struct ph_cli *cli, struct gathering *all)
{
	json_t *list = json_array();
	int rc = list ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < all->n; i++) {
		rc = json_array_append(list, all->line[i].view) ? -ENOMEM : 0;
	}
	if (rc == 0 && cli->json) {
		return ph_out_json(
			json_pack("{s:i, s:o}", "schema", 1, all->kind->name, list));
	}
	rc = rc != 0 ? rc
		     : ph_rows_print(list, all->kind->columns, all->kind->n_columns,
				     cli->plain);
	json_decref(list);
	return rc;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct gathering all = { .kind = cli->command->data };
	struct ph_site *site = NULL;
	int rc = ph_command_open(cli, &site, err);

	if (rc < 0) {
		return rc;
	}
	all.opener = ph_page_opener(site);
	all.ledger = ph_site_ledger(site, err);
	rc = all.ledger ? ph_ledger_each(all.ledger, all.kind->type, on_entity, &all)
			: -EIO;
	if (rc == 0 && all.n > 0) {
		qsort(all.line, all.n, sizeof(all.line[0]), compare);
	}
	rc = rc != 0 ? rc : print(cli, &all);
	gathering_deinit(&all);
	ph_site_close(site);
	return rc < 0 && rc != PH_OUT_LOST ? ph_fail_errno(err, rc, "listing") : rc;
}

static const struct ph_cli_option options[] = { PH_EXPORT_OPTIONS, { 0 } };

const struct ph_cli_command ph_cmd_title_list = {
	.name = "title list",
	.group = "The catalogue",
	.args = "",
	.doc = "all titles that are known here, with the number of their copies",
	.options = options,
	.run = run,
	.data = &titles,
};

const struct ph_cli_command ph_cmd_reader_list = {
	.name = "reader list",
	.group = "Readers",
	.args = "",
	.doc = "all readers that are known here, by given name",
	.options = options,
	.run = run,
	.data = &readers,
};
