/*
 * client/agent_ask.c - one line of JSON: "run", "lend", "desk" or "desk-key".
 *
 * A loan says itself how long it waits; more than PH_AGENT_WAIT_MS is that, and what is no
 * number is as if it had not been said. Nonsense is PH_AGENT_ASK_E_FORM, and nothing is kept.
 */
#include "client/agent_ask.h"

#include <errno.h>
#include <string.h>

#include "client/commands.h"
#include "common/base/json_memory.h"
#include "common/base/limits.h"
#include "common/base/secret.h"

static uint64_t wait_of(const json_t *request, bool is_loan)
{
	const json_t *wait = json_object_get(request, "wait_ms");
	json_int_t ms = json_integer_value(wait);

	if (!is_loan || !json_is_integer(wait)) {
		return PH_COMMAND_WAIT_MS;
	}
	return ms < 0 ? 0 : ms > PH_AGENT_WAIT_MS ? PH_AGENT_WAIT_MS : (uint64_t)ms;
}

/* What the desk is to be opened with leaves REQUEST at once. 0 or -ENOMEM. */
static int take_key(json_t *request, uint8_t **desk_out)
{
	char *digits = (char *)json_string_value(json_object_get(request, "key"));
	size_t len = digits ? strlen(digits) : 0;
	uint8_t *desk = len > 0 ? ph_secret_new(PH_BOX_SECRET_SIZE) : NULL;

	if (len > 0 && !desk) {
		return -ENOMEM;
	}
	if (desk) {
		(void)ph_unhex(desk, PH_BOX_SECRET_SIZE, digits, len);
		explicit_bzero(digits, len);
	}
	*desk_out = desk;
	return 0;
}

int ph_agent_ask_decode(struct ph_view line, struct ph_agent_ask *ask_out)
{
	uint64_t shortages = ph_json_shortages();
	json_t *request = ph_json_loadb((const char *)line.data, line.len,
					JSON_REJECT_DUPLICATES, NULL);
	const char *command = json_string_value(json_object_get(request, "command"));
	bool is_loan = command && strcmp(command, "lend") == 0;
	bool is_desk = command && strcmp(command, "desk") == 0;
	bool is_key = command && strcmp(command, "desk-key") == 0;
	uint8_t *desk = NULL;

	if (!is_loan && !is_desk && !is_key &&
	    !(command && strcmp(command, "run") == 0)) {
		json_decref(request);
		return ph_json_shortages() != shortages ? -ENOMEM : PH_AGENT_ASK_E_FORM;
	}
	if (is_key && take_key(request, &desk) < 0) {
		json_decref(request);
		return -ENOMEM;
	}
	*ask_out = (struct ph_agent_ask){ .request = request,
					  .desk = desk,
					  .is_desk = is_desk,
					  .is_loan = is_loan,
					  .is_key = is_key,
					  .wait_ms = wait_of(request, is_loan) };
	return 0;
}
