/* SPDX-License-Identifier: MIT */
#include "app/cli/shard.h"

#include "app/cli/options.h"
#include "base/hash.h"
#include "base/path.h"

#include <string.h>

bool app_shard_parse(const char *text, struct app_shard *ret_shard)
{
    const char *slash = strchr(text, '/');
    struct app_shard shard;
    char index[24];

    if (!slash || (size_t)(slash - text) >= sizeof index)
        return false;
    memcpy(index, text, (size_t)(slash - text));
    index[slash - text] = '\0';
    if (!app_parse_size(index, &shard.index) || !app_parse_size(slash + 1, &shard.count) ||
        shard.index < 1 || shard.index > shard.count || shard.count > APP_MOST_SHARDS)
        return false;
    *ret_shard = shard;
    return true;
}

/* The number of shards goes into the hash, too: or else two parts of four could pass for both of
 * two, and nobody would miss the others. */
size_t app_shard_of(const char *path, size_t count)
{
    static const uint64_t rounds[2]; /* that mix the last bytes into all bits */
    const size_t length = tn_path_stem_length(path);
    const uint64_t number = count;
    uint64_t hash = tn_hash_block(0, &number, sizeof number);
    char part[64]; /* a multiple of what the hash takes at a time */

    for (size_t at = 0; at < length; at += sizeof part) {
        const size_t taken = length - at < sizeof part ? length - at : sizeof part;

        for (size_t i = 0; i < taken; i++) {
            const char byte = path[at + i];

            part[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
        }
        hash = tn_hash_block(hash, part, taken);
    }
    hash = tn_hash_block(hash, rounds, sizeof rounds);
    return (size_t)((hash >> 32) % count) + 1;
}
