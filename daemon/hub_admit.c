/*
 * daemon/hub_admit.c - who is there: known by its Noise key, or admitted by its certificate.
 *
 * A device that is new must bring a certificate that leads to the province's root and
 * names the Noise key of this very session; it is then kept and told to everybody in the
 * control log. An invite that came late, or was used by another device before, does not
 * keep anybody out: what was recorded must not be lost. It is logged and shown with the
 * device, for a person to look at. One that an operator has cancelled does. Whatever does
 * not verify is refused, nothing is kept.
 */
#include "daemon/hub_feed.h"

#include <stdio.h>
#include <string.h>

#include "common/ledger/invite_state.h"

void ph_hub_refuse(struct ph_job *job, enum ph_status status, const char *why)
{
	struct ph_hub_peer *peer = job->owner;

	job->welcome.status = status;
	snprintf(peer->refusal, sizeof(peer->refusal), "%s", why);
}

static int admit(struct ph_hub *hub, const struct ph_device *device)
{
	struct ph_entry entry = {
		.kind = ph_kind_find(PH_KIND_DEVICE_ADMIT),
		.number = PH_KIND_DEVICE_ADMIT,
		.field[PH_ADMIT_DEVICE] = { .set = true,
					    .as.bytes = PH_VIEW(device->id,
								sizeof(device->id)) },
		.field[PH_ADMIT_KEY] = { .set = true,
					 .as.bytes = PH_VIEW(device->key,
							     sizeof(device->key)) },
		.field[PH_ADMIT_SITE] = { .set = true, .as.uint = device->site },
		.field[PH_ADMIT_ROLE] = { .set = true, .as.uint = device->role },
		.field[PH_ADMIT_INVITE] = { .set = true,
					    .as.bytes = PH_VIEW(device->invite,
								sizeof(device->invite)) },
	};

	return ph_hub_control_put(hub, &entry, NULL, NULL);
}

int ph_hub_admit_once(struct ph_hub *hub, const struct ph_device *device, bool *wrote_out)
{
	bool known = false;
	int rc = ph_hub_device_known(hub, device->id, &known);

	*wrote_out = rc == 0 && !known;
	return rc < 0 ? rc : known ? ph_feeder_roster(hub->feeder) : admit(hub, device);
}

/* The code block of a device that was invited in days that a restored hub has lost. */
static int keep_block(struct ph_hub *hub, const struct ph_invite *invite)
{
	char name[64];
	int64_t next = 0;
	int rc;

	snprintf(name, sizeof(name), PH_HUB_META_BLOCK "%llu",
		 (unsigned long long)invite->site);
	rc = ph_journal_meta_get_int(hub->journal, name, &next);
	if (rc < 0 || (int64_t)invite->code_block < next) {
		return rc < 0 ? rc : 0;
	}
	return ph_journal_meta_put_int(hub->journal, name,
				       (int64_t)invite->code_block + 1);
}

int ph_hub_invite_reused(struct ph_hub *hub, const struct ph_device *device,
			 bool *reused_out)
{
	struct ph_device first;
	int rc = ph_journal_device_by_invite(hub->journal, device->invite, &first);

	*reused_out = rc == 0 && memcmp(first.id, device->id, sizeof(first.id)) != 0;
	return rc < 0 ? rc : 0;
}

int ph_hub_device_late(struct ph_hub *hub, const struct ph_device *device, bool *late_out)
{
	struct ph_buf bytes = { 0 };
	struct ph_cert cert;
	int rc = ph_journal_device_cert(hub->journal, device->row, &bytes);

	if (rc == 0) {
		rc = ph_cert_open(ph_buf_view(&bytes), &cert);
	}
	*late_out = rc == 0 && (uint64_t)device->admitted > cert.invite.expires;
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

/* Whether the control log, as folded, says that an operator has cancelled this invite. */
static int invite_cancelled(struct ph_hub *hub, const struct ph_invite *invite,
			    bool *cancelled_out)
{
	struct ph_invite_state held;
	struct ph_buf state = { 0 };
	int rc = ph_ledger_get(hub->ledger, PH_ENTITY_INVITE,
			       PH_VIEW(invite->id, sizeof(invite->id)), &state);

	*cancelled_out = false;
	if (rc == 0) {
		rc = ph_invite_state_decode(ph_buf_view(&state), &held);
	}
	if (rc == 0) {
		*cancelled_out = held.n_cancels > 0;
		ph_invite_state_deinit(&held);
	}
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

static int admit_now(struct ph_hub *hub, struct ph_hub_peer *peer,
		     const struct ph_invite *invite)
{
	struct ph_device *device = &peer->device;
	int rc = ph_hub_admit_once(hub, device, &peer->admitted);

	if (rc < 0) {
		return rc;
	}
	device->admitted = ph_hub_now(hub);
	peer->late = (uint64_t)device->admitted > invite->expires;
	rc = ph_journal_device_update(hub->journal, device);
	return rc < 0 ? rc : ph_hub_invite_reused(hub, device, &peer->reused);
}

int ph_hub_cert_decode(struct ph_hub *hub, struct ph_view bytes, struct ph_cert *cert)
{
	int rc = ph_cert_open(bytes, cert);
	bool known = false;

	rc = rc != 0 ? rc : ph_keylist_admit(&hub->keylist, &cert->invite);
	if (rc == PH_CERT_E_OPERATOR) {
		int looked = ph_hub_invite_known(hub, cert, &known);

		rc = looked < 0 ? looked : known ? 0 : rc;
	}
	return rc;
}

/* A certificate we have not seen: verify the path from the root, keep it, admit the device. */
static int welcome_new(struct ph_hub *hub, struct ph_job *job)
{
	struct ph_hub_peer *peer = job->owner;
	struct ph_cert cert;
	bool cancelled;
	int rc;

	if (job->hello.cert.len == 0) {
		ph_hub_refuse(job, PH_STATUS_CERT, "certificate asked for");
		return 0;
	}
	rc = ph_hub_cert_decode(hub, job->hello.cert, &cert);
	if (rc < 0) {
		return rc;
	}
	if (rc > 0) {
		ph_hub_refuse(job, PH_STATUS_UNKNOWN, ph_cert_error(rc));
		return 0;
	}
	if (memcmp(cert.box_key, job->peer_key, PH_KEY_SIZE) != 0) {
		ph_hub_refuse(job, PH_STATUS_UNKNOWN, "certificate of another device");
		return 0;
	}
	rc = invite_cancelled(hub, &cert.invite, &cancelled);
	if (rc < 0) {
		return rc;
	}
	if (cancelled) {
		ph_hub_refuse(job, PH_STATUS_CUT, "its invite was cancelled");
		return 0;
	}
	rc = ph_journal_device_put(hub->journal, job->hello.cert, &cert, &peer->device);
	if (rc < 0) {
		return rc;
	}
	if (rc == PH_JOURNAL_E_FORK) {
		ph_hub_refuse(job, PH_STATUS_UNKNOWN,
			      "its Noise key is another device's");
		return 0;
	}
	if (hub->restored > 0) {
		rc = keep_block(hub, &cert.invite);
	}
	/* while we collect, what it brings may say that it was admitted, or cut off */
	if (rc == 0 && peer->device.admitted == 0 && !hub->collecting) {
		rc = admit_now(hub, peer, &cert.invite);
	}
	peer->known = rc == 0;
	return rc;
}

int ph_hub_recognise(struct ph_hub *hub, struct ph_job *job)
{
	struct ph_hub_peer *peer = job->owner;
	int rc = ph_journal_device_by_box(hub->journal, job->peer_key, &peer->device);

	if (rc == PH_JOURNAL_E_NONE) {
		return welcome_new(hub, job);
	}
	peer->known = rc == 0;
	return rc;
}
