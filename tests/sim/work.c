/*
 * tests/sim/work.c - ordinary work, as JSON views of entries.
 *
 * Each act picks what it needs from the books of the simulator, records it through the
 * site's own functions, and only when that said "saved" brings the books up to date.
 */
#include "tests/sim/work_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/version.h"

const char *const sim_family[16] = { "Lò",     "Cà",    "Quàng", "Hoàng", "Vì",  "Lường",
				     "Tòng",   "Giàng", "Sùng",  "Vàng",  "Mùa", "Thào",
				     "Nguyễn", "Đinh",  "Hà",    "Bạc" };
static const char *const given[] = { "Pó",   "Dợ",    "Chía", "Hoa",  "Lan", "Sơn",
				     "Mai",  "Dương", "Hùng", "Thảo", "Yến", "Tuấn",
				     "Pánh", "Sua",   "Kía",  "Liên" };
/* --- choosing --- */

static bool is_lent(const struct desk *desk, size_t i)
{
	const struct sim_copy *copy = &desk->books->copies[i];

	return copy->where == SIM_LENT && (copy->site == desk->device->site ||
					   i % 7 == 0); /* some come back elsewhere */
}

static bool is_lent_here(const struct desk *desk, size_t i)
{
	const struct sim_copy *copy = &desk->books->copies[i];

	return copy->where == SIM_LENT && copy->site == desk->device->site;
}

static bool waits_here(const struct desk *desk, size_t i)
{
	const struct sim_hold *hold = &desk->books->holds[i];

	return !hold->done && hold->site == desk->device->site;
}

static bool is_own_reader(const struct desk *desk, size_t i)
{
	return desk->books->readers[i].site == desk->device->site &&
	       !desk->books->readers[i].erased;
}

bool sim_is_own_title(const struct desk *desk, size_t i)
{
	return desk->books->titles[i].site == desk->device->site;
}

/* --- ordinary acts --- */

static void come_in(const struct desk *desk)
{
	static const char *const bands[] = { "child", "youth", "adult", "elder" };
	unsigned count = 1 + below(desk, 30);

	sim_put(desk,
		json_pack("{s:s, s:i, s:s, s:i}", "kind", "visit", "count", count, "band",
			  bands[below(desk, 4)], "women", below(desk, count + 1)));
}

/* Where no register is kept a card is a code and nothing more. */
static void enrol(const struct desk *desk)
{
	struct sim_books *books = desk->books;
	struct sim_card card = { .site = desk->device->site, .reader = UINT_MAX };
	const struct sim_site *site = &sim_sites[desk->device->site];
	char name[120], phone[24];
	ptrdiff_t put, issue;

	if (site->no_readers) {
		snprintf(card.code, sizeof card.code, "CB-%04zu", books->n_cards + 1);
		*ADD(books, cards) = card;
		return;
	}
	snprintf(name, sizeof name, "%s %s %s %zu", sim_family[below(desk, 16)],
		 given[below(desk, 16)], given[below(desk, 16)], books->n_readers + 1);
	snprintf(phone, sizeof phone, "09%08u", below(desk, 100000000));
	put = sim_put(desk,
		      json_pack("{s:s, s:s, s:i, s:s, s:s, s:s}", "kind", "reader-put",
				"name", name, "born", 1930 + below(desk, 90), "telephone",
				phone, "commune", site->commune, "band", "adult"));
	if (put < 0) {
		return;
	}
	card.reader = (unsigned)books->n_readers;
	*ADD(books, readers) =
		(struct sim_reader){ .put = (uint32_t)put, .site = desk->device->site };
	strcpy(books->readers[card.reader].name, name);
	sim_touch(desk->sim, put, SIM_READER, card.reader);
	if (!sim_print_code(desk, card.code)) {
		return;
	}
	issue = sim_put(desk,
			json_pack("{s:s, s:s, s:s}", "kind", "card-issue", "card",
				  card.code, "reader", sim_name(desk, (uint32_t)put)));
	if (issue >= 0) {
		sim_touch(desk->sim, issue, SIM_CARD, books->n_cards);
		*ADD(books, cards) = card;
	}
}

void sim_lend(const struct desk *desk, size_t copy, size_t card, bool odd)
{
	struct sim_books *books = desk->books;
	ptrdiff_t loan = sim_put(desk, json_pack("{s:s, s:s, s:s, s:i}", "kind", "loan",
						 "copy", books->copies[copy].code, "card",
						 books->cards[card].code, "term",
						 7 * (1 + below(desk, 3))));

	if (loan < 0) {
		return;
	}
	sim_touch(desk->sim, loan, SIM_COPY, copy);
	sim_touch(desk->sim, loan, SIM_CARD, card);
	books->copies[copy].where = SIM_LENT;
	books->copies[copy].site = desk->device->site;
	books->copies[copy].card = (unsigned)card;
	books->copies[copy].loan = (uint32_t)loan;
	books->copies[copy].odd |= odd;
}

static void lend(const struct desk *desk)
{
	size_t copy = sim_pick(desk, desk->books->n_copies, sim_is_here);
	size_t card = sim_pick(desk, desk->books->n_cards, sim_is_good_card);

	if (copy == NONE) {
		sim_acquire(desk);
	} else if (card == NONE) {
		enrol(desk);
	} else {
		sim_lend(desk, copy, card, false);
	}
}

void sim_give_back(const struct desk *desk, size_t i)
{
	struct sim_copy *copy = &desk->books->copies[i];
	ptrdiff_t back = sim_put(
		desk, json_pack("{s:s, s:s}", "kind", "return", "copy", copy->code));

	if (back >= 0) {
		sim_touch(desk->sim, back, SIM_COPY, i);
		copy->where = SIM_ON_SHELF;
		copy->site = desk->device->site;
	}
}

static void take_back(const struct desk *desk)
{
	size_t copy = sim_pick(desk, desk->books->n_copies, is_lent);

	if (copy != NONE) {
		sim_give_back(desk, copy);
	}
}

/* It is taken back and stands in the notebook; it may be lent again before that is typed in. */
static void jot(const struct desk *desk)
{
	size_t at = sim_pick(desk, desk->books->n_copies, is_lent_here);
	struct sim_copy *copy;

	if (at == NONE || desk->sim->now < desk->books->copies[at].moved + 150000) {
		return;
	}
	copy = &desk->books->copies[at];
	copy->where = SIM_ON_SHELF;
	copy->settled = desk->sim->now + 150000;
	*ADD(desk->books, pages) = (struct sim_page){ .copy = (unsigned)at,
						      .device = desk->device->number,
						      .second = sim_truth(desk->sim) };
}

static void type_page(const struct desk *desk, struct sim_page *page)
{
	char when[PH_TIME_TEXT];
	ptrdiff_t put;

	ph_time_text(when, page->second);
	when[strlen("2026-09-22T08:01")] = '\0';
	put = sim_put(desk,
		      json_pack("{s:s, s:s, s:s}", "kind", "return", "copy",
				desk->books->copies[page->copy].code, "when", when));
	page->typed = true; /* it is not typed in again, even if that failed */
	if (put >= 0) {
		sim_touch(desk->sim, put, SIM_COPY, page->copy);
	}
}

static void type_in(const struct desk *desk)
{
	for (size_t i = 0; i < desk->books->n_pages; i++) {
		struct sim_page *page = &desk->books->pages[i];

		if (!page->typed && page->device == desk->device->number) {
			type_page(desk, page);
			return;
		}
	}
}

void sim_type_pages(struct sim *sim, struct sim_device *device)
{
	struct desk desk = { .sim = sim, .books = sim->books, .device = device };

	for (size_t i = 0; i < sim->books->n_pages; i++) {
		struct sim_page *page = &sim->books->pages[i];

		if (!page->typed && page->device == device->number) {
			type_page(&desk, page);
		}
	}
}

static void renew(const struct desk *desk)
{
	size_t at = sim_pick(desk, desk->books->n_copies, is_lent_here);
	ptrdiff_t put;

	if (at == NONE) {
		return;
	}
	put = sim_put(desk, json_pack("{s:s, s:s, s:s, s:i}", "kind", "renew", "copy",
				      desk->books->copies[at].code, "loan",
				      sim_name(desk, desk->books->copies[at].loan),
				      "term", 14));
	if (put >= 0) {
		sim_touch(desk->sim, put, SIM_COPY, at);
	}
}

static void hold(const struct desk *desk)
{
	struct sim_books *books = desk->books;
	size_t at = sim_pick(desk, books->n_holds, waits_here);
	size_t card, copy;
	char day[PH_TIME_TEXT];
	ptrdiff_t put;

	if (at != NONE && chance(desk, 60)) {
		struct sim_hold *hold = &books->holds[at];
		const struct sim_copy *held = &books->copies[hold->copy];
		bool ready = held->where == SIM_ON_SHELF &&
			     held->site == desk->device->site && chance(desk, 70);
		json_t *entry = json_pack("{s:s, s:s}", "kind",
					  ready ? "hold-ready" : "hold-cancel", "hold",
					  sim_name(desk, hold->put));

		if (ready) {
			json_object_set_new(entry, "copy", json_string(held->code));
		}
		put = sim_put(desk, entry);
		if (put >= 0) {
			hold->done = true;
			sim_touch(desk->sim, put, SIM_COPY, hold->copy);
		}
		return;
	}
	card = sim_pick(desk, books->n_cards, sim_is_good_card);
	copy = sim_pick(desk, books->n_copies, sim_any);
	if (card == NONE || copy == NONE || strlen(books->copies[copy].code) <= 6) {
		return;
	}
	sim_day_text(desk, 20, day);
	put = sim_put(desk,
		      json_pack("{s:s, s:s, s:s, s:I, s:s}", "kind", "hold-place", "card",
				books->cards[card].code, "expires", day, "pickup",
				(json_int_t)desk->sim->site_numbers[desk->device->site],
				"copy", books->copies[copy].code));
	if (put >= 0) {
		sim_touch(desk->sim, put, SIM_COPY, copy);
		*ADD(books, holds) = (struct sim_hold){ .put = (uint32_t)put,
							.copy = (unsigned)copy,
							.site = desk->device->site };
	}
}

/* Of the other kinds, one. */
static void other(const struct desk *desk)
{
	char day[PH_TIME_TEXT];
	json_t *entry;

	sim_day_text(desk, 0, day);
	switch (below(desk, 10)) {
	case 0:
		entry = json_pack("{s:s, s:s, s:i}", "kind", "activity", "occasion",
				  "reading-day", "attendance", 5 + below(desk, 100));
		break;
	case 1:
		entry = json_pack("{s:s, s:s, s:i, s:s}", "kind", "donation", "donor",
				  "person", "copies", 1 + below(desk, 20), "donor_name",
				  sim_family[below(desk, 16)]);
		break;
	case 2:
		entry = json_pack("{s:s, s:s, s:i}", "kind", "digital-use", "form",
				  "reading", "count", 1 + below(desk, 9));
		break;
	case 3:
		entry = json_pack("{s:s}", "kind", "day-open");
		break;
	case 4:
		entry = json_pack("{s:s, s:s, s:s}", "kind", "shift", "code", "Hoa",
				  "phase", chance(desk, 50) ? "begin" : "end");
		break;
	case 5:
		entry = json_pack("{s:s, s:s}", "kind", "note", "text",
				  "Mất điện từ trưa, ghi vào sổ tay.");
		break;
	case 6:
		entry = json_pack("{s:s, s:i, s:i}", "kind", "uncoded-loan", "count",
				  1 + below(desk, 4), "term", 14);
		break;
	case 7:
		entry = json_pack("{s:s, s:s, s:i, s:s, s:s}", "kind", "tally", "code",
				  "learning-families", "value", below(desk, 90), "from",
				  day, "to", day);
		break;
	case 8:
		entry = json_pack("{s:s, s:s, s:I, s:s}", "kind", "worker-put", "name",
				  sim_family[below(desk, 16)], "site",
				  (json_int_t)desk->sim->site_numbers[desk->device->site],
				  "role", "collaborator");
		break;
	default:
		entry = json_pack("{s:s, s:s, s:i}", "kind", "training", "topic",
				  "Biên mục", "workers", 1 + below(desk, 9));
		break;
	}
	sim_put(desk, entry);
}

static void block(const struct desk *desk)
{
	struct sim_books *books = desk->books;
	size_t at = sim_pick(desk, books->n_readers, is_own_reader);
	struct sim_reader *reader;
	bool lift;
	ptrdiff_t put;
	json_t *entry;

	if (at == NONE) {
		return;
	}
	reader = &books->readers[at];
	lift = reader->block > 0;
	entry = json_pack("{s:s, s:s}", "kind", lift ? "reader-unblock" : "reader-block",
			  "reader", sim_name(desk, reader->put));
	if (lift) {
		json_object_set_new(entry, "blocks",
				    json_pack("[s]", sim_name(desk, reader->block - 1)));
	}
	put = sim_put(desk, entry);
	if (put < 0) {
		return;
	}
	reader->block = lift ? 0 : (uint32_t)put + 1;
	sim_touch(desk->sim, put, SIM_READER, at);
	for (size_t i = 0; i < books->n_cards; i++) {
		if (books->cards[i].reader == at) {
			books->cards[i].barred = !lift;
			sim_touch(desk->sim, put, SIM_CARD, i);
		}
	}
}

static void edit(const struct desk *desk)
{
	struct sim_books *books = desk->books;
	size_t reader = sim_pick(desk, books->n_readers, is_own_reader);
	size_t title = sim_pick(desk, books->n_titles, sim_is_own_title);

	if (reader != NONE && chance(desk, 50)) {
		char phone[24];
		ptrdiff_t put;

		snprintf(phone, sizeof phone, "03%08u", below(desk, 100000000));
		put = sim_put(desk,
			      json_pack("{s:s, s:s, s:s}", "kind", "reader-put", "reader",
					sim_name(desk, books->readers[reader].put),
					"telephone", phone));
		if (put >= 0) {
			sim_touch(desk->sim, put, SIM_READER, reader);
		}
	} else if (title != NONE) {
		ptrdiff_t put = sim_put(
			desk, json_pack("{s:s, s:s, s:s}", "kind", "title-put", "title",
					sim_name(desk, books->titles[title].put),
					"publisher", "Kim Đồng"));
		if (put >= 0) {
			sim_touch(desk->sim, put, SIM_TITLE, title);
		}
	}
}

void sim_run_act(const struct desk *desk, const struct act *acts, size_t n)
{
	unsigned sum = 0, at;

	for (size_t i = 0; i < n; i++) {
		sum += acts[i].weight;
	}
	at = below(desk, sum);
	while (at >= acts->weight) {
		at -= acts->weight;
		acts++;
	}
	acts->run(desk);
}

void sim_work(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	static const struct act acts[] = {
		{ 4, jot },          { 3, type_in },    { 26, lend },
		{ 20, take_back },   { 16, come_in },   { 6, enrol },
		{ 7, sim_acquire },  { 4, renew },      { 5, sim_handle },
		{ 5, sim_dispatch }, { 7, sim_unpack }, { 4, hold },
		{ 4, other },        { 2, block },      { 3, edit },
	};
	struct desk desk = { sim, sim->books, device, dice };

	sim_run_act(&desk, acts, sizeof acts / sizeof *acts);
}

bool sim_visit(struct sim *sim, struct sim_device *device, unsigned n)
{
	struct desk desk = { .sim = sim, .device = device };

	return sim_put(&desk, json_pack("{s:s, s:i}", "kind", "visit", "count", n)) >= 0;
}
