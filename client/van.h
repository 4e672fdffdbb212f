/*
 * client/van.h - what a courier carries, and its side of an exchange.
 *
 *   DIR/carried/packhorse/HASH.phb   bundles: a spool like any other
 *   DIR/carried/packhorse/ID.phm     its manifest
 *   DIR/carried/HASH.custody         what it signed when it got one from a site
 *   DIR/carried/ID.cert              certificates of devices that it met
 *   DIR/carried/HASH.piece           coming in
 *
 * It holds no key to any of it: it looks at headers, and keeps what somebody who proved to
 * be the sender, or the hub, hands over. Several processes may work in the folder: what is
 * there is whole, and who finds something gone leaves it out. No libuv here.
 */
#ifndef PH_CLIENT_VAN_H
#define PH_CLIENT_VAN_H

#include "client/site.h"
#include "proto/courier.h"
#include "proto/parcel.h"
#include "proto/spool.h"

#define PH_VAN_PATH_MAX   4096
#define PH_VAN_FROM_MAX   64                 /* bundles of one device */
#define PH_VAN_FROM_BYTES (64 * 1024 * 1024) /* that they may take */
#define PH_VAN_ROOM_LEFT  (64 * 1024 * 1024) /* bytes of the disk that stay free */

struct ph_van_visit;

struct ph_van {
	char dir[PH_VAN_PATH_MAX]; /* DIR/carried */
	struct ph_spool spool;
	uint8_t device[PH_DEVICE_ID_SIZE];
	struct ph_sign_pair sign;
	struct ph_box_pair box;
	struct ph_buf cert;
	struct ph_keylist keylist;
	struct ph_clock clock;
	struct ph_van_visit *visits; /* those that are under way */
};

/*
 * The courier of SITE, which is open, in the folder DIR: its keys and certificate are
 * copied, DIR/carried made. 0; -EACCES with PH_EXIT_USAGE: this device has not the role; another negative errno with ERR.
 */
int ph_van_open(struct ph_van *van, struct ph_site *site, const char *dir,
		struct ph_clock clock, struct ph_error *err);
void ph_van_close(struct ph_van *van);

/* --- one exchange --- */

struct ph_van_told {
	uint64_t given, bytes_given; /* bundles that the other has now */
	uint64_t taken, bytes_taken; /* that it handed over */
	uint64_t refused;            /* of either that will not be offered again */
	uint64_t waiting;            /* that it, or we, could not take now */
	uint64_t damaged;            /* of ours: not what we signed for any more */
	uint64_t over_budget; /* of those that wait: the budget has no room for it */
};

struct ph_van_visit {
	struct ph_van *van;
	bool at_hub;
	struct ph_van_told told;
	uint8_t peer[PH_DEVICE_ID_SIZE]; /* a device, or the hub; once it is known */
	char site[PH_SITE_CODE_MAX + 1]; /* of the device */
	const char *refusal;             /* why it was not served; static */
	uint64_t to_give, bytes_to_give; /* what we offer, once it was looked through */
	/* inside */
	struct ph_spool_files files;
	bool is_listed;
	unsigned at;
	struct ph_parcel parcel;
	struct ph_buf reading;
	uint8_t reading_hash[PH_BUNDLE_HASH_SIZE];
	struct ph_buf offered; /* hashes of what the other offered */
	unsigned n_missed;     /* of that: it is wanted, and not here yet */
	uint8_t damaged_hash[PH_BUNDLE_HASH_SIZE]; /* the last that came so */
	bool is_damaged;
	struct ph_van_visit *next;
};
/* Begin, and end; PEER: the hub's device id, or NULL at a site. */
void ph_van_visit_init(struct ph_van_visit *visit, struct ph_van *van,
		       const uint8_t *hub);
void ph_van_visit_deinit(struct ph_van_visit *visit);
/* Carry JOB out. */
void ph_van_job(struct ph_van_visit *visit, struct ph_courier_job *job);

/* --- what is carried --- */

struct ph_van_item {
	struct ph_spool_file file;
	int64_t since; /* when it was handed over; 0: not known */
	char site[PH_SITE_CODE_MAX +
		  1]; /* of the device from or to which it is; "": not met yet */
	char name[PH_SITE_NAME_MAX + 1];
};
/* Each bundle, sender by sender. CB returning non-zero ends it. 0, that, or a negative errno with ERR. */
int ph_van_each(struct ph_van *van, int (*cb)(void *data, const struct ph_van_item *item),
		void *data, struct ph_error *err);
/* Whether HEADER is of a bundle from the province's hub, or to it. */
bool ph_van_is_hub(const struct ph_van *van, const uint8_t id[static PH_DEVICE_ID_SIZE]);

#endif
