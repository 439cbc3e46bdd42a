/* SPDX-License-Identifier: MIT */
#include "metadata/description.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

static const char BLANKS[] = " \t\r\n\v\f";

/* Whole descriptions.  The short words are the shooting modes of Huawei's telephones. */
static const char *const by_cameras[] = {
    "olympus digital camera",
    "sony dsc",
    "konica minolta digital camera",
    "minolta digital camera",
    "samsung",
    "samsung camera pictures",
    "dvc 10.1 hdmi",
    "scanner",
    "exif_jpeg_picture",
    "binary comment",
    "charset=ascii",
    "created by imlib",
    "iclarified",
    "default",
    "btf",
    "btfhdr",
    "btfmdn",
    "btr",
    "burst",
    "cof",
    "dav",
    "edf",
    "fbt",
    "fbthdr",
    "frem",
    "frontbhdp",
    "fshbty",
    "hdrpl",
    "mde",
    "mde_soft",
    "mon",
    "nor",
    "oznor",
    "oznorwo",
    "ptr",
    "qrf",
    "rbt",
    "rhdr",
    "rpt",
    "sdr_hdrb",
};

/* Beginnings: a GoPro writes the photo's path on its card, some Samsungs "<Digimax i5, Samsung #1>"
 * or "<KENOX S630 / Samsung S630>". */
static const char *const begun_by_cameras[] = {"DCIM\\", "<Digimax ", "<KENOX ", "<Samsung "};

bool meta_description_blank(const char *text)
{
    return text[strspn(text, BLANKS)] == '\0';
}

bool meta_description_utf8_bytes(const unsigned char *bytes, size_t size)
{
    utf8proc_int32_t codepoint;

    for (size_t at = 0; at < size;) {
        const utf8proc_ssize_t length =
            utf8proc_iterate(bytes + at, (utf8proc_ssize_t)(size - at), &codepoint);

        if (length <= 0)
            return false;
        at += (size_t)length;
    }
    return true;
}

bool meta_description_utf8(const char *text)
{
    return meta_description_utf8_bytes((const unsigned char *)text, strlen(text));
}

/* Latin-1's bytes are the first 256 codepoints. */
static void latin1_to_utf8(const unsigned char *bytes, size_t size, char *text)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] >= 0x80)
            *text++ = (char)(0xC0 | bytes[i] >> 6);
        *text++ = (char)(bytes[i] >= 0x80 ? 0x80 | (bytes[i] & 0x3F) : bytes[i]);
    }
    *text = '\0';
}

enum tn_status meta_description_decode(const void *bytes, size_t size, char **ret_text,
                                       struct tn_error *err)
{
    const size_t length = strnlen(bytes, size);
    char *text = length < SIZE_MAX / 2 ? malloc(2 * length + 1) : NULL;

    if (!text)
        return tn_fail_nomem(err, length);
    memcpy(text, bytes, length);
    text[length] = '\0';
    if (!meta_description_utf8(text))
        latin1_to_utf8(bytes, length, text);
    *ret_text = text;
    return TN_OK;
}

bool meta_description_by_camera(const char *text)
{
    size_t length;

    text += strspn(text, BLANKS);
    length = strlen(text);
    while (length > 0 && strchr(BLANKS, text[length - 1]))
        length--;
    if (length == 0)
        return true;
    for (size_t i = 0; i < sizeof by_cameras / sizeof by_cameras[0]; i++)
        if (strlen(by_cameras[i]) == length && strncasecmp(text, by_cameras[i], length) == 0)
            return true;
    for (size_t i = 0; i < sizeof begun_by_cameras / sizeof begun_by_cameras[0]; i++)
        if (strncasecmp(text, begun_by_cameras[i], strlen(begun_by_cameras[i])) == 0)
            return true;
    return false;
}

bool meta_description_has_line(const char *text, const char *line)
{
    const size_t wanted = strlen(line);

    for (;;) {
        const size_t length = strcspn(text, "\n");
        const size_t shown = length > 0 && text[length - 1] == '\r' ? length - 1 : length;

        if (shown == wanted && memcmp(text, line, wanted) == 0)
            return true;
        if (text[length] == '\0')
            return false;
        text += length + 1;
    }
}
