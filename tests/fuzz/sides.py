"""Which sides of a branch tests/fuzz/run counts.

Of functions that read, both sides of each branch. Left out are functions that write (WRITERS:
they make bytes or words of what the program holds, or look at what it is about to write), the
end of an assert, and the side that only an allocation which fails takes. Everything else counts,
also what no input reaches: it is told as missing. tests/fuzz/test_plan.py holds the lists to
the source.
"""
import collections
import os
import re

# Of each source, the functions that write.
WRITERS = {path: set(names.split()) for path, names in {
    "common/base/mp.c": "put fits ph_mpw_init ph_mpw_array ph_mpw_map ph_mpw_uint ph_mpw_bin "
                        "ph_mpw_str ph_mpw_nil ph_mpw_raw ph_mpw_end",
    "common/cli/lines.c": "ph_lines_told",
    "common/ledger/schedule.c": "put_when",
    "common/log/cert.c": "body_encode seed_check ph_cert_encode ph_cert_error",
    "common/log/chain.c": "ph_seal_sign",
    "common/log/desk_key.c": "ph_desk_card_make encode ph_desk_key_save",
    "common/log/envelope.c": "ph_envelope_encode ph_envelope_sign",
    "common/log/invite.c": "body_encode ph_invite_encode",
    "common/log/keep.c": "ph_keep_seal",
    "common/log/invite_text.c": "ph_invite_text",
    "common/log/keyfile.c": "ph_device_keys_save locked_encode ph_locked_key_save",
    "common/log/keylist.c": "body_encode ph_keylist_encode",
    "common/log/list.c": "ph_item_write ph_list_put put_copies ph_list_put_refs ph_list_put_ids "
                         "ph_list_put_heads ph_list_put_uints ph_list_put_texts",
    "common/log/part.c": "ph_part_write ph_part_encode ph_part_seal",
    "common/log/receipt.c": "body_encode body_checked ph_receipt_sign ph_receipt_join "
                            "ph_receipt_encode",
    "common/log/segment.c": "ph_segment_add",
    "common/web/check.c": "ph_web_head_put",
    "proto/bundle.c": "error_index ph_bundle_error ph_bundle_reason bundle_header_encode log2_of "
                      "ph_bundle_padded bundle_said_encode",
    "proto/cipher.c": "ph_cipher_seal",
    "proto/courier_message.c": "put_members ph_courier_message_encode ph_courier_hello_encode "
                               "ph_courier_welcome_encode",
    "proto/custody.c": "is_fit ph_custody_encode",
    "proto/frame.c": "ph_frame_encode ph_preamble_encode_as ph_preamble_encode",
    "proto/hello.c": "put_heads put_control put_segments put_feed feed_ok hello_ok "
                     "ph_hello_encode",
    "proto/manifest.c": "ph_manifest_add put_line put_body ph_manifest_encode",
    "proto/message.c": "ph_message_put_uint ph_message_put_bin ph_message_used "
                       "ph_message_put_receipt ph_message_put_partial put_segment put_part put_page put_chunk "
                       "put_receipt put_count put_nothing ph_message_encode",
    "proto/message_sibling.c": "put_sibling ph_message_put_siblings",
    "proto/noise.c": "ph_noise_create_message",
    "proto/pack.c": "comes_out pack_one pack_entries put_sections ph_pack",
    "proto/pack_entry.c": "find_part",
    "proto/pack_model.c": "put_byte raise_low",
    "proto/pack_text.c": "zstd_pack",
    "proto/session_send.c": "put_frame ph_session_seal put put_plain put_bytes put_greeting "
                            "put_credit put_keepalive put_receipts put_chunk put_items put_ends",
    "proto/spool.c": "ph_spool_name id_name fail_put ph_spool_put ph_spool_put_manifest_bytes "
                     "ph_spool_put_manifest",
    "proto/welcome.c": "put_held put_receipts put_wants welcome_ok ph_welcome_encode",
}.items()}

# Of each source, the functions in which a negative code is a lack of memory and nothing else,
# as the header says of what they call.
ONLY_MEMORY = {path: set(names.split()) for path, names in {
    "common/log/cert.c": "body_decode ph_cert_open",
    "common/log/entry.c": "ph_entry_decode",
    "common/log/envelope.c": "form",
    "common/log/invite.c": "body_decode ph_invite_open",
    "common/log/keyfile.c": "device_keys_decode locked_decode",
    "common/log/keylist.c": "body_decode ph_keylist_decode",
    "common/log/part.c": "ph_part_decode",
    "common/log/receipt.c": "body_decode read_object",
    "proto/bundle.c": "read_own",
    "proto/bundle_read.c": "on_hello",
    "proto/courier_message.c": "ph_courier_message_decode greeting",
    "proto/custody.c": "body_decode ph_custody_decode",
    "proto/manifest.c": "decode_body ph_manifest_decode",
}.items()}

# What fails for lack of memory and nothing else (Jansson's, as what it is given is UTF-8 by then);
# it gives a pointer, or a code that is not 0.
POINTERS = (r"malloc|calloc|realloc|strdup|strndup|ph_json_dumps|ph_item_new|ph_session_job_new|"
            r"json_(?:array|object|integer|real)")
CODES = (r"ph_buf_(?:reserve|put|put_view|put_u8|put_be64|printf)|ph_varint_put|"
         r"json_object_set(?:_new)?|json_array_(?:append|set)(?:_new)?")
CALL = re.compile(r"(%s|%s)\s*\(" % (POINTERS, CODES))
TEST = re.compile(r"(!)?(.*?)(?: ?(==|!=|<) ?(NULL|0))?")


def call_in(text):
    """The function of those two lists whose call TEXT is, or begins with, or None."""
    found = CALL.match(text)
    return found and found[1]


def assigned(name, before):
    """What NAME was made last, in the lines BEFORE it in its function."""
    pattern = re.compile(r"(?<![\w.>])%s = ([^;]*);?" % re.escape(name), re.DOTALL)
    found = pattern.findall(before)
    return " ".join(found[-1].split()) if found else ""


def lacking(condition, before, is_only=False):
    """The side of CONDITION, "true" or "false", that is taken when an allocation fails and never
    else; None if there is none. BEFORE: what stands before it in its function."""
    text = " ".join(condition.split())
    if text.endswith("== -ENOMEM") or text.endswith("== MSGPACK_UNPACK_NOMEM_ERROR") or \
            re.search(r"_shortages\(\) != \w+$", text):
        return "true"
    if is_only and text == "rc < 0":
        return "true"
    found = TEST.fullmatch(text)
    call = call_in(found[2]) or call_in(assigned(found[2], before))
    if not call:
        return None
    none = (found[3], found[4]) == ("==", "NULL") if found[3] else False
    if re.fullmatch(POINTERS, call):
        return "true" if found[1] or none else "false"
    zero = (found[3], found[4]) == ("==", "0") if found[3] else False
    return "false" if found[1] or zero else "true"


def functions(root, told, folder):
    """For each source, where each function of it begins, in order, with its name."""
    begins = collections.defaultdict(set)
    for function in told["functions"]:
        path = os.path.relpath(os.path.join(folder, function["filenames"][0]), root)
        begins[path].add((function["regions"][0][0], function["name"].split(":")[-1]))
    return {path: sorted(names) for path, names in begins.items()}


def between(lines, first, column, last, end):
    """The text of LINES, as bytes, from one place to another, both counted from 1."""
    if first == last:
        return lines[first - 1][column - 1:end - 1].decode(errors="replace")
    parts = [lines[first - 1][column - 1:], *lines[first:last - 1], lines[last - 1][:end - 1]]
    return b" ".join(parts).decode(errors="replace")


def sides(root, file, missing):
    """Sides of branches in FILE that were taken, and all that count; what was not taken, into
    MISSING."""
    path, begins = file["filename"], file["begins"]
    with open(os.path.join(root, path), "rb") as source:
        lines = source.read().splitlines()
    taken = count = 0
    for line, column, last, end, yes, no, *_ in file["branches"]:
        first, name = [begin for begin in begins if begin[0] <= line][-1]
        text = lines[line - 1].decode(errors="replace").strip()
        if name in WRITERS.get(path, ()) or text.startswith("assert("):
            continue
        lacks = lacking(between(lines, line, column, last, end),
                        between(lines, first, 1, line, column),
                        name in ONLY_MEMORY.get(path, ()))
        for side, times in (("true", yes), ("false", no)):
            if side == lacks and times == 0:
                continue
            count += 1
            taken += times > 0
            if times == 0:
                missing.append("%s:%d:%d: %s: never %s: %s" % (path, line, column, name, side, text))
    return taken, count
