/*
 * tests/sanitize/msan_shim.c - what libraries that MSan does not see have written.
 *
 * MSan follows each bit through code that clang compiled for it; libsodium, SQLite,
 * msgpack-c, utf8proc, jansson and zstd are not. Linked with --wrap, each function that writes
 * through a pointer of ours is called here, and what it wrote is then told to MSan. What they
 * allocate for themselves counts as written (poison_in_malloc=0, poison_in_free=0); what our own code gets from
 * malloc does not: it is poisoned here.
 *
 * Built and linked by tests/sanitize/run msan alone, which takes the list of names from the
 * lines that begin with WRAP.
 */
#include <jansson.h>
#include <msgpack.h>
#include <sanitizer/allocator_interface.h>
#include <sanitizer/msan_interface.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include <zstd.h>

#define WRAP(type, name, args)                                                           \
	type __real_##name args;                                                         \
	type __wrap_##name args;                                                         \
	type __wrap_##name args

static void written(const void *at, size_t len)
{
	if (at != NULL) {
		__msan_unpoison(at, len);
	}
}

/* What SQLite and jansson hand to libc is their own, and never seen being written. */
#define LIBRARY(call)                                                                    \
	__msan_scoped_disable_interceptor_checks();                                      \
	call;                                                                            \
	__msan_scoped_enable_interceptor_checks();

/* --- our own memory --- */

WRAP(void *, malloc, (size_t size))
{
	void *block = __real_malloc(size);

	if (block != NULL) {
		/* __msan_allocated_memory() does nothing where poison_in_malloc is 0 */
		__msan_poison(block, size);
	}
	return block;
}

/* A library may be given it next, and what it has counts as written. */
WRAP(void, free, (void *block))
{
	if (block != NULL) {
		__msan_unpoison(block, __sanitizer_get_allocated_size(block));
	}
	__real_free(block);
}

WRAP(void *, realloc, (void *block, size_t size))
{
	size_t held = block != NULL ? __sanitizer_get_allocated_size(block) : 0;
	void *larger = __wrap_malloc(size);

	if (larger != NULL && block != NULL) {
		memcpy(larger, block, held < size ? held : size);
		__wrap_free(block);
	}
	return larger;
}

/* --- libsodium --- */

WRAP(int, crypto_generichash,
     (uint8_t * out, size_t outlen, const uint8_t *in, unsigned long long inlen,
      const uint8_t *key, size_t keylen))
{
	__msan_check_mem_is_initialized(in, inlen);

	int rc = __real_crypto_generichash(out, outlen, in, inlen, key, keylen);

	written(out, outlen);
	return rc;
}

WRAP(int, crypto_generichash_init,
     (crypto_generichash_state * state, const uint8_t *key, size_t keylen, size_t outlen))
{
	int rc = __real_crypto_generichash_init(state, key, keylen, outlen);

	written(state, sizeof(*state));
	return rc;
}

WRAP(int, crypto_generichash_update,
     (crypto_generichash_state * state, const uint8_t *in, unsigned long long inlen))
{
	__msan_check_mem_is_initialized(in, inlen);

	int rc = __real_crypto_generichash_update(state, in, inlen);

	written(state, sizeof(*state));
	return rc;
}

WRAP(int, crypto_generichash_final,
     (crypto_generichash_state * state, uint8_t *out, size_t outlen))
{
	int rc = __real_crypto_generichash_final(state, out, outlen);

	written(out, outlen);
	return rc;
}

WRAP(int, crypto_shorthash,
     (uint8_t * out, const uint8_t *in, unsigned long long inlen, const uint8_t *key))
{
	int rc = __real_crypto_shorthash(out, in, inlen, key);

	written(out, crypto_shorthash_BYTES);
	return rc;
}

#define WRAP_AEAD(name, tag)                                                             \
	WRAP(int, name,                                                                  \
	     (uint8_t * out, unsigned long long *outlen, const uint8_t *in,              \
	      unsigned long long inlen, const uint8_t *ad, unsigned long long adlen,     \
	      const uint8_t *nsec, const uint8_t *nonce, const uint8_t *key))            \
	{                                                                                \
		__msan_check_mem_is_initialized(in, inlen);                              \
                                                                                         \
		int rc = __real_##name(out, outlen, in, inlen, ad, adlen, nsec, nonce,   \
				       key);                                             \
                                                                                         \
		written(out, inlen + (tag));                                             \
		written(outlen, sizeof(*outlen));                                        \
		return rc;                                                               \
	}
WRAP_AEAD(crypto_aead_chacha20poly1305_ietf_encrypt,
	  crypto_aead_chacha20poly1305_ietf_ABYTES)
WRAP_AEAD(crypto_aead_xchacha20poly1305_ietf_encrypt,
	  crypto_aead_xchacha20poly1305_ietf_ABYTES)

#define WRAP_OPEN(name, tag)                                                             \
	WRAP(int, name,                                                                  \
	     (uint8_t * out, unsigned long long *outlen, uint8_t *nsec,                  \
	      const uint8_t *in, unsigned long long inlen, const uint8_t *ad,            \
	      unsigned long long adlen, const uint8_t *nonce, const uint8_t *key))       \
	{                                                                                \
		__msan_check_mem_is_initialized(in, inlen);                              \
                                                                                         \
		int rc = __real_##name(out, outlen, nsec, in, inlen, ad, adlen, nonce,   \
				       key);                                             \
                                                                                         \
		written(out, inlen < (tag) ? 0 : inlen - (tag));                         \
		written(outlen, sizeof(*outlen));                                        \
		return rc;                                                               \
	}
WRAP_OPEN(crypto_aead_chacha20poly1305_ietf_decrypt,
	  crypto_aead_chacha20poly1305_ietf_ABYTES)
WRAP_OPEN(crypto_aead_xchacha20poly1305_ietf_decrypt,
	  crypto_aead_xchacha20poly1305_ietf_ABYTES)

WRAP(int, crypto_box_seal,
     (uint8_t * out, const uint8_t *in, unsigned long long inlen, const uint8_t *key))
{
	__msan_check_mem_is_initialized(in, inlen);

	int rc = __real_crypto_box_seal(out, in, inlen, key);

	written(out, inlen + crypto_box_SEALBYTES);
	return rc;
}

WRAP(int, crypto_box_seal_open,
     (uint8_t * out, const uint8_t *in, unsigned long long inlen, const uint8_t *key,
      const uint8_t *secret))
{
	int rc = __real_crypto_box_seal_open(out, in, inlen, key, secret);

	written(out, inlen < crypto_box_SEALBYTES ? 0 : inlen - crypto_box_SEALBYTES);
	return rc;
}

#define WRAP_32(name, args, pass)                                                        \
	WRAP(int, name, args)                                                            \
	{                                                                                \
		int rc = __real_##name pass;                                             \
                                                                                         \
		written(out, 32);                                                        \
		return rc;                                                               \
	}
WRAP_32(crypto_scalarmult, (uint8_t * out, const uint8_t *n, const uint8_t *p),
	(out, n, p))
WRAP_32(crypto_scalarmult_base, (uint8_t * out, const uint8_t *n), (out, n))
WRAP_32(crypto_scalarmult_curve25519, (uint8_t * out, const uint8_t *n, const uint8_t *p),
	(out, n, p))
WRAP_32(crypto_scalarmult_curve25519_base, (uint8_t * out, const uint8_t *n), (out, n))

WRAP(int, crypto_pwhash,
     (uint8_t *const out, unsigned long long outlen, const char *const passwd,
      unsigned long long passwdlen, const uint8_t *const salt, unsigned long long ops,
      size_t mem, int alg))
{
	int rc =
		__real_crypto_pwhash(out, outlen, passwd, passwdlen, salt, ops, mem, alg);

	written(out, outlen);
	return rc;
}

WRAP(int, crypto_sign_detached,
     (uint8_t * sig, unsigned long long *siglen, const uint8_t *in,
      unsigned long long inlen, const uint8_t *secret))
{
	__msan_check_mem_is_initialized(in, inlen);

	int rc = __real_crypto_sign_detached(sig, siglen, in, inlen, secret);

	written(sig, crypto_sign_BYTES);
	written(siglen, sizeof(*siglen));
	return rc;
}

WRAP(int, crypto_sign_seed_keypair, (uint8_t * key, uint8_t *secret, const uint8_t *seed))
{
	int rc = __real_crypto_sign_seed_keypair(key, secret, seed);

	written(key, crypto_sign_PUBLICKEYBYTES);
	written(secret, crypto_sign_SECRETKEYBYTES);
	return rc;
}

WRAP(int, crypto_stream_chacha20_xor_ic,
     (uint8_t * out, const uint8_t *in, unsigned long long len, const uint8_t *nonce,
      uint64_t ic, const uint8_t *key))
{
	int rc = __real_crypto_stream_chacha20_xor_ic(out, in, len, nonce, ic, key);

	written(out, len);
	return rc;
}

WRAP(int, crypto_stream_chacha20,
     (uint8_t * out, unsigned long long len, const uint8_t *nonce, const uint8_t *key))
{
	int rc = __real_crypto_stream_chacha20(out, len, nonce, key);

	written(out, len);
	return rc;
}

WRAP(void, randombytes_buf, (void *const out, const size_t len))
{
	__real_randombytes_buf(out, len);
	written(out, len);
}

WRAP(char *, sodium_bin2base64,
     (char *const out, const size_t max, const uint8_t *const in, const size_t len,
      const int variant))
{
	char *text = __real_sodium_bin2base64(out, max, in, len, variant);

	written(out, max);
	return text;
}

WRAP(int, sodium_base642bin,
     (uint8_t *const out, const size_t max, const char *const in, const size_t inlen,
      const char *const ignore, size_t *const len, const char **const end,
      const int variant))
{
	int rc = __real_sodium_base642bin(out, max, in, inlen, ignore, len, end, variant);

	written(out, max);
	written(len, sizeof(*len));
	written(end, sizeof(*end));
	return rc;
}

WRAP(void, sodium_memzero, (void *const at, const size_t len))
{
	__real_sodium_memzero(at, len);
	written(at, len);
}

/* --- SQLite --- */

WRAP(int, sqlite3_open_v2, (const char *path, sqlite3 **db, int flags, const char *vfs))
{
	int rc;

	LIBRARY(rc = __real_sqlite3_open_v2(path, db, flags, vfs))
	written(db, sizeof(*db));
	return rc;
}

WRAP(int, sqlite3_close, (sqlite3 * db))
{
	int rc;

	LIBRARY(rc = __real_sqlite3_close(db))
	return rc;
}

WRAP(int, sqlite3_prepare_v2,
     (sqlite3 * db, const char *sql, int len, sqlite3_stmt **stmt, const char **tail))
{
	int rc;

	LIBRARY(rc = __real_sqlite3_prepare_v2(db, sql, len, stmt, tail))
	written(stmt, sizeof(*stmt));
	written(tail, sizeof(*tail));
	return rc;
}

WRAP(int, sqlite3_prepare_v3,
     (sqlite3 * db, const char *sql, int len, unsigned flags, sqlite3_stmt **stmt,
      const char **tail))
{
	int rc;

	LIBRARY(rc = __real_sqlite3_prepare_v3(db, sql, len, flags, stmt, tail))
	written(stmt, sizeof(*stmt));
	written(tail, sizeof(*tail));
	return rc;
}

WRAP(int, sqlite3_exec,
     (sqlite3 * db, const char *sql, int (*on_row)(void *, int, char **, char **),
      void *data, char **message))
{
	int rc;

	LIBRARY(rc = __real_sqlite3_exec(db, sql, on_row, data, message))
	written(message, sizeof(*message));
	return rc;
}

WRAP(int, sqlite3_step, (sqlite3_stmt * stmt))
{
	int rc;

	LIBRARY(rc = __real_sqlite3_step(stmt))
	return rc;
}

/* It may be what ends a transaction. */
WRAP(int, sqlite3_reset, (sqlite3_stmt * stmt))
{
	int rc;

	LIBRARY(rc = __real_sqlite3_reset(stmt))
	return rc;
}

WRAP(int, sqlite3_finalize, (sqlite3_stmt * stmt))
{
	int rc;

	LIBRARY(rc = __real_sqlite3_finalize(stmt))
	return rc;
}

WRAP(int, sqlite3_backup_step, (sqlite3_backup * backup, int pages))
{
	int rc;

	LIBRARY(rc = __real_sqlite3_backup_step(backup, pages))
	return rc;
}

WRAP(int, sqlite3_bind_blob64,
     (sqlite3_stmt * stmt, int at, const void *blob, sqlite3_uint64 len,
      void (*end)(void *)))
{
	__msan_check_mem_is_initialized(blob, blob != NULL ? len : 0);
	return __real_sqlite3_bind_blob64(stmt, at, blob, len, end);
}

WRAP(int, sqlite3_bind_text64,
     (sqlite3_stmt * stmt, int at, const char *text, sqlite3_uint64 len,
      void (*end)(void *), unsigned char encoding))
{
	__msan_check_mem_is_initialized(text, text != NULL ? len : 0);
	return __real_sqlite3_bind_text64(stmt, at, text, len, end, encoding);
}

/* What a column gives lies in memory that SQLite filled from its stack, seen in use by others. */
WRAP(const void *, sqlite3_column_blob, (sqlite3_stmt * stmt, int column))
{
	const void *blob = __real_sqlite3_column_blob(stmt, column);

	written(blob, (size_t)sqlite3_column_bytes(stmt, column));
	return blob;
}

WRAP(const unsigned char *, sqlite3_column_text, (sqlite3_stmt * stmt, int column))
{
	const unsigned char *text = __real_sqlite3_column_text(stmt, column);

	written(text, (size_t)sqlite3_column_bytes(stmt, column) + 1);
	return text;
}

/* --- msgpack-c, utf8proc, jansson --- */

/* The library copies its objects from a stack that MSan saw in use by others. */
static void object_written(const msgpack_object *object)
{
	written(object, sizeof(*object));
	if (object->type == MSGPACK_OBJECT_ARRAY) {
		for (uint32_t i = 0; i < object->via.array.size; i++) {
			object_written(&object->via.array.ptr[i]);
		}
	} else if (object->type == MSGPACK_OBJECT_MAP) {
		for (uint32_t i = 0; i < object->via.map.size; i++) {
			object_written(&object->via.map.ptr[i].key);
			object_written(&object->via.map.ptr[i].val);
		}
	}
}

WRAP(msgpack_unpack_return, msgpack_unpack_next,
     (msgpack_unpacked * result, const char *data, size_t len, size_t *off))
{
	__msan_check_mem_is_initialized(data, len);

	msgpack_unpack_return rc = __real_msgpack_unpack_next(result, data, len, off);

	written(result, sizeof(*result));
	written(off, sizeof(*off));
	if (rc == MSGPACK_UNPACK_SUCCESS || rc == MSGPACK_UNPACK_EXTRA_BYTES) {
		object_written(&result->data);
	}
	return rc;
}

WRAP(utf8proc_ssize_t, utf8proc_iterate,
     (const utf8proc_uint8_t *text, utf8proc_ssize_t len, utf8proc_int32_t *out))
{
	utf8proc_ssize_t rc = __real_utf8proc_iterate(text, len, out);

	written(out, sizeof(*out));
	return rc;
}

WRAP(utf8proc_ssize_t, utf8proc_encode_char, (utf8proc_int32_t c, utf8proc_uint8_t *out))
{
	utf8proc_ssize_t rc = __real_utf8proc_encode_char(c, out);

	written(out, rc > 0 ? (size_t)rc : 0);
	return rc;
}

WRAP(utf8proc_ssize_t, utf8proc_decompose,
     (const utf8proc_uint8_t *text, utf8proc_ssize_t len, utf8proc_int32_t *out,
      utf8proc_ssize_t max, utf8proc_option_t options))
{
	utf8proc_ssize_t rc = __real_utf8proc_decompose(text, len, out, max, options);

	written(out, rc > 0 ? (size_t)(rc < max ? rc : max) * sizeof(*out) : 0);
	return rc;
}

WRAP(utf8proc_ssize_t, utf8proc_decompose_char,
     (utf8proc_int32_t c, utf8proc_int32_t *out, utf8proc_ssize_t max,
      utf8proc_option_t options, int *last))
{
	utf8proc_ssize_t rc = __real_utf8proc_decompose_char(c, out, max, options, last);

	written(out, rc > 0 ? (size_t)(rc < max ? rc : max) * sizeof(*out) : 0);
	written(last, sizeof(*last));
	return rc;
}

WRAP(utf8proc_ssize_t, utf8proc_normalize_utf32,
     (utf8proc_int32_t * text, utf8proc_ssize_t len, utf8proc_option_t options))
{
	utf8proc_ssize_t rc = __real_utf8proc_normalize_utf32(text, len, options);

	written(text, rc > 0 ? (size_t)rc * sizeof(*text) : 0);
	return rc;
}

WRAP(utf8proc_ssize_t, utf8proc_map,
     (const utf8proc_uint8_t *text, utf8proc_ssize_t len, utf8proc_uint8_t **out,
      utf8proc_option_t options))
{
	utf8proc_ssize_t rc = __real_utf8proc_map(text, len, out, options);

	written(out, sizeof(*out));
	return rc;
}

WRAP(json_t *, json_loadb,
     (const char *text, size_t len, size_t flags, json_error_t *error))
{
	json_t *root;

	LIBRARY(root = __real_json_loadb(text, len, flags, error))
	written(error, sizeof(*error));
	return root;
}

WRAP(json_t *, json_loads, (const char *text, size_t flags, json_error_t *error))
{
	json_t *root;

	LIBRARY(root = __real_json_loads(text, flags, error))
	written(error, sizeof(*error));
	return root;
}

WRAP(json_t *, json_load_file, (const char *path, size_t flags, json_error_t *error))
{
	json_t *root;

	LIBRARY(root = __real_json_load_file(path, flags, error))
	written(error, sizeof(*error));
	return root;
}

/* No interceptor measures it (intercept_strlen=0). */
WRAP(const char *, json_string_value, (const json_t *string))
{
	const char *text = __real_json_string_value(string);

	written(text, text != NULL ? strlen(text) + 1 : 0);
	return text;
}

WRAP(char *, json_dumps, (const json_t *json, size_t flags))
{
	char *text;

	LIBRARY(text = __real_json_dumps(json, flags))
	return text;
}

WRAP(int, json_dumpf, (const json_t *json, FILE *file, size_t flags))
{
	int rc;

	LIBRARY(rc = __real_json_dumpf(json, file, flags))
	return rc;
}

/* --- zstd --- */

WRAP(size_t, ZSTD_compress,
     (void *out, size_t room, const void *in, size_t len, int level))
{
	__msan_check_mem_is_initialized(in, len);

	size_t rc = __real_ZSTD_compress(out, room, in, len, level);

	written(out, ZSTD_isError(rc) ? 0 : rc);
	return rc;
}

WRAP(size_t, ZSTD_compress2,
     (ZSTD_CCtx * context, void *out, size_t room, const void *in, size_t len))
{
	__msan_check_mem_is_initialized(in, len);

	size_t rc = __real_ZSTD_compress2(context, out, room, in, len);

	written(out, ZSTD_isError(rc) ? 0 : rc);
	return rc;
}

WRAP(size_t, ZSTD_decompress_usingDDict,
     (ZSTD_DCtx * context, void *out, size_t room, const void *in, size_t len,
      const ZSTD_DDict *dictionary))
{
	__msan_check_mem_is_initialized(in, len);

	size_t rc = __real_ZSTD_decompress_usingDDict(context, out, room, in, len,
						      dictionary);

	written(out, ZSTD_isError(rc) ? 0 : rc);
	return rc;
}
