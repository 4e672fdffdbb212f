/*
 * common/ledger/key.c - names of entities, as bytes.
 *
 * Numbers stand big-endian, so that the order of bytes is the order of numbers.
 * What does not fit is refused, and its caller lets the fact fold as nothing.
 */
#include "common/ledger/key.h"

#include <string.h>

struct ph_entity_key ph_key_number(enum ph_entity type, uint64_t number)
{
	struct ph_entity_key key = { .type = (uint8_t)type, .len = 8 };

	ph_be64_put(key.id, number);
	return key;
}

struct ph_entity_key ph_key_ref(enum ph_entity type, const struct ph_ref *ref)
{
	struct ph_entity_key key = { .type = (uint8_t)type, .len = 32 };

	memcpy(key.id, ref->log_id, 16);
	ph_be64_put(key.id + 16, ref->n);
	memcpy(key.id + 24, ref->hash, 8);
	return key;
}

struct ph_entity_key ph_key_tally(uint64_t site, int64_t day)
{
	struct ph_entity_key key = { .type = PH_ENTITY_TALLY, .len = 16 };

	ph_be64_put(key.id, site);
	ph_be64_put(key.id + 8, (uint64_t)day);
	return key;
}

bool ph_key_target(uint64_t year, struct ph_view indicator, struct ph_entity_key *key)
{
	if (indicator.len == 0 || indicator.len > sizeof key->id - 8) {
		return false;
	}
	*key = (struct ph_entity_key){ .type = PH_ENTITY_TARGET,
				       .len = (uint8_t)(8 + indicator.len) };
	ph_be64_put(key->id, year);
	memcpy(key->id + 8, indicator.data, indicator.len);
	return true;
}

bool ph_key_bytes(enum ph_entity type, struct ph_view bytes, struct ph_entity_key *key)
{
	if (bytes.len == 0 || bytes.len > sizeof key->id) {
		return false;
	}
	*key = (struct ph_entity_key){ .type = (uint8_t)type, .len = (uint8_t)bytes.len };
	memcpy(key->id, bytes.data, bytes.len);
	return true;
}

bool ph_key_id(enum ph_entity type, const struct ph_id *id, struct ph_entity_key *key)
{
	if (id->code.len == 0 || id->code.len > PH_CODE_MAX) {
		return false;
	}
	*key = (struct ph_entity_key){ .type = (uint8_t)type,
				       .len = (uint8_t)(8 + id->code.len) };
	ph_be64_put(key->id, id->ns);
	memcpy(key->id + 8, id->code.data, id->code.len);
	return true;
}

struct ph_view ph_key_view(const struct ph_entity_key *key)
{
	return PH_VIEW(key->id, key->len);
}

int ph_key_compare(const struct ph_entity_key *a, const struct ph_entity_key *b)
{
	if (a->type != b->type) {
		return a->type < b->type ? -1 : 1;
	}
	return ph_view_compare(ph_key_view(a), ph_key_view(b));
}

bool ph_key_get_ref(struct ph_view id, struct ph_ref *ref)
{
	if (id.len != 32) {
		return false;
	}
	memcpy(ref->log_id, id.data, 16);
	ref->n = ph_be64_get(id.data + 16);
	memcpy(ref->hash, id.data + 24, 8);
	return true;
}

bool ph_key_get_id(struct ph_view id, struct ph_id *id_out)
{
	if (id.len <= 8) {
		return false;
	}
	*id_out = (struct ph_id){ .ns = ph_be64_get(id.data),
				  .code = PH_VIEW(id.data + 8, id.len - 8) };
	return true;
}

bool ph_key_get_number(struct ph_view id, uint64_t *number)
{
	if (id.len != 8) {
		return false;
	}
	*number = ph_be64_get(id.data);
	return true;
}

bool ph_key_get_tally(struct ph_view id, uint64_t *site, int64_t *day)
{
	if (id.len != 16) {
		return false;
	}
	*site = ph_be64_get(id.data);
	*day = (int64_t)ph_be64_get(id.data + 8);
	return true;
}

bool ph_key_is_entity(const struct ph_entity_key *key)
{
	struct ph_view id = ph_key_view(key);
	struct ph_ref ref;

	switch (key->type) {
	case PH_ENTITY_SITE:
		return id.len == 8;
	case PH_ENTITY_COMMUNE:
	case PH_ENTITY_POLICY:
	case PH_ENTITY_MODEL:
		return id.len > 0;
	case PH_ENTITY_DEVICE:
	case PH_ENTITY_INVITE:
	case PH_ENTITY_LOG:
	case PH_ENTITY_TALLY:
	case PH_ENTITY_CASE:
		return id.len == 16;
	case PH_ENTITY_TARGET:
	case PH_ENTITY_CARD:
	case PH_ENTITY_COPY:
	case PH_ENTITY_CRATE:
	case PH_ENTITY_ACCOUNT:
		return id.len > 8;
	case PH_ENTITY_TITLE:
	case PH_ENTITY_READER:
	case PH_ENTITY_HOLD:
	case PH_ENTITY_WORKER:
	case PH_ENTITY_STOP:
	case PH_ENTITY_EVENT:
	case PH_ENTITY_REPORT:
	case PH_ENTITY_ERASURE:
		return ph_key_get_ref(id, &ref) && ref.n >= 1 && ref.n <= PH_N_MAX;
	default:
		return false;
	}
}
