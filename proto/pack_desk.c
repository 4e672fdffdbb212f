/*
 * proto/pack_desk.c - what happens at a desk, for compact segments.
 *
 * Copies that left come back, mostly those first that left first, and several of one
 * reader together; who brings some back takes others on the same card. So a copy that
 * comes back is named by its place among those that are out, and a card as that of who
 * stands at the desk. What is not so is named as anywhere else.
 *
 * Only what this segment says is remembered, and of more than PACK_OUT copies that are
 * out the latest.
 */
#include "proto/pack_internal.h"

#include <string.h>

enum {
	COMES_OTHER,  /* none that is known to be out */
	COMES_HOLDER, /* the first that left with the card of who stands at the desk */
	COMES_OUT,    /* another that is out */
};

static uint64_t hash_id(const struct ph_id *id)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ id->ns;

	for (size_t i = 0; i < id->code.len; i++) {
		hash = (hash ^ id->code.data[i]) * UINT64_C(0x100000001b3);
	}
	return hash;
}

static struct ph_model_set *desk_set(struct ph_pack *pack,
				     const struct pack_column *column, unsigned which)
{
	return ph_coder_set(&pack->coder, PH_MODEL_DESK, column->kind,
			    column->at * 64 + which * 8 + pack->soon);
}

static void hold(struct ph_pack *pack, const struct ph_id *card)
{
	pack->holder = *card;
	pack->has_holder = true;
}

/* Place of COPY among those that are out, or n_out. */
static unsigned find_out(const struct ph_pack *pack, const struct ph_id *copy)
{
	uint64_t hash = hash_id(copy);
	unsigned i = 0;

	while (i < pack->n_out && (pack->out[i].copy_hash != hash ||
				   !ph_id_equal(&pack->out[i].copy, copy))) {
		i++;
	}
	return i;
}

static unsigned find_holders(const struct ph_pack *pack)
{
	uint64_t hash = pack->has_holder ? hash_id(&pack->holder) : 0;
	unsigned i = 0;

	while (i < pack->n_out && (!pack->has_holder || pack->out[i].card_hash != hash ||
				   !ph_id_equal(&pack->out[i].card, &pack->holder))) {
		i++;
	}
	return i;
}

static void drop_out(struct ph_pack *pack, unsigned at)
{
	pack->n_out--;
	memmove(pack->out + at, pack->out + at + 1,
		(pack->n_out - at) * sizeof(pack->out[0]));
}

static void code_comes(struct ph_pack *pack, const struct pack_column *column,
		       struct ph_id *copy)
{
	unsigned holders = find_holders(pack);
	unsigned at = pack->coder.packing ? find_out(pack, copy) : 0;
	unsigned form = at == pack->n_out ? COMES_OTHER
			: at == holders   ? COMES_HOLDER
					  : COMES_OUT;

	form = ph_coder_symbol(&pack->coder,
			       desk_set(pack, column, holders < pack->n_out), form);
	if (form == COMES_OTHER) {
		ph_pack_id(pack, column, column->field->type, copy);
		pack->has_holder = false;
		return;
	}
	if (form == COMES_HOLDER) {
		at = holders;
	} else {
		at = (unsigned)ph_coder_number(
			&pack->coder, ph_pack_set(pack, column, WHICH_COUNT), at);
	}
	if (at >= pack->n_out) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return;
	}
	*copy = pack->out[at].copy;
	hold(pack, &pack->out[at].card);
	drop_out(pack, at);
}

static void code_holder(struct ph_pack *pack, const struct pack_column *column,
			struct ph_id *card)
{
	bool same = pack->has_holder;

	if (same) {
		struct ph_model_set *set =
			ph_coder_set(&pack->coder, PH_MODEL_DESK, column->kind,
				     column->at * 64 + 32 + pack->kind);

		same = ph_coder_bit(&pack->coder, &set->model[pack->soon],
				    ph_id_equal(card, &pack->holder));
	}
	if (same) {
		*card = pack->holder;
	} else {
		ph_pack_id(pack, column, column->field->type, card);
	}
	hold(pack, card);
}

void ph_pack_desk_id(struct ph_pack *pack, const struct pack_column *column,
		     struct ph_id *id)
{
	switch (column->field->pack) {
	case PH_PACK_COMES:
		code_comes(pack, column, id);
		break;
	case PH_PACK_HOLDER:
		code_holder(pack, column, id);
		break;
	case PH_PACK_GOES:
		ph_pack_id(pack, column, column->field->type, id);
		pack->goes = *id;
		pack->has_goes = true;
		break;
	default:
		ph_pack_id(pack, column, column->field->type, id);
		if (column->field->pack == PH_PACK_FRESH &&
		    column->field->type == PH_T_CARD_ID) {
			hold(pack, id);
		}
		break;
	}
}

void ph_pack_desk_end(struct ph_pack *pack)
{
	struct pack_out *out;

	if (!pack->has_goes) {
		return;
	}
	pack->has_goes = false;
	if (!pack->has_holder) {
		return;
	}

	unsigned again = find_out(pack, &pack->goes);

	if (again < pack->n_out) {
		drop_out(pack, again); /* nobody wrote that it came back */
	} else if (pack->n_out == PACK_OUT) {
		drop_out(pack, 0);
	}
	out = &pack->out[pack->n_out++];
	out->copy = pack->goes;
	out->card = pack->holder;
	out->copy_hash = hash_id(&out->copy);
	out->card_hash = hash_id(&out->card);
}
