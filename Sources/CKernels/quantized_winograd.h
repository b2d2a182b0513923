// Included by quantized_body.h once a width: LANES channels a vector; P(x) names that width's functions.

// The codes of one tile, positions `plane` bytes apart, from sixteen cells of a padded map.
INLINE void P(input_tile)(const int16_t *x, long line, long channels, const int16_t *multiplier, uint8_t *codes,
                          long plane) {
    P(words) half[4][4];
    UNROLL for (int j = 0; j < 4; j++) {
        P(words) d[4];
        UNROLL for (int i = 0; i < 4; i++) { d[i] = *(const P(words_loose) *)(x + i * line + j * channels); }
        half[0][j] = d[0] - d[2];
        half[1][j] = d[1] + d[2];
        half[2][j] = d[2] - d[1];
        half[3][j] = d[1] - d[3];
    }
    UNROLL for (int i = 0; i < 4; i++) {
        const P(words) *d = half[i];
        P(words) o[4] = {d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]};
        UNROLL for (int j = 0; j < 4; j++, multiplier += channels) {
            o[j] = P(scaled)(o[j], *(const P(words_loose) *)multiplier);
        }
        UNROLL for (int j = 0; j < 4; j += 2, codes += 2 * plane) { P(store_codes)(codes, plane, o[j], o[j + 1]); }
    }
}
