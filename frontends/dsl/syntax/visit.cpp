// SPDX-License-Identifier: Apache-2.0
//
// What lies directly below each kind of node, in source order. The one place that knows; clone.cpp and the dump are the
// only other functions with a case for every kind.
#include "syntax/visit.hpp"

namespace avocet::dsl {

void Walker::on_block(Block& block) {
    for (size_t i = 0; i < block.statements.size(); i++) on_stmt(block.statements[i]);
    walk(block.value);
}

void Walker::on_type(TypeName& type) {
    walk(type.typeof_expr);
    walk(type.typeof_type);
}

void Walker::on_clause(Clause& clause) {
    walk(clause.predicate);
    walk(clause.body);
}

void Walker::walk_children(Expr& expr) {
    visit(expr, Cases{
                    [](Expr&) {},
                    [&](CallExpr& e) {
                        for (auto& arg : e.args) walk(arg);
                    },
                    [&](MapElementExpr& e) { walk(e.key); },
                    [&](UnaryExpr& e) { walk(e.operand); },
                    [&](BinaryExpr& e) {
                        walk(e.left);
                        walk(e.right);
                    },
                    [&](TernaryExpr& e) {
                        walk(e.condition);
                        walk(e.then);
                        walk(e.otherwise);
                    },
                    [&](CastExpr& e) {
                        walk(e.target);
                        walk(e.operand);
                    },
                    [&](FieldExpr& e) { walk(e.object); },
                    [&](TupleFieldExpr& e) { walk(e.object); },
                    [&](IndexExpr& e) {
                        walk(e.object);
                        walk(e.index);
                    },
                    [&](TupleExpr& e) {
                        for (auto& element : e.elements) walk(element);
                    },
                    [&](RecordExpr& e) {
                        for (auto& member : e.members) walk(member.value);
                    },
                    [&](IfExpr& e) {
                        walk(e.condition);
                        walk(e.then);
                        walk(e.otherwise);
                    },
                    [&](BlockExpr& e) { walk(e.block); },
                    [&](SizeofExpr& e) { walk(e.operand); },
                    [&](OffsetofExpr& e) { walk(e.operand); },
                    [&](TypeinfoExpr& e) { walk(e.operand); },
                    [&](ComptimeExpr& e) { walk(e.operand); },
                    [&](TypeArgExpr& e) { walk(e.name); },
                });
}

void Walker::walk_children(Stmt& stmt) {
    visit(stmt, Cases{
                    [](Stmt&) {},
                    [&](LetStmt& s) {
                        walk(s.type);
                        walk(s.value);
                    },
                    [&](AssignStmt& s) {
                        walk(s.target);
                        walk(s.value);
                    },
                    [&](DiscardStmt& s) { walk(s.value); },
                    [&](ExprStmt& s) { walk(s.value); },
                    [&](ForMapStmt& s) {
                        walk(s.map);
                        walk(s.body);
                    },
                    [&](ForRangeStmt& s) {
                        walk(s.low);
                        walk(s.high);
                        walk(s.body);
                    },
                    [&](WhileStmt& s) {
                        walk(s.condition);
                        walk(s.body);
                    },
                    [&](UnrollStmt& s) {
                        walk(s.count);
                        walk(s.body);
                    },
                    [&](ReturnStmt& s) { walk(s.value); },
                });
}

}  // namespace avocet::dsl
