//! A right that one holder has for a while, on the server's clock: looked at and taken in one step.

use std::time::Duration;

use mongodb::bson::{Bson, Document, doc};

/// Makes a document the holder's until so long from now, where it is free or the holder's already; else changes nothing.
pub fn claim(holder: &Bson, length: Duration) -> Vec<Document> {
    let free = doc! { "$lte": [{ "$ifNull": ["$until", "$$NOW"] }, "$$NOW"] };
    let own = doc! { "$eq": ["$holder", holder] };
    let claimed = doc! { "_id": "$_id", "holder": holder, "until": from_now(length) };
    vec![doc! { "$replaceWith": { "$cond": [{ "$or": [free, own] }, claimed, "$$ROOT"] } }]
}

pub fn from_now(length: Duration) -> Document {
    doc! { "$add": ["$$NOW", i64::try_from(length.as_millis()).unwrap_or(i64::MAX)] }
}

/// What has not run out.
pub fn holds() -> Document {
    doc! { "$expr": { "$gt": ["$until", "$$NOW"] } }
}
