/*
 * tests/unit/test_entries.c - the entries of a kind: of every kind of the table, page by page.
 */
#include <sodium.h>

#include "act_world.h"
#include "random_history.h"

#include "common/cli/kind_rows.h"
#include "common/cli/listing_rows.h"
#include "common/cli/list_page.h"
#include "common/cli/out.h"
#include "common/cli/sheet.h"
#include "common/log/json.h"
#include "common/log/part.h"

#define EACH 3 /* entries of a kind */

struct book {
	struct world world;
	struct actor site, other, hub;
	struct history *history;
	json_t *items;
	char next[PH_LISTING_NEXT];
};

static int setup(void **state)
{
	struct book *book = calloc(1, sizeof *book);

	actor_init(&book->site, 1, 101, T0);
	actor_init(&book->other, 2, 102, T0);
	actor_init(&book->hub, 3, 0, T0);
	world_init(&book->world, false);
	book->history = malloc(sizeof *book->history);
	history_make(book->history, 7, false);
	*state = book;
	return 0;
}

static int teardown(void **state)
{
	struct book *book = *state;

	json_decref(book->items);
	world_deinit(&book->world);
	actor_deinit(&book->site);
	actor_deinit(&book->other);
	actor_deinit(&book->hub);
	history_free(book->history);
	free(book);
	return 0;
}

static void take_all(struct book *book)
{
	world_take(&book->world, &book->hub, UINT64_MAX);
	world_take(&book->world, &book->site, UINT64_MAX);
	world_take(&book->world, &book->other, UINT64_MAX);
	world_catch_up(&book->world);
}

static struct ph_entries_query of_kind(uint64_t number)
{
	return (struct ph_entries_query){ .kind = ph_kind_find(number),
					  .from = INT64_MIN,
					  .to = INT64_MAX };
}

static size_t page(struct book *book, const struct ph_entries_query *query)
{
	json_decref(book->items);
	book->items = NULL;
	assert_int_equal(ph_entries(book->world.ledger, query, &book->items, book->next),
			 0);
	return json_array_size(book->items);
}

static const json_t *member(const struct book *book, size_t i, const char *name)
{
	return json_object_get(json_array_get(book->items, i), name);
}

static void assert_why(const struct book *book, size_t i, const char *why)
{
	const char *got = json_string_value(member(book, i, "why"));

	assert_string_equal(got != NULL ? got : "(none)", why);
}

/* --- every kind of the table --- */

static struct actor *writer_of(struct book *book, const struct ph_kind *kind)
{
	return kind->writers & PH_ROLE_SITE ? &book->site : &book->hub;
}

static void write_every_kind(struct book *book)
{
	for (size_t i = 0; i < ph_kinds_count(); i++) {
		const struct ph_kind *kind = ph_kind_at(i);

		for (int k = 0; k < EACH; k++) {
			struct ph_entry entry = make_of(book->history, kind->number);

			make_extras(book->history, &entry);
			at(writer_of(book, kind), &entry, (int64_t)(i * EACH) + k);
		}
	}
}

/* Entry K, from 0 on, of KIND in ACTOR's log, but for its first one, as JSON. */
static json_t *written(const struct actor *actor, uint64_t kind, size_t k)
{
	struct ph_entry *entry = malloc(sizeof *entry);
	json_t *json = NULL;

	for (uint64_t n = 2; n <= actor->n && json == NULL; n++) {
		assert_int_equal(ph_entry_decode(actor_entry(actor, n), entry), 0);
		if (entry->number == kind && k-- == 0) {
			json = ph_entry_to_json(entry);
		}
	}
	free(entry);
	return json;
}

/* The fields of the CSV line at *TEXT, which moves behind it, by RFC 4180. */
static size_t csv_fields(const char **text)
{
	const char *at = *text;
	size_t n = 1;

	for (;; n++) {
		if (*at == '"') {
			do {
				at = strchr(at + 1, '"');
				assert_non_null(at);
				at++;
			} while (*at == '"');
		} else {
			at += strcspn(at, ",\r\"");
		}
		if (*at != ',') {
			break;
		}
		at++;
	}
	assert_memory_equal(at, "\r\n", 2);
	*text = at + 2;
	return n;
}

/* What is listed as a table, which must have as many cells in each line as it has headings. */
static void assert_table(const struct book *book, const struct ph_kind *kind)
{
	const struct ph_cli cli = { 0 };
	struct ph_buf csv = { 0 };
	size_t lines = 1, columns;
	json_t *sheets;
	const char *at;

	assert_int_equal(ph_sheet_collect("list"), 0);
	assert_int_equal(ph_kind_rows(&cli, kind->name, book->items), 0);
	sheets = ph_sheet_take();
	assert_int_equal(ph_sheet_csv(sheets, &csv), 0);
	json_decref(sheets);
	assert_int_equal(ph_buf_put_u8(&csv, '\0'), 0);
	assert_memory_equal(csv.data, "\xef\xbb\xbf", 3);
	at = (const char *)csv.data + 3;
	columns = csv_fields(&at);
	assert_in_range(columns, 7, 7 + kind->n_fields + kind->n_sealed);
	for (; *at != '\0'; lines++) {
		assert_int_equal(csv_fields(&at), columns);
	}
	assert_int_equal(lines, 1 + json_array_size(book->items));
	ph_buf_deinit(&csv);
}

static void every_kind_gives_what_was_written(void **state)
{
	struct book *book = *state;

	write_every_kind(book);
	take_all(book);
	for (size_t i = 0; i < ph_kinds_count(); i++) {
		const struct ph_kind *kind = ph_kind_at(i);
		struct ph_entries_query query = of_kind(kind->number);
		size_t begun = kind->number == PH_KIND_OPEN ? 3 : 0;
		size_t n = page(book, &query), k = 0;

		assert_int_equal(n, EACH + begun);
		assert_string_equal(book->next, "");
		for (size_t at = 0; at < n; at++) {
			const json_t *entry = member(book, at, "entry");
			json_t *wanted;

			assert_non_null(member(book, at, "device"));
			assert_true(json_is_boolean(member(book, at, "counts")));
			assert_string_equal(
				json_string_value(json_object_get(entry, "kind")),
				kind->name);
			if (begun > 0) {
				continue; /* each log has one of its own */
			}
			wanted = written(writer_of(book, kind), kind->number, k++);
			assert_true(json_equal(entry, wanted));
			json_decref(wanted);
		}
		assert_table(book, kind);
	}
}

static void headings_are_in_the_persons_language(void **state)
{
	struct book *book = *state;
	const struct ph_cli cli = { 0 };

	ph_speak(PH_SPEAK_VIETNAMESE);
	book->items = json_array();
	for (size_t i = 0; i < ph_kinds_count(); i++) {
		json_t *sheets;
		const json_t *column;
		size_t c;

		assert_int_equal(ph_sheet_collect("list"), 0);
		assert_int_equal(ph_kind_rows(&cli, ph_kind_at(i)->name, book->items), 0);
		sheets = ph_sheet_take();
		json_array_foreach(
			json_object_get(
				json_array_get(json_object_get(sheets, "sheets"), 0),
				"columns"),
			c, column)
		{
			const char *title =
				json_string_value(json_object_get(column, "title"));

			if (ph_kind_field(ph_kind_at(i), title) >= 0 &&
			    strcmp(title, "isbn") != 0) {
				fail_msg("%s: %s has no word in Vietnamese",
					 ph_kind_at(i)->name, title);
			}
		}
		json_decref(sheets);
	}
	ph_speak(PH_SPEAK_OWN);
}

/* ITEMS, of the list or kind NAME, as CSV; of a file, or with IS_PLAIN as a program reads it. */
static char *csv_of(int (*rows)(const struct ph_cli *cli, const char *name,
				const json_t *items),
		    const char *name, const char *items)
{
	const struct ph_cli cli = { 0 };
	json_t *list = json_loads(items, 0, NULL);
	struct ph_buf csv = { 0 };
	json_t *sheets;

	assert_non_null(list);
	assert_int_equal(ph_sheet_collect("list"), 0);
	assert_int_equal(rows(&cli, name, list), 0);
	sheets = ph_sheet_take();
	assert_int_equal(ph_sheet_csv(sheets, &csv), 0);
	assert_int_equal(ph_buf_put_u8(&csv, '\0'), 0);
	json_decref(sheets);
	json_decref(list);
	return (char *)csv.data;
}

/* Two sites called alike, and codes alike in two namespaces, are two in a file. */
static void a_file_says_whose_a_code_is(void **state)
{
	static const char loans[] =
		"[{\"site\":7,\"site_name\":\"X\",\"entry\":{\"copy\":{\"ns\":7,"
		"\"code\":\"C1\"},\"card\":{\"ns\":8,\"code\":\"T1\"}}},"
		"{\"site\":8,\"site_name\":\"X\",\"entry\":{\"copy\":{\"ns\":7,"
		"\"code\":\"C1\"},\"card\":{\"ns\":0,\"code\":\"T1\"}}},"
		"{\"site\":0,\"entry\":{\"copy\":{\"ns\":7,\"code\":\"C1\"}}}]";
	static const char out[] =
		"[{\"site\":7,\"site_name\":\"X\",\"due\":\"2026-01-02\",\"copy\":{"
		"\"ns\":8,"
		"\"code\":\"C1\"},\"title_name\":\"A\",\"card\":{\"ns\":7,\"code\":"
		"\"T1\"}}]";
	static const char crates[] =
		"[{\"site\":7,\"site_name\":\"X\",\"entry\":{\"copies\":[{\"ns\":7,"
		"\"code\":\"C1\"},{\"ns\":8,\"code\":\"C1\"}]}}]";
	char *text = csv_of(ph_kind_rows, "loan", loans);

	(void)state;
	assert_non_null(strstr(text, ",\"SITE NUMBER\"\r\n\"X\",,\"C1\",\"8:T1\","));
	assert_non_null(strstr(text, ",7\r\n\"X\",,\"7:C1\",\"T1\","));
	assert_non_null(strstr(text, ",8\r\n\"the province\",,\"7:C1\","));
	free(text);
	text = csv_of(ph_listing_rows, "out", out);
	assert_non_null(strstr(text,
			       ",\"SITE NUMBER\"\r\n\"X\",\"2026-01-02\",\"8:C1\",\"A\","
			       "\"T1\",,7\r\n"));
	free(text);
	text = csv_of(ph_kind_rows, "crate-dispatch", crates);
	assert_non_null(strstr(text, "\"C1 8:C1\""));
	free(text);
}

/* What an enum says is a word of the person's language, in a list and in a file of it. */
static void values_are_in_the_persons_language(void **state)
{
	char *text;

	(void)state;
	ph_speak(PH_SPEAK_VIETNAMESE);
	text = csv_of(ph_listing_rows, "workers",
		      "[{\"name\":\"Hoa\",\"role\":\"librarian\"}]");
	assert_non_null(strstr(text, "\"Hoa\",\"người làm thư viện\""));
	free(text);
	text = csv_of(ph_listing_rows, "models",
		      "[{\"commune\":\"03646\",\"status\":\"recognised\"}]");
	assert_non_null(strstr(text, "\"03646\",\"03646\",\"được công nhận\""));
	free(text);
	text = csv_of(ph_listing_rows, "tallies", "[{\"code\":\"media\",\"value\":3}]");
	assert_non_null(strstr(text, "\"tin, bài tuyên truyền\",3"));
	free(text);
	text = csv_of(ph_listing_rows, "here",
		      "[{\"condition\":[\"lost\",\"damaged\"]}]");
	assert_non_null(strstr(text, "\"mất hỏng\""));
	free(text);
	text = csv_of(ph_kind_rows, "worker-put", "[{\"entry\":{\"role\":\"manager\"}}]");
	assert_non_null(strstr(text, "\"phụ trách\""));
	free(text);
	text = csv_of(ph_kind_rows, "device-admit", "[{\"entry\":{\"role\":3}}]");
	assert_non_null(strstr(text, "\"điểm, chuyển tin\""));
	free(text);
	text = csv_of(ph_kind_rows, "site-put",
		      "[{\"entry\":{\"site_kind\":\"van\",\"status\":\"closed\"}}]");
	assert_non_null(strstr(text, "\"thư viện lưu động\",\"đã đóng\""));
	free(text);
	ph_speak(PH_SPEAK_OWN);
}

/* --- whether they count --- */

static struct ph_ref activity(struct actor *actor, uint64_t came, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_ACTIVITY);

	set_uint(&entry, PH_ACTIVITY_OCCASION, 0);
	set_uint(&entry, PH_ACTIVITY_ATTENDANCE, came);
	return at(actor, &entry, second);
}

static void what_does_not_count_says_why(void **state)
{
	static const uint8_t junk[] = { 0x93, PH_KIND_ACTIVITY, 0x01, 0xc0 };
	struct book *book = *state;
	struct ph_entries_query query = of_kind(PH_KIND_ACTIVITY);
	struct ph_entry entry;
	struct ph_ref ref;

	activity(&book->site, 10, 10);
	ref = activity(&book->site, 20, 20);
	entry = entry_of(PH_KIND_VOID);
	set_ref(&entry, PH_VOID_TARGET, &ref);
	at(&book->site, &entry, 30);
	for (int i = 0; i < 2; i++) { /* one record of another system, twice */
		entry = entry_of(PH_KIND_ACTIVITY);
		set_uint(&entry, PH_ACTIVITY_OCCASION, 0);
		set_source(&entry, 1);
		at(&book->site, &entry, 40 + i);
	}
	actor_raw(&book->site, PH_VIEW(junk, sizeof junk));
	activity(&book->hub, 30, 50); /* not the hub's to write */
	activity(&book->other, 40, 10);
	cut_at(&book->hub, &book->other, 1, 60);
	take_all(book);

	assert_int_equal(page(book, &query), 7);
	assert_why(book, 0, "not-folded"); /* the hub's log is the first */
	assert_true(json_is_true(member(book, 1, "counts")));
	assert_null(member(book, 1, "why"));
	assert_true(json_is_false(member(book, 2, "counts")));
	assert_why(book, 2, "voided");
	assert_true(json_is_true(member(book, 3, "counts")));
	assert_why(book, 4, "twin");
	assert_why(book, 5, "unreadable");
	assert_null(member(book, 5, "entry"));
	assert_why(book, 6, "cut");
	assert_table(book, query.kind);
}

/* --- which --- */

static void of_some_days_and_sites(void **state)
{
	static const uint64_t first = 101, second = 102;
	struct book *book = *state;
	struct ph_entries_query query = of_kind(PH_KIND_ACTIVITY);
	struct ph_entry entry;

	activity(&book->site, 1, 0);
	activity(&book->site, 2, DAY);
	activity(&book->other, 3, 2 * DAY);
	entry = entry_of(PH_KIND_ACTIVITY); /* for the other site, told to the day */
	set_uint(&entry, PH_ACTIVITY_OCCASION, 1);
	entry.extras.behalf = 102;
	entry.extras.when = PH_WHEN_DAY;
	entry.extras.when_value = ph_day_of(T0) + 5;
	at(&book->site, &entry, 2 * DAY);
	take_all(book);

	assert_int_equal(page(book, &query), 4);
	query.n_sites = 1;
	query.sites = &first;
	assert_int_equal(page(book, &query), 2);
	query.sites = &second;
	assert_int_equal(page(book, &query), 2);
	query.sites = NULL;
	query.from = ph_day_of(T0) + 1;
	assert_int_equal(page(book, &query), 3);
	query.to = ph_day_of(T0) + 4;
	assert_int_equal(page(book, &query), 2);
	query.from = query.to =
		ph_day_of(T0) + 5; /* as it counts, not as it was stamped */
	assert_int_equal(page(book, &query), 1);
	assert_int_equal(json_integer_value(member(book, 0, "site")), 102);
}

static void days_are_told_by_a_period_or_by_themselves(void **state)
{
	static const struct {
		const char *period, *from, *to;
		const char *first, *last; /* NULL: refused */
	} cases[] = {
		{ "2026-Q3", NULL, NULL, "2026-07-01", "2026-09-30" },
		{ NULL, "2026-02-03", "2026-02-03", "2026-02-03", "2026-02-03" },
		{ "2026", "2026-01-01", NULL, NULL, NULL },
		{ "2026", NULL, "2026-01-01", NULL, NULL },
		{ "2026-Q5", NULL, NULL, NULL, NULL },
		{ NULL, "2026-02-30", NULL, NULL, NULL },
		{ NULL, NULL, "soon", NULL, NULL },
		{ NULL, "2026-02-04", "2026-02-03", NULL, NULL },
	};
	struct ph_entries_query query = { 0 };
	struct ph_error err = { 0 };
	char day[PH_TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int rc = ph_kind_days(cases[i].period, cases[i].from, cases[i].to, &query,
				      &err);

		if (cases[i].first == NULL) {
			assert_int_equal(rc, -EINVAL);
			continue;
		}
		assert_int_equal(rc, 0);
		ph_day_text(day, query.from);
		assert_string_equal(day, cases[i].first);
		ph_day_text(day, query.to);
		assert_string_equal(day, cases[i].last);
	}
	assert_int_equal(ph_kind_days(NULL, "2026-02-04", NULL, &query, &err), 0);
	assert_true(query.to == INT64_MAX);
	assert_int_equal(ph_kind_days(NULL, NULL, NULL, &query, &err), 0);
	assert_true(query.from == INT64_MIN);
}

/* --- pages --- */

static void pages_follow_each_other(void **state)
{
	struct book *book = *state;
	struct ph_entries_query query = of_kind(PH_KIND_ACTIVITY);
	struct ph_entries_query place = of_kind(PH_KIND_DONATION);
	char after[PH_LISTING_NEXT], bad[PH_LISTING_NEXT];
	json_t *whole = NULL, *parts = json_array(), *all = NULL;
	struct ph_list_query rest;

	for (int i = 0; i < 150; i++) { /* more than are noted at a time */
		activity(i % 3 ? &book->site : &book->other, (uint64_t)i, i);
	}
	take_all(book);
	query.limit = 1000;
	assert_int_equal(page(book, &query), 150);
	assert_string_equal(book->next, "");
	whole = json_incref(book->items);
	for (size_t limit = 1; limit < 160; limit += 26) {
		json_array_clear(parts);
		query.limit = limit;
		query.after = NULL;
		do {
			assert_in_range(page(book, &query), 0, limit);
			assert_int_equal(json_array_extend(parts, book->items), 0);
			memcpy(after, book->next, sizeof after);
			query.after = after;
		} while (book->next[0] != '\0');
		assert_true(json_equal(parts, whole));
	}
	query.limit = 7;
	query.after = NULL;
	rest = (struct ph_list_query){ .entries = query };
	assert_int_equal(ph_list_all(book->world.ledger, &rest, &all), 0);
	assert_true(json_equal(all, whole));

	page(book, &query);
	memcpy(after, book->next, sizeof after);
	place.after = after;
	assert_int_equal(ph_entries(book->world.ledger, &place, &parts, bad),
			 PH_LISTING_E_AFTER);
	query.after = "ff";
	assert_int_equal(ph_entries(book->world.ledger, &query, &parts, bad),
			 PH_LISTING_E_AFTER);
	after[strlen(after) - 1] = 'x';
	query.after = after;
	assert_int_equal(ph_entries(book->world.ledger, &query, &parts, bad),
			 PH_LISTING_E_AFTER);
	json_decref(all);
	json_decref(whole);
	json_decref(parts);
}

/* A page has so many bytes of entries and no more. */
static void a_page_of_large_ones_is_short(void **state)
{
	static uint8_t figures[24000];
	struct book *book = *state;
	struct ph_entries_query query = of_kind(PH_KIND_REPORT_ISSUE);
	size_t pages = 0, items = 0;
	char after[PH_LISTING_NEXT];

	for (int i = 0; i < 30; i++) {
		struct ph_entry entry = make_of(book->history, PH_KIND_REPORT_ISSUE);
		figures[0] = (uint8_t)i;
		set_bytes(&entry, PH_REPORT_FIGURES, figures, sizeof figures);
		at(&book->hub, &entry, i);
	}
	for (uint64_t n = 0; n < book->hub.n; n += 10) { /* a segment has its limit */
		world_take(&book->world, &book->hub, 10);
	}
	world_catch_up(&book->world);
	query.limit = 1000;
	do {
		size_t n = page(book, &query);

		assert_in_range(n, 0, 12);
		items += n;
		pages++;
		memcpy(after, book->next, sizeof after);
		query.after = after;
	} while (book->next[0] != '\0');
	assert_int_equal(items, 30);
	assert_in_range(pages, 3, 5);
}

/* A clock that goes on by 100 ms whenever it is read. */
static void tick(void *data, struct ph_now *now_out)
{
	uint64_t *ms = data;

	*now_out = (struct ph_now){ .mono_ms = *ms };
	*ms += 100;
}

/* How many items the page from AFTER (NULL: the first) has, when it may look on for MS. */
static size_t page_within(struct book *book, unsigned ms, const char *after)
{
	uint64_t now = 7;
	const struct ph_clock clock = { .read = tick, .data = &now };
	struct ph_list_query query = { .entries = of_kind(PH_KIND_ACTIVITY) };

	query.entries.after = after;
	json_decref(book->items);
	book->items = NULL;
	assert_int_equal(ph_list_page(book->world.ledger, &query, &clock, ms,
				      &book->items, book->next),
			 0);
	return json_array_size(book->items);
}

/* Whoever asks is given something, unless that takes too long; then it goes on from there. */
static void look_on_by_the_clock(struct book *book)
{
	struct ph_list_query bad = { .entries = of_kind(PH_KIND_DONATION) };
	char after[PH_LISTING_NEXT];
	json_t *items = NULL;

	assert_int_equal(page_within(book, 1000, NULL), 1);
	assert_string_equal(book->next, "");
	assert_int_equal(page_within(book, 300, NULL), 1); /* two clocks and two looks */
	assert_int_equal(page_within(book, 200, NULL), 0);
	assert_string_not_equal(book->next, "");
	memcpy(after, book->next, sizeof after);
	assert_int_equal(page_within(book, 0, after), 1); /* one look is always taken */
	assert_string_equal(book->next, "");
	bad.entries.after = after;
	assert_int_equal(ph_list_page(book->world.ledger, &bad, &ph_clock_system, 1000,
				      &items, book->next),
			 PH_LISTING_E_AFTER);
	assert_null(items);
}

/* 240,000 visits before an activity: a page looks at so many, and says where it is. */
static void a_page_ends_also_where_nothing_is_found(void **state)
{
	struct book *book = *state;
	struct ph_entries_query query = of_kind(PH_KIND_ACTIVITY);
	struct ph_buf body = { 0 };
	struct ph_log log;
	size_t pages = 0, items = 0;
	char after[PH_LISTING_NEXT];

	visit_at(&book->site, 1, 1);
	activity(&book->site, 1, 2);
	assert_int_equal(ph_db_begin(book->world.db), 0);
	world_log(&book->world, &book->site, &log);
	for (int i = 0; i < 6000; i++) {
		assert_int_equal(ph_segment_add(&body, actor_entry(&book->site, 2)), 0);
	}
	for (int i = 0; i < 40; i++) {
		assert_int_equal(
			ph_journal_append(book->world.journal, &log, ph_buf_view(&body)),
			0);
	}
	body.len = 0;
	assert_int_equal(ph_segment_add(&body, actor_entry(&book->site, 3)), 0);
	assert_int_equal(ph_journal_append(book->world.journal, &log, ph_buf_view(&body)),
			 0);
	assert_int_equal(ph_db_commit(book->world.db), 0);
	ph_buf_deinit(&body);
	do {
		items += page(book, &query);
		pages++;
		memcpy(after, book->next, sizeof after);
		query.after = after;
	} while (book->next[0] != '\0');
	assert_int_equal(items, 1);
	assert_int_equal(pages, 3);
	look_on_by_the_clock(book);
}

/* --- what is sealed, and what is forgotten --- */

static int open_name(void *data, const struct ph_ref *ref, struct ph_buf *plain)
{
	struct ph_entry entry = entry_of(PH_KIND_DONATION);

	(void)ref;
	if (*(int *)data > 0) {
		return 1;
	}
	entry.sealed[PH_DONATION_S_DONOR_NAME].set = true;
	entry.sealed[PH_DONATION_S_DONOR_NAME].as.bytes = ph_view_str("=Lò Văn Ế");
	return ph_part_encode(&entry, plain, NULL);
}

static void sealed_fields_are_opened_for_who_may(void **state)
{
	static const uint8_t commit[32] = { 9 };
	struct book *book = *state;
	struct ph_entries_query query = of_kind(PH_KIND_DONATION);
	int locked = 0;
	const struct ph_opener opener = { .open = open_name, .data = &locked };
	struct ph_entry entry = entry_of(PH_KIND_DONATION);

	set_uint(&entry, PH_DONATION_DONOR, 0);
	set_uint(&entry, PH_DONATION_MONEY, 5000000);
	set_uint(&entry, PH_DONATION_SETS, 1);
	set_bytes(&entry, PH_DONATION_COMMIT, commit, sizeof commit);
	at(&book->site, &entry, 1);
	entry = entry_of(PH_KIND_DONATION); /* nobody's name: nothing is locked */
	set_uint(&entry, PH_DONATION_DONOR, 1);
	at(&book->site, &entry, 2);
	take_all(book);

	assert_int_equal(page(book, &query), 2);
	assert_true(json_is_true(member(book, 0, "locked")));
	assert_null(json_object_get(member(book, 0, "entry"), "donor_name"));
	assert_null(member(book, 1, "locked"));
	query.opener = &opener;
	page(book, &query);
	assert_null(member(book, 0, "locked"));
	assert_string_equal(json_string_value(json_object_get(member(book, 0, "entry"),
							      "donor_name")),
			    "=Lò Văn Ế");
	locked = 1;
	page(book, &query);
	assert_true(json_is_true(member(book, 0, "locked")));
}

static void who_had_a_book_long_ago_is_not_told(void **state)
{
	struct book *book = *state;
	struct ph_entries_query query = of_kind(PH_KIND_LOAN);
	struct ph_entry policy = entry_of(PH_KIND_POLICY_PUT);
	char day[PH_TIME_TEXT];

	loan(&book->site, "c1", "k1", 0);
	give_back(&book->site, "c1", DAY);
	loan(&book->site, "c1", "k2", 10 * DAY);
	take_all(book);
	assert_int_equal(page(book, &query), 2);
	assert_non_null(json_object_get(member(book, 0, "entry"), "card"));

	query.no_cards = true;
	assert_int_equal(page(book, &query), 2);
	assert_null(json_object_get(member(book, 0, "entry"), "card"));
	assert_null(member(book, 0, "forgotten"));
	query.no_cards = false;
	ph_day_text(day, ph_day_of(T0) + 5);
	set_text(&policy, PH_POLICY_NAME, "cut-loans-before");
	set_text(&policy, PH_POLICY_VALUE, day);
	at(&book->hub, &policy, 20 * DAY);
	take_all(book);
	assert_int_equal(page(book, &query), 2);
	assert_true(json_is_true(member(book, 0, "forgotten")));
	assert_null(json_object_get(member(book, 0, "entry"), "card"));
	assert_non_null(json_object_get(member(book, 0, "entry"), "copy"));
	assert_null(member(book, 1, "forgotten"));
	assert_non_null(json_object_get(member(book, 1, "entry"), "card"));
}

#define ENTRIES_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ENTRIES_TEST(every_kind_gives_what_was_written),
		ENTRIES_TEST(headings_are_in_the_persons_language),
		cmocka_unit_test(a_file_says_whose_a_code_is),
		cmocka_unit_test(values_are_in_the_persons_language),
		ENTRIES_TEST(what_does_not_count_says_why),
		ENTRIES_TEST(of_some_days_and_sites),
		ENTRIES_TEST(days_are_told_by_a_period_or_by_themselves),
		ENTRIES_TEST(pages_follow_each_other),
		ENTRIES_TEST(a_page_of_large_ones_is_short),
		ENTRIES_TEST(a_page_ends_also_where_nothing_is_found),
		ENTRIES_TEST(sealed_fields_are_opened_for_who_may),
		ENTRIES_TEST(who_had_a_book_long_ago_is_not_told),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("entries", tests, NULL, NULL);
}
