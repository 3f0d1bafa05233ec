// A decoded value as JSON text, in the form that kernoscope-cli prints.
#pragma once

#include "core/values/format.h"

#include <QJsonValue>

namespace ks::ui {

QJsonValue decodedToJson(const Decoded &value);

} // namespace ks::ui
