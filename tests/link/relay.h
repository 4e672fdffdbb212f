/*
 * tests/link/relay.h - a TCP relay that behaves like a poor road: the parts that
 * relay.c (options, counts, the program), line.c (rate and delay) and pipe.c
 * (one relayed connection and its faults) share.
 *
 * "Up" is from the side that connected to us towards --to, "down" the way back.
 * All counts are of TCP payload bytes.
 */
#ifndef PH_TESTS_LINK_RELAY_H
#define PH_TESTS_LINK_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

enum relay_way {
	RELAY_UP = 0,
	RELAY_DOWN = 1,
	RELAY_WAYS = 2
};

enum {
	RELAY_QUEUE_MAX = 256 * 1024, /* bytes waiting one way before we stop reading */
	RELAY_PACKET = 1460,        /* bytes that share one turn on a line with a rate */
	RELAY_READ_MAX = 64 * 1024, /* bytes of one read on a line without one */
};

struct relay_options {
	struct sockaddr_storage listen;
	struct sockaddr_storage to;
	uint64_t rate;          /* bits a second each way, 0: no limit */
	uint64_t delay_ms;      /* one way */
	uint64_t cut_after;     /* bytes delivered of a connection, both ways; 0: never */
	uint64_t cuts;          /* at most so many cuts, 0: no limit */
	uint64_t stall_after;   /* bytes delivered of a connection, both ways; 0: never */
	uint64_t stall_ms;      /* how long a stall lasts */
	uint64_t corrupt_after; /* bytes of a connection before the bad one */
	uint64_t corrupts;      /* at most so many bad bytes, 0: no limit */
	uint64_t queue;         /* bytes, at most RELAY_QUEUE_MAX */
	uint64_t window;        /* receive buffer of who connects; 0: the system's */
	uint64_t seed;
	uint64_t seconds; /* 0: until a signal */
	bool cut_exact;
	bool corrupt;
	bool json;
	bool once;
};

struct relay_counts {
	uint64_t connections;
	uint64_t refused; /* of them: --to could not be reached */
	uint64_t cuts;
	uint64_t stalls;
	uint64_t corruptions;
	uint64_t received[RELAY_WAYS];
	uint64_t delivered[RELAY_WAYS];
	uint64_t turns;    /* times the flow of one connection changed direction */
	uint64_t start_ns; /* first connection; 0: none yet */
	uint64_t first_ns; /* first byte received */
	uint64_t last_ns;  /* last byte delivered */
};

struct relay_pipe;

/* A run of bytes on its way; len 0 is the end of the stream. */
struct relay_chunk {
	struct relay_chunk *next;
	struct relay_pipe *pipe;
	uint64_t ready_ns;  /* when it was read */
	uint64_t arrive_ns; /* when it comes out at the far end, once it has departed */
	size_t len;
	size_t offset; /* bytes of it already delivered */
	uint8_t data[];
};

struct relay_queue {
	struct relay_chunk *head;
	struct relay_chunk **tail;
};

void relay_queue_init(struct relay_queue *queue);
void relay_queue_put(struct relay_queue *queue, struct relay_chunk *chunk);
/* The first chunk, now the caller's; NULL when there is none. */
struct relay_chunk *relay_queue_take(struct relay_queue *queue);
/* Free all chunks of PIPE, or with NULL all there are. */
void relay_queue_drop(struct relay_queue *queue, const struct relay_pipe *pipe);

/* One direction of the road, shared by all connections like a serial line. */
struct relay_line {
	uv_timer_t timer;
	enum relay_way way;
	uint64_t rate;
	uint64_t delay_ns;
	uint64_t free_ns;           /* when the last departed chunk left the line free */
	struct relay_queue waiting; /* not departed */
	struct relay_queue in_flight; /* departed, in order of arrival */
};

void relay_line_start(struct relay_line *line, uv_loop_t *loop, enum relay_way way,
		      const struct relay_options *options);
/* Hand over a chunk just read; it comes back through relay_pipe_deliver(). */
void relay_line_send(struct relay_line *line, struct relay_chunk *chunk);
/* Forget what PIPE has under way: it was cut, or has ended. */
void relay_line_drop(struct relay_line *line, const struct relay_pipe *pipe);
void relay_line_close(struct relay_line *line);

struct relay {
	uv_loop_t loop;
	uv_tcp_t listener;
	uv_signal_t signals[2];
	uv_timer_t deadline;
	struct relay_line lines[RELAY_WAYS];
	struct relay_options options;
	struct relay_counts counts;
	struct relay_pipe *pipes;
	bool stopping;
};

/* Take the next connection off the listener. 0, or a negative UV_E*. */
int relay_pipe_accept(struct relay *relay);
/* CHUNK has left the line's queue and is on its way: its bytes no longer wait. */
void relay_pipe_departed(struct relay_chunk *chunk, enum relay_way way);
/* CHUNK has come out at the far end; takes ownership of it. */
void relay_pipe_deliver(struct relay_chunk *chunk, enum relay_way way);
/* Reset every connection; they end one by one through relay_ended(). */
void relay_pipe_reset_all(struct relay *relay);

/* The last handle of a connection is closed (relay.c). */
void relay_ended(struct relay *relay);

#endif
