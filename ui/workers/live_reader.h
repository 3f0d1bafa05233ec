// Keeps the bytes of a view fresh: subscribes to the ranges that are visible, and hands out what is read of them. A
// slow source is asked as often as it can answer, and what it answers is always shown.
#pragma once

#include "ui/models/hex_content.h"
#include "ui/workers/live_view.h"

#include <QObject>

#include <functional>

namespace ks::ui {

class LiveReader : public QObject {
    Q_OBJECT
public:
    /// All that is visible, or only what nobody has read yet.
    enum class Want : std::uint8_t { Visible, Unread };
    /// What to read, asked anew before each tick.
    using Ranges = std::function<std::vector<AddrRange>(Want)>;

    LiveReader(std::shared_ptr<Sampling> sampling, Ranges ranges, QObject *parent = nullptr);

    /// Other ranges are visible: reads them; when all is frozen only those that were never read.
    void visibleChanged();

Q_SIGNALS:
    /// The ranges of one moment of asking, in its order, and the bytes of them that are torn, sorted.
    void sampled(const ks::ui::Blocks &blocks, const std::vector<ks::AddrRange> &torn);

private:
    enum class Again : std::uint8_t { No, Yes };
    void ask(std::vector<AddrRange> ranges, Again again);
    void take(const live::Sample &sample);

    LiveView view_;
    Ranges ranges_;
    std::vector<AddrRange> asked_;
};

} // namespace ks::ui
