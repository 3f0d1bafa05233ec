#include "ui/views/file_field.h"

#include "ui/views/theme.h"

#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QToolButton>

namespace ks::ui {

FileField::FileField(Purpose purpose, const QString &title, QWidget *parent)
    : QWidget(parent), purpose_(purpose), title_(title), edit_(new QLineEdit(this))
{
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kGrid);
    edit_->setFont(Theme::instance().dataFont());
    edit_->setAccessibleName(QStringLiteral("File"));
    auto *browse = new QToolButton(this);
    browse->setText(QStringLiteral("…"));
    browse->setToolTip(title);
    browse->setAccessibleName(title);
    browse->setFocusPolicy(Qt::TabFocus);
    layout->addWidget(edit_, 1);
    layout->addWidget(browse);
    setFocusProxy(edit_);
    connect(edit_, &QLineEdit::textChanged, this, &FileField::changed);
    connect(browse, &QToolButton::clicked, this, &FileField::browse);
}

void FileField::setText(const QString &text)
{
    edit_->setText(text);
    edit_->setCursorPosition(static_cast<int>(text.size()));
}

std::filesystem::path FileField::path() const
{
    QString text = edit_->text().trimmed();
    if (text.isEmpty())
        return {};
    const QDir home = QDir::home();
    if (text == QLatin1String("~") || text.startsWith(QLatin1String("~/")))
        text = home.path() + text.mid(1);
    const std::filesystem::path path(text.toStdString());
    return path.is_absolute() ? path : std::filesystem::path(home.path().toStdString()) / path;
}

void FileField::browse()
{
    auto *dialog = new QFileDialog(this, title_);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(purpose_ == Purpose::Save ? QFileDialog::AnyFile : QFileDialog::ExistingFile);
    dialog->setAcceptMode(purpose_ == Purpose::Save ? QFileDialog::AcceptSave : QFileDialog::AcceptOpen);
    // Whoever asks for the file says that it is there already.
    dialog->setOption(QFileDialog::DontConfirmOverwrite);
    if (const auto file = path(); !file.empty()) {
        dialog->setDirectory(QString::fromStdString(file.parent_path().string()));
        dialog->selectFile(QString::fromStdString(file.filename().string()));
    }
    connect(dialog, &QFileDialog::fileSelected, this, &FileField::setText);
    dialog->open();
}

} // namespace ks::ui
