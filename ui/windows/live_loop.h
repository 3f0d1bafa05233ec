// The pulse of the window: how often what is visible is read, whether it is frozen, and whether the target still
// answers.
#pragma once

#include "ui/models/hex_content.h"
#include "ui/workers/live_reader.h"

#include <functional>
#include <memory>

namespace ks::ui {

class LiveLoop : public QObject {
    Q_OBJECT

public:
    /// `sampling` is null when the target has no memory. `visible` is what the hex view shows.
    LiveLoop(std::shared_ptr<Sampling> sampling, LiveReader::Ranges visible, QObject *parent);

    static constexpr double kSlowest = 0.2; ///< Hz
    static constexpr double kFastest = 60;
    void setRate(double hz);
    double rate() const { return rate_; }
    void setFrozen(bool frozen);
    bool isFrozen() const { return sampling_ && sampling_->isFrozen(); }
    /// What is at the target's place is not it any more: nothing that is read counts until the problem has gone (an
    /// empty one).
    void setProblem(const QString &problem);
    bool isLost() const { return !lostReason_.isEmpty(); }
    /// Why the target does not answer, while it is lost.
    const QString &lostReason() const { return lostReason_; }
    /// Reads once, frozen or not.
    void readNow();
    /// Other ranges are visible. Frozen, only those are read that never were.
    void visibleChanged();

    /// When the newest sample was read.
    std::optional<std::chrono::system_clock::time_point> lastRead() const { return lastRead_; }

Q_SIGNALS:
    void sampled(const ks::ui::Blocks &blocks, const std::vector<ks::AddrRange> &torn);
    /// All that is visible has been read again.
    void ticked();
    void stateChanged();

private:
    void take(const Blocks &blocks, const std::vector<AddrRange> &torn);
    void look(const live::Sample &sample);
    void setLost(const QString &reason);

    std::shared_ptr<Sampling> sampling_;
    std::unique_ptr<LiveReader> reader_; ///< null when the target has no memory
    double rate_ = 10;
    QString problem_;
    QString lostReason_;
    bool wasLost_ = false;  ///< as the sampler says
    bool wasTaken_ = false; ///< the sample that is looked at had bytes of the hex view
    std::optional<std::chrono::system_clock::time_point> lastRead_;
};

} // namespace ks::ui
