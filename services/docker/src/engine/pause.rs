//! The image that sandboxes run: one static program that waits, written here as bytes, so that it needs no registry,
//! no compiler and no file beside our binary.

/// How the image is called on the engine; shared by all installations, and never removed.
pub const IMAGE: &str = "berth-sandbox:1";
/// The program's path in it.
pub const PROGRAM: &str = "/pause";

/// `1: mov eax, 34 (pause); syscall; jmp 1b`: sleeps until a signal, for ever.
const X86_64: [u8; 9] = [0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7];
/// `1: mov x0..x4, #0; mov x8, #73 (ppoll); svc #0; b 1b`: this architecture has no `pause`.
const AARCH64: [u32; 8] =
    [0xd280_0000, 0xd280_0001, 0xd280_0002, 0xd280_0003, 0xd280_0004, 0xd280_0928, 0xd400_0001, 0x17ff_fff9];

/// Where the program is loaded, and how its pages align (64 KiB is the largest that either architecture has).
const BASE: u64 = 0x40_0000;
const ALIGN: u64 = 0x1_0000;
const HEADERS: u64 = 64 + 56;

/// The image's root filesystem as a tar archive. `None` for an architecture that we have no program for.
pub fn root_filesystem(architecture: &str) -> Option<Vec<u8>> {
    let program = match architecture {
        "x86_64" | "amd64" => elf(62, &X86_64),
        "aarch64" | "arm64" => elf(183, &AARCH64.map(u32::to_le_bytes).concat()),
        _ => return None,
    };
    Some(tar("pause", &program))
}

/// An ELF executable with one segment that is read and executed. `machine` is the format's number for the processor.
fn elf(machine: u16, code: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(256);
    file.extend(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"); // 64 bits, little endian, version 1
    for half in [2, machine] {
        file.extend(half.to_le_bytes()); // an executable, for this processor
    }
    file.extend(1_u32.to_le_bytes());
    for word in [BASE + HEADERS, 64, 0] {
        file.extend(word.to_le_bytes()); // entry point, program headers, no section headers
    }
    file.extend(0_u32.to_le_bytes());
    for half in [64_u16, 56, 1, 0, 0, 0] {
        file.extend(half.to_le_bytes()); // sizes and counts of the headers
    }
    for word in [1_u32, 5] {
        file.extend(word.to_le_bytes()); // PT_LOAD, readable and executable
    }
    let size = HEADERS + code.len() as u64;
    for word in [0, BASE, BASE, size, size, ALIGN] {
        file.extend(word.to_le_bytes()); // the whole file, at its address
    }
    file.extend(code);
    file
}

/// A ustar archive of one executable file of root's.
fn tar(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000755\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{:011o}\0", content.len()));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    // The sum counts its own field as eight blanks.
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut archive = header.to_vec();
    archive.extend(content);
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    archive
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_where_its_headers_say() {
        for (machine, code) in [(62_u16, X86_64.to_vec()), (183, AARCH64.map(u32::to_le_bytes).concat())] {
            let file = elf(machine, &code);
            let word = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().unwrap());
            assert_eq!((word(24) - BASE) as usize, file.len() - code.len());
            assert_eq!(word(64 + 32) as usize, file.len());
            assert_eq!(file[18..20], machine.to_le_bytes());
        }
    }

    #[test]
    fn an_archive_ends_with_two_empty_blocks_and_its_sum_is_right() {
        let archive = root_filesystem("x86_64").unwrap();
        assert_eq!(archive.len(), 512 * 4);
        let mut header = archive[..512].to_vec();
        let stated = std::str::from_utf8(&header[148..154]).unwrap().to_owned();
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        assert_eq!(u32::from_str_radix(&stated, 8).unwrap(), sum);
        assert!(root_filesystem("s390x").is_none());
    }

    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
    #[test]
    fn the_program_waits_until_it_is_told_to_end() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pause");
        let file = if cfg!(target_arch = "x86_64") {
            elf(62, &X86_64)
        } else {
            elf(183, &AARCH64.map(u32::to_le_bytes).concat())
        };
        std::fs::write(&path, file).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut child = std::process::Command::new(&path).spawn().unwrap();
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        // "S": it sleeps in the kernel; a program that had crashed would be a zombie.
        while !state().contains(") S ") {
            assert!(!state().contains(") Z "), "it ended by itself");
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
