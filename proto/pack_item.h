/*
 * proto/pack_item.h - items packed for the road, and taken apart at its end.
 *
 * Both are for who carries out jobs: what LOAD gives is packed if the other side told the
 * form of packed segments that is known here; what STORE and HELLO bring is unpacked
 * before anything is stored. Sessions carry packed items as they are.
 */
#ifndef PH_PROTO_PACK_ITEM_H
#define PH_PROTO_PACK_ITEM_H

#include "proto/pack.h"
#include "proto/session.h"

/*
 * Each segment in the list *ITEMS becomes a packed one if that is shorter. Parts that
 * follow it, of its log and its entries, go inside; those that do not fit stay behind it.
 * 0; -ENOMEM, and the list is still one that can be sent.
 */
int ph_items_pack(struct ph_pack *pack, struct ph_item **items);
/*
 * Each packed segment becomes the plain one and, behind it, its parts. 0; PH_PACK_E_FORM
 * if one is malformed, PH_PACK_E_PLAIN if its form is not known here: with LEAVE such a
 * one is only taken out of the list; -ENOMEM. On error some are still packed.
 */
int ph_items_unpack(struct ph_pack *pack, struct ph_item **items, bool leave);

#endif
