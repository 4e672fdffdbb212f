/* tests/sim/disk_internal.h - what the parts of the simulated disk share. */
#ifndef PH_TESTS_SIM_DISK_INTERNAL_H
#define PH_TESTS_SIM_DISK_INTERNAL_H

#include "common/base/fileops.h"
#include "tests/sim/disk.h"

enum {
	SIM_PATH_MAX = 512,
	SIM_NAME_MAX = 32,
};

struct sim_bytes {
	uint8_t *data;
	size_t len, room;
};

/* A write that is not synced. */
struct sim_write {
	bool truncate; /* to OFFSET */
	uint64_t offset;
	size_t at, len; /* of the bytes in the node's pool */
};

/* A file or folder, whatever its names. */
struct sim_node {
	struct sim_disk *disk;
	unsigned refs; /* names, names kept, operations on names, open files */
	bool folder;
	uint64_t inode;
	int64_t changed;
	struct sim_bytes now, kept; /* as read; as of the last sync */
	struct sim_write *writes;   /* between the two */
	size_t n_writes, room;
	struct sim_bytes pool;
	const void *holder; /* of the lock of ph_file_ops */
	/* SQLite's locks */
	unsigned shared;
	const void *reserved, *pending, *exclusive;
};

struct sim_name {
	char *path; /* below the machine's folder; "" is that folder */
	struct sim_node *node;
};

struct sim_names {
	struct sim_name *name;
	size_t count, room;
};

/* A change of names whose folder is not synced. */
struct sim_change {
	struct sim_node *folder;
	struct sim_node *node;
	char *from, *to; /* NULL FROM: made; NULL TO: removed */
};

struct sim_disk {
	char name[SIM_NAME_MAX];
	struct sim_disk *next;
	bool on;
	uint64_t life; /* what was opened in an earlier one is dead */
	struct sim_names now, kept;
	struct sim_change *changes;
	size_t n_changes, room;
	struct sim_disk_traits traits;
	struct sim_disk_counts counts;
	uint64_t ops;
	struct {
		enum sim_disk_fault kind;
		uint64_t left; /* this one fails when it is 1 */
		bool for_ever, struck;
	} fault;
};

/* disk.c */
/* The machine of "/m/NAME/REST" and REST, which is "" for its folder; or -ENOENT. */
int sim_find(const char *path, struct sim_disk **disk_out,
	     char rest[static SIM_PATH_MAX]);
/* Bytes of the files that have names. */
uint64_t sim_used(const struct sim_disk *disk);
/* Of LEN bytes at OFFSET, those that there is room for. */
size_t sim_fits(const struct sim_node *node, uint64_t offset, size_t len);
/*
 * An operation is about to be: 0, or what it fails with. *LEN (may be NULL) is shortened
 * where a write is to be short.
 */
int sim_op_begin(struct sim_disk *disk, enum sim_disk_op op, size_t *len);
int sim_read_begin(struct sim_disk *disk);
void sim_op_end(struct sim_disk *disk, enum sim_disk_op op, const char *path);
uint64_t sim_draw(uint64_t *state);

/* disk_node.c */
uint64_t sim_next_inode(void);
int64_t sim_next_change(void);
/* As realloc(); without memory the test ends, since nothing here can go on. */
void *sim_memory(void *old, size_t bytes);
struct sim_name *sim_name_find(const struct sim_names *names, const char *path);
void sim_name_put(struct sim_names *names, const char *path, struct sim_node *node);
/* Take PATH away if it names NODE; the order of the others stays. */
void sim_name_drop(struct sim_names *names, const char *path,
		   const struct sim_node *node);
void sim_bytes_write(struct sim_bytes *bytes, uint64_t offset, const uint8_t *data,
		     size_t len);
void sim_bytes_resize(struct sim_bytes *bytes, uint64_t size);
void sim_names_free(struct sim_names *names);
void sim_change_names(struct sim_names *names, const struct sim_change *change);
void sim_change_free(struct sim_change *change);
struct sim_node *sim_lookup(const struct sim_names *names, const char *path);
/* The folder that PATH is in; NULL if there is none. */
struct sim_node *sim_folder_of(const struct sim_disk *disk, const char *path);
struct sim_node *sim_node_new(struct sim_disk *disk, bool folder);
void sim_node_ref(struct sim_node *node);
void sim_node_unref(struct sim_node *node);
void sim_node_write(struct sim_node *node, uint64_t offset, const uint8_t *bytes,
		    size_t len);
void sim_node_truncate(struct sim_node *node, uint64_t size);
/* Give NODE the name TO, taking FROM away if there is one; NULL TO: only that. */
void sim_change(struct sim_disk *disk, const char *from, const char *to,
		struct sim_node *node);
/* NODE is synced, content or names. */
void sim_sync(struct sim_node *node);

/* disk_fate.c: the content of NODE after a cut, appended to empty OUT. */
void sim_fate(const struct sim_node *node, uint64_t *draws, struct sim_bytes *out,
	      struct sim_disk_cut *cut);

/* disk_ops.c */
void sim_ops_end(void);

/* disk_vfs.c */
void sim_vfs_begin(uint64_t seed);
void sim_vfs_end(void);

#endif
