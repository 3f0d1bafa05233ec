#include "app/kernoscope/arguments.h"

#include <QCommandLineParser>
#include <QFile>

#include <cstdio>
#include <cstdlib>

namespace ks::app {

namespace {

constexpr int kWrongUsage = 2;

[[noreturn]] void refuse(const QString &what)
{
    std::fprintf(stderr, "kernoscope: usage: %s (see kernoscope --help)\n", qPrintable(what));
    std::exit(kWrongUsage);
}

std::optional<QSize> parseSize(const QString &text)
{
    const QStringList parts = text.split(QLatin1Char('x'));
    if (parts.size() != 2)
        return std::nullopt;
    const QSize size(parts[0].toInt(), parts[1].toInt());
    return size.width() > 0 && size.height() > 0 && size.width() <= 16384 && size.height() <= 16384
               ? std::optional<QSize>(size)
               : std::nullopt;
}

} // namespace

Arguments parseArguments(const QCoreApplication &application)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("Browses the memory of a Linux kernel by name and by type. It only ever reads."));
    const auto add = [&](const char *name, const char *help, const char *value = nullptr) {
        const QCommandLineOption option(QString::fromLatin1(name), QString::fromLatin1(help),
                                        value ? QString::fromLatin1(value) : QString());
        parser.addOption(option);
        return option;
    };
    const auto help = parser.addHelpOption();
    const auto version = parser.addVersionOption();
    const auto core = add("core", "/proc/kcore (the default when readable), a dump, or `demo`.", "FILE");
    const auto coreFd = add("core-fd", "An open descriptor of a kcore or dump.", "N");
    const auto kallsymsFd = add("kallsyms-fd", "An open descriptor of /proc/kallsyms.", "N");
    const auto vmlinux =
        add("vmlinux", "The kernel with debug information; found by build-id and release otherwise.", "FILE");
    const auto systemMap = add("system-map", "Symbols in System.map form.", "FILE");
    const auto kallsyms = add("kallsyms", "Symbols in /proc/kallsyms form.", "FILE");
    const auto btf = add("btf", "Types in BTF form, raw or in an ELF file.", "FILE");
    const auto modulesDir = add("modules-dir", "Where to look for debug files of modules; may be repeated.", "DIR");
    const auto kaslr = add("kaslr", "KASLR offset, only when it cannot be found.", "OFFSET");
    const auto demo = add("demo", "Open the demo kernel.");
    const auto goTo = add("goto", "Go to a symbol, an address or a C expression.", "EXPR");
    const auto theme = add("theme", "dark or light; the system's otherwise.", "NAME");
    const auto screenshot = add("screenshot", "Write a picture of the window and end.", "FILE");
    const auto size = add("size", "Size of the window, for instance 1280x800.", "WxH");
    if (!parser.parse(application.arguments()))
        refuse(parser.errorText());
    if (parser.isSet(help)) {
        std::fputs(qPrintable(parser.helpText()), stdout);
        std::exit(0);
    }
    if (parser.isSet(version)) {
        std::printf("kernoscope %s\n", KERNOSCOPE_VERSION);
        std::exit(0);
    }
    if (!parser.positionalArguments().isEmpty())
        refuse(QStringLiteral("unexpected argument: %1").arg(parser.positionalArguments().first()));

    Arguments arguments;
    const auto path = [&](const QCommandLineOption &option, std::filesystem::path &to) {
        if (parser.isSet(option))
            to = QFile::encodeName(parser.value(option)).toStdString();
    };
    const auto descriptor = [&](const QCommandLineOption &option, std::optional<int> &to) {
        if (!parser.isSet(option))
            return;
        const auto number = parseNumber(parser.value(option).toStdString());
        if (!number || *number > 0x7fffffff)
            refuse(QStringLiteral("not a descriptor: %1").arg(parser.value(option)));
        to = static_cast<int>(*number);
    };
    SessionOptions &session = arguments.session;
    path(core, session.core);
    path(vmlinux, session.vmlinux);
    path(systemMap, session.systemMap);
    path(kallsyms, session.kallsyms);
    path(btf, session.btf);
    descriptor(coreFd, session.coreFd);
    descriptor(kallsymsFd, session.kallsymsFd);
    for (const QString &dir : parser.values(modulesDir))
        session.moduleDirs.emplace_back(QFile::encodeName(dir).toStdString());
    if (parser.isSet(kaslr)) {
        session.kaslrOffset = parseNumber(parser.value(kaslr).toStdString());
        if (!session.kaslrOffset)
            refuse(QStringLiteral("not a number: %1").arg(parser.value(kaslr)));
    }
    arguments.demo = parser.isSet(demo) || session.core == "demo";
    if (arguments.demo)
        session.core.clear();
    arguments.targetGiven = arguments.demo || parser.isSet(core) || parser.isSet(coreFd);
    arguments.goTo = parser.value(goTo);
    arguments.theme = parser.value(theme);
    if (!arguments.theme.isEmpty() && arguments.theme != QLatin1String("dark") &&
        arguments.theme != QLatin1String("light"))
        refuse(QStringLiteral("not a theme: %1").arg(arguments.theme));
    arguments.screenshot = parser.value(screenshot);
    if (parser.isSet(size)) {
        arguments.size = parseSize(parser.value(size));
        if (!arguments.size)
            refuse(QStringLiteral("not a size: %1").arg(parser.value(size)));
    }
    return arguments;
}

} // namespace ks::app
