/*
 * daemon/config.h - the settings of packhorsed, from one table.
 *
 * DIR/packhorsed.conf, then DIR/conf.d/NAME.conf in order of name, each an INI file:
 *
 *   [server]
 *   listen = 0.0.0.0:7415
 *   [limits]
 *   sessions = 4096
 *   [web]
 *   listen = 127.0.0.1:8080
 *
 * A later file overrides an earlier one. `listen` may stand several times; the first
 * one of a file replaces what earlier files said. An unknown section or name, a value
 * out of range, a name twice in one file, or a line that is neither, is an error with
 * file and line: a setting that was mistyped must not silently be the default.
 */
#ifndef PH_DAEMON_CONFIG_H
#define PH_DAEMON_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "common/cli/ini.h"

#define PH_LISTEN_MAX         16
#define PH_SECOND_TEXT        1024
#define PH_WEB_HOSTS_MAX      8
#define PH_LISTEN_TEXT        272 /* bytes of one address with its terminator */
#define PH_CONFIG_LISTEN_HERE "0.0.0.0:7415"

struct ph_settings {
	char listen[PH_LISTEN_MAX][PH_LISTEN_TEXT]; /* ADDR:PORT, [v6]:PORT, NAME:PORT */
	unsigned n_listen;
	unsigned sessions;
	unsigned handshakes;
	unsigned handshakes_per_net;
	unsigned handshake_rate; /* a second */
	unsigned handshake_burst;
	unsigned first_byte_ms;
	unsigned handshake_ms;
	unsigned idle_ms;
	unsigned write_queue; /* bytes */
	unsigned frame;       /* bytes of a transport frame's body */
	unsigned partials;    /* unfinished segments kept for sessions that were cut */
	unsigned partials_mib;
	unsigned commands; /* connections to DIR/socket */
	unsigned entries_a_day;
	unsigned entries_saved;
	unsigned reserve_mib;
	unsigned backup_keep;        /* backups that stay in a folder */
	unsigned backup_days;        /* none is older but the newest */
	char second[PH_SECOND_TEXT]; /* folder of the second medium; "": none */
	char web[PH_LISTEN_TEXT];    /* where pages are served; "": nowhere */
	char web_host[PH_WEB_HOSTS_MAX]
		     [PH_LISTEN_TEXT]; /* names besides this machine's */
	unsigned n_web_hosts;
	unsigned web_connections, web_rate, web_followers, web_waiting;
	enum ph_prefix prefix;
};

/* Ends with a NULL name. */
extern const struct ph_setting ph_setting_table[];

/* All defaults; one listen address, PH_CONFIG_LISTEN_HERE. */
void ph_settings_init(struct ph_settings *settings);
/*
 * Apply the text of one file; NAME stands in errors. 0; or -EINVAL with PH_EXIT_CONFIG
 * and "NAME:LINE: words". SETTINGS is undefined on error.
 */
int ph_settings_parse(struct ph_settings *settings, struct ph_view text, const char *name,
		      struct ph_error *err);
/*
 * Defaults, then all files of DIR; none need be there. 0, or a negative errno with
 * PH_EXIT_CONFIG. OUT is written only on success.
 */
int ph_settings_load(struct ph_settings *out, const char *dir, struct ph_error *err);
/*
 * Split ADDR:PORT. HOST_OUT (HOST_SIZE bytes) gets the address without brackets,
 * PORT_OUT the number. 0, or -EINVAL with words that name TEXT.
 */
int ph_address_split(const char *text, char *host_out, size_t host_size,
		     unsigned *port_out, struct ph_error *err);

#endif
