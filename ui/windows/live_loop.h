// The pulse of the window: how often what is visible is read, whether it is frozen, and whether the target still
// answers.
#pragma once

#include "ui/models/hex_content.h"
#include "ui/workers/live_reader.h"
#include "ui/workers/session_worker.h"

#include <QTimer>

#include <functional>
#include <memory>

namespace ks::ui {

class LiveLoop : public QObject {
    Q_OBJECT

public:
    LiveLoop(SessionWorker *worker, LiveReader::Ranges visible, QObject *parent);

    static constexpr double kSlowest = 0.2; ///< Hz
    static constexpr double kFastest = 60;
    void setRate(double hz);
    double rate() const { return rate_; }
    void setFrozen(bool frozen);
    bool isFrozen() const { return frozen_; }
    /// What is at the target's place is not it any more: nothing is read until the problem has gone (an empty one).
    void setProblem(const QString &problem);
    bool isLost() const { return !lostReason_.isEmpty(); }
    /// Why the target does not answer, while it is lost.
    const QString &lostReason() const { return lostReason_; }
    /// Reads once, frozen or not.
    void readNow();
    /// Other ranges are visible. Frozen, only those are read that never were.
    void visibleChanged();
    void readOnce(const AddrRange &range, QObject *receiver, std::function<void(MemoryBlock)> deliver);

    /// When the newest sample was read, and how long that took.
    std::optional<std::chrono::system_clock::time_point> lastRead() const { return lastRead_; }
    std::chrono::nanoseconds latency() const { return latency_; }

Q_SIGNALS:
    void sampled(const ks::ui::Blocks &blocks);
    /// At the same rate, and with readNow(): other views of memory read again too. They leave out what is under way.
    void ticked();
    void stateChanged();

private:
    void take(const Blocks &blocks);
    void setLost(const QString &reason);
    void run();

    std::unique_ptr<LiveReader> reader_; ///< null when the target has no memory
    QTimer timer_;
    double rate_ = 10;
    bool live_;
    bool frozen_ = false;
    QString problem_;
    QString lostReason_;
    std::optional<std::chrono::system_clock::time_point> lastRead_;
    std::chrono::nanoseconds latency_{0};
};

} // namespace ks::ui
