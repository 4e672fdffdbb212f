/* common/cli/rights.c - what in a folder of ours other users of the machine have rights to. */
#include "common/cli/rights.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/json_memory.h"
#include "common/base/say.h"
#include "common/base/shell.h"
#include "common/cli/out.h"

enum {
	PATH_SIZE = 512,
	DEPTH = 4, /* of folders within DIR; ours are less deep */
	OTHERS = 0077,
	MAY_WRITE = 0022,
	MAY_READ = 0044,
	MAY_PASS = 0011,
};

struct look {
	const char *dir;
	struct found {
		char path[PATH_SIZE];
		unsigned mode;
	} found[PH_RIGHTS_TOLD]; /* the first by path */
	unsigned n_found, n_more;
};

struct folder {
	struct look *look;
	const char *path; /* within dir; "": that itself */
	unsigned depth;
};

static void note(struct look *look, const char *path, unsigned mode)
{
	unsigned at = look->n_found;

	while (at > 0 && strcmp(path, look->found[at - 1].path) < 0) {
		at--;
	}
	if (look->n_found == PH_RIGHTS_TOLD) {
		look->n_more++;
	} else {
		look->n_found++;
	}
	if (at == PH_RIGHTS_TOLD) {
		return;
	}
	memmove(&look->found[at + 1], &look->found[at],
		(look->n_found - at - 1) * sizeof(look->found[0]));
	ph_text_safe(look->found[at].path, PATH_SIZE, path, strlen(path));
	look->found[at].mode = mode;
}

static int see_name(void *data, const char *name);

/*
 * What WHOLE, of INFO, which is PATH within the folder of LOOK, gives to others; and what is in it,
 * if it lets them pass: in a closed folder no rights of a file are of use to them.
 */
static void look_at(struct look *look, const char *path, const char *whole,
		    const struct ph_file_info *info, unsigned depth)
{
	struct folder folder = { .look = look, .path = path, .depth = depth };

	if ((info->mode & OTHERS) != 0) {
		note(look, path[0] ? path : ".", info->mode);
	}
	if (info->folder && (info->mode & MAY_PASS) != 0 && depth < DEPTH) {
		(void)ph_dir_list(whole, see_name, &folder);
	}
}

static int see_name(void *data, const char *name)
{
	struct folder *folder = data;
	struct ph_file_info info;
	char path[PATH_SIZE], whole[2 * PATH_SIZE];

	if (ph_path_join(path, sizeof(path), folder->path, name, NULL) == 0 &&
	    ph_path_join(whole, sizeof(whole), folder->look->dir, path, NULL) == 0 &&
	    ph_file_look(whole, &info) == 0) {
		look_at(folder->look, path, whole, &info, folder->depth + 1);
	}
	return 0;
}

int ph_rights_look(const char *dir, json_t *answer)
{
	struct look look = { .dir = dir };
	struct ph_file_info info;
	json_t *list = json_array();
	int rc = list ? 0 : -ENOMEM;

	if (ph_file_info(dir, &info) == 0) {
		look_at(&look, "", dir, &info, 0);
	}
	for (unsigned i = 0; rc == 0 && i < look.n_found; i++) {
		char mode[8];

		snprintf(mode, sizeof(mode), "%04o", look.found[i].mode);
		rc = json_array_append_new(list, json_pack("{s:s, s:s}", "path",
							   look.found[i].path, "mode",
							   mode)) == 0
			     ? 0
			     : -ENOMEM;
	}
	rc = rc == 0 && json_object_set(answer, "open_to_others", list) == 0 &&
			     json_object_set_new(answer, "open_to_others_more",
						 json_integer(look.n_more)) == 0
		     ? 0
		     : -ENOMEM;
	json_decref(list);
	return rc;
}

void ph_rights_tell(const char *dir, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "open_to_others");
	json_int_t more =
		json_integer_value(json_object_get(answer, "open_to_others_more"));
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *path = json_string_value(json_object_get(item, "path"));
		const char *mode = json_string_value(json_object_get(item, "mode"));
		bool is_dir = path && strcmp(path, ".") == 0;
		unsigned rights = (unsigned)strtoul(mode ? mode : "", NULL, 8);

		fprintf(stderr,
			rights & MAY_WRITE
				? ph_say("%s%s%s: others on this machine may change it "
					 "(mode %03o)\n",
					 "%s%s%s: người dùng khác trên máy này sửa được "
					 "(quyền %03o)\n")
			: rights & MAY_READ
				? ph_say("%s%s%s: others on this machine may read it "
					 "(mode %03o)\n",
					 "%s%s%s: người dùng khác trên máy này đọc được "
					 "(quyền %03o)\n")
				: ph_say("%s%s%s: others on this machine may pass "
					 "through it (mode %03o)\n",
					 "%s%s%s: người dùng khác trên máy này đi qua "
					 "được (quyền %03o)\n"),
			dir, is_dir ? "" : "/", is_dir || !path ? "" : path, rights);
	}
	if (more > 0) {
		fprintf(stderr, ph_say("and %lld more\n", "và %lld mục nữa\n"),
			(long long)more);
	}
	if (json_array_size(list) > 0) {
		char word[PH_SHELL_PATH];

		if (!ph_shell_word(dir, word, sizeof(word))) {
			return;
		}
		fprintf(stderr,
			ph_say("nothing here needs these rights; take them away: chmod "
			       "-R go= %s\n",
			       "không gì ở đây cần các quyền đó; hãy bỏ đi: chmod -R go= "
			       "%s\n"),
			word);
	}
}

unsigned ph_rights_of_folder(const char *dir)
{
	struct ph_file_info info;

	return ph_file_info(dir, &info) == 0 && (info.mode & OTHERS) != 0 ? info.mode : 0;
}
