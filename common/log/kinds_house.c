/*
 * common/log/kinds_house.c - the kind table: money, claims, rotation, attendance.
 *
 * What may be changed here, and what never: kinds.c.
 */
#include "common/log/kinds_table.h"

static const char *const charge_names[] = { "overdue", "lost", "damaged", "card",
					    "other" };
static const char *const cancel_names[] = { "reader", "expired", "other" };
static const char *const purpose_names[] = { "reading",  "borrowing", "study",
					     "internet", "event",     "other" };
static const char *const occasion_names[] = { "reading-day", "book-festival",
					      "school",      "holiday",
					      "contest",     "exhibition",
					      "talk",        "other" };
static const char *const form_names[] = { "catalogue", "reading", "download", "video",
					  "social",    "lookup",  "other" };
static const char *const donor_names[] = { "person", "organisation", "enterprise",
					   "state",  "project",      "other" };

static const struct ph_field charge_fields[] = {
	[PH_CHARGE_CARD] = CARD(REQ, "the card of who owes it"),
	[PH_CHARGE_AMOUNT] = UINT("amount", 1, MONEY_MAX, REQ, "in đồng"),
	[PH_CHARGE_REASON] = ENUM("reason", charge_names, 0, "what for"),
	[PH_CHARGE_COPY] = COPY(0, "the copy it is about"),
	[PH_CHARGE_LOAN] = REF("loan", 0, "the loan it is about"),
};

static const struct ph_field payment_fields[] = {
	[PH_PAYMENT_CARD] = CARD(REQ, "the card of who owed it"),
	[PH_PAYMENT_AMOUNT] = UINT("amount", 1, MONEY_MAX, REQ, "in đồng"),
	[PH_PAYMENT_CHARGE] = REF("charge", 0, "the charge it is for"),
};

static const struct ph_field hold_fields[] = {
	[PH_HOLD_CARD] = CARD(REQ, "the card of who waits"),
	[PH_HOLD_EXPIRES] = DAY("expires", REQ, "last day on which it holds"),
	[PH_HOLD_PICKUP] =
		UINT("pickup", 1, PH_SITE_MAX, REQ, "site where it will be fetched"),
	[PH_HOLD_TITLE] =
		REF("title", 0, "first entry of the title: any copy of it will do"),
	[PH_HOLD_COPY] = COPY(0, "this copy and no other"),
};

static const struct ph_field hold_cancel_fields[] = {
	[PH_HOLD_CANCEL_HOLD] = REF("hold", REQ, "the hold"),
	[PH_HOLD_CANCEL_REASON] = ENUM("reason", cancel_names, 0, "why"),
};

static const struct ph_field hold_ready_fields[] = {
	[PH_HOLD_READY_HOLD] = REF("hold", REQ, "the hold"),
	[PH_HOLD_READY_COPY] = COPY(REQ, "the copy laid aside"),
};

static const struct ph_field dispatch_fields[] = {
	[PH_DISPATCH_CRATE] = CRATE(REQ, "the journey: a new number for every one"),
	[PH_DISPATCH_FROM] = UINT("from", 1, PH_SITE_MAX, REQ, "site it leaves"),
	[PH_DISPATCH_TO] = UINT("to", 1, PH_SITE_MAX, REQ, "site it goes to"),
	[PH_DISPATCH_COPIES] =
		LIST("copies", PH_T_COPY_IDS, CRATE_COPIES_MAX, REQ, "what is in it"),
	[PH_DISPATCH_DUE_BACK] = DAY("due_back", 0, "day by which they are to be back"),
};

static const struct ph_field receive_fields[] = {
	[PH_RECEIVE_CRATE] = CRATE(REQ, "the journey"),
	[PH_RECEIVE_COPIES] =
		LIST("copies", PH_T_COPY_IDS, CRATE_COPIES_MAX, 0, "what came out of it"),
	[PH_RECEIVE_LISTED] =
		UINT("listed", 0, 1, 0, "1: taken from the list, not scanned"),
	[PH_RECEIVE_FINAL] =
		UINT("final", 0, 1, 0, "1: nothing more will come out of it"),
};

static const struct ph_field day_open_fields[] = {
	[PH_DAY_OPEN_FROM] =
		UINT("from", 0, 1439, 0, "minute of the day at which it opens"),
	[PH_DAY_OPEN_TO] = UINT("to", 1, 1440, 0, "minute of the day at which it closes"),
};

static const struct ph_field visit_fields[] = {
	[PH_VISIT_COUNT] = UINT("count", 1, 100000, 0, "how many came; unset: one"),
	[PH_VISIT_BAND] = ENUM("band", ph_band_names, 0, "age band of all of them"),
	[PH_VISIT_WOMEN] = UINT("women", 0, 100000, 0, "how many of them are women"),
	[PH_VISIT_PURPOSE] = ENUM("purpose", purpose_names, 0, "what they came for"),
};

static const struct ph_field mobile_stop_fields[] = {
	[PH_MOBILE_STOP_STOP] = REF("stop", 0,
				    "the entry that opened the stop which this one "
				    "closes; unset: this one opens a stop"),
	[PH_MOBILE_STOP_COMMUNE] =
		DIGITS("commune", 5, 0, "code of the commune it is in"),
	[PH_MOBILE_STOP_PLACE] = TEXT("place", 200, 0, "where it is"),
};

static const struct ph_field activity_fields[] = {
	[PH_ACTIVITY_OCCASION] =
		ENUM("occasion", occasion_names, REQ, "what kind of event"),
	[PH_ACTIVITY_ATTENDANCE] = UINT("attendance", 0, 1000000, 0, "how many came"),
	[PH_ACTIVITY_WOMEN] = UINT("women", 0, 1000000, 0, "how many of them are women"),
	[PH_ACTIVITY_NAME] = TEXT("name", 200, 0, "what it was called"),
	[PH_ACTIVITY_PARTNER] = TEXT("partner", 200, 0, "who held it with the library"),
};

static const struct ph_field training_fields[] = {
	[PH_TRAINING_TOPIC] = TEXT("topic", 200, REQ, "what was taught"),
	[PH_TRAINING_WORKERS] =
		UINT("workers", 0, 100000, 0, "how many workers of libraries came"),
	[PH_TRAINING_COLLABORATORS] =
		UINT("collaborators", 0, 100000, 0, "how many collaborators came"),
	[PH_TRAINING_WOMEN] =
		UINT("women", 0, 100000, 0, "how many of all who came are women"),
	[PH_TRAINING_ATTENDEES] =
		REFS("attendees", 64, 0, "first entries of the workers who came"),
};

static const struct ph_field digital_fields[] = {
	[PH_DIGITAL_FORM] = ENUM("form", form_names, REQ, "form of the service"),
	[PH_DIGITAL_COUNT] = UINT("count", 1, 1000000, 0, "how often; unset: once"),
	[PH_DIGITAL_WOMEN] = UINT("women", 0, 1000000, 0, "how often by women"),
};

static const struct ph_field donation_fields[] = {
	[PH_DONATION_DONOR] = ENUM("donor", donor_names, REQ, "who gives"),
	[PH_DONATION_FOREIGN] = UINT("foreign", 0, 1, 0, "1: from another country"),
	[PH_DONATION_MONEY] = UINT("money", 0, MONEY_MAX, 0, "in đồng"),
	[PH_DONATION_COPIES] = UINT("copies", 0, 1000000, 0, "how many copies"),
	[PH_DONATION_TITLES] = UINT("titles", 0, 1000000, 0, "of how many titles"),
	[PH_DONATION_SETS] = SETS(1),
	[PH_DONATION_COMMIT] = COMMIT,
};

static const struct ph_field donation_sealed[] = {
	[PH_DONATION_S_DONOR_NAME] = TEXT("donor_name", 200, 0, "name of who gives"),
};

static const struct ph_kind kinds[] = {
	{ .number = PH_KIND_CHARGE,
	  .name = "charge",
	  .family = "money",
	  .writers = SITE,
	  FIELDS(charge_fields),
	  .doc = "A reader owes money." },
	{ .number = PH_KIND_PAYMENT,
	  .name = "payment",
	  .family = "money",
	  .writers = SITE,
	  FIELDS(payment_fields),
	  .doc = "A reader pays." },
	{ .number = PH_KIND_HOLD_PLACE,
	  .name = "hold-place",
	  .family = "claims",
	  .writers = SITE,
	  FIELDS(hold_fields),
	  PAIR(PH_PAIR_ONE_OF, PH_HOLD_TITLE, PH_HOLD_COPY),
	  .doc = "A reader waits for a title or a copy." },
	{ .number = PH_KIND_HOLD_CANCEL,
	  .name = "hold-cancel",
	  .family = "claims",
	  .writers = SITE,
	  FIELDS(hold_cancel_fields),
	  .doc = "A reader waits no more." },
	{ .number = PH_KIND_HOLD_READY,
	  .name = "hold-ready",
	  .family = "claims",
	  .writers = SITE,
	  FIELDS(hold_ready_fields),
	  .doc = "A copy is laid aside for a reader who waits." },
	{ .number = PH_KIND_CRATE_DISPATCH,
	  .name = "crate-dispatch",
	  .family = "rotation",
	  .writers = SITE,
	  FIELDS(dispatch_fields),
	  .doc = "A crate of copies leaves for another site." },
	{ .number = PH_KIND_CRATE_RECEIVE,
	  .name = "crate-receive",
	  .family = "rotation",
	  .writers = SITE,
	  FIELDS(receive_fields),
	  .doc = "Copies are taken out of a crate." },
	{ .number = PH_KIND_DAY_OPEN,
	  .name = "day-open",
	  .family = "attendance",
	  .writers = SITE,
	  FIELDS(day_open_fields),
	  .doc = "The library is open on this day." },
	{ .number = PH_KIND_VISIT,
	  .name = "visit",
	  .family = "attendance",
	  .writers = SITE,
	  FIELDS(visit_fields),
	  PAIR(PH_PAIR_NOT_ABOVE, PH_VISIT_WOMEN, PH_VISIT_COUNT),
	  .doc = "People come to the library; counted, never named." },
	{ .number = PH_KIND_MOBILE_STOP,
	  .name = "mobile-stop",
	  .family = "attendance",
	  .writers = SITE,
	  FIELDS(mobile_stop_fields),
	  .doc = "A van begins or ends its service at a place." },
	{ .number = PH_KIND_ACTIVITY,
	  .name = "activity",
	  .family = "attendance",
	  .writers = SITE,
	  FIELDS(activity_fields),
	  PAIR(PH_PAIR_NOT_ABOVE, PH_ACTIVITY_WOMEN, PH_ACTIVITY_ATTENDANCE),
	  .doc = "An event that promotes reading." },
	{ .number = PH_KIND_TRAINING,
	  .name = "training",
	  .family = "attendance",
	  .writers = SITE_HUB,
	  FIELDS(training_fields),
	  .doc = "Workers and collaborators are taught." },
	{ .number = PH_KIND_DIGITAL_USE,
	  .name = "digital-use",
	  .family = "attendance",
	  .writers = SITE,
	  FIELDS(digital_fields),
	  PAIR(PH_PAIR_NOT_ABOVE, PH_DIGITAL_WOMEN, PH_DIGITAL_COUNT),
	  .doc = "A service over the network is used; counted." },
	{ .number = PH_KIND_DONATION,
	  .name = "donation",
	  .family = "attendance",
	  .writers = SITE_HUB,
	  FIELDS(donation_fields),
	  SEALED(donation_sealed, PH_DONATION_SETS, PH_DONATION_COMMIT),
	  .doc = "Somebody gives books or money." },
};
const struct ph_kind_run ph_kinds_house = { kinds, COUNT(kinds) };
