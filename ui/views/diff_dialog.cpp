#include "ui/views/diff_dialog.h"

#include "ui/views/theme.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QIntValidator>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace ks::ui {

DiffDialog::DiffDialog(const QString &file, std::size_t limit, QWidget *parent)
    : QDialog(parent),
      file_(new FileField(FileField::Purpose::Open, QStringLiteral("Snapshot to compare with"), this)),
      byTypes_(new QCheckBox(QStringLiteral("&Tasks, modules and variables"), this)),
      byBytes_(new QCheckBox(QStringLiteral("&Bytes of all that the snapshot holds"), this)),
      limit_(new QLineEdit(QString::number(limit), this))
{
    setWindowTitle(QStringLiteral("Diff"));
    setAttribute(Qt::WA_DeleteOnClose);
    setMinimumWidth(560);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 16, 20, 16);
    layout->setSpacing(2 * Theme::kGrid);
    auto *title = new QLabel(QStringLiteral("What has changed since this snapshot was saved:"), this);
    title->setStyleSheet(QStringLiteral("color: %1").arg(Theme::instance().tokens().dim.name()));
    layout->addWidget(title);
    layout->addWidget(file_);
    layout->addSpacing(Theme::kGrid);
    layout->addWidget(byTypes_);
    layout->addWidget(byBytes_);
    layout->addSpacing(Theme::kGrid);
    auto *most = new QHBoxLayout;
    auto *label = new QLabel(QStringLiteral("&Most that are shown of each"), this);
    label->setBuddy(limit_);
    limit_->setObjectName(QStringLiteral("diffLimit"));
    limit_->setValidator(new QIntValidator(1, static_cast<int>(kMaxLimit), limit_));
    limit_->setMaximumWidth(limit_->fontMetrics().horizontalAdvance(QStringLiteral("0000000")) + 6 * Theme::kGrid);
    most->addWidget(label);
    most->addWidget(limit_);
    most->addStretch(1);
    layout->addLayout(most);
    layout->addSpacing(Theme::kGrid);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    compare_ = buttons->button(QDialogButtonBox::Ok);
    compare_->setText(QStringLiteral("&Compare"));
    layout->addWidget(buttons);

    byTypes_->setChecked(true);
    file_->edit()->setPlaceholderText(QStringLiteral("a snapshot, a dump, or a copy of kcore"));
    file_->setText(file);
    connect(file_, &FileField::changed, this, &DiffDialog::update);
    connect(byTypes_, &QCheckBox::toggled, this, &DiffDialog::update);
    connect(byBytes_, &QCheckBox::toggled, this, &DiffDialog::update);
    connect(limit_, &QLineEdit::textChanged, this, &DiffDialog::update);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    file_->setFocus();
    update();
}

void DiffDialog::update()
{
    compare_->setEnabled(!file_->path().empty() && (byTypes_->isChecked() || byBytes_->isChecked()) && limit() > 0);
}

std::size_t DiffDialog::limit() const { return limit_->hasAcceptableInput() ? limit_->text().toULongLong() : 0; }

} // namespace ks::ui
