/*
 * tests/fault/forbidden.c - what somebody would try who got to run code in the hub.
 *
 * Loaded into the real program (LD_PRELOAD), it does nothing until it is asked to:
 * SIGUSR1 asks for what is refused and tells on standard error what came of it, SIGUSR2
 * for another program. tests/e2e/93-rights.sh.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static void tell(const char *what, int failed)
{
	char line[128];
	int len = snprintf(line, sizeof(line), "forbidden: %s: %s\n", what,
			   failed ? strerror(errno) : "let through");

	(void)!write(STDERR_FILENO, line, (size_t)len);
}

static void on_refused(int number)
{
	(void)number;
	tell("memory to write and to run",
	     mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		  0) == MAP_FAILED);
	tell("a socket of the kernel", socket(AF_NETLINK, SOCK_RAW, 0) < 0);
	tell("a signal to another", kill(getppid(), 0) < 0);
}

static void on_program(int number)
{
	static char name[] = "touch", file[] = "forbidden.done";
	char *const argv[] = { name, file, NULL };

	(void)number;
	execv("/bin/touch", argv);
	tell("another program", 1);
}

__attribute__((constructor)) static void wait_for_it(void)
{
	signal(SIGUSR1, on_refused);
	signal(SIGUSR2, on_program);
}
