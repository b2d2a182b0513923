// Included by network_body.h once a width: LANES floats a vector, at most ROWS rows of C in registers; P(x) names that
// width's functions. Each entry of C is summed in the same order whatever the width.
typedef float P(loose) __attribute__((vector_size(4 * LANES), aligned(4)));
typedef float P(vector) __attribute__((vector_size(4 * LANES)));

// A block of at most ROWS rows by at most three vectors of C, kept in registers. Rows or columns of A lie `row` or `column`
// floats apart, or where `row_at` or `column_at` says. `next` is the block of C that follows, where it will be added to: sums
// over many images are too large for the cache.
INLINE void P(block)(const int rows, const int vectors, long k, const float *a, long row, long column,
                     const long *row_at, const long *column_at, const float *b, long ldb, float *c, long ldc,
                     bool accumulate, const float *next) {
    P(vector) sum[ROWS][3];
    const float *start[ROWS];
    UNROLL for (int i = 0; i < rows; i++) {
        start[i] = a + (row_at ? row_at[i] : i * row);
        UNROLL for (int j = 0; j < vectors; j++) {
            sum[i][j] = accumulate ? *(const P(loose) *)(c + i * ldc + LANES * j) : (P(vector)){0};
        }
    }
    if (next) {
        UNROLL for (int i = 0; i < rows; i++) {
            UNROLL for (int j = 0; j < vectors * LANES; j += 16) { __builtin_prefetch(next + i * ldc + j, 1, 3); }
        }
    }
    for (long l = 0; l < k; l++) {
        long at = column_at ? column_at[l] : l * column;
        P(vector) right[3];
        UNROLL for (int j = 0; j < vectors; j++) { right[j] = *(const P(loose) *)(b + l * ldb + LANES * j); }
        UNROLL for (int i = 0; i < rows; i++) {
            float left = start[i][at];
            UNROLL for (int j = 0; j < vectors; j++) { sum[i][j] += left * right[j]; }
        }
    }
    UNROLL for (int i = 0; i < rows; i++) {
        UNROLL for (int j = 0; j < vectors; j++) { *(P(loose) *)(c + i * ldc + LANES * j) = sum[i][j]; }
    }
}

INLINE void P(panel)(const int vectors, long m, long k, const float *a, long row, long column, const long *row_at,
                     const long *column_at, const float *b, long ldb, float *c, long ldc, bool accumulate) {
#define BLOCK(rows)                                                                                                     \
    P(block)(rows, vectors, k, row_at ? a : a + i * row, row, column, row_at ? row_at + i : row_at, column_at, b, ldb, \
             c + i * ldc, ldc, accumulate, accumulate && i + 2 * rows <= m ? c + (i + rows) * ldc : NULL)
    long i = 0;
    for (; i + ROWS <= m; i += ROWS) BLOCK(ROWS);
    for (; i + 6 <= m; i += 6) BLOCK(6);
    switch (m - i) {
    case 5: BLOCK(5); break;
    case 4: BLOCK(4); break;
    case 3: BLOCK(3); break;
    case 2: BLOCK(2); break;
    case 1: BLOCK(1); break;
    default: break;
    }
#undef BLOCK
}

// As many columns of C, from `j` on, as whole vectors hold; returns the first that is left.
INLINE long P(columns)(long m, long n, long k, const float *a, long row, long column, const long *row_at,
                       const long *column_at, const float *b, long ldb, float *c, long ldc, bool accumulate, long j) {
#ifdef THREE_VECTORS
    // Three vectors where so many columns are left: two and then one alone take longer.
    if (n - j >= 3 * LANES && n - j < 4 * LANES) {
        P(panel)(3, m, k, a, row, column, row_at, column_at, b + j, ldb, c + j, ldc, accumulate);
        j += 3 * LANES;
    }
#endif
    for (; j + 2 * LANES <= n; j += 2 * LANES)
        P(panel)(2, m, k, a, row, column, row_at, column_at, b + j, ldb, c + j, ldc, accumulate);
    // 24 columns are left to the narrower vectors.
    for (; j + LANES <= n && (LANES == 8 || n - j < 24); j += LANES)
        P(panel)(1, m, k, a, row, column, row_at, column_at, b + j, ldb, c + j, ldc, accumulate);
    return j;
}
