/*
 * tests/sim/disk_node.c - files and names of the simulated disk, as they are and as synced.
 *
 * A node keeps two contents and the writes between them, a machine two sets of names and
 * the changes between them; a sync carries these over.
 */
#include "tests/sim/disk_internal.h"

#include <stdlib.h>
#include <string.h>

static uint64_t last_inode;
static int64_t last_change;

void sim_disk_number(uint64_t first)
{
	last_inode = first;
	last_change = (int64_t)first;
}

uint64_t sim_next_inode(void)
{
	return ++last_inode;
}

int64_t sim_next_change(void)
{
	return ++last_change;
}

void *sim_memory(void *old, size_t bytes)
{
	void *new = realloc(old, bytes);

	if (new == NULL) {
		abort();
	}
	return new;
}

/* --- bytes --- */

/* Room for SIZE bytes; a file that grows gets more than it needs, once it has sim_memory. */
static void make_room(struct sim_bytes *bytes, uint64_t size)
{
	if (size > bytes->room) {
		bytes->room = bytes->room == 0 ? size : size + size / 2 + 4096;
		bytes->data = sim_memory(bytes->data, bytes->room);
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
	struct sim_node *node = sim_memory(NULL, sizeof(*node));

	*node = (struct sim_node){ .disk = disk,
				   .refs = 1,
				   .folder = folder,
				   .inode = sim_next_inode(),
				   .changed = sim_next_change() };
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
		node->writes =
			sim_memory(node->writes, node->room * sizeof(node->writes[0]));
	}
	node->changed = sim_next_change();
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

struct sim_name *sim_name_find(const struct sim_names *names, const char *path)
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
	struct sim_name *name = sim_name_find(names, path);

	return name ? name->node : NULL;
}

void sim_name_put(struct sim_names *names, const char *path, struct sim_node *node)
{
	struct sim_name *name = sim_name_find(names, path);

	sim_node_ref(node);
	if (name) {
		sim_node_unref(name->node);
		name->node = node;
		return;
	}
	if (names->count == names->room) {
		names->room = names->room * 2 + 8;
		names->name =
			sim_memory(names->name, names->room * sizeof(names->name[0]));
	}
	name = &names->name[names->count++];
	name->path = sim_memory(NULL, strlen(path) + 1);
	strcpy(name->path, path);
	name->node = node;
}

void sim_name_drop(struct sim_names *names, const char *path, const struct sim_node *node)
{
	struct sim_name *name = sim_name_find(names, path);

	if (name == NULL || name->node != node) {
		return;
	}

	size_t at = (size_t)(name - names->name);

	free(name->path);
	sim_node_unref(name->node);
	names->count--;
	memmove(name, name + 1, (names->count - at) * sizeof(*name));
}

void sim_names_free(struct sim_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		free(names->name[i].path);
		sim_node_unref(names->name[i].node);
	}
	free(names->name);
	*names = (struct sim_names){ 0 };
}

void sim_change_names(struct sim_names *names, const struct sim_change *change)
{
	if (change->from) {
		sim_name_drop(names, change->from, change->node);
	}
	if (change->to) {
		sim_name_put(names, change->to, change->node);
	}
}

void sim_change_free(struct sim_change *change)
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
	node->changed = sim_next_change();
	if (disk->n_changes == disk->room) {
		disk->room = disk->room * 2 + 8;
		disk->changes =
			sim_memory(disk->changes, disk->room * sizeof(disk->changes[0]));
	}
	disk->changes[disk->n_changes++] = change;
	sim_change_names(&disk->now, &change);
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
		sim_change_names(&disk->kept, &disk->changes[i]);
		sim_change_free(&disk->changes[i]);
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
