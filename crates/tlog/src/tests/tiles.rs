//! Paths, tiles and bundles.

use proptest::prelude::*;

use super::*;

#[test]
fn tile_paths_are_those_of_the_specification() {
    for (level, index, width, path) in [
        (TileLevel::Hashes(0), 0, 256, "tile/0/000"),
        (TileLevel::Hashes(0), 1_234_067, 256, "tile/0/x001/x234/067"),
        (TileLevel::Hashes(0), 1_067, 5, "tile/0/x001/067.p/5"),
        (TileLevel::Hashes(63), 999, 255, "tile/63/999.p/255"),
        (TileLevel::Entries, 273, 112, "tile/entries/273.p/112"),
        (TileLevel::Entries, 1_000, 256, "tile/entries/x001/000"),
    ] {
        let coord = TileCoord::new(level, index, width).unwrap();
        assert_eq!(coord.path(), path);
        assert_eq!(TileCoord::parse(path), Ok(coord));
    }
}

#[test]
fn tile_path_has_no_second_spelling() {
    for path in [
        "",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/x001/x067",
        "tile/0/001/067",
        "tile/0/xx01/067",
        "tile/0/+01",
        "tile/00/000",
        "tile/+0/000",
        "tile/64/000",
        "tile/256/000",
        "tile/-1/000",
        "tile/data/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/05",
        "tile/0/000.p/+5",
        "tile/0/000.p/",
        "tile/0/000.p/5.p/5",
        "tile/0/000.p/5/",
        "tile/0/../000",
        "tile/0/000\n",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert!(TileCoord::parse(path).is_err(), "accepted {path:?}");
    }
}

#[test]
fn only_tiles_that_a_size_implies_may_be_fetched() {
    let implied = |path: &str, size| TileCoord::parse(path).unwrap().is_implied_by(TreeSize::new(size));
    for path in
        ["tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112"]
    {
        assert!(implied(path, 70_000), "{path}");
    }
    for path in
        ["tile/0/273", "tile/0/273.p/111", "tile/0/272.p/5", "tile/1/001.p/18", "tile/3/000.p/1", "tile/63/000.p/1"]
    {
        assert!(!implied(path, 70_000), "{path}");
    }
    let names = |size| TileCoord::partials_of(TreeSize::new(size)).iter().map(TileCoord::path).collect::<Vec<_>>();
    assert_eq!(names(0), Vec::<String>::new());
    assert_eq!(names(256), ["tile/1/000.p/1"]);
    assert_eq!(names(65_536 + 1), ["tile/entries/256.p/1", "tile/0/256.p/1", "tile/2/000.p/1"]);
    assert_eq!(TileCoord::partials_of(TreeSize::MAX).len(), 9);
}

#[test]
fn bundle_bytes_are_lengths_and_entries() {
    let bundle = EntryBundle::new(vec![b"ab", b"", b"c"]).unwrap();
    let bytes = [
        0x00, 0x02, b'a', b'b', // first entry
        0x00, 0x00, // an empty one
        0x00, 0x01, b'c', // third
    ];
    assert_eq!(bundle.to_bytes(), bytes);
    assert_eq!(EntryBundle::parse(&bytes), Ok(bundle));
}

#[test]
fn bundle_rejects_cut_and_overfull_bytes() {
    for bytes in [&[][..], &[0], &[0, 2, b'a'], &[0, 1, b'a', 0], &[0xff, 0xff, 0]] {
        assert!(EntryBundle::parse(bytes).is_err(), "accepted {bytes:?}");
    }
    assert!(EntryBundle::parse(&[0; 512]).is_ok());
    assert!(EntryBundle::parse(&[0; 514]).is_err());
    let longest = vec![7; MAX_ENTRY_BYTES];
    assert_eq!(EntryBundle::new(vec![&longest; 256]).unwrap().to_bytes().len(), MAX_BUNDLE_BYTES);
    let too_long = vec![7; MAX_ENTRY_BYTES + 1];
    assert!(EntryBundle::new(vec![&too_long]).is_err());
}

#[test]
fn tile_holds_1_to_256_whole_hashes() {
    for length in [0, 1, 31, 33, 8191, 8193, 8224] {
        assert!(Tile::parse(&vec![0; length]).is_err(), "accepted {length} bytes");
    }
    let bytes: Vec<u8> = leaves(256).iter().flat_map(|hash| *hash.as_bytes()).collect();
    let tile = Tile::parse(&bytes).unwrap();
    assert_eq!((tile.width(), tile.to_bytes()), (256, bytes));
    assert_eq!(tile.node(8, 0), Some(tree(256).head().root));
    assert_eq!(tile.node(9, 0), None);
    assert_eq!(tile.node(0, 256), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn tile_path_that_parses_prints_back(path in "tile/([0-9]{1,2}|entries)(/x[0-9]{3}){0,3}/[0-9]{3}(\\.p/[0-9]{1,3})?") {
        if let Ok(coord) = TileCoord::parse(&path) {
            prop_assert_eq!(coord.path(), path);
        }
    }

    #[test]
    fn every_tile_has_a_path_that_parses(level in 0_u8..64, index in 0..=i64::MAX as u64 >> 8, width in 1_u16..=256) {
        for level in [TileLevel::Entries, TileLevel::Hashes(level)] {
            let coord = TileCoord::new(level, index, width).unwrap();
            prop_assert_eq!(TileCoord::parse(&coord.path()), Ok(coord));
        }
    }

    #[test]
    fn bundle_round_trips(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..20)) {
        let bundle = EntryBundle::new(entries.iter().map(Vec::as_slice).collect()).unwrap();
        let bytes = bundle.to_bytes();
        prop_assert_eq!(EntryBundle::parse(&bytes), Ok(bundle.clone()));
    }

    #[test]
    fn bundle_that_parses_prints_back(bytes in prop::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(2)], 0..60)) {
        if let Ok(bundle) = EntryBundle::parse(&bytes) {
            prop_assert_eq!(bundle.to_bytes(), bytes);
        }
    }
}
