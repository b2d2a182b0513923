// Included by quantized_body.h once a width: LANES sums a vector; P(x) names that width's functions, DOT multiplies.
typedef int32_t P(loose) __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int32_t P(sums) __attribute__((vector_size(4 * LANES)));


// At most ROWS rows of codes by one or two vectors of columns. One row alone is summed in four parts: a sum waits for the
// one before.
INLINE void P(block)(const int rows, const int vectors, long n, code_rows codes, const int8_t *packed,
                     const int32_t *correction, int32_t *target) {
    const int parts = rows == 1 ? 4 : rows < 4 ? 2 : 1;
    P(sums) sum[ROWS][2][4];
    UNROLL for (int i = 0; i < rows; i++) {
        UNROLL for (int j = 0; j < vectors; j++) {
            sum[i][j][0] = START(*(const P(loose) *)(correction + LANES * j));
            UNROLL for (int part = 1; part < parts; part++) { sum[i][j][part] = (P(sums)){0}; }
        }
    }
    for (long piece = 0; piece < codes.pieces; piece++, codes.first += codes.apart) {
        long l = 0;
        for (; l + 4 * parts <= codes.length; l += 4 * parts) {
            UNROLL for (int part = 0; part < parts; part++) {
                P(sums) weights[2];
                UNROLL for (int j = 0; j < vectors; j++) {
                    weights[j] = *(const P(loose) *)(packed + ((l + 4 * part) * vectors + 4 * j) * LANES);
                }
                UNROLL for (int i = 0; i < rows; i++) {
                    int32_t four;
                    memcpy(&four, codes.first + i * codes.row + l + 4 * part, 4);
                    P(sums) left = four - (P(sums)){0};
                    UNROLL for (int j = 0; j < vectors; j++) { sum[i][j][part] = DOT(sum[i][j][part], left, weights[j]); }
                }
            }
        }
        for (; l < codes.length; l += 4) {
            UNROLL for (int j = 0; j < vectors; j++) {
                P(sums) weights = *(const P(loose) *)(packed + (l * vectors + 4 * j) * LANES);
                UNROLL for (int i = 0; i < rows; i++) {
                    int32_t four;
                    memcpy(&four, codes.first + i * codes.row + l, 4);
                    sum[i][j][0] = DOT(sum[i][j][0], four - (P(sums)){0}, weights);
                }
            }
        }
        packed += codes.length * vectors * LANES;
    }
    UNROLL for (int i = 0; i < rows; i++) {
        UNROLL for (int j = 0; j < vectors; j++) {
            UNROLL for (int part = 1; part < parts; part++) { sum[i][j][0] += sum[i][j][part]; }
            *(P(loose) *)(target + i * n + LANES * j) = sum[i][j][0];
        }
    }
}

INLINE void P(panel)(const int vectors, long m, long n, code_rows codes, const int8_t *packed,
                     const int32_t *correction, int32_t *target) {
    const uint8_t *first = codes.first;
    long i = 0;
#define BLOCK(rows)                                                                     \
    codes.first = first + i * codes.row;                                                \
    P(block)(rows, vectors, n, codes, packed, correction, target + i * n)
    for (; i + ROWS <= m; i += ROWS) { BLOCK(ROWS); }
    for (; i + 4 <= m; i += 4) { BLOCK(4); }
    switch (m - i) {
    case 3: BLOCK(3); break;
    case 2: BLOCK(2); break;
    case 1: BLOCK(1); break;
    default: break;
    }
#undef BLOCK
}
