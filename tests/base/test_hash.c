/* SPDX-License-Identifier: MIT */
#include "base/hash.h"
#include "tests/support/suite.h"

START_TEST(short_hashes_are_the_published_ones)
{
    ck_assert(tn_hash_bytes(TN_HASH_START, "", 0) == UINT64_C(0xCBF29CE484222325));
    ck_assert(tn_hash_bytes(TN_HASH_START, "a", 1) == UINT64_C(0xAF63DC4C8601EC8C));
    ck_assert(tn_hash_bytes(TN_HASH_START, "foobar", 6) == UINT64_C(0x85944171F73967E8));
    ck_assert(tn_hash_bytes(tn_hash_bytes(TN_HASH_START, "foo", 3), "bar", 3) ==
              UINT64_C(0x85944171F73967E8));
}
END_TEST

START_TEST(each_bit_counts)
{
    unsigned char bytes[21] = {0};

    for (size_t count = 0; count <= sizeof bytes; count++) {
        const uint64_t before = tn_hash_block(1, bytes, count);

        for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
            ck_assert((tn_hash_block(1, bytes, count) != before) == (bit / 8 < count));
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("hash");
    TCase *tcase = tcase_create("hash");

    tcase_add_test(tcase, short_hashes_are_the_published_ones);
    tcase_add_test(tcase, each_bit_counts);
    suite_add_tcase(suite, tcase);
    return suite;
}
