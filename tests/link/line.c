/*
 * tests/link/line.c - rate and delay: one direction of the road as a serial line.
 *
 * A chunk waits its turn, occupies the line for its bits, and arrives one delay
 * later. Departures are computed in nanoseconds from the moment the line became
 * free, not from when a timer happened to fire, so late timers cost a little
 * latency but no throughput. With no rate a chunk departs at once.
 *
 * When a connection is cut, what it had waiting or in flight is freed and the
 * line goes on with the next chunk of somebody else.
 */
#include <stdlib.h>

#include "tests/link/relay.h"

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

static void line_run(struct relay_line *line);

void relay_queue_init(struct relay_queue *queue)
{
	queue->head = NULL;
	queue->tail = &queue->head;
}

void relay_queue_put(struct relay_queue *queue, struct relay_chunk *chunk)
{
	chunk->next = NULL;
	*queue->tail = chunk;
	queue->tail = &chunk->next;
}

struct relay_chunk *relay_queue_take(struct relay_queue *queue)
{
	struct relay_chunk *chunk = queue->head;

	if (chunk) {
		queue->head = chunk->next;
		if (!queue->head) {
			queue->tail = &queue->head;
		}
	}
	return chunk;
}

void relay_queue_drop(struct relay_queue *queue, const struct relay_pipe *pipe)
{
	struct relay_chunk **link = &queue->head;

	while (*link) {
		struct relay_chunk *chunk = *link;

		if (!pipe || chunk->pipe == pipe) {
			*link = chunk->next;
			free(chunk);
		} else {
			link = &chunk->next;
		}
	}
	queue->tail = link;
}

static void on_timer(uv_timer_t *timer)
{
	struct relay_line *line = timer->data;

	line_run(line);
}

void relay_line_start(struct relay_line *line, uv_loop_t *loop, enum relay_way way,
		      const struct relay_options *options)
{
	uv_timer_init(loop, &line->timer);
	line->timer.data = line;
	line->way = way;
	line->rate = options->rate;
	line->delay_ns = options->delay_ms * NS_PER_MS;
	line->free_ns = 0;
	relay_queue_init(&line->waiting);
	relay_queue_init(&line->in_flight);
}

static uint64_t departure(const struct relay_line *line)
{
	uint64_t ready = line->waiting.head->ready_ns;

	return line->free_ns > ready ? line->free_ns : ready;
}

static void depart(struct relay_line *line)
{
	uint64_t start = departure(line);
	struct relay_chunk *chunk = relay_queue_take(&line->waiting);

	line->free_ns = start;
	if (line->rate > 0) {
		line->free_ns += chunk->len * 8 * NS_PER_S / line->rate;
	}
	chunk->arrive_ns = line->free_ns + line->delay_ns;
	relay_queue_put(&line->in_flight, chunk);
	relay_pipe_departed(chunk, line->way);
}

static void rearm(struct relay_line *line, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	if (line->waiting.head) {
		next = departure(line);
	}
	if (line->in_flight.head && line->in_flight.head->arrive_ns < next) {
		next = line->in_flight.head->arrive_ns;
	}
	if (next == UINT64_MAX) {
		uv_timer_stop(&line->timer);
		return;
	}
	uint64_t wait = next > now ? next - now : 0;

	uv_update_time(line->timer.loop);
	uv_timer_start(&line->timer, on_timer, (wait + NS_PER_MS - 1) / NS_PER_MS, 0);
}

static void line_run(struct relay_line *line)
{
	uint64_t now = uv_hrtime();

	while (line->waiting.head && departure(line) <= now) {
		depart(line);
	}
	while (line->in_flight.head && line->in_flight.head->arrive_ns <= now) {
		relay_pipe_deliver(relay_queue_take(&line->in_flight), line->way);
	}
	rearm(line, now);
}

void relay_line_send(struct relay_line *line, struct relay_chunk *chunk)
{
	chunk->ready_ns = uv_hrtime();
	relay_queue_put(&line->waiting, chunk);
	line_run(line);
}

void relay_line_drop(struct relay_line *line, const struct relay_pipe *pipe)
{
	relay_queue_drop(&line->waiting, pipe);
	relay_queue_drop(&line->in_flight, pipe);
}

void relay_line_close(struct relay_line *line)
{
	relay_line_drop(line, NULL);
	uv_close((uv_handle_t *)&line->timer, NULL);
}
