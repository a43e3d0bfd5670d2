//! Many changes in one question: each is atomic by itself, all are acknowledged together.

use kit::{ErrorCode, Failure};
use mongodb::bson::{Bson, Document, doc};

use crate::{Database, Stored as _};

/// How many changes one command takes. Events are below 64 KiB, commands below 48 MiB.
const CHUNK: usize = 256;

/// A change of the document with this `_id`, which is made where there is none.
#[derive(Clone, Debug)]
pub struct Update {
    pub id: Bson,
    /// An aggregation pipeline; of a document that is made it sees nothing but `_id`.
    pub pipeline: Vec<Document>,
}

impl Update {
    /// Puts `document` in the place of what has a lower `revision`, or of nothing; else changes nothing. The server compares
    /// and puts in one step, so that replicas may do this at once and in any order: the highest revision stays.
    pub fn newer(id: Bson, revision: u64, mut document: Document) -> Self {
        document.insert("_id", id.clone());
        document.insert("revision", revision as i64);
        let is_newer = doc! { "$gt": [revision as i64, { "$ifNull": ["$revision", -1_i64] }] };
        let pipeline = vec![doc! { "$replaceWith": { "$cond": [is_newer, { "$literal": document }, "$$ROOT"] } }];
        Self { id, pipeline }
    }
}

impl Database {
    /// Makes all changes, in no order. After a failure some may have been made, so repeating must be harmless.
    pub async fn update_each(&self, collection: &str, updates: Vec<Update>) -> Result<(), Failure> {
        let updates: Vec<Document> = updates
            .into_iter()
            .map(|update| doc! { "q": { "_id": update.id }, "u": update.pipeline, "upsert": true })
            .collect();
        for chunk in updates.chunks(CHUNK) {
            let command = doc! {
                "update": collection, "updates": chunk, "ordered": false,
                "writeConcern": { "w": "majority", "j": true, "wtimeout": 2000 },
            };
            let answer = self.ask(self.inner.run_command(command)).await.written()?;
            // The driver does not look into the answer to a command of ours.
            for refused in ["writeErrors", "writeConcernError"] {
                if let Some(refused) = answer.get(refused) {
                    return Err(Failure::of(ErrorCode::StoreUnavailable).operator(refused).unknown());
                }
            }
        }
        Ok(())
    }
}
