/*
 * daemon/quota.c - the arithmetic of an allowance.
 *
 * Growing moves AT by what whole entries take to grow, so that one who is heard every
 * second gets as many as one who is heard once a day. All numbers are far below 2^53:
 * settings are at most 10^9, times are seconds.
 */
#include "daemon/quota.h"

#define DAY_S     86400
#define UNIT      256 /* bytes that count as one entry */
#define YEARS_100 (100LL * 366 * DAY_S)

void ph_quota_init(struct ph_quota *quota, const struct ph_quota_limits *limits,
		   int64_t now)
{
	*quota = (struct ph_quota){ .left = (int64_t)limits->saved, .at = now };
}

void ph_quota_grow(struct ph_quota *quota, const struct ph_quota_limits *limits,
		   int64_t now)
{
	int64_t rate = (int64_t)limits->a_day;
	int64_t most = (int64_t)limits->saved;
	int64_t grown;

	if (now <= quota->at || rate == 0) {
		quota->at = now;
	} else if (now - quota->at > YEARS_100) {
		ph_quota_init(quota, limits, now);
	} else {
		grown = (now - quota->at) * rate / DAY_S;
		quota->left += grown;
		quota->at += grown * DAY_S / rate;
	}
	if (quota->left >= most) {
		quota->left = most;
		quota->at = now;
	}
}

bool ph_quota_has(const struct ph_quota *quota, const struct ph_quota_limits *limits,
		  uint64_t cost)
{
	uint64_t need = cost < limits->saved ? cost : limits->saved;

	return limits->a_day == 0 || quota->left >= (int64_t)need;
}

void ph_quota_take(struct ph_quota *quota, uint64_t cost)
{
	quota->left -= (int64_t)cost;
}

uint64_t ph_quota_cost(size_t len)
{
	return len == 0 ? 1 : (len + UNIT - 1) / UNIT;
}

void ph_quota_encode(const struct ph_quota *quota, uint8_t out[static PH_QUOTA_SIZE])
{
	ph_be64_put(out, (uint64_t)quota->left);
	ph_be64_put(out + 8, (uint64_t)quota->at);
	ph_be64_put(out + 16, quota->wants);
}

bool ph_quota_decode(struct ph_view bytes, struct ph_quota *out)
{
	if (bytes.len != PH_QUOTA_SIZE) {
		return false;
	}
	*out = (struct ph_quota){ .left = (int64_t)ph_be64_get(bytes.data),
				  .at = (int64_t)ph_be64_get(bytes.data + 8),
				  .wants = ph_be64_get(bytes.data + 16) };
	return true;
}
