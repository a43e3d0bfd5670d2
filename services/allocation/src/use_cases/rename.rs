//! Gives an allocation another name. What runs is not touched.

use kit::{AllocationId, Caller, Failure};

use super::Desk;
use super::reach::Reach;
use crate::domain::allocation::Allocation;
use crate::domain::name;
use crate::ports::store::Word;

pub async fn rename(desk: &Desk, caller: &Caller, id: AllocationId, name: &str) -> Result<Allocation, Failure> {
    let name = name::parse(name)?;
    let before = desk.find(caller.tenant, id).await?;
    let own = Reach::own(caller);
    let act = own.act(caller, "allocation.rename", id).detail("before", before.name);
    let word = Word { cause: own.cause(caller), act, at: desk.ambient.now() };
    desk.store.rename(caller.tenant, id, &name, word).await
}
