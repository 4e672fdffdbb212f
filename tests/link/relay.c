/*
 * tests/link/relay.c - relay --listen ADDR:PORT --to ADDR:PORT [options]
 *
 * Prints "listening ADDR:PORT" (the port chosen, for port 0) as its first line,
 * relays every connection over the two lines of line.c with the faults of pipe.c,
 * and on SIGTERM, SIGINT, --seconds or --once prints its counts and exits 0.
 *
 * Bad options: message and exit 2. An address that cannot be listened on: message
 * and exit 1. A --to that cannot be reached resets that client and is counted.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/link/relay.h"

static const char usage[] =
	"Usage: relay --listen ADDR:PORT --to ADDR:PORT [options]\n"
	"\n"
	"  --rate BITS_PER_S    serial line of that speed each way (k and M are known)\n"
	"  --delay-ms MS        one-way latency\n"
	"  --queue BYTES        most that waits each way (default and maximum 262144)\n"
	"  --window BYTES       room of the kernel's for what the relay has not read "
	"yet\n"
	"                       (the system's; the system doubles it, and has a least)\n"
	"  --cut-after BYTES    reset a connection after a seeded number of delivered\n"
	"                       bytes, both ways together, uniform in [N/2, 3N/2]\n"
	"  --cut-exact          ... after exactly N\n"
	"  --cuts K             at most K cuts in all\n"
	"  --stall-after BYTES  deliver nothing for --stall-ms MS, once a connection\n"
	"  --corrupt-after BYTES  flip a seeded bit of the byte after so many delivered\n"
	"  --corrupts K         at most K flips in all\n"
	"  --seed S             default 1\n"
	"  --once               exit when the first connection has ended\n"
	"  --seconds N          exit after N seconds\n"
	"  --json               counts as one JSON object, last line of output\n";

enum option_code {
	OPT_LISTEN = 1000,
	OPT_TO,
	OPT_RATE,
	OPT_DELAY,
	OPT_QUEUE,
	OPT_WINDOW,
	OPT_CUT_AFTER,
	OPT_CUT_EXACT,
	OPT_CUTS,
	OPT_STALL_AFTER,
	OPT_STALL_MS,
	OPT_CORRUPT_AFTER,
	OPT_CORRUPTS,
	OPT_SEED,
	OPT_ONCE,
	OPT_SECONDS,
	OPT_JSON,
	OPT_HELP,
};

static const struct option long_options[] = {
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "to", required_argument, NULL, OPT_TO },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "delay-ms", required_argument, NULL, OPT_DELAY },
	{ "queue", required_argument, NULL, OPT_QUEUE },
	{ "window", required_argument, NULL, OPT_WINDOW },
	{ "cut-after", required_argument, NULL, OPT_CUT_AFTER },
	{ "cut-exact", no_argument, NULL, OPT_CUT_EXACT },
	{ "cuts", required_argument, NULL, OPT_CUTS },
	{ "stall-after", required_argument, NULL, OPT_STALL_AFTER },
	{ "stall-ms", required_argument, NULL, OPT_STALL_MS },
	{ "corrupt-after", required_argument, NULL, OPT_CORRUPT_AFTER },
	{ "corrupts", required_argument, NULL, OPT_CORRUPTS },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* The range keeps every product of rate, delay and size inside 64 bits. */
static bool parse_number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);

	if (errno || end == text || *text == '-' || value > UINT32_MAX) {
		return false;
	}
	if (*end == 'k' || *end == 'M') {
		value *= *end == 'k' ? 1000 : 1000000;
		end++;
	}
	if (*end != '\0' || value > UINT64_C(1000000000000)) {
		return false;
	}
	*out = value;
	return true;
}

/* "127.0.0.1:80" or "[::1]:80": numbers only, a test asks no resolver. */
static bool parse_address(const char *text, struct sockaddr_storage *out)
{
	char host[64];
	uint64_t port;
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;

	if (len == 0 || len >= sizeof(host) || !parse_number(colon + 1, &port) ||
	    port > UINT16_MAX) {
		return false;
	}
	memcpy(host, text, len);
	host[len] = '\0';
	memset(out, 0, sizeof(*out));
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		return uv_ip6_addr(host + 1, (int)port, (struct sockaddr_in6 *)out) == 0;
	}
	return uv_ip4_addr(host, (int)port, (struct sockaddr_in *)out) == 0;
}

static uint64_t *number_option(struct relay_options *options, int code)
{
	switch (code) {
	case OPT_RATE:
		return &options->rate;
	case OPT_DELAY:
		return &options->delay_ms;
	case OPT_QUEUE:
		return &options->queue;
	case OPT_WINDOW:
		return &options->window;
	case OPT_CUT_AFTER:
		return &options->cut_after;
	case OPT_CUTS:
		return &options->cuts;
	case OPT_STALL_AFTER:
		return &options->stall_after;
	case OPT_STALL_MS:
		return &options->stall_ms;
	case OPT_CORRUPT_AFTER:
		return &options->corrupt_after;
	case OPT_CORRUPTS:
		return &options->corrupts;
	case OPT_SEED:
		return &options->seed;
	case OPT_SECONDS:
		return &options->seconds;
	default:
		return NULL;
	}
}

static bool take_option(struct relay_options *options, int code, const char *arg)
{
	uint64_t *number = number_option(options, code);

	options->corrupt |= code == OPT_CORRUPT_AFTER;
	if (number) {
		return parse_number(arg, number);
	}
	switch (code) {
	case OPT_LISTEN:
		return parse_address(arg, &options->listen);
	case OPT_TO:
		return parse_address(arg, &options->to);
	case OPT_CUT_EXACT:
		return options->cut_exact = true;
	case OPT_ONCE:
		return options->once = true;
	case OPT_JSON:
		return options->json = true;
	default:
		return false;
	}
}

/* 0, or the exit status plus one: 1 for --help, 3 for a mistake. */
static int parse_options(struct relay_options *options, int argc, char **argv)
{
	int code;
	int index = 0;

	*options = (struct relay_options){ .queue = RELAY_QUEUE_MAX, .seed = 1 };
	while ((code = getopt_long(argc, argv, "", long_options, &index)) != -1) {
		if (code == OPT_HELP) {
			fputs(usage, stdout);
			return 1;
		}
		if (code == '?') {
			return 3;
		}
		if (!take_option(options, code, optarg)) {
			fprintf(stderr, "relay: --%s %s: not a value it takes\n",
				long_options[index].name, optarg ? optarg : "");
			return 3;
		}
	}
	if (optind < argc || !options->listen.ss_family || !options->to.ss_family ||
	    options->queue < 1 || options->queue > RELAY_QUEUE_MAX ||
	    options->window > RELAY_QUEUE_MAX) {
		fputs("relay: --listen and --to are needed, --queue is 1 to 262144, "
		      "--window at most that\n",
		      stderr);
		return 3;
	}
	return 0;
}

static void relay_stop(struct relay *relay)
{
	if (relay->stopping) {
		return;
	}
	relay->stopping = true;
	uv_close((uv_handle_t *)&relay->listener, NULL);
	uv_close((uv_handle_t *)&relay->deadline, NULL);
	uv_close((uv_handle_t *)&relay->signals[0], NULL);
	uv_close((uv_handle_t *)&relay->signals[1], NULL);
	relay_pipe_reset_all(relay);
	for (int way = 0; way < RELAY_WAYS; way++) {
		relay_line_close(&relay->lines[way]);
	}
}

void relay_ended(struct relay *relay)
{
	if (relay->options.once) {
		relay_stop(relay);
	}
}

static void on_signal(uv_signal_t *signal, int number)
{
	(void)number;
	relay_stop(signal->data);
}

static void on_deadline(uv_timer_t *timer)
{
	relay_stop(timer->data);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct relay *relay = listener->data;
	int rc = status < 0 ? status : relay_pipe_accept(relay);

	if (rc < 0) {
		fprintf(stderr, "relay: a connection was lost: %s\n", uv_strerror(rc));
	}
}

static int print_listening(const struct relay *relay)
{
	struct sockaddr_storage bound;
	int len = sizeof(bound);
	char host[64];
	int rc = uv_tcp_getsockname(&relay->listener, (struct sockaddr *)&bound, &len);

	if (rc == 0) {
		rc = uv_ip_name((const struct sockaddr *)&bound, host, sizeof(host));
	}
	if (rc == 0) {
		bool six = bound.ss_family == AF_INET6;
		/* the port is at the same place in both kinds of address */
		unsigned port = ntohs(((const struct sockaddr_in *)&bound)->sin_port);

		printf("listening %s%s%s:%u\n", six ? "[" : "", host, six ? "]" : "",
		       port);
		fflush(stdout);
	}
	return rc;
}

/* Before anybody connects: whoever is accepted has it from the listener. */
static int limit_window(struct relay *relay)
{
	int window = (int)relay->options.window;

	return window == 0
		       ? 0
		       : uv_recv_buffer_size((uv_handle_t *)&relay->listener, &window);
}

static int relay_start(struct relay *relay)
{
	static const int numbers[2] = { SIGTERM, SIGINT };

	uv_loop_init(&relay->loop);
	uv_tcp_init(&relay->loop, &relay->listener);
	relay->listener.data = relay;
	uv_timer_init(&relay->loop, &relay->deadline);
	relay->deadline.data = relay;
	for (int i = 0; i < 2; i++) {
		uv_signal_init(&relay->loop, &relay->signals[i]);
		relay->signals[i].data = relay;
		uv_signal_start(&relay->signals[i], on_signal, numbers[i]);
		relay_line_start(&relay->lines[i], &relay->loop, (enum relay_way)i,
				 &relay->options);
	}
	if (relay->options.seconds > 0) {
		uv_timer_start(&relay->deadline, on_deadline,
			       relay->options.seconds * 1000, 0);
	}
	int rc = uv_tcp_bind(&relay->listener,
			     (const struct sockaddr *)&relay->options.listen, 0);

	if (rc == 0) {
		rc = limit_window(relay);
	}
	if (rc == 0) {
		rc = uv_listen((uv_stream_t *)&relay->listener, 128, on_connection);
	}
	return rc == 0 ? print_listening(relay) : rc;
}

static void print_ms(const char *name, uint64_t start_ns, uint64_t ns)
{
	if (ns == 0) {
		printf(",\"%s\":null", name);
	} else {
		printf(",\"%s\":%.3f", name, (double)(ns - start_ns) / 1e6);
	}
}

static void print_counts(const struct relay_counts *counts, bool json)
{
	if (!json) {
		printf("%" PRIu64 " connections, %" PRIu64 " cut, %" PRIu64
		       " bytes up, %" PRIu64 " down\n",
		       counts->connections, counts->cuts, counts->received[RELAY_UP],
		       counts->received[RELAY_DOWN]);
		return;
	}
	printf("{\"schema\":1,\"connections\":%" PRIu64 ",\"refused\":%" PRIu64
	       ",\"cuts\":%" PRIu64 ",\"stalls\":%" PRIu64 ",\"corruptions\":%" PRIu64,
	       counts->connections, counts->refused, counts->cuts, counts->stalls,
	       counts->corruptions);
	printf(",\"bytes_up\":%" PRIu64 ",\"bytes_down\":%" PRIu64
	       ",\"delivered_up\":%" PRIu64 ",\"delivered_down\":%" PRIu64,
	       counts->received[RELAY_UP], counts->received[RELAY_DOWN],
	       counts->delivered[RELAY_UP], counts->delivered[RELAY_DOWN]);
	print_ms("first_byte_ms", counts->start_ns, counts->first_ns);
	print_ms("last_byte_ms", counts->start_ns, counts->last_ns);
	printf(",\"turns\":%" PRIu64 "}\n", counts->turns);
}

int main(int argc, char **argv)
{
	static struct relay relay; /* static: zeroed, and the loop keeps pointers to it */
	int rc = parse_options(&relay.options, argc, argv);

	if (rc != 0) {
		return rc - 1;
	}
	signal(SIGPIPE, SIG_IGN);
	rc = relay_start(&relay);
	if (rc < 0) {
		fprintf(stderr, "relay: cannot listen: %s\n", uv_strerror(rc));
		relay_stop(&relay);
	}
	uv_run(&relay.loop, UV_RUN_DEFAULT);
	uv_loop_close(&relay.loop);
	if (rc == 0) {
		print_counts(&relay.counts, relay.options.json);
	}
	return rc == 0 ? 0 : 1;
}
