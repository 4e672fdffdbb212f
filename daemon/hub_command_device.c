/*
 * daemon/hub_command_device.c - one device: who it is, and confirming it.
 *
 * Confirming writes a device-confirm to the control log, which every device gets: from
 * then on this one, unless it is only a courier, gets what others wrote. Whoever confirms has compared the
 * fingerprint with what stands on the device's own screen; words that are given are
 * compared here. A device that is confirmed already changes nothing; one that was retired
 * or cut off cannot be confirmed.
 */
#include "common/base/say.h"
#include "daemon/hub_name.h"

#include <errno.h>
#include <string.h>

#include "common/log/fingerprint.h"

void ph_hub_fingerprint(const struct ph_device *device,
			char out[static PH_FINGERPRINT_TEXT])
{
	uint8_t bits[PH_FINGERPRINT_SIZE];

	ph_fingerprint_make(device->key, device->box, device->desk, bits);
	ph_fingerprint_text(bits, out);
}

int ph_hub_device_about(struct ph_hub *hub, const struct ph_device *device, json_t *out)
{
	char words[PH_FINGERPRINT_TEXT];
	enum ph_hub_trust trust;
	int rc = ph_hub_device_trust(hub, device->id, &trust);

	if (rc < 0) {
		return rc;
	}
	ph_hub_fingerprint(device, words);
	/* without its keys there is nothing to compare */
	return json_object_set_new(out, "fingerprint",
				   device->row != 0 ? json_string(words) : json_null()) !=
				       0 ||
			       json_object_set_new(
				       out, "state",
				       json_string(ph_hub_trust_name(trust))) != 0
		       ? -ENOMEM
		       : 0;
}

int ph_hub_device_find(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_device *device, struct ph_error *err)
{
	const char *prefix = ph_request_need(request, "device", err);
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	struct ph_hub_site site = { 0 };
	int rc = prefix ? ph_hub_device_called(hub, prefix, device, err) : -EINVAL;

	if (rc < 0) {
		return rc;
	}
	rc = ph_hub_site_at(hub, device->site, &site);
	rc = rc < 0 ? rc : ph_hub_device_about(hub, device, answer);
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("reading the device", "đọc thông tin máy"));
	}
	ph_hex(id, device->id, sizeof(device->id));
	json_object_set_new(answer, "device", json_string(id));
	json_object_set_new(answer, "role", json_string(ph_hub_role_name(device->role)));
	json_object_set_new(answer, "site", json_string(site.code));
	json_object_set_new(answer, "site_name", json_string(site.name));
	return 0;
}

int ph_hub_device_show(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	struct ph_device device;

	return ph_hub_device_find(hub, request, answer, &device, err);
}

/* Whether WORDS are DEVICE's. 0, or -EINVAL with words of our own. */
static int compare(const struct ph_device *device, const char *words,
		   struct ph_error *err)
{
	uint8_t heard[PH_FINGERPRINT_SIZE];
	uint8_t own[PH_FINGERPRINT_SIZE];
	int rc = ph_fingerprint_parse(ph_view_str(words), heard);

	if (rc == -EINVAL) {
		return ph_fail(err, PH_EXIT_USAGE, rc,
			       ph_say("\"%s\" is no fingerprint: it is four syllables "
				      "with their tone marks, like khoan-nì-đạng-thấy; "
				      "`packhorse status` shows them at the site",
				      "“%s” không phải là vân tay: vân tay là bốn tiếng "
				      "có dấu, như khoan-nì-đạng-thấy; ở điểm thư viện, "
				      "`packhorse status` cho xem"),
			       words);
	}
	if (rc < 0) {
		return rc;
	}
	ph_fingerprint_make(device->key, device->box, device->desk, own);
	if (memcmp(heard, own, sizeof(own)) != 0) {
		return ph_fail(
			err, PH_EXIT_OTHER, -EACCES,
			ph_say("\"%s\" is not the fingerprint of this device: it was not "
			       "confirmed. If the site reads these words from its own "
			       "screen, somebody else has used its invite",
			       "“%s” không phải là vân tay của máy này: chưa xác nhận. "
			       "Nếu điểm thư viện đọc các tiếng đó từ màn hình của mình "
			       "thì người khác đã dùng giấy mời của họ"),
			words);
	}
	return 0;
}

static int confirm(struct ph_hub *hub, const struct ph_device *device,
		   struct ph_error *err)
{
	struct ph_entry entry = {
		.kind = ph_kind_find(PH_KIND_DEVICE_CONFIRM),
		.number = PH_KIND_DEVICE_CONFIRM,
		.field[PH_CONFIRM_DEVICE] = { .set = true,
					      .as.bytes = PH_VIEW(device->id,
								  sizeof(device->id)) },
	};

	int rc = ph_hub_control_add(hub, &entry, 1, err);

	if (rc == 0) {
		/* so that its next session finds it confirmed; if not now, then when idle */
		(void)ph_ledger_catch_up(hub->ledger, NULL, NULL);
	}
	return rc;
}

int ph_hub_device_confirm(struct ph_hub *hub, const json_t *request, json_t *answer,
			  struct ph_error *err)
{
	const char *words = ph_request_need(request, "fingerprint", err);
	struct ph_device device;
	enum ph_hub_trust trust;
	int rc = words ? ph_hub_device_find(hub, request, answer, &device, err) : -EINVAL;

	rc = rc < 0 ? rc
		    : ph_hub_device_here(hub, ph_request_text(request, "device"), &device,
					 err);
	rc = rc < 0 ? rc : compare(&device, words, err);
	rc = rc < 0 ? rc : ph_hub_device_trust(hub, device.id, &trust);
	if (rc < 0) {
		return rc;
	}
	if (trust == PH_HUB_CUT || trust == PH_HUB_RETIRED) {
		return ph_fail(err, PH_EXIT_OTHER, -EACCES,
			       ph_say("this device was %s: it cannot be confirmed; give "
				      "the site another invite",
				      "máy này đã %s: không xác nhận được; hãy cấp giấy "
				      "mời khác cho điểm"),
			       trust == PH_HUB_CUT ? ph_say("cut off", "bị ngừng")
						   : ph_say("retired", "được cho nghỉ"));
	}
	json_object_set_new(answer, "was", json_string(ph_hub_trust_name(trust)));
	if (trust == PH_HUB_UNCONFIRMED) {
		rc = confirm(hub, &device, err);
		json_object_set_new(answer, "state",
				    json_string(ph_hub_trust_name(PH_HUB_CONFIRMED)));
	}
	return rc;
}
