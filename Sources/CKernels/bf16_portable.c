// Products of bfloat16 for any processor, and the choice between the sets.
#include <string.h>

#include "CKernels.h"

typedef uint32_t __attribute__((may_alias)) pair;

// To nearest, ties to even; what is no number stays none, and what is below the smallest normal number becomes zero, as
// processors that have the instruction do it.
static uint32_t rounded(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint32_t size = bits & 0x7fffffff;
    if (size > 0x7f800000) return bits >> 16 | 0x40;
    if (size < 0x00800000) return bits >> 16 & 0x8000;
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

static float as_float(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void pack(long k, long n, const float *b, long ldb, void *pairs) {
    pair *to = pairs;
    for (long j = 0; j < n; j += 32) {
        long width = n - j < 32 ? n - j : 32;
        for (long l = 0; l < k; l += 2) {
            const float *from = b + l * ldb + j;
            for (long c = 0; c < width; c++) *to++ = rounded(from[c]) | (l + 1 < k ? rounded(from[ldb + c]) << 16 : 0);
        }
    }
}

static void product(long m, long n, long k, const float *a, long row, long column, const void *pairs, float *c, long ldc,
                    bool accumulate, void *scratch) {
    (void)scratch;
    const pair *panel = pairs;
    for (long j = 0; j < n; j += 32) {
        long width = n - j < 32 ? n - j : 32;
        for (long i = 0; i < m; i++) {
            float *sum = c + i * ldc + j;
            const pair *right = panel;
            if (!accumulate) memset(sum, 0, (size_t)width * sizeof *sum);
            for (long l = 0; l < k; l += 2, right += width) {
                const float *left = a + i * row + l * column;
                float first = as_float(rounded(left[0]) << 16);
                float second = l + 1 < k ? as_float(rounded(left[column]) << 16) : 0;
                for (long w = 0; w < width; w++)
                    sum[w] += first * as_float(right[w] << 16) + second * as_float(right[w] & 0xffff0000);
            }
        }
        panel += (k + 1) / 2 * width;
    }
}

static const bf16_kernels table = {"portable", pack, product};

const bf16_kernels *bf16_kernels_portable(void) { return &table; }

const bf16_kernels *bf16_kernels_best(void) {
    const bf16_kernels *wide = bf16_kernels_avx512();
    return wide ? wide : &table;
}
