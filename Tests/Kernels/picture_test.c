// Compares the picture's kernels with plain versions, byte by byte, on random rows of memory of their own size exactly.
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"
#include "plain.h"
#include "random.h"

static uint8_t *bytes(long count) {
    uint8_t *memory = malloc((size_t)count);
    if (!memory) abort();
    for (long i = 0; i < count; i++) memory[i] = (uint8_t)bits();
    return memory;
}

static bool colors(const picture_kernels *kernels) {
    const picture_weights weights = {bits() % 2 ? 16 : 0, 76309, 104597, 53279, 25675, 132201};
    const long count = between(1, 90), layout = between(0, 3), luma_step = layout > 1 ? 2 : 1;
    const long chroma_step = (long[]){1, 2, 4, 6}[layout], pairs = (count + 1) / 2;
    uint8_t *luma = bytes((count - 1) * luma_step + 1);
    uint8_t *blue = bytes((pairs - 1) * chroma_step + 1), *red = bytes((pairs - 1) * chroma_step + 1);
    uint8_t *triples = bytes(3 * count);
    uint32_t *found = (uint32_t *)(void *)bytes(4 * count), *expected = (uint32_t *)(void *)bytes(4 * count);
    kernels->pixels_of_yuv(luma, luma_step, blue, red, chroma_step, count, &weights, found);
    plain_pixels_of_yuv(luma, luma_step, blue, red, chroma_step, count, &weights, expected);
    bool same = memcmp(found, expected, 4 * (size_t)count) == 0;
    kernels->pixels_of_bytes(triples, 3, 2, 1, 0, count, found);
    for (long x = 0; x < count; x++) {
        same &= found[x] == (0xFF000000u | (uint32_t)triples[3 * x + 2] << 16 | triples[3 * x + 1] << 8 | triples[3 * x]);
    }
    free(luma), free(blue), free(red), free(triples), free(found), free(expected);
    return same;
}

static bool sizes(const picture_kernels *kernels) {
    const long columns = between(2, 60), count = between(1, 130), share = between(0, 256);
    uint8_t *row = bytes(4 * columns), *other = bytes(4 * count);
    int32_t *at = (int32_t *)(void *)bytes(4 * count);
    uint16_t *shares = (uint16_t *)(void *)bytes(2 * count);
    uint8_t *stretched = bytes(4 * count), *expected = bytes(4 * count), *mixed = bytes(4 * count);
    for (long x = 0; x < count; x++) at[x] = (int32_t)between(0, columns - 2), shares[x] = (uint16_t)between(0, 256);
    kernels->stretch((uint32_t *)(void *)row, at, shares, count, (uint32_t *)(void *)stretched);
    for (long i = 0; i < 4 * count; i++) {
        const uint8_t *left = row + 4 * at[i / 4] + i % 4;
        expected[i] = (uint8_t)((left[0] * (256 - shares[i / 4]) + left[4] * shares[i / 4] + 128) / 256);
    }
    bool same = memcmp(stretched, expected, 4 * (size_t)count) == 0;
    kernels->mix(stretched, other, share, 4 * count, mixed);
    for (long i = 0; i < 4 * count; i++) {
        same &= mixed[i] == (stretched[i] * (256 - share) + other[i] * share + 128) / 256;
    }
    free(row), free(other), free(at), free(shares), free(stretched), free(expected), free(mixed);
    return same;
}

long picture_faults(const picture_kernels *kernels, long rounds, uint64_t seed) {
    long faults = 0;
    state = seed + 1;
    for (long round = 0; round < rounds; round++) faults += !colors(kernels) + !sizes(kernels);
    return faults;
}
