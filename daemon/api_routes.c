/*
 * daemon/api_routes.c - the hub's API, a row each: docs/API.md shows this table.
 *
 * The form of `takes` is that of common/web/route.h. What was counted before small figures
 * are hidden (docs/REPORTS.md) is for operators: a route that shows it to others too takes
 * `counted@` and leaves it out. What an operator's key signs (cutting
 * off, erasing, revoking) is not here: the key is not opened for pages.
 */
#include "daemon/api.h"

#define V "/api/v1"
#define GO(path, need, command, takes, doc)                                              \
	{                                                                                \
		"GET", path, PH_WEB_##need, command, PH_API_COMMAND, takes, doc          \
	}
#define DO(path, need, command, takes, doc)                                              \
	{                                                                                \
		"POST", path, PH_WEB_##need, command, PH_API_COMMAND, takes, doc         \
	}
/* One entry of this kind, as `packhorsed` writes it: what `record` takes a list of. */
#define PUT(path, need, kind, takes, doc)                                                \
	{                                                                                \
		"POST", path, PH_WEB_##need, "record", PH_API_ENTRY,                     \
			"kind=" kind " " takes, doc                                      \
	}

const struct ph_web_route ph_api_routes[] = {
	{ "GET", "/healthz", PH_WEB_ANYBODY, NULL, PH_API_HEALTH, NULL,
	  "whether the daemon is well: 200 or 503" },
	{ "GET", "/metrics", PH_WEB_VIEWER, "metrics", PH_API_METRICS, NULL,
	  "for Prometheus, as text" },
	{ "POST", V "/login", PH_WEB_ANYBODY, NULL, PH_API_LOGIN, "name! password!",
	  "a session's token" },
	{ "POST", V "/logout", PH_WEB_VIEWER, NULL, PH_API_LOGOUT, NULL,
	  "the session of this token is over" },
	{ "GET", V "/me", PH_WEB_VIEWER, NULL, PH_API_ME, NULL,
	  "the account and role of this token" },
	GO(V "/accounts", ADMIN, "account-list", NULL,
	   "accounts, and what tokens they have"),
	{ "GET", V "/events", PH_WEB_VIEWER, NULL, PH_API_EVENTS, NULL,
	  "what changes, as server-sent events" },

	GO(V "/status", VIEWER, "status", NULL, "counts of everything, and the daemon's"),
	GO(V "/summary", VIEWER, "query", "what=summary counted@",
	   "counts of the ledger"),
	GO(V "/board", VIEWER, "board", "site commune kind late:flag",
	   "each site by its own timetable: heard, due, overdue, and why"),
	GO(V "/clock", VIEWER, "clock", NULL, "whether the hub doubts its clock"),
	DO(V "/clock/accept", ADMIN, "clock-accept", NULL,
	   "the clock of the hub's machine is right as it is now"),
	GO(V "/keys", VIEWER, "keys", NULL, "the key list"),
	{ "GET", V "/digest", PH_WEB_OPERATOR, "digest", PH_API_LOOKED, "site device",
	  "the digest of the ledger, or of what a site or a device has" },
	{ "GET", V "/verify", PH_WEB_ADMIN, "verify", PH_API_LOOKED, NULL,
	  "whether all that is held is whole: signatures, store, ledger" },
	GO(V "/log", OPERATOR, "log", "site limit:int", "the last entries of each log"),

	GO(V "/sites", VIEWER, "site-list", NULL, "the sites"),
	DO(V "/sites", ADMIN, "site-add",
	   "code! name kind commune status schedule update:flag",
	   "a site is added, with name, kind and commune, or with `update` changed"),
	GO(V "/sites/{id}", VIEWER, "query", "what=site", "what is known of a site"),
	PUT(V "/sites/{site}", ADMIN, "site-put",
	    "name commune kind>site_kind status route:list no_readers:int when",
	    "what is known of a site changes; `route`: communes that a van serves, by "
	    "code; "
	    "`no_readers`: 1 or 0"),
	GO(V "/communes", VIEWER, "commune-list", NULL, "the communes"),
	DO(V "/communes", ADMIN, "commune-add", "communes:list!",
	   "communes are added: `code`, `name`, `type`"),
	PUT(V "/communes/{code}", ADMIN, "commune-put", "name type from predecessor when",
	    "what is known of a commune changes; `from`: the day since which it is, "
	    "`predecessor`: the code it came from"),
	GO(V "/policies", VIEWER, "policy-list", NULL, "the province's settings"),
	DO(V "/policies", ADMIN, "policy-set", "page=yes name! value! when", "a setting"),

	GO(V "/devices", VIEWER, "devices", NULL, "the devices"),
	GO(V "/devices/{device}", VIEWER, "device-show", NULL, "one device"),
	GO(V "/devices/{device}/held", OPERATOR, "device-held", "names:names",
	   "whose data a device may have"),
	DO(V "/devices/{device}/confirm", OPERATOR, "device-confirm", "fingerprint!",
	   "the fingerprint was compared: the device is confirmed"),
	DO(V "/devices/{device}/retire", ADMIN, "device-retire", "reason",
	   "the device is used no more; what it wrote stays"),
	GO(V "/invites", VIEWER, "invite-list", NULL, "invites and what became of them"),

	GO(V "/titles", VIEWER, "query", "what=titles words>id! site",
	   "titles, of these words"),
	GO(V "/titles/{id}", VIEWER, "query", "what=title", "one title"),
	GO(V "/copies/{id}", VIEWER, "query", "what=copy ns:int counted@", "one copy"),
	GO(V "/cards/{id}", VIEWER, "query", "what=card ns:int names:names counted@",
	   "one card"),
	/* the words may be a name, and addresses are written into logs */
	DO(V "/readers", OPERATOR, "query", "what=readers words>id! site names:names",
	   "readers, of these words in their names; changes nothing"),
	GO(V "/readers/{id}", VIEWER, "query", "what=reader names:names counted@",
	   "one reader"),
	GO(V "/loans", VIEWER, "query", "what=loans site names:names counted@",
	   "open loans"),
	GO(V "/lists/{what}", VIEWER, "list",
	   "site commune kind period from to limit:int after names:names counted@",
	   "`here`, `out`, `overdue`, `expected`, `holds`; `titles`, `readers`, "
	   "`workers`, `models`, `targets` or `tallies`; or a kind of entries (KINDS), "
	   "of the days of `period`, or `from` to `to`; a page"),
	GO(V "/why/{what}/{id}", VIEWER, "why", "ns:int names:names counted@",
	   "the signed entries behind what is shown"),

	GO(V "/cases", VIEWER, "cases",
	   "kind site commune all:flag limit:int after counted@",
	   "what a person must look at, a page"),
	GO(V "/cases/{case}", VIEWER, "case-show", "names:names counted@",
	   "the facts of a case, and the choices"),
	DO(V "/cases/{case}/decide", OPERATOR, "case-decide",
	   "choice! site facts voids:list dry_run:flag again:flag",
	   "what is made of a case"),

	GO(V "/privacy/{reader}", OPERATOR, "privacy", NULL,
	   "all that is kept of a reader"),
	GO(V "/erasures", OPERATOR, "erasures", "erasure",
	   "erasures and how far they are"),

	GO(V "/reports", VIEWER, "report-codes", NULL,
	   "the rows of the plan: what each is"),
	GO(V "/reports/{report}", VIEWER, "report", "period! by commune",
	   "one of them, for a year, quarter or month"),
	{ "GET", V "/reports/{report}/csv", PH_WEB_VIEWER, "report", PH_API_CSV,
	  "period! by commune language",
	  "the same as CSV, the lines first (EXPORTS, \"Reports\"); `language`: `vi` or "
	  "`en`" },
	{ "GET", V "/reports/{report}/xlsx", PH_WEB_VIEWER, NULL, PH_API_XLSX,
	  "period! by commune", "501: no workbook is made here (\"Pages and tables\")" },
	{ "GET", V "/page", PH_WEB_VIEWER, "page", PH_API_PAGE,
	  "period! agency unit place",
	  "all rows of the plan as a page to be printed, in HTML (EXPORTS)" },
	GO(V "/issued", VIEWER, "report-list", NULL, "reports that were issued"),
	DO(V "/issued", OPERATOR, "report-issue",
	   "page=yes report! period by commune from to",
	   "a row of the plan is issued as it is printed (`period`), or the figures of "
	   "any days under a name (`from`, `to`)"),
	GO(V "/issued/{report}", VIEWER, "report-show", "counted@",
	   "one of them; with the sums of the sites for operators"),
	GO(V "/issued/{report}/changed", OPERATOR, "report-changed", NULL,
	   "what would be different today"),
	GO(V "/figures", OPERATOR, "report-figures", "from! to!",
	   "what each site counted in a period"),

	PUT(V "/targets", ADMIN, "target-put",
	    "indicator! year:int! value:int! rule version:int when",
	    "what is to be reached by the end of a year: a count, or hundredths of a per "
	    "cent"),
	PUT(V "/models", ADMIN, "model-put",
	    "commune! status! sites:list decision date when",
	    "how far a commune is with the model of a grassroots library"),
	PUT(V "/workers", ADMIN, "worker-put", "name! telephone site role from to when",
	    "someone works in a library"),
	PUT(V "/workers/{worker}", ADMIN, "worker-put",
	    "name telephone site role from to when", "what is known of a worker changes"),
	PUT(V "/trainings", ADMIN, "training",
	    "topic! workers:int collaborators:int women:int attendees:list when",
	    "a course; `attendees`: references of workers"),
	PUT(V "/donations", ADMIN, "donation",
	    "donor! foreign:int money:int copies:int titles:int donor_name when",
	    "books or money are given; `foreign`: 1 or 0"),
	PUT(V "/tallies", ADMIN, "tally",
	    "code! value:int! from! to! list:int commune when",
	    "a figure that no entry counts"),

	DO(V "/record", ADMIN, "record", "page=yes entries:list! lines:list refs:object",
	   "entries in the hub's own name, all or none"),
};
const size_t ph_api_n_routes = sizeof(ph_api_routes) / sizeof(ph_api_routes[0]);
