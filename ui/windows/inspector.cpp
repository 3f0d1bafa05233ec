#include "ui/windows/inspector.h"

#include "core/values/containers.h"
#include "core/values/expression.h"
#include "core/values/format.h"
#include "ui/models/type_spans.h"

#include <algorithm>

namespace ks::ui {

Result<StructRoot> rootForExpression(const EvalContext &context, const QString &expression)
{
    const auto value = evaluate(context, expression.toStdString());
    if (!value)
        return std::unexpected(value.error());
    StructRoot root{expression, value->type(), value->address(), *value};
    const Type bare = value->type().stripped();
    if (!root.address && bare.kind() == TypeKind::Pointer) {
        const auto bits = value->scalar();
        if (bits && *bits && bare.target().size() > 0) {
            root.type = bare.target();
            root.address = VirtAddr(*bits);
            const bool plainName = expression.startsWith(QLatin1Char('&')) &&
                                   std::all_of(expression.begin() + 1, expression.end(), [](QChar c) {
                                       return c.isLetterOrNumber() || c == QLatin1Char('_') || c == QLatin1Char(':');
                                   });
            root.name = plainName ? expression.mid(1) : QStringLiteral("*(%1)").arg(expression);
        }
    }
    return root;
}

Inspector::Inspector(SessionWorker *worker, const std::shared_ptr<Sampling> &sampling, QWidget *parent)
    : QObject(parent),
      worker_(worker),
      model_(new StructTreeModel(
          [this](StructTreeModel::Lane lane, StructTreeModel::Job job) { run(lane, std::move(job)); }, this)),
      panel_(new InspectorPanel(model_, parent)),
      root_(worker->newChannel()),
      refresh_(worker->newChannel()),
      evaluate_(worker->newChannel()),
      spans_(worker->newChannel()),
      copy_(worker->newChannel())
{
    connect(model_, &StructTreeModel::rootShown, this, &Inspector::rootShown);
    StructTreeView *tree = panel_->tree();
    connect(tree, &StructTreeView::rowChosen, this, [this](const QModelIndex &index) {
        const StructRow *row = model_->rowAt(index);
        if (row && row->address && row->size && index.parent().isValid())
            Q_EMIT memberChosen(*row->address, row->size);
    });
    connect(tree, &StructTreeView::goToRequested, this, &Inspector::goToRequested);
    connect(tree, &StructTreeView::menuRequested, this, &Inspector::openMenu);
    connect(worker_, &Worker::busyChanged, this, [this] { panel_->setBusy(isSearching()); });
    if (!sampling)
        return;
    live_.emplace(sampling);
    connect(sampling.get(), &Sampling::collecting, this, &Inspector::askVisible);
    connect(sampling.get(), &Sampling::sampled, this, [this](const auto &sample) { take(*sample); });
}

void Inspector::run(StructTreeModel::Lane lane, StructTreeModel::Job job)
{
    // Every opened row counts, so each has a channel of its own; a channel costs a few bytes.
    const Channel channel = lane == StructTreeModel::Lane::Root      ? root_
                            : lane == StructTreeModel::Lane::Refresh ? refresh_
                                                                     : worker_->newChannel();
    worker_->post(
        channel, [job = std::move(job)](const Session &session) { return job(session.context()); }, this,
        [](std::function<void()> deliver) { deliver(); });
}

void Inspector::inspect(const StructRoot &root)
{
    worker_->cancel(evaluate_);
    model_->setRoot(root);
}

void Inspector::inspectExpression(const QString &expression, const QList<QStringList> &expanded)
{
    worker_->post(
        evaluate_, [expression](const Session &session) { return rootForExpression(session.context(), expression); },
        this,
        [this, expanded](const Result<StructRoot> &root) {
            if (!root) {
                Q_EMIT failed(root.error());
                return;
            }
            expandedNext_ = expanded;
            model_->setRoot(*root);
        });
}

bool Inspector::inspectAgain()
{
    const QString shown = inspected();
    if (!shown.isEmpty())
        inspectExpression(shown, panel_->tree()->expandedPaths());
    return !shown.isEmpty();
}

void Inspector::follow(VirtAddr address)
{
    if (const auto shown = range(); shown && shown->contains(address))
        return;
    worker_->post(
        evaluate_,
        [address](const Session &session) -> std::optional<StructRoot> {
            const auto hit = session.symbols().lookup(address);
            if (!hit || hit->symbol.kind == SymbolKind::Function || hit->symbol.kind == SymbolKind::Other)
                return std::nullopt;
            SymbolHit start = *hit;
            start.offset = 0;
            auto root = rootForExpression(session.context(), QString::fromStdString(toString(start)));
            const bool holds =
                root && root->address && root->address == hit->symbol.address && hit->offset < root->type.size();
            return holds ? std::optional<StructRoot>(std::move(*root)) : std::nullopt;
        },
        this,
        [this](const std::optional<StructRoot> &root) {
            if (root)
                model_->setRoot(*root);
        });
}

void Inspector::rootShown()
{
    const StructRow *row = model_->rowAt(model_->index(0, 0));
    if (!row || !model_->root())
        return;
    panel_->setSubject(row->typeName, model_->root()->name);
    if (!expandedNext_.isEmpty())
        panel_->tree()->setExpandedPaths(std::exchange(expandedNext_, {}));
    Q_EMIT shown();
    if (!row->address) {
        Q_EMIT overlayChanged({});
        return;
    }
    worker_->post(
        spans_,
        [type = row->content.type(), address = *row->address](const Session &) {
            return StructOverlay(address, typeSpans(type));
        },
        this, [this](const StructOverlay &overlay) { Q_EMIT overlayChanged(overlay); });
}

QString Inspector::inspected() const { return model_->root() ? model_->root()->name : QString(); }

std::optional<AddrRange> Inspector::range() const
{
    const StructRow *row = model_->rowAt(model_->index(0, 0));
    return row && row->address ? AddrRange::sized(*row->address, row->size) : std::nullopt;
}

void Inspector::askVisible()
{
    auto reading = model_->reading(panel_->tree()->visibleRows());
    if (!reading) {
        asked_.clear();
        return live_->clear();
    }
    if (reading->key == asked_)
        return;
    asked_ = std::move(reading->key);
    // The rows' types are the session's, which may be closed while a tick is at work.
    live_->ask({[session = worker_->session(), make = std::move(reading->make)](const EvalContext &context) {
        return make(context);
    }});
}

void Inspector::take(const live::Sample &sample)
{
    if (sample.lost)
        return model_->lose(QString::fromStdString(sample.lost->why));
    const live::WatchResult *result = live_->in(sample);
    if (!result)
        return;
    const bool isSame = result->value->made == taken_ && result->torn == torn_;
    if (isSame && model_->lostReason().isEmpty())
        return;
    taken_ = result->value->made;
    torn_ = result->torn;
    model_->take(*static_cast<const RowUpdates *>(taken_.get()), torn_);
}

void Inspector::lightByte(VirtAddr address)
{
    if (const auto shown = range(); shown && shown->contains(address))
        panel_->tree()->showRow(model_->indexOfAddress(address));
}

} // namespace ks::ui
