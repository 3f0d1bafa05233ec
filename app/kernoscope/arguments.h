// The command line of the window, parsed.
#pragma once

#include "core/session/session.h"

#include <QSize>
#include <QString>

#include <optional>

class QCoreApplication;

namespace ks::app {

struct Arguments {
    SessionOptions session;
    bool demo = false;
    bool targetGiven = false; ///< the person named one; otherwise the window opens what it remembers
    QString goTo;
    QString theme;      ///< "dark", "light" or empty
    QString screenshot; ///< a PNG to write and end
    std::optional<QSize> size;
};

/// Ends the program for --help, --version and wrong usage (exit code 2).
Arguments parseArguments(const QCoreApplication &application);

} // namespace ks::app
