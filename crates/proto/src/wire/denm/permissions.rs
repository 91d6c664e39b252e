//! Which permissions a DENM needs of the certificate that signs it.
//!
//! Standard: ETSI EN 302 637-3 v1.3.1, service specific permissions.

use super::Denm;

/// The version of the permissions.
const VERSION: u8 = 1;
/// The causes that have a permission, in the order of the bits, the most significant first.
const CAUSES: [u8; 24] = [
    1, 2, 3, 6, 9, 10, 11, 12, // traffic condition to human presence
    14, 15, 17, 18, 19, 26, 27, 91, // wrong way to vehicle breakdown
    92, 93, 94, 95, 96, 97, 98, 99, // post crash to dangerous situation
];

impl Denm {
    /// The permissions that the certificate must grant, in the form of a bitmap; `None` for a
    /// cause that no certificate can permit. The end of an event needs none beyond the version.
    #[must_use]
    pub fn required_permissions(&self) -> Option<[u8; 4]> {
        let Some(situation) = &self.situation else {
            return Some([VERSION, 0, 0, 0]);
        };
        let cause = situation.event.cause;
        let bit = CAUSES.iter().position(|permitted| *permitted == cause)?;
        let mut required = [VERSION, 0, 0, 0];
        required[1 + bit / 8] = 0x80 >> (bit % 8);
        Some(required)
    }
}
