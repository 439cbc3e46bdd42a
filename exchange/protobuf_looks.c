/* SPDX-License-Identifier: MIT */
#include "exchange/protobuf_looks.h"

#include <ctype.h>
#include <string.h>

bool exchange_looks_like_caffe(const unsigned char *bytes, size_t size)
{
    static const char name = 0x0A, older_layer = 0x12, layer[] = "\xA2\x06";
    static const char behind_name[] = "\x12\x1A\x20\x22\x28\x32\x38\x42";
    size_t begin = 0;

    if (size > 2 && bytes[0] == name && bytes[1] < 0x80)
        begin = 2 + (size_t)bytes[1];
    if (size < begin + 2)
        return false;
    for (size_t i = 2; i < begin; i++)
        if (!isprint(bytes[i]))
            return false;
    if (memcmp(bytes + begin, layer, 2) == 0 || bytes[begin] == older_layer)
        return true;
    return begin > 0 && bytes[begin] != 0 && strchr(behind_name, bytes[begin]);
}

bool exchange_looks_like_onnx(const unsigned char *bytes, size_t size)
{
    enum { VERSION = 0x08, LARGEST = 99 }; /* 10 is the version of 2024 */
    static const char fields[] = "\x12\x1A\x22\x32\x3A\x42\x72";

    return size > 3 && bytes[0] == VERSION && bytes[1] > 0 && bytes[1] < LARGEST && bytes[2] != 0 &&
           strchr(fields, bytes[2]);
}
