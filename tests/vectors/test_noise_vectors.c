/*
 * Every published vector of our two protocols: what we create must be the bytes
 * that were published, and the other side must read them.
 *
 * Two layouts. cacophony, noise-c, snow: members init_*, resp_* and messages[].
 * flynn/noise: flynn_fields with gen_*_ephemeral and msg_<n>_*, no remote static
 * (it follows from the other side's secret). Any of prologue and handshake_hash
 * may be missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/noise.h"
#include "tests/vectors/published.h"

enum {
	VECTORS_EACH = 7, /* published for each of the two patterns */
	MESSAGES_MAX = 16,
};

struct vector {
	struct ph_buf prologue;
	struct ph_buf statics[2]; /* by enum ph_noise_role */
	struct ph_buf ephemerals[2];
	struct ph_buf remote_static;
	struct ph_buf hash;
	bool is_flynn;
	size_t n_messages;
	struct ph_buf payloads[MESSAGES_MAX];
	struct ph_buf ciphertexts[MESSAGES_MAX];
};

static json_t *published;

static void vector_deinit(struct vector *vector)
{
	ph_buf_deinit(&vector->prologue);
	ph_buf_deinit(&vector->remote_static);
	ph_buf_deinit(&vector->hash);
	for (size_t i = 0; i < 2; i++) {
		ph_buf_deinit(&vector->statics[i]);
		ph_buf_deinit(&vector->ephemerals[i]);
	}
	for (size_t i = 0; i < MESSAGES_MAX; i++) {
		ph_buf_deinit(&vector->payloads[i]);
		ph_buf_deinit(&vector->ciphertexts[i]);
	}
}

static void read_flynn(struct vector *vector, const json_t *fields)
{
	vector->is_flynn = true;
	published_bytes(fields, "prologue", &vector->prologue);
	published_bytes(fields, "init_static", &vector->statics[PH_NOISE_INITIATOR]);
	published_bytes(fields, "resp_static", &vector->statics[PH_NOISE_RESPONDER]);
	published_bytes(fields, "gen_init_ephemeral",
			&vector->ephemerals[PH_NOISE_INITIATOR]);
	published_bytes(fields, "gen_resp_ephemeral",
			&vector->ephemerals[PH_NOISE_RESPONDER]);
	for (size_t i = 0; i < MESSAGES_MAX; i++) {
		char name[32];
		snprintf(name, sizeof(name), "msg_%zu_ciphertext", i);
		if (published_text(fields, name) == NULL) {
			break;
		}
		published_bytes(fields, name, &vector->ciphertexts[i]);
		snprintf(name, sizeof(name), "msg_%zu_payload", i);
		published_bytes(fields, name, &vector->payloads[i]);
		vector->n_messages++;
	}
}

static void read_others(struct vector *vector, const json_t *object)
{
	published_bytes(object, "init_prologue", &vector->prologue);
	published_bytes(object, "init_static", &vector->statics[PH_NOISE_INITIATOR]);
	published_bytes(object, "resp_static", &vector->statics[PH_NOISE_RESPONDER]);
	published_bytes(object, "init_ephemeral",
			&vector->ephemerals[PH_NOISE_INITIATOR]);
	published_bytes(object, "resp_ephemeral",
			&vector->ephemerals[PH_NOISE_RESPONDER]);
	published_bytes(object, "init_remote_static", &vector->remote_static);
	published_bytes(object, "handshake_hash", &vector->hash);

	const json_t *messages = json_object_get(object, "messages");
	vector->n_messages = json_array_size(messages);
	assert_true(vector->n_messages <= MESSAGES_MAX);
	for (size_t i = 0; i < vector->n_messages; i++) {
		const json_t *message = json_array_get(messages, i);
		published_bytes(message, "payload", &vector->payloads[i]);
		published_bytes(message, "ciphertext", &vector->ciphertexts[i]);
	}
}

/* An rng that gives exactly the published ephemeral. */
static void fill_ephemeral(void *data, uint8_t *out, size_t len)
{
	const struct ph_buf *ephemeral = data;

	assert_int_equal(len, ephemeral->len);
	memcpy(out, ephemeral->data, len);
}

static void start_sides(struct vector *vector, enum ph_noise_pattern pattern,
			struct ph_noise sides[static 2])
{
	uint8_t resp_public[PH_NOISE_KEY_LEN];

	assert_int_equal(vector->statics[0].len, PH_NOISE_KEY_LEN);
	assert_int_equal(vector->statics[1].len, PH_NOISE_KEY_LEN);
	ph_noise_public(resp_public, vector->statics[PH_NOISE_RESPONDER].data);
	if (vector->remote_static.len > 0) {
		assert_int_equal(vector->remote_static.len, PH_NOISE_KEY_LEN);
		assert_memory_equal(resp_public, vector->remote_static.data,
				    PH_NOISE_KEY_LEN);
	}
	for (size_t role = 0; role < 2; role++) {
		const struct ph_noise_config config = {
			.pattern = pattern,
			.role = (enum ph_noise_role)role,
			.prologue = ph_buf_view(&vector->prologue),
			.static_secret = vector->statics[role].data,
			.remote_static = role == PH_NOISE_INITIATOR ? resp_public : NULL,
		};
		assert_int_equal(ph_noise_init(&sides[role], &config), 0);
	}
}

static void run_handshake(struct vector *vector, struct ph_noise sides[static 2],
			  size_t n_handshake)
{
	for (size_t i = 0; i < n_handshake; i++) {
		struct ph_noise *writer = &sides[i % 2];
		struct ph_noise *reader = &sides[1 - i % 2];
		const struct ph_rng rng = { .fill = fill_ephemeral,
					    .data = &vector->ephemerals[i % 2] };
		struct ph_buf message = { 0 };
		struct ph_buf payload = { 0 };

		assert_int_equal(ph_noise_create_message(
					 writer, &rng, ph_buf_view(&vector->payloads[i]),
					 &message),
				 0);
		assert_true(ph_view_equal(ph_buf_view(&message),
					  ph_buf_view(&vector->ciphertexts[i])));
		assert_int_equal(
			ph_noise_consume_message(
				reader, ph_buf_view(&vector->ciphertexts[i]), &payload),
			0);
		assert_true(ph_view_equal(ph_buf_view(&payload),
					  ph_buf_view(&vector->payloads[i])));
		ph_buf_deinit(&message);
		ph_buf_deinit(&payload);
	}
}

/*
 * The ciphers of both sides. Of a one-way pattern the specification throws the
 * second one away, and so do we; but flynn/noise publishes a message under it. For
 * those, check that ours is spent, and split once more as a two-way pattern does.
 */
static void split_sides(const struct vector *vector, struct ph_noise sides[static 2],
			struct ph_cipher send[static 2],
			struct ph_cipher receive[static 2])
{
	for (size_t role = 0; role < 2; role++) {
		struct ph_noise two_way = sides[role];
		bool is_one_way = two_way.pattern == PH_NOISE_X;

		assert_int_equal(
			ph_noise_split(&sides[role], &send[role], &receive[role]), 0);
		if (is_one_way && vector->is_flynn) {
			const struct ph_cipher *back = role == 0 ? &receive[0] : &send[1];
			assert_true(back->nonce == UINT64_MAX);
			two_way.pattern = PH_NOISE_IK;
			two_way.step = 2;
			assert_int_equal(
				ph_noise_split(&two_way, &send[role], &receive[role]), 0);
		}
		ph_noise_deinit(&two_way);
	}
}

/* Messages behind the handshake: in turns, or all from the initiator where one-way. */
static void run_transport(struct vector *vector, struct ph_noise sides[static 2],
			  size_t n_handshake)
{
	struct ph_cipher send[2];
	struct ph_cipher receive[2];
	bool is_one_way = n_handshake == 1 && !vector->is_flynn;

	split_sides(vector, sides, send, receive);
	for (size_t i = n_handshake; i < vector->n_messages; i++) {
		size_t writer = is_one_way ? 0 : (i - n_handshake) % 2;
		struct ph_buf sealed = { 0 };
		struct ph_buf opened = { 0 };

		assert_int_equal(ph_cipher_seal(&send[writer],
						ph_buf_view(&vector->payloads[i]),
						&sealed),
				 0);
		assert_true(ph_view_equal(ph_buf_view(&sealed),
					  ph_buf_view(&vector->ciphertexts[i])));
		assert_int_equal(ph_cipher_open(&receive[1 - writer],
						ph_buf_view(&vector->ciphertexts[i]),
						&opened),
				 0);
		assert_true(ph_view_equal(ph_buf_view(&opened),
					  ph_buf_view(&vector->payloads[i])));
		ph_buf_deinit(&sealed);
		ph_buf_deinit(&opened);
	}
}

static void run_vector(const json_t *object, enum ph_noise_pattern pattern,
		       size_t n_handshake)
{
	struct vector vector = { 0 };
	struct ph_noise sides[2];
	const json_t *fields = json_object_get(object, "flynn_fields");

	if (fields != NULL) {
		read_flynn(&vector, fields);
	} else {
		read_others(&vector, object);
	}
	assert_true(vector.n_messages > n_handshake);
	start_sides(&vector, pattern, sides);
	run_handshake(&vector, sides, n_handshake);
	for (size_t i = 0; i < 2; i++) {
		assert_true(ph_noise_is_done(&sides[i]));
		if (vector.hash.len > 0) {
			assert_int_equal(vector.hash.len, PH_NOISE_HASH_LEN);
			assert_memory_equal(ph_noise_handshake_hash(&sides[i]),
					    vector.hash.data, PH_NOISE_HASH_LEN);
		}
	}
	run_transport(&vector, sides, n_handshake);
	ph_noise_deinit(&sides[0]);
	ph_noise_deinit(&sides[1]);
	vector_deinit(&vector);
}

static void run_protocol(const char *name, enum ph_noise_pattern pattern,
			 size_t n_handshake)
{
	const json_t *vectors = json_object_get(published, "vectors");
	const json_t *object;
	size_t i;
	size_t n_run = 0;

	json_array_foreach(vectors, i, object)
	{
		const char *protocol = published_text(object, "protocol_name");
		if (protocol == NULL || strcmp(protocol, name) != 0) {
			continue;
		}
		print_message("# %s, from %s\n", name, published_text(object, "source"));
		run_vector(object, pattern, n_handshake);
		n_run++;
	}
	print_message("# %zu vectors of %s\n", n_run, name);
	assert_int_equal(n_run, VECTORS_EACH);
}

static void test_ik(void **state)
{
	(void)state;
	run_protocol("Noise_IK_25519_ChaChaPoly_BLAKE2b", PH_NOISE_IK, 2);
}

static void test_x(void **state)
{
	(void)state;
	run_protocol("Noise_X_25519_ChaChaPoly_BLAKE2b", PH_NOISE_X, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ik),
		cmocka_unit_test(test_x),
	};

	published = published_load("noise-25519-chachapoly-blake2b.subset.json");
	if (published == NULL) {
		return 0;
	}
	int failed = cmocka_run_group_tests_name("noise-vectors", tests, NULL, NULL);
	json_decref(published);
	return failed;
}
