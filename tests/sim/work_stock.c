/*
 * tests/sim/work_stock.c - copies: new ones, what is done with them, crates that travel.
 */
#include "tests/sim/work_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/version.h"

static const char *const subjects[] = { "Truyện kể dân gian", "Kỹ thuật trồng cây ăn quả",
					"Luật Đất đai",       "Tiếng Mông",
					"Chăn nuôi vùng cao", "Đường lên Tây Bắc",
					"Toán lớp",           "Dế Mèn phiêu lưu ký" };

static bool comes_here(const struct desk *desk, size_t i)
{
	const struct sim_crate *crate = &desk->books->crates[i];

	return !crate->received && crate->to == desk->device->site;
}

bool sim_print_code(const struct desk *desk, char out[static 24])
{
	char code[PH_PRINTED_SIZE + 1];
	struct ph_error err = { 0 };
	int rc;

	sim_enter(&desk->device->machine);
	rc = ph_site_print_code(desk->device->site_open, code, &err);
	sim_leave();
	if (rc != 0 && !sim_is_ill(desk->sim, desk->device)) {
		sim_broken(desk->sim, SIM_HEALTHY, "%s prints no code: %s",
			   desk->device->machine.name, err.text);
	}
	snprintf(out, 24, "%s", rc == 0 ? code : "");
	return rc == 0;
}

void sim_day_text(const struct desk *desk, int64_t days, char out[static PH_TIME_TEXT])
{
	ph_day_text(out, ph_day_of(sim_truth(desk->sim)) + days);
}

void sim_acquire(const struct desk *desk)
{
	struct sim_books *books = desk->books;
	char name[120];
	size_t title = below(desk, 3) > 0
			       ? sim_pick(desk, books->n_titles, sim_is_own_title)
			       : NONE;
	unsigned copies = 1 + below(desk, 3);

	if (title == NONE) {
		ptrdiff_t put;

		snprintf(name, sizeof name, "%s, tập %zu", subjects[below(desk, 8)],
			 books->n_titles + 1);
		put = sim_put(desk, json_pack("{s:s, s:s, s:s, s:i}", "kind", "title-put",
					      "name", name, "author",
					      sim_family[below(desk, 16)], "year",
					      1950 + below(desk, 75)));
		if (put < 0) {
			return;
		}
		title = books->n_titles;
		*ADD(books, titles) = (struct sim_title){ .put = (uint32_t)put,
							  .site = desk->device->site };
		sim_touch(desk->sim, put, SIM_TITLE, title);
	}
	for (unsigned i = 0; i < copies; i++) {
		struct sim_copy copy = { .site = desk->device->site,
					 .title = (unsigned)title };
		ptrdiff_t put;

		if (chance(desk, 20)) { /* of the site's own numbers */
			snprintf(copy.code, sizeof copy.code, "%06zu",
				 books->n_copies + 1);
		} else if (!sim_print_code(desk, copy.code)) {
			return;
		}
		copy.odd = sim_was_tried(books, copy.code);
		put = sim_put(
			desk,
			json_pack("{s:s, s:s, s:s, s:I, s:s}", "kind", "copy-put", "copy",
				  copy.code, "title",
				  sim_name(desk, books->titles[title].put), "owner",
				  (json_int_t)desk->sim->site_numbers[desk->device->site],
				  "shelf", "A1"));
		if (put < 0) {
			return;
		}
		sim_touch(desk->sim, put, SIM_COPY, books->n_copies);
		*ADD(books, copies) = copy;
	}
}

void sim_handle(const struct desk *desk)
{
	static const char *const kinds[] = { "in-house-use", "sighting", "damaged",
					     "repaired", "copy-put" };
	size_t at = sim_pick(desk, desk->books->n_copies, sim_is_here);
	ptrdiff_t put;
	json_t *entry;

	if (at == NONE) {
		return;
	}
	entry = json_pack("{s:s, s:s}", "kind", kinds[below(desk, 5)], "copy",
			  desk->books->copies[at].code);
	if (strcmp(json_string_value(json_object_get(entry, "kind")), "copy-put") == 0) {
		json_object_set_new(entry, "shelf", json_string("B2"));
	}
	put = sim_put(desk, entry);
	if (put >= 0) {
		sim_touch(desk->sim, put, SIM_COPY, at);
	}
}

void sim_dispatch(const struct desk *desk)
{
	struct sim_books *books = desk->books;
	struct sim_crate crate = { .from = desk->device->site };
	json_t *list = json_array();
	char day[PH_TIME_TEXT];
	ptrdiff_t put;

	crate.to = (crate.from + 1 + below(desk, sim_n_sites - 1)) % sim_n_sites;
	snprintf(crate.code, sizeof crate.code, "LC%05zu", books->n_crates + 1);
	crate.odd = sim_was_tried(books, crate.code);
	for (size_t i = 0; i < books->n_copies && crate.n < 5; i++) {
		/* those of the site's own numbers stay */
		if (sim_is_here(desk, i) && strlen(books->copies[i].code) > 6 &&
		    chance(desk, 60)) {
			crate.copies[crate.n++] = (unsigned)i;
			json_array_append_new(list, json_string(books->copies[i].code));
		}
	}
	if (crate.n == 0) {
		json_decref(list);
		return;
	}
	sim_day_text(desk, 30, day);
	put = sim_put(desk, json_pack("{s:s, s:s, s:I, s:I, s:o, s:s}", "kind",
				      "crate-dispatch", "crate", crate.code, "from",
				      (json_int_t)desk->sim->site_numbers[crate.from],
				      "to", (json_int_t)desk->sim->site_numbers[crate.to],
				      "copies", list, "due_back", day));
	if (put < 0) {
		return;
	}
	sim_touch(desk->sim, put, SIM_CRATE, books->n_crates);
	for (unsigned i = 0; i < crate.n; i++) {
		sim_touch(desk->sim, put, SIM_COPY, crate.copies[i]);
		books->copies[crate.copies[i]].where = SIM_IN_CRATE;
		books->copies[crate.copies[i]].site = crate.to;
	}
	*ADD(books, crates) = crate;
}

/*
 * The code that a crate has at the site it comes from is in that site's namespace; the
 * list says so, and people who sim_unpack go by the list.
 */
void sim_receive(const struct desk *desk, bool is_short)
{
	struct sim_books *books = desk->books;
	size_t at = sim_pick(desk, books->n_crates, comes_here);
	struct sim_crate *crate;
	json_t *list = json_array();
	ptrdiff_t put;
	unsigned n;

	if (at == NONE) {
		json_decref(list);
		return;
	}
	crate = &books->crates[at];
	n = is_short ? crate->n - 1 : crate->n;
	for (unsigned i = 0; i < n; i++) {
		json_array_append_new(list,
				      json_string(books->copies[crate->copies[i]].code));
	}
	if (n == 0) {
		json_decref(list);
		return;
	}
	put = sim_put(desk, json_pack("{s:s, s:{s:I, s:s}, s:o, s:i, s:i}", "kind",
				      "crate-receive", "crate", "ns",
				      (json_int_t)desk->sim->site_numbers[crate->from],
				      "code", crate->code, "copies", list, "listed",
				      chance(desk, 50), "final", 1));
	if (put < 0) {
		return;
	}
	sim_touch(desk->sim, put, SIM_CRATE, at);
	crate->received = true;
	crate->odd |= is_short;
	for (unsigned i = 0; i < crate->n; i++) {
		struct sim_copy *copy = &books->copies[crate->copies[i]];

		copy->odd |= is_short;
		copy->where = SIM_ON_SHELF;
		copy->site = desk->device->site;
		sim_touch(desk->sim, put, SIM_COPY, crate->copies[i]);
	}
}

void sim_unpack(const struct desk *desk)
{
	sim_receive(desk, false);
}
