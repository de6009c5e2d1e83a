//! Folding for the search: what two keyboards write for one word becomes one text.
//!
//! NFKD (UAX #15), marks dropped, lower case; then the letters that Arabic and Persian keyboards write differently
//! (ye, kaf, he, the alefs), Russian ё, zero-width signs and the tatweel; every digit becomes an ASCII digit.

use icu_normalizer::DecomposingNormalizerBorrowed;

/// Folds a text.
pub(crate) fn fold(text: &str) -> String {
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    let mut folded = String::with_capacity(decomposed.len());
    for c in decomposed.chars().flat_map(char::to_lowercase) {
        match c {
            // Marks of Latin, Cyrillic, Hebrew and Arabic script; superscript alef.
            '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}'
            | '\u{6d6}'..='\u{6ed}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}'
            // Tatweel, soft hyphen, zero-width and direction signs.
            | '\u{640}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {}
            // Arabic yeh, alef maksura, yeh with hamza, Urdu yeh barree → Farsi yeh.
            'ي' | 'ى' | 'ئ' | 'ے' => folded.push('ی'),
            'ك' | 'ڪ' => folded.push('ک'),
            'ة' | 'ۀ' | 'ہ' | 'ە' => folded.push('ه'),
            'أ' | 'إ' | 'آ' | 'ٱ' => folded.push('ا'),
            'ؤ' => folded.push('و'),
            'ё' => folded.push('е'),
            '\u{6f0}'..='\u{6f9}' => folded.push(ascii_digit(c, 0x6f0)),
            '\u{660}'..='\u{669}' => folded.push(ascii_digit(c, 0x660)),
            c if c.is_whitespace() => {
                if !folded.ends_with(' ') {
                    folded.push(' ');
                }
            }
            c => folded.push(c),
        }
    }
    folded
}

fn ascii_digit(c: char, zero: u32) -> char {
    char::from_digit(u32::from(c) - zero, 10).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_keyboards_write_is_found_by_one_search() {
        for (one, other) in [
            ("يک", "یك"),
            ("می\u{200c}رود", "میرود"),
            ("کِتاب", "كتاب"),
            ("مؤسسه", "موسسه"),
            ("آب", "اب"),
            ("خانۀ", "خانه"),
            ("۱۴۰۵", "1405"),
            ("٣", "3"),
            ("Ёлка", "елка"),
            ("Café", "CAFE"),
            ("ﷲ", "الله"),
            ("ﬁn", "FIN"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} and {other}");
        }
        assert_ne!(fold("شیر"), fold("سیر"));
    }
}
