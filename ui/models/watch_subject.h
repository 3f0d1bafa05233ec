// What somebody means who points at bytes and says "watch this".
#pragma once

#include "core/session/session.h"

#include <QString>

namespace ks::ui {

/// An expression for the object at these bytes: the innermost member of a variable that holds them ("init_task.pid",
/// "init_task.comm"), else so many bytes from a symbol, else from the address. One byte alone stands for the number
/// that it is a part of; where no type says which, for the aligned word. Symbols are named where there are some, so
/// that the expression outlives a reboot. Reads types, so it belongs in a worker.
QString expressionFor(const Session &session, const AddrRange &bytes);

/// "name" of an object given by an expression: "init_task.se.load", "(*(struct foo *)0x10).bar", "array[3]".
QString memberOf(const QString &object, const QString &path);

} // namespace ks::ui
