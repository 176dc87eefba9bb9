//! Every fuzz target over mutations of a few seeds, the same in each run, so that no target rots.

mod fuzzing;

use fuzzing::seeds;

/// Mutations of each seed.
const MUTANTS: usize = 2000;

/// A generator that is the same everywhere.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }

    fn byte(&mut self) -> u8 {
        self.below(256).to_le_bytes()[0]
    }
}

/// The bytes with one to three small wounds.
fn mutant(draw: &mut Draw, seed: &[u8]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=draw.below(3) {
        let at = draw.below(bytes.len());
        match draw.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << draw.below(8),
            1 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xfe, 0xff][draw.below(6)],
            2 if at < bytes.len() => drop(bytes.remove(at)),
            3 => bytes.insert(at, draw.byte()),
            4 if at < bytes.len() => bytes[at] = draw.byte(),
            _ => {
                let from = draw.below(bytes.len());
                let length = draw.below(20).min(bytes.len() - from.max(at));
                bytes.copy_within(from..from + length, at);
            }
        }
    }
    bytes
}

fn run(seeds: &[Vec<u8>], check: fn(&[u8])) {
    let mut draw = Draw(1);
    for seed in seeds {
        check(seed);
        for _ in 0..MUTANTS {
            check(&mutant(&mut draw, seed));
        }
    }
}

#[test]
fn thrift() {
    run(&seeds::thrift(), fuzzing::thrift::check);
}

#[test]
fn levels() {
    run(&seeds::levels(), fuzzing::levels::check);
}

#[test]
fn coded() {
    run(&seeds::coded(), fuzzing::coded::check);
}

#[test]
fn parquet() {
    for seed in seeds::parquet() {
        assert!(fuzzing::files::parquet(&seed).is_some());
    }
    run(&seeds::parquet(), |data| drop(fuzzing::files::parquet(data)));
}

#[test]
fn ipc() {
    run(&seeds::ipc(), fuzzing::ipc::check);
}

#[test]
fn lines() {
    run(&seeds::lines(), fuzzing::lines::check);
}

#[test]
fn records() {
    run(&seeds::records(), fuzzing::records::check);
}
