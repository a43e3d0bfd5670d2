//! From what a user asks for and what the machine allows to what will be made.

use std::collections::BTreeMap;

use kit::machine::{Limits, MachineSpec, Value, resolve};
use kit::{AllocationId, Ambient, Bytes, Cpu, ErrorCode, Failure, SandboxId, SiteId, TenantId, UserId, VolumeId};

use super::allocation::{Allocation, Details, MachineCopy, PortLease, PropertyValues, VolumeLease};
use super::lifecycle::{Desired, State};

/// The engine takes no less than a hundredth of a core and 6 MiB.
const LEAST_CPU: Cpu = Cpu::millis(10);
const LEAST_MEMORY: Bytes = Bytes::mib(6);
/// A program, its init, and what it starts.
const LEAST_PIDS: u32 = 4;

/// What a user may ask for beside the machine.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    pub properties: BTreeMap<String, Value>,
    pub limits: WishedLimits,
    /// Sizes by volume name.
    pub volumes: BTreeMap<String, Bytes>,
}

/// Limits in place of the machine's defaults.
#[derive(Clone, Copy, Debug, Default)]
pub struct WishedLimits {
    pub cpu: Option<Cpu>,
    pub memory: Option<Bytes>,
    pub pids: Option<u32>,
    pub disk: Option<Bytes>,
}

/// What was asked for, made whole.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub limits: Limits,
    pub volumes: Vec<VolumeLease>,
    pub ports: Vec<PortLease>,
    pub values: PropertyValues,
}

/// For whom an allocation is made, and what it is called.
#[derive(Clone, Debug)]
pub struct Owner {
    pub tenant: TenantId,
    pub user: UserId,
    pub name: String,
    pub site: SiteId,
}

/// The allocation as it begins: everything known, nothing done.
pub fn requested(owner: Owner, machine: MachineCopy, resolved: &Resolved, ambient: &Ambient) -> Allocation {
    let now = ambient.now();
    Allocation {
        id: AllocationId::mint(ambient),
        tenant: owner.tenant,
        user: owner.user,
        name: owner.name,
        site: owner.site,
        desired: Desired::Running,
        state: State::Requested,
        reason: None,
        details: Details {
            machine,
            limits: resolved.limits,
            volumes: resolved.volumes.clone(),
            sandbox: SandboxId::mint(ambient),
            image_digest: None,
            started_at: None,
            ever_ran: false,
            crashes: 0,
            force: false,
            host_name: None,
        },
        ports: resolved.ports.clone(),
        created_at: now,
        updated_at: now,
        revision: 1,
        epoch: 0,
        working: true,
    }
}

/// Refuses what the machine does not allow, with the field named.
pub fn resolve_wishes(spec: &MachineSpec, wishes: &Wishes, ambient: &Ambient) -> Result<Resolved, Failure> {
    let values = resolve(&spec.properties, &wishes.properties, ambient).map_err(|error| {
        let detail = format!("{}.", error.reason);
        Failure::new(ErrorCode::InvalidProperty, detail).field(format!("properties.{}", error.name))
    })?;
    let limits = resolve_limits(spec, &wishes.limits)?;
    let volumes = resolve_volumes(spec, &wishes.volumes, limits.disk, ambient)?;
    let lease = |port: &kit::machine::Port| PortLease {
        name: port.name.clone(),
        container_port: port.container_port,
        protocol: port.protocol,
        host_port: None,
        bound: false,
    };
    Ok(Resolved { limits, volumes, ports: spec.ports.iter().map(lease).collect(), values: PropertyValues(values) })
}

fn resolve_limits(spec: &MachineSpec, wished: &WishedLimits) -> Result<Limits, Failure> {
    let (default, maximum) = (spec.limits.default, spec.limits.maximum);
    Ok(Limits {
        cpu: at_least("cpu", at_most("cpu", wished.cpu.unwrap_or(default.cpu), maximum.cpu)?, LEAST_CPU)?,
        memory: at_least(
            "memory",
            at_most("memory", wished.memory.unwrap_or(default.memory), maximum.memory)?,
            LEAST_MEMORY,
        )?,
        pids: at_least("pids", at_most("pids", wished.pids.unwrap_or(default.pids), maximum.pids)?, LEAST_PIDS)?,
        disk: at_most("disk", wished.disk.unwrap_or(default.disk), maximum.disk)?,
    })
}

fn at_most<T: PartialOrd + std::fmt::Display>(name: &str, wished: T, maximum: T) -> Result<T, Failure> {
    if wished <= maximum {
        return Ok(wished);
    }
    let detail = format!("This machine allows at most {maximum} of {name}.");
    Err(Failure::new(ErrorCode::LimitAboveMaximum, detail).field(format!("limits.{name}")))
}

fn at_least<T: PartialOrd + std::fmt::Display>(name: &str, wished: T, least: T) -> Result<T, Failure> {
    if wished >= least {
        return Ok(wished);
    }
    Err(Failure::invalid(format!("limits.{name}"), format!("A container needs at least {least} of {name}.")))
}

fn resolve_volumes(
    spec: &MachineSpec,
    wished: &BTreeMap<String, Bytes>,
    disk: Bytes,
    ambient: &Ambient,
) -> Result<Vec<VolumeLease>, Failure> {
    if let Some(unknown) = wished.keys().find(|name| spec.volumes.iter().all(|volume| volume.name != **name)) {
        let detail = format!("This machine has no volume `{unknown}`.");
        return Err(Failure::invalid(format!("volumes.{unknown}"), detail));
    }
    let mut volumes = Vec::new();
    for volume in &spec.volumes {
        let size = wished.get(&volume.name).copied().unwrap_or(volume.default_size);
        if size < Bytes::mib(16) {
            return Err(Failure::invalid(format!("volumes.{}", volume.name), "A volume has at least 16MiB."));
        }
        volumes.push(VolumeLease {
            id: VolumeId::mint(ambient),
            name: volume.name.clone(),
            path: volume.path.clone(),
            size,
        });
    }
    let total: u64 = volumes.iter().map(|volume| volume.size.get()).sum();
    if total > disk.get() {
        return Err(Failure::invalid("volumes", format!("The volumes' sizes go over the disk limit of {disk}.")));
    }
    Ok(volumes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::redis;

    fn refused(wishes: &Wishes) -> (ErrorCode, String) {
        let failure = resolve_wishes(&redis(), wishes, &Ambient::system()).unwrap_err();
        (failure.code, failure.field.unwrap())
    }

    #[test]
    fn nothing_asked_for_gives_the_defaults() {
        let resolved = resolve_wishes(&redis(), &Wishes::default(), &Ambient::system()).unwrap();
        assert_eq!(resolved.limits, redis().limits.default);
        assert_eq!(resolved.values.0["password"].as_text().len(), 24);
        assert_eq!((resolved.ports.len(), resolved.volumes.len()), (1, 1));
        assert_eq!(resolved.ports[0].host_port, None);
    }

    #[test]
    fn what_the_machine_does_not_allow_is_named() {
        let limits = WishedLimits { memory: Some(Bytes::gib(64)), ..WishedLimits::default() };
        let over = refused(&Wishes { limits, ..Wishes::default() });
        assert_eq!(over, (ErrorCode::LimitAboveMaximum, "limits.memory".into()));
        for (name, limits) in [
            ("limits.cpu", WishedLimits { cpu: Some(Cpu::millis(1)), ..WishedLimits::default() }),
            ("limits.memory", WishedLimits { memory: Some(Bytes::new(1)), ..WishedLimits::default() }),
            ("limits.pids", WishedLimits { pids: Some(0), ..WishedLimits::default() }),
        ] {
            let under = refused(&Wishes { limits, ..Wishes::default() });
            assert_eq!(under, (ErrorCode::InvalidInput, name.to_owned()));
        }
        let properties = BTreeMap::from([("color".to_owned(), Value::Integer(1))]);
        let unknown = refused(&Wishes { properties, ..Wishes::default() });
        assert_eq!(unknown, (ErrorCode::InvalidProperty, "properties.color".into()));
        let volumes = BTreeMap::from([("data".to_owned(), Bytes::gib(9))]);
        assert_eq!(refused(&Wishes { volumes, ..Wishes::default() }), (ErrorCode::InvalidInput, "volumes".into()));
    }
}
