/*
 * common/ledger/account.c - what a card owes, has paid, and has borrowed uncoded.
 *
 * Nothing is balanced here: a charge that was paid twice, or a payment of what was
 * never charged, is there to be seen.
 */
#include "common/ledger/account.h"

#include <errno.h>
#include <stdlib.h>

static int add_charge(struct ph_account *account, const struct ph_fact *fact,
		      const struct ph_value *field)
{
	struct ph_charge *charge = ph_state_push((void **)&account->charges,
						 &account->n_charges, sizeof *charge);

	if (charge == NULL) {
		return -ENOMEM;
	}
	charge->entry = fact->ref;
	charge->amount = field[PH_CHARGE_AMOUNT].as.uint;
	charge->reason = ph_opt_of(&field[PH_CHARGE_REASON]);
	charge->site = fact->site;
	charge->second = fact->second;
	return 0;
}

static int add_payment(struct ph_account *account, const struct ph_fact *fact,
		       const struct ph_value *field)
{
	struct ph_payment *payment = ph_state_push((void **)&account->payments,
						   &account->n_payments, sizeof *payment);

	if (payment == NULL) {
		return -ENOMEM;
	}
	payment->entry = fact->ref;
	payment->amount = field[PH_PAYMENT_AMOUNT].as.uint;
	payment->has_charge = field[PH_PAYMENT_CHARGE].set;
	if (payment->has_charge) {
		payment->charge = field[PH_PAYMENT_CHARGE].as.ref;
	}
	payment->site = fact->site;
	payment->second = fact->second;
	return 0;
}

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	struct ph_account *account = data;

	switch (entry->number) {
	case PH_KIND_CHARGE:
		return add_charge(account, fact, entry->field);
	case PH_KIND_PAYMENT:
		return add_payment(account, fact, entry->field);
	case PH_KIND_UNCODED_LOAN:
		account->lent += entry->field[PH_UNCODED_LOAN_COUNT].as.uint;
		return 0;
	case PH_KIND_UNCODED_RETURN:
		account->back += entry->field[PH_UNCODED_RETURN_COUNT].as.uint;
		return 0;
	default:
		return 0;
	}
}

static void write_charges(struct ph_mpw *writer, const struct ph_account *account)
{
	ph_mpw_array(writer, account->n_charges);
	for (size_t i = 0; i < account->n_charges; i++) {
		const struct ph_charge *charge = &account->charges[i];

		ph_mpw_array(writer, 5);
		ph_ref_write(writer, &charge->entry);
		ph_mpw_uint(writer, charge->amount);
		ph_state_write_opt(writer, &charge->reason);
		ph_mpw_uint(writer, charge->site);
		ph_state_int(writer, charge->second);
	}
}

static void write_payments(struct ph_mpw *writer, const struct ph_account *account)
{
	ph_mpw_array(writer, account->n_payments);
	for (size_t i = 0; i < account->n_payments; i++) {
		const struct ph_payment *payment = &account->payments[i];

		ph_mpw_array(writer, 5);
		ph_ref_write(writer, &payment->entry);
		ph_mpw_uint(writer, payment->amount);
		if (payment->has_charge) {
			ph_ref_write(writer, &payment->charge);
		} else {
			ph_mpw_nil(writer);
		}
		ph_mpw_uint(writer, payment->site);
		ph_state_int(writer, payment->second);
	}
}

static int write_state(const struct ph_account *account, struct ph_buf *state_out)
{
	struct ph_mpw writer;
	struct ph_row row;

	ph_mpw_init(&writer, state_out);
	ph_row_begin(&row, &writer);
	if (ph_row_item(&row, account->n_charges > 0)) {
		write_charges(&writer, account);
	}
	if (ph_row_item(&row, account->n_payments > 0)) {
		write_payments(&writer, account);
	}
	if (ph_row_item(&row, account->lent > 0)) {
		ph_mpw_uint(&writer, account->lent);
	}
	if (ph_row_item(&row, account->back > 0)) {
		ph_mpw_uint(&writer, account->back);
	}
	ph_row_end(&row);
	return ph_mpw_end(&writer);
}

int ph_account_fold(const struct ph_entity_key *key, const struct ph_fact *facts,
		    size_t n, struct ph_buf *state_out)
{
	struct ph_account account = { 0 };
	int rc = ph_state_each(facts, n, on_fact, &account);

	(void)key; /* each fact names one account */
	rc = rc != 0 ? rc : write_state(&account, state_out);
	ph_account_deinit(&account);
	return rc;
}

/* --- reading --- */

static bool read_charge(const msgpack_object *object, void *item)
{
	const msgpack_object_array *array = ph_mp_array(object, 5, 5);
	struct ph_charge *charge = item;

	return array != NULL && ph_ref_read(&array->ptr[0], &charge->entry) &&
	       ph_mp_uint(&array->ptr[1], UINT64_MAX, &charge->amount) &&
	       ph_state_get_opt(&array->ptr[2], &charge->reason) &&
	       ph_mp_uint(&array->ptr[3], UINT64_MAX, &charge->site) &&
	       ph_state_get_int(&array->ptr[4], &charge->second);
}

static bool read_payment(const msgpack_object *object, void *item)
{
	const msgpack_object_array *array = ph_mp_array(object, 5, 5);
	struct ph_payment *payment = item;

	if (array == NULL) {
		return false;
	}
	payment->has_charge = !ph_mp_is_nil(&array->ptr[2]);
	return ph_ref_read(&array->ptr[0], &payment->entry) &&
	       ph_mp_uint(&array->ptr[1], UINT64_MAX, &payment->amount) &&
	       (!payment->has_charge || ph_ref_read(&array->ptr[2], &payment->charge)) &&
	       ph_mp_uint(&array->ptr[3], UINT64_MAX, &payment->site) &&
	       ph_state_get_int(&array->ptr[4], &payment->second);
}

static bool read_sum(const msgpack_object *object, uint64_t *sum)
{
	return ph_mp_is_nil(object) || ph_mp_uint(object, UINT64_MAX, sum);
}

int ph_account_decode(struct ph_view state, struct ph_account *account)
{
	struct ph_account got = { 0 };
	const msgpack_object_array *array;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	rc = ph_state_get_list(ph_mp_item(array, 0), sizeof *got.charges, read_charge,
			       (void **)&got.charges, &got.n_charges);
	rc = rc != 0 ? rc
		     : ph_state_get_list(ph_mp_item(array, 1), sizeof *got.payments,
					 read_payment, (void **)&got.payments,
					 &got.n_payments);
	if (rc == 0 && (!read_sum(ph_mp_item(array, 2), &got.lent) ||
			!read_sum(ph_mp_item(array, 3), &got.back))) {
		rc = -EUCLEAN;
	}
	ph_mp_deinit(&mp);
	if (rc != 0) {
		ph_account_deinit(&got);
		return rc;
	}
	*account = got;
	return 0;
}

void ph_account_deinit(struct ph_account *account)
{
	free(account->charges);
	free(account->payments);
	*account = (struct ph_account){ 0 };
}
