//! What the scenarios share: a platform of their own each, people on it, the engine behind it, and waiting for states.

pub mod berth;
pub mod cluster;
pub mod compose;
pub mod door;
pub mod engine;
pub mod machine;
pub mod person;
pub mod platform;
pub mod proxy;
pub mod receiver;
pub mod reply;
pub mod shell;
pub mod socket;
pub mod until;

pub use berth::Berth;
pub use engine::Engine;
pub use person::{Allocation, Person, PersonIs};
pub use proxy::EngineProxy;
pub use receiver::Receiver;
pub use reply::Reply;
pub use until::{until, until_within};

/// The server that the tests run: `TEST_BERTHD`, else the one that cargo built beside them.
pub fn berthd() -> std::path::PathBuf {
    if let Some(path) = std::env::var_os("TEST_BERTHD") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a test knows its own file");
    // <target>/debug/deps/scenarios-0123 is beside <target>/debug/berthd.
    let path = test.parent().and_then(std::path::Path::parent).expect("cargo puts tests into deps/").join("berthd");
    assert!(path.is_file(), "no {}: run `cargo build -p berthd`, or set TEST_BERTHD", path.display());
    path
}

/// The root of the repository.
pub fn repository() -> std::path::PathBuf {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("tests/ is in the repository").to_path_buf()
}
