/*
 * client/marc/file.c - records of a file, whichever its form.
 *
 * ISO 2709: find the record, check it, hand it to libyaz. MARCXML: libxml2 reads the
 * file as a stream and expands one <record> at a time, which libyaz reads as well. Both
 * ways end in the tree that libyaz writes, and so in one struct ph_marc_record.
 *
 * What libyaz refuses is a malformed record and the next is read. XML that is not
 * well-formed cannot be read on from there: then it stops, and says where; libxml2 looks
 * ahead some 500 bytes, so that records just before the fault are lost too. No network,
 * no entities of other files, no limits of libxml2 lifted.
 */
#include "client/marc/file.h"

#include <errno.h>
#include <libxml/xmlreader.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <yaz/marcdisp.h>

#include "client/marc/charset.h"
#include "client/marc/iso2709.h"
#include "client/marc/xml_memory.h"
#include "common/base/say.h"

struct ph_marc_file {
	struct ph_marc_input input;
	enum ph_marc_format format;
	const char *charset;
	yaz_marc_t marc;
	struct ph_buf mended;
	xmlTextReaderPtr reader;
	char said[256]; /* by libxml2, of the first thing that is wrong */
	int line;
};

/* --- opening --- */

static int detect(struct ph_marc_file *file, struct ph_error *err)
{
	struct ph_view ahead;
	size_t at = 0;
	int rc = ph_marc_input_peek(&file->input, 4096, &ahead);

	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("reading the file", "đọc tệp"));
	}
	if (ahead.len >= 3 && memcmp(ahead.data, "\xef\xbb\xbf", 3) == 0) {
		at = 3;
	}
	while (at < ahead.len && strchr(" \t\r\n", ahead.data[at]) && ahead.data[at]) {
		at++;
	}
	if (at < ahead.len && ahead.data[at] == '<') {
		file->format = PH_MARC_XML;
	} else if (at == ahead.len || (ahead.data[at] >= '0' && ahead.data[at] <= '9')) {
		/* nothing at all is a file without records */
		file->format = PH_MARC_ISO2709;
		ph_marc_input_skip(&file->input, at);
	} else {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("it is neither ISO 2709, which begins with a "
				      "digit, nor MARCXML, which begins with '<'",
				      "tệp không phải là ISO 2709 (bắt đầu bằng chữ số), "
				      "cũng không phải là MARCXML (bắt đầu bằng “<”)"));
	}
	return 0;
}

static int on_read(void *data, char *out, int len)
{
	struct ph_marc_file *file = data;
	struct ph_view ahead;

	if (len <= 0 || ph_marc_input_peek(&file->input, 1, &ahead) != 0) {
		return -1;
	}
	if (ahead.len > (size_t)len) {
		ahead.len = (size_t)len;
	}
	if (ahead.len > 0) {
		memcpy(out, ahead.data, ahead.len);
		ph_marc_input_skip(&file->input, ahead.len);
	}
	return (int)ahead.len;
}

static void on_error(void *data, const char *text, xmlParserSeverities severity,
		     xmlTextReaderLocatorPtr where)
{
	struct ph_marc_file *file = data;

	if (file->said[0] == '\0' && (severity == XML_PARSER_SEVERITY_ERROR ||
				      severity == XML_PARSER_SEVERITY_VALIDITY_ERROR)) {
		snprintf(file->said, sizeof(file->said), "%.*s", (int)strcspn(text, "\n"),
			 text);
		file->line = xmlTextReaderLocatorLineNumber(where);
	}
}

/* libxml2 tells the generic handler of bytes that are not UTF-8; we look at them ourselves. */
__attribute__((format(printf, 2, 3))) static void be_quiet(void *data, const char *format,
							   ...)
{
	(void)data;
	(void)format;
}

static int open_xml(struct ph_marc_file *file)
{
	file->reader = xmlReaderForIO(on_read, NULL, file, NULL, NULL,
				      XML_PARSE_NONET | XML_PARSE_NOCDATA);
	if (!file->reader) {
		return -ENOMEM;
	}
	xmlTextReaderSetErrorHandler(file->reader, on_error, file);
	return 0;
}

int ph_marc_file_open(struct ph_marc_file **file_out, FILE *stream,
		      enum ph_marc_format format, const char *charset,
		      struct ph_error *err)
{
	struct ph_marc_file *file = calloc(1, sizeof(*file));
	struct ph_charset *known = NULL;
	int rc = file ? 0 : -ENOMEM;

	ph_xml_watch();
	if (rc == 0) {
		ph_marc_input_init(&file->input, stream);
		file->format = format;
		file->charset = charset;
		file->marc = yaz_marc_create();
		rc = file->marc ? 0 : -ENOMEM;
	}
	if (rc == 0 && charset) {
		rc = ph_charset_new(&known, charset);
		rc = rc != PH_CHARSET_E_UNKNOWN
			     ? rc
			     : ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				       ph_say("%s: no charset of this name is known here",
					      "%s: ở đây không biết bảng mã tên này"),
				       charset);
		ph_charset_free(known);
	}
	if (rc == 0 && format == PH_MARC_AUTO) {
		rc = detect(file, err);
	}
	if (rc == 0) {
		xmlSetGenericErrorFunc(NULL, be_quiet);
		rc = file->format == PH_MARC_XML ? open_xml(file) : 0;
	}
	if (rc != 0) {
		ph_marc_file_close(file);
		return rc;
	}
	*file_out = file;
	return 0;
}

void ph_marc_file_close(struct ph_marc_file *file)
{
	if (!file) {
		return;
	}
	if (file->reader) {
		xmlFreeTextReader(file->reader);
	}
	if (file->marc) {
		yaz_marc_destroy(file->marc);
	}
	ph_buf_deinit(&file->mended);
	ph_marc_input_deinit(&file->input);
	free(file);
}

/* --- one record --- */

static int take_tree(struct ph_marc_file *file, struct ph_marc_record *record,
		     const char *charset, struct ph_error *err)
{
	uint64_t shortages = ph_xml_shortages();
	xmlNode *root = NULL;
	int rc = yaz_marc_write_xml(file->marc, &root, NULL, NULL, NULL);

	if (ph_xml_shortages() != shortages) {
		rc = -ENOMEM;
	} else if (rc != 0 || !root) {
		rc = ph_fail(err, PH_EXIT_OTHER, PH_MARC_E_BAD,
			     ph_say("its leader cannot be read",
				    "không đọc được phần đầu biểu ghi"));
	} else {
		rc = ph_marc_record_take(record, root, charset, err);
	}
	xmlFreeNode(root);
	return rc;
}

static int next_iso2709(struct ph_marc_file *file, struct ph_marc_record *record,
			uint64_t *offset_out, uint8_t source[static PH_SOURCE_SIZE],
			struct ph_error *err)
{
	struct ph_view bytes;
	int rc = ph_iso2709_next(&file->input, &bytes, offset_out, err);

	rc = rc != 0 ? rc : ph_iso2709_check(bytes, err);
	if (rc != 0) {
		return rc;
	}
	file->mended.len = 0;
	if (ph_buf_put_view(&file->mended, bytes) != 0) {
		return -ENOMEM;
	}
	if (ph_iso2709_mend(&file->mended)) {
		rc = ph_marc_note(record, "its leader was wrong about its form");
	}
	if (rc == 0 && yaz_marc_read_iso2709(file->marc, (const char *)file->mended.data,
					     (int)file->mended.len) <= 0) {
		rc = ph_fail(err, PH_EXIT_OTHER, PH_MARC_E_BAD,
			     ph_say("it cannot be read as ISO 2709",
				    "không đọc được theo ISO 2709"));
	}
	rc = rc != 0 ? rc : take_tree(file, record, file->charset, err);
	if (rc == 0) {
		crypto_generichash(source, PH_SOURCE_SIZE, bytes.data, bytes.len, NULL,
				   0);
	}
	return rc;
}

/* BLAKE2b-128 of leader and fields, less what only ISO 2709 has: length and base. */
static int hash_record(const struct ph_marc_record *record,
		       uint8_t source[static PH_SOURCE_SIZE])
{
	struct ph_buf flat = { 0 };
	char leader[PH_MARC_LEADER + 1];
	int rc;

	memcpy(leader, record->leader, sizeof(leader));
	memset(leader, ' ', 5);
	memset(leader + 12, ' ', 5);
	rc = ph_buf_put(&flat, leader, PH_MARC_LEADER);
	for (size_t f = 0; rc == 0 && f < record->n_fields; f++) {
		const struct ph_marc_field *field = &record->fields[f];

		rc = ph_buf_put(&flat, field->tag, 3);
		if (rc == 0 && !field->control) {
			rc = ph_buf_put(&flat, field->ind, 2);
		}
		for (size_t s = 0; rc == 0 && s < field->n; s++) {
			const struct ph_marc_subfield *subfield =
				&record->subfields[field->first + s];

			if (!field->control) {
				rc = ph_buf_printf(&flat, "\x1f%c", subfield->code);
			}
			rc = rc != 0 ? rc
				     : ph_buf_put_view(&flat,
						       ph_marc_text(record, subfield));
		}
		rc = rc != 0 ? rc : ph_buf_put_u8(&flat, 0x1e);
	}
	rc = rc != 0 ? rc : ph_buf_put_u8(&flat, 0x1d);
	if (rc == 0) {
		crypto_generichash(source, PH_SOURCE_SIZE, flat.data, flat.len, NULL, 0);
	}
	ph_buf_deinit(&flat);
	return rc;
}

/* A harvest by OAI-PMH wraps each record in a <record> of its own. */
static bool is_record(xmlTextReaderPtr reader)
{
	const xmlChar *space = xmlTextReaderConstNamespaceUri(reader);

	return xmlTextReaderNodeType(reader) == XML_READER_TYPE_ELEMENT &&
	       strcmp((const char *)xmlTextReaderConstLocalName(reader), "record") == 0 &&
	       (!space || !strstr((const char *)space, "openarchives.org/OAI"));
}

/* To the next <record>: 1 there it is, 0 the end, -1 not well-formed. */
static int to_record(xmlTextReaderPtr reader)
{
	int rc = xmlTextReaderRead(reader);

	while (rc == 1 && !is_record(reader)) {
		rc = xmlTextReaderRead(reader);
	}
	return rc;
}

static int next_xml(struct ph_marc_file *file, struct ph_marc_record *record,
		    uint64_t *offset_out, uint8_t source[static PH_SOURCE_SIZE],
		    struct ph_error *err)
{
	uint64_t shortages = ph_xml_shortages();
	xmlNode *node = NULL;
	int found = to_record(file->reader);
	int rc;

	if (found > 0) {
		node = xmlTextReaderExpand(file->reader);
	}
	*offset_out = file->input.offset;
	if (file->input.error) {
		return ph_fail_errno(err, file->input.error,
				     ph_say("reading the file", "đọc tệp"));
	}
	if (ph_xml_shortages() != shortages) {
		return -ENOMEM;
	}
	if (found == 0) {
		return PH_MARC_E_END;
	}
	if (!node) {
		return ph_fail(err, PH_EXIT_OTHER, PH_MARC_E_STOP,
			       ph_say("line %d: the XML is not well-formed: %s; this "
				      "record and all after it were not read",
				      "dòng %d: XML sai cấu trúc: %s; biểu ghi này và "
				      "các biểu ghi sau chưa được đọc"),
			       file->line,
			       file->said[0]
				       ? file->said
				       : ph_say("it ends early", "tệp hết quá sớm"));
	}
	if (yaz_marc_read_xml(file->marc, node) != 0) {
		return ph_fail(err, PH_EXIT_OTHER, PH_MARC_E_BAD,
			       ph_say("line %d: it is not a record of MARCXML",
				      "dòng %d: không phải là biểu ghi MARCXML"),
			       (int)xmlGetLineNo(node));
	}
	rc = take_tree(file, record, "UTF-8", err);
	return rc != 0 ? rc : hash_record(record, source);
}

int ph_marc_file_next(struct ph_marc_file *file, struct ph_marc_record *record,
		      uint64_t *offset_out, uint8_t source_out[static PH_SOURCE_SIZE],
		      struct ph_error *err)
{
	record->notes.len = 0;
	return file->format == PH_MARC_XML
		       ? next_xml(file, record, offset_out, source_out, err)
		       : next_iso2709(file, record, offset_out, source_out, err);
}
