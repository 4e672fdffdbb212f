/*
 * tests/bench/sessions.c - many sessions held open at a hub, to see what they cost it.
 *
 * COUNT devices are made and certified here with the operator's key, and come from a
 * loopback address each, since a hub limits how many come from one. First each has a
 * short session by itself, so that all are admitted and the hub has what it keeps
 * anyway: "warm". Then all come again and stay: "idle" after the handshake with nothing
 * sent, or "busy" just before the end of the largest segment that a session's window
 * takes: "open". After each of these words a line on standard input is waited for:
 * whoever started us looks at the hub meanwhile.
 *
 * The session is proto/session.h, as in the client. A hub that hangs up, or a minute
 * without getting on, ends it with a failure: a figure of fewer sessions would lie.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/log/cert.h"
#include "proto/session.h"
#include "tests/bench/bench.h"

#define PATIENCE_MS 60000
#define BODY        PH_SEGMENT_TRAVEL_MAX
/* What of the body is held back: the session makes frames ahead of what is sent. */
#define HELD_BACK   (16 * 1024)

struct operator_keys {
	struct ph_sign_pair pair;
	struct ph_keylist keylist;
	uint64_t site;
	uint64_t now;
};

struct guest {
	int fd;
	struct ph_device_keys keys;
	struct ph_buf cert;
	uint8_t log_id[PH_LOG_ID_SIZE];
	struct ph_session *session;
	struct ph_job *held; /* WELCOME of a session that is to stay idle */
	bool is_busy, has_loaded, is_ready;
	uint64_t greeting; /* bytes sent before the segment */
};

static uint64_t now_ms(void)
{
	return (uint64_t)(bench_now() * 1000);
}

/* --- who they are --- */

static int load_operator(struct operator_keys *op, const struct bench_args *args,
			 struct ph_error *err)
{
	struct ph_buf passphrase = { 0 };
	struct ph_buf list = { 0 };
	char path[4096];
	struct ph_now now;
	int rc = ph_file_read(args->passphrase_file, 1024, &passphrase, err);

	ph_clock_system.read(ph_clock_system.data, &now);
	op->now = (uint64_t)now.wall;
	op->site = strtoull(args->word[2], NULL, 10);
	while (rc == 0 && passphrase.len > 0 &&
	       passphrase.data[passphrase.len - 1] == '\n') {
		passphrase.len--;
	}
	if (rc == 0) {
		rc = ph_path_join(path, sizeof(path), args->word[0], "keys/operator",
				  err);
	}
	if (rc == 0) {
		rc = ph_locked_key_load(&op->pair, path, ph_buf_view(&passphrase), err);
	}
	if (rc == 0) {
		rc = ph_path_join(path, sizeof(path), args->word[0], "keys/list", err);
	}
	if (rc == 0) {
		rc = ph_file_read(path, PH_KEYLIST_MAX, &list, err);
	}
	if (rc == 0) {
		rc = ph_keylist_decode(ph_buf_view(&list), &op->keylist);
	}
	ph_buf_wipe(&passphrase);
	ph_buf_deinit(&list);
	return bench_fail(err, rc, "the operator's key");
}

static int certify(struct guest *guest, const struct operator_keys *op)
{
	const struct ph_rng *rng = &ph_rng_system;
	uint8_t seed[PH_SEED_KEY_SIZE];
	uint8_t nonce[PH_NONCE_SIZE];
	struct ph_sign_pair once;
	struct ph_buf bytes = { 0 };
	struct ph_invite invite = {
		.site = op->site,
		.site_code = ph_view_str("14-0371"),
		.site_name = ph_view_str("Thư viện phường Tô Hiệu"),
		.site_kind = 1,
		.commune = ph_view_str("03646"),
		.role = PH_ROLE_SITE,
		.issued = op->now,
		.expires = op->now + 86400,
	};
	int rc;

	ph_device_keys_make(&guest->keys, rng);
	rng->fill(rng->data, seed, sizeof(seed));
	rng->fill(rng->data, nonce, sizeof(nonce));
	rng->fill(rng->data, invite.id, sizeof(invite.id));
	ph_sign_pair_from_seed(&once, seed);
	memcpy(invite.key, once.key, sizeof(invite.key));
	memcpy(invite.root, op->keylist.root, sizeof(invite.root));
	memcpy(invite.operator_key, op->pair.key, sizeof(invite.operator_key));
	ph_log_id(guest->log_id, guest->keys.sign.key, nonce);
	rc = ph_invite_encode(&invite, &op->pair, &bytes);
	if (rc == 0) {
		rc = ph_cert_encode(ph_buf_view(&bytes), seed, &guest->keys, op->now,
				    &guest->cert);
	}
	ph_sign_pair_wipe(&once);
	ph_buf_deinit(&bytes);
	return rc;
}

/* --- one session --- */

/* The I-th of them comes from 127.A.B.1, networks of their own. */
static int dial(unsigned i, const struct sockaddr_in *hub, int *fd_out)
{
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f010001u + (i / 250 << 16) + (i % 250 << 8)),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0 ||
	    connect(fd, (const struct sockaddr *)hub, sizeof(*hub)) != 0) {
		int rc = -errno;

		if (fd >= 0) {
			close(fd);
		}
		return rc;
	}
	*fd_out = fd;
	return 0;
}

static int start(struct guest *guest, const struct operator_keys *op, bool with_cert)
{
	struct ph_hello *hello = calloc(1, sizeof(*hello));
	struct ph_session_config config = {
		.side = PH_SIDE_DEVICE,
		.rng = ph_rng_system,
		.keys = &guest->keys.box,
		.hello = hello,
		.cert = ph_buf_view(&guest->cert),
	};
	int rc;

	if (!hello) {
		return -ENOMEM;
	}
	if (with_cert) {
		hello->cert = ph_buf_view(&guest->cert);
	}
	hello->n_heads = 1;
	hello->head[0].n = 8;
	memcpy(hello->head[0].log_id, guest->log_id, sizeof(guest->log_id));
	memset(hello->head[0].h, 0xa5, sizeof(hello->head[0].h));
	memcpy(config.hub_key, op->keylist.hub[0].box, sizeof(config.hub_key));
	guest->has_loaded = guest->is_ready = false;
	rc = ph_session_new(&guest->session, &config, now_ms());
	free(hello);
	return rc;
}

/* Eight entries that fill the window; nobody looks into them before they are whole. */
static struct ph_item *big_item(const struct guest *guest)
{
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);

	if (!item || ph_buf_reserve(&item->body, BODY) != 0) {
		ph_items_free(item);
		return NULL;
	}
	memcpy(item->log_id, guest->log_id, sizeof(item->log_id));
	item->first = 1;
	item->last = 8;
	item->body.len = BODY;
	ph_rng_system.fill(ph_rng_system.data, item->body.data, BODY);
	return item;
}

static int do_job(struct guest *guest, struct ph_job *job)
{
	if (job->type == PH_JOB_WELCOME && !guest->is_busy) {
		guest->held = job;
		guest->is_ready = true;
		return 0;
	}
	if (job->type == PH_JOB_WELCOME) {
		job->more = true;
	} else if (job->type == PH_JOB_LOAD && !guest->has_loaded) {
		struct ph_session_counts counts;

		ph_session_counts(guest->session, &counts);
		guest->greeting = counts.bytes_out;
		guest->has_loaded = true;
		job->items = big_item(guest);
		if (!job->items) {
			ph_job_free(job);
			return -ENOMEM;
		}
	}
	ph_session_give_job(guest->session, job, now_ms());
	return 0;
}

static int send_some(struct guest *guest)
{
	struct ph_view out = ph_session_output(guest->session);
	struct ph_session_counts counts;
	ssize_t n;

	ph_session_counts(guest->session, &counts);
	if (guest->has_loaded && counts.bytes_out - guest->greeting > BODY - HELD_BACK) {
		guest->is_ready = true;
		return 0;
	}
	if (out.len == 0) {
		return 0;
	}
	n = send(guest->fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0) {
		return errno == EAGAIN ? 0 : -errno;
	}
	ph_session_sent(guest->session, (size_t)n, now_ms());
	return 0;
}

static int receive_some(struct guest *guest, int wait_ms)
{
	struct pollfd wait = { .fd = guest->fd, .events = POLLIN };
	uint8_t buffer[16384];
	ssize_t n;

	if (ph_session_output(guest->session).len > 0) {
		wait.events |= POLLOUT;
	}
	if (poll(&wait, 1, wait_ms) <= 0 || !(wait.revents & (POLLIN | POLLHUP))) {
		return 0;
	}
	n = recv(guest->fd, buffer, sizeof(buffer), 0);
	if (n <= 0) {
		return n == 0 ? -ECONNRESET : -errno;
	}
	ph_session_receive(guest->session, PH_VIEW(buffer, (size_t)n), now_ms());
	return 0;
}

static int drive(struct guest *guest)
{
	uint64_t end = now_ms() + PATIENCE_MS;
	int rc = 0;

	while (rc == 0 && !guest->is_ready) {
		struct ph_job *job = ph_session_take_job(guest->session);

		if (job) {
			rc = do_job(guest, job);
			continue;
		}
		rc = send_some(guest);
		if (rc == 0 && !guest->is_ready) {
			rc = receive_some(guest, 20);
		}
		if (rc == 0 && (now_ms() > end ||
				ph_session_state(guest->session) == PH_SESSION_FAILED)) {
			fprintf(stderr, "session failed: failure %d, status %d\n",
				(int)ph_session_failure(guest->session),
				(int)ph_session_status(guest->session));
			rc = -ETIMEDOUT;
		}
	}
	return rc;
}

static void hang_up(struct guest *guest)
{
	ph_job_free(guest->held);
	guest->held = NULL;
	ph_session_free(guest->session);
	guest->session = NULL;
	if (guest->fd >= 0) {
		close(guest->fd);
	}
	guest->fd = -1;
}

static int call(struct guest *guest, unsigned i, const struct sockaddr_in *hub,
		const struct operator_keys *op, bool is_first)
{
	int rc = dial(i, hub, &guest->fd);

	if (rc == 0) {
		rc = start(guest, op, is_first);
	}
	return rc < 0 ? rc : drive(guest);
}

/* --- all of them --- */

/* Tell WORD and wait for a line. */
static int pause_for(const char *word, uint64_t count)
{
	char line[64];

	printf("{\"at\":\"%s\",\"sessions\":%llu}\n", word, (unsigned long long)count);
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) ? 0 : -EPIPE;
}

static int run(struct guest *guests, const struct bench_args *args,
	       const struct sockaddr_in *hub, const struct operator_keys *op)
{
	bool is_busy = strcmp(args->mode, "busy") == 0;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < args->count; i++) {
		guests[i].fd = -1;
		rc = certify(&guests[i], op);
		if (rc == 0) {
			rc = call(&guests[i], i, hub, op, true);
		}
		hang_up(&guests[i]);
	}
	if (rc == 0) {
		rc = pause_for("warm", args->count);
	}
	for (unsigned i = 0; rc == 0 && i < args->count; i++) {
		guests[i].is_busy = is_busy;
		rc = call(&guests[i], i, hub, op, false);
	}
	if (rc == 0) {
		rc = pause_for("open", args->count);
	}
	/* a hub that had sent some of them away would look cheap */
	for (unsigned i = 0; rc == 0 && i < args->count; i++) {
		rc = receive_some(&guests[i], 0);
	}
	if (rc == 0) {
		rc = pause_for("held", args->count);
	}
	for (unsigned i = 0; i < args->count; i++) {
		hang_up(&guests[i]);
	}
	return rc;
}

static int parse_address(const char *text, struct sockaddr_in *out, struct ph_error *err)
{
	char host[64];
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : sizeof(host);

	memset(out, 0, sizeof(*out));
	out->sin_family = AF_INET;
	if (len < sizeof(host)) {
		memcpy(host, text, len);
		host[len] = '\0';
		out->sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
		if (inet_pton(AF_INET, host, &out->sin_addr) == 1) {
			return 0;
		}
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL, "%s: not IPV4:PORT", text);
}

int bench_sessions(const struct bench_args *args, struct ph_error *err)
{
	struct operator_keys op = { 0 };
	struct guest *guests = calloc(args->count, sizeof(*guests));
	struct sockaddr_in hub;
	int rc = !guests ? -ENOMEM : parse_address(args->word[1], &hub, err);

	if (rc == 0 && (!args->passphrase_file || args->count == 0)) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EINVAL, "--passphrase-file is needed");
	}
	if (rc == 0) {
		rc = load_operator(&op, args, err);
	}
	if (rc == 0) {
		rc = run(guests, args, &hub, &op);
	}
	for (uint64_t i = 0; guests && i < args->count; i++) {
		ph_buf_deinit(&guests[i].cert);
		ph_device_keys_wipe(&guests[i].keys);
	}
	free(guests);
	ph_sign_pair_wipe(&op.pair);
	return bench_fail(err, rc, "holding sessions");
}
