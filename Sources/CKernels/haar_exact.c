// What every instruction set shares: the exact judgement of one window, which windows are left out, tilted sums.
// Arithmetic is OpenCV's, as in haar_body.h.
#include "haar_common.h"

#pragma STDC FP_CONTRACT OFF

static float value_of(const haar_node *node, const uint32_t *p) {
#define AT(i) p[node->corners[i]]
#define SUM(i) ((float)(int32_t)(AT(i) - AT(i + 1) - AT(i + 2) + AT(i + 3)))
    switch (node->kind) {
    case HAAR_HALF: return (float)(int32_t)(AT(0) + AT(1) - AT(2) - AT(3) + 2 * (AT(4) - AT(5)));
    case HAAR_CHECKER: {
        uint32_t edges = AT(4) + AT(5) + AT(6) + AT(7);
        return node->weights[0] * (float)(int32_t)(AT(0) + AT(1) + AT(2) + AT(3) - 2 * edges + 4 * AT(8));
    }
    case HAAR_PAIR: return node->weights[0] * SUM(0) + node->weights[1] * SUM(4);
    default: return node->weights[0] * SUM(0) + node->weights[1] * SUM(4) + node->weights[2] * SUM(8);
    }
#undef SUM
#undef AT
}

static double pattern_votes(const haar_stage *stage, const uint32_t *p) {
    static const int around[8] = {4, 8, 9, 10, 6, 2, 1, 0};
    double votes = 0;
    for (const haar_pattern *pattern = stage->patterns; pattern < stage->patterns + stage->trees; pattern++) {
        const int32_t *corner = pattern->corners;
#define BLOCK(i) ((int32_t)(p[corner[i]] - p[corner[(i) + 1]] - p[corner[(i) + 4]] + p[corner[(i) + 5]]))
        unsigned number = 0;
        for (int bit = 0; bit < 8; bit++) number |= (unsigned)(BLOCK(around[bit]) >= BLOCK(5)) << bit;
#undef BLOCK
        bool left = pattern->subset[number >> 5] >> (number & 31) & 1;
        votes += left ? pattern->left_value : pattern->right_value;
    }
    return votes;
}

bool haar_stage_passes(const haar_stage *stage, const uint32_t *p, float normalisation) {
    if (stage->shape == HAAR_PATTERNS) return pattern_votes(stage, p) >= stage->threshold;
    double votes = 0;
    const haar_node *tree = stage->nodes;
    for (long i = 0; i < stage->trees; i++) {
        const haar_node *node = tree;
        for (;;) {
            bool below = value_of(node, p) * normalisation < node->threshold;
            int32_t next = below ? node->left : node->right;
            if (!next) {
                votes += below ? node->left_value : node->right_value;
                break;
            }
            node = tree + next;
        }
        tree += stage->tree_sizes[i];
    }
    return votes >= stage->threshold;
}

bool haar_stages_pass(const haar_cascade *cascade, const uint32_t *p, float normalisation) {
    for (long i = 0; i < cascade->stage_count; i++)
        if (!haar_stage_passes(cascade->stages + i, p, normalisation)) return false;
    return true;
}

void haar_leave_out(haar_row row) {
    // A run of rejected windows leaves out every second one: the very rule by which backslashes escape, and the way
    // to find all of 64 at once is that of Langdale and Lemire (2019, "Parsing gigabytes of JSON per second").
    const uint64_t even = 0x5555555555555555;
    uint64_t carry = 0;
    for (long i = 0; i < (row.count + 63) / 64; i++) {
        uint64_t rejected = row.rejected[i] & ~carry;
        uint64_t follows = rejected << 1 | carry;
        uint64_t odd_starts = rejected & ~even & ~follows;
        uint64_t sum;
        carry = __builtin_add_overflow(odd_starts, rejected, &sum);
        row.standing[i] &= ~((even ^ sum << 1) & follows);
    }
}

void haar_tilted_row(const uint8_t *pixels, const uint8_t *pixels_above, long width, haar_tables tables, long row) {
    long half = tables.stride / 2;
#define AT(x) (tables.split ? ((x) & 1) * half + ((x) >> 1) : (x))
    uint32_t *now = tables.tilted + row * tables.stride;
    const uint32_t *above = now - tables.stride;
    const uint32_t *before = row > 1 ? above - tables.stride : NULL;
    now[AT(0)] = width > 0 ? above[AT(1)] : 0;
    for (long x = 1; x <= width; x++) {
        // The triangles to both sides, less what they share, and the two pixels neither has.
        uint32_t sum = above[AT(x - 1)] + pixels[x - 1] + (pixels_above ? pixels_above[x - 1] : 0);
        if (x < width) sum += above[AT(x + 1)] - (before ? before[AT(x)] : 0);
        now[AT(x)] = sum;
    }
#undef AT
}
