/* tests/unit/plain_hub.h - a hub that recognises readers by what is plain about them. */
#ifndef PH_TESTS_PLAIN_HUB_H
#define PH_TESTS_PLAIN_HUB_H

#include "ledger_world.h"

#include "common/ledger/registers.h"

static inline int match_plain(void *data, const struct ph_registers *registers,
			      uint8_t out[static 16])
{
	const struct ph_register *commune =
		ph_registers_get(registers, PH_READER_COMMUNE);
	const struct ph_register *band = ph_registers_get(registers, PH_READER_BAND);

	(void)data;
	if (commune == NULL || band == NULL) {
		return 1;
	}
	memset(out, 0, 16);
	memcpy(out, commune->value.as.bytes.data, 5);
	out[5] = (uint8_t)band->value.as.uint;
	return 0;
}

static inline int expires_never(void *data,
				const uint8_t device[static PH_DEVICE_ID_SIZE],
				int64_t *out)
{
	(void)data;
	*out = T0 + 5 * DAY;
	return device[0] == 0xff ? 1 : 0;
}

static const struct ph_ledger_hub plain_hub = { .match = match_plain,
						.expires = expires_never };

#endif
