/*
 * daemon/config.c - the hub's settings: their table, and what is particular in it.
 *
 * How a file is read, and what is said of a wrong one, is common/cli/ini.c.
 */
#include "daemon/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/base/limits.h"
#include "common/cli/out.h"

#define DAY_MS       86400000u
#define PORT_MAX     65535
#define UINT(member) PH_SETTING_UINT, offsetof(struct ph_settings, member)

static int put_listen(void *data, const char *value, bool is_again, struct ph_error *err);

static int put_second(void *data, const char *value, bool is_again, struct ph_error *err);

static int put_web(void *data, const char *value, bool is_again, struct ph_error *err);
static int put_web_host(void *data, const char *value, bool is_again,
			struct ph_error *err);

const struct ph_setting ph_setting_table[] = {
	{ "server", "listen", PH_SETTING_OWN, offsetof(struct ph_settings, listen), 0, 0,
	  0, "ADDR:PORT where devices reach the hub; may stand several times",
	  put_listen },
	{ "limits", "sessions", UINT(sessions), 1, 65536, PH_SESSIONS_MAX,
	  "sessions at once", NULL },
	{ "limits", "handshakes", UINT(handshakes), 1, 65536, PH_HANDSHAKES_MAX,
	  "of them before the device has proved who it is", NULL },
	{ "limits", "handshakes-per-net", UINT(handshakes_per_net), 1, 65536,
	  PH_HANDSHAKES_NET_MAX, "of those from one IPv4 /24 or IPv6 /56", NULL },
	{ "limits", "handshake-rate", UINT(handshake_rate), 1, 100000, PH_HANDSHAKE_RATE,
	  "new connections a second from one IPv4 address or IPv6 /64", NULL },
	{ "limits", "handshake-burst", UINT(handshake_burst), 1, 100000,
	  PH_HANDSHAKE_BURST, "of them at once", NULL },
	{ "limits", "first-byte-ms", UINT(first_byte_ms), 50, DAY_MS, PH_FIRST_BYTE_MS,
	  "to the first byte of a connection", NULL },
	{ "limits", "handshake-ms", UINT(handshake_ms), 50, DAY_MS, PH_HANDSHAKE_MS,
	  "to a whole first message", NULL },
	{ "limits", "idle-ms", UINT(idle_ms), 50, DAY_MS, PH_IDLE_MS,
	  "without a byte from the device, or with none taken by it", NULL },
	{ "limits", "write-queue-bytes", UINT(write_queue), 1024, 64u << 20,
	  PH_WRITE_QUEUE_MAX, "waiting to be taken by one device", NULL },
	{ "limits", "frame-bytes", UINT(frame), 256, PH_FRAME_MAX, PH_HUB_FRAME,
	  "longest frame that the hub makes", NULL },
	{ "limits", "partials", UINT(partials), 0, 65536, PH_PARTIALS,
	  "unfinished segments kept of sessions that were cut", NULL },
	{ "limits", "partials-mib", UINT(partials_mib), 0, 65536, PH_PARTIALS_MIB,
	  "memory that they may take", NULL },
	{ "limits", "entries-a-day", UINT(entries_a_day), 0, 1000000000, PH_ENTRIES_A_DAY,
	  "that a device may bring; 0: as many as it likes", NULL },
	{ "limits", "entries-saved-up", UINT(entries_saved), 1, 1000000000,
	  PH_ENTRIES_SAVED, "of them at most, by a device that is not heard", NULL },
	{ "limits", "disk-reserve-mib", UINT(reserve_mib), 0, 1024, PH_RESERVE_MIB,
	  "of the disk kept for the hub itself; 0: none", NULL },
	{ "limits", "commands", UINT(commands), 1, 1024, PH_CONTROL_TALK_MAX,
	  "local commands at once", NULL },
	{ "backup", "second-medium", PH_SETTING_OWN, offsetof(struct ph_settings, second),
	  0, 0, 0, "folder on another disk to which the hub's own logs are appended",
	  put_second },
	{ "backup", "keep", UINT(backup_keep), 1, 10000, 30,
	  "backups that stay in a folder; the oldest go", NULL },
	{ "backup", "days", UINT(backup_days), 1, 3650, 35,
	  "days after which a backup goes, unless it is the newest", NULL },
	{ "web", "listen", PH_SETTING_OWN, offsetof(struct ph_settings, web), 0, 0, 0,
	  "ADDR:PORT of this machine, or the path of a socket, where pages are served; "
	  "empty: none are",
	  put_web },
	{ "web", "host", PH_SETTING_OWN, offsetof(struct ph_settings, web_host), 0, 0, 0,
	  "name under which a proxy serves them; may stand several times", put_web_host },
	{ "web", "connections", UINT(web_connections), 1, 4096, PH_WEB_CONNECTIONS,
	  "of browsers and programs at once", NULL },
	{ "web", "requests-per-second", UINT(web_rate), 1, 100000, PH_WEB_RATE,
	  "of one account, or of one address without one", NULL },
	{ "web", "followers", UINT(web_followers), 1, 1024, PH_WEB_FOLLOWERS,
	  "of the events, at once", NULL },
	{ "web", "waiting", UINT(web_waiting), 1, 1024, PH_WEB_WAITING,
	  "requests that wait for the store", NULL },
	{ "log", "prefix", PH_SETTING_PREFIX, offsetof(struct ph_settings, prefix), 0, 0,
	  PH_PREFIX_AUTO, "levels as <N> before each line: yes, no, or auto", NULL },
	{ .name = NULL },
};

void ph_settings_init(struct ph_settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	ph_ini_defaults(ph_setting_table, settings);
	strcpy(settings->listen[0], PH_CONFIG_LISTEN_HERE);
	settings->n_listen = 1;
}

int ph_address_split(const char *text, char *host_out, size_t host_size,
		     unsigned *port_out, struct ph_error *err)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	const char *host = text;
	bool is_v6 = len > 2 && text[0] == '[' && text[len - 1] == ']';

	if (is_v6) {
		host++;
		len -= 2;
	}
	if (len == 0 || len >= host_size || (!is_v6 && memchr(host, ':', len)) ||
	    strcspn(host, " \t[]") < len ||
	    ph_ini_uint(colon + 1, 0, PORT_MAX, port_out) < 0) {
		return ph_fail(
			err, PH_EXIT_CONFIG, -EINVAL,
			ph_say("\"%s\" is not ADDR:PORT, for example 0.0.0.0:7415 or "
			       "[::]:7415",
			       "“%s” không có dạng ĐỊA-CHỈ:CỔNG, ví dụ 0.0.0.0:7415 hoặc "
			       "[::]:7415"),
			text);
	}
	memcpy(host_out, host, len);
	host_out[len] = '\0';
	return 0;
}

static int put_listen(void *data, const char *value, bool is_again, struct ph_error *err)
{
	struct ph_settings *settings = data;
	char host[PH_LISTEN_TEXT];
	unsigned port;
	int rc = ph_address_split(value, host, sizeof(host), &port, err);

	if (rc < 0) {
		return rc;
	}
	if (!is_again) { /* the first of a file replaces what earlier files said */
		settings->n_listen = 0;
	}
	if (strlen(value) >= PH_LISTEN_TEXT || settings->n_listen == PH_LISTEN_MAX) {
		return ph_fail(err, PH_EXIT_CONFIG, -EINVAL,
			       ph_say("at most %d addresses of %d bytes",
				      "nhiều nhất %d địa chỉ, mỗi địa chỉ %d byte"),
			       PH_LISTEN_MAX, PH_LISTEN_TEXT - 1);
	}
	strcpy(settings->listen[settings->n_listen++], value);
	return 0;
}

static int put_second(void *data, const char *value, bool is_again, struct ph_error *err)
{
	struct ph_settings *settings = data;

	if (is_again || value[0] != '/' || strlen(value) >= sizeof(settings->second)) {
		return ph_fail(
			err, PH_EXIT_CONFIG, -EINVAL,
			ph_say("one folder, by its whole path, of at most %zu bytes",
			       "một thư mục, viết đủ đường dẫn, nhiều nhất %zu byte"),
			sizeof(settings->second) - 1);
	}
	strcpy(settings->second, value);
	return 0;
}

/* An address of this machine alone: what others see must be encrypted, by a proxy. */
static bool is_near(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	return (inet_pton(AF_INET, host, &four) == 1 &&
		ntohl(four.s_addr) >> 24 == 127) ||
	       (inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six));
}

static int put_web(void *data, const char *value, bool is_again, struct ph_error *err)
{
	struct ph_settings *settings = data;
	char host[PH_LISTEN_TEXT];
	struct ph_error general = { 0 };
	unsigned port;
	int rc = 0;

	if (is_again || strlen(value) >= sizeof(settings->web)) {
		return ph_fail(err, PH_EXIT_CONFIG, -EINVAL,
			       ph_say("one address of at most %zu bytes",
				      "một địa chỉ, nhiều nhất %zu byte"),
			       sizeof(settings->web) - 1);
	}
	if (value[0] == '/') {
		if (strlen(value) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
			return ph_fail(
				err, PH_EXIT_CONFIG, -EINVAL,
				ph_say("the path of a socket has at most %zu bytes",
				       "đường dẫn của socket có nhiều nhất %zu byte"),
				sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
		}
	} else if (value[0] != '\0') {
		rc = ph_address_split(value, host, sizeof(host), &port, &general);
		if (rc < 0) { /* its example is of an address that others see */
			rc = ph_fail(
				err, PH_EXIT_CONFIG, -EINVAL,
				ph_say("\"%s\" is neither ADDR:PORT of this machine, "
				       "for example 127.0.0.1:8080 or [::1]:8080, nor "
				       "the whole path of a socket",
				       "“%s” không có dạng ĐỊA-CHỈ:CỔNG của máy này, "
				       "ví dụ 127.0.0.1:8080 hoặc [::1]:8080, cũng "
				       "không phải đường dẫn đầy đủ của một socket"),
				value);
		}
		if (rc == 0 && !is_near(host)) {
			rc = ph_fail(
				err, PH_EXIT_CONFIG, -EINVAL,
				ph_say("\"%s\" can be seen from other machines, and "
				       "pages "
				       "go unencrypted: 127.0.0.1:%u or a socket, and a "
				       "proxy before it (docs/API.md)",
				       "máy khác thấy được “%s”, mà trang web không được "
				       "mã hóa: dùng 127.0.0.1:%u hoặc một socket, và "
				       "đặt proxy phía trước (docs/API.md)"),
				value, port);
		}
	}
	if (rc == 0) {
		strcpy(settings->web, value);
	}
	return rc;
}

static int put_web_host(void *data, const char *value, bool is_again,
			struct ph_error *err)
{
	static const char taken[] = "abcdefghijklmnopqrstuvwxyz0123456789-.[]:";
	struct ph_settings *settings = data;
	size_t len = strlen(value);
	bool is_six = value[0] == '[' && len > 2 && value[len - 1] == ']';

	if (len == 0 || len >= PH_LISTEN_TEXT || strspn(value, taken) != len ||
	    (!is_six && strpbrk(value, "[]:"))) {
		return ph_fail(
			err, PH_EXIT_CONFIG, -EINVAL,
			ph_say("\"%.100s\" is not a name in small letters, without a "
			       "port: for example thuvien.example.vn",
			       "“%.100s” không phải là tên viết bằng chữ thường, không "
			       "có cổng: ví dụ thuvien.example.vn"),
			value);
	}
	settings->n_web_hosts = is_again ? settings->n_web_hosts : 0;
	if (settings->n_web_hosts == PH_WEB_HOSTS_MAX) {
		return ph_fail(err, PH_EXIT_CONFIG, -EINVAL,
			       ph_say("at most %d names", "nhiều nhất %d tên"),
			       PH_WEB_HOSTS_MAX);
	}
	strcpy(settings->web_host[settings->n_web_hosts++], value);
	return 0;
}

int ph_settings_parse(struct ph_settings *settings, struct ph_view text, const char *name,
		      struct ph_error *err)
{
	return ph_ini_parse(ph_setting_table, settings, text, name, err);
}

int ph_settings_load(struct ph_settings *out, const char *dir, struct ph_error *err)
{
	struct ph_settings settings;
	int rc;

	ph_settings_init(&settings);
	rc = ph_ini_load(ph_setting_table, &settings, dir, "packhorsed.conf", err);
	if (rc == 0) {
		*out = settings;
	}
	return rc;
}
