// A demo kernel that moves only when it is told to, and a watch list on it.
#pragma once

#include "tests/support/growing_demo.h"
#include "ui/models/watch_model.h"

#include <QAbstractItemModelTester>

#include <atomic>

namespace ks::ui::test {

/// Another source, until it goes away: then every byte is refused.
class LosableSource : public MemorySource {
public:
    explicit LosableSource(std::shared_ptr<const Session> session) : session_(std::move(session)) {}

    std::string description() const override { return session_->memory().description(); }
    Machine machine() const override { return session_->memory().machine(); }
    bool isLive() const override { return isLive_; }
    std::vector<LoadSegment> segments() const override { return session_->memory().segments(); }
    std::vector<Note> notes() const override { return session_->memory().notes(); }
    ReadCost cost() const override { return session_->memory().cost(); }
    std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override
    {
        if (!isLost)
            return session_->memory().readBatch(ranges);
        std::vector<MemoryBlock> blocks;
        for (const AddrRange &range : ranges)
            blocks.emplace_back(range.first, std::vector<std::byte>(range.size()),
                                std::vector<StatusRun>{{range, {PageStatus::Error, 5}}});
        return blocks;
    }

    std::atomic<bool> isLost = false;

private:
    std::shared_ptr<const Session> session_;
    bool isLive_ = true;
};

class WatchBench {
public:
    explicit WatchBench() : session_(open()), source(std::make_shared<LosableSource>(session_))
    {
        EvalContext context = session_->context();
        context.memory = source.get();
        sampler = std::make_shared<live::Sampler>(
            std::make_shared<std::pair<std::shared_ptr<const Session>, std::shared_ptr<LosableSource>>>(session_,
                                                                                                        source),
            context, live::SamplerOptions{.nap = std::chrono::nanoseconds(0)});
        model.setSampler(sampler);
    }

    const Session &session() const { return *session_; }

    /// Lets the kernel's time pass by `jiffies`, ours by a second, and samples.
    void tick(std::uint64_t jiffies = 0)
    {
        if (jiffies)
            demo.kernel->tickOnce(jiffies);
        now.steady += std::chrono::seconds(1);
        now.wall += std::chrono::seconds(1);
        model.take(sampler->tick(now));
    }
    QString text(const QModelIndex &row, int column) const { return row.siblingAtColumn(column).data().toString(); }

    ks::test::GrowingDemo demo;

private:
    std::shared_ptr<const Session> open() const
    {
        Progress progress;
        return Session::open(demo.options(), progress).value();
    }
    std::shared_ptr<const Session> session_;

public:
    std::shared_ptr<LosableSource> source;
    std::shared_ptr<live::Sampler> sampler;
    WatchModel model;
    QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::QtTest};
    live::Moment now = live::Moment::now();
};

} // namespace ks::ui::test
