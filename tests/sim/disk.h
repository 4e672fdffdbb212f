/*
 * tests/sim/disk.h - a disk in memory that can lose what nobody synced.
 *
 * Any number of machines, each a folder "/m/NAME" with whatever is made in it. From
 * sim_disk_begin() on every file of this process is there: what goes through
 * common/base/file.h and what SQLite opens (it becomes the default VFS, "sim"). So a hub
 * (daemon/hub.h) with `dir` "/m/hub/store" and a site (client/site.h) with "/m/a/site"
 * run on it as they are; nothing outside "/m" exists.
 *
 *	sim_disk_begin(seed);
 *	sim_disk_add("a");
 *	ph_site_join(&(struct ph_site_config){ .dir = "/m/a/site", ... }, ...);
 *	...
 *	sim_disk_cut("a", seed, &cut);   the power goes: all that is open there is dead
 *	ph_site_close(site);             fails inside, frees its memory, touches nothing
 *	sim_disk_on("a");                and back
 *	ph_site_open(&site, ...);
 *
 * What lasts. The content of a file as it was at its last sync, and the names of a folder
 * as they were at its last sync (a new file, a rename, a removal; mkdir likewise by the
 * folder above). Of what came later, a power cut takes all, nothing, all behind some
 * point (the last write torn), or of each sector and each name on its own: sectors end up
 * as after any one of the writes to them, so they are reordered against each other, and
 * the one in flight may be torn: new bytes in front, old behind. The length of a file is
 * one that it had since the sync; bytes that never arrived are zeros. A name's file may be
 * there without its content. With `powersafe` off a torn sector may be anything, also
 * where nobody wrote. SQLite syncs the folder of a new journal or WAL at its first sync, as
 * its unix VFS does.
 *
 * A killed process (sim_disk_kill()) loses nothing: what it wrote is in the page cache, and
 * may still go with a power cut later.
 *
 * One thread. The same seed and the same calls give the same bytes everywhere.
 */
#ifndef PH_TESTS_SIM_DISK_H
#define PH_TESTS_SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/fileops.h"

/* The disk as the product's operations on files; in use between begin and end. */
extern const struct ph_file_ops sim_file_ops;

/* SEED is for what SQLite asks of its VFS as randomness. */
void sim_disk_begin(uint64_t seed);
/* Forget all machines; files are the system's again, and SQLite's VFS what it was. */
void sim_disk_end(void);
/* Give SQLite's generator a new seed: what it draws depends on nothing before. */
void sim_disk_seed(uint64_t seed);
/*
 * Number files, and times of change, from FIRST on, above those of the machines that
 * stay: then they depend on nothing before, either.
 */
void sim_disk_number(uint64_t first);

/* An empty disk NAME, on; in place of one that was there, if nothing is open on it. */
void sim_disk_add(const char *name);
void sim_disk_remove(const char *name);
bool sim_disk_exists(const char *name);

/* --- what happens to it --- */

/* What a cut took. */
struct sim_disk_cut {
	uint64_t writes;  /* not synced, of all files */
	uint64_t lost;    /* of them: nothing of it is there */
	uint64_t partly;  /* some sectors of it are */
	uint64_t torn;    /* sectors cut within */
	uint64_t garbled; /* torn sectors that hold garbage */
	uint64_t names;   /* of folders not synced: made, renamed, removed */
	uint64_t names_lost;
	uint64_t renames_lost; /* among them */
};

/*
 * The power goes: what is open is dead, what was not synced meets its fate, drawn from
 * SEED and nothing else. The machine is off: closing works, all else fails (-EIO), until
 * sim_disk_on(). Adds to *CUT (may be NULL).
 */
void sim_disk_cut(const char *name, uint64_t seed, struct sim_disk_cut *cut);
/* All its processes are gone: open files dead, locks free, content as it was. Off. */
void sim_disk_kill(const char *name);
void sim_disk_on(const char *name);

/*
 * TO becomes what FROM would be after sim_disk_cut(); FROM goes on as if nothing were. For
 * many cuts of one run. Also from within sim_disk_watch().
 */
void sim_disk_image(const char *from, const char *to, uint64_t seed,
		    struct sim_disk_cut *cut);
/*
 * TO becomes a copy of the files of FROM as they are, all synced: a backup, a clone. As
 * by any copying, the files are other ones (inode, time of change); KEEP: the same, as
 * when the disk itself is put back to an older state.
 */
void sim_disk_copy(const char *from, const char *to, bool keep);
/* Everything is synced. */
void sim_disk_settle(const char *name);

/* --- how it behaves --- */

enum {
	SIM_LIE_STORE = 1, /* fsync of a SQLite database does nothing */
	SIM_LIE_WAL = 2,   /* of its WAL or journal; the names of these are synced */
	SIM_LIE_FILE = 4,  /* of any other file */
	SIM_LIE_FOLDER = 8,
	SIM_LIE_POWERSAFE = 16, /* it says that it is, whatever `powersafe` says */
};

struct sim_disk_traits {
	unsigned sector; /* 512 at first */
	bool powersafe; /* a torn write spoils nothing around it (SQLite's unix VFS assumes
			    it): true at first */
	uint64_t limit; /* bytes of all files; 0 none. Beyond: short writes, -ENOSPC */
	unsigned lies;  /* SIM_LIE_*: for planted faults */
};
/* To be changed at will. */
struct sim_disk_traits *sim_disk_traits(const char *name);

enum sim_disk_fault {
	SIM_FAULT_NONE,
	SIM_FAULT_IO,    /* the operation fails with -EIO and does nothing */
	SIM_FAULT_FULL,  /* writes and new names fail with -ENOSPC; others pass */
	SIM_FAULT_SHORT, /* a write moves half of its bytes; SQLite is told: full */
	SIM_FAULT_READ,  /* as SIM_FAULT_IO, but of reads, which alone are counted */
};
/*
 * From now on the operation number AT (1: the next) that changes something, or that reads
 * for SIM_FAULT_READ, fails; FOR_EVER: and all behind it. One fault a machine.
 */
void sim_disk_fail(const char *name, enum sim_disk_fault fault, uint64_t at,
		   bool for_ever);
/* Whether the fault has struck. */
bool sim_disk_failed(const char *name);

/* --- what is seen of it --- */

enum sim_disk_op {
	SIM_OP_CREATE, /* of a file */
	SIM_OP_WRITE,
	SIM_OP_TRUNCATE,
	SIM_OP_SYNC,
	SIM_OP_SYNC_FOLDER,
	SIM_OP_RENAME,
	SIM_OP_UNLINK,
	SIM_OP_MKDIR,
	SIM_OP_COUNT
};

struct sim_disk_counts {
	uint64_t op[SIM_OP_COUNT];
	uint64_t reads;
	uint64_t bytes_written;
};
void sim_disk_counts(const char *name, struct sim_disk_counts *counts_out);
/* Operations that changed something, so far. */
uint64_t sim_disk_ops(const char *name);
/* Bytes of all its files. */
uint64_t sim_disk_used(const char *name);
/* A hash of names and contents as they are: equal disks, equal numbers. */
uint64_t sim_disk_hash(const char *name);
/* Of the file "/m/NAME/..." alone, its path below the machine's folder included; 0: none. */
uint64_t sim_disk_hash_file(const char *path);

/*
 * DONE is called behind each operation that changed something on any machine. It may take
 * images, cut and kill; it must not open anything. NULL ends it.
 */
typedef void sim_disk_done(void *data, const char *name, enum sim_disk_op op,
			   const char *path);
void sim_disk_watch(sim_disk_done *done, void *data);

/* The file of NAME in which the LEN bytes at NEEDLE stand, below the machine's folder; NULL: none. */
const char *sim_disk_find(const char *name, const void *needle, size_t len);
/* Each file of NAME, until LOOK says true: of that one the path, as above; NULL: it never did. */
const char *sim_disk_each(const char *name,
			  bool (*look)(void *data, const uint8_t *bytes, size_t len),
			  void *data);

/* Write the files of NAME below FOLDER of the real disk, to look at. 0 or -errno. */
int sim_disk_save(const char *name, const char *folder);

#endif
