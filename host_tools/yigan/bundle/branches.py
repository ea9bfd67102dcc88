"""Conditions that are constant, and the branches that nobody takes: what the interpreter's own compiler does for literals only."""

import ast
import operator

_COMPARED = {ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not,
             ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}  # fmt: skip


def is_constant(node: ast.expr | None) -> bool:
    """A literal, or the empty tuple."""
    return isinstance(node, ast.Constant) or isinstance(node, ast.Tuple) and not node.elts


def _value(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else ()


class Branches(ast.NodeTransformer):
    """Visit what may have become constant; who inherits puts the constants in."""

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        is_known = isinstance(node.op, ast.Not) and is_constant(node.operand)
        return ast.Constant(not _value(node.operand)) if is_known else node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        known = _COMPARED.get(type(node.ops[0]))
        if known is None or len(node.ops) > 1 or not is_constant(node.left) or not is_constant(node.comparators[0]):
            return node
        try:
            return ast.Constant(known(_value(node.left), _value(node.comparators[0])))
        except TypeError:
            return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """`known and rest`: one of the two; what stands before a constant is still asked."""
        self.generic_visit(node)
        goes_on, left = isinstance(node.op, ast.And), []
        for part in node.values:
            if is_constant(part) and bool(_value(part)) == goes_on and part is not node.values[-1]:
                continue
            left.append(part)
            if is_constant(part) and bool(_value(part)) != goes_on:
                break
        node.values = left
        return node if len(left) > 1 else left[0]

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        if is_constant(node.test):
            return node.body if _value(node.test) else node.orelse
        return node

    def visit_If(self, node: ast.If) -> ast.stmt | list[ast.stmt]:
        self.generic_visit(node)
        if not is_constant(node.test):
            return node
        return (node.body if _value(node.test) else node.orelse) or [ast.Pass()]
