// Included by network_body.h once a tile size: TILE outputs along a side, F(x) names that size's transforms.
// Channels are a multiple of 8.
#define EDGE (TILE + 2)
#define POSITIONS (EDGE * EDGE)
#define BORDER 56

// A tile of EDGE by EDGE cells that reads beyond a map's border by one cell or more: which of its rows and columns lie inside.
typedef struct {
    long rows[2], columns[2];
    bool whole;
} F(window);

INLINE F(window) F(window_at)(long ty, long tx, long height, long width) {
    long top = ty * TILE - 1, left = tx * TILE - 1;
    F(window) w = {{top < 0, height - top < EDGE ? height - top : EDGE}, {left < 0, width - left < EDGE ? width - left : EDGE}, 0};
    w.whole = w.rows[1] - w.rows[0] == EDGE && w.columns[1] - w.columns[0] == EDGE;
    return w;
}

// Eight channels of a tile, whose cells lie `line` and `step` floats apart from `p` on.
INLINE void F(input_tile)(const float *p, long line, long step, const bool activates, const float *scale, const float *shift,
                          float *transformed, long plane) {
    v8a half[EDGE][EDGE], factor = {0}, constant = {0};
    if (activates) factor = load(scale), constant = load(shift);
    UNROLL for (int j = 0; j < EDGE; j++) {
        v8a column[EDGE], done[EDGE];
        UNROLL for (int i = 0; i < EDGE; i++) {
            column[i] = load(p + i * line + j * step);
            if (activates) column[i] = positive(column[i] * factor + constant);
        }
        F(bt)(column, done);
        UNROLL for (int i = 0; i < EDGE; i++) { half[i][j] = done[i]; }
    }
    UNROLL for (int i = 0; i < EDGE; i++) {
        v8a done[EDGE];
        F(bt)(half[i], done);
        UNROLL for (int j = 0; j < EDGE; j++) { store(transformed + (i * EDGE + j) * plane, done[j]); }
    }
}

// Copies `count` channels of a tile at the border to cells of BORDER floats, with zeros where the map ends.
INLINE void F(copy_border)(const float *p, long line, long step, const F(window) *w, long count, const bool activates,
                           const float *scale, const float *shift, float *cells) {
    for (long i = 0; i < EDGE; i++) {
        for (long j = 0; j < EDGE; j++) {
            bool inside = i >= w->rows[0] && i < w->rows[1] && j >= w->columns[0] && j < w->columns[1];
            const float *from = p + i * line + j * step;
            float *to = cells + (i * EDGE + j) * BORDER;
            if (!inside) {
                for (long c = 0; c < count; c += 8) store(to + c, (v8a){0});
                continue;
            }
            for (long c = 0; c < count; c += 8) {
                v8a value = load(from + c);
                store(to + c, activates ? positive(value * load(scale + c) + load(shift + c)) : value);
            }
        }
    }
}

INLINE void F(input_tiles)(const float *x, long images, long height, long width, long channels, const bool activates,
                           const float *scale, const float *shift, float *transformed) {
    long down = (height + TILE - 1) / TILE, across = (width + TILE - 1) / TILE, line = width * channels;
    long plane = winograd_plane(images * down * across, channels);
    for (long image = 0; image < images; image++, x += height * line) {
        for (long ty = 0; ty < down; ty++) {
            for (long tx = 0; tx < across; tx++, transformed += channels) {
                F(window) w = F(window_at)(ty, tx, height, width);
                const float *p = x + ((ty * TILE - 1) * width + tx * TILE - 1) * channels;
                fetch(x + (((ty + 1) * TILE + 1) * width + tx * TILE + 1) * channels, TILE, width, channels);
                if (w.whole) {
                    for (long c = 0; c < channels; c += 8)
                        F(input_tile)(p + c, line, channels, activates, from(scale, c), from(shift, c), transformed + c, plane);
                    continue;
                }
                for (long first = 0; first < channels; first += BORDER) {
                    float cells[EDGE * EDGE * BORDER];
                    long count = channels - first < BORDER ? channels - first : BORDER;
                    F(copy_border)(p + first, line, channels, &w, count, activates, from(scale, first), from(shift, first),
                                   cells);
                    for (long c = 0; c < count; c += 8)
                        F(input_tile)(cells + c, EDGE * BORDER, BORDER, false, NULL, NULL, transformed + first + c, plane);
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

// Eight channels of a tile of products, from `m` on, into cells `line` and `step` floats apart from `y` on; those of them alone
// that lie inside the map, where not the `whole` tile does. A `plain` tile has neither bias nor residual nor ReLU.
INLINE void F(output_tile)(const bool whole, const bool plain, const float *m, long plane, long line, long step, long rows,
                           long columns, const float *bias, const float *residual, bool relu, float *y) {
    v8a half[TILE][EDGE], shift = {0};
    if (!plain && bias) shift = load(bias);
    UNROLL for (int j = 0; j < EDGE; j++) {
        v8a column[EDGE], done[TILE];
        UNROLL for (int i = 0; i < EDGE; i++) { column[i] = load(m + (i * EDGE + j) * plane); }
        F(at)(column, done);
        UNROLL for (int i = 0; i < TILE; i++) { half[i][j] = done[i]; }
    }
    UNROLL for (int i = 0; i < TILE; i++) {
        v8a done[TILE];
        F(at)(half[i], done);
        UNROLL for (int j = 0; j < TILE; j++) {
            if (!whole && (i >= rows || j >= columns)) continue;
            v8a value = done[j];
            if (!plain) {
                value += shift;
                if (residual) value += load(residual + i * line + j * step);
                if (relu) value = positive(value);
            }
            store(y + i * line + j * step, value);
        }
    }
}

static void NAME(F(output))(const float *m, long images, long height, long width, long channels, const float *bias,
                            const float *residual, bool relu, float *y) {
    long down = (height + TILE - 1) / TILE, across = (width + TILE - 1) / TILE, line = width * channels;
    long plane = winograd_plane(images * down * across, channels);
    bool plain = !bias && !residual && !relu;
    for (long image = 0; image < images; image++) {
        for (long ty = 0; ty < down; ty++) {
            for (long tx = 0; tx < across; tx++, m += channels) {
                long rows = height - ty * TILE, columns = width - tx * TILE;
                bool whole = rows >= TILE && columns >= TILE;
                long first = ((image * height + ty * TILE) * width + tx * TILE) * channels;
                fetch(y + first + TILE * line, TILE, width, channels);
#define OUTPUT(whole, plain)                                                                                            \
    for (long c = 0; c < channels; c += 8)                                                                             \
    F(output_tile)(whole, plain, m + c, plane, line, channels, rows, columns, bias ? bias + c : NULL,                  \
                   residual ? residual + first + c : NULL, relu, y + first + c)
                if (whole && plain) OUTPUT(true, true);
                else if (whole) OUTPUT(true, false);
                else OUTPUT(false, false);
#undef OUTPUT
            }
        }
    }
}

// Eight channels of a tile of a map, from `p` on, as `output_tile` writes them.
INLINE void F(output_adjoint_tile)(const bool whole, const float *p, long line, long step, long rows, long columns,
                                   float *transformed, long plane) {
    v8a half[EDGE][TILE];
    UNROLL for (int j = 0; j < TILE; j++) {
        v8a column[TILE], done[EDGE];
        UNROLL for (int i = 0; i < TILE; i++) {
            column[i] = whole || (i < rows && j < columns) ? load(p + i * line + j * step) : (v8a){0};
        }
        F(a)(column, done);
        UNROLL for (int i = 0; i < EDGE; i++) { half[i][j] = done[i]; }
    }
    UNROLL for (int i = 0; i < EDGE; i++) {
        v8a done[EDGE];
        F(a)(half[i], done);
        UNROLL for (int j = 0; j < EDGE; j++) { store(transformed + (i * EDGE + j) * plane, done[j]); }
    }
}

static void NAME(F(output_adjoint))(const float *dy, long images, long height, long width, long channels,
                                    float *transformed) {
    long down = (height + TILE - 1) / TILE, across = (width + TILE - 1) / TILE, line = width * channels;
    long plane = winograd_plane(images * down * across, channels);
    for (long image = 0; image < images; image++) {
        for (long ty = 0; ty < down; ty++) {
            for (long tx = 0; tx < across; tx++, transformed += channels) {
                long rows = height - ty * TILE, columns = width - tx * TILE;
                const float *p = dy + ((image * height + ty * TILE) * width + tx * TILE) * channels;
                fetch(p + TILE * line, TILE, width, channels);
                if (rows >= TILE && columns >= TILE) {
                    for (long c = 0; c < channels; c += 8)
                        F(output_adjoint_tile)(true, p + c, line, channels, rows, columns, transformed + c, plane);
                } else {
                    for (long c = 0; c < channels; c += 8)
                        F(output_adjoint_tile)(false, p + c, line, channels, rows, columns, transformed + c, plane);
                }
            }
        }
    }
}

// Eight channels of a tile's gradient for the cells that `input_tile` reads: added to them, or in their place.
INLINE void F(input_adjoint_tile)(const float *v, long plane, long line, long step, const bool adds, float *p) {
    v8a half[EDGE][EDGE];
    UNROLL for (int j = 0; j < EDGE; j++) {
        v8a column[EDGE], done[EDGE];
        UNROLL for (int i = 0; i < EDGE; i++) { column[i] = load(v + (i * EDGE + j) * plane); }
        F(b)(column, done);
        UNROLL for (int i = 0; i < EDGE; i++) { half[i][j] = done[i]; }
    }
    UNROLL for (int i = 0; i < EDGE; i++) {
        v8a done[EDGE];
        F(b)(half[i], done);
        UNROLL for (int j = 0; j < EDGE; j++) {
            float *cell = p + i * line + j * step;
            store(cell, adds ? load(cell) + done[j] : done[j]);
        }
    }
}

static void NAME(F(input_adjoint))(const float *v, long images, long height, long width, long channels, float *dx) {
    long down = (height + TILE - 1) / TILE, across = (width + TILE - 1) / TILE, line = width * channels;
    long plane = winograd_plane(images * down * across, channels);
    memset(dx, 0, (size_t)(images * height * line) * sizeof(float));
    for (long image = 0; image < images; image++, dx += height * line) {
        for (long ty = 0; ty < down; ty++) {
            for (long tx = 0; tx < across; tx++, v += channels) {
                F(window) w = F(window_at)(ty, tx, height, width);
                float *p = dx + ((ty * TILE - 1) * width + tx * TILE - 1) * channels;
                if (w.whole) {
                    for (long c = 0; c < channels; c += 8)
                        F(input_adjoint_tile)(v + c, plane, line, channels, true, p + c);
                    continue;
                }
                for (long first = 0; first < channels; first += BORDER) {
                    float cells[EDGE * EDGE * BORDER];
                    long count = channels - first < BORDER ? channels - first : BORDER;
                    for (long c = 0; c < count; c += 8)
                        F(input_adjoint_tile)(v + first + c, plane, EDGE * BORDER, BORDER, false, cells + c);
                    for (long i = w.rows[0]; i < w.rows[1]; i++) {
                        for (long j = w.columns[0]; j < w.columns[1]; j++) {
                            float *to = p + i * line + j * channels + first, *from = cells + (i * EDGE + j) * BORDER;
                            for (long c = 0; c < count; c += 8) store(to + c, load(to + c) + load(from + c));
                        }
                    }
                }
            }
        }
    }
}

static void NAME(F(weights))(const float *w, long in, long out, long first, long last, long panel,
                             float *u, float *ut) {
    long size = in * out, plane = winograd_plane(in, out), width;
    for (long c = first; c < last; c += 8) {
        for (long k = 0; k < out; k += 8) {
            long next = k + 8 < out ? k + 8 : k;
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
                // The matrices are larger than the cache: the next eight columns' lines are asked for while these are written.
                fetch_rows(in_panels(u + position * plane, in, out, panel, c, next, &width), width);
                float *p = in_panels(u + position * plane, in, out, panel, c, k, &width);
                UNROLL for (int l = 0; l < 8; l++) { store(p + l * width, rows[position][l]); }
                if (!ut) continue;
                fetch_rows(in_panels(ut + position * plane, out, in, panel, next, c, &width), width);
                transpose(rows[position]);
                p = in_panels(ut + position * plane, out, in, panel, k, c, &width);
                UNROLL for (int l = 0; l < 8; l++) { store(p + l * width, rows[position][l]); }
            }
        }
    }
}

static void NAME(F(weights_adjoint))(const float *du, long in, long out, long first, long last, float *dw) {
    long size = in * out, plane = winograd_plane(in, out);
    for (long at = first * out; at < last * out; at += 8) {
        v8a half[3][EDGE];
        UNROLL for (int j = 0; j < EDGE; j++) {
            v8a column[EDGE], done[3];
            UNROLL for (int i = 0; i < EDGE; i++) { column[i] = load(du + (i * EDGE + j) * plane + at); }
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
#undef BORDER
