/*
 * common/base/limits.h - every limit that a peer or a person can run into.
 * Each has a counter or a clear error, and a test at limit - 1, limit, limit + 1
 * (docs/TESTING.md, "Limits"). Those that are settings have their default here.
 */
#ifndef PH_BASE_LIMITS_H
#define PH_BASE_LIMITS_H

enum {
	/* entries and segments */
	PH_ENTRY_MAX = 32 * 1024,       /* bytes of one entry */
	PH_ENTRY_DEPTH_MAX = 8,         /* nesting of arrays and maps */
	PH_ENTRY_ITEMS_MAX = 4096,      /* items in one array or map */
	PH_SEGMENT_MAX = 64 * 1024,     /* bytes of a plain segment body that we make */
	PH_SEGMENT_PLAIN_MAX = 1 << 20, /* bytes of a plain segment body that we take */
	PH_PART_MAX = 16 * 1024,        /* bytes of a sealed part's ciphertext */
	PH_CODE_MAX = 64,               /* bytes of a copy or card code */
	PH_SEEN_MAX = 32,               /* heads that one put can name */
	PH_BRANCHES_MAX = 16,           /* branches of one log that are kept */

	/* the hub's desk log at devices */
	PH_KEEP_MAX = PH_SEGMENT_MAX + 1024, /* bytes of one piece, encrypted */
	PH_KEPT_MAX = 1 << 20, /* bytes that a device keeps of it, with ... */
	PH_KEPT_ROW = 128,     /* ... so many more for each piece */
	PH_KEEPERS = 8,        /* devices to which each word of it is given */

	/* compact segments */
	PH_PACK_MAX = 64 * 1024,     /* bytes of one, packed */
	PH_PACK_FREE = 64 * 1024,    /* bytes that may come out of it in any case; ... */
	PH_PACK_RATIO = 64,          /* ... else so many times its size */
	PH_PACK_ENTRIES_MAX = 65536, /* entries in it */
	PH_PACK_PARTS_MAX = 2048,    /* sealed parts that travel inside */

	/* pages of a feed */
	PH_PAGE_MAX = 48 * 1024,  /* bytes of the body of a page */
	PH_PAGE_ITEMS_MAX = 1024, /* items in one page */
	PH_PAGE_KEYS_MAX = 4096,  /* entities that its items name, all together */
	PH_PAGE_LOGS_MAX = 256,   /* logs that it cites */
	PH_PAGE_REFS_MAX = 256,   /* entries that one case shows */
	PH_PAGE_SITES_MAX = 256,  /* sites that one case concerns */

	/* frames and sessions */
	PH_FRAME_MAX = 65535,       /* bytes of one frame body */
	PH_SESSIONS_MAX = 4096,     /* sessions at once */
	PH_HANDSHAKES_MAX = 512,    /* of them before the handshake is done */
	PH_HANDSHAKES_NET_MAX = 64, /* of those from one IPv4 /24 or IPv6 /56 */
	PH_HANDSHAKE_RATE = 20,     /* new connections a second from one address */
	PH_HANDSHAKE_BURST = 5,
	PH_FIRST_BYTE_MS = 5000,
	PH_HANDSHAKE_MS = 10000,
	PH_IDLE_MS = 60000,
	PH_DRIP_MS = 10000,   /* while a frame is open, each 10 s must bring ... */
	PH_DRIP_BYTES = 1024, /* ... so many bytes, or the rest of the frame */
	PH_WRITE_QUEUE_MAX = 256 * 1024,
	PH_HUB_FRAME = 4096,    /* bytes of a frame that the hub makes */
	PH_PARTIALS = 1024,     /* unfinished segments kept of sessions that were cut */
	PH_PARTIALS_MIB = 64,   /* memory they may take */
	PH_WINDOW = 256 * 1024, /* credit each side starts with, in body bytes */
	PH_KEEPALIVE_MS = 20000,
	PH_ENTRIES_A_DAY = 5000,   /* that a device may bring, ... */
	PH_ENTRIES_SAVED = 500000, /* ... and how many it may have saved up */
	PH_RESERVE_MIB = 16,       /* of the hub's disk, which devices may not fill */
	PH_STOP_MS = 10000,        /* from SIGTERM to the end of the process */

	/* bundles and spools */
	PH_BUNDLE_MAX = 8 * 1024 * 1024, /* bytes of one bundle, a size class */
	PH_SPOOL_BUNDLES_MAX = 512,      /* of one sender in a spool */
	PH_SPOOL_FILES_MAX = 8192,       /* bundles of a spool that are looked at */

	/* local input */
	PH_LINE_MAX = 128 * 1024, /* one line of `record` or of the local socket */
	PH_INVITE_MAX = 8192,     /* characters of an invite */
	PH_CERT_MAX = 4096,
	PH_CONTROL_TALK_MAX = 16, /* local command connections at once */

	/* pages and the API of the hub */
	PH_WEB_CONNECTIONS = 128, /* at once */
	PH_WEB_RATE = 50,         /* requests a second of one account or address, ... */
	PH_WEB_BURST = 2,         /* ... and so many times that at once */
	PH_WEB_FOLLOWERS = 32,    /* of the events */
	PH_WEB_WAITING = 32,      /* requests that wait for the store, ... */
	PH_WEB_ACCOUNT = 8,       /* ... and of one account; likewise followers */
	PH_WEB_LOGINS = 4,        /* passwords that wait to be looked at */

	/* the agent of a site */
	PH_AGENT_COMMANDS = 16,        /* local connections at once */
	PH_AGENT_LINE_MS = 5000,       /* from a connection to its whole line */
	PH_AGENT_WRITE_MS = 10000,     /* an answer that nobody takes */
	PH_AGENT_WAIT_MS = 60000,      /* a command waits so long for its turn at most */
	PH_AGENT_ANSWER_MAX = 4 << 20, /* bytes that a command may say on each stream */
	PH_AGENT_STOP_MS = 5000,       /* from SIGTERM to the end of the process */

	/* accounts at the hub */
	PH_ACCOUNTS_MAX = 256,
	PH_ACCOUNT_NAME_MAX = 32,
	PH_ACCOUNT_TOKENS = 16, /* of one account */
	PH_ACCOUNT_LABEL_MAX = 64,
	PH_ACCOUNT_SESSIONS = 8,      /* of one account: the one used longest ago ends */
	PH_ACCOUNT_IDLE_S = 1800,     /* a session that is not used ends */
	PH_ACCOUNT_SESSION_S = 43200, /* and every one after this */
	PH_PASSWORD_MIN = 10,         /* characters */
	PH_PASSWORD_MAX = 256,        /* bytes */
	PH_PASSWORD_PASSES = 3,       /* of Argon2id */
	PH_PASSWORD_MIB = 64,         /* its memory */
	PH_LOGIN_FREE = 3,          /* wrong passwords for a name without a delay; ... */
	PH_LOGIN_DELAY_MAX_S = 900, /* ... then 1 s, 2 s, 4 s ... and this at most */
	PH_LOGIN_BURST = 60,        /* wrong ones for all names together, ... */
	PH_LOGIN_EACH_S = 2,        /* ... of which one is forgiven in so long */
	PH_LOGIN_WAITING = 4,       /* logins at once; one is computed at a time */
};

#endif
