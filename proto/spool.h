/*
 * proto/spool.h - a folder of bundles on a stick: written so that it can be pulled.
 *
 *   DIR/packhorse/HASH.phb    a bundle, by its hash (64 hex digits)
 *   DIR/packhorse/ID.phm      the manifest of one sender, by its device id (32)
 *   DIR/packhorse/ID.part     a bundle that is being written by that sender
 *
 * Lower-case hex digits and three letters: the same on FAT as anywhere. A stick comes
 * from anywhere and is believed nothing: names that are not of this form are not looked
 * at, links and everything that is no plain file are refused one by one, and a file is
 * read no further than a bundle may be long. A sender removes its own files alone.
 *
 * All of it goes through common/base/file.h. Layout: docs/BUNDLE.md, "Spool".
 */
#ifndef PH_PROTO_SPOOL_H
#define PH_PROTO_SPOOL_H

#include "common/base/error.h"
#include "proto/bundle.h"
#include "proto/manifest.h"

#define PH_SPOOL_FOLDER        "packhorse"
#define PH_SPOOL_PATH_MAX      4096
#define PH_SPOOL_SENDERS_MAX   1024 /* manifests that are looked for */
#define PH_SPOOL_REFUSED_MAX   256  /* refused files that are named, one by one */
#define PH_SPOOL_NAME_SIZE     (2 * PH_BUNDLE_HASH_SIZE + 5) /* with a terminator */

/*
 * What a person can mend when a stick cannot be used: words for programs, which say them in
 * the language that is spoken (common/cli/stick_words.h). What a function here writes into ERR
 * is what errno says, for whoever has no stick but a folder of his own.
 */
#define PH_SPOOL_T_NO_STICK    "no-stick"    /* DIR is no folder */
#define PH_SPOOL_T_NOTHING     "nothing"     /* there is no folder packhorse/ in it */
#define PH_SPOOL_T_NO_FOLDER   "no-folder"   /* there is, and it is none */
#define PH_SPOOL_T_FULL        "full"        /* NEED bytes more, ROOM are left */
#define PH_SPOOL_T_PROTECTED   "protected"   /* it may not be written */
#define PH_SPOOL_T_OTHER_BYTES "other-bytes" /* it gives back others than were written */
#define PH_SPOOL_T_PULLED      "pulled"      /* an error of its own */
#define PH_SPOOL_T_IN_THE_WAY  "in-the-way"  /* a folder has the name of a file: IN_WAY */

struct ph_spool {
	char path[PH_SPOOL_PATH_MAX]; /* of the folder packhorse/ */
	unsigned mode;                /* of files */
	/* Of the last call of ph_spool_open() or one that writes, if it failed; NULL: errno's. */
	const char *trouble;
	uint64_t need, room;
	char in_way
		[PH_SPOOL_NAME_SIZE]; /* a name in the folder; "" if it is gone by now */
};

/*
 * The spool in the folder DIR, which must be there: a stick that is not plugged in is not
 * made. CREATE: make the folder in it if there is none. 0; -ENOENT with words (PH_EXIT_OTHER);
 * another negative errno with words. Of a failure SPOOL has the trouble.
 */
int ph_spool_open(struct ph_spool *spool, const char *dir, bool create,
		  struct ph_error *err);

/* The spool lies in a folder of ours, not on a stick: its files are for their owner alone. */
void ph_spool_set_private(struct ph_spool *spool);

/* --- writing --- */

/*
 * Write BUNDLE, whole bytes, as a new file of the sender in its header: .part, sync, read
 * again and compare, rename, sync of the folder. One that is there already is compared,
 * synced and left. NAME_OUT has its name. 0, or a negative errno with words; the stick is then as
 * before, but for a .part if even that cannot be removed.
 */
int ph_spool_put(struct ph_spool *spool, struct ph_view bundle,
		 char name_out[static PH_SPOOL_NAME_SIZE], struct ph_error *err);
/* The line of a manifest for BUNDLE. */
void ph_spool_line(struct ph_view bundle, struct ph_manifest_line *line_out);
/* Write MANIFEST as that of PAIR, in place of the one before. 0 or a negative errno with words. */
int ph_spool_put_manifest(struct ph_spool *spool, const struct ph_manifest *manifest,
			  const struct ph_sign_pair *pair, struct ph_error *err);
/* The same of a manifest that is signed already, by the sender DEVICE. */
int ph_spool_put_manifest_bytes(struct ph_spool *spool,
				const uint8_t device[static PH_DEVICE_ID_SIZE],
				struct ph_view bytes, struct ph_error *err);
/*
 * Remove what FROM has in the spool and KEEP (may be NULL: nothing) does not list: bundles,
 * and a .part of its own. What cannot be removed stays; what was removed does not come back
 * by a power cut. *REMOVED_OUT: bundles. 0, or a negative errno with words: the folder could
 * not be listed, or synced behind that.
 */
int ph_spool_sweep(struct ph_spool *spool, const uint8_t from[static PH_DEVICE_ID_SIZE],
		   const struct ph_manifest *keep, unsigned *removed_out,
		   struct ph_error *err);

/* --- reading --- */

/* A file that has the name of a bundle. */
struct ph_spool_file {
	char name[PH_SPOOL_NAME_SIZE];
	struct ph_bundle_header header; /* if reason is NULL */
	uint64_t size;
	const char *reason; /* why it is refused: one word, static; NULL: it is not */
};
struct ph_spool_files {
	struct ph_spool_file
		*file; /* by sender, direction and number, refused ones last */
	unsigned n;    /* at most PH_SPOOL_FILES_MAX, and PH_SPOOL_REFUSED_MAX refused */
	unsigned n_refused; /* ... and so many more were refused */
	bool is_more; /* over PH_SPOOL_FILES_MAX have a header; the rest is not in file */
};
void ph_spool_files_deinit(struct ph_spool_files *files);
/*
 * Look at all. Of more than are kept, those that a manifest names come first. 0 or a negative
 * errno with words.
 */
int ph_spool_list(struct ph_spool *spool, struct ph_spool_files *files_out,
		  struct ph_error *err);
/* The same of what IS_FROM says alone, without those that are refused: others do not count. */
typedef bool ph_spool_is_from(void *data, const uint8_t from[static PH_DEVICE_ID_SIZE]);
int ph_spool_list_from(struct ph_spool *spool, ph_spool_is_from *is_from, void *data,
		       struct ph_spool_files *files_out, struct ph_error *err);
/*
 * Read a bundle, appended to OUT. *REASON_OUT: NULL, or one word, static, why it is not
 * what it says (then it may be there all the same: "hash", bytes that do not make its name).
 * 0 or a negative errno: it could not be read.
 */
int ph_spool_read(struct ph_spool *spool, const char *name, struct ph_buf *out,
		  const char **reason_out);
/*
 * The manifest of DEVICE. 0; PH_MANIFEST_E_FORM or _SIGNATURE; or a negative errno, -ENOENT
 * when there is none.
 */
int ph_spool_manifest(struct ph_spool *spool,
		      const uint8_t device[static PH_DEVICE_ID_SIZE],
		      struct ph_manifest *manifest_out);

/* Whose manifests are there: by id; of more than PH_SPOOL_SENDERS_MAX some. */
struct ph_spool_senders {
	uint8_t (*id)[PH_DEVICE_ID_SIZE];
	unsigned n;
};
/* 0 or a negative errno with words. */
int ph_spool_senders(struct ph_spool *spool, struct ph_spool_senders *senders_out,
		     struct ph_error *err);
void ph_spool_senders_deinit(struct ph_spool_senders *senders);

/* For whom bundles are looked for, and when: seconds since 1970. */
struct ph_spool_asker {
	bool (*is_for)(void *data, const uint8_t to[static PH_DEVICE_ID_SIZE]);
	void *data;
	uint64_t now;
};
struct ph_spool_tally {
	unsigned packed, here; /* by the manifest, and by what there is of that */
};
enum {
	PH_SPOOL_E_UNKNOWN = 1, /* the manifest is damaged, or cannot be read */
};
/*
 * How many of the bundles that FROM says it has packed for ASKER are there. None if there
 * is no manifest. 0, PH_SPOOL_E_UNKNOWN or -ENOMEM.
 */
int ph_spool_tally(struct ph_spool *spool, const uint8_t from[static PH_DEVICE_ID_SIZE],
		   const struct ph_spool_asker *asker, struct ph_spool_tally *tally_out);

/* Lower-case hex of a device id, and the name of a bundle with that hash. */
void ph_spool_name(const uint8_t hash[static PH_BUNDLE_HASH_SIZE],
		   char out[static PH_SPOOL_NAME_SIZE]);
bool ph_spool_is_name(const char *name);
void ph_bundle_hash(struct ph_view bundle, uint8_t out[static PH_BUNDLE_HASH_SIZE]);

#endif
