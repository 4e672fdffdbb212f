/*
 * common/cli/sandbox_make.c - the filters of calls of the system, made while we build.
 *
 * Three answers. What the process needs goes through, of some calls only with certain
 * arguments. What no error of ours would ever call, but somebody who runs code here would,
 * ends the process (SIGSYS). All else is answered as by a kernel that does not have it
 * (ENOSYS), so that a newer C library falls back on what it did before: clone3, for one,
 * whose flags no filter can see, comes back as clone. Names that a machine does not have are passed
 * over.
 *
 * libseccomp makes them here, and not in the program: where memory is short, 2.5 frees
 * twice, follows NULL, or gives a filter that is another one, and says nothing.
 *
 * Printed is a header for sandbox.c: arrays of struct sock_filter. PH_SANDBOX_OWN stands where the
 * number of the process belongs.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cli/sandbox_own.h"

#define NAME_SIZE 32
#define WRITES    (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND)

/* What any program of ours does: memory, time, signals, what is open, its end. */
static const char common_calls[] =
	"read readv pread64 write writev close lseek _llseek fcntl fcntl64 "
	"fstat fstat64 stat stat64 lstat lstat64 fstatat64 newfstatat statx "
	"access faccessat faccessat2 readlink readlinkat getcwd getdents "
	"getdents64 uname sysinfo brk munmap mremap madvise mincore mlock "
	"mlock2 munlock futex futex_time64 rseq set_robust_list get_robust_list "
	"set_tid_address sched_yield sched_getaffinity getrandom clock_gettime "
	"clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep "
	"clock_nanosleep_time64 nanosleep gettimeofday time times getrusage "
	"rt_sigaction rt_sigprocmask rt_sigreturn sigreturn rt_sigpending "
	"rt_sigtimedwait rt_sigsuspend sigaltstack restart_syscall exit "
	"exit_group getpid gettid getppid getuid geteuid getgid getegid "
	"getuid32 geteuid32 getgid32 getegid32 getrlimit ugetrlimit poll ppoll "
	"ppoll_time64 select pselect6 _newselect";
static const char hub_calls[] =
	"open openat openat2 creat pwrite64 preadv pwritev preadv2 pwritev2 "
	"fsync fdatasync sync_file_range ftruncate ftruncate64 fallocate rename "
	"renameat renameat2 link linkat unlink unlinkat mkdir mkdirat rmdir "
	"chmod fchmod fchmodat fchown fchown32 utime utimes utimensat statfs "
	"statfs64 fstatfs fstatfs64 fadvise64 fadvise64_64 arm_fadvise64_64 "
	"flock umask copy_file_range sendfile sendfile64 bind listen accept "
	"accept4 connect getsockname getpeername getsockopt setsockopt shutdown "
	"sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg epoll_create "
	"epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd "
	"eventfd2 pipe pipe2 dup dup2 dup3 socketpair setrlimit";
/* Programs, other processes, the kernel itself, whose rights we have: nothing of ours calls these. */
static const char deadly_calls[] =
	"execve execveat fork vfork ptrace process_vm_readv process_vm_writev "
	"pidfd_open pidfd_getfd kcmp init_module finit_module delete_module "
	"kexec_load kexec_file_load bpf perf_event_open userfaultfd "
	"io_uring_setup io_uring_enter io_uring_register mount umount umount2 "
	"pivot_root chroot setns unshare open_tree move_mount fsopen "
	"open_by_handle_at keyctl add_key request_key setuid setgid setreuid "
	"setregid setresuid setresgid setgroups capset personality memfd_create "
	"memfd_secret reboot swapon settimeofday clock_settime sethostname";
static const char wide_calls[] =
	"execve fork vfork clone ptrace process_vm_readv wait4 waitid prctl "
	"kill tgkill dup2 dup3 pipe pipe2 mprotect mmap personality setrlimit "
	"prlimit64 sched_getparam sched_getscheduler arch_prctl";

static int add_all(scmp_filter_ctx filter, uint32_t action, const char *names)
{
	int rc = 0;

	while (rc == 0 && *names) {
		size_t len = strcspn(names, " ");
		char name[NAME_SIZE];
		int call;

		assert(len < sizeof(name));
		memcpy(name, names, len);
		name[len] = '\0';
		names += len + strspn(names + len, " ");
		call = seccomp_syscall_resolve_name(name);
		rc = call < 0 ? 0 : seccomp_rule_add_array(filter, action, call, 0, NULL);
	}
	return rc;
}

/* One call, if argument ARG, of which only the bits MASK are looked at, is VALUE. */
static int add_if(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned arg,
		  uint64_t mask, uint64_t value)
{
	int call = seccomp_syscall_resolve_name(name);
	struct scmp_arg_cmp compare = {
		.arg = arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value
	};

	return call < 0 ? 0 : seccomp_rule_add_array(filter, action, call, 1, &compare);
}

/* Memory is written or run, never both, and what was written is never run. */
static int add_memory(scmp_filter_ctx filter)
{
	const uint64_t both = PROT_WRITE | PROT_EXEC;
	static const char *const maps[] = { "mmap", "mmap2" };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(maps) / sizeof(maps[0]); i++) {
		rc = add_if(filter, SCMP_ACT_ALLOW, maps[i], 2, both, 0);
		rc = rc ? rc
			: add_if(filter, SCMP_ACT_ALLOW, maps[i], 2, both, PROT_WRITE);
		/* a library that the C library loads by itself */
		rc = rc ? rc
			: add_if(filter, SCMP_ACT_ALLOW, maps[i], 2, both, PROT_EXEC);
		rc = rc ? rc
			: add_if(filter, SCMP_ACT_ERRNO(EPERM), maps[i], 2, both, both);
	}
	rc = rc ? rc : add_if(filter, SCMP_ACT_ALLOW, "mprotect", 2, PROT_EXEC, 0);
	return rc ? rc
		  : add_if(filter, SCMP_ACT_ERRNO(EPERM), "mprotect", 2, PROT_EXEC,
			   PROT_EXEC);
}

/* What goes through with some arguments only. */
static int add_careful(scmp_filter_ctx filter, bool hub)
{
	static const uint64_t asked[] = { FIONBIO,  FIOCLEX, FIONCLEX,
					  FIONREAD, TCGETS,  TIOCGWINSZ };
	static const uint64_t families[] = { AF_UNIX, AF_INET, AF_INET6 };
	const uint64_t all = UINT32_MAX; /* these arguments are ints */
	int rc = add_if(filter, SCMP_ACT_ALLOW, "kill", 0, all, PH_SANDBOX_OWN);

	rc = rc ? rc : add_if(filter, SCMP_ACT_ALLOW, "tgkill", 0, all, PH_SANDBOX_OWN);
	rc = rc ? rc : add_if(filter, SCMP_ACT_ALLOW, "prlimit64", 0, all, 0);
	rc = rc ? rc : add_if(filter, SCMP_ACT_ALLOW, "prctl", 0, all, PR_SET_NAME);
	for (size_t i = 0; rc == 0 && i < sizeof(asked) / sizeof(asked[0]); i++) {
		rc = add_if(filter, SCMP_ACT_ALLOW, "ioctl", 1, all, asked[i]);
	}
	if (!hub) {
		rc = rc ? rc : add_if(filter, SCMP_ACT_ALLOW, "open", 1, WRITES, 0);
		return rc ? rc : add_if(filter, SCMP_ACT_ALLOW, "openat", 2, WRITES, 0);
	}
	for (size_t i = 0; rc == 0 && i < sizeof(families) / sizeof(families[0]); i++) {
		rc = add_if(filter, SCMP_ACT_ALLOW, "socket", 0, all, families[i]);
	}
	/* a thread of this process is started by the same call as another process */
	return rc ? rc
		  : add_if(filter, SCMP_ACT_ALLOW, "clone", 0, CLONE_THREAD,
			   CLONE_THREAD);
}

static int fill(scmp_filter_ctx filter, bool hub, bool wide)
{
	int rc = add_all(filter, SCMP_ACT_ALLOW, common_calls);

	if (rc == 0 && hub) {
		rc = add_all(filter, SCMP_ACT_ALLOW, hub_calls);
	}
	if (wide) {
		rc = rc ? rc : add_all(filter, SCMP_ACT_ALLOW, wide_calls);
		return rc ? rc : add_careful(filter, hub);
	}
	rc = rc ? rc : add_careful(filter, hub);
	rc = rc ? rc : add_memory(filter);
	rc = rc ? rc : add_all(filter, SCMP_ACT_KILL_PROCESS, deadly_calls);
	return rc ? rc
		  : add_if(filter, SCMP_ACT_KILL_PROCESS, "clone", 0, CLONE_THREAD, 0);
}

static int make(FILE *file, bool hub, bool wide)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int rc = filter ? 0 : -ENOMEM;

	rc = rc ? rc
		: seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
				   SCMP_ACT_KILL_PROCESS);
	rc = rc ? rc : seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	rc = rc ? rc : fill(filter, hub, wide);
	rc = rc ? rc : seccomp_export_bpf(filter, fileno(file));
	seccomp_release(filter);
	return rc;
}

static int print(const char *name, bool hub, bool wide)
{
	FILE *file = tmpfile();
	struct sock_filter code;
	int rc = file ? make(file, hub, wide) : -errno;

	if (rc == 0) {
		rewind(file);
		printf("static const struct sock_filter %s[] = {\n", name);
		while (fread(&code, sizeof(code), 1, file) == 1) {
			printf("\t{ 0x%x, %u, %u, 0x%x },\n", code.code, code.jt, code.jf,
			       code.k);
		}
		printf("};\n");
	}
	if (file) {
		(void)fclose(file);
	}
	return rc;
}

int main(void)
{
	int rc = print("hub_filter", true, false);

	rc = rc ? rc : print("hub_filter_wide", true, true);
	rc = rc ? rc : print("plain_filter", false, false);
	rc = rc ? rc : print("plain_filter_wide", false, true);
	if (rc != 0 || fflush(stdout) != 0) {
		fprintf(stderr, "sandbox_make: %s\n", strerror(rc ? -rc : errno));
		return 1;
	}
	return 0;
}
