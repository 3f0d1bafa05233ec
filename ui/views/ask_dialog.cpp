#include "ui/views/ask_dialog.h"

#include "ui/views/theme.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>

namespace ks::ui {

AskDialog::AskDialog(const QString &title, const QList<Field> &fields, QWidget *parent)
    : QDialog(parent), error_(new QLabel(this))
{
    setWindowTitle(title);
    setAttribute(Qt::WA_DeleteOnClose);
    setMinimumWidth(440);
    auto *form = new QFormLayout(this);
    form->setContentsMargins(16, 16, 16, 16);
    form->setSpacing(2 * Theme::kGrid);
    for (const Field &field : fields) {
        auto *edit = new QLineEdit(field.text, this);
        edit->setFont(Theme::instance().dataFont());
        edit->setPlaceholderText(field.placeholder);
        edit->setAccessibleName(field.label);
        connect(edit, &QLineEdit::textEdited, error_, &QLabel::hide);
        form->addRow(field.label, edit);
        edits_ << edit;
    }
    error_->setWordWrap(true);
    error_->setStyleSheet(QStringLiteral("color: %1").arg(Theme::instance().color(SegmentKind::Text).name()));
    error_->hide();
    form->addRow(error_);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    form->addRow(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] { Q_EMIT submitted(answers()); });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    if (!edits_.isEmpty())
        edits_.first()->selectAll();
}

QStringList AskDialog::answers() const
{
    QStringList texts;
    for (const QLineEdit *edit : edits_)
        texts << edit->text().trimmed();
    return texts;
}

void AskDialog::showError(const QString &sentence)
{
    error_->setText(sentence);
    error_->show();
}

} // namespace ks::ui
