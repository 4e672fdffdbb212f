/*
 * client/courier_meet.c - one exchange, and in words what came of it.
 *
 * Nothing that goes wrong here loses anything: a site keeps its entries until the hub's
 * receipt is home, a courier its bundles until somebody has taken them.
 */
#include "client/courier_meet.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client/budget.h"
#include "common/cli/out.h"

/* ---- words ---- */

static const char *explain_status(enum ph_status status, bool at_hub,
				  struct ph_error *err)
{
	switch (status) {
	case PH_STATUS_CUT:
		ph_fail(err, PH_EXIT_CUT_OFF, -EACCES, "%s",
			ph_say("the provincial library has cut this device off, or "
			       "retired it; call the provincial library",
			       "thư viện tỉnh đã ngừng máy này; hãy gọi cho thư viện "
			       "tỉnh"));
		return "cut-off";
	case PH_STATUS_LATER:
		ph_fail(err, PH_EXIT_TRY_LATER, -EAGAIN, "%s",
			ph_say("the other side cannot take more now; nothing is lost, "
			       "try again later",
			       "bên kia hiện chưa nhận thêm được; không mất gì, thử lại "
			       "sau"));
		return "later";
	case PH_STATUS_VERSION:
		ph_fail(err, PH_EXIT_OTHER, -EPROTONOSUPPORT, "%s",
			ph_say("the other side speaks another version; one of the two "
			       "must be brought up to date",
			       "bên kia dùng phiên bản khác; cần nâng cấp một trong hai "
			       "bên"));
		return "version";
	case PH_STATUS_UNKNOWN:
	case PH_STATUS_CERT:
		ph_fail(err, PH_EXIT_OTHER, -EACCES, "%s",
			at_hub ? ph_say("the hub does not take this device for a "
					"courier; "
					"call the provincial library",
					"máy chủ không nhận máy này là máy chuyển tin; "
					"hãy gọi cho thư viện tỉnh")
			       : ph_say("the courier does not take this device for one "
					"of its province; nothing was given to it",
					"máy chuyển tin không nhận máy này là máy của "
					"tỉnh mình; chưa giao gì cho nó"));
		return "not-accepted";
	case PH_STATUS_PROTOCOL:
	case PH_STATUS_OK:
		break;
	}
	ph_fail(err, PH_EXIT_PARTIAL, -EPROTO, "%s",
		ph_say("the other side did not take what was sent; nothing is lost",
		       "bên kia không nhận những gì đã gửi; không mất gì"));
	return "protocol";
}

static void explain_stranger(bool at_hub, const char *address, struct ph_error *err)
{
	ph_fail(err, PH_EXIT_OTHER, -EACCES,
		at_hub ? ph_say("who answers at %s has not proved to be this province's "
				"hub; nothing was given to it. Check the address; if it "
				"is right, try again",
				"máy trả lời ở %s chưa chứng minh được là máy chủ của "
				"tỉnh; chưa giao gì cho nó. Hãy kiểm tra địa chỉ; nếu "
				"đúng, hãy thử lại")
		       : ph_say("who answers at %s has not proved to be a courier of "
				"this province; nothing was given to it. Check the "
				"address; if it is right, try again",
				"máy trả lời ở %s chưa chứng minh được là máy chuyển tin "
				"của tỉnh; chưa giao gì cho nó. Hãy kiểm tra địa chỉ; "
				"nếu đúng, hãy thử lại"),
		address);
}

const char *ph_courier_explain(const struct ph_courier_result *result, bool at_hub,
			       const char *address, struct ph_error *err)
{
	if (!result->connected) {
		ph_fail(err, PH_EXIT_UNREACHABLE, -EHOSTUNREACH,
			ph_say("cannot reach %s", "không nối được tới %s"), address);
		return "unreachable";
	}
	switch (result->failure) {
	case PH_FAIL_NONE:
		return result->complete ? "" : "stopped";
	case PH_FAIL_REFUSED:
		return explain_status(result->status, at_hub, err);
	case PH_FAIL_HANDSHAKE:
	case PH_FAIL_CUT:
	case PH_FAIL_TIMEOUT:
		/* the hub's key is known beforehand: where a link breaks, it is only that */
		if (!result->was_served &&
		    (!at_hub || result->failure == PH_FAIL_HANDSHAKE)) {
			explain_stranger(at_hub, address, err);
			return "not-a-courier";
		}
		ph_fail(err, PH_EXIT_PARTIAL, -ECONNRESET, "%s",
			ph_say("the connection broke off; what is through stays so, the "
			       "rest goes next time",
			       "kết nối bị đứt; phần đã xong vẫn còn, phần còn lại lần "
			       "sau gửi tiếp"));
		return "cut";
	case PH_FAIL_PROTOCOL:
		ph_fail(err, PH_EXIT_OTHER, -EPROTO, "%s",
			ph_say("the other side broke the protocol; nothing is lost. Tell "
			       "the provincial library if this goes on",
			       "bên kia vi phạm giao thức; không mất gì. Nếu cứ lặp lại, "
			       "hãy báo thư viện tỉnh"));
		return "protocol";
	case PH_FAIL_STORE:
	case PH_FAIL_MEMORY:
	case PH_FAIL_BUDGET: /* at base alone, where it is said */
		break;
	}
	ph_fail(err, PH_EXIT_OTHER, -EIO, "%s",
		ph_say("the exchange failed here; nothing is lost",
		       "việc trao đổi bị lỗi ở máy này; không mất gì"));
	return "store";
}

/* ---- a site ---- */

static bool on_site_job(void *data, struct ph_courier_job *job)
{
	return ph_site_courier_job(data, job);
}

static const char *reason_of(struct ph_courier_met *met, const char *address,
			     struct ph_error *err)
{
	const struct ph_site_courier_told *told = &met->told;

	if (told->refusal) { /* judged before anything was said */
		ph_fail(err, PH_EXIT_OTHER, -EACCES,
			ph_say("who answers at %s is no courier to deal with: the "
			       "certificate it shows %s; nothing was given to it",
			       "máy trả lời ở %s không phải là máy chuyển tin để giao: "
			       "chứng thư nó đưa ra %s; chưa giao gì cho nó"),
			address, told->refusal);
		return "not-a-courier";
	}
	if (met->result.complete && told->given < told->packed) {
		ph_fail(err, PH_EXIT_PARTIAL, -ENOSPC, "%s",
			ph_say("the courier could not take all; nothing is lost, the "
			       "rest goes another time",
			       "máy chuyển tin chưa nhận hết được; không mất gì, phần "
			       "còn lại gửi lần khác"));
		return "incomplete";
	}
	return ph_courier_explain(&met->result, false, address, err);
}

static int spend(struct ph_site *site, enum ph_spend_road road,
		 const struct ph_courier_result *result, struct ph_error *err)
{
	return ph_site_spend(site, road, result->counts.bytes_out,
			     result->counts.bytes_in, err);
}

int ph_courier_meet(struct ph_site *site, const char *dir, const char *address,
		    unsigned connect_ms, struct ph_link_stop *stop,
		    struct ph_courier_met *met_out, struct ph_error *err)
{
	struct ph_courier_call call = { .address = address,
					.connect_ms = connect_ms,
					.job = on_site_job,
					.stop = stop };
	struct ph_site_courier *courier = NULL;
	int opened;
	int rc;

	memset(met_out, 0, sizeof(*met_out));
	met_out->reason = "store";
	ph_site_pause(site);
	rc = ph_site_courier_new(&courier, site, dir, err);
	if (rc == 0) {
		call.exchange.rng = ph_rng_system;
		call.exchange.keys = ph_site_box(site);
		call.exchange.cert = ph_site_cert(site);
		call.data = courier;
		rc = ph_courier_call(&call, &met_out->result, err);
		met_out->told = *ph_site_courier_told(courier);
		met_out->reason = rc < 0 ? "address" : reason_of(met_out, address, err);
	}
	ph_site_courier_free(courier);
	opened = ph_site_resume(site, err);
	rc = rc < 0 ? rc : opened;
	return rc < 0 ? rc : spend(site, PH_SPEND_COURIER, &met_out->result, err);
}

/* ---- at base ---- */

struct base {
	struct ph_van_visit visit;
	const struct ph_courier_base_config *config;
	struct ph_error *err;
};

/* What the job is about to bring on the way; none: a refusal, or a word. */
static uint64_t begins(const struct ph_courier_job *job)
{
	bool is_begun = (job->type == PH_COURIER_NEXT && job->has_line) ||
			(job->type == PH_COURIER_LOOK && job->wants);

	return is_begun ? job->line.size - job->offset : 0;
}

static bool on_van_job(void *data, struct ph_courier_job *job)
{
	struct base *base = data;
	uint64_t bytes;

	ph_van_job(&base->visit, job);
	if (job->result < 0) { /* what failed here is said, not only that something did */
		(void)ph_fail_errno(base->err, job->result, base->visit.van->dir);
	}
	bytes = begins(job);
	if (job->result == 0 && bytes > 0 && base->config->budget != 0) {
		job->result = base->config->spend(base->config->data,
						  bytes + bytes / 128 + 512);
	}
	return false;
}

static void on_progress(void *data, const struct ph_session_counts *counts)
{
	struct base *base = data;

	base->config->progress(base->config->data, &base->visit, counts);
}

static const char *fail_budget(struct ph_error *err)
{
	ph_fail(err, PH_EXIT_PARTIAL, -EDQUOT, "%s",
		ph_say("this month's data budget has no room for all that is to be "
		       "handed over or taken along; nothing is lost. The rest goes next "
		       "month, or with `packhorse sync --over-budget`; over a network "
		       "that costs nothing with `packhorse sync --lan`",
		       "dung lượng mạng của tháng này không đủ cho tất cả các gói; không "
		       "mất gì. Phần còn lại gửi vào tháng sau, hoặc bằng `packhorse "
		       "sync "
		       "--over-budget`; qua mạng không mất tiền thì bằng `packhorse sync "
		       "--lan`"));
	return "budget";
}

static const char *fail_damaged(uint64_t n, struct ph_error *err)
{
	ph_fail(err, PH_EXIT_PARTIAL, -EUCLEAN,
		ph_say_n(
			n,
			"%" PRIu64 " bundle that this machine carried cannot be read as "
			"it was handed over, and was not given. Nothing is lost: whoever "
			"gave it has it all, and hands it over again at the next visit. "
			"If it happens again, look at the disk of this machine",
			"%" PRIu64 " bundles that this machine carried cannot be read "
			"as they were handed over, and were not given. Nothing is lost: "
			"whoever gave them has it all, and hands it over again at the "
			"next visit. If it happens again, look at the disk of this "
			"machine",
			"%" PRIu64 " gói mà máy này mang theo đã bị hỏng, không giao "
			"được. Không mất gì: nơi gửi vẫn còn đủ dữ liệu và sẽ giao lại ở "
			"lần gặp sau. Nếu lặp lại, hãy kiểm tra ổ đĩa của máy này"),
		n);
	return "damaged";
}

static const char *reason_of_base(const struct ph_courier_base *base, const char *address,
				  struct ph_error *err)
{
	const char *reason =
		base->result.failure == PH_FAIL_BUDGET
			? fail_budget(err)
			: ph_courier_explain(&base->result, true, address, err);

	if (reason[0] == '\0' && base->told.damaged > 0) {
		return fail_damaged(base->told.damaged, err);
	}
	return reason[0] == '\0' && base->told.over_budget > 0 ? fail_budget(err)
							       : reason;
}

int ph_courier_base(struct ph_van *van, const struct ph_courier_base_config *config,
		    struct ph_courier_base *base_out, struct ph_error *err)
{
	struct base base = { .config = config, .err = err };
	const struct ph_courier_call call = {
		.address = config->address,
		.connect_ms = config->connect_ms,
		.exchange = { .is_courier = true,
			      .rng = ph_rng_system,
			      .keys = &van->box,
			      .cert = ph_buf_view(&van->cert),
			      .peer_key = config->hub_box,
			      .budget = config->budget },
		.job = on_van_job,
		.progress = config->progress ? on_progress : NULL,
		.data = &base,
	};
	int rc;

	memset(base_out, 0, sizeof(*base_out));
	ph_van_visit_init(&base.visit, van, config->hub);
	rc = ph_courier_call(&call, &base_out->result, err);
	base_out->told = base.visit.told;
	base_out->to_give = base.visit.to_give;
	base_out->bytes_to_give = base.visit.bytes_to_give;
	base_out->reason =
		rc < 0 ? "address" : reason_of_base(base_out, config->address, err);
	ph_van_visit_deinit(&base.visit);
	return rc;
}

void ph_courier_base_poor(struct ph_courier_base *base_out, struct ph_error *err)
{
	memset(base_out, 0, sizeof(*base_out));
	base_out->reason = fail_budget(err);
}
