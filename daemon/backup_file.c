/*
 * daemon/backup_file.c - one backup, written.
 *
 * Head (magic, name of the recovery key, the stream's key sealed to it, the stream's
 * header), then blocks of the stream, each with its length before it, then a length of
 * zero; all of this is hashed. What is signed stands behind it (backup_manifest.c).
 *
 * Failures: the first one ends it; the file is its maker's to remove. Everything that held
 * the key or plain bytes is wiped; the latter, the hub's keys among them, are in locked memory.
 */
#include "daemon/backup_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/base/secret.h"

struct ph_backup_writer {
	int fd; /* -1: closed */
	const struct ph_file_ops *ops;
	crypto_secretstream_xchacha20poly1305_state stream;
	crypto_generichash_state hash;
	uint8_t plain[PH_BACKUP_PLAIN_MAX];
	uint8_t block[4 + PH_BACKUP_BLOCK_MAX];
	char path[PH_BACKUP_PATH_MAX];
};

static int put(struct ph_backup_writer *writer, const void *data, size_t len)
{
	crypto_generichash_update(&writer->hash, data, len);
	return ph_file_put(writer->fd, PH_VIEW(data, len));
}

static int write_head(struct ph_backup_writer *writer,
		      const uint8_t recovery[static PH_KEY_SIZE],
		      const uint8_t key[static PH_BACKUP_KEY_SIZE])
{
	struct ph_backup_head head;

	memcpy(head.magic, PH_BACKUP_MAGIC, sizeof(head.magic));
	ph_recovery_name(recovery, head.recovery);
	if (crypto_box_seal(head.sealed, key, PH_BACKUP_KEY_SIZE, recovery) != 0) {
		return -EINVAL;
	}
	crypto_secretstream_xchacha20poly1305_init_push(&writer->stream, head.stream,
							key);
	return put(writer, &head, sizeof(head));
}

int ph_backup_writer_new(struct ph_backup_writer **writer_out, const char *path,
			 const uint8_t recovery[static PH_KEY_SIZE],
			 uint8_t key_out[static PH_BACKUP_KEY_SIZE], struct ph_error *err)
{
	/* keys pass through it */
	struct ph_backup_writer *writer = ph_secret_new(sizeof(*writer));
	int rc;

	if (!writer) {
		return ph_fail_errno(err, -ENOMEM, path);
	}
	writer->ops = ph_file_ops_used();
	writer->fd = -1;
	snprintf(writer->path, sizeof(writer->path), "%s", path);
	crypto_generichash_init(&writer->hash, NULL, 0, 32);
	rc = ph_file_write_new(path, PH_VIEW(NULL, 0), 0600);
	if (rc == 0) {
		writer->fd = writer->ops->open(path, O_WRONLY | O_NOFOLLOW, 0);
		rc = writer->fd < 0 ? writer->fd : 0;
	}
	if (rc == 0) {
		crypto_secretstream_xchacha20poly1305_keygen(key_out);
		rc = write_head(writer, recovery, key_out);
	}
	if (rc < 0) {
		ph_fail_errno(err, rc, path);
		ph_backup_writer_free(writer);
		return rc;
	}
	*writer_out = writer;
	return 0;
}

/* One block of TYPE with the LEN bytes that stand in plain + 1. */
static int put_block(struct ph_backup_writer *writer, enum ph_backup_block type,
		     size_t len)
{
	unsigned long long n;
	uint8_t tag = type == PH_BACKUP_END
			      ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
			      : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;

	writer->plain[0] = (uint8_t)type;
	crypto_secretstream_xchacha20poly1305_push(&writer->stream, writer->block + 4, &n,
						   writer->plain, 1 + len, NULL, 0, tag);
	ph_be32_put(writer->block, (uint32_t)n);
	return put(writer, writer->block, 4 + (size_t)n);
}

static int put_content(struct ph_backup_writer *writer, int fd, uint64_t size)
{
	while (size > 0) {
		size_t want =
			size < PH_BACKUP_DATA_MAX ? (size_t)size : PH_BACKUP_DATA_MAX;
		int64_t n = writer->ops->read(fd, writer->plain + 1, want);
		int rc;

		if (n <= 0) {
			return n < 0 ? (int)n : -EUCLEAN; /* it became shorter */
		}
		rc = put_block(writer, PH_BACKUP_DATA, (size_t)n);
		if (rc < 0) {
			return rc;
		}
		size -= (uint64_t)n;
	}
	return 0;
}

int ph_backup_writer_add(struct ph_backup_writer *writer, const char *name,
			 const char *path, struct ph_error *err)
{
	struct ph_file_info info;
	size_t len = strlen(name);
	int fd = -1;
	int rc = ph_backup_name_ok(name) ? ph_file_info(path, &info) : -EINVAL;

	if (rc == 0) {
		fd = writer->ops->open(path, O_RDONLY, 0);
		rc = fd < 0 ? fd : 0;
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc, path);
	}
	ph_be64_put(writer->plain + 1, info.size);
	memcpy(writer->plain + 1 + 8, name, len);
	rc = put_block(writer, PH_BACKUP_FILE, 8 + len);
	rc = rc < 0 ? rc : put_content(writer, fd, info.size);
	writer->ops->close(fd);
	return rc < 0 ? ph_fail_errno(err, rc, writer->path) : 0;
}

int ph_backup_writer_end(struct ph_backup_writer *writer, struct ph_error *err)
{
	static const uint8_t end[4];
	int rc = put_block(writer, PH_BACKUP_END, 0);

	rc = rc < 0 ? rc : put(writer, end, sizeof(end));
	if (rc == 0) {
		rc = writer->ops->sync(writer->fd);
	}
	if (rc == 0) {
		/* it is to be read from the disk, not from memory */
		(void)writer->ops->forget(writer->fd);
		rc = writer->ops->close(writer->fd);
		writer->fd = -1;
	}
	return rc < 0 ? ph_fail_errno(err, rc, writer->path) : 0;
}

void ph_backup_writer_free(struct ph_backup_writer *writer)
{
	if (!writer) {
		return;
	}
	if (writer->fd >= 0) {
		writer->ops->close(writer->fd);
	}
	ph_secret_free(writer);
}

int ph_backup_finish(const char *path, struct ph_view manifest, struct ph_error *err)
{
	const struct ph_file_ops *ops = ph_file_ops_used();
	struct ph_buf tail = { 0 };
	uint8_t length[4];
	int fd = -1;
	int rc;

	ph_be32_put(length, (uint32_t)manifest.len);
	rc = ph_buf_put(&tail, length, sizeof(length));
	rc = rc < 0 ? rc : ph_buf_put_view(&tail, manifest);
	if (rc == 0) {
		fd = ops->open(path, O_WRONLY | O_APPEND | O_NOFOLLOW, 0);
		rc = fd < 0 ? fd : 0;
	}
	rc = rc < 0 ? rc : ph_file_put(fd, ph_buf_view(&tail));
	rc = rc < 0 ? rc : ops->sync(fd);
	if (fd >= 0) {
		(void)ops->forget(fd);
		ops->close(fd);
	}
	ph_buf_deinit(&tail);
	return rc < 0 ? ph_fail_errno(err, rc, path) : 0;
}
