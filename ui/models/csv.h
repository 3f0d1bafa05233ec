// Fields of a CSV file (RFC 4180).
#pragma once

#include <QString>

namespace ks::ui {

/// The text as one field: in quotes where it has to be.
QString csvField(QString text);

} // namespace ks::ui
