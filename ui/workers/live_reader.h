// Keeps a hex view fresh: reads what is visible, in one batch a tick, on a Worker, and hands the samples to the view.
// Never more than one read is on its way, so a slow source is asked as often as it can answer, and what it answers is
// always shown.
#pragma once

#include "core/memory/memory_source.h"
#include "ui/models/hex_content.h"
#include "ui/workers/worker.h"

#include <QObject>
#include <QTimer>

#include <functional>

namespace ks::ui {

class LiveReader : public QObject {
    Q_OBJECT
public:
    /// `memory` must stay alive as long as work runs: jobs hold it.
    LiveReader(Worker &worker, std::shared_ptr<const MemorySource> memory, QObject *parent = nullptr);

    /// What to read, asked anew for each read: all that is visible, or only what nobody has read yet.
    enum class Want : std::uint8_t { Visible, Unread };
    using Ranges = std::function<std::vector<AddrRange>(Want)>;
    void setRanges(Ranges ranges) { ranges_ = std::move(ranges); }
    /// 0 stops the clock; what becomes visible is still read.
    void setInterval(std::chrono::milliseconds interval);
    /// Frozen: nothing is read again, but what becomes visible for the first time still is.
    void setFrozen(bool frozen);
    bool isFrozen() const { return frozen_; }

    /// Reads what is visible as soon as the worker is free, also when frozen.
    void refresh();
    /// Other ranges are visible: reads them; when frozen only those that were never read.
    void visibleChanged();
    /// One range, once, for a copy; its own channel.
    void readOnce(const AddrRange &range, QObject *receiver, std::function<void(MemoryBlock)> deliver);

Q_SIGNALS:
    void sampled(const ks::ui::Blocks &blocks);

private:
    void request(Want want);
    void requestSoon(Want want);

    QPointer<Worker> worker_;
    std::shared_ptr<const MemorySource> memory_;
    Ranges ranges_;
    QTimer timer_;
    Channel channel_;
    Channel once_;
    bool frozen_ = false;
    bool reading_ = false;
    std::optional<Want> next_; ///< what was asked for while a read was on its way
};

} // namespace ks::ui
