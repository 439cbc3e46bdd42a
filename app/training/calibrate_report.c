/* SPDX-License-Identifier: MIT */
#include "app/training/calibrate_report.h"

#include "train/fit/reliability_plot.h"

#include <stdlib.h>
#include <string.h>

void calibrate_print_reliability(const struct reliability *r, FILE *stream)
{
    fprintf(stream, "confidence  %.3f on average, where the content is %.3f\n", r->estimate,
            r->score);
    fprintf(stream, "ECE         %.3f in 10 bins of equal width, %.3f of equal mass\n",
            r->ece_width, r->ece_mass);
    fprintf(stream, "by chance   %.3f and %.3f of so many photos, if each confidence were right\n",
            r->chance_width, r->chance_mass);
    fprintf(stream, "Spearman    %.3f between confidence and content\n", r->spearman);
}

static int compare_estimates(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* The least, some of the middle and the largest of values[count]. */
static void print_spread(const char *name, const double *values, size_t count, FILE *stream)
{
    static const int percent[] = {0, 1, 5, 50, 95, 99, 100};
    double *sorted = malloc((count + 1) * sizeof *sorted);

    if (!sorted || count == 0) {
        free(sorted);
        return;
    }
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_estimates);
    fprintf(stream, "%-11s", name);
    for (size_t i = 0; i < sizeof percent / sizeof percent[0]; i++)
        fprintf(stream, " %6.3f", sorted[(count - 1) * (size_t)percent[i] / 100]);
    fprintf(stream, "\n");
    free(sorted);
}

void calibrate_print(const struct calibrate_report *report, FILE *stream)
{
    const struct reliability *r = &report->reliability;
    const struct calibration_estimates *e = &report->estimates;

    fprintf(stream, "photos      %zu (%s), and %zu for the centres\n", r->count, report->split,
            report->centres);
    calibrate_print_reliability(r, stream);
    fprintf(stream, "AUC         %.4f photos against %zu pictures of nothing\n",
            reliability_auc(e->photos, r->count, e->empty, report->empty_count),
            report->empty_count);
    fprintf(stream, "no photo    %zu of %zu photos, %zu of %zu pictures of nothing\n\n",
            e->photos_denied, r->count, e->empty_denied, report->empty_count);
    fprintf(stream, "confidence   least     1%%     5%%    50%%    95%%    99%%   most\n");
    print_spread("photos", e->photos, r->count, stream);
    print_spread("nothing", e->empty, report->empty_count, stream);
    fprintf(stream, "\nconfidence  content  photos\n");
    for (size_t b = 0; b < RELIABILITY_BINS; b++)
        if (r->widths[b].count > 0)
            fprintf(stream, "     %.3f    %.3f  %6zu\n", r->widths[b].estimate, r->widths[b].score,
                    r->widths[b].count);
}

void calibrate_note(const struct calibrate_report *report, char note[CALIBRATE_NOTE_SIZE])
{
    const struct reliability *r = &report->reliability;
    const struct calibration_estimates *e = &report->estimates;

    snprintf(note, CALIBRATE_NOTE_SIZE,
             "{\"split\": \"%s\", \"photos\": %zu, \"content_precision\": %.4f, \"ece\": %.4f, "
             "\"ece_equal_mass\": %.4f, \"spearman\": %.4f, \"auc_empty\": %.4f, "
             "\"photos_denied\": %zu, \"empty\": %zu, \"empty_denied\": %zu}",
             report->split, r->count, r->score, r->ece_width, r->ece_mass, r->spearman,
             reliability_auc(e->photos, r->count, e->empty, report->empty_count), e->photos_denied,
             report->empty_count, e->empty_denied);
}

enum tn_status calibrate_draw(const struct calibrate_report *report, const char *path,
                              struct tn_error *err)
{
    const struct reliability_plot plot = {&report->reliability, report->estimates.photos,
                                          report->estimates.empty, report->empty_count};

    return reliability_plot_save(path, &plot, err);
}
