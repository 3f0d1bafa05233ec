// Text of an expression -> tokens.
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ks::expr {

enum class TokenKind : std::uint8_t {
    Identifier, ///< "module::name" is one token
    Variable,   ///< "$name"
    Number,     ///< also character constants, which are ints
    Punctuator,
    End,
};

struct Token {
    TokenKind kind = TokenKind::End;
    std::string_view text;
    std::size_t position = 0; ///< of the first byte
    std::uint64_t number = 0;
    std::uint8_t numberSize = 4;
    bool numberSigned = true;

    bool is(std::string_view punctuator) const { return kind == TokenKind::Punctuator && text == punctuator; }
    bool isName(std::string_view name) const { return kind == TokenKind::Identifier && text == name; }
    std::size_t end() const { return position + text.size(); }
};

/// The tokens of `source`, an End last. They are views into `source`.
Result<std::vector<Token>> tokenize(std::string_view source);

/// A Syntax error in `source`. The column is 1-based.
std::unexpected<Error> syntaxError(std::string_view source, std::size_t position, std::string why,
                                   std::string remedy = {});

} // namespace ks::expr
