/* common/base/file.h - the few file operations that must survive a power cut. */
#ifndef PH_BASE_FILE_H
#define PH_BASE_FILE_H

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/fileops.h"

/*
 * Use OTHER for every file of this process from now on; NULL: the system's again. Not
 * while anything is open. Borrowed. For tests: what SQLite opens is not concerned.
 */
void ph_file_use(const struct ph_file_ops *other);
/* Those in use, for files that are too large to be read or written at once. */
const struct ph_file_ops *ph_file_ops_used(void);

/*
 * Read a whole file of at most MAX bytes, appended to OUT. 0 or a negative errno
 * (-EFBIG over MAX).
 */
int ph_file_read(const char *path, size_t max, struct ph_buf *out, struct ph_error *err);
/*
 * Write PATH so that a reader, or a machine that lost power, sees the old file
 * or the new one: PATH.part, fsync, rename, fsync of the folder. Mode MODE.
 */
int ph_file_write(const char *path, struct ph_view bytes, unsigned mode,
		  struct ph_error *err);
/*
 * Make PATH with BYTES, on the disk when this returns 0, and not in memory any more. What
 * was at PATH is gone first. For a caller that renames it; its name may not last. On
 * failure nothing is left there if that can be helped. 0 or a negative errno.
 */
int ph_file_write_new(const char *path, struct ph_view bytes, unsigned mode);
/* The same with TIMES times PIECE. */
int ph_file_fill(const char *path, struct ph_view piece, size_t times, unsigned mode);
/*
 * For folders that anybody may have filled: read a plain file of at most MAX bytes, or at
 * most the first LEN bytes of one, appended to OUT. No link is followed and nothing waited
 * for. 0; -ENOTSUP: there is something, and it is no plain file; -EFBIG; or another
 * negative errno.
 */
int ph_file_read_plain(const char *path, size_t max, struct ph_buf *out);
int ph_file_read_front(const char *path, size_t len, struct ph_buf *out);
/*
 * Rename within one folder, and make that last. What was at TO is gone. 0 or a
 * negative errno.
 */
int ph_file_rename(const char *from, const char *to, struct ph_error *err);
/*
 * Overwrite what is in PATH where it lies, first with zeros and then with BYTES; it stays the
 * same file, and all is on the disk when this returns 0. A cut leaves it anyhow. What the disk
 * itself keeps elsewhere (flash, a file system that copies) is not reached. 0 or a negative
 * errno.
 */
int ph_file_replace(const char *path, struct ph_view bytes);
/* Write all of BYTES to FD, which ph_file_ops_used() opened. 0 or a negative errno. */
int ph_file_put(int fd, struct ph_view bytes);
/*
 * Bring to the disk what is in a file, whoever wrote it, and its name. 0 or a negative
 * errno.
 */
int ph_file_sync(const char *path, struct ph_error *err);
/*
 * Create a folder 0700 if absent. Its parent is fsynced, also if it was there: who made it may
 * have ended before that. 0, or a negative errno with words.
 */
int ph_dir_create(const char *path, struct ph_error *err);
/* The same with another mode, of which the umask takes its part. */
int ph_dir_create_as(const char *path, unsigned mode, struct ph_error *err);
/* Make last what was created, renamed or removed in the folder PATH. 0 or a negative errno. */
int ph_dir_sync(const char *path);
/* The names in a folder but "." and "..". What SEEN returned if not 0, or negative errno. */
int ph_dir_list(const char *path, ph_file_seen *seen, void *data);
/*
 * That nothing is in a folder but names that MAY_STAY. 0; -ENOTEMPTY with PH_EXIT_OTHER and
 * a text that names one and ends with ADVICE; or what ph_dir_list() returned, without a text.
 */
int ph_dir_check_empty(const char *path, bool (*may_stay)(const char *name),
		       const char *advice, struct ph_error *err);
/* Bytes that may still be written to the disk of PATH. 0 or negative errno. */
int ph_dir_room(const char *path, uint64_t *bytes_out);
/* 0, or a negative errno: -ENOENT when there is nothing. */
int ph_file_info(const char *path, struct ph_file_info *info_out);
/* The same of what is there itself: a link is not followed. */
int ph_file_look(const char *path, struct ph_file_info *info_out);
bool ph_file_exists(const char *path);
/* Remove a file; it may be back after a power cut. 0 or negative errno. */
int ph_file_remove(const char *path);
/* Make PATH, 0600 and empty, if there is none. 0 or a negative errno. Nothing is synced. */
int ph_file_touch(const char *path);
/* DIR/NAME into OUT. 0 or -ENAMETOOLONG. */
int ph_path_join(char *out, size_t out_size, const char *dir, const char *name,
		 struct ph_error *err);

#endif
