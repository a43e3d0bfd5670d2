//! Every check, by area: the one list that the program runs and the manual prints.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _, join_all};

use super::context::Context;
use super::finding::{Check, Finding};

/// How long one look may take. What takes longer is a finding.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// Checks that are looked at together.
pub struct Area {
    pub name: &'static str,
    /// When they are looked at, for the manual.
    pub when: &'static str,
    pub checks: &'static [Check],
    /// What there is to look at here: one job a server, say. None where it is not for this configuration.
    pub jobs: fn(&Arc<Context>) -> Vec<Job>,
}

/// One look, which may find several things.
pub struct Job {
    /// The check that is wrong where the look does not end in time, and what about.
    late: Check,
    subject: Option<String>,
    work: BoxFuture<'static, Vec<Finding>>,
}

impl Job {
    pub fn new(late: Check, work: impl Future<Output = Vec<Finding>> + Send + 'static) -> Self {
        Self { late, subject: None, work: work.boxed() }
    }

    /// A look at files and at the kernel, on a thread that may wait.
    pub fn blocking(late: Check, look: impl FnOnce() -> Vec<Finding> + Send + 'static) -> Self {
        Self::new(late, async move { tokio::task::spawn_blocking(look).await.unwrap_or_default() })
    }

    #[must_use]
    pub fn about(mut self, subject: impl std::fmt::Display) -> Self {
        self.subject = Some(subject.to_string());
        self
    }

    async fn run(self, deadline: Duration) -> Vec<Finding> {
        let late = || {
            let told = format!("no answer in {} s", deadline.as_secs_f32());
            let late =
                self.late.wrong(told, "see whether it hangs, and whether the network or a firewall drops packets");
            vec![Finding { subject: self.subject.clone(), ..late }]
        };
        let found = tokio::time::timeout(deadline, self.work).await.unwrap_or_else(|_| late());
        let about = |finding: Finding| Finding { subject: finding.subject.or_else(|| self.subject.clone()), ..finding };
        found.into_iter().map(about).collect()
    }
}

/// Looks at everything side by side. In the order of the areas' checks, and of the jobs among those of one check.
pub async fn examine(areas: &[&Area], context: &Arc<Context>, deadline: Duration) -> Vec<Finding> {
    let jobs = areas.iter().flat_map(|area| (area.jobs)(context)).map(|job| tokio::spawn(job.run(deadline)));
    let found = join_all(jobs.collect::<Vec<_>>()).await;
    let mut found: Vec<Finding> = found.into_iter().filter_map(Result::ok).flatten().collect();
    let order: Vec<&str> = areas.iter().flat_map(|area| area.checks).map(|check| check.id).collect();
    found.sort_by_key(|finding| order.iter().position(|id| *id == finding.check.id));
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    const FAST: Check = Check::new("a.fast", "x");
    const SLOW: Check = Check::new("a.slow", "x");

    fn jobs(_: &Arc<Context>) -> Vec<Job> {
        let never = || std::future::pending();
        vec![
            Job::new(SLOW, never()).about("one"),
            Job::new(SLOW, never()).about("two"),
            Job::blocking(FAST, || vec![FAST.ok("here")]),
        ]
    }

    #[tokio::test]
    async fn looks_run_side_by_side_and_one_that_hangs_is_a_finding() {
        let area = Area { name: "a", when: "always", checks: &[FAST, SLOW], jobs };
        let began = tokio::time::Instant::now();
        let found = examine(&[&area], &testing::context(""), Duration::from_secs(1)).await;
        assert!(began.elapsed() < Duration::from_millis(1900), "one after the other: {:?}", began.elapsed());
        let told: Vec<_> = found.iter().map(|f| (f.check.id, f.subject.as_deref(), f.told.as_str())).collect();
        let late = "no answer in 1 s";
        assert_eq!(told, [("a.fast", None, "here"), ("a.slow", Some("one"), late), ("a.slow", Some("two"), late)]);
    }
}
