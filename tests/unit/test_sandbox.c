/* tests/unit/test_sandbox.c - what a process behind the filter can do, and what ends it. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/secret.h"
#include "common/cli/sandbox.h"

#define NONE 100 /* exit status of a child: there is no filter to be had here */
#define WIDE 101 /* there is one that lets what sanitizers need through */

/* A child enters WHICH and does WORK; its exit status, or 256 and the signal that ended it. */
static int behind(enum ph_sandbox which, int (*work)(void))
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		int rc = ph_sandbox_enter(which);

		if (rc == PH_SANDBOX_E_NONE) {
			_exit(NONE);
		}
		_exit(rc < 0                             ? 99
		      : rc == PH_SANDBOX_E_WIDE && !work ? WIDE
		      : work                             ? work()
							 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void need_filter(bool whole)
{
	int status = behind(PH_SANDBOX_HUB, NULL);

	if (status == NONE || (whole && status == WIDE)) {
		print_message("# no seccomp here, or one that sanitizers widened\n");
		skip();
	}
	assert_true(status == 0 || status == WIDE);
}

/* --- what the hub needs --- */

static void *beside(void *data)
{
	*(int *)data = 7;
	return NULL;
}

static int work_of_a_hub(void)
{
	char path[] = "/tmp/ph-sandbox-XXXXXX";
	int fd = mkstemp(path), seven = 0, pair[2];
	pthread_t thread;
	struct rlimit files;

	if (fd < 0 || pwrite(fd, "x", 1, 0) != 1 || fsync(fd) != 0 ||
	    ftruncate(fd, 0) != 0 || close(fd) != 0 || unlink(path) != 0) {
		return 1;
	}
	if (pthread_create(&thread, NULL, beside, &seven) != 0 ||
	    pthread_join(thread, NULL) != 0 || seven != 7) {
		return 2;
	}
	for (int family = 0; family < 2; family++) {
		fd = socket(family == 0 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
		if (fd < 0 && errno != EAFNOSUPPORT) {
			return 3;
		}
		close(fd);
	}
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || kill(getpid(), 0) != 0 ||
	    getrlimit(RLIMIT_NOFILE, &files) != 0 || !malloc(1 << 22)) {
		return 4;
	}
	return 0;
}

static void test_hub_works(void **state)
{
	(void)state;
	need_filter(false);
	assert_int_equal(behind(PH_SANDBOX_HUB, work_of_a_hub), 0);
}

/* --- what is answered as by a kernel that has it not --- */

static int refused_to_a_hub(void)
{
	long page = sysconf(_SC_PAGESIZE);
	void *memory = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE | PROT_EXEC,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ||
	    errno != EPERM) {
		return 1;
	}
	if (memory == MAP_FAILED ||
	    mprotect(memory, (size_t)page, PROT_READ | PROT_EXEC) == 0 ||
	    errno != EPERM) {
		return 2;
	}
	if (socket(AF_NETLINK, SOCK_RAW, 0) >= 0 || errno != ENOSYS) {
		return 3;
	}
	if (kill(getppid(), 0) == 0 || errno != ENOSYS) {
		return 4;
	}
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 || errno != ENOSYS) {
		return 5;
	}
	return symlink("a", "/tmp/ph-sandbox-link") == 0 || errno != ENOSYS ? 6 : 0;
}

static void test_refused(void **state)
{
	(void)state;
	need_filter(true);
	assert_int_equal(behind(PH_SANDBOX_HUB, refused_to_a_hub), 0);
}

/* --- what ends it --- */

static int starts_a_program(void)
{
	static char name[] = "true";
	char *const argv[] = { name, NULL };

	execv("/bin/true", argv);
	return 1;
}

static int forks(void)
{
	return fork() == 0 ? 0 : 1;
}

static int looks_into_another(void)
{
	return (int)syscall(SYS_ptrace, 16, (long)getppid(), 0L, 0L);
}

static int becomes_another(void)
{
	return setuid(0);
}

static void *starts(void *data)
{
	char byte;

	if (read(*(int *)data, &byte, 1) == 1) {
		(void)starts_a_program();
	}
	return NULL;
}

/* A thread that was there before the filter is behind it, too. */
static int older_thread(void)
{
	int ends[2], status = 0;
	pthread_t thread;
	pid_t child = fork();

	if (child == 0) {
		if (pipe(ends) != 0 ||
		    pthread_create(&thread, NULL, starts, &ends[0]) != 0 ||
		    ph_sandbox_enter(PH_SANDBOX_HUB) != 0 ||
		    write(ends[1], "x", 1) != 1) {
			_exit(1);
		}
		pthread_join(thread, NULL);
		_exit(2);
	}
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void test_deadly(void **state)
{
	static int (*const works[])(void) = { starts_a_program, forks, looks_into_another,
					      becomes_another };

	(void)state;
	need_filter(true);
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		assert_int_equal(behind(PH_SANDBOX_HUB, works[i]), 256 + SIGSYS);
		assert_int_equal(behind(PH_SANDBOX_READER, works[i]), 256 + SIGSYS);
	}
	assert_int_equal(older_thread(), 256 + SIGSYS);
}

/* --- who reads foreign files --- */

static int work_of_a_reader(void)
{
	char byte;
	int fd = open("/proc/self/status", O_RDONLY);

	if (fd < 0 || read(fd, &byte, 1) != 1 || close(fd) != 0 || !malloc(1 << 22)) {
		return 1;
	}
	if (open("/tmp/ph-sandbox-file", O_WRONLY | O_CREAT, 0600) >= 0 ||
	    errno != ENOSYS) {
		return 2;
	}
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != ENOSYS) {
		return 3;
	}
	return unlink("/tmp/ph-sandbox-file") == 0 || errno != ENOSYS ? 4 : 0;
}

static void test_reader(void **state)
{
	(void)state;
	need_filter(false);
	assert_int_equal(behind(PH_SANDBOX_READER, work_of_a_reader), 0);
}

/* --- no core dumps --- */

static int dumps(void)
{
	struct rlimit core = { 1, 1 };

	ph_secret_no_dumps();
	return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 &&
			       core.rlim_max == 0 &&
			       prctl(PR_GET_DUMPABLE) == PH_IS_SANITIZED
		       ? 0
		       : 1;
}

static void test_no_dumps(void **state)
{
	int status = 0;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		_exit(dumps());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* What is locked is wiped, and wiped again where it never was locked. */
static void test_wiped(void **state)
{
	uint8_t secret[64], none[64] = { 0 };

	(void)state;
	memset(secret, 7, sizeof(secret));
	ph_secret_lock(secret, sizeof(secret));
	assert_int_equal(secret[63], 7);
	ph_secret_wipe(secret, sizeof(secret));
	assert_memory_equal(secret, none, sizeof(none));
	memset(secret, 7, sizeof(secret));
	ph_secret_wipe(secret, sizeof(secret));
	assert_memory_equal(secret, none, sizeof(none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hub_works), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_deadly),    cmocka_unit_test(test_reader),
		cmocka_unit_test(test_no_dumps),  cmocka_unit_test(test_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
