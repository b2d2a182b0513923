// Included by network_body.h once a tile size: TILE outputs along a side, F(x) names that size's transforms.
// Channels are a multiple of 8.
#define EDGE (TILE + 2)
#define POSITIONS (EDGE * EDGE)

INLINE void F(input_tiles)(const float *x, long images, long height, long width, long channels, const bool activates,
                           const float *scale, const float *shift, float *transformed) {
    long down = (height + TILE - 1) / TILE, across = (width + TILE - 1) / TILE;
    long plane = images * down * across * channels;
    for (long image = 0; image < images; image++, x += height * width * channels) {
        for (long ty = 0; ty < down; ty++) {
            for (long tx = 0; tx < across; tx++, transformed += channels) {
                long top = ty * TILE - 1, left = tx * TILE - 1;
                fetch(x + ((ty + 1) * TILE * width + tx * TILE) * channels, TILE, width, channels);
                bool inside = top >= 0 && left >= 0 && top + EDGE <= height && left + EDGE <= width;
                for (long c = 0; c < channels; c += 8) {
                    v8a half[EDGE][EDGE], factor = {0}, constant = {0};
                    if (activates) factor = load(scale + c), constant = load(shift + c);
                    UNROLL for (int j = 0; j < EDGE; j++) {
                        v8a column[EDGE], done[EDGE];
                        const float *p = x + (top * width + left + j) * channels + c;
                        bool seen = inside || (left + j >= 0 && left + j < width);
                        UNROLL for (int i = 0; i < EDGE; i++) {
                            if (inside || (seen && top + i >= 0 && top + i < height)) {
                                column[i] = load(p + i * width * channels);
                                if (activates) column[i] = positive(column[i] * factor + constant);
                            } else {
                                column[i] = (v8a){0};
                            }
                        }
                        F(bt)(column, done);
                        UNROLL for (int i = 0; i < EDGE; i++) { half[i][j] = done[i]; }
                    }
                    UNROLL for (int i = 0; i < EDGE; i++) {
                        v8a done[EDGE];
                        F(bt)(half[i], done);
                        UNROLL for (int j = 0; j < EDGE; j++) {
                            store(transformed + (i * EDGE + j) * plane + c, done[j]);
                        }
                    }
                }
            }
        }
    }
}

static void NAME(F(input))(const float *x, long images, long height, long width, long channels, float *transformed) {
    F(input_tiles)(x, images, height, width, channels, false, NULL, NULL, transformed);
}

static void NAME(F(activated_input))(const float *x, long images, long height, long width, long channels,
                                     const float *scale, const float *shift, float *transformed) {
    F(input_tiles)(x, images, height, width, channels, true, scale, shift, transformed);
}

static void NAME(F(output))(const float *m, long images, long height, long width, long channels, const float *bias,
                            const float *residual, bool relu, float *y) {
    long down = (height + TILE - 1) / TILE, across = (width + TILE - 1) / TILE;
    long plane = images * down * across * channels;
    for (long image = 0; image < images; image++) {
        for (long ty = 0; ty < down; ty++) {
            for (long tx = 0; tx < across; tx++, m += channels) {
                long rows = height - ty * TILE < TILE ? height - ty * TILE : TILE;
                long columns = width - tx * TILE < TILE ? width - tx * TILE : TILE;
                long first = ((image * height + ty * TILE) * width + tx * TILE) * channels;
                for (long c = 0; c < channels; c += 8) {
                    v8a half[TILE][EDGE];
                    UNROLL for (int j = 0; j < EDGE; j++) {
                        v8a column[EDGE], done[TILE];
                        UNROLL for (int i = 0; i < EDGE; i++) { column[i] = load(m + (i * EDGE + j) * plane + c); }
                        F(at)(column, done);
                        UNROLL for (int i = 0; i < TILE; i++) { half[i][j] = done[i]; }
                    }
                    v8a shift = bias ? load(bias + c) : (v8a){0};
                    UNROLL for (int i = 0; i < TILE; i++) {
                        v8a done[TILE];
                        if (i >= rows) break;
                        F(at)(half[i], done);
                        UNROLL for (int j = 0; j < TILE; j++) {
                            if (j >= columns) break;
                            long at = first + (i * width + j) * channels + c;
                            v8a value = done[j] + shift;
                            if (residual) value += load(residual + at);
                            store(y + at, relu ? positive(value) : value);
                        }
                    }
                }
            }
        }
    }
}

static void NAME(F(output_adjoint))(const float *dy, long images, long height, long width, long channels,
                                    float *transformed) {
    long down = (height + TILE - 1) / TILE, across = (width + TILE - 1) / TILE;
    long plane = images * down * across * channels;
    for (long image = 0; image < images; image++) {
        for (long ty = 0; ty < down; ty++) {
            for (long tx = 0; tx < across; tx++, transformed += channels) {
                long rows = height - ty * TILE, columns = width - tx * TILE;
                const float *p = dy + ((image * height + ty * TILE) * width + tx * TILE) * channels;
                fetch(p + TILE * width * channels, TILE, width, channels);
                for (long c = 0; c < channels; c += 8) {
                    v8a half[EDGE][TILE];
                    UNROLL for (int j = 0; j < TILE; j++) {
                        v8a column[TILE], done[EDGE];
                        UNROLL for (int i = 0; i < TILE; i++) {
                            column[i] = i < rows && j < columns ? load(p + (i * width + j) * channels + c) : (v8a){0};
                        }
                        F(a)(column, done);
                        UNROLL for (int i = 0; i < EDGE; i++) { half[i][j] = done[i]; }
                    }
                    UNROLL for (int i = 0; i < EDGE; i++) {
                        v8a done[EDGE];
                        F(a)(half[i], done);
                        UNROLL for (int j = 0; j < EDGE; j++) {
                            store(transformed + (i * EDGE + j) * plane + c, done[j]);
                        }
                    }
                }
            }
        }
    }
}

static void NAME(F(input_adjoint))(const float *v, long images, long height, long width, long channels, float *dx) {
    long down = (height + TILE - 1) / TILE, across = (width + TILE - 1) / TILE;
    long plane = images * down * across * channels;
    memset(dx, 0, (size_t)(images * height * width * channels) * sizeof(float));
    for (long image = 0; image < images; image++, dx += height * width * channels) {
        for (long ty = 0; ty < down; ty++) {
            for (long tx = 0; tx < across; tx++, v += channels) {
                long top = ty * TILE - 1, left = tx * TILE - 1;
                for (long c = 0; c < channels; c += 8) {
                    v8a half[EDGE][EDGE];
                    UNROLL for (int j = 0; j < EDGE; j++) {
                        v8a column[EDGE], done[EDGE];
                        UNROLL for (int i = 0; i < EDGE; i++) { column[i] = load(v + (i * EDGE + j) * plane + c); }
                        F(b)(column, done);
                        UNROLL for (int i = 0; i < EDGE; i++) { half[i][j] = done[i]; }
                    }
                    UNROLL for (int i = 0; i < EDGE; i++) {
                        v8a done[EDGE];
                        if (top + i < 0 || top + i >= height) continue;
                        F(b)(half[i], done);
                        UNROLL for (int j = 0; j < EDGE; j++) {
                            if (left + j < 0 || left + j >= width) continue;
                            float *p = dx + ((top + i) * width + left + j) * channels + c;
                            store(p, load(p) + done[j]);
                        }
                    }
                }
            }
        }
    }
}

static void NAME(F(weights))(const float *w, long in, long out, long first, long last, float *u, float *ut) {
    long size = in * out;
    for (long c = first; c < last; c += 8) {
        for (long k = 0; k < out; k += 8) {
            // Eight rows of each position's matrix, so that they can be turned as a whole.
            v8a rows[POSITIONS][8];
            for (int l = 0; l < 8; l++) {
                v8a half[EDGE][3];
                UNROLL for (int j = 0; j < 3; j++) {
                    v8a column[3], done[EDGE];
                    UNROLL for (int i = 0; i < 3; i++) { column[i] = load(w + (i * 3 + j) * size + (c + l) * out + k); }
                    F(g)(column, done);
                    UNROLL for (int i = 0; i < EDGE; i++) { half[i][j] = done[i]; }
                }
                UNROLL for (int i = 0; i < EDGE; i++) {
                    v8a done[EDGE];
                    F(g)(half[i], done);
                    UNROLL for (int j = 0; j < EDGE; j++) { rows[i * EDGE + j][l] = done[j]; }
                }
            }
            for (long position = 0; position < POSITIONS; position++) {
                float *p = u + position * size + c * out + k;
                UNROLL for (int l = 0; l < 8; l++) { store(p + l * out, rows[position][l]); }
                if (!ut) continue;
                transpose(rows[position]);
                p = ut + position * size + k * in + c;
                UNROLL for (int l = 0; l < 8; l++) { store(p + l * in, rows[position][l]); }
            }
        }
    }
}

static void NAME(F(weights_adjoint))(const float *du, long in, long out, long first, long last, float *dw) {
    long size = in * out;
    for (long at = first * out; at < last * out; at += 8) {
        v8a half[3][EDGE];
        UNROLL for (int j = 0; j < EDGE; j++) {
            v8a column[EDGE], done[3];
            UNROLL for (int i = 0; i < EDGE; i++) { column[i] = load(du + (i * EDGE + j) * size + at); }
            F(gt)(column, done);
            UNROLL for (int i = 0; i < 3; i++) { half[i][j] = done[i]; }
        }
        UNROLL for (int i = 0; i < 3; i++) {
            v8a done[3];
            F(gt)(half[i], done);
            UNROLL for (int j = 0; j < 3; j++) { store(dw + (i * 3 + j) * size + at, done[j]); }
        }
    }
}

#undef EDGE
#undef POSITIONS
