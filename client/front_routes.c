/*
 * client/front_routes.c - the API of a site, a row each: docs/API-SITE.md shows this table.
 *
 * The form of `takes` is that of common/web/route.h. What is looked for may be a name, so it
 * stands in a body and not in an address, which browsers remember.
 */
#include "client/front_order.h"

#include <string.h>

#define V "/api/v1"
#define GO(path, command, takes, doc)                                                    \
	{                                                                                \
		"GET", V path, PH_WEB_OPERATOR, command, PH_FRONT_COMMAND, takes, doc    \
	}
#define DO(path, command, takes, doc)                                                    \
	{                                                                                \
		"POST", V path, PH_WEB_OPERATOR, command, PH_FRONT_COMMAND, takes, doc   \
	}
/* What every entry takes besides. */
#define W      "when staff behalf"
#define S      W " as_is:flag" /* and where codes are scanned */
#define PERSON "born:int telephone address guardian commune band note "

const struct ph_web_route ph_front_routes[] = {
	{ "GET", "/", PH_WEB_ANYBODY, NULL, PH_FRONT_HOME, NULL, "what this is" },
	{ "POST", V "/session", PH_WEB_ANYBODY, NULL, PH_FRONT_ENTER, "token! language",
	  "a token of `packhorse desk` for a session; `language`: `vi` or `en`" },
	{ "POST", V "/session/end", PH_WEB_OPERATOR, NULL, PH_FRONT_LEAVE, NULL,
	  "this session is over" },
	{ "GET", V "/events", PH_WEB_OPERATOR, NULL, PH_FRONT_EVENTS, NULL,
	  "what changes, as server-sent events" },

	GO("/status", "status", NULL, "what is safe, what waits, why"),
	GO("/plan", "plan", NULL, "what each road would carry and cost"),
	{ "POST", V "/sync", PH_WEB_OPERATOR, NULL, PH_FRONT_SYNC, NULL,
	  "a session with the hub begins now, if none runs; the event `sync` tells how "
	  "it ended" },
	GO("/budget", "budget", NULL, "what the network may cost, and did"),
	DO("/budget", "budget set", "size!",
	   "what it may cost in a month: `20MB`, or `none`"),
	GO("/log", "log", "limit:int", "the last entries, and how far each has come"),
	GO("/cases", "cases", "kind all:flag limit:int after",
	   "what a person must look at, a page"),
	GO("/cases/{case}", "case show", NULL, "the facts of a case"),
	DO("/cases/{case}/decide", "case decide", "choice!",
	   "a site does not decide: this says so"),
	GO("/why/{what}/{id}", "why", "ns:int",
	   "the signed entries behind what is shown"),

	DO("/find", "find", "text! limit:int",
	   "titles, readers, copies, cards; changes nothing"),
	GO("/lists/{what}", "list", "site all:flag period from to limit:int after",
	   "`here`, `out`, `overdue`, `expected`, `holds`; `titles`, `readers`, "
	   "`workers`, `models`, `targets` or `tallies`; or a kind of entries (KINDS), "
	   "of the days of `period`, or `from` to `to`; a page"),
	GO("/copies/{copy}", "copy show", NULL, "one copy"),
	GO("/titles/{title}", "title show", NULL, "one title and its copies"),
	GO("/readers/{reader}", "reader show", NULL, "one reader, by reference or card"),
	GO("/privacy/{reader}", "privacy", NULL,
	   "everything that is held about a reader"),
	GO("/cards/{card}", "card show", NULL, "one card, and what is out on it"),
	GO("/crates/{crate}", "crate show", NULL, "one crate"),

	DO("/loans", "loan", "card! copies:list! term:int due hold " S,
	   "copies leave with a reader"),
	DO("/returns", "return", "copies:list! " S, "copies come back"),
	DO("/renewals", "renew", "copies:list! card term:int due " S,
	   "loans are prolonged"),
	DO("/uses", "use", "copies:list! count:int " S, "copies are read on the spot"),
	DO("/visits", "visit", "band! count:int women:int purpose " W,
	   "people come to the library"),
	DO("/uncoded-loans", "uncoded loan", "count:int! card term:int due title " S,
	   "copies without codes leave"),
	DO("/uncoded-returns", "uncoded return", "count:int! card " S,
	   "copies without codes come back"),
	DO("/holds", "hold place", "card! title copy expires pickup " S,
	   "a reader waits for a book"),
	DO("/holds/{hold}/ready", "hold ready", "copy! " S, "a copy is laid aside"),
	DO("/holds/{hold}/cancel", "hold cancel", "reason " W, "a reader waits no more"),
	DO("/void", "void", "entry! reason " W, "one entry is to count no more"),

	DO("/readers", "reader add", "name! " PERSON "card print_card:flag again:flag " S,
	   "a reader registers"),
	DO("/readers/{reader}", "reader set", "name " PERSON S,
	   "what is known of a reader changes"),
	DO("/readers/{reader}/block", "reader block", "reason until " S,
	   "a reader may not borrow for now"),
	DO("/readers/{reader}/unblock", "reader unblock", S, "and may again"),
	DO("/readers/{reader}/consent", "reader consent", "consent! who day guardian " S,
	   "`given` or `withdrawn`"),
	DO("/readers/{reader}/merge", "reader merge", "other! " S,
	   "someone was registered twice"),
	DO("/readers/{reader}/unmerge", "reader unmerge", "other! " S, "and was not"),
	DO("/cards", "card issue", "card reader! print_card:flag again:flag " S,
	   "a card is handed out"),
	DO("/cards/{old}/replace", "card replace",
	   "new print_card:flag reason again:flag " S, "another card for this one"),
	DO("/cards/{cards}/stop", "card stop", "reason " S, "a card is used no more"),
	DO("/charges", "charge", "card! amount:int! reason copy loan " S,
	   "a reader owes so many đồng"),
	DO("/payments", "payment", "card! amount:int! charge " S,
	   "a reader pays so many đồng"),

	DO("/titles", "title add",
	   "name! author year:int isbn language publisher place volume class law:flag " W,
	   "a title is described"),
	DO("/titles/{title}", "title set",
	   "name author year:int isbn language publisher place volume class law:flag " W,
	   "what is known of a title changes"),
	DO("/copies", "copy add",
	   "code title! owner acquisition price:int shelf print_code:flag " S,
	   "a copy gets a code"),
	DO("/copies/{copy}", "copy set", "title owner acquisition price:int shelf " S,
	   "what is known of a copy changes"),
	DO("/copies/{copies}/missing", "copy missing", S, "it should be here and is not"),
	DO("/copies/{copies}/lost", "copy lost", "loan " S, "a reader has lost it"),
	DO("/copies/{copies}/damaged", "copy damaged", "degree " S, "it is damaged"),
	DO("/copies/{copies}/repaired", "copy repaired", S, "it is whole again"),

	DO("/copies/{copies}/withdraw", "copy withdraw", "decision! reason " S,
	   "it is taken out of the stock"),
	DO("/copies/{copies}/reinstate", "copy reinstate", "decision " S,
	   "it is in the stock again"),
	DO("/copies/{old}/relabel", "copy relabel", "new print_code:flag " S,
	   "it gets a new code"),
	DO("/titles/{title}/merge", "title merge", "other! " W,
	   "a title was described twice"),
	DO("/titles/{title}/unmerge", "title unmerge", "other! " W, "and was not"),
	DO("/copies/{copy}/alias", "copy alias", "other! reason " S,
	   "one copy has two codes; `reason`: `relabelled` (`copy` is the new code) or "
	   "`same`"),
	DO("/copies/{copy}/unalias", "copy unalias", "other! " S, "and has not"),
	DO("/sightings", "sighting", "copies:list! purpose " S,
	   "copies are on the shelf here"),
	DO("/notes", "note", "text! about " W, "a few words, sealed"),

	DO("/crates", "crate dispatch", "copies:list! to! from due_back crate " S,
	   "a crate leaves for another site"),
	DO("/crates/{crate}/receive", "crate receive",
	   "copies:list listed:flag final:flag " S, "a crate has come"),

	DO("/desk/lock", "desk lock", NULL, "no reader is shown until it is unlocked"),
	{ "POST", V "/desk/unlock", PH_WEB_OPERATOR, NULL, PH_FRONT_UNLOCK, "card! pin!",
	  "readers are shown again; `card` as it was scanned" },
	DO("/day", "day open", "from to " W, "the library is open today"),
	DO("/shifts/begin", "shift begin", "who! when", "someone begins to work"),
	DO("/shifts/end", "shift end", "who! when", "and ends"),
	DO("/stops", "stop open", "commune! place " W, "the van begins to serve a place"),
	DO("/stops/close", "stop close", "stop " W, "and goes on"),
	DO("/activities", "activity",
	   "occasion! attendance:int women:int name partner " W,
	   "an event to promote reading"),
	DO("/trainings", "training",
	   "topic! workers:int collaborators:int women:int attendees:list " W,
	   "a course; `attendees`: references of workers"),
	DO("/digital-uses", "digital-use", "form! count:int women:int " W,
	   "services over the network are used"),
	DO("/donations", "donation",
	   "donor! foreign:flag money:int copies:int titles:int name " W,
	   "books or money are given"),
	DO("/workers", "worker add", "name! telephone site role from to " W,
	   "someone works in the library"),
	DO("/workers/{worker}", "worker set", "name telephone site role from to " W,
	   "what is known of a worker changes"),
	DO("/models", "model put", "commune! sites:list status! decision date " W,
	   "how far a commune is with the model of a grassroots library"),
	DO("/tallies", "tally put", "code! value:int! from! to! list:int commune " W,
	   "a figure that nobody else counts"),
	GO("/figures", "figures", "period from to",
	   "what this site counted, and its digest, `seen`"),
	DO("/signoffs", "signoff", "report! commune disagrees:flag seen period " W,
	   "the figures of a report are right, or not"),
};
const size_t ph_front_n_routes = sizeof(ph_front_routes) / sizeof(ph_front_routes[0]);

const char *ph_front_words(const char *command)
{
	static const struct {
		const char *command, *words;
	} all[] = {
		{ "budget set", "size" },
		{ "case show", "case" },
		{ "case decide", "case choice" },
		{ "why", "what id" },
		{ "find", "text" },
		{ "list", "what" },
		{ "copy show", "copy" },
		{ "title show", "title" },
		{ "reader show", "reader" },
		{ "card show", "card" },
		{ "crate show", "crate" },
		{ "loan", "card copies*" },
		{ "return", "copies*" },
		{ "renew", "copies*" },
		{ "use", "copies*" },
		{ "visit", "count" },
		{ "uncoded loan", "count" },
		{ "uncoded return", "count" },
		{ "hold place", "card" },
		{ "hold ready", "hold copy" },
		{ "hold cancel", "hold" },
		{ "void", "entry" },
		{ "reader set", "reader" },
		{ "reader block", "reader" },
		{ "reader unblock", "reader" },
		{ "reader consent", "reader consent" },
		{ "reader merge", "reader other" },
		{ "reader unmerge", "reader other" },
		{ "card issue", "card reader" },
		{ "card replace", "old new" },
		{ "card stop", "cards" },
		{ "charge", "card amount" },
		{ "payment", "card amount" },
		{ "title set", "title" },
		{ "copy add", "code" },
		{ "copy set", "copy" },
		{ "copy missing", "copies" },
		{ "copy lost", "copies" },
		{ "copy damaged", "copies" },
		{ "copy repaired", "copies" },
		{ "copy withdraw", "copies" },
		{ "copy reinstate", "copies" },
		{ "copy relabel", "old new" },
		{ "title merge", "title other" },
		{ "title unmerge", "title other" },
		{ "copy alias", "copy other" },
		{ "copy unalias", "copy other" },
		{ "sighting", "copies*" },
		{ "note", "text" },
		{ "privacy", "reader" },
		{ "crate dispatch", "copies*" },
		{ "crate receive", "crate copies*" },
		{ "worker set", "worker" },
		{ "model put", "commune sites*" },
		{ "tally put", "code value" },
		{ "signoff", "report" },
		{ "shift begin", "who" },
		{ "shift end", "who" },
		{ "stop close", "stop" },
		{ "activity", "occasion attendance" },
		{ "training", "topic attendees*" },
		{ "digital-use", "form count" },
		{ "donation", "donor" },
	};

	for (size_t i = 0; command && i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(all[i].command, command) == 0) {
			return all[i].words;
		}
	}
	return "";
}
