// What can be done with a row of the inspector.
#include "core/values/containers.h"
#include "core/values/format.h"
#include "ui/models/decoded_json.h"
#include "ui/views/ask_dialog.h"
#include "ui/windows/inspector.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMenu>
#include <QPointer>

namespace ks::ui {

namespace {

Result<Type> parseType(const EvalContext &context, const QString &text)
{
    if (!context.types)
        return fail(ErrorCode::NotFound, text.toStdString(), "this target has no types",
                    "open it with a vmlinux that has debug information");
    return parseTypeName(*context.types, text.toStdString());
}

QString jsonText(const QJsonValue &value)
{
    if (value.isObject())
        return QString::fromUtf8(QJsonDocument(value.toObject()).toJson());
    // QJsonDocument holds arrays and objects only; a lone value stands in the brackets of an array of one.
    const QString array = QString::fromUtf8(QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact));
    return array.mid(1, array.size() - 2);
}

} // namespace

void Inspector::openMenu(const QModelIndex &index, const QPoint &position)
{
    const StructRow *row = model_->rowAt(index);
    if (!row)
        return;
    const QPersistentModelIndex at(index);
    const Type bare = row->content.type().stripped();
    auto *menu = new QMenu(panel_);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    if (row->target)
        menu->addAction(QStringLiteral("&Go to %1").arg(QString::fromStdString(hex(*row->target))), this,
                        [this, target = *row->target] { Q_EMIT goToRequested(target); });
    if (row->address)
        menu->addAction(QStringLiteral("Go to its &bytes"), this,
                        [this, address = *row->address] { Q_EMIT goToRequested(address); });
    if (const QString expression = model_->expression(index); !expression.isEmpty() && index.parent().isValid()) {
        const bool pointer = bare.kind() == TypeKind::Pointer && row->expandable;
        const QString subject = pointer ? QStringLiteral("*(%1)").arg(expression) : expression;
        menu->addAction(QStringLiteral("&Inspect alone"), this, [this, subject] { inspectExpression(subject); });
    }
    if (const QString expression = model_->expression(index); !expression.isEmpty()) {
        QAction *watch =
            menu->addAction(QStringLiteral("&Watch"), this, [this, expression] { Q_EMIT watchRequested(expression); });
        watch->setShortcut(Qt::Key_W); // for the eye: the key itself is the window's
        watch->setShortcutContext(Qt::WidgetShortcut);
        watch->setShortcutVisibleInContextMenu(true);
    }
    menu->addSeparator();
    if (row->address || bare.kind() == TypeKind::Pointer)
        menu->addAction(QStringLiteral("Show as another &type…"), this, [this, at] { askCast(at); });
    if (row->castTo)
        menu->addAction(QStringLiteral("Show as &declared"), this, [this, at] { model_->setCast(at, std::nullopt); });
    if (bare.kind() == TypeKind::Struct && row->address &&
        (bare.name() == "list_head" || bare.name() == "hlist_head" || bare.name() == "hlist_nulls_head")) {
        menu->addAction(QStringLiteral("Follow as &list of…"), this, [this, at] { askList(at); });
        if (row->follow)
            menu->addAction(QStringLiteral("Show the &plain head"), this,
                            [this, at] { model_->setFollow(at, std::nullopt); });
    }
    if (row->address || row->target)
        menu->addAction(QStringLiteral("The &object around it (container_of)…"), this,
                        [this, at] { askContainer(at); });
    menu->addSeparator();
    menu->addAction(QStringLiteral("Copy as &C"), this, [this, at] { copyText(at, false); });
    menu->addAction(QStringLiteral("Copy as &JSON"), this, [this, at] { copyText(at, true); });
    const auto copyAction = [&](const QString &label, const QString &text) {
        if (!text.isEmpty())
            menu->addAction(label, this, [text] { QGuiApplication::clipboard()->setText(text); });
    };
    copyAction(QStringLiteral("Copy the &expression"), model_->expression(index));
    copyAction(QStringLiteral("Copy the &value"), row->value);
    if (row->address)
        copyAction(QStringLiteral("Copy the &address"), QString::fromStdString(hex(*row->address)));
    menu->popup(position);
}

void Inspector::submit(AskDialog *dialog, std::function<Result<Change>(const EvalContext &)> judge)
{
    worker_->post(
        evaluate_, [judge = std::move(judge)](const Session &session) { return judge(session.context()); }, dialog,
        [dialog](const Result<Change> &change) {
            if (!change) {
                dialog->showError(QString::fromStdString(change.error().message()));
                return;
            }
            (*change)();
            dialog->accept();
        });
}

void Inspector::askCast(const QPersistentModelIndex &index)
{
    const StructRow *row = model_->rowAt(index);
    if (!row)
        return;
    auto *dialog =
        new AskDialog(QStringLiteral("Show %1 as").arg(row->name),
                      {{QStringLiteral("Type"), row->typeName, QStringLiteral("struct task_struct *")}}, panel_);
    connect(dialog, &AskDialog::submitted, this, [this, dialog, index](const QStringList &answers) {
        submit(dialog, [this, index, text = answers[0]](const EvalContext &context) -> Result<Change> {
            auto type = parseType(context, text);
            if (!type)
                return std::unexpected(type.error());
            return Change([this, index, type = *type] { model_->setCast(index, type); });
        });
    });
    dialog->open();
}

void Inspector::askList(const QPersistentModelIndex &index)
{
    const StructRow *row = model_->rowAt(index);
    if (!row)
        return;
    const QString type = row->follow ? QString::fromStdString(row->follow->container.spelling()) : QString();
    const QString member = row->follow ? row->follow->member : QString();
    auto *dialog = new AskDialog(QStringLiteral("Follow %1 as a list").arg(row->name),
                                 {{QStringLiteral("Items are"), type, QStringLiteral("struct task_struct")},
                                  {QStringLiteral("linked through"), member, QStringLiteral("sibling")}},
                                 panel_);
    connect(dialog, &AskDialog::submitted, this, [this, dialog, index](const QStringList &answers) {
        submit(dialog, [this, index, answers](const EvalContext &context) -> Result<Change> {
            auto follow = parseListFollow(context, answers[0], answers[1]);
            if (!follow)
                return std::unexpected(follow.error());
            return Change([this, index, follow = *follow] {
                model_->setFollow(index, follow);
                panel_->tree()->expand(index);
            });
        });
    });
    dialog->open();
}

void Inspector::askContainer(const QPersistentModelIndex &index)
{
    const StructRow *row = model_->rowAt(index);
    if (!row)
        return;
    // A pointer to a member is what container_of is mostly asked of; else it is the row's own place.
    const VirtAddr inner = row->target ? *row->target : *row->address;
    auto *dialog = new AskDialog(QStringLiteral("The object around %1").arg(QString::fromStdString(hex(inner))),
                                 {{QStringLiteral("Object is"), {}, QStringLiteral("struct task_struct")},
                                  {QStringLiteral("this is its"), {}, QStringLiteral("tasks")}},
                                 panel_);
    connect(dialog, &AskDialog::submitted, this, [this, dialog, inner](const QStringList &answers) {
        submit(dialog, [this, inner, answers](const EvalContext &context) -> Result<Change> {
            const auto type = parseType(context, answers[0]);
            if (!type)
                return std::unexpected(type.error());
            const auto member = findMemberPath(type->stripped(), answers[1].toStdString());
            if (!member)
                return std::unexpected(member.error());
            const VirtAddr address = inner - member->bitOffset / 8;
            const QString name =
                QStringLiteral("*(%1 *)%2")
                    .arg(QString::fromStdString(type->spelling()), QString::fromStdString(hex(address)));
            return Change([this, root = StructRoot{name, *type, address, {}}] { inspect(root); });
        });
    });
    dialog->open();
}

void Inspector::copyText(const QModelIndex &index, bool json)
{
    const StructRow *row = model_->rowAt(index);
    if (!row)
        return;
    worker_->post(
        copy_,
        [content = row->content, json](const Session &session) {
            const EvalContext context = session.context();
            // The row may have been too large to be read as a whole.
            Value value = content;
            if (const auto address = content.address(); address && !content.isBitfield() && content.missing())
                value = readValue(context, content.type(), *address);
            if (json)
                return jsonText(decodedToJson(decode(context, value)));
            return QString::fromStdString(formatValue(context, value));
        },
        this, [](const QString &text) { QGuiApplication::clipboard()->setText(text); });
}

} // namespace ks::ui
