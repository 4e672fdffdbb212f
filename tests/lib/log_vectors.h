/*
 * tests/lib/log_vectors.h - the worked example of docs/LOG.md, in hexadecimal.
 *
 * Made by a separate program in another language from the text of that page, not by
 * the code under test: one log of six entries, its chain, seal, segment and part.
 */
#ifndef PH_TESTS_LOG_VECTORS_H
#define PH_TESTS_LOG_VECTORS_H

#include <stdint.h>

#define VEC_SEED   "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define VEC_KEY    "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
#define VEC_NONCE  "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
#define VEC_DEVICE "3bfd0181f7b413271f30eb36abacc02e"
#define VEC_LOG    "55595a19fe00695d72edffc74cd11a7b"
#define VEC_TABLE  "fa4afd7c1ebf93dc"
#define VEC_H0     "749f2a0e88759afd1bf82b33ba17243336fef4889cc020bef742103fd2c180f1"
#define VEC_OPEN                                                                         \
	"9801cf00006ab1d3100000c0c42003a107bff3ce10be1d70dd18e74bc09967e4d6309ba5"       \
	"0d5f1ddc8664125531b8c410a0a1a2a3a4a5a6a7a8a9aaabacadaeafcd0173af7061636b"       \
	"686f72736520302e312e30c408fa4afd7c1ebf93dc"
#define VEC_MARK "9702cf00006ab1d3100001c0c40800112233445566772ace6ab1d31003"
#define VEC_READER                                                                       \
	"980acf00006ab1d34c0000c0c0a530333634360203c42083f39f93611172623e41f87c50"       \
	"5cdea106190505fa262692d5794b1f81a22ce7"
#define VEC_CARD                                                                         \
	"950ccf00006ab1d34d0000c09200ad3134303337313030303030313793c41055595a19fe"       \
	"00695d72edffc74cd11a7b03c4086ae12a84a3cf4ade"
#define VEC_LOAN                                                                         \
	"961ecf00006ab1d388000082019202cd50ed03a3486f6192cd0173a63030303132339200"       \
	"ad313430333731303030303031370e"
#define VEC_CHANGE                                                                       \
	"990acf00006ab1d3c40000c093c41055595a19fe00695d72edffc74cd11a7b03c4086ae1"       \
	"2a84a3cf4adec00202c42055555555555555555555555555555555555555555555555555"       \
	"5555555555555582029193c41055595a19fe00695d72edffc74cd11a7b03c4086ae12a84"       \
	"a3cf4ade219193c41055595a19fe00695d72edffc74cd11a7b03c4086ae12a84a3cf4ade"
#define VEC_E1 "7394db42da12601d79e782bc387c827d9478263c7388a19e5eae5069c79ab59b"
#define VEC_H1 "31e98bef8e07a9fb11131a33b23d3ab0d6e36679d8cb4fc8a5117b8176a89355"
#define VEC_H6 "3d43af0c8e42a50ab2d842562f85f6dd8cdc3ebb31e7326dd9e8b33e9cce908d"
#define VEC_SEAL                                                                         \
	"d0d46590a3f2c1b5865f2f02f3ba55adb3ac59d890a343e0d3602c8139e0f4f45d50a2ae"       \
	"c7973d792a5629798e6b75960ea0f6695396412766e55ab094e5fa0a"
#define VEC_BODY                                                                         \
	"5d9801cf00006ab1d3100000c0c42003a107bff3ce10be1d70dd18e74bc09967e4d6309b"       \
	"a50d5f1ddc8664125531b8c410a0a1a2a3a4a5a6a7a8a9aaabacadaeafcd0173af706163"       \
	"6b686f72736520302e312e30c408fa4afd7c1ebf93dc1d9702cf00006ab1d3100001c0c4"       \
	"0800112233445566772ace6ab1d3100337980acf00006ab1d34c0000c0c0a53033363436"       \
	"0203c42083f39f93611172623e41f87c505cdea106190505fa262692d5794b1f81a22ce7"       \
	"3a950ccf00006ab1d34d0000c09200ad3134303337313030303030313793c41055595a19"       \
	"fe00695d72edffc74cd11a7b03c4086ae12a84a3cf4ade33961ecf00006ab1d388000082"       \
	"019202cd50ed03a3486f6192cd0173a63030303132339200ad3134303337313030303030"       \
	"31370e9001990acf00006ab1d3c40000c093c41055595a19fe00695d72edffc74cd11a7b"       \
	"03c4086ae12a84a3cf4adec00202c4205555555555555555555555555555555555555555"       \
	"55555555555555555555555582029193c41055595a19fe00695d72edffc74cd11a7b03c4"       \
	"086ae12a84a3cf4ade219193c41055595a19fe00695d72edffc74cd11a7b03c4086ae12a"       \
	"84a3cf4ade"
#define VEC_SEGMENT    "00f2e51b1611db6b2e5718bfc3aca61e"
#define VEC_PART_SEED  "101112131415161718191a1b1c1d1e1f"
#define VEC_PART_KEY   "78322c69fa0782ac193987f58c3727feb4fc0a517054610474595cb7328c5517"
#define VEC_PART_PLAIN "92ad4cc3b2205468e1bb8b20486f61cd07c3"
#define VEC_PART_CIPHER                                                                  \
	"a43d78ff1e1f792bfaec191154a5c25a6782f32299041d2438680a733c110a982dd7"
#define VEC_PART_COMMIT "83f39f93611172623e41f87c505cdea106190505fa262692d5794b1f81a22ce7"
#define VEC_SECONDS     INT64_C(1790038800) /* 2026-09-22T08:00:00+07:00 */
#define VEC_DAY         20717               /* 2026-09-21 */

#endif
