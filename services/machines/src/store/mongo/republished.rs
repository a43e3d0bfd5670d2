//! All machines announced once more, deleted ones as well. Each is touched in the transaction that announces it: who changes it
//! at the same time meets that, and comes behind.

use ::mongo::{Fields as _, Stored as _, Transaction, uuid};
use async_trait::async_trait;
use bus::republish::{AT_ONCE, Republish, Told};
use kit::{Ambient, Failure, MachineId};
use mongodb::bson::{Bson, doc};
use uuid::Uuid;

use super::{MACHINES, MongoMachines, row};
use crate::events::again;

#[async_trait]
impl Republish for MongoMachines {
    async fn announce_again(&self, after: Option<Uuid>) -> Result<Told, Failure> {
        let behind = doc! { "_id": { "$gt": uuid(after.unwrap_or_default().as_bytes()) } };
        let rows = self.database.list(MACHINES, behind, doc! { "_id": 1 }, AT_ONCE).await?;
        let mut told = Told::default();
        for row in &rows {
            let id = row.id("_id", MachineId::from_bytes)?;
            let work = (&self.ambient, id);
            self.database.transaction(work, |t, (ambient, id)| Box::pin(tell(t, ambient, *id))).await?;
            told = Told { count: told.count + 1, last: Some(id.as_uuid()) };
        }
        Ok(told)
    }
}

async fn tell(t: &mut Transaction, ambient: &Ambient, id: MachineId) -> Result<(), Failure> {
    let wanted = doc! { "_id": uuid(id.as_bytes()) };
    // Rows are never removed.
    let Some(found) = t.find(MACHINES, wanted.clone()).await.stored()? else { return Ok(()) };
    let event = again(ambient, &row::read(&found)?);
    let touched: Bson = uuid(event.id.as_bytes());
    t.update(MACHINES, wanted, doc! { "$set": { "told_again": touched } }).await.stored()?;
    t.append(&event).await
}
