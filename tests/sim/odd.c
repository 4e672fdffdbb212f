/*
 * tests/sim/odd.c - odd acts, and what they make of the things that they touch.
 *
 * The books know of each thing whether anybody did something odd to it, and which
 * entries name it. Who asks whether a case is a wonder asks for that, and whether the
 * devices that wrote these entries were themselves.
 */
#include <string.h>

#include "common/ledger/query.h"

#include "tests/sim/work_internal.h"

/* --- odd acts --- */

/* Wherever it is: the shelf is the truth, they say. */
static void lend_anything(const struct desk *desk)
{
	size_t copy = sim_pick(desk, desk->books->n_copies, sim_any);
	size_t card = sim_pick(desk, desk->books->n_cards, sim_any);

	if (copy != NONE && card != NONE) {
		desk->books->cards[card].odd = true;
		sim_lend(desk, copy, card, true);
	}
}

static void return_anything(const struct desk *desk)
{
	size_t copy = sim_pick(desk, desk->books->n_copies, sim_any);

	if (copy != NONE) {
		desk->books->copies[copy].odd = true;
		sim_give_back(desk, copy);
	}
}

static void unpack_short(const struct desk *desk)
{
	sim_receive(desk, true);
}

/* What an entry names is odd from now on. */
static void taint(struct sim_books *books, size_t ack)
{

	for (size_t i = 0; i < books->n_touches; i++) {
		const struct sim_touch *touch = &books->touches[i];

		if (touch->ack != ack) {
			continue;
		}
		switch (touch->type) {
		case SIM_COPY:
			books->copies[touch->at].odd = true;
			break;
		case SIM_CARD:
			books->cards[touch->at].odd = true;
			break;
		case SIM_CRATE:
			books->crates[touch->at].odd = true;
			break;
		case SIM_READER:
			books->readers[touch->at].odd = true;
			break;
		case SIM_TITLE:
			books->titles[touch->at].odd = true;
			break;
		}
	}
}

/* Takes back one of the last entries of this site. */
static void void_one(const struct desk *desk)
{
	struct sim *sim = desk->sim;
	size_t n = sim->n_acks;

	for (size_t i = n; i > 0 && n - i < 40; i--) {
		struct sim_ack *ack = &sim->acks[i - 1];
		ptrdiff_t put;

		if (ack->site != sim->site_numbers[desk->device->site] ||
		    ack->voided_by != 0 || ack->kind == PH_KIND_VOID ||
		    ack->kind == PH_KIND_READER_PUT || ack->kind == PH_KIND_TITLE_PUT ||
		    !chance(desk, 40)) {
			continue;
		}
		put = sim_put(desk, json_pack("{s:s, s:s, s:s}", "kind", "void", "target",
					      sim_name(desk, (uint32_t)i - 1), "reason",
					      "mistake"));
		if (put >= 0) {
			sim->acks[i - 1].voided_by = (uint32_t)put + 1;
			taint(desk->books, i - 1);
		}
		return;
	}
}

/* A page of the notebook from days ago. */
static void told(const struct desk *desk)
{
	size_t copy = sim_pick(desk, desk->books->n_copies, sim_any);
	int64_t second =
		sim_truth(desk->sim) - (int64_t)below(desk, 5 * (unsigned)SIM_DAY);
	char when[PH_TIME_TEXT];
	ptrdiff_t put;

	if (copy == NONE) {
		return;
	}
	ph_time_text(when, second);
	snprintf(when + strlen("2026-09-22T08:01"), 1, "%s", "");
	desk->books->copies[copy].odd = true;
	put = sim_put(desk, json_pack("{s:s, s:s, s:s}", "kind",
				      chance(desk, 50) ? "return" : "sighting", "copy",
				      desk->books->copies[copy].code, "when", when));
	if (put >= 0) {
		sim_touch(desk->sim, put, SIM_COPY, copy);
	}
}

/* The same book, described once more. */
static void describe_twice(const struct desk *desk)
{
	for (unsigned i = 0; i < 2; i++) {
		ptrdiff_t put =
			sim_put(desk, json_pack("{s:s, s:s, s:s, s:i}", "kind",
						"title-put", "name", "Vợ chồng A Phủ",
						"author", "Tô Hoài", "year", 1953));

		if (put < 0) {
			return;
		}
		sim_touch(desk->sim, put, SIM_TITLE, desk->books->n_titles);
		*ADD(desk->books, titles) = (struct sim_title){
			.put = (uint32_t)put, .site = desk->device->site, .odd = true
		};
	}
}

static void enrol_twice(const struct desk *desk)
{
	const struct sim_site *site = &sim_sites[desk->device->site];

	for (unsigned i = 0; i < 2 && !site->no_readers; i++) {
		ptrdiff_t put =
			sim_put(desk, json_pack("{s:s, s:s, s:i, s:s}", "kind",
						"reader-put", "name", "Lò Văn Pánh",
						"born", 1980, "commune", site->commune));

		if (put < 0) {
			return;
		}
		sim_touch(desk->sim, put, SIM_READER, desk->books->n_readers);
		*ADD(desk->books, readers) = (struct sim_reader){
			.put = (uint32_t)put, .site = desk->device->site, .odd = true
		};
	}
}

static void merge(const struct desk *desk)
{
	struct sim_books *books = desk->books;
	bool readers = chance(desk, 50) && !sim_sites[desk->device->site].no_readers;
	size_t n = readers ? books->n_readers : books->n_titles;
	size_t a = n > 1 ? below(desk, n) : 0, b = n > 1 ? below(desk, n) : 0;
	ptrdiff_t put;

	if (a == b) {
		return;
	}
	put = sim_put(desk, json_pack("{s:s, s:s, s:s}", "kind",
				      readers ? "reader-merge" : "title-merge",
				      readers ? "reader" : "title",
				      sim_name(desk, readers ? books->readers[a].put
							     : books->titles[a].put),
				      "other",
				      sim_name(desk, readers ? books->readers[b].put
							     : books->titles[b].put)));
	if (put < 0) {
		return;
	}
	sim_touch(desk->sim, put, readers ? SIM_READER : SIM_TITLE, a);
	sim_touch(desk->sim, put, readers ? SIM_READER : SIM_TITLE, b);
	if (readers) { /* who is barred, is so under all names */
		books->readers[a].odd = books->readers[b].odd = true;
		for (size_t i = 0; i < books->n_cards; i++) {
			books->cards[i].odd |= books->cards[i].reader == a ||
					       books->cards[i].reader == b;
		}
	} else {
		books->titles[a].odd = books->titles[b].odd = true;
	}
}

static void alias(const struct desk *desk)
{
	struct sim_books *books = desk->books;
	size_t a = sim_pick(desk, books->n_copies, sim_any),
	       b = sim_pick(desk, books->n_copies, sim_any);
	ptrdiff_t put;

	if (a == NONE || a == b || !sim_is_here(desk, a) ||
	    strlen(books->copies[b].code) <= 6) {
		return;
	}
	put = sim_put(desk, json_pack("{s:s, s:s, s:s, s:s}", "kind", "copy-alias",
				      "copy", books->copies[a].code, "other",
				      books->copies[b].code, "reason", "same"));
	if (put >= 0) {
		books->copies[a].odd = books->copies[b].odd = true;
		sim_touch(desk->sim, put, SIM_COPY, a);
		sim_touch(desk->sim, put, SIM_COPY, b);
	}
}

static void stop_card(const struct desk *desk)
{
	size_t card = sim_pick(desk, desk->books->n_cards, sim_is_good_card);
	ptrdiff_t put;

	if (card == NONE) {
		return;
	}
	put = sim_put(desk, json_pack("{s:s, s:s, s:s}", "kind", "card-stop", "card",
				      desk->books->cards[card].code, "reason", "lost"));
	if (put >= 0) {
		desk->books->cards[card].barred = desk->books->cards[card].odd = true;
		sim_touch(desk->sim, put, SIM_CARD, card);
	}
}

/* A copy that two people describe as different titles. */
static void retitle(const struct desk *desk)
{
	struct sim_books *books = desk->books;
	size_t copy = sim_pick(desk, books->n_copies, sim_any);
	size_t title = sim_pick(desk, books->n_titles, sim_any);
	ptrdiff_t put;

	if (copy == NONE || title == NONE || strlen(books->copies[copy].code) <= 6) {
		return;
	}
	put = sim_put(desk, json_pack("{s:s, s:s, s:s}", "kind", "copy-put", "copy",
				      books->copies[copy].code, "title",
				      sim_name(desk, books->titles[title].put)));
	if (put >= 0) {
		books->copies[copy].odd = true;
		sim_touch(desk->sim, put, SIM_COPY, copy);
	}
}

static void lose(const struct desk *desk)
{
	static const char *const kinds[] = { "copy-missing", "withdrawn", "reinstated" };
	size_t copy = sim_pick(desk, desk->books->n_copies, sim_any);
	json_t *entry;
	unsigned kind = below(desk, 3);
	ptrdiff_t put;

	if (copy == NONE) {
		return;
	}
	entry = json_pack("{s:s, s:s}", "kind", kinds[kind], "copy",
			  desk->books->copies[copy].code);
	if (kind > 0) {
		json_object_set_new(entry, "decision", json_string("12/QĐ-TV"));
	}
	desk->books->copies[copy].odd = true;
	put = sim_put(desk, entry);
	if (put >= 0) {
		sim_touch(desk->sim, put, SIM_COPY, copy);
	}
}

void sim_odd(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	static const struct act acts[] = {
		{ 8, lend_anything }, { 6, return_anything },
		{ 4, unpack_short },  { 8, void_one },
		{ 5, told },          { 2, describe_twice },
		{ 2, enrol_twice },   { 4, merge },
		{ 3, alias },         { 3, stop_card },
		{ 3, retitle },       { 3, lose },
	};
	struct desk desk = { sim, sim->books, device, dice };

	sim_run_act(&desk, acts, sizeof acts / sizeof *acts);
}

/* --- afterwards --- */

void sim_taint(struct sim *sim, const struct ph_ref *ref)
{
	for (size_t i = 0; i < sim->n_acks; i++) {
		if (ph_ref_equal(&sim->acks[i].ref, ref)) {
			taint(sim->books, i);
		}
	}
}

bool sim_was_tried(const struct sim_books *books, const char *code)
{
	for (size_t i = 0; i < books->n_tried; i++) {
		if (strcmp(books->tried[i].code, code) == 0) {
			return true;
		}
	}
	return false;
}

/* What is called CODE, of whatever sort, is odd from now on, and what will be. */
static void mark_code(struct sim_books *books, const char *code)
{
	if (strlen(code) < sizeof books->tried->code) {
		strcpy(ADD(books, tried)->code, code);
	}
	for (size_t i = 0; i < books->n_copies; i++) {
		books->copies[i].odd |= strcmp(books->copies[i].code, code) == 0;
	}
	for (size_t i = 0; i < books->n_cards; i++) {
		books->cards[i].odd |= strcmp(books->cards[i].code, code) == 0;
	}
	for (size_t i = 0; i < books->n_crates; i++) {
		books->crates[i].odd |= strcmp(books->crates[i].code, code) == 0;
	}
}

static void shake(struct sim *sim, const json_t *value)
{
	struct ph_ref ref;
	const char *text = json_string_value(value), *name;
	json_t *item;
	size_t i;

	if (text != NULL) {
		mark_code(sim->books, text);
		if (ph_ref_parse(text, strlen(text), &ref) == 0) {
			sim_taint(sim, &ref);
		}
	}
	json_array_foreach(value, i, item)
	{
		shake(sim, item);
	}
	json_object_foreach((json_t *)(uintptr_t)value, name, item)
	{
		shake(sim, item);
	}
}

void sim_shake(struct sim *sim, const json_t *entries)
{
	shake(sim, entries);
}

void sim_erased(struct sim *sim, size_t at)
{
	struct sim_books *books = sim->books;

	books->readers[at].erased = books->readers[at].odd = true;
	for (size_t i = 0; i < books->n_cards; i++) {
		if (books->cards[i].reader == at) {
			books->cards[i].barred = books->cards[i].odd = true;
		}
	}
}

/* Whether an entry of this device may stand elsewhere in the order, or not count. */
static bool is_shaken(const struct sim *sim, const struct sim_ack *ack)
{
	const struct sim_device *device = &sim->devices[ack->device];

	/* whom one invite made two of, print the same codes */
	return sim->hub_clocked || device->was_clocked || device->mate >= 0 ||
	       device->was_restored || device->was_cloned || device->cut || ack->dead ||
	       ack->voided_by != 0;
}

static bool is_marked(const struct sim_books *books, const struct sim_touch *touch)
{
	switch (touch->type) {
	case SIM_COPY:
		return books->copies[touch->at].odd;
	case SIM_CARD:
		return books->cards[touch->at].odd;
	case SIM_CRATE:
		return books->crates[touch->at].odd;
	case SIM_READER:
		return books->readers[touch->at].odd;
	default:
		return books->titles[touch->at].odd;
	}
}

bool sim_is_odd(const struct sim *sim, size_t ack)
{
	const struct sim_books *books = sim->books;

	for (size_t i = 0; i < books->n_touches; i++) {
		const struct sim_touch *touch = &books->touches[i];

		if (touch->ack != ack) {
			continue;
		}
		if (is_marked(books, touch)) {
			return true;
		}
		for (size_t j = 0; j < books->n_touches; j++) {
			const struct sim_touch *other = &books->touches[j];

			if (other->type == touch->type && other->at == touch->at &&
			    is_shaken(sim, &sim->acks[other->ack])) {
				return true;
			}
		}
	}
	return is_shaken(sim, &sim->acks[ack]);
}

/* --- the books and the ledger --- */

/* No entry that names the copy AT may stand elsewhere, or count for nothing. */
static bool is_plain(const struct sim *sim, size_t at)
{
	const struct sim_books *books = sim->books;

	if (books->copies[at].odd || strlen(books->copies[at].code) <= 6) {
		return false;
	}
	for (size_t i = 0; i < books->n_touches; i++) {
		const struct sim_touch *touch = &books->touches[i];

		if (touch->type == SIM_COPY && touch->at == at &&
		    is_shaken(sim, &sim->acks[touch->ack])) {
			return false;
		}
	}
	return true;
}

static const char *code_in(const json_t *item, const char *name)
{
	const char *code =
		json_string_value(json_object_get(json_object_get(item, name), "code"));

	return code != NULL ? code : "";
}

/* To whom the ledger says it is lent; "" to nobody. */
static const char *lent_to(const json_t *loans, const char *copy)
{
	const json_t *item;
	size_t i;

	json_array_foreach(loans, i, item)
	{
		if (strcmp(code_in(item, "copy"), copy) == 0) {
			return code_in(item, "card");
		}
	}
	return "";
}

/* Whether the hub holds all that was said of thing AT. */
static bool is_thing_heard(struct sim *sim, enum sim_thing type, size_t at)
{
	const struct sim_books *books = sim->books;

	for (size_t i = 0; i < books->n_pages; i++) {
		if (type == SIM_COPY && !books->pages[i].typed &&
		    books->pages[i].copy == at) {
			return false; /* it came back, and no machine knows */
		}
	}
	for (size_t i = 0; i < books->n_touches; i++) {
		const struct sim_touch *touch = &books->touches[i];

		if (touch->type == type && touch->at == at &&
		    !sim_hub_holds(sim, &sim->acks[touch->ack].ref)) {
			return false;
		}
	}
	return true;
}

bool sim_is_heard(struct sim *sim, size_t ack)
{
	const struct sim_books *books = sim->books;

	for (size_t i = 0; i < books->n_touches; i++) {
		const struct sim_touch *touch = &books->touches[i];

		if (touch->ack == ack && !is_thing_heard(sim, touch->type, touch->at)) {
			return false;
		}
	}
	return true;
}

void sim_check_books(struct sim *sim, bool at_end)
{
	const struct sim_books *books = sim->books;
	struct ph_loan_filter all = { .day = 0 };
	json_t *loans;

	if (ph_query_loans(ph_hub_ledger(sim->hub), &all, &loans) != 0) {
		sim_broken(sim, SIM_HEALTHY, "the hub gives no list of loans");
	}
	for (size_t i = 0; i < books->n_copies; i++) {
		const struct sim_copy *copy = &books->copies[i];
		const char *wanted =
			copy->where == SIM_LENT ? books->cards[copy->card].code : "";
		const char *got = lent_to(loans, copy->code);

		if (!is_plain(sim, i) || (!at_end && !is_thing_heard(sim, SIM_COPY, i))) {
			continue;
		}
		if (strcmp(wanted, got) != 0) {
			sim_broken(sim, SIM_BOOKS,
				   "copy %s is lent to \"%s\", the hub says \"%s\"",
				   copy->code, wanted, got);
		}
		sim->result->tally.plain += at_end;
	}
	json_decref(loans);
}
