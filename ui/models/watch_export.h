// The watch list with all that is remembered of its values, for other programs.
#pragma once

#include "ui/models/watch_model.h"

#include <QByteArray>

namespace ks::ui {

/// One line a remembered sample: group, expression, time (ISO 8601, UTC), number, changed (0 or 1), gap (1: nothing is
/// known of the time before), text. The last line of each watch is its last result and has the text of the value.
QByteArray watchesAsCsv(const WatchModel &model);
/// [{group, expression, type, format, address, state, error, time, value, minimum, maximum, changes, samples,
///   history: [{time, number, changed, gap}]}]; 64-bit numbers are text, "0x...".
QByteArray watchesAsJson(const WatchModel &model);
/// "expression<TAB>value" a line, for the clipboard.
QString watchesAsText(const WatchModel &model, const QModelIndexList &indexes);

} // namespace ks::ui
