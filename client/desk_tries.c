/*
 * client/desk_tries.c - tries at the PIN of a desk, counted on the disk.
 *
 * One small file: how many since the PIN was right, and when the last one was, by the time
 * since the machine was started, which nobody sets. After another start the wait runs from
 * that. So neither kill -9 nor a clock nor a restart gives a try for nothing.
 *
 * A file that is damaged counts as ten tries. Who may write this folder can take the file
 * away, and who has a copy of the folder tries without it: against them are the card, and
 * what a try costs (docs/decisions/0033-a-locked-desk.md).
 */
#include "client/desk_tries.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/mp.h"
#include "common/cli/out.h"

#define FILE_NAME   "desk-tries"
#define FILE_MAX    256
#define PATH_SIZE   4096
#define TITLE       "packhorse desk tries 1"
#define DAMAGED     10 /* tries that such a file counts as */
#define WAIT_MS     30000
#define WAIT_MAX_MS 3600000
#define DOUBLINGS   7 /* until it is the longest */

struct tries {
	uint64_t count;
	uint64_t mono_ms; /* of the last one */
	uint8_t boot[8];
};

static int encode(const struct tries *tries, struct ph_buf *bytes)
{
	struct ph_mpw writer;

	ph_mpw_init(&writer, bytes);
	ph_mpw_array(&writer, 4);
	ph_mpw_str(&writer, ph_view_str(TITLE));
	ph_mpw_uint(&writer, tries->count);
	ph_mpw_bin(&writer, tries->boot, sizeof(tries->boot));
	ph_mpw_uint(&writer, tries->mono_ms);
	return ph_mpw_end(&writer);
}

static bool take_members(const msgpack_object_array *array, struct tries *tries)
{
	struct ph_view title;

	return array && ph_mp_str(ph_mp_item(array, 0), 1, FILE_MAX, &title) &&
	       ph_view_equal(title, ph_view_str(TITLE)) &&
	       ph_mp_uint(ph_mp_item(array, 1), PH_DESK_TRIES_MAX, &tries->count) &&
	       ph_mp_bin_exact(ph_mp_item(array, 2), tries->boot, sizeof(tries->boot)) &&
	       ph_mp_uint(ph_mp_item(array, 3), UINT64_MAX, &tries->mono_ms);
}

/* 0 with TRIES, or a negative errno. */
static int load(const char *path, struct tries *tries)
{
	static const struct ph_walk_limits limits = { .depth = 1, .items = 4 };
	struct ph_buf bytes = { 0 };
	struct ph_mp mp;
	int rc = ph_file_read(path, FILE_MAX, &bytes, NULL);
	bool is_good = false;

	*tries = (struct tries){ 0 };
	if (rc == 0) {
		rc = ph_mp_decode(&mp, ph_buf_view(&bytes), &limits, PH_WALK_CANONICAL);
		if (rc == 0) {
			is_good = take_members(ph_mp_array(mp.root, 4, 4), tries);
			ph_mp_deinit(&mp);
		}
		if (!is_good && rc >= 0) {
			*tries = (struct tries){ .count = DAMAGED };
		}
		rc = rc > 0 ? 0 : rc;
	} else if (rc == -EFBIG) {
		*tries = (struct tries){ .count = DAMAGED };
		rc = 0;
	}
	ph_buf_deinit(&bytes);
	return rc == -ENOENT ? 0 : rc;
}

/* What has to pass between the last try and the next. */
static uint64_t wait_of(uint64_t count)
{
	uint64_t over = count - PH_DESK_TRIES_FREE;

	if (count < PH_DESK_TRIES_FREE) {
		return 0;
	}
	return over >= DOUBLINGS ? WAIT_MAX_MS : (uint64_t)WAIT_MS << over;
}

/* What is left of it at NOW. */
static uint64_t left_of(const struct tries *tries, const struct ph_now *now)
{
	bool same = memcmp(tries->boot, now->boot, sizeof(tries->boot)) == 0;
	uint64_t from = same && tries->mono_ms <= now->mono_ms ? tries->mono_ms : 0;
	uint64_t wait = wait_of(tries->count);
	uint64_t passed = now->mono_ms - from;

	return passed < wait ? wait - passed : 0;
}

static int refuse(const struct tries *tries, const struct ph_now *now,
		  struct ph_error *err)
{
	uint64_t left = left_of(tries, now);

	if (tries->count >= PH_DESK_TRIES_MAX) {
		return ph_fail(
			err, PH_EXIT_OTHER, -EACCES,
			ph_say("the PIN was wrong %d times: this desk takes none any "
			       "more. Nothing is lost: send what waits (packhorse sync), "
			       "then ask the provincial library for an invite that "
			       "replaces this device (docs/DRILLS.md)",
			       "mã PIN sai %d lần: bàn này không nhận mã nữa. Không mất "
			       "gì: gửi nốt dữ liệu (packhorse sync), rồi xin thư viện "
			       "tỉnh giấy mời thay thiết bị này (docs/DRILLS.md)"),
			PH_DESK_TRIES_MAX);
	}
	if (left > 0) {
		return ph_fail(err, PH_EXIT_TRY_LATER, -EAGAIN,
			       ph_say("the PIN was wrong %llu times: wait %llu seconds "
				      "before the next try",
				      "mã PIN sai %llu lần: chờ %llu giây rồi thử lại"),
			       (unsigned long long)tries->count,
			       (unsigned long long)(left + 999) / 1000);
	}
	return 0;
}

int ph_desk_try_begin(const char *dir, const struct ph_now *now, struct ph_error *err)
{
	char path[PATH_SIZE];
	struct ph_buf bytes = { 0 };
	struct tries tries;
	int rc = ph_path_join(path, sizeof(path), dir, FILE_NAME, err);

	if (rc == 0) {
		rc = load(path, &tries);
		rc = rc < 0 ? ph_fail_errno(err, rc, path) : refuse(&tries, now, err);
	}
	if (rc < 0) {
		return rc;
	}
	tries.count++;
	tries.mono_ms = now->mono_ms;
	memcpy(tries.boot, now->boot, sizeof(tries.boot));
	rc = encode(&tries, &bytes);
	rc = rc < 0 ? ph_fail_errno(err, rc, path)
		    : ph_file_write(path, ph_buf_view(&bytes), 0600, err);
	ph_buf_deinit(&bytes);
	return rc;
}

int ph_desk_try_right(const char *dir, struct ph_error *err)
{
	char path[PATH_SIZE];
	int rc = ph_path_join(path, sizeof(path), dir, FILE_NAME, err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_file_remove(path);
	return rc == 0 || rc == -ENOENT ? 0 : ph_fail_errno(err, rc, path);
}
