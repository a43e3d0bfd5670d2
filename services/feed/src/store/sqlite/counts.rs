//! Counts of many machines, in one statement.

use std::collections::HashMap;

use async_trait::async_trait;
use kit::{Failure, MachineId};
use sql::{QueryBuilder, Row, Stored as _};

use super::{SqliteFeed, id};
use crate::domain::Counts;
use crate::ports::CountStore;

#[async_trait]
impl CountStore for SqliteFeed {
    async fn counts(&self, machines: &[MachineId]) -> Result<Vec<Counts>, Failure> {
        if machines.is_empty() {
            return Ok(Vec::new());
        }
        let rows = question(machines).build().fetch_all(self.database.readers()).await.stored()?;
        let mut found: HashMap<MachineId, Counts> = HashMap::new();
        for row in &rows {
            let machine = id(row, "machine_id", MachineId::from_bytes)?;
            add(found.entry(machine).or_insert(Counts::none(machine)), row);
        }
        let counts = |machine: &MachineId| found.get(machine).copied().unwrap_or(Counts::none(*machine));
        Ok(machines.iter().map(counts).collect())
    }
}

/// A machine has a row in each table, in one or in none.
fn question(machines: &[MachineId]) -> QueryBuilder {
    let mut query =
        QueryBuilder::new("SELECT machine_id, likes, dislikes, 0 AS comments FROM like_counts WHERE machine_id IN ");
    list(&mut query, machines);
    query.push(" UNION ALL SELECT machine_id, 0, 0, comments FROM comment_counts WHERE machine_id IN ");
    list(&mut query, machines);
    query
}

fn list(query: &mut QueryBuilder, machines: &[MachineId]) {
    query.push("(");
    for (index, machine) in machines.iter().enumerate() {
        query.push(if index == 0 { "" } else { ", " }).push_bind(machine.as_bytes());
    }
    query.push(")");
}

fn add(counts: &mut Counts, row: &Row) {
    let number = |column: &str| row.get::<i64>(column) as u64;
    counts.likes += number("likes");
    counts.dislikes += number("dislikes");
    counts.comments += number("comments");
}
