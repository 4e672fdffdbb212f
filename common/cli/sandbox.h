/*
 * common/cli/sandbox.h - a process gives up the calls of the system that it does not need.
 *
 * A filter of seccomp over all threads, for good: what a hostile peer made the process do
 * then cannot start programs, look into others, or load code. docs/SECURITY.md, "Calls of
 * the system", lists what is let through.
 */
#ifndef PH_CLI_SANDBOX_H
#define PH_CLI_SANDBOX_H

enum ph_sandbox {
	PH_SANDBOX_HUB, /* files, sockets of the Internet and of this machine, threads */
	PH_SANDBOX_READER /* reads what is open and files, writes what is open */
};

enum {
	PH_SANDBOX_E_WIDE =
		1, /* a sanitizer is in the program: it may also start others and trace itself */
	PH_SANDBOX_E_NONE /* the kernel has none, or the program was built without */
};

/* 0, one of PH_SANDBOX_E_*, or a negative errno: then there is none either. */
int ph_sandbox_enter(enum ph_sandbox which);

#endif
