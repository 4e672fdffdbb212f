/*
 * tests/sim/work.h - what people do at the desks of a simulated province.
 *
 * The books of the simulator know where each copy really is, and who has it. Ordinary
 * work follows that, as a librarian does who has the copy in hand; an odd act goes against
 * it, or takes something back, and the copies, cards and crates that it touches are noted:
 * a case may come of these, and of no others.
 */
#ifndef PH_TESTS_SIM_WORK_H
#define PH_TESTS_SIM_WORK_H

#include "tests/sim/world.h"

enum sim_thing {
	SIM_COPY,
	SIM_CARD,
	SIM_CRATE,
	SIM_READER,
	SIM_TITLE,
};

struct sim_copy {
	char code[24];
	enum {
		SIM_ON_SHELF,
		SIM_LENT,
		SIM_IN_CRATE
	} where;
	unsigned
		site; /* where it is; of one that is lent, where from; in a crate, where to */
	unsigned card, title;
	uint32_t loan; /* ack */
	int64_t moved; /* millisecond at which something was last done with it */
	int64_t settled; /* not before it is anything done: a page tells time by the minute */
	bool odd;
};
struct sim_card {
	char code[24];
	unsigned site, reader; /* reader UINT_MAX: nobody's that is known */
	bool barred, odd;
};
struct sim_reader {
	uint32_t put; /* ack */
	unsigned site;
	uint32_t block; /* ack + 1; 0: not blocked */
	bool odd, erased;
	char name[120]; /* "": not hers alone */
};
struct sim_title {
	uint32_t put;
	unsigned site;
	bool odd;
};
struct sim_crate {
	char code[24];
	unsigned from, to;
	unsigned copies[8];
	unsigned n;
	bool received, odd;
};
struct sim_hold {
	uint32_t put;
	unsigned copy, site;
	bool done;
};
/* A return in the notebook, while the machine was off: to be typed in. */
struct sim_page {
	unsigned copy, device;
	int64_t second;
	bool typed;
};
/* A code in an entry that may have been written or not, and of which nobody said "saved". */
struct sim_tried {
	char code[24];
};
/* An entry that names something. */
struct sim_touch {
	uint32_t ack;
	enum sim_thing type;
	unsigned at;
};

#define SIM_LIST(type, name)                                                             \
	struct type *name;                                                               \
	size_t n_##name, cap_##name

struct sim_books {
	SIM_LIST(sim_copy, copies);
	SIM_LIST(sim_card, cards);
	SIM_LIST(sim_reader, readers);
	SIM_LIST(sim_title, titles);
	SIM_LIST(sim_crate, crates);
	SIM_LIST(sim_hold, holds);
	SIM_LIST(sim_page, pages);
	SIM_LIST(sim_tried, tried);
	SIM_LIST(sim_touch, touches);
};

struct sim_books *sim_books_new(void);
void sim_books_free(struct sim_books *books);

/* One act of ordinary work at DEVICE, as DICE falls; may be none, where there is nothing to do. */
void sim_work(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);
/* One that contradicts, corrects or repeats another. */
void sim_odd(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);
/* What is left in the notebook of DEVICE is typed in. */
void sim_type_pages(struct sim *sim, struct sim_device *device);
/*
 * Each copy to which nothing odd was done is where the ledger says it is; before the end each
 * of which the hub, which knows all kinds, has heard all.
 */
void sim_check_books(struct sim *sim, bool at_end);
/* Whether the hub holds each entry that names something that entry number ACK names. */
bool sim_is_heard(struct sim *sim, size_t ack);
/* N visits, no more: something to send. */
bool sim_visit(struct sim *sim, struct sim_device *device, unsigned n);

/* The operator had a hand in the entry REF. */
void sim_taint(struct sim *sim, const struct ph_ref *ref);
/* ENTRIES, in their JSON view, may have been written or not: the disk failed. */
void sim_shake(struct sim *sim, const json_t *entries);
/* The reader number AT of the books was erased. */
void sim_erased(struct sim *sim, size_t at);
/* Whether a contradiction about what the entry ACK names is no wonder. */
bool sim_is_odd(const struct sim *sim, size_t ack);

#endif
