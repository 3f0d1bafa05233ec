#include "ui/views/open_page.h"

#include "ui/views/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

namespace ks::ui {

OpenPage::OpenPage(QWidget *parent)
    : QWidget(parent),
      title_(new QLabel(this)),
      detail_(new QLabel(this)),
      bar_(new QProgressBar(this)),
      cancel_(new QPushButton(QStringLiteral("&Cancel"), this)),
      retry_(new QPushButton(QStringLiteral("Try &again"), this)),
      rights_(new QPushButton(QStringLiteral("Ask for the &right to read it…"), this)),
      other_(new QPushButton(QStringLiteral("&Open a file…"), this)),
      demo_(new QPushButton(QStringLiteral("Open the &demo kernel"), this))
{
    title_->setObjectName(QStringLiteral("openTitle"));
    detail_->setObjectName(QStringLiteral("openDetail"));
    for (QLabel *label : {title_, detail_}) {
        label->setAlignment(Qt::AlignCenter);
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    bar_->setTextVisible(false);
    bar_->setFixedSize(320, 4);

    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(2 * Theme::kGrid);
    buttons->addStretch();
    for (QPushButton *button : {retry_, rights_, other_, demo_, cancel_})
        buttons->addWidget(button);
    buttons->addStretch();

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(48, 48, 48, 48);
    layout->setSpacing(4 * Theme::kGrid);
    layout->addStretch(2);
    layout->addWidget(title_);
    layout->addWidget(detail_);
    layout->addWidget(bar_, 0, Qt::AlignHCenter);
    layout->addLayout(buttons);
    layout->addStretch(3);

    connect(cancel_, &QPushButton::clicked, this, &OpenPage::cancelRequested);
    connect(retry_, &QPushButton::clicked, this, &OpenPage::retryRequested);
    connect(rights_, &QPushButton::clicked, this, &OpenPage::rightsRequested);
    connect(other_, &QPushButton::clicked, this, &OpenPage::otherRequested);
    connect(demo_, &QPushButton::clicked, this, &OpenPage::demoRequested);

    const auto restyle = [this] {
        const ThemeTokens &tokens = Theme::instance().tokens();
        QFont font = Theme::instance().uiFont();
        font.setPointSizeF(font.pointSizeF() * 1.3);
        title_->setFont(font);
        detail_->setStyleSheet(QStringLiteral("color: %1").arg(tokens.dim.name()));
        bar_->setStyleSheet(QStringLiteral("QProgressBar { background: %1; border: 0; border-radius: 2px; }"
                                           "QProgressBar::chunk { background: %2; border-radius: 2px; }")
                                .arg(tokens.line.name(), tokens.accent.name()));
    };
    connect(&Theme::instance(), &Theme::changed, this, restyle);
    restyle();
    showProgress({}, 0, 0);
}

void OpenPage::showProgress(const QString &stage, quint64 done, quint64 total)
{
    title_->setText(QStringLiteral("Opening the kernel"));
    QString text = stage;
    if (total)
        text += QStringLiteral(" · %1 of %2").arg(QLocale().toString(done), QLocale().toString(total));
    else if (done)
        text += QStringLiteral(" · %1").arg(QLocale().toString(done));
    detail_->setText(text);
    bar_->show();
    bar_->setRange(0, total ? 1000 : 0);
    if (total)
        bar_->setValue(
            static_cast<int>(1000.0 * static_cast<double>(std::min(done, total)) / static_cast<double>(total)));
    cancel_->show();
    for (QPushButton *button : {retry_, rights_, other_, demo_})
        button->hide();
}

void OpenPage::showFailure(const Error &error, bool canAskForRights)
{
    title_->setText(
        QStringLiteral("%1: %2").arg(QString::fromStdString(error.what), QString::fromStdString(error.why)));
    QString remedy = QString::fromStdString(error.remedy);
    if (!remedy.isEmpty())
        remedy[0] = remedy[0].toUpper();
    detail_->setText(remedy);
    bar_->hide();
    cancel_->hide();
    for (QPushButton *button : {retry_, other_, demo_})
        button->show();
    rights_->setVisible(canAskForRights);
    (canAskForRights ? rights_ : retry_)->setFocus();
}

} // namespace ks::ui
