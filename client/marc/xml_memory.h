/*
 * client/marc/xml_memory.h - how often libxml2 was not given the memory that it asked for.
 *
 * Of a tree that it had no memory for parts are missing, and it does not always say so; libyaz
 * does not ask. So whoever has one made looks whether this has changed.
 */
#ifndef PH_MARC_XML_MEMORY_H
#define PH_MARC_XML_MEMORY_H

#include <stdint.h>

/* Before libxml2 is used. */
void ph_xml_watch(void);
uint64_t ph_xml_shortages(void);

#endif
