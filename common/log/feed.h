/*
 * common/log/feed.h - pages of a feed: what the hub tells one device of what others wrote.
 *
 * [body bin, signature bin64]; body: [1, epoch number, epoch random bin8, feed id bin16,
 * scope version, from, number, [log ...], [item ...]]; context "packhorse page 1"
 * (docs/WIRE.md, "Pages of a feed"). A feed is a row of numbered items; a page holds those from
 * FROM + 1 to NUMBER, and is applied whole or not at all (common/ledger/fed.h).
 *
 * Reading sets no memory aside; views borrow.
 */
#ifndef PH_LOG_FEED_H
#define PH_LOG_FEED_H

#include "common/log/part.h"
#include "common/log/receipt.h"

/* Id of an entity: a namespace and a code at most. */
#define PH_FEED_ID_MAX     (8 + PH_CODE_MAX)
#define PH_FEED_TYPE_MAX   255
/* A second is at most this, from 0. */
#define PH_FEED_SECOND_MAX (UINT64_C(1) << 48)
#define PH_FEED_UNSURE_MAX UINT32_MAX
/* What stands around the body of a page. */
#define PH_PAGE_AROUND     (1 + 3 + 2 + PH_SIGNATURE_SIZE)

enum {
	PH_FEED_E_FORM = 1,  /* not a page of this form, or over a limit */
	PH_FEED_E_SIGNATURE, /* not signed by this hub key */
	PH_FEED_E_FULL,      /* writing: it does not fit into this page any more */
};

enum ph_feed_what {
	PH_FEED_FACT = 1,   /* counts under each of `keys` */
	PH_FEED_UNFACT = 2, /* counts no more under these */
	PH_FEED_ENTER = 3,  /* the entity is in scope (again) */
	PH_FEED_LEAVE = 4,  /* it is not: all facts under it go, and it stands outside */
	PH_FEED_ACT = 5,    /* acts on an entry of a log of this site */
	PH_FEED_UNACT = 6,
	PH_FEED_CASE = 7,
	PH_FEED_UNCASE = 8,
};

/* Where entries of a page come from. */
struct ph_feed_log {
	uint8_t id[PH_LOG_ID_SIZE];
	uint64_t site; /* 0: the hub */
	uint64_t role; /* PH_ROLE_*, as certified */
	uint8_t key[PH_KEY_SIZE];
};

struct ph_feed_key {
	uint64_t type;     /* enum ph_entity, from 1 */
	struct ph_view id; /* 1 to PH_FEED_ID_MAX bytes; borrowed */
};

/* Which members count: the table in docs/WIRE.md. Views borrow. */
struct ph_feed_item {
	enum ph_feed_what what;
	unsigned log;      /* FACT, ACT: index of its log in the page; set by reading */
	struct ph_ref ref; /* FACT, UNFACT, ACT, UNACT: the entry */
	uint64_t second, tick; /* FACT, ACT: where it stands in the order; CASE: second */
	uint64_t unsure;       /* FACT: seconds */
	struct ph_view
		entry; /* FACT, ACT: its bytes; FACT: empty if this feed brought it */
	struct ph_view keys;   /* FACT, UNFACT: a row of keys, ph_feed_key_next() */
	unsigned n_keys;       /* at least one */
	struct ph_view cipher; /* FACT: the sealed part; empty: none */
	struct ph_view seed_box;
	struct ph_feed_key key; /* ENTER, LEAVE */
	uint8_t case_id[16];    /* CASE, UNCASE */
	uint64_t case_kind;     /* 1 to PH_FEED_TYPE_MAX */
	struct ph_view anchor;  /* 1 to PH_FEED_ID_MAX bytes */
	struct ph_view refs;    /* a row of references, ph_feed_ref_next() */
	unsigned n_refs;
	struct ph_view sites; /* a rising row of sites, ph_feed_site_next() */
	unsigned n_sites;
	bool is_decided;
	uint64_t decided; /* the choice */
};

struct ph_feed_page {
	struct ph_epoch epoch;           /* of the hub that made it; number from 1 */
	uint8_t feed[PH_DEVICE_ID_SIZE]; /* the device it is for */
	uint64_t scope;                  /* version of the scope, from 1 */
	uint64_t from;   /* number of the page before; 0: the feed begins here */
	uint64_t number; /* of its last item, above FROM */
	struct ph_view logs, items; /* rows, for the functions below */
	unsigned n_logs, n_items;
};

/* --- reading --- */

/*
 * Read a page, verify it under KEY, a hub signing key, and check all of its items, so
 * that the rows can be read without another look. 0, PH_FEED_E_FORM or
 * PH_FEED_E_SIGNATURE; PAGE is written only on success and borrows BYTES.
 */
int ph_feed_decode(struct ph_view bytes, const uint8_t key[static PH_KEY_SIZE],
		   struct ph_feed_page *page);
/* BLAKE2b-128 over a page: the name under which it travels. */
void ph_feed_hash(struct ph_view bytes, uint8_t out[static 16]);
/*
 * Take the next off a row of a decoded page, or of one that was made below. 0, or
 * PH_FEED_E_FORM at its end. An item's `ref` has its log's id: LOGS is
 * what ph_feed_log_next() gave, in order.
 */
int ph_feed_log_next(struct ph_view *logs, struct ph_feed_log *log_out);
int ph_feed_item_next(struct ph_view *items, const struct ph_feed_log *logs,
		      unsigned n_logs, struct ph_feed_item *item_out);
int ph_feed_key_next(struct ph_view *keys, struct ph_feed_key *key_out);
int ph_feed_ref_next(struct ph_view *refs, struct ph_ref *ref_out);
int ph_feed_site_next(struct ph_view *sites, uint64_t *site_out);

/* --- writing --- */

/* Append one to a row for an item. 0, -EINVAL or -ENOMEM; unchanged on error. */
int ph_feed_key_put(struct ph_buf *keys, const struct ph_feed_key *key);
int ph_feed_ref_put(struct ph_buf *refs, const struct ph_ref *ref);
int ph_feed_site_put(struct ph_buf *sites, uint64_t site);

/* The rows of a page that is being made. All zero is an empty one. */
struct ph_feed_writer {
	struct ph_buf logs, items;
	unsigned n_logs, n_items, n_keys;
};
/*
 * Add ITEM; LOG is where the entry of a FACT or ACT stands (else NULL), told once a
 * page. 0; PH_FEED_E_FULL: not beside what is there; -EINVAL for what no device would
 * take; -ENOMEM. Unchanged on error. Into an empty page goes every entry alone with its
 * first key, a part alone behind its entry, and the keys of one entry in two pages.
 */
int ph_feed_add(struct ph_feed_writer *writer, const struct ph_feed_log *log,
		const struct ph_feed_item *item);
/*
 * Tell of LOG, which a case cites that is added next; no entry of it need come. As
 * ph_feed_add().
 */
int ph_feed_add_log(struct ph_feed_writer *writer, const struct ph_feed_log *log);
/*
 * Append the page of what was added; PAGE has all but the rows. 0; -EINVAL for what
 * no device would take; -ENOMEM. OUT unchanged on error.
 */
int ph_feed_sign(const struct ph_feed_writer *writer, const struct ph_feed_page *page,
		 const uint8_t secret[static PH_SECRET_SIZE], struct ph_buf *out);
/* Empty it, its memory freed. */
void ph_feed_deinit(struct ph_feed_writer *writer);

#endif
