/*
 * tests/sim/disk.c - machines, their files and names, and what becomes of them.
 *
 * Of files and names (disk_node.c) a sync carries all changes over; a cut carries over
 * those that fate chooses (disk_fate.c) and makes that the content of a machine begun
 * anew, whose files are new nodes: whatever was open refers to the old ones and to a life
 * that is over.
 */
#include "tests/sim/disk_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"

static struct sim_disk *disks;
static sim_disk_done *watch;
static void *watch_data;

uint64_t sim_draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* --- machines --- */

static struct sim_disk *by_name(const char *name, size_t len)
{
	for (struct sim_disk *disk = disks; disk; disk = disk->next) {
		if (strlen(disk->name) == len && memcmp(disk->name, name, len) == 0) {
			return disk;
		}
	}
	return NULL;
}

static struct sim_disk *get(const char *name)
{
	struct sim_disk *disk = by_name(name, strlen(name));

	assert(disk != NULL);
	return disk;
}

int sim_find(const char *path, struct sim_disk **disk_out, char rest[static SIM_PATH_MAX])
{
	if (strncmp(path, "/m/", 3) != 0) {
		return -ENOENT;
	}
	path += 3;

	size_t len = strcspn(path, "/");
	struct sim_disk *disk = by_name(path, len);

	if (disk == NULL) {
		return -ENOENT;
	}
	path += len;
	path += strspn(path, "/");
	len = strlen(path);
	while (len > 0 && path[len - 1] == '/') {
		len--;
	}
	if (len >= SIM_PATH_MAX) {
		return -ENAMETOOLONG;
	}
	memcpy(rest, path, len);
	rest[len] = '\0';
	*disk_out = disk;
	return 0;
}

/* Nothing in it; its next life begins. What is open keeps its nodes. */
static void empty(struct sim_disk *disk)
{
	for (size_t i = 0; i < disk->n_changes; i++) {
		sim_change_free(&disk->changes[i]);
	}
	disk->n_changes = 0;
	sim_names_free(&disk->now);
	sim_names_free(&disk->kept);
	disk->life++;
}

static void add_root(struct sim_disk *disk)
{
	struct sim_node *root = sim_node_new(disk, true);

	sim_name_put(&disk->now, "", root);
	sim_name_put(&disk->kept, "", root);
	sim_node_unref(root);
}

static struct sim_disk *ensure(const char *name)
{
	struct sim_disk *disk = by_name(name, strlen(name));

	if (disk) {
		return disk;
	}
	assert(name[0] != '\0' && strlen(name) < SIM_NAME_MAX && !strchr(name, '/'));
	disk = by_name("", 0); /* one that was removed */
	if (disk == NULL) {
		disk = sim_memory(NULL, sizeof(*disk));
		memset(disk, 0, sizeof(*disk));
		disk->next = disks;
		disks = disk;
	}
	snprintf(disk->name, sizeof(disk->name), "%s", name);
	disk->traits = (struct sim_disk_traits){ .sector = 512, .powersafe = true };
	disk->counts = (struct sim_disk_counts){ 0 };
	disk->fault.kind = SIM_FAULT_NONE;
	disk->ops = 0;
	return disk;
}

void sim_disk_add(const char *name)
{
	struct sim_disk *disk = ensure(name);

	empty(disk);
	add_root(disk);
	disk->on = true;
}

/* What is still open on it refers to it: the memory stays until the end, or the next. */
void sim_disk_remove(const char *name)
{
	struct sim_disk *disk = get(name);

	empty(disk);
	disk->name[0] = '\0';
	disk->on = false;
}

bool sim_disk_exists(const char *name)
{
	return by_name(name, strlen(name)) != NULL;
}

void sim_disk_begin(uint64_t seed)
{
	assert(disks == NULL);
	sim_disk_number(0);
	sim_vfs_begin(seed);
	ph_file_use(&sim_file_ops);
}

void sim_disk_end(void)
{
	ph_file_use(NULL);
	sim_vfs_end();
	sim_ops_end();
	while (disks) {
		struct sim_disk *disk = disks;

		disks = disk->next;
		empty(disk);
		free(disk->changes);
		free(disk);
	}
	watch = NULL;
}

/* --- what happens to them --- */

/* Put a file into DISK that is all synced; takes CONTENT. */
static void install(struct sim_disk *disk, const char *path, const struct sim_node *like,
		    struct sim_bytes *content)
{
	struct sim_node *node = sim_node_new(disk, like->folder);

	node->inode = like->inode;
	node->changed = like->changed;
	node->kept = *content;
	*content = (struct sim_bytes){ 0 };
	sim_bytes_write(&node->now, 0, node->kept.data, node->kept.len);
	sim_name_put(&disk->now, path, node);
	sim_name_put(&disk->kept, path, node);
	sim_node_unref(node);
}

/* Names whose folder did not outlive the cut. */
static bool is_orphan(const struct sim_names *names, const char *path)
{
	char folder[SIM_PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	memcpy(folder, path, len);
	folder[len] = '\0';
	return sim_lookup(names, folder) == NULL;
}

/* The names of DISK after a cut. */
static void fate_of_names(const struct sim_disk *disk, uint64_t *draws,
			  struct sim_names *out, struct sim_disk_cut *cut)
{
	uint64_t way = sim_draw(draws) % 4;
	uint64_t most = way == 2 ? sim_draw(draws) % (disk->n_changes + 1) : 0;

	for (size_t i = 0; i < disk->kept.count; i++) {
		sim_name_put(out, disk->kept.name[i].path, disk->kept.name[i].node);
	}
	for (size_t i = 0; i < disk->n_changes; i++) {
		const struct sim_change *change = &disk->changes[i];
		bool stays = way == 1 || (way == 2 && i < most) ||
			     (way == 3 && sim_draw(draws) % 2 == 0);

		cut->names++;
		if (stays) {
			sim_change_names(out, change);
		} else {
			cut->names_lost++;
			cut->renames_lost += change->from && change->to;
		}
	}
	for (size_t i = out->count; i-- > 0;) {
		if (out->name[i].path[0] != '\0' && is_orphan(out, out->name[i].path)) {
			sim_name_drop(out, out->name[i].path, out->name[i].node);
			i = out->count;
		}
	}
}

/* What is in FROM after a cut, into TO, which may be FROM itself. */
static void put_image(struct sim_disk *from, struct sim_disk *to, uint64_t seed,
		      struct sim_disk_cut *cut)
{
	struct sim_disk_cut none = { 0 };
	struct sim_names names = { 0 };
	struct sim_bytes *content;

	cut = cut ? cut : &none;
	fate_of_names(from, &seed, &names, cut);
	content = sim_memory(NULL, (names.count + 1) * sizeof(*content));
	for (size_t i = 0; i < names.count; i++) {
		content[i] = (struct sim_bytes){ 0 };
		sim_fate(names.name[i].node, &seed, &content[i], cut);
	}
	empty(to);
	for (size_t i = 0; i < names.count; i++) {
		install(to, names.name[i].path, names.name[i].node, &content[i]);
	}
	free(content);
	sim_names_free(&names);
}

void sim_disk_cut(const char *name, uint64_t seed, struct sim_disk_cut *cut)
{
	struct sim_disk *disk = get(name);

	put_image(disk, disk, seed, cut);
	disk->on = false;
}

void sim_disk_image(const char *from, const char *to, uint64_t seed,
		    struct sim_disk_cut *cut)
{
	struct sim_disk *source = get(from);
	struct sim_disk *target = ensure(to);

	assert(source != target);
	target->traits = source->traits;
	put_image(source, target, seed, cut);
	target->on = true;
}

void sim_disk_kill(const char *name)
{
	struct sim_disk *disk = get(name);

	for (size_t i = 0; i < disk->now.count; i++) {
		struct sim_node *node = disk->now.name[i].node;

		node->holder = NULL;
		node->shared = 0;
		node->reserved = node->pending = node->exclusive = NULL;
	}
	disk->life++;
	disk->on = false;
}

void sim_disk_on(const char *name)
{
	get(name)->on = true;
}

void sim_disk_copy(const char *from, const char *to, bool keep)
{
	struct sim_disk *source = get(from);
	struct sim_disk *target = ensure(to);

	assert(source != target);
	empty(target);
	for (size_t i = 0; i < source->now.count; i++) {
		struct sim_node like = *source->now.name[i].node;
		struct sim_bytes content = { 0 };

		if (!keep) {
			like.inode = sim_next_inode();
			like.changed = sim_next_change();
		}
		sim_bytes_write(&content, 0, like.now.data, like.now.len);
		install(target, source->now.name[i].path, &like, &content);
	}
	target->on = true;
}

void sim_disk_settle(const char *name)
{
	struct sim_disk *disk = get(name);

	for (size_t i = 0; i < disk->now.count; i++) {
		sim_sync(disk->now.name[i].node);
	}
}

/* --- operations --- */

static bool strikes(struct sim_disk *disk)
{
	if (disk->fault.left == 0) {
		return false;
	}
	if (disk->fault.left > 1) {
		disk->fault.left--;
		return false;
	}
	disk->fault.left = disk->fault.for_ever ? 1 : 0;
	return true;
}

int sim_op_begin(struct sim_disk *disk, enum sim_disk_op op, size_t *len)
{
	bool grows = op == SIM_OP_WRITE || op == SIM_OP_CREATE || op == SIM_OP_MKDIR;

	if (!disk->on) {
		return -EIO;
	}
	if (disk->fault.kind == SIM_FAULT_NONE || disk->fault.kind == SIM_FAULT_READ ||
	    !strikes(disk)) {
		return 0;
	}
	switch (disk->fault.kind) {
	case SIM_FAULT_IO:
		disk->fault.struck = true;
		return -EIO;
	case SIM_FAULT_FULL:
		disk->fault.struck |= grows;
		return grows ? -ENOSPC : 0;
	default:
		if (op == SIM_OP_WRITE && len) {
			disk->fault.struck = true;
			*len /= 2;
		}
		return 0;
	}
}

int sim_read_begin(struct sim_disk *disk)
{
	if (!disk->on) {
		return -EIO;
	}
	disk->counts.reads++;
	if (disk->fault.kind == SIM_FAULT_READ && strikes(disk)) {
		disk->fault.struck = true;
		return -EIO;
	}
	return 0;
}

void sim_op_end(struct sim_disk *disk, enum sim_disk_op op, const char *path)
{
	disk->ops++;
	disk->counts.op[op]++;
	if (watch && disk->name[0] != '\0') {
		watch(watch_data, disk->name, op, path);
	}
}

void sim_disk_watch(sim_disk_done *done, void *data)
{
	watch = done;
	watch_data = data;
}

void sim_disk_fail(const char *name, enum sim_disk_fault fault, uint64_t at,
		   bool for_ever)
{
	struct sim_disk *disk = get(name);

	disk->fault.kind = fault;
	disk->fault.left = fault == SIM_FAULT_NONE ? 0 : at;
	disk->fault.for_ever = for_ever;
	disk->fault.struck = false;
}

bool sim_disk_failed(const char *name)
{
	return get(name)->fault.struck;
}

struct sim_disk_traits *sim_disk_traits(const char *name)
{
	return &get(name)->traits;
}

void sim_disk_counts(const char *name, struct sim_disk_counts *counts_out)
{
	*counts_out = get(name)->counts;
}

uint64_t sim_disk_ops(const char *name)
{
	return get(name)->ops;
}

uint64_t sim_disk_used(const char *name)
{
	return sim_used(get(name));
}

static uint64_t mix(uint64_t hash, const uint8_t *bytes, size_t len)
{
	uint64_t word;

	for (; len >= sizeof(word); bytes += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash = (hash ^ word) * 0x9fb21c651e98df25u;
		hash ^= hash >> 32;
	}
	word = len;
	if (len > 0) {
		memcpy(&word, bytes, len);
	}
	hash ^= word;
	return sim_draw(&hash);
}

static uint64_t hash_of(const struct sim_name *entry)
{
	uint64_t one = mix(14, (const uint8_t *)entry->path, strlen(entry->path));

	return mix(one, entry->node->now.data, entry->node->now.len);
}

/* The order in which names were made does not count. */
uint64_t sim_disk_hash(const char *name)
{
	const struct sim_disk *disk = get(name);
	uint64_t sum = 0;

	for (size_t i = 0; i < disk->now.count; i++) {
		sum += hash_of(&disk->now.name[i]);
	}
	return sum;
}

uint64_t sim_disk_hash_file(const char *path)
{
	char rest[SIM_PATH_MAX];
	struct sim_disk *disk;
	struct sim_name *entry;

	if (sim_find(path, &disk, rest) != 0) {
		return 0;
	}
	entry = sim_name_find(&disk->now, rest);
	return entry ? hash_of(entry) : 0;
}

const char *sim_disk_find(const char *name, const void *needle, size_t len)
{
	const struct sim_disk *disk = get(name);

	for (size_t i = 0; i < disk->now.count; i++) {
		const struct sim_bytes *bytes = &disk->now.name[i].node->now;

		if (bytes->len >= len && memmem(bytes->data, bytes->len, needle, len)) {
			return disk->now.name[i].path;
		}
	}
	return NULL;
}

const char *sim_disk_each(const char *name,
			  bool (*look)(void *data, const uint8_t *bytes, size_t len),
			  void *data)
{
	const struct sim_disk *disk = get(name);

	for (size_t i = 0; i < disk->now.count; i++) {
		const struct sim_bytes *bytes = &disk->now.name[i].node->now;

		if (look(data, bytes->data, bytes->len)) {
			return disk->now.name[i].path;
		}
	}
	return NULL;
}

int sim_disk_save(const char *name, const char *folder)
{
	const struct sim_disk *disk = get(name);
	char path[2 * SIM_PATH_MAX];

	for (size_t i = 0; i < disk->now.count; i++) {
		const struct sim_name *entry = &disk->now.name[i];

		snprintf(path, sizeof(path), "%s/%s", folder, entry->path);
		if (entry->node->folder) {
			if (mkdir(path, 0700) < 0 && errno != EEXIST) {
				return -errno;
			}
			continue;
		}

		FILE *out = fopen(path, "wb");

		if (out == NULL) {
			return -errno;
		}
		fwrite(entry->node->now.data, 1, entry->node->now.len, out);
		if (fclose(out) != 0) {
			return -errno;
		}
	}
	return 0;
}
