// parseTypeName: a type name of C (C11 6.7.7), specifiers in any order and an abstract declarator.
#include "core/types/type_source.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ks {

namespace {

constexpr std::size_t kMaxText = 4096;
constexpr int kMaxDerivations = 48; ///< pointers, arrays, functions and qualifiers in one type name
constexpr int kMaxDepth = 16;       ///< of parentheses

bool isIdentifierStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }

bool isDigit(char c) { return c >= '0' && c <= '9'; }

std::string quoted(std::string_view text) { return '\'' + std::string(text) + '\''; }

std::optional<TypeKind> qualifierKind(std::string_view word)
{
    if (word == "const" || word == "__const")
        return TypeKind::Const;
    if (word == "volatile" || word == "__volatile__")
        return TypeKind::Volatile;
    if (word == "restrict" || word == "__restrict")
        return TypeKind::Restrict;
    if (word == "_Atomic")
        return TypeKind::Atomic;
    return std::nullopt;
}

/// The words that make up a base type, counted: C lets them stand in any order.
struct BaseWords {
    int isVoid = 0, isChar = 0, isShort = 0, isInt = 0, isLong = 0, isSigned = 0, isUnsigned = 0;
    int isBool = 0, isFloat = 0, isDouble = 0, isInt128 = 0;

    /// False if `word` is none of them.
    bool add(std::string_view word)
    {
        static constexpr std::array<std::pair<std::string_view, int BaseWords::*>, 13> kWords{{
            {"void", &BaseWords::isVoid},
            {"char", &BaseWords::isChar},
            {"short", &BaseWords::isShort},
            {"int", &BaseWords::isInt},
            {"long", &BaseWords::isLong},
            {"signed", &BaseWords::isSigned},
            {"__signed__", &BaseWords::isSigned},
            {"unsigned", &BaseWords::isUnsigned},
            {"_Bool", &BaseWords::isBool},
            {"float", &BaseWords::isFloat},
            {"double", &BaseWords::isDouble},
            {"__int128", &BaseWords::isInt128},
            {"__int128_t", &BaseWords::isInt128},
        }};
        const auto *found = std::ranges::find(kWords, word, &std::pair<std::string_view, int BaseWords::*>::first);
        if (found == kWords.end())
            return false;
        ++(this->*found->second);
        return true;
    }

    bool any() const
    {
        return isVoid || isChar || isShort || isInt || isLong || isSigned || isUnsigned || isBool || isFloat ||
               isDouble || isInt128;
    }

    /// C11 6.7.2p2.
    bool isValid() const
    {
        const bool anySign = isSigned || isUnsigned;
        if (isVoid > 1 || isChar > 1 || isShort > 1 || isInt > 1 || isLong > 2 || isBool > 1 || isFloat > 1 ||
            isDouble > 1 || isInt128 > 1 || isSigned + isUnsigned > 1)
            return false;
        const int exclusive = isVoid + isChar + isBool + isFloat + isDouble + isInt128;
        if (exclusive > 1 || (isShort && isLong) || (exclusive && (isInt || isShort)))
            return false;
        if (isLong && exclusive)
            return isDouble && isLong == 1 && !anySign;
        return !anySign || !exclusive || isChar || isInt128;
    }
};

struct BaseType {
    /// What compilers write into debug information: GCC's spelling, then Clang's.
    std::array<const char *, 2> spellings;
    unsigned byteSize; ///< 0: floating point
    bool isSigned;
};

BaseType baseType(const BaseWords &words, unsigned longSize)
{
    const bool u = words.isUnsigned;
    if (words.isBool)
        return {{"_Bool", "bool"}, 1, false};
    if (words.isFloat)
        return {{"float", "float"}, 0, true};
    if (words.isDouble)
        return words.isLong ? BaseType{{"long double", "long double"}, 0, true}
                            : BaseType{{"double", "double"}, 0, true};
    if (words.isInt128)
        return u ? BaseType{{"__int128 unsigned", "unsigned __int128"}, 16, false}
                 : BaseType{{"__int128", "__int128"}, 16, true};
    if (words.isChar)
        return u                ? BaseType{{"unsigned char", "unsigned char"}, 1, false}
               : words.isSigned ? BaseType{{"signed char", "signed char"}, 1, true}
                                : BaseType{{"char", "char"}, 1, true};
    if (words.isShort)
        return u ? BaseType{{"short unsigned int", "unsigned short"}, 2, false}
                 : BaseType{{"short int", "short"}, 2, true};
    if (words.isLong == 1)
        return u ? BaseType{{"long unsigned int", "unsigned long"}, longSize, false}
                 : BaseType{{"long int", "long"}, longSize, true};
    if (words.isLong == 2)
        return u ? BaseType{{"long long unsigned int", "unsigned long long"}, 8, false}
                 : BaseType{{"long long int", "long long"}, 8, true};
    return u ? BaseType{{"unsigned int", "unsigned int"}, 4, false} : BaseType{{"int", "int"}, 4, true};
}

class TypeNameParser {
public:
    TypeNameParser(const TypeSource &source, std::string_view text) : source_(source), text_(text) { advance(); }

    Result<Type> parse()
    {
        if (text_.size() > kMaxText)
            return fail(ErrorCode::Limit, "type name", "longer than 4096 characters");
        Result<Type> type = typeName(false, 0);
        if (type && !token_.empty())
            return syntax("unexpected " + quoted(token_));
        return type;
    }

private:
    struct Suffix {
        bool isFunction = false;
        std::optional<std::uint64_t> count;
        std::vector<Type> parameters;
        bool isVariadic = false;
        std::size_t position = 0;
    };

    void advance() { seek(next_); }
    void seek(std::size_t position);
    bool accept(std::string_view token)
    {
        if (token_ != token)
            return false;
        advance();
        return true;
    }
    bool atWord() const { return !token_.empty() && isIdentifierStart(token_.front()); }

    std::unexpected<Error> syntax(const std::string &why) const { return error(ErrorCode::Syntax, start_, why); }
    std::unexpected<Error> error(ErrorCode code, std::size_t position, const std::string &why) const
    {
        return fail(code, "type name \"" + std::string(text_.substr(0, 200)) + '"',
                    why + " at column " + std::to_string(position + 1));
    }

    Result<Type> typeName(bool mayBeNamed, int depth);
    Result<Type> specifiers();
    Result<Type> named(NameClass nameClass);
    Result<Type> bareName();
    Result<Type> declarator(Type base, bool mayBeNamed, int depth);
    Result<Type> withSuffixes(Type base, std::vector<Suffix> suffixes);
    Result<Suffix> arraySuffix();
    Result<Suffix> functionSuffix(int depth);
    bool opensNestedDeclarator() const;
    bool skipParentheses();
    Result<Type> derived(Type type)
    {
        if (++derivations_ > kMaxDerivations)
            return error(ErrorCode::Limit, start_, "more than 48 pointers, arrays and functions");
        return type;
    }

    const TypeSource &source_;
    std::string_view text_;
    std::string_view token_; ///< empty at the end
    std::size_t start_ = 0;  ///< of token_
    std::size_t next_ = 0;   ///< behind token_
    int derivations_ = 0;
};

void TypeNameParser::seek(std::size_t position)
{
    while (position < text_.size() && std::string_view(" \t\r\n\f\v").contains(text_[position]))
        ++position;
    start_ = next_ = position;
    if (position < text_.size()) {
        const char first = text_[next_++];
        if (isIdentifierStart(first) || isDigit(first)) {
            while (next_ < text_.size() && (isIdentifierStart(text_[next_]) || isDigit(text_[next_])))
                ++next_;
        } else if (text_.substr(start_).starts_with("...")) {
            next_ = start_ + 3;
        }
    }
    token_ = text_.substr(start_, next_ - start_);
}

Result<Type> TypeNameParser::typeName(bool mayBeNamed, int depth)
{
    if (depth > kMaxDepth)
        return error(ErrorCode::Limit, start_, "parentheses nested more than 16 deep");
    const Result<Type> base = specifiers();
    return base ? declarator(*base, mayBeNamed, depth) : base;
}

Result<Type> TypeNameParser::specifiers()
{
    std::vector<TypeKind> qualifiers;
    std::optional<Type> type;
    BaseWords words;
    const std::size_t start = start_;
    while (atWord()) {
        if (const auto qualifier = qualifierKind(token_)) {
            if (std::ranges::find(qualifiers, *qualifier) == qualifiers.end())
                qualifiers.push_back(*qualifier);
            advance();
            continue;
        }
        if (!type && words.add(token_)) {
            if (!words.isValid())
                return syntax("no type of C has " + quoted(token_) + " here,");
            advance();
            continue;
        }
        if (type || words.any())
            break;
        Result<Type> found = accept("struct")  ? named(NameClass::Struct)
                             : accept("union") ? named(NameClass::Union)
                             : accept("enum")  ? named(NameClass::Enum)
                                               : bareName();
        if (!found)
            return found;
        type = *found;
    }
    if (words.isVoid) {
        type = Type();
    } else if (words.any()) {
        const BaseType base = baseType(words, source_.pointerSize());
        for (const char *spelling : base.spellings) {
            const std::vector<Type> found = source_.findTypes(NameClass::Base, spelling);
            if (!found.empty()) {
                type = found.front();
                break;
            }
        }
        if (!type && base.byteSize == 0)
            return error(ErrorCode::NotFound, start, std::string(base.spellings[0]) + " is in no debug information");
        if (!type)
            type = words.isBool ? Type::boolean() : Type::integer(base.byteSize, base.isSigned);
    }
    if (!type)
        return syntax(token_.empty() ? "a type is missing" : "a type cannot begin with " + quoted(token_));
    for (const TypeKind qualifier : qualifiers) {
        Result<Type> qualified = derived(Type::qualified(qualifier, *type));
        if (!qualified)
            return qualified;
        type = *qualified;
    }
    return *type;
}

Result<Type> TypeNameParser::named(NameClass nameClass)
{
    if (!atWord())
        return syntax(std::string("the tag of the ") + name(nameClass) + " is missing");
    std::vector<Type> found = source_.findTypes(nameClass, token_);
    if (found.empty()) {
        std::string why = std::string("no ") + name(nameClass) + " has the name " + quoted(token_);
        for (const NameClass other : {NameClass::Struct, NameClass::Union, NameClass::Enum, NameClass::Typedef})
            if (other != nameClass && !source_.findTypes(other, token_).empty())
                why += std::string(" (") + name(other) + ' ' + std::string(token_) + " exists)";
        return error(ErrorCode::NotFound, start_, why);
    }
    advance();
    return found.front().node().isDeclaration ? source_.resolve(found.front()) : found.front();
}

Result<Type> TypeNameParser::bareName()
{
    for (const NameClass nameClass :
         {NameClass::Typedef, NameClass::Base, NameClass::Struct, NameClass::Union, NameClass::Enum}) {
        if (!source_.findTypes(nameClass, token_).empty())
            return named(nameClass);
    }
    return error(ErrorCode::NotFound, start_, "no type has the name " + quoted(token_));
}

/// `(` opens a parameter list, unless an abstract declarator follows.
bool TypeNameParser::opensNestedDeclarator() const
{
    if (token_ != "(")
        return false;
    const std::size_t inside = text_.find_first_not_of(" \t\r\n\f\v", next_);
    return inside != text_.npos && std::string_view("*([").contains(text_[inside]);
}

bool TypeNameParser::skipParentheses()
{
    int open = 0;
    do {
        if (token_.empty())
            return false;
        open += token_ == "(" ? 1 : token_ == ")" ? -1 : 0;
        advance();
    } while (open > 0);
    return true;
}

Result<Type> TypeNameParser::declarator(Type type, bool mayBeNamed, int depth)
{
    if (depth > kMaxDepth)
        return error(ErrorCode::Limit, start_, "parentheses nested more than 16 deep");
    while (accept("*")) {
        type = Type::pointerTo(type);
        while (const auto qualifier = qualifierKind(token_)) {
            type = Type::qualified(*qualifier, type);
            advance();
            if (const auto bounded = derived(type); !bounded)
                return bounded;
        }
        if (const auto bounded = derived(type); !bounded)
            return bounded;
    }

    // What stands behind the inner declarator belongs to the outer type: read it first.
    std::optional<std::size_t> inner;
    if (opensNestedDeclarator()) {
        inner = next_;
        if (!skipParentheses())
            return syntax("')' is missing");
    } else if (mayBeNamed && atWord()) {
        advance();
    }
    std::vector<Suffix> suffixes;
    while (token_ == "[" || token_ == "(") {
        Result<Suffix> suffix = token_ == "[" ? arraySuffix() : functionSuffix(depth + 1);
        if (!suffix)
            return std::unexpected(suffix.error());
        suffixes.push_back(std::move(*suffix));
    }
    Result<Type> derivedType = withSuffixes(type, std::move(suffixes));
    if (!derivedType || !inner)
        return derivedType;

    const std::size_t behind = start_;
    seek(*inner);
    Result<Type> result = declarator(*derivedType, mayBeNamed, depth + 1);
    if (result && token_ != ")")
        return syntax(token_.empty() ? "')' is missing" : "unexpected " + quoted(token_));
    seek(behind);
    return result;
}

Result<Type> TypeNameParser::withSuffixes(Type type, std::vector<Suffix> suffixes)
{
    for (auto suffix = suffixes.rbegin(); suffix != suffixes.rend(); ++suffix) {
        const TypeKind kind = type.stripped().kind();
        if (suffix->isFunction && (kind == TypeKind::Array || kind == TypeKind::Function))
            return error(ErrorCode::Syntax, suffix->position, "a function cannot return an array or a function");
        if (!suffix->isFunction && (kind == TypeKind::Void || kind == TypeKind::Function))
            return error(ErrorCode::Syntax, suffix->position, "an array cannot have elements of " + type.spelling());
        std::uint64_t bytes = 0;
        if (suffix->count && __builtin_mul_overflow(type.size(), *suffix->count, &bytes))
            return error(ErrorCode::Limit, suffix->position, "an array larger than the address space");
        type = suffix->isFunction ? Type::function(type, std::move(suffix->parameters), suffix->isVariadic)
                                  : Type::arrayOf(type, suffix->count);
        if (const auto bounded = derived(type); !bounded)
            return bounded;
    }
    return type;
}

Result<TypeNameParser::Suffix> TypeNameParser::arraySuffix()
{
    Suffix suffix{.position = start_};
    advance();
    if (token_ != "]") {
        suffix.count = parseNumber(token_);
        if (!suffix.count)
            return syntax("the number of elements is missing");
        advance();
    }
    if (!accept("]"))
        return syntax("']' is missing");
    return suffix;
}

Result<TypeNameParser::Suffix> TypeNameParser::functionSuffix(int depth)
{
    Suffix suffix{.isFunction = true, .position = start_};
    advance();
    if (accept(")")) {
        suffix.isVariadic = true; // C11 6.7.6.3p14: nothing is said about the parameters
        return suffix;
    }
    while (true) {
        if (accept("...")) {
            suffix.isVariadic = true;
            break;
        }
        Result<Type> parameter = typeName(true, depth);
        if (!parameter)
            return std::unexpected(parameter.error());
        const bool isOnlyVoid = parameter->kind() == TypeKind::Void && suffix.parameters.empty() && token_ == ")";
        if (!isOnlyVoid)
            suffix.parameters.push_back(*parameter);
        if (!accept(","))
            break;
    }
    if (!accept(")"))
        return syntax("')' is missing");
    return suffix;
}

} // namespace

Result<Type> parseTypeName(const TypeSource &source, std::string_view text)
{
    return TypeNameParser(source, text).parse();
}

} // namespace ks
