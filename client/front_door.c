/* client/front_door.c - two small tables of hashes; what is too old counts as gone. */
#include "client/front_door.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

void ph_door_init(struct ph_door *door, const struct ph_rng *rng)
{
	memset(door, 0, sizeof(*door));
	door->rng = *rng;
}

static void hash_of(struct ph_view text, uint8_t out[static 32])
{
	crypto_generichash(out, 32, text.data, text.len, NULL, 0);
}

/* A place in LIST: a free one, else the one that is oldest. */
static struct ph_door_entry *make_room(struct ph_door_entry *list, size_t n, uint64_t now,
				       uint64_t life)
{
	struct ph_door_entry *oldest = &list[0];

	for (size_t i = 0; i < n; i++) {
		if (!list[i].is_there || now - list[i].at >= life) {
			return &list[i];
		}
		oldest = list[i].at < oldest->at ? &list[i] : oldest;
	}
	return oldest;
}

static struct ph_door_entry *find(struct ph_door_entry *list, size_t n,
				  struct ph_view text)
{
	uint8_t hash[32];

	hash_of(text, hash);
	for (size_t i = 0; i < n; i++) {
		if (list[i].is_there && sodium_memcmp(list[i].hash, hash, 32) == 0) {
			return &list[i];
		}
	}
	return NULL;
}

/* A new secret, in PLACE from NOW on. */
static void give(struct ph_door *door, struct ph_door_entry *place, uint64_t now,
		 char out[static PH_DOOR_TEXT])
{
	uint8_t secret[PH_DOOR_SECRET];

	door->rng.fill(door->rng.data, secret, sizeof(secret));
	ph_hex(out, secret, sizeof(secret));
	sodium_memzero(secret, sizeof(secret));
	*place = (struct ph_door_entry){ .at = now, .is_there = true };
	hash_of(ph_view_str(out), place->hash);
}

void ph_door_token(struct ph_door *door, uint64_t now, char out[static PH_DOOR_TEXT])
{
	give(door, make_room(door->token, PH_DOOR_TOKENS, now, PH_DOOR_TOKEN_MS), now,
	     out);
}

int ph_door_enter(struct ph_door *door, uint64_t now, struct ph_view token,
		  bool is_vietnamese, char bearer_out[static PH_DOOR_TEXT])
{
	struct ph_door_entry *held = find(door->token, PH_DOOR_TOKENS, token);
	struct ph_door_entry *place;

	if (!held || now - held->at >= PH_DOOR_TOKEN_MS) {
		return -EACCES;
	}
	held->is_there = false;
	place = make_room(door->session, PH_DOOR_SESSIONS, now, PH_DOOR_IDLE_MS);
	give(door, place, now, bearer_out);
	place->is_vietnamese = is_vietnamese;
	return 0;
}

const struct ph_door_entry *ph_door_session(struct ph_door *door, uint64_t now,
					    struct ph_view bearer)
{
	struct ph_door_entry *held = find(door->session, PH_DOOR_SESSIONS, bearer);

	if (!held || now - held->at >= PH_DOOR_IDLE_MS) {
		return NULL;
	}
	held->at = now;
	return held;
}

void ph_door_leave(struct ph_door *door, struct ph_view bearer)
{
	struct ph_door_entry *held = find(door->session, PH_DOOR_SESSIONS, bearer);

	if (held) {
		*held = (struct ph_door_entry){ 0 };
	}
}
