//! Generates the Rust side of /proto with protox, so that nobody needs protoc installed.

use prost::Message as _;

const FILES: [&str; 9] =
    ["allocation", "docker", "events", "feed", "machines", "notification", "problem", "user", "verifier"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let files = FILES.map(|name| format!("berth/v1/{name}.proto"));
    let descriptors = protox::compile(files, [&root])?;
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
