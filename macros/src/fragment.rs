//! What a `macro_rules!` hands on as `$x:expr`, `$x:literal` or `$x:ty` stands in a group that nobody has written.

use syn::{Expr, Type};

/// `expr` without such groups.
pub(crate) fn expr(mut expr: &Expr) -> &Expr {
    while let Expr::Group(group) = expr {
        expr = &group.expr;
    }
    expr
}

/// `ty` without such groups.
pub(crate) fn ty(mut ty: &Type) -> &Type {
    while let Type::Group(group) = ty {
        ty = &group.elem;
    }
    ty
}
