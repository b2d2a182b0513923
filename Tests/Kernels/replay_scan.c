// Searches a recorded picture again by this processor's kernels and compares the windows that pass: they are the same
// to the pixel, or the file is said. Usage: replay_scan FILE…
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"
#include "recording.h"

// Room for so many bytes and the 256 that kernels may read past the end, from a multiple of 64 on.
static void *room(size_t size) {
    void *memory = aligned_alloc(64, (size + 256 + 63) / 64 * 64);
    if (!memory) abort();
    memset(memory, 0, (size + 256 + 63) / 64 * 64);
    return memory;
}

static haar_cascade take_cascade(void) {
    haar_cascade cascade = {0};
    cascade.stage_count = whole();
    cascade.area = (int32_t)whole();
    take(cascade.inner, sizeof cascade.inner);
    haar_stage *stages = room((size_t)cascade.stage_count * sizeof *stages);
    for (long i = 0; i < cascade.stage_count; i++) {
        haar_stage *stage = stages + i;
        stage->trees = whole();
        size_t nodes = (size_t)whole();
        stage->shape = (haar_shape)whole();
        take(&stage->threshold, 4);
        take(&stage->margin, 4);
        take(stage->counts, sizeof stage->counts);
        int32_t *sizes = room((size_t)stage->trees * 4);
        haar_node *list = room(nodes * sizeof *list);
        take(sizes, (size_t)stage->trees * 4);
        take(list, nodes * sizeof *list);
        stage->tree_sizes = sizes, stage->nodes = list;
    }
    cascade.stages = stages;
    return cascade;
}

// Returns how many windows differ, after as many were compared as the file holds.
static long replay(const haar_kernels *kernels) {
    long width = whole(), height = whole(), window_width = whole(), window_height = whole();
    long stride = whole(), rows = whole();
    uint8_t *picture = room((size_t)(width * height));
    take(picture, (size_t)(width * height));
    size_t taps = (size_t)whole();
    int32_t *firsts = room(taps * 4);
    uint16_t *shares = room(taps * 2);
    take(firsts, taps * 4);
    take(shares, taps * 2);
    haar_cascade coarse = take_cascade(), fine = take_cascade();

    size_t entries = (size_t)(stride * rows);
    uint32_t *sums = room(3 * entries * 4);
    uint16_t *blended = room((size_t)width * 2);
    uint8_t *pixels[2] = {room((size_t)stride), room((size_t)stride)};
    float *normalisation = room((size_t)stride * 4);
    uint64_t *marks = room((size_t)(2 * (stride / 64 + 2)) * 8);
    int32_t *passing = room((size_t)stride * 4);
    long capacity = 1024, count = 0;
    int64_t(*found)[4] = malloc((size_t)capacity * sizeof *found);

    for (long jobs = whole(); jobs > 0; jobs--) {
        long scale_width = whole(), step = whole(), column_taps = whole(), row_taps = whole();
        long first_row = whole(), row_count = whole(), across = whole();
        float factor;
        take(&factor, 4);
        const haar_cascade *cascade = step == 2 ? &coarse : &fine;
        haar_tables tables = {sums, sums + entries, sums + 2 * entries, stride, step == 2};
        for (int part = 0; part < 3; part++) memset(sums + (size_t)part * entries, 0, (size_t)stride * 4);
        haar_taps columns = {firsts + column_taps, shares + column_taps, scale_width};
        for (long row = 0; row < (row_count - 1) * step + window_height; row++) {
            long tap = row_taps + first_row * step + row;
            const uint8_t *upper = picture + firsts[tap] * width;
            kernels->blend_rows(upper, shares[tap] ? upper + width : upper, width, shares[tap], blended);
            kernels->sum_row(blended, columns, pixels[row % 2], tables, row + 1);
            haar_tilted_row(pixels[row % 2], row ? pixels[1 - row % 2] : NULL, scale_width, tables, row + 1);
        }
        for (long row = 0; row < row_count; row++) {
            haar_row windows = {sums + row * step * stride, sums + entries + row * step * stride, across, normalisation,
                                marks, marks + stride / 64 + 2};
            long passed = kernels->scan_row(cascade, windows, passing);
            for (long i = 0; i < passed; i++) {
                if (count == capacity) found = realloc(found, (size_t)(capacity *= 2) * sizeof *found);
                if (!found) abort();
                found[count][0] = lrintf((float)(passing[i] * step) * factor);
                found[count][1] = lrintf((float)((first_row + row) * step) * factor);
                found[count][2] = lrintf((float)window_width * factor);
                found[count++][3] = lrintf((float)window_height * factor);
            }
        }
    }
    long expected = whole(), wrong = labs(expected - count);
    for (long i = 0; i < expected; i++) {
        int64_t box[4];
        take(box, sizeof box);
        if (i < count && memcmp(box, found[i], sizeof box) != 0) wrong++;
    }
    printf("%ld windows, %ld of them found otherwise\n", expected, wrong);
    return expected == 0 ? 1 : wrong;
}

int main(int argc, char **argv) {
    long passed = 0, failed = 0;
    for (int i = 1; i < argc; i++) {
        file = fopen(argv[i], "rb");
        if (!file) return fprintf(stderr, "%s can't be read\n", argv[i]), 2;
        printf("%s: ", argv[i]);
        if (replay(haar_kernels_best()) == 0) passed++;
        else failed++;
        fclose(file);
    }
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
