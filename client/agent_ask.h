/*
 * client/agent_ask.h - what a line over the agent's local socket asks for.
 *
 * Of the line itself nothing is kept here: whoever read it wipes it. Members of a command
 * ("run") are looked at by client/carry.h. docs/OPERATIONS.md, "Local socket of the agent".
 */
#ifndef PH_CLIENT_AGENT_ASK_H
#define PH_CLIENT_AGENT_ASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/log/keys.h"

enum {
	PH_AGENT_ASK_E_FORM = 1, /* no JSON object with a command that is known here */
};

struct ph_agent_ask {
	json_t *request; /* the caller's */
	bool is_desk;    /* a token for the desk's page is asked for; else */
	bool is_key;     /* the desk is opened, with `desk`, or (NULL) locked; else */
	bool is_loan; /* the folder is to be lent; else a command is to be carried out */
	uint64_t wait_ms; /* for its turn, at most PH_AGENT_WAIT_MS */
	/* The caller's, PH_BOX_SECRET_SIZE bytes by ph_secret_new(), and in the request no more;
	 * of what was no secret, zeros, which open no desk. */
	uint8_t *desk;
};

/* LINE is without its newline. 0, PH_AGENT_ASK_E_FORM, or -ENOMEM. */
int ph_agent_ask_decode(struct ph_view line, struct ph_agent_ask *ask_out);

#endif
