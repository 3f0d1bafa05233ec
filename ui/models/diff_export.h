// Differences for other programs.
#pragma once

#include "ui/models/diff_model.h"

#include <QByteArray>

namespace ks::ui {

/// One line a value that differs, and one for each object that only one side has: group, fate, name, pid, path, before,
/// after, delta, address_before, address_after, size. What is missing stands at the end, in group "cut".
QByteArray diffAsCsv(const DiffModel &model);
/// [{group, fate, name, pid, segment, size, address_before, address_after, changes: [{path, before, after, delta}],
///   more}]; values and addresses are text. What is missing stands at the end: {group: "cut", name, changes: []}.
QByteArray diffAsJson(const DiffModel &model);
/// "what<TAB>path<TAB>before<TAB>after<TAB>delta" a line, for the clipboard. The model may be a proxy.
QString diffAsText(const QModelIndexList &rows);

} // namespace ks::ui
