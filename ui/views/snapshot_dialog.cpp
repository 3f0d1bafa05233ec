#include "ui/views/snapshot_dialog.h"

#include "core/base/units.h"
#include "ui/views/theme.h"

#include <QButtonGroup>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>

namespace ks::ui {

SnapshotDialog::SnapshotDialog(const QList<Choice> &choices, int chosen, const QString &file, QWidget *parent)
    : QDialog(parent), choices_(new QButtonGroup(this)), space_(new QLabel(this))
{
    setWindowTitle(QStringLiteral("Snapshot"));
    setAttribute(Qt::WA_DeleteOnClose);
    setMinimumWidth(560);
    const ThemeTokens &tokens = Theme::instance().tokens();
    auto *grid = new QGridLayout(this);
    grid->setContentsMargins(20, 16, 20, 16);
    grid->setHorizontalSpacing(4 * Theme::kGrid);
    grid->setVerticalSpacing(2 * Theme::kGrid);
    grid->setColumnStretch(1, 1);
    int row = 0;
    for (const Choice &choice : choices) {
        auto *button = new QRadioButton(choice.text, this);
        button->setEnabled(choice.isThere);
        button->setAccessibleDescription(choice.detail);
        choices_->addButton(button, row);
        auto *detail = new QLabel(choice.detail, this);
        detail->setStyleSheet(QStringLiteral("color: %1").arg(tokens.dim.name()));
        grid->addWidget(button, row, 0);
        grid->addWidget(detail, row++, 1);
    }
    choices_->button(chosen)->setChecked(true);
    grid->setRowMinimumHeight(row++, Theme::kGrid);
    // Made behind the choices: keys go from one to the other in that order.
    file_ = new FileField(FileField::Purpose::Save, QStringLiteral("Save the snapshot as"), this);
    file_->setText(file);
    auto *label = new QLabel(QStringLiteral("&File"), this);
    label->setBuddy(file_->edit());
    grid->addWidget(label, row, 0);
    grid->addWidget(file_, row++, 1);
    space_->setObjectName(QStringLiteral("snapshotSpace"));
    space_->setWordWrap(true);
    grid->addWidget(space_, row++, 0, 1, 2);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel, this);
    save_ = buttons->button(QDialogButtonBox::Save);
    grid->setRowMinimumHeight(row++, Theme::kGrid);
    grid->addWidget(buttons, row, 0, 1, 2);

    connect(choices_, &QButtonGroup::idToggled, this, [this](int, bool checked) {
        if (checked)
            ask();
    });
    connect(file_, &FileField::changed, this, &SnapshotDialog::ask);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] { Q_EMIT submitted(exists_); });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    choices_->button(chosen)->setFocus();
    ask();
}

int SnapshotDialog::choice() const { return choices_->checkedId(); }

QString SnapshotDialog::spaceText() const { return space_->text(); }

void SnapshotDialog::ask()
{
    // Until the answer is there nothing can be saved: it may be that a file would be replaced.
    exists_ = false;
    save_->setEnabled(false);
    save_->setText(QStringLiteral("&Save"));
    Q_EMIT changed();
}

void SnapshotDialog::showSpace(const Result<SnapshotSpace> &space)
{
    const auto say = [this](const QString &text, const QColor &color) {
        space_->setText(text);
        space_->setStyleSheet(QStringLiteral("color: %1").arg(color.name()));
    };
    const QColor warning = Theme::instance().color(SegmentKind::Text);
    if (!space)
        return say(QString::fromStdString(space.error().message()), warning);
    const bool fits = space->needed <= space->available;
    exists_ = space->exists;
    save_->setEnabled(fits);
    const QString size =
        QStringLiteral("Needs up to %1; %2 are free there.")
            .arg(QString::fromStdString(sizeText(space->needed)), QString::fromStdString(sizeText(space->available)));
    if (!fits)
        return say(size + QStringLiteral(" Save less, or write to another file system."), warning);
    if (!exists_)
        return say(size, Theme::instance().tokens().dim);
    save_->setText(QStringLiteral("Re&place"));
    say(QStringLiteral("There is such a file already. Replace it, or give another name. ") + size, warning);
}

} // namespace ks::ui
