//! The mailbox chain that each custodian keeps, in its order of arrival (DESIGN §4).
//!
//! ```text
//! h(0) = SHA-256("monition/mailbox/v1\n" ‖ lp exchange ‖ lp mailbox ‖ lp SHA-256(declaration) ‖ lp custodian)
//! h(n) = SHA-256("monition/item/v1\n" ‖ h(n−1) ‖ e ‖ SHA-256(submission) ‖ lp urgency ‖ lp size class ‖ lp mode)
//! lp x = u32-BE length ‖ x
//! ```

use crate::encoding::{Digest, Layout, MailboxId};
use crate::names::{ExchangeName, PartyName};
use crate::values::{Mode, SizeClass, Urgency};
use serde::{Deserialize, Serialize};

/// What names one custodian's chain of one mailbox under one declaration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainName {
    /// The exchange.
    pub exchange: ExchangeName,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// SHA-256 of the declaration's bytes.
    pub declaration: Digest,
    /// The custodian.
    pub custodian: PartyName,
}

impl ChainName {
    /// h(0): what the chain starts from.
    #[must_use]
    pub fn h0(&self) -> Digest {
        Layout::new("monition/mailbox/v1\n")
            .field(self.exchange.as_str().as_bytes())
            .field(self.mailbox.as_bytes())
            .field(self.declaration.as_bytes())
            .field(self.custodian.as_str().as_bytes())
            .digest()
    }
}

/// One item of a mailbox: no author, no content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Digest of the bodies.
    pub e: Digest,
    /// SHA-256 of the submission.
    pub submission: Digest,
    /// Urgency.
    pub urgency: Urgency,
    /// Class of the largest body.
    pub size_class: SizeClass,
    /// How the content is released.
    pub mode: Mode,
}

/// A head of a chain: n items, the last with chain value h.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainHead {
    /// Number of items.
    pub n: u64,
    /// h(n).
    pub h: Digest,
}

impl ChainHead {
    /// The empty chain of that name.
    #[must_use]
    pub fn empty(name: &ChainName) -> Self {
        Self { n: 0, h: name.h0() }
    }

    /// The head after one more item.
    #[must_use]
    pub fn push(self, item: &Item) -> Self {
        let h = Layout::new("monition/item/v1\n")
            .fixed(self.h.as_bytes())
            .fixed(item.e.as_bytes())
            .fixed(item.submission.as_bytes())
            .field(item.urgency.as_str().as_bytes())
            .field(item.size_class.to_string().as_bytes())
            .field(item.mode.as_str().as_bytes())
            .digest();
        Self { n: self.n + 1, h }
    }

    /// The head after all of `items`.
    #[must_use]
    pub fn extend<'a>(self, items: impl IntoIterator<Item = &'a Item>) -> Self {
        items.into_iter().fold(self, Self::push)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::sha256;

    fn name() -> ChainName {
        ChainName {
            exchange: ExchangeName::parse("exchange.example").unwrap(),
            mailbox: MailboxId::from_bytes([1; 16]),
            declaration: sha256(b"d"),
            custodian: PartyName::parse("harbour.example").unwrap(),
        }
    }

    fn item(n: u8) -> Item {
        Item {
            e: sha256(&[n]),
            submission: sha256(&[n, n]),
            urgency: Urgency::Flash,
            size_class: SizeClass::of(1),
            mode: Mode::Open,
        }
    }

    #[test]
    fn the_first_chain_value_is_literal() {
        let mut bytes = b"monition/mailbox/v1\n".to_vec();
        bytes.extend(b"\0\0\0\x10exchange.example");
        bytes.extend(b"\0\0\0\x10");
        bytes.extend([1; 16]);
        bytes.extend(b"\0\0\0\x20");
        bytes.extend(sha256(b"d").as_bytes());
        bytes.extend(b"\0\0\0\x0fharbour.example");
        assert_eq!(name().h0(), sha256(&bytes));
    }

    #[test]
    fn an_item_is_literal() {
        let mut bytes = b"monition/item/v1\n".to_vec();
        bytes.extend(name().h0().as_bytes());
        bytes.extend(sha256(&[1]).as_bytes());
        bytes.extend(sha256(&[1, 1]).as_bytes());
        bytes.extend(b"\0\0\0\x05flash\0\0\0\x044KiB\0\0\0\x04open");
        assert_eq!(ChainHead::empty(&name()).push(&item(1)), ChainHead { n: 1, h: sha256(&bytes) });
    }

    #[test]
    fn another_order_is_another_chain() {
        let start = ChainHead::empty(&name());
        assert_ne!(start.extend(&[item(1), item(2)]), start.extend(&[item(2), item(1)]));
    }
}
