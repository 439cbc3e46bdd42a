/* SPDX-License-Identifier: MIT */
#include "image/formats/pnm_header.h"

#include "image/image_private.h"

#include <stdlib.h>
#include <string.h>

static bool is_space(unsigned char byte)
{
    return byte == ' ' || (byte >= 9 && byte <= 13);
}

static bool is_digit(unsigned char byte)
{
    return byte >= '0' && byte <= '9';
}

void pnm_skip_space(const unsigned char *bytes, size_t size, size_t *offset)
{
    size_t i = *offset;

    while (i < size && (bytes[i] == '#' || is_space(bytes[i]))) {
        if (bytes[i] == '#')
            while (i < size && bytes[i] != '\n')
                i++;
        else
            i++;
    }
    *offset = i;
}

bool pnm_read_number(const unsigned char *bytes, size_t size, size_t *offset, size_t *ret_value)
{
    size_t i, value = 0;

    pnm_skip_space(bytes, size, offset);
    for (i = *offset; i < size && is_digit(bytes[i]); i++) {
        value = value * 10 + (bytes[i] - '0');
        if (value > INT32_MAX)
            return false;
    }
    if (i == *offset)
        return false;
    *offset = i;
    *ret_value = value;
    return true;
}

/* Numbers that are separated by white space: the sides and, but for bits, the maxval. */
static bool read_numbers(const unsigned char *bytes, size_t size, struct pnm_header *header)
{
    header->channels = header->kind == '3' || header->kind == '6' ? 3 : 1;
    header->maxval = 1;
    return pnm_read_number(bytes, size, &header->offset, &header->width) &&
           pnm_read_number(bytes, size, &header->offset, &header->height) &&
           (header->kind == '1' || header->kind == '4' ||
            pnm_read_number(bytes, size, &header->offset, &header->maxval));
}

/* The next word, cut to what fits; "" at the end. */
static void read_word(const unsigned char *bytes, size_t size, size_t *offset, char word[32])
{
    size_t length = 0;

    pnm_skip_space(bytes, size, offset);
    for (; *offset < size && !is_space(bytes[*offset]); ++*offset)
        if (length < 31)
            word[length++] = (char)bytes[*offset];
    word[length] = '\0';
}

/* Lines of a word and its value. */
static bool read_pam(const unsigned char *bytes, size_t size, struct pnm_header *header)
{
    const struct {
        const char *word;
        size_t *value;
    } numbers[] = {{"WIDTH", &header->width},
                   {"HEIGHT", &header->height},
                   {"DEPTH", &header->channels},
                   {"MAXVAL", &header->maxval}};
    char word[32];

    for (;;) {
        size_t i = 0;

        read_word(bytes, size, &header->offset, word);
        if (strcmp(word, "ENDHDR") == 0)
            return header->channels >= 1;
        if (strcmp(word, "TUPLTYPE") == 0) {
            read_word(bytes, size, &header->offset, header->tuple);
            continue;
        }
        while (i < 4 && strcmp(word, numbers[i].word) != 0)
            i++;
        if (i == 4 || !pnm_read_number(bytes, size, &header->offset, numbers[i].value))
            return false;
    }
}

/* The third number is a scale, and its sign the order of bytes. */
static bool read_pfm(const unsigned char *bytes, size_t size, struct pnm_header *header)
{
    char word[32], *end;
    double scale;

    header->channels = header->kind == 'F' ? 3 : 1;
    header->maxval = 1;
    if (!pnm_read_number(bytes, size, &header->offset, &header->width) ||
        !pnm_read_number(bytes, size, &header->offset, &header->height))
        return false;
    read_word(bytes, size, &header->offset, word);
    scale = strtod(word, &end);
    header->little_endian = scale < 0;
    return end > word && *end == '\0';
}

bool pnm_header_read(const unsigned char *bytes, size_t size, struct pnm_header *header)
{
    bool whole;

    *header = (struct pnm_header){.kind = size > 1 ? (char)bytes[1] : '\0', .offset = 2};
    if (header->kind == '7')
        whole = read_pam(bytes, size, header);
    else if (header->kind == 'f' || header->kind == 'F')
        whole = read_pfm(bytes, size, header);
    else
        whole = read_numbers(bytes, size, header);
    /* One white space stands in front of the pixels. */
    if (!whole || header->offset >= size || !is_space(bytes[header->offset]))
        return false;
    header->offset++;
    return header->maxval >= 1 && header->maxval <= 65535;
}

/* Whether the bytes from *offset on are as many numbers, or end among them. */
static bool begins_with_numbers(const unsigned char *bytes, size_t size, size_t *offset,
                                size_t count)
{
    while (count-- > 0) {
        size_t value;

        pnm_skip_space(bytes, size, offset);
        if (*offset == size)
            return true;
        if (!pnm_read_number(bytes, size, offset, &value) ||
            (*offset < size && !is_space(bytes[*offset]) && bytes[*offset] != '#'))
            return false;
    }
    return true;
}

bool image_pnm_is(const unsigned char *bytes, size_t size)
{
    enum { ENOUGH = 64 }; /* bytes: as many as are read of a file that may be none */
    static const char pam[] = "WIDTH HEIGHT DEPTH MAXVAL TUPLTYPE ENDHDR";
    const char kind = size > 2 && bytes[0] == 'P' ? (char)bytes[1] : '\0';
    const bool bits = kind == '1' || kind == '4', floats = kind == 'f' || kind == 'F';
    size_t offset = 2;
    char word[32];

    size = size < ENOUGH ? size : ENOUGH;
    if (kind == '\0' || !strchr("1234567fF", kind) || !(is_space(bytes[2]) || bytes[2] == '#'))
        return false;
    if (kind == '7') {
        read_word(bytes, size, &offset, word);
        return bytes[2] == '\n' && strstr(pam, word) != NULL;
    }
    if (!begins_with_numbers(bytes, size, &offset, bits || floats ? 2 : 3))
        return false;
    if (kind < '1' || kind > '3')
        return true;
    /* Plain pixels are numbers, too; "P2 10 20 30 tulips" is a text. */
    for (; offset < size; offset++) {
        pnm_skip_space(bytes, size, &offset);
        if (offset < size && !is_digit(bytes[offset]))
            return false;
    }
    return true;
}
