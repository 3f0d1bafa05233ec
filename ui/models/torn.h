// What the window says of a value whose bytes no two reads in a row agreed on.
#pragma once

#include <QString>

namespace ks::ui {

inline QString tornReason() { return QStringLiteral("torn: it changed during every read, and may mix two moments"); }

} // namespace ks::ui
