/* tests/unit/test_file.c - whole files, folders, and the lock between processes. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/file.h"
#include "common/base/lock.h"

static char folder[] = "/tmp/ph-file-XXXXXX";

static const char *at(const char *name)
{
	static char path[PATH_MAX];

	assert_int_equal(ph_path_join(path, sizeof(path), folder, name, NULL), 0);
	return path;
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
	char command[PATH_MAX];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static unsigned mode_of(const char *path)
{
	struct stat stat_buf;

	assert_int_equal(stat(path, &stat_buf), 0);
	return stat_buf.st_mode & 07777;
}

static void test_write_and_read(void **state)
{
	struct ph_error err = { 0 };
	struct ph_buf buf = { 0 };

	(void)state;
	assert_int_equal(ph_file_write(at("a"), ph_view_str("one"), 0600, &err), 0);
	assert_int_equal(mode_of(at("a")), 0600);
	assert_false(ph_file_exists(at("a.part")));
	assert_int_equal(ph_file_write(at("a"), ph_view_str("second"), 0644, &err), 0);
	assert_int_equal(mode_of(at("a")), 0644);
	assert_int_equal(ph_buf_put(&buf, "+", 1), 0);
	assert_int_equal(ph_file_read(at("a"), 6, &buf, &err), 0);
	assert_true(ph_view_equal(ph_buf_view(&buf), ph_view_str("+second")));
	assert_string_equal(err.text, "");

	buf.len = 0;
	assert_int_equal(ph_file_write(at("a"), PH_VIEW(NULL, 0), 0600, &err), 0);
	assert_int_equal(ph_file_read(at("a"), 0, &buf, &err), 0);
	assert_int_equal(buf.len, 0);
	ph_buf_deinit(&buf);
}

/* The mode asked for, whatever the umask, and whatever an interrupted run left. */
static void test_write_over_a_stale_part(void **state)
{
	struct ph_buf buf = { 0 };
	mode_t before = umask(0077);
	int fd = open(at("b.part"), O_WRONLY | O_CREAT, 0666);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "left behind, and longer", 23), 23);
	assert_int_equal(fchmod(fd, 0666), 0);
	assert_int_equal(ph_file_write(at("b"), ph_view_str("new"), 0640, NULL), 0);
	umask(before);
	assert_int_equal(mode_of(at("b")), 0640);
	/* whoever held the stale file open cannot write into the new one */
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_int_equal(ph_file_read(at("b"), 100, &buf, NULL), 0);
	assert_true(ph_view_equal(ph_buf_view(&buf), ph_view_str("new")));
	ph_buf_deinit(&buf);
}

static void test_read_limits(void **state)
{
	enum {
		SIZE = 40000
	};
	static uint8_t bytes[SIZE];

	(void)state;
	for (size_t i = 0; i < SIZE; i++) {
		bytes[i] = (uint8_t)(i * 31);
	}
	assert_int_equal(ph_file_write(at("big"), PH_VIEW(bytes, SIZE), 0600, NULL), 0);
	for (size_t max = SIZE - 1; max <= SIZE + 1; max++) {
		struct ph_error err = { 0 };
		struct ph_buf buf = { 0 };

		assert_int_equal(ph_buf_put(&buf, "+", 1), 0);

		int rc = ph_file_read(at("big"), max, &buf, &err);

		if (max < SIZE) {
			assert_int_equal(rc, -EFBIG);
			assert_int_equal(buf.len, 1);
			assert_non_null(strstr(err.text, "39999"));
		} else {
			assert_int_equal(rc, 0);
			assert_int_equal(buf.len, SIZE + 1);
			assert_memory_equal(buf.data + 1, bytes, SIZE);
		}
		ph_buf_deinit(&buf);
	}
}

static void test_failures(void **state)
{
	struct ph_error err = { 0 };
	struct ph_buf buf = { 0 };
	char name[PATH_MAX + 10];

	(void)state;
	assert_int_equal(ph_file_read(at("absent"), 10, &buf, &err), -ENOENT);
	assert_non_null(strstr(err.text, "absent"));
	assert_int_equal(err.exit, PH_EXIT_OTHER);
	assert_int_equal(ph_file_read(folder, 10, &buf, NULL), -EISDIR);
	assert_int_equal(buf.len, 0);
	ph_buf_deinit(&buf);
	assert_int_equal(ph_file_write(at("no/such"), ph_view_str("x"), 0600, NULL),
			 -ENOENT);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(ph_file_write(name, ph_view_str("x"), 0600, NULL),
			 -ENAMETOOLONG);

	/* a folder in the way of the rename: no .part stays behind */
	assert_int_equal(ph_dir_create(at("d"), NULL), 0);
	assert_int_equal(ph_file_write(at("d"), ph_view_str("x"), 0600, NULL), -EISDIR);
	assert_false(ph_file_exists(at("d.part")));
}

/* A write that stops midway, here at a limit on the size of files: the old file stays. */
static void test_write_fails_midway(void **state)
{
	struct ph_buf buf = { 0 };
	int status = -1;

	(void)state;
	assert_int_equal(ph_file_write(at("full"), ph_view_str("old"), 0600, NULL), 0);

	pid_t pid = fork();

	if (pid == 0) {
		static uint8_t bytes[100000];
		struct rlimit limit = { .rlim_cur = 4096, .rlim_max = 4096 };
		struct ph_error err = { 0 };

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);

		int rc = ph_file_write(at("full"), PH_VIEW(bytes, sizeof(bytes)), 0600,
				       &err);

		_exit(rc == -EFBIG && strstr(err.text, "too large") != NULL ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(ph_file_exists(at("full.part")));
	assert_int_equal(ph_file_read(at("full"), 100, &buf, NULL), 0);
	assert_true(ph_view_equal(ph_buf_view(&buf), ph_view_str("old")));
	ph_buf_deinit(&buf);
}

static void test_dir_create(void **state)
{
	struct ph_error err = { 0 };
	mode_t before = umask(0);

	(void)state;
	assert_int_equal(ph_dir_create(at("e"), &err), 0);
	umask(before);
	assert_int_equal(mode_of(at("e")), 0700);
	assert_int_equal(ph_dir_create(at("e"), &err), 0);
	assert_int_equal(ph_dir_create(at("e/"), &err), 0);
	assert_int_equal(ph_dir_create(at("f//"), &err), 0);
	assert_int_equal(ph_dir_create("/", &err), 0);
	assert_string_equal(err.text, "");
	assert_int_equal(ph_dir_create(at("no/such"), &err), -ENOENT);
	assert_int_equal(ph_file_write(at("file"), ph_view_str("x"), 0600, NULL), 0);
	assert_int_equal(ph_dir_create(at("file"), NULL), -ENOTDIR);
	assert_int_equal(ph_dir_create("", NULL), -ENOENT);

	/* a name without a folder lies in the current one */
	char back[PATH_MAX];

	assert_non_null(getcwd(back, sizeof(back)));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(ph_dir_create("g", NULL), 0);
	assert_int_equal(ph_file_write("h", ph_view_str("x"), 0600, NULL), 0);
	assert_int_equal(chdir(back), 0);
	assert_true(ph_file_exists(at("g")));
	assert_true(ph_file_exists(at("h")));
}

static void test_path_join(void **state)
{
	static const struct {
		const char *dir;
		const char *name;
		const char *path;
	} cases[] = {
		{ "a", "b", "a/b" }, { "a/", "b", "a/b" },  { "/", "b", "/b" },
		{ "", "b", "b" },    { "a/b", "", "a/b/" },
	};
	char out[8];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			ph_path_join(out, sizeof(out), cases[i].dir, cases[i].name, NULL),
			0);
		assert_string_equal(out, cases[i].path);
	}
	assert_int_equal(ph_path_join(out, 4, "a", "b", NULL), 0);
	strcpy(out, "kept");
	assert_int_equal(ph_path_join(out, 3, "a", "b", NULL), -ENAMETOOLONG);
	assert_int_equal(ph_path_join(out, 8, "abcd", "efgh", NULL), -ENAMETOOLONG);
	assert_string_equal(out, "kept");
}

/* A child that takes the lock, says so, and waits to be killed. */
static pid_t hold_in_child(const char *who)
{
	int pipe_fds[2];
	char byte = 0;

	assert_int_equal(pipe(pipe_fds), 0);

	pid_t pid = fork();

	if (pid == 0) {
		struct ph_lock lock;

		byte = ph_lock_take(&lock, folder, who, 0, NULL) == 0 ? 'y' : 'n';
		if (write(pipe_fds[1], &byte, 1) != 1) {
			_exit(1);
		}
		pause();
		_exit(0);
	}
	close(pipe_fds[1]);
	assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
	close(pipe_fds[0]);
	assert_int_equal(byte, 'y');
	return pid;
}

static void test_lock_names_its_holder(void **state)
{
	pid_t pid = hold_in_child("packhorse agent");
	struct ph_error err = { 0 };
	struct ph_lock lock = { .fd = 99 };
	char number[32];

	(void)state;
	assert_int_equal(ph_lock_take(&lock, folder, "packhorse loan", 0, &err),
			 -EWOULDBLOCK);
	assert_int_equal(lock.fd, -1);
	assert_int_equal(err.exit, PH_EXIT_IN_USE);
	snprintf(number, sizeof(number), "process %ld", (long)pid);
	assert_non_null(strstr(err.text, number));
	assert_non_null(strstr(err.text, "packhorse agent"));
	assert_non_null(strstr(err.text, folder));
	ph_lock_release(&lock);

	/* the lock goes with its process, however that ends */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(ph_lock_take(&lock, folder, "packhorse loan", 0, NULL), 0);
	assert_true(lock.fd >= 0);
	assert_int_equal(fcntl(lock.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(mode_of(at("lock")), 0600);

	struct ph_buf buf = { 0 };
	char want[64];

	snprintf(want, sizeof(want), "%ld packhorse loan\n", (long)getpid());
	assert_int_equal(ph_file_read(at("lock"), 100, &buf, NULL), 0);
	assert_true(ph_view_equal(ph_buf_view(&buf), ph_view_str(want)));
	ph_lock_release(&lock);
	ph_lock_release(&lock);
	assert_int_equal(lock.fd, -1);
	buf.len = 0;
	assert_int_equal(ph_file_read(at("lock"), 100, &buf, NULL), 0);
	assert_int_equal(buf.len, 0);
	ph_buf_deinit(&buf);
}

static void test_lock_text_is_not_trusted(void **state)
{
	static const char *const texts[] = { "", "\n", "garbage", "-5 x\n", "0 x\n" };
	struct ph_lock held;

	(void)state;
	assert_int_equal(ph_lock_take(&held, folder, "x", 0, NULL), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ph_error err = { 0 };
		struct ph_lock lock;
		size_t len = strlen(texts[i]);

		assert_int_equal(ftruncate(held.fd, 0), 0);
		assert_int_equal(pwrite(held.fd, texts[i], len, 0), len);
		assert_int_equal(ph_lock_take(&lock, folder, "y", 0, &err), -EWOULDBLOCK);
		assert_non_null(strstr(err.text, "another program"));
	}
	ph_lock_release(&held);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void test_lock_waits(void **state)
{
	pid_t pid = hold_in_child("a child");
	struct ph_lock lock;
	uint64_t start = now_ms();

	(void)state;
	assert_int_equal(ph_lock_take(&lock, folder, "me", 60, NULL), -EWOULDBLOCK);
	assert_true(now_ms() - start >= 60);

	/* a holder that ends while we wait */
	pid_t killer = fork();

	if (killer == 0) {
		usleep(50000);
		kill(pid, SIGKILL);
		_exit(0);
	}
	assert_int_equal(ph_lock_take(&lock, folder, "me", 10000, NULL), 0);
	ph_lock_release(&lock);
	waitpid(killer, NULL, 0);
	waitpid(pid, NULL, 0);

	struct ph_error err = { 0 };

	assert_int_equal(ph_lock_take(&lock, at("absent"), "me", 1000, &err), -ENOENT);
	assert_int_equal(lock.fd, -1);
	assert_non_null(strstr(err.text, "absent"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_and_read),
		cmocka_unit_test(test_write_over_a_stale_part),
		cmocka_unit_test(test_read_limits),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_write_fails_midway),
		cmocka_unit_test(test_dir_create),
		cmocka_unit_test(test_path_join),
		cmocka_unit_test(test_lock_names_its_holder),
		cmocka_unit_test(test_lock_text_is_not_trusted),
		cmocka_unit_test(test_lock_waits),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
