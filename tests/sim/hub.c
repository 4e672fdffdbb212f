/*
 * tests/sim/hub.c - the hub of a simulated province, and how its operator asks it.
 *
 * What an operator must sign is signed here as `packhorsed` does it on the command line.
 */
#include <assert.h>
#include <string.h>

#include "common/log/operator.h"
#include "daemon/hub_internal.h"
#include "tests/sim/check.h"
#include "tests/sim/disk.h"
#include "tests/sim/line.h"
#include "tests/sim/safe.h"
#include "tests/sim/version.h"

struct ph_hub_config sim_hub_config(struct sim *sim)
{
	return (struct ph_hub_config){ .dir = sim->hub_machine.dir,
				       .who = "sim",
				       .second = sim->is_false ? NULL
							       : sim_safe_second(sim),
				       .clock = sim->hub_machine.clock,
				       .rng = sim->hub_machine.rng };
}

void sim_hub_open(struct sim *sim)
{
	struct ph_hub_config config = sim_hub_config(sim);
	struct ph_error err = { 0 };
	int rc;

	sim_enter(&sim->hub_machine);
	rc = ph_hub_open(&sim->hub, &config, &err);
	sim_leave();
	if (rc != 0) {
		sim_broken(sim, SIM_HEALTHY, "the hub does not start: %s", err.text);
	}
	ph_partials_init(&sim->partials, 64, 1 << 20);
	if (sim_hub_puts_off(sim)) {
		ph_hub_bound(sim->hub, &(struct ph_hub_bounds){ .entries_a_day = 8,
								.entries_saved = 16 });
	}
}

bool sim_hub_puts_off(const struct sim *sim)
{
	return sim->strict && !sim->settling;
}

void sim_hub_unbound(struct sim *sim)
{
	ph_hub_bound(sim->hub, &(struct ph_hub_bounds){ .entries_a_day = 0 });
}

void sim_hub_close(struct sim *sim)
{
	sim_enter(&sim->hub_machine);
	ph_hub_close(sim->hub);
	sim_leave();
	sim->hub = NULL;
	ph_partials_deinit(&sim->partials);
}

void sim_hub_fall(struct sim *sim, bool power)
{
	sim_linger_free(sim);
	sim_machine_falls(&sim->hub_machine, power);
	sim->hub_failed = false;
	sim_hub_close(sim);
	sim_disk_on("hub");
	sim_maybe_update(sim, &sim->hub_machine);
	if (power) {
		sim_boot(&sim->hub_machine);
	}
	sim_hub_open(sim);
}

json_t *sim_ask(struct sim *sim, json_t *request, int *exit_out)
{
	json_t *answer;
	int exit;

	assert(request != NULL);
	sim_enter(&sim->hub_machine);
	answer = ph_hub_command(sim->hub, request);
	sim_leave();
	sim->hub_asked = true;
	assert(answer != NULL);
	sim_check_hub_clock(sim);
	exit = (int)json_integer_value(json_object_get(answer, "exit"));
	if (exit_out != NULL) {
		*exit_out = exit;
	}
	if (exit != 0) {
		const char *words = json_string_value(json_object_get(answer, "error"));
		const char *name = json_string_value(json_object_get(request, "command"));

		sim_note(sim, "hub refuses %s: %s", name, words);
		if (exit_out == NULL) {
			sim_broken(sim, SIM_HEALTHY, "the hub refuses %s: %s", name,
				   words);
		}
		json_decref(answer);
		answer = NULL;
	}
	json_decref(request);
	return answer;
}

static json_t *signed_request(struct sim *sim, const json_t *sign)
{
	const char *hex = json_string_value(json_object_get(sign, "entry"));
	const char *log = json_string_value(json_object_get(sign, "log"));
	uint64_t n = (uint64_t)json_integer_value(json_object_get(sign, "n"));
	uint8_t sig[PH_OPERATOR_SIZE], log_id[PH_LOG_ID_SIZE];
	char text[2 * PH_OPERATOR_SIZE + 1];
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	int rc = ph_buf_reserve(&bytes, strlen(hex) / 2);

	assert(rc == 0);
	bytes.len = strlen(hex) / 2;
	rc = ph_unhex(bytes.data, bytes.len, hex, strlen(hex));
	assert(rc == 0);
	rc = ph_unhex(log_id, sizeof log_id, log, strlen(log));
	assert(rc == 0);
	rc = ph_entry_decode(ph_buf_view(&bytes), &entry);
	assert(rc == 0);
	rc = ph_operator_sign(&entry, log_id, n, &sim->operator_pair, sig, NULL);
	assert(rc == 0);
	ph_hex(text, sig, sizeof sig);
	ph_buf_deinit(&bytes);
	return json_pack("{s:s, s:s, s:I, s:s, s:s}", "command", "operator-put", "log",
			 log, "n", (json_int_t)n, "entry", hex, "operator", text);
}

bool sim_ask_signed(struct sim *sim, json_t *request)
{
	int exit;
	json_t *answer = sim_ask(sim, request, &exit);
	const json_t *item, *sign;
	bool done;

	if (answer == NULL) {
		return false;
	}
	item = json_array_get(json_object_get(answer, "entries"), 0);
	sign = json_object_get(item, "sign");
	done = json_is_true(json_object_get(item, "ok"));
	if (sign != NULL) {
		json_t *written = sim_ask(sim, signed_request(sim, sign), &exit);

		done = written != NULL;
		json_decref(written);
	}
	json_decref(answer);
	return done;
}

bool sim_hub_failed(const struct sim *sim)
{
	return sim->hub_failed || sim->hub->stopped;
}

void sim_hub_heal(struct sim *sim)
{
	if (sim_hub_failed(sim)) {
		sim_note(sim, "the hub met an error, and is started again");
		sim_hub_fall(sim, false);
		sim_check_hub_clock(
			sim); /* what it wrote when it met it, before time passes */
	}
}
