/*
 * client/place.c - which folder on which machine this is.
 *
 * The hash of what names the machine (systemd's machine id, a Raspberry Pi's serial
 * number), the disk (its serial number), and the file on it (inode, and the time of its
 * last change, which no copying brings along). What a system does not have counts as
 * empty. It stays here and is compared with itself: it names nobody to anybody else.
 *
 * Only a file that is not there, or closed to us, is an error.
 */
#include "client/place.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <sodium.h>

#include "common/base/file.h"

#define PATH_ROOM 512
#define TEXT_MAX  4096

/* Its text, or nothing; each with its length, so that none can stand for two. */
static void add_file(crypto_generichash_state *state, const char *path)
{
	struct ph_buf text = { 0 };
	uint8_t len[8];

	if (ph_file_read(path, TEXT_MAX, &text, NULL) != 0) {
		text.len = 0;
	}
	ph_be64_put(len, text.len);
	crypto_generichash_update(state, len, sizeof(len));
	crypto_generichash_update(state, text.data, text.len);
	ph_buf_deinit(&text);
}

static void add_machine(crypto_generichash_state *state, const char *root)
{
	static const char *const files[] = {
		"/etc/machine-id",
		"/sys/firmware/devicetree/base/serial-number",
	};
	char path[PATH_ROOM];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, files[i]);
		add_file(state, path);
	}
}

/* Of the disk, or of the disk that this is a part of. */
static void add_disk(crypto_generichash_state *state, const char *root, uint64_t device)
{
	static const char *const names[] = { "wwid", "device/wwid", "device/serial",
					     "device/cid", "dm/uuid" };
	static const char *const disks[] = { "", "../" };
	char path[PATH_ROOM];

	for (size_t d = 0; d < 2; d++) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			snprintf(path, sizeof(path), "%s/sys/dev/block/%u:%u/%s%s", root,
				 major(device), minor(device), disks[d], names[i]);
			add_file(state, path);
		}
	}
}

static const char *used = "";

void ph_place_use(const char *root)
{
	used = root ? root : "";
}

const char *ph_place_root(void)
{
	return used;
}

int ph_place_machine(const char *path, uint8_t out[static PH_PLACE_SIZE],
		     struct ph_error *err)
{
	crypto_generichash_state state;
	struct ph_file_info file;
	int rc = ph_file_info(path, &file);

	if (rc < 0) {
		return ph_fail_errno(err, rc, path);
	}
	crypto_generichash_init(&state, NULL, 0, PH_PLACE_SIZE);
	add_machine(&state, used);
	add_disk(&state, used, file.device);
	crypto_generichash_final(&state, out, PH_PLACE_SIZE);
	return 0;
}

int ph_place(const char *root, const char *path, uint8_t out[static PH_PLACE_SIZE],
	     struct ph_error *err)
{
	crypto_generichash_state state;
	uint8_t numbers[24];
	struct ph_file_info file;
	int rc = ph_file_info(path, &file);

	if (rc < 0) {
		return ph_fail_errno(err, rc, path);
	}
	ph_be64_put(numbers, file.inode);
	ph_be64_put(numbers + 8, (uint64_t)file.changed_s);
	ph_be64_put(numbers + 16, (uint64_t)file.changed_ns);
	crypto_generichash_init(&state, NULL, 0, PH_PLACE_SIZE);
	add_machine(&state, root);
	add_disk(&state, root, file.device);
	crypto_generichash_update(&state, numbers, sizeof(numbers));
	crypto_generichash_final(&state, out, PH_PLACE_SIZE);
	return 0;
}
