//! Many changes in one question: each is atomic by itself, all are acknowledged together.

use kit::{ErrorCode, Failure};
use mongodb::bson::{self, Bson, Document, doc};

use crate::{Database, Stored as _};

/// How many changes one command takes at most.
const MOST: usize = 256;
/// How many bytes of changes, unless one alone has more. The driver sends a command as one document, which the server takes up
/// to 16 MiB.
const LARGEST: usize = 8 << 20;

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
        let updates = updates
            .into_iter()
            .map(|update| doc! { "q": { "_id": update.id }, "u": update.pipeline, "upsert": true })
            .collect();
        for piece in pieces(updates)? {
            let command = doc! {
                "update": collection, "updates": piece, "ordered": false,
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

/// All documents, in pieces that fit into a command.
fn pieces(documents: Vec<Document>) -> Result<Vec<Vec<Document>>, Failure> {
    let (mut pieces, mut piece, mut size) = (Vec::new(), Vec::new(), 0);
    for document in documents {
        let length = bson::to_vec(&document).map_err(Failure::internal)?.len();
        if piece.len() == MOST || (size + length > LARGEST && !piece.is_empty()) {
            pieces.push(std::mem::take(&mut piece));
            size = 0;
        }
        size += length;
        piece.push(document);
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(sizes: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let documents = sizes.into_iter().map(|size| doc! { "text": "x".repeat(size) }).collect();
        pieces(documents).unwrap().iter().map(Vec::len).collect()
    }

    #[test]
    fn pieces_are_cut_by_number_and_by_size() {
        assert_eq!(lengths([]), [0; 0]);
        assert_eq!(lengths([1; 600]), [256, 256, 88]);
        assert_eq!(lengths([3 << 20; 5]), [2, 2, 1]);
        assert_eq!(lengths([1, 9 << 20, 1]), [1, 1, 1], "one that is larger goes alone");
    }
}
