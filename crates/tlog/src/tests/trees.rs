//! Numbers, hashes, and the three ways to hold a tree.

use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;

#[test]
fn tree_size_rejects_every_second_spelling() {
    for text in ["", "+7", "007", "00", " 7", "7 ", "-0", "7_0", "٧", "9223372036854775808", "18446744073709551616"] {
        assert!(TreeSize::parse(text).is_err(), "accepted {text:?}");
        assert!(LeafIndex::parse(text).is_err(), "accepted {text:?}");
        assert!(Timestamp::parse(text).is_err(), "accepted {text:?}");
    }
    for text in ["0", "7", "10", "9223372036854775807"] {
        assert_eq!(TreeSize::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn hash_text_has_one_spelling() {
    let hash = empty_root();
    assert_eq!(hash.to_base64(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    assert_eq!(hash.to_hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(format!("{hash:?}"), hash.to_hex());
    for text in [
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",   // no padding
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",  // stray bits
        "47DEQpj8HBSa-_TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",  // URL alphabet
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= ", // white space
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hS",      // 30 bytes
        "",
    ] {
        assert!(Hash::parse_base64(text).is_err(), "accepted {text:?}");
    }
    assert!(Hash::parse_hex(&hash.to_hex().to_uppercase()).is_err());
    assert!(Hash::parse_hex(&hash.to_hex()[1..]).is_err());
    assert_eq!(Hash::parse_hex(&hash.to_hex()), Ok(hash));
}

#[test]
fn leaf_and_node_hashes_are_those_of_rfc_6962() {
    // Of transparency-dev/merkle: the empty entry, and the inner node over "N123" and "N456".
    assert_eq!(leaf_hash(b"").to_hex(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    assert_eq!(
        sha256(&[&[0x01], b"N123", b"N456"]).to_hex(),
        "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    );
    let (left, right) = (leaf_hash(b"l"), leaf_hash(b"r"));
    assert_eq!(node_hash(&left, &right), sha256(&[&[1], left.as_bytes(), right.as_bytes()]));
    assert_eq!(empty_root(), sha256(&[]));
    assert_eq!(TreeHead::EMPTY, MemoryTree::new().head());
}

#[test]
fn subtree_starts_at_a_multiple_of_its_rounded_length() {
    for (start, end) in [(0, 0), (5, 5), (0, 13), (8, 13), (4, 6), (6, 8), (7, 8), (0, i64::MAX as u64)] {
        assert!(Subtree::new(start, end).is_ok(), "refused [{start}, {end})");
    }
    for (start, end) in
        [(1, 3), (2, 5), (2, 6), (1, 15), (4, 9), (3, 2), (1, 1 << 63), (0, u64::MAX), (1 << 62, u64::MAX)]
    {
        assert!(Subtree::new(start, end).is_err(), "accepted [{start}, {end})");
    }
}

#[test]
fn frontier_takes_back_only_as_many_peaks_as_the_size_has_ones() {
    let mut frontier = Frontier::new();
    frontier.extend(leaves(13));
    let again = Frontier::from_parts(frontier.size(), frontier.peaks().to_vec()).unwrap();
    assert_eq!(again, frontier);
    assert!(Frontier::from_parts(TreeSize::new(14), frontier.peaks()[..2].to_vec()).is_err());
    assert_eq!(Frontier::from_parts(TreeSize::ZERO, Vec::new()).unwrap().head(), TreeHead::EMPTY);
}

#[test]
fn edge_frontier_and_memory_tree_have_one_head_at_every_size() {
    let (mut edge, mut frontier, mut memory) = (Edge::new(), Frontier::new(), MemoryTree::new());
    for leaf in leaves(1100) {
        assert_eq!(edge.head(), memory.head());
        assert_eq!(frontier.head(), memory.head());
        edge.append(&[leaf]);
        frontier.push(leaf);
        memory.push(leaf);
    }
    for size in [0, 1, 255, 256, 257, 1099].map(TreeSize::new) {
        assert_eq!(memory.head_at(size).unwrap(), tree(size.value()).head());
    }
    assert_eq!(memory.head_at(TreeSize::new(1101)), None);
}

#[test]
fn edge_of_70_000_leaves_has_the_tiles_that_the_specification_names() {
    let leaves = leaves(70_000);
    let mut edge = Edge::new();
    let (mut full, mut frontier) = (Vec::new(), Frontier::new());
    for batch in leaves.chunks(1024) {
        let growth = edge.append(batch);
        assert_eq!(growth.first.value(), frontier.size().value());
        frontier.extend(batch.iter().copied());
        assert_eq!((growth.size, edge.head()), (frontier.size(), frontier.head()));
        full.extend(growth.full_tiles);
    }
    let names: Vec<_> = edge.partial_tiles().iter().map(|tile| tile.coord.path()).collect();
    assert_eq!(names, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
    assert_eq!(full.iter().filter(|tile| tile.level == 0).count(), 273);
    assert_eq!(full.iter().filter(|tile| tile.level == 1).count(), 1);
    assert_eq!(full.len(), 274);
    let last = full.iter().rfind(|tile| tile.level == 0).unwrap();
    assert_eq!(last.coord().path(), "tile/0/272");
    assert_eq!(last.bytes().len(), TILE_BYTES);
    assert_eq!(last.bytes()[..32], *leaves[272 * 256].as_bytes());
    assert!(full.iter().all(|tile| tile.coord().is_implied_by(edge.size())));

    let again = Edge::restore(edge.size(), &edge.partial_tiles()).unwrap();
    assert_eq!(again, edge);

    // Proofs, for the present and a past size, over nothing but tiles.
    let tiles: HashMap<_, _> = full.iter().map(|tile| (tile.coord(), Arc::clone(&tile.tile))).collect();
    let (reader, past) = (edge.reader(&tiles), TreeSize::new(66_001));
    let heads = [past, edge.size()].map(|size| TreeHead { size, root: root_at(&reader, size).unwrap() });
    assert_eq!(heads[1], edge.head());
    for head in heads {
        for index in [0, 1, 255, 256, 65_535, 65_536, 66_000].map(LeafIndex::new) {
            let proof = inclusion_proof(&reader, index, head.size).unwrap();
            assert_eq!(verify_inclusion(&leaves[index.value() as usize], index, &head, &proof), Ok(()));
            // Only the tiles that were named beforehand are read, and they are few.
            let wanted = edge.full_tiles_for_inclusion(index, head.size).unwrap();
            assert!(wanted.len() <= 4, "{wanted:?}");
            let few: HashMap<_, _> = wanted.into_iter().map(|coord| (coord, Arc::clone(&tiles[&coord]))).collect();
            assert_eq!(inclusion_proof(&edge.reader(&few), index, head.size), Ok(proof));
        }
    }
    let proof = consistency_proof(&reader, past, edge.size()).unwrap();
    assert_eq!(verify_consistency(&heads[0], &heads[1], &proof), Ok(()));
    let wanted = edge.full_tiles_for_consistency(past, edge.size()).unwrap();
    assert_eq!(wanted.iter().map(TileCoord::path).collect::<Vec<_>>(), ["tile/0/257"]);
    // A closure serves as well.
    let source = |level, index| tiles.full_tile(level, index);
    assert_eq!(consistency_proof(&edge.reader(&source), past, edge.size()), Ok(proof));
    // The newest leaf needs no file at all.
    assert_eq!(edge.full_tiles_for_inclusion(LeafIndex::new(69_999), edge.size()), Ok(vec![]));
    assert!(inclusion_proof(&reader, LeafIndex::new(70_000), edge.size()).is_err());
    assert!(consistency_proof(&reader, TreeSize::new(70_000), TreeSize::new(70_001)).is_err());
}

#[test]
fn edge_refuses_tiles_of_another_size() {
    let mut edge = Edge::new();
    edge.append(&leaves(600));
    let tiles = edge.partial_tiles();
    assert!(Edge::restore(TreeSize::new(601), &tiles).is_err());
    assert!(Edge::restore(TreeSize::new(600), &tiles[1..]).is_err());
    assert!(Edge::restore(TreeSize::new(600), &[tiles[0].clone(), tiles[0].clone()]).is_err());
    let mut short = tiles.clone();
    short[0].bytes.truncate(32);
    assert!(Edge::restore(TreeSize::new(600), &short).is_err());
    short[0].bytes.truncate(31);
    assert!(Edge::restore(TreeSize::new(600), &short).is_err());
    assert_eq!(Edge::restore(TreeSize::ZERO, &[]).unwrap().head(), TreeHead::EMPTY);
}

#[test]
fn flipped_bit_in_the_edge_shows_against_the_frontier() {
    let (mut edge, mut frontier) = (Edge::new(), Frontier::new());
    edge.append(&leaves(300));
    frontier.extend(leaves(300));
    for tile in 0..edge.partial_tiles().len() {
        let mut tiles = edge.partial_tiles();
        tiles[tile].bytes[5] ^= 0x10;
        let flipped = Edge::restore(edge.size(), &tiles).unwrap();
        assert_ne!(flipped.head(), frontier.head());
    }
}

#[test]
fn consistency_from_the_empty_tree_is_no_evidence() {
    let head = tree(5).head();
    assert_eq!(verify_consistency(&TreeHead::EMPTY, &head, &[]), Err(ProofError::OldTreeEmpty { new: head.size }));
    assert_eq!(verify_consistency(&TreeHead::EMPTY, &TreeHead::EMPTY, &[]), Ok(()));
    let odd = TreeHead { size: TreeSize::ZERO, root: leaf_hash(b"") };
    assert_eq!(verify_consistency(&odd, &odd, &[]), Err(ProofError::EmptyTreeRoot { found: odd.root }));
    let other = TreeHead { root: leaf_hash(b""), ..head };
    assert!(matches!(verify_consistency(&head, &other, &[]), Err(ProofError::TwoRoots { .. })));
}

fn flip(proof: &[Hash], bit: usize) -> Vec<Hash> {
    let mut flipped = proof.to_vec();
    let mut bytes = *flipped[bit / 256].as_bytes();
    bytes[bit / 8 % 32] ^= 1 << (bit % 8);
    flipped[bit / 256] = Hash::from_bytes(bytes);
    flipped
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn inclusion_proof_holds_for_its_leaf_index_and_size_only(size in 1_u64..600, at in any::<prop::sample::Index>(), bit in any::<prop::sample::Index>()) {
        let tree = tree(size);
        let (head, index) = (tree.head(), LeafIndex::new(at.index(size as usize) as u64));
        let leaf = tree.leaf(index).unwrap();
        let proof = inclusion_proof(&tree, index, head.size).unwrap();
        prop_assert_eq!(verify_inclusion(&leaf, index, &head, &proof), Ok(()));
        prop_assert!(verify_inclusion(&leaf_hash(b"other"), index, &head, &proof).is_err());
        for other in [index.value() ^ 1, index.value() + 1, index.value() + size] {
            prop_assert!(verify_inclusion(&leaf, LeafIndex::new(other), &head, &proof).is_err());
        }
        // Another size either changes the length of the path or is a tree with another root.
        for other in [size - 1, size + 1, size * 2] {
            let other = TreeHead { size: TreeSize::new(other), root: tree.root_at(TreeSize::new(other)).unwrap_or(leaf) };
            prop_assert!(verify_inclusion(&leaf, index, &other, &proof).is_err());
        }
        let long = [proof.as_slice(), &[leaf]].concat();
        prop_assert!(verify_inclusion(&leaf, index, &head, &long).is_err());
        if !proof.is_empty() {
            prop_assert!(verify_inclusion(&leaf, index, &head, &proof[1..]).is_err());
            let flipped = flip(&proof, bit.index(proof.len() * 256));
            prop_assert!(verify_inclusion(&leaf, index, &head, &flipped).is_err());
        }
    }

    #[test]
    fn consistency_proof_holds_for_its_two_heads_only(new in 2_u64..600, at in any::<prop::sample::Index>(), bit in any::<prop::sample::Index>()) {
        let tree = tree(new);
        let old = tree.head_at(TreeSize::new(1 + at.index(new as usize - 1) as u64)).unwrap();
        let new = tree.head();
        let proof = consistency_proof(&tree, old.size, new.size).unwrap();
        prop_assert_eq!(verify_consistency(&old, &new, &proof), Ok(()));
        prop_assert!(verify_consistency(&new, &old, &proof).is_err());
        let forged = TreeHead { root: leaf_hash(b"x"), ..old };
        prop_assert!(verify_consistency(&forged, &new, &proof).is_err());
        let forged = TreeHead { root: leaf_hash(b"x"), ..new };
        prop_assert!(verify_consistency(&old, &forged, &proof).is_err());
        let long = [proof.as_slice(), &[old.root]].concat();
        prop_assert!(verify_consistency(&old, &new, &long).is_err());
        let flipped = flip(&proof, bit.index(proof.len() * 256));
        prop_assert!(verify_consistency(&old, &new, &flipped).is_err());
        prop_assert!(verify_consistency(&old, &new, &proof[1..]).is_err());
    }

    #[test]
    fn batches_of_any_size_grow_the_same_edge(batches in prop::collection::vec(0_u64..400, 1..8)) {
        let all = leaves(batches.iter().sum());
        let (mut edge, mut frontier, mut start) = (Edge::new(), Frontier::new(), 0);
        for batch in batches {
            let batch = &all[start..start + batch as usize];
            start += batch.len();
            edge.append(batch);
            frontier.extend(batch.iter().copied());
            prop_assert_eq!(edge.head(), frontier.head());
            prop_assert_eq!(&Edge::restore(edge.size(), &edge.partial_tiles()).unwrap(), &edge);
            prop_assert!(edge.partial_tiles().iter().all(|tile| tile.coord.is_implied_by(edge.size())));
        }
        let mut whole = Edge::new();
        whole.append(&all);
        prop_assert_eq!(whole, edge);
    }

    #[test]
    fn verifiers_take_any_numbers_without_panic(
        index in 0..=i64::MAX as u64, start in any::<u64>(), end in any::<u64>(), size in 0..=i64::MAX as u64, hashes in 0_usize..66,
    ) {
        let (proof, root) = (vec![empty_root(); hashes], leaf_hash(b""));
        let tree = TreeHead { size: TreeSize::new(size), root };
        prop_assert!(verify_inclusion(&empty_root(), LeafIndex::new(index), &tree, &proof).is_err());
        let _ = verify_consistency(&TreeHead { size: TreeSize::new(index), root }, &tree, &proof);
        for (start, end) in [(start, end), (start & !0xffff_ffff, end), (0, end >> 1), (start & end, end)] {
            if let Ok(subtree) = Subtree::new(start, end) {
                let _ = verify_subtree_consistency(subtree, &root, &tree, &proof);
                let _ = verify_subtree_inclusion(&root, LeafIndex::new(index), subtree, &root, &proof);
            }
        }
    }
}
