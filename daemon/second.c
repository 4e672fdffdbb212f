/*
 * daemon/second.c - the second medium.
 *
 * Opening reads the file through: what each log has, and where the last whole record ends; a
 * record that was cut by a power failure goes. From there on records are only appended. A
 * record has its length before it and a hash behind it, so that a torn one is known; whether
 * what it says is ours, its seal tells whoever restores.
 */
#include "daemon/second.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/base/file.h"
#include "common/base/mp.h"
#include "common/base/say.h"

#define LOGS_MAX   64
#define HASH_SIZE  16
#define RECORD_MAX (PH_SEGMENT_PLAIN_MAX + 1024)
#define PATH_SIZE  4096
#define PIECE      (256 * 1024) /* of a file that is written anew, in memory */

enum {
	RECORD_SEGMENT = 1,
	RECORD_PART = 2
};

struct ph_second {
	int fd;
	char path[PATH_SIZE];
	struct ph_buf pending;
	struct {
		uint8_t id[PH_LOG_ID_SIZE];
		uint64_t n;
	} log[LOGS_MAX];
	unsigned n_logs;
};

static const struct ph_walk_limits limits = { .depth = 1, .items = 8 };

int ph_second_path(const char *folder, const uint8_t root[static PH_KEY_SIZE], char *out,
		   size_t out_size, struct ph_error *err)
{
	struct ph_file_info info;
	char name[64];
	char hex[9];
	int rc = ph_file_info(folder, &info);

	if (rc < 0) {
		return ph_fail_errno(err, rc, folder);
	}
	if (!info.folder) {
		return ph_path_join(out, out_size, "", folder, err);
	}
	ph_hex(hex, root, 4);
	snprintf(name, sizeof(name), "packhorse-%s.hublog", hex);
	return ph_path_join(out, out_size, folder, name, err);
}

/* --- reading --- */

static bool read_segment(const msgpack_object_array *array, struct ph_segment *segment)
{
	return array->size == 6 &&
	       ph_mp_bin_exact(ph_mp_item(array, 1), segment->log_id, PH_LOG_ID_SIZE) &&
	       ph_mp_uint(ph_mp_item(array, 2), INT64_MAX, &segment->first) &&
	       ph_mp_uint(ph_mp_item(array, 3), INT64_MAX, &segment->last) &&
	       ph_mp_bin_exact(ph_mp_item(array, 4), segment->seal, PH_SIGNATURE_SIZE) &&
	       ph_mp_bin(ph_mp_item(array, 5), 1, PH_SEGMENT_PLAIN_MAX, &segment->body) &&
	       segment->first >= 1 && segment->last >= segment->first;
}

static bool read_part(const msgpack_object_array *array, struct ph_second_record *record)
{
	return array->size == 5 &&
	       ph_mp_bin_exact(ph_mp_item(array, 1), record->segment.log_id,
			       PH_LOG_ID_SIZE) &&
	       ph_mp_uint(ph_mp_item(array, 2), INT64_MAX, &record->segment.first) &&
	       ph_mp_bin(ph_mp_item(array, 3), 1, PH_PART_MAX, &record->cipher) &&
	       ph_mp_bin(ph_mp_item(array, 4), 0, 256, &record->seed_box);
}

/* 0; 1: it is none; what CB returned; negative errno. */
static int see_record(struct ph_view bytes,
		      int (*cb)(void *data, const struct ph_second_record *record),
		      void *data, int *rc_out)
{
	struct ph_second_record record = { 0 };
	const msgpack_object_array *array;
	uint64_t type = 0;
	struct ph_mp mp;
	bool ok;
	int rc = ph_mp_decode(&mp, bytes, &limits, PH_WALK_CANONICAL);

	*rc_out = rc < 0 ? rc : 0;
	if (rc != 0) {
		return 1;
	}
	array = ph_mp_array(mp.root, 5, 6);
	ok = array && ph_mp_uint(ph_mp_item(array, 0), RECORD_PART, &type) &&
	     type >= RECORD_SEGMENT;
	record.is_part = type == RECORD_PART;
	ok = ok && (record.is_part ? read_part(array, &record)
				   : read_segment(array, &record.segment));
	if (ok) {
		*rc_out = cb(data, &record);
	}
	ph_mp_deinit(&mp);
	return ok ? 0 : 1;
}

static bool read_exactly(const struct ph_file_ops *ops, int fd, uint8_t *out, size_t len,
			 int *rc_out)
{
	while (len > 0) {
		int64_t n = ops->read(fd, out, len);

		if (n <= 0) {
			*rc_out = (int)n;
			return false;
		}
		out += n;
		len -= (size_t)n;
	}
	return true;
}

/* Whether BYTES, with the hash at its end, is a record as it was written. */
static bool is_whole(const uint8_t *bytes, size_t len)
{
	uint8_t hash[HASH_SIZE];

	crypto_generichash(hash, sizeof(hash), bytes, len - HASH_SIZE, NULL, 0);
	return memcmp(hash, bytes + len - HASH_SIZE, HASH_SIZE) == 0;
}

int ph_second_each(const char *path,
		   int (*cb)(void *data, const struct ph_second_record *record),
		   void *data, uint64_t *whole_out)
{
	const struct ph_file_ops *ops = ph_file_ops_used();
	uint8_t *bytes = malloc(RECORD_MAX);
	int fd = bytes ? ops->open(path, O_RDONLY, 0) : -ENOMEM;
	bool more = fd >= 0;
	int rc = fd < 0 && fd != -ENOENT ? fd : 0;

	*whole_out = 0;
	while (more) {
		uint8_t length[4];
		size_t len = 0;

		more = read_exactly(ops, fd, length, sizeof(length), &rc);
		len = more ? ph_be32_get(length) : 0;
		more = more && len > HASH_SIZE && len <= RECORD_MAX &&
		       read_exactly(ops, fd, bytes, len, &rc) && is_whole(bytes, len) &&
		       see_record(PH_VIEW(bytes, len - HASH_SIZE), cb, data, &rc) == 0 &&
		       rc == 0;
		*whole_out += more ? sizeof(length) + len : 0;
	}
	if (fd >= 0) {
		ops->close(fd);
	}
	free(bytes);
	return rc;
}

/* --- what is behind --- */

static bool is_record(const uint8_t *at, size_t len)
{
	size_t n = len < 4 ? 0 : ph_be32_get(at);

	/* an array of five or six, before anything is hashed */
	return n > HASH_SIZE && n <= RECORD_MAX && n <= len - 4 &&
	       (at[4] == 0x95 || at[4] == 0x96) && is_whole(at + 4, n);
}

/* Whether TAIL, which begins with no whole record, is an append that was cut. */
static bool is_cut(const uint8_t *tail, size_t len)
{
	size_t n = len < 4 ? RECORD_MAX : ph_be32_get(tail);

	if (sodium_is_zero(tail, len)) {
		return true;
	}
	if (n <= HASH_SIZE || n > RECORD_MAX || n + 4 <= len) {
		return false;
	}
	for (size_t i = 1; i < len; i++) {
		if (is_record(tail + i, len - i)) {
			return false;
		}
	}
	return true;
}

#define TAIL_MAX (4 + RECORD_MAX) /* more than a record that was cut can be */

/* Up to LEN bytes of PATH behind the first SKIP. Their number, or negative errno. */
static int64_t read_behind(const char *path, uint64_t skip, uint8_t out[static TAIL_MAX],
			   size_t len)
{
	const struct ph_file_ops *ops = ph_file_ops_used();
	int fd = ops->open(path, O_RDONLY, 0);
	size_t have = 0;
	int64_t n = fd;

	while (n >= 0 && have < len) {
		size_t want = skip == 0         ? len - have
			      : skip < TAIL_MAX ? (size_t)skip
						: TAIL_MAX;

		n = ops->read(fd, out + have, want);
		if (n <= 0) {
			break;
		}
		if (skip > 0) {
			skip -= (uint64_t)n;
		} else {
			have += (size_t)n;
		}
	}
	if (fd >= 0) {
		ops->close(fd);
	}
	return n < 0 ? n : (int64_t)have;
}

int ph_second_left(const char *path, uint64_t whole, struct ph_second_left *left_out)
{
	struct ph_file_info info = { 0 };
	uint8_t *tail;
	int64_t n;
	int rc = ph_file_info(path, &info);

	*left_out = (struct ph_second_left){ .at = whole };
	if (rc < 0 || info.size <= whole) {
		return rc == -ENOENT ? 0 : rc;
	}
	left_out->bytes = info.size - whole;
	left_out->is_damaged = left_out->bytes > TAIL_MAX;
	if (left_out->is_damaged) {
		return 0;
	}
	tail = malloc(TAIL_MAX);
	n = tail ? read_behind(path, whole, tail, (size_t)left_out->bytes) : -ENOMEM;
	left_out->is_damaged = n > 0 && !is_cut(tail, (size_t)n);
	free(tail);
	return n < 0 ? (int)n : 0;
}

/* --- writing --- */

static int note(struct ph_second *second, const uint8_t *id, uint64_t n)
{
	unsigned i = 0;

	while (i < second->n_logs && memcmp(second->log[i].id, id, PH_LOG_ID_SIZE) != 0) {
		i++;
	}
	if (i == LOGS_MAX) {
		return -E2BIG;
	}
	if (i == second->n_logs) {
		memcpy(second->log[second->n_logs++].id, id, PH_LOG_ID_SIZE);
	}
	if (n > second->log[i].n) {
		second->log[i].n = n;
	}
	return 0;
}

static int see_own(void *data, const struct ph_second_record *record)
{
	return record->is_part ? 0
			       : note(data, record->segment.log_id, record->segment.last);
}

/* Nothing goes without a word, though the store has what was in it and appends it anew. */
static void tell_cut(const char *path, const struct ph_second_left *left)
{
	if (left->bytes == 0) {
		return;
	}
	fprintf(stderr,
		left->is_damaged
			? ph_say("hub.second %s: it is damaged at byte %llu: that and "
				 "what "
				 "follows (%llu bytes) was cut off; what the hub still "
				 "has "
				 "of it is appended anew. See whether that disk is "
				 "sound\n",
				 "hub.second %s: tệp bị hỏng ở byte %llu: đã cắt bỏ từ "
				 "đó "
				 "trở đi (%llu byte); những gì máy chủ còn giữ được ghi "
				 "lại. Hãy xem ổ đĩa đó còn tốt không\n")
			: ph_say("hub.second %s: its end was torn at byte %llu, and cut "
				 "off (%llu bytes); it is appended anew\n",
				 "hub.second %s: phần cuối dở dang ở byte %llu, đã cắt "
				 "bỏ "
				 "(%llu byte) và ghi lại\n"),
		path, (unsigned long long)left->at, (unsigned long long)left->bytes);
}

int ph_second_open(struct ph_second **second_out, const char *folder,
		   const uint8_t root[static PH_KEY_SIZE], struct ph_error *err)
{
	const struct ph_file_ops *ops = ph_file_ops_used();
	struct ph_second *second = calloc(1, sizeof(*second));
	const char *path = second ? second->path : "";
	struct ph_second_left left = { 0 };
	uint64_t whole = 0;
	int rc = second ? ph_second_path(folder, root, second->path, sizeof(second->path),
					 err)
			: -ENOMEM;

	if (rc == 0) {
		second->fd = -1;
		rc = ph_second_each(path, see_own, second, &whole);
		rc = rc < 0 ? rc : ph_second_left(path, whole, &left);
		rc = rc < 0 ? rc : ph_file_touch(path);
		rc = rc < 0 ? rc : ph_file_sync(path, err);
		second->fd = rc < 0 ? -1 : ops->open(path, O_WRONLY | O_APPEND, 0);
		rc = rc < 0 ? rc : second->fd < 0 ? second->fd : 0;
		/* what follows the last whole record never was one */
		rc = rc < 0 ? rc : ops->truncate(second->fd, whole);
		rc = rc < 0 ? ph_fail_errno(err, rc, path) : 0;
	}
	if (rc < 0) {
		ph_second_close(second);
		return rc;
	}
	tell_cut(path, &left);
	*second_out = second;
	return 0;
}

void ph_second_close(struct ph_second *second)
{
	if (!second) {
		return;
	}
	if (second->fd >= 0) {
		ph_file_ops_used()->close(second->fd);
	}
	ph_buf_deinit(&second->pending);
	free(second);
}

uint64_t ph_second_held(const struct ph_second *second,
			const uint8_t log_id[static PH_LOG_ID_SIZE])
{
	for (unsigned i = 0; i < second->n_logs; i++) {
		if (memcmp(second->log[i].id, log_id, PH_LOG_ID_SIZE) == 0) {
			return second->log[i].n;
		}
	}
	return 0;
}

static int put_record(struct ph_second *second, const struct ph_buf *record)
{
	uint8_t length[4];
	uint8_t hash[HASH_SIZE];
	int rc;

	ph_be32_put(length, (uint32_t)(record->len + HASH_SIZE));
	crypto_generichash(hash, sizeof(hash), record->data, record->len, NULL, 0);
	rc = ph_buf_put(&second->pending, length, sizeof(length));
	rc = rc < 0 ? rc : ph_buf_put_view(&second->pending, ph_buf_view(record));
	return rc < 0 ? rc : ph_buf_put(&second->pending, hash, sizeof(hash));
}

int ph_second_put_segment(struct ph_second *second, const struct ph_segment *segment)
{
	struct ph_buf record = { 0 };
	struct ph_mpw writer;
	int rc;

	ph_mpw_init(&writer, &record);
	ph_mpw_array(&writer, 6);
	ph_mpw_uint(&writer, RECORD_SEGMENT);
	ph_mpw_bin(&writer, segment->log_id, sizeof(segment->log_id));
	ph_mpw_uint(&writer, segment->first);
	ph_mpw_uint(&writer, segment->last);
	ph_mpw_bin(&writer, segment->seal, sizeof(segment->seal));
	ph_mpw_bin(&writer, segment->body.data, segment->body.len);
	rc = ph_mpw_end(&writer);
	rc = rc < 0 ? rc : put_record(second, &record);
	rc = rc < 0 ? rc : note(second, segment->log_id, segment->last);
	ph_buf_deinit(&record);
	return rc;
}

int ph_second_put_part(struct ph_second *second,
		       const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n,
		       struct ph_view cipher, struct ph_view seed_box)
{
	struct ph_buf record = { 0 };
	struct ph_mpw writer;
	int rc;

	ph_mpw_init(&writer, &record);
	ph_mpw_array(&writer, 5);
	ph_mpw_uint(&writer, RECORD_PART);
	ph_mpw_bin(&writer, log_id, PH_LOG_ID_SIZE);
	ph_mpw_uint(&writer, n);
	ph_mpw_bin(&writer, cipher.data, cipher.len);
	ph_mpw_bin(&writer, seed_box.data, seed_box.len);
	rc = ph_mpw_end(&writer);
	rc = rc < 0 ? rc : put_record(second, &record);
	ph_buf_deinit(&record);
	return rc;
}

int ph_second_sync(struct ph_second *second)
{
	int rc = 0;

	if (second->pending.len > 0) {
		rc = ph_file_put(second->fd, ph_buf_view(&second->pending));
		rc = rc < 0 ? rc : ph_file_ops_used()->sync(second->fd);
		second->pending.len = 0;
	}
	return rc;
}

/* --- writing it anew --- */

struct dropping {
	int (*gone)(void *data, const struct ph_second_record *part);
	void *data;
	uint64_t n;             /* that are gone */
	struct ph_second *copy; /* NULL: they are only counted */
};

static int put_kept(struct dropping *dropping, const struct ph_second_record *record)
{
	const struct ph_segment *segment = &record->segment;
	struct ph_second *copy = dropping->copy;
	int rc = record->is_part
			 ? ph_second_put_part(copy, segment->log_id, segment->first,
					      record->cipher, record->seed_box)
			 : ph_second_put_segment(copy, segment);

	if (rc == 0 && copy->pending.len >= PIECE) {
		rc = ph_file_put(copy->fd, ph_buf_view(&copy->pending));
		copy->pending.len = 0;
	}
	return rc;
}

static int see_kept(void *data, const struct ph_second_record *record)
{
	struct dropping *dropping = data;
	int rc = record->is_part ? dropping->gone(dropping->data, record) : 0;

	if (rc > 0) {
		dropping->n++;
		return 0;
	}
	return rc < 0 || !dropping->copy ? rc : put_kept(dropping, record);
}

/* All records of the file, and nothing behind them. */
static int walk(const struct ph_second *second, struct dropping *dropping)
{
	struct ph_file_info info = { 0 };
	uint64_t whole = 0;
	int rc = ph_second_each(second->path, see_kept, dropping, &whole);

	rc = rc < 0 ? rc : ph_file_info(second->path, &info);
	return rc < 0 ? rc : whole == info.size ? 0 : -EUCLEAN;
}

static int write_copy(const struct ph_second *second, struct dropping *dropping)
{
	struct ph_second *copy = dropping->copy;
	int rc;

	dropping->n = 0;
	(void)ph_file_remove(copy->path);
	copy->fd = ph_file_ops_used()->open(copy->path,
					    O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0600);
	rc = copy->fd < 0 ? copy->fd : walk(second, dropping);
	rc = rc < 0 ? rc : ph_second_sync(copy);
	rc = rc < 0 ? rc : ph_file_rename(copy->path, second->path, NULL);
	if (rc < 0) {
		(void)ph_file_remove(copy->path);
	}
	return rc;
}

int ph_second_drop(struct ph_second *second,
		   int (*gone)(void *data, const struct ph_second_record *part),
		   void *data)
{
	struct dropping dropping = { .gone = gone, .data = data };
	const struct ph_file_ops *ops = ph_file_ops_used();
	int rc = walk(second, &dropping);

	if (rc < 0 || dropping.n == 0) {
		return rc < 0 ? rc : ph_file_sync(second->path, NULL);
	}
	dropping.copy = calloc(1, sizeof(*dropping.copy));
	if (!dropping.copy) {
		return -ENOMEM;
	}
	dropping.copy->fd = -1;
	rc = snprintf(dropping.copy->path, PATH_SIZE, "%s.part", second->path) >=
			     PATH_SIZE
		     ? -ENAMETOOLONG
		     : write_copy(second, &dropping);
	ph_second_close(dropping.copy);
	/* also if it failed: the new one may bear the name, only not for certain */
	ops->close(second->fd);
	second->fd = ops->open(second->path, O_WRONLY | O_APPEND, 0);
	return rc < 0 ? rc : second->fd < 0 ? second->fd : 0;
}
