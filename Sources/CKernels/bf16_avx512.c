// Products of bfloat16 by AVX-512's own instruction, which adds the products of two pairs to a float.
#include <stddef.h>

#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16"))), \
                             apply_to = function)
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
// Rows of C in registers, by two vectors.
#define ROWS 12

typedef int32_t __attribute__((may_alias)) pair;

INLINE __mmask16 first(long count) { return count >= 16 ? 0xffff : (__mmask16)((1u << count) - 1); }
INLINE __m512i wide(__m512 x) { return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x)); }

// Pairs of two rows below each other, in panels of so many columns.
INLINE void panels(const long panel, long k, long n, const float *b, long ldb, pair *to) {
    for (long start = 0; start < n; start += panel) {
        long width = n - start < panel ? n - start : panel;
        for (long l = 0; l < k; l += 2, to += width) {
            const float *from = b + l * ldb + start;
            for (long j = 0; j < width; j += 16) {
                __mmask16 mask = first(width - j);
                __m512i pairs = wide(_mm512_maskz_loadu_ps(mask, from + j));
                if (l + 1 < k)
                    pairs = _mm512_or_si512(pairs, _mm512_slli_epi32(wide(_mm512_maskz_loadu_ps(mask, from + ldb + j)), 16));
                _mm512_mask_storeu_epi32(to + j, mask, pairs);
            }
        }
    }
}

static void pack(long k, long n, const float *b, long ldb, void *pairs) { panels(32, k, n, b, ldb, pairs); }

// Rows of A, each of whose neighbours in a row become a pair.
static void pack_rows(long m, long k, const float *a, long row, pair *to) {
    long half = (k + 1) / 2;
    for (long i = 0; i < m; i++, a += row, to += half) {
        for (long l = 0; l < k; l += 32) {
            __m512 low = _mm512_maskz_loadu_ps(first(k - l), a + l);
            __m512 high = k - l > 16 ? _mm512_maskz_loadu_ps(first(k - l - 16), a + l + 16) : _mm512_setzero_ps();
            _mm512_mask_storeu_epi32(to + l / 2, first(half - l / 2), (__m512i)_mm512_cvtne2ps_pbh(high, low));
        }
    }
}

// A block of `rows` rows by `vectors` vectors of C, the last of which has the columns of `mask`.
INLINE void block(const int rows, const int vectors, __mmask16 mask, long half, const pair *a, long row, long column,
                  const pair *b, long ldb, float *c, long ldc, bool accumulate) {
    __m512 sum[ROWS][2];
    UNROLL for (int i = 0; i < rows; i++) {
        UNROLL for (int v = 0; v < vectors; v++) {
            __mmask16 m = v + 1 < vectors ? 0xffff : mask;
            sum[i][v] = accumulate ? _mm512_maskz_loadu_ps(m, c + i * ldc + 16 * v) : _mm512_setzero_ps();
        }
    }
    for (long l = 0; l < half; l++, b += ldb) {
        __m512bh right[2];
        UNROLL for (int v = 0; v < vectors; v++) {
            right[v] = (__m512bh)_mm512_maskz_loadu_epi32(v + 1 < vectors ? 0xffff : mask, b + 16 * v);
        }
        UNROLL for (int i = 0; i < rows; i++) {
            __m512bh left = (__m512bh)_mm512_set1_epi32(a[i * row + l * column]);
            UNROLL for (int v = 0; v < vectors; v++) { sum[i][v] = _mm512_dpbf16_ps(sum[i][v], left, right[v]); }
        }
    }
    UNROLL for (int i = 0; i < rows; i++) {
        UNROLL for (int v = 0; v < vectors; v++) {
            _mm512_mask_storeu_ps(c + i * ldc + 16 * v, v + 1 < vectors ? 0xffff : mask, sum[i][v]);
        }
    }
}

// A panel of C. A lies in rows of `half` pairs, or in panels of ROWS rows where its columns lie beside each other.
INLINE void panel(const int vectors, __mmask16 mask, long m, long half, const pair *a, bool turned, const pair *b, long ldb,
                  float *c, long ldc, bool accumulate) {
    for (long start = 0; start < m; start += ROWS) {
        long rows = m - start < ROWS ? m - start : ROWS, i = 0;
        long row = turned ? 1 : half, column = turned ? rows : 1;
        const pair *left = a + start * half;
        float *to = c + start * ldc;
#define BLOCK(rows) block(rows, vectors, mask, half, left + i * row, row, column, b, ldb, to + i * ldc, ldc, accumulate)
        if (rows == ROWS) {
            BLOCK(ROWS);
            continue;
        }
        if (rows >= 8) BLOCK(8), i += 8;
        if (rows - i >= 4) BLOCK(4), i += 4;
        for (; i < rows; i++) BLOCK(1);
#undef BLOCK
    }
}

static void product(long m, long n, long k, const float *a, long row, long column, const void *pairs, float *c, long ldc,
                    bool accumulate, void *scratch) {
    long half = (k + 1) / 2;
    bool turned = column != 1;
    if (turned) {
        panels(ROWS, k, m, a, column, scratch);
    } else {
        pack_rows(m, k, a, row, scratch);
    }
    for (long j = 0; j < n; j += 32) {
        const pair *b = (const pair *)pairs + j * half;
        long width = n - j < 32 ? n - j : 32;
        if (width == 32) {
            panel(2, 0xffff, m, half, scratch, turned, b, 32, c + j, ldc, accumulate);
        } else if (width > 16) {
            panel(2, first(width - 16), m, half, scratch, turned, b, width, c + j, ldc, accumulate);
        } else {
            panel(1, first(width), m, half, scratch, turned, b, width, c + j, ldc, accumulate);
        }
    }
}
#pragma clang attribute pop

static const bf16_kernels table = {"avx512", pack, product};

const bf16_kernels *bf16_kernels_avx512(void) {
    return kernels_have_avx512() && __builtin_cpu_supports("avx512bf16") ? &table : NULL;
}
#else
const bf16_kernels *bf16_kernels_avx512(void) { return NULL; }
#endif
