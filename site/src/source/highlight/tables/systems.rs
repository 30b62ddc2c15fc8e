//! Compiled languages.

use super::{PLAIN, words};
use crate::source::highlight::family::{
    ARROW_MEMBERS, BACKTICK, BANG, CAPITALS, DECORATORS, DOUBLE, Family, HASH_ATTRIBUTES, Inside, LIFETIMES, NESTING,
    PREPROCESSOR, Prefix, RAW_HASHES, SINGLE, TRIPLE, quote,
};

pub(in crate::source::highlight) static RUST: Family = Family {
    words: words! {
        Keyword: "as async await break const continue crate dyn else enum extern fn for if impl in let loop match mod \
            move mut pub ref return static struct super trait type unsafe use where while yield",
        Type: "bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize",
        Builtin: "true false self Self None Some Ok Err",
    },
    soft: &["union", "macro_rules"],
    quotes: &[DOUBLE.over_lines(), SINGLE],
    prefixes: &[
        Prefix { letters: "b", escapes: true, inside: Inside::Nothing },
        Prefix { letters: "c", escapes: true, inside: Inside::Nothing },
        Prefix { letters: "r", escapes: false, inside: Inside::Nothing },
        Prefix { letters: "br", escapes: false, inside: Inside::Nothing },
    ],
    habits: HASH_ATTRIBUTES | BANG | LIFETIMES | CAPITALS | RAW_HASHES | NESTING,
    ..PLAIN
};

pub(in crate::source::highlight) static GO: Family = Family {
    words: words! {
        Keyword: "break case chan const continue default defer else fallthrough for func go goto if import interface map \
            package range return select struct switch type var",
        Type: "any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string \
            uint uint8 uint16 uint32 uint64 uintptr",
        Builtin: "true false nil iota",
    },
    quotes: &[DOUBLE, SINGLE, BACKTICK.raw()],
    habits: CAPITALS,
    ..PLAIN
};

const C_KEYWORDS: &str = "auto break case const continue default do else enum extern for goto if inline register restrict \
    return sizeof static struct switch typedef typeof union volatile while _Alignas _Alignof _Atomic _Generic _Noreturn \
    _Static_assert _Thread_local alignas alignof constexpr static_assert thread_local";
const C_TYPES: &str = "bool char double float int long short signed unsigned void size_t ssize_t ptrdiff_t intptr_t \
    uintptr_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t wchar_t char8_t char16_t char32_t FILE";

pub(in crate::source::highlight) static C: Family = Family {
    words: words! { Keyword: C_KEYWORDS, Type: C_TYPES, Builtin: "true false NULL nullptr" },
    habits: PREPROCESSOR | CAPITALS | ARROW_MEMBERS,
    ..PLAIN
};

pub(in crate::source::highlight) static CPP: Family = Family {
    words: words! {
        Keyword: C_KEYWORDS,
        Keyword: "and asm catch class co_await co_return co_yield concept consteval constinit const_cast decltype delete \
            dynamic_cast explicit export final friend import module mutable namespace new noexcept not operator or \
            override private protected public reinterpret_cast requires static_cast template throw try typeid typename \
            using virtual xor",
        Type: C_TYPES,
        Type: "string string_view vector map set unordered_map unique_ptr shared_ptr optional variant tuple pair array span",
        Builtin: "true false NULL nullptr this std",
    },
    prefixes: &[
        Prefix { letters: "l", escapes: true, inside: Inside::Nothing },
        Prefix { letters: "u", escapes: true, inside: Inside::Nothing },
        Prefix { letters: "u8", escapes: true, inside: Inside::Nothing },
    ],
    habits: PREPROCESSOR | CAPITALS | ARROW_MEMBERS,
    ..PLAIN
};

pub(in crate::source::highlight) static CSHARP: Family = Family {
    words: words! {
        Keyword: "abstract as async await break case catch checked class const continue default delegate do else enum event \
            explicit extern finally fixed for foreach get goto if implicit in init interface internal is lock namespace new \
            operator out override params partial private protected public readonly record ref required return sealed set \
            sizeof stackalloc static struct switch throw try typeof unchecked unsafe using var virtual volatile when where \
            while with yield",
        Type: "bool byte char decimal double dynamic float int long nint nuint object sbyte short string uint ulong ushort void",
        Builtin: "true false null this base value",
    },
    quotes: &[
        quote("$\"\"\"").over_lines().holding(Inside::Braces).raw(),
        TRIPLE.raw(),
        quote("$@\"").over_lines().holding(Inside::Braces).raw(),
        quote("@\"").over_lines().raw(),
        quote("$\"").holding(Inside::Braces),
        DOUBLE,
        SINGLE,
    ],
    habits: PREPROCESSOR | CAPITALS,
    ..PLAIN
};

pub(in crate::source::highlight) static JAVA: Family = Family {
    words: words! {
        Keyword: "abstract assert break case catch class continue default do else enum exports extends final finally for if \
            implements import instanceof interface module native new non-sealed opens package permits private protected \
            provides public record requires return sealed static strictfp switch synchronized throw throws transient try \
            uses var volatile when while yield",
        Type: "boolean byte char double float int long short void",
        Builtin: "true false null this super",
    },
    quotes: &[TRIPLE, DOUBLE, SINGLE],
    habits: DECORATORS | CAPITALS,
    ..PLAIN
};

pub(in crate::source::highlight) static KOTLIN: Family = Family {
    words: words! {
        Keyword: "abstract actual annotation as break by catch class companion const constructor continue crossinline data do \
            else enum expect external final finally for fun get if import in infix init inline inner interface internal is \
            lateinit noinline object open operator out override package private protected public reified return sealed set \
            suspend tailrec throw try typealias val value var vararg when where while",
        Builtin: "true false null this super it",
    },
    quotes: &[TRIPLE.raw().holding(Inside::Dollars), DOUBLE.holding(Inside::Dollars), SINGLE],
    habits: DECORATORS | CAPITALS | NESTING,
    ..PLAIN
};

pub(in crate::source::highlight) static SCALA: Family = Family {
    words: words! {
        Keyword: "abstract case catch class def do else enum export extends final finally for given if implicit import lazy \
            match new object override package private protected return sealed then throw trait try type using val var \
            while with yield",
        Builtin: "true false null this super",
    },
    quotes: &[TRIPLE.raw(), DOUBLE, SINGLE],
    prefixes: &[
        Prefix { letters: "s", escapes: true, inside: Inside::Dollars },
        Prefix { letters: "f", escapes: true, inside: Inside::Dollars },
    ],
    habits: DECORATORS | CAPITALS | NESTING,
    ..PLAIN
};

pub(in crate::source::highlight) static SWIFT: Family = Family {
    words: words! {
        Keyword: "actor any as associatedtype async await break case catch class continue convenience default defer deinit do \
            dynamic else enum extension fallthrough fileprivate final for func get guard if import in indirect init inout \
            internal is lazy let mutating nonisolated nonmutating open operator override precedencegroup private protocol \
            public repeat required rethrows return set some static struct subscript switch throw throws try typealias \
            unowned var weak where while willSet didSet",
        Builtin: "true false nil self Self super",
    },
    quotes: &[TRIPLE.holding(Inside::BackslashParens), DOUBLE.holding(Inside::BackslashParens)],
    habits: DECORATORS | CAPITALS | NESTING | PREPROCESSOR,
    ..PLAIN
};

pub(in crate::source::highlight) static DART: Family = Family {
    words: words! {
        Keyword: "abstract as assert async await base break case catch class const continue covariant default deferred do \
            else enum export extends extension external factory final finally for get if implements import in interface is \
            late library mixin new on operator part required rethrow return sealed set static switch sync throw try typedef \
            var when while with yield",
        Type: "bool double dynamic int num void",
        Builtin: "true false null this super",
    },
    quotes: &[
        TRIPLE.holding(Inside::Dollars),
        quote("'''").over_lines().holding(Inside::Dollars),
        DOUBLE.holding(Inside::Dollars),
        SINGLE.holding(Inside::Dollars),
    ],
    habits: DECORATORS | CAPITALS | NESTING,
    ..PLAIN
};

pub(in crate::source::highlight) static ZIG: Family = Family {
    words: words! {
        Keyword: "align allowzero and anyframe anytype asm async await break callconv catch comptime const continue defer else \
            enum errdefer error export extern fn for if inline noalias noinline nosuspend opaque or orelse packed pub resume \
            return struct suspend switch test threadlocal try union unreachable usingnamespace var volatile while",
        Type: "bool f16 f32 f64 i8 i16 i32 i64 isize u8 u16 u32 u64 usize void type anyerror noreturn",
        Builtin: "true false null undefined",
    },
    block_comment: None,
    habits: DECORATORS | CAPITALS,
    ..PLAIN
};

pub(in crate::source::highlight) static SHADER: Family = Family {
    words: words! {
        Keyword: "attribute break buffer case centroid const continue default discard do else flat fn for highp if in inout \
            invariant layout let loop lowp mediump out override precision return smooth struct switch uniform varying var \
            while",
        Type: "array atomic bool bvec2 bvec3 bvec4 f16 f32 float i32 int ivec2 ivec3 ivec4 mat2 mat3 mat4 mat2x2 mat3x3 mat4x4 \
            ptr sampler sampler2D samplerCube texture_2d u32 uint uvec2 uvec3 uvec4 vec2 vec3 vec4 vec2f vec3f vec4f void",
        Builtin: "true false gl_Position gl_FragColor gl_FragCoord",
    },
    habits: PREPROCESSOR | DECORATORS | CAPITALS,
    ..PLAIN
};
