/* client/agent_net.h - hears of changes of the network, from the kernel. */
#ifndef PH_CLIENT_AGENT_NET_H
#define PH_CLIENT_AGENT_NET_H

#include <uv.h>

struct ph_agent_net;
/* ON_CHANGE on the loop, once for what comes at once. 0 or a negative errno. */
int ph_agent_net_start(struct ph_agent_net **net_out, uv_loop_t *loop,
		       void (*on_change)(void *data), void *data);
/* Stop; frees itself on the loop. NULL is fine. */
void ph_agent_net_stop(struct ph_agent_net *net);

#endif
