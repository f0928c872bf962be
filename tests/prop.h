/* tests/prop: a property is one function of bytes.
 *
 * `prop` draws its values from the bytes, does what is tested and asserts what the header promises.
 * It returns 0; a property that does not hold ends the program (assert, a sanitizer) or returns
 * anything else. It must not keep state between calls, nor depend on time.
 *
 * The same function is a test and a fuzz target. As a test (prop_main.c), it runs on all of
 * tests/corpus/NAME/ and then on random bytes and changed corpus files for YM_FUZZ_SECONDS (10),
 * the seed YM_FUZZ_SEED (1) printed; what fails is made smaller and printed. As a libFuzzer target
 * it is built by `make fuzz`. NAME is the file's name without _fuzz.c.
 */
#pragma once
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int prop(const uint8_t *bytes, size_t n);

#ifdef YM_LIBFUZZER
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (prop(bytes, n) != 0)
        __builtin_trap();
    return 0;
}
#endif

// A stream of values over the bytes. At the end it gives zeros, so that cutting makes inputs
// simpler.
struct prop_bytes {
    const uint8_t *p;
    size_t n;
};

static inline uint64_t prop_draw(struct prop_bytes *in, uint64_t limit)
{
    uint64_t v = 0;

    for (uint64_t span = limit; span && in->n; span >>= 8) {
        v = v << 8 | *in->p++;
        in->n--;
    }
    return limit ? v % limit : v;
}
