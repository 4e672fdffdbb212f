/* common/log/feed_internal.h - what feed.c and feed_write.c share. */
#ifndef PH_LOG_FEED_INTERNAL_H
#define PH_LOG_FEED_INTERNAL_H

#include "common/log/feed.h"

#define PH_FEED_CONTEXT "packhorse page 1"

/* Whether these can be in a page; of PAGE without its rows. */
bool ph_feed_log_ok(const struct ph_feed_log *log);
bool ph_feed_page_ok(const struct ph_feed_page *page);

#endif
