// Opens a kernel in the background, so that the window can show how far it is and can be closed meanwhile.
#pragma once

#include "core/live/target_watch.h"
#include "core/session/session.h"
#include "ui/workers/worker.h"

#include <QObject>
#include <QTimer>

#include <functional>

namespace ks::ui {

/// The ways to a Session. The program wires them; tests put their own in.
struct Openers {
    using Open = std::function<Result<std::shared_ptr<const Session>>(const SessionOptions &, Progress &)>;
    Open kernel = Session::open;
    Open demo;       ///< the demo kernel; may be empty
    Open privileged; ///< asks the system for the right to read this machine's memory; may be empty
};

struct TargetRequest {
    enum class Kind { Kernel, Demo, Privileged };
    Kind kind = Kind::Kernel;
    SessionOptions options;
    /// When this machine's memory cannot be read, the demo is opened instead.
    bool demoInstead = false;
    /// The file has taken the place of the one that is open.
    bool isReplacement = false;
};

struct OpenedTarget {
    std::shared_ptr<const Session> session;
    TargetRequest request;
    bool demo = false;
    std::optional<Error> refused;          ///< why the demo was opened instead
    std::optional<live::TargetWatch> file; ///< that was asked for, as it was before it was opened
};

class TargetOpener : public QObject {
    Q_OBJECT

public:
    explicit TargetOpener(Openers openers, QObject *parent = nullptr);

    const Openers &openers() const { return openers_; }
    void open(const TargetRequest &request);
    void cancel();
    bool isBusy() const { return worker_.isBusy(channel_); }

Q_SIGNALS:
    void stageChanged(const QString &stage, quint64 done, quint64 total);
    void opened(const ks::ui::OpenedTarget &target);
    void failed(const ks::ui::TargetRequest &request, const ks::Error &error);
    void cancelled();

private:
    Openers openers_;
    Worker worker_;
    Channel channel_;
    QTimer poll_;
};

} // namespace ks::ui
