/*
 * tests/link/pipe.c - one relayed connection and what goes wrong on it.
 *
 * accept -> connect to --to -> both sides are read; each chunk goes through the
 * line of its way and is then delivered: written to the other side's socket. The
 * end of a stream travels as an empty chunk and becomes a shutdown, so a half
 * close arrives as one, after the bytes before it.
 *
 * Faults are placed by bytes delivered, both ways together: at cut_at both sides
 * are reset and whatever is under way is lost; at stall_at arriving chunks are
 * held for a while; the byte at corrupt_at has one bit flipped. A reset by either
 * side, or a --to that cannot be reached, resets the other side at once.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/link/relay.h"

struct relay_flow {
	size_t waiting; /* bytes that count against the queue limit */
	size_t writing; /* bytes given to libuv, not yet to the kernel */
	bool paused;
	bool no_more; /* the end of the stream has been read */
	bool ended;   /* the end of the stream has been delivered */
};

struct relay_pipe {
	struct relay *relay;
	struct relay_pipe *next;
	uv_tcp_t sides[RELAY_WAYS]; /* sides[way] is where that way's bytes are read */
	uv_connect_t connect;
	uv_timer_t stall;
	struct relay_flow flows[RELAY_WAYS];
	struct relay_queue held[RELAY_WAYS]; /* what arrived during the stall */
	uint64_t delivered;
	uint64_t cut_at;
	uint64_t stall_at;
	uint64_t corrupt_at;
	uint8_t corrupt_mask;
	int last_way; /* -1: no byte yet */
	int n_handles;
	bool stalled;
	bool cut; /* cut_at has been reached; nothing more is delivered */
	bool closing;
};

struct relay_write {
	uv_write_t request;
	enum relay_way way;
	size_t len;
	uint8_t data[];
};

static uv_stream_t *source(struct relay_pipe *pipe, enum relay_way way)
{
	return (uv_stream_t *)&pipe->sides[way];
}

static uv_stream_t *target(struct relay_pipe *pipe, enum relay_way way)
{
	return (uv_stream_t *)&pipe->sides[1 - way];
}

static uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* From the seed and the connection's number alone, so timing cannot change it. */
static void draw_faults(struct relay_pipe *pipe)
{
	const struct relay_options *options = &pipe->relay->options;
	uint64_t state = options->seed;

	state = splitmix64(&state) ^ pipe->relay->counts.connections;
	uint64_t spread = splitmix64(&state);
	uint64_t bit = splitmix64(&state);
	uint64_t mean = options->cut_after;

	pipe->cut_at = pipe->stall_at = pipe->corrupt_at = UINT64_MAX;
	if (mean > 0 && options->cut_exact) {
		pipe->cut_at = mean;
	} else if (mean > 0) {
		uint64_t low = (mean + 1) / 2;

		pipe->cut_at = low + spread % (mean + mean / 2 - low + 1);
	}
	if (options->stall_after > 0) {
		pipe->stall_at = options->stall_after;
	}
	if (options->corrupt) {
		pipe->corrupt_at = options->corrupt_after;
	}
	pipe->corrupt_mask = (uint8_t)(1u << (bit % 8));
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct relay_pipe *pipe = handle->data;
	struct relay *relay = pipe->relay;

	if (--pipe->n_handles > 0) {
		return;
	}
	for (struct relay_pipe **link = &relay->pipes; *link; link = &(*link)->next) {
		if (*link == pipe) {
			*link = pipe->next;
			break;
		}
	}
	free(pipe);
	relay_ended(relay);
}

static void pipe_close(struct relay_pipe *pipe, bool reset)
{
	if (pipe->closing) {
		return;
	}
	pipe->closing = true;
	for (int way = 0; way < RELAY_WAYS; way++) {
		relay_line_drop(&pipe->relay->lines[way], pipe);
		relay_queue_drop(&pipe->held[way], NULL);
		/* libuv refuses the reset once a shutdown was sent: then plain close */
		if (!reset || uv_tcp_close_reset(&pipe->sides[way], on_handle_closed)) {
			uv_close((uv_handle_t *)&pipe->sides[way], on_handle_closed);
		}
	}
	uv_close((uv_handle_t *)&pipe->stall, on_handle_closed);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	const struct relay_pipe *pipe = handle->data;
	size_t size = pipe->relay->options.rate > 0 ? RELAY_PACKET : RELAY_READ_MAX;
	struct relay_chunk *chunk = malloc(sizeof(*chunk) + size);

	(void)suggested;
	*buf = uv_buf_init(chunk ? (char *)chunk->data : NULL,
			   chunk ? (unsigned)size : 0);
}

static struct relay_chunk *chunk_of(const uv_buf_t *buf)
{
	if (!buf->base) {
		return NULL;
	}
	return (struct relay_chunk *)(buf->base - offsetof(struct relay_chunk, data));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

static void count_received(struct relay_pipe *pipe, enum relay_way way, size_t n)
{
	struct relay_counts *counts = &pipe->relay->counts;

	counts->received[way] += n;
	if (counts->first_ns == 0) {
		counts->first_ns = uv_hrtime();
	}
	if (pipe->last_way != -1 && pipe->last_way != (int)way) {
		counts->turns++;
	}
	pipe->last_way = (int)way;
}

/*
 * Without a rate nothing waits for the line and the delay alone could hold any
 * number of bytes, so there bytes in flight count too; with a rate they are
 * bounded by rate x delay.
 */
static bool waits_in_flight(const struct relay_pipe *pipe)
{
	return pipe->relay->options.rate == 0;
}

static void pause_or_resume(struct relay_pipe *pipe, enum relay_way way)
{
	struct relay_flow *flow = &pipe->flows[way];
	bool full = flow->waiting + flow->writing > pipe->relay->options.queue;

	if (pipe->closing || flow->no_more || full == flow->paused) {
		return;
	}
	flow->paused = full;
	if (full) {
		uv_read_stop(source(pipe, way));
	} else {
		uv_read_start(source(pipe, way), on_alloc, on_read);
	}
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct relay_pipe *pipe = stream->data;
	enum relay_way way = stream == source(pipe, RELAY_UP) ? RELAY_UP : RELAY_DOWN;
	struct relay_chunk *chunk = chunk_of(buf);

	if (n == 0) {
		free(chunk);
		return;
	}
	if (n < 0 && n != UV_EOF) {
		free(chunk);
		pipe_close(pipe, true);
		return;
	}
	size_t len = n == UV_EOF ? 0 : (size_t)n;
	struct relay_chunk *fitted = realloc(chunk, sizeof(*chunk) + len);

	if (!fitted) {
		free(chunk);
		pipe_close(pipe, true);
		return;
	}
	fitted->pipe = pipe;
	fitted->len = len;
	fitted->offset = 0;
	if (len > 0) {
		count_received(pipe, way, len);
	} else {
		pipe->flows[way].no_more = true;
		uv_read_stop(stream);
	}
	pipe->flows[way].waiting += len;
	pause_or_resume(pipe, way);
	relay_line_send(&pipe->relay->lines[way], fitted);
}

void relay_pipe_departed(struct relay_chunk *chunk, enum relay_way way)
{
	if (!waits_in_flight(chunk->pipe)) {
		chunk->pipe->flows[way].waiting -= chunk->len;
		pause_or_resume(chunk->pipe, way);
	}
}

static void on_written(uv_write_t *request, int status)
{
	struct relay_write *write = request->data;
	struct relay_pipe *pipe = request->handle->data;
	struct relay_counts *counts = &pipe->relay->counts;

	pipe->flows[write->way].writing -= write->len;
	if (status == 0) {
		counts->delivered[write->way] += write->len;
		counts->last_ns = uv_hrtime();
	}
	if (status < 0) {
		pipe_close(pipe, true);
	} else if (pipe->cut && pipe->flows[0].writing + pipe->flows[1].writing == 0) {
		pipe_close(pipe, true);
	} else {
		pause_or_resume(pipe, write->way);
	}
	free(write);
}

static void corrupt(struct relay_pipe *pipe, struct relay_write *write)
{
	struct relay *relay = pipe->relay;
	bool spent = relay->options.corrupts > 0 &&
		     relay->counts.corruptions >= relay->options.corrupts;

	if (!spent && pipe->corrupt_at >= pipe->delivered &&
	    pipe->corrupt_at - pipe->delivered < write->len) {
		write->data[pipe->corrupt_at - pipe->delivered] ^= pipe->corrupt_mask;
		relay->counts.corruptions++;
	}
}

static int write_piece(struct relay_pipe *pipe, enum relay_way way, const uint8_t *data,
		       size_t len)
{
	struct relay_write *write = malloc(sizeof(*write) + len);

	if (!write) {
		return UV_ENOMEM;
	}
	write->request.data = write;
	write->way = way;
	write->len = len;
	memcpy(write->data, data, len);
	corrupt(pipe, write);
	uv_buf_t buf = uv_buf_init((char *)write->data, (unsigned)len);
	int rc = uv_write(&write->request, target(pipe, way), &buf, 1, on_written);

	if (rc < 0) {
		free(write);
		return rc;
	}
	pipe->flows[way].writing += len;
	pipe->delivered += len;
	return 0;
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
	struct relay_pipe *pipe = request->handle->data;
	enum relay_way way =
		request->handle == target(pipe, RELAY_UP) ? RELAY_UP : RELAY_DOWN;

	free(request);
	pipe->flows[way].ended = true;
	if (status < 0 ||
	    (pipe->flows[RELAY_UP].ended && pipe->flows[RELAY_DOWN].ended)) {
		pipe_close(pipe, false);
	}
}

static void deliver_end(struct relay_pipe *pipe, enum relay_way way)
{
	uv_shutdown_t *request = malloc(sizeof(*request));

	if (!request || uv_shutdown(request, target(pipe, way), on_shutdown) < 0) {
		free(request);
		pipe_close(pipe, true);
	}
}

static void on_stall_over(uv_timer_t *timer)
{
	struct relay_pipe *pipe = timer->data;

	pipe->stalled = false;
	for (int way = 0; way < RELAY_WAYS; way++) {
		struct relay_chunk *chunk;

		while (!pipe->closing && (chunk = relay_queue_take(&pipe->held[way]))) {
			relay_pipe_deliver(chunk, (enum relay_way)way);
		}
	}
}

static void stall_start(struct relay_pipe *pipe)
{
	pipe->stalled = true;
	pipe->stall_at = UINT64_MAX;
	pipe->relay->counts.stalls++;
	uv_update_time(&pipe->relay->loop);
	uv_timer_start(&pipe->stall, on_stall_over, pipe->relay->options.stall_ms, 0);
}

static bool cuts_left(const struct relay *relay)
{
	return relay->options.cuts == 0 || relay->counts.cuts < relay->options.cuts;
}

/* How much may go out before the next fault is due; 0 when one is due now. */
static size_t room(const struct relay_pipe *pipe, size_t len)
{
	uint64_t mark = pipe->stall_at;

	if (cuts_left(pipe->relay) && pipe->cut_at < mark) {
		mark = pipe->cut_at;
	}
	if (mark <= pipe->delivered) {
		return 0;
	}
	return mark - pipe->delivered < len ? (size_t)(mark - pipe->delivered) : len;
}

/* 0 when the chunk is used up, 1 when it has to be kept (stall), or a UV_E*. */
static int deliver_bytes(struct relay_pipe *pipe, struct relay_chunk *chunk,
			 enum relay_way way)
{
	while (chunk->offset < chunk->len && !pipe->cut) {
		if (pipe->delivered >= pipe->stall_at) {
			stall_start(pipe);
			return 1;
		}
		size_t n = room(pipe, chunk->len - chunk->offset);
		int rc = write_piece(pipe, way, chunk->data + chunk->offset, n);

		if (rc < 0) {
			return rc;
		}
		chunk->offset += n;
		if (cuts_left(pipe->relay) && pipe->delivered >= pipe->cut_at) {
			pipe->relay->counts.cuts++;
			pipe->cut = true; /* the reset follows when this is written */
		}
	}
	return 0;
}

void relay_pipe_deliver(struct relay_chunk *chunk, enum relay_way way)
{
	struct relay_pipe *pipe = chunk->pipe;

	if (pipe->stalled) {
		relay_queue_put(&pipe->held[way], chunk);
		return;
	}
	int rc = pipe->cut ? 0 : deliver_bytes(pipe, chunk, way);

	if (rc == 1) {
		relay_queue_put(&pipe->held[way], chunk);
		return;
	}
	bool end = chunk->len == 0;

	if (waits_in_flight(pipe)) {
		pipe->flows[way].waiting -= chunk->len;
	}
	free(chunk);
	if (rc < 0) {
		pipe_close(pipe, true);
	} else if (end && !pipe->cut) {
		deliver_end(pipe, way);
	}
}

static void on_connect(uv_connect_t *connect, int status)
{
	struct relay_pipe *pipe = connect->data;

	if (status < 0) {
		if (!pipe->closing) {
			pipe->relay->counts.refused++;
		}
		pipe_close(pipe, true);
		return;
	}
	for (int way = 0; way < RELAY_WAYS; way++) {
		uv_tcp_nodelay(&pipe->sides[way], 1);
		uv_read_start(source(pipe, (enum relay_way)way), on_alloc, on_read);
	}
}

int relay_pipe_accept(struct relay *relay)
{
	struct relay_pipe *pipe = calloc(1, sizeof(*pipe));

	if (!pipe) {
		return UV_ENOMEM;
	}
	pipe->relay = relay;
	pipe->last_way = -1;
	pipe->next = relay->pipes;
	relay->pipes = pipe;
	for (int way = 0; way < RELAY_WAYS; way++) {
		uv_tcp_init(&relay->loop, &pipe->sides[way]);
		pipe->sides[way].data = pipe;
		relay_queue_init(&pipe->held[way]);
	}
	uv_timer_init(&relay->loop, &pipe->stall);
	pipe->stall.data = pipe;
	pipe->connect.data = pipe;
	pipe->n_handles = RELAY_WAYS + 1;
	if (relay->counts.start_ns == 0) {
		relay->counts.start_ns = uv_hrtime();
	}
	draw_faults(pipe);
	relay->counts.connections++;
	int rc = uv_accept((uv_stream_t *)&relay->listener, source(pipe, RELAY_UP));

	if (rc == 0) {
		rc = uv_tcp_connect(&pipe->connect, &pipe->sides[RELAY_DOWN],
				    (const struct sockaddr *)&relay->options.to,
				    on_connect);
	}
	if (rc < 0) {
		pipe_close(pipe, false);
	}
	return rc;
}

void relay_pipe_reset_all(struct relay *relay)
{
	for (struct relay_pipe *pipe = relay->pipes; pipe; pipe = pipe->next) {
		pipe_close(pipe, true);
	}
}
