#include "core/values/text.h"

#include <array>

namespace ks {

namespace {

/// Length of the well-formed UTF-8 sequence of two to four bytes that `text` begins with (Unicode 3.9, table 3-7); 0:
/// none.
std::size_t utf8Length(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length)
        return 0;
    const unsigned char lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned char highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    // U+0080 to U+009F are control characters, which would act on a terminal.
    if (byte(1) < (first == 0xc2 ? 0xa0 : lowest) || byte(1) > highest)
        return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80)
            return 0;
    }
    return length;
}

void appendEscaped(std::string &out, unsigned char c, bool digitFollows)
{
    constexpr std::string_view codes = "\a\b\t\n\v\f\r", letters = "abtnvfr";
    if (const auto at = codes.find(static_cast<char>(c)); at != std::string_view::npos) {
        out += {'\\', letters[at]};
        return;
    }
    // Octal escapes end after three digits, so that nothing that follows can join them.
    const std::array<char, 3> digits = {char('0' + (c >> 6)), char('0' + ((c >> 3) & 7)), char('0' + (c & 7))};
    out += '\\';
    const std::size_t skip = digitFollows || c >= 0100 ? 0 : c >= 010 ? 1 : 2;
    out.append(digits.data() + skip, digits.size() - skip);
}

} // namespace

bool isText(std::string_view bytes)
{
    for (std::size_t i = 0; i < bytes.size();) {
        const auto c = static_cast<unsigned char>(bytes[i]);
        const std::size_t length = c < 0x80 ? 1 : utf8Length(bytes.substr(i));
        if (length == 0 || c == 0x7f || (c < 0x20 && c != '\n' && c != '\t' && c != '\r' && c != 1))
            return false;
        i += length;
    }
    return true;
}

std::string quoteText(std::string_view text, char quote)
{
    std::string out;
    out += quote;
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x80) {
            if (const std::size_t length = utf8Length(text.substr(i))) {
                out += text.substr(i, length);
                i += length;
                continue;
            }
        }
        if (c == static_cast<unsigned char>(quote) || c == '\\')
            out += {'\\', text[i]};
        else if (c >= 0x20 && c < 0x7f)
            out += text[i];
        else
            appendEscaped(out, c, i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9');
        ++i;
    }
    out += quote;
    return out;
}

} // namespace ks
