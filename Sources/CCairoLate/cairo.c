#include "CCairoLate.h"

#include <CLateLibrary.h>
#include "../CCairo/shim.h"

// Pango's file brings those of Cairo, GObject and fontconfig with it.
#define FUNCTIONS(F) \
    F(FcFontSet *, FcConfigGetFonts, (FcConfig * config, FcSetName set), (config, set)) \
    F(void, cairo_arc, (cairo_t *c, double x, double y, double radius, double from, double to), \
      (c, x, y, radius, from, to)) \
    F(void, cairo_clip, (cairo_t *c), (c)) \
    F(void, cairo_close_path, (cairo_t *c), (c)) \
    F(cairo_t *, cairo_create, (cairo_surface_t *surface), (surface)) \
    F(void, cairo_destroy, (cairo_t *c), (c)) \
    F(void, cairo_fill, (cairo_t *c), (c)) \
    F(void, cairo_fill_preserve, (cairo_t *c), (c)) \
    F(cairo_font_options_t *, cairo_font_options_create, (void), ()) \
    F(void, cairo_font_options_destroy, (cairo_font_options_t *options), (options)) \
    F(void, cairo_font_options_set_antialias, (cairo_font_options_t *options, cairo_antialias_t mode), \
      (options, mode)) \
    F(void, cairo_font_options_set_hint_metrics, (cairo_font_options_t *options, cairo_hint_metrics_t mode), \
      (options, mode)) \
    F(void, cairo_font_options_set_hint_style, (cairo_font_options_t *options, cairo_hint_style_t style), \
      (options, style)) \
    F(cairo_pattern_t *, cairo_get_source, (cairo_t *c), (c)) \
    F(cairo_surface_t *, cairo_image_surface_create, (cairo_format_t format, int w, int h), (format, w, h)) \
    F(cairo_surface_t *, cairo_image_surface_create_for_data, \
      (unsigned char *pixels, cairo_format_t format, int w, int h, int stride), (pixels, format, w, h, stride)) \
    F(unsigned char *, cairo_image_surface_get_data, (cairo_surface_t *surface), (surface)) \
    F(int, cairo_image_surface_get_stride, (cairo_surface_t *surface), (surface)) \
    F(void, cairo_line_to, (cairo_t *c, double x, double y), (c, x, y)) \
    F(void, cairo_move_to, (cairo_t *c, double x, double y), (c, x, y)) \
    F(void, cairo_new_path, (cairo_t *c), (c)) \
    F(void, cairo_new_sub_path, (cairo_t *c), (c)) \
    F(void, cairo_paint, (cairo_t *c), (c)) \
    F(void, cairo_paint_with_alpha, (cairo_t *c, double alpha), (c, alpha)) \
    F(void, cairo_pattern_set_extend, (cairo_pattern_t *pattern, cairo_extend_t extend), (pattern, extend)) \
    F(void, cairo_pattern_set_filter, (cairo_pattern_t *pattern, cairo_filter_t filter), (pattern, filter)) \
    F(void, cairo_pop_group_to_source, (cairo_t *c), (c)) \
    F(void, cairo_push_group, (cairo_t *c), (c)) \
    F(void, cairo_rectangle, (cairo_t *c, double x, double y, double w, double h), (c, x, y, w, h)) \
    F(void, cairo_restore, (cairo_t *c), (c)) \
    F(void, cairo_rotate, (cairo_t *c, double angle), (c, angle)) \
    F(void, cairo_save, (cairo_t *c), (c)) \
    F(void, cairo_scale, (cairo_t *c, double x, double y), (c, x, y)) \
    F(void, cairo_set_antialias, (cairo_t *c, cairo_antialias_t mode), (c, mode)) \
    F(void, cairo_set_dash, (cairo_t *c, const double *dashes, int count, double offset), \
      (c, dashes, count, offset)) \
    F(void, cairo_set_line_cap, (cairo_t *c, cairo_line_cap_t cap), (c, cap)) \
    F(void, cairo_set_line_width, (cairo_t *c, double width), (c, width)) \
    F(void, cairo_set_operator, (cairo_t *c, cairo_operator_t how), (c, how)) \
    F(void, cairo_set_source_rgba, (cairo_t *c, double r, double g, double b, double alpha), (c, r, g, b, alpha)) \
    F(void, cairo_set_source_surface, (cairo_t *c, cairo_surface_t *surface, double x, double y), \
      (c, surface, x, y)) \
    F(cairo_status_t, cairo_status, (cairo_t *c), (c)) \
    F(void, cairo_stroke, (cairo_t *c), (c)) \
    F(void, cairo_surface_destroy, (cairo_surface_t *surface), (surface)) \
    F(void, cairo_surface_flush, (cairo_surface_t *surface), (surface)) \
    F(void, cairo_surface_mark_dirty, (cairo_surface_t *surface), (surface)) \
    F(cairo_status_t, cairo_surface_status, (cairo_surface_t *surface), (surface)) \
    F(void, cairo_translate, (cairo_t *c, double x, double y), (c, x, y)) \
    F(void, g_object_unref, (void *object), (object)) \
    F(void, pango_cairo_context_set_font_options, (PangoContext *context, const cairo_font_options_t *options), \
      (context, options)) \
    F(void, pango_cairo_context_set_resolution, (PangoContext *context, double dots), (context, dots)) \
    F(PangoFontMap *, pango_cairo_font_map_new, (void), ()) \
    F(void, pango_cairo_show_layout, (cairo_t *c, PangoLayout *layout), (c, layout)) \
    F(void, pango_font_description_free, (PangoFontDescription *font), (font)) \
    F(PangoFontDescription *, pango_font_description_from_string, (const char *text), (text)) \
    F(void, pango_font_description_set_absolute_size, (PangoFontDescription *font, double size), (font, size)) \
    F(PangoContext *, pango_font_map_create_context, (PangoFontMap *map), (map)) \
    F(void, pango_layout_get_pixel_size, (PangoLayout *layout, int *w, int *h), (layout, w, h)) \
    F(PangoLayout *, pango_layout_new, (PangoContext *context), (context)) \
    F(void, pango_layout_set_font_description, (PangoLayout *layout, const PangoFontDescription *font), \
      (layout, font)) \
    F(void, pango_layout_set_text, (PangoLayout *layout, const char *text, int length), (layout, text, length))

FUNCTIONS(LATE_FORWARD)
LATE_LIBRARY(cairo, "libpangocairo-1.0.so.0", "libpangocairo-1.0-0", FUNCTIONS);

const char *raut_load_cairo(void) { return late_library_load(&cairo); }
