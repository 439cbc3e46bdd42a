/* SPDX-License-Identifier: MIT */
/* The list of sections of an ELF file ("System V ABI", chapter 4), in memory. */
#include "base/elf_section.h"

#include <stdint.h>
#include <string.h>

/* The file's head and a section's row, of 64 bits; other systems than Linux have no elf.h. */
struct head {
    unsigned char ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, segments, sections; /* the first instruction; where the lists are */
    uint32_t flags;
    uint16_t head_size, segment_size, segment_count, section_size, section_count, names;
};

struct section {
    uint32_t name; /* an offset among the names */
    uint32_t type;
    uint64_t flags, address, offset, size;
    uint32_t link, info;
    uint64_t alignment, entry_size;
};

enum { CLASS = 4, CLASS_64 = 2, WITHOUT_BYTES = 8 }; /* EI_CLASS, ELFCLASS64, SHT_NOBITS */

struct sections {
    const unsigned char *bytes;
    size_t size;
    uint64_t begin, count; /* of the list */
    struct section names;
};

bool tn_is_elf(const unsigned char *bytes, size_t size)
{
    return size >= 4 && memcmp(bytes, "\177ELF", 4) == 0;
}

static bool is_within(uint64_t begin, uint64_t length, size_t size)
{
    return begin <= size && length <= size - begin;
}

/* The file may lie at any address, so the row is copied. */
static struct section section_at(const struct sections *sections, uint64_t index)
{
    struct section row;

    memcpy(&row, sections->bytes + sections->begin + index * sizeof row, sizeof row);
    return row;
}

/* Checks that the list lies in the file, and reads where the names are. */
static enum tn_status find_list(struct sections *sections, const struct head *head,
                                const char *path, struct tn_error *err)
{
    sections->begin = head->sections;
    sections->count = head->section_count;
    if (head->section_size != sizeof(struct section) || head->names >= head->section_count)
        return tn_fail(err, TN_FORMAT, "%s: the program's list of sections is damaged", path);
    if (!is_within(head->sections, sections->count * sizeof(struct section), sections->size))
        return tn_fail(err, TN_FORMAT,
                       "%s: the program is cut short: it has %zu bytes, and its list of sections "
                       "is at %llu; get it again",
                       path, sections->size, (unsigned long long)head->sections);
    sections->names = section_at(sections, head->names);
    if (!is_within(sections->names.offset, sections->names.size, sections->size))
        return tn_fail(err, TN_FORMAT, "%s: the program's list of sections is damaged", path);
    return TN_OK;
}

/* Whether the name that stands at that offset among the names is this one, with its end. */
static bool is_named(const struct sections *sections, uint32_t offset, const char *name)
{
    const size_t length = strlen(name) + 1;

    return is_within(offset, length, (size_t)sections->names.size) &&
           memcmp(sections->bytes + sections->names.offset + offset, name, length) == 0;
}

enum tn_status tn_elf_section(const unsigned char *bytes, size_t size, const char *path,
                              const char *section, size_t *ret_begin, size_t *ret_size,
                              struct tn_error *err)
{
    struct sections sections = {.bytes = bytes, .size = size};
    struct head head = {.sections = 0};

    if (tn_is_elf(bytes, size) && size >= sizeof head)
        memcpy(&head, bytes, sizeof head);
    if (head.ident[CLASS] == CLASS_64 && head.sections != 0)
        TN_TRY(find_list(&sections, &head, path, err));
    for (uint64_t i = 0; i < sections.count; i++) {
        const struct section row = section_at(&sections, i);

        if (row.type == WITHOUT_BYTES || !is_named(&sections, row.name, section))
            continue;
        if (!is_within(row.offset, row.size, size))
            return tn_fail(err, TN_FORMAT, "%s: the section %s is beyond the file's end", path,
                           section);
        *ret_begin = (size_t)row.offset;
        *ret_size = (size_t)row.size;
        return TN_OK;
    }
    return tn_fail(err, TN_NOTFOUND, "%s: there is no section %s", path, section);
}
