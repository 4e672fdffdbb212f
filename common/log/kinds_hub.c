/*
 * common/log/kinds_hub.c - the kind table: people, programme, repair, the hub.
 *
 * What may be changed here, and what never: kinds.c.
 */
#include "common/log/kinds_table.h"

static const char *const role_names[] = { "librarian", "part-time", "collaborator",
					  "volunteer", "manager" };
static const char *const phase_names[] = { "begin", "end" };
static const char *const model_names[] = { "planned", "building", "recognised",
					   "withdrawn" };
static const char *const tally_names[] = {
	"budget-state",      "budget-other",  "premises",
	"commendations",     "media",         "inspections",
	"learning-families", "collaborators", "uncatalogued-stock",
	"user-turns",        "computers",     "staff"
};
static const char *const reason_names[] = { "mistake", "duplicate", "test", "other" };
static const char *const site_kind_names[] = { "provincial-library",
					       "commune-library",
					       "learning-centre",
					       "post-office",
					       "law-bookcase",
					       "school-library",
					       "police-library",
					       "border-post",
					       "economic-defence",
					       "private-library",
					       "van" };
static const char *const status_names[] = { "open", "closed" };
static const char *const commune_names[] = { "xa", "phuong" };
static const char *const retire_names[] = { "replaced", "broken", "closed", "lost",
					    "other" };
static const char *const cut_names[] = { "stolen", "lost", "misuse", "other" };
static const char *const choice_names[] = { "seen",      "later",     "earlier",
					    "returned",  "still-out", "same",
					    "different", "found",     "lost",
					    "genuine",   "stolen",    "other" };

static const struct ph_field worker_fields[] = {
	[PH_WORKER_WORKER] =
		REF("worker", 0,
		    "first entry of the worker; unset: this one names a new worker"),
	[PH_WORKER_SITE] = UINT("site", 1, PH_SITE_MAX, REG, "where the person works"),
	[PH_WORKER_ROLE] = ENUM("role", role_names, REG, "as what"),
	[PH_WORKER_FROM] = DAY("from", REG, "first day"),
	[PH_WORKER_TO] = DAY("to", REG, "last day"),
	[PH_WORKER_SETS] = SETS(2),
	[PH_WORKER_COMMIT] = COMMIT,
	[PH_WORKER_SEEN] = SEEN,
};

static const struct ph_field worker_sealed[] = {
	[PH_WORKER_S_NAME] = TEXT("name", 200, REG, "full name"),
	[PH_WORKER_S_TELEPHONE] = TEXT("telephone", 40, REG, "as the person gives it"),
};

static const struct ph_field shift_fields[] = {
	[PH_SHIFT_CODE] = TEXT("code", 32, REQ, "staff code of who works"),
	[PH_SHIFT_PHASE] = ENUM("phase", phase_names, REQ, "which end of the shift"),
};

static const struct ph_field model_fields[] = {
	[PH_MODEL_COMMUNE] = DIGITS("commune", 5, REQ, "code of the commune"),
	[PH_MODEL_STATUS] = ENUM("status", model_names, REG, "how far it is"),
	[PH_MODEL_DECISION] = TEXT("decision", 60, REG, "number of the decision"),
	[PH_MODEL_DATE] = DAY("date", REG, "day of the decision"),
	[PH_MODEL_SITES] = LIST("sites", PH_T_UINTS, 64, REG,
				"numbers of the sites that make it up"),
	[PH_MODEL_SEEN] = SEEN,
};

static const struct ph_field tally_fields[] = {
	[PH_TALLY_CODE] = ENUM("code", tally_names, REQ, "what was counted"),
	[PH_TALLY_VALUE] = UINT("value", 0, UINT64_C(1000000000000000), REQ,
				"how much or how many; money in đồng"),
	[PH_TALLY_FROM] = DAY("from", REQ, "first day of the time it was counted for"),
	[PH_TALLY_TO] = DAY("to", REQ, "last day"),
	[PH_TALLY_LIST] = UINT("list", 1, 1000, 0, "version of the list of codes"),
	[PH_TALLY_COMMUNE] =
		DIGITS("commune", 5, 0, "code of the commune it was counted in"),
};

static const struct ph_field void_fields[] = {
	[PH_VOID_TARGET] = REF("target", REQ, "the entry that is to count no more"),
	[PH_VOID_REASON] = ENUM("reason", reason_names, 0, "why"),
};

static const struct ph_field site_fields[] = {
	[PH_SITE_SITE] = UINT("site", 1, PH_SITE_MAX, REQ, "number of the site"),
	[PH_SITE_CODE] = TEXT("code", 32, REG, "short name, as commands take it"),
	[PH_SITE_NAME] = TEXT("name", 200, REG, "name for people"),
	[PH_SITE_COMMUNE] = DIGITS("commune", 5, REG, "code of the commune it stands in"),
	[PH_SITE_KIND] = ENUM("site_kind", site_kind_names, REG, "what kind of site"),
	[PH_SITE_STATUS] = ENUM("status", status_names, REG, "whether it works"),
	[PH_SITE_SEEN] = SEEN,
	[PH_SITE_ROUTE] = CODES("route", 64, REG, "communes on a van's route"),
	[PH_SITE_NO_READERS] =
		UINT("no_readers", 0, 1, REG, "1: keeps no register of readers"),
	[PH_SITE_SCHEDULE] =
		TEXT("schedule", 200, REG, "when it can be heard: a timetable, or words"),
};

static const struct ph_field commune_fields[] = {
	[PH_COMMUNE_CODE] = DIGITS("code", 5, REQ, "official code"),
	[PH_COMMUNE_NAME] = TEXT("name", 200, REG, "name without xã or phường"),
	[PH_COMMUNE_TYPE] = ENUM("type", commune_names, REG, "xã or phường"),
	[PH_COMMUNE_FROM] = DAY("from", REG, "valid from"),
	[PH_COMMUNE_SEEN] = SEEN,
	[PH_COMMUNE_PREDECESSOR] =
		DIGITS("predecessor", 5, REG, "code of the commune it came from"),
};

static const struct ph_field admit_fields[] = {
	[PH_ADMIT_DEVICE] = FIXED("device", 16, REQ, "device id"),
	[PH_ADMIT_KEY] = FIXED("key", 32, REQ, "its Ed25519 key"),
	[PH_ADMIT_SITE] = UINT("site", 0, PH_SITE_MAX, REQ, "its site"),
	[PH_ADMIT_ROLE] = UINT("role", 1, 3, REQ, "1 site, 2 courier, 3 both"),
	[PH_ADMIT_INVITE] = FIXED("invite", 16, 0, "id of the invite it used"),
};

static const struct ph_field confirm_fields[] = {
	[PH_CONFIRM_DEVICE] = FIXED("device", 16, REQ, "device id"),
};

static const struct ph_field retire_fields[] = {
	[PH_RETIRE_DEVICE] = FIXED("device", 16, REQ, "device id"),
	[PH_RETIRE_REASON] = ENUM("reason", retire_names, 0, "why"),
};

static const struct ph_field cut_fields[] = {
	[PH_CUT_DEVICE] = FIXED("device", 16, REQ, "device id"),
	[PH_CUT_HEADS] = LIST("heads", PH_T_HEADS, 64, 0,
			      "heads of its logs, up to which they count"),
	[PH_CUT_REASON] = ENUM("reason", cut_names, 0, "why"),
};

static const struct ph_field invite_cancel_fields[] = {
	[PH_INVITE_CANCEL_INVITE] = FIXED("invite", 16, REQ, "id of the invite"),
};

static const struct ph_field adopt_fields[] = {
	[PH_ADOPT_HEAD] = HEAD("head", REQ, "everything up to it counts"),
};

static const struct ph_field judge_fields[] = {
	[PH_JUDGE_MARK] = REF("mark", REQ, "the clock-mark that is judged"),
	[PH_JUDGE_AHEAD] = UINT("ahead", 0, TIME_MAX, 0, "seconds to take off"),
	[PH_JUDGE_BEHIND] = UINT("behind", 0, TIME_MAX, 0, "seconds to add"),
	[PH_JUDGE_CLAMP] = UINT("clamp", 0, TIME_MAX, 0,
				"no second later than this, since 1970 UTC"),
};

static const struct ph_field target_fields[] = {
	[PH_TARGET_INDICATOR] = TEXT("indicator", 16, REQ, "code of the indicator"),
	[PH_TARGET_YEAR] =
		UINT("year", 2000, 2999, REQ, "year by which it is to be reached"),
	[PH_TARGET_VALUE] =
		UINT("value", 0, 1000000000, REG, "hundredths of a per cent, or a count"),
	[PH_TARGET_RULE] = TEXT("rule", 200, REG, "how it is reckoned"),
	[PH_TARGET_VERSION] = UINT("version", 1, 1000, REG, "version of that rule"),
	[PH_TARGET_SEEN] = SEEN,
};

static const struct ph_field decide_fields[] = {
	[PH_DECIDE_CASE] = FIXED("case", 16, REQ, "id of the case"),
	[PH_DECIDE_CHOICE] = ENUM("choice", choice_names, REQ, "what was decided"),
	[PH_DECIDE_FACTS] = FIXED("facts", 16, REQ, "digest of the facts it was made on"),
	[PH_DECIDE_ENTRIES] = REFS("entries", 64, 0, "what was written to carry it out"),
};

static const struct ph_field policy_fields[] = {
	[PH_POLICY_NAME] = TEXT("name", 64, REQ, "name of the setting"),
	[PH_POLICY_VALUE] = TEXT("value", 1000, REG, "its value"),
	[PH_POLICY_SEEN] = SEEN,
};

static const struct ph_field erase_fields[] = {
	[PH_ERASE_READERS] = REFS("readers", 64, REQ,
				  "first entries of the reader, every registration"),
	[PH_ERASE_CARDS] = LIST("cards", PH_T_CARD_IDS, 64, 0, "cards of the reader"),
};

static const struct ph_field report_fields[] = {
	[PH_REPORT_REPORT] = TEXT("report", 64, REQ, "name of the report"),
	[PH_REPORT_FROM] = DAY("from", REQ, "first day of its period"),
	[PH_REPORT_TO] = DAY("to", REQ, "last day of its period"),
	[PH_REPORT_FIGURES] = BYTES("figures", 24 * 1024, 0, "the figures as printed"),
};

static const struct ph_field erase_done_fields[] = {
	[PH_ERASE_DONE_ERASE] = REF("erase", REQ, "the reader-erase entry"),
	[PH_ERASE_DONE_AWAY] = BYTES("away", 16 * 1024, 0,
				     "bundles that it had packed for the hub, and that "
				     "may lie somewhere still"),
};

static const struct ph_field signoff_fields[] = {
	[PH_SIGNOFF_REPORT] = REF("report", REQ, "the report-issue entry"),
	[PH_SIGNOFF_COMMUNE] =
		DIGITS("commune", 5, 0, "code of the commune whose figures they are"),
	[PH_SIGNOFF_AGREES] =
		UINT("agrees", 0, 1, 0, "1: they are right; 0: they are not"),
	[PH_SIGNOFF_SEEN] = FIXED("seen", 16, 0,
				  "digest of the site's own figures that the signer saw"),
};

static const struct ph_kind kinds[] = {
	{ .number = PH_KIND_WORKER_PUT,
	  .name = "worker-put",
	  .family = "people",
	  .writers = SITE_HUB,
	  FIELDS(worker_fields),
	  SEALED(worker_sealed, PH_WORKER_SETS, PH_WORKER_COMMIT),
	  .doc = "Names somebody who works in a library, or changes what is known of "
		 "that." },
	{ .number = PH_KIND_SHIFT,
	  .name = "shift",
	  .family = "people",
	  .writers = SITE,
	  FIELDS(shift_fields),
	  .doc = "Somebody begins or ends work." },
	{ .number = PH_KIND_MODEL_PUT,
	  .name = "model-put",
	  .family = "programme",
	  .writers = SITE_HUB,
	  FIELDS(model_fields),
	  .doc = "How far a commune is with the model of the grassroots library." },
	{ .number = PH_KIND_TALLY,
	  .name = "tally",
	  .family = "programme",
	  .writers = SITE_HUB,
	  FIELDS(tally_fields),
	  PAIR(PH_PAIR_NOT_ABOVE, PH_TALLY_FROM, PH_TALLY_TO),
	  .doc = "A figure that no entry is written for one by one." },
	{ .number = PH_KIND_VOID,
	  .name = "void",
	  .family = "repair",
	  .writers = SITE_HUB,
	  FIELDS(void_fields),
	  .doc = "One entry is to count no more." },
	{ .number = PH_KIND_SITE_PUT,
	  .name = "site-put",
	  .family = "hub",
	  .writers = HUB,
	  FIELDS(site_fields),
	  .doc = "Names a site, or changes what is known of it." },
	{ .number = PH_KIND_COMMUNE_PUT,
	  .name = "commune-put",
	  .family = "hub",
	  .writers = HUB,
	  FIELDS(commune_fields),
	  .doc = "Names a commune, or changes what is known of it." },
	{ .number = PH_KIND_DEVICE_ADMIT,
	  .name = "device-admit",
	  .family = "hub",
	  .writers = HUB,
	  FIELDS(admit_fields),
	  .doc = "The hub has taken a device in." },
	{ .number = PH_KIND_DEVICE_CONFIRM,
	  .name = "device-confirm",
	  .family = "hub",
	  .writers = HUB,
	  FIELDS(confirm_fields),
	  .doc = "A person at the hub has confirmed a device." },
	{ .number = PH_KIND_DEVICE_RETIRE,
	  .name = "device-retire",
	  .family = "hub",
	  .writers = HUB,
	  FIELDS(retire_fields),
	  .doc = "A device is to be used no more; what it wrote counts." },
	{ .number = PH_KIND_DEVICE_CUT,
	  .name = "device-cut",
	  .family = "hub",
	  .writers = HUB,
	  .operator_only = true,
	  FIELDS(cut_fields),
	  .doc = "What a device wrote counts only up to here." },
	{ .number = PH_KIND_INVITE_CANCEL,
	  .name = "invite-cancel",
	  .family = "hub",
	  .writers = HUB,
	  .operator_only = true,
	  FIELDS(invite_cancel_fields),
	  .doc = "An invite lets nobody in any more." },
	{ .number = PH_KIND_LOG_ADOPT,
	  .name = "log-adopt",
	  .family = "hub",
	  .writers = HUB,
	  .desk = true,
	  .operator_only = true,
	  FIELDS(adopt_fields),
	  .doc = "Entries of a log beyond a cut count after all." },
	{ .number = PH_KIND_CLOCK_JUDGE,
	  .name = "clock-judge",
	  .family = "hub",
	  .writers = HUB,
	  .desk = true,
	  FIELDS(judge_fields),
	  .doc = "How the stamps that rest on a clock-mark are to be read." },
	{ .number = PH_KIND_TARGET_PUT,
	  .name = "target-put",
	  .family = "hub",
	  .writers = HUB,
	  FIELDS(target_fields),
	  .doc = "A target of the province's plan." },
	{ .number = PH_KIND_CASE_DECIDE,
	  .name = "case-decide",
	  .family = "hub",
	  .writers = HUB,
	  .desk = true,
	  FIELDS(decide_fields),
	  .doc = "What a person decided in a case." },
	{ .number = PH_KIND_POLICY_PUT,
	  .name = "policy-put",
	  .family = "hub",
	  .writers = HUB,
	  FIELDS(policy_fields),
	  .doc = "A setting of the province." },
	{ .number = PH_KIND_READER_ERASE,
	  .name = "reader-erase",
	  .family = "hub",
	  .writers = HUB,
	  .operator_only = true,
	  FIELDS(erase_fields),
	  .doc = "The personal fields of a reader are destroyed everywhere." },
	{ .number = PH_KIND_REPORT_ISSUE,
	  .name = "report-issue",
	  .family = "hub",
	  .writers = HUB,
	  .desk = true,
	  FIELDS(report_fields),
	  PAIR(PH_PAIR_NOT_ABOVE, PH_REPORT_FROM, PH_REPORT_TO),
	  .doc = "A report was printed, with these figures." },
	{ .number = PH_KIND_ERASE_DONE,
	  .name = "erase-done",
	  .family = "hub",
	  .writers = SITE,
	  FIELDS(erase_done_fields),
	  .doc = "A site has destroyed what it held of an erased reader." },
	{ .number = PH_KIND_REPORT_SIGNOFF,
	  .name = "report-signoff",
	  .family = "hub",
	  .writers = SITE,
	  FIELDS(signoff_fields),
	  .doc = "A site says whether the figures of a report are right." },
};
const struct ph_kind_run ph_kinds_hub = { kinds, COUNT(kinds) };
