/*
 * daemon/backup_read.c - one backup, read: hashed, opened, unpacked.
 *
 * Front to back, once. The length of each block is bounded before it is used. A block that
 * does not open was damaged or altered; the stream has to end with its last block and
 * nothing behind it, so that what is cut short is not taken for whole. Files appear in the
 * folder as they come; it is the caller who throws them away when this fails.
 */
#include "daemon/backup_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/cli/out.h"

struct reading {
	const struct ph_file_ops *ops;
	const struct ph_backup_read *how;
	struct ph_backup_found *found;
	const char *path;
	struct ph_error *err;
	int fd, out;   /* -1: none */
	uint64_t left; /* of the file under way */
	unsigned files;
	bool opens, ended;
	crypto_secretstream_xchacha20poly1305_state stream;
	crypto_generichash_state hash;
	uint8_t block[PH_BACKUP_BLOCK_MAX];
	uint8_t plain[PH_BACKUP_PLAIN_MAX];
	char out_path[PH_BACKUP_PATH_MAX];
};

static int damaged(const struct reading *r, const char *how)
{
	return ph_fail(
		r->err, PH_EXIT_DAMAGED, -EUCLEAN,
		ph_say("%s is not a whole backup: %s. Use an older one, or another copy "
		       "of this one",
		       "%s không phải là bản sao lưu trọn vẹn: %s. Hãy dùng bản cũ hơn, "
		       "hoặc bản chép khác của bản này"),
		r->path, how);
}

/* Exactly LEN bytes; damaged if there are fewer. */
static int take(struct reading *r, void *out, size_t len)
{
	uint8_t *at = out;

	while (len > 0) {
		int64_t n = r->ops->read(r->fd, at, len);

		if (n < 0) {
			return ph_fail_errno(r->err, (int)n, r->path);
		}
		if (n == 0) {
			return damaged(r, ph_say("it ends too soon", "tệp hết quá sớm"));
		}
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int take_hashed(struct reading *r, void *out, size_t len)
{
	int rc = take(r, out, len);

	if (rc == 0) {
		crypto_generichash_update(&r->hash, out, len);
		r->found->size += len;
	}
	return rc;
}

/* --- its head --- */

static int open_stream(struct reading *r, const struct ph_backup_head *head)
{
	uint8_t key[PH_BACKUP_KEY_SIZE];
	uint8_t name[PH_RECOVERY_NAME_SIZE];
	int rc = 0;

	if (r->how->key) {
		memcpy(key, r->how->key, sizeof(key));
	} else {
		const struct ph_box_pair *box = &r->how->recovery->box;

		ph_recovery_name(box->key, name);
		if (memcmp(name, head->recovery, sizeof(name)) != 0) {
			return ph_fail(
				r->err, PH_EXIT_OTHER, -EACCES,
				ph_say("%s was made for another recovery key than this: "
				       "look for the one that was in use when it was "
				       "made",
				       "%s được làm cho khoá phục hồi khác: hãy tìm khoá "
				       "dùng lúc làm bản sao đó"),
				r->path);
		}
		if (crypto_box_seal_open(key, head->sealed, sizeof(head->sealed),
					 box->key, box->secret) != 0) {
			rc = damaged(
				r, ph_say("its head was altered", "phần đầu đã bị sửa"));
		}
	}
	if (rc == 0 && crypto_secretstream_xchacha20poly1305_init_pull(
			       &r->stream, head->stream, key) != 0) {
		rc = damaged(r, ph_say("its head was altered", "phần đầu đã bị sửa"));
	}
	sodium_memzero(key, sizeof(key));
	return rc;
}

static int read_head(struct reading *r)
{
	struct ph_backup_head head;
	int rc = take_hashed(r, &head, sizeof(head));

	if (rc < 0) {
		return rc;
	}
	if (memcmp(head.magic, PH_BACKUP_MAGIC, sizeof(head.magic)) != 0) {
		return damaged(
			r, memcmp(head.magic, PH_BACKUP_MAGIC, 8) == 0
				   ? ph_say("it was made by another version of Packhorse",
					    "do phiên bản Packhorse khác làm")
				   : ph_say("it does not begin like one",
					    "phần đầu không giống bản sao lưu"));
	}
	memcpy(r->found->recovery, head.recovery, sizeof(head.recovery));
	return r->opens ? open_stream(r, &head) : 0;
}

/* --- files --- */

static int end_file(struct reading *r)
{
	int rc = 0;

	if (r->out >= 0) {
		rc = r->left > 0 ? damaged(r, ph_say("a file in it ends too soon",
						     "một tệp trong đó hết quá sớm"))
				 : r->ops->sync(r->out);
		r->ops->close(r->out);
		r->out = -1;
	}
	return rc < 0 ? ph_fail_errno(r->err, rc, r->out_path) : 0;
}

static int make_parent(struct reading *r, const char *name)
{
	char folder[PH_BACKUP_NAME_MAX + 1];
	char path[PH_BACKUP_PATH_MAX];
	const char *slash = strchr(name, '/');
	int rc;

	if (!slash) {
		return 0;
	}
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - name), name);
	rc = ph_path_join(path, sizeof(path), r->how->into, folder, r->err);
	return rc < 0 ? rc : ph_dir_create(path, r->err);
}

static int begin_file(struct reading *r, const uint8_t *bytes, size_t len)
{
	char name[PH_BACKUP_NAME_MAX + 1];
	int rc = end_file(r);

	if (rc < 0) {
		return rc;
	}
	if (len < 8 || len - 8 > PH_BACKUP_NAME_MAX || memchr(bytes + 8, 0, len - 8) ||
	    ++r->files > PH_BACKUP_FILES_MAX) {
		return damaged(r, ph_say("what it says of its files makes no sense",
					 "những gì ghi về các tệp không có nghĩa"));
	}
	memcpy(name, bytes + 8, len - 8);
	name[len - 8] = '\0';
	r->left = ph_be64_get(bytes);
	if (!ph_backup_name_ok(name)) {
		return damaged(
			r, ph_say("a file in it has a name that no hub gives",
				  "một tệp trong đó mang tên mà không máy chủ nào đặt"));
	}
	rc = make_parent(r, name);
	rc = rc < 0 ? rc
		    : ph_path_join(r->out_path, sizeof(r->out_path), r->how->into, name,
				   r->err);
	if (rc == 0) {
		r->out = r->ops->open(r->out_path, O_WRONLY | O_CREAT | O_EXCL, 0600);
		rc = r->out < 0 ? ph_fail_errno(r->err, r->out, r->out_path) : 0;
	}
	return rc;
}

static int put_data(struct reading *r, const uint8_t *bytes, size_t len)
{
	int rc;

	if (r->out < 0 || len > r->left) {
		return damaged(r, ph_say("a file in it is longer than it says",
					 "một tệp trong đó dài hơn đã ghi"));
	}
	r->left -= len;
	rc = ph_file_put(r->out, PH_VIEW(bytes, len));
	return rc < 0 ? ph_fail_errno(r->err, rc, r->out_path) : 0;
}

static int open_block(struct reading *r, size_t len)
{
	unsigned long long n = 0;
	uint8_t tag = 0;

	if (r->ended ||
	    crypto_secretstream_xchacha20poly1305_pull(&r->stream, r->plain, &n, &tag,
						       r->block, len, NULL, 0) != 0 ||
	    n < 1) {
		return damaged(r, ph_say("bytes in it were damaged or altered",
					 "có byte bị hỏng hoặc bị sửa"));
	}
	r->ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
	if (r->ended != (r->plain[0] == PH_BACKUP_END)) {
		return damaged(r, ph_say("its parts are not in order",
					 "các phần không đúng thứ tự"));
	}
	switch (r->plain[0]) {
	case PH_BACKUP_FILE:
		return begin_file(r, r->plain + 1, (size_t)n - 1);
	case PH_BACKUP_DATA:
		return put_data(r, r->plain + 1, (size_t)n - 1);
	case PH_BACKUP_END:
		return end_file(r);
	default:
		return damaged(r, ph_say("it holds what this version does not know",
					 "có nội dung mà phiên bản này không biết"));
	}
}

static int read_blocks(struct reading *r)
{
	int rc = 0;

	while (rc == 0) {
		uint8_t length[4];
		uint32_t len;

		rc = take_hashed(r, length, sizeof(length));
		len = rc == 0 ? ph_be32_get(length) : 0;
		if (rc < 0 || len == 0) {
			break;
		}
		if (len <= PH_BACKUP_ABYTES || len > PH_BACKUP_BLOCK_MAX) {
			return damaged(r, ph_say("bytes in it were damaged or altered",
						 "có byte bị hỏng hoặc bị sửa"));
		}
		rc = take_hashed(r, r->block, len);
		rc = rc == 0 && r->opens ? open_block(r, len) : rc;
	}
	return rc == 0 && r->opens && !r->ended
		       ? damaged(r, ph_say("it ends too soon", "tệp hết quá sớm"))
		       : rc;
}

/* --- its end --- */

static int read_manifest(struct reading *r)
{
	uint8_t length[4];
	uint8_t byte;
	uint32_t len;
	int rc = take(r, length, sizeof(length));

	if (rc < 0) {
		return rc;
	}
	len = ph_be32_get(length);
	if (len == 0 || len > PH_BACKUP_MANIFEST_MAX) {
		return damaged(r, ph_say("what is signed at its end makes no sense",
					 "phần đã ký ở cuối không có nghĩa"));
	}
	rc = ph_buf_reserve(&r->found->manifest, len);
	rc = rc < 0 ? ph_fail_errno(r->err, rc, r->path)
		    : take(r, r->found->manifest.data, len);
	if (rc == 0) {
		int64_t n = r->ops->read(r->fd, &byte, 1);

		r->found->manifest.len = len;
		if (n < 0) {
			rc = ph_fail_errno(r->err, (int)n, r->path);
		} else if (n > 0) {
			rc = damaged(r, ph_say("something stands behind its end",
					       "còn gì đó sau phần cuối"));
		}
	}
	return rc;
}

int ph_backup_read(const char *path, const struct ph_backup_read *how,
		   struct ph_backup_found *found_out, struct ph_error *err)
{
	struct reading *r = ph_secret_new(sizeof(*r)); /* keys pass through it */
	int rc;

	memset(found_out, 0, sizeof(*found_out));
	if (!r) {
		return ph_fail_errno(err, -ENOMEM, path);
	}
	r->ops = ph_file_ops_used();
	r->how = how;
	r->found = found_out;
	r->path = path;
	r->err = err;
	r->out = -1;
	r->opens = how->key || how->recovery;
	crypto_generichash_init(&r->hash, NULL, 0, sizeof(found_out->hash));
	r->fd = r->ops->open(path, O_RDONLY, 0);
	rc = r->fd < 0 ? ph_fail_errno(err, r->fd, path) : read_head(r);
	rc = rc < 0 ? rc : read_blocks(r);
	if (rc == 0) {
		crypto_generichash_final(&r->hash, found_out->hash,
					 sizeof(found_out->hash));
	}
	if (rc == 0 && !how->unsigned_yet) {
		rc = read_manifest(r);
	}
	if (r->out >= 0) {
		r->ops->close(r->out);
	}
	if (r->fd >= 0) {
		r->ops->close(r->fd);
	}
	ph_secret_free(r);
	if (rc < 0) {
		ph_backup_found_deinit(found_out);
	}
	return rc;
}

void ph_backup_found_deinit(struct ph_backup_found *found)
{
	ph_buf_deinit(&found->manifest);
}
