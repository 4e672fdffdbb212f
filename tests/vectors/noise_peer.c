/*
 * noise_peer - our handshake and frames over stdin and stdout, for a test to talk to.
 *
 *     noise_peer responder SECRET
 *     noise_peer initiator SECRET REMOTE_PUBLIC PAYLOAD_LEN
 *
 * Keys are hex. The initiator sends the preamble and PAYLOAD_LEN bytes (0, 1, ... 250,
 * 0, ...) in message 1; the responder returns them in message 2 in reverse. Then we
 * send one transport message, the handshake hash and the peer's static, and return
 * every message that comes, in reverse, until the input ends.
 *
 * Exit status: 0 done; 1 called wrongly, or the pipe broke; 3 the handshake was
 * refused; 4 a transport message was refused; nothing is sent after a refusal.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "proto/frame.h"
#include "proto/noise.h"

enum {
	EXIT_BROKEN = 1,
	EXIT_HANDSHAKE = 3,
	EXIT_TRANSPORT = 4,
};

static struct ph_buf input; /* what was read and not yet used */

static void stop_if(bool failed, int status)
{
	if (failed) {
		exit(status);
	}
}

/* Read some more. False at the end of the input. */
static bool read_more(void)
{
	stop_if(ph_buf_reserve(&input, 4096) != 0, EXIT_BROKEN);
	for (;;) {
		ssize_t n = read(STDIN_FILENO, input.data + input.len, 4096);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		stop_if(n < 0, EXIT_BROKEN);
		input.len += (size_t)n;
		return n > 0;
	}
}

static void write_all(struct ph_view bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(STDOUT_FILENO, bytes.data, bytes.len);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		stop_if(n < 0, EXIT_BROKEN);
		bytes.data += n;
		bytes.len -= (size_t)n;
	}
}

/* The next frame's body into OUT. False when the input ends between two frames. */
static bool read_frame(struct ph_buf *out)
{
	struct ph_view body;

	for (;;) {
		struct ph_view in = ph_buf_view(&input);
		int rc = ph_frame_decode(&in, PH_FRAME_MAX, &body);
		if (rc == 0) {
			out->len = 0;
			stop_if(ph_buf_put_view(out, body) != 0, EXIT_BROKEN);
			ph_buf_drop(&input, input.len - in.len);
			return true;
		}
		stop_if(rc != PH_FRAME_E_SHORT, EXIT_BROKEN);
		if (!read_more()) {
			stop_if(input.len > 0, EXIT_BROKEN);
			return false;
		}
	}
}

static void write_frame(const struct ph_buf *body)
{
	struct ph_buf frame = { 0 };

	stop_if(ph_frame_encode(ph_buf_view(body), &frame) != 0, EXIT_BROKEN);
	write_all(ph_buf_view(&frame));
	ph_buf_deinit(&frame);
}

static void reverse(struct ph_buf *buf)
{
	for (size_t i = 0; i < buf->len / 2; i++) {
		uint8_t byte = buf->data[i];
		buf->data[i] = buf->data[buf->len - 1 - i];
		buf->data[buf->len - 1 - i] = byte;
	}
}

static void read_preamble(uint8_t prologue[static PH_PREAMBLE_LEN],
			  const uint8_t *static_public)
{
	struct ph_preamble preamble;

	for (;;) {
		struct ph_view in = ph_buf_view(&input);
		int rc = ph_preamble_decode(&in, &preamble);
		if (rc == 0) {
			break;
		}
		stop_if(rc != PH_PREAMBLE_E_SHORT, EXIT_HANDSHAKE);
		stop_if(!read_more(), EXIT_BROKEN);
	}
	stop_if(memcmp(preamble.hint, static_public, PH_PREAMBLE_HINT_LEN) != 0,
		EXIT_HANDSHAKE);
	memcpy(prologue, input.data, PH_PREAMBLE_LEN);
	ph_buf_drop(&input, PH_PREAMBLE_LEN);
}

static void respond(struct ph_noise *noise, const uint8_t *secret)
{
	uint8_t static_public[PH_NOISE_KEY_LEN];
	uint8_t prologue[PH_PREAMBLE_LEN];
	struct ph_buf message = { 0 };
	struct ph_buf payload = { 0 };

	ph_noise_public(static_public, secret);
	read_preamble(prologue, static_public);
	const struct ph_noise_config config = {
		.pattern = PH_NOISE_IK,
		.role = PH_NOISE_RESPONDER,
		.prologue = PH_VIEW(prologue, sizeof(prologue)),
		.static_secret = secret,
	};
	stop_if(ph_noise_init(noise, &config) != 0, EXIT_BROKEN);
	stop_if(!read_frame(&message), EXIT_BROKEN);
	stop_if(ph_noise_consume_message(noise, ph_buf_view(&message), &payload) != 0,
		EXIT_HANDSHAKE);
	reverse(&payload);
	message.len = 0;
	stop_if(ph_noise_create_message(noise, &ph_rng_system, ph_buf_view(&payload),
					&message) != 0,
		EXIT_HANDSHAKE);
	write_frame(&message);
	ph_buf_deinit(&message);
	ph_buf_deinit(&payload);
}

static void initiate(struct ph_noise *noise, const uint8_t *secret, const uint8_t *remote,
		     size_t payload_len)
{
	uint8_t prologue[PH_PREAMBLE_LEN];
	struct ph_buf message = { 0 };
	struct ph_buf payload = { 0 };
	struct ph_buf answer = { 0 };

	ph_preamble_encode(prologue, remote);
	const struct ph_noise_config config = {
		.pattern = PH_NOISE_IK,
		.role = PH_NOISE_INITIATOR,
		.prologue = PH_VIEW(prologue, sizeof(prologue)),
		.static_secret = secret,
		.remote_static = remote,
	};
	stop_if(ph_noise_init(noise, &config) != 0, EXIT_BROKEN);
	for (size_t i = 0; i < payload_len; i++) {
		stop_if(ph_buf_put_u8(&payload, (uint8_t)(i % 251)) != 0, EXIT_BROKEN);
	}
	stop_if(ph_noise_create_message(noise, &ph_rng_system, ph_buf_view(&payload),
					&message) != 0,
		EXIT_HANDSHAKE);
	write_all(PH_VIEW(prologue, sizeof(prologue)));
	write_frame(&message);
	stop_if(!read_frame(&message), EXIT_BROKEN);
	stop_if(ph_noise_consume_message(noise, ph_buf_view(&message), &answer) != 0,
		EXIT_HANDSHAKE);
	reverse(&answer);
	stop_if(!ph_view_equal(ph_buf_view(&answer), ph_buf_view(&payload)),
		EXIT_HANDSHAKE);
	ph_buf_deinit(&message);
	ph_buf_deinit(&payload);
	ph_buf_deinit(&answer);
}

static void send_sealed(struct ph_cipher *cipher, const struct ph_buf *plain)
{
	struct ph_buf sealed = { 0 };

	stop_if(ph_cipher_seal(cipher, ph_buf_view(plain), &sealed) != 0, EXIT_TRANSPORT);
	write_frame(&sealed);
	ph_buf_deinit(&sealed);
}

static void transport(struct ph_noise *noise)
{
	struct ph_cipher send;
	struct ph_cipher receive;
	struct ph_buf body = { 0 };
	struct ph_buf plain = { 0 };

	stop_if(ph_noise_split(noise, &send, &receive) != 0, EXIT_HANDSHAKE);
	stop_if(ph_buf_put(&plain, ph_noise_handshake_hash(noise), PH_NOISE_HASH_LEN) !=
			0,
		EXIT_BROKEN);
	stop_if(ph_buf_put(&plain, ph_noise_remote_static(noise), PH_NOISE_KEY_LEN) != 0,
		EXIT_BROKEN);
	send_sealed(&send, &plain);
	while (read_frame(&body)) {
		plain.len = 0;
		stop_if(ph_cipher_open(&receive, ph_buf_view(&body), &plain) != 0,
			EXIT_TRANSPORT);
		reverse(&plain);
		send_sealed(&send, &plain);
	}
	ph_cipher_deinit(&send);
	ph_cipher_deinit(&receive);
	ph_buf_deinit(&body);
	ph_buf_deinit(&plain);
}

static void read_key(uint8_t out[static PH_NOISE_KEY_LEN], const char *hex)
{
	stop_if(ph_unhex(out, PH_NOISE_KEY_LEN, hex, strlen(hex)) != 0, EXIT_BROKEN);
}

int main(int argc, char **argv)
{
	struct ph_noise noise;
	uint8_t secret[PH_NOISE_KEY_LEN];
	uint8_t remote[PH_NOISE_KEY_LEN];

	if (argc == 3 && strcmp(argv[1], "responder") == 0) {
		read_key(secret, argv[2]);
		respond(&noise, secret);
	} else if (argc == 5 && strcmp(argv[1], "initiator") == 0) {
		read_key(secret, argv[2]);
		read_key(remote, argv[3]);
		initiate(&noise, secret, remote, strtoul(argv[4], NULL, 10));
	} else {
		fprintf(stderr, "usage: noise_peer responder SECRET\n"
				"       noise_peer initiator SECRET REMOTE LEN\n");
		return EXIT_BROKEN;
	}
	transport(&noise);
	ph_noise_deinit(&noise);
	ph_buf_deinit(&input);
	return 0;
}
