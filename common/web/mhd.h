/*
 * common/web/mhd.h - libmicrohttpd, loaded when a page is to be served and not before.
 *
 * It brings nine libraries with it (TLS, which we do not use: two megabytes, and 1.5 ms at
 * the start of each process), and most commands never serve anything.
 */
#ifndef PH_WEB_MHD_H
#define PH_WEB_MHD_H

#include <microhttpd.h>

#include "common/base/error.h"

/* What we use of it, by its own names without MHD_. */
struct ph_mhd {
	struct MHD_Daemon *(*start_daemon)(unsigned flags, uint16_t port,
					   MHD_AcceptPolicyCallback accept,
					   void *accept_data,
					   MHD_AccessHandlerCallback handler,
					   void *handler_data, ...);
	void (*stop_daemon)(struct MHD_Daemon *daemon);
	MHD_socket (*quiesce_daemon)(struct MHD_Daemon *daemon);
	enum MHD_Result (*run)(struct MHD_Daemon *daemon);
	enum MHD_Result (*get_timeout)(struct MHD_Daemon *daemon,
				       MHD_UNSIGNED_LONG_LONG *timeout);
	const union MHD_DaemonInfo *(*get_daemon_info)(struct MHD_Daemon *daemon,
						       enum MHD_DaemonInfoType type, ...);
	const union MHD_ConnectionInfo *(*get_connection_info)(
		struct MHD_Connection *connection, enum MHD_ConnectionInfoType type, ...);
	int (*get_connection_values)(struct MHD_Connection *connection,
				     enum MHD_ValueKind kind,
				     MHD_KeyValueIterator iterator, void *data);
	void (*suspend_connection)(struct MHD_Connection *connection);
	void (*resume_connection)(struct MHD_Connection *connection);
	enum MHD_Result (*queue_response)(struct MHD_Connection *connection,
					  unsigned status, struct MHD_Response *response);
	struct MHD_Response *(*create_response_from_buffer)(size_t size, void *buffer,
							    enum MHD_ResponseMemoryMode);
	struct MHD_Response *(*create_response_from_callback)(
		uint64_t size, size_t block, MHD_ContentReaderCallback read, void *data,
		MHD_ContentReaderFreeCallback release);
	enum MHD_Result (*add_response_header)(struct MHD_Response *response,
					       const char *name, const char *value);
	void (*destroy_response)(struct MHD_Response *response);
};

/* The library; the same at each call. 0; -ENOSYS with words: it is not here, or another. */
int ph_mhd_load(const struct ph_mhd **mhd_out, struct ph_error *err);

#endif
