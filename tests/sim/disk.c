/*
 * tests/sim/disk.c - machines, their files and names, and what becomes of them.
 *
 * A file keeps two contents: as it is read, and as of its last sync, with the writes
 * between them in order. Likewise a machine keeps two sets of names and the changes
 * between. A sync carries the changes over; a cut carries over those that fate chooses
 * (disk_fate.c) and makes that the content of a machine begun anew, whose files are new
 * nodes: whatever was open refers to the old ones and to a life that is over.
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
static uint64_t last_inode;
static int64_t last_change;
static sim_disk_done *watch;
static void *watch_data;

uint64_t sim_draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Memory that is not there ends the test; nothing here can go on without. */
static void *grown(void *old, size_t bytes)
{
	void *new = realloc(old, bytes);

	if (new == NULL) {
		abort();
	}
	return new;
}

/* --- bytes --- */

/* Room for SIZE bytes; a file that grows gets more than it needs, once it has grown. */
static void make_room(struct sim_bytes *bytes, uint64_t size)
{
	if (size > bytes->room) {
		bytes->room = bytes->room == 0 ? size : size + size / 2 + 4096;
		bytes->data = grown(bytes->data, bytes->room);
	}
}

void sim_bytes_resize(struct sim_bytes *bytes, uint64_t size)
{
	make_room(bytes, size);
	if (size > bytes->len) {
		memset(bytes->data + bytes->len, 0, size - bytes->len);
	}
	bytes->len = size;
}

void sim_bytes_write(struct sim_bytes *bytes, uint64_t offset, const uint8_t *data,
		     size_t len)
{
	if (len == 0) {
		return;
	}
	if (offset > bytes->len) {
		sim_bytes_resize(bytes, offset);
	}
	make_room(bytes, offset + len);
	memcpy(bytes->data + offset, data, len);
	if (offset + len > bytes->len) {
		bytes->len = offset + len;
	}
}

static void bytes_free(struct sim_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct sim_bytes){ 0 };
}

/* --- nodes --- */

struct sim_node *sim_node_new(struct sim_disk *disk, bool folder)
{
	struct sim_node *node = grown(NULL, sizeof(*node));

	*node = (struct sim_node){ .disk = disk,
				   .refs = 1,
				   .folder = folder,
				   .inode = ++last_inode,
				   .changed = ++last_change };
	return node;
}

void sim_node_ref(struct sim_node *node)
{
	node->refs++;
}

void sim_node_unref(struct sim_node *node)
{
	if (node == NULL || --node->refs > 0) {
		return;
	}
	bytes_free(&node->now);
	bytes_free(&node->kept);
	bytes_free(&node->pool);
	free(node->writes);
	free(node);
}

static struct sim_write *add_write(struct sim_node *node)
{
	if (node->n_writes == node->room) {
		node->room = node->room * 2 + 16;
		node->writes = grown(node->writes, node->room * sizeof(node->writes[0]));
	}
	node->changed = ++last_change;
	return &node->writes[node->n_writes++];
}

void sim_node_write(struct sim_node *node, uint64_t offset, const uint8_t *bytes,
		    size_t len)
{
	*add_write(node) =
		(struct sim_write){ .offset = offset, .at = node->pool.len, .len = len };
	sim_bytes_write(&node->pool, node->pool.len, bytes, len);
	sim_bytes_write(&node->now, offset, bytes, len);
}

void sim_node_truncate(struct sim_node *node, uint64_t size)
{
	if (size == node->now.len) {
		return;
	}
	*add_write(node) = (struct sim_write){ .truncate = true, .offset = size };
	sim_bytes_resize(&node->now, size);
}

uint64_t sim_used(const struct sim_disk *disk)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < disk->now.count; i++) {
		sum += disk->now.name[i].node->now.len;
	}
	return sum;
}

size_t sim_fits(const struct sim_node *node, uint64_t offset, size_t len)
{
	const struct sim_disk *disk = node->disk;
	uint64_t end = offset + len;

	if (disk->traits.limit == 0 || end <= node->now.len) {
		return len;
	}

	uint64_t others = sim_used(disk) - node->now.len;
	uint64_t most = disk->traits.limit > others ? disk->traits.limit - others : 0;

	most = most > node->now.len ? most : node->now.len;
	if (end <= most) {
		return len;
	}
	return most > offset ? (size_t)(most - offset) : 0;
}

/* --- names --- */

static struct sim_name *find_name(const struct sim_names *names, const char *path)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->name[i].path, path) == 0) {
			return &names->name[i];
		}
	}
	return NULL;
}

struct sim_node *sim_lookup(const struct sim_names *names, const char *path)
{
	struct sim_name *name = find_name(names, path);

	return name ? name->node : NULL;
}

static void name_put(struct sim_names *names, const char *path, struct sim_node *node)
{
	struct sim_name *name = find_name(names, path);

	sim_node_ref(node);
	if (name) {
		sim_node_unref(name->node);
		name->node = node;
		return;
	}
	if (names->count == names->room) {
		names->room = names->room * 2 + 8;
		names->name = grown(names->name, names->room * sizeof(names->name[0]));
	}
	name = &names->name[names->count++];
	name->path = grown(NULL, strlen(path) + 1);
	strcpy(name->path, path);
	name->node = node;
}

/* Take PATH away if it names NODE; the order of the others stays. */
static void name_drop(struct sim_names *names, const char *path,
		      const struct sim_node *node)
{
	struct sim_name *name = find_name(names, path);

	if (name == NULL || name->node != node) {
		return;
	}

	size_t at = (size_t)(name - names->name);

	free(name->path);
	sim_node_unref(name->node);
	names->count--;
	memmove(name, name + 1, (names->count - at) * sizeof(*name));
}

static void names_free(struct sim_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		free(names->name[i].path);
		sim_node_unref(names->name[i].node);
	}
	free(names->name);
	*names = (struct sim_names){ 0 };
}

static void change_names(struct sim_names *names, const struct sim_change *change)
{
	if (change->from) {
		name_drop(names, change->from, change->node);
	}
	if (change->to) {
		name_put(names, change->to, change->node);
	}
}

static void change_free(struct sim_change *change)
{
	free(change->from);
	free(change->to);
	sim_node_unref(change->node);
	sim_node_unref(change->folder);
}

struct sim_node *sim_folder_of(const struct sim_disk *disk, const char *path)
{
	char folder[SIM_PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	memcpy(folder, path, len);
	folder[len] = '\0';

	struct sim_node *node = sim_lookup(&disk->now, folder);

	return node && node->folder ? node : NULL;
}

void sim_change(struct sim_disk *disk, const char *from, const char *to,
		struct sim_node *node)
{
	struct sim_change change = { .folder = sim_folder_of(disk, to ? to : from),
				     .node = node,
				     .from = from ? strdup(from) : NULL,
				     .to = to ? strdup(to) : NULL };

	sim_node_ref(change.folder);
	sim_node_ref(node);
	node->changed = ++last_change;
	if (disk->n_changes == disk->room) {
		disk->room = disk->room * 2 + 8;
		disk->changes =
			grown(disk->changes, disk->room * sizeof(disk->changes[0]));
	}
	disk->changes[disk->n_changes++] = change;
	change_names(&disk->now, &change);
}

static void sync_names(struct sim_node *folder)
{
	struct sim_disk *disk = folder->disk;
	size_t left = 0;

	for (size_t i = 0; i < disk->n_changes; i++) {
		if (disk->changes[i].folder != folder) {
			disk->changes[left++] = disk->changes[i];
			continue;
		}
		change_names(&disk->kept, &disk->changes[i]);
		change_free(&disk->changes[i]);
	}
	disk->n_changes = left;
}

void sim_sync(struct sim_node *node)
{
	if (node->folder) {
		sync_names(node);
		return;
	}
	for (size_t i = 0; i < node->n_writes; i++) {
		const struct sim_write *write = &node->writes[i];

		if (write->truncate) {
			sim_bytes_resize(&node->kept, write->offset);
		} else {
			sim_bytes_write(&node->kept, write->offset,
					node->pool.data + write->at, write->len);
		}
	}
	node->n_writes = 0;
	node->pool.len = 0;
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
		change_free(&disk->changes[i]);
	}
	disk->n_changes = 0;
	names_free(&disk->now);
	names_free(&disk->kept);
	disk->life++;
}

static void add_root(struct sim_disk *disk)
{
	struct sim_node *root = sim_node_new(disk, true);

	name_put(&disk->now, "", root);
	name_put(&disk->kept, "", root);
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
		disk = grown(NULL, sizeof(*disk));
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
	last_inode = 0;
	last_change = 0;
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
	name_put(&disk->now, path, node);
	name_put(&disk->kept, path, node);
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
		name_put(out, disk->kept.name[i].path, disk->kept.name[i].node);
	}
	for (size_t i = 0; i < disk->n_changes; i++) {
		const struct sim_change *change = &disk->changes[i];
		bool stays = way == 1 || (way == 2 && i < most) ||
			     (way == 3 && sim_draw(draws) % 2 == 0);

		cut->names++;
		if (stays) {
			change_names(out, change);
		} else {
			cut->names_lost++;
			cut->renames_lost += change->from && change->to;
		}
	}
	for (size_t i = out->count; i-- > 0;) {
		if (out->name[i].path[0] != '\0' && is_orphan(out, out->name[i].path)) {
			name_drop(out, out->name[i].path, out->name[i].node);
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
	content = grown(NULL, (names.count + 1) * sizeof(*content));
	for (size_t i = 0; i < names.count; i++) {
		content[i] = (struct sim_bytes){ 0 };
		sim_fate(names.name[i].node, &seed, &content[i], cut);
	}
	empty(to);
	for (size_t i = 0; i < names.count; i++) {
		install(to, names.name[i].path, names.name[i].node, &content[i]);
	}
	free(content);
	names_free(&names);
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
			like.inode = ++last_inode;
			like.changed = ++last_change;
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

void sim_disk_number(uint64_t first)
{
	last_inode = first;
	last_change = first;
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
	entry = find_name(&disk->now, rest);
	return entry ? hash_of(entry) : 0;
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
