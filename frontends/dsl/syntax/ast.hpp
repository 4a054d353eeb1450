// SPDX-License-Identifier: Apache-2.0
//
// The syntax tree of a script, and the facts that passes hang on it.
//
// The parser builds it (every node has a span into its source file); passes rewrite it in place or fill in the members
// marked "set by". Ownership is a tree of unique_ptr. Nodes are plain data: what is done with them lives in the passes,
// which switch on `kind` through `visit` (visit.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "types/type.hpp"

namespace avocet::dsl {

// A half-open range of bytes in one source file. Lines and columns start at 1, columns count bytes.
struct Span {
    uint32_t file = 0;  // index into Sources
    uint32_t line = 0, column = 0;
    uint32_t end_line = 0, end_column = 0;
    uint32_t expansion = 0;  // index + 1 into Script::expansions: where this was expanded from; 0: written here
};

struct Expr;
struct Stmt;
enum class Builtin : int16_t;  // passes/builtins/builtins.hpp
using ExprPtr = std::unique_ptr<Expr>;
using StmtPtr = std::unique_ptr<Stmt>;

// A type as written: `int32*[4]`, `struct foo *`, `typeof($x)`.
struct TypeName {
    Span span;
    std::string tag;                        // "", "struct", "union", "enum"
    std::string name;                       // "int32", "foo"; empty for typeof
    ExprPtr typeof_expr;                    // typeof(expression)
    std::unique_ptr<TypeName> typeof_type;  // typeof(type)
    struct Suffix {
        enum Kind { pointer, array, sized } kind;  // `sized`: string[N], buffer[N], inet[N]
        std::optional<uint64_t> count;             // array without a number: nullopt
    };
    std::vector<Suffix> suffixes;  // left to right
};

// An argument of sizeof, typeinfo, offsetof: a type or an expression.
struct TypeOrExpr {
    std::unique_ptr<TypeName> type;
    ExprPtr expr;
};

struct Block {
    Span span;
    std::vector<StmtPtr> statements;
    ExprPtr value;             // final expression without `;`, if the block has a value
    bool is_function = false;  // the body of a function, written where it is called: leave_ ends here
};

enum class ExprKind : uint8_t {
    integer,
    string,
    boolean,
    positional,
    positional_count,
    identifier,  // a bare word: builtin value, enumerator, macro without parameters
    call,        // word(args)
    variable,
    map,
    map_element,
    unary,
    binary,
    ternary,
    cast,
    field,
    tuple_field,
    index,
    tuple,
    record,
    if_expr,
    block,
    sizeof_,
    offsetof_,
    typeinfo,
    comptime,
    type_arg,
    empty_tuple
};

enum class Op : uint8_t {
    add,
    sub,
    mul,
    div,
    mod,
    bit_and,
    bit_or,
    bit_xor,
    shl,
    shr,
    eq,
    ne,
    lt,
    gt,
    le,
    ge,
    log_and,
    log_or,
    // unary
    neg,
    bit_not,
    log_not,
    deref,
    address_of,
    pre_inc,
    pre_dec,
    post_inc,
    post_dec
};

struct Expr {
    ExprKind kind;
    Span span;
    Type type;                 // set by infer_types; none before
    bool is_constant = false;  // set by fold: kind is integer, string, boolean, or a tuple/record of constants
    explicit Expr(ExprKind k, Span s) : kind(k), span(s) {}
    virtual ~Expr() = default;
};

struct IntegerExpr : Expr {
    uint64_t value = 0;
    bool negative = false;    // value is the two's complement of a negative number
    bool has_suffix = false;  // u, l, ns, ms ...
    std::string spelling;     // as written, for the printer
    IntegerExpr(Span s, uint64_t v) : Expr(ExprKind::integer, s), value(v) {}
};
struct StringExpr : Expr {
    std::string value;  // escapes resolved, may hold NUL
    StringExpr(Span s, std::string v) : Expr(ExprKind::string, s), value(std::move(v)) {}
};
struct BooleanExpr : Expr {
    bool value;
    BooleanExpr(Span s, bool v) : Expr(ExprKind::boolean, s), value(v) {}
};
struct PositionalExpr : Expr {
    uint64_t number;  // $N; replaced by a literal in substitute_parameters
    PositionalExpr(Span s, uint64_t n) : Expr(ExprKind::positional, s), number(n) {}
};
struct PositionalCountExpr : Expr {
    explicit PositionalCountExpr(Span s) : Expr(ExprKind::positional_count, s) {}
};
struct IdentifierExpr : Expr {
    std::string name;
    IdentifierExpr(Span s, std::string n) : Expr(ExprKind::identifier, s), name(std::move(n)) {}
};
struct CallExpr : Expr {
    std::string name;
    Span name_span;
    std::vector<ExprPtr> args;
    // set by resolve_names, infer_types: what is called and its literal part (see passes/builtins/builtins.hpp)
    Builtin builtin{};  // 0: none
    uint64_t number = 0;
    // set by resolve_names: what printf's arguments are called in records (see passes/member_names.hpp)
    std::vector<std::string> member_names;
    // set by plan_outputs: index of the manifest output this call writes, -1 none
    int output = -1;
    CallExpr(Span s, std::string n) : Expr(ExprKind::call, s), name(std::move(n)) {}
};
struct VariableExpr : Expr {
    std::string name;   // without `$`
    int variable = -1;  // set by resolve_variables: index into Clause::variables
    VariableExpr(Span s, std::string n) : Expr(ExprKind::variable, s), name(std::move(n)) {}
};
struct MapExpr : Expr {  // `@m`; as a value: the scalar map's value; as an argument: the map itself
    std::string name;    // with `@`
    int map = -1;        // set by resolve_maps: index into Script::maps
    MapExpr(Span s, std::string n) : Expr(ExprKind::map, s), name(std::move(n)) {}
};
struct MapElementExpr : Expr {  // `@m[k1, k2]`: several keys are one tuple key
    std::string name;
    int map = -1;
    Span name_span;
    ExprPtr key;  // a TupleExpr (synthetic) when several were written
    bool several_keys = false;
    MapElementExpr(Span s, std::string n) : Expr(ExprKind::map_element, s), name(std::move(n)) {}
};
struct UnaryExpr : Expr {
    Op op;
    ExprPtr operand;
    UnaryExpr(Span s, Op o, ExprPtr e) : Expr(ExprKind::unary, s), op(o), operand(std::move(e)) {}
};
struct BinaryExpr : Expr {
    Op op;
    ExprPtr left, right;
    Span op_span;
    BinaryExpr(Span s, Op o, ExprPtr l, ExprPtr r)
        : Expr(ExprKind::binary, s), op(o), left(std::move(l)), right(std::move(r)) {}
};
struct TernaryExpr : Expr {
    ExprPtr condition, then, otherwise;  // `then` null: `a ?: b`
    TernaryExpr(Span s, ExprPtr c, ExprPtr t, ExprPtr o)
        : Expr(ExprKind::ternary, s), condition(std::move(c)), then(std::move(t)), otherwise(std::move(o)) {}
};
struct CastExpr : Expr {
    std::unique_ptr<TypeName> target;  // null: inserted by infer_types, `type` says to what
    ExprPtr operand;
    CastExpr(Span s, std::unique_ptr<TypeName> t, ExprPtr e)
        : Expr(ExprKind::cast, s), target(std::move(t)), operand(std::move(e)) {}
};
struct FieldExpr : Expr {  // `e.name`, `e->name`
    ExprPtr object;
    std::string name;
    Span name_span;
    bool arrow = false;
    int arg = -1;   // set by infer_types when the object is `args`: index into ProbeFacts::args
    Member member;  // set by infer_types: place in the struct (one dereference if the object is a pointer) or record
    FieldExpr(Span s, ExprPtr o, std::string n) : Expr(ExprKind::field, s), object(std::move(o)), name(std::move(n)) {}
};
struct TupleFieldExpr : Expr {  // `e.1`
    ExprPtr object;
    uint64_t number;
    TupleFieldExpr(Span s, ExprPtr o, uint64_t n) : Expr(ExprKind::tuple_field, s), object(std::move(o)), number(n) {}
};
struct IndexExpr : Expr {  // `e[i]`
    ExprPtr object, index;
    IndexExpr(Span s, ExprPtr o, ExprPtr i) : Expr(ExprKind::index, s), object(std::move(o)), index(std::move(i)) {}
};
struct TupleExpr : Expr {
    std::vector<ExprPtr> elements;
    explicit TupleExpr(Span s) : Expr(ExprKind::tuple, s) {}
};
struct RecordExpr : Expr {
    struct Member {
        std::string name;
        Span name_span;
        ExprPtr value;
    };
    std::vector<Member> members;
    explicit RecordExpr(Span s) : Expr(ExprKind::record, s) {}
};
struct IfExpr : Expr {  // statement or value
    ExprPtr condition;
    bool parenthesised = true;
    std::unique_ptr<Block> then, otherwise;  // `else if`: a Block holding one IfExpr
    int chosen =
        -1;  // set by infer_types, `if comptime`: 1 the first arm is taken, 0 the other; -1: decided at run time
    explicit IfExpr(Span s) : Expr(ExprKind::if_expr, s) {}
};
struct BlockExpr : Expr {
    std::unique_ptr<Block> block;
    BlockExpr(Span s, std::unique_ptr<Block> b) : Expr(ExprKind::block, s), block(std::move(b)) {}
};
struct SizeofExpr : Expr {
    TypeOrExpr operand;
    uint64_t size = 0;  // set by infer_types
    explicit SizeofExpr(Span s) : Expr(ExprKind::sizeof_, s) {}
};
struct OffsetofExpr : Expr {
    TypeOrExpr operand;
    std::vector<std::string> path;
    uint64_t offset = 0;  // set by infer_types
    explicit OffsetofExpr(Span s) : Expr(ExprKind::offsetof_, s) {}
};
struct TypeinfoExpr : Expr {
    TypeOrExpr operand;
    // set by infer_types
    uint64_t btf_id = 0;
    std::string base_type, full_type;
    explicit TypeinfoExpr(Span s) : Expr(ExprKind::typeinfo, s) {}
};
struct ComptimeExpr : Expr {
    ExprPtr operand;
    ComptimeExpr(Span s, ExprPtr e) : Expr(ExprKind::comptime, s), operand(std::move(e)) {}
};
struct TypeArgExpr : Expr {  // `typeof(...)` as a macro argument
    std::unique_ptr<TypeName> name;
    TypeArgExpr(Span s, std::unique_ptr<TypeName> n) : Expr(ExprKind::type_arg, s), name(std::move(n)) {}
};
struct EmptyTupleExpr : Expr {
    explicit EmptyTupleExpr(Span s) : Expr(ExprKind::empty_tuple, s) {}
};

enum class StmtKind : uint8_t {
    let,
    assign,
    discard,
    expression,
    for_map,
    for_range,
    while_,
    unroll,
    break_,
    continue_,
    return_,
    import,
    leave_  // set by expand_functions: `return` of a function
};

struct Stmt {
    StmtKind kind;
    Span span;
    Stmt(StmtKind k, Span s) : kind(k), span(s) {}
    virtual ~Stmt() = default;
};
struct LetStmt : Stmt {  // let $x [: T] [= e];
    std::string name;
    Span name_span;
    int variable = -1;  // set by resolve_variables
    std::unique_ptr<TypeName> type;
    ExprPtr value;
    explicit LetStmt(Span s) : Stmt(StmtKind::let, s) {}
};
struct AssignStmt : Stmt {
    ExprPtr target;        // VariableExpr, MapExpr or MapElementExpr
    std::optional<Op> op;  // `+=`: add
    ExprPtr value;
    explicit AssignStmt(Span s) : Stmt(StmtKind::assign, s) {}
};
struct DiscardStmt : Stmt {  // _ = e;
    ExprPtr value;
    explicit DiscardStmt(Span s) : Stmt(StmtKind::discard, s) {}
};
struct ExprStmt : Stmt {
    ExprPtr value;
    explicit ExprStmt(Span s) : Stmt(StmtKind::expression, s) {}
};
struct ForMapStmt : Stmt {  // for ($kv : @m) { }
    std::string variable_name;
    Span variable_span;
    int variable = -1;
    ExprPtr map;  // MapExpr
    std::unique_ptr<Block> body;
    explicit ForMapStmt(Span s) : Stmt(StmtKind::for_map, s) {}
};
struct ForRangeStmt : Stmt {  // for ($i : a..b) { }
    std::string variable_name;
    Span variable_span;
    int variable = -1;
    ExprPtr low, high;
    std::unique_ptr<Block> body;
    explicit ForRangeStmt(Span s) : Stmt(StmtKind::for_range, s) {}
};
struct WhileStmt : Stmt {
    ExprPtr condition;
    std::unique_ptr<Block> body;
    explicit WhileStmt(Span s) : Stmt(StmtKind::while_, s) {}
};
struct UnrollStmt : Stmt {
    ExprPtr count;
    std::unique_ptr<Block> body;
    explicit UnrollStmt(Span s) : Stmt(StmtKind::unroll, s) {}
};
struct JumpStmt : Stmt {  // break, continue, leave_
    using Stmt::Stmt;
};
struct ReturnStmt : Stmt {
    ExprPtr value;  // may be null
    explicit ReturnStmt(Span s) : Stmt(StmtKind::return_, s) {}
};
struct ImportStmt : Stmt {
    std::string path;
    explicit ImportStmt(Span s) : Stmt(StmtKind::import, s) {}
};

// ---- top level ----

struct AttachPoint {
    Span span;
    std::string text;      // as written, positional parameters inserted by substitute_parameters
    std::string label;     // `name=`
    bool refused = false;  // reported already: no probe is looked for
};

// A scratch variable of one clause. Set by resolve_variables and infer_types.
struct Variable {
    std::string name;
    Span declared;
    Type type;
    bool fixed_type = false;  // `let $x : T`
    bool assigned = false, read = false, address_taken = false;
    bool op_assigned = false;    // by `op=`, ++ or --
    std::optional<Span> locked;  // where `comptime` asked for the type: it stays as it was then
};

struct Clause {
    Span span;
    std::vector<AttachPoint> attach_points;
    ExprPtr predicate;  // may be null
    std::unique_ptr<Block> body;
    std::vector<Variable> variables;
};

struct Macro {
    Span span;
    std::string name;
    struct Param {
        enum Kind { variable, map, expression } kind;
        std::string name;
        Span span;
    };
    std::vector<Param> params;
    std::unique_ptr<Block> body;
};

struct Function {
    Span span;
    std::string name;
    struct Param {
        std::string name;
        Span span;
        std::unique_ptr<TypeName> type;
    };
    std::vector<Param> params;
    std::unique_ptr<TypeName> result;
    std::unique_ptr<Block> body;
};

struct MapDeclaration {
    Span span;
    std::string name;  // with `@`
    std::string kind;  // "hash", "lruhash" ...
    uint64_t entries = 0;
};

enum class Aggregate : uint8_t { none, count, sum, min, max, avg, stats, hist, lhist, tseries };

// One map of the script. Set by resolve_maps and infer_types.
struct MapInfo {
    std::string name;  // "@lat"
    Span first_use;
    bool keyed = false;
    Type key, value;  // value: the element type for Aggregate::none, int64/uint64 for sum/min/max/avg
    Aggregate aggregate = Aggregate::none;
    uint32_t hist_bits = 0;
    int64_t lhist_min = 0, lhist_max = 0, lhist_step = 0;
    uint64_t series_interval_ns = 0, series_intervals = 0;  // tseries
    std::string series_combine;                             // "last", "avg", "max", "min", "sum"
    uint32_t max_entries = 0;                               // 0: the default
    std::optional<MapDeclaration> declared;
    bool walked = false;                           // by `for`
    bool assigned = false, op_assigned = false;    // op: by `op=`, ++ or --
    std::optional<Span> locked_key, locked_value;  // where `comptime` asked for the type
};

struct ConfigSetting {
    Span span, value_span;
    std::string key, value;
};

struct Comment {
    Span span;
    std::string text;  // with its markers
    bool own_line = false;
};

struct Expansion {
    Span call;  // where the macro was called
    std::string name;
};

struct Script {
    std::vector<std::string> c_definitions;  // texts handed to the C parser
    std::vector<Span> c_definition_spans;
    std::vector<ConfigSetting> config;
    Span config_span;
    std::vector<std::pair<std::string, Span>> imports;
    std::vector<Macro> macros;
    std::vector<Function> functions;
    std::vector<MapDeclaration> map_declarations;
    std::vector<Clause> clauses;
    std::vector<Comment> comments;
    std::vector<MapInfo> maps;
    std::vector<Expansion> expansions;
    // Order of top-level items as written, for the printer: kind and index.
    enum class Item : uint8_t { c_definition, config, import, macro, function, map_declaration, clause };
    std::vector<std::pair<Item, size_t>> items;
};

}  // namespace avocet::dsl
