/* client/turn.c - numbers are drawn, and called one after another. */
#include "client/turn.h"

#include <assert.h>

int ph_turn_init(struct ph_turn *turn)
{
	int rc = uv_mutex_init(&turn->lock);

	if (rc < 0) {
		return rc;
	}
	rc = uv_cond_init(&turn->moved);
	if (rc < 0) {
		uv_mutex_destroy(&turn->lock);
		return rc;
	}
	turn->next = 0;
	turn->now = 0;
	turn->is_taken = false;
	return 0;
}

void ph_turn_deinit(struct ph_turn *turn)
{
	uv_cond_destroy(&turn->moved);
	uv_mutex_destroy(&turn->lock);
}

void ph_turn_take(void *data)
{
	struct ph_turn *turn = data;
	uint64_t number;

	uv_mutex_lock(&turn->lock);
	number = turn->next++;
	while (number != turn->now) {
		uv_cond_wait(&turn->moved, &turn->lock);
	}
	turn->owner = uv_thread_self();
	turn->is_taken = true;
	uv_mutex_unlock(&turn->lock);
}

bool ph_turn_try(struct ph_turn *turn)
{
	bool is_free;

	uv_mutex_lock(&turn->lock);
	is_free = turn->next == turn->now;
	if (is_free) {
		turn->next++;
		turn->owner = uv_thread_self();
		turn->is_taken = true;
	}
	uv_mutex_unlock(&turn->lock);
	return is_free;
}

bool ph_turn_is_taken(struct ph_turn *turn, uint64_t *number_out)
{
	bool is_taken;

	uv_mutex_lock(&turn->lock);
	is_taken = turn->is_taken;
	*number_out = turn->now;
	uv_mutex_unlock(&turn->lock);
	return is_taken;
}

void ph_turn_give(void *data)
{
	struct ph_turn *turn = data;

	uv_mutex_lock(&turn->lock);
	assert(turn->is_taken);
	turn->is_taken = false;
	turn->now++;
	uv_cond_broadcast(&turn->moved);
	uv_mutex_unlock(&turn->lock);
}

bool ph_turn_has(void *data)
{
	struct ph_turn *turn = data;
	uv_thread_t self = uv_thread_self();
	bool has;

	uv_mutex_lock(&turn->lock);
	has = turn->is_taken && uv_thread_equal(&turn->owner, &self);
	uv_mutex_unlock(&turn->lock);
	return has;
}
