#include "core/values/expression_lexer.h"

#include "core/base/address.h"
#include "core/values/expression_ast.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace ks::expr {

namespace {

// Locale-free, and defined for every char.
bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isWordCharacter(char c) { return isLetter(c) || isDigit(c); }
bool isSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int hexDigit(char c)
{
    if (isDigit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

// The longest first: the first that matches is the token, as C 6.4p4 asks.
constexpr std::array<std::string_view, 49> kPunctuators = {
    "<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "..", "::", "+=",
    "-=",  "*=",  "/=",  "%=", "&=", "|=", "^=", "+",  "-",  "*",  "/",  "%",  "&",  "|",  "^",  "~",  "!",
    "<",   ">",   "=",   "?",  ":",  ",",  ".",  "(",  ")",  "[",  "]",  "{",  "}",  ";",  "#",
};

class Lexer {
public:
    explicit Lexer(std::string_view source) : source_(source) {}

    Result<std::vector<Token>> run()
    {
        for (;;) {
            while (position_ < source_.size() && isSpace(source_[position_]))
                ++position_;
            Token token;
            token.position = position_;
            if (position_ == source_.size()) {
                tokens_.push_back(token);
                return std::move(tokens_);
            }
            if (auto done = next(token); !done)
                return std::unexpected(done.error());
            token.text = source_.substr(token.position, position_ - token.position);
            tokens_.push_back(token);
        }
    }

private:
    char peek(std::size_t ahead = 0) const
    {
        return position_ + ahead < source_.size() ? source_[position_ + ahead] : '\0';
    }

    std::unexpected<Error> error(std::string why, std::string remedy = {}) const
    {
        return syntaxError(source_, position_, std::move(why), std::move(remedy));
    }

    Result<void> next(Token &token)
    {
        const char c = peek();
        if (isDigit(c))
            return number(token);
        if (isLetter(c) || c == '$')
            return word(token);
        if (c == '\'')
            return character(token);
        if (c == '"')
            return nameOfFile(token);
        for (const std::string_view punctuator : kPunctuators) {
            if (source_.substr(position_).starts_with(punctuator)) {
                token.kind = TokenKind::Punctuator;
                position_ += punctuator.size();
                return {};
            }
        }
        return error("a character that no expression has");
    }

    Result<void> word(Token &token)
    {
        token.kind = peek() == '$' ? TokenKind::Variable : TokenKind::Identifier;
        ++position_;
        while (isWordCharacter(peek()))
            ++position_;
        if (token.kind == TokenKind::Variable && position_ == token.position + 1)
            return error("a name must follow `$`");
        if (token.kind == TokenKind::Identifier)
            scopedName();
        return {};
    }

    /// What follows the scope of a name: "::name".
    bool scopedName()
    {
        if (peek() != ':' || peek(1) != ':' || !isLetter(peek(2)))
            return false;
        position_ += 2;
        while (isWordCharacter(peek()))
            ++position_;
        return true;
    }

    /// "file.c"::name, as one identifier.
    Result<void> nameOfFile(Token &token)
    {
        token.kind = TokenKind::Identifier;
        const std::size_t end = source_.find('"', position_ + 1);
        if (end == std::string_view::npos)
            return error("the quotes are not closed");
        position_ = end + 1;
        if (!scopedName())
            return syntaxError(source_, token.position, "text in quotes is not a value here",
                               "character constants are written 'c', and \"file.c\"::name is a name of one file");
        return {};
    }

    // C 6.4.4.1; binary constants as GNU C and C23 have them.
    Result<void> number(Token &token)
    {
        token.kind = TokenKind::Number;
        unsigned base = 10;
        if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X'))
            base = 16, position_ += 2;
        else if (peek() == '0' && (peek(1) == 'b' || peek(1) == 'B'))
            base = 2, position_ += 2;
        else if (peek() == '0')
            base = 8;
        std::uint64_t value = 0;
        const std::size_t digits = position_;
        for (int digit = hexDigit(peek()); digit >= 0 && unsigned(digit) < base; digit = hexDigit(peek())) {
            if (value > (std::numeric_limits<std::uint64_t>::max() - unsigned(digit)) / base)
                return syntaxError(source_, token.position, "the number does not fit in 64 bits");
            value = value * base + unsigned(digit);
            ++position_;
        }
        if (position_ == digits)
            return error("a number must follow the prefix");
        const std::size_t suffixStart = position_;
        while (isWordCharacter(peek()))
            ++position_;
        if (peek() == '.' && isDigit(peek(1)))
            return syntaxError(source_, token.position, "floating-point constants are not supported");
        std::string suffix(source_.substr(suffixStart, position_ - suffixStart));
        std::ranges::replace(suffix, 'U', 'u');
        const bool isUnsigned = std::erase(suffix, 'u') == 1;
        const bool isLong = suffix == "l" || suffix == "L" || suffix == "ll" || suffix == "LL";
        if (!suffix.empty() && !isLong)
            return syntaxError(source_, suffixStart,
                               "this does not belong to a number of base " + std::to_string(base));
        const auto fitsIn = [&](unsigned bits) { return value >> (bits - 1) >> 1 == 0; };
        token.number = value;
        // The first type of C's list that holds the value. Decimal constants prefer signed types.
        const bool mayBeUnsigned = isUnsigned || base != 10;
        if (!isLong && !isUnsigned && fitsIn(31))
            token.numberSize = 4, token.numberSigned = true;
        else if (!isLong && mayBeUnsigned && fitsIn(32))
            token.numberSize = 4, token.numberSigned = false;
        else
            token.numberSize = 8, token.numberSigned = !isUnsigned && fitsIn(63);
        return {};
    }

    // C 6.4.4.4. The value is that of a char (signed on x86-64 Linux, where the kernel is built with -funsigned-char
    // since 6.2; constants above 0x7f are refused, so that both agree).
    Result<void> character(Token &token)
    {
        token.kind = TokenKind::Number;
        ++position_;
        const char c = peek();
        if (c == '\0' || c == '\'' || c == '\n')
            return error("a character must stand between the quotes");
        ++position_;
        std::uint64_t value = static_cast<unsigned char>(c);
        if (c == '\\') {
            const auto escaped = escape();
            if (!escaped)
                return error("no such escape in a character constant");
            value = *escaped;
        }
        if (peek() != '\'')
            return error("a character constant holds one character and ends with a quote");
        ++position_;
        if (value > 0x7f)
            return syntaxError(source_, token.position, "character constants go up to 0x7f", "write the number");
        token.number = value;
        return {};
    }

    std::optional<std::uint64_t> escape()
    {
        const char c = peek();
        ++position_;
        switch (c) {
        case 'a': return '\a';
        case 'b': return '\b';
        case 'e': return 0x1b;
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        case 'v': return '\v';
        case '\\':
        case '\'':
        case '"':
        case '?': return static_cast<unsigned char>(c);
        default: break;
        }
        const bool isHex = c == 'x';
        if (!isHex)
            --position_;
        std::uint64_t value = 0;
        unsigned count = 0;
        for (const unsigned base = isHex ? 16 : 8, limit = isHex ? 2 : 3; count < limit; ++count, ++position_) {
            const int digit = hexDigit(peek());
            if (digit < 0 || unsigned(digit) >= base)
                break;
            value = value * base + unsigned(digit);
        }
        return count == 0 ? std::nullopt : std::optional(value);
    }

    std::string_view source_;
    std::size_t position_ = 0;
    std::vector<Token> tokens_;
};

} // namespace

std::unexpected<Error> syntaxError(std::string_view source, std::size_t position, std::string why, std::string remedy)
{
    return fail(ErrorCode::Syntax, "`" + std::string(source) + "`",
                "column " + std::to_string(position + 1) + ": " + std::move(why), std::move(remedy));
}

Result<std::vector<Token>> tokenize(std::string_view source)
{
    if (source.size() > kMaxLength)
        return fail(ErrorCode::Limit, "the expression",
                    "it has " + std::to_string(source.size()) + " bytes, and at most " + std::to_string(kMaxLength) +
                        " are accepted");
    return Lexer(source).run();
}

} // namespace ks::expr
