/*
 * common/ledger/registers.h - fields that are put, not added to (docs/MERGE.md, "Registers").
 *
 * For each field the heads are the puts that set it and that no other put, which
 * sets it too, has seen there. The latest head shows; the others are kept.
 */
#ifndef PH_LEDGER_REGISTERS_H
#define PH_LEDGER_REGISTERS_H

#include "common/ledger/state.h"

/* Number of a register: index of a plain field, or this + index of a sealed field. */
#define PH_REGISTER_SEALED 64

/* The kind whose entries put the registers of such an entity; NULL: it has none. */
const struct ph_kind *ph_register_kind(enum ph_entity type);

struct ph_register_put {
	uint8_t field;
	size_t fact;
};
struct ph_register_seen {
	uint8_t field;
	struct ph_ref ref;
};
/* What the puts of one entity say. All zero is a valid empty one. */
struct ph_puts {
	const struct ph_kind *kind;
	struct ph_register_put *sets;
	size_t n_sets, cap_sets;
	struct ph_register_seen *seen;
	size_t n_seen, cap_seen;
	bool settled; /* only heads are left; nothing is added any more */
};
void ph_puts_deinit(struct ph_puts *puts);
/* Note the put that is the fact of index FACT; all of one entity are of one kind. 0 or -ENOMEM. */
int ph_puts_add(struct ph_puts *puts, size_t fact, const struct ph_entry *entry);
/* The heads of FIELD, in order, and how many. They borrow PUTS, to which none is added hence. */
size_t ph_puts_heads(struct ph_puts *puts, const struct ph_fact *facts, unsigned field,
		     const struct ph_register_put **heads_out);
/* Write the registers as a map, nil if none is set. FACTS: in order. 0 or negative errno. */
int ph_puts_write(struct ph_puts *puts, const struct ph_fact *facts,
		  struct ph_mpw *writer);

struct ph_register {
	uint8_t field;
	struct ph_ref winner;
	struct ph_value value;       /* unset for sealed fields; borrows from the state */
	const struct ph_ref *others; /* other heads, earliest first */
	size_t n_others;
};
struct ph_registers {
	struct ph_register *items; /* by field */
	size_t n;
	struct ph_ref *refs;
};
/* From a map (or nil) of KIND's registers. 0, -EUCLEAN, -ENOMEM. */
int ph_registers_decode(const msgpack_object *object, const struct ph_kind *kind,
			struct ph_registers *registers);
void ph_registers_deinit(struct ph_registers *registers);
/* NULL if that field was never put. */
const struct ph_register *ph_registers_get(const struct ph_registers *registers,
					   unsigned field);

#endif
