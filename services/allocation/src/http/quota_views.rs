//! What clients see of quotas, and what admins send.

use kit::{Bytes, Cpu};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::quota::{Amounts, Quota};

/// What a tenant may hold, and holds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quota)]
pub struct QuotaView {
    pub limits: AmountsView,
    pub used: AmountsView,
    /// Whether the limits are those of everybody for whom no admin said otherwise.
    pub default: bool,
}

/// Cores; memory and disk in bytes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuotaAmounts)]
pub struct AmountsView {
    pub instances: u32,
    pub cpu: f64,
    pub memory: u64,
    pub disk: u64,
    pub ports: u32,
}

/// What a tenant may hold from now on; every amount is named.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuotaLimits)]
pub struct QuotaBody {
    /// At most 1,000,000.
    #[schema(maximum = 1_000_000)]
    pub instances: u32,
    /// Cores, above 0.
    #[schema(value_type = f64, minimum = 0.001, maximum = 1024)]
    pub cpu: Cpu,
    /// Bytes, or a text such as 512MiB.
    #[schema(value_type = u64)]
    pub memory: Bytes,
    /// Bytes, or a text such as 20GiB.
    #[schema(value_type = u64)]
    pub disk: Bytes,
    /// At most 1,000,000.
    #[schema(maximum = 1_000_000)]
    pub ports: u32,
}

impl From<Quota> for QuotaView {
    fn from(quota: Quota) -> Self {
        Self { limits: quota.limits.into(), used: quota.used.into(), default: quota.is_default }
    }
}

impl From<Amounts> for AmountsView {
    fn from(amounts: Amounts) -> Self {
        let (memory, disk) = (amounts.memory.get(), amounts.disk.get());
        Self { instances: amounts.instances, cpu: amounts.cpu.as_cores(), memory, disk, ports: amounts.ports }
    }
}

impl From<QuotaBody> for Amounts {
    fn from(body: QuotaBody) -> Self {
        let QuotaBody { instances, cpu, memory, disk, ports } = body;
        Self { instances, cpu, memory, disk, ports }
    }
}
