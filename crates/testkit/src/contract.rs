//! One suite of cases for every backend of a port. A case is defined where it is listed, so none can be forgotten;
//! a deliberately wrong backend proves that a case can fail.

use std::collections::BTreeSet;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};

/// One thing that every backend must do, tried in a world of its own.
pub struct Case<W> {
    pub name: &'static str,
    pub run: fn(W) -> BoxFuture<'static, ()>,
}

/// Defines a suite: `contract! { pub fn account_store(world: World) { async fn a_name() { … } … } }`.
/// Gives a function of that name that lists all its cases.
#[macro_export]
macro_rules! contract {
    ($(#[$meta:meta])* $vis:vis fn $suite:ident($world:ident: $type:ty) { $($(#[$case_meta:meta])* async fn $name:ident() $body:block)* }) => {
        $(#[$meta])*
        $vis fn $suite() -> Vec<$crate::Case<$type>> {
            $(
                $(#[$case_meta])*
                async fn $name($world: $type) $body
            )*
            vec![$($crate::Case { name: stringify!($name), run: |world| Box::pin($name(world)) }),*]
        }
    };
}

/// Runs every case against a fresh world each; names those that fail.
///
/// # Panics
/// When one does.
pub async fn passes<W, F: Future<Output = W>>(cases: Vec<Case<W>>, fresh: impl Fn() -> F) {
    let failed = failing(cases, fresh).await;
    assert!(failed.is_empty(), "these cases fail: {failed:?}");
}

/// Runs every case against a deliberately wrong backend.
///
/// # Panics
/// When other cases fail than those named: a case that cannot fail proves nothing.
pub async fn fails<W, F: Future<Output = W>>(cases: Vec<Case<W>>, fresh: impl Fn() -> F, expected: &[&str]) {
    let failed = failing(cases, fresh).await;
    assert_eq!(failed, expected.iter().copied().collect(), "a wrong backend must fail exactly these cases");
}

async fn failing<W, F: Future<Output = W>>(cases: Vec<Case<W>>, fresh: impl Fn() -> F) -> BTreeSet<&'static str> {
    assert!(!cases.is_empty(), "a suite without cases proves nothing");
    let runs = cases.into_iter().map(|case| {
        let world = fresh();
        async move {
            let world = world.await;
            let failed = AssertUnwindSafe(async { (case.run)(world).await }).catch_unwind().await.is_err();
            failed.then_some(case.name)
        }
    });
    join_all(runs).await.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    contract! {
        fn numbers(number: u32) {
            async fn is_above_one() { assert!(number > 1); }
            async fn is_even() { assert!(number.is_multiple_of(2)); }
        }
    }

    #[tokio::test]
    async fn a_right_backend_passes_and_a_wrong_one_fails_what_it_breaks() {
        passes(numbers(), || async { 2 }).await;
        fails(numbers(), || async { 3 }, &["is_even"]).await;
    }
}
