//! Languages that are taught more than they are deployed, and for which the library has no grammar.

use super::{PLAIN, words};
use crate::source::highlight::{
    family::{
        ANY_CASE, BACKTICK, CAPITALS, DASHES, DECORATORS, DOLLAR, DOUBLE, Family, NESTING, NO_CALLS, PREPROCESSOR,
        Quote, SIGILS, SINGLE, TRIPLE, quote,
    },
    paint::Class,
};

/// A quote that only doubling puts into a string.
const TEXT: Quote = DOUBLE.raw();

/// Comments `(* … *)`, and no others.
const STARS: Family = Family { line_comments: &[], block_comment: Some(("(*", "*)")), ..PLAIN };

pub(in crate::source::highlight) static PROLOG: Family = Family {
    words: words! {
        Keyword: "is mod rem not dynamic discontiguous initialization module use_module table multifile",
        Builtin: "true false fail repeat halt call findall bagof setof forall assert asserta assertz retract retractall consult \
            write writeln print format nl read append member length msort sort nth0 nth1 atom number var nonvar ground \
            between succ functor arg copy_term catch throw maplist foldl",
    },
    line_comments: &["%"],
    quotes: &[DOUBLE, SINGLE, BACKTICK],
    habits: CAPITALS,
    ..PLAIN
};

pub(in crate::source::highlight) static COBOL: Family = Family {
    words: words! {
        Keyword: "accept add advancing after all also alter and are at before by call cancel close compute configuration \
            continue copy data declaratives delete delimited depending display divide division do else end end-add end-call \
            end-compute end-divide end-evaluate end-if end-multiply end-perform end-read end-search end-start end-string \
            end-subtract end-unstring end-write environment equal evaluate exit extend fd file file-control file-section \
            from function giving global go goback greater if in initialize input input-output inspect into invalid is key \
            less linkage local-storage merge method move multiply next no not object occurs of off on open or organization \
            other output perform procedure program program-id read receive record redefines release remainder repository \
            return returning rewrite rounded run search section select send sequential set size sort stop string subtract \
            tallying test than then through thru timeout times to unstring until up upon using value values varying when with \
            working-storage write identification author date-written",
        Type: "pic picture comp comp-1 comp-2 comp-3 comp-4 comp-5 binary packed-decimal index pointer usage",
        Builtin: "zero zeros zeroes space spaces high-value high-values low-value low-values quote quotes null nulls",
    },
    line_comments: &["*>"],
    block_comment: None,
    quotes: &[TEXT, SINGLE.raw()],
    habits: DASHES | ANY_CASE | NO_CALLS,
    ..PLAIN
};

pub(in crate::source::highlight) static BASIC: Family = Family {
    words: words! {
        Keyword: "addhandler addressof alias and andalso as async await byref byval call case catch class const continue data \
            declare def default delegate dim do each else elseif end endif enum erase error event exit explicit finally for \
            friend from function get gosub goto handles if implements imports in inherits input interface is isnot let lib \
            like line locate loop mod module mustinherit mustoverride mybase myclass namespace narrowing new next not \
            notinheritable notoverridable of on operator option optional or orelse overloads overridable overrides paramarray \
            partial preserve print private property protected public raiseevent randomize read readonly redim rem \
            removehandler restore resume return select set shadows shared static step stop strict structure sub synclock then \
            throw to try type until using wend when where while widening with withevents writeonly xor",
        Type: "boolean byte char date datetime decimal double integer long object sbyte short single string uinteger ulong \
            ushort variant",
        Builtin: "true false nothing null empty me",
    },
    line_comments: &["'"],
    block_comment: None,
    quotes: &[TEXT],
    habits: ANY_CASE | PREPROCESSOR,
    ..PLAIN
};

pub(in crate::source::highlight) static SMALLTALK: Family = Family {
    words: words! {
        Keyword: "ifTrue ifFalse whileTrue whileFalse timesRepeat to do collect select reject detect inject into subclass \
            instanceVariableNames classVariableNames package category new value",
        Builtin: "self super nil true false thisContext",
    },
    line_comments: &[],
    block_comment: Some(("\"", "\"")),
    quotes: &[SINGLE.raw().over_lines()],
    habits: CAPITALS | NO_CALLS,
    ..PLAIN
};

pub(in crate::source::highlight) static RAKU: Family = Family {
    words: words! {
        Keyword: "also and augment but class constant default do does else elsif enum for gather given grammar has if import \
            is last let loop made make method module multi my need next no of only or orelse our package proto redo regex \
            repeat require return returns role rule self state sub submethod subset supersede take temp token unit unless \
            until use when where while with without",
        Type: "Any Array Bool Complex Cool Date DateTime Hash IO Int List Map Mu Num Pair Range Rat Seq Set Str",
        Builtin: "True False Nil say put print note die warn try grep map sort push pop shift elems",
    },
    line_comments: &["#"],
    block_comment: Some(("=begin", "=end")),
    quotes: &[DOUBLE.over_lines(), SINGLE.over_lines()],
    habits: DOLLAR | SIGILS | DASHES | CAPITALS,
    ..PLAIN
};

pub(in crate::source::highlight) static COQ: Family = Family {
    words: words! {
        Keyword: "Abort Admitted Arguments Axiom Check Class CoFixpoint CoInductive Compute Context Corollary Defined \
            Definition End Eval Example Export Fact Fixpoint From Global Goal Hint Hypothesis Import Inductive Infix Instance \
            Lemma Let Local Ltac Module Notation Opaque Open Parameter Print Program Proof Proposition Qed Record Remark \
            Require Save Scope Search Section Show Structure Theorem Variable Variables as at cofix else end exists fix forall \
            fun if in let match return then where with",
        Type: "Prop Set Type nat bool list option unit",
        Builtin: "apply assert assumption auto destruct discriminate eapply eauto elim exact f_equal field induction injection \
            intro intros inversion left lia omega reflexivity rewrite right ring simpl specialize split subst symmetry tauto \
            transitivity trivial unfold true false Some None",
    },
    quotes: &[TEXT],
    habits: NESTING | NO_CALLS,
    ..STARS
};

pub(in crate::source::highlight) static AGDA: Family = Family {
    words: words! {
        Keyword: "abstract codata coinductive constructor data do eta-equality field forall hiding import in inductive infix \
            infixl infixr instance interleaved let macro module mutual no-eta-equality open overlap pattern postulate \
            primitive private public quote quoteTerm record renaming rewrite syntax tactic unquote unquoteDecl using \
            variable where with",
        Type: "Set Set₁ Prop Level ℕ Bool",
    },
    line_comments: &["--"],
    block_comment: Some(("{-", "-}")),
    quotes: &[DOUBLE],
    habits: CAPITALS | NESTING | DASHES | NO_CALLS,
    ..PLAIN
};

pub(in crate::source::highlight) static ABAP: Family = Family {
    words: words! {
        Keyword: "add all and append as ascending assign assigning at authority-check begin between by call case catch changing \
            check class class-data class-methods clear close collect commit constants continue convert create data default \
            define delete descending describe do else elseif end endat endcase endclass enddo endform endfunction endif \
            endinterface endloop endmethod endmodule endselect endtry endwhile eq event exception exceptions exit export \
            exporting field-symbols final find for form from function ge get group gt if implementation import importing in \
            include inheriting initial inner insert interface interfaces into is join le left leave length let like loop lt \
            message method methods modify module move ne new not occurs of on or order outer parameters perform private \
            protected public raise raising read redefinition ref refresh replace report return returning rollback section \
            select select-options set single skip sort split standard start-of-selection static submit subtract table tables \
            then times to transfer try type types unassign up update using value values when where while with work write",
        Type: "c d decfloat16 decfloat34 f i int8 n p string t x xstring any",
        Builtin: "abap_true abap_false space me super sy",
    },
    line_comments: &["\""],
    block_comment: None,
    quotes: &[SINGLE.raw(), BACKTICK.raw(), quote("|")],
    habits: ANY_CASE | DASHES,
    ..PLAIN
};

pub(in crate::source::highlight) static TURTLE: Family = Family {
    words: words! {
        Keyword: "prefix base a graph",
        Builtin: "true false",
    },
    line_comments: &["#"],
    block_comment: None,
    quotes: &[
        TRIPLE,
        quote("'''").over_lines(),
        DOUBLE,
        SINGLE,
        Quote { close: ">", ..quote("<").raw().of(Class::Type) },
    ],
    habits: DECORATORS | DASHES | ANY_CASE | NO_CALLS,
    ..PLAIN
};

pub(in crate::source::highlight) static EBNF: Family =
    Family { words: &super::NO_WORDS, quotes: &[TEXT, SINGLE.raw()], habits: DASHES | NO_CALLS, ..STARS };

pub(in crate::source::highlight) static BNF: Family = Family {
    words: &super::NO_WORDS,
    line_comments: &[";"],
    block_comment: None,
    quotes: &[TEXT, SINGLE.raw(), Quote { close: ">", ..quote("<").raw().of(Class::Type) }],
    habits: DASHES | NO_CALLS,
    ..PLAIN
};

pub(in crate::source::highlight) static GHERKIN: Family = Family {
    words: words! {
        Keyword: "Feature Rule Background Scenario Outline Template Example Examples Scenarios Given When Then And But",
    },
    line_comments: &["#"],
    block_comment: None,
    quotes: &[TRIPLE, DOUBLE],
    habits: DECORATORS | NO_CALLS,
    ..PLAIN
};
